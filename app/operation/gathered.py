"""Metrics that are looked up when they are asked for: what lies on the disk, in the databases, on the GPU."""

from __future__ import annotations

import datetime
import shutil
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from app.operation.health import Check
from pipeline.batching.totals import BOUNDS, KINDS, total
from pipeline.evaluation.judgements import LEDGER, read_ledger
from pipeline.index import Manifest
from pipeline.judges.prices import PRICES, dollars_of, read_prices
from pipeline.service import Service

MIB = 1_048_576
GPU_SECONDS = 15  # for how long one look at the GPU is good
_QUERY = ("--query-gpu=index,memory.used,memory.total", "--format=csv,noheader,nounits")


class Gathered(Collector):
    """``more`` gives single values of the server itself, by name of the metric, with what they are."""

    def __init__(
        self, service: Service, checks: Callable[[], Iterable[Check]],
        more: Callable[[], Iterable[tuple[str, str, float]]], now: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._service = service
        self._checks = checks
        self._more = more
        self._now = now
        self._ledgers: dict[Path, tuple[tuple[int, int], Judged]] = {}
        self._gpu: tuple[float, list[tuple[str, int, int]]] = (-GPU_SECONDS, [])

    def describe(self) -> Iterable[Metric]:
        """Nothing: looking all of this up when the registry is made would take long."""
        return []

    def collect(self) -> Iterator[Metric]:
        """One look at everything."""
        for name, what, value in self._more():
            yield GaugeMetricFamily(name, what, value=value)
        yield from self._indexes()
        ready = GaugeMetricFamily("hansang_ready", "1 where a part is fine, 0.5 with a warning, 0 not", labels=["part"])
        for check in self._checks():
            ready.add_metric([check.name], {"ok": 1.0, "warn": 0.5, "fail": 0.0}[check.status])
        yield ready
        yield CounterMetricFamily("hansang_labels_saved", "Labels saved", value=labels_saved(self._service.home.labels))
        yield from self._judged()
        yield from batches()
        yield from self._memory_of_gpus()

    def _indexes(self) -> Iterator[Metric]:
        age = GaugeMetricFamily("hansang_index_age_seconds", "Time since an index was built", labels=["index"])
        size = GaugeMetricFamily("hansang_index_passages", "Passages of an index", labels=["index"])
        for manifest in self._service.indexes():
            age.add_metric([manifest.name], age_of(manifest, self._now()))
            size.add_metric([manifest.name], manifest.passages)
        yield age
        yield size

    def _judged(self) -> Iterator[Metric]:
        """What judging the stored runs took. Ledgers are read again only when they have changed."""
        found = Judged()
        for path in self._service.home.runs.glob(f"*/{LEDGER}"):
            stamp = stamp_of(path), stamp_of(path.with_name(PRICES))
            known = self._ledgers.get(path)
            if known is None or known[0] != stamp:
                known = self._ledgers[path] = stamp, judged(path.parent)
            found = Judged(found.tokens + known[1].tokens, found.dollars + known[1].dollars)
        tokens = CounterMetricFamily(
            "hansang_judge_tokens", "Tokens that judging the stored runs took", labels=["judge", "direction"]
        )
        for (judge, direction), count in sorted(found.tokens.items()):
            tokens.add_metric([judge, direction], count)
        dollars = CounterMetricFamily(
            "hansang_judge_spend_dollars", "What that cost, for judges whose price was said (--price)", labels=["judge"]
        )
        for judge, spent in sorted(found.dollars.items()):
            dollars.add_metric([judge], spent)
        yield from (tokens, dollars)

    def _memory_of_gpus(self) -> Iterator[Metric]:
        looked, found = self._gpu
        if time.monotonic() - looked >= GPU_SECONDS:
            self._gpu = time.monotonic(), (found := gpu_memory())
        used = GaugeMetricFamily("hansang_gpu_memory_used_bytes", "Memory in use on a GPU", labels=["gpu"])
        total = GaugeMetricFamily("hansang_gpu_memory_total_bytes", "Memory of a GPU", labels=["gpu"])
        for name, in_use, there in found:
            used.add_metric([name], in_use)
            total.add_metric([name], there)
        yield used
        yield total


def age_of(manifest: Manifest, now: float) -> float:
    """Seconds since an index was built; 0 where its clock was ahead of ours."""
    created = datetime.datetime.fromisoformat(manifest.created)
    return max(0.0, now - created.timestamp())


def labels_saved(path: Path) -> int:
    """How many labels a file holds, revisions included; 0 where there is no such file or it can't be read."""
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=1)) as connection:
            (count,) = connection.execute("SELECT count(*) FROM annotations").fetchone()
    except sqlite3.DatabaseError:  # what is wrong with it is told by hansang_ready{part="database"}
        return 0
    return int(count)


@dataclass(frozen=True, slots=True)
class Judged:
    """What judging took: tokens by judge and direction, dollars by judge."""

    tokens: Counter[tuple[str, str]] = field(default_factory=Counter)
    dollars: Counter[str] = field(default_factory=Counter)


def judged(folder: Path) -> Judged:
    """What judging one run took."""
    ledger, tokens = read_ledger(folder), Counter[tuple[str, str]]()
    for judgement in ledger:
        tokens[judgement.judge, "in"] += judgement.tokens_in
        tokens[judgement.judge, "out"] += judgement.tokens_out
    return Judged(tokens, Counter(dollars_of(ledger, read_prices(folder))))


def stamp_of(path: Path) -> int:
    """When a file was changed; 0 where there is none."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def batches() -> Iterator[Metric]:
    """What the batchers of neural models have run in this process."""
    sizes = HistogramMetricFamily("hansang_batch_tokens", "Tokens of a batch, padding included", labels=["kind"])
    texts = CounterMetricFamily("hansang_batch_texts", "Texts that were read in batches", labels=["kind"])
    tokens = CounterMetricFamily("hansang_batch_text_tokens", "Tokens in batches but for padding", labels=["kind"])
    short = CounterMetricFamily("hansang_batch_shortages", "Batches for which memory ran out", labels=["kind"])
    for kind in KINDS:
        ran = total(kind).read()
        limits = [*(str(float(bound)) for bound in BOUNDS), "+Inf"]
        sizes.add_metric([kind], list(zip(limits, accumulate(ran.sizes), strict=True)), ran.padded)
        texts.add_metric([kind], ran.texts)
        tokens.add_metric([kind], ran.tokens)
        short.add_metric([kind], ran.shrunk)
    yield from (sizes, texts, tokens, short)


def gpu_memory() -> list[tuple[str, int, int]]:
    """Number, bytes in use and bytes of each NVIDIA GPU, as ``nvidia-smi`` says; nothing where there is none."""
    program = shutil.which("nvidia-smi")
    if not program:
        return []
    try:
        done = subprocess.run([program, *_QUERY], capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):  # a driver that hangs must not hang the metrics
        return []
    return read_gpus(done.stdout)


def read_gpus(text: str) -> list[tuple[str, int, int]]:
    """What ``nvidia-smi`` printed: ``0, 1024, 24564`` (MiB) a line; lines of another form (``[N/A]``) are left out."""
    found = []
    for line in text.splitlines():
        number, _, rest = line.partition(",")
        used, _, total = (part.strip() for part in rest.partition(","))
        if used.isdecimal() and total.isdecimal():
            found.append((number.strip(), int(used) * MIB, int(total) * MIB))
    return found
