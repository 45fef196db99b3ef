"""From letters of a batch back to characters of a text, for those few that are shown."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import pairwise

import regex

from pipeline.analysis.letters import Letters, plain
from pipeline.analysis.pieces import Pieces
from pipeline.types import Span

_CLUSTER = regex.compile(r"\X")


def sentence_spans(text: str, found: Letters, sentences: Pieces, rows: Sequence[int]) -> list[Span]:
    """Where the sentences ``rows`` of a batch, all of one text, stand in that text, without white space around."""
    firsts = [int(found.origin[sentences.starts[sentences.texts[row]]]) for row in rows]
    where = places(text)
    size = len(plain(text))
    bounds = [max(0, first) for first in firsts] + [size]
    spans = []
    for begin, end in pairwise(bounds):
        start, stop = (begin, end) if where is None else (where[begin], where[end])
        spans.append(_trimmed(text, start, stop))
    return spans


def _trimmed(text: str, start: int, stop: int) -> Span:
    while start < stop and text[start].isspace():
        start += 1
    while stop > start and text[stop - 1].isspace():
        stop -= 1
    return start, stop


def places(text: str) -> list[int] | None:
    """For each character of ``plain(text)``, and its end, the character of ``text`` it comes from; None: the same."""
    if len(plain(text)) == len(text) and unicodedata.is_normalized("NFC", text):
        return None
    where = []
    for cluster in _CLUSTER.finditer(text):
        where += [cluster.start()] * len(plain(cluster[0]))
    return [*where, len(text)]
