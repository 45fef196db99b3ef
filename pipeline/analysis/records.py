"""An analysis as a JSON record and back. Names are those of the label scheme ``review``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.types import Analysis, Opinion, Part, Unanalysed

DIGITS = 4


def to_json(id: str, text: str, found: Analysis | Unanalysed, *, aspects: bool = True) -> dict[str, Any]:
    """One review's record. Spans come with the words they stand for.

    Without ``aspects``, which were not asked for then, there is no ``opinions``; ``intensity`` is null where the
    classifier doesn't tell it.
    """
    record: dict[str, Any] = {"id": id, "classifier": found.classifier, "text": text}
    if isinstance(found, Unanalysed):
        return record | {"error": {"code": found.code, "message": found.ko, "message_en": found.en}}
    record |= {
        "sentiment": found.label,
        "probabilities": _rounded(found.sentiment),
        "intensity": _intensity(found),
        "emotions": list(found.felt),
        "emotion_scores": _rounded(found.emotions),
    }
    if aspects:
        record["opinions"] = [_opinion(text, opinion) for opinion in found.opinions]
    return record | {"sentences": [_part(text, part) for part in found.parts], "note": found.note}


def _rounded(scores: Mapping[Any, float]) -> dict[str, float]:
    return {str(name): round(score, DIGITS) for name, score in scores.items()}


def _intensity(found: Analysis) -> dict[str, Any] | None:
    if not found.intensity:
        return None
    levels = [round(share, DIGITS) for share in found.intensity]
    return {"expected": round(found.expected_intensity, DIGITS), "levels": levels}


def _opinion(text: str, opinion: Opinion) -> dict[str, Any]:
    start, end = opinion.span
    said = {"label": opinion.aspect, "polarity": opinion.polarity, "start": start, "end": end, "quote": text[start:end]}
    return {**said, "score": round(opinion.score, DIGITS)}


def _part(text: str, part: Part) -> dict[str, Any]:
    start, end = part.span
    sentiment = max(part.sentiment, key=part.sentiment.__getitem__)
    said = {"start": start, "end": end, "quote": text[start:end], "sentiment": sentiment}
    return {**said, "probabilities": _rounded(part.sentiment), "intensity": round(part.intensity, DIGITS)}


def from_json(record: Mapping[str, Any]) -> Analysis | Unanalysed:
    """What ``to_json`` made a record of, but for digits that were rounded away.

    Raises:
        KeyError, TypeError: it is no such record.
    """
    if "error" in record:
        error = record["error"]
        return Unanalysed(record["classifier"], error["code"], error["message"], error["message_en"])
    intensity = record["intensity"]
    return Analysis(
        classifier=record["classifier"],
        sentiment=record["probabilities"],
        intensity=tuple(intensity["levels"]) if intensity else (),
        emotions=record["emotion_scores"],
        felt=tuple(record["emotions"]),
        opinions=tuple(_opinion_of(said) for said in record.get("opinions", ())),
        parts=tuple(Part((p["start"], p["end"]), p["probabilities"], p["intensity"]) for p in record["sentences"]),
        note=record["note"],
    )


def _opinion_of(said: Mapping[str, Any]) -> Opinion:
    return Opinion(said["label"], said["polarity"], (said["start"], said["end"]), said["score"])
