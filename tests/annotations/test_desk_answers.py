from dataclasses import replace
from pathlib import Path

import pytest

from annotations.types import DeskSettings, Progress, Submission
from pipeline.errors.labelling import (
    BadSubmission,
    ReceiptDiffers,
    StaleAnswer,
    StaleDraft,
    SubmissionReused,
    UnknownTask,
)
from pipeline.errors.labels import LabelsDamaged
from pipeline.errors.machine import DiskFull
from pipeline.errors.schemes import BadLabels
from tests.annotations.desks import BAD, GOOD, HandDesk, assert_sound


def test_what_was_saved_is_read_back_with_its_receipt(desk: HandDesk) -> None:
    desk.fill(2)
    lease = desk.must_take("kim")
    receipt = desk.answer("kim", 1, token=lease.token, flag="사진이 필요함")
    saved = receipt.annotation
    assert (saved.task_id, saved.seat, saved.annotator, saved.revision, saved.base) == (1, 1, "kim", 1, None)
    assert (saved.labels, saved.outcome, saved.stage) == (GOOD, "labelled", "blind")
    assert (saved.seconds, saved.flag, saved.saved_at) == (2.5, "사진이 필요함", "2026-11-02T03:00:00.000+00:00")
    assert (receipt.number, receipt.spare) == (1, False)
    assert desk.current("kim", 1) == saved
    assert desk.current("lee", 1) is None
    kinds = desk.rows("SELECT kind, by FROM events WHERE task_id = 1 ORDER BY id")
    assert kinds == [("imported", "importer"), ("taken", "kim"), ("saved", "kim"), ("flagged", "kim")]


def test_labels_are_kept_in_one_form(desk: HandDesk) -> None:
    desk.fill(1)
    emotions = [{"strength": 1, "label": "surprise"}, {"strength": 2, "label": "joy"}]
    receipt = desk.answer("kim", 1, {"emotions": emotions, "intensity": 4, "sentiment": "positive"})
    assert [item["label"] for item in receipt.annotation.labels["emotions"]] == ["joy", "surprise"]  # type: ignore[index, union-attr]


def test_the_next_lease_comes_with_the_receipt(desk: HandDesk) -> None:
    desk.fill(2)
    first = desk.must_take("kim")
    saved = desk.save("kim", Submission("a", 1, GOOD, first.token), take_next=True)
    assert saved.next is not None
    assert saved.next == replace(desk.must_take("kim"), until=saved.next.until)
    last = desk.save("kim", Submission("b", 2, GOOD, saved.next.token), take_next=True)
    assert last.next is None


# once, however often it is handed in


def test_the_same_submission_again_is_the_same_receipt(desk: HandDesk) -> None:
    desk.fill(2)
    desk.must_take("kim")
    first = desk.answer("kim", 1, key="same", seconds=1.0)
    desk.clock.pass_minutes(90)
    assert desk.answer("kim", 1, key="same", seconds=7.0) == first
    assert desk.rows("SELECT count(*) FROM annotations") == [(1,)]


def test_a_reconnecting_page_gets_its_receipt_and_the_lease_that_came_with_it(desk: HandDesk) -> None:
    desk.fill(2)
    desk.must_take("kim")
    submission = Submission("same", 1, GOOD)
    first, again = desk.save("kim", submission, take_next=True), desk.save("kim", submission, take_next=True)
    assert first.next is not None
    assert (again.receipt, again.next) == (first.receipt, replace(first.next, until=first.next.until))


def test_a_repeated_submission_returns_its_receipt_even_when_the_answer_was_revised(desk: HandDesk) -> None:
    desk.fill(1)
    first = desk.answer("kim", 1, key="first")
    desk.answer("kim", 1, BAD, base=first.annotation.id)
    assert desk.answer("kim", 1, key="first") == first


@pytest.mark.parametrize(
    "other", [{"labels": BAD}, {"task_id": 2}, {"flag": "x"}, {"outcome": "unjudgeable", "labels": {}}]
)
def test_a_key_that_names_another_answer_is_refused(desk: HandDesk, other: dict) -> None:
    desk.fill(2)
    submission = Submission("same", 1, GOOD)
    desk.save("kim", submission)
    with pytest.raises(SubmissionReused, match="#1"):
        desk.save("kim", replace(submission, **other))
    with pytest.raises(SubmissionReused):
        desk.save("lee", submission)
    assert desk.rows("SELECT count(*) FROM annotations") == [(1,)]


