"""Analyses of texts kept by the hash of the text, so that indexing the same reviews again takes seconds.

A cache and nothing more: it may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from pipeline.protocols import Tokenizer
from pipeline.types import AnalysedText, Morpheme

_BATCH = 500


class CachedTokenizer:
    """A tokenizer that remembers what it has analysed, in one SQLite file per analyser and version."""

    def __init__(self, tokenizer: Tokenizer, path: Path) -> None:
        self._tokenizer = tokenizer
        self.fingerprint = tokenizer.fingerprint
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA synchronous=OFF")  # a cache that is lost is only slow
        self._db.execute("PRAGMA busy_timeout=10000")
        self._db.execute("CREATE TABLE IF NOT EXISTS analyses (hash BLOB PRIMARY KEY, analysis TEXT) WITHOUT ROWID")

    def analyse(self, texts: Iterable[str]) -> Iterator[AnalysedText]:
        """See Tokenizer."""
        iterator = iter(texts)
        while batch := list(islice(iterator, _BATCH)):
            yield from self._analyse(batch)

    def _analyse(self, batch: list[str]) -> Iterator[AnalysedText]:
        hashes = [hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() for text in batch]
        marks = ",".join("?" * len(hashes))
        found = dict(self._db.execute(f"SELECT hash, analysis FROM analyses WHERE hash IN ({marks})", hashes))
        missing = {key: text for key, text in zip(hashes, batch, strict=True) if key not in found}
        analysed = dict(zip(missing, self._tokenizer.analyse(missing.values()), strict=True))
        if analysed:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(
                "INSERT OR REPLACE INTO analyses VALUES (?, ?)",
                [(key, _pack(value)) for key, value in analysed.items()],
            )
            self._db.execute("COMMIT")
        for key, text in zip(hashes, batch, strict=True):
            yield analysed[key] if key in analysed else _unpack(text, found[key])

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _pack(analysed: AnalysedText) -> str:
    morphemes = [(m.form, m.tag, m.start, m.end, int(m.content)) for m in analysed.morphemes]
    return json.dumps((morphemes, analysed.sentences), ensure_ascii=False, separators=(",", ":"))


def _unpack(text: str, packed: str) -> AnalysedText:
    morphemes, sentences = json.loads(packed)
    return AnalysedText(
        text,
        tuple(Morpheme(form, tag, start, end, bool(content)) for form, tag, start, end, content in morphemes),
        tuple((start, end) for start, end in sentences),
    )
