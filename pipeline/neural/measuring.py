"""How large a loaded model's batches may be: a few are run, what they take is measured, and a line drawn through it.

On a GPU torch counts the bytes, on a CPU the kernel (Linux only; elsewhere nothing is measured).
"""

from __future__ import annotations

import ctypes
import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pipeline.batching.batcher import Limits
from pipeline.batching.prediction import Line, Measurement, budget_for, fit
from pipeline.batching.shortage import is_shortage
from pipeline.setting_groups.models import Batching

UNMEASURED = 8_192
"""Tokens of a batch where the settings leave it open and nothing can be measured."""
SHARERS = 2  # encoder and reranker: each may run a batch while the other does
STEPS = ((1, 32), (1, 128), (2, 128), (4, 128), (8, 128), (16, 128), (16, 256), (16, 512))
"""Texts and tokens of the batches that are run, the smallest first."""
ENOUGH_S = 2.0  # no further batch is run after that: a large model on a CPU would be measured for minutes
FEWEST = 3  # batches that a line with an error needs

Run = Callable[[int, int], int]
"""Runs a batch of so many texts of about so many tokens each; its tokens, padding included, come back."""
Peak = Callable[[Callable[[], object]], int | None]


@dataclass(frozen=True, slots=True)
class Sizing:
    """How the size of a model's batches was found: what was measured, the line through it, the bytes that were free.

    ``tokens`` is the largest batch that the line lets into this model's part of them.
    """

    tokens: int
    line: Line
    free: int
    measured: tuple[Measurement, ...]


def sized(
    batching: Batching, limits: Limits, run: Run, device: str, free: int, out_of_memory: tuple[type[BaseException], ...]
) -> tuple[Limits, Sizing | None]:
    """The limits with the tokens of a batch: those of the settings, or as many as fit where these leave it open.

    Args:
        free: bytes that batches may take on the device; this model's part is the ``SHARERS``-th.
    """
    if batching.tokens:
        return limits, None
    found = size_batches(run, peak_of(device), free // SHARERS, out_of_memory)
    return (limits, None) if found is None else (replace(limits, tokens=found.tokens), found)


def size_batches(
    run: Run,
    peak: Peak,
    free: int,
    out_of_memory: tuple[type[BaseException], ...] = (MemoryError,),
    *,
    enough_s: float = ENOUGH_S,
    clock: Callable[[], float] = time.monotonic,
) -> Sizing | None:
    """Measure batches of growing size until it has taken long enough or memory runs out.

    None where nothing can be measured, or memory runs out at once. A batch is never below one token: a text that
    doesn't fit is run alone, and says so if even that fails.
    """
    measured: list[Measurement] = []
    started, short = clock(), False
    for texts, tokens in (STEPS[0], *STEPS):  # the first once more: what is taken once and stays is no batch's
        if len(measured) >= FEWEST and clock() - started > enough_s:
            break
        ran: list[int] = []
        try:
            taken = peak(partial(_noted, run, texts, tokens, ran))
        except Exception as error:
            if not is_shortage(error, out_of_memory):
                raise
            short = True
            break
        if taken is None:
            return None
        while measured and ran[0] <= measured[-1].tokens:
            measured.pop()  # measured again; or a model that reads no longer texts than it can
        measured.append(Measurement(ran[0], taken))
    if len(measured) < FEWEST:
        return None
    line = fit(measured)
    most = line.most if short else 4 * line.most
    return Sizing(max(1, min(most, budget_for(free, line))), line, free, tuple(measured))


def _noted(run: Run, texts: int, tokens: int, ran: list[int]) -> None:
    ran.append(run(texts, tokens))


def runner(forward: Callable[[Sequence[str]], object], size: Callable[[str], int]) -> Run:
    """Runs batches of made-up text through a model, from text to result."""

    def run(texts: int, tokens: int) -> int:
        words = tokens // 2
        while size(text := "맛있어요 " * words) < tokens and words < 8 * tokens:
            words *= 2
        text = text[: len(text) * tokens // max(tokens, size(text))]
        forward([text] * texts)
        return texts * size(text)

    return run


def peak_of(device: str) -> Peak:
    """What tells by how many bytes a call raised what is taken of a device; it says None where nobody knows."""
    return gpu_peak if device == "cuda" else process_peak


def gpu_peak(run: Callable[[], object]) -> int:
    """As torch counts it on the GPU."""
    import torch  # an optional extra, seconds to import

    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    run()
    torch.cuda.synchronize()
    return int(torch.cuda.max_memory_allocated() - before)


def process_peak(run: Callable[[], object]) -> int | None:
    """By how many bytes a call raised this process's resident memory; None where the kernel doesn't say."""
    status, clear = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)  # else memory that was given back in the process hides what the call takes
        clear.write_text("5")  # sets the peak to what is resident now (man 5 proc)
    except (OSError, AttributeError):  # not Linux, or a container that doesn't let us
        return None
    before = _resident(status, "VmHWM")
    run()
    return max(0, _resident(status, "VmHWM") - before)


def _resident(status: Path, name: str) -> int:
    line = next(line for line in status.read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1_024
