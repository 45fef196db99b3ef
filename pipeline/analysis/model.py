"""The embedded model: tables of n-grams, heads over what they say, and their files. One pass over a batch gives all.

``pipeline.training.linear`` writes the files; ``models/review-linear/card.md`` says on what and how good.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import pipeline
from pipeline.analysis import tables
from pipeline.analysis.grams import Grams, grams
from pipeline.analysis.heads import Doubles, Head, describe
from pipeline.analysis.labels import EMOTIONS, LEVELS, SENTIMENTS, VERDICTS
from pipeline.analysis.letters import Letters, letters
from pipeline.analysis.pieces import Pieces, pieces
from pipeline.analysis.tables import Sums, Table
from pipeline.errors.machine import BackendUnavailable
from pipeline.protocols import FloatArray

FOLDER = Path(pipeline.__file__).parent.parent / "models" / "review-linear"
VERSION = 1
FILES = ("film.npz", "restaurant.npz", "emotions.npz")
DOMAINS = ("restaurant", "film")


@dataclass(frozen=True, slots=True)
class Scored:
    """A table with the intercepts of its scores, and how much each score tells of good or bad."""

    table: Table
    intercepts: FloatArray
    signs: FloatArray

    def describe(self, found: Sums, cut: Pieces) -> FloatArray:
        """See ``pipeline.analysis.heads.describe``."""
        return describe(found, cut, self.intercepts, self.signs)


@dataclass(frozen=True, slots=True)
class Model:
    """All that is shipped. ``heads`` by name; ``thresholds`` of emotions by domain, in the order of ``EMOTIONS``;
    ``opinion`` is the threshold from which a clause is an opinion on an aspect.
    """

    film: Scored
    restaurant: Scored
    emotion: Scored
    heads: Mapping[str, Head]
    thresholds: Mapping[str, Doubles]
    opinion: float

    def parts(self, domain: str) -> Iterator[bytes]:
        """All numbers that what is said of a domain depends on."""
        for scored in (self.film, self.restaurant, self.emotion):
            for array in (scored.table.hashes, scored.table.columns, scored.intercepts, scored.signs):
                yield array.tobytes()
        heads = {name: head.to_json() for name, head in self.heads.items()}
        limits = [self.thresholds[domain].tolist(), self.opinion]
        yield json.dumps([domain, heads, limits], sort_keys=True).encode()


@dataclass(frozen=True, slots=True)
class Batch:
    """What is known of the texts of a batch, and where their pieces are.

    *Shape:* ``sentiment`` ``(texts, 4)`` in the order of ``SENTIMENTS``, ``intensity`` ``(texts, 5)``, ``emotions``
    ``(texts, 13)``; ``parts`` and ``part_intensity`` the same for sentences.
    """

    found: Letters
    families: tuple[Grams, ...]
    cut: Pieces
    sentiment: Doubles
    intensity: Doubles
    emotions: Doubles
    sentences: Pieces
    parts: Doubles
    part_intensity: Doubles


def read_batch(model: Model, texts: Sequence[str], domain: str = "restaurant") -> Batch:
    """Look at a batch once and say all. ``domain`` is ``restaurant`` or ``film``."""
    found = letters(texts)
    cut, families = pieces(found), grams(found)
    film = tables.sums(model.film.table, families, cut.starts)
    restaurant = tables.sums(model.restaurant.table, families, cut.starts)
    sentences = _sentences(cut)
    seen = dense(model, film, restaurant, cut, domain)
    sentiment, intensity = judge(model, seen, domain)
    parts, part_intensity = judge(model, dense(model, film, restaurant, sentences, domain), domain)
    felt = np.concatenate((emotion_scores(model.emotion, families, found), seen), axis=1)
    emotions = model.heads[f"{domain}_emotions"].labels(felt)
    return Batch(found, families, cut, sentiment, intensity, emotions, sentences, parts, part_intensity)


def emotion_scores(emotion: Scored, families: Sequence[Grams], found: Letters) -> FloatArray:
    """What the emotion table says of each text as a whole. *Shape:* ``(texts, labels)``."""
    scores: FloatArray = tables.sums(emotion.table, families, found.bounds).scores() + emotion.intercepts
    return scores


def _sentences(cut: Pieces) -> Pieces:
    """The same pieces with every sentence a text of its own."""
    first = np.flatnonzero(cut.sentences)
    return Pieces(cut.starts, cut.sentences, np.append(first, len(cut.sentences)))


def dense(model: Model, film: Sums, restaurant: Sums, cut: Pieces, domain: str) -> FloatArray:
    """What the heads look at. *Shape:* ``(texts, features)``."""
    seen = model.film.describe(film, cut)
    if domain == "film":
        return seen
    return np.concatenate((model.restaurant.describe(restaurant, cut), seen), axis=1)


def judge(model: Model, seen: FloatArray, domain: str) -> tuple[Doubles, Doubles]:
    """Probabilities of ``SENTIMENTS`` and of the levels."""
    if domain == "film":
        negative, neutral, positive = model.heads["film_classes"].classes(seen).T
        sentiment: Doubles = np.stack((positive, neutral, negative, np.zeros_like(positive)), axis=1)
        return sentiment, model.heads["film_levels"].classes(seen)
    return split_verdicts(model.heads["restaurant_verdicts"].classes(seen))


def split_verdicts(verdicts: Doubles) -> tuple[Doubles, Doubles]:
    """Probabilities of ``VERDICTS`` as those of ``SENTIMENTS`` and those of the levels."""
    sentiment = np.zeros((len(verdicts), len(SENTIMENTS)))
    intensity = np.zeros((len(verdicts), LEVELS))
    for column, (name, level) in enumerate(VERDICTS):
        sentiment[:, SENTIMENTS.index(name)] += verdicts[:, column]
        intensity[:, level - 1] += verdicts[:, column]
    return sentiment, intensity


def write_model(model: Model, folder: Path) -> None:
    """Write the files that ``read_model`` reads: arrays without pickle, and JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, scored in zip(FILES, (model.film, model.restaurant, model.emotion), strict=True):
        arrays: dict[str, Any] = {**tables.pack(scored.table), "intercepts": scored.intercepts, "signs": scored.signs}
        np.savez_compressed(folder / name, **arrays)
    value = {
        "version": VERSION,
        "emotions": list(EMOTIONS),
        "thresholds": {domain: np.round(model.thresholds[domain], 4).tolist() for domain in DOMAINS},
        "opinion": round(model.opinion, 4),
        "heads": {name: head.to_json() for name, head in model.heads.items()},
    }
    (folder / "heads.json").write_text(json.dumps(value, separators=(",", ":")) + "\n", encoding="utf-8")


