"""Words that only begin as ours do are somebody's dish or time: no reader of counted questions passes over them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.protocols import Tokenizer
from pipeline.question import figures, overview
from pipeline.question.aspects import says_of_aspects
from pipeline.question.figures import about_figures
from pipeline.question.lexicon import Lexicon
from pipeline.question.wording import is_particle, noun, verb
from tests.pipeline.question.reading import altogether

DISHES = (
    "해물 해물찜 해물파전 해산물 해장 해장국 해초 해삼 순대 순댓국 순두부 순살 더덕구이 편육 편백찜 쪽갈비 "
    "쪽파 평양냉면 평냉 중식 싸이버거 집밥 데리야끼 데판야끼 한우 한식 한정식 한라봉에이드 크림 크로켓 "
    "들기름 들깨 거위 게장 건두부 돼지 돼지고기 낮술 좋은술 높은산 라면 나물 많이먹기 양꼬치 긴꼬리 길거리 "
    "맛나분식 카페라떼 식당칸 중국집 편의점 점심 저녁 평일 평생 보통날 더블 더치 글라스 말고기 뭐랑찜"
).split()
FORMS = [
    "{} 맛있는 집",
    "{} 서비스 좋은 곳",
    "{} 어때?",
    "{} 장점은?",
    "{} 별점 높은 곳",
    "{} 몇 곳이야?",
    "{}하기 좋은 집",
]


@pytest.mark.parametrize("word", DISHES)
def test_a_dish_is_none_of_our_words(word: str) -> None:
    assert not says_of_aspects(word)
    assert not overview._ours(word)
    assert not figures._ours(word)


@pytest.mark.parametrize("word", ["해물", "순대", "점심", "해장", "한우", "크림", "돼지"])
@pytest.mark.parametrize("form", FORMS)
def test_what_somebody_wants_to_eat_is_not_passed_over(form: str, word: str, kiwi: Tokenizer, lexicon: Lexicon) -> None:
    question = form.format(word)
    found = about_figures(altogether(question, kiwi, lexicon), question)
    assert (found.aspects, found.overview, found.figures) == ((), "", None)


@pytest.mark.parametrize(
    "word",
    (
        "알려줘 알려주세요 알려주실래요 알려주시겠어요 추천해줘 추천부탁드려요 부탁드립니다 궁금해요 궁금합니다 "
        "괜찮나요 괜찮다던데 좋은가요 좋던데요 좋았는지 있을까요 있나여 단점이뭐야 장점알려줘 최고인 최악이었던 "
        "불만인 만족스러운 맛있다는 어떤가요 어떻습니까 어땠어 요약좀 정리해주실수있나요 식당들 집이 곳은요 데가 "
        "찾아줘"
    ).split(),
)
def test_forms_and_particles_are_ours(word: str) -> None:
    assert says_of_aspects(word) or overview._ours(word) or figures._ours(word)


@given(st.sampled_from("좋 알려 많".split()), st.text("가나다는은을요지물장육", max_size=4))
def test_a_stem_takes_endings_only(stem: str, tail: str) -> None:
    assert bool(re.fullmatch(verb(stem), stem + tail)) == (not set(tail) & set("물장육"))


def test_a_noun_takes_a_particle_and_what_is_said_of_it() -> None:
    pattern = re.compile(noun("단점|불만"))
    for word in ("단점", "단점은", "단점이뭐야", "단점알려줘", "불만인", "불만이많은"):
        assert pattern.fullmatch(word)
    for word in ("단점포", "불만제로", "단점탕"):
        assert not pattern.fullmatch(word)


def test_a_particle_alone_is_what_is_left_of_a_name() -> None:
    assert is_particle("은")
    assert is_particle("에서는")
    assert not is_particle("라면")
    assert not is_particle("물")
