from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.schemes.scheme import load_scheme
from annotations.types import Annotation, Labels, NewTask, Outcome, Submission
from annotations.work.adjudication import _letter
from annotations.work.disagreement import differences
from annotations.work.precedents import grams_of
from pipeline.errors.labelling import NotDisputed, StaleAnswer, SubmissionReused
from pipeline.errors.schemes import BadLabels
from tests.annotations.desks import BAD, GOOD, HandDesk

REVIEW = load_scheme("review")
ANSWER = load_scheme("answer")


def said(labels: Labels, outcome: Outcome = "labelled") -> Annotation:
    return Annotation(1, 1, 1, "kim", "review", 1, 1, labels, outcome, "blind", 1.0, None, "", "")


def food(polarity: str, start: int = 0) -> dict[str, object]:
    return {"label": "food", "polarity": polarity, "start": start, "end": start + 2, "quote": "불맛"}


@pytest.mark.parametrize(
    ("one", "other", "differing"),
    [
        ({}, {}, ()),
        ({"sentiment": "mixed"}, ({"sentiment": "neutral"}), ("sentiment",)),
        ({"intensity": 2}, {"intensity": 3}, ()),
        ({"intensity": 2}, {"intensity": 4}, ("intensity",)),
        ({"intensity": 2}, {}, ("intensity",)),
        ({"emotions": [{"label": "joy", "strength": 1}]}, {"emotions": [{"label": "joy", "strength": 3}]}, ()),
        ({"emotions": [{"label": "joy", "strength": 1}]}, {}, ("emotions",)),
        ({"aspects": [food("positive")]}, {"aspects": [food("positive", 9), food("positive", 1)]}, ()),
        ({"aspects": [food("positive")]}, {"aspects": [food("negative")]}, ("aspects",)),
        ({"note": "가"}, {"note": "나"}, ()),
        (GOOD, BAD, ("sentiment", "intensity", "emotions")),
    ],
)
def test_when_answers_differ(one: Labels, other: Labels, differing: tuple[str, ...]) -> None:
    assert differences(REVIEW, [said(one), said(other)]) == differing
    assert differences(REVIEW, [said(other), said(one), said(one)]) == differing


def test_answers_that_prefer_another_differ_in_whatever_order_they_were_shown() -> None:
    def prefers(chosen: str, *shown: str) -> Annotation:
        return said({"preference": {"chosen": chosen, "shown": list(shown)}})

    assert differences(ANSWER, [prefers("a", "a", "b"), prefers("a", "b", "a")]) == ()
    assert differences(ANSWER, [prefers("a", "a", "b"), prefers("b", "a", "b")]) == ("preference",)


def test_errors_that_have_no_polarity_are_compared() -> None:
    def marked(start: int) -> Annotation:
        return said({"unsupported": [{"label": "unsupported", "start": start, "end": start + 1, "quote": "x"}]})

    field = next(field for field in ANSWER.fields if field.kind == "spans")
    spans = [{"label": field.options[0].id, "start": 0, "end": 1, "quote": "x"}]
    assert differences(ANSWER, [said({field.id: spans}), said({field.id: spans})]) == ()
    assert differences(ANSWER, [said({field.id: spans}), said({})]) == (field.id,)


def test_where_only_some_could_judge_that_is_the_difference() -> None:
    unjudged = said({}, "unjudgeable")
    assert differences(REVIEW, [said(GOOD), unjudged]) == ("outcome",)
    assert differences(REVIEW, [unjudged, unjudged]) == ()


@given(st.integers(0, 2_000))
def test_letters_are_all_different(number: int) -> None:
    assert _letter(number) not in {_letter(other) for other in range(number)}


def test_letters_go_on_after_z() -> None:
    assert [_letter(n) for n in (0, 25, 26, 27, 701, 702)] == ["A", "Z", "AA", "AB", "ZZ", "AAA"]


# disputes


