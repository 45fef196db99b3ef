"""Fits the linear reranker on KorQuAD: ``python -m pipeline.training.reranker --data KORQUAD.json --out FOLDER``.

The ranking weights maximise the likelihood of the answering paragraph in a softmax over the candidates; the weights of
P(relevant) are a logistic regression over all candidates, in which some questions have lost their answering paragraph.
Neither has a negative weight. Figures are from folds that hold whole articles out. The same file gives the same
weights.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_softmax
from sklearn.model_selection import GroupKFold

from pipeline.evidence.matching import FEATURES, Match, match, relative
from pipeline.protocols import FloatArray
from pipeline.rerankers.linear import EVIDENCE, VERSION, Weights, evidence
from pipeline.settings import Settings
from pipeline.training.card import Figures, write_card
from pipeline.training.korquad import candidates, open_corpus

FOLDS = 5
RIDGE = 3e-3  # shrinks the ranking weights: less lets KorQuAD's own habits in, more gives up its gain
EVIDENCE_RIDGE = 1e-5  # shrinks the weights of the evidence, which are much alike and trade places without it
UNANSWERABLE = 0.1  # share of questions assumed to have no answering passage among the candidates
BINS = 10  # of the expected calibration error
CUT = 10  # of the mean reciprocal rank

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """A question's matches with its candidates. ``gold`` is the answering one's number, None when it isn't there."""

    found: Match
    gold: int | None
    article: str


def examples(data: Path, folder: Path, depth: int) -> list[Example]:
    """The questions of a KorQuAD file over an index in ``folder``."""
    corpus = open_corpus(data, folder, Settings())
    read = []
    for asked, found in zip(corpus.questions, candidates(corpus, depth), strict=True):
        rows = [candidate.row for candidate in found]
        gold = rows.index(asked.row) if asked.row in rows else None
        read.append(Example(match(asked.query, found, corpus.passages, corpus.terms), gold, asked.article))
    return read


def _minimum(loss: Callable[[Doubles], tuple[float, Doubles]], start: Doubles, free: int = 0) -> Doubles:
    """The minimum where no parameter but the last ``free`` ones is below zero."""
    bounds = [(0, None)] * (len(start) - free) + [(None, None)] * free
    found: Doubles = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return found


def fit_features(data: Sequence[Example]) -> FloatArray:
    """Weights of ``FEATURES`` that sum to one."""
    answered = [(relative(e.found.features), e.gold) for e in data if e.gold is not None]
    depth = max(len(features) for features, _ in answered)
    x = np.zeros((len(answered), depth, len(FEATURES)))
    rank = np.full((len(answered), depth), -np.inf)
    for i, (features, _) in enumerate(answered):
        x[i, : len(features)], rank[i, : len(features)] = features, 0
    gold = np.array([number for _, number in answered])
    rows = np.arange(len(gold))

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        log_p = log_softmax(x @ weights + rank, axis=1)
        off = np.exp(log_p)
        off[rows, gold] -= 1
        slope = np.einsum("qd,qdf->f", off, x) / len(rows) + 2 * RIDGE * weights
        return float(-log_p[rows, gold].mean() + RIDGE * (weights**2).sum()), slope

    weights = _minimum(loss, np.full(len(FEATURES), 0.1))
    shares: FloatArray = (weights / weights.sum()).astype(np.float32)
    return shares


def judged(
    example: Example, weights: FloatArray, *, without_gold: bool = False
) -> tuple[FloatArray, FloatArray, Doubles]:
    """Scores, evidence and whether relevant, of a question's candidates, less the answering one if asked."""
    found, relevant = example.found, np.zeros(len(example.found.features))
    if example.gold is not None:
        relevant[example.gold] = 1
    if without_gold:
        found = Match(found.features[relevant == 0], found.word_mass, found.letter_mass)
        relevant = relevant[relevant == 0]
    scores: FloatArray = relative(found.features) @ weights
    return scores, evidence(scores, found), relevant


