"""Questions about aspects on their whole way: counted answers whatever the generator is, cited within the prompt."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.config import load_profile, with_overrides
from pipeline.opining import MOST, meant
from pipeline.rag import Ask, Rag, answer_later, run
from pipeline.restaurants.opinions import IndexOpinions
from pipeline.service import Home, Request, Service
from pipeline.trace_json import from_json, to_json
from pipeline.trace_stream import change, grown
from pipeline.types import (
    Answer,
    AskedAspect,
    AspectOpinions,
    Query,
    Question,
    QuotedOpinion,
    ScoredPassage,
    Trace,
    Understanding,
)
from tests.pipeline.corpora import build
from tests.pipeline.restaurants.corpus import Row, documents, oracle
from tests.pipeline.restaurants.test_writing import model

TODAY = datetime.date(2026, 10, 1)


class Never:
    """A generator that must not be asked."""

    def generate(
        self, query: Query, understanding: Understanding, candidates: Sequence[ScoredPassage]
    ) -> Iterator[Answer]:
        raise AssertionError(f"{query.text} came to the generator")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = Home(tmp_path_factory.mktemp("home"))
    build(home, documents(), name="small")
    opened = Service(home, load_profile(), today=lambda: TODAY)
    yield opened
    opened.close()


@pytest.fixture
def rag(service: Service) -> Rag:
    made = service.rag("small")
    return replace(made, generator=Never(), opinions=IndexOpinions(made.index, oracle))


def traces(rag: Rag, question: str, **how: object) -> list[Trace]:
    fresh = Trace("t", Question("t", question), "small", rag.settings.flat())
    return list(run(fresh, rag, Ask(today=TODAY, **how)))  # type: ignore[arg-type]


def test_the_answer_is_counted_and_cites_what_is_in_the_prompt(rag: Rag) -> None:
    *_, last = traces(rag, "길남국밥 서비스 어때?")
    assert last.state == "done"
    assert last.answer is not None
    assert last.answer.kind == "aspects"
    assert last.answer.text.startswith("길남국밥의 서비스는 좋고 나쁨이 분명한 후기 2건 가운데 긍정 2건입니다.")
    texts = {c.passage.id: c.passage.text for c in last.candidates if c.in_prompt}
    for citation in last.answer.citations:
        assert texts[citation.passage_id][citation.start : citation.end]
    assert {c.passage_id for c in last.answer.citations} == {"r1", "r3"}
    assert last.timings_ms["opinions"] >= 0


def test_it_is_said_that_reviews_are_analysed_and_nothing_is_lost(rag: Rag) -> None:
    seen = traces(rag, "길남국밥이랑 순이국밥 서비스 비교해줘")
    states = [trace.state for trace in seen]
    assert states[:4] == ["understood", "retrieved", "reranked", "analysing"]
    assert states[-2:] == ["answering", "done"]
    assert states.count("analysing") == 3  # the beginning, and each of the restaurants
    for before, after in pairwise(seen):
        kept = {c.passage.id: c.scores for c in after.candidates}
        assert all(kept[c.passage.id].items() >= c.scores.items() for c in before.candidates)
        assert set(before.timings_ms) <= set(after.timings_ms)


def test_what_is_cited_beyond_the_candidates_is_added_with_its_scores(service: Service) -> None:
    made = service.rag("small", {"retrieval.depth": 1})
    rag = replace(made, generator=Never(), opinions=IndexOpinions(made.index, oracle))
    *_, last = traces(rag, "길남국밥 음식 맛 어때?")
    assert last.answer is not None
    cited = {c.passage_id for c in last.answer.citations}
    assert cited == {"r1", "r2", "r3"}
    assert cited <= {c.passage.id for c in last.candidates if c.in_prompt}
    assert all({"bm25", "vector", "window", "fused"} <= c.scores.keys() for c in last.candidates)


def test_conditions_and_dropped_passages_hold(rag: Rag) -> None:
    *_, dated = traces(rag, "길남국밥 2026년 8월 이후 서비스 어때?")
    assert dated.answer is not None
    assert "1건" in dated.answer.text
    assert "조건(" in dated.answer.note
    *_, dropped = traces(rag, "길남국밥 서비스 어때?", dropped=("r1",))
    assert dropped.answer is not None
    assert {c.passage_id for c in dropped.answer.citations} == {"r3"}


def test_contexts_first_and_the_answer_later_come_to_the_same(rag: Rag) -> None:
    ask = Ask(today=TODAY)
    *_, contexts = traces(rag, "길남국밥 서비스 어때?", answer=False)
    assert contexts.answer is None
    *_, later = answer_later(contexts, rag, ask)
    *_, at_once = traces(rag, "길남국밥 서비스 어때?")
    assert (later.answer, later.candidates) == (at_once.answer, at_once.candidates)


def test_a_followup_asks_of_the_same_restaurant(rag: Rag) -> None:
    *_, first = traces(rag, "길남국밥 서비스 어때?")
    *_, second = traces(rag, "대기는 어때?", previous=first)
    assert second.answer is not None
    assert second.answer.text.startswith("길남국밥의 대기·예약은 좋고 나쁨이 분명한 후기 2건 가운데 부정 2건입니다.")
    *_, third = traces(rag, "순이국밥은?", previous=first)
    assert third.answer is not None
    assert third.answer.text.startswith("순이국밥의 서비스는")


@pytest.mark.parametrize("question", ["길남국밥 위생 어때?", "길남국밥 예약 평이 어때?", "담배 냄새 안 나는 분위기야?"])
def test_what_no_review_judges_is_left_to_the_generator(rag: Rag, question: str) -> None:
    with pytest.raises(AssertionError, match="came to the generator"):
        traces(rag, question)


def test_the_trace_is_the_same_when_stored_and_when_streamed(rag: Rag) -> None:
    known: dict[str, object] = {}
    before = None
    for trace in traces(rag, "길남국밥이랑 순이국밥 서비스 비교해줘"):
        known = grown(known, change(before, trace))
        before = trace
        assert known == to_json(trace)
    assert from_json(known).understanding == before.understanding  # type: ignore[union-attr]
    assert from_json(known).understanding.aspects == (AskedAspect("service", "서비스"),)  # type: ignore[union-attr]


def test_the_service_answers_with_the_classifier_that_ships(service: Service) -> None:
    *_, last = service.ask(Request("길남국밥 서비스 어때?", "small"))
    assert last.answer is not None
    assert last.answer.kind == "aspects"
    assert service.trace(last.id) == replace(last, timings_ms=service.trace(last.id).timings_ms)


@pytest.mark.parametrize("question", ["스타벅스 분위기 어때?", "A식당 서비스 어때?", "홍길동식당 주차 돼?"])
def test_a_place_without_reviews_is_said_to_have_none_and_nobody_is_quoted_for_it(
    service: Service, question: str
) -> None:
    *_, last = service.ask(Request(question, "small"))
    assert last.answer is not None
    assert (last.answer.kind, last.answer.abstained, last.answer.confidence) == ("abstention", True, None)
    assert "의 후기는 이 색인에 없습니다. 가게 이름으로 보고, 다른 곳의 후기로 대신 답하지" in last.answer.text
    assert "조건을 빼고 다시 물어" in last.answer.note
    assert (last.answer.citations, last.candidates) == ((), ())
    assert last.understanding is not None
    (chip,) = last.understanding.chips
    *_, again = service.ask(Request(question, "small", removed=(chip.id,)))
    assert again.candidates
    assert again.understanding is not None
    assert again.understanding.chips == ()
    assert service.trace(last.id).understanding == last.understanding


@pytest.mark.parametrize(
    ("question", "unsaid"),
    [("몽탄 웨이팅 심해?", ["몽탄"]), ("웨이팅 심해?", []), ("발렛파킹 웨이팅 심해?", []), ("직원 웨이팅 심해?", [])],
)
def test_what_no_review_says_is_told_where_a_name_is_not_known_for_one(
    service: Service, question: str, unsaid: list[str]
) -> None:
    settings = {"answer.threshold": 0}
    *_, last = service.ask(Request(question, "small", settings))
    assert last.answer is not None
    assert last.answer.kind == "extract"
    assert re.findall(r"‘([^’]*)’: 어느 후기에도 없는 말이라", last.answer.note) == unsaid


def test_names_that_are_spelled_nearly_so_are_told(service: Service) -> None:
    *_, last = service.ask(Request("길남식당 서비스 어때?", "small"))
    assert last.answer is not None
    assert last.answer.text.endswith("이름이 비슷한 곳: 길남국밥.")


def test_beside_one_without_reviews_the_other_is_told_of(rag: Rag) -> None:
    *_, last = traces(rag, "길남국밥이랑 스타벅스 서비스 비교해줘")
    assert last.answer is not None
    lines = last.answer.text.splitlines()
    assert lines[0].startswith("길남국밥의 서비스는 좋고 나쁨이 분명한 후기 2건 가운데")
    assert lines[-1] == "‘스타벅스’의 후기는 이 색인에 없습니다."
    assert {c.passage.source.restaurant for c in last.candidates} == {"길남국밥"}


def kind(name: str, date: str, text: str) -> Row:
    return name, "국밥", 5.0, date, text, "positive", 5, [("service", "positive", "직원분이 친절하시고")]


SPOKEN: Sequence[Row] = (
    kind("순이국밥", "2026-01-01", "데이트로 갔는데 직원분이 친절하시고 좋아요."),
    kind("순이국밥", "2026-02-01", "직원분이 친절하시고 좋아요. 커플이 많네요."),
    kind("순이국밥", "2026-03-01", "직원분이 친절하시고 좋아요."),
    kind("길남국밥", "2026-01-01", "기념일에 왔어요. 직원분이 친절하시고 좋아요."),
    kind("길남국밥", "2026-01-01", "데이트! 직원분이 친절하시고 좋아요."),
    kind("길남국밥", "2026-01-01", "또. 직원분이 친절하시고 좋아요."),
    *(kind("바다횟집", "2026-01-01", f"{said}. 직원분이 친절하시고 좋아요.") for said in "회물술밥"),
)


def test_what_for_it_is_looked_for_is_counted_and_quoted(service: Service, tmp_path: Path) -> None:
    home = Home(tmp_path)
    build(home, documents(SPOKEN), name="dates")
    opened = Service(home, load_profile(), today=lambda: TODAY)
    made = opened.rag("dates")
    *_, last = traces(
        replace(made, generator=Never(), opinions=IndexOpinions(made.index, lambda: oracle(SPOKEN))),
        "친절한 데이트 식당 추천해줘",
    )
    opened.close()
    assert last.answer is not None
    lines = last.answer.text.splitlines()
    assert lines[0].startswith("공동 1위 길남국밥: 서비스 3건 가운데 긍정 3건")
    assert "‘데이트’ 이야기를 한 후기 2건 “데이트!" in lines[0]
    assert "바다횟집" not in last.answer.text
    assert "‘데이트’ 이야기를 한 후기가 2건 이상인 2곳만 견주었습니다. 나머지 1곳은 뺐습니다." in lines
    texts = {c.passage.id: c.passage.text for c in last.candidates if c.in_prompt}
    cited = {texts[c.passage_id] for c in last.answer.citations}
    assert cited >= {SPOKEN[0][4], SPOKEN[1][4], "데이트! 직원분이 친절하시고 좋아요."}


COUNTED = (
    "길남국밥 서비스 어때?",
    "길남국밥이랑 순이국밥 서비스 비교해줘",
    "친절한 식당 추천해줘",
    "친절한 데이트 식당 비교해줘",
    "길남국밥이랑 A식당 서비스 비교해줘",
)


def test_the_numbers_are_the_same_where_a_language_model_writes_and_do_not_go_through_it(tmp_path: Path) -> None:
    home = Home(tmp_path)
    build(home, documents(SPOKEN), name="small", analysers=("kiwi", "okt"))
    embedded = Service(home, load_profile(), today=lambda: TODAY)
    with model(lambda _: 500) as (url, asked):
        here = {"reranker": "none", "llm.url": url, "llm.gate": "off"}  # what else the profile names isn't here
        gpu = Service(home, with_overrides(load_profile("gpu"), here), today=lambda: TODAY)
        assert (gpu.settings.generator, gpu.settings.tokenizer) == ("openai", "okt")
        for question in (*COUNTED, "우정식당 서비스 어때?"):
            answers = [[*one.ask(Request(question, "small"))][-1].answer for one in (embedded, gpu)]
            assert answers[0] is not None
            assert answers[0] == answers[1]
            assert answers[0].kind == ("aspects" if question in COUNTED else "abstention")
        assert not asked
        *_, other = gpu.ask(Request("길남국밥 몇 시에 열어요?", "small"))
        assert asked  # so it would have been
        assert other.answer is not None
        assert other.answer.trouble is not None
        gpu.close()
    embedded.close()


class Names:
    """A source that only says whom it was asked of."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def opinions(
        self, restaurant: str, aspects: Sequence[AskedAspect], allowed: NDArray[np.bool_] | None
    ) -> list[AspectOpinions]:
        self.asked.append(restaurant)
        return [AspectOpinions(restaurant, asked, 0, 0, 0) for asked in aspects]

    def mentions(
        self, restaurant: str, concepts: Sequence[str], allowed: NDArray[np.bool_] | None
    ) -> tuple[QuotedOpinion, ...]:
        return ()


def test_a_large_index_is_compared_where_the_search_found_something(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    passages = service.rag("small").index.passages
    everybody, limited = meant((), passages, None)
    assert (everybody, limited) == (["길남국밥", "바다횟집", "순이국밥"], 0)
    assert len(everybody) <= MOST
    found = [ScoredPassage(passages[row], row) for row in (9, 5)]
    monkeypatch.setattr("pipeline.opining.MOST", 2)
    assert meant(found, passages, None) == (["바다횟집", "순이국밥"], 2)


def test_asking_can_be_stopped_between_two_restaurants(rag: Rag) -> None:
    source = Names()
    fresh = Trace("t", Question("t", "친절한 식당 추천해줘"), "small", rag.settings.flat())
    running = run(fresh, replace(rag, opinions=source), Ask(today=TODAY))
    while not source.asked:
        next(running)
    running.close()  # type: ignore[attr-defined]  # it is a generator
    assert source.asked == ["길남국밥"]