@pytest.fixture
def disputed(desk: HandDesk) -> HandDesk:
    """Three tasks of two seats: the first two in dispute, the third agreed."""
    desk.fill(3, seats=2)
    for labels in (BAD, BAD, GOOD):
        desk.work("kim", GOOD)
        desk.work("lee", labels)
    return desk


def statuses(desk: HandDesk) -> list[str]:
    return [task.status for task in desk.snapshot("review").tasks]


def test_a_task_is_in_dispute_when_all_its_answers_are_in_and_differ(disputed: HandDesk) -> None:
    assert statuses(disputed) == ["disputed", "disputed", "complete"]
    assert [task.id for task in disputed.disputed("review")] == [1, 2]
    assert [task.id for task in disputed.disputed("review", 1)] == [1]
    disputed.fill(1, first=9, seats=3)
    disputed.work("kim", GOOD)
    disputed.work("lee", BAD)
    assert statuses(disputed)[3] == "open"


def test_revisions_begin_and_end_a_dispute(disputed: HandDesk) -> None:
    mine = disputed.current("kim", 1)
    assert mine is not None
    disputed.answer("kim", 1, BAD, base=mine.id)
    other = disputed.current("lee", 3)
    assert other is not None
    disputed.answer("lee", 3, BAD, base=other.id)
    assert statuses(disputed) == ["complete", "disputed", "disputed"]


def test_names_are_hidden_and_the_order_is_kept(disputed: HandDesk) -> None:
    dispute = disputed.take_disputed("judge", "review")
    assert dispute is not None
    assert dispute.task.id == 1
    assert [answer.annotator for answer in dispute.annotations] == ["A", "B"]
    assert {answer.id for answer in dispute.annotations} == {1, 2}
    assert dispute.differences == ("sentiment", "intensity", "emotions")
    assert "kim" not in repr(dispute)
    assert disputed.take_disputed("judge", "review") == dispute


def test_the_order_of_answers_does_not_tell_who_gave_them(desk: HandDesk) -> None:
    desk.fill(40, seats=2)
    for _ in range(40):
        desk.work("kim", GOOD)
        desk.work("lee", BAD)
    kim_first = 0
    for _ in range(40):
        dispute = desk.take_disputed("judge", "review")
        assert dispute is not None
        kim_first += dispute.annotations[0].labels["sentiment"] == "positive"
        desk.settle("judge", Submission(f"j{dispute.task.id}", dispute.task.id, {}), dispute.annotations[0].id)
    assert 10 <= kim_first <= 30


def test_two_adjudicators_get_two_disputes_and_an_expired_one_returns(disputed: HandDesk) -> None:
    first, second = (disputed.take_disputed(who, "review") for who in ("judge", "other"))
    assert first is not None
    assert second is not None
    assert (first.task.id, second.task.id) == (1, 2)
    assert disputed.take_disputed("third", "review") is None
    disputed.clock.pass_minutes(31)
    third = disputed.take_disputed("third", "review")
    assert third is not None
    assert third.task.id == 1


def test_one_s_own_dispute_is_for_others(disputed: HandDesk) -> None:
    assert disputed.take_disputed("kim", "review") is None
    with pytest.raises(NotDisputed, match="자기 답"):
        disputed.settled_by("kim", 1)


def test_a_draft_of_a_dispute_comes_back(disputed: HandDesk) -> None:
    disputed.take_disputed("judge", "review")
    draft = disputed.save_draft("judge", 1, {"note": "셋째 답"}, 3.0, None, None)
    dispute = disputed.take_disputed("judge", "review")
    assert dispute is not None
    assert dispute.draft == draft
    disputed.settled_by("judge", 1)
    assert disputed.rows("SELECT count(*) FROM drafts") == [(0,)]


