"""What must not be lost: answers through restarts, lost connections, second tabs, expired sessions and full disks."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import httpx
import pytest
from playwright.sync_api import Browser, expect

from annotations.accounts.accounts import Accounts
from tests.browser.labelling import TEXTS, Person, answer, at_work, bring, settle_down, somebody
from tests.browser.labels import PASSWORD, ROOT, Labels, watch

pytestmark = [pytest.mark.browser, pytest.mark.slow]

KEPT = "연결이 끊겼습니다"


def begin(person: Person) -> None:
    """Half an answer."""
    settle_down(person)
    person.press("4", "Shift+Digit2", "w")
    expect(person.chosen("emotions")).to_have_attribute("data-answer", "disappointment")


def expect_begun(person: Person) -> None:
    """The half answer is there."""
    expect(person.chosen("sentiment")).to_have_attribute("data-answer", "mixed")
    expect(person.chosen("intensity")).to_have_attribute("data-answer", "2")
    expect(person.chosen("emotions")).to_have_attribute("data-answer", "disappointment")


def drafts(labels: Labels, task: int) -> list[object]:
    """Stored drafts of a task."""
    with labels.desk() as desk:
        return desk.writer.read(
            lambda db: [row[0] for row in db.execute("SELECT labels FROM drafts WHERE task_id = ?", [task])]
        )


def second_tab(person: Person) -> Person:
    """The same browser's second tab."""
    page = person.page.context.new_page()
    page.goto(person.page.url)
    other = Person(person.app, person.name, page, watch(page, person.app.address))
    expect(other.form.locator(".reading")).to_be_visible()
    return other


def test_a_killed_app_is_started_again_and_the_draft_is_there(browser: Browser, labels: Labels) -> None:
    (task,) = bring(labels, TEXTS[:1])
    with at_work(browser, labels, somebody(labels)) as kim:
        kim.see(TEXTS[0])
        begin(kim)
        kim.page.wait_for_timeout(1500)
        assert len(drafts(labels, task)) == 1
        labels.kill()
        kim.press("a", "ArrowRight", "Enter")
        expect(kim.form.locator(".mark-item q")).to_have_text("있는데")
        expect(kim.form.get_by_text(KEPT)).to_be_visible()
        labels.start()
        expect(kim.form.get_by_text(KEPT)).to_have_count(0)
        kim.page.reload()
        kim.see(TEXTS[0])
        expect_begun(kim)
        expect(kim.form.locator(".mark-item q")).to_have_text("있는데")
        settle_down(kim)
        kim.press("Enter")
        expect(kim.saved()).to_be_visible()
        assert len(kim.answers()) == 1


def test_a_save_while_the_app_is_down_arrives_once_when_it_is_back(browser: Browser, labels: Labels) -> None:
    (task,) = bring(labels, TEXTS[:1])
    with at_work(browser, labels, somebody(labels)) as kim:
        kim.see(TEXTS[0])
        begin(kim)
        labels.kill()
        kim.press("Enter")
        expect(kim.form.get_by_text(KEPT)).to_be_visible()
        labels.start()
        expect(kim.saved()).to_be_visible()
        (stored,) = kim.answers()
    assert (stored.task_id, stored.revision, stored.labels["sentiment"]) == (task, 1, "mixed")


def test_a_save_on_its_way_survives_a_reload(browser: Browser, labels: Labels) -> None:
    bring(labels, TEXTS[:2])
    with at_work(browser, labels, somebody(labels)) as kim:
        kim.see(TEXTS[0])
        begin(kim)
        # The message is lost on the way: Streamlit's socket is cut before it can be sent.
        kim.page.evaluate("() => { WebSocket.prototype.send = () => {}; }")
        kim.press("Enter")
        expect(kim.form.get_by_text(KEPT)).to_be_visible()
        assert kim.answers() == []
        kim.page.reload()
        kim.see(TEXTS[1])
        (stored,) = kim.answers()
    assert stored.labels["sentiment"] == "mixed"


def test_a_lost_connection_keeps_the_answer(browser: Browser, labels: Labels) -> None:
    bring(labels, TEXTS[:1])
    with at_work(browser, labels, somebody(labels)) as kim:
        kim.see(TEXTS[0])
        settle_down(kim)
        kim.page.context.set_offline(True)
        kim.page.evaluate("() => { window.kept = WebSocket.prototype.send; WebSocket.prototype.send = () => {}; }")
        kim.press("4", "Shift+Digit2", "w")
        expect(kim.form.get_by_text(KEPT)).to_be_visible()
        kim.press("Enter")
        expect(kim.form.get_by_role("button", name="저장 중…")).to_be_visible()
        kim.page.context.set_offline(False)
        kim.page.evaluate("() => { WebSocket.prototype.send = window.kept; }")
        expect(kim.saved()).to_be_visible()
        expect(kim.form.get_by_text(KEPT)).to_have_count(0)
        assert len(kim.answers()) == 1


