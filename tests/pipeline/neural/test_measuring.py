"""Batches as large as what was measured lets them be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.batching.batcher import Limits
from pipeline.neural import measuring
from pipeline.neural.measuring import STEPS, Peak, runner, size_batches, sized
from pipeline.setting_groups.models import Batching

MIB = 2**20
SIZES = [texts * tokens for texts, tokens in STEPS]


class Model:
    """Takes so many bytes a token, so many more at once, and fails beyond ``room``; reads ``longest`` tokens."""

    def __init__(self, slope: int, intercept: int = 0, room: int = 2**62, longest: int = 10**6) -> None:
        self.slope, self.intercept, self.room, self.longest = slope, intercept, room, longest
        self.ran: list[int] = []
        self.now = 0.0

    def run(self, texts: int, tokens: int) -> int:
        size = texts * min(tokens, self.longest)
        self.now += 1.0
        if self.bytes(size) > self.room:
            raise MemoryError
        self.ran.append(size)
        return size

    def bytes(self, tokens: int) -> int:
        return self.intercept + self.slope * tokens

    @property
    def peak(self) -> Peak:
        def peak(run: Callable[[], object]) -> int:
            run()
            return self.bytes(self.ran[-1])

        return peak


@given(st.integers(1, 10**6), st.integers(0, 10**9), st.integers(0, 10**12))
def test_the_largest_batch_fits_and_no_line_is_trusted_far(slope: int, intercept: int, free: int) -> None:
    model = Model(slope, intercept)
    found = size_batches(model.run, model.peak, free, enough_s=10**9)
    assert found is not None
    assert model.ran == [SIZES[0], *SIZES]
    assert 1 <= found.tokens <= 4 * SIZES[-1]
    if found.tokens > 1:
        assert model.bytes(found.tokens) <= free
    if found.tokens < 4 * SIZES[-1]:  # a fifth is kept free, and what rounding makes of the line's error
        assert model.bytes(found.tokens + 1) * 1.001 + 1 >= 0.8 * free - intercept * 1e-3


def test_measuring_ends_when_it_has_taken_long_enough() -> None:
    slow = Model(1_000)
    found = size_batches(slow.run, slow.peak, 100 * MIB, enough_s=2.0, clock=lambda: slow.now)
    assert found is not None
    assert [each.tokens for each in found.measured] == SIZES[:3]  # as many as a line needs, and no more
    assert found.tokens == 4 * SIZES[2]


def test_memory_that_runs_out_is_the_end_of_measuring() -> None:
    model = Model(1_000, room=1_000 * 1_500)
    found = size_batches(model.run, model.peak, 100 * MIB, enough_s=10**9)
    assert found is not None
    assert [each.tokens for each in found.measured] == [size for size in SIZES if size <= 1_500]
    assert found.tokens == 1_024  # not what a line would say of four times as much
    cramped = Model(1_000, room=1_000 * 130)
    assert size_batches(cramped.run, cramped.peak, 100 * MIB) is None


def test_another_error_is_told() -> None:
    def broken(texts: int, tokens: int) -> int:
        raise ValueError("no such model")

    with pytest.raises(ValueError, match="no such model"):
        size_batches(broken, lambda run: int(bool(run())), MIB)


def test_a_model_that_reads_short_texts_is_measured_by_what_it_reads() -> None:
    short = Model(1_000, longest=100)
    found = size_batches(short.run, short.peak, 10**12, enough_s=10**9)
    assert found is not None
    assert [each.tokens for each in found.measured] == [32, 100, 200, 400, 800, 1_600]
    assert found.line.slope == pytest.approx(1_000)


def test_where_nothing_can_be_measured_the_limits_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "process_peak", lambda run: None)
    limits = Limits(tokens=77)
    assert sized(Batching(), limits, Model(1).run, "cpu", MIB, (MemoryError,)) == (limits, None)


def test_what_is_set_by_hand_is_not_measured() -> None:
    model = Model(1)
    limits = Limits(tokens=500)
    assert sized(Batching(tokens=500), limits, model.run, "cpu", MIB, (MemoryError,)) == (limits, None)
    assert model.ran == []


def test_the_part_of_one_model_is_half_of_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(1_000)
    monkeypatch.setattr(measuring, "process_peak", model.peak)
    limits, sizing = sized(Batching(), Limits(), model.run, "cpu", 10 * MIB, (MemoryError,))
    assert sizing is not None
    assert limits.tokens == sizing.tokens == pytest.approx(0.8 * 5 * MIB / 1_000, rel=0.01)


@given(st.integers(1, 9), st.integers(1, 600), st.integers(1, 4))
def test_made_up_texts_are_about_as_long_as_asked(texts: int, tokens: int, letters: int) -> None:
    """``letters`` make a token, and two more are put around every text."""
    seen: list[int] = []

    def size(text: str) -> int:
        return 2 + len(text.replace(" ", "")) // letters

    run = runner(lambda given: seen.extend(map(size, given)), size)
    assert run(texts, tokens) == sum(seen)
    assert len(seen) == texts
    assert len(set(seen)) == 1
    assert seen[0] <= tokens + 2
    assert seen[0] >= min(tokens, 8) * 0.4
