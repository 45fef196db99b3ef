"""Who is let in, who waits, who is turned away: a turnstile against the plainest model of one."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.operation.turnstile import CROWDED_S, Turnstile


class Passing(RuleBasedStateMachine):
    """Without a limit to the waiting: never more inside than room, nobody lost, first come first."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.turnstile = Turnstile(2, 3)
        self.tasks: list[asyncio.Task[bool]] = []
        self.inside: list[asyncio.Task[bool]] = []

    def settle(self) -> None:
        for _ in range(4):
            self.loop.run_until_complete(asyncio.sleep(0))
        for task in [task for task in self.tasks if task.done()]:
            assert task is self.tasks[0] or not task.result() or task.cancelled()
            self.tasks.remove(task)
            if not task.cancelled() and task.result():
                self.inside.append(task)

    @rule()
    def come(self) -> None:
        full = len(self.inside) == 2 and len(self.tasks) == 3
        task = self.loop.create_task(self.turnstile.enter())
        self.tasks.append(task)
        for _ in range(3):
            self.loop.run_until_complete(asyncio.sleep(0))
        assert (task.done() and not task.result()) == full
        self.settle()

    @precondition(lambda self: self.inside)
    @rule()
    def leave(self) -> None:
        self.inside.pop()
        self.turnstile.leave(0.1)
        self.settle()

    @precondition(lambda self: self.tasks)
    @rule(which=st.integers(0, 2), leaving=st.booleans())
    def give_up(self, which: int, leaving: bool) -> None:
        task = self.tasks.pop(which % len(self.tasks))
        if leaving and self.inside:  # the place may be given to whoever is going away at this very moment
            self.inside.pop()
            self.turnstile.leave(0.1)
        task.cancel()
        for _ in range(4):
            self.loop.run_until_complete(asyncio.sleep(0))
        assert task.cancelled()
        self.settle()

    @invariant()
    def counted(self) -> None:
        assert self.turnstile.running == len(self.inside) <= 2
        assert self.turnstile.waiting == len(self.tasks) <= 3
        assert not self.tasks or len(self.inside) == 2  # nobody waits while there is room
        assert 1 <= self.turnstile.retry_seconds <= 60

    def teardown(self) -> None:
        for task in self.tasks:
            task.cancel()
        self.settle()
        self.loop.close()


class Clock:
    """Time that only the test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class TestPatience:
    """Room for one, a queue of three, a tenth of a second of patience."""

    def crowd(self, steps: Callable[[Turnstile, Clock], None], seconds: float = 0.01) -> list[bool | None]:
        """What those who wait are told (None: nothing yet) after one was let in, three came and ``steps`` were done."""

        async def run() -> list[bool | None]:
            clock = Clock()
            turnstile = Turnstile(1, 3, 0.1, clock)
            assert await turnstile.enter()
            turnstile.leave(seconds)
            assert await turnstile.enter()
            tasks = [asyncio.create_task(turnstile.enter()) for _ in range(3)]
            await asyncio.sleep(0)
            steps(turnstile, clock)
            for _ in range(4):
                await asyncio.sleep(0)
            found = [task.result() if task.done() else None for task in tasks]
            for task in tasks:
                task.cancel()
            return found

        return asyncio.run(run())

    @staticmethod
    def turn_one_away(turnstile: Turnstile) -> None:
        with pytest.raises(StopIteration) as told:  # it doesn't wait
            turnstile.enter().send(None)
        assert told.value.value is False

    def test_a_burst_that_the_queue_holds_is_served_whole(self) -> None:
        def steps(turnstile: Turnstile, clock: Clock) -> None:
            for _ in range(3):
                clock.now += 60
                turnstile.leave(0.01)

        assert self.crowd(steps) == [True, True, True]

    def test_while_some_are_turned_away_who_waited_too_long_makes_way_for_the_freshest(self) -> None:
        def steps(turnstile: Turnstile, clock: Clock) -> None:
            self.turn_one_away(turnstile)
            clock.now += 0.2
            turnstile.leave(0.01)

        assert self.crowd(steps) == [False, False, True]  # the last has nobody to make way for

    def test_who_has_not_waited_too_long_keeps_their_place(self) -> None:
        def steps(turnstile: Turnstile, clock: Clock) -> None:
            self.turn_one_away(turnstile)
            clock.now += 0.09
            turnstile.leave(0.01)

        assert self.crowd(steps) == [True, None, None]

    def test_nobody_waits_too_long_while_they_wait_no_longer_than_a_question_takes(self) -> None:
        def steps(turnstile: Turnstile, clock: Clock) -> None:
            self.turn_one_away(turnstile)
            clock.now += 4
            turnstile.leave(5)

        assert self.crowd(steps, seconds=5) == [True, None, None]

    def test_the_crowd_is_over_when_nobody_was_turned_away_for_a_while(self) -> None:
        def steps(turnstile: Turnstile, clock: Clock) -> None:
            self.turn_one_away(turnstile)
            clock.now += CROWDED_S
            turnstile.leave(0.01)

        assert self.crowd(steps) == [True, None, None]

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.tuples(st.floats(0, 0.05), st.sampled_from(["come", "come", "come", "leave"])), max_size=120))
    def test_in_a_crowd_nobody_who_could_make_way_is_let_in_late(self, steps: list[tuple[float, str]]) -> None:
        async def run() -> None:
            clock, waits = Clock(), dict[asyncio.Task[bool], float]()
            turnstile = Turnstile(1, 3, 0.1, clock)
            inside, crowded = 0, -math.inf
            for pause, what in steps:
                clock.now += pause
                if what == "come":
                    task = asyncio.create_task(turnstile.enter())
                    waits[task] = clock.now
                elif inside:
                    turnstile.leave(0.01)
                    inside -= 1
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                done = [(task, since) for task, since in waits.items() if task.done()]
                turned_away = [since for task, since in done if not task.result()]
                for task, since in done:
                    del waits[task]
                    if task.result():
                        inside += 1
                        in_time = clock.now - since <= 0.1 or clock.now - crowded >= CROWDED_S
                        assert in_time or not waits  # or there was nobody fresher
                        assert not waits or min(waits.values()) >= since  # first come first served
                if turned_away:
                    crowded = clock.now
                assert inside == turnstile.running <= 1
                assert len(waits) == turnstile.waiting <= 3
            for task in waits:
                task.cancel()

        asyncio.run(run())


TestPassing = Passing.TestCase
TestPassing.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
