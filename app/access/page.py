"""The sign-in page and the account page as HTML: no script, one column that fits a phone, the chat's colours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.resources import files
from urllib.parse import urlencode

from starlette.responses import HTMLResponse

from app.access.words import Lang, word

POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_BLOCK = re.compile(r"^(:root|\.dark) \{(.*?)\}", re.MULTILINE | re.DOTALL)
_COLOUR = re.compile(r"--hs-([\w-]+): (#[0-9a-f]{6});")
_STYLE = """
* { box-sizing: border-box; }
body { margin: 0; padding: 16px; min-height: 100dvh; display: grid; place-items: center; background: var(--hs-bg);
  color: var(--hs-ink);
  font: 16px/1.7 system-ui, "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", NanumGothic, sans-serif;
  word-break: keep-all; }
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


def sign_in_page(
    form: str, back: str, lang: Lang, error: str, name: str, providers: Sequence[str] = ()
) -> HTMLResponse:
    """The form. ``form`` is its token, ``back`` where one gets to, ``error`` what went wrong before, and for whom.

    ``providers`` are identity providers by name, "" for the one without.
    """
    other: Lang = "ko" if lang == "en" else "en"
    said = f'<p class="error" role="alert" id="said">{escape(error)}</p>' if error else ""
    described = ' aria-describedby="said"' if error else ""
    focus = ("", " autofocus") if name else (" autofocus", "")
    switch = f"?{urlencode({'next': back, 'lang': other})}"
    return _page(
        lang,
        f"""<header><h1>{word("title", lang)}</h1>
<a href="{escape(switch)}" lang="{other}">{word("other_language", lang)}</a></header>{said}
<form method="post" action="/signin?{escape(urlencode({"next": back, "lang": lang}))}">
<input type="hidden" name="form" value="{escape(form)}">
<label>{word("name", lang)}<input name="name" value="{escape(name)}" autocomplete="username" autocapitalize="none"
 spellcheck="false" required maxlength="64"{described}{focus[0]}></label>
<label>{word("password", lang)}<input name="password" type="password" autocomplete="current-password" required
 maxlength="1024"{described}{focus[1]}></label>
<button>{word("sign_in", lang)}</button></form>{_providers(providers, back, lang)}<p>{word("hint", lang)}</p>""",
    )


def _providers(names: Sequence[str], back: str, lang: Lang) -> str:
    return "".join(
        f'<a class="provider" href="/signin/with?{escape(urlencode({"provider": name, "next": back, "lang": lang}))}">'
        f"{escape(word('sign_in_with', lang, provider=name or word('sso', lang)))}</a>"
        for name in names
    )


def account_page(name: str, form: str, lang: Lang) -> HTMLResponse:
    """Who is signed in, and the way out."""
    return _page(
        lang,
        f"""<header><h1>{word("title", lang)}</h1><a href="/">{word("to_chat", lang)}</a></header>
<p>{escape(word("signed_in_as", lang, name=name))}</p><form method="post" action="/signout">
<input type="hidden" name="form" value="{escape(form)}"><button>{word("sign_out", lang)}</button></form>""",
    )


def _page(lang: Lang, body: str) -> HTMLResponse:
    html = (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{word("title", lang)}</title>'
        f"<style>{_colours()}{_STYLE}</style></head><body><main>{body}</main></body></html>"
    )
    return HTMLResponse(html, headers={"Content-Security-Policy": POLICY})


@cache
def _colours() -> str:
    """The chat's palette as variables that follow the system's light or dark."""
    sheet = files("app.chat").joinpath("style.css").read_text("utf-8")
    light, dark = (dict(_COLOUR.findall(block)) for _, block in _BLOCK.findall(sheet))
    dark = light | dark
    return (
        ":root{color-scheme:light dark;"
        + "".join(f"--hs-{name}:light-dark({light[name]},{dark[name]});" for name in light)
        + "}"
    )
