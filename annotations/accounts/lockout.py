"""Failures in a row lock a name for a while that grows, whether somebody has it or not.

They lock it for the address they come from, so that a stranger elsewhere doesn't keep its owner out. Only many
addresses together lock it for everybody: of each, the first ``FREE_FAILURES`` count for that. A try counts before the
password is looked at, so that many at once gain nothing.
"""

from __future__ import annotations

import hashlib
import math

from sqlite_utils import Database

from annotations.accounts.limits import household
from pipeline.errors.accounts import SignInLocked

FREE_FAILURES = 5
FREE_EVERYWHERE = 10 * FREE_FAILURES
FIRST_WAIT, LONGEST_WAIT = 30, 900  # seconds; doubled from one to the other
FORGOTTEN = 24 * 3600  # seconds after which failures no longer count
STRANGERS_KEPT = 10_000  # names that nobody has, each from an address, whose failures are remembered


def wait_after(failures: int) -> int:
    """How many seconds a name is locked after so many failures in a row."""
    if failures < FREE_FAILURES:
        return 0
    return int(min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(failures - FREE_FAILURES, 30)))


def attempt(db: Database, name: str, address: str, *, known: bool, now: float) -> None:
    """Count a try as a failure; ``forgive`` takes it back when the password was right.

    Raises:
        SignInLocked: not now. It doesn't count, so that nobody can keep somebody else out for longer.
    """
    key = _key(name, address)
    db.execute("DELETE FROM failures WHERE last < ?", (now - FORGOTTEN,))
    count, until = db.execute("SELECT count, until FROM failures WHERE digest = ?", (key,)).fetchone() or (0, 0.0)
    until = max(until, _locked_everywhere(db, name))
    if now < until:
        raise SignInLocked(seconds=math.ceil(until - now))
    db.execute(
        "INSERT OR REPLACE INTO failures (digest, known, count, last, until) VALUES (?, ?, ?, ?, ?)",
        (key, known, count + 1, now, now + wait_after(count + 1)),
    )
    if not known:
        _forget_strangers(db)


def forgive(db: Database, name: str, address: str) -> None:
    """Forget the failures of a name from an address; those from elsewhere may be somebody else's."""
    db.execute("DELETE FROM failures WHERE digest = ?", (_key(name, address),))


def forgive_everywhere(db: Database, name: str) -> None:
    """Forget the failures of a name."""
    db.execute("DELETE FROM failures WHERE digest BETWEEN :name AND :name || 'g'", {"name": _digest(name)})


def locked_until(db: Database, name: str) -> float:
    """When the last lock of a name ends, from wherever it is locked; 0 for none."""
    return max((*(until for *_, until in _failures(db, name)), _locked_everywhere(db, name)))


def _locked_everywhere(db: Database, name: str) -> float:
    """When the lock of a name ends that keeps everybody out; one address alone can't bring it about."""
    failures = _failures(db, name)
    counted = sum(min(count, FREE_FAILURES) for count, *_ in failures)
    last = max((last for count, last, _ in failures if count <= FREE_FAILURES), default=0.0)
    return last + wait_after(counted - FREE_EVERYWHERE + FREE_FAILURES)


def _failures(db: Database, name: str) -> list[tuple[int, float, float]]:
    """Of each address how many there were, when the last was, and until when it is locked."""
    return db.execute(
        "SELECT count, last, until FROM failures WHERE digest BETWEEN :name AND :name || 'g'", {"name": _digest(name)}
    ).fetchall()


def _forget_strangers(db: Database) -> None:
    db.execute(
        "DELETE FROM failures WHERE digest IN"
        " (SELECT digest FROM failures WHERE NOT known ORDER BY last DESC LIMIT -1 OFFSET ?)",
        (STRANGERS_KEPT,),
    )


def _key(name: str, address: str) -> str:
    """It begins with the digest of the name, in hexadecimal, so that all of a name stand between it and "g"."""
    return _digest(name) + _digest(household(address))


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()  # somebody may have typed a password where the name belongs
