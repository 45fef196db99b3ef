"""What the answer before was about, for the question that goes on from it."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.types import COUNTED, Trace


def cited_restaurant(trace: Trace | None) -> str:
    """The restaurant that an answer's first citation is about; empty when there is none."""
    if trace is None or trace.answer is None:
        return ""
    restaurants = {c.passage.id: c.passage.source.restaurant for c in trace.candidates}
    return next((restaurants.get(citation.passage_id, "") for citation in trace.answer.citations), "")


def ranked_restaurants(trace: Trace | None) -> Sequence[str]:
    """The restaurants that the conversation last ranked, in order: those that an answer counts unasked by name."""
    if trace is None or trace.answer is None or trace.understanding is None:
        return ()
    asked = any(chip.kind == "restaurant" for chip in trace.understanding.chips)
    dishes = trace.understanding.figures is not None and trace.understanding.figures.of == "dishes"
    if asked or dishes or trace.answer.kind not in COUNTED:
        return trace.understanding.ranked
    restaurants = {c.passage.id: c.passage.source.restaurant for c in trace.candidates}
    named = (restaurants.get(citation.passage_id) for citation in trace.answer.citations)
    return list(dict.fromkeys(name for name in named if name))
