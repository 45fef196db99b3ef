"""The tables of ``labels.db``, as a list of migrations. A released one is never edited: a change is a new one.

Judgements are append-only by triggers: annotations, receipts, events, suggestions. What people see of the queue (seats,
cursors, hearings, drafts, the status of a task) is state, and changes.
"""

from __future__ import annotations

from sqlite_utils import Database

from annotations.accounts.account_rows import accounts_tables
from annotations.accounts.api_keys import api_key_tables
from pipeline.database import Migration

_TASKS = (
    """CREATE TABLE schemes (
        id TEXT NOT NULL, version INTEGER NOT NULL, digest TEXT NOT NULL, first_used TEXT NOT NULL,
        PRIMARY KEY (id, version)
    ) STRICT, WITHOUT ROWID""",
    # `place` sorts as the queue does: priority, due, id. `repeat_for` is whom a silent repeat was made for.
    """CREATE TABLE tasks (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL,
        scheme TEXT NOT NULL,
        version INTEGER NOT NULL,
        text TEXT NOT NULL,
        context TEXT NOT NULL,
        seats INTEGER NOT NULL CHECK (seats >= 1),
        priority INTEGER NOT NULL,
        due TEXT NOT NULL,
        batch TEXT NOT NULL,
        gold TEXT,
        repeat_of INTEGER REFERENCES tasks (id),
        repeat_for TEXT,
        place TEXT NOT NULL,
        added_by TEXT NOT NULL,
        added_at TEXT NOT NULL,
        status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'complete', 'disputed', 'settled')),
        settled INTEGER REFERENCES annotations (id),
        FOREIGN KEY (scheme, version) REFERENCES schemes (id, version),
        CHECK ((repeat_of IS NULL) = (repeat_for IS NULL)),
        CHECK ((status = 'settled') = (settled IS NOT NULL))
    ) STRICT""",
    "CREATE UNIQUE INDEX tasks_key ON tasks (scheme, key) WHERE repeat_of IS NULL",
    "CREATE UNIQUE INDEX tasks_repeat ON tasks (repeat_of, repeat_for) WHERE repeat_of IS NOT NULL",
    "CREATE INDEX tasks_gold ON tasks (scheme, id) WHERE gold IS NOT NULL",
    "CREATE INDEX tasks_disputed ON tasks (scheme, place) WHERE status = 'disputed'",
    # A seat with a `place` stands in the queue; one without was made for its annotator (a gold task, a repeat).
    # `late` marks a seat that came, or came back, before a place that somebody has already passed.
    """CREATE TABLE seats (
        task_id INTEGER NOT NULL REFERENCES tasks (id),
        seat INTEGER NOT NULL CHECK (seat >= 1),
        scheme TEXT NOT NULL,
        place TEXT NOT NULL,
        late INTEGER NOT NULL DEFAULT 0 CHECK (late IN (0, 1)),
        state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'leased', 'done', 'skipped')),
        annotator TEXT,
        token TEXT,
        lease_until TEXT,
        annotation_id INTEGER REFERENCES annotations (id),
        PRIMARY KEY (task_id, seat),
        CHECK ((state = 'leased') = (token IS NOT NULL) AND (state = 'leased') = (lease_until IS NOT NULL)),
        CHECK ((state = 'done') = (annotation_id IS NOT NULL)),
        CHECK (annotator IS NOT NULL OR (state = 'open' AND place <> '')),
        CHECK (annotator IS NULL OR state <> 'open' OR place = ''),
        CHECK (state <> 'skipped' OR place = '')
    ) STRICT, WITHOUT ROWID""",
    "CREATE UNIQUE INDEX seats_once ON seats (task_id, annotator) WHERE annotator IS NOT NULL",
    "CREATE INDEX seats_queue ON seats (scheme, place, state) WHERE state = 'open' AND place <> ''",
    "CREATE INDEX seats_late ON seats (scheme, place, state, late) WHERE state = 'open' AND place <> '' AND late = 1",
    "CREATE INDEX seats_held ON seats (annotator, scheme) WHERE annotator IS NOT NULL AND state IN ('open', 'leased')",
    "CREATE INDEX seats_due ON seats (lease_until) WHERE state = 'leased'",
    "CREATE UNIQUE INDEX seats_token ON seats (token) WHERE token IS NOT NULL",
    # Who passed a task over: it is not offered to them again.
    """CREATE TABLE skips (
        task_id INTEGER NOT NULL REFERENCES tasks (id), annotator TEXT NOT NULL, PRIMARY KEY (task_id, annotator)
    ) STRICT, WITHOUT ROWID""",
    # How far somebody is: nothing in the queue up to `place` is for them but late seats, of those nothing up to `late`.
    """CREATE TABLE cursors (
        annotator TEXT NOT NULL,
        scheme TEXT NOT NULL,
        place TEXT NOT NULL DEFAULT '',
        late TEXT NOT NULL DEFAULT '',
        taken INTEGER NOT NULL DEFAULT 0,
        gold INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (annotator, scheme)
    ) STRICT, WITHOUT ROWID""",
)

