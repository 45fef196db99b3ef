"""People and tasks for the tests of the labelling pages: fresh ones for every test, over one app for a module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from annotations.accounts.accounts import Accounts
from annotations.types import Annotation, Labels, NewTask, Role, Submission
from tests.browser.labels import PASSWORD, WAIT, Seen, sign_in, watch
from tests.browser.labels import Labels as App

TEXTS = (
    "맛은 있는데 웨이팅이 두 시간이라 다시는 못 갈 듯 ㅠㅠ 그래도 불맛은 인정",
    "직원분이 친절하시고 고기도 직접 구워 주셔서 편하게 먹었습니다",
    "평범한 백반집. 반찬은 그날그날 다릅니다",
)
CONTEXT: Mapping[str, object] = {"restaurant": "숯골갈비", "rating": 3, "date": "2026-03-14"}
EMOJI = "사장님 최고 👨‍👩‍👧‍👦 가족 모두 👍🏽 만족했어요"
PLAIN: Labels = {"sentiment": "positive", "intensity": 4, "emotions": [{"label": "joy", "strength": 2}]}

_number = count(1)


@dataclass
class Person:
    """Somebody at their browser."""

    app: App
    name: str
    page: Page
    seen: Seen = field(default_factory=Seen)

    @property
    def form(self) -> Locator:
        """The form."""
        return self.page.locator(".form")

    def see(self, text: str) -> None:
        """Wait for the task with that text."""
        expect(self.form.locator(".reading")).to_have_text(text, use_inner_text=False)

    def press(self, *keys: str) -> None:
        """One key after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def saved(self) -> Locator:
        """The receipt."""
        return self.form.locator(".saved")

    def answers(self) -> list[Annotation]:
        """What is stored of this person, newest first."""
        with self.app.desk() as desk:
            return [answer for _, answer in desk.mine(self.name, "review", 50)]

    def chosen(self, field: str) -> Locator:
        """The chosen options of a question."""
        return self.form.locator(f"[data-field={field}] [aria-checked=true], [data-field={field}] [aria-pressed=true]")


def somebody(app: App, role: Role = "annotator") -> str:
    """A new account."""
    name = f"{role}{next(_number)}"
    with app.desk() as desk:
        Accounts(desk.writer).add(name, role, PASSWORD, "test")
    return name


def bring(app: App, texts: Sequence[str], *, scheme: str = "review", seats: int = 1, **context: object) -> list[int]:
    """New tasks that come before all there are; returns their ids."""
    batch = next(_number)
    tasks = [
        NewTask(f"t{batch}-{n}", scheme, 1, text, dict(context or CONTEXT), seats, priority=batch * 1000 - n)
        for n, text in enumerate(texts)
    ]
    with app.desk() as desk:
        desk.add_tasks(tasks, "test")
        known = desk.snapshot(scheme).tasks
    return [next(each.id for each in known if each.key == task.key) for task in tasks]


def answer(app: App, who: str, task: int, labels: Labels = PLAIN, key: str = "") -> Annotation:
    """An answer given elsewhere."""
    submission = Submission(key or f"k{next(_number)}", task, labels, seconds=3.0)
    with app.desk() as desk:
        return desk.save(who, submission).receipt.annotation


@contextmanager
def at_work(
    browser: Browser, app: App, name: str, path: str = "/label?scheme=review", **options: Any
) -> Iterator[Person]:
    """Somebody before a page. Whatever a test does: no dialog, no failing script, no request to outside."""
    page = sign_in(browser, app, name, path, **options)
    person = Person(app, name, page, watch(page, app.address))
    expect.set_options(timeout=WAIT)
    try:
        expect(person.form.locator(".top")).to_be_visible()
        yield person
    finally:
        page.context.close()
    assert (person.seen.dialogs, person.seen.errors, person.seen.outside) == ([], [], [])


def settle_down(person: Person) -> None:
    """Wait until a new task takes Enter: it ignores the Enter that was meant for the task before."""
    person.page.wait_for_timeout(450)
