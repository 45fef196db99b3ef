"""Many callers, few batches: everybody gets their own results, in order, once, and only their own errors."""

from __future__ import annotations

import asyncio
import math
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.batching.batcher import Batcher, Limits
from pipeline.errors.base import HansangError
from pipeline.errors.batching import BatcherClosed, DeadlinePassed, ModelBusy, ModelOutOfMemory, TooManyTexts

WAIT = 60  # seconds; reached only when something is broken


class Poisoned(Exception):
    pass


class TooLarge(Exception):
    """What a device says when its memory runs out."""


class Work:
    """Doubles numbers and keeps what it was given. Negative numbers are poison, a batch over ``room`` tokens too large.

    With ``held`` it waits in the first batch until it is let go, so that others gather.
    """

    def __init__(self, *, room: float = math.inf, held: bool = False) -> None:
        self.batches: list[list[int]] = []
        self.room = room
        self.started, self.go = threading.Event(), threading.Event()
        if not held:
            self.go.set()
        self._guard = threading.Lock()

    def __call__(self, values: Sequence[int]) -> list[int]:
        with self._guard:
            self.batches.append(list(values))
        self.started.set()
        assert self.go.wait(WAIT)
        if len(values) * max(size(value) for value in values) > self.room:
            raise TooLarge("out of memory")
        for value in values:
            if value < 0:
                raise Poisoned(value)
        return [2 * value for value in values]


def size(value: int) -> int:
    return abs(value) % 50 + 1


@contextmanager
def batching(work: Callable[[Sequence[int]], Sequence[int]], **limits: Any) -> Iterator[Batcher[int, int]]:
    batcher = Batcher(work, size, Limits(**{"wait_ms": 0.0} | limits), out_of_memory=(TooLarge,))
    yield batcher
    if isinstance(work, Work):
        work.go.set()
    batcher.close()


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < end, "waited for nothing"
        time.sleep(0.001)


