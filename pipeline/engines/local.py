"""This process: one batch after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from pipeline.engines.work import In, Out, Work


class Local:
    """See Engine. Models are loaded when the first batch comes."""

    name = "local"

    def map(self, work: Work[In, Out], batches: Iterable[Sequence[In]]) -> Iterator[Sequence[Out]]:
        """See Engine."""
        do: Callable[[Sequence[In]], Sequence[Out]] | None = None
        for batch in batches:
            if not batch:
                yield []
                continue
            do = do or work.ready()
            yield do(batch)
