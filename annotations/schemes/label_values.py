"""The value of one field against its definition, kind by kind. What comes back is in canonical order.

Values arrive from browsers and files, so nothing is taken for granted: every wrong type is a BadLabels that names the
field, the value and what is allowed.
"""

from __future__ import annotations

import re
import reprlib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from annotations.schemes.graphemes import boundaries, trimmed
from annotations.schemes.preference import TIE, alternatives
from annotations.schemes.scheme import Field, Option
from annotations.types import LabelValue
from pipeline.errors.schemes import BadLabels

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff]")
_SURROGATES = re.compile("[\ud800-\udfff]")

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 60

Item = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Place:
    """A field of one task: what its value is checked against."""

    field: Field
    text: str
    context: Mapping[str, object]

    def refused(self, value: object, problem: str, problem_en: str, allowed: str, allowed_en: str = "") -> BadLabels:
        """The error for this field, to be raised."""
        return BadLabels(
            field=self.field.id,
            title=self.field.title.ko,
            title_en=self.field.title.en,
            problem=problem,
            problem_en=problem_en,
            value=shortened(value),
            allowed=allowed,
            allowed_en=allowed_en or allowed,
        )

    def option_of(self, value: object, options: tuple[Option, ...]) -> Option:
        """The option that ``value`` names."""
        found = next((option for option in options if option.id == value), None) if isinstance(value, str) else None
        if found is None:
            ids = ", ".join(option.id for option in options)
            raise self.refused(value, "선택지에 없습니다", "it isn't one of the options", ids)
        return found

    def items_of(self, value: object, keys: tuple[str, ...]) -> list[Item]:
        """``value`` as a list of objects that have exactly ``keys``."""
        shape, names = f"[{{{', '.join(keys)}}}, …]", set(keys)
        if not isinstance(value, list | tuple):
            raise self.refused(value, "목록이 아닙니다", "it isn't a list", shape)
        for item in value:
            if not isinstance(item, Mapping) or set(item) != names:
                raise self.refused(item, "항목의 모양이 다릅니다", "an item has another shape", shape)
        return list(value)


def shortened(value: object) -> str:
    """``value`` for reading, cut so that a message stays a message."""
    return _SHORT.repr(value)


def checked(place: Place, value: object) -> LabelValue | None:
    """``value`` in canonical form; None when it says that the field is empty (no item, nothing but white space)."""
    return _CHECKS[place.field.kind](place, value)


def _single(place: Place, value: object) -> LabelValue:
    return place.option_of(value, place.field.options).id


def _scale(place: Place, value: object) -> LabelValue:
    low, high = place.field.options[0].id, place.field.options[-1].id
    return _whole(
        place, value, int(low), int(high), "척도를 벗어났거나 정수가 아닙니다", "it is off the scale or not whole"
    )


def _whole(place: Place, value: object, low: int, high: int, problem: str, problem_en: str) -> int:
    # A bool is an int to Python and NaN compares false with everything: only a plain int passes.
    if type(value) is int and low <= value <= high:
        return value
    raise place.refused(value, problem, problem_en, f"{low}–{high}", f"whole numbers from {low} to {high}")


def _multi(place: Place, value: object) -> LabelValue | None:
    options, strength = place.field.options, place.field.strength
    found: dict[str, dict[str, object]] = {}
    for item in place.items_of(value, ("label", "strength") if strength else ("label",)):
        option = place.option_of(item["label"], options)
        if option.id in found:
            raise place.refused(
                item, "같은 선택지가 두 번 있습니다", "an option occurs twice", "하나씩", "each one once"
            )
        found[option.id] = {"label": option.id}
        if strength:
            weight = _whole(
                place, item["strength"], *strength, "세기가 범위를 벗어났습니다", "the strength is out of range"
            )
            # An option that stands alone (없음) says that there is nothing to weigh.
            found[option.id]["strength"] = strength[0] if option.alone else weight
    for option in options:
        if option.alone and option.id in found and len(found) > 1:
            raise place.refused(
                value,
                f"'{option.ko}'은(는) 다른 것과 함께 고를 수 없습니다",
                f"'{option.en}' can't be chosen with others",
                f"{option.id} 하나, 또는 그것 없이",
                f"{option.id} alone, or the others without it",
            )
    return [found[option.id] for option in options if option.id in found] or None


def _spans(place: Place, value: object) -> LabelValue | None:
    polarities = place.field.polarities
    keys = ("label", "polarity", "start", "end", "quote") if polarities else ("label", "start", "end", "quote")
    items = place.items_of(value, keys)
    places = boundaries(place.text) if items else frozenset()
    spans = [_span(place, item, places) for item in items]
    order = {option.id: number for number, option in enumerate(place.field.options)}
    spans.sort(key=lambda span: (span.start, span.end, order[span.label]))
    _refuse_overlaps(place, spans)
    return [span.stored() for span in spans] or None