def read_model(folder: Path = FOLDER) -> Model:
    """The model in a folder.

    Raises:
        BackendUnavailable: it is missing, damaged or of another version.
    """
    try:
        value: dict[str, Any] = json.loads((folder / "heads.json").read_text(encoding="utf-8"))
        if value["version"] != VERSION or tuple(value["emotions"]) != EMOTIONS:
            raise ValueError(f"버전 {value['version']} (필요한 버전 {VERSION})")
        film, restaurant, emotion = (_read_scored(folder / name) for name in FILES)
        heads = {name: Head.from_json(head) for name, head in value["heads"].items()}
        thresholds = {domain: np.array(value["thresholds"][domain], dtype=np.float64) for domain in DOMAINS}
        return Model(film, restaurant, emotion, heads, thresholds, float(value["opinion"]))
    except (OSError, EOFError, ValueError, KeyError, TypeError, IndexError, zipfile.BadZipFile, zlib.error) as error:
        raise BackendUnavailable(
            name="linear 분류기",
            reason=f"모델 폴더 {folder}을(를) 읽지 못했습니다 ({error})",
            cure="저장소의 models/review-linear를 되살리거나 `hansang train linear`로 다시 만드세요",
        ) from error


def _read_scored(path: Path) -> Scored:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:  # closed even where it is damaged
        loaded = {name: arrays[name] for name in arrays.files}
    floats = (loaded[name].astype(np.float32) for name in ("intercepts", "signs"))
    return Scored(tables.unpack(loaded), *floats)
