"""How far the right passage moves when the same question is written otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.evaluation.variants import KINDS, variants
from pipeline.service import Request, Service
from pipeline.tokenizers.kiwi import KiwiTokenizer
from pipeline.types import Sample


@dataclass(frozen=True, slots=True)
class Moved:
    """How far the best right passage moved under a variant. A rank of 0: it is no candidate."""

    kind: str
    text: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Robustness:
    """What a kind of variant did over many questions: how many, how often the right passage fell out of the first k.

    ``kept`` is the share of those that had it there before; None where none had.
    """

    kind: str
    questions: int
    kept: float | None
    lost: int
    gained: int
    mean_reciprocal_before: float
    mean_reciprocal_after: float


def robustness(moves: Sequence[Moved], k: int) -> list[Robustness]:
    """The moves by kind, in the order of ``KINDS``."""
    made = []
    for kind in KINDS:
        found = [move for move in moves if move.kind == kind]
        if not found:
            continue
        before, after = [0 < m.before <= k for m in found], [0 < m.after <= k for m in found]
        lost = sum(b and not a for b, a in zip(before, after, strict=True))
        gained = sum(a and not b for b, a in zip(before, after, strict=True))
        made.append(
            Robustness(
                kind,
                len(found),
                1 - lost / sum(before) if any(before) else None,
                lost,
                gained,
                _reciprocal([m.before for m in found]),
                _reciprocal([m.after for m in found]),
            )
        )
    return made


def _reciprocal(ranks: Sequence[int]) -> float:
    return sum(1 / rank for rank in ranks if rank) / len(ranks)


def move(service: Service, sample: Sample, request: Request, kiwi: KiwiTokenizer) -> list[Moved]:
    """Ask every variant of a question with right passages, and say where the best of them stands now and then.

    Raises:
        HansangError: the question can't be asked.
    """
    before = _best_rank(service, sample, sample.question.text, request)
    return [
        Moved(variant.kind, variant.text, before, _best_rank(service, sample, variant.text, request))
        for variant in variants(sample.question.text, kiwi)
    ]


def _best_rank(service: Service, sample: Sample, text: str, request: Request) -> int:
    """The place (from 1) of the best right passage among the candidates; 0 when it is none."""
    wanted = set(sample.passage_ids)
    *_, trace = service.ask(replace(request, question=text, answer=False, keep=False))
    found = (
        place
        for place, c in enumerate(trace.candidates, start=1)
        if c.passage.id in wanted or c.passage.source.document_id in wanted
    )
    return next(found, 0)
