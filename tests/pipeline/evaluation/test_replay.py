"""A replay from stored scores says what asking again under those settings says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.errors.indexes import PassageNotFound
from pipeline.errors.settings import UnknownSetting
from pipeline.evaluation.replay import Changes, replay
from pipeline.service import Request, Service
from pipeline.trace_json import from_json, to_json
from pipeline.types import Trace

COUNTED = "숯골갈비 음식 맛 어때요?"  # reviews are counted for it, beyond the prompt
QUESTIONS = (
    "숯골갈비 주차 무료예요?",
    "아이랑 가기 편한 곳은?",
    "연탄집 냄새 배나요?",
    "마포에서 웨이팅 긴 집은?",
    COUNTED,
)


def asked(service: Service, question: str, **overrides: object) -> Trace:
    settings = {name.replace("__", "."): value for name, value in overrides.items()}
    *_, trace = service.ask(Request(question, "small", settings, keep=False))
    return from_json(to_json(trace))


def order(trace: Trace) -> list[str]:
    return [candidate.passage.id for candidate in trace.candidates]


@pytest.mark.parametrize("question", QUESTIONS)
def test_nothing_changed_is_nothing_new(service: Service, question: str) -> None:
    trace = asked(service, question)
    found = replay(service, trace, Changes())
    assert found.redone == ()
    assert order(found.after) == order(trace)
    assert found.after.answer == trace.answer
    assert [c.in_prompt for c in found.after.candidates] == [c.in_prompt for c in trace.candidates]
    assert all(move.before == move.after for move in found.moves)


CHANGES: tuple[dict[str, object], ...] = (
    {"fusion.weight": 1.0},
    {"fusion.weight": 0.0, "fusion.window": 0.0},
    {"fusion.method": "rrf"},
    {"reranker": "none"},
    {"rerank.depth": 2},
    {"retrieval.k": 1},
    {"retrieval.k": 8, "retrieval.spread": 0},
    {"answer.threshold": 0.0},
    {"retrieval.bm25": "rank_bm25"},
)


@pytest.mark.parametrize("changes", CHANGES, ids=str)
@pytest.mark.parametrize("question", QUESTIONS)
def test_a_replay_equals_asking_again(service: Service, question: str, changes: dict[str, object]) -> None:
    fresh = asked(service, question, **{name.replace(".", "__"): value for name, value in changes.items()})
    found = replay(service, asked(service, question), Changes(changes)).after
    assert order(found) == order(fresh)
    for mine, real in zip(found.candidates, fresh.candidates, strict=True):
        assert mine.scores == pytest.approx(dict(real.scores), abs=2e-6)
        assert mine.in_prompt == real.in_prompt
    assert found.answer is not None
    assert fresh.answer is not None
    assert replace(found.answer, confidence=None) == replace(fresh.answer, confidence=None)
    assert found.answer.confidence == pytest.approx(fresh.answer.confidence, abs=1e-4)


def test_only_what_must_be_is_done_anew(service: Service) -> None:
    trace = asked(service, QUESTIONS[0])
    assert replay(service, asked(service, QUESTIONS[1]), Changes({"retrieval.k": 1})).redone == ("answer",)
    assert replay(service, trace, Changes({"rerank.depth": 2})).redone[0] == "rerank"
    assert replay(service, trace, Changes({"answer.threshold": 0.1})).redone == ("answer",)
    never = replay(service, trace, Changes({"answer.threshold": 0.1}, generate="never"))
    assert (never.redone, never.after.answer) == ((), None)
    assert replay(service, trace, Changes(generate="always")).redone == ("answer",)
    assert replay(service, trace, Changes({"retrieval.depth": 60})).redone[0] == "retrieval"
    other = replace(trace, versions={**trace.versions, "index": "another"})
    assert replay(service, other, Changes()).redone[0] == "retrieval"


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_dropped_passage_is_gone(service: Service, question: str) -> None:
    trace = asked(service, question)
    first = trace.candidates[0].passage.id
    found = replay(service, trace, Changes(drop=(first,)))
    assert first not in order(found.after)
    *_, fresh = service.ask(Request(question, "small", {}, keep=False, dropped=(first,)))
    assert order(found.after)[:5] == order(fresh)[:5]
    move = next(move for move in found.moves if move.passage_id == first)
    assert (move.before, move.after, move.is_in_prompt) == (1, None, False)


def test_where_every_candidate_is_dropped_nothing_is_found(service: Service) -> None:
    before = asked(service, "주차 되나요?")
    everything = tuple(candidate.passage.id for candidate in before.candidates)
    found = replay(service, before, Changes(drop=everything))
    assert found.after.candidates == ()
    assert found.after.answer is not None
    assert found.after.answer.abstained


def test_counted_answers_stay_counted(service: Service) -> None:
    trace = asked(service, COUNTED)
    assert trace.answer is not None
    assert trace.answer.kind == "aspects"
    written = replay(service, trace, Changes(generate="always"))
    assert written.redone == ("answer",)
    assert written.after.answer == trace.answer
    cited = trace.answer.citations[0].passage_id
    fewer = replay(service, trace, Changes(drop=(cited,))).after.answer
    *_, fresh = service.ask(Request(COUNTED, "small", {}, keep=False, dropped=(cited,)))
    assert fewer == fresh.answer
    assert fewer != trace.answer


def test_a_passage_put_in_comes_first_with_its_scores(service: Service) -> None:
    trace = asked(service, QUESTIONS[0])
    found = replay(service, trace, Changes(inject=("r9",))).after
    assert found.candidates[0].passage.id == "r9"
    assert found.candidates[0].in_prompt
    assert len(set(order(found))) == len(order(found))
    with pytest.raises(PassageNotFound):
        replay(service, trace, Changes(inject=("none",)))


def test_unknown_settings_are_told_and_forgotten_ones_are_left_out(service: Service) -> None:
    trace = asked(service, QUESTIONS[0])
    with pytest.raises(UnknownSetting):
        replay(service, trace, Changes({"fusion.wait": 1}))
    old = replace(trace, settings={**trace.settings, "long.gone": 3})
    assert replay(service, old, Changes()).after.answer == trace.answer
