"""Calibrates answerability for an index without labels: its own sentences, made unlike themselves, are asked of it with
their passage and with that taken out.

A pseudo-question is a run of content words of one sentence, some of them replaced by words from elsewhere, since people
don't ask in a review's words. Where passages belong to restaurants it is asked of its own restaurant, as most questions
are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline.evidence.answerability import Calibration, features, log_odds, model, raw_score
from pipeline.evidence.reading import ASKING, read
from pipeline.fusion import fuse
from pipeline.passages import PassageStore
from pipeline.protocols import FloatArray, Reranker, Retriever
from pipeline.setting_groups.search import Fusion
from pipeline.terms import make_query
from pipeline.termstore import TermStore
from pipeline.types import AnalysedText, Morpheme, Query, ScoredPassage

SAMPLES = 200
SEED = 0
WORDS = 5  # content words of a pseudo-question
# Share of them that come from elsewhere. At 0.15 pseudo-questions about KorQuAD score as its real questions
# do. People ask about restaurants far less in the reviews' words: 0.7 was chosen on the demo's questions.
FOREIGN, FOREIGN_REVIEWS = 0.15, 0.7
FEWEST = 20
PULL = 1.0  # a few hundred pseudo-questions place the line well and tilt it badly: the slope stays close to one
MIN_SLOPE = 0.1
MIN_GAP = 0.25  # between the mean scores with and without the passage; encyclopaedia and reviews have over 1
DEPTH = 12  # candidates looked at; the features compare the first with the next five
PROMPT = 5


def calibrate(
    passages: PassageStore, terms: TermStore, retrievers: Mapping[str, Retriever], *, samples: int = SAMPLES
) -> Calibration:
    """The line from the model's score to log odds that fits this index's pseudo-questions best.

    Deterministic. An index too small or too poor in words for ``FEWEST`` pseudo-questions, or full of copies, so that
    taking a passage out changes nothing, gets the calibration of the corpus that the model was fitted on.
    """
    pairs = np.array(list(_score_pairs(passages, terms, retrievers, samples)), dtype=np.float64).reshape(-1, 2)
    if len(pairs) < FEWEST or (pairs[:, 0] - pairs[:, 1]).mean() < MIN_GAP:
        return Calibration()
    return fit_line(pairs)


def calibrate_relevance(
    passages: PassageStore,
    terms: TermStore,
    retrievers: Mapping[str, Retriever],
    reranker: Reranker,
    *,
    samples: int = SAMPLES,
) -> Calibration:
    """The same for a reranker's P(relevant): a pseudo-question's own passage is relevant, the others aren't."""
    signed: list[tuple[float, float]] = []
    for row, query, scores in _pseudo_questions(passages, terms, retrievers, samples):
        candidates = candidates_of(scores, passages)
        for candidate, (_, relevance) in zip(candidates, reranker.rerank(query, candidates), strict=True):
            if relevance is None:
                return Calibration()
            signed.append((log_odds(relevance), 1.0 if candidate.row == row else -1.0))
    values = np.array(signed, dtype=np.float64).reshape(-1, 2)
    if (values[:, 1] > 0).sum() < FEWEST:
        return Calibration()
    return _fit(values[:, 0], values[:, 1], pull=0.0)  # every candidate is a sample: enough to tilt the line


def fit_line(pairs: NDArray[np.float64]) -> Calibration:
    """Logistic regression on one variable, drawn a little towards the line as it is.

    *Shape:* ``pairs`` is ``(questions, 2)``: the score with the passage, the score without it.
    """
    return _fit(np.concatenate((pairs[:, 0], pairs[:, 1])), np.repeat((1.0, -1.0), len(pairs)), pull=PULL)


def _fit(scores: NDArray[np.float64], signs: NDArray[np.float64], *, pull: float) -> Calibration:
    from scipy.optimize import minimize  # half a second to import, and a server that starts fits nothing

    def loss(line: NDArray[np.float64]) -> float:
        misfit = np.logaddexp(0, -signs * (line[0] * scores + line[1])).mean()
        return float(misfit + pull * (line[0] - 1) ** 2)

    best = minimize(loss, np.array((1.0, 0.0)), method="L-BFGS-B", bounds=((MIN_SLOPE, None), (None, None)))
    return Calibration(float(best.x[0]), float(best.x[1]))


