"""Which sentences of the candidates answer a question: a few non-negative weights over features of each sentence.

A feature is compared with the best of all sentences read, because raw values mean another thing in every corpus. The
features that :mod:`pipeline.evidence.answerability` needs raw come from the same :class:`Reading`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import pipeline
from pipeline.evidence.concepts import covered, filler_factor, notions_said, sentences_saying, unworded
from pipeline.evidence.hostile import trusted
from pipeline.evidence.matching import sentence_of
from pipeline.passages import PassageStore
from pipeline.protocols import FloatArray
from pipeline.terms import BIGRAM, MORPHEME
from pipeline.termstore import TermStore
from pipeline.types import Query, ScoredPassage, Span

_Ints = NDArray[np.int64]
_Hits = tuple[_Ints, _Ints, _Ints]

WEIGHTS = Path(pipeline.__file__).parent.parent / "models" / "reader-linear" / "weights.json"
CONCEPT = "c:"
NEAR = 8  # content morphemes between two that the question puts side by side
SPELT = 0.6  # share of a word's letter pairs below which a sentence doesn't have the word at all
STEADY_CHARS = 50  # a sentence this long counts half of its words' weight in the feature "short"

# Words that ask and name nothing that an answer would repeat; left in when a question has no others.
ASKING = frozenset(
    "알려주 알리 궁금 궁금하 추천 추천하 부탁 가르치 가격 값 시간 곳 데 집 사람 손 손님 분 명 개 점 번 말 얘기 이야기"
    " 경우 정도 이름 이유 되 싶 만 만하 같 좀 가장 제일 더 많이 낫 어떻 어떠하 왜 후기 리뷰 평"
    " 의견 쪽 날 해 년 월 일 시 각각 그렇 그러 괜찮 얼마나 명칭 이르 부르 당시 주로 다른".split()
)

# Of these what a question about a concept wants to know of it, and who doesn't say it doesn't answer.
NAMED = frozenset({"이름"})

# What is asked for, and how a sentence looks that has it.
CUES: Mapping[str, tuple[re.Pattern[str], re.Pattern[str]]] = {
    "when": (
        re.compile(r"언제|몇\s*(?:년|월|일|시|세기)|며칠|날짜|연도|년도|시기|요일|기간|시간|휴무|쉬는|브레이크|어느\s?해"),
        re.compile(
            r"\d+\s*(?:년|월|일|시|분|세기|주|개월|살)|[월화수목금토일]요일|[월화수목금토일]욜|오전|오후|아침|저녁|새벽|점심"
            r"|평일|주말|매주|매일|휴무|무휴|당일|[한두세네섯]\s?시"
        ),
    ),
    "number": (
        re.compile(r"몇|얼마|가격|값|비용|요금|인원|횟수|순위|점수|\S(?:수|률|액|료|비)(?:는|가)?\s*\?"),
        re.compile(r"\d|[천만억백십]\s*원|무료|공짜|[한두세네]\s*(?:개|명|번|시간|병|판|그릇|건)|하나|둘|셋"),
    ),
    "title": (
        re.compile(r"제목|작품|책|영화|노래|앨범|곡|소설|드라마|프로그램|이름|명칭|별명|뭐라|용어|단어|신문|잡지|논문"),
        re.compile(r"[《》〈〉『』「」\"“”‘’'<>]"),
    ),
}  # fmt: skip

FEATURES = ("words", "letters", "words_around", "letters_around", "near", "short", "passage", *CUES)


@dataclass(frozen=True, slots=True)
class Reading:
    """The sentences of some candidates seen with a question's eyes. All arrays have one row a sentence.

    ``owner`` is the number of the candidate, ``spans`` the characters in its text. *Shape:* ``words`` is ``(sentences,
    content words of the question)``: 1 where the sentence has the word, less where it has only most of its letter
    pairs or another word of its concept, else 0; ``letters`` is ``(sentences, letter pairs)``; the weights beside them
    are idf along the second axis. ``notions`` is ``(sentences, notions of the question)``: how plainly a sentence says
    what is asked of restaurants (see ``pipeline.question.concepts``). ``trust`` is what a sentence counts: less where
    it is made for machines or sells something (see ``pipeline.evidence.hostile``).
    """

    owner: NDArray[np.int64]
    spans: tuple[Span, ...]
    words: FloatArray
    letters: FloatArray
    word_weights: FloatArray
    letter_weights: FloatArray
    near: FloatArray
    passage: FloatArray
    cues: FloatArray
    keys: tuple[str, ...]
    notions: FloatArray
    trust: FloatArray

    @property
    def first(self) -> NDArray[np.int64]:
        """The first sentence of each candidate."""
        return np.flatnonzero(np.r_[True, self.owner[1:] != self.owner[:-1]])

    def lengths(self) -> FloatArray:
        """Characters of each sentence."""
        return np.array([end - start for start, end in self.spans], dtype=np.float32)


def content_query(query: Query) -> Query:
    """The query without the words that only ask, and with the letter pairs that touch a word that is left."""
    analysed = query.analysed
    content = [m for m in analysed.morphemes if m.content]
    wanted = NAMED if query.concepts else frozenset()
    kept = [m for m in content if m.form not in ASKING or m.form in wanted] or content
    touched = np.zeros(len(analysed.text) + 1, dtype=bool)
    for m in kept:
        touched[m.start : m.end] = True
    words = {(MORPHEME + m.form, m.start) for m in kept}
    terms = tuple(
        t
        for t in query.terms
        if ((t.key, t.start) in words if t.key.startswith(MORPHEME) else touched[t.start : t.end].any())
    )
    return replace(query, terms=terms)


def read(query: Query, candidates: Sequence[ScoredPassage], passages: PassageStore, store: TermStore) -> Reading | None:
    """Look at every sentence of the candidates; None when there is no candidate or nothing that could be matched."""
    asked = tuple(dict.fromkeys(term.key for term in content_query(query).terms))  # morphemes first, then letter pairs
    if not candidates or not (asked or query.concepts):
        return None
    count = sum(key.startswith(MORPHEME) for key in asked)
    weights = _weights(asked, store) * filler_factor(query, asked)
    spans = [passages.sentences(c.row) for c in candidates]
    owner = np.repeat(np.arange(len(candidates)), [len(s) for s in spans])
    sentence, term, place = _hits(asked, [c.row for c in candidates], spans, store)
    found = np.zeros((len(owner), len(asked)), dtype=np.float32)
    found[sentence, term] = 1
    is_word = term < count
    cover = covered(query, asked)
    says = sentences_saying(cover.ids, candidates, spans)
    trust = trusted(candidates, spans)[:, None]
    found, says = cover.lift(found, says) * trust, says * trust
    notions = notions_said(query, says)
    letters = found[:, count:]
    spelt = np.einsum("sl,wl->sw", letters, _spelling(asked[:count], asked[count:]))
    texts = [c.passage.text[start:end] for c, s in zip(candidates, spans, strict=True) for start, end in s]
    bare = unworded(query, cover)  # notions whose words the analyser takes for no content: 아이 되나요?
    return Reading(
        owner=owner,
        spans=tuple(span for s in spans for span in s),
        words=np.hstack((np.maximum(found[:, :count], np.where(spelt >= SPELT, spelt, 0)), notions[:, bare])),
        letters=letters,
        word_weights=np.append(weights[:count], np.full(len(bare), _unseen(store) / 2, dtype=np.float32)),
        letter_weights=weights[count:],
        near=_near(weights[:count], sentence[is_word], term[is_word], place[is_word], len(owner)),
        passage=passage_scores(candidates)[owner],
        cues=_cues(query.text, texts),
        keys=(*(key.removeprefix(MORPHEME) for key in asked[:count]), *(f"{CONCEPT}{i}" for i in bare)),
        notions=notions,
        trust=trust[:, 0],
    )


def _weights(keys: Sequence[str], store: TermStore) -> FloatArray:
    """Idf of each term; one that no passage has weighs as much as one can."""
    ids = [store.vocabulary.get(key) for key in keys]
    return np.array([_unseen(store) if i is None else float(store.idf[i]) for i in ids], dtype=np.float32)


def _unseen(store: TermStore) -> float:
    return float(np.log1p((len(store) + 0.5) / 0.5))


def _hits(keys: Sequence[str], rows: Sequence[int], spans: Sequence[Sequence[Span]], store: TermStore) -> _Hits:
    """Where the terms stand: sentence (numbered over all passages), term, place among the passage's terms of its kind.

    Words in order of passage and place, then letters.
    """
    if not keys:
        nowhere = np.empty(0, dtype=np.int64)
        return nowhere, nowhere, nowhere
    ids = np.array([store.vocabulary.get(key, -1 - i) for i, key in enumerate(keys)])
    order = np.argsort(ids)
    found = store.spread(rows)
    nearest = [np.minimum(np.searchsorted(ids[order], kind.ids), len(keys) - 1) for kind in found]
    hits = [np.flatnonzero(ids[order][near] == kind.ids) for kind, near in zip(found, nearest, strict=True)]
    owner = np.concatenate([kind.owner[hit] for kind, hit in zip(found, hits, strict=True)])
    start = np.concatenate([kind.starts[hit] for kind, hit in zip(found, hits, strict=True)]).astype(np.int64)
    place = np.concatenate([hit - kind.first[kind.owner[hit]] for kind, hit in zip(found, hits, strict=True)])
    term = np.concatenate([order[near[hit]] for near, hit in zip(nearest, hits, strict=True)])
    return sentence_of(owner, start, spans), term, place


def _spelling(words: Sequence[str], letters: Sequence[str]) -> FloatArray:
    """For each word, its share of each letter pair: 주차 is in 주차장 though the analyser keeps that in one piece."""
    number = {key.removeprefix(BIGRAM): i for i, key in enumerate(letters)}
    shares = np.zeros((len(words), len(letters)), dtype=np.float32)
    for i, key in enumerate(words):
        form = key.removeprefix(MORPHEME)
        pairs = [form[j : j + 2] for j in range(len(form) - 1)]
        for pair in pairs:
            if pair in number:
                shares[i, number[pair]] += 1 / len(pairs)
    return shares


def _near(weights: FloatArray, sentence: _Ints, term: _Ints, place: _Ints, sentences: int) -> FloatArray:
    """The share (by idf) of the question's neighbouring words that a sentence has close together."""
    pairs = weights[:-1] + weights[1:]
    if not len(pairs):
        return np.zeros(sentences, dtype=np.float32)
    found = np.zeros((sentences, len(weights)), dtype=np.float32)
    for step in range(1, NEAR + 1):
        a, b = slice(None, -step), slice(step, None)
        close = (sentence[a] == sentence[b]) & (place[b] - place[a] <= NEAR) & (np.abs(term[b] - term[a]) == 1)
        found[sentence[a][close], np.minimum(term[a], term[b])[close]] = 1
    near: FloatArray = (found[:, :-1] * (pairs / max(float(pairs.sum()), 1e-9))).sum(axis=1)
    return near


