"""The HTTP API put together: routes over one service, problem documents (RFC 9457) for every error."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from app.api.analysing import add_analysing
from app.api.asking import add_asking
from app.api.conversing import add_conversing
from app.api.indexes import add_indexes
from app.api.jobs import add_jobs
from app.api.limiting import BodyLimit
from app.api.records import add_records
from app.api.replies import ProblemDocument
from app.api.restaurants import add_restaurants
from app.api.runs import add_runs
from app.api.uploading import add_uploading
from app.inspecting import add_inspecting
from app.jobs.desk import Desk
from app.problems import handle_errors, refuse_the_rest
from app.reference import reference_page
from app.uploads import Uploads
from pipeline.service import Service

ABOUT = "한국어 맛집 후기에 묻고, 답의 근거를 모두 봅니다. Ask Korean reviews, see everything behind the answer."


def create_api(service: Service) -> FastAPI:
    """The API over a service. ``state.desk`` are its jobs; they are taken up again here, and let go at the end."""
    settings = service.settings.service
    desk = Desk(service.home.root, settings)
    uploads = Uploads(service.home.root, settings.uploads)

    @asynccontextmanager
    async def living(_: FastAPI) -> AsyncIterator[None]:
        yield
        desk.close()

    api = FastAPI(title="한상", version="1", description=ABOUT, docs_url=None, redoc_url=None, lifespan=living)
    api.state.desk = desk
    handle_errors(api)
    add_asking(api, service)
    add_inspecting(api, service)
    add_analysing(api, service)
    add_restaurants(api, service)
    add_records(api, service, desk)
    add_indexes(api, service, desk, uploads)
    add_uploading(api, uploads, desk)
    add_jobs(api, service, desk)
    add_runs(api, service)
    add_conversing(api, service)
    _add_reference(api)
    refuse_the_rest(api)
    api.add_middleware(BodyLimit, settings=settings)
    desk.resume()
    return api


def _add_reference(api: FastAPI) -> None:
    made = api.openapi

    def openapi() -> dict[str, Any]:
        """The document, with the form of all problems, to which the routes point."""
        document = made()
        schema = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
        document["components"]["schemas"].setdefault(ProblemDocument.__name__, schema)
        for unused in ("HTTPValidationError", "ValidationError"):  # FastAPI's form of what is a problem here
            document["components"]["schemas"].pop(unused, None)
        return document

    api.openapi = openapi  # type: ignore[method-assign]

    @api.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(reference_page(api.openapi()))

    @api.get("/livez", tags=["상태"], summary="켜져 있는지")
    def livez() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}
