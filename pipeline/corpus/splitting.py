"""Splitting a document into passages on sentence ends. Knows nothing of who finds the sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.types import Document, Passage, Span


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is never cut: a sentence, or a piece (``whole`` is false) of one that is longer than the limit."""

    start: int
    end: int
    whole: bool


def split_document(document: Document, sentences: Sequence[Span], *, limit: int, overlap: int) -> list[Passage]:
    """The passages of a document, in order, each at most ``limit`` characters long.

    A document within the limit is one passage that bears the document's id; the passages of a longer one are
    ``<id>#1``, ``<id>#2``, … They end where sentences end and begin with as many whole sentences of the passage before
    as fit into ``overlap`` characters and leave room for a new one. A sentence longer than the limit is cut at white
    space, or hard where there is none. Only the ends of ``sentences`` are used, so characters between two of them, or
    beyond the last, are not lost.

    Raises:
        ValueError: the limit is not positive, or the overlap not from 0 to below the limit.
    """
    if limit < 1 or not 0 <= overlap < limit:
        raise ValueError(f"limit must be positive and overlap within [0, limit); got limit={limit}, overlap={overlap}")
    name, text = document.source.document_id, document.text
    if len(text) <= limit:
        return [_passage(document, name, 0, len(text))]
    spans = _packed(list(_units(text, sentences, limit)), limit, overlap)
    return [_passage(document, f"{name}#{number}", start, end) for number, (start, end) in enumerate(spans, start=1)]


def _passage(document: Document, name: str, start: int, end: int) -> Passage:
    return Passage(id=name, text=document.text[start:end], source=replace(document.source, start=start, end=end))


def _units(text: str, sentences: Sequence[Span], limit: int) -> Iterator[_Unit]:
    start = 0
    for end in sorted({min(max(end, 0), len(text)) for _, end in sentences} | {len(text)}):
        first, last = _trimmed(text, start, end)
        start = end
        if last - first > limit:
            yield from _pieces(text, first, last, limit)
        elif last > first:
            yield _Unit(first, last, whole=True)


def _trimmed(text: str, start: int, end: int) -> Span:
    """The span without the white space around it."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _pieces(text: str, start: int, end: int, limit: int) -> Iterator[_Unit]:
    """Pieces of one long sentence: as many words as fit, or ``limit`` characters where no white space is found."""
    while end - start > limit:
        # A white space right after the limit still leaves a piece of exactly that length.
        cut = next((place for place in range(start + limit, start, -1) if text[place].isspace()), start + limit)
        yield _Unit(*_trimmed(text, start, cut), whole=False)
        start, _ = _trimmed(text, cut, end)
    yield _Unit(start, end, whole=False)


def _packed(units: Sequence[_Unit], limit: int, overlap: int) -> Iterator[Span]:
    first = 0
    while first < len(units):
        after = first + 1
        while after < len(units) and units[after].end - units[first].start <= limit:
            after += 1
        yield units[first].start, units[after - 1].end
        if after == len(units):
            return
        first = _next_first(units, first, after, limit, overlap)


def _next_first(units: Sequence[_Unit], first: int, after: int, limit: int, overlap: int) -> int:
    """The unit that the next passage begins with: at latest ``after``, the first one not yet in a passage."""
    chosen = after
    for unit in range(after - 1, first, -1):
        fits = units[after - 1].end - units[unit].start <= overlap and units[after].end - units[unit].start <= limit
        if not units[unit].whole or not fits:
            break
        chosen = unit
    return chosen
