"""A run in two phases: search and rerank all questions, let go of those models, then write all answers.

What the first phase found is kept line by line in ``retrieved.jsonl`` until the run is finished, so that a run that is
killed in either phase goes on where it stopped. The records are those of a run in one phase but for their timings.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import httpx

from pipeline.evaluation.asking import guarded, request_of, side_by_side
from pipeline.evaluation.blame import GoldPath
from pipeline.evaluation.records import Record, gold_paths, judge
from pipeline.evaluation.runs import Gate, appending
from pipeline.machine import is_listening
from pipeline.passages import PassageStore
from pipeline.service import Request, Service
from pipeline.settings import Settings
from pipeline.trace_json import from_json, to_json
from pipeline.types import Sample, ScoredPassage, Trace

RETRIEVED = "retrieved.jsonl"
Phases = Literal["auto", "one", "two"]
Told = Callable[[int, int], None]
"""Called in the first phase with how many questions were searched for, and how many will be."""

GIB = 2**30
RETRIEVING = {"bge_m3": 2.5, "sentence_transformer": 1.5, "cross_encoder": 2.5}
"""GiB of GPU memory that a model of about the usual size takes in half precision with its batches."""
LLM_SHARE = 0.9
"""Of a GPU's memory that vLLM takes for itself unless told otherwise (``--gpu-memory-utilization``)."""


@dataclass(frozen=True, slots=True)
class Room:
    """A GPU's memory in bytes; both 0 without a GPU."""

    free: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Needs:
    """Bytes of GPU memory that the models of each phase still need on this machine."""

    retrieving: int
    generating: int


def choose(wanted: Phases, room: Room, needs: Needs) -> Literal["one", "two"]:
    """Two phases where the models of both don't fit together but each phase's do by themselves."""
    if wanted != "auto":
        return wanted
    together = needs.retrieving + needs.generating
    apart = max(needs.retrieving, needs.generating)
    return "two" if room.total and needs.generating and apart <= room.free < together else "one"


def needs_of(settings: Settings, room: Room, *, llm_is_here: bool, llm_runs: bool) -> Needs:
    """What the settings' models still need of a GPU.

    Args:
        llm_is_here: the language model's server is, or will be, on this machine.
        llm_runs: it is there already, so that its memory is no longer free.
    """
    retrieving = sum(RETRIEVING.get(name, 0.0) for name in (settings.encoder, settings.reranker)) * GIB
    asks = settings.generator not in ("extractive", "none")
    generating = LLM_SHARE * room.total if asks and llm_is_here and not llm_runs else 0
    return Needs(int(retrieving), int(generating))


def decide(wanted: Phases, settings: Settings) -> Literal["one", "two"]:
    """How many phases a run with these settings takes on this machine, as it is now."""
    if wanted != "auto":
        return wanted
    room = gpu_room()
    url = httpx.URL(settings.llm.url)
    here = url.host in ("localhost", "127.0.0.1", "::1")
    runs = here and is_listening(url.port or 80)
    return choose(wanted, room, needs_of(settings, room, llm_is_here=here, llm_runs=runs))


def gpu_room() -> Room:
    """The first GPU's memory as ``nvidia-smi`` says."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return Room()
    query = ["--query-gpu=memory.free,memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run([program, *query], capture_output=True, timeout=15, check=True)
        free, total = (int(part) * 2**20 for part in done.stdout.decode().splitlines()[0].split(","))
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return Room()  # a driver that doesn't answer is no GPU to run on
    return Room(free, total)


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What the first phase knows of a question. ``outside`` are the ways of right passages that are no candidates."""

    id: str
    trace: Trace
    outside: tuple[GoldPath, ...]