def test_taking_one_of_the_answers_settles(disputed: HandDesk) -> None:
    receipt = disputed.settle("judge", Submission("j", 1, {}, stage="adjudicated", seconds=9.0), 2)
    settled = receipt.annotation
    assert (settled.labels, settled.stage, settled.seat, settled.seconds) == (BAD, "adjudicated", None, 9.0)
    assert not receipt.spare
    assert disputed.settle("judge", Submission("j", 1, {}), 2) == receipt
    snapshot = disputed.snapshot("review")
    assert (snapshot.tasks[0].status, snapshot.settled) == ("settled", {1: settled.id})
    assert disputed.progress("judge", "review").mine == 0
    assert [task.id for task in disputed.disputed("review")] == [2]
    assert disputed.current("judge", 1) is None  # it is nobody's label


def test_a_third_answer_settles(disputed: HandDesk) -> None:
    third = {**GOOD, "sentiment": "mixed"}
    assert disputed.settled_by("judge", 1, third).annotation.labels == third
    with pytest.raises(BadLabels):
        disputed.settled_by("judge", 2, {})


def test_a_settled_task_stays_settled_whatever_is_revised(disputed: HandDesk) -> None:
    disputed.settled_by("judge", 1)
    other = disputed.current("lee", 1)
    assert other is not None
    disputed.answer("lee", 1, GOOD, base=other.id)
    assert statuses(disputed)[0] == "settled"


def test_what_settles_a_task_can_be_changed_by_naming_it(disputed: HandDesk) -> None:
    first = disputed.settled_by("judge", 1, GOOD).annotation
    second = disputed.settled_by("other", 1, BAD, base=first.id).annotation
    assert disputed.snapshot("review").settled == {1: second.id}
    with pytest.raises(StaleAnswer) as caught:
        disputed.settled_by("judge", 1, GOOD, base=first.id)
    assert caught.value.current == second
    assert disputed.precedents("불맛", "review")[0][1] == second


def test_a_settlement_that_comes_second_is_a_spare(disputed: HandDesk) -> None:
    first = disputed.settled_by("judge", 1, GOOD)
    late = disputed.settled_by("other", 1, BAD)
    assert (first.spare, late.spare) == (False, True)
    assert disputed.snapshot("review").settled == {1: first.annotation.id}
    with pytest.raises(StaleAnswer):  # a second tab of the same adjudicator
        disputed.settled_by("judge", 1, BAD)


def test_what_was_agreed_on_while_it_was_held_is_still_settled(disputed: HandDesk) -> None:
    disputed.take_disputed("judge", "review")
    mine = disputed.current("kim", 1)
    assert mine is not None
    disputed.answer("kim", 1, BAD, base=mine.id)
    with pytest.raises(NotDisputed, match="고쳐"):
        disputed.settle("judge", Submission("j", 1, {}), mine.id)
    assert disputed.settled_by("judge", 1).annotation.stage == "adjudicated"
    assert statuses(disputed)[0] == "settled"


def test_agreement_frees_an_adjudicator_for_the_next_dispute(disputed: HandDesk) -> None:
    disputed.take_disputed("judge", "review")
    mine = disputed.current("kim", 1)
    assert mine is not None
    disputed.answer("kim", 1, BAD, base=mine.id)
    dispute = disputed.take_disputed("judge", "review")
    assert dispute is not None
    assert dispute.task.id == 2


def test_only_disputes_are_settled_and_only_by_their_answers(disputed: HandDesk) -> None:
    with pytest.raises(NotDisputed, match="3"):
        disputed.settled_by("judge", 3)
    for chosen in (4, 99):  # the answer to another task, and none
        with pytest.raises(NotDisputed):
            disputed.settle("judge", Submission("j", 1, {}), chosen)
    disputed.settle("judge", Submission("j", 1, {}), 1)
    with pytest.raises(SubmissionReused):
        disputed.settle("judge", Submission("j", 2, {}), 3)


# precedents


def settle_texts(desk: HandDesk, *texts: str, scheme: str = "review") -> None:
    """Put texts on record as settled."""
    first = len(desk.snapshot("review").tasks)
    desk.add_tasks([NewTask(f"s{first + n}", scheme, 1, text, seats=2) for n, text in enumerate(texts)], "importer")
    for labels, who in ((GOOD, "kim"), (BAD, "lee")):
        for n in range(len(texts)):
            desk.answer(who, first + n + 1, labels)
    for n in range(len(texts)):
        desk.settled_by("judge", first + n + 1)


