"""From all weights that a fit gives to those that are shipped: the worthiest n-grams, in bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from pipeline.analysis import tables
from pipeline.analysis.grams import Hashes
from pipeline.analysis.model import Scored
from pipeline.protocols import FloatArray

Form = Literal["whole", "pruned", "stored"]
FORMS: tuple[Form, ...] = get_args(Form)
"""All grams in 32 bits; the worthiest in 32 bits; those in 8 bits, as they are shipped."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a fit gives. ``worth`` says which grams to keep, ``size`` how many; those that are worth nothing never are.

    *Shape:* ``known``, ``squares``, ``worth`` ``(grams,)``, ``weights`` ``(grams, scores)``, ``intercepts``, ``signs``
    ``(scores,)``.
    """

    known: Hashes
    weights: FloatArray
    squares: FloatArray
    worth: FloatArray
    intercepts: FloatArray
    signs: FloatArray
    size: int

    def scored(self, form: Form = "stored") -> Scored:
        """A table of that form, to score with."""
        size = len(self.known) if form == "whole" else self.size
        kept = np.sort(np.argsort(-self.worth, kind="stable")[:size])
        kept = kept[self.worth[kept] > 0]
        table = tables.make(self.known[kept], self.weights[kept], self.squares[kept])
        if form == "stored":
            table = tables.unpack(tables.pack(table))
        return Scored(table, self.intercepts, self.signs)
