"""Who is spoken of better or worse of late: ordered by how far the share moved, clear only beyond chance."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.evidence.changes import change_answer
from pipeline.evidence.opinions import ENOUGH_TO_RANK, RANKED
from pipeline.question.overview import WHOLE
from pipeline.types import Answer, Side, Understanding
from tests.pipeline.evidence.test_opinions import told

Counts = tuple[int, int, int]
Change = tuple[Counts, Counts]


def answer(seeks: Side, *changes: Change) -> Answer | None:
    asked = Understanding("", overview="change", seeks=seeks)
    now = [told(f"집{n}", *late, asked=WHOLE) for n, (late, _) in enumerate(changes)]
    before = [told(f"집{n}", *early, asked=WHOLE) for n, (_, early) in enumerate(changes)]
    made = change_answer(asked, now, before, "2026-04")
    if made is not None:
        assert all(citation.sentence in made.text for citation in made.citations)
    return made


def test_a_clear_change_is_told_first_and_called_clear() -> None:
    worse, fallen = ((3, 4, 0), (5, 3, 0)), ((1, 19, 0), (18, 2, 0))
    made = answer("negative", worse, fallen, ((9, 1, 0), (5, 5, 0)), ((1, 1, 0), (9, 0, 0)))
    assert made is not None
    assert [re.sub(r"\(.*?\)", "", line) for line in made.text.splitlines()] == [
        "평이 분명히 나빠진 곳은 1곳입니다. 다음은 움직인 폭이 큰 순서:",
        "1. 집1: 요즘 20건 가운데 긍정 1건, 부정 19건 / 그 전 20건 가운데 긍정 18건, 부정 2건 · 분명한 변화",
        "2. 집0: 요즘 7건 가운데 긍정 3건, 부정 4건 / 그 전 8건 가운데 긍정 5건, 부정 3건",
    ]
    assert "요즘은 2026-04부터입니다." in made.note
    assert f"{ENOUGH_TO_RANK}건보다 적은 1곳은 뺐습니다." in made.note


def test_none_that_moved_that_way_is_said() -> None:
    made = answer("positive", ((1, 9, 0), (9, 1, 0)))
    assert made is not None
    assert made.text == "건수에 비해 평이 분명히 좋아진 곳은 없습니다."


def test_too_few_reviews_tell_nothing() -> None:
    assert answer("positive", ((2, 0, 0), (2, 9, 0))) is None
    assert answer("positive") is None


COUNTS = st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 5))


@given(st.lists(st.tuples(COUNTS, COUNTS), max_size=12), st.sampled_from(["positive", "negative"]))
def test_the_order_is_by_how_far_the_share_moved(changes: list[Change], seeks: Side) -> None:
    made = answer(seeks, *changes)
    if made is None:
        assert all(min(sum(late), sum(early)) < ENOUGH_TO_RANK for late, early in changes)
        return
    lines = [(re.match(r"\d+\. 집(\d+):", line), "분명한 변화" in line) for line in made.text.splitlines()]
    rows = [(int(found[1]), clear) for found, clear in lines if found]
    assert [clear for _, clear in rows] == sorted((clear for _, clear in rows), reverse=True)
    assert len(rows) <= max(RANKED, sum(clear for _, clear in rows))

    def moved(place: int) -> float:
        (good, bad, both), (was_good, was_bad, was_both) = changes[place]
        now = (good + both / 2) / (good + bad + both)
        before = (was_good + was_both / 2) / (was_good + was_bad + was_both)
        return now - before if seeks == "positive" else before - now

    assert all(moved(place) > 0 for place, _ in rows)
    for (one, clear), (other, also) in pairwise(rows):
        assert clear != also or moved(one) >= moved(other) - 1e-9
