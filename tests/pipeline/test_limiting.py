"""A limit that follows free memory: its rule, and what becomes of it under a trace of memory."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import limiting
from pipeline.batching.batcher import Batcher, Limits
from pipeline.limiting import (
    HIGH,
    Limiter,
    Rule,
    admits,
    decreased,
    device_free,
    device_limiter,
    gpu_free,
    increased,
    next_limit,
    request_limiter,
)

GIB = 2**30


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    floor = draw(st.integers(1, 8))
    low = draw(st.integers(0, 100))
    return Rule(
        ceiling=draw(st.integers(floor, 200)),
        low=low,
        high=low + draw(st.integers(0, 100)),
        floor=floor,
        step=draw(st.integers(1, 10)),
        factor=draw(st.floats(0, 0.99)),
    )


@given(rules(), st.integers(0, 500), st.lists(st.integers(0, 300), max_size=30))
def test_the_limit_never_leaves_its_bounds(rule: Rule, limit: int, trace: list[int]) -> None:
    for free in trace:
        limit = next_limit(limit, free, rule)
        assert rule.floor <= limit <= rule.ceiling


@given(rules(), st.integers(1, 200), st.integers(0, 300), st.integers(0, 300))
def test_more_memory_never_means_a_lower_limit(rule: Rule, limit: int, one: int, other: int) -> None:
    assert next_limit(limit, min(one, other), rule) <= next_limit(limit, max(one, other), rule)


@given(rules(), st.integers(1, 200), st.integers(1, 200), st.integers(0, 300))
def test_a_higher_limit_stays_the_higher_one(rule: Rule, one: int, other: int, free: int) -> None:
    assert next_limit(min(one, other), free, rule) <= next_limit(max(one, other), free, rule)


@given(rules(), st.integers(1, 200))
def test_it_goes_up_by_a_step_and_down_by_a_factor(rule: Rule, start: int) -> None:
    limit = max(rule.floor, min(rule.ceiling, start))
    assert increased(limit, rule) - limit <= rule.step
    assert decreased(limit, rule) == max(rule.floor, int(limit * rule.factor))


@given(st.integers(0, 100), st.integers(1, 100), st.integers(-100, 100), st.integers(0, 100), rules())
def test_the_floor_may_always_come_in(inside: int, limit: int, free: int, cost: int, rule: Rule) -> None:
    admitted = admits(inside, limit, free, cost, rule)
    assert admitted or inside >= rule.floor
    assert not admitted or inside < max(limit, rule.floor)


@dataclass
class Machine:
    """A simulated machine: jobs that take their memory bit by bit, others that come and go, a clock that is turned."""

    total: int
    cost: int
    others: Callable[[float], int]
    now: float = 0.0
    ramp: float = 0.4
    length: float = 3.0
    jobs: dict[float, float] = field(default_factory=dict)  # ticket → when it began
    least: int = 10**18

    def free(self) -> int:
        taken = sum(min(1.0, (self.now - began) / self.ramp) * self.cost for began in self.jobs.values())
        return int(self.total - self.others(self.now) - taken)


def simulate(machine: Machine, limiter: Limiter, seconds: float) -> list[tuple[float, int, int]]:
    """Whoever may come in does; what was seen each .05 s: time, limit, inside."""
    seen, tickets = [], []
    while machine.now < seconds:
        for ticket in [t for t in tickets if machine.now - machine.jobs[t] >= machine.length]:
            tickets.remove(ticket)
            del machine.jobs[ticket]
            limiter.leave(ticket)
        ticket = limiter.try_enter()
        if ticket is not None:
            tickets.append(ticket)
            machine.jobs[ticket] = machine.now
            assert limiter.inside <= max(limiter.limit, 1)
        machine.least = min(machine.least, machine.free())
        seen.append((machine.now, limiter.limit, limiter.inside))
        machine.now = round(machine.now + 0.05, 2)
    return seen


def simulated(others: Callable[[float], int], *, cost: int = GIB, ceiling: int = 12) -> tuple[Machine, Limiter]:
    machine = Machine(16 * GIB, cost, others)
    rule = Rule(ceiling=ceiling, low=2 * GIB, high=4 * GIB)
    return machine, Limiter(rule, machine.free, cost=cost, clock=lambda: machine.now)


def test_a_quiet_machine_is_filled_and_never_overshot() -> None:
    machine, limiter = simulated(lambda now: 0)
    seen = simulate(machine, limiter, 60)
    assert max(limit for _, limit, _ in seen) == 12
    assert max(inside for _, _, inside in seen) == 12
    assert machine.least >= 2 * GIB  # what must stay free stayed free


@pytest.mark.parametrize("rise", [2.0, 6.0, 20.0])
def test_it_gives_way_to_others_and_comes_back(rise: float) -> None:
    """Others take nine of sixteen GiB from the 20th second on, rising and falling in ``rise`` seconds."""
    gone = 60 + 2 * rise

    def others(now: float) -> int:
        return int(9 * GIB * max(0.0, min(1.0, (now - 20) / rise, (gone - now) / rise)))

    machine, limiter = simulated(others, ceiling=8)
    seen = simulate(machine, limiter, gone + 20)
    before = [inside for now, _, inside in seen if 10 < now < 20]
    during = [inside for now, _, inside in seen if 20 + rise + 5 < now < gone - rise]
    after = [inside for now, _, inside in seen if now > gone + 10]
    assert max(before) == max(after) == 8  # recovered
    assert 1 <= max(during) <= 5  # 16 - 9 - 2 GiB leave room for five
    assert min(limit for _, limit, _ in seen) >= 1
    assert machine.least >= 0  # nothing ever ran out


def test_without_any_memory_one_goes_on() -> None:
    machine, limiter = simulated(lambda now: 15 * GIB)
    seen = simulate(machine, limiter, 30)
    assert {inside for _, _, inside in seen} <= {0, 1}
    assert max(inside for _, _, inside in seen) == 1


def test_jobs_that_have_not_taken_their_memory_yet_are_reckoned_with() -> None:
    _, limiter = simulated(lambda now: 0)
    limiter._limit = 12  # as after a long quiet time
    came = 0
    while limiter.try_enter() is not None:  # all at one moment: none of it shows in the free memory
        came += 1
    assert came == 12
    _, limiter = simulated(lambda now: 8 * GIB)
    limiter._limit = 12
    assert [limiter.try_enter() is not None for _ in range(8)] == [True] * 6 + [False] * 2


def test_no_more_threads_are_inside_than_the_limit_and_all_get_through() -> None:
    limiter = Limiter(Rule(ceiling=3, low=1, high=2), lambda: 10, every_s=0.001)
    inside: list[int] = []
    most: list[int] = []
    guard = threading.Lock()

    def one(number: int) -> None:
        with limiter.through():
            with guard:
                inside.append(number)
                most.append(len(inside))
            with guard:
                inside.remove(number)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert len(most) == 60
    assert max(most) <= 3
    assert limiter.inside == 0


def test_whoever_waits_is_let_in_when_memory_comes_back() -> None:
    free = 0
    limiter = Limiter(Rule(ceiling=4, low=10, high=20), lambda: free, every_s=0.001)
    first = limiter.enter()
    entered = threading.Event()

    def wait() -> None:
        with limiter.through():
            entered.set()

    thread = threading.Thread(target=wait)
    thread.start()
    assert limiter.try_enter() is None
    free = 100  # nobody left: only the memory came back
    assert entered.wait(60)
    thread.join(60)
    limiter.leave(first)
    assert limiter.inside == 0


def test_whoever_waits_only_so_long_is_told_that_there_was_no_room() -> None:
    limiter = Limiter(Rule(ceiling=1), lambda: 10, every_s=0.001)
    first = limiter.enter()
    assert limiter.try_enter(0.01) is None
    limiter.leave(first)
    assert limiter.try_enter(60) is not None


def test_requests_to_a_server_of_this_machine_give_way_to_memory_and_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    free = {"memory": 10 * GIB, "card": 10 * GIB}
    monkeypatch.setattr(limiting, "available_memory", lambda: free["memory"])
    monkeypatch.setattr(limiting, "gpu_free", lambda: free["card"])
    here, there = (request_limiter(16, here=here) for here in (True, False))
    here._every_s = there._every_s = 0.0
    assert here.look() == 16  # all of them from the first
    for short in free:
        free[short] = GIB // 8
        assert [here.look() for _ in range(5)] == [8, 4, 2, 1, 1]
        assert there.look() == 16  # of another machine's memory nothing is known
        free[short] = 10 * GIB
        assert [here.look() for _ in range(16)] == [*range(2, 17), 16]


def test_all_models_of_a_device_share_one_limiter() -> None:
    assert device_limiter("cpu") is device_limiter("cpu")
    assert device_free("cpu") > 0
    with device_limiter("cpu").through():
        assert device_limiter("cpu").inside == 1
    assert device_limiter("cpu").inside == 0


def test_batches_of_two_models_keep_to_one_limiter() -> None:
    limiter = Limiter(Rule(ceiling=4, low=10, high=20), lambda: 0)  # short of memory: one at a time, of both together
    inside: list[int] = []
    most: list[int] = []

    def work(values: Sequence[int]) -> list[int]:
        inside.extend(values)
        most.append(len(inside))
        for value in values:
            inside.remove(value)
        return list(values)

    batchers = [Batcher(work, lambda value: 1, Limits(texts=1, wait_ms=0), room=limiter.through) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda batcher: batcher.map(list(range(200))), batchers))
    for batcher in batchers:
        batcher.close()
    assert found == [list(range(200))] * 2
    assert set(most) == {1}


def test_a_machine_without_a_gpu_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert gpu_free() is None


def test_a_gpu_s_free_memory_is_what_nvml_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a stand-in with NVML's names: the real library runs on machines with a GPU only."""
    said = SimpleNamespace(
        NVMLError=OSError,
        nvmlInit=lambda: None,
        nvmlDeviceGetHandleByIndex=lambda card: card,
        nvmlDeviceGetMemoryInfo=lambda handle: SimpleNamespace(free=7 * GIB + handle),
    )
    monkeypatch.setitem(sys.modules, "pynvml", said)
    assert gpu_free(1) == 7 * GIB + 1
    monkeypatch.delitem(sys.modules, "torch", raising=False)  # an engine runs without it
    assert device_free("cuda") == 7 * GIB

    def no_driver() -> None:
        raise said.NVMLError

    said.nvmlInit = no_driver
    assert gpu_free() is None
    assert device_free("cuda") > HIGH  # nothing is known, so nothing is held back
