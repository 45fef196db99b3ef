"""The embedded classifier: n-grams, weighed and added, no download and no GPU. Thousands of reviews a second.

Sentiment, intensity and emotions come from the letters alone; opinions on aspects need the analyser's morphemes too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline import backends
from pipeline.analysis.choices import ClassifierChoice
from pipeline.analysis.fingerprints import digest
from pipeline.analysis.labels import EMOTIONS, NO_EMOTION, SENTIMENTS
from pipeline.analysis.model import DOMAINS, FOLDER, Batch, Model, read_batch, read_model
from pipeline.analysis.opinions import find_opinions
from pipeline.analysis.orders import without_orders
from pipeline.analysis.remarks import note_of, refused
from pipeline.analysis.spans import sentence_spans
from pipeline.errors.settings import BadSetting
from pipeline.once import once
from pipeline.protocols import Tokenizer
from pipeline.types import Analysis, Opinion, Part, Unanalysed

BATCH = 1_000  # texts at once: enough for numpy, few enough for the processor's cache
WORKERS = min(2, os.cpu_count() or 1)


class LinearClassifier:
    """See Classifier. ``domain`` is what the reviews are of: ``restaurant``, or ``film`` without domain adaptation.

    ``tokenizer`` gives Kiwi; it is asked for when opinions are first wanted, because it takes seconds and memory.
    """

    name = "linear"

    def __init__(self, model: Model, tokenizer: Callable[[], Tokenizer], domain: str = "restaurant") -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._domain = domain

    @property
    def made_of(self) -> str:
        """A digest of the weights, in which the same training gives the same. See ``fingerprints``."""
        return digest(self._model.parts(self._domain))

    def classify(self, texts: Sequence[str], *, aspects: bool = True) -> list[Analysis | Unanalysed]:
        """See Classifier."""
        batches = [texts[first : first + BATCH] for first in range(0, len(texts), BATCH)]
        if aspects:  # one after the other: Kiwi has threads of its own
            return [found for batch in batches for found in self._batch(batch, aspects=True)]
        if len(batches) <= 1:
            return self._batch(texts, aspects=False) if texts else []
        with ThreadPoolExecutor(WORKERS) as threads:
            return list(chain.from_iterable(threads.map(lambda batch: self._batch(batch, aspects=False), batches)))

    def _batch(self, texts: Sequence[str], *, aspects: bool) -> list[Analysis | Unanalysed]:
        shown = [without_orders(text) for text in texts]
        known = read_batch(self._model, shown, self._domain)
        opinions: Sequence[tuple[Opinion, ...]] = [()] * len(texts)
        if aspects:
            opinions = find_opinions(self._model, known, list(self._tokenizer().analyse(shown)))
        parts = _parts(shown, known)
        over = known.emotions >= self._model.thresholds[self._domain]
        over[[left is not text and left.strip() == "." for text, left in zip(texts, shown, strict=True)]] = False
        return [
            refused(text, self.name) or self._analysis(text, known, row, over[row], parts.get(row, ()), opinions[row])
            for row, text in enumerate(texts)
        ]

    def _analysis(
        self,
        text: str,
        known: Batch,
        row: int,
        over: NDArray[np.bool_],
        parts: tuple[Part, ...],
        opinions: tuple[Opinion, ...],
    ) -> Analysis:
        felt = tuple(name for name, is_over in zip(EMOTIONS, over, strict=True) if is_over and name != NO_EMOTION)
        return Analysis(
            classifier=self.name,
            sentiment=dict(zip(SENTIMENTS, known.sentiment[row].tolist(), strict=True)),
            intensity=tuple(known.intensity[row].tolist()),
            emotions=dict(zip(EMOTIONS, known.emotions[row].tolist(), strict=True)),
            felt=felt or (NO_EMOTION,),
            opinions=opinions,
            parts=parts,
            note=note_of(text),
        )


def _parts(texts: Sequence[str], known: Batch) -> dict[int, tuple[Part, ...]]:
    """The sentences of the texts in which not all of them lean the same way."""
    labels = known.parts.argmax(axis=1)
    owner = np.searchsorted(known.cut.texts, known.sentences.texts[:-1], side="right") - 1
    first = np.searchsorted(owner, np.arange(len(texts) + 1))
    if not len(labels):
        return {}
    differ = np.maximum.reduceat(labels, first[:-1]) != np.minimum.reduceat(labels, first[:-1])
    levels = known.part_intensity @ np.arange(1.0, 6.0)
    found = {}
    for row in np.flatnonzero(differ).tolist():
        rows = range(int(first[row]), int(first[row + 1]))
        spans = sentence_spans(texts[row], known.found, known.sentences, rows)
        found[row] = tuple(
            Part(span, dict(zip(SENTIMENTS, known.parts[part].tolist(), strict=True)), float(levels[part]))
            for part, span in zip(rows, spans, strict=True)
        )
    return found


@once
def _model(folder: Path) -> Model:
    return read_model(folder)


def _kiwi() -> Tokenizer:
    made: Tokenizer = backends.load("tokenizer", "kiwi").load()
    return made


def load(choice: ClassifierChoice) -> LinearClassifier:
    """The classifier with the model that is shipped, or with that in the folder ``choice.model``.

    Raises:
        BackendUnavailable: the model is missing or damaged.
        BadSetting: there is no such domain.
    """
    if choice.domain not in DOMAINS:
        known = ", ".join(DOMAINS)
        raise BadSetting(
            name="domain", value=choice.domain, expected=f"쓸 수 있는 값: {known}", expected_en=f"One of: {known}"
        )
    folder = Path(choice.model) if choice.model else FOLDER
    return LinearClassifier(_model(folder), _kiwi, choice.domain)
