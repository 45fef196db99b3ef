"""Analyses of texts kept by the hash of the text, so that indexing the same reviews again takes seconds.

A cache and nothing more: it may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from pipeline.protocols import Tokenizer
from pipeline.types import AnalysedText, Morpheme

_BATCH = 500


Analyse = Callable[[Iterable[list[str]]], Iterator[Sequence[AnalysedText]]]
"""Analyses batches of texts, in order; of an empty batch nothing comes."""


class CachedTokenizer:
    """A tokenizer that remembers what it has analysed, in one SQLite file per analyser and version."""

    def __init__(self, tokenizer: Tokenizer, path: Path, elsewhere: Analyse | None = None) -> None:
        """``elsewhere``: who analyses what isn't known yet; the tokenizer itself, unless told otherwise."""
        self.fingerprint = tokenizer.fingerprint
        self._tokenizer = tokenizer
        self._analyse = elsewhere or self._here
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA synchronous=OFF")  # a cache that is lost is only slow
        self._db.execute("PRAGMA busy_timeout=10000")
        self._db.execute("CREATE TABLE IF NOT EXISTS analyses (hash BLOB PRIMARY KEY, analysis TEXT) WITHOUT ROWID")

    def analyse(self, texts: Iterable[str]) -> Iterator[AnalysedText]:
        """See Tokenizer."""
        looked: deque[tuple[list[str], dict[str, AnalysedText]]] = deque()

        def missing() -> Iterator[list[str]]:
            iterator = iter(texts)
            while batch := list(islice(iterator, _BATCH)):
                found = self.known(batch)
                looked.append((batch, found))
                yield [text for text in dict.fromkeys(batch) if text not in found]

        for analysed in self._analyse(missing()):
            batch, found = looked.popleft()
            self.keep(analysed)
            found |= {each.text: each for each in analysed}
            yield from (found[text] for text in batch)

    def known(self, texts: Sequence[str]) -> dict[str, AnalysedText]:
        """Those of the texts that were analysed before, with their analyses."""
        found: dict[str, AnalysedText] = {}
        for start in range(0, len(texts), _BATCH):
            hashes = {_hash(text): text for text in texts[start : start + _BATCH]}
            rows = self._db.execute(
                f"SELECT hash, analysis FROM analyses WHERE hash IN ({', '.join('?' * len(hashes))})", tuple(hashes)
            )
            found |= {hashes[key]: _unpack(hashes[key], packed) for key, packed in rows}
        return found

    def keep(self, analysed: Sequence[AnalysedText]) -> None:
        """Remember analyses."""
        if analysed:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(
                "INSERT OR REPLACE INTO analyses VALUES (?, ?)", [(_hash(each.text), _pack(each)) for each in analysed]
            )
            self._db.execute("COMMIT")

    def _here(self, batches: Iterable[list[str]]) -> Iterator[Sequence[AnalysedText]]:
        return (list(self._tokenizer.analyse(batch)) if batch else [] for batch in batches)

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


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
