"""What a classifier makes of the reviews of an index, kept beside the index: a restaurant is analysed once.

A cache and nothing more: it goes with the version of the index, and may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from pipeline.analysis.fingerprints import fingerprint
from pipeline.analysis.records import from_json, to_json
from pipeline.protocols import Classifier
from pipeline.restaurants.reviews import Restaurants, Review
from pipeline.storage import clear_errors, write_atomically
from pipeline.types import Analysis, Unanalysed

FOLDER = "analyses"
_AT_ONCE = 2_000  # reviews; between two rounds it is told how far it is

Told = Callable[[int, int], None]
"""Called with the restaurants that are done and their number."""


def _silent(done: int, total: int) -> None:
    pass


class Analyses:
    """The analyses of each restaurant's reviews, made when first asked for. Safe to use from several threads."""

    def __init__(self, restaurants: Restaurants, classifier: Classifier, folder: Path | None = None) -> None:
        """``folder`` is where they are kept; beside the index when None."""
        self._restaurants = restaurants
        self._classifier = classifier
        self.key = fingerprint(classifier)
        self.folder = (folder or restaurants.index.folder / FOLDER) / self.key
        self._made: dict[str, tuple[Analysis | Unanalysed, ...]] = {}
        self._making = threading.Lock()

    def of(self, name: str) -> tuple[Analysis | Unanalysed, ...]:
        """The analyses of a restaurant's reviews, in the order of ``Restaurants.reviews``."""
        known = self._made.get(name) or self._read(name)
        if known is None:
            with self._making:  # the classifier has threads of its own
                known = self._made.get(name) or self._make([name])[name]
        return known

    def make(self, names: Iterable[str], told: Told = _silent) -> None:
        """Make those of several restaurants that are not there yet, many reviews at once."""
        todo = [name for name in names if name not in self._made and self._read(name) is None]
        done, batch, size = 0, list[str](), 0
        for name in todo:
            batch.append(name)
            size += len(self._restaurants.rows(name))
            if size >= _AT_ONCE or name == todo[-1]:
                with self._making:
                    self._make(batch)
                done += len(batch)
                told(done, len(todo))
                batch, size = [], 0

    def _make(self, names: Sequence[str]) -> dict[str, tuple[Analysis | Unanalysed, ...]]:
        reviews = {name: self._restaurants.reviews(name) for name in names}
        texts = [review.text for found in reviews.values() for review in found]
        analysed = iter(self._classifier.classify(texts))
        made = {name: tuple(next(analysed) for _ in found) for name, found in reviews.items()}
        for name, found in reviews.items():
            self._write(name, found, made[name])
        self._made |= made
        return made

    def _path(self, name: str) -> Path:
        return self.folder / f"{hashlib.blake2b(name.encode(), digest_size=8).hexdigest()}.jsonl"

    def _write(self, name: str, reviews: Sequence[Review], analyses: Sequence[Analysis | Unanalysed]) -> None:
        records = [to_json(r.id, r.text, a) for r, a in zip(reviews, analyses, strict=True)]
        with clear_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(self._path(name), "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records))

    def _read(self, name: str) -> tuple[Analysis | Unanalysed, ...] | None:
        try:
            lines = self._path(name).read_text(encoding="utf-8").splitlines()
            found = tuple(from_json(json.loads(line)) for line in lines)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):  # damaged: it is made anew
            return None
        if len(found) != len(self._restaurants.reviews(name)):
            return None
        self._made[name] = found
        return found
