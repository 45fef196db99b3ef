"""Indexes over HTTP: which there are, building one as a job, going back to the former version, dropping one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from app.api.keyed import EMPTY, IdempotencyKey, once
from app.api.opened import checked_indexing
from app.api.paging import DEFAULT, Cursor, Limit, Listed, checked_limit, names_a_page, page_of, place_of
from app.api.replies import problems
from app.bodies import Body
from app.jobs.desk import Desk
from app.jobs.indexing import IndexSpec, documents_of
from app.jobs.telling import of_uploads
from app.jobs.types import Job
from app.refusals import (
    BadCursor,
    BadKey,
    BadUploadName,
    JobsFull,
    KeyBusy,
    KeyReused,
    PageTooLong,
    SettingNotOfIndexes,
    SettingNotOpen,
    UploadNotFound,
)
from app.uploads import Uploads
from pipeline import backends
from pipeline.config import with_overrides
from pipeline.errors.files import FileProblem, MissingColumn
from pipeline.errors.indexes import BadIndexName, IndexDamaged, IndexNotFound, IndexOutdated, IndexVersionNotFound
from pipeline.errors.machine import BackendUnavailable, HomeLocked
from pipeline.errors.settings import BackendNotFound, BadSetting, UnknownSetting
from pipeline.index import Manifest, check_name, composed, current_folder, read_manifest
from pipeline.index_versions import put_in_use, versions_of
from pipeline.service import Service
from pipeline.settings import Settings, options
from pipeline.storing import drop_index

_FORMATS = "auto(확장자로), csv, tsv, jsonl, parquet, squad"
_KEYED = (BadKey, KeyReused, KeyBusy)


class IndexBody(Body):
    """An index to be built from uploaded files."""

    name: str = Field(max_length=200, description="색인의 이름", examples=["우리동네"])
    files: list[str] = Field(min_length=1, max_length=100, description="올린 파일의 이름들", examples=[["후기.csv"]])
    format: str = Field("auto", max_length=20, description=_FORMATS)
    columns: dict[str, str] = Field(default_factory=dict, description='열 이름으로 알 수 없을 때. 예) {"text": "본문"}')
    restaurants: str = Field("", max_length=200, description="식당 정보 파일(올린 파일의 이름)")
    restaurant: str = Field("", max_length=200, description="가게 이름이 없는 후기의 가게")
    tokenizers: list[str] = Field(default_factory=list, max_length=10, description="더할 분석기", examples=[["okt"]])
    set: dict[str, Any] = Field(
        default_factory=dict, description="색인 설정(indexing.)", examples=[{"indexing.k1": 1.5}]
    )
    force: bool = Field(False, strict=True, description="바뀐 것이 없어도 다시")


class IndexReply(BaseModel):
    """An index: the manifest of the version in use, and the versions it can be set to, the newest first."""

    index: Manifest
    versions: list[str] = Field(examples=[["20261122T090000000000", "20261121T090000000000"]])


class VersionBody(Body):
    """The version of an index that is to answer."""

    version: str = Field(max_length=100, examples=["20261121T090000000000"])


def add_indexes(api: FastAPI, service: Service, desk: Desk, uploads: Uploads) -> None:
    """Put the routes into the API."""
    root = service.home.indexes

    @api.get("/v1/indexes", tags=["색인"], summary="색인 목록", responses=problems(BadCursor, PageTooLong, body=False))
    def indexes(request: Request, cursor: Cursor = "", limit: Limit = DEFAULT) -> list[Manifest] | Listed[Manifest]:
        """The indexes that can be asked, by name: a page of them.

        Without ``cursor`` and ``limit`` it is all of them, as an array.
        """
        size, place = checked_limit(limit, service.settings.service), place_of(cursor, "indexes", str)
        found = service.indexed()
        if not names_a_page(request):
            return list(found.values())
        names, more = page_of("indexes", list(found), place, size)
        return Listed(items=[found[name] for name in names], next=more)

    @api.get(
        "/v1/indexes/{name}",
        tags=["색인"],
        summary="색인 하나와 그 판들",
        responses=problems(IndexNotFound, IndexDamaged, IndexOutdated, body=False),
    )
    def index(name: str) -> IndexReply:
        """An index and its versions."""
        manifest = read_manifest(current_folder(root, name))
        return IndexReply(index=manifest, versions=list(versions_of(root, name)))

    _add_changing(api, service, desk)
    _add_building(api, service, desk, uploads)


def _add_changing(api: FastAPI, service: Service, desk: Desk) -> None:
    root = service.home.indexes

    @api.put(
        "/v1/indexes/{name}/current",
        tags=["색인"],
        summary="색인의 판 바꾸기",
        responses={
            200: {"model": Manifest},
            **problems(IndexNotFound, IndexVersionNotFound, IndexDamaged, IndexOutdated, HomeLocked, *_KEYED),
        },
    )
    def swap(name: str, body: VersionBody, request: Request, key: IdempotencyKey = "") -> Response:
        """Let another version of an index answer, such as the one before. Answers under way finish with theirs."""
        return once(desk, request, key, body.model_dump(), lambda: (200, asdict(put_in_use(root, name, body.version))))

    @api.delete(
        "/v1/indexes/{name}",
        tags=["색인"],
        summary="색인 지우기",
        status_code=204,
        response_class=Response,
        responses=problems(IndexNotFound, HomeLocked, *_KEYED, body=False),
    )
    def remove(name: str, request: Request, key: IdempotencyKey = "") -> Response:
        """Drop an index with all its versions. Stored answers stay; answers under way finish."""

        def drop() -> tuple[int, Any]:
            drop_index(root, name)
            service.forget(name)
            return EMPTY, None

        return once(desk, request, key, None, drop)


def _add_building(api: FastAPI, service: Service, desk: Desk, uploads: Uploads) -> None:
    @api.post(
        "/v1/indexes",
        tags=["색인"],
        summary="색인 만들기(작업)",
        status_code=202,
        responses={
            202: {"model": Job},
            **problems(
                BadIndexName, BadUploadName, UploadNotFound, FileProblem, MissingColumn, UnknownSetting, BadSetting,
                SettingNotOpen, SettingNotOfIndexes, BackendNotFound, BackendUnavailable, JobsFull, *_KEYED,
            ),
        },
    )  # fmt: skip
    def build(body: IndexBody, request: Request, key: IdempotencyKey = "") -> Response:
        """Build an index from uploaded files, as a job: ``/v1/jobs/{id}`` says how far it is.

        Until it is done the former version answers; then the new one does, at once. Files and settings are looked at
        before this replies.
        """

        def begin() -> tuple[int, Any]:
            spec = spec_of(body, service, uploads)
            return 202, asdict(desk.runner.submit("index", spec.name, asdict(spec)))

        return once(desk, request, key, body.model_dump(), begin)


def spec_of(body: IndexBody, service: Service, uploads: Uploads) -> IndexSpec:
    """What is to be built, looked at before anything slow begins.

    Raises:
        HansangError: a name, a file, a column or a setting can't be used.
    """
    name = composed(body.name)
    check_name(name)
    settings = with_overrides(service.settings, checked_indexing(service.settings, body.set), indexing=True)
    defaults = {option.name: option.value for option in options(Settings())}
    for tokenizer in body.tokenizers:
        backends.load("tokenizer", tokenizer)
    backends.load("encoder", settings.encoder)
    spec = IndexSpec(
        home=str(service.home.root.resolve()),
        name=name,
        files=tuple(str(uploads.find(file).resolve()) for file in body.files),
        settings={o.name: o.value for o in options(settings) if o.value != defaults[o.name]},
        format=body.format,
        columns=body.columns,
        restaurants=str(uploads.find(body.restaurants).resolve()) if body.restaurants else "",
        restaurant=body.restaurant,
        tokenizers=tuple(body.tokenizers),
        force=body.force,
    )
    with of_uploads():
        documents_of(spec)
    return spec
