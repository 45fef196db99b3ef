"""A question about aspects of restaurants: whose reviews are counted, one restaurant after the other, then the answer.

Knows where opinions come from only as an OpinionSource.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.evidence.cases import cases_answer
from pipeline.evidence.changes import change_answer
from pipeline.evidence.occasions import Mentioned
from pipeline.evidence.opinions import opinions_answer
from pipeline.evidence.overview import overview_answer
from pipeline.filters import recent_rows
from pipeline.passages import PassageStore
from pipeline.protocols import OpinionSource
from pipeline.question.occasions import occasions
from pipeline.question.overview import EVERY, WHOLE
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

    Of restaurants that have no reviews nothing is counted; there is no answer where a question names only such.

    *Shape:* ``allowed`` is ``(passages,)``, None when all are.
    """
    named = [chip for chip in understanding.chips if chip.kind == "restaurant" and chip.mode == "filter"]
    names = [value for chip in named for value in chip.values if value not in chip.unknown]
    if named and not names:
        return
    asked = [] if names else occasions(understanding)
    found: list[list[AspectOpinions]] = []
    mentions: dict[str, list[Mentioned]] = {}
    looked_at, limited = (list(dict.fromkeys(names)), 0) if names else meant(candidates, passages, allowed)
    if understanding.overview:
        yield from _altogether(understanding, looked_at, passages, source, allowed, named=bool(names), limited=limited)
        return
    for name in looked_at:
        found.append(source.opinions(name, understanding.aspects, allowed))
        mentions[name] = [Mentioned(one, source.mentions(name, one.concepts, allowed)) for one in asked]
        yield found[-1]
    answer = opinions_answer(understanding, found, named=bool(names), limited=limited, mentions=mentions)
    if answer is not None:
        yield answer


def _altogether(
    understanding: Understanding,
    names: Sequence[str],
    passages: PassageStore,
    source: OpinionSource,
    allowed: NDArray[np.bool_] | None,
    *,
    named: bool,
    limited: int,
) -> Iterator[list[AspectOpinions] | Answer]:
    """The same for a question about reviews altogether; where it says 요즘, the last months apart from those before."""
    found: list[list[AspectOpinions]] = []
    before: list[AspectOpinions] = []
    lately = _lately(understanding) or understanding.overview == "change"
    since, late = recent_rows(passages, allowed) if lately else ("", allowed)
    for name in names:
        asked = understanding.aspects or ((WHOLE,) if understanding.overview == "change" else (WHOLE, *EVERY))
        found.append(source.opinions(name, asked, late))
        if since and late is not None:
            before += source.opinions(name, (WHOLE,), ~late if allowed is None else allowed & ~late)
        yield found[-1]
    if understanding.aspects:
        answer = cases_answer(understanding, found, limited=limited, since=since)
    elif understanding.overview == "change":
        answer = change_answer(understanding, [told[0] for told in found], before, since, limited)
    else:
        answer = overview_answer(understanding, found, named=named, limited=limited, since=since, before=before)
    yield from [answer] if answer else []


def _lately(understanding: Understanding) -> bool:
    return any(chip.kind == "order" for chip in understanding.chips)


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
