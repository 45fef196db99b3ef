"""The morpheme X-ray: how an analyser sees a question and a passage, what each shared term gave, why a passage lost.

Works for any passage of the index, also for one that was not found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.clock import Clock
from pipeline.filters import filter_rows
from pipeline.fusion import competition_ranks
from pipeline.protocols import Explaining
from pipeline.question.concepts import find_words
from pipeline.rag import FIRST_STAGES, Ask, Rag, add_up, find_rows, look_closer, read_question, retrieve
from pipeline.terms import BIGRAM, MORPHEME
from pipeline.types import Morpheme, Passage, Query, Understanding

_PREDICATES = frozenset(("VV", "VA", "VX", "VCN"))  # Kiwi's verbs and adjectives come without 다


@dataclass(frozen=True, slots=True)
class Contribution:
    """A term of the question: how rare it is, how often the passage has it, what it gave to the BM25 score."""

    key: str
    idf: float
    count: int
    score: float

    @property
    def word(self) -> str:
        """The term as people read it."""
        return self.key[len(MORPHEME) :]

    @property
    def is_bigram(self) -> bool:
        """Whether it is a pair of characters and not a morpheme."""
        return self.key.startswith(BIGRAM)


@dataclass(frozen=True, slots=True)
class SharedConcept:
    """What a question asks of restaurants and a passage says: how each of them says it, and what that added.

    ``found`` is empty where the passage doesn't say it. Concepts that the same words of the question ask of share what
    is added: the plainest of them counts.
    """

    name: str
    asked: tuple[str, ...]
    found: tuple[str, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Xray:
    """A question and a passage laid side by side.

    ``contributions`` are the question's distinct terms; their scores sum to the passage's BM25 score when BM25 can say
    what each term gave (``exact``). ``scores`` and ``ranks`` are over the passages that the question's filters allow;
    a passage outside the filters has none. ``concepts`` are what the question asks of restaurants, and what of it the
    passage says. ``why`` are Korean sentences: what such words added, and where the passage was lost, if it was.
    """

    question: str
    passage: Passage
    understanding: Understanding
    question_morphemes: tuple[Morpheme, ...]
    passage_morphemes: tuple[Morpheme, ...]
    contributions: tuple[Contribution, ...]
    exact: bool
    scores: Mapping[str, float]
    ranks: Mapping[str, int]
    why: tuple[str, ...]
    concepts: tuple[SharedConcept, ...] = ()

    @property
    def matched(self) -> frozenset[str]:
        """The forms of the content morphemes that both have."""
        ours = {m.form for m in self.question_morphemes if m.content}
        return frozenset(ours & {m.form for m in self.passage_morphemes if m.content})


def explain(question: str, row: int, rag: Rag, ask: Ask) -> Xray:
    """The X-ray of a question and the passage of a row."""
    understanding, query = read_question(question, rag, ask)
    contributions, exact = _contributions(query, row, rag)
    allowed = filter_rows(understanding, rag.index.passages)
    inside = allowed is None or bool(allowed[row])
    scores = retrieve(query, understanding, rag, replace(ask, dropped=()), Clock(), also=(row,))
    scores["fused"] = add_up(scores, understanding, rag)
    if rag.colbert is not None:
        rows = find_rows(scores, scores["fused"], understanding, rag)
        scores["colbert"] = look_closer(query, rows, scores, rag.colbert)
        scores["fused"] = add_up(scores, understanding, rag)
        if row not in rows:  # nothing but the candidates was looked at so closely
            del scores["colbert"]
    shared = _shared(query, row, rag)
    ranks = {name: int(competition_ranks(values, values[row : row + 1])[0]) for name, values in scores.items()}
    return Xray(
        question=question,
        passage=rag.index.passages[row],
        understanding=understanding,
        question_morphemes=query.analysed.morphemes,
        passage_morphemes=rag.terms.morphemes(row),
        contributions=contributions,
        exact=exact,
        scores={name: float(values[row]) for name, values in scores.items()} if inside else {},
        ranks=ranks if inside else {},
        why=(*(_of_concepts(shared) if inside else ()), *_why(understanding, query, contributions, ranks, inside, rag)),
        concepts=shared,
    )


def _shared(query: Query, row: int, rag: Rag) -> tuple[SharedConcept, ...]:
    if rag.concepts is None:
        return ()
    text = rag.index.passages[row].text
    given = rag.concepts.given(query.concepts, row)
    return tuple(
        SharedConcept(
            concept.name,
            tuple(dict.fromkeys(query.text[start:end].strip() for start, end in concept.spans)),
            tuple(dict.fromkeys(text[start:end].strip() for start, end, _ in find_words(concept.id, text))),
            rag.settings.fusion.concept * given[concept.id],
        )
        for concept in query.concepts
    )


def _of_concepts(shared: Sequence[SharedConcept]) -> list[str]:
    """What words of the same meaning added: 개념 대기: ‘웨이팅’ = ‘기다렸’ (+0.13)."""
    return [
        f"개념 {one.name}: 질문의 {_quoted(one.asked)} = 이 단락의 {_quoted(one.found)} (+{one.score:.2f})"
        for one in shared
        if one.found and one.score
    ]


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f"‘{word}’" for word in words)


def _contributions(query: Query, row: int, rag: Rag) -> tuple[tuple[Contribution, ...], bool]:
    bm25 = rag.retrievers["bm25"]
    given = bm25.contributions(query, row) if isinstance(bm25, Explaining) else None
    total: dict[str, float] = defaultdict(float)
    for term, score in zip(query.terms, given or [0.0] * len(query.terms), strict=True):
        total[term.key] += score
    ids = rag.terms.term_ids(row)
    found = []
    for key, score in total.items():
        term_id = rag.terms.vocabulary.get(key)
        count = int((ids == term_id).sum()) if term_id is not None else 0
        idf = float(rag.terms.idf[term_id]) if term_id is not None else 0.0
        found.append(Contribution(key, idf, count, score))
    return tuple(sorted(found, key=lambda c: (-c.score, c.is_bigram))), given is not None


def _why(
    understanding: Understanding,
    query: Query,
    contributions: tuple[Contribution, ...],
    ranks: Mapping[str, int],
    inside: bool,
    rag: Rag,
) -> list[str]:
    if not inside:
        labels = ", ".join(chip.label for chip in understanding.chips if chip.mode != "boost")
        return [f"조건({labels})에 맞지 않아 찾는 대상에서 빠졌습니다."]
    depth, k, looked_at = rag.settings.retrieval.depth, rag.settings.retrieval.k, rag.settings.rerank.depth
    why = _missing(query, contributions)
    if all(ranks[name] > depth for name in FIRST_STAGES if name in ranks):
        sparse = f", 희소 {ranks['sparse']}위로 모두" if "sparse" in ranks else "로 둘 다"
        why.append(f"BM25 {ranks['bm25']}위, 벡터 {ranks['vector']}위{sparse} 후보 {depth}개 안에 들지 못했습니다.")
    elif ranks["fused"] > looked_at:
        why.append(f"융합 {ranks['fused']}위로 리랭커가 보는 {looked_at}개 밖입니다.")
    elif ranks["fused"] > k:
        why.append(f"융합 {ranks['fused']}위입니다. 리랭커가 {k}위 안으로 올려야 답변에 쓰입니다.")
    return why


def _missing(query: Query, contributions: tuple[Contribution, ...]) -> list[str]:
    """Which words of the question the passage lacks, as a dictionary writes them."""
    written = {m.form: f"{m.form}다" if m.tag in _PREDICATES else m.form for m in query.analysed.morphemes}
    words = [c for c in contributions if not c.is_bigram]
    missing = [f"‘{written.get(c.word, c.word)}’" for c in words if not c.count]
    letters = [f"‘{c.word}’" for c in contributions if c.is_bigram and c.count]
    if not missing:
        return []
    if len(missing) < len(words):
        return [f"질문의 낱말 가운데 이 단락에 없는 것: {', '.join(missing)}"]
    if letters:
        return [f"질문의 낱말은 하나도 없고, 글자만 겹칩니다: {', '.join(letters)}"]
    return ["질문의 낱말이 이 단락에 하나도 없습니다."]
