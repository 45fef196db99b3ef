"""The questions of a run asked by an engine's workers, each with a service of its own over the same home.

The index must be readable on every machine under the same path; nothing is written there.
"""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from pipeline.engines.work import GIB, Engine
from pipeline.errors.engines import EngineDiffers
from pipeline.evaluation.asking import guarded, request_of
from pipeline.evaluation.records import Record, ask
from pipeline.evaluation.runs import Gate
from pipeline.service import Home, Request, Service
from pipeline.settings import Settings
from pipeline.traces import TraceStore
from pipeline.types import Sample

AT_ONCE = 8  # questions that travel together: a killed worker costs no more than these
NEURAL = ("bge_m3", "cross_encoder", "onnx", "sentence_transformer")


@dataclass(frozen=True, slots=True)
class Questioning:
    """Questions to their records, over one version of an index: Work."""

    home: Path
    settings: Settings
    request: Request
    version: str
    on_gpu: bool
    memory: int = 2 * GIB

    def ready(self) -> Callable[[Sequence[Sample]], list[Record]]:
        """See Work.

        The function raises EngineDiffers where the index isn't that of the run.
        """
        folder = mkdtemp(prefix="hansang-asking-")
        # Nothing is stored, and a shared disk is no place for SQLite.
        service = Service(Home(self.home), self.settings, store=lambda path: TraceStore(Path(folder) / path.name))

        def asked(samples: Sequence[Sample]) -> list[Record]:
            found = service.index(self.request.index).manifest.version
            if found != self.version:
                raise EngineDiffers(changed=f"{self.request.index} {self.version} → {found}")
            return [self._record(service, sample) for sample in samples]

        weakref.finalize(asked, _put_away, service, folder)
        return asked

    def _record(self, service: Service, sample: Sample) -> Record:
        return guarded(sample, lambda: ask(service, sample, request_of(sample, self.request)))


def _put_away(service: Service, folder: str) -> None:
    service.close()
    shutil.rmtree(folder, ignore_errors=True)


def ask_by(
    engine: Engine, service: Service, folder: Path, samples: Sequence[Sample], request: Request, gate: Gate
) -> Iterator[Record]:
    """As ``asking.ask_whole``, by an engine's workers. How many ask at once is the engine's affair, not the gate's."""
    settings = service.rag(request.index, request.overrides).settings
    work = Questioning(
        service.home.root.resolve(),
        service.settings,
        request,
        service.index(request.index).manifest.version,
        on_gpu=settings.encoder in NEURAL or settings.reranker in NEURAL,
    )
    batches = (samples[start : start + AT_ONCE] for start in range(0, len(samples), AT_ONCE))
    for records in engine.map(work, batches):
        yield from records
