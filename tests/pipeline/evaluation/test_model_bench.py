"""The contest of callers, and the memory of batches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pipeline.batching.batcher import Limits
from pipeline.batching.prediction import Measurement, fit
from pipeline.evaluation import model_bench
from pipeline.evaluation.model_bench import (
    BATCHES,
    LENGTHS,
    Batches,
    Contender,
    batches_of,
    contest,
    measure_memory,
    memory_of,
)
from pipeline.neural.measuring import Sizing

MIB = 2**20


def test_everybody_is_asked_everything_in_turn_by_as_many_threads_as_said() -> None:
    asked: list[tuple[str, str]] = []
    told: list[str] = []
    meeting = threading.Barrier(4, timeout=60)
    met = 0

    def ours(request: Sequence[str]) -> None:
        nonlocal met
        if request[0] != "0" or met:
            meeting.wait()  # breaks unless four threads are here at once
        met += 1
        asked.append(("ours", request[0]))

    def plain(request: Sequence[str]) -> None:
        asked.append(("plain", request[0]))

    requests = [[str(number)] for number in range(4)]
    found = contest(
        [Contender("ours", ours, requests, 4), Contender("plain", plain, requests, 2)],
        amount=400,
        limit=100.0,
        rounds=2,
        told=lambda name, done: told.append(name),
    )
    assert told == ["ours", "plain"] * 2
    for name in ("ours", "plain"):
        assert sorted(text for who, text in asked if who == name) == sorted(["0", *"01230123"])  # and once to warm up
        assert found[name].per_second == pytest.approx(400 / found[name].seconds)
        assert found[name].reached == pytest.approx(found[name].per_second / 100)
        assert found[name].ratio == pytest.approx(found["ours"].per_second / found[name].per_second)
    assert found["ours"].ratio == 1


def test_whoever_fails_under_threads_has_no_speed() -> None:
    calls = 0

    def fails(request: Sequence[str]) -> None:
        nonlocal calls
        calls += 1
        if calls in (3, 5):
            raise RuntimeError("Already borrowed\nmore")

    requests = [[str(number)] for number in range(5)]
    contenders = [
        Contender("ours", lambda request: None, requests, 2),
        Contender("plain", fails, requests, 1),
    ]
    found = contest(contenders, 10, 1.0, 1, lambda name, done: None)
    assert (found["plain"].errors, found["plain"].error) == (2, "Already borrowed")
    assert found["plain"].per_second == found["plain"].ratio == 0
    assert found["ours"].errors == 0


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells a process's peak")
def test_the_peak_of_a_batch_is_what_it_takes_above_what_was_there() -> None:
    per_token = 16 * 1024
    ran: list[tuple[int, int]] = []

    def run(texts: int, tokens: int) -> None:
        ran.append((texts, tokens))
        taken = b"x" * (texts * tokens * per_token)
        assert taken[-1] == ord("x")

    measured = measure_memory(run, "cpu")
    assert sorted(ran[1:]) == sorted((texts, tokens) for texts in BATCHES for tokens in LENGTHS)
    for each in measured:
        if each.tokens * per_token > 16 * MIB:
            assert each.bytes == pytest.approx(each.tokens * per_token, rel=0.2)


def test_memory_says_what_fits_and_how_full_batches_would_be() -> None:
    measured = [Measurement(tokens, 10 * MIB + 1_000 * tokens) for tokens in (100, 1_000, 10_000)]
    found = memory_of(measured, [10] * 50 + [100] * 50, free=20 * MIB, most=1_000)
    assert found.budget == pytest.approx((16 * MIB - 10 * MIB) / 1_000, rel=0.01)
    assert found.texts * 1 <= 100
    assert 0.5 < found.fill <= 1
    assert memory_of(measured, [10], free=MIB, most=8).budget == 0


def test_a_batch_that_the_line_has_not_seen_is_measured_beside_its_prediction(monkeypatch: pytest.MonkeyPatch) -> None:
    line = fit([Measurement(tokens, 5_000 + 1_000 * tokens) for tokens in (100, 200, 400, 800)])
    sizing, ran = Sizing(10_000, line, MIB, ()), list[int]()

    def run(texts: int, tokens: int) -> None:
        ran.append(texts * tokens)

    def peak(call: Callable[[], object]) -> int:
        call()
        return 1_100 * ran[-1]

    monkeypatch.setattr(model_bench, "peak_of", lambda device: peak)
    found = batches_of(Limits(tokens=10_000, texts=64), sizing, [100] * 128, run, "cpu", check=True)
    assert ran == [found.checked] == [1_536]  # four texts of 384 tokens: twice the largest that was measured, at most
    assert found.predicted == pytest.approx(5_000 + 1_000 * 1_536)
    assert found.measured == 1_100 * 1_536
    assert (found.tokens, found.texts, found.filled) == (10_000, 64, 6_400)
    assert batches_of(Limits(tokens=500), None, [100] * 128, run, "cpu", check=True) == Batches(
        500, 128 / 26, 12_800 / 26
    )
    assert batches_of(Limits(tokens=500), sizing, [100] * 128, run, "cpu", check=False) == Batches(
        500, 128 / 26, 12_800 / 26
    )
    assert len(ran) == 1
