"""Settled tasks as precedents: found by the character 2-grams that a text shares with them.

SQLite's FTS5 ranks by BM25 over the rarest grams of the text; the best of those are ordered by the grams shared
(Dice's coefficient), which a long precedent can't win by its length.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from sqlite_utils import Database

from annotations.storage.rows import ANNOTATION, TASK, annotation_of, of, public, task_of
from annotations.storage.writer import Writer
from annotations.types import Annotation, Task

GRAMS_COUNTED = 64
"""Grams of a text whose rarity is looked up, spread evenly over it."""
GRAMS_ASKED = 24
CANDIDATES = 30
_WORD = re.compile(r"[^\W_]+")
_WIDTH = len(TASK.split(", "))
_TEXT = TASK.split(", ").index("text")


def grams_of(text: str) -> list[str]:
    """The 2-grams inside each run of letters and digits, in lower case; a run of one character is its own gram."""
    words = _WORD.findall(unicodedata.normalize("NFC", text).lower())
    return [word[n : n + 2] for word in words for n in range(max(1, len(word) - 1))]


def add_precedent(db: Database, task: Task) -> None:
    """Make a settled task findable. To be done once for each."""
    grams = " ".join(grams_of(task.text))
    db.execute("INSERT INTO precedents (rowid, scheme, grams) VALUES (?, ?, ?)", [task.id, task.scheme, grams])


def find_precedents(writer: Writer, text: str, scheme: str, limit: int) -> list[tuple[Task, Annotation]]:
    """The settled tasks of a scheme nearest to a text, each with the answer that settled it."""
    grams = list(dict.fromkeys(grams_of(text)))
    spread = grams[:: -(-len(grams) // GRAMS_COUNTED) or 1]
    rows = writer.read(lambda db: _candidates(db, spread, scheme, CANDIDATES + limit))
    ranked = sorted(rows, key=lambda row: (-_likeness(set(grams), row[_TEXT]), row[0]))
    return [(public(task_of(row[:_WIDTH])), annotation_of(row[_WIDTH:])) for row in ranked[:limit]]


def _candidates(db: Database, grams: Sequence[str], scheme: str, many: int) -> list[Any]:
    asked = _rarest(db, grams)
    if not asked:
        return []
    wanted = " OR ".join(f'"{gram}"' for gram in asked)
    quoted = scheme.replace('"', '""')
    return db.execute(
        f"SELECT {of('t', TASK)}, {of('a', ANNOTATION)} FROM (SELECT rowid FROM precedents WHERE precedents MATCH ?"
        " ORDER BY bm25(precedents, 0.0, 1.0) LIMIT ?) AS p"
        " JOIN tasks AS t ON t.id = p.rowid JOIN annotations AS a ON a.id = t.settled",
        [f'scheme : "{quoted}" AND grams : ({wanted})', many],
    ).fetchall()


def _rarest(db: Database, grams: Sequence[str]) -> list[str]:
    """The grams that the fewest precedents have, of those that any has."""
    rows = db.execute(
        f"SELECT term FROM precedent_grams WHERE term IN ({', '.join('?' * len(grams))}) AND col = 'grams'"
        " ORDER BY doc, term LIMIT ?",
        [*grams, GRAMS_ASKED],
    )
    return [term for (term,) in rows]


def _likeness(one: set[str], text: str) -> float:
    other = set(grams_of(text))
    return 2 * len(one & other) / (len(one) + len(other))