def test_enter_pressed_twice_saves_once(browser: Browser, labels: Labels) -> None:
    bring(labels, TEXTS[:2])
    with at_work(browser, labels, somebody(labels)) as kim:
        kim.see(TEXTS[0])
        begin(kim)
        kim.press("Enter", "Enter", "Enter")
        kim.see(TEXTS[1])
        kim.form.locator(".save").dblclick()
        expect(kim.saved()).to_be_visible()
        assert len(kim.answers()) == 1


def test_two_race_for_one_seat_and_nobody_gets_the_same(browser: Browser, labels: Labels) -> None:
    """Both are at the page at once, and there is one seat; whoever hasn't got it sees something else, or nothing."""
    with (
        at_work(browser, labels, somebody(labels), "/mine?scheme=review") as kim,
        at_work(browser, labels, somebody(labels), "/mine?scheme=review") as lee,
    ):
        (task,) = bring(labels, ["둘 가운데 하나만 받을 글"])
        for person in (kim, lee):  # neither waits for the other
            person.page.evaluate("() => { setTimeout(() => { location.href = '/label?scheme=review' }, 0); }")
        for person in (kim, lee):
            expect(person.form.locator(".card")).to_be_visible()
        got = [person for person in (kim, lee) if person.form.locator(".reading", has_text="하나만 받을").count()]
        assert len(got) == 1
        got[0].page.reload()
        got[0].see("둘 가운데 하나만 받을 글")
    with labels.desk() as desk:
        held = desk.writer.read(
            lambda db: db.execute("SELECT annotator, state FROM seats WHERE task_id = ?", [task]).fetchall()
        )
    assert held == [(got[0].name, "leased")]


def test_an_answer_whose_seat_has_gone_is_kept_as_a_spare_and_said_so(browser: Browser, labels: Labels) -> None:
    (task,) = bring(labels, TEXTS[:1])
    other = somebody(labels)
    with at_work(browser, labels, somebody(labels)) as kim:
        kim.see(TEXTS[0])
        begin(kim)
        with labels.desk() as desk:
            lease = desk.take(kim.name, "review")
            assert lease
            desk.give_back(kim.name, lease.token)
        answer(labels, other, task)
        kim.press("Enter")
        expect(kim.form.get_by_text("여벌 답으로 보관했습니다")).to_be_visible()
        (stored,) = kim.answers()
    assert stored.seat is None


def test_a_stale_tab_sees_the_difference_and_never_overwrites(browser: Browser, labels: Labels) -> None:
    bring(labels, TEXTS[:2])
    with at_work(browser, labels, somebody(labels)) as kim:
        kim.see(TEXTS[0])
        tab = second_tab(kim)
        tab.see(TEXTS[0])
        begin(kim)
        kim.press("Enter")
        kim.see(TEXTS[1])
        tab.press("1", "Shift+Digit5", "q", "Enter")
        dialog = tab.form.get_by_role("dialog", name="다른 창의 답과 다릅니다")
        expect(dialog).to_contain_text("복합")
        expect(dialog.locator("tr.differs")).to_have_count(3)
        assert [each.revision for each in kim.answers()] == [1]
        dialog.get_by_role("button", name="이 창의 답").click()
        expect(dialog).to_have_count(0)
        again = tab.form.locator(".note.info")
        expect(again.or_(tab.form.locator(".reading", has_text=TEXTS[1]))).to_be_visible()
        if again.is_visible():
            settle_down(tab)
            tab.press("Enter")
        tab.see(TEXTS[1])
        newest = kim.answers()[0]
    assert (newest.revision, newest.labels["sentiment"], newest.stage) == (2, "positive", "edited")


def test_a_stale_tab_may_leave_the_stored_answer(browser: Browser, labels: Labels) -> None:
    bring(labels, TEXTS[:2])
    with at_work(browser, labels, somebody(labels)) as kim:
        kim.see(TEXTS[0])
        tab = second_tab(kim)
        begin(kim)
        kim.press("Enter")
        kim.see(TEXTS[1])
        tab.press("1")
        tab.form.get_by_role("button", name="저장된 답을 그대로 둠").click()
        tab.see(TEXTS[1])
        (stored,) = kim.answers()
    assert stored.labels["sentiment"] == "mixed"


def test_a_draft_of_two_tabs_is_compared(browser: Browser, labels: Labels) -> None:
    bring(labels, TEXTS[:1])
    with at_work(browser, labels, somebody(labels)) as kim:
        kim.see(TEXTS[0])
        tab = second_tab(kim)
        begin(kim)
        kim.page.wait_for_timeout(1500)
        tab.press("1")
        dialog = tab.form.get_by_role("dialog", name="다른 창의 답과 다릅니다")
        expect(dialog).to_contain_text("초안")
        dialog.get_by_role("button", name="저장된 초안으로").click()
        expect_begun(tab)


