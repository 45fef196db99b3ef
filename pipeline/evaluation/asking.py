"""The questions of a run asked, some at once: each ends in a record, whatever happens to it.

Knows nothing of files; how many are asked at once is the gate's affair.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pipeline.errors.base import HansangError, UnexpectedFault
from pipeline.evaluation.records import Record, ask, failed
from pipeline.service import Request, Service
from pipeline.types import Sample

if TYPE_CHECKING:
    from pipeline.evaluation.runs import Gate

Item = TypeVar("Item")
Done = TypeVar("Done")
Asking = Callable[[Service, Path, Sequence[Sample], Request, "Gate"], Iterator[Record]]
"""Asks questions and gives their records as they are finished; the folder is the run's, for what must be kept."""

log = logging.getLogger(__name__)


def ask_whole(
    service: Service, folder: Path, samples: Sequence[Sample], request: Request, gate: Gate
) -> Iterator[Record]:
    """Every question from search to answer, some at once."""

    def work(sample: Sample) -> Record:
        return guarded(sample, lambda: ask(service, sample, request_of(sample, request)))

    return side_by_side(samples, work, gate)


def side_by_side(samples: Iterable[Item], work: Callable[[Item], Done], gate: Gate) -> Iterator[Done]:
    """What comes of each as it is finished. Whoever stops listening leaves at most those in flight unfinished."""
    waiting = iter(samples)
    flying: set[Future[Done]] = set()
    with ThreadPoolExecutor(gate.workers, thread_name_prefix="run") as pool:
        while True:
            room = gate.look() - len(flying)
            if gate.allowed == 1 and not flying:
                gate.pause()
            for sample in (s for _, s in zip(range(max(room, 0)), waiting, strict=False)):
                flying.add(pool.submit(work, sample))
            if not flying:
                return
            finished, flying = wait(flying, return_when=FIRST_COMPLETED)
            for future in finished:
                yield future.result()


def request_of(sample: Sample, request: Request) -> Request:
    """A question of a run with the run's index and settings."""
    return Request(sample.question.text, request.index, request.overrides, answer=request.answer, keep=False)


def guarded(sample: Sample, work: Callable[[], Done]) -> Done | Record:
    """What comes of it, or the record of a question that failed."""
    try:
        return work()
    except HansangError as error:
        return failed(sample, error)
    except Exception as error:
        log.exception("question %s failed", sample.question.id)
        return failed(sample, UnexpectedFault(name=type(error).__name__))
