"""Which characters of a passage to mark: those that match the question, and those that the answer cites."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence

from app.chat.text import attributes, escape
from pipeline.errors.base import HansangError
from pipeline.service import Service
from pipeline.types import Citation, ScoredPassage, Span, Trace

_WORD = re.compile(r"[^\W_]{2,}")


def matched_spans(service: Service, trace: Trace, candidates: Iterable[ScoredPassage]) -> dict[str, list[Span]]:
    """Where each passage has what the question's content morphemes say, by passage id.

    As a morpheme of its own, or inside a longer word (주차 in 공영주차장), which bigrams match. When the index is
    gone or no longer holds the passage as it was, the question's words are looked for as typed.
    """
    text = trace.understanding.search_text if trace.understanding else trace.question.text
    try:
        rag = service.rag(trace.index, {"tokenizer": str(trace.settings["tokenizer"])})
    except HansangError:  # a stored answer outlives its index
        return {c.passage.id: word_spans(text, c.passage.text) for c in candidates}
    content = [m for m in next(iter(rag.tokenizer.analyse([text]))).morphemes if m.content]
    forms, typed = {m.form for m in content}, " ".join(text[m.start : m.end] for m in content)
    found = {}
    for passage in (candidate.passage for candidate in candidates):
        row = rag.index.passages.rows.get(passage.id)
        if row is None or rag.index.passages[row].text != passage.text:
            found[passage.id] = word_spans(text, passage.text)
        else:
            morphemes = [(m.start, m.end) for m in rag.terms.morphemes(row) if m.content and m.form in forms]
            found[passage.id] = morphemes + word_spans(typed, passage.text)
    return found


def word_spans(question: str, text: str) -> list[Span]:
    """Where a text has the words of a question as they were typed."""
    words = sorted(set(_WORD.findall(question)), key=len, reverse=True)
    return [m.span() for m in re.finditer("|".join(map(re.escape, words)), text)] if words else []


def citations_by_passage(citations: Sequence[Citation]) -> dict[str, list[int]]:
    """The numbers (from 0) of the citations that rest on each passage."""
    found: dict[str, list[int]] = {}
    for number, citation in enumerate(citations):
        found.setdefault(citation.passage_id, []).append(number)
    return found


def marked_text(text: str, matched: Iterable[Span], cited: Mapping[int, Span]) -> str:
    """A passage's text as HTML, matches in ``<mark>``, cited characters in spans that name their citations.

    Spans may overlap and may reach beyond the text; the text itself is never changed.
    """
    matches = [_clip(span, text) for span in matched]
    cites = {number: _clip(span, text) for number, span in cited.items()}
    bounds = sorted({0, len(text), *(b for span in (*matches, *cites.values()) for b in span)})
    pieces = []
    for start, end in itertools.pairwise(bounds):
        piece = escape(text[start:end])
        if any(a <= start and end <= b for a, b in matches):
            piece = f"<mark>{piece}</mark>"
        numbers = [n for n, (a, b) in cites.items() if a <= start and end <= b]
        if numbers:
            piece = f"<span{attributes(class_='quote', data_cites=' '.join(map(str, numbers)))}>{piece}</span>"
        pieces.append(piece)
    return "".join(pieces)


def _clip(span: Span, text: str) -> Span:
    start = min(max(span[0], 0), len(text))
    return start, min(max(span[1], start), len(text))
