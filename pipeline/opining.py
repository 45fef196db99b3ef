"""A question about aspects of restaurants: whose reviews are counted, one restaurant after the other, then the answer.

Knows where opinions come from only as an OpinionSource.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.evidence.opinions import opinions_answer
from pipeline.passages import PassageStore
from pipeline.protocols import OpinionSource
from pipeline.types import Answer, AspectOpinions, ScoredPassage, Understanding

MOST = 24  # restaurants that are compared where the question names none


def answer_opinions(
    understanding: Understanding,
    candidates: Sequence[ScoredPassage],
    passages: PassageStore,
    source: OpinionSource,
    allowed: NDArray[np.bool_] | None,
) -> Iterator[list[AspectOpinions] | Answer]:
    """What is counted of each restaurant, as it is counted, and last the answer, where there is one.

    *Shape:* ``allowed`` is ``(passages,)``, None when all are.
    """
    names = [value for c in understanding.chips if c.kind == "restaurant" and c.mode == "filter" for value in c.values]
    found: list[list[AspectOpinions]] = []
    looked_at, limited = (list(dict.fromkeys(names)), 0) if names else meant(candidates, passages, allowed)
    for name in looked_at:
        found.append(source.opinions(name, understanding.aspects, allowed))
        yield found[-1]
    answer = opinions_answer(understanding, found, named=bool(names), limited=limited)
    if answer is not None:
        yield answer


def meant(
    candidates: Sequence[ScoredPassage], passages: PassageStore, allowed: NDArray[np.bool_] | None
) -> tuple[list[str], int]:
    """The restaurants that the conditions allow; of more than ``MOST`` those whose reviews were found first, and how
    many these are (0 when they are all).
    """
    codes, values = passages.codes("restaurant")
    there = np.unique(codes if allowed is None else codes[allowed])
    names = [values[code] for code in there.tolist()]
    known = [name for name in names if name]
    if len(known) <= MOST:
        return sorted(known), 0
    first = list(dict.fromkeys(c.passage.source.restaurant for c in candidates if c.passage.source.restaurant))[:MOST]
    return first, len(first)
