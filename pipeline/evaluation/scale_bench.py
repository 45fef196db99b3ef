"""How indexing and asking grow with the number of reviews: a synthetic corpus of any size, measured on this machine.

A synthetic review is made of sentences of a given file, drawn at random with a seed: as many as a real review of the
file has, each from another one. Thirty reviews make a restaurant, named after one of the file's. Words are as frequent
as in the file and new words never come, so that the vocabulary doesn't grow as that of real reviews would: times and
sizes hold for the number of passages, what is found says nothing of quality.
"""

from __future__ import annotations

import random
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.assemble import load_tokenizer
from pipeline.corpus.reader import read_corpus
from pipeline.errors.files import FileProblem
from pipeline.evaluation.retrieval_bench import Timing, timing
from pipeline.indexing import Job, build_index
from pipeline.machine import resident_memory
from pipeline.service import Home, Request, Service
from pipeline.settings import Settings
from pipeline.types import Document, Source

NAME = "scale"
PER_RESTAURANT = 30
WORDS = (2, 5)  # of a sentence that make a question
Progress = Callable[[str, int], None]
_KIB = 1024


@dataclass(frozen=True, slots=True)
class ScaleReport:
    """What ``hansang bench scale`` prints. Memory is this process's, in bytes: before indexing, and at its highest.

    ``timings`` are milliseconds by stage of a question, ``total`` among them; ``opened_s`` the first question of a
    process, which opens the index.
    """

    passages: int
    documents: int
    seed: int
    index_s: float
    index_cpu_s: float
    memory_before: int
    memory_highest: int
    disk: int
    questions: int
    opened_s: float
    timings: Mapping[str, Timing]


@dataclass(frozen=True, slots=True)
class Material:
    """Reviews cut into sentences, with the restaurants that they are of."""

    reviews: tuple[tuple[str, ...], ...]
    places: tuple[Source, ...]


def read_material(path: Path, form: str = "auto") -> Material:
    """The sentences of a file of reviews.

    Raises:
        FileProblem: it can't be read, or has no text.
    """
    documents = [each for each in read_corpus([path], format=form) if isinstance(each, Document)]
    analysed = load_tokenizer("kiwi").analyse([document.text for document in documents])
    reviews = [tuple(each.text[start:end] for start, end in each.sentences) for each in analysed]
    kept = tuple(sentences for sentences in reviews if sentences)
    if not kept:
        raise FileProblem(
            path=path, problem="쓸 문장이 없습니다", cure="후기가 든 파일을 주세요.",
            problem_en="there is no sentence in it", cure_en="Give a file of reviews.",
        )  # fmt: skip
    places = {document.source.restaurant: document.source for document in documents}
    return Material(kept, tuple(places.values()))


def synthetic(material: Material, count: int, seed: int = 0) -> Iterator[Document]:
    """Synthetic reviews, the same for the same seed; a longer corpus begins with the shorter one."""
    for number in range(count):
        chance = random.Random(f"{seed}:{number}")
        size = len(chance.choice(material.reviews))
        text = " ".join(chance.choice(chance.choice(material.reviews)) for _ in range(size))
        group = number // PER_RESTAURANT
        place = material.places[group % len(material.places)]
        name = f"{place.restaurant} {group + 1}호점" if place.restaurant else ""
        date = f"2026-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
        rating = float(chance.randint(1, 5))
        source = replace(
            place, document_id=f"s{number}", start=0, end=len(text), restaurant=name, rating=rating, date=date
        )
        yield Document(text, source)


def questions(material: Material, count: int, seed: int = 0) -> list[str]:
    """Some neighbouring words of a random sentence each."""
    chance = random.Random(f"{seed}:questions")
    made: list[str] = []
    while len(made) < count:
        words = chance.choice(chance.choice(material.reviews)).split()
        size = min(len(words), chance.randint(*WORDS))
        first = chance.randint(0, len(words) - size)
        text = " ".join(words[first : first + size])
        if any(c.isalnum() for c in text):
            made.append(text)
    return made


def bench_scale(
    material: Material,
    settings: Settings,
    count: int,
    asked: int,
    seed: int = 0,
    progress: Progress = lambda what, done: None,
) -> ScaleReport:
    """Index ``count`` synthetic reviews in a folder that is removed afterwards, and ask ``asked`` questions.

    Raises:
        DiskFull: there is no room for the index.
    """
    with tempfile.TemporaryDirectory(prefix="hansang-scale-") as folder:
        home = Home(Path(folder))
        before, began, cpu = resident_memory(), time.perf_counter(), _cpu()
        job = Job(home.indexes, NAME, settings, (settings.tokenizer,), home.cache)
        manifest = build_index(job, synthetic(material, count, seed), progress)
        index_s, index_cpu_s = time.perf_counter() - began, _cpu() - cpu
        disk = sum(path.stat().st_size for path in home.indexes.rglob("*") if path.is_file())
        service = Service(home, settings)
        try:
            opened_s, timings = _ask(service, questions(material, asked, seed), progress)
        finally:
            service.close()
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIB
    return ScaleReport(
        manifest.passages, count, seed, index_s, index_cpu_s, before, highest, disk, asked, opened_s, timings
    )


def _cpu() -> float:
    """Seconds of all cores, of this process and of those it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _ask(service: Service, asked: Sequence[str], progress: Progress) -> tuple[float, dict[str, Timing]]:
    began = time.perf_counter()
    for _ in service.ask(Request(asked[0], NAME, keep=False)):
        pass
    opened_s = time.perf_counter() - began
    taken: dict[str, list[float]] = defaultdict(list)
    for done, text in enumerate(asked, start=1):
        *_, trace = service.ask(Request(text, NAME, keep=False))
        for stage, ms in trace.timings_ms.items():
            taken[stage].append(ms)
        progress("ask", done)
    return opened_s, {stage: timing(values) for stage, values in taken.items()}
