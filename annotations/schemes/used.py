"""The schemes of stored tasks: loaded once, and checked to be what they were when their first task came in."""

from __future__ import annotations

from functools import cache

from sqlite_utils import Database

from annotations.schemes.scheme import Scheme, check_unedited, load_scheme

scheme_of = cache(load_scheme)
"""A version of a scheme. A used one is never edited, so it is read once."""


def use_scheme(db: Database, scheme: Scheme, at: str) -> None:
    """Note the content of a version when it is first used, and compare with it ever after.

    Raises:
        SchemeEdited: its files were changed since.
    """
    db.execute(
        "INSERT INTO schemes VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", [scheme.id, scheme.version, scheme.digest, at]
    )
    check_used(db, scheme)


def check_used(db: Database, scheme: Scheme) -> None:
    """Compare a version with what it was when it was first used.

    Raises:
        SchemeEdited: its files were changed since.
    """
    row = db.execute("SELECT digest FROM schemes WHERE id = ? AND version = ?", [scheme.id, scheme.version]).fetchone()
    if row is not None:
        check_unedited(scheme, row[0])
