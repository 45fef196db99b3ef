"""Whether the place on the screen decides which of two answers is preferred.

The order is drawn for each person and task, so that of the answers preferred half should have stood first (left).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from annotations.quality.people import wilson
from annotations.quality.selection import Answer
from annotations.quality.types import Placing
from annotations.schemes.preference import TIE, place_of
from annotations.schemes.scheme import Scheme


def placings(scheme: Scheme, answers: Iterable[Answer]) -> tuple[Placing, ...]:
    """The placing of each field of preference that was answered with one of the two at least once."""
    labels = [each.annotation.labels for each in answers if each.annotation.outcome == "labelled"]
    found = []
    for field in (each for each in scheme.fields if each.kind == "preference"):
        values = [each[field.id] for each in labels if field.id in each]
        counts = Counter(place_of(value) for value in values if isinstance(value, dict))
        first, second = counts["first"], counts["second"]
        if first + second:
            bounds = wilson(first, first + second)
            found.append(Placing(field.id, first, second, counts[TIE], first / (first + second), *bounds))
    return tuple(found)
