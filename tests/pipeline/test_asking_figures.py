"""Questions about figures on their whole way: no generator is asked, and what is cited is in the prompt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pipeline.config import load_profile
from pipeline.rag import Ask, Rag, read_question
from pipeline.service import Home, Request, Service
from pipeline.trace_json import from_json, to_json
from pipeline.types import Trace
from tests.pipeline.corpora import build, documents
from tests.pipeline.test_opining import TODAY, Never, traces


@pytest.fixture(scope="module")
def rag(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rag]:
    home = Home(tmp_path_factory.mktemp("home"))
    build(home, name="small")
    opened = Service(home, load_profile(), today=lambda: TODAY)
    yield replace(opened.rag("small"), generator=Never())
    opened.close()


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (
            "숯골갈비 평균 별점은?",
            "숯골갈비: 별점을 준 후기 3건의 평균 별점은 3.67점입니다.\n5점 1건 · 4점 1건 · 2점 1건",
        ),
        (
            "별점 높은 식당 TOP 2",
            "공동 1위 바다횟집: 평균 3.67점(별점을 준 후기 3건)\n공동 1위 숯골갈비: 평균 3.67점(별점을 준 후기 3건)",
        ),
        ("별점 2점 리뷰 몇 건이야?", "후기는 2건입니다. 식당 2곳의 후기입니다."),
        ("고깃집은 몇 곳이야?", "식당은 2곳입니다.\n고깃집: 숯골갈비, 연탄집"),
        ("마포에서 후기가 가장 많은 식당은?", "1위 숯골갈비: 후기 3건"),
        ("숯골갈비 별점 5점 비율은?", "별점을 준 후기 3건 가운데 1건(33.3%)입니다."),
    ],
)
def test_the_figures_are_those_of_the_index(rag: Rag, question: str, answer: str) -> None:
    *_, last = traces(rag, question)
    assert last.state == "done"
    assert last.answer is not None
    assert (last.answer.kind, last.answer.text) == ("figures", answer)
    in_prompt = {c.passage.id for c in last.candidates if c.in_prompt}
    assert last.answer.citations
    assert {citation.passage_id for citation in last.answer.citations} <= in_prompt
    again = from_json(to_json(last))
    assert (again.understanding, again.answer) == (last.understanding, last.answer)
    assert last.timings_ms["figures"] >= 0


def test_what_is_dropped_is_not_counted(rag: Rag) -> None:
    *_, last = traces(rag, "숯골갈비 평균 별점은?", dropped=["r2"])
    assert last.answer is not None
    assert last.answer.text.startswith("숯골갈비: 별점을 준 후기 2건의 평균 별점은 4.50점입니다.")


def test_a_place_of_the_ranking_before_is_a_restaurant_as_long_as_the_conversation_goes_on(rag: Rag) -> None:
    *_, ranking = traces(rag, "별점 낮은 식당 TOP 3")
    assert ranking.answer is not None
    assert [line.split(":")[0] for line in ranking.answer.text.splitlines()] == [
        "1위 연탄집", "공동 2위 바다횟집", "공동 2위 숯골갈비",
    ]  # fmt: skip
    *_, second = traces(rag, "2위 식당 리뷰 몇 개야?", previous=ranking)
    assert second.answer is not None
    assert second.answer.text == "바다횟집의 후기는 3건입니다."
    *_, first = traces(rag, "첫 번째 집 평균 별점은?", previous=from_json(to_json(second)))
    assert first.answer is not None
    assert first.answer.text.startswith("연탄집: ")
    *_, alone = traces(rag, "3위 식당 리뷰 몇 개야?", answer=False)
    assert alone.understanding is not None
    assert not [chip for chip in alone.understanding.chips if chip.kind == "restaurant"]


@pytest.fixture(scope="module")
def eating(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """An index in which some dishes are named by several reviews."""
    said = [
        ("연탄집", 5, "김치찌개 국물이 진해요."), ("연탄집", 4, "김치찌개 두 그릇 먹었어요. 계란찜은 서비스."),
        ("연탄집", 3, "집에서 라면 끓여 먹는 게 나아요."), ("숯골갈비", 2, "냉면이 미지근해요."),
        ("숯골갈비", 5, "냉면은 물냉면이 최고."), ("숯골갈비", 4, "냉면 먹으러 갑니다. 김치찌개도 있어요."),
    ]  # fmt: skip
    home = Home(tmp_path_factory.mktemp("eating"))
    build(home, documents([(name, rating, f"2026-0{n}-01", text) for n, (name, rating, text) in enumerate(said, 1)]))
    opened = Service(home, load_profile(), today=lambda: TODAY)
    yield opened
    opened.close()


def asked(service: Service, question: str, previous: str = "") -> Trace:
    *_, last = service.ask(Request(question, "small", previous=previous))
    return last


def test_what_is_eaten_is_counted_by_the_names_of_dishes(eating: Service) -> None:
    of_one = asked(eating, "연탄집 대표 메뉴는?")
    assert of_one.answer is not None
    assert of_one.answer.text.splitlines() == [
        "1위 김치찌개: 후기 2건, 그 후기들의 평균 별점 4.50점 “김치찌개 두 그릇 먹었어요.”"
    ]
    of_all = asked(eating, "인기 메뉴 알려줘")
    assert of_all.answer is not None
    assert [line.split(",")[0] for line in of_all.answer.text.splitlines()] == [
        "공동 1위 김치찌개: 후기 3건", "공동 1위 냉면: 후기 3건",
    ]  # fmt: skip
    in_prompt = {c.passage.id for c in of_all.candidates if c.in_prompt}
    assert {citation.passage_id for citation in of_all.answer.citations} <= in_prompt


def test_a_place_among_dishes_is_no_restaurant(eating: Service) -> None:
    before = asked(eating, "인기 메뉴 알려줘")
    later = asked(eating, "1위는 어때?", before.id)
    assert later.understanding is not None
    assert not [chip for chip in later.understanding.chips if chip.kind == "restaurant"]


def test_an_index_that_knows_no_dishes_is_searched(rag: Rag) -> None:
    assert not rag.index.lexicon.dishes
    understanding, _ = read_question("인기 메뉴 알려줘", rag, Ask(today=TODAY))
    assert understanding.figures is None


def test_somewhere_else_is_recommended_without_where_one_was(eating: Service) -> None:
    before = asked(eating, "연탄집 어때?")
    later = asked(eating, "다른 데 추천해줘", before.id)
    assert later.understanding is not None
    assert [(chip.values, chip.mode) for chip in later.understanding.chips] == [(("연탄집",), "exclude")]
    assert [aspect.name for aspect in later.understanding.aspects] == ["전체 평"]