def fit_evidence(data: Sequence[Example], weights: FloatArray) -> tuple[FloatArray, float]:
    """Weights of ``EVIDENCE`` and the intercept."""
    parts = [(judged(e, weights, without_gold=gone), gone) for e in data for gone in (False, True)]
    x = np.concatenate([found for (_, found, _), _ in parts]).astype(np.float64)
    y = np.concatenate([relevant for (_, _, relevant), _ in parts])
    share = np.concatenate([np.full(len(r), UNANSWERABLE if gone else 1 - UNANSWERABLE) for (_, _, r), gone in parts])
    share /= share.sum()

    def loss(values: Doubles) -> tuple[float, Doubles]:
        logits = x @ values[:-1] + values[-1]
        off = share * (expit(logits) - y)
        weight = values[:-1]
        cost = share @ (np.logaddexp(0, logits) - y * logits) + EVIDENCE_RIDGE * (weight**2).sum()
        return float(cost), np.append(x.T @ off + 2 * EVIDENCE_RIDGE * weight, off.sum())

    fitted = _minimum(loss, np.append(np.zeros(len(EVIDENCE)), -3.0), free=1)
    return fitted[:-1].astype(np.float32), float(fitted[-1])


def fit(data: Sequence[Example]) -> Weights:
    """All that the reranker needs."""
    weights = fit_features(data)
    return Weights(weights, *fit_evidence(data, weights))


def calibration_error(p: Doubles, relevant: Doubles) -> float:
    """Expected calibration error over bins of equal width. Naeini et al., AAAI 2015."""
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    return float(sum(abs((p - relevant)[bins == b].sum()) for b in range(BINS)) / len(p))


def figures(data: Sequence[Example], weights: Weights) -> Figures:
    """How good the weights are on some questions."""
    before, after, p, relevant, top = [], [], [], [], []
    for example in data:
        scores, found, is_relevant = judged(example, weights.features)
        probability = expit(found.astype(np.float64) @ weights.evidence + weights.intercept)
        order = np.argsort(-scores, kind="stable")
        before.append(0 if example.gold is None else example.gold + 1)
        after.append(0 if example.gold is None else int(np.flatnonzero(order == example.gold)[0]) + 1)
        p.append(probability)
        relevant.append(is_relevant)
        top.append((probability[order[0]], is_relevant[order[0]]))
    first = np.array(top)
    return Figures(
        mrr_before=_reciprocal(before),
        mrr_after=_reciprocal(after),
        first_before=float(np.mean(np.array(before) == 1)),
        first_after=float(np.mean(np.array(after) == 1)),
        ece=calibration_error(np.concatenate(p), np.concatenate(relevant)),
        top_ece=calibration_error(first[:, 0], first[:, 1]),
    )


def _reciprocal(ranks: Sequence[int]) -> float:
    return float(np.mean([1 / rank if 0 < rank <= CUT else 0 for rank in ranks]))


def cross_validate(data: Sequence[Example]) -> Iterator[Figures]:
    """Figures of each fold, fitted on the others; no article is in two folds."""
    articles = [example.article for example in data]
    for inside, outside in GroupKFold(FOLDS).split(articles, groups=articles):
        yield figures([data[i] for i in outside], fit([data[i] for i in inside]))


def write_weights(path: Path, weights: Weights) -> None:
    """Write what ``pipeline.rerankers.linear.read_weights`` reads."""
    value = {
        "version": VERSION,
        "features": _rounded(FEATURES, weights.features),
        "relevance": {"weights": _rounded(EVIDENCE, weights.evidence), "intercept": round(weights.intercept, 4)},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def _rounded(names: Sequence[str], values: FloatArray) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip(names, values, strict=True)}


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.training.reranker", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="KorQuAD 1.0 (JSON)")
    parser.add_argument("--out", type=Path, required=True, help="folder for weights.json and card.md")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        data = examples(given.data, Path(folder), Settings().rerank.depth)
        folds = list(cross_validate(data))
    weights = fit(data)
    for number, fold in enumerate(folds, start=1):
        sys.stdout.write(
            f"fold {number}: MRR@10 {fold.mrr_before:.4f} -> {fold.mrr_after:.4f}, "
            f"R@1 {fold.first_before:.4f} -> {fold.first_after:.4f}, ECE {fold.ece:.4f} (first {fold.top_ece:.4f})\n"
        )
    write_weights(given.out / "weights.json", weights)
    write_card(
        given.out / "card.md",
        weights,
        folds,
        questions=len(data),
        articles=len({example.article for example in data}),
        depth=Settings().rerank.depth,
        ridge=RIDGE,
        unanswerable=UNANSWERABLE,
    )


if __name__ == "__main__":
    main()
