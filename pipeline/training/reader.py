"""Fits reader and answerability on KorQuAD: ``python -m pipeline.training.reader --data KORQUAD.json --out FOLDER``.

The reader's weights maximise the likelihood of the sentences with the answer in a softmax over the sentences of the
first passages; none is negative. Answerability is a logistic regression over each question twice: with its paragraph,
and with that row masked before fusion scales anything. Figures are from folds that hold whole articles out. The same
file gives the same weights.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from pipeline.evidence import answerability, reading
from pipeline.evidence.calibration import PROMPT, candidates_of
from pipeline.protocols import FloatArray
from pipeline.settings import Settings
from pipeline.training.korquad import Corpus, open_corpus

FOLDS = 5
RIDGE = 1e-3  # on standardised features
USED = (
    "sentence_words sentence_letters pair_words passage_words union_words near margin bm25 bm25_margin window"
    " window_lead window_margin vector vector_margin"
).split()

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Data:
    """What is fitted on.

    *Shape:* ``sentences`` ``(all sentences, features)`` with ``holds`` beside it, ``begins`` the first sentence of each
    question; ``present`` and ``absent`` ``(questions, USED)``; ``articles`` one a question.
    """

    sentences: Doubles
    holds: NDArray[np.bool_]
    begins: NDArray[np.int64]
    present: Doubles
    absent: Doubles
    articles: NDArray[np.str_]

    def part(self, questions: NDArray[np.int64]) -> Data:
        """The data of some questions."""
        ends = np.append(self.begins[1:], len(self.sentences))
        rows = [np.arange(self.begins[q], ends[q]) for q in questions]
        picked = np.concatenate(rows)
        begins = np.cumsum([0] + [len(r) for r in rows[:-1]])
        return Data(
            self.sentences[picked], self.holds[picked], begins,
            self.present[questions], self.absent[questions], self.articles[questions],
        )  # fmt: skip


def answers(path: Path) -> list[str]:
    """The answer of each question, in the file's order."""
    articles = json.loads(path.read_text(encoding="utf-8"))["data"]
    return [q["answers"][0]["text"] for a in articles for p in a["paragraphs"] for q in p["qas"]]


def collect(corpus: Corpus, answer_texts: Sequence[str]) -> Data:
    """Read every question's candidates, with its paragraph and without it."""
    sentences: list[FloatArray] = []
    holds: list[bool] = []
    begins, present, absent = [0], list[list[float]](), list[list[float]]()
    for asked, answer in zip(corpus.questions, answer_texts, strict=True):
        scores = {name: retriever.score(asked.query).copy() for name, retriever in corpus.retrievers.items()}
        for features in (present, absent):
            candidates = candidates_of(scores, corpus.passages)
            read = reading.read(asked.query, candidates[:PROMPT], corpus.passages, corpus.terms)
            if read is None:
                raise ValueError(f"nothing to read for {asked.query.text!r}")
            found = answerability.features(read, candidates)
            features.append([found[name] for name in USED])
            if features is present:
                sentences.append(reading.features(read))
                texts = [candidates[o].passage.text[a:b] for o, (a, b) in zip(read.owner, read.spans, strict=True)]
                holds += [answer in text for text in texts]
                begins.append(begins[-1] + len(texts))
            for values in scores.values():
                values[asked.row] = -np.inf
    return Data(
        np.concatenate(sentences).astype(np.float64), np.array(holds), np.array(begins[:-1]),
        np.array(present), np.array(absent), np.array([asked.article for asked in corpus.questions]),
    )  # fmt: skip


def fit_reading(data: Data) -> Doubles:
    """Non-negative weights that sum to one."""
    any_holds = np.logical_or.reduceat(data.holds, data.begins)
    data = data.part(np.flatnonzero(any_holds))
    question = np.repeat(np.arange(len(data.begins)), np.diff(np.append(data.begins, len(data.sentences))))

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        scores = data.sentences @ weights
        e = np.exp(scores - np.maximum.reduceat(scores, data.begins)[question])
        total, right = np.add.reduceat(e, data.begins), np.add.reduceat(e * data.holds, data.begins)
        pull = e / total[question] - e * data.holds / right[question]
        return float(-np.log(right / total).mean()), data.sentences.T @ pull / len(total)

    start = np.ones(data.sentences.shape[1])
    best = minimize(loss, start, jac=True, bounds=[(0, None)] * len(start), method="L-BFGS-B").x
    weights: Doubles = best / best.sum()
    return weights


