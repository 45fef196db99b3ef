"""How single people work: against gold, against themselves, and how fast."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence

from annotations.quality.field_values import closeness, measured, metrics, named, value_of
from annotations.quality.selection import Answer, Chain
from annotations.quality.types import Score, Speed
from annotations.schemes.scheme import Field, Scheme
from annotations.types import Labels

_Z = 1.959964  # the normal distribution's 97.5 % quantile


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Wilson's (1927) 95 % score interval of a proportion; 0 to 1 where there is nothing."""
    if n == 0:
        return 0.0, 1.0
    share, squared = hits / n, _Z * _Z
    middle = (share + squared / (2 * n)) / (1 + squared / n)
    half = _Z / (1 + squared / n) * math.sqrt(share * (1 - share) / n + squared / (4 * n * n))
    # the ends are exact in algebra, not in floating point
    return (middle - half if hits else 0.0), (middle + half if hits < n else 1.0)


def gold_scores(scheme: Scheme, answers: Sequence[Answer]) -> tuple[Score, ...]:
    """Each person's blind answers against the known ones, by field. 판단 불가 to what has a known answer is a miss."""
    known = [(answer, answer.task.gold or {}) for answer in answers]
    # A field that gold leaves out is not known, though for a person's own answer it would mean that there is none.
    return _scores((field, answer, gold) for answer, gold in known for field in measured(scheme) if field.id in gold)


def repeat_scores(scheme: Scheme, repeats: Sequence[Answer], chains: Iterable[Chain]) -> tuple[Score, ...]:
    """Each person's answers to tasks shown again against their own first ones, by field."""
    first = {(c.task.id, c.blind[-1].annotator): c.blind[-1] for c in chains if c.task.repeat_of is None}
    found: list[tuple[Field, Answer, Labels]] = []
    for again in repeats:
        before = first.get((again.task.repeat_of or 0, again.annotation.annotator))
        if before and before.outcome == "labelled":
            found += [(f, again, before.labels) for f in measured(scheme) if named(f, before.labels) is not None]
    return _scores(found)


def _scores(compared: Iterable[tuple[Field, Answer, Labels]]) -> tuple[Score, ...]:
    found: dict[tuple[str, str], list[tuple[bool, float]]] = {}
    for field, answer, expected in compared:
        found.setdefault((answer.annotation.annotator, field.id), []).append(_match(field, answer, expected))
    people = dict.fromkeys(person for person, _ in found)
    fields = dict.fromkeys(id for _, id in found)
    keys = ((person, id) for person in people for id in fields if (person, id) in found)
    return tuple(_score(*key, found[key]) for key in keys)


def _match(field: Field, answer: Answer, expected: Labels) -> tuple[bool, float]:
    given = answer.annotation.labels
    near = closeness(field, given, expected)
    if answer.annotation.outcome != "labelled" or near is None:
        return False, 0.0
    metric = metrics(field)[0]
    return value_of(field, given, metric) == value_of(field, expected, metric), near


def _score(person: str, field: str, matches: Sequence[tuple[bool, float]]) -> Score:
    hits = sum(exact for exact, _ in matches)
    return Score(
        person, field, len(matches), hits, *wilson(hits, len(matches)), statistics.fmean(n for _, n in matches)
    )


def speeds(chains: Iterable[Chain]) -> tuple[Speed, ...]:
    """Seconds of everyone's first answers, gold and repeats included: they are work like any other."""
    first: dict[str, list[float]] = {}
    for chain in chains:
        first.setdefault(chain.revisions[0].annotator, []).append(chain.revisions[0].seconds)
    return tuple(_speed(person, seconds) for person, seconds in first.items())


def _speed(person: str, seconds: Sequence[float]) -> Speed:
    timed = [each for each in seconds if each > 0]
    untimed = len(seconds) - len(timed)
    if not timed:
        return Speed(person, len(seconds), untimed, None, None, None)
    quartiles = statistics.quantiles(timed, n=4, method="inclusive") if len(timed) > 1 else [timed[0]] * 3
    per_hour = 3_600 * len(timed) / math.fsum(timed)
    return Speed(person, len(seconds), untimed, quartiles[1], (quartiles[0], quartiles[2]), per_hour)
