"""What is said of reviews altogether: sums of what was counted, the most spoken of first, each with its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.evidence.overview import ASPECTS_LISTED, ASPECTS_TOLD, overview_answer
from pipeline.question.mentions import chip_of
from pipeline.question.overview import EVERY, WHOLE
from pipeline.types import Answer, AspectOpinions, Overview, Understanding
from tests.pipeline.evidence.test_opinions import told

Counts = tuple[int, int, int]
NOTHING: Counts = (0, 0, 0)


def restaurant(name: str, whole: Counts, **aspects: Counts) -> list[AspectOpinions]:
    return [
        told(name, *whole, asked=WHOLE),
        *(told(f"{name}", *aspects.get(one.aspect, NOTHING), asked=one) for one in EVERY),
    ]


def answer(
    found: Sequence[Sequence[AspectOpinions]],
    overview: Overview = "whole",
    *,
    named: bool = True,
    limited: int = 0,
    since: str = "",
    before: Sequence[AspectOpinions] = (),
) -> Answer | None:
    names = tuple(one[0].restaurant for one in found)
    chips = (chip_of("restaurant", names, span=None),) if named else ()
    asked = Understanding("", chips, overview=overview)
    made = overview_answer(asked, found, named=named, limited=limited, since=since, before=before)
    if made is not None:
        assert made.kind == "aspects"
        assert all(citation.sentence in made.text for citation in made.citations)
    return made


def text(*args: Sequence[Sequence[AspectOpinions]], **how: object) -> str:
    made = answer(*args, **how)  # type: ignore[arg-type]
    assert made is not None
    return made.text


def test_a_restaurant_is_told_of_at_both_sides() -> None:
    found = [restaurant("길남국밥", (6, 3, 1), food=(4, 0, 1), service=(2, 3, 0), waiting=(0, 1, 0))]
    assert text(found).splitlines() == [
        "길남국밥: 좋고 나쁨이 분명한 후기 10건 가운데 긍정 6건(60%), 부정 3건(30%), 둘 다 1건(10%)입니다.",
        "칭찬이 많은 것:",
        "1. 음식·맛 5건 “말씀0”",
        "2. 서비스 2건 “말씀0”",
        "불만이 많은 것:",
        "1. 서비스 3건 “말씀2”",
        "2. 음식·맛 1건 “말씀5”",
        "3. 대기·예약 1건 “말씀0”",
    ]


def test_only_the_side_that_is_asked_for() -> None:
    found = [restaurant("길남국밥", (6, 3, 1), food=(4, 0, 1), service=(0, 3, 0))]
    assert "불만이" not in text(found, overview="praise")
    complaints = text(found, overview="complaints")
    assert "칭찬이" not in complaints
    assert "1. 서비스 3건" in complaints
    assert "무엇에 대한 칭찬인지 분명한 후기는 없습니다." in text(
        [restaurant("길남국밥", (1, 1, 0), food=(0, 1, 0))], overview="praise"
    )


def test_restaurants_together_are_summed_and_quotes_say_whose_they_are() -> None:
    found = [
        restaurant("길남국밥", (2, 1, 0), service=(0, 1, 0)),
        restaurant("순이국밥", (1, 3, 1), service=(0, 2, 1)),
        restaurant("조용집", NOTHING),
    ]
    lines = text(found, overview="complaints", named=False).splitlines()
    assert lines[0].startswith("식당 2곳의 좋고 나쁨이 분명한 후기 8건 가운데 긍정 3건(38%), 부정 4건(50%), 둘 다 1건")
    assert lines[2] == "1. 서비스 4건 “말씀1”(순이국밥) “말씀0”(길남국밥)"
    made = answer(found, "complaints", named=False, limited=24)
    assert made is not None
    assert "24곳" in made.note


def test_two_restaurants_are_set_side_by_side() -> None:
    better = restaurant("길남국밥", (30, 2, 0))
    worse = restaurant("순이국밥", (2, 30, 0))
    assert text([better, worse]).splitlines()[-1] == "전체 평에서 긍정의 몫은 길남국밥 쪽이 분명히 높습니다."


def test_the_last_months_stand_beside_those_before() -> None:
    now, then = restaurant("길남국밥", (2, 20, 0)), told("길남국밥", 20, 2, asked=WHOLE)
    lines = text([now], since="2026-04", before=[then]).splitlines()
    assert lines[-1] == "그 전: 22건 가운데 긍정 20건(91%), 부정 2건(9%). 요즘 나빠졌습니다."
    up = restaurant("길남국밥", (20, 2, 0))
    assert "요즘 나아졌습니다." in text([up], since="2026-04", before=[told("길남국밥", 2, 20, asked=WHOLE)])
    few = text([restaurant("길남국밥", (0, 2, 0))], since="2026-04", before=[told("길남국밥", 3, 1, asked=WHOLE)])
    assert few.endswith("그 전: 4건 가운데 긍정 3건, 부정 1건. 건수에 비해 뚜렷한 변화는 없습니다.")
    none = text([now], since="2026-04", before=[told("길남국밥", 0, asked=WHOLE)])
    assert none.endswith("그 전에는 좋고 나쁨이 분명한 후기가 없습니다.")


def test_nothing_judged_is_no_answer_and_one_review_is_too_little() -> None:
    assert answer([restaurant("길남국밥", NOTHING)]) is None
    assert "근거 부족: 한 건으로는 평가를 말할 수 없습니다." in text([restaurant("길남국밥", (1, 0, 0))])
    lines = text([restaurant("길남국밥", (2, 1, 0)), restaurant("조용집", NOTHING)])
    assert "조용집: 좋고 나쁨이 분명한 후기를 찾지 못했습니다." in lines


COUNTS = st.tuples(*[st.integers(0, 6)] * 3)


@given(st.lists(st.lists(COUNTS, min_size=8, max_size=8), min_size=1, max_size=4), st.booleans())
def test_what_is_listed_is_what_was_counted_most_first(rows: list[list[Counts]], named: bool) -> None:
    names = [one.aspect for one in EVERY]
    found = [
        restaurant(f"집{n}", whole, **dict(zip(names, counts, strict=True))) for n, (whole, *counts) in enumerate(rows)
    ]
    for overview, sides, most in (("whole", 2, ASPECTS_TOLD), ("complaints", 1, ASPECTS_LISTED)):
        made = answer(found, overview, named=named)  # type: ignore[arg-type]
        if made is None:
            assert not any(one.judged for told in found for one in told)
            continue
        groups = found if named else [found[0]]
        assert made.text.count("1. ") <= sides * len(groups)
        places = [
            line.split("건")[0].split(". ", 1) for line in made.text.splitlines() if line[:2].strip(".").isdigit()
        ]
        assert all(int(place) <= most for place, _ in places)
        counts = [(int(place), int(said.rsplit(" ", 1)[1])) for place, said in places]
        for (place, count), (after, less) in pairwise(counts):
            assert after == 1 or (after == place + 1 and less <= count)
        if not named:
            complaints = {
                one.name: sum(told[at].negative + told[at].both for told in found) for at, one in enumerate(EVERY, 1)
            }
            listed = {said.rsplit(" ", 1)[0]: int(said.rsplit(" ", 1)[1]) for _, said in places[-most:]}
            if overview == "complaints":
                assert all(complaints[name] == count for name, count in listed.items())
