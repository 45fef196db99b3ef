"""The demo of the annotation app: accounts with random passwords, and the demo's reviews as tasks, some of them gold.

The passwords lie in the home, readable to its owner only, so that the demo can show them again. The accounts are let in
by ``hansang demo`` and by nothing else, and that listens on this machine only.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.building import DEMO
from pipeline.storage import clear_errors

if TYPE_CHECKING:
    from annotations.accounts.accounts import Accounts
    from annotations.types import NewTask, Role

ACCOUNTS: dict[str, Role] = {
    "annotator": "annotator",
    "annotator2": "annotator",
    "adjudicator": "adjudicator",
    "admin": "admin",
}
FILE = "demo-accounts.json"
SCHEME = "review"
SEATS = 2
GOLD_EVERY = 16  # one review in sixteen shows how good the answers are


def prepare(home: Path, labels: Path) -> Mapping[str, str]:
    """Make the demo's accounts and tasks where they are missing; name → password of the accounts.

    Raises:
        HansangError: the labels can't be used.
    """
    from annotations.accounts.accounts import Accounts
    from annotations.desk import Desk  # heavy: sqlite-utils brings pandas, which help doesn't need

    with Desk(labels) as desk:
        desk.add_tasks(review_tasks(), "demo")
        return _make_accounts(home / FILE, Accounts(desk.writer))


def _make_accounts(file: Path, accounts: Accounts) -> Mapping[str, str]:
    from annotations.accounts.passwords import invented

    kept: dict[str, str] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    there = {entry.account.name: entry.demo for entry in accounts.entries()}
    missing = {name: invented() for name in ACCOUNTS if name not in there or (there[name] and name not in kept)}
    if missing:
        kept |= missing
        _keep(file, kept)
    for name, password in missing.items():
        if name in there:
            accounts.set_password(name, password, "demo")
        else:
            accounts.add(name, ACCOUNTS[name], password, "demo", demo=True)
    return {name: password for name, password in kept.items() if there.get(name, True)}


def _keep(file: Path, passwords: Mapping[str, str]) -> None:
    aside = file.with_suffix(".new")
    with clear_errors(file):
        aside.unlink(missing_ok=True)
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
            json.dump(passwords, opened, indent=1)
        aside.replace(file)


def review_tasks() -> Iterator[NewTask]:
    """The demo's reviews as tasks."""
    from annotations.types import NewTask

    restaurants = {row["id"]: row for row in _rows("restaurants.jsonl")}
    for number, row in enumerate(_rows("reviews.jsonl")):
        where = restaurants[row["restaurant_id"]]
        yield NewTask(
            key=row["id"],
            scheme=SCHEME,
            version=1,
            text=row["text"],
            context={"restaurant": where["name"], "rating": row["rating"], "date": row["date"]},
            seats=SEATS,
            batch="demo",
            gold=row["labels"] if number % GOLD_EVERY == GOLD_EVERY - 1 else None,
        )


def _rows(name: str) -> Iterator[dict[str, Any]]:
    with (DEMO / name).open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
