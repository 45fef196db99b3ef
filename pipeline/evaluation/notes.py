"""What people leave at the questions of a run: notes and tags, with who and when, and what is being typed.

Notes and tags are only ever appended: taking a tag off is a row, too. One SQLite file, ``notes.db``. Knows nothing of
what a question or a run is but their names.
"""

from __future__ import annotations

import datetime
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from pipeline.database import open_database, transaction, writing
from pipeline.errors.base import InputError

FILE = "notes.db"
NOTE_LIMIT = 2_000  # characters
TAG_LIMIT = 40


class NoteUnfit(InputError):
    """A note or a tag that can't be kept."""

    code = "note-unfit"
    ko = "{what}에 글자가 없거나 {limit:,}자가 넘습니다. 짧은 글로 적어 주세요."
    en = "The {what_en} has no letters or more than {limit:,} characters. Write it shorter."


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote of a question, at a time (ISO 8601, UTC)."""

    by: str
    at: str
    text: str


def _create(database: Database) -> None:
    database.execute(
        "CREATE TABLE notes (number INTEGER PRIMARY KEY, run TEXT NOT NULL, question_id TEXT NOT NULL,"
        " by TEXT NOT NULL, at TEXT NOT NULL, text TEXT NOT NULL) STRICT"
    )
    database.execute("CREATE INDEX notes_question ON notes (run, question_id)")
    database.execute(
        "CREATE TABLE tags (number INTEGER PRIMARY KEY, run TEXT NOT NULL, question_id TEXT NOT NULL,"
        " tag TEXT NOT NULL, there INTEGER NOT NULL CHECK (there IN (0, 1)), by TEXT NOT NULL, at TEXT NOT NULL) STRICT"
    )
    database.execute("CREATE INDEX tags_question ON tags (run, question_id, tag)")
    database.execute(
        "CREATE TABLE drafts (run TEXT NOT NULL, question_id TEXT NOT NULL, by TEXT NOT NULL, text TEXT NOT NULL,"
        " PRIMARY KEY (run, question_id, by)) STRICT"
    )
    for table in ("notes", "tags"):
        for act in ("UPDATE", "DELETE"):
            database.execute(
                f"CREATE TRIGGER {table}_{act.lower()} BEFORE {act} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{table} are only appended'); END"
            )


MIGRATIONS = (_create,)

_TAGS = (
    "SELECT question_id, tag FROM tags AS t WHERE run = ? AND there = 1 AND NOT EXISTS (SELECT 1 FROM tags AS later"
    " WHERE later.run = t.run AND later.question_id = t.question_id AND later.tag = t.tag AND later.number > t.number)"
    " ORDER BY number"
)


class Notes:
    """The notes of one home. The file is opened for each call, so that any thread and process may use it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, run: str, question_id: str, by: str, text: str) -> list[Note]:
        """Leave a note, and return all of the question as they were read back.

        What the person was typing is done with it. The same said again at once (a double click) is one note.

        Raises:
            NoteUnfit: it is empty or too long.
            DiskFull: there is no room; what was kept before stands.
        """
        text = text.strip()
        if not text or len(text) > NOTE_LIMIT:
            raise NoteUnfit(what="메모", what_en="note", limit=NOTE_LIMIT)
        with self._writing() as database:
            last = database.execute(
                "SELECT by, text FROM notes WHERE run = ? AND question_id = ? ORDER BY number DESC LIMIT 1",
                [run, question_id],
            ).fetchone()
            if last != (by, text):
                database.execute(
                    "INSERT INTO notes (run, question_id, by, at, text) VALUES (?, ?, ?, ?, ?)",
                    [run, question_id, by, _now(), text],
                )
            database.execute("DELETE FROM drafts WHERE run = ? AND question_id = ? AND by = ?", [run, question_id, by])
        return self.of(run, question_id)

    def of(self, run: str, question_id: str) -> list[Note]:
        """All notes of a question, oldest first."""
        rows = self._read(
            "SELECT by, at, text FROM notes WHERE run = ? AND question_id = ? ORDER BY number", [run, question_id]
        )
        return [Note(*row) for row in rows]

    def retag(self, run: str, question_id: str, by: str, add: Sequence[str], remove: Sequence[str] = ()) -> None:
        """Put tags on a question and take others off; one that is there already, or gone, is left so.

        Raises:
            NoteUnfit: a tag is empty or too long; none was changed then.
            DiskFull: there is no room; what was kept before stands.
        """
        wanted = [(clean_tag(tag), 1) for tag in add] + [(tag, 0) for tag in remove]
        with self._writing() as database:
            now = {tag for id_, tag in database.execute(_TAGS, [run]).fetchall() if id_ == question_id}
            for tag, there in dict(wanted).items():
                if (tag in now) != bool(there):
                    database.execute(
                        "INSERT INTO tags (run, question_id, tag, there, by, at) VALUES (?, ?, ?, ?, ?, ?)",
                        [run, question_id, tag, there, by, _now()],
                    )

    def tags(self, run: str) -> dict[str, tuple[str, ...]]:
        """The tags of a run's questions: question id → tags, in the order in which they were put on."""
        found: dict[str, tuple[str, ...]] = {}
        for question_id, tag in self._read(_TAGS, [run]):
            found[question_id] = (*found.get(question_id, ()), tag)
        return found

    def known_tags(self) -> list[str]:
        """Every tag that was ever put on in any run, in the order of the alphabet."""
        return [tag for (tag,) in self._read("SELECT DISTINCT tag FROM tags ORDER BY tag", [])]

    def keep_draft(self, run: str, question_id: str, by: str, text: str) -> None:
        """Keep what somebody is typing; an empty text forgets it.

        Raises:
            DiskFull: there is no room; what was kept before stands.
        """
        with self._writing() as database:
            if text.strip():
                database.execute("INSERT OR REPLACE INTO drafts VALUES (?, ?, ?, ?)", [run, question_id, by, text])
            else:
                database.execute(
                    "DELETE FROM drafts WHERE run = ? AND question_id = ? AND by = ?", [run, question_id, by]
                )

    def draft(self, run: str, question_id: str, by: str) -> str:
        """What somebody was typing last; empty when nothing is left."""
        rows = self._read(
            "SELECT text FROM drafts WHERE run = ? AND question_id = ? AND by = ?", [run, question_id, by]
        )
        return rows[0][0] if rows else ""

    @contextmanager
    def _writing(self) -> Iterator[Database]:
        with writing(self._path):
            database = open_database(self._path, MIGRATIONS)
            try:
                with transaction(database):
                    yield database
            finally:
                database.close()

    def _read(self, sql: str, values: Sequence[object]) -> list[tuple[str, ...]]:
        if not self._path.exists():  # looking leaves nothing behind
            return []
        database = open_database(self._path, MIGRATIONS)
        try:
            return list(database.execute(sql, values).fetchall())
        finally:
            database.close()


def clean_tag(tag: str) -> str:
    """A tag as it is kept: NFC, in one line, without spaces around it.

    Raises:
        NoteUnfit: nothing is left, or too much.
    """
    cleaned = " ".join(unicodedata.normalize("NFC", tag).split())
    if not cleaned or len(cleaned) > TAG_LIMIT:
        raise NoteUnfit(what="꼬리표", what_en="tag", limit=TAG_LIMIT)
    return cleaned


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
