"""Questions about reviews altogether on their whole way: counted whatever the generator is, within their conditions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from pipeline.config import load_profile
from pipeline.filters import recent_rows
from pipeline.index import Index
from pipeline.question.overview import WHOLE
from pipeline.rag import Rag
from pipeline.restaurants.opinions import IndexOpinions
from pipeline.service import Home, Service
from pipeline.trace_json import from_json, to_json
from tests.pipeline.corpora import build
from tests.pipeline.restaurants.corpus import ROWS, documents, make_index, oracle
from tests.pipeline.test_opining import TODAY, Never, traces


@pytest.fixture(scope="module")
def rag(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rag]:
    home = Home(tmp_path_factory.mktemp("home"))
    build(home, documents(), name="small")
    opened = Service(home, load_profile(), today=lambda: TODAY)
    made = opened.rag("small")
    yield replace(made, generator=Never(), opinions=IndexOpinions(made.index, oracle))
    opened.close()


def said(rag: Rag, question: str) -> list[str]:
    *_, last = traces(rag, question)
    assert last.answer is not None
    assert last.answer.kind == "aspects"
    texts = {c.passage.id: c.passage.text for c in last.candidates if c.in_prompt}
    for citation in last.answer.citations:
        assert texts[citation.passage_id][citation.start : citation.end]
    again = from_json(to_json(last))
    assert (again.understanding, again.answer) == (last.understanding, last.answer)
    return last.answer.text.splitlines()


def test_a_restaurant_altogether(rag: Rag) -> None:
    lines = said(rag, "길남국밥 어때?")
    assert lines[0] == "길남국밥: 좋고 나쁨이 분명한 후기 4건 가운데 긍정 2건, 부정 1건, 둘 다 1건입니다."
    assert [line.split(" “")[0] for line in lines[1:]] == [
        "칭찬이 많은 것:", "1. 음식·맛 3건", "2. 서비스 2건", "불만이 많은 것:", "1. 대기·예약 2건",
    ]  # fmt: skip


def test_all_reviews_that_meet_conditions(rag: Rag) -> None:
    lines = said(rag, "사람들이 제일 많이 불평하는 게 뭐야?")
    assert lines[0].startswith("식당 3곳의 좋고 나쁨이 분명한 후기 9건 가운데 긍정 6건(67%), 부정 2건(22%), 둘 다 1건")
    assert [line.split(" “")[0] for line in lines[2:]] == ["1. 대기·예약 2건", "2. 위치·주차 1건"]
    assert lines[2].count("(길남국밥)") == 1
    few = said(rag, "별점 2점 리뷰에서 가장 많은 불만은?")
    assert few[0].startswith("식당 2곳의 좋고 나쁨이 분명한 후기 2건 가운데 부정 2건")
    assert said(rag, "2025년 9월 리뷰 요약해줘")[0].startswith("식당 1곳의 좋고 나쁨이 분명한 후기 1건 가운데 부정 1건")


def test_the_last_half_year_beside_the_time_before(rag: Rag) -> None:
    lines = said(rag, "길남국밥 요즘 어때?")
    assert lines[0].startswith("길남국밥: 좋고 나쁨이 분명한 후기 3건 가운데 긍정 2건, 둘 다 1건")
    assert lines[-1].startswith("그 전: 1건 가운데 부정 1건.")


def test_restaurants_by_what_is_said_of_them(rag: Rag) -> None:
    lines = said(rag, "평 좋은 국밥집")
    assert [line.split(":")[0] for line in lines[:2]] == ["1위 길남국밥", "2위 순이국밥"]
    assert "전체 평 4건 가운데 긍정 2건, 부정 1건, 둘 다 1건" in lines[0]


def test_complaints_of_an_aspect_are_quoted_restaurant_by_restaurant(rag: Rag) -> None:
    assert said(rag, "웨이팅 불만 보여줘") == [
        "대기·예약: 좋고 나쁨이 분명한 후기 2건 가운데 부정 2건입니다.",
        "길남국밥: 불만 2건 “줄이 길어요.” “웨이팅이 너무 길어요.”",
    ]
    lately = said(rag, "요즘 웨이팅 불만 있어?")
    assert lately == [
        "대기·예약: 좋고 나쁨이 분명한 후기 1건 가운데 부정 1건입니다.",
        "길남국밥: 불만 1건 “줄이 길어요.”",
    ]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("별점 2점 횟집 평 어때?", "조건에 모두 맞는 후기가 이 색인에 없습니다: 별점 2점(2건) · 업종 횟집(2건)."),
        ("2019년 후기 요약해줘", "조건에 맞는 후기가 이 색인에 없습니다: 2019년."),
        ("2019년 후기 평균 별점은?", "조건에 맞는 후기가 이 색인에 없습니다: 2019년."),
        ("별점 2점 횟집 후기에서 주차 얘기 알려줘", "별점 2점(2건) · 업종 횟집(2건)"),
    ],
)
def test_where_nothing_meets_the_conditions_that_is_what_is_said(rag: Rag, question: str, text: str) -> None:
    *_, last = traces(rag, question)
    assert last.answer is not None
    assert last.answer.abstained
    assert not last.candidates
    assert text in last.answer.text
    assert from_json(to_json(last)).answer == last.answer


def test_whole_reviews_are_counted_by_their_sentiment(tmp_path_factory: pytest.TempPathFactory) -> None:
    index = make_index(tmp_path_factory.mktemp("whole"))
    source = IndexOpinions(index, oracle)
    (found,) = source.opinions("길남국밥", [WHOLE], None)
    assert (found.positive, found.negative, found.both) == (2, 1, 1)  # the neutral one judges nothing
    assert [one.passage_id for one in found.counted] == ["r1", "r2", "r3", "r4"]
    for quote in (*found.quotes, *found.counted):
        assert index.passages[quote.row].text[quote.start : quote.end] == quote.text
    allowed = np.ones(len(index.passages), dtype=bool)
    allowed[[index.passages.rows["r1"], index.passages.rows["r4"]]] = False
    (fewer,) = source.opinions("길남국밥", [WHOLE], allowed)
    assert (fewer.positive, fewer.negative, fewer.both) == (1, 0, 1)


def test_recent_goes_back_from_the_newest_review(tmp_path_factory: pytest.TempPathFactory) -> None:
    index: Index = make_index(tmp_path_factory.mktemp("recent"))
    since, late = recent_rows(index.passages, None)
    assert since == "2026-04"
    assert late is not None
    assert [index.passages[row].id for row in np.flatnonzero(late).tolist()] == ["r1", "r2", "r3", "r6", "r7", "r8"]
    only = np.zeros(len(index.passages), dtype=bool)
    assert recent_rows(index.passages, only)[1] is not None
    assert not recent_rows(index.passages, only)[1].any()  # type: ignore[union-attr]


def test_who_has_changed_is_told_of_beside_the_time_before(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What is good was said before the last months, what is bad in them."""
    when = {text: "2026-09-01" if sentiment == "negative" else "2025-09-01" for *_, text, sentiment, _, _ in ROWS}
    rows = [
        replace(one, source=replace(one.source, document_id=f"{one.source.document_id}-{n}", date=when[one.text]))
        for one in documents()
        for n in range(4)
    ]
    home = Home(tmp_path_factory.mktemp("changed"))
    build(home, rows, name="small")
    opened = Service(home, load_profile(), today=lambda: TODAY)
    made = opened.rag("small")
    changing = replace(made, generator=Never(), opinions=IndexOpinions(made.index, oracle))
    lines = said(changing, "요즘 평이 나빠진 식당 있어?")
    assert "나빠진" in lines[0]
    assert [line.split(" / ")[0] for line in lines[1:]] == [
        "1. 순이국밥: 요즘 4건 가운데 부정 4건", "2. 길남국밥: 요즘 4건 가운데 부정 4건",
    ]  # fmt: skip
    assert " / 그 전 8건 가운데 긍정 8건(100%)" in lines[1]
    assert lines[1].endswith("분명한 변화")
    assert said(changing, "작년보다 좋아진 식당은?") == ["건수에 비해 평이 분명히 좋아진 곳은 없습니다."]
    opened.close()