def _score_pairs(
    passages: PassageStore, terms: TermStore, retrievers: Mapping[str, Retriever], samples: int
) -> Iterator[tuple[float, float]]:
    documents, _ = passages.codes("document_id")
    for row, query, scores in _pseudo_questions(passages, terms, retrievers, samples):
        same_document = documents == documents[row]  # its passages overlap
        if not (np.isfinite(scores["bm25"]) & ~same_document).any():
            continue
        with_passage = score_of(query, scores, passages, terms)
        without = {name: np.where(same_document, -np.inf, values) for name, values in scores.items()}
        yield with_passage, score_of(query, without, passages, terms)


def _pseudo_questions(
    passages: PassageStore, terms: TermStore, retrievers: Mapping[str, Retriever], samples: int
) -> Iterator[tuple[int, Query, dict[str, FloatArray]]]:
    """Rows, questions about them and every passage's scores; −inf outside the row's restaurant, where it has one."""
    random = np.random.default_rng(SEED)
    restaurants, names = passages.codes("restaurant")
    for row in random.permutation(len(passages))[:samples].tolist():
        review = bool(names[restaurants[row]])
        query = pseudo_question(row, passages, terms, random, FOREIGN_REVIEWS if review else FOREIGN)
        if query is not None:
            allowed = restaurants == restaurants[row] if review else np.ones(len(passages), dtype=bool)
            yield row, query, {name: np.where(allowed, r.score(query), -np.inf) for name, r in retrievers.items()}


def pseudo_question(
    row: int, passages: PassageStore, terms: TermStore, random: np.random.Generator, foreign: float
) -> Query | None:
    """A question about one sentence of a passage, ``foreign`` of whose words come from elsewhere.

    None when no sentence has two content words.
    """
    words = [m for m in terms.morphemes(row) if m.content and m.form not in ASKING]
    spans = [s for s in passages.sentences(row) if sum(s[0] <= m.start < s[1] for m in words) >= 2]
    if not spans:
        return None
    start, end = spans[random.integers(len(spans))]
    inside = [m for m in words if start <= m.start < end]
    first = random.integers(max(1, len(inside) - WORDS + 1))
    chosen = inside[first : first + WORDS]
    for i in np.flatnonzero(random.random(len(chosen)) < foreign).tolist():
        chosen[i] = _any_word(terms, random) or chosen[i]
    return make_query(_written(chosen))


def _any_word(terms: TermStore, random: np.random.Generator) -> Morpheme | None:
    words = [m for m in terms.morphemes(int(random.integers(len(terms)))) if m.content and m.form not in ASKING]
    return words[random.integers(len(words))] if words else None


def _written(words: list[Morpheme]) -> AnalysedText:
    text, placed = "", []
    for m in words:
        placed.append(Morpheme(m.form, m.tag, len(text), len(text) + len(m.form), True))
        text += m.form + " "
    return AnalysedText(text, tuple(placed), ((0, len(text)),))


def score_of(query: Query, scores: Mapping[str, FloatArray], passages: PassageStore, terms: TermStore) -> float:
    """The model's score of a query over the passages that are not −inf."""
    candidates = candidates_of(scores, passages)
    reading = read(query, candidates[:PROMPT], passages, terms)
    return raw_score(features(reading, candidates)) if reading else model().intercept


def candidates_of(scores: Mapping[str, FloatArray], passages: PassageStore) -> list[ScoredPassage]:
    """The first candidates in the order of the fused score, with the scores of each retriever."""
    fused = fuse(scores, Fusion())
    depth = min(DEPTH, int(np.isfinite(fused).sum()))
    top: NDArray[np.int64] = np.argpartition(-fused, depth - 1)[:depth]
    top = top[np.lexsort((top, -fused[top]))]
    stages = {**scores, "fused": fused}
    return [
        ScoredPassage(passages[row], row, {name: float(values[row]) for name, values in stages.items()})
        for row in top.tolist()
    ]