def all_at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each call returns or raises, each in a thread of its own."""

    def outcome(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except (HansangError, Poisoned, AssertionError) as error:
            return error

    with ThreadPoolExecutor(max(1, len(calls))) as pool:
        return list(pool.map(outcome, calls))


REQUESTS = st.lists(st.lists(st.integers(-3, 400), max_size=12), max_size=12)


@settings(max_examples=60)
@given(REQUESTS, st.integers(20, 400), st.integers(1, 9), st.integers(1, 3), st.sampled_from([0.0, 1.0]))
def test_everybody_gets_their_own_in_order_once(
    requests: list[list[int]], tokens: int, texts: int, flights: int, wait_ms: float
) -> None:
    work = Work()
    with batching(work, tokens=tokens, texts=texts, flights=flights, wait_ms=wait_ms) as batcher:
        found = all_at_once([lambda request=request: batcher.map(request) for request in requests])
    for request, outcome in zip(requests, found, strict=True):
        if any(value < 0 for value in request):
            assert isinstance(outcome, Poisoned)
            assert outcome.args[0] in request  # its own poison, not another's
        else:
            assert outcome == [2 * value for value in request]
    for batch in work.batches:
        assert len(batch) == 1 or len(batch) * max(map(size, batch)) <= tokens
        assert len(batch) <= texts
    whole = [value for request in requests for value in request if min(request) >= 0]
    run = Counter(value for batch in work.batches if min(batch) >= 0 for value in batch)
    assert all(run[value] >= count for value, count in Counter(whole).items())
    if not any(value < 0 for request in requests for value in request):
        assert run == Counter(whole)  # nothing was run twice
    stats = batcher.stats()
    given = sum(map(len, requests))
    assert stats.waiting == stats.under_way == stats.waiting_tokens == 0
    assert stats.done + stats.failed + stats.abandoned == given
    assert stats.tokens <= stats.padded


@settings(max_examples=40)
@given(REQUESTS, st.integers(40, 300), st.integers(50, 2_000))
def test_memory_that_runs_out_costs_nobody_a_result(requests: list[list[int]], room: int, tokens: int) -> None:
    requests = [[abs(value) for value in request] for request in requests]
    work = Work(room=max(room, 50))  # one text alone always fits
    with batching(work, tokens=tokens) as batcher:
        found = all_at_once([lambda request=request: batcher.map(request) for request in requests])
    assert found == [[2 * value for value in request] for request in requests]
    stats = batcher.stats()
    assert 1 <= stats.budget <= tokens
    assert stats.failed == stats.abandoned == 0
    too_large = [batch for batch in work.batches if len(batch) * max(map(size, batch)) > work.room]
    assert stats.shrunk == len(too_large)


def test_out_of_memory_halves_the_budget_which_slowly_grows_back() -> None:
    work = Work(room=250)
    with batching(work, tokens=640, texts=100) as batcher:
        batcher.map([49] * 12)  # 600 tokens: too many, and half of it too
        assert batcher.stats().shrunk == 2
        assert batcher.stats().budget < 250
        work.room = math.inf
        seen = []
        for _ in range(100):
            batcher.map([49] * 12)
            seen.append(batcher.stats().budget)
    assert seen == sorted(seen)
    assert all(later - earlier <= 12 * 10 for earlier, later in pairwise(seen))
    assert seen[-1] == 640
    assert batcher.stats().shrunk == 2


def test_a_shortage_that_is_only_said_in_words_is_one_too() -> None:
    def work(values: Sequence[int]) -> list[int]:
        if len(values) > 2:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp:127] . DefaultCPUAllocator: can't allocate memory: …")
        return list(values)

    batcher = Batcher(work, size, Limits(wait_ms=0))
    assert batcher.map(list(range(20))) == list(range(20))
    assert batcher.stats().shrunk > 0
    batcher.close()


def test_small_batches_do_not_raise_a_lowered_budget() -> None:
    work = Work(room=250)
    with batching(work, tokens=640, texts=100) as batcher:
        batcher.map([49] * 12)
        work.room = math.inf
        before = batcher.stats().budget
        for _ in range(50):
            batcher.map([0])
        assert batcher.stats().budget == before


def test_a_text_that_is_too_large_alone_fails_its_own_caller_only() -> None:
    released: list[int] = []
    work = Work(room=30)
    work.go.clear()
    batcher = Batcher(work, size, Limits(wait_ms=0), out_of_memory=(TooLarge,), release=lambda: released.append(1))
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(batcher.map, [1])
        assert work.started.wait(WAIT)
        large, small = pool.submit(batcher.map, [1, 49, 2]), pool.submit(batcher.map, [3, 4])
        until(lambda: batcher.stats().waiting == 5)
        work.go.set()
        with pytest.raises(ModelOutOfMemory) as error:
            large.result(WAIT)
        assert first.result(WAIT) == [2]
        assert small.result(WAIT) == [6, 8]
    batcher.close()
    assert error.value.fields["tokens"] == 50
    assert "50" in error.value.korean
    assert released


def test_a_poisoned_text_is_found_by_halves_and_spares_the_others() -> None:
    work = Work(held=True)
    with batching(work, tokens=10_000) as batcher, ThreadPoolExecutor(33) as pool:
        first = pool.submit(batcher.map, [0])
        assert work.started.wait(WAIT)
        others = [pool.submit(batcher.map, [50 * number]) for number in range(1, 32)]  # all of one length
        bad = pool.submit(batcher.map, [-50])
        until(lambda: batcher.stats().waiting == 32)
        work.go.set()
        assert first.result(WAIT) == [0]
        assert [other.result(WAIT) for other in others] == [[100 * number] for number in range(1, 32)]
        with pytest.raises(Poisoned):
            bad.result(WAIT)
    assert len(work.batches) == 1 + 1 + 2 * 5  # 32 texts, five times halved
    assert batcher.stats().failed == 1


def test_a_full_queue_says_so_at_once_and_when_to_come_again() -> None:
    work = Work(held=True)
    with batching(work, queue=4) as batcher, ThreadPoolExecutor(3) as pool:
        first = pool.submit(batcher.map, [0])
        assert work.started.wait(WAIT)
        waiting = pool.submit(batcher.map, [1, 2, 3])
        until(lambda: batcher.stats().waiting == 3)
        with pytest.raises(ModelBusy) as error:
            batcher.map([5, 6])
        assert error.value.status == 503
        assert error.value.fields["seconds"] >= 1
        assert f"{error.value.fields['seconds']}초" in error.value.korean
        assert batcher.stats().waiting == 3  # nothing of it was taken
        last = pool.submit(batcher.map, [4])  # for one there is room
        until(lambda: batcher.stats().waiting == 4)
        work.go.set()
        assert [each.result(WAIT) for each in (first, waiting, last)] == [[0], [2, 4, 6], [8]]
    assert batcher.stats().refused == 1


def test_the_time_to_come_again_is_what_waits_at_the_measured_rate() -> None:
    now = 0.0

    def work(values: Sequence[int]) -> list[int]:
        nonlocal now
        now += 0.5  # five tokens in half a second
        if len(held):
            started.set()
            assert held[0].wait(WAIT)
        return list(values)

    held: list[threading.Event] = []
    started = threading.Event()
    batcher = Batcher(work, lambda value: 5, Limits(tokens=5, wait_ms=0, queue=8), clock=lambda: now)
    for _ in range(3):
        batcher.map([1])
    assert batcher.stats().tokens_per_second == pytest.approx(10)
    held.append(threading.Event())
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(batcher.map, [1])]
        assert started.wait(WAIT)
        calls.append(pool.submit(batcher.map, [1] * 8))
        until(lambda: batcher.stats().waiting == 8)
        with pytest.raises(ModelBusy) as error:
            batcher.map([1])
        assert error.value.fields["seconds"] == 4  # forty tokens, ten a second
        held[0].set()
        assert [len(call.result(WAIT)) for call in calls] == [1, 8]
    batcher.close()


def test_more_at_once_than_may_ever_wait_is_an_error_of_the_caller() -> None:
    with batching(Work(), queue=4) as batcher, pytest.raises(TooManyTexts):
        batcher.map([0] * 5)


def test_a_patient_caller_gets_through_a_small_queue_and_leaves_room_for_others() -> None:
    work = Work()
    most = 0

    def watched(values: Sequence[int]) -> list[int]:
        nonlocal most
        most = max(most, batcher.stats().waiting)
        return work(values)

    with batching(watched, queue=8, texts=3) as batcher, ThreadPoolExecutor(2) as pool:
        bulk = [pool.submit(batcher.map, list(range(500)), patient=True) for _ in range(2)]
        for number in range(20):
            assert batcher.map([number]) == [2 * number]
        assert [each.result(WAIT) for each in bulk] == [[2 * number for number in range(500)]] * 2
    assert most <= 8
    assert batcher.stats().refused == 0


def test_a_patient_caller_s_error_ends_its_feeding() -> None:
    work = Work()
    with batching(work, queue=8, texts=2) as batcher, pytest.raises(Poisoned):
        batcher.map([0, -1, *range(10_000)], patient=True)
    assert sum(map(len, work.batches)) < 1_000


def test_whoever_gives_up_is_dropped_and_counted() -> None:
    work = Work(held=True)
    with batching(work) as batcher, ThreadPoolExecutor(2) as pool:
        first = pool.submit(batcher.map, [0])
        assert work.started.wait(WAIT)
        with pytest.raises(DeadlinePassed) as error:
            batcher.map([1, 2, 3], deadline_s=0.01)
        assert error.value.status == 504
        assert "0.01" in error.value.english
        stats = batcher.stats()
        assert (stats.abandoned, stats.waiting) == (3, 0)
        work.go.set()
        assert first.result(WAIT) == [0]
    assert work.batches == [[0]]  # nothing was computed for nobody


def test_a_deadline_under_way_is_counted_too() -> None:
    work = Work(held=True)
    with batching(work) as batcher:
        with pytest.raises(DeadlinePassed):
            batcher.map([1, -2], deadline_s=0.01)
        work.go.set()
    stats = batcher.stats()
    assert stats.done + stats.abandoned + stats.failed == 2
    assert stats.under_way == 0


def test_asyncio_callers_share_batches_and_a_cancelled_task_takes_its_texts_back() -> None:
    work = Work(held=True)

    async def everybody(batcher: Batcher[int, int]) -> tuple[list[list[int]], asyncio.Task[list[int]]]:
        first = asyncio.create_task(batcher.amap([0]))
        await asyncio.to_thread(work.started.wait, WAIT)
        tasks = [asyncio.create_task(batcher.amap([number, number + 1])) for number in range(1, 9)]
        gone = asyncio.create_task(batcher.amap([40, 41, 42]))
        await asyncio.to_thread(until, lambda: batcher.stats().waiting == 19)
        gone.cancel()
        await asyncio.wait([gone])
        assert batcher.stats().waiting == 16
        work.go.set()
        return [await task for task in (first, *tasks)], gone

    with batching(work) as batcher:
        found, gone = asyncio.run(everybody(batcher))
    assert found == [[0], *([2 * number, 2 * number + 2] for number in range(1, 9))]
    assert gone.cancelled()
    assert batcher.stats().abandoned == 3
    assert len(work.batches) == 2
    assert not {40, 41, 42} & {value for batch in work.batches for value in batch}


def test_a_single_text_waits_for_company_only_so_long() -> None:
    now = 100.0
    work = Work()
    batcher = Batcher(work, size, Limits(wait_ms=50), clock=lambda: now)
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(batcher.map, [number]) for number in (1, 2)]
        until(lambda: batcher.stats().waiting == 2)
        assert not work.batches
        now += 0.051
        assert [call.result(WAIT) for call in calls] == [[2], [4]]
    assert [sorted(batch) for batch in work.batches] == [[1, 2]]
    batcher.close()


def test_a_full_batch_does_not_wait() -> None:
    now = 0.0
    work = Work()
    batcher = Batcher(work, size, Limits(wait_ms=1_000_000, texts=4), clock=lambda: now)
    assert batcher.map([1, 2, 3, 4]) == [2, 4, 6, 8]
    batcher.close()


def test_closing_finishes_what_waits_and_takes_nothing_new() -> None:
    work = Work(held=True)
    batcher = Batcher(work, size, Limits(wait_ms=1_000_000, texts=1))
    with ThreadPoolExecutor(6) as pool:
        calls = [pool.submit(batcher.map, [number]) for number in range(5)]
        until(lambda: batcher.stats().waiting + batcher.stats().under_way == 5)
        closing = pool.submit(batcher.close)
        until(lambda: batcher._closed)
        with pytest.raises(BatcherClosed):
            batcher.map([9])
        work.go.set()
        closing.result(WAIT)
        assert [call.result(WAIT) for call in calls] == [[2 * number] for number in range(5)]
    batcher.close()  # twice is once


def test_several_batches_are_under_way_at_once() -> None:
    meeting = threading.Barrier(3, timeout=WAIT)

    def work(values: Sequence[int]) -> list[int]:
        meeting.wait()  # breaks unless three batches are under way together
        return list(values)

    with batching(work, flights=3, texts=1) as batcher:
        assert sorted(batcher.map([1, 2, 3])) == [1, 2, 3]


def test_beside_a_batch_under_way_only_full_ones_take_off() -> None:
    """So several flights make no smaller batches of what one would have let gather."""
    work = Work()
    work.go.clear()
    with batching(work, flights=3, texts=4, tokens=10_000) as batcher, ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(batcher.map, [0])]
        until(lambda: batcher.stats().under_way == 1)
        calls += [pool.submit(batcher.map, [number]) for number in (1, 2, 3)]
        until(lambda: batcher.stats().waiting == 3)
        assert batcher.stats().under_way == 1  # three texts are no full batch
        calls.append(pool.submit(batcher.map, [4]))
        until(lambda: batcher.stats().under_way == 5)
        calls.append(pool.submit(batcher.map, [5]))
        until(lambda: batcher.stats().waiting == 1)
        work.go.set()
        assert [call.result(WAIT) for call in calls] == [[2 * number] for number in range(6)]
    assert sorted(map(len, work.batches)) == [1, 1, 4]


def test_the_rate_of_flights_that_wait_for_each_other_is_that_of_one() -> None:
    """Two batches begin at 0 and land at 1 and at 2: each took a second of what works."""
    now, one_works = 0.0, threading.Lock()
    inside = threading.Barrier(2, timeout=WAIT)

    def work(values: Sequence[int]) -> list[int]:
        nonlocal now
        inside.wait()  # both have begun, at 0
        one_works.acquire()
        now += 1.0
        return list(values)

    def landed(values: Sequence[int]) -> None:
        until(lambda: batcher.stats().done == len(values))
        one_works.release()

    batcher: Batcher[int, int] = Batcher(
        work, lambda value: 100, Limits(texts=1, flights=2, wait_ms=0), clock=lambda: now
    )
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(batcher.map, [1, 2])
        landed([1])
        landed([1, 2])
        assert call.result(WAIT) == [1, 2]
    assert batcher.stats().tokens_per_second == pytest.approx(100)


def test_work_that_loses_results_is_an_error_and_not_a_wrong_answer() -> None:
    with batching(lambda values: values[1:]) as batcher, pytest.raises(ValueError, match="0 results for 1 texts"):
        batcher.map([1, 2])


def test_a_room_that_fails_keeps_nobody_waiting() -> None:
    @contextmanager
    def room() -> Iterator[None]:
        raise OSError("no driver")
        yield

    batcher = Batcher(Work(), size, Limits(wait_ms=0), room=room)
    with pytest.raises(OSError, match="no driver"):
        batcher.map([1, 2])
    with pytest.raises(OSError, match="no driver"):
        batcher.map([3])
    batcher.close()


def test_nothing_in_is_nothing_out() -> None:
    work = Work()
    with batching(work) as batcher:
        assert batcher.map([]) == batcher.map([], patient=True) == asyncio.run(batcher.amap([])) == []
    assert not work.batches


def test_an_idle_batcher_leaves_no_thread_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.batching.batcher.IDLE_S", 0.0)
    with batching(Work()) as batcher:
        for number in range(3):
            assert batcher.map([number]) == [2 * number]
            until(lambda: batcher._threads == 0)


def test_under_load_nobody_gets_anothers_result() -> None:
    """Sixteen threads, hundreds of calls each: poison, deadlines, refusals and lack of memory all at once."""
    work = Work(room=400)
    kinds: Counter[str] = Counter()
    guard = threading.Lock()
    taken: list[int] = []

    def caller(seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(120):
            values = [dice.randrange(10**6) for _ in range(dice.randrange(1, 8))]
            if dice.random() < 0.05:
                values[dice.randrange(len(values))] = -1
            deadline = 0.0005 if dice.random() < 0.05 else None
            try:
                assert batcher.map(values, deadline_s=deadline) == [2 * value for value in values]
                kind = "done"
                assert min(values) >= 0
            except ModelBusy:
                kind, values = "busy", []
            except DeadlinePassed:
                kind = "late"
                assert deadline
            except Poisoned:
                kind = "poisoned"
                assert min(values) < 0
            with guard:
                kinds[kind] += 1
                taken.append(len(values))
            assert batcher.stats().waiting <= 40

    with batching(work, tokens=800, texts=16, queue=40, flights=2, wait_ms=0.2) as batcher:
        errors = all_at_once([lambda seed=seed: caller(seed) for seed in range(16)])
    assert errors == [None] * 16
    stats = batcher.stats()
    assert kinds["done"] > 100
    assert kinds["poisoned"]
    assert stats.refused == kinds["busy"]
    assert stats.done + stats.failed + stats.abandoned == sum(taken)
    assert stats.waiting == stats.under_way == 0
