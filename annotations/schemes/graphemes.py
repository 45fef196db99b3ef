"""Grapheme clusters: what a reader takes for one character. Spans begin and end between them, never inside one.

A family emoji is up to eleven code points and a decomposed 각 three. Extended clusters as in UAX #29.
"""

from __future__ import annotations

import regex

_CLUSTER = regex.compile(r"\X")


def boundaries(text: str) -> frozenset[int]:
    """Every place (in code points, 0 and the length among them) at which a cluster of ``text`` begins or ends."""
    return frozenset({0, *(match.end() for match in _CLUSTER.finditer(text))})


def widened(text: str, start: int, end: int) -> tuple[int, int]:
    """The shortest span of whole clusters that covers ``text[start:end]``, for a selection that ends inside one."""
    places = boundaries(text)
    return max(place for place in places if place <= start), min(place for place in places if place >= end)


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """``text[start:end]`` without white space at its ends; empty (``start == end``) when there is nothing else.

    ``start`` and ``end`` are cluster boundaries; so are the returned ones: a space that carries a mark stays.
    """
    clusters = [match.span() for match in _CLUSTER.finditer(text, start, end)]
    kept = [span for span in clusters if not text[slice(*span)].isspace()]
    return (kept[0][0], kept[-1][1]) if kept else (start, start)
