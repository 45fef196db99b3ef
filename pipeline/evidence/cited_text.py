"""An answer that grows piece by piece, each piece with what it rests on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.passages import PassageStore
from pipeline.types import Citation, Polarity, QuotedOpinion


@dataclass(slots=True)
class CitedText:
    """An answer that grows, with its citations in the order in which the text says them."""

    text: str = ""
    citations: tuple[Citation, ...] = ()

    def add(self, said: str, evidence: Iterable[QuotedOpinion] = (), *, before: str = "\n") -> None:
        """One more piece; ``evidence`` is what it rests on, ``before`` what parts it from the text so far."""
        self.text += (before if self.text else "") + said
        self.citations += tuple(Citation(said, e.passage_id, e.start, e.end) for e in evidence)


def opening(passages: PassageStore, row: int, polarity: Polarity = "neutral") -> QuotedOpinion:
    """A review by the first sentence of its passage."""
    passage = passages[row]
    start, end = next(iter(passages.sentences(row)), (0, len(passage.text)))
    return QuotedOpinion(polarity, passage.id, row, start, end, passage.text[start:end])
