"""Dishes as a corpus of reviews itself names them: nouns that end like a dish, or that a price follows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from pipeline.question.hangul import NOUNS
from pipeline.types import AnalysedText, Morpheme

HEADS = tuple(
    "국밥 찌개 전골 냉면 밀면 쫄면 라면 짜장면 자장면 쟁반짜장 간짜장 짬뽕 칼국수 쌀국수 국수 수제비 "
    "우동 소바 라멘 온면 비빔면 "
    "갈비탕 설렁탕 곰탕 삼계탕 매운탕 감자탕 알탕 추어탕 연포탕 해물탕 조개탕 어묵탕 오뎅탕 마라탕 "
    "대구탕 도가니탕 내장탕 백숙 육개장 해장국 순댓국 순대국 "
    "미역국 된장국 떡국 북엇국 콩나물국 뼈다귀탕 우거지탕 탕수육 꿔바로우 깐풍기 유린기 마파두부 "
    "샤브샤브 스키야키 밀푀유 "
    "구이 볶음 튀김 조림 무침 찜 갈비 삼겹살 목살 항정살 갈매기살 등심 안심 차돌박이 불고기 육회 제육 "
    "주물럭 족발 보쌈 수육 곱창 막창 대창 양곱창 순대 편육 "
    "닭갈비 닭발 닭볶음탕 닭강정 강정 치킨 통닭 후라이드 찜닭 양꼬치 꼬치 산적 떡갈비 너비아니 "
    "파전 김치전 감자전 부추전 육전 굴전 모둠전 모듬전 녹두전 배추전 호박전 동그랑땡 빈대떡 부침개 "
    "물회 모둠회 모듬회 활어회 광어회 우럭회 방어회 연어회 참치회 생선회 전어회 막회 회덮밥 세꼬시 "
    "사시미 간장게장 양념게장 게장 새우장 산낙지 "
    "덮밥 비빔밥 볶음밥 솥밥 쌈밥 김밥 초밥 주먹밥 규동 가츠동 텐동 오므라이스 카레 커리 리조또 리소토 "
    "스시 오마카세 나베 타코야끼 오코노미야끼 "
    "돈카츠 돈까스 돈가스 카츠 규카츠 텐푸라 고로케 크로켓 파스타 스파게티 피자 스테이크 뇨끼 라자냐 "
    "감바스 빠에야 샐러드 수프 버거 샌드위치 토스트 파니니 브런치 "
    "타코 부리또 브리또 퀘사디아 나초 케밥 분짜 반미 팟타이 똠얌꿍 나시고랭 월남쌈 마라샹궈 훠궈 딤섬 만두 교자 춘권 "
    "떡볶이 어묵 오뎅 핫도그 호떡 붕어빵 김말이 계란말이 계란찜 정식 백반 비빔국수 막국수 전복죽 호박죽 "
    "팥죽 누룽지 솥뚜껑 "
    "커피 라떼 아메리카노 카푸치노 에스프레소 콜드브루 에이드 스무디 밀크티 케이크 케익 타르트 마카롱 "
    "쿠키 스콘 크루아상 소금빵 식빵 베이글 도넛 와플 팬케이크 "
    "빙수 티라미수 푸딩 젤라또 아이스크림 휘낭시에 마들렌 크로플 하이볼 막걸리".split()
)
# Single-letter heads are no rule for finding (오전, 기회, 반면); only this one is a dish by itself.
SINGLE = frozenset({"회"})
_NOT_DISHES = frozenset(
    "문방구이 눈찜 찜 볶음 튀김 조림 무침 구이 정식 전골 꼬치 갈비집 어묵 "
    "가격 가성비 점심 저녁 런치 디너 평일 주말 총 인당 일인당 주차 주차장 발렛 콜키지 배달 배달비 추가 "
    "세트 사이즈 대 중 소 "
    "정도 이상 이하 합계 계산 결제 현금 카드 할인 포장 음료 물 잔 병 그릇 접시 예약 예약금 보증금 룸 "
    "식사 메뉴 사람 택시 메뉴판 시간 기준 리필 "
    "단가 최소 최대 기본 처음 이번 지난번 예전 작년 올해 지금 요즘 원래 손님 사장 직원 성인 어른 아이 "
    "아기 소인 대인 무한 한끼 둘 셋 혼자 합쳐 가족 "
    "아까 오늘 어제 입장 이용 대기 웨이팅 영수증 후기 리뷰 쿠폰 이벤트 개당 마리 인분 조각 공기 소짜 "
    "중짜 대짜 곱배기 곱빼기 하루 동안 한판".split()
)
_NOT_ENDINGS = ("비", "료", "값", "금", "권", "당", "분", "개", "시간", "가격", "할인", "추가", "포함", "집", "점")
_TRAILING = frozenset("집 맛집 전문점 가게 세트 맛 양 값 가격 메뉴 하나 국물 소스 종류 전문 식당 사진 냄새 향".split())
_LEADING = frozenset(
    "점심 저녁 아침 평일 주말 진짜 역시 그냥 특히 다음 이번 여기 우리 제일 최고 인생 동네 시그니처 대표 "
    "추천 인기 신메뉴 메뉴 직접 혼자".split()
)


def dish_like(word: str) -> bool:
    """Whether the word ends as dishes do."""
    return word.endswith(HEADS) or word in SINGLE


def find_dishes(
    texts: Iterable[AnalysedText], names: Collection[str], *, minimum: int = 2, limit: int = 3000
) -> tuple[str, ...]:
    """Dishes that at least ``minimum`` texts name, the most named first; ``names`` (restaurants, districts) are none.

    Takes time linear in the morphemes. ``minimum`` grows by one for every 20,000 texts, so that slips of the pen in a
    large corpus do not become dishes.
    """
    counter: Counter[str] = Counter()
    number = 0
    for text in texts:
        number += 1
        counter.update({dish for dish in dishes_of(text) if dish not in names})
    least = minimum + number // 20_000
    found = sorted((-count, dish) for dish, count in counter.items() if count >= least)
    return tuple(dish for _, dish in found[:limit])


def dishes_of(text: AnalysedText) -> Iterator[str]:
    """Each mention of a dish in a text, lower-cased."""
    for run, following in noun_runs(text):
        dish = _longest_dish(text.text, run)
        if not dish and _is_price(text.text, following):
            dish = _priced(text.text[run[0].start : run[-1].end].lower())
        if dish:
            yield dish


def noun_runs(text: AnalysedText) -> Iterator[tuple[list[Morpheme], Morpheme | None]]:
    """Nouns written together, with the morpheme that comes after them."""
    run: list[Morpheme] = []
    for morpheme in text.morphemes:
        noun = morpheme.tag.startswith(NOUNS)
        if run and not (noun and morpheme.start == run[-1].end):
            yield run, morpheme
            run = []
        if noun:
            run.append(morpheme)
    if run:
        yield run, None


def _longest_dish(text: str, run: list[Morpheme]) -> str:
    first = 0
    while first < len(run) - 1 and run[first].form in _LEADING:
        first += 1
    for last in range(len(run), first, -1):
        word = text[run[first].start : run[last - 1].end].lower()
        rest = "".join(morpheme.form for morpheme in run[last:])
        if dish_like(word) and word not in _NOT_DISHES and (not rest or rest in _TRAILING):
            return word if len(word) <= 10 else ""
    return ""


def _is_price(text: str, following: Morpheme | None) -> bool:
    if following is None or not following.tag.startswith(("SN", "NR", "Number")):
        return False
    return "원" in text[following.start : following.end + 5].split(" ")[0] and following.start > 0


def _priced(word: str) -> str:
    letters = all("가" <= letter <= "힣" for letter in word)
    if not letters or not 2 <= len(word) <= 8 or word in _NOT_DISHES or word.endswith(_NOT_ENDINGS):
        return ""
    return word
