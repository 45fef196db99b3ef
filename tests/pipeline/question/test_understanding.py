"""Questions as people type them, and what they must and must not be understood to mean."""

from __future__ import annotations

import cProfile
import datetime
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.protocols import Tokenizer
from pipeline.question.lexicon import Lexicon
from pipeline.question.understanding import allowed, matches, understand
from pipeline.types import AnalysedText, Chip, Source, Understanding

TODAY = datetime.date(2026, 11, 22)
LEXICON = Lexicon(
    restaurants=(
        "숯골갈비", "연탄집", "바다횟집", "온기", "오늘", "한우마을 본점", "마포갈비", "우리집", "봄", "동네국밥",
        "할매국밥",
        "소담한우정육식당", "Cafe 온", "미소반점", "장작과밀", "순이네칼국수",
    ),
    districts=("마포", "해운대", "서울 강남구", "대구", "수영구", "부산 서면"),
    categories=("고깃집", "카페", "횟집", "중식", "일식", "국밥", "치킨·호프"),
    dishes=("냉면", "갈비", "된장찌개", "국밥", "회", "물회", "대구탕"),
    price_bands=(1, 2, 3),
    dates=("2025-05-01", "2026-10-31"),
    rating_top=5.0,
)  # fmt: skip
PLAIN = Lexicon()
Ask = Callable[..., Understanding]


@pytest.fixture(scope="session")
def ask(kiwi: Tokenizer) -> Ask:
    def answer(question: str, lexicon: Lexicon = LEXICON, **rest: object) -> Understanding:
        analysed = next(iter(kiwi.analyse([question])))
        return understand(question, analysed, lexicon, today=TODAY, **rest)  # type: ignore[arg-type]

    return answer


def ids(understanding: Understanding) -> list[str]:
    return [chip.id + ("~" if chip.approximate else "") for chip in understanding.chips]