def passage_scores(candidates: Sequence[ScoredPassage]) -> FloatArray:
    """The last score that every candidate has, negative ones as 0: the reranker's, else the fused one."""
    stage = "rerank" if all("rerank" in c.scores for c in candidates) else "fused"
    return np.array([max(c.scores[stage], 0.0) for c in candidates], dtype=np.float32)


def _cues(question: str, sentences: Sequence[str]) -> FloatArray:
    asked = [answer if question_.search(question) else None for question_, answer in CUES.values()]
    return np.array(
        [[float(bool(cue and cue.search(sentence))) for cue in asked] for sentence in sentences], dtype=np.float32
    )


def share(found: FloatArray, weights: FloatArray) -> FloatArray:
    """How much of the weight is found, row by row; 0 when there is none."""
    total = float(weights.sum())
    result: FloatArray = ((found * weights).sum(axis=1) / total if total else np.zeros(len(found))).astype(np.float32)
    return result


def around(found: FloatArray, owner: NDArray[np.int64], *, before_only: bool = False) -> FloatArray:
    """What a sentence has together with its neighbours in the passage."""
    joined = found.copy()
    same = (owner[1:] == owner[:-1])[:, None]
    joined[1:] = np.maximum(joined[1:], np.where(same, found[:-1], 0))
    if not before_only:
        joined[:-1] = np.maximum(joined[:-1], np.where(same, found[1:], 0))
    return joined


