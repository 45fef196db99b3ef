"""How fast an engine is beside what it is made of: the same batches by each in turn, in one process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.optimising.engines import Shape

Run = Callable[[NDArray[np.int64], NDArray[np.int64]], object]
"""Runs a network on words and mask, ``(texts, tokens)`` each."""

REFERENCE, PLAIN, ENGINE = "reference", "onnx fp32", "engine"
_WORDS = (5, 200)  # ids that any vocabulary has


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds of one batch by each network: the fastest of the rounds, since whatever else runs only adds to it."""

    texts: int
    tokens: int
    seconds: Mapping[str, float]

    def ratio(self, other: str) -> float:
        """How often faster the engine is than another."""
        return self.seconds[other] / self.seconds[ENGINE]


def race(runs: Mapping[str, Run], shapes: Sequence[Shape], rounds: int) -> list[Speed]:
    """Run batches of each shape by each network, in turn, after one that doesn't count."""
    found = []
    for texts, tokens in shapes:
        words = np.random.default_rng(0).integers(*_WORDS, (texts, tokens))
        mask = np.ones_like(words)
        taken: dict[str, list[float]] = {name: [] for name in runs}
        for counted in range(rounds + 1):
            for name, run in runs.items():
                started = time.perf_counter()
                run(words, mask)
                if counted:
                    taken[name].append(time.perf_counter() - started)
        found.append(Speed(texts, tokens, {name: min(each) for name, each in taken.items()}))
    return found


def weigh(*arguments: str) -> int | None:
    """Bytes by which loading a network and running a batch raises a process's resident memory; None if that fails.

    Measured in a process of its own: one that has exported has memory left that is nobody's. See ``weighing``.
    """
    command = [sys.executable, "-m", "pipeline.optimising.weighing", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return int(json.loads(done.stdout.splitlines()[-1])) if done.returncode == 0 else None