MEANINGS = [
    # names
    ("숯골갈비 어때?", ["restaurant:숯골갈비"], "숯골갈비 어때?"),
    ("숯골갈비 주차 돼요?", ["restaurant:숯골갈비"], "주차 돼요?"),
    ("숯골 갈비 주차 돼요?", ["restaurant:숯골갈비~"], "주차 돼요?"),
    ("숫골갈비 주차?", ["restaurant:숯골갈비~"], "주차?"),
    ("숯골갈빈 주차 돼?", ["restaurant:숯골갈비~"], "주차 돼?"),
    ("숯골갈비주차되나요", ["restaurant:숯골갈비"], "주차되나요"),
    ("연탄 집 웨이팅?", ["restaurant:연탄집~"], "웨이팅?"),
    ("바다회집 예약", ["restaurant:바다횟집~"], "예약"),
    ("미소 반점 군만두 서비스 주나요", ["restaurant:미소반점~"], "군만두 서비스 주나요"),
    ("장작과 밀 브레이크타임", ["restaurant:장작과밀~"], "브레이크타임"),
    ("한우마을 룸 있어요?", ["restaurant:한우마을 본점~"], "룸 있어요?"),
    ("한우마을 본점 룸 있어요?", ["restaurant:한우마을 본점"], "룸 있어요?"),
    ("소담한우 정육식당 예약", ["restaurant:소담한우정육식당~"], "예약"),
    ("소담하우정욱식당 예약", ["restaurant:소담한우정육식당~"], "예약"),
    ("순이네 포장 돼?", ["restaurant:순이네칼국수~"], "포장 돼?"),
    ("cafe 온에서 공부해도 돼?", ["restaurant:Cafe 온"], "공부해도 돼?"),
    ("동네국밥 웨이팅", ["restaurant:동네국밥"], "웨이팅"),
    ("할매 국밥 포장", ["restaurant:할매국밥~"], "포장"),
    ("'오늘' 웨이팅 어때", ["restaurant:오늘"], "웨이팅 어때"),
    ("온기는 주차 돼?", ["restaurant:온기"], "주차 돼?"),
    ("숯골갈비랑 연탄집 중에 어디가 더 주차 편해?", ["restaurant:숯골갈비|연탄집"], "어디가 더 주차 편해?"),
    ("숯골갈비 말고 주차되는 곳", ["restaurant:!숯골갈비"], "주차되는 곳"),
    # districts
    ("마포에서 조용한 데", ["district:마포"], "조용한 데"),
    ("해운대 쪽 주차 편한 데", ["district:해운대"], "주차 편한 데"),
    ("서울 마포구 조용한 데", ["district:마포"], "조용한 데"),
    ("강남역 근처 조용한 데", ["district:서울 강남구"], "조용한 데"),
    ("대구에서 대구탕 먹을 데", ["district:대구", "dish:대구탕"], "대구탕 먹을 데"),
    ("부산 서면에서 혼밥", ["district:부산 서면"], "혼밥"),
    # categories
    ("마포에서 주차 편한 고깃집 있어?", ["district:마포", "category:고깃집"], "주차 편한 있어?"),
    ("고기집 단체석", ["category:고깃집"], "단체석"),
    ("삼겹살집 단체석", ["category:고깃집"], "삼겹살집 단체석"),
    ("조용한 커피숍", ["category:카페"], "조용한"),
    ("뷰 좋은 회집", ["category:횟집"], "뷰 좋은"),
    ("배달되는 중국집", ["category:중식"], "배달되는"),
    ("룸 있는 중식당", ["category:중식"], "룸 있는"),
    ("혼밥 되는 라멘집", ["category:일식"], "혼밥 되는 라멘집"),
    ("조용한 호프집", ["category:치킨·호프"], "조용한"),
    ("고깃집 말고 조용한 곳", ["category:!고깃집"], "조용한 곳"),
    ("숯골갈비 같은 고깃집이야?", ["restaurant:숯골갈비"], None),
    # dishes and prices
    ("숯골갈비 냉면 맛있어?", ["restaurant:숯골갈비", "dish:냉면"], "냉면 맛있어?"),
    ("국밥 먹을 만한 데", ["dish:국밥"], "국밥 먹을 만한 데"),
    ("만원 이하 점심", ["price:<=1"], "만원 이하 점심"),
    ("2만 5천원 이내 회식", ["price:<=2"], None),
    ("저렴한 횟집", ["price:<=1", "category:횟집"], "저렴한"),
    ("안 비싼 데", ["price:<=1"], None),
    ("고급스러운 데", ["price:>=3"], None),
    ("숯골갈비 비싼 편이야?", ["restaurant:숯골갈비"], "비싼 편이야?"),
    # ratings
    ("별점 낮은 후기 중에 주차 불만은?", ["rating:<=2"], "주차 불만은?"),
    ("별 5개 후기만 보면 분위기 어때", ["rating:>=5,<=5"], "분위기 어때"),
    ("4점 이상 후기에서 서비스 얘기", ["rating:>=4"], "서비스 얘기"),
    ("별점 높은 곳 주차", ["rating:>=4"], "곳 주차"),
    ("혹평 중에 위생", ["rating:<=2"], None),
    ("별 하나 준 사람들 왜 화났어?", ["rating:>=1,<=1"], None),
    ("별점 2점 이하 웨이팅", ["rating:<=2"], "웨이팅"),
    # dates
    ("지난달 이후 웨이팅", ["date:>=2026-10-01"], "웨이팅"),
    ("2026년 3월 이후 바뀐 점", ["date:>=2026-03-01"], "바뀐 점"),
    ("3월 이후 주차", ["date:>=2026-03-01"], "주차"),
    ("작년 여름 숯골갈비 에어컨", ["date:>=2025-06-01,<=2025-08-31", "restaurant:숯골갈비"], "에어컨"),
    ("지난주 후기에 웨이팅", ["date:>=2026-11-09,<=2026-11-15"], "웨이팅"),
    ("6개월 이내 후기에서 위생 문제", ["date:>=2026-05-22"], "위생 문제"),
    ("이번 달 웨이팅", ["date:>=2026-11-01,<=2026-11-30"], "웨이팅"),
    ("올해 웨이팅", ["date:>=2026-01-01,<=2026-12-31"], "웨이팅"),
    ("작년보다 가격 올랐어?", ["date:>=2025-01-01,<=2025-12-31"], "작년보다 가격 올랐어?"),
    ("최근에 사장님 바뀌었어?", ["order:newest"], "최근에 사장님 바뀌었어?"),
    ("요즘은 웨이팅 짧아?", ["order:newest"], None),
]


@pytest.mark.parametrize(("question", "chips", "text"), MEANINGS)
def test_meaning(ask: Ask, question: str, chips: list[str], text: str | None) -> None:
    found = ask(question)
    assert ids(found) == chips
    assert text is None or found.search_text == text