def features(reading: Reading) -> FloatArray:
    """What the weights weigh, each divided by its maximum over the sentences. *Shape:* ``(sentences, FEATURES)``."""
    words, letters, owner = reading.words, reading.letters, reading.owner
    own = share(words, reading.word_weights)
    raw = np.column_stack(
        [
            own,
            share(letters, reading.letter_weights),
            share(around(words, owner), reading.word_weights),
            share(around(letters, owner), reading.letter_weights),
            reading.near,
            own / (1 + reading.lengths() / STEADY_CHARS),
            reading.passage,
            reading.cues,
        ]
    )
    top = raw.max(axis=0)
    scaled: FloatArray = (raw / np.where(top > 0, top, 1)).astype(np.float32)
    return scaled


@cache
def weights(path: Path = WEIGHTS) -> FloatArray:
    """The fitted weights in the order of ``FEATURES``; they sum to one, so that scores lie between 0 and 1."""
    table = json.loads(path.read_text(encoding="utf-8"))["reading"]
    values = np.array([table[name] for name in FEATURES], dtype=np.float32)
    return values


def sentence_scores(reading: Reading) -> FloatArray:
    """How well each sentence answers, compared with the others: 1 is best in everything. *Shape:* ``(sentences,)``."""
    scores: FloatArray = (features(reading) * weights()).sum(axis=1) * reading.trust
    return scores
