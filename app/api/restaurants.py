"""The restaurants of an index over HTTP: which there are, and what the reviews of one come to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from fastapi import FastAPI, Query
from pydantic import BaseModel, Field

from app.api.paging import DEFAULT, Cursor, Limit, Listed, checked_limit, page_of, place_of
from app.api.replies import problems
from app.refusals import BadCursor, PageTooLong
from pipeline.errors.indexes import IndexDamaged, IndexNotFound
from pipeline.errors.machine import BackendUnavailable
from pipeline.errors.restaurants import NoRestaurants, RestaurantNotFound
from pipeline.restaurants.opinions import embedded_classifier
from pipeline.restaurants.reviews import Restaurants
from pipeline.restaurants.summaries import Summary
from pipeline.restaurants.writing import writer_of
from pipeline.service import Service
from pipeline.strengths.portraits import Portraits
from pipeline.strengths.running import of_kind
from pipeline.strengths.types import Kind, Sign, Strengths

IndexName = Annotated[str, Query(max_length=200, description="색인", examples=["demo"])]
_TOLD = (IndexNotFound, IndexDamaged, NoRestaurants, RestaurantNotFound, BackendUnavailable)


class RestaurantReply(BaseModel):
    """A restaurant of an index; ``id`` is its name, which is what the other routes take."""

    id: str = Field(examples=["길남이네국밥"])
    category: str = Field(examples=["국밥"])
    passages: int = Field(description="후기 단락 수", examples=[24])


class _Known:
    """The restaurants of the indexes in use, by the folder of the version."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._found: dict[Path, Restaurants] = {}

    def of(self, name: str) -> Restaurants:
        index = self._service.index(name)
        found = self._found.get(index.folder)
        if found is None:
            former = {folder for folder in self._found if folder.parent == index.folder.parent}
            self._found = {folder: one for folder, one in self._found.items() if folder not in former}
            found = self._found[index.folder] = Restaurants(index)
        return found


def add_restaurants(api: FastAPI, service: Service) -> None:
    """Put the routes into the API."""
    known = _Known(service)

    @api.get(
        "/v1/restaurants",
        tags=["식당"],
        summary="식당 목록",
        responses=problems(IndexNotFound, IndexDamaged, BadCursor, PageTooLong, body=False),
    )
    def restaurants(index: IndexName = "demo", cursor: Cursor = "", limit: Limit = DEFAULT) -> Listed[RestaurantReply]:
        """The restaurants of an index by name; none where it doesn't say whose reviews they are."""
        size, place = checked_limit(limit, service.settings.service), place_of(cursor, "restaurants", str)
        found = known.of(index)
        names, more = page_of("restaurants", found.names, place, size)
        items = [RestaurantReply(id=n, category=found.category(n), passages=len(found.rows(n))) for n in names]
        return Listed(items=items, next=more)

    _add_portraits(api, service)


def _add_portraits(api: FastAPI, service: Service) -> None:
    portraits = Portraits(embedded_classifier)

    @api.get(
        "/v1/restaurants/{name:path}/summary",
        tags=["식당"],
        summary="식당의 요약",
        responses=problems(*_TOLD, body=False),
    )
    def summary(
        name: str,
        index: IndexName = "demo",
        wording: Annotated[
            Literal["written", "counted"],
            Query(description="written: 프로필에 언어 모델이 있으면 그 글로, counted: 늘 세어서 쓴 문장으로"),
        ] = "written",
    ) -> Summary:
        """The reviews of a restaurant in a few sentences, each with the ids of the reviews it rests on.

        The first time for a restaurant takes seconds: its reviews and those of comparable ones are analysed. Where the
        profile has a language model, that words the sentences; where it can't, ``problem`` says why.
        """
        writer = writer_of(service.settings) if wording == "written" else None
        of = service.index(index)
        return (portraits.written(of, name, writer) if writer else portraits.of(of, name)).summary

    @api.get(
        "/v1/restaurants/{name:path}/strengths",
        tags=["식당"],
        summary="식당의 강점과 약점",
        responses=problems(*_TOLD, body=False),
    )
    def strengths(
        name: str,
        index: IndexName = "demo",
        kind: Annotated[Kind, Query(description="많이 말하는 것, 이 집만의 것, 둘 다")] = "both",
        sign: Annotated[Sign, Query(description="positive: 강점, negative: 약점")] = "positive",
    ) -> Strengths:
        """What a restaurant is praised for (or blamed for), beside comparable ones, with the quotes it rests on."""
        found = portraits.of(service.index(index), name)
        return of_kind(found.strengths if sign == "positive" else found.weaknesses, kind)