NOTHING = """
우리 집에서 가까운 곳
우리집 근처에 뭐 있어?
오늘 문 열어요?
내일 예약 돼요?
봄에 가면 예뻐?
바다가 보이는 자리 있어?
연탄불 고기 냄새 심해?
온기가득한 분위기예요?
분위기가 어때요?
주차장 있나요?
화장실 깨끗해?
사장님 친절해요?
몇 시에 열어요?
몇 층이에요?
몇 인분부터 주문돼요?
1월 1일에 영업해요?
이번 주 휴무예요?
여름에 야외석 있어?
10년 전통이에요?
20년 된 노포 맞아?
하루 전에 예약해야 돼?
2시간 이용 제한 있어?
일주일 전 예약 필수?
카페 같은 분위기인 곳
카페인 없는 음료 있어?
수영 할 수 있어?
고기 안 먹는 친구랑 가도 돼?
뒤돌아 서면 보이는 자리
별로라는 사람 있어?
특별한 날 가기 좋아?
10점 만점에 몇 점이야?
별점이 몇 점이야?
얼마예요?
서울에서 온 사람도 만족해?
부산 사투리 쓰는 직원
미소가 예쁜 직원
할머니 집 같은 느낌
맛있는 집 추천
""".strip().splitlines()


@pytest.mark.parametrize("question", NOTHING)
def test_ordinary_questions_are_left_alone(ask: Ask, question: str) -> None:
    found = ask(question)
    assert [chip.id for chip in found.chips if chip.mode != "boost"] == []
    assert found.search_text == question


SHAPES = [
    ("최근 리뷰 보여줘", "list"),
    ("제일 최근 리뷰 3개 보여줘", "list"),
    ("숯골갈비 최근 리뷰 3개", "list"),
    ("별점 5점 리뷰 2개만 보여줘", "list"),
    ("최근에 생긴 식당", "fact"),
    ("요즘 주차 돼?", "fact"),
    ("룸 3개 있는 식당", "fact"),
    ("웨이팅이 길다고 한 사람이 몇 명이야?", "count"),
    ("주차 불편하다는 후기가 몇 개야?", "count"),
    ("몇 명이 불친절하다고 했어?", "count"),
    ("얼마나 많은 사람이 짜다고 했어?", "count"),
    ("불만 후기 몇 건?", "count"),
    ("방에 몇 명까지 들어가?", "fact"),
    ("몇 시간 기다렸대?", "fact"),
    ("몇 인분부터 돼?", "fact"),
    ("숯골갈비랑 연탄집 중에 어디가 나아?", "comparison"),
    ("숯골갈비 연탄집 비교해줘", "comparison"),
    ("숯골갈비 vs 연탄집 주차", "comparison"),
    ("마포에서 어디가 더 조용해?", "comparison"),
    ("숯골갈비나 연탄집에 유아의자 있어?", "fact"),
    ("숯골갈비 예전이랑 비교하면 어때?", "fact"),
    ("숯골갈비 주차 돼?", "fact"),
]


@pytest.mark.parametrize(("question", "shape"), SHAPES)
def test_shape(ask: Ask, question: str, shape: str) -> None:
    assert ask(question).shape == shape


ARTICLES = [
    "1989년 2월 지명수배된 사람은?",
    "2016년 9월 미국을 방문한 사람은?",
    "서울시가 최근 추진한 사업은?",
    "5점 이상을 받은 학생은 몇 명인가?",
    "두 나라의 면적을 비교하면 어디가 더 큰가?",
    "일식과 월식의 차이는?",
    "거기는 어디인가?",
    "그럼 누구인가?",
]


@pytest.mark.parametrize("question", ARTICLES)
def test_an_index_without_restaurants_understands_nothing(ask: Ask, question: str) -> None:
    before = Understanding("앞 질문", (Chip("restaurant:가", "restaurant", ("가",), "가게 가"),))
    assert ask(question, PLAIN, previous=before, previous_restaurant="가") == Understanding(question)


def test_spelling_differences_do_not_reach_another_name(ask: Ask) -> None:
    assert ids(ask("숯불갈비 맛있는 데")) in (["dish:갈비"], [])
    assert ids(ask("연탄불 고기")) == []


def test_labels_are_korean(ask: Ask) -> None:
    labels = [chip.label for chip in ask("마포 숯골갈비 2026년 3월 이후 별점 2점 이하 냉면").chips]
    assert labels == ["지역 마포", "가게 숯골갈비", "2026년 3월 이후", "별점 2점 이하", "메뉴 냉면"]


