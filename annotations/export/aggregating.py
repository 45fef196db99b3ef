"""From several people's answers to one field to one value, soft labels and how far they agree. Knows nothing of tasks.

- ``single``: the option with the most votes, None when two share the first place; soft: shares of the votes.
- ``scale``: the median (of an even number the lower of the two in the middle); soft: shares of the votes; the mean too.
- ``multi``: every option that more than half chose, with the mean strength of those who chose it, rounded half up;
  soft: the mean over **all** annotators of strength / highest strength, 0 for those who didn't choose it (a share when
  the field has no strengths). An option that stands ``alone`` gives way when others have a majority too.
- ``spans``: per option the characters that more than half marked, as runs with the polarity most of them gave; a run
  whose polarity is tied is left out, as is white space at its ends. No soft labels.
- ``text``: every text that was given, once. No soft labels.
- ``preference``: like ``single`` over the ids of the two answers and ``tie``.

``agreement`` is the share of answers that are for the value: of the votes for the winner, of those at the median, or,
for ``multi``, the mean over options of the share on the side of the majority.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Any

from annotations.export.types import Aggregate
from annotations.schemes.graphemes import trimmed
from annotations.schemes.preference import TIE
from annotations.schemes.scheme import Field
from annotations.types import LabelValue

Values = Sequence[LabelValue | None]


def aggregate(field: Field, values: Values, text: str, alternatives: Sequence[str] = ()) -> Aggregate:
    """What the answers to a field come to. ``values`` has one for each annotator, None where it was left empty.

    ``alternatives`` are the ids of the two answers that a preference is about.
    """
    return _BY_KIND[field.kind](field, values, text, alternatives)


def majority(votes: Mapping[str, int]) -> str | None:
    """The option with the most votes; None when there is no vote or two share the first place."""
    ranked = sorted(votes.values(), reverse=True)
    if not ranked or ranked[0] == 0 or (len(ranked) > 1 and ranked[0] == ranked[1]):
        return None
    return next(option for option, count in votes.items() if count == ranked[0])


def _voted(options: Iterable[str], votes: Sequence[str]) -> Aggregate:
    counts = dict.fromkeys(options, 0) | dict(Counter(votes))
    winner = majority(counts)
    soft = {option: count / len(votes) for option, count in counts.items()} if votes else None
    return Aggregate(winner, soft, max(counts.values()) / len(votes) if votes else None)


def _single(field: Field, values: Values, text: str, alternatives: Sequence[str]) -> Aggregate:
    return _voted((option.id for option in field.options), [str(value) for value in values if value is not None])


def _scale(field: Field, values: Values, text: str, alternatives: Sequence[str]) -> Aggregate:
    numbers = [value for value in values if isinstance(value, int)]
    if not numbers:
        return Aggregate(None)
    shares = _voted((option.id for option in field.options), [str(number) for number in numbers])
    value = statistics.median_low(numbers)
    return Aggregate(value, shares.soft, numbers.count(value) / len(numbers), statistics.fmean(numbers))


def _multi(field: Field, values: Values, text: str, alternatives: Sequence[str]) -> Aggregate:
    if not values:
        return Aggregate(None)
    chosen = [{str(each["label"]): each for each in _items(value)} for value in values]
    highest = field.strength[1] if field.strength else 1
    soft, kept, sides = {}, [], []
    for option in field.options:
        strengths = [_number(answer[option.id].get("strength", 1)) for answer in chosen if option.id in answer]
        soft[option.id] = math.fsum(strengths) / (highest * len(values))
        share = len(strengths) / len(values)
        sides.append(max(share, 1 - share))
        if share > 0.5:
            strength = math.floor(statistics.fmean(strengths) + 0.5)
            kept.append((option, {"label": option.id} | ({"strength": strength} if field.strength else {})))
    several = len(kept) > 1
    value = [item for option, item in kept if not (several and option.alone)]
    return Aggregate(value, soft, statistics.fmean(sides))


def _spans(field: Field, values: Values, text: str, alternatives: Sequence[str]) -> Aggregate:
    if not values:
        return Aggregate(None)
    marked: dict[str, list[dict[str, Any]]] = {}
    for value in values:
        for span in _items(value):
            marked.setdefault(str(span["label"]), []).append(dict(span))
    order = {option.id: number for number, option in enumerate(field.options)}
    found = [run for label, spans in marked.items() for run in _runs(label, spans, len(values), text)]
    found.sort(key=lambda span: (span["start"], span["end"], order[span["label"]]))
    return Aggregate(found)


def _runs(label: str, spans: Sequence[Mapping[str, Any]], annotators: int, text: str) -> Iterable[dict[str, Any]]:
    """The runs of characters that more than half marked with a label. Nobody marks one twice with the same label."""
    over: Counter[int] = Counter(place for span in spans for place in range(span["start"], span["end"]))
    places = sorted(place for place, count in over.items() if count > annotators / 2)
    # Consecutive places have the same distance to their rank.
    for _, run in groupby(enumerate(places), key=lambda pair: pair[1] - pair[0]):
        members = [place for _, place in run]
        start, end = trimmed(text, members[0], members[-1] + 1)
        votes: Counter[str] = Counter()
        for span in spans:
            votes[span.get("polarity", "")] += max(0, min(end, span["end"]) - max(start, span["start"]))
        polarity = majority(votes)
        if start < end and polarity is not None:
            said = {"polarity": polarity} if polarity else {}
            yield {"label": label, **said, "start": start, "end": end, "quote": text[start:end]}


def _text(field: Field, values: Values, text: str, alternatives: Sequence[str]) -> Aggregate:
    return Aggregate(list(dict.fromkeys(value for value in values if isinstance(value, str))) or None)


def _preference(field: Field, values: Values, text: str, alternatives: Sequence[str]) -> Aggregate:
    votes = [str(value["chosen"]) for value in values if isinstance(value, Mapping)]
    return _voted((*alternatives, TIE), votes)


def _items(value: LabelValue | None) -> Sequence[Mapping[str, object]]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _number(value: object) -> int:
    return value if isinstance(value, int) else 1


_BY_KIND: Mapping[str, Callable[[Field, Values, str, Sequence[str]], Aggregate]] = MappingProxyType(
    {
        "single": _single,
        "scale": _scale,
        "multi": _multi,
        "spans": _spans,
        "text": _text,
        "preference": _preference,
    }
)
