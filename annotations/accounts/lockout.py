"""Failures in a row lock a name for a while that grows, whether somebody has it or not.

A try counts before the password is looked at, so that many at once gain nothing.
"""

from __future__ import annotations

import hashlib
import math

from sqlite_utils import Database

from pipeline.errors.accounts import SignInLocked

FREE_FAILURES = 5
FIRST_WAIT, LONGEST_WAIT = 30, 900  # seconds; doubled from one to the other
FORGOTTEN = 24 * 3600  # seconds after which failures no longer count
STRANGERS_KEPT = 10_000  # names that nobody has, whose failures are remembered


def wait_after(failures: int) -> int:
    """How many seconds a name is locked after so many failures in a row."""
    if failures < FREE_FAILURES:
        return 0
    return int(min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(failures - FREE_FAILURES, 30)))


def attempt(db: Database, name: str, *, known: bool, now: float) -> None:
    """Count a try as a failure; ``forgive`` takes it back when the password was right.

    Raises:
        SignInLocked: not now. It doesn't count, so that nobody can keep somebody else out for longer.
    """
    digest = _digest(name)
    count, last, until = db.execute(
        "SELECT count, last, until FROM failures WHERE digest = ?", (digest,)
    ).fetchone() or (0, now, 0.0)
    if now < until:
        raise SignInLocked(seconds=math.ceil(until - now))
    count = 1 if now - last > FORGOTTEN else count + 1
    db.execute(
        "INSERT OR REPLACE INTO failures (digest, known, count, last, until) VALUES (?, ?, ?, ?, ?)",
        (digest, known, count, now, now + wait_after(count)),
    )
    if not known:
        _forget_strangers(db, now)


def forgive(db: Database, name: str) -> None:
    """Forget the failures of a name."""
    db.execute("DELETE FROM failures WHERE digest = ?", (_digest(name),))


def locked_until(db: Database, name: str) -> float:
    """When the lock of a name ends, 0 for none."""
    found = db.execute("SELECT until FROM failures WHERE digest = ?", (_digest(name),)).fetchone()
    return float(found[0]) if found else 0.0


def _forget_strangers(db: Database, now: float) -> None:
    db.execute("DELETE FROM failures WHERE NOT known AND last < ?", (now - FORGOTTEN,))
    db.execute(
        "DELETE FROM failures WHERE digest IN"
        " (SELECT digest FROM failures WHERE NOT known ORDER BY last DESC LIMIT -1 OFFSET ?)",
        (STRANGERS_KEPT,),
    )


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()  # somebody may have typed a password where the name belongs
