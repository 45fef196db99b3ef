"""What is made once, however many ask at once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.once import once

CALLERS = 8


def test_all_who_ask_at_once_get_the_one_that_is_made() -> None:
    made: list[object] = []
    together = threading.Barrier(CALLERS)

    @once
    def dear() -> object:
        time.sleep(0.05)  # long enough for the others to come where nothing keeps them out
        made.append(object())
        return made[-1]

    def ask(_: int) -> object:
        together.wait()
        return dear()

    with ThreadPoolExecutor(CALLERS) as pool:
        got = list(pool.map(ask, range(CALLERS)))
    assert len(made) == 1
    assert all(each is made[0] for each in got)


def test_each_argument_has_its_own() -> None:
    made: list[str] = []

    @once
    def named(name: str, *, loud: bool = False) -> str:
        made.append(name)
        return name.upper() if loud else name

    assert [named("a"), named("b"), named("a"), named("a", loud=True)] == ["a", "b", "a", "A"]
    assert made == ["a", "b", "a"]
    assert named.__name__ == "named"


def test_what_failed_is_tried_again() -> None:
    tries: list[int] = []

    @once
    def frail() -> int:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("not yet")
        return len(tries)

    with pytest.raises(OSError, match="not yet"):
        frail()
    assert [frail(), frail()] == [2, 2]
