"""How fast many callers get through a model, beside the device's arithmetic, and what its batches take of memory.

Knows nothing of any library: a contender is a function that answers one request.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import TypeVar

from pipeline.batching.batcher import Limits
from pipeline.batching.packing import packing_of
from pipeline.batching.prediction import Line, Measurement, budget_for, fit
from pipeline.neural.measuring import Sizing, peak_of

Q = TypeVar("Q")
Run = Callable[[int, int], object]
"""Runs a batch of so many texts of so many tokens each."""
Told = Callable[[str, int], None]
"""Told of every round done."""

LENGTHS, BATCHES = (32, 128, 384), (1, 2, 4, 8, 16)  # tokens and texts of the batches whose memory is measured
_MATRIX = {"cpu": 1_536, "cuda": 8_192}  # rows and columns of the matrices that are multiplied
_COPIED = {"cpu": 1 << 28, "cuda": 1 << 31}  # bytes that are copied: far more than any cache holds


@dataclass(frozen=True, slots=True)
class Contender:
    """One way of asking: its answer to a request, and by how many threads the requests are sent."""

    name: str
    answer: Callable[[Sequence[str]], object]
    requests: Sequence[Sequence[str]]
    threads: int


@dataclass(frozen=True, slots=True)
class Speed:
    """What came of a contender: the median of its rounds. ``errors`` are the requests of a round that failed, at most.

    ``per_second`` is tokens or pairs, ``ratio`` that of ours by its own, ``reached`` the share of what the arithmetic
    allows. A contender whose requests failed has no ``per_second``: 0.
    """

    seconds: float
    per_second: float
    ratio: float
    reached: float
    errors: int
    error: str


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """What the device could do: ``2 × parameters`` operations a token (attention's own left out).

    ``rate`` is operations a second of a large product of matrices in the model's precision, measured; ``tokens`` that
    many tokens a second at most.
    """

    parameters: int
    rate: float
    tokens: float


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """What the device's memory could feed: all weights are read once for a batch (activations left out).

    ``bytes`` are the weights, ``rate`` bytes a second of a large copy (read and written), measured; ``batch`` the
    tokens of a batch of ours as the texts of the run have it, and ``tokens`` that many tokens a second at most.
    """

    bytes: int
    rate: float
    batch: float
    tokens: float


@dataclass(frozen=True, slots=True)
class Memory:
    """What batches take: measured, the line through it, and the budget it allows in the memory that is free now.

    ``fill`` and ``texts`` are of the texts of the run packed under that budget: the share that isn't padding, and the
    texts in a batch.
    """

    measured: tuple[Measurement, ...]
    line: Line
    free: int
    budget: int
    fill: float
    texts: float


@dataclass(frozen=True, slots=True)
class Batches:
    """The batches of ours: their most tokens, and the texts and tokens in one as the lengths of the run have it.

    Where the tokens were measured when the model was loaded, ``error`` is the mean error of the line as a share, and
    ``predicted`` and ``measured`` are the bytes of a batch of ``checked`` tokens that the line hadn't seen.
    """

    tokens: int
    texts: float
    filled: float = 0.0
    error: float = 0.0
    checked: int = 0
    predicted: float = 0.0
    measured: int = 0


def contest(contenders: Sequence[Contender], amount: int, limit: float, rounds: int, told: Told) -> Mapping[str, Speed]:
    """Ask all contenders the same, in turn, several times; the first is ours, and ``ratio`` is how often faster it is.

    Args:
        amount: tokens or pairs of all requests together.
        limit: how many of them a second the arithmetic allows.
    """
    seconds: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    failures: dict[str, tuple[int, str]] = {contender.name: (0, "") for contender in contenders}
    for contender in contenders:
        contender.answer(contender.requests[0])  # nobody's first call counts
    for _ in range(rounds):
        for contender in contenders:
            taken, errors = _round(contender)
            seconds[contender.name].append(taken)
            if len(errors) > failures[contender.name][0]:
                failures[contender.name] = (len(errors), errors[0])
            told(contender.name, 1)
    middle = {name: statistics.median(each) for name, each in seconds.items()}
    ours = middle[contenders[0].name]
    return {name: _speed(each, ours, amount, limit, failures[name]) for name, each in middle.items()}


def _speed(seconds: float, ours: float, amount: int, limit: float, failed: tuple[int, str]) -> Speed:
    errors, error = failed
    if errors:
        return Speed(seconds, 0.0, 0.0, 0.0, errors, error)
    return Speed(seconds, amount / seconds, seconds / ours, amount / seconds / limit, 0, "")


def _round(contender: Contender) -> tuple[float, list[str]]:
    """Seconds until the last request was answered, and what those that failed said."""

    def answer(request: Sequence[str]) -> str:
        try:
            contender.answer(request)
        except RuntimeError as error:  # what libraries raise that aren't made for threads: the figure would be a lie
            return (str(error) or type(error).__name__).splitlines()[0]
        return ""

    with ThreadPoolExecutor(contender.threads) as pool:
        started = time.perf_counter()
        said = list(pool.map(answer, contender.requests))
        return time.perf_counter() - started, [each for each in said if each]


def arithmetic(parameters: int, device: str, precision: str, tries: int = 5) -> Arithmetic:
    """Measure the device's rate of multiplying matrices. ``precision`` is a type's name in torch: ``float32``."""
    import torch  # an optional extra, seconds to import

    size = _MATRIX[device]
    one = torch.randn(size, size, device=device).to(getattr(torch, precision))
    best = float("inf")
    for _ in range(tries + 1):  # the first is slower, and best is what counts
        started = time.perf_counter()
        one @ one
        if device == "cuda":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - started)
    rate = 2 * size**3 / best
    return Arithmetic(parameters, rate, rate / (2 * parameters))


def bandwidth(parameters: int, device: str, precision: str, batch: float, tries: int = 5) -> Bandwidth:
    """Measure the device's rate of copying memory. ``batch`` is the tokens of a batch of ours."""
    import torch  # an optional extra, seconds to import

    source = torch.zeros(_COPIED[device], dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    best = float("inf")
    for _ in range(tries + 1):  # the first is slower, and best is what counts
        started = time.perf_counter()
        target.copy_(source)
        if device == "cuda":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - started)
    weights, rate = parameters * getattr(torch, precision).itemsize, 2 * _COPIED[device] / best
    return Bandwidth(weights, rate, batch, batch * rate / weights)


def measure_memory(run: Run, device: str) -> list[Measurement]:
    """The peak memory of batches of growing size, above what is taken between them. ``run(texts, tokens)`` runs one.

    On a GPU as torch counts it, on a CPU as the kernel does (Linux only; empty elsewhere).
    """
    peak = peak_of(device)
    run(BATCHES[0], LENGTHS[0])  # what is taken once and stays is no batch's
    found = []
    for texts, tokens in sorted(product(BATCHES, LENGTHS), key=lambda each: each[0] * each[1]):
        taken = peak(partial(run, texts, tokens))
        if taken is None:
            return []
        found.append(Measurement(texts * tokens, taken))
    return found


def batches_of(
    limits: Limits, sizing: Sizing | None, lengths: Sequence[int], run: Run, device: str, *, check: bool
) -> Batches:
    """What is known of the batches that ours makes; to ``check`` is to run one more and measure it."""
    batches = max(1, packing_of(lengths, limits.tokens, limits.texts).batches)
    texts, filled = len(lengths) / batches, sum(lengths) / batches
    if sizing is None or not check:
        return Batches(limits.tokens, texts, filled)
    count = max(1, min(limits.tokens, 2 * sizing.line.most) // LENGTHS[-1])
    tokens = count * LENGTHS[-1]
    taken = peak_of(device)(partial(run, count, LENGTHS[-1])) or 0
    return Batches(limits.tokens, texts, filled, sizing.line.error, tokens, sizing.line.bytes(tokens), taken)


def memory_of(measured: Sequence[Measurement], lengths: Sequence[int], free: int, most: int) -> Memory:
    """What measured batches mean for texts of these lengths in the memory that is free."""
    line = fit(measured)
    budget = budget_for(free, line)
    packing = packing_of(lengths, max(1, budget), most)
    return Memory(tuple(measured), line, free, budget, packing.fill, len(lengths) / max(1, packing.batches))
