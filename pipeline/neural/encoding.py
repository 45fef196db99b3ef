"""An encoder over a model that reads texts: what its index keeps, and that no other model's question searches it.

The backends give a ``Reader``; vectors, emptiness, the index's record of the model and the check against it are here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.batching.batcher import Limits
from pipeline.errors.neural import ModelMismatch, ModelUnusable
from pipeline.neural.folders import read_config
from pipeline.neural.hub import Found, find
from pipeline.neural.lanes import Compute, Lanes
from pipeline.neural.measuring import UNMEASURED, Sizing
from pipeline.passages import PassageStore
from pipeline.protocols import FloatArray
from pipeline.setting_groups.models import Batching
from pipeline.settings import Settings
from pipeline.storage import write_json
from pipeline.types import Query

RECORD = "model.json"
CHUNK = 4_096  # passages handed over at once: enough to sort by length, little to hold


class Forward(Protocol):
    """One call of a library, of texts or of what ``prepare`` makes of them."""

    def __call__(self, texts: Any, *, question: bool) -> FloatArray:
        """*Shape:* ``(len(texts), dimensions)``."""
        ...


class Reader:
    """A loaded model that reads texts, those of many callers together. ``lanes`` compute its ``unit_vectors``."""

    def __init__(self, dimensions: int, lanes: Lanes[FloatArray]) -> None:
        self.dimensions = dimensions
        self.limits, self.sizing = lanes.limits, lanes.sizing
        self._lanes = lanes

    def questions(self, texts: Sequence[str]) -> FloatArray:
        """The vectors of questions. *Shape:* ``(len(texts), dimensions)``, rows of unit length.

        Raises:
            ModelBusy: too much waits already.
            ModelUnusable: the model gave something else than numbers.
        """
        return self._stacked(self._lanes.questions(texts))

    def passages(self, texts: Sequence[str]) -> FloatArray:
        """The vectors of passages, however many. *Shape:* ``(len(texts), dimensions)``, rows of unit length.

        Raises:
            ModelUnusable: the model gave something else than numbers.
        """
        return self._stacked(self._lanes.passages(texts))

    def _stacked(self, vectors: Sequence[FloatArray]) -> FloatArray:
        return np.stack(vectors) if vectors else np.zeros((0, self.dimensions), dtype=np.float32)


def unit_vectors(forward: Forward, name: str) -> Compute[FloatArray]:
    """A library's call, of which vectors of unit length are made."""

    def compute(ready: Any, *, question: bool) -> Sequence[FloatArray]:
        return list(unit(np.asarray(forward(ready, question=question), dtype=np.float32), name))

    return compute


def unit(vectors: FloatArray, name: str) -> FloatArray:
    """Vectors of unit length, or zero.

    Raises:
        ModelUnusable: the model gave something else than numbers.
    """
    if not np.isfinite(vectors).all():
        raise not_numbers(name)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    made: FloatArray = (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
    return made


def not_numbers(name: str) -> ModelUnusable:
    """What is raised when a model's arithmetic overflows, as half precision may."""
    return ModelUnusable(
        name=name, reason="계산이 수가 아닌 값을 냈습니다", reason_en="its arithmetic overflowed",
        cure="`--set models.precision=bf16`이나 `fp32`로 하세요", cure_en="Use `--set models.precision=bf16` or `fp32`",
    )  # fmt: skip


def limits_of(batching: Batching) -> Limits:
    """The settings as a batcher takes them; what these leave open may be measured (``measuring.sized``)."""
    tokens = batching.tokens or UNMEASURED
    return Limits(tokens, batching.texts, batching.wait_ms, batching.queue, batching.flights)


@dataclass(frozen=True, slots=True)
class Record:
    """What an index keeps of the model that made its vectors."""

    name: str
    revision: str
    dimensions: int

    def said(self) -> str:
        """As an error names it."""
        size = f", {self.dimensions:,}d" if self.dimensions else ""
        return f"{self.name} ({self.revision[:18]}{size})"


class Reads(Protocol):
    """What reads questions."""

    dimensions: int
    limits: Limits
    sizing: Sizing | None

    def questions(self, texts: Sequence[str]) -> FloatArray:
        """*Shape:* ``(len(texts), dimensions)``, rows of unit length."""
        ...


class NeuralEncoder:
    """See Encoder. A text without a letter or digit has the vector zero: nothing is known of it."""

    def __init__(self, reader: Reads, name: str) -> None:
        self.name = name
        self.limits, self.sizing = reader.limits, reader.sizing
        self._reader = reader

    def encode(self, queries: Sequence[Query]) -> FloatArray:
        """See Encoder. *Shape:* ``(len(queries), dimensions)``."""
        return _spoken([query.text for query in queries], self._reader.questions, self._reader.dimensions)


def says_something(text: str) -> bool:
    """Whether a text has a letter or a digit, so that a model can know anything of it."""
    return any(letter.isalnum() for letter in text)


def _spoken(texts: Sequence[str], read: Callable[[Sequence[str]], FloatArray], dimensions: int) -> FloatArray:
    vectors = np.zeros((len(texts), dimensions), dtype=np.float32)
    rows = [row for row, text in enumerate(texts) if says_something(text)]
    if rows:
        vectors[rows] = read([texts[row] for row in rows])
    return vectors


def build(passages: PassageStore, folder: Path, found: Found, reader: Reader) -> NDArray[np.float16]:
    """Read the passages, write down which model did, and return their vectors.

    *Shape:* ``(passages, dimensions)`` in half precision: the cosine of two unit vectors changes by under .001.
    """
    vectors = np.empty((len(passages), reader.dimensions), dtype=np.float16)
    for start in range(0, len(passages), CHUNK):
        texts = [passages[row].text for row in range(start, min(start + CHUNK, len(passages)))]
        vectors[start : start + len(texts)] = _spoken(texts, reader.passages, reader.dimensions)
    write_record(folder, found, reader.dimensions)
    return vectors


def write_record(folder: Path, found: Found, dimensions: int) -> None:
    """Write down in an index which model made its vectors."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / RECORD, asdict(Record(found.name, found.revision, dimensions)))


def checked(folder: Path, settings: Settings) -> Found:
    """The model of the settings, if it is the one that made an index's vectors. Nothing is loaded for that.

    Raises:
        ModelMismatch: it is another.
        ModelAbsent, ModelGated, ModelUnusable: it can't be found.
    """
    built = Record(**json.loads((folder / RECORD).read_text(encoding="utf-8")))
    found = find(settings.models.encoder, settings.models.encoder_revision, "encoder")
    if found.revision != built.revision:
        asked = Record(found.name, found.revision, _width(found))
        raise ModelMismatch(built=built.said(), asked=asked.said())
    return found


def _width(found: Found) -> int:
    """The dimensions that a model's configuration promises, 0 where it doesn't say."""
    width = read_config(found.folder, found.name).get("hidden_size")
    return width if isinstance(width, int) else 0


def identity(settings: Settings) -> dict[str, object]:
    """What tells one index's vectors from another's: which model reads how much.

    Raises:
        ModelAbsent, ModelGated, ModelUnusable: it can't be found.
    """
    models = settings.models
    found = find(models.encoder, models.encoder_revision, "encoder")
    return {"name": found.name, "revision": found.revision, "passage_tokens": models.passage_tokens}
