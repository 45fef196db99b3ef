"""A model behind two batchers, one of questions and one of passages, that share it.

Tokenizer and model each serve one thread at a time, since neither bears more. With two flights (``batching.flights``)
the next full batch's tokens are made while the model computes the former one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Generic, Protocol, TypeVar

from pipeline.batching.batcher import Batcher, Limits
from pipeline.neural.measuring import Sizing

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Prepare(Protocol):
    """What is done to texts before the model sees them, such as making tokens of them."""

    def __call__(self, texts: Sequence[str], *, question: bool) -> Any:
        """Whatever the computation takes."""
        ...


class Compute(Protocol[R_co]):
    """The model's own part."""

    def __call__(self, ready: Any, *, question: bool) -> Sequence[R_co]:
        """A result for each text, in order."""
        ...


def as_they_are(texts: Sequence[str], *, question: bool) -> Any:
    """Texts that the model's own library prepares."""
    return texts


class Lanes(Generic[R]):
    """See the module.

    Args:
        prepare: done before the model's part; by one thread, too, but beside another that computes.
        compute: the model's part; never by two threads at once.
        size: tokens of a text.
        limits: of the batches.
        sizing: how the limits were found, if they were measured.
        out_of_memory, release: what the library raises when memory runs out, and what gives it back.
        room: held for the length of each batch, such as the limiter of the device.
    """

    def __init__(
        self,
        prepare: Prepare,
        compute: Compute[R],
        size: Callable[[str], int],
        limits: Limits,
        *,
        sizing: Sizing | None = None,
        out_of_memory: tuple[type[BaseException], ...] = (MemoryError,),
        release: Callable[[], None] = lambda: None,
        room: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self.limits, self.sizing = limits, sizing
        self._prepare = prepare
        self._compute = compute
        self._preparing, self._computing = threading.Lock(), threading.Lock()
        self._batchers: dict[bool, Batcher[str, R]] = {
            question: Batcher(
                self._work(question=question),
                size,
                limits,
                out_of_memory=out_of_memory,
                release=release,
                room=room,
                kind="questions" if question else "passages",
            )
            for question in (True, False)
        }

    def questions(self, texts: Sequence[str]) -> list[R]:
        """The results of questions.

        Raises:
            ModelBusy: too much waits already.
        """
        return self._batchers[True].map(texts)

    def passages(self, texts: Sequence[str]) -> list[R]:
        """The results of passages, however many: their caller waits for room."""
        return self._batchers[False].map(texts, patient=True)

    def _work(self, *, question: bool) -> Callable[[Sequence[str]], Sequence[R]]:
        def work(texts: Sequence[str]) -> Sequence[R]:
            with self._preparing:
                ready = self._prepare(texts, question=question)
            with self._computing:
                return self._compute(ready, question=question)

        return work