_ANSWERS = (
    # `submission` is the idempotency key. `seat` is NULL for a spare and for an adjudicator's answer.
    """CREATE TABLE annotations (
        id INTEGER PRIMARY KEY,
        submission TEXT NOT NULL UNIQUE,
        task_id INTEGER NOT NULL REFERENCES tasks (id),
        seat INTEGER,
        annotator TEXT NOT NULL,
        scheme TEXT NOT NULL,
        version INTEGER NOT NULL,
        revision INTEGER NOT NULL CHECK (revision >= 1),
        labels TEXT NOT NULL,
        outcome TEXT NOT NULL CHECK (outcome IN ('labelled', 'unjudgeable')),
        stage TEXT NOT NULL CHECK (stage IN ('blind', 'assisted', 'edited', 'adjudicated')),
        seconds REAL NOT NULL CHECK (seconds >= 0),
        base INTEGER REFERENCES annotations (id),
        flag TEXT NOT NULL,
        saved_at TEXT NOT NULL,
        UNIQUE (task_id, annotator, revision),
        FOREIGN KEY (task_id, seat) REFERENCES seats (task_id, seat),
        CHECK (revision = 1 OR base IS NOT NULL)
    ) STRICT""",
    "CREATE INDEX annotations_person ON annotations (annotator, scheme, id)",
    """CREATE TABLE receipts (
        number INTEGER PRIMARY KEY,
        annotation_id INTEGER NOT NULL UNIQUE REFERENCES annotations (id),
        digest TEXT NOT NULL CHECK (length(digest) = 64),
        spare INTEGER NOT NULL CHECK (spare IN (0, 1))
    ) STRICT""",
    """CREATE TABLE drafts (
        task_id INTEGER NOT NULL REFERENCES tasks (id),
        annotator TEXT NOT NULL,
        labels TEXT NOT NULL,
        version INTEGER NOT NULL CHECK (version >= 1),
        seconds REAL NOT NULL CHECK (seconds >= 0),
        base INTEGER REFERENCES annotations (id),
        saved_at TEXT NOT NULL,
        PRIMARY KEY (task_id, annotator)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        by TEXT NOT NULL,
        task_id INTEGER REFERENCES tasks (id),
        seat INTEGER,
        detail TEXT NOT NULL DEFAULT '{}'
    ) STRICT""",
    "CREATE INDEX events_skipped ON events (id) WHERE kind = 'skipped'",
    "CREATE INDEX events_seen ON events (id) WHERE kind = 'suggestion_seen'",
    """CREATE TABLE suggestions (
        id INTEGER PRIMARY KEY,
        task_id INTEGER NOT NULL REFERENCES tasks (id),
        model TEXT NOT NULL,
        labels TEXT NOT NULL,
        scores TEXT NOT NULL,
        added_at TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX suggestions_task ON suggestions (task_id, id)",
    # A dispute that an adjudicator holds.
    """CREATE TABLE hearings (
        task_id INTEGER PRIMARY KEY REFERENCES tasks (id),
        scheme TEXT NOT NULL,
        adjudicator TEXT NOT NULL,
        token TEXT NOT NULL UNIQUE,
        lease_until TEXT NOT NULL
    ) STRICT""",
    "CREATE UNIQUE INDEX hearings_held ON hearings (adjudicator, scheme)",
)

_WHAT_TASKS_KEEP = "id, key, scheme, version, text, context, seats, priority, due, gold, repeat_of, repeat_for, place"


def _refusal(table: str, action: str, on: str) -> str:
    message = f"{table} are only ever appended"
    return f"CREATE TRIGGER {table}_no_{action} BEFORE {on} ON {table} BEGIN SELECT raise(ABORT, '{message}'); END"


def _execute(database: Database, statements: tuple[str, ...]) -> None:
    for statement in statements:
        database.execute(statement)


def _tasks(database: Database) -> None:
    _execute(database, _TASKS)
    database.execute(_refusal("tasks", "delete", "DELETE"))
    database.execute(_refusal("tasks", "update", f"UPDATE OF {_WHAT_TASKS_KEEP}"))


def _answers(database: Database) -> None:
    _execute(database, _ANSWERS)
    for table in ("annotations", "receipts", "events", "suggestions"):
        database.execute(_refusal(table, "update", "UPDATE"))
        database.execute(_refusal(table, "delete", "DELETE"))


# The days are Korea's. Seats made for one person are not the team's work; an adjudicator's answer is no seat.
_COUNT = (
    "INSERT INTO counters (scheme, annotator, day, value) VALUES ({}, 1) ON CONFLICT DO UPDATE SET value = value + 1"
)
_COUNTERS = (
    """CREATE TABLE counters (
        scheme TEXT NOT NULL, annotator TEXT NOT NULL, day TEXT NOT NULL, value INTEGER NOT NULL,
        PRIMARY KEY (scheme, annotator, day)
    ) STRICT, WITHOUT ROWID""",
    f"""CREATE TRIGGER count_answers AFTER INSERT ON annotations
    WHEN new.revision = 1 AND new.stage <> 'adjudicated' BEGIN
        {_COUNT.format("new.scheme, new.annotator, ''")};
        {_COUNT.format("new.scheme, new.annotator, date(new.saved_at, '+9 hours')")};
    END""",
    f"""CREATE TRIGGER count_seats AFTER INSERT ON seats WHEN new.place <> '' BEGIN
        {_COUNT.format("new.scheme, '', 'total'")};
    END""",
    f"""CREATE TRIGGER count_done AFTER UPDATE OF state ON seats
    WHEN new.place <> '' AND new.state = 'done' AND old.state <> 'done' BEGIN
        {_COUNT.format("new.scheme, '', 'done'")};
    END""",
    """CREATE TRIGGER count_undone AFTER UPDATE OF state ON seats
    WHEN new.place <> '' AND new.state <> 'done' AND old.state = 'done' BEGIN
        UPDATE counters SET value = value - 1 WHERE scheme = new.scheme AND annotator = '' AND day = 'done';
    END""",
)


def _counters(database: Database) -> None:
    _execute(database, _COUNTERS)
    database.execute(
        "INSERT INTO counters SELECT scheme, annotator, '', count(*) FROM annotations"
        " WHERE revision = 1 AND stage <> 'adjudicated' GROUP BY scheme, annotator"
    )
    database.execute(
        "INSERT INTO counters SELECT scheme, annotator, date(saved_at, '+9 hours'), count(*) FROM annotations"
        " WHERE revision = 1 AND stage <> 'adjudicated' GROUP BY scheme, annotator, date(saved_at, '+9 hours')"
    )
    database.execute(
        "INSERT INTO counters SELECT scheme, '', 'total', count(*) FROM seats WHERE place <> '' GROUP BY scheme"
    )
    database.execute(
        "INSERT INTO counters SELECT scheme, '', 'done', count(*) FROM seats WHERE place <> '' AND state = 'done'"
        " GROUP BY scheme"
    )


def _precedents(database: Database) -> None:
    # Rows are settled tasks by id; `grams` holds the character 2-grams of the text, which isn't stored a second time.
    database.execute(
        "CREATE VIRTUAL TABLE precedents USING fts5"
        " (scheme, grams, content='', tokenize='unicode61 remove_diacritics 0')"
    )
    database.execute("CREATE VIRTUAL TABLE precedent_grams USING fts5vocab (precedents, col)")


MIGRATIONS: tuple[Migration, ...] = (_tasks, _answers, accounts_tables, _counters, _precedents, api_key_tables)
