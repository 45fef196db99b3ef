"""Words of everyday talk, which a restaurant's name must not be mistaken for. Knows nothing else."""

from __future__ import annotations

EVERYDAY = frozenset(
    "오늘 내일 어제 모레 하루 매일 지금 이제 아침 점심 저녁 새벽 주말 평일 봄 여름 가을 겨울 봄날 여름날 "
    "여기 거기 저기 우리 그집 이집 저집 "
    "우리집 동네 근처 주변 시장 골목 거리 맛있는 맛있다 맛나 좋은 좋아 예쁜 착한 싼 큰 작은 새 옛날 진짜 "
    "정말 최고 제일 모두 함께 친구 가족 "
    "아이 엄마 아빠 부모님 손님 사장님 직원 사람 혼밥 회식 데이트 모임 단체 예약 주차 주차장 화장실 "
    "분위기 웨이팅 대기 가격 가격대 메뉴 음식 식사 "
    "맛 맛집 집 점 밥 밥집 식당 음식점 가게 곳 데 술 물 국 반찬 서비스 후기 리뷰 별점 평점 추천 포장 "
    "배달 창가석 단체석 룸 좌석 자리 층 역 앞 옆 "
    "그 이 저 한 첫 두 안 밖 더 또 그냥 가끔 자주 항상 늘 온 다 잘 나 너 뭐 왜".split()
)
"""A name that is one of these, or is put together from them, counts only where it can mean nothing else."""
