"""No faster than allowed, no dearer than allowed; on a clock of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.endpoint import retry_after
from pipeline.judges.costs import MAX_TOKENS, BudgetSpent, Price, Spending, estimate, tokens_of
from pipeline.judges.pace import DAY, MINUTE, Bucket, LongWait, Pace
from pipeline.judges.types import Message, Reply


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def paced(
    clock: Clock, per_minute: int = 0, per_day: int = 0, used: Sequence[float] = (), patience: float = 1e9
) -> Pace:
    return Pace(per_minute, per_day, used, patience=patience, clock=clock, sleep=clock.sleep)


@given(limit=st.integers(1, 20), calls=st.integers(1, 80))
def test_never_more_than_the_limit_in_any_minute(limit: int, calls: int) -> None:
    clock = Clock()
    pace = paced(clock, per_minute=limit)
    times = []

    async def call() -> None:
        for _ in range(calls):
            await pace.turn()
            times.append(clock.now)

    asyncio.run(call())
    for first in times:
        assert sum(first <= time < first + MINUTE for time in times) <= limit
    assert times[-1] - times[0] <= MINUTE * ((calls - 1) // limit) + 1e-6  # and no slower than it must be


def test_calls_of_before_count_for_the_day() -> None:
    clock = Clock()
    pace = paced(clock, per_day=3, used=[clock.now - DAY - 1, clock.now - DAY + 500, clock.now - 10], patience=100)

    async def call() -> None:
        await pace.turn()
        with pytest.raises(LongWait) as stopped:
            await pace.turn()
        assert stopped.value.seconds == pytest.approx(500)

    asyncio.run(call())
    assert clock.slept == []


def test_an_empty_bucket_without_limit_never_waits() -> None:
    bucket = Bucket(0, MINUTE)
    for _ in range(1_000):
        assert bucket.wait(5.0) == 0
        bucket.take(5.0)


@pytest.mark.parametrize(("attempt", "asked"), [(1, 7.0), (3, 20.0), (1, 0.0)])
def test_what_the_endpoint_asks_for_is_waited_by_everybody(attempt: int, asked: float) -> None:
    clock = Clock()
    pace, began = paced(clock), clock.now

    async def call() -> None:
        await pace.back_off(attempt, asked, everybody=True)
        await asyncio.gather(pace.turn(), pace.turn())

    asyncio.run(call())
    assert clock.now - began >= asked


def test_a_wait_that_is_too_long_is_refused() -> None:
    clock = Clock()
    pace = paced(clock, patience=60)

    async def call() -> None:
        await pace.back_off(1, 3_600.0, everybody=True)
        with pytest.raises(LongWait):
            await pace.turn()

    asyncio.run(call())


def test_backing_off_grows_and_differs() -> None:
    clock = Clock()
    pace = paced(clock)

    async def call(attempt: int) -> list[float]:
        clock.slept.clear()
        for _ in range(200):
            await pace.back_off(attempt, None, everybody=False)
        return list(clock.slept)

    means = []
    for attempt in (1, 2, 3, 20):
        slept = asyncio.run(call(attempt))
        assert max(slept) <= min(60.0, 2 ** (attempt - 1))
        assert len(set(slept)) > 100
        means.append(sum(slept) / len(slept))
    assert means == sorted(means)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("3", 3.0), ("0.5", 0.5), ("-1", 0.0), ("", None), ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)
def test_retry_after_is_a_number_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after(httpx.Headers({"Retry-After": value} if value else {})) == seconds


TALK = [Message("system", "판정하세요"), Message("user", "주차가 됩니다. parking ok")]


@given(
    budget=st.floats(0, 0.2),
    usages=st.lists(st.tuples(st.integers(0, 60), st.integers(0, MAX_TOKENS)), min_size=1, max_size=40),
    workers=st.integers(1, 5),
)
def test_a_budget_is_never_exceeded(budget: float, usages: list[tuple[int, int]], workers: int) -> None:
    price = Price(1.0, 4.0)
    spending = Spending(price, budget)
    left = iter(usages)

    async def worker() -> None:
        for read, written in left:
            try:
                reserved = await spending.reserve(TALK)
            except BudgetSpent:
                return
            await asyncio.sleep(0)
            await spending.settle(reserved, TALK, Reply("", read, written))
            assert spending.spent <= budget + 1e-12

    async def all_() -> None:
        await asyncio.wait_for(asyncio.gather(*(worker() for _ in range(workers))), 20)

    asyncio.run(all_())
    assert spending.spent <= budget + 1e-12


def test_what_cost_nothing_is_given_back_and_what_timed_out_is_paid() -> None:
    async def spend() -> tuple[float, float]:
        spending = Spending(Price(1.0, 1.0), 1.0)
        await spending.release(await spending.reserve(TALK))
        free = spending.spent
        await spending.settle(await spending.reserve(TALK), TALK, None)
        return free, spending.spent

    free, paid = asyncio.run(spend())
    assert free == 0
    assert paid >= MAX_TOKENS / 1e6


def test_without_usage_the_texts_are_counted() -> None:
    async def spend() -> tuple[int, int]:
        spending = Spending(Price())
        return await spending.settle(await spending.reserve(TALK), TALK, Reply("네, 됩니다"))

    read, written = asyncio.run(spend())
    assert read == tokens_of(TALK) > len("주차가 됩니다")
    assert written > 0


def test_the_estimate_is_of_all_that_is_asked() -> None:
    found = estimate([TALK] * 10, 10, Price(1.0, 2.0))
    assert found.calls == 10
    assert found.tokens_in == 10 * tokens_of(TALK)
    assert 0 < found.dollars < found.at_most
    assert estimate([], 0, Price()).dollars == 0
