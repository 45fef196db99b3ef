"""Signing in to the annotation app and staying signed in, in a real browser against a real process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from annotations.accounts.accounts import Accounts
from annotations.accounts.lockout import FREE_FAILURES
from app.cli.demo_labels import review_tasks
from pages.session import COOKIE
from tests.browser.labels import (
    ADJUDICATOR,
    ADMIN,
    ANNOTATOR,
    PASSWORD,
    PHONE,
    SECOND,
    Labels,
    browse,
    settled,
    sign_in,
    watch,
)

pytestmark = pytest.mark.browser

NAME, PASS, SEND = "[name=name]", "[name=password]", "main button"
START = "할 일"
INSPECTING = ["실패 분석", "실행 비교", "강건성", "회귀"]


@pytest.fixture
def page(browser: Browser, labels: Labels) -> Iterator[Page]:
    """A browser that nobody has signed in with. Whatever a test does: no dialog, no failing script, nothing outside."""
    context = browse(browser)
    opened = context.new_page()
    seen = watch(opened, labels.address)
    yield opened
    context.close()
    assert (seen.dialogs, seen.errors, seen.outside) == ([], [], [])


def enter(page: Page, name: str, password: str = PASSWORD) -> None:
    """Fill the form in and send it by the keyboard."""
    page.fill(NAME, name)
    page.fill(PASS, password)
    with page.expect_navigation():
        page.press(PASS, "Enter")


def greets(page: Page, name: str) -> None:
    """The name is in the header."""
    settled(page)
    expect(page.locator(".st-key-hs-account button").first).to_contain_text(name)


def offers(page: Page, names: list[str]) -> None:
    """The pages one is offered."""
    expect(page.locator("[data-testid=stTopNavLink]")).to_have_text(names)


def test_without_a_session_every_page_leads_to_the_form_and_back(page: Page, labels: Labels) -> None:
    page.goto(f"{labels.address}/mine")
    expect(page).to_have_title("한상 라벨링")
    expect(page.locator(NAME)).to_be_focused()
    enter(page, ANNOTATOR)
    expect(page).to_have_url(f"{labels.address}/mine")
    greets(page, ANNOTATOR)


@pytest.mark.parametrize("name", [ANNOTATOR, None])
def test_a_link_on_another_site_leads_to_the_page(browser: Browser, labels: Labels, name: str | None) -> None:
    page = sign_in(browser, labels, name) if name else browse(browser).new_page()
    page.goto(f"data:text/html,<a href='{labels.address}/mine'>mine</a>")
    page.get_by_role("link").click()
    if name is None:
        expect(page.locator(NAME)).to_be_visible()
        enter(page, name := SECOND)
    expect(page).to_have_url(f"{labels.address}/mine")
    greets(page, name)
    page.context.close()


def test_a_wrong_password_and_an_unknown_name_look_the_same_and_keep_what_was_typed(page: Page, labels: Labels) -> None:
    said = []
    for name in (SECOND, "nobody"):
        page.goto(f"{labels.address}/signin")
        enter(page, name, "이것은 틀린 비밀번호")
        said.append(page.locator("[role=alert]").inner_text())
        assert page.input_value(NAME) == name
        assert page.input_value(PASS) == ""
        expect(page.locator(PASS)).to_be_focused()
    assert said[0] == said[1]
    assert "이름이나 비밀번호가 맞지 않습니다" in said[0]
    page.fill(PASS, PASSWORD)
    page.fill(NAME, SECOND)
    page.click(SEND)
    greets(page, SECOND)


@pytest.mark.slow
def test_after_repeated_failures_the_form_says_how_long_to_wait(page: Page, labels: Labels) -> None:
    page.goto(f"{labels.address}/signin")
    for _ in range(FREE_FAILURES + 1):
        enter(page, ADJUDICATOR, "이것은 틀린 비밀번호")
    expect(page.locator("[role=alert]")).to_have_text(re.compile(r"\d+초 뒤에 다시"))
    enter(page, ADJUDICATOR)
    expect(page.locator("[role=alert]")).to_have_text(re.compile(r"\d+초 뒤에 다시"))
    assert COOKIE not in {cookie["name"] for cookie in page.context.cookies()}
    with labels.desk() as desk:
        Accounts(desk.writer).enable(ADJUDICATOR, "test")
    enter(page, ADJUDICATOR)
    greets(page, ADJUDICATOR)


def test_the_cookie_is_for_this_app_alone_and_no_script_can_read_it(page: Page, labels: Labels) -> None:
    page.goto(f"{labels.address}/signin")
    enter(page, ANNOTATOR)
    settled(page)
    (cookie,) = (cookie for cookie in page.context.cookies() if cookie["name"] == COOKIE)
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    assert COOKIE not in page.evaluate("document.cookie")
    assert cookie["value"] not in page.content()


@pytest.mark.slow
def test_a_reload_another_tab_and_a_restart_stay_signed_in(page: Page, labels: Labels) -> None:
    page.goto(f"{labels.address}/signin")
    enter(page, ANNOTATOR)
    greets(page, ANNOTATOR)
    page.reload()
    greets(page, ANNOTATOR)
    other = page.context.new_page()
    other.goto(f"{labels.address}/")
    greets(other, ANNOTATOR)
    other.close()
    labels.kill()
    labels.start()
    page.reload()
    greets(page, ANNOTATOR)
    labels.stop()
    labels.start()
    page.reload()
    greets(page, ANNOTATOR)


def test_signing_out_ends_every_tab_and_takes_the_cookie(page: Page, labels: Labels) -> None:
    page.goto(f"{labels.address}/signin")
    enter(page, ANNOTATOR)
    settled(page)
    other = page.context.new_page()
    other.goto(f"{labels.address}/")
    settled(other)
    (token,) = (cookie["value"] for cookie in page.context.cookies() if cookie["name"] == COOKIE)
    page.locator(".st-key-hs-account button").first.click()
    page.get_by_role("button", name="로그아웃").click()
    expect(page.locator(NAME)).to_be_visible()
    assert page.url.endswith("/signin")
    assert COOKIE not in {cookie["name"] for cookie in page.context.cookies()}
    other.get_by_text("EN", exact=True).click()  # whatever it does next
    expect(other.get_by_text("다시 로그인하면")).to_be_visible()
    expect(other.locator(".st-key-hs-header")).to_have_count(0)
    again = httpx.get(f"{labels.address}/", cookies={COOKIE: token})
    assert again.status_code == 303
    other.get_by_role("link", name="로그인").click()
    expect(other.locator(NAME)).to_be_visible()


@pytest.mark.parametrize("act", ["disable", "password"])
def test_an_open_page_ends_when_the_account_is_closed(browser: Browser, labels: Labels, act: str) -> None:
    page = sign_in(browser, labels, SECOND)
    with labels.desk() as desk:
        accounts = Accounts(desk.writer)
        accounts.disable(SECOND, "test") if act == "disable" else accounts.set_password(SECOND, PASSWORD, "test")
    page.get_by_text("EN", exact=True).click()
    expect(page.get_by_text("다시 로그인하면")).to_be_visible()
    with labels.desk() as desk:
        Accounts(desk.writer).enable(SECOND, "test")
    page.context.close()


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (ANNOTATOR, ["할 일", "라벨링", "내 답"]),
        (ADJUDICATOR, ["할 일", "라벨링", "내 답", "조정", "품질", *INSPECTING]),
        (ADMIN, ["할 일", "라벨링", "내 답", "조정", "품질", *INSPECTING, "내보내기", "계정", "운영 현황"]),
    ],
)
def test_each_role_is_offered_its_pages(browser: Browser, labels: Labels, name: str, wanted: list[str]) -> None:
    page = sign_in(browser, labels, name)
    offers(page, wanted)
    page.context.close()


@pytest.mark.parametrize("path", ["/users", "/export", "/adjudicate", "/quality"])
def test_a_role_too_low_is_refused_by_name(browser: Browser, labels: Labels, path: str) -> None:
    page = sign_in(browser, labels, ANNOTATOR, path)
    expect(page.get_by_text("지금 역할은 작업자입니다")).to_be_visible()
    expect(page.locator("[data-testid=stMain] :is(button, table, input)")).to_have_count(3)  # those of the header
    page.context.close()


def test_another_role_holds_at_the_next_run_of_an_open_page(browser: Browser, labels: Labels) -> None:
    page = sign_in(browser, labels, ADMIN, "/users")
    with labels.desk() as desk:
        accounts = Accounts(desk.writer)
        accounts.add("second-admin", "admin", PASSWORD, "test")
        accounts.set_role(ADMIN, "annotator", "test")
    page.get_by_text("EN", exact=True).click()
    expect(page.get_by_text(re.compile("yours is annotator"))).to_be_visible()
    with labels.desk() as desk:
        Accounts(desk.writer).set_role(ADMIN, "admin", "test")
        Accounts(desk.writer).set_language(ADMIN, "ko")
    page.context.close()


def test_the_language_is_kept_for_the_next_time(browser: Browser, labels: Labels) -> None:
    page = sign_in(browser, labels, SECOND)
    page.get_by_text("EN", exact=True).click()
    expect(page.get_by_role("heading", name="Hello, second")).to_be_visible()
    page.context.close()
    page = sign_in(browser, labels, SECOND, "/mine")
    offers(page, ["To do", "Label", "My answers"])
    page.get_by_text("KO", exact=True).click()
    expect(page.get_by_text("할 일")).to_be_visible()
    page.context.close()


def test_the_form_speaks_english_and_so_does_the_page_after_it(page: Page, labels: Labels) -> None:
    page.goto(f"{labels.address}/signin")
    page.get_by_role("link", name="English").click()
    enter(page, SECOND, "this is wrong")
    expect(page.locator("[role=alert]")).to_have_text(re.compile("not right"))
    enter(page, SECOND)
    offers(page, ["To do", "Label", "My answers"])
    with labels.desk() as desk:
        Accounts(desk.writer).set_language(SECOND, "ko")


def test_an_administrator_makes_changes_and_closes_an_account(browser: Browser, labels: Labels) -> None:
    page = sign_in(browser, labels, ADMIN, "/users")
    seen = watch(page, labels.address)
    page.get_by_label("이름", exact=True).fill("Park.<b>")
    page.get_by_role("button", name="만들기", exact=True).click()
    expect(page.get_by_text("계정 이름이 될 수 없습니다")).to_be_visible()
    page.get_by_label("이름", exact=True).fill("박서준")
    page.get_by_role("button", name="만들기", exact=True).click()
    password = page.locator("[data-testid=stCode]").inner_text().strip()
    fresh = browse(browser).new_page()
    fresh.goto(f"{labels.address}/signin")
    enter(fresh, "박서준", password)
    greets(fresh, "박서준")
    page.get_by_label("계정", exact=True).click()
    page.get_by_role("option", name="박서준").click()
    page.get_by_role("button", name="막기").click()
    expect(page.get_by_text("'박서준' 계정을 막았습니다.")).to_be_visible()
    assert password not in page.content()
    fresh.get_by_text("EN", exact=True).click()
    expect(fresh.get_by_text("다시 로그인하면")).to_be_visible()
    enter_again = fresh.context.new_page()
    enter_again.goto(f"{labels.address}/signin")
    enter(enter_again, "박서준", password)
    expect(enter_again.locator("[role=alert]")).to_have_text(re.compile("중지"))
    page.get_by_text("관리 기록").click()
    expect(page.locator("[data-testid=stExpander] table")).to_contain_text("박서준")
    fresh.context.close()
    page.context.close()
    assert (seen.dialogs, seen.errors, seen.outside) == ([], [], [])


def test_the_landing_page_says_what_is_to_do(browser: Browser, labels: Labels) -> None:
    with labels.desk() as desk:
        desk.add_tasks(list(review_tasks())[:20], "test")
    page = sign_in(browser, labels, ANNOTATOR)
    expect(page.get_by_text("모두 함께 0 / 38")).to_be_visible()  # two seats each; the gold one is in nobody's queue
    page.get_by_role("link", name="라벨링 시작").click()
    expect(page).to_have_url(f"{labels.address}/label")
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_of_it_fits_a_phone(browser: Browser, labels: Labels, scheme: str, tmp_path: Path) -> None:
    page = browse(browser, viewport=PHONE, has_touch=True, color_scheme=scheme).new_page()
    seen = watch(page, labels.address)
    page.goto(f"{labels.address}/signin")
    fits(page)
    enter(page, ADMIN)
    for path in ("/", "/users"):
        page.goto(labels.address + path)
        settled(page)
        fits(page)
    page.locator(".st-key-hs-account button").first.click()
    leave = page.get_by_role("button", name="로그아웃")
    expect(leave).to_be_in_viewport()
    page.keyboard.press("Escape")
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="내 답").click()
    expect(page).to_have_url(f"{labels.address}/mine")
    page.context.close()
    assert (seen.dialogs, seen.errors, seen.outside) == ([], [], [])


def fits(page: Page) -> None:
    """Nothing is wider than the screen, and no text is under 13 px."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(e => e.checkVisibility()
            && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())
            && parseFloat(getComputedStyle(e).fontSize) < 13).map(e => e.outerHTML.slice(0, 120))"""
    )
    assert small == []


# what no browser of ours would send


def post(labels: Labels, path: str = "/signin", origin: str | None = "", **fields: str) -> httpx.Response:
    headers = {} if origin is None else {"Origin": origin or labels.address}
    return httpx.post(labels.address + path, data=fields, headers=headers)


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://127.0.0.1:1", "http://localhost"])
def test_a_form_from_elsewhere_is_refused(labels: Labels, origin: str | None) -> None:
    answer = post(labels, origin=origin, name=ADMIN, password=PASSWORD)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    token = labels.token(ADMIN)
    headers = {"Cookie": f"{COOKIE}={token}"} | ({"Origin": origin} if origin else {})
    assert httpx.post(f"{labels.address}/signout", headers=headers).status_code == 403
    assert httpx.get(f"{labels.address}/", cookies={COOKIE: token}).status_code == 200


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "/../x", "/nowhere", ""]
)
def test_the_way_back_leads_to_our_pages_only(labels: Labels, wanted: str) -> None:
    answer = httpx.post(
        f"{labels.address}/signin",
        params={"next": wanted},
        data={"name": ANNOTATOR, "password": PASSWORD},
        headers={"Origin": labels.address},
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_what_was_typed_comes_back_as_text(labels: Labels) -> None:
    answer = post(labels, name='"><script>alert(1)</script>', password="x")
    assert answer.status_code == 401
    assert "<script" not in answer.text
    assert "&quot;&gt;&lt;script&gt;" in answer.text


def test_a_form_without_end_is_not_read(labels: Labels) -> None:
    assert post(labels, name="x" * 100_000, password=PASSWORD).status_code == 503


def test_files_are_given_to_those_who_are_signed_in_and_taken_from_nobody(labels: Labels) -> None:
    media = f"{labels.address}/media/0123456789abcdef.csv"
    signed_in = {COOKIE: labels.token(ANNOTATOR)}
    assert httpx.get(media).status_code == 403
    assert httpx.get(media, cookies=signed_in).text != httpx.get(media).text
    taken = httpx.put(f"{labels.address}/_stcore/upload_file/x/y", content=b"x", cookies=signed_in)
    assert taken.status_code == 404


def test_every_answer_keeps_others_out(labels: Labels) -> None:
    for path in ("/", "/signin", "/_stcore/health", "/static/nothing"):
        headers = httpx.get(labels.address + path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
    assert httpx.get(f"{labels.address}/signin").headers["cache-control"] == "no-store"