# never over a newer one


def test_revisions_are_appended(desk: HandDesk) -> None:
    desk.fill(1)
    first = desk.answer("kim", 1).annotation
    second = desk.answer("kim", 1, BAD, base=first.id, stage="assisted").annotation
    third = desk.answer("kim", 1, GOOD, base=second.id).annotation
    assert [(a.revision, a.base, a.seat, a.stage) for a in (first, second, third)] == [
        (1, None, 1, "blind"), (2, first.id, 1, "assisted"), (3, second.id, 1, "edited"),
    ]  # fmt: skip
    assert desk.current("kim", 1) == third
    assert desk.snapshot("review").annotations == (first, second, third)
    assert desk.rows("SELECT kind FROM events WHERE kind <> 'imported'") == [("saved",), ("revised",), ("revised",)]
    assert desk.progress("kim", "review") == Progress(mine=1, today=1, done=1, total=1)


@pytest.mark.parametrize("base", [None, 1, 99])
def test_a_stale_tab_writes_nothing_and_gets_the_current_answer(desk: HandDesk, base: int | None) -> None:
    desk.fill(1)
    first = desk.answer("kim", 1)
    second = desk.answer("kim", 1, BAD, base=first.annotation.id)
    with pytest.raises(StaleAnswer) as caught:
        desk.answer("kim", 1, GOOD, base=base)
    assert caught.value.current == second.annotation
    assert len(desk.snapshot("review").annotations) == 2


def test_a_base_that_never_was_is_stale(desk: HandDesk) -> None:
    desk.fill(1)
    with pytest.raises(StaleAnswer) as caught:
        desk.answer("kim", 1, base=5)
    assert caught.value.current is None


def test_the_first_answer_is_blind_and_no_later_one_is(desk: HandDesk) -> None:
    desk.fill(1)
    for stage in ("assisted", "edited", "adjudicated", "peeked"):
        with pytest.raises(BadSubmission, match="stage"):
            desk.answer("kim", 1, stage=stage)  # type: ignore[arg-type]
    first = desk.answer("kim", 1).annotation
    for stage in ("blind", "adjudicated"):
        with pytest.raises(BadSubmission, match="stage"):
            desk.answer("kim", 1, BAD, base=first.id, stage=stage)  # type: ignore[arg-type]


# seats and spares


def test_an_answer_whose_lease_ran_out_is_honoured_while_the_seat_is_free(desk: HandDesk) -> None:
    desk.fill(1)
    lease = desk.must_take("kim")
    desk.clock.pass_minutes(31)
    desk.expire()
    receipt = desk.answer("kim", 1, token=lease.token)
    assert (receipt.annotation.seat, receipt.spare) == (1, False)
    assert desk.take("lee", "review") is None


def test_a_late_answer_is_kept_as_a_spare_and_says_so(desk: HandDesk) -> None:
    desk.fill(1)
    lease = desk.must_take("kim")
    desk.clock.pass_minutes(31)
    other = desk.must_take("lee")
    receipt = desk.answer("kim", 1, BAD, token=lease.token)
    assert (receipt.annotation.seat, receipt.spare) == (None, True)
    assert desk.answer("lee", 1, token=other.token).annotation.seat == 1
    assert desk.current("kim", 1) == receipt.annotation
    assert desk.progress("kim", "review") == Progress(mine=1, today=1, done=1, total=1)
    assert desk.rows("SELECT kind FROM events WHERE by = 'kim' ORDER BY id") == [("taken",), ("expired",), ("spare",)]
    assert desk.snapshot("review").tasks[0].status == "complete"


def test_a_late_answer_takes_another_seat_of_the_task_that_is_free(desk: HandDesk) -> None:
    desk.fill(1, seats=2)
    desk.must_take("kim")
    desk.clock.pass_minutes(31)
    assert desk.must_take("lee").seat == 1
    assert desk.answer("kim", 1).annotation.seat == 2


