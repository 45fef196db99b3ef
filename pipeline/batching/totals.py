"""What all batchers of this process have run, by what they read: for whoever watches it."""

from __future__ import annotations

import threading
from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import Literal, get_args

from pipeline.once import once

Kind = Literal["questions", "passages", "pairs"]
KINDS: tuple[Kind, ...] = get_args(Kind)

BOUNDS = tuple(2**n for n in range(5, 18))
"""Tokens of a batch, padding included, up to which batches are counted together; larger ones come after the last."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What was run of a kind in this process. ``sizes`` counts batches by ``BOUNDS``, the last those beyond.

    ``tokens`` of ``padded`` were text; ``shrunk`` is how often memory ran out.
    """

    sizes: tuple[int, ...] = (0,) * (len(BOUNDS) + 1)
    texts: int = 0
    tokens: int = 0
    padded: int = 0
    shrunk: int = 0


class Total:
    """What all batchers of a kind have run since this process began, those that are gone included.

    Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._ran = Ran()
        self._lock = threading.Lock()

    def ran(self, texts: int, tokens: int, padded: int) -> None:
        """Count a batch that was run."""
        place = bisect_left(BOUNDS, padded)
        with self._lock:
            was = self._ran
            sizes = tuple(count + (n == place) for n, count in enumerate(was.sizes))
            self._ran = Ran(sizes, was.texts + texts, was.tokens + tokens, was.padded + padded, was.shrunk)

    def shrank(self) -> None:
        """Count that memory ran out."""
        with self._lock:
            self._ran = replace(self._ran, shrunk=self._ran.shrunk + 1)

    def read(self) -> Ran:
        """The counts as they are now."""
        return self._ran


@once
def total(kind: Kind) -> Total:
    """The one count of a kind in this process."""
    return Total()
