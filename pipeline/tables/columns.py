"""Which column of a file is which field of a review, by the names people give them. Knows nothing of rows or values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

from pipeline.errors.files import MissingColumn, NamedColumnMissing
from pipeline.errors.settings import BadSetting
from pipeline.tables.rejects import printable

Names = Mapping[str, tuple[str, ...]]
"""The names by which each field is known, the most telling first."""

REVIEW_COLUMNS: Names = {
    "text": tuple(
        "리뷰 리뷰내용 내용 후기 후기내용 본문 리뷰본문 "
        "review review_text text content contents body comment document".split()
    ),
    "rating": tuple("별점 평점 점수 rating score stars star".split()),
    "restaurant": tuple(
        "가게 가게명 가게이름 상호 상호명 식당 식당명 식당이름 매장 매장명 업체명 업체 음식점 음식점명 "
        "restaurant restaurant_name store store_name place place_name shop shop_name".split()
    ),
    "restaurant_id": tuple(
        "restaurant_id 가게번호 가게id 가게아이디 식당번호 식당id 식당아이디 매장번호 매장id 업체번호 업체id 음식점id "
        "store_id place_id shop_id business_id".split()
    ),
    "id": tuple("review_id 리뷰id 리뷰번호 리뷰아이디 id 번호 아이디".split()),
    "date": tuple(
        "날짜 작성일 작성일자 작성일시 작성날짜 등록일 방문일 방문일자 방문날짜 "
        "date review_date created_at created written_at visited_at datetime timestamp".split()
    ),
    "category": tuple(
        "업종 카테고리 분류 음식종류 음식분류 음식카테고리 업태 category cuisine cuisine_type food_type".split()
    ),
    "district": tuple(
        "지역 구 동네 위치 지역명 시군구 자치구 행정구 district area region location neighborhood".split()
    ),
    "price_band": tuple("가격대 가격 price_band price_range price_level price".split()),
    "title": tuple("제목 리뷰제목 title subject headline".split()),
    "reply_to": tuple("답글 답글대상 원글 원글번호 reply_to in_reply_to parent_id parent".split()),
}

RESTAURANT_COLUMNS: Names = {
    "id": (*REVIEW_COLUMNS["restaurant_id"], "id", "번호", "아이디"),
    "restaurant": ("name", "이름", "명칭", *REVIEW_COLUMNS["restaurant"]),
    "category": REVIEW_COLUMNS["category"],
    "district": REVIEW_COLUMNS["district"],
    "price_band": REVIEW_COLUMNS["price_band"],
}

_IGNORED = re.compile(r"[\W_]+")


def recognise(found: Iterable[str], names: Names = REVIEW_COLUMNS) -> dict[str, str]:
    """The column of each field that has one. Case, spaces, punctuation and underscores in names don't matter."""
    by_name: dict[str, str] = {}
    for column in found:
        by_name.setdefault(_plain(column), column)
    fields: dict[str, str] = {}
    for field, aliases in names.items():
        known = [by_name[plain] for plain in map(_plain, aliases) if plain in by_name]
        if known:
            fields[field] = known[0]
    return fields


def assign(path: Path, found: Iterable[str], named: Mapping[str, str], names: Names = REVIEW_COLUMNS) -> dict[str, str]:
    """Like `recognise`, but what the user named wins, and a column the user named for one field serves no other.

    Raises:
        BadSetting: the user named a field that does not exist.
        NamedColumnMissing: the user named a column that does not exist.
    """
    columns = list(found)
    chosen: dict[str, str] = {}
    for field, name in named.items():
        if field not in names:
            known = "/".join(names)
            raise BadSetting(
                name="column", value=f"{field}={name}",
                expected=f"쓸 수 있는 이름: {known}", expected_en=f"Known names: {known}",
            )  # fmt: skip
        same = [column for column in columns if column == name or _plain(column) == _plain(name)]
        if not same:
            raise NamedColumnMissing(path=path, column=field, name=name, found=listed(columns))
        # The exact spelling first, so that "Text" and "text" can be told apart.
        chosen[field] = name if name in same else same[0]
    taken = set(chosen.values())
    return recognise([column for column in columns if column not in taken], names) | chosen


def missing(path: Path, field: str, found: Iterable[str]) -> MissingColumn:
    """The error for a field that no column was found for."""
    return MissingColumn(path=path, column=field, found=listed(found))


def listed(columns: Iterable[str]) -> str:
    """The names of columns for a message: at most 30, at most 80 characters each."""
    shown = [printable(column) for column in columns if column.strip()]
    return ", ".join(shown[:30]) + (f" … ({len(shown):,})" if len(shown) > 30 else "") if shown else "-"


def _plain(name: str) -> str:
    # NFKC, because a file made on a Mac may spell its Hangul in jamo, and full-width letters are letters.
    return _IGNORED.sub("", unicodedata.normalize("NFKC", name).casefold())