def test_follow_ups_keep_the_restaurant(ask: Ask) -> None:
    first = ask("별점 낮은 후기 중에 숯골갈비 주차 불만은?")
    for question in ("거기 웨이팅은?", "그 집은 예약 돼?", "그럼 분위기는?", "화장실은?", "평이 안 좋은 이유는?"):
        found = ask(question, previous=first)
        assert {chip.id for chip in found.chips} == {"restaurant:숯골갈비", "rating:<=2"}
        assert all(chip.inherited and chip.span is None for chip in found.chips)
        assert found.search_text == question


def test_a_dropped_topic_is_searched_for_again(ask: Ask) -> None:
    first = ask("숯골갈비 주차 되나요?")
    assert ask("거긴?", previous=first).search_text == "주차 되나요?"
    other = ask("연탄집은?", previous=first)
    assert (ids(other), other.search_text) == (["restaurant:연탄집"], "주차 되나요?")
    assert ask("거기 어때?", previous=first).search_text == "거기 어때?"


@pytest.mark.parametrize(
    ("before", "question", "chips", "text"),
    [
        ("마포 고깃집 추천", "만원 이하로", ["price:<=1", "district:마포", "category:고깃집"], "추천"),
        ("고깃집 추천", "만원 이하로 추천해줘", ["price:<=1", "category:고깃집"], "만원 이하로 추천해줘"),
        ("만원 이하 고깃집 주차", "비싼 데는?", ["price:>=3", "category:고깃집"], "주차"),
        ("고깃집 추천", "가성비 좋은 데는?", ["price:<=1", "category:고깃집"], "가성비 좋은 데는?"),
        ("고깃집 추천", "만원 이하 식당 추천", ["price:<=1"], "만원 이하 식당 추천"),
        ("숯골갈비 주차 돼?", "만원 이하 식당 추천", ["price:<=1"], "만원 이하 식당 추천"),
    ],
)
def test_a_price_narrows_down_what_was_asked_for(
    before: str, question: str, chips: list[str], text: str, ask: Ask
) -> None:
    found = ask(question, previous=ask(before))
    assert (sorted(ids(found)), found.search_text) == (sorted(chips), text)


def test_there_is_the_restaurant_that_was_cited(ask: Ask) -> None:
    first = ask("마포에서 주차 편한 고깃집 있어?")
    found = ask("거기 웨이팅은?", previous=first, previous_restaurant="숯골갈비")
    assert ids(found) == ["restaurant:숯골갈비", "district:마포", "category:고깃집"]
    two = ask("숯골갈비랑 연탄집 중에 어디가 나아?")
    assert ids(ask("거기 예약은?", previous=two, previous_restaurant="연탄집")) == ["restaurant:연탄집"]
    assert ids(ask("둘 다 예약 돼?", previous=two, previous_restaurant="연탄집")) == ["restaurant:숯골갈비|연탄집"]


def test_elsewhere_is_not_there(ask: Ask) -> None:
    first = ask("마포 숯골갈비 주차 되나요?")
    found = ask("또 다른 데는?", previous=first)
    assert {(chip.id, chip.mode) for chip in found.chips} == {
        ("restaurant:!숯골갈비", "exclude"),
        ("district:마포", "filter"),
    }
    assert not allowed(found, Source("d", restaurant="숯골갈비", district="마포"))
    assert allowed(found, Source("d", restaurant="연탄집", district="마포"))


def test_there_beside_another(ask: Ask) -> None:
    found = ask("거기랑 연탄집 비교하면?", previous=ask("숯골갈비 주차 되나요?"))
    assert (ids(found), found.shape) == (["restaurant:숯골갈비|연탄집"], "comparison")


@pytest.mark.parametrize(
    "question",
    ["마포에 조용한 카페 있어?", "아이랑 가기 좋은 조용한 식당 있어?", "연탄집 주차 돼요?", "냉면 맛있는 집 추천해줘"],
)
def test_a_full_question_takes_nothing_over(ask: Ask, question: str) -> None:
    assert ask(question, previous=ask("별점 낮은 숯골갈비 후기"), previous_restaurant="숯골갈비") == ask(question)


def test_removed_chips_are_searched_for_again(ask: Ask) -> None:
    found = ask("마포 숯골갈비 주차 돼?", removed=["restaurant:숯골갈비"])
    assert ids(found) == ["district:마포"]
    assert [chip.id for chip in found.removed] == ["restaurant:숯골갈비"]
    assert found.search_text == "숯골갈비 주차 돼?"
    later = ask("거기 웨이팅은?", previous=ask("숯골갈비 주차 돼?"), removed=["restaurant:숯골갈비"])
    assert (ids(later), [chip.id for chip in later.removed]) == ([], ["restaurant:숯골갈비"])


