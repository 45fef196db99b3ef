"""What batch work is, and what an engine must be able to do with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")
Given = TypeVar("Given", contravariant=True)
Made = TypeVar("Made", covariant=True)

GIB = 2**30


class Work(Protocol[Given, Made]):
    """A kind of work on batches. It travels to the workers, so it is picklable and small: names, not models."""

    @property
    def memory(self) -> int:
        """Bytes that a worker takes with its models."""
        ...

    @property
    def on_gpu(self) -> bool:
        """Whether its models run on a GPU where there is one."""
        ...

    def ready(self) -> Callable[[Sequence[Given]], Sequence[Made]]:
        """Load the models, once per worker, and give what makes results of a batch.

        What comes of a batch may depend on nothing but the batch.
        """
        ...


class Engine(Protocol):
    """Runs batch work."""

    name: str

    def map(self, work: Work[In, Out], batches: Iterable[Sequence[In]]) -> Iterator[Sequence[Out]]:
        """What comes of each batch, in the order of the batches. Of an empty batch nothing does, and nobody sees it.

        Batches are taken as results are asked for, some ahead of them.

        Raises:
            HansangError: what the work raised, as if it ran here.
            EngineUnavailable, EngineDiffers: there is nobody to do it.
        """
        ...
