"""The plainest sentences that people type to try a classifier, read by the model that is shipped.

``LEARNED`` are about things that its training phrases speak of in such words, ``OTHER`` in words that these don't have.
"""

from __future__ import annotations

import pytest

from pipeline.analysis.choices import ClassifierChoice
from pipeline.classifiers.linear import load
from pipeline.types import Analysis

LEARNED = {
    "positive": (
        "직원이 친절해요.", "직원이 친절해요", "직원들이 친절합니다", "사장님이 친절하세요", "음식이 맛있어요.",
        "맛있어요", "분위기가 좋아요", "가격이 저렴해요", "가성비가 좋아요", "고기가 부드러워요", "양이 많아요",
        "주차가 편해요", "깨끗해요", "재방문 의사 있어요", "또 가고 싶어요", "국물이 시원해요", "면이 쫄깃해요",
        "반찬이 정갈해요", "빵이 촉촉해요", "서비스가 좋아요", "음식이 빨리 나와요", "커피가 맛있어요",
        "직원분이 친절하게 설명해 주셨어요", "매장이 깨끗해요", "화장실이 깨끗합니다", "인테리어가 예뻐요",
        "가격이 착해요", "양이 푸짐해요", "고기가 신선해요", "회가 싱싱해요", "아이들이 좋아해요",
        "부모님이 좋아하셨어요", "추천해요", "추천합니다", "만족스러웠어요", "뷰가 좋아요", "자리가 넓어요",
        "조용해서 좋아요", "튀김이 바삭해요", "육즙이 가득해요", "김치가 맛있네요", "웨이팅이 없어서 좋았어요",
        "역에서 가까워요", "친절하고 맛있어요", "잘 먹었습니다", "사장님 최고예요", "존맛", "불맛이 나요",
        "가격 대비 훌륭해요", "응대가 좋았어요",
    ),
    "negative": (
        "직원이 불친절해요", "음식이 맛없어요", "맛이 없어요", "분위기가 별로예요", "가격이 비싸요", "양이 적어요",
        "주차가 불편해요", "더러워요", "다시는 안 가요", "웨이팅이 길어요", "고기가 질겨요", "서비스가 엉망이에요",
        "음식이 늦게 나와요", "직원이 퉁명스러워요", "국물이 짜요", "너무 달아요", "커피가 써요", "면이 불었어요",
        "튀김이 눅눅해요", "음식이 식었어요", "화장실이 더러워요", "테이블이 끈적해요", "자리가 좁아요", "시끄러워요",
        "주차장이 없어요", "예약이 어려워요", "비린내가 나요", "잡내가 나요", "머리카락이 나왔어요", "실망했어요",
        "별로였어요", "돈이 아까워요", "비추예요", "추천하지 않아요", "재방문 의사 없어요", "양이 너무 적습니다",
        "사장님이 불친절하세요", "직원이 안 친절해요", "친절하지 않아요", "밥이 질어요", "에어컨이 약해요",
        "한 시간 기다렸어요", "주문이 누락됐어요", "고기가 탔어요", "위생이 걱정돼요", "음식이 짜고 비싸요",
        "역에서 멀어요", "맛이 변했어요", "서비스가 나빠요", "기름져요",
    ),
}  # fmt: skip
OTHER = {
    "positive": (
        "점장님이 친절했어요", "홀 직원이 상냥했어요", "숙성회가 신선하네요", "파스타가 맛있었어요",
        "초밥이 신선해요", "크림이 부드러워요", "스테이크가 연해요", "카페가 예뻐요", "좌석이 편안해요",
        "창밖 풍경이 예뻐요", "값이 싸요", "점심 메뉴가 저렴해요", "고기 양이 많아요", "주차 공간이 넉넉해요",
        "버스 정류장이 가까워요", "바닥이 깨끗해요", "수저가 깨끗합니다", "줄이 짧았어요", "바로 입장했어요",
        "친구들도 좋아했어요", "다음에 또 방문할게요", "정말 만족했어요", "떡볶이가 매콤하고 맛있어요",
        "국수가 시원해요", "직원 서비스가 훌륭해요", "빙수가 달콤해요", "아이가 잘 먹어요",
        "매장이 아늑하고 따뜻해요", "사진이 잘 나와요", "김밥이 알차요",
    ),
    "negative": (
        "점장님이 불친절했어요", "홀 직원이 쌀쌀맞아요", "숙성회가 비려요", "파스타가 짰어요", "초밥 밥이 차가워요",
        "크림이 느끼했어요", "스테이크가 질겼어요", "카페가 시끄러워요", "좌석이 딱딱해요", "창가 자리가 추웠어요",
        "값이 비싸요", "점심 메뉴가 비싸졌어요", "고기 양이 적어요", "주차 공간이 부족해요", "정류장에서 멀어요",
        "바닥이 미끄럽고 더러워요", "수저에 뭐가 묻어 있어요", "줄이 너무 길었어요", "입장하는 데 오래 걸렸어요",
        "친구들도 실망했어요", "다음에는 안 갈래요", "불쾌했어요", "떡볶이가 너무 맵고 짜요", "국수가 밍밍해요",
        "직원 서비스가 형편없어요", "빙수가 다 녹았어요", "아이가 안 먹어요", "매장이 춥고 어두워요",
        "계산이 잘못됐어요", "김밥이 부실해요",
    ),
}  # fmt: skip


def read(sentences: dict[str, tuple[str, ...]]) -> tuple[list[str], list[str], int]:
    """Those whose sentiment is told wrong, those on the wrong side, and how many they all are."""
    told, wrong, turned = 0, [], []
    for side, texts in sentences.items():
        classified = load(ClassifierChoice("linear")).classify(list(texts), aspects=False)
        for text, found in zip(texts, classified, strict=True):
            assert isinstance(found, Analysis)
            told += 1
            leans = "positive" if found.sentiment["positive"] > found.sentiment["negative"] else "negative"
            wrong += [text] if found.label != side else []
            turned += [text] if leans != side else []
    return wrong, turned, told


@pytest.mark.parametrize(("sentences", "may_miss", "may_turn"), [(LEARNED, 0.04, 0.02), (OTHER, 0.15, 0.07)])
def test_plain_sentences_are_read_plainly(
    sentences: dict[str, tuple[str, ...]], may_miss: float, may_turn: float
) -> None:
    wrong, turned, told = read(sentences)
    assert told >= 60
    assert len(wrong) <= may_miss * told, wrong
    assert len(turned) <= may_turn * told, turned
