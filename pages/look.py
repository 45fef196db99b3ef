"""The look: the chat's palette and fonts, for Streamlit's theme, for our own HTML in its pages, for the sign-in page.

The palette is read from the chat's style sheet, so that a colour is written down once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

FONT = 'system-ui, "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", NanumGothic, sans-serif'
_BLOCK = re.compile(r"^(:root|\.dark) \{(.*?)\}", re.MULTILINE | re.DOTALL)
_COLOUR = re.compile(r"--hs-([\w-]+): (#[0-9a-f]{6});")


@cache
def palette() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Name → colour in the light and in the dark."""
    style = files("app.chat").joinpath("style.css").read_text("utf-8")
    light, dark = (dict(_COLOUR.findall(block)) for _, block in _BLOCK.findall(style))
    return light, light | dark


def variables() -> str:
    """The palette as CSS variables ``--hs-…`` that follow the ``color-scheme`` of the element they are used on."""
    light, dark = palette()
    return "".join(f"--hs-{name}: light-dark({light[name]}, {dark[name]}); " for name in light)


def theme() -> dict[str, object]:
    """Streamlit's options for the look."""
    options: dict[str, object] = {
        "theme.font": FONT,
        "theme.headingFont": FONT,
        "theme.baseFontSize": 16,
        "theme.headingFontSizes": ["28px", "22px", "19px", "17px", "16px", "16px"],
        "theme.baseRadius": "8px",
        "theme.showWidgetBorder": True,
        "theme.linkUnderline": True,
    }
    for side, colours in zip(("light", "dark"), palette(), strict=True):
        options |= {
            f"theme.{side}.primaryColor": colours["accent"],
            f"theme.{side}.backgroundColor": colours["bg"],
            f"theme.{side}.secondaryBackgroundColor": colours["card"],
            f"theme.{side}.textColor": colours["ink"],
            f"theme.{side}.linkColor": colours["accent"],
            f"theme.{side}.borderColor": colours["line"],
        }
    return options


def style() -> str:
    """What is put into every page."""
    return f"<style>:root {{ color-scheme: light dark; {variables()} }}\n{_PAGE}</style>"


def sign_in_style() -> str:
    """The style sheet of the sign-in page, which stands alone."""
    return f":root {{ color-scheme: light dark; {variables()} }}\n{_SIGN_IN.replace('FONT', FONT)}"


_PAGE = """
.stApp { word-break: keep-all; overflow-wrap: anywhere; }
.stApp :is(p, li, label, input, textarea, button) { line-height: 1.7; }
.stApp :is(button, a, input, textarea, summary, [tabindex], [role=radio], [role=checkbox]):focus-visible {
  outline: 3px solid var(--hs-accent) !important; outline-offset: 2px; }
.stApp :is(button, label, a[data-testid^=stPageLink], [data-testid^=stTopNav]) p, .stApp [role=option],
.stApp :is(input, textarea) { font-size: 16px; }
[data-testid=stToolbar] { padding-right: 19rem; }
.st-key-hs-account button p { max-width: 8em; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
[class*=st-key-hs-start] a { background: var(--hs-accent); padding: 6px 16px; min-height: 44px; }
[class*=st-key-hs-start] a :is(p, span) { color: var(--hs-on-accent) !important; font-weight: 700; }
[class*=st-key-hs-start] a:hover { background: var(--hs-accent); filter: brightness(1.1); }
.stMainBlockContainer { padding: 4.5rem 2rem 2rem; max-width: 1400px; }
.stApp :is([data-testid$=RootElement], [data-testid=stNumberInputContainer], .react-aria-ComboBox > [role=group]) {
  border-color: var(--hs-soft); }
.st-key-hs-header { position: fixed; top: .55rem; right: 1rem; z-index: 1000000; width: auto !important; }
.st-key-hs-header > div { width: auto !important; }
.hs-head { margin: 0 0 4px; padding: 0; font-size: 19px; font-weight: 700; color: var(--hs-ink); }
.hs-facts { margin: 0; font-size: 16px; line-height: 1.7; color: var(--hs-ink); }
.hs-facts span { color: var(--hs-soft); }
.hs-card { background: var(--hs-card); border: 1px solid var(--hs-line); border-radius: 12px; padding: 14px 18px;
  color: var(--hs-ink); font-size: 16px; line-height: 1.7; }
.hs-card h3 { margin: 0 0 4px; padding: 0; font-size: 18px; font-weight: 700; }
.hs-card p { margin: 0; }
.hs-soft { color: var(--hs-soft); font-size: 14px; }
.hs-good { color: var(--hs-good); font-weight: 700; }
.hs-bad { color: var(--hs-bad); font-weight: 700; }
.hs-bar { display: block; height: 10px; margin: 6px 0; border-radius: 5px; overflow: hidden;
  background: var(--hs-line); }
.hs-bar i { display: block; height: 100%; background: var(--hs-accent); }
.hs-button, .hs-plain button { display: inline-block; border: 1px solid var(--hs-soft); border-radius: 8px;
  background: var(--hs-card); color: var(--hs-ink) !important; padding: 6px 16px; font: inherit; font-size: 16px;
  min-height: 40px; box-sizing: border-box; cursor: pointer; text-decoration: none !important; }
.hs-button:hover, .hs-plain button:hover { border-color: var(--hs-accent); background: var(--hs-tint); }
.hs-table { width: 100%; border-collapse: collapse; font-size: 15px; color: var(--hs-ink); }
.hs-table :is(th, td) { text-align: left; padding: 6px 10px; vertical-align: top;
  border-bottom: 1px solid var(--hs-line); }
.hs-table th[scope=col] { color: var(--hs-soft); font-size: 14px; }
.hs-wide { overflow-x: auto; }
@media (max-width: 640px) {
  .stMainBlockContainer { padding: 4.5rem 1rem 1.5rem; }
  .st-key-hs-header { right: .4rem; }
  .hs-table :is(th, td) { white-space: nowrap; }
}
"""

_SIGN_IN = """
* { box-sizing: border-box; }
body { margin: 0; padding: 16px; min-height: 100dvh; display: grid; place-items: center; background: var(--hs-bg);
  color: var(--hs-ink); font: 16px/1.7 FONT; word-break: keep-all; }
main { width: 100%; max-width: 400px; background: var(--hs-card); border: 1px solid var(--hs-line); border-radius: 12px;
  padding: 28px; }
header { display: flex; justify-content: space-between; align-items: baseline; gap: 12px; }
h1 { font-size: 24px; font-weight: 800; margin: 0; letter-spacing: -.02em; }
header a { color: var(--hs-accent); padding: 6px; }
label { display: block; margin-top: 16px; font-weight: 700; }
input { display: block; width: 100%; margin-top: 4px; padding: 10px 12px; font: inherit; font-weight: 400;
  color: var(--hs-ink);
  background: var(--hs-bg); border: 1px solid var(--hs-soft); border-radius: 8px; }
button, .provider { display: block; width: 100%; margin-top: 20px; padding: 10px; min-height: 48px; font: inherit;
  font-weight: 700; text-align: center; text-decoration: none; border-radius: 8px; border: 1px solid var(--hs-accent);
  background: var(--hs-accent); color: var(--hs-on-accent); cursor: pointer; }
.provider { background: var(--hs-card); color: var(--hs-accent); }
p { margin: 14px 0 0; color: var(--hs-soft); }
.error { color: var(--hs-ink); border: 2px solid var(--hs-bad); border-radius: 8px; padding: 10px 14px; }
.error::before { content: "⚠ "; }
:focus-visible { outline: 3px solid var(--hs-accent); outline-offset: 2px; }
"""