def test_a_spare_that_is_revised_takes_a_seat_that_has_come_free(desk: HandDesk) -> None:
    desk.fill(1)
    desk.must_take("kim")
    desk.clock.pass_minutes(31)
    other = desk.must_take("lee")
    spare = desk.answer("kim", 1)
    desk.give_back("lee", other.token)
    assert desk.take("kim", "review") is None  # it is answered already
    revised = desk.answer("kim", 1, BAD, base=spare.annotation.id)
    assert (revised.spare, revised.annotation.seat) == (False, 1)
    assert desk.take("lee", "review") is None


def test_answering_what_one_had_skipped_counts(desk: HandDesk) -> None:
    desk.fill(1)
    desk.skip("kim", desk.must_take("kim").token, "")
    assert desk.answer("kim", 1).annotation.seat == 1


def test_a_task_has_no_more_counted_answers_than_seats(desk: HandDesk) -> None:
    desk.fill(1, seats=2)
    receipts = [desk.answer(f"p{n}", 1) for n in range(5)]
    assert [receipt.annotation.seat for receipt in receipts] == [1, 2, None, None, None]


# what can't be stored


def test_labels_outside_the_scheme_are_named_and_nothing_is_written(desk: HandDesk) -> None:
    desk.fill(1)
    for labels in ({}, {**GOOD, "sentiment": "great"}, {**GOOD, "aspects": [{"label": "food", "polarity": "positive",
                   "start": 0, "end": 999, "quote": "불"}]}):  # fmt: skip
        with pytest.raises(BadLabels):
            desk.answer("kim", 1, labels)
    assert desk.rows("SELECT count(*) FROM annotations") == [(0,)]


def test_unjudgeable_needs_no_labels(desk: HandDesk) -> None:
    desk.fill(1)
    assert desk.answer("kim", 1, {"note": "사투리"}, outcome="unjudgeable").annotation.outcome == "unjudgeable"


@pytest.mark.parametrize(
    ("name", "value"),
    [("key", ""), ("key", "k" * 2_001), ("key", "\ud800"), ("flag", "\ud800"), ("flag", "f" * 2_001), ("seconds", -1.0),
     ("seconds", float("nan")), ("seconds", float("inf"))],
)  # fmt: skip
def test_particulars_that_can_not_be_stored_are_named(desk: HandDesk, name: str, value: object) -> None:
    desk.fill(1)
    with pytest.raises(BadSubmission) as caught:
        desk.save("kim", replace(Submission("k", 1, GOOD), **{name: value}))  # type: ignore[arg-type]
    assert name in caught.value.korean
    caught.value.korean.encode()


def test_annotations_receipts_events_and_suggestions_are_only_ever_appended(desk: HandDesk) -> None:
    desk.fill(1)
    desk.answer("kim", 1)
    desk.add_suggestion(1, "model", GOOD, {})
    for table in ("annotations", "receipts", "events", "suggestions"):
        for sql in (
            f"DELETE FROM {table}",
            f"UPDATE {table} SET rowid = rowid + 1",
            f"UPDATE {table} SET rowid = rowid",
        ):
            with pytest.raises(Exception, match="only ever appended"):
                desk.writer.write(lambda db, sql=sql: db.execute(sql))
    for sql in ("DELETE FROM tasks", "UPDATE tasks SET text = 'x'", "UPDATE tasks SET gold = '{}'"):
        with pytest.raises(Exception, match="only ever appended"):
            desk.writer.write(lambda db, sql=sql: db.execute(sql))


def test_replacing_a_row_is_refused_too(desk: HandDesk) -> None:
    desk.fill(1)
    desk.answer("kim", 1)
    with pytest.raises(Exception, match="only ever appended"):
        desk.writer.write(lambda db: db.execute("INSERT OR REPLACE INTO receipts SELECT * FROM receipts"))


def test_a_row_that_reads_back_differently_is_told(desk: HandDesk) -> None:
    desk.fill(1)
    receipt = desk.answer("kim", 1, key="same", seconds=2.5)
    desk.writer.write(lambda db: db.execute("DROP TRIGGER annotations_no_update"))
    desk.writer.write(lambda db: db.execute("UPDATE annotations SET seconds = 2.25"))
    with pytest.raises(ReceiptDiffers, match="#1"):
        desk.answer("kim", 1, key="same")
    desk.writer.write(lambda db: db.execute("UPDATE annotations SET seconds = 2.5"))
    assert desk.answer("kim", 1, key="same") == receipt


