"""Fits answerability for reviews: ``python -m pipeline.training.restaurants --data data/demo --out FOLDER``.

A logistic regression over shares of what a question asks: found in the best two sentences, in the best review, in all
reviews of the prompt. A sample is right when the sentences that would be said cite a right review. Besides the
questions that nothing answers each other question is asked with its right reviews taken out. Right and wrong samples
weigh the same in sum, so the threshold is not fitted: it is the product's default. Figures are from leaving one
restaurant out.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from pipeline.config import with_overrides
from pipeline.corpus.reader import read_corpus
from pipeline.evaluation.metrics import auroc
from pipeline.evidence import answerability
from pipeline.evidence.answerability import Calibration
from pipeline.evidence.reading import read
from pipeline.indexing import Job, build_index
from pipeline.question.concepts import concepts
from pipeline.rag import Ask, Rag, read_question, run
from pipeline.service import Home, Service
from pipeline.settings import Settings
from pipeline.types import Question, Trace

USED = ("pair_words", "passage_words", "union_words")
RIDGE = 0.02  # on standardised features; the three say much the same, so that less would leave one of them
TAKEN_OUT = 0.25  # what a question without its right reviews weighs: another review may answer it
INDEX = "training"

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """A question as it was asked. ``restaurants`` are those it is about, ``held_out`` the one it is tested with."""

    features: Mapping[str, float]
    right: bool
    answerable: bool
    taken_out: bool
    restaurants: frozenset[str]
    held_out: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What leaving one restaurant out gives at the default threshold, questions as they were asked."""

    answerable: int
    answered: int
    right: int
    unanswerable: int
    abstained: int
    auroc: float


