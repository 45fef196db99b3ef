"""What a restaurant is looked for: it decides a ranking where enough reviews speak of it, and it is said when not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.evidence.occasions import ENOUGH, MOST, Mentioned, Mentions, how_it_counted, most_spoken_of, those_for_it
from pipeline.evidence.opinions import CITED, opinions_answer
from pipeline.question.occasions import Occasion
from pipeline.types import Answer, AskedAspect, AspectOpinions, QuotedOpinion, Understanding

DATE = Occasion("데이트", ("date",), ("데이트·기념일",))
KIDS = Occasion("아이", ("kids",), ("아이와 함께",))
SERVICE = AskedAspect("service", "서비스")


def spoken(name: str, number: int, asked: Occasion = DATE) -> Mentioned:
    quotes = (QuotedOpinion("neutral", f"{name}-{asked.word}{n}", n, 0, 3, f"{name} {n}") for n in range(number))
    return Mentioned(asked, tuple(quotes))


def mentions(**numbers: int) -> dict[str, list[Mentioned]]:
    return {name: [spoken(name, number)] for name, number in numbers.items()}


def answer(good: dict[str, int], said: Mentions) -> Answer:
    found = [
        [AspectOpinions(name, SERVICE, number, 0, 0, (), (QuotedOpinion("positive", f"{name}-s", 0, 0, 2, "좋다"),))]
        for name, number in good.items()
    ]
    sought = Understanding("", aspects=(SERVICE,), seeks="positive")
    made = opinions_answer(sought, found, named=False, limited=0, mentions=said)
    assert made is not None
    assert all(citation.sentence in made.text for citation in made.citations)
    return made


def test_those_that_are_spoken_of_are_ranked_alone() -> None:
    made = answer({"가": 9, "나": 5, "다": 4}, mentions(가=0, 나=2, 다=3))
    lines = made.text.splitlines()
    assert lines[0].startswith("1위 나: 서비스 5건 가운데 긍정 5건(100%) · ‘데이트’ 이야기를 한 후기 2건 “나 0”")
    assert lines[1].startswith("2위 다")
    assert "‘데이트’ 이야기를 한 후기가 2건 이상인 2곳만 견주었습니다. 나머지 1곳은 뺐습니다." in lines
    assert not any(line.split(":")[0].endswith("가") for line in lines)
    assert {c.passage_id for c in made.citations} >= {"나-데이트0", "나-데이트1", "다-데이트2"}
    assert "좋다는 말인지는 가리지 않았습니다" in made.note
    assert "데이트·기념일" in made.note


def test_where_too_few_are_it_is_said_that_it_decided_nothing() -> None:
    made = answer({"가": 9, "나": 5}, mentions(가=0, 나=4, 다=3, 라=1))
    lines = made.text.splitlines()
    assert lines[0].startswith("1위 가")
    assert lines[0].endswith("‘데이트’ 이야기를 한 후기는 없음")
    assert any("순서에는 쓰지 않고 건수만 적었습니다." in line for line in lines)
    assert "‘데이트’ 이야기가 많은 다른 곳: 다 3건 “다 0”" in lines
    assert not any("라" in line.split() for line in lines)


def test_without_an_occasion_nothing_is_said_of_one() -> None:
    assert "이야기" not in answer({"가": 9, "나": 5}, {"가": [], "나": []}).text
    assert answer({"가": 9, "나": 5}, {}) == answer({"가": 9, "나": 5}, {"가": [], "나": []})


def test_of_two_occasions_both_must_be_spoken_of() -> None:
    both = {name: [spoken(name, 2), spoken(name, kids, KIDS)] for name, kids in (("가", 2), ("나", 2), ("다", 1))}
    assert those_for_it(["다", "가", "나"], both) == ["가", "나"]
    assert "‘데이트’·‘아이’ 이야기" in how_it_counted(["다", "가", "나"], ["가", "나"], both)[0]


def test_the_questions_own_word_is_quoted_first() -> None:
    rows = ["기념일에 갔어요", "데이트로 갔어요", "데이트"]
    one = Mentioned(DATE, tuple(QuotedOpinion("neutral", str(n), n, 0, 2, text) for n, text in enumerate(rows)))
    assert one.first is not None
    assert one.first.text == rows[1]
    assert Mentioned(KIDS, one.quotes).first == one.quotes[0]
    assert Mentioned(DATE).first is None


@given(st.dictionaries(st.sampled_from("가나다라마바사"), st.integers(0, CITED + 3), min_size=1))
def test_kept_are_all_or_those_with_enough(numbers: dict[str, int]) -> None:
    said, ranked = mentions(**numbers), sorted(numbers)
    kept = those_for_it(ranked, said)
    enough = [name for name in ranked if numbers[name] >= ENOUGH]
    assert kept == (enough if len(enough) >= ENOUGH else ranked)
    lines = how_it_counted(ranked, kept, said)
    assert len(lines) == (len(ranked) >= ENOUGH)  # one alone has no order
    assert all(("쓰지 않고" in line) == (len(enough) < ENOUGH) for line in lines)
    others = most_spoken_of(said, kept[:1])
    assert len(others) <= MOST
    assert all(name not in kept[:1] and len(one.quotes) >= ENOUGH for name, one in others)
