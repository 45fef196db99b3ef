"""Which candidates go into the prompt: the first of those that were found, and whatever an answer cites beyond them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from pipeline.settings import Settings
from pipeline.types import Answer, ScoredPassage, Understanding


def mark_prompt(
    candidates: tuple[ScoredPassage, ...], understanding: Understanding, settings: Settings
) -> tuple[ScoredPassage, ...]:
    """The candidates with the first ``k`` marked for the prompt.

    Unless the question names restaurants, one restaurant takes at most ``spread`` places, so that a question about many
    is answered from several. A text that has a place already (a review posted twice) takes none. A question that names
    conditions only gets the newest of what meets them, whoever it is about.
    """
    listing = understanding.shape == "list"
    named = any(chip.kind == "restaurant" and chip.mode == "filter" for chip in understanding.chips)
    limit = settings.retrieval.spread if settings.retrieval.spread and not named and not listing else len(candidates)
    taken: Counter[str] = Counter()
    texts: set[str] = set()
    marked, room = list(candidates), settings.retrieval.k
    for place in newest_first(candidates) if listing else range(len(candidates)):
        if not room:
            break
        candidate = candidates[place]
        restaurant = candidate.passage.source.restaurant
        new = candidate.passage.text not in texts
        if new and (not restaurant or taken[restaurant] < limit):
            room -= 1
            texts.add(candidate.passage.text)
            taken[restaurant] += 1
            marked[place] = replace(candidate, in_prompt=True)
    return tuple(marked)


def newest_first(candidates: Sequence[ScoredPassage]) -> list[int]:
    """The places of the candidates by date, the newest first; those of a day, and those without one, in their order."""
    return sorted(range(len(candidates)), key=lambda place: candidates[place].passage.source.date, reverse=True)


def mark_cited(candidates: tuple[ScoredPassage, ...], answer: Answer) -> tuple[ScoredPassage, ...]:
    """The candidates with those that the answer cites in the prompt: a count looks beyond the first ``k``.

    Those for which a language model's prompt had no room are not in it.
    """
    cited = {citation.passage_id for citation in answer.citations}
    held = {
        c.passage.id: (c.in_prompt and c.passage.id not in answer.left_out) or c.passage.id in cited for c in candidates
    }
    return tuple(
        replace(c, in_prompt=held[c.passage.id]) if held[c.passage.id] != c.in_prompt else c for c in candidates
    )
