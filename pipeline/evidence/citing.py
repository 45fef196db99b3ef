"""A language model's reply as sentences with citations: the numbers it gives resolved to passages, each sentence held
against what it cites. Knows nothing of where the reply comes from.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.evidence.citations import Fault, faults
from pipeline.passages import PassageStore
from pipeline.protocols import Tokenizer
from pipeline.terms import bigram_terms
from pipeline.types import Citation, Doubt, Passage, ScoredPassage, Span

UNLIKE = 0.12  # share of a sentence's letter pairs that its source must have at least, if it has none of its words
WIDER = 0.15  # what a second sentence of the source must add to be part of the span
_RANGE_MOST = 20

_MARK = re.compile(
    r"[ \t]*[\[【［]\s*(?:출처|후기|리뷰|근거|번호|[Ss]ources?)?\s*[:：]?\s*"
    r"(?P<numbers>\d{1,4}(?:\s*[,，·、~–-]\s*\d{1,4})*)\s*번?\s*[\]】］]"
)
_COMING = re.compile(r"[ \t]*[\[【［](?:[^\]】］\n]{0,24}|[^\]】］]{0,8})$")  # a mark that may still be under way
_NUMBERS = re.compile(r"(?P<first>\d+)(?:\s*[~–-]\s*(?P<last>\d+))?")


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply without its marks, and where each stood in that text: ``(place, number)``, numbers from 1."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()


def read_reply(raw: str, *, coming: bool = False) -> Reply:
    """The reply without its marks: ``[1]``, ``[1, 3]``, ``[2-4]``, ``【1】``, ``[출처 1]``.

    While it is still ``coming``, an end that may become a mark isn't part of it yet.
    """
    if coming:
        raw = _COMING.sub("", raw)
    pieces: list[str] = []
    marks: list[tuple[int, int]] = []
    length = cursor = 0
    for hit in _MARK.finditer(raw):
        pieces.append(raw[cursor : hit.start()])
        length += hit.start() - cursor
        cursor = hit.end()
        marks += [(length, number) for number in _numbers(hit["numbers"])]
    text = "".join([*pieces, raw[cursor:]])
    skipped = len(text) - len(text.lstrip())
    text = text.strip()
    return Reply(text, tuple((min(max(0, place - skipped), len(text)), number) for place, number in marks))


def _numbers(text: str) -> Iterator[int]:
    for hit in _NUMBERS.finditer(text):
        first, last = int(hit["first"]), int(hit["last"] or hit["first"])
        yield from range(first, last + 1) if first <= last < first + _RANGE_MOST else (first, last)


def sentences(text: str, tokenizer: Tokenizer) -> list[Span]:
    """The sentences of a text: a line's end ends one, too. Pieces without a letter or digit go with the one before."""
    spans: list[Span] = []
    lines = [(hit.start(), hit.group()) for hit in re.finditer(r"[^\n]+", text)]
    for (offset, line), analysed in zip(lines, tokenizer.analyse([line for _, line in lines]), strict=True):
        first = True
        for start, end in analysed.sentences or ((0, len(line)),):
            if not first and not any(c.isalnum() for c in line[start:end]):
                spans[-1] = (spans[-1][0], offset + end)
            elif line[start:end].strip():
                spans.append(_trimmed(text, offset + start, offset + end))
                first = False
    return spans


def _trimmed(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))


def cited(reply: Reply, spans: Sequence[Span]) -> list[tuple[str, tuple[int, ...]]]:
    """Each sentence with the numbers it cites. A mark belongs to the sentence before it; one that opens a line
    (``[1] 문장``), to the one after.
    """
    numbers: list[list[int]] = [[] for _ in spans]
    for place, number in reply.marks:
        opens = not reply.text[:place].rpartition("\n")[2].strip()
        if opens:
            owner = next((i for i, (_, end) in enumerate(spans) if end > place), len(spans) - 1)
        else:
            owner = max((i for i, (start, _) in enumerate(spans) if start < place), default=0)
        if spans and number not in numbers[owner]:
            numbers[owner].append(number)
    return [(reply.text[start:end], tuple(found)) for (start, end), found in zip(spans, numbers, strict=True)]