WORDS = (
    "숯골갈비|숫골갈비|숯골 갈비는|연탄집이랑|마포에서|서울 강남구|고깃집|삼겹살집|냉면|별점 낮은|4점 이상|후기|"
    "지난달 이후|3월부터 5월까지|최근|주차|되나요?|말고|거기|그럼|몇 명|비싼|만원 이하|,|회|어디가 더|ㅋㅋ|?"
).split("|")
questions = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join) | st.text(min_size=1, max_size=30)


@settings(max_examples=150, deadline=None)
@given(question=questions)
def test_laws(ask: Ask, question: str) -> None:
    found = ask(question)
    assert found == ask(question)
    assert found.search_text
    for chip in found.chips:
        assert chip.span is not None
        start, end = chip.span
        assert 0 <= start < end <= len(question)
        assert question[start:end].strip() == question[start:end]
    bare = ask(question, removed=[chip.id for chip in found.chips])
    assert (bare.chips, bare.search_text) == ((), question)
    assert set(bare.removed) == set(found.chips)
    assert len({chip.id for chip in found.chips}) == len(found.chips)


def test_another_texts_analysis_is_refused(kiwi: Tokenizer) -> None:
    with pytest.raises(ValueError, match="analysis of"):
        understand("하나", next(iter(kiwi.analyse(["둘"]))), PLAIN, today=TODAY)


@pytest.mark.parametrize(
    ("kind", "values", "source", "expected"),
    [
        ("restaurant", ("가", "나"), Source("d", restaurant="나"), True),
        ("district", ("마포",), Source("d", district="마포구"), False),
        ("rating", (">=4", "<5"), Source("d", rating=4.5), True),
        ("rating", (">=4", "<5"), Source("d", rating=5.0), False),
        ("rating", ("<=2",), Source("d"), False),
        ("price", ("<=1",), Source("d", price_band=1), True),
        ("price", ("<=1",), Source("d"), False),
        ("date", (">=2026-02-01", "<=2026-02-28"), Source("d", date="2026-02-28"), True),
        ("date", (">=2026-02-01",), Source("d", date="2026-01-31T23:00:00"), False),
        ("date", (">=2026-02-01",), Source("d", date="2026"), True),
        ("date", ("<=2026-02-01",), Source("d"), False),
        ("dish", ("냉면",), Source("d"), False),
    ],
)
def test_matches(kind: str, values: tuple[str, ...], source: Source, expected: bool) -> None:
    assert matches(Chip("c", kind, values, ""), source) is expected  # type: ignore[arg-type]


def calls_of(questions: Sequence[AnalysedText], lexicon: Lexicon) -> float:
    """How many functions understanding one of them calls: what it takes, whatever else the machine does."""
    profile = cProfile.Profile()
    profile.enable()
    for each in questions:
        understand(each.text, each, lexicon, today=TODAY)
    profile.disable()
    return sum(entry.callcount for entry in profile.getstats()) / len(questions)


def test_thousands_of_names_are_looked_up_and_not_gone_through(kiwi: Tokenizer) -> None:
    heads = [
        first + second
        for first in "가나다라마바사아자차카타파하거너더러머버서어저처커"
        for second in "온누리솔별달빛숲"
    ]
    tails = ("한우마을", "손칼국수", "생고깃간", "해물나라", "화로", "식탁가게", "정원길")
    names = sorted({head + tail for head in heads for tail in tails})
    many = Lexicon(restaurants=(*names, *(f"{name} 둘째" for name in names), *(f"{name}옆 셋째" for name in names)))
    assert len(many.restaurants) > 4_000
    questions = list(kiwi.analyse([question for question, _, _ in MEANINGS]))
    # A question has some fifteen letters at which a name may begin.
    assert calls_of(questions, many) < 3 * len(many.restaurants)


def test_a_place_of_a_ranking_is_a_restaurant_that_this_index_knows(kiwi: Tokenizer, lexicon: Lexicon) -> None:
    known = lexicon.restaurants[0]
    for ranked, values in (([known], [(known,)]), (["딴색인집"], []), ([], [])):
        question = "1위 식당 주차 돼?"
        analysed = next(iter(kiwi.analyse([question])))
        found = understand(question, analysed, lexicon, today=TODAY, ranked=ranked)
        assert [chip.values for chip in found.chips if chip.kind == "restaurant"] == values
        assert found.ranked == tuple(ranked)
