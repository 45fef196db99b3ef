"""From an analysed text to the terms that lexical retrieval matches: content morphemes and character bigrams.

Bigrams catch what the analyser splits differently in question and review (new words, typos, missing spaces); the prefix
keeps the two kinds from colliding.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import replace

from pipeline.types import AnalysedText, Query, Term

MORPHEME = "m:"
BIGRAM = "b:"

_LETTERS = re.compile(r"[^\W_]+")


def morpheme_terms(analysed: AnalysedText) -> list[Term]:
    """A term for each content morpheme, in order."""
    return [Term(MORPHEME + m.form, m.start, m.end) for m in analysed.morphemes if m.content]


def bigram_terms(text: str) -> list[Term]:
    """A term for each pair of neighbouring letters or digits; a letter that stands alone gives none."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a few characters (İ) change length when lowered; offsets must keep slicing
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    return [
        Term(BIGRAM + lowered[i : i + 2], i, i + 2)
        for run in _LETTERS.finditer(lowered)
        for i in range(run.start(), run.end() - 1)
    ]


def terms_of(analysed: AnalysedText, *, bigrams: bool = True) -> list[Term]:
    """All terms of a text: morphemes first, then bigrams."""
    return morpheme_terms(analysed) + (bigram_terms(analysed.text) if bigrams else [])


def make_query(analysed: AnalysedText, *, bigrams: bool = True) -> Query:
    """Prepare a question (or any text) for retrieval."""
    return Query(analysed, tuple(terms_of(analysed, bigrams=bigrams)))


def without(query: Query, words: Collection[str], unless: Collection[str]) -> Query:
    """The query without the terms of words that begin an eojeol; as it is where only ``unless`` would be left."""
    text = query.analysed.text
    spans = [
        (m.start, m.end)
        for m in query.analysed.morphemes
        if m.content and m.form in words and (m.start == 0 or text[m.start - 1].isspace())
    ]
    terms = tuple(term for term in query.terms if not any(start <= term.start < end for start, end in spans))
    left = {term.key.removeprefix(MORPHEME) for term in terms if term.key.startswith(MORPHEME)}
    return replace(query, terms=terms) if spans and left - set(unless) else query


def fingerprint(name: str, version: str, *word_lists: Iterable[str]) -> str:
    """The name under which an analyser's results may be kept: it changes with the version and with what is content."""
    words = "\n".join("\t".join(sorted(words)) for words in word_lists)
    return f"{name}-{version}-{hashlib.blake2b(words.encode(), digest_size=4).hexdigest()}"
