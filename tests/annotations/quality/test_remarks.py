"""What annotators flag and why they skip reaches those who can do something about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from annotations.quality.remarks import reasons, remarks
from annotations.quality.report import quality
from annotations.quality.types import Filters
from annotations.quality.unnamed import unnamed
from annotations.schemes.scheme import load_scheme
from annotations.types import Skip
from tests.annotations.desks import HandDesk
from tests.annotations.snapshots import NOON, Book

REVIEW = load_scheme("review")
EVERYTHING = Filters()


def test_flags_and_skips_come_newest_first_with_their_texts(tmp_path: Path) -> None:
    with HandDesk(tmp_path / "labels.db") as desk:
        desk.fill(3, seats=2)
        lease = desk.must_take("kim")
        desk.answer("kim", lease.task.id, token=lease.token, flag="전화번호가 있음")
        desk.clock.pass_minutes(1)
        desk.skip("lee", desk.must_take("lee").token, "아는 가게라 공정하지 않음")
        found = quality(desk.snapshot("review"), REVIEW, resamples=0).remarks
    assert [(each.kind, each.person, each.said, each.key) for each in found] == [
        ("skip", "lee", "아는 가게라 공정하지 않음", "r0"),
        ("flag", "kim", "전화번호가 있음", "r0"),
    ]
    assert {each.text for each in found} == {"불맛이 좋아요 0번째"}


def test_a_flag_that_was_taken_back_is_none(tmp_path: Path) -> None:
    with HandDesk(tmp_path / "labels.db") as desk:
        desk.fill(2)
        first = desk.must_take("kim").task.id
        base = desk.answer("kim", first, flag="이상함").annotation.id
        assert len(remarks(desk.snapshot("review"), 1, EVERYTHING)) == 1
        desk.answer("kim", first, base=base)
        assert remarks(desk.snapshot("review"), 1, EVERYTHING) == ()


def test_filters_hold_for_remarks_too() -> None:
    book = Book()
    spring, autumn = book.task(batch="봄"), book.task(batch="가을")
    book.skips += [Skip("kim", spring, "잘 모름", NOON), Skip("kim", autumn, "잘 모름", NOON)]
    snapshot = book.snapshot()
    assert len(remarks(snapshot, 1, EVERYTHING)) == 2
    assert [each.key for each in remarks(snapshot, 1, Filters(batches=("봄",)))] == [f"t{spring}"]
    assert remarks(snapshot, 2, EVERYTHING) == ()
    assert remarks(snapshot, 1, Filters(since=date(2026, 11, 3))) == ()
    assert len(remarks(snapshot, 1, Filters(since=date(2026, 11, 2), until=date(2026, 11, 2)))) == 2


def test_somebody_who_only_skips_has_a_number_for_a_name_too() -> None:
    book = Book()
    task = book.task()
    book.say("kim", task)
    book.skips.append(Skip("lee", task, "잘 모름", NOON))
    hidden = unnamed(quality(book.snapshot(), REVIEW, resamples=0))
    assert hidden.people == ("작업자 1",)
    assert [each.person for each in hidden.remarks] == ["작업자 2"]


@given(st.lists(st.sampled_from(["가", "나", "다"]), max_size=30))
def test_reasons_are_counted_the_most_frequent_first(said: list[str]) -> None:
    book = Book()
    book.skips += [Skip("kim", book.task(), why, NOON) for why in said]
    counts = reasons(remarks(book.snapshot(), 1, EVERYTHING))
    assert counts == {why: said.count(why) for why in said}
    assert list(counts.values()) == sorted(counts.values(), reverse=True)


def test_skips_are_counted_for_the_tasks_of_the_report() -> None:
    book = Book()
    book.skips += [Skip("kim", book.task(), "잘 모름", NOON), Skip("kim", book.task(version=2), "잘 모름", NOON)]
    old = replace(EVERYTHING, version=1)
    assert quality(book.snapshot(), REVIEW, old, resamples=0).coverage.skips == 1
