"""How the chat looks: on a phone, and whether its text can be read."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ask, ready

pytestmark = pytest.mark.browser


def test_on_a_phone_nothing_scrolls_sideways_and_a_citation_opens_the_sheet(phone: Page) -> None:
    ask(phone)
    panel = phone.locator("#hs-panel")
    expect(panel).not_to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.locator(".answer .cite").first.tap()
    expect(panel).to_be_visible()
    expect(phone.locator(".evidence .quote.lit").first).to_be_in_viewport()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.keyboard.press("Escape")
    expect(panel).not_to_be_visible()
    phone.locator("#hs-open").tap()
    expect(panel).to_be_visible()
    phone.locator("#hs-close").tap()
    expect(panel).not_to_be_visible()


SMALL_OR_FAINT = """() => {
  const channels = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const linear = v => v / 255 <= .03928 ? v / 255 / 12.92 : ((v / 255 + .055) / 1.055) ** 2.4;
  const light = c => .2126 * linear(c[0]) + .7152 * linear(c[1]) + .0722 * linear(c[2]);
  const ground = e => {
    for (; e; e = e.parentElement) {
      const c = channels(getComputedStyle(e).backgroundColor);
      if (c.length && (c.length < 4 || c[3] === 1)) return c;
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const e of document.querySelectorAll(':is(#hs-header, #hs-talk, #hs-panel, #hs-composer) *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    if (e.closest('svg, option, [disabled], .sr-only') || !e.checkVisibility({visibilityProperty: true})) continue;
    const style = getComputedStyle(e), a = light(channels(style.color)), b = light(ground(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    const small = parseFloat(style.fontSize) < 13;
    if (small || ratio < 4.5) bad.push([e.tagName, e.className, style.fontSize, ratio, e.textContent].join(' '));
  }
  return bad;
}"""
"""Texts under 13 px or under the contrast of WCAG AA (4.5 : 1)."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_text_is_small_or_faint(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.reload()
    ready(page)
    ask(page)
    assert page.evaluate(SMALL_OR_FAINT) == []
    for tab in ("형태소", "설정"):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
        page.wait_for_timeout(800)
        assert page.evaluate(SMALL_OR_FAINT) == []