def test_a_full_disk_during_save_keeps_what_was_there(desk: HandDesk) -> None:
    desk.fill(3)
    first = desk.answer("kim", 1)
    (pages,) = desk.writer.write(lambda db: db.execute("PRAGMA page_count").fetchone())
    desk.writer.write(lambda db: db.execute(f"PRAGMA max_page_count={pages}").fetchone())
    long = {**GOOD, "note": "가" * 1000}

    def fill_the_disk() -> None:
        for n in range(200):
            desk.answer(f"p{n}", 2, long)

    with pytest.raises(DiskFull, match="디스크"):
        fill_the_disk()
    saved = len(desk.snapshot("review").annotations)
    desk.writer.write(lambda db: db.execute("PRAGMA max_page_count=1000000").fetchone())
    assert desk.answer("kim", 1, key="again", base=first.annotation.id).number == saved + 1


def test_a_damaged_file_is_found_when_it_is_looked_through(tmp_path: Path) -> None:
    path = tmp_path / "labels.db"
    with HandDesk(path) as desk:
        desk.fill(2_000)
        desk.check()
    with path.open("r+b") as file:
        file.seek(path.stat().st_size * 3 // 4)
        file.write(b"\xff" * 20_000)
    with HandDesk(path) as desk, pytest.raises(LabelsDamaged, match="restore"):
        desk.check()


# drafts


def test_a_draft_comes_back_with_the_lease(desk: HandDesk) -> None:
    desk.fill(1)
    desk.must_take("kim")
    draft = desk.save_draft("kim", 1, {"note": "아직"}, 12.5, None, None)
    assert (draft.labels, draft.version, draft.seconds, draft.base) == ({"note": "아직"}, 1, 12.5, None)
    assert desk.must_take("kim").draft == draft
    desk.clock.pass_minutes(45)
    assert desk.must_take("kim").draft == draft  # after the lease ran out, too
    later = desk.save_draft("kim", 1, {"note": "거의"}, 20.0, None, 1)
    assert later.version == 2
    assert desk.must_take("kim").draft == later


def test_a_draft_goes_when_its_answer_is_in(desk: HandDesk) -> None:
    desk.fill(1)
    desk.save_draft("kim", 1, GOOD, 1.0, None, None)
    saved = desk.answer("kim", 1).annotation
    assert desk.rows("SELECT count(*) FROM drafts") == [(0,)]
    assert desk.save_draft("kim", 1, BAD, 1.0, saved.id, None).base == saved.id


@pytest.mark.parametrize("expected", [None, 1, 3])
def test_a_stale_draft_overwrites_nothing(desk: HandDesk, expected: int | None) -> None:
    desk.fill(1)
    desk.save_draft("kim", 1, {"note": "1"}, 1.0, None, None)
    newest = desk.save_draft("kim", 1, {"note": "2"}, 2.0, None, 1)
    with pytest.raises(StaleDraft) as caught:
        desk.save_draft("kim", 1, {"note": "3"}, 3.0, None, expected)
    assert caught.value.current == newest
    assert desk.must_take("kim").draft == newest


def test_a_draft_under_a_newer_answer_is_refused(desk: HandDesk) -> None:
    desk.fill(1)
    saved = desk.answer("kim", 1).annotation
    with pytest.raises(StaleAnswer) as caught:
        desk.save_draft("kim", 1, GOOD, 1.0, None, None)
    assert caught.value.current == saved


@pytest.mark.parametrize(
    "labels", [{"note": float("nan")}, {"note": object()}, {"note": "\ud800"}, {"note": "x" * 1_000_001}]
)
def test_a_draft_that_can_not_be_stored_is_refused(desk: HandDesk, labels: dict) -> None:
    desk.fill(1)
    with pytest.raises(BadSubmission):
        desk.save_draft("kim", 1, labels, 1.0, None, None)


# what one has done


def test_mine_is_newest_first_with_the_current_answers(desk: HandDesk) -> None:
    desk.fill(4)
    answers = [desk.work("kim") for _ in range(4)]
    desk.work("lee") if desk.take("lee", "review") else None
    revised = desk.answer("kim", 2, BAD, base=answers[1].id).annotation
    assert desk.mine("kim", "review") == [
        (desk.task(2), revised), (desk.task(4), answers[3]), (desk.task(3), answers[2]), (desk.task(1), answers[0]),
    ]  # fmt: skip
    assert [task.id for task, _ in desk.mine("kim", "review", 2)] == [2, 4]
    assert desk.mine("kim", "answer") == desk.mine("lee", "review") == []


def test_progress_counts_today_by_korea_s_day(tmp_path: Path) -> None:
    with HandDesk(tmp_path / "labels.db", DeskSettings(gold_rate=0, repeat_rate=0, daily_goal=3)) as desk:
        desk.fill(5, seats=2)
        desk.work("kim")
        desk.work("lee")
        assert desk.progress("kim", "review") == Progress(1, 1, 2, 10, 2)
        desk.clock.pass_minutes(11.9 * 60)
        desk.work("kim")
        assert desk.progress("kim", "review") == Progress(2, 2, 3, 10, 1)
        desk.clock.pass_minutes(10)  # midnight in Seoul, three in the afternoon in Greenwich
        assert desk.progress("kim", "review") == Progress(2, 0, 3, 10, 3)
        assert desk.progress("park", "review") == Progress(0, 0, 3, 10, 3)
        assert desk.progress("kim", "answer") == Progress(0, 0, 0, 0, 3)
        assert_sound(desk)


# suggestions


def test_a_suggestion_is_shown_to_nobody_before_their_answer(desk: HandDesk) -> None:
    desk.fill(2, seats=2)
    first = desk.add_suggestion(1, "linear", BAD, {"sentiment": 0.7})
    second = desk.add_suggestion(1, "linear-2", GOOD, {})
    assert desk.suggestion("kim", 1) is None
    answer = desk.answer("kim", 1).annotation
    assert desk.suggestion("lee", 1) is None
    shown = desk.suggestion("kim", 1)
    assert shown is not None
    assert (shown.id, shown.task_id, shown.model, shown.labels) == (second, 1, "linear-2", GOOD)
    assert desk.suggestion("kim", 2) is None
    desk.suggestion_seen("kim", 1, first, kept=False)
    desk.clock.pass_minutes(1)
    revised = desk.answer("kim", 1, BAD, base=answer.id, stage="assisted").annotation
    desk.suggestion_seen("kim", 1, second, kept=True)
    snapshot = desk.snapshot("review")
    assert [(s.annotator, s.suggestion_id, s.annotation_id, s.kept) for s in snapshot.seen] == [
        ("kim", first, answer.id, False), ("kim", second, revised.id, True),
    ]  # fmt: skip
    assert [s.model for s in snapshot.suggestions] == ["linear", "linear-2"]


def test_a_suggestion_that_fits_nothing_is_refused(desk: HandDesk) -> None:
    desk.fill(2)
    with pytest.raises(BadLabels):
        desk.add_suggestion(1, "model", {"sentiment": "great"}, {})
    suggestion = desk.add_suggestion(1, "model", GOOD, {})
    with pytest.raises(UnknownTask):  # not answered yet
        desk.suggestion_seen("kim", 1, suggestion, kept=True)
    desk.answer("kim", 2)
    with pytest.raises(UnknownTask):  # another task's
        desk.suggestion_seen("kim", 2, suggestion, kept=True)


def test_a_repeat_has_the_suggestion_of_what_it_repeats(tmp_path: Path) -> None:
    with HandDesk(tmp_path / "labels.db", DeskSettings(gold_rate=0, repeat_rate=0.5, repeat_after=1)) as desk:
        desk.fill(20)
        while not (repeats := desk.rows("SELECT id, repeat_of FROM tasks WHERE repeat_of IS NOT NULL")):
            done = desk.work("kim")
        desk.add_suggestion(repeats[0][1], "model", BAD, {})
        assert done.task_id == repeats[0][0]
        shown = desk.suggestion("kim", done.task_id)
        assert shown is not None
        assert shown.task_id == done.task_id
        desk.suggestion_seen("kim", done.task_id, shown.id, kept=True)
