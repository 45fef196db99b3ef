"""Lists page by page. A cursor is opaque to whoever asks: where the next page begins, packed into a word."""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_right
from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query, Request
from pydantic import BaseModel, Field

from app.refusals import BadCursor, PageTooLong
from pipeline.setting_groups.server import Serving

T = TypeVar("T")

DEFAULT = 50

Cursor = Annotated[str, Query(max_length=2_000, description="앞 쪽의 `next` · `next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=1_000, description="한 쪽의 항목 수(service.page까지) · Items on a page")]


class Listed(BaseModel, Generic[T]):
    """A page of a list. ``next`` is the cursor of the following one, null on the last."""

    items: list[T]
    next: str | None = Field(examples=["WzEyXQ"])


def cursor_of(list_: str, *place: str | int) -> str:
    """A place in a list, which is named, as a cursor."""
    return base64.urlsafe_b64encode(json.dumps([list_, *place]).encode()).decode().rstrip("=")


def place_of(cursor: str, list_: str, *kinds: type) -> list[Any] | None:
    """The place in a list that a cursor names; None at the beginning.

    Raises:
        BadCursor: it is no cursor of such a list.
    """
    if not cursor:
        return None
    try:
        named = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise BadCursor from error
    if not isinstance(named, list) or named[:1] != [list_]:
        raise BadCursor
    place = named[1:]
    if [type(part) for part in place] != list(kinds) or not all(map(_storable, place)):
        raise BadCursor
    return place


def _storable(part: str | int) -> bool:
    """Whether a database can look for it: an integer of 64 bits, a text without half a character."""
    return 0 <= part < 2**63 if isinstance(part, int) else not any("\ud800" <= c <= "\udfff" for c in part)


def page_of(list_: str, names: Sequence[str], place: list[Any] | None, size: int) -> tuple[Sequence[str], str | None]:
    """The names on a page of a list that is ordered by them, and the cursor of the page after it, None on the last.

    ``place`` is the last name of the page before; it needn't be there any more.
    """
    first = bisect_right(names, place[0]) if place else 0
    shown = names[first : first + size]
    return shown, cursor_of(list_, shown[-1]) if first + size < len(names) else None


def names_a_page(request: Request) -> bool:
    """Whether a page is asked for. Lists that were whole before there were pages stay so for whoever names none."""
    return not {"cursor", "limit"}.isdisjoint(request.query_params)


def checked_limit(limit: int, settings: Serving) -> int:
    """How many items there may be on a page.

    Raises:
        PageTooLong: more were asked for than the server gives.
    """
    if limit == DEFAULT:  # nobody said anything
        return min(limit, settings.page)
    if limit > settings.page:
        raise PageTooLong(limit=settings.page)
    return limit