def test_a_session_that_ended_keeps_the_answer_for_the_next(browser: Browser, labels: Labels) -> None:
    (task,) = bring(labels, TEXTS[:1])
    with at_work(browser, labels, somebody(labels)) as kim:
        kim.see(TEXTS[0])
        settle_down(kim)
        with labels.desk() as desk:
            accounts = Accounts(desk.writer)
            accounts.disable(kim.name, "test")
            accounts.enable(kim.name, "test")
        kim.press("4", "Shift+Digit2", "w", "Enter")
        expect(kim.form.get_by_text("로그인이 끝났습니다")).to_be_visible()
        assert (drafts(labels, task), kim.answers()) == ([], [])
        kim.form.get_by_role("link", name="다시 로그인").click()
        kim.page.fill("[name=name]", kim.name)
        kim.page.fill("[name=password]", PASSWORD)
        kim.page.press("[name=password]", "Enter")
        expect(kim.form.get_by_text("보관했던 답을 보냈습니다")).to_be_visible()
        (stored,) = kim.answers()
    assert stored.labels["sentiment"] == "mixed"


FILLING = """
import contextlib, sys, threading
from pages import serving
from pages.place import place
from pipeline.errors.machine import DiskFull

def limit():
    for line in sys.stdin:
        write, pages = place().desk.writer.write, int(line)
        write(lambda db: db.execute("CREATE TABLE IF NOT EXISTS ballast (some BLOB)"))
        write(lambda db: db.execute(f"PRAGMA max_page_count = {pages}").fetchall())
        with contextlib.suppress(DiskFull):
            while pages == 1:
                write(lambda db: db.execute("INSERT INTO ballast VALUES (zeroblob(3000))"))

threading.Thread(target=limit, daemon=True).start()
sys.exit(serving.main())
"""


class Filling(Labels):
    """An app whose file can be kept from growing, as on a full disk."""

    def start(self) -> None:
        """Start it and wait until it can be opened."""
        command = [sys.executable, "-c", FILLING, "--home", str(self.home), "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=ROOT)
        while True:
            try:
                assert httpx.get(f"{self.address}/signin").status_code == 200
            except httpx.TransportError:
                assert self.process.poll() is None
                time.sleep(0.1)
            else:
                return

    def limit(self, pages: int) -> None:
        """Let the file have so many pages at most, though never fewer than it has."""
        assert self.process
        assert self.process.stdin
        self.process.stdin.write(f"{pages}\n")
        self.process.stdin.flush()


def test_a_full_disk_leaves_the_answer_on_the_page(browser: Browser, labels: Labels) -> None:
    bring(labels, TEXTS[:2])
    app = Filling(labels.home, labels.port + 1)
    app.start()
    try:
        with at_work(browser, app, somebody(labels)) as kim:
            kim.see(TEXTS[0])
            begin(kim)
            app.limit(1)
            kim.form.get_by_role("textbox", name="메모").fill("🍚" * 1000)
            expect(kim.form.get_by_role("alert")).to_contain_text("디스크")
            kim.press("Control+Enter")
            expect(kim.form.get_by_role("alert")).to_contain_text("쓰던 답은 이 브라우저에 보관했습니다")
            expect_begun(kim)
            assert kim.answers() == []
            app.limit(1_000_000)
            kim.press("Control+Enter")
            kim.see(TEXTS[1])
            assert len(kim.answers()) == 1
    finally:
        app.kill()
        assert app.process
        assert app.process.stdin
        app.process.stdin.close()


@pytest.mark.parametrize(
    "text",
    [
        "<script>window.hacked=1</script><img src=x onerror=window.hacked=1>",
        "**굵게** [링크](javascript:window.hacked=1) `x` {{value}} ${window.hacked=1}",
        "앞 \u202e거꾸로\u202c 뒤 \u200b 끝",
    ],
)
def test_hostile_text_is_shown_as_it_is(browser: Browser, labels: Labels, text: str) -> None:
    bring(labels, [text], restaurant=text, rating=3, date=text)
    with at_work(browser, labels, somebody(labels)) as kim:
        shown = text.replace("\u202e", "RLO").replace("\u202c", "PDF").replace("\u200b", "ZWSP")
        expect(kim.form.locator(".reading")).to_have_text(shown)
        expect(kim.form.locator(".facts .restaurant")).to_have_text(shown)
        assert kim.page.evaluate("window.hacked") is None
        assert not kim.form.locator(".reading script, .reading img, .reading a, .reading strong").count()
        for control in kim.form.locator(".reading .control").all():
            expect(control).to_have_text(re.compile("RLO|PDF|ZWSP"))
        settle_down(kim)
        kim.press("1", "Shift+Digit4", "q", "q", "a", "Shift+End", "Enter", "Enter")
        expect(kim.saved()).to_be_visible()
        (stored,) = kim.answers()
    assert stored.labels["aspects"][0]["quote"] == text.strip()  # type: ignore[index]
