"""A file that any earlier version filled is brought up to date whole, and the work in it goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlite_utils import Database

from annotations.accounts.accounts import Accounts
from annotations.accounts.api_keys import ApiKeys
from annotations.keeping.verify import verify
from annotations.schemes.labels import canonical
from annotations.schemes.used import scheme_of, use_scheme
from annotations.storage.migrations import MIGRATIONS
from annotations.storage.rows import Moment, dump, find_task, moment
from annotations.storage.writer import Writer
from annotations.types import Labels, NewTask, Stage, Submission
from annotations.work.adjudication import settle, take_disputed
from annotations.work.drafts import save_draft
from annotations.work.leases import skip
from annotations.work.queue import take
from annotations.work.saving import Answer, save
from annotations.work.tasks import add, checked
from tests.annotations.desks import BAD, GOOD, PLAIN, Clock, HandDesk

TASKS = [NewTask(f"r{n}", "review", 1, f"불맛이 좋아요 {n}번째", seats=2) for n in range(6)]
NOW = moment(Clock()(), PLAIN)
ANSWERS, DISPUTES, ACCOUNTS, KEYS = 2, 5, 3, 6
"""The versions since which there are tasks and answers, settled disputes with their precedents, accounts, keys."""


def fill(path: Path, version: int) -> None:
    """What the program of that version could write: as much as there were tables for."""
    store = Writer(path, MIGRATIONS[:version])
    store.write(lambda db: use_scheme(db, scheme_of("review", 1), NOW.at))
    if version >= ANSWERS:  # before, the tables of tasks refer to what isn't there: nothing could be stored in them
        store.write(bring)
        store.write(work)
    if version >= ACCOUNTS:
        Accounts(store).add("kim", "annotator", None, "test")
    if version >= DISPUTES:
        store.write(decide)
    if version >= KEYS:
        ApiKeys(store).add("k", ["ask"], None, "kim")
    store.close()


def bring(db: Database) -> None:
    add(db, [checked(task) for task in TASKS], "importer", NOW.at)


def answer(db: Database, who: str, task: int, labels: Labels, base: int | None = None, stage: Stage = "blind") -> int:
    given = Submission(f"{who}-{task}-{base}", task, labels, stage=stage, base=base, seconds=2.0)
    return save(db, Answer(who, find_task(db, task), given, canonical(labels)), NOW.at)


def work(db: Database) -> None:
    """Two people differ on two tasks; one is revised, one skipped, one begun."""
    for who, labels in (("kim", GOOD), ("lee", BAD)):
        for _ in range(2):
            answer(db, who, leased(db, who), labels)
    answer(db, "kim", 1, {**GOOD, "intensity": 5}, base=1, stage="edited")
    held = leased(db, "kim")
    save_draft(db, "kim", held, dump({"sentiment": "mixed"}), 3.0, None, None, NOW.at)
    lease = take(db, "lee", "review", NOW, PLAIN)
    assert lease is not None
    skip(db, "lee", lease.token, "모르는 사투리", NOW.at)


def leased(db: Database, who: str) -> int:
    lease = take(db, who, "review", NOW, PLAIN)
    assert lease is not None
    return lease.task.id


def decide(db: Database) -> None:
    dispute = take_disputed(db, "judge", "review", Moment(NOW.at, NOW.until))
    assert dispute is not None
    verdict = Submission("judge-1", dispute.task.id, GOOD, stage="adjudicated")
    settle(db, Answer("judge", find_task(db, dispute.task.id), verdict, canonical(GOOD)), None, NOW.at)


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_a_file_of_every_earlier_version_goes_on(tmp_path: Path, version: int) -> None:
    path = tmp_path / "labels.db"
    fill(path, version)
    answered = 2 if version >= ANSWERS else 0
    with HandDesk(path) as desk:
        assert verify(path).whole, [check for check in verify(path).checks if check.faults]
        assert verify(path).version == len(MIGRATIONS)
        progress = desk.progress("kim", "review")
        assert (progress.mine, progress.today, progress.done) == (answered, answered, 2 * answered)
        assert progress.total == (2 * len(TASKS) if answered else 0)
        assert [each.revision for _, each in desk.mine("kim", "review")] == [2, 1][: 2 if answered else 0]
        assert len(desk.disputed("review")) == (0 if not answered else 1 if version >= DISPUTES else 2)
        assert len(desk.precedents(TASKS[0].text, "review")) == (1 if version >= DISPUTES else 0)
        desk.fill(1, first=50)
        draft = desk.must_take("kim").draft
        assert (draft and draft.labels) == ({"sentiment": "mixed"} if answered else None)
        assert desk.work("kim").seat is not None
        assert desk.progress("kim", "review").mine == answered + 1
        accounts = Accounts(desk.writer)
        assert [entry.account.name for entry in accounts.entries()] == (["kim"] if version >= ACCOUNTS else [])
        accounts.add("new", "annotator", None, "test")
        ApiKeys(desk.writer).add("another", ["ask"], None, "new")
    assert verify(path).whole
