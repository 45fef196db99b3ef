"""Uploads over HTTP: files that an index is to be built from."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.requests import ClientDisconnect

from app.api.keyed import EMPTY, IdempotencyKey, once
from app.api.replies import problems
from app.jobs.desk import Desk
from app.refusals import (
    BadKey,
    BadUploadName,
    EmptyUpload,
    KeyBusy,
    KeyReused,
    UploadCut,
    UploadNotFound,
    UploadsFull,
)
from app.uploads import Upload, Uploads
from pipeline.errors.machine import DiskFull, NotWritable

_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "파일 그대로: CSV, TSV, JSONL, Parquet · the file as it is",
        "content": {
            "application/octet-stream": {
                "schema": {"type": "string", "format": "binary"},
                "example": "text,restaurant,rating\n주차가 편해요,숯골갈비,5\n",
            }
        },
    }
}


def add_uploading(api: FastAPI, uploads: Uploads, desk: Desk) -> None:
    """Put the routes into the API."""

    @api.get("/v1/uploads", tags=["색인"], summary="올린 파일", responses=problems(body=False))
    def listed() -> list[Upload]:
        """The files that lie uploaded; ``service.uploads`` at most."""
        return uploads.all()

    @api.put(
        "/v1/uploads/{name}",
        tags=["색인"],
        summary="파일 올리기",
        openapi_extra=_FILE,
        responses=problems(BadUploadName, EmptyUpload, UploadsFull, DiskFull, NotWritable),
    )
    async def keep(name: str, request: Request) -> Upload:
        """Keep a file to be indexed; one of the same name is replaced. Sent twice it is the same once."""
        try:
            return await uploads.keep(name, request.stream())
        except ClientDisconnect:
            raise UploadCut from None

    @api.delete(
        "/v1/uploads/{name}",
        tags=["색인"],
        summary="올린 파일 지우기",
        status_code=204,
        response_class=Response,
        responses=problems(BadUploadName, UploadNotFound, BadKey, KeyReused, KeyBusy, body=False),
    )
    def remove(name: str, request: Request, key: IdempotencyKey = "") -> Response:
        """Remove an uploaded file. Indexes built from it stay."""

        def take_away() -> tuple[int, Any]:
            uploads.remove(name)
            return EMPTY, None

        return once(desk, request, key, None, take_away)
