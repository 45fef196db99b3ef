"""Reviews analysed over HTTP, one or many at once, by the classifier that ships."""

from __future__ import annotations

from typing import Annotated, Any, Self

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.api.replies import problems
from app.bodies import Body
from app.problems import MalformedRequest
from app.refusals import BatchTooLarge, ReviewTooLong
from pipeline.analysis.records import to_json
from pipeline.errors.machine import BackendUnavailable
from pipeline.restaurants.opinions import embedded_classifier
from pipeline.service import Service

REVIEW = "맛은 있는데 웨이팅이 두 시간이라 다시는 안 가요."
TEXT_LIMIT = 100_000  # characters; the classifier says `cut` where it reads a part only


Review = Annotated[str, Field(max_length=TEXT_LIMIT)]


class AnalyzeBody(Body):
    """One review (``text``) or several (``texts``)."""

    text: str | None = Field(None, max_length=TEXT_LIMIT, description="후기 하나", examples=[REVIEW])
    texts: list[Review] | None = Field(
        None, min_length=1, max_length=10_000, description="후기 여럿(service.batch건까지)"
    )
    aspects: bool = Field(True, strict=True, description="속성까지(형태소 분석이 들어 느림)")

    @model_validator(mode="after")
    def _brings_one(self) -> Self:
        if (self.text is None) == (self.texts is None):
            ko, en = "text와 texts 가운데 하나만 주세요", "give either text or texts"
            raise MalformedRequest(where="body", why=ko, why_en=en)
        return self


class AnalysisReply(BaseModel):
    """What a review judges and feels, as ``hansang analyze`` writes it; or ``error`` where nothing could be made of it.

    The other fields are named in ``docs/formats.md``.
    """

    model_config = ConfigDict(extra="allow")

    id: str = Field(description="몇 번째 후기인가(1부터)", examples=["1"])
    classifier: str = Field(examples=["linear"])
    text: str = Field(examples=[REVIEW])
    sentiment: str | None = Field(None, examples=["negative"])
    probabilities: dict[str, float] | None = Field(None, examples=[{"positive": 0.1, "negative": 0.7}])
    emotions: list[str] | None = Field(None, examples=[["annoyed"]])
    error: dict[str, str] | None = None


class AnalysesReply(BaseModel):
    """The analyses, in the order of the reviews."""

    results: list[AnalysisReply]


def add_analysing(api: FastAPI, service: Service) -> None:
    """Put the route into the API."""

    @api.post(
        "/v1/analyze",
        tags=["후기"],
        summary="후기 분석",
        responses=problems(BatchTooLarge, ReviewTooLong, BackendUnavailable),
        response_model_exclude_unset=True,
    )
    def analyze(body: AnalyzeBody) -> AnalysesReply:
        """Sentiment, intensity, emotions and aspects. A review of which nothing can be made has ``error`` instead."""
        texts = [body.text] if body.text is not None else body.texts or []
        limit = service.settings.service.batch
        if len(texts) > limit:
            raise BatchTooLarge(given=len(texts), limit=limit)
        most = service.settings.service.review_chars
        for number, text in enumerate(texts, start=1):
            if len(text) > most:
                raise ReviewTooLong(number=number, length=len(text), limit=most)
        found = embedded_classifier().classify(texts, aspects=body.aspects)
        records: list[dict[str, Any]] = [
            to_json(str(number), text, one, aspects=body.aspects)
            for number, (text, one) in enumerate(zip(texts, found, strict=True), start=1)
        ]
        return AnalysesReply(results=[AnalysisReply(**record) for record in records])
