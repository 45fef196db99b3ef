"""Questions and passages share a model; tokens are made while it computes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pipeline.batching.batcher import Limits
from pipeline.neural.lanes import Lanes

WAIT = 60


def test_the_next_full_batch_is_prepared_while_the_former_is_computed() -> None:
    meeting = threading.Barrier(2, timeout=WAIT)
    computing = threading.Semaphore(1)
    begun: list[Sequence[str]] = []  # either batch may be first: their threads start together

    def prepare(texts: Sequence[str], *, question: bool) -> Any:
        begun.append(texts)
        if texts != begun[0]:
            meeting.wait()  # breaks unless the first batch is being computed now
        return texts

    def compute(ready: Any, *, question: bool) -> list[str]:
        assert computing.acquire(blocking=False), "two batches are computed at once"
        if ready == begun[0]:
            meeting.wait()
        computing.release()
        return [text.upper() for text in ready]

    lanes = Lanes(prepare, compute, len, Limits(texts=1, wait_ms=0, flights=2))
    assert lanes.passages(["a", "b"]) == ["A", "B"]


def test_with_one_flight_it_is_not() -> None:
    done: list[str] = []

    def prepare(texts: Sequence[str], *, question: bool) -> Any:
        done.append(f"prepare {texts[0]}")
        return texts

    def compute(ready: Any, *, question: bool) -> list[str]:
        done.append(f"compute {ready[0]}")
        return list(ready)

    Lanes(prepare, compute, len, Limits(texts=1, wait_ms=0, flights=1)).passages(["a", "b", "c"])
    assert done == [f"{what} {text}" for text in "abc" for what in ("prepare", "compute")]


def test_questions_and_passages_are_told_apart_and_never_computed_at_once() -> None:
    inside = threading.Lock()
    seen: set[tuple[str, bool]] = set()

    def prepare(texts: Sequence[str], *, question: bool) -> Any:
        return [(text, question) for text in texts]

    def compute(ready: Any, *, question: bool) -> list[str]:
        assert inside.acquire(blocking=False), "two batches are computed at once"
        seen.update(ready)
        inside.release()
        return [text[::-1] for text, _ in ready]

    lanes = Lanes(prepare, compute, len, Limits(texts=3, wait_ms=0, flights=3))
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(lanes.questions, [f"q{n}"]) for n in range(40)]
        read = [pool.submit(lanes.passages, [f"p{n}", "x" * n]) for n in range(40)]
        assert [one.result(WAIT) for one in asked] == [[f"q{n}"[::-1]] for n in range(40)]
        assert [one.result(WAIT) for one in read] == [[f"p{n}"[::-1], "x" * n] for n in range(40)]
    assert {text for text, question in seen if question} == {f"q{n}" for n in range(40)}


def test_what_fails_while_preparing_fails_its_caller_alone() -> None:
    def prepare(texts: Sequence[str], *, question: bool) -> Any:
        if "bad" in texts:
            raise ValueError("no token for that")
        return texts

    def compute(ready: Any, *, question: bool) -> list[str]:
        return list(ready)

    lanes = Lanes(prepare, compute, len, Limits(wait_ms=0))
    with ThreadPoolExecutor(3) as pool:
        good, bad = pool.submit(lanes.questions, ["good"]), pool.submit(lanes.questions, ["bad"])
        assert good.result(WAIT) == ["good"]
        with pytest.raises(ValueError, match="no token"):
            bad.result(WAIT)