def fit_answerability(data: Data) -> tuple[Doubles, float]:
    """Weights of ``USED`` and the intercept."""
    x, y = np.concatenate((data.present, data.absent)), np.repeat((1.0, 0.0), len(data.present))
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    z = np.column_stack(((x - mean) / spread, np.ones(len(x))))

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        logits = z @ weights
        ridge = RIDGE * np.append(weights[:-1], 0)
        misfit = (np.logaddexp(0, logits) - y * logits).mean() + ridge @ weights
        return float(misfit), z.T @ (expit(logits) - y) / len(y) + 2 * ridge

    found = minimize(loss, np.zeros(z.shape[1]), jac=True, method="L-BFGS-B").x
    weights: Doubles = found[:-1] / spread
    return weights, float(found[-1] - mean @ weights)


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares of questions whose best sentence, or one of whose best two, holds the answer; AUROC of answerability."""

    best: float
    best_two: float
    auroc: float


def figures(data: Data, weights: Doubles, model: tuple[Doubles, float]) -> Figures:
    """How good the weights are on some questions."""
    scores = data.sentences @ weights
    ends = np.append(data.begins[1:], len(scores))
    first = [
        data.holds[a:b][np.argsort(-scores[a:b], kind="stable")[:2]] for a, b in zip(data.begins, ends, strict=True)
    ]
    logits = np.concatenate((data.present, data.absent)) @ model[0] + model[1]
    labels = np.repeat((1, 0), len(data.present))
    return Figures(
        best=float(np.mean([h[0] for h in first])),
        best_two=float(np.mean([h.any() for h in first])),
        auroc=float(roc_auc_score(labels, logits)),
    )


def cross_validate(data: Data) -> list[Figures]:
    """Figures of each fold, fitted on the others; no article is in two folds."""
    found = []
    for inside, outside in GroupKFold(FOLDS).split(data.articles, groups=data.articles):
        train = data.part(inside)
        found.append(figures(data.part(outside), fit_reading(train), fit_answerability(train)))
    return found


def write(folder: Path, data: Data, folds: Sequence[Figures]) -> None:
    """Fit on everything and write ``weights.json`` and ``card.md``."""
    sentence_weights = fit_reading(data)
    weights, intercept = fit_answerability(data)
    value: dict[str, Any] = {
        "reading": {n: round(float(w), 3) for n, w in zip(reading.FEATURES, sentence_weights, strict=True)},
        "answerability": {
            "weights": {n: round(float(w), 3) for n, w in zip(USED, weights, strict=True)},
            "intercept": round(intercept, 3),
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights.json").write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    (folder / "card.md").write_text(_card(value, len(data.articles), folds), encoding="utf-8")


def _card(value: dict[str, Any], questions: int, folds: Sequence[Figures]) -> str:
    mean = [float(np.mean([getattr(f, name) for f in folds])) for name in ("best", "best_two", "auroc")]
    rows = "\n".join(f"| {i} | {f.best:.3f} | {f.best_two:.3f} | {f.auroc:.3f} |" for i, f in enumerate(folds, 1))
    return f"""# reader-linear

A few weights that pick the sentences of an extractive answer (`pipeline.evidence.reading`) and say whether there is one
(`pipeline.evidence.answerability`). Linear; no text is stored in them.

- **Data**: KorQuAD 1.0 dev ({questions:,} questions; Lim, Kim and Lee 2019), CC BY-ND 2.0 KR, used only to fit these
  weights.
- **Split**: {FOLDS} folds over whole articles; the shipped weights are fitted on all.
- **Made by**: `python -m pipeline.training.reader --data KorQuAD_v1.0_dev.json --out models/reader-linear`

| fold | best sentence holds the answer | one of the best two | AUROC of answerability |
|---|---|---|---|
{rows}
| mean | {mean[0]:.3f} | {mean[1]:.3f} | {mean[2]:.3f} |

Sentences are those of the first {PROMPT} passages by the fused score. AUROC: each question with its paragraph in the
index against the same question with that paragraph masked before scores are scaled; the article's other paragraphs
remain.

**Limits.** Fitted on encyclopaedia articles and questions in their words. On reviews, which are asked about in other
words, ranking carries over less well, and probabilities only after calibration on the index
(`pipeline.evidence.calibration`).
Which share of a pseudo-question's words is foreign to reviews, and the share of questions taken to be answerable, were
chosen on the demo, so the demo's figures are not blind.

```json
{json.dumps(value, indent=2)}
```
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.training.reader", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="KorQuAD 1.0 (JSON)")
    parser.add_argument("--out", type=Path, required=True, help="folder for weights.json and card.md")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        data = collect(open_corpus(given.data, Path(folder), Settings()), answers(given.data))
    folds = cross_validate(data)
    for number, fold in enumerate(folds, start=1):
        sys.stdout.write(f"fold {number}: best {fold.best:.4f}, two {fold.best_two:.4f}, AUROC {fold.auroc:.4f}\n")
    write(given.out, data, folds)


if __name__ == "__main__":
    main()