def collect(data: Path, home: Home) -> list[Sample]:
    """Ask every question of a folder with ``reviews.jsonl``, ``restaurants.jsonl`` and ``questions.jsonl``.

    The questions are asked on the day of the newest review.
    """
    job = Job(home.indexes, INDEX, Settings(), ("kiwi",), home.cache)
    build_index(job, read_corpus([data / "reviews.jsonl"], restaurants=data / "restaurants.jsonl"))
    questions = [json.loads(line) for line in (data / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    service = Service(home, with_overrides(Settings(), {"answer.threshold": 0}))
    try:
        newest = max(source.date for source in service.index(INDEX).passages.sources())
        today = datetime.date.fromisoformat(newest)
        return [sample for asked in questions for sample in _samples(asked, service.rag(INDEX), today)]
    finally:
        service.close()


def _samples(asked: Mapping[str, Any], rag: Rag, today: datetime.date) -> Iterator[Sample]:
    gold = frozenset(asked["passage_ids"]) if asked["answerable"] else frozenset()
    passages = rag.index.passages
    places = {passages[passages.rows[id_]].source.restaurant for id_ in gold}
    for dropped in (frozenset[str](), gold) if gold else (frozenset[str](),):
        fresh = Trace(asked["id"], Question(asked["id"], asked["question"]), INDEX, {})
        traces = {trace.state: trace for trace in run(fresh, rag, Ask(dropped=dropped, today=today))}
        found = _features(traces["reranked"], rag, today)
        answer, understanding = traces["done"].answer, traces["done"].understanding
        if found is None or answer is None or understanding is None:
            continue
        right = any(citation.passage_id in gold for citation in answer.citations) and not dropped
        named = {value for chip in understanding.chips if chip.kind == "restaurant" for value in chip.values}
        group = min(named or places or {asked["id"]})
        yield Sample(found, right, bool(gold), bool(dropped), frozenset(places | named), group)


def _features(trace: Trace, rag: Rag, today: datetime.date) -> dict[str, float] | None:
    """What is known of a trace's prompt before anything is answered."""
    _, query = read_question(trace.question.text, rag, Ask(today=today))
    prompt = [c for c in trace.candidates if c.in_prompt]
    reading = read(query, prompt, rag.index.passages, rag.terms)
    if reading is None:
        return None
    return answerability.features(reading, [*prompt, *(c for c in trace.candidates if not c.in_prompt)])


def fit(samples: Sequence[Sample]) -> tuple[Doubles, float]:
    """Weights of ``USED``, none below zero, and the intercept, at even odds."""
    x = _table(samples)
    y = np.array([sample.right for sample in samples], dtype=np.float64)
    weight = np.array([TAKEN_OUT if sample.taken_out else 1.0 for sample in samples])
    for side in (y == 1, y == 0):
        weight[side] /= 2 * weight[side].sum()
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-6
    z = np.column_stack(((x - mean) / spread, np.ones(len(x))))

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        logits = z @ weights
        ridge = RIDGE * np.append(weights[:-1], 0)
        misfit = float((weight * (np.logaddexp(0, logits) - y * logits)).sum() + ridge @ weights)
        return misfit, z.T @ (weight * (expit(logits) - y)) + 2 * ridge

    bounds = [(0, None)] * len(USED) + [(None, None)]
    best = minimize(loss, np.zeros(z.shape[1]), jac=True, bounds=bounds, method="L-BFGS-B").x
    weights: Doubles = best[:-1] / spread
    return weights, float(best[-1] - mean @ weights)


def _table(samples: Sequence[Sample]) -> Doubles:
    return np.array([[sample.features[name] for name in USED] for sample in samples])


def leave_one_out(samples: Sequence[Sample]) -> Figures:
    """Every question judged by a model that knows no question about its restaurant."""
    asked: list[tuple[Sample, float]] = []
    for place in sorted({sample.held_out for sample in samples}):
        weights, intercept = fit([s for s in samples if s.held_out != place and place not in s.restaurants])
        held = [s for s in samples if s.held_out == place and not s.taken_out]
        if not held:
            continue
        scores = (_table(held) @ weights + intercept).tolist()
        asked += [(s, answerability.probability(score, Calibration())) for s, score in zip(held, scores, strict=True)]
    threshold = Settings().answer.threshold
    known, unknown = ([(s, p) for s, p in asked if s.answerable is answerable] for answerable in (True, False))
    return Figures(
        answerable=len(known),
        answered=sum(p >= threshold for _, p in known),
        right=sum(p >= threshold and s.right for s, p in known),
        unanswerable=len(unknown),
        abstained=sum(p < threshold for _, p in unknown),
        auroc=auroc([p for _, p in known], [p for _, p in unknown]),
    )


def write(folder: Path, samples: Sequence[Sample], figures: Figures) -> None:
    """Fit on everything and write ``weights.json`` and ``card.md``."""
    weights, intercept = fit(samples)
    value = {
        "answerability": {
            "weights": {name: round(float(weight), 3) for name, weight in zip(USED, weights, strict=True)},
            "intercept": round(intercept, 3),
        },
        "concepts": concepts().version,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights.json").write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    (folder / "card.md").write_text(_card(value, figures), encoding="utf-8")


def _card(value: Mapping[str, Any], found: Figures) -> str:
    return f"""# answerability-restaurants

Three weights that say whether a question about restaurants is answered by the reviews found
(`pipeline.evidence.answerability`): logistic, none below zero, over the share of what is asked that the best two
sentences, the best review and all reviews of the prompt have. Another word of the same concept counts nearly as much as
the question's own (`pipeline/question/concepts.toml`, version {value["concepts"]}), words that go with anything less.

- **Data**: the invented demo (`data/demo`, {found.answerable} questions with an answer, {found.unanswerable} without),
  each question with an answer once more without its right reviews.
- **Right** is a sample whose answer would cite a right review; right and wrong weigh the same in sum.
- **Made by**: `python -m pipeline.training.restaurants --data data/demo --out models/answerability-restaurants`

| one restaurant left out, threshold {Settings().answer.threshold:g} | |
|---|---|
| answered, of {found.answerable} with an answer | {found.answered} |
| of these citing a right review | {found.right} ({found.right / max(found.answered, 1):.0%}) |
| abstained, of {found.unanswerable} without an answer | {found.abstained} |
| AUROC, with an answer against without | {found.auroc:.3f} |

Every figure is of a model that saw no question about the restaurant. The threshold is the product's default, and the
share of questions taken to be answerable ({answerability.PRIOR:g}) that of articles; neither was fitted here.

**Limits.** One small corpus by few hands, so the figures are uncertain by several questions. Ranking, concepts and
features are the same in every fold. A review that speaks of the thing without answering is taken for an answer.

```json
{json.dumps(value, indent=2)}
```
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.training.restaurants", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with reviews, restaurants and questions")
    parser.add_argument("--out", type=Path, required=True, help="folder for weights.json and card.md")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        samples = collect(given.data, Home(Path(folder)))
    figures = leave_one_out(samples)
    sys.stdout.write(f"{figures}\n")
    write(given.out, samples, figures)


if __name__ == "__main__":
    main()
