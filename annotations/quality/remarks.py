"""What people said of tasks beside their labels: why they flagged one, and why they skipped one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from annotations.quality.selection import chains, within
from annotations.quality.types import Filters, Remark
from annotations.types import Snapshot, Task


def remarks(snapshot: Snapshot, version: int, filters: Filters) -> tuple[Remark, ...]:
    """The newest first. A flag stands as long as the newest revision of its answer has it."""
    chosen = {
        task.id: task
        for task in snapshot.tasks
        if task.version == version and (not filters.batches or task.batch in filters.batches)
    }
    found = (each for each in (*_flags(snapshot, chosen), *_skips(snapshot, chosen)) if within(each.at, filters))
    return tuple(sorted(found, key=lambda each: each.at, reverse=True))


def reasons(remarks: Iterable[Remark]) -> Mapping[str, int]:
    """How often each reason for skipping was given, the most frequent first."""
    return dict(Counter(each.said for each in remarks if each.kind == "skip").most_common())


def _flags(snapshot: Snapshot, chosen: Mapping[int, Task]) -> Iterator[Remark]:
    for chain in chains(snapshot):
        newest, task = chain.revisions[-1], chosen.get(chain.task.id)
        if newest.flag and task:
            yield Remark("flag", newest.annotator, task.key, task.text, newest.flag, newest.saved_at)


def _skips(snapshot: Snapshot, chosen: Mapping[int, Task]) -> Iterator[Remark]:
    for skip in snapshot.skips:
        task = chosen.get(skip.task_id)
        if task:
            yield Remark("skip", skip.annotator, task.key, task.text, skip.reason, skip.at)
