"""An answer that grows piece by piece, each piece with what it rests on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.types import Citation, QuotedOpinion


@dataclass(slots=True)
class CitedText:
    """An answer that grows, with its citations in the order in which the text says them."""

    text: str = ""
    citations: tuple[Citation, ...] = ()

    def add(self, said: str, evidence: Iterable[QuotedOpinion] = (), *, before: str = "\n") -> None:
        """One more piece; ``evidence`` is what it rests on, ``before`` what parts it from the text so far."""
        self.text += (before if self.text else "") + said
        self.citations += tuple(Citation(said, e.passage_id, e.start, e.end) for e in evidence)
