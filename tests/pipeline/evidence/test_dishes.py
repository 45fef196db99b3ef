"""Dishes are counted as reviews name them: once a review, the longest name, never part of another word."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.evidence import dishes as module
from pipeline.evidence.dishes import dishes_answer, named_in
from pipeline.passages import PassageStore
from pipeline.types import Answer, Passage, Source, Understanding
from tests.pipeline.test_passages import write

DISHES = ("만두", "군만두", "칼국수", "국수", "라면", "회", "통닭")
WORDS = st.sampled_from([*DISHES, "기회", "혼자라면", "얇은", "군", "먹음", "\n", " ", ". "])
REVIEWS = st.lists(st.tuples(st.lists(WORDS, max_size=6), st.none() | st.sampled_from([1.0, 4.0])), max_size=8)


def store_of(path: Path, reviews: list[tuple[str, float | None]], **more: str) -> PassageStore:
    told = [
        (Passage(f"p{n}", text, Source(f"r{n}", rating=rating, **more)), [(0, len(text))])
        for n, (text, rating) in enumerate(reviews)
    ]
    return write(path / "passages.arrow", told)


def answered(store: PassageStore, first: int = 0) -> Answer | None:
    return dishes_answer(Understanding("", first=first), store, None, DISHES)


def ranks(answer: Answer) -> dict[str, tuple[int, int]]:
    """Rank and number of reviews of each dish, as the answer says them."""
    found = re.findall(r"^(?:공동 )?(\d+)위 (\S+): 후기 (\d+)건", answer.text, re.MULTILINE)
    return {dish: (int(rank), int(number)) for rank, dish, number in found}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("군만두가 바삭", ["군만두"]),
        ("들깨칼국수랑 국수", ["칼국수", "국수"]),
        ("기회가 되면 회식", []),
        ("회는 신선, 회 한 점", ["회", "회"]),
        ("혼자라면 라면이지", ["라면"]),
        ("만두전골이랑 만두국, 통닭볶음", ["만두"]),
        ("통닭집 통닭맛", ["통닭", "통닭"]),
        ("", []),
        ("İ만두", ["만두"]),
    ],
)
def test_names_within_each_other_and_words_that_look_alike(text: str, named: list[str]) -> None:
    found = list(named_in(text, frozenset(DISHES), 3))
    assert [dish for dish, _ in found] == named
    assert all(text[start:end] == dish for dish, (start, end) in found)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(reviews=REVIEWS, first=st.integers(0, 9))
def test_the_answer_counts_what_the_reviews_name(
    tmp_path: Path, reviews: list[tuple[list[str], float | None]], first: int
) -> None:
    said = [(" ".join(words), rating) for words, rating in reviews]
    expected: dict[str, set[int]] = defaultdict(set)
    for number, (words, _) in enumerate(reviews):
        for word in words:
            if word in DISHES:
                expected[word].add(number)
    store = store_of(tmp_path, said)
    answer = answered(store, first)
    counts = {dish: len(rows) for dish, rows in expected.items() if len(rows) > 1}
    if answer is None:
        assert not counts
        return
    told = ranks(answer)
    assert len(told) == min(len(counts), first or module.RANKED)
    for dish, (rank, number) in told.items():
        assert number == counts[dish]
        assert rank == 1 + sum(other > number for other in counts.values())
    for citation in answer.citations:
        dish = re.sub(r"^(?:공동 )?\d+위 |: 후기.*$", "", citation.sentence)
        text = store[store.rows[citation.passage_id]].text
        assert dish.startswith("“") or dish in text
        assert citation.sentence in answer.text


def test_ratings_stand_beside_and_owners_answers_do_not_count(tmp_path: Path) -> None:
    store = write(
        tmp_path / "passages.arrow",
        [
            (Passage("a", "만두 맛있어요", Source("r1", rating=5.0)), [(0, 7)]),
            (Passage("b", "만두 별로", Source("r2", rating=2.0)), [(0, 5)]),
            (Passage("c", "만두를 더 드릴게요", Source("r3", reply_to="r1")), [(0, 10)]),
        ],
    )
    answer = answered(store)
    assert answer is not None
    assert answer.text.startswith("1위 만두: 후기 2건, 그 후기들의 평균 별점 3.50점 “")
    assert {citation.passage_id for citation in answer.citations} == {"a", "b"}
    assert "평이 좋은 것은 아닙니다" in answer.note


def test_of_very_many_the_newest_are_read_and_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "READ", 3)
    store = store_of(tmp_path, [("만두", None)] * 5)
    answer = answered(store)
    assert answer is not None
    assert ranks(answer) == {"만두": (1, 3)}
    assert "새 글부터 3개를 읽었습니다." in answer.note
