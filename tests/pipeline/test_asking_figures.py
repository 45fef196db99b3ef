"""Questions about figures on their whole way: no generator is asked, and what is cited is in the prompt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pipeline.config import load_profile
from pipeline.rag import Rag
from pipeline.service import Home, Service
from pipeline.trace_json import from_json, to_json
from tests.pipeline.corpora import build
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
