"""Steps A–H together: the graph, one after the other, a failing competitor, a language model, the cache."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors.restaurants import WriterFailed
from pipeline.restaurants.analyses import Analyses
from pipeline.restaurants.writing import Ask
from pipeline.strengths.bench import SlowWriter, bench_strengths, untimed
from pipeline.strengths.ground import Ground
from pipeline.strengths.group_cache import GroupCache
from pipeline.strengths.running import find_all, find_strengths, of_kind
from pipeline.strengths.types import Sign
from pipeline.types import Analysis, Unanalysed
from tests.pipeline.restaurants.corpus import ROWS


def test_strengths_rest_on_what_reviews_say(ground: Ground) -> None:
    found = find_strengths(ground, "길남국밥")
    by_claim = {one.claim: one for one in found.found}
    broth = by_claim["돼지국밥 국물이 진하고 시원하다는 평"]
    assert (broth.aspect, broth.support, broth.ratio, broth.against) == ("food", 3, 0.6, 0)
    assert broth.kind == "both"
    (kind,) = found.few  # two reviews say so: not enough for three quotes
    assert (kind.claim, kind.support, len(kind.quotes)) == ("직원 응대가 친절하다는 칭찬", 2, 2)
    assert (kind.nearest_restaurant, kind.nearest_claim) == ("순이국밥", "직원 응대가 친절하다는 칭찬")
    assert kind.distinctness < broth.distinctness
    texts = {f"r{n}": row for n, row in enumerate(ROWS, start=1)}
    for quote in broth.quotes:
        row = texts[quote.review_id]
        assert row[4][quote.start : quote.end] == quote.text
        assert (quote.rating, quote.date) == (row[2], row[3])
    assert [one.restaurant for one in found.group] == ["순이국밥", "바다횟집"]
    assert found.problems == ()


def test_weaknesses_are_found_in_negative_evidence(ground: Ground) -> None:
    found = find_strengths(ground, "길남국밥", "negative")
    (one,) = found.few
    assert one.claim == "오래 기다려야 한다는 불만이 있다"
    assert {quote.review_id for quote in one.quotes} == {"r2", "r4"}
    assert (found.found, found.note) == ((), "근거 부족: 인용을 3개 이상 댈 수 있는 말이 아직 없습니다")


def test_too_little_evidence_is_said(ground: Ground) -> None:
    found = find_strengths(ground, "순이국밥", "negative")
    assert found.found == ()
    assert found.note == "근거 부족: 같은 말을 하는 후기가 2건 이상인 것이 없습니다"


def test_kinds_are_chosen(ground: Ground) -> None:
    found = find_strengths(ground, "길남국밥")
    assert of_kind(found, "both") == found
    own, often = of_kind(found, "distinct"), of_kind(found, "representative")
    assert {one.kind for one in (*own.found, *own.few)} <= {"distinct", "both"}
    assert "직원 응대가 친절하다는 칭찬" not in [one.claim for one in (*own.found, *own.few)]
    assert "직원 응대가 친절하다는 칭찬" in [one.claim for one in often.few]


@pytest.mark.parametrize("sign", ["positive", "negative"])
def test_the_graph_gives_what_one_step_after_the_other_gives(ground: Ground, sign: Sign) -> None:
    names = ground.restaurants.names
    graph = asyncio.run(find_all(ground, names, sign))
    sequence = asyncio.run(find_all(ground, names, sign, one_by_one=True))
    assert [untimed(one) for one in graph] == [untimed(one) for one in sequence]


def test_every_restaurant_is_worked_on_once_and_the_path_leads_to_the_result(ground: Ground) -> None:
    found = asyncio.run(find_all(ground, ground.restaurants.names, "positive"))
    tasks = [timing.task for timing in max((one.timings for one in found), key=len)]
    assert sum(task.startswith("A ") for task in tasks) == 3
    assert len(tasks) == len(set(tasks)) + sum(task.startswith("F ") for task in tasks) - 3
    path = found[0].critical_path
    assert path[-1] == f"H {found[0].restaurant}"
    ends = {timing.task: timing for timing in found[0].timings}
    assert all(ends[one].ended <= ends[after].began for one, after in pairwise(path))


class Failing(Analyses):
    """Cannot make out the reviews of one restaurant."""

    def of(self, name: str) -> tuple[Analysis | Unanalysed, ...]:
        if name == "바다횟집":
            raise RuntimeError("broken")
        return super().of(name)


def test_a_competitor_that_fails_is_told_and_the_rest_goes_on(ground: Ground) -> None:
    whole = find_strengths(ground, "길남국밥")
    failing = Failing(ground.restaurants, ground.analyses._classifier)
    found = find_strengths(replace(ground, analyses=failing), "길남국밥")
    assert [one.claim for one in found.found] == [one.claim for one in whole.found]
    (problem,) = found.problems
    assert problem.restaurant == "바다횟집"
    assert "RuntimeError" in problem.ko
    with pytest.raises(RuntimeError):
        find_strengths(replace(ground, analyses=failing), "바다횟집")


def test_the_group_is_kept_beside_the_index(ground: Ground, tmp_path: Path) -> None:
    cache = GroupCache(ground, "positive", tmp_path)
    first = find_strengths(ground, "길남국밥", cache=cache)
    assert len(cache.read("순이국밥") or ()) == 1
    again = find_strengths(ground, "길남국밥", cache=cache)
    assert untimed(again) == untimed(first)
    assert not any(timing.task == "A 순이국밥" for timing in again.timings)
    (next(cache.folder.glob("*.json"))).write_text("[{", encoding="utf-8")
    assert untimed(find_strengths(ground, "길남국밥", cache=cache)) == untimed(first)
    assert GroupCache(ground, "positive").folder.is_relative_to(ground.restaurants.index.folder)
    assert GroupCache(ground, "negative", tmp_path).folder != cache.folder


class Told:
    """A writer that says what a test wants of each ask, by its name."""

    name = "told"

    def __init__(self, **replies: Any) -> None:
        self.replies = replies
        self.asks: list[Ask] = []

    async def write(self, ask: Ask) -> Mapping[str, Any]:
        self.asks.append(ask)
        reply = self.replies.get(ask.name, ask.draft)
        if isinstance(reply, Exception):
            raise reply
        return reply


def test_a_writer_that_gives_drafts_back_changes_nothing(ground: Ground) -> None:
    writer = Told()
    found = find_strengths(replace(ground, writer=writer), "길남국밥")
    assert untimed(found) == untimed(find_strengths(ground, "길남국밥"))
    assert {ask.name for ask in writer.asks} == {"candidates", "claims"}
    assert "[1] food: 국물이 진하고 시원해요" in writer.asks[0].prompt or len(writer.asks) > 1


def test_a_writer_words_claims_within_what_is_known(ground: Ground) -> None:
    better = "돼지국밥의 깊고 시원한 국물을 칭찬한다"

    class Wording(Told):
        async def write(self, ask: Ask) -> Mapping[str, Any]:
            if ask.name == "claims":
                new = {
                    "돼지국밥 국물이 진하고 시원하다는 평": better,
                    "직원 응대가 친절하다는 칭찬": "직원 3명 모두 친절하다는 칭찬",
                }
                return {"claims": [new.get(claim, claim) for claim in ask.draft["claims"]]}
            return ask.draft

    found = find_strengths(replace(ground, writer=Wording()), "길남국밥")
    assert {one.claim for one in (*found.found, *found.few)} == {better, "직원 응대가 친절하다는 칭찬"}  # no number


@pytest.mark.parametrize(
    "replies",
    [
        {"candidates": WriterFailed(name="told", reason="꺼짐")},
        {"candidates": {"candidates": [{"claim": "짧다"}]}},
        {"claims": {"claims": ["하나뿐"] * 9}},
        {"claims": WriterFailed(name="told", reason="꺼짐")},
    ],
)
def test_a_writer_that_fails_is_told_and_the_draft_stays(ground: Ground, tmp_path: Path, replies: Any) -> None:
    failing = replace(ground, writer=Told(**replies))
    cache = GroupCache(failing, "positive", tmp_path)
    found = find_strengths(failing, "길남국밥", cache=cache)
    assert found.found == find_strengths(ground, "길남국밥").found
    assert found.problems[0].code == "writer-failed"
    assert cache.read("순이국밥") is None  # a failure isn't kept


def test_the_benchmark_compares_equal_results(ground: Ground) -> None:
    steps: list[str] = []
    report = bench_strengths(ground, ground.restaurants.names, 0.0, lambda what, done: steps.append(what))
    assert report.same
    assert (report.restaurants, steps) == (3, ["warm", "graph", "one by one"])
    assert report.requests == 6  # each restaurant is asked of twice: its candidates, its claims
    assert report.ratio > 0
    assert asyncio.run(SlowWriter(0.0).write(Ask("x", "", {}, {"a": 1}))) == {"a": 1}
