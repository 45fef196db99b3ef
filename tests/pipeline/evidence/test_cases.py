"""Complaints and praise themselves: every number is that of reviews, the restaurants with most of them first."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evidence.cases import LISTED, cases_answer
from pipeline.types import Answer, AskedAspect, AspectOpinions, Overview, Understanding
from tests.pipeline.evidence.test_opinions import SERVICE, told

HYGIENE = AskedAspect("hygiene", "위생")


def answer(found: Sequence[Sequence[AspectOpinions]], overview: Overview = "complaints") -> Answer | None:
    aspects = tuple(one.asked for one in found[0])
    return cases_answer(Understanding("", aspects=aspects, overview=overview), found, limited=0)


def test_who_complains_of_whom() -> None:
    made = answer([[told("하나", 5, 1)], [told("여럿", 0, 3)], [told("둘다", 0, 0, 2)], [told("칭찬", 9)]])
    assert made is not None
    assert made.text.splitlines() == [
        "서비스: 좋고 나쁨이 분명한 후기 20건 가운데 긍정 14건(70%), 부정 4건(20%), 둘 다 2건(10%)입니다.",
        "여럿: 불만 3건 “말씀0”",
        "둘다: 불만 2건 “말씀2”",
        "하나: 불만 1건 “말씀5”",
    ]
    assert {citation.passage_id.split("-")[0] for citation in made.citations} == {"하나", "여럿", "둘다"}
    assert all(citation.sentence in made.text for citation in made.citations)


def test_each_aspect_by_itself_and_what_nobody_says() -> None:
    made = answer([[told("집", 2), told("집", 0, 0, asked=HYGIENE)]])
    assert made is not None
    assert made.text.splitlines() == [
        "서비스: 좋고 나쁨이 분명한 후기 2건 가운데 긍정 2건입니다.",
        "분명한 불만은 없습니다.",
        "위생: 좋고 나쁨이 분명한 후기를 찾지 못했습니다.",
    ]
    assert answer([[told("집", 0)]]) is None


@pytest.mark.parametrize(("overview", "called"), [("praise", ["칭찬"]), ("whole", ["칭찬", "불만"])])
def test_praise_and_both(overview: Overview, called: list[str]) -> None:
    made = answer([[told("집", 2, 1)]], overview)
    assert made is not None
    assert re.findall(r"^집: (\S+) \d", made.text, re.MULTILINE) == called


@given(st.lists(st.tuples(*(st.integers(0, 6),) * 3), min_size=1, max_size=20))
def test_no_review_is_lost(rows: list[tuple[int, int, int]]) -> None:
    made = answer([[told(f"집{n}", *row, asked=SERVICE)] for n, row in enumerate(rows)])
    at = [bad + both for _, bad, both in rows]
    if made is None:
        assert not any(any(row) for row in rows)
        return
    said = [int(n) for n in re.findall(r"^집\d+: 불만 (\d+)건", made.text, re.MULTILINE)]
    rest = re.search(r"이 밖에 (\d+)곳에 불만 (\d+)건", made.text)
    assert said == sorted((n for n in at if n), reverse=True)[:LISTED]
    assert sum(said) + (int(rest[2]) if rest else 0) == sum(at)
    assert (int(rest[1]) if rest else 0) == max(0, sum(n > 0 for n in at) - LISTED)