def test_precedents_are_the_nearest_settled_texts(desk: HandDesk) -> None:
    settle_texts(
        desk,
        "웨이팅이 두 시간이라 다시는 못 가요",
        "주차가 편하고 친절해요",
        "웨이팅이 길지만 맛있어요 " * 20,
        "불맛이 최고",
    )
    found = desk.precedents("웨이팅이 세 시간이나 되네요", "review", 2)
    assert [task.id for task, _ in found] == [1, 3]
    task, answer = found[0]
    assert (task.gold, answer.stage, answer.labels) == (None, "adjudicated", GOOD)
    assert [task.id for task, _ in desk.precedents("주차", "review")] == [2]


@pytest.mark.parametrize(
    "text", ["", "!!! …", "ZZ", '"', "가", "NEAR(불 맛)", "불맛* OR grams:x", "ab\x00cd", "\ud800"]
)
def test_any_text_may_be_asked_for(desk: HandDesk, text: str) -> None:
    settle_texts(desk, "불맛이 최고 ab")
    assert len(desk.precedents(text, "review")) <= 1
    assert desk.precedents("불맛", 'an"other') == []


def test_precedents_of_other_schemes_are_left_out(desk: HandDesk) -> None:
    settle_texts(desk, "불맛이 최고")
    assert desk.precedents("불맛이 최고", "answer") == []


def test_a_long_text_is_asked_for_in_a_sample_of_it(desk: HandDesk) -> None:
    known = "숯골갈비는 불맛이 좋고 지하 주차장이 무료라 편하다"
    settle_texts(desk, known)
    words = [chr(0xAC00 + n * 7) + chr(0xAC00 + n * 11) for n in range(900)]
    assert [task.id for task, _ in desk.precedents(f"{' '.join(words)} {known}", "review")] == [1]
    assert desk.precedents(" ".join(words), "review") == []


@given(st.text(max_size=40))
def test_grams_are_short_runs_of_letters_and_digits(text: str) -> None:
    assert all(len(gram) <= 2 and gram.isalnum() for gram in grams_of(text))


def test_grams_stay_inside_words() -> None:
    assert grams_of("불맛 좋아요! A") == ["불맛", "좋아", "아요", "a"]


# snapshots


def test_a_snapshot_is_what_was_there_when_it_began(disputed: HandDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it reads, answers come in, one dispute ends by agreement and one is settled."""
    disputed.settled_by("judge", 2, GOOD)
    before = disputed.snapshot("review")
    read, begun = disputed.writer.read, []

    def meanwhile(job):
        result = read(job)
        if not begun:
            begun.append(1)
            mine = disputed.current("kim", 1)
            assert mine is not None
            disputed.answer("kim", 1, BAD, base=mine.id)
            disputed.settled_by("other", 2, BAD, base=before.settled[2])
            disputed.fill(1, first=50)
            disputed.work("kim")
            disputed.skip("lee", _skippable(disputed), "")
        return result

    monkeypatch.setattr(disputed.writer, "read", meanwhile)
    assert disputed.snapshot("review") == before
    monkeypatch.undo()
    after = disputed.snapshot("review")
    assert [task.status for task in after.tasks] == ["complete", "settled", "complete", "complete", "open"]
    assert after.settled != before.settled


def _skippable(desk: HandDesk) -> str:
    desk.fill(1, first=60)
    return desk.must_take("lee").token


def test_a_snapshot_of_many_is_read_in_slices(tmp_path: Path) -> None:
    with HandDesk(tmp_path / "labels.db") as desk:
        desk.fill(1_201)
        desk.work("kim")
        snapshot = desk.snapshot("review")
        assert [task.id for task in snapshot.tasks] == list(range(1, 1_202))
        assert (snapshot.up_to, snapshot.scheme, len(snapshot.annotations)) == (1, "review", 1)
        assert desk.snapshot("answer").tasks == ()