def in_two(
    service: Service,
    folder: Path,
    samples: Sequence[Sample],
    request: Request,
    gate: Gate,
    told: Told = lambda done, total: None,
) -> Iterator[Record]:
    """As ``runs.ask_whole``, in two phases."""
    path = folder / RETRIEVED
    found = read_retrieved(path)
    missing = [sample for sample in samples if sample.question.id not in found]
    search = replace(request, answer=False)
    _make_whole(path)
    with appending(path) as append:
        for one in side_by_side(missing, partial(_search, service, search), gate):
            if isinstance(one, Record):
                yield one  # it failed; there is nothing to answer
                continue
            found[one.id] = to_line(one)
            append(found[one.id])
            told(len(found), len(samples))
    unload(service)
    ready = [(sample, found[sample.question.id]) for sample in samples if sample.question.id in found]
    yield from side_by_side(ready, partial(_answer, service, request), gate)
    path.unlink(missing_ok=True)


def _search(service: Service, request: Request, sample: Sample) -> Retrieved | Record:
    return guarded(sample, lambda: retrieve(service, sample, request_of(sample, request)))


def _answer(service: Service, request: Request, ready: tuple[Sample, str]) -> Record:
    sample, line = ready
    return guarded(sample, lambda: generate(service, sample, request_of(sample, request), line))


def retrieve(service: Service, sample: Sample, request: Request) -> Retrieved:
    """Search for a question and rerank.

    Raises:
        HansangError: it can't be asked.
    """
    *_, trace = service.ask(request)
    paths = gold_paths(service, sample, request, trace)
    return Retrieved(sample.question.id, trace, tuple(path for path in paths if not path.candidate))


def generate(service: Service, sample: Sample, request: Request, line: str) -> Record:
    """Answer a question that was searched for, and judge what came of it. ``line`` is that of ``retrieved.jsonl``.

    Raises:
        HansangError: it can't be answered.
    """
    found = from_line(line, service.index(request.index).passages)
    *_, trace = service.answer(found.trace, request)
    return judge(service, sample, request, trace, found.outside)


def unload(service: Service) -> None:
    """Give back the memory of the models that searched."""
    service.release()
    gc.collect()
    torch = sys.modules.get("torch")  # never loaded for this: the embedded profile has none
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def to_line(found: Retrieved) -> str:
    """One line of JSON; passages by their rows, since the index has their texts."""
    candidates = [
        {
            "row": c.row, "scores": dict(c.scores), "ranks": dict(c.ranks),
            "relevance": c.relevance, "in_prompt": c.in_prompt,
        }
        for c in found.trace.candidates
    ]  # fmt: skip
    trace = {**to_json(replace(found.trace, candidates=())), "candidates": candidates}
    return json.dumps({"id": found.id, "trace": trace, "outside": [asdict(path) for path in found.outside]})


def from_line(line: str, passages: PassageStore) -> Retrieved:
    """What ``to_line`` wrote.

    Raises:
        ValueError, KeyError, TypeError: it isn't one, or of another version.
    """
    value: dict[str, Any] = json.loads(line)
    candidates = tuple(ScoredPassage(passages[c["row"]], **c) for c in value["trace"]["candidates"])
    trace = replace(from_json({**value["trace"], "candidates": []}), candidates=candidates)
    return Retrieved(value["id"], trace, tuple(GoldPath(**path) for path in value["outside"]))


def read_retrieved(path: Path) -> dict[str, str]:
    """The lines that an earlier start of the run left, by question; one that was cut off is searched for again.

    Lines and not traces: thousands of these with their passages would fill the memory.
    """
    found: dict[str, str] = {}
    for line in _whole_lines(path):
        try:
            found[json.loads(line)["id"]] = line.decode()
        except (ValueError, KeyError, TypeError):  # a block that the disk never got, after a power cut
            continue
    return found


def _whole_lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return []


def _make_whole(path: Path) -> None:
    """Cut what follows the last line feed, so that the next line begins as one."""
    if path.exists():
        os.truncate(path, sum(len(line) + 1 for line in _whole_lines(path)))
