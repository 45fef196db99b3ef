"""What the events say that every seat is: to be compared with what the seats say of themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable

from annotations.types import SeatState

Seat = tuple[int, int]
"""A task's id and the number of the seat."""
Standing = tuple[SeatState, str | None]
"""A seat's state, and whose it is."""
Told = tuple[str, str, int | None, int | None, str]
"""An event: kind, by, task, seat, detail as JSON."""

EVENTS = "SELECT kind, by, task_id, seat, detail FROM events ORDER BY id"
SEATS = "SELECT task_id, seat, state, annotator FROM seats"


def replay(events: Iterable[Told]) -> dict[Seat, Standing]:
    """Every seat after all events (the rows of ``EVENTS``). A seat that no import made stays its first holder's."""
    seats: dict[Seat, Standing] = {}
    queued: set[Seat] = set()
    for kind, by, task_id, number, detail in events:
        if task_id is None:
            continue
        if kind == "imported":
            made = {(task_id, n) for n in range(1, json.loads(detail)["seats"] + 1)}
            queued |= made
            seats |= dict.fromkeys(made, ("open", None))
        if number is None:
            continue
        seat = (task_id, number)
        if kind == "taken":
            seats[seat] = ("leased", by)
        elif kind in ("returned", "expired"):
            seats[seat] = ("open", None if seat in queued else by)
        elif kind == "skipped":
            seats[seat] = ("open", None) if seat in queued else ("skipped", by)
        elif kind in ("saved", "revised"):
            seats[seat] = ("done", by)
    return seats
