"""What is said of counted opinions: numbers are those that were counted, few are said to be few, ties are ties."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from pipeline.evidence.opinions import CITED, ENOUGH, ENOUGH_TO_RANK, RANKED, opinions_answer
from pipeline.question.mentions import chip_of
from pipeline.types import Answer, AskedAspect, AspectOpinions, QuotedOpinion, Side, Understanding

SERVICE = AskedAspect("service", "서비스")
PARKING = AskedAspect("location", "주차", "parking")


def told(name: str, good: int, bad: int = 0, both: int = 0, asked: AskedAspect = SERVICE) -> AspectOpinions:
    """Opinions of a restaurant; the passage of the n-th review is ``name-n``."""
    signs = ["positive"] * (good + both) + ["negative"] * (bad + both)
    counted = tuple(
        QuotedOpinion("positive" if sign == "positive" else "negative", f"{name}-{n}", n, 0, 4, f"말씀{n}")
        for n, sign in enumerate(signs)
    )
    quotes = tuple(next(c for c in counted if c.polarity == sign) for sign in dict.fromkeys(signs))
    return AspectOpinions(name, asked, good, bad, both, quotes, counted)


def answer(
    found: Sequence[Sequence[AspectOpinions]], *, named: bool = True, seeks: Side = "", limited: int = 0
) -> Answer | None:
    aspects = tuple(one.asked for one in found[0])
    chips = (chip_of("restaurant", tuple(told[0].restaurant for told in found), span=None),) if named else ()
    sought = Understanding("", chips, aspects=aspects, seeks=seeks)
    return opinions_answer(sought, found, named=named, limited=limited)


def said(found: Sequence[Sequence[AspectOpinions]], **how: bool | str | int) -> str:
    made = answer(found, **how)  # type: ignore[arg-type]
    assert made is not None
    assert made.kind == "aspects"
    for citation in made.citations:
        assert citation.sentence in made.text
    return made.text


def test_one_restaurant_is_told_with_counts_shares_and_both_sides() -> None:
    text = said([[told("길남국밥", 11, 2, 1)]])
    assert text.splitlines() == [
        "길남국밥의 서비스는 좋고 나쁨이 분명한 후기 14건 가운데 긍정 11건(79%), 부정 2건(14%), 둘 다 1건(7%)입니다.",
        "좋다는 말: “말씀0”",
        "아쉽다는 말: “말씀12”",
    ]


def test_few_are_told_without_a_percentage() -> None:
    text = said([[told("길남국밥", 3, 1)]])
    assert "4건 가운데 긍정 3건, 부정 1건입니다. 건수가 적어 비율은 내지 않습니다." in text
    assert "%" not in text


def test_one_is_too_little_and_none_is_left_to_the_generator() -> None:
    assert "근거 부족: 한 건으로는" in said([[told("길남국밥", 1)]])
    assert answer([[told("길남국밥", 0)]]) is None
    assert answer([[told("길남국밥", 1)], [told("연탄집", 1)]]) is None
    assert answer([[told("길남국밥", 1, asked=PARKING)]]) is None
    assert answer([[told("길남국밥", 9, asked=PARKING)], [told("연탄집", 1, asked=PARKING)]]) is None


def test_a_clear_difference_is_told_and_an_unclear_one_is_said_to_be_so() -> None:
    assert "긍정의 몫은 연탄집 쪽이 분명히 높습니다." in said([[told("길남국밥", 3, 7)], [told("연탄집", 18, 2)]])
    assert "차이가 분명하지는 않습니다" in said([[told("길남국밥", 2, 2)], [told("연탄집", 3, 1)]])
    assert "길남국밥 쪽과 연탄집 쪽이 같습니다" in said([[told("길남국밥", 2, 2)], [told("연탄집", 3, 3)]])
    assert "부정의 몫은 길남국밥 쪽이 분명히" in said(
        [[told("길남국밥", 3, 17)], [told("연탄집", 18, 2)]], seeks="negative"
    )
    assert "견주기에는 근거 부족" in said([[told("길남국밥", 2, 2)], [told("연탄집", 1)]])


def test_a_ranked_list_is_by_what_is_sure_and_names_those_with_too_little() -> None:
    found = [
        [told("하나", 3)],
        [told("열", 10)],
        [told("반반", 5, 5)],
        [told("적음", 2)],
        [told("없음", 0)],
        [told("셋", 3)],
    ]
    lines = said(found, named=False).splitlines()
    assert [line.split(":")[0] for line in lines[:4]] == ["1위 열", "공동 2위 셋", "공동 2위 하나", "4위 반반"]
    assert lines[-1] == "근거 부족(3건 미만): 적음"
    assert answer([[told("적음", 2)]], named=False) is None


def test_what_is_bad_is_ranked_by_what_is_bad() -> None:
    found = [[told("친절", 9, 1)], [told("불친절", 1, 9)]]
    text = said(found, named=False, seeks="negative")
    assert text.splitlines()[0].startswith("1위 불친절: 서비스 10건 가운데 긍정 1건(10%), 부정 9건(90%)")


def test_the_note_says_how_it_was_counted_and_where_it_was_looked() -> None:
    made = answer([[told("열", 10)]], named=False, limited=24)
    assert made is not None
    assert "24곳 안에서" in made.note
    assert "윌슨" in made.note


SIDES: tuple[Side, ...] = ("", "positive", "negative")
tallies = st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 5))


@given(st.lists(tallies, min_size=1, max_size=9), st.booleans(), st.sampled_from(SIDES))
def test_every_percentage_has_its_count(rows: list[tuple[int, int, int]], named: bool, seeks: Side) -> None:
    found = [[told(f"집{n}", *row)] for n, row in enumerate(rows)]
    made = answer(found, named=named, seeks=seeks)
    if made is None:
        leading = {(good, bad): good > bad if seeks == "positive" else bad > good for good, bad, _ in rows}
        some = [row for row in rows if sum(row) >= ENOUGH_TO_RANK and (not seeks or leading[row[:2]])]
        enough = [row for row in rows if sum(row) >= min(len(rows), ENOUGH)]
        assert not (enough if named else some)
        return
    for line in made.text.splitlines():
        total = re.search(r"(\d+)건 가운데", line)
        for count, percent in re.findall(r"(\d+)건\((\d+)%\)", line):
            assert total is not None
            assert abs(100 * int(count) / int(total[1]) - int(percent)) <= 0.5 + 1e-9
    assert made.text.count("%") == len(re.findall(r"\d+건\(\d+%\)", made.text))
    assert named or len(re.findall(r"위 집", made.text)) <= RANKED
    per_sentence = [sum(c.sentence == s for c in made.citations) for s in {c.sentence for c in made.citations}]
    assert max(per_sentence) <= CITED * len(rows)


def test_what_most_do_not_praise_is_none_of_the_best() -> None:
    found = [[told("좋음", 8, 2)], [told("반반", 5, 5)]]
    text = said(found, named=False, seeks="positive")
    assert "반반" not in text
    assert "긍정이 반을 넘지 않는 1곳은 뺐습니다." in text
    assert "반반" in said(found, named=False)


def test_where_none_is_mostly_of_the_side_that_is_sought_those_that_say_it_most_often_are_named() -> None:
    found = [[told("반반", 5, 5)], [told("한둘", 2)], [told("하나", 1)], [told("나쁨", 0, 9)]]
    made = answer(found, named=False, seeks="positive")
    assert made is not None
    assert [line.split(" “")[0] for line in made.text.splitlines()] == [
        "판단한 후기가 3건 이상인 곳 가운데 긍정이 반을 넘는 곳은 없습니다. 긍정을 말한 후기가 많은 곳:",
        "반반: 서비스 10건 가운데 긍정 5건(50%), 부정 5건(50%)", "한둘: 서비스 2건 가운데 긍정 2건",
        "하나: 서비스 1건 가운데 긍정 1건",
    ]  # fmt: skip
    assert "윌슨" not in made.note
    few = said([[told(f"집{n}", 0, 1)] for n in range(8)], named=False, seeks="negative")
    assert few.startswith("판단한 후기가 3건 이상인 곳이 없습니다. 부정을 말한 후기가 많은 곳:\n집0: ")
    assert few.endswith("이 밖에 3곳에도 있습니다.")
    assert answer([[told("하나", 1)]], named=False) is None


def test_each_aspect_may_be_sought_at_a_side_of_its_own() -> None:
    good, bad = AskedAspect("food", "음식·맛", side="positive"), AskedAspect("service", "서비스", side="negative")
    found = [
        [told("찾는곳", 9, 1, asked=good), told("찾는곳", 1, 9, asked=bad)],
        [told("다좋음", 9, 1, asked=good), told("다좋음", 9, 1, asked=bad)],
    ]
    made = answer(found, named=False, seeks="positive")
    assert made is not None
    assert made.text.splitlines() == [
        "1위 찾는곳: 음식·맛 10건 가운데 긍정 9건(90%), 부정 1건(10%),"
        " 서비스 10건 가운데 긍정 1건(10%), 부정 9건(90%) “말씀0” “말씀1”",
        "찾는 쪽이 반을 넘지 않는 1곳은 뺐습니다.",
    ]
    assert "찾는 쪽: 음식·맛 긍정, 서비스 부정." in made.note
    compared = said(found, seeks="positive")
    assert "음식·맛에서 긍정의 몫은" in compared
    assert "서비스에서 부정의 몫은 찾는곳 쪽이 분명히 높습니다." in compared


def test_where_all_that_is_said_is_the_opposite_that_is_told_as_the_opposite() -> None:
    found = [[told(f"집{n}", 0, n)] for n in range(8)]
    text = said(found, named=False, seeks="positive")
    assert text.splitlines()[:2] == [
        "서비스를 좋다고 분명히 말한 후기를 찾지 못했습니다. 아쉽다고 말한 후기가 많은 곳:",
        "집7: 서비스 7건 가운데 부정 7건(100%) “말씀0”",
    ]
    assert text.splitlines()[-2:] == [
        "이 밖에 2곳에도 있습니다.",
        "다른 1곳의 후기에서는 어느 쪽으로도 분명한 말을 찾지 못했습니다.",
    ]
    praised = said([[told("친절", 9)]], named=False, seeks="negative")
    assert praised.startswith(
        "서비스를 나쁘다고 분명히 말한 후기를 찾지 못했습니다. 좋다고 말한 후기가 많은 곳:\n친절: "
    )
    assert answer([[told("나쁨", 0, 1)]], named=False, seeks="positive") is None  # too few to say so of all
    parking = AskedAspect("location", "주차", "parking")
    assert answer([[told("나쁨", 0, 9, asked=parking)]], named=False, seeks="positive") is None
    assert answer([[told("나쁨", 0, 9), told("나쁨", 9)]], named=False, seeks="positive") is None
