"""The circuit breaker: an example of its life, and its laws over every order of events."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pipeline.circuit import Circuit, Ticket

FAILURES, REST = 3, 10.0


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_its_life() -> None:
    clock = Hands()
    circuit = Circuit(FAILURES, REST, clock)
    for _ in range(FAILURES):
        ticket = circuit.admit()
        assert ticket is not None
        circuit.failed(ticket)
    assert circuit.state == "open"
    assert circuit.admit() is None
    assert circuit.wait_s() == REST
    clock.now += REST
    assert circuit.state == "half-open"
    trial = circuit.admit()
    assert trial is not None
    assert circuit.admit() is None  # one trial at a time
    circuit.failed(trial)
    assert circuit.state == "open"
    clock.now += REST
    trial = circuit.admit()
    assert trial is not None
    circuit.succeeded(trial)
    assert circuit.state == "closed"
    assert circuit.failures == 0


def test_a_trial_that_nobody_waits_for_makes_room_for_another() -> None:
    clock = Hands()
    circuit = Circuit(1, REST, clock)
    circuit.failed(circuit.admit() or Ticket())
    clock.now += REST
    trial = circuit.admit()
    assert trial is not None
    circuit.abandoned(trial)
    assert circuit.admit() is not None


def test_failures_must_come_in_a_row() -> None:
    circuit = Circuit(FAILURES, REST, Hands())
    for outcome in (circuit.failed, circuit.failed, circuit.succeeded, circuit.failed, circuit.failed):
        ticket = circuit.admit()
        assert ticket is not None
        outcome(ticket)
    assert circuit.state == "closed"


class Life(RuleBasedStateMachine):
    """Every order of leave, success, failure, leaving and time passing, beside a model of what must hold."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Hands()
        self.circuit = Circuit(FAILURES, REST, self.clock)
        self.under_way: list[Ticket] = []
        self.in_a_row = 0
        self.opened: float | None = None

    @rule()
    def admit(self) -> None:
        rests = self.opened is not None and self.clock.now < self.opened + REST
        trial = any(ticket.trial for ticket in self.under_way)
        ticket = self.circuit.admit()
        assert (ticket is None) == (rests or (self.opened is not None and trial))
        if ticket is not None:
            assert ticket.trial == (self.opened is not None)
            self.under_way.append(ticket)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def succeed(self, data: st.DataObject) -> None:
        self.circuit.succeeded(self._end(data))
        self.in_a_row, self.opened = 0, None
        self.under_way = [Ticket() if ticket.trial else ticket for ticket in self.under_way]

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def fail(self, data: st.DataObject) -> None:
        ticket = self._end(data)
        self.circuit.failed(ticket)
        self.in_a_row += 1
        if ticket.trial or (self.opened is None and self.in_a_row >= FAILURES):
            self.opened = self.clock.now

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def abandon(self, data: st.DataObject) -> None:
        self.circuit.abandoned(self._end(data))

    @rule(seconds=st.sampled_from([0.0, 1.0, REST / 2, REST]))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    def _end(self, data: st.DataObject) -> Ticket:
        ticket = data.draw(st.sampled_from(self.under_way))
        self.under_way = [one for one in self.under_way if one is not ticket]
        return ticket

    @invariant()
    def closed_means_few_failures(self) -> None:
        assert (self.circuit.state == "closed") == (self.opened is None)
        assert self.circuit.failures == self.in_a_row
        assert 0 <= self.circuit.wait_s() <= REST


TestLife = Life.TestCase