@dataclass(frozen=True, slots=True)
class _Span:
    label: str
    polarity: str
    start: int
    end: int
    quote: str

    def stored(self) -> dict[str, object]:
        polarity = {"polarity": self.polarity} if self.polarity else {}
        return {"label": self.label, **polarity, "start": self.start, "end": self.end, "quote": self.quote}


def _span(place: Place, item: Item, places: frozenset[int]) -> _Span:
    label = place.option_of(item["label"], place.field.options).id
    polarity = place.option_of(item["polarity"], place.field.polarities).id if place.field.polarities else ""
    outside = ("구간이 글을 벗어났거나 정수가 아닙니다", "the span leaves the text or isn't whole")
    start = _whole(place, item["start"], 0, len(place.text), *outside)
    end = _whole(place, item["end"], 0, len(place.text), *outside)
    if start >= end:
        raise place.refused(item, "구간이 비었습니다", "the span is empty", "start < end")
    if place.text[start:end] != item["quote"]:
        there = shortened(place.text[start:end])
        raise place.refused(
            item, "인용이 글의 그 자리와 다릅니다", "the quote isn't what stands there", f"quote = {there}"
        )
    if start not in places or end not in places:
        raise place.refused(
            item,
            "구간이 한 글자(묶음 이모지나 풀어 쓴 한글 포함)의 가운데를 자릅니다",
            "the span cuts through a character (an emoji of several parts, a decomposed syllable)",
            "글자와 글자 사이",
            "boundaries between characters",
        )
    start, end = trimmed(place.text, start, end)
    if start == end:
        raise place.refused(
            item, "구간에 빈칸뿐입니다", "the span is white space only", "글자가 있는 구간", "a span with words"
        )
    return _Span(label, polarity, start, end, place.text[start:end])


def _refuse_overlaps(place: Place, spans: list[_Span]) -> None:
    last: dict[str, _Span] = {}
    for span in spans:
        before = last.get(span.label)
        if before and span.start < before.end:
            raise place.refused(
                span.stored(),
                f"같은 선택지의 구간이 겹칩니다({before.start}–{before.end})",
                f"spans of one option overlap ({before.start} to {before.end})",
                f"start ≥ {before.end}",
            )
        last[span.label] = span


def _text(place: Place, value: object) -> LabelValue | None:
    limit = place.field.max_length
    if not isinstance(value, str):
        raise place.refused(
            value, "글이 아닙니다", "it isn't text", f"{limit:,}자까지의 글", f"text of up to {limit:,}"
        )
    if _SURROGATES.search(value):
        raise place.refused(
            value, "깨진 글자가 있습니다", "it has broken characters", "온전한 유니코드", "valid Unicode"
        )
    unbroken = _CONTROLS.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    # NFC, because a Mac may hand Hangul in as jamo; stripped last, so that doing it again changes nothing.
    text = unicodedata.normalize("NFC", unbroken).strip()
    if len(text) > limit:
        raise place.refused(
            text,
            f"글이 {len(text):,}자입니다",
            f"it has {len(text):,} characters",
            f"{limit:,}자까지",
            f"up to {limit:,}",
        )
    return text or None


def _preference(place: Place, value: object) -> LabelValue:
    ids = set(alternatives(place.context, place.field.needs) or ())
    allowed = f"{{chosen: {' | '.join([*sorted(ids), TIE])}, shown: [{', '.join(sorted(ids))}]}}"
    if not isinstance(value, Mapping) or set(value) != {"chosen", "shown"}:
        raise place.refused(value, "모양이 다릅니다", "it has another shape", allowed)
    shown, answer = value["shown"], value["chosen"]
    strings = isinstance(shown, list | tuple) and all(isinstance(id, str) for id in shown)
    if not strings or len(shown) != len(ids) or set(shown) != ids:
        raise place.refused(shown, "보여 준 두 답변이 아닙니다", "these aren't the two answers", allowed)
    if not isinstance(answer, str) or answer not in ids | {TIE}:
        raise place.refused(answer, "선택지에 없습니다", "it isn't one of the options", allowed)
    return {"chosen": answer, "shown": list(shown)}


_CHECKS: Mapping[str, Callable[[Place, object], LabelValue | None]] = MappingProxyType(
    {
        "single": _single,
        "scale": _scale,
        "multi": _multi,
        "spans": _spans,
        "text": _text,
        "preference": _preference,
    }
)
