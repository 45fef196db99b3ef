"""Run by a Python that has the neural libraries: many callers of two models while memory runs short and comes back.

On a GPU, where there is one, the memory is really taken. On a CPU the limit is only told so: the machine is shared.
Prints one JSON object; ``test_stress`` reads it. Knows no pytest, so that its environment needs none.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pipeline import backends, limiting
from pipeline.limiting import device_free, device_limiter
from pipeline.types import Passage, ScoredPassage, Source
from tests.pipeline.neural import tiny
from tests.pipeline.neural.models_program import query, settings, store

CALLERS = 12
LONG = 120.0  # seconds after which what is waited for counts as never coming


class Memory:
    """What is free of a device, and whether somebody else takes nearly all of it."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._taken: Any = None
        if device == "cpu":
            limiting.available_memory = lambda: 0 if self._taken else 8 << 30

    def take(self) -> None:
        rest = 128 << 20  # bytes, less than what lets the limit stay
        if self._device == "cuda":
            self._taken = torch.empty(max(1, device_free("cuda") - rest), dtype=torch.uint8, device="cuda")
        else:
            self._taken = True

    def give_back(self) -> None:
        self._taken = None
        if self._device == "cuda":
            torch.cuda.empty_cache()


def until(done: Callable[[], bool]) -> bool:
    """Whether something came to be so in time."""
    end = time.monotonic() + LONG
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


class Asked:
    """An encoder and a reranker, and what they say of each text when nobody else asks."""

    def __init__(self, root: Path, device: str) -> None:
        chosen = settings(
            encoder=tiny.encoder(root / "encoder"), reranker=tiny.reranker(root / "reranker"), device=device,
            precision="fp32",
        )  # fmt: skip
        module = backends.load("encoder", "bge_m3")
        module.build(store(root / "p.arrow", tiny.TEXTS), None, root / "built", chosen)
        self._encoder = module.load(root / "built", chosen)
        self._reranker = backends.load("reranker", "cross_encoder").load(None, None, None, chosen)
        self._read = [ScoredPassage(Passage(str(n), text, Source(str(n))), n) for n, text in enumerate(tiny.TEXTS)]
        self._alone = [self._figures(at) for at in range(len(tiny.TEXTS))]

    def far(self, at: int) -> float:
        """How far the figures of a text are from those that it has when nobody else asks."""
        return float(np.abs(self._figures(at) - self._alone[at]).max())

    def _figures(self, at: int) -> Any:
        asked = query(tiny.TEXTS[at])
        return np.append(
            self._encoder.encode([asked])[0], [score for score, _ in self._reranker.rerank(asked, self._read)]
        )


def main(root: Path) -> dict[str, Any]:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    memory, asked, limiter = Memory(device), Asked(root, device), device_limiter(device)
    stop, far = threading.Event(), list[float]()

    def call(at: int) -> None:
        while not stop.is_set():
            at = (at + 1) % len(tiny.TEXTS)
            far.append(asked.far(at))

    with ThreadPoolExecutor(CALLERS) as pool:
        calls = [pool.submit(call, at) for at in range(CALLERS)]
        seen: dict[str, Any] = {"device": device, "filled": until(lambda: limiter.limit == limiting.TOGETHER)}
        memory.take()
        seen["gave way"] = until(lambda: limiter.limit == 1 and limiter.inside <= 1)
        before, inside = len(far), 0
        seen["went on"] = until(lambda: len(far) > before + CALLERS)
        for _ in range(100):
            inside = max(inside, limiter.inside)
            time.sleep(0.005)
        memory.give_back()
        seen["came back"] = until(lambda: limiter.limit == limiting.TOGETHER)
        stop.set()
    failed = [repr(each.exception()) for each in calls if each.exception()]
    return seen | {"inside": inside, "calls": len(far), "far": max(far), "failed": failed, "left": limiter.inside}


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(main(Path(sys.argv[1]))) + "\n")