class Grounding:
    """Sentences of a reply held against the sources of its prompt, which are numbered from 1 in their order."""

    def __init__(
        self,
        sources: Sequence[ScoredPassage],
        passages: PassageStore,
        tokenizer: Tokenizer,
        names: Collection[str] = (),
    ) -> None:
        self._sources = sources
        self._passages = passages
        self._tokenizer = tokenizer
        self._names = names
        self._known: dict[tuple[str, tuple[int, ...]], tuple[tuple[Citation, ...], tuple[Doubt, ...]]] = {}

    def ground(self, sentence: str, numbers: tuple[int, ...]) -> tuple[tuple[Citation, ...], tuple[Doubt, ...]]:
        """The citations of a sentence, each with the span that supports it best, and what they don't bear out."""
        key = sentence, numbers
        if key not in self._known:  # asked again for every piece of a reply that is coming
            self._known[key] = self._ground(sentence, numbers)
        return self._known[key]

    def _ground(self, sentence: str, numbers: tuple[int, ...]) -> tuple[tuple[Citation, ...], tuple[Doubt, ...]]:
        there = [self._sources[n - 1] for n in numbers if 1 <= n <= len(self._sources)]
        doubts = [Doubt(sentence, "unknown-source", f"[{n}]") for n in numbers if not 1 <= n <= len(self._sources)]
        if not there:
            return (), (*doubts, Doubt(sentence, "uncited"))
        citations = tuple(self._citation(sentence, source) for source in there)
        wrong = self._faults(sentence, citations, there)
        if wrong:  # the rest of a review may say it
            whole = tuple(Citation(sentence, s.passage.id, 0, len(s.passage.text)) for s in there)
            left = self._faults(sentence, whole, there)
            citations, wrong = (whole, left) if len(left) < len(wrong) else (citations, wrong)
        doubts += [Doubt(sentence, fault.kind, fault.what) for fault in wrong]
        if not wrong and not any(self._alike(sentence, source.passage) for source in there):
            doubts.append(Doubt(sentence, "unlike"))
        return citations, tuple(doubts)

    def _faults(
        self, sentence: str, citations: Sequence[Citation], sources: Sequence[ScoredPassage]
    ) -> tuple[Fault, ...]:
        passages: Mapping[str, Passage] = {source.passage.id: source.passage for source in sources}
        return tuple(faults(sentence, citations, passages, self._tokenizer.analyse, self._names))

    def _citation(self, sentence: str, source: ScoredPassage) -> Citation:
        start, end = support(sentence, source.passage.text, self._passages.sentences(source.row))
        return Citation(sentence, source.passage.id, start, end)

    def _alike(self, sentence: str, passage: Passage) -> bool:
        if overlap(sentence, passage.text) >= UNLIKE:
            return True
        one, other = self._tokenizer.analyse([sentence, f"{passage.source.restaurant}\n{passage.text}"])
        words = {m.form for m in one.morphemes if m.content}
        return not words or bool(words & {m.form for m in other.morphemes if m.content})


def overlap(sentence: str, text: str) -> float:
    """The share of a sentence's letter pairs that a text has; 1 for a sentence that has none."""
    said, there = ({term.key for term in bigram_terms(one)} for one in (sentence, text))
    return len(said & there) / len(said) if said else 1.0


def support(sentence: str, text: str, spans: Sequence[Span]) -> Span:
    """The sentence of a source that has most of what a sentence says, with its neighbour where that adds to it."""
    best, score = (0, len(text)), -1.0
    for start, end in spans:
        if (found := overlap(sentence, text[start:end])) > score:
            best, score = (start, end), found
    single = score
    for (start, _), (_, end) in pairwise(spans):
        if (found := overlap(sentence, text[start:end])) > score and found >= single + WIDER:
            best, score = (start, end), found
    return best
