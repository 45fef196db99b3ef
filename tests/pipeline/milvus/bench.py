"""How fast passages go to a Milvus server, and how long its searches take beside the local ones, in one run.

``python -m tests.pipeline.milvus.bench HOME INDEX URI`` copies a local index aside and puts the copy on the server.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pipeline.index import current_folder
from pipeline.rag import Rag
from pipeline.service import Home, Request, Service
from pipeline.storing import drop_index
from pipeline.terms import make_query
from pipeline.types import Query
from tests.pipeline.milvus.lite import PATIENT, moved

QUESTIONS = 30
WORDS = 4  # of a passage make a question


def told(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def ms(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1_000


def asked(rag: Rag) -> list[str]:
    """The first words of some passages."""
    rows = np.random.default_rng(0).permutation(len(rag.index.passages))[:QUESTIONS].tolist()
    return [" ".join(rag.index.passages[row].text.split()[:WORDS]) for row in rows]


def searches(local: Rag, remote: Rag, query: Query) -> dict[str, float]:
    took = {}
    for stage in ("bm25", "vector"):
        for name, rag in (("local", local), ("milvus", remote)):
            rag.retrievers[stage].score(query)  # what is asked for the first time is read first
            took[f"{name} {stage}"] = ms(lambda rag=rag, stage=stage: rag.retrievers[stage].score(query))  # type: ignore[misc]
    return took


def same(service: Service, question: str) -> bool:
    """Whether both give the same candidates in the same order with the same scores."""
    both = [list(service.ask(Request(question, name, answer=False, keep=False)))[-1] for name in ("local", "milvus")]
    ours, theirs = (trace.candidates for trace in both)
    return [c.passage.id for c in ours] == [c.passage.id for c in theirs] and all(
        abs(a.scores[stage] - b.scores[stage]) < 2e-5 for a, b in zip(ours, theirs, strict=True) for stage in a.scores
    )


def main(folder: str, index: str, uri: str) -> None:
    with tempfile.TemporaryDirectory() as aside:
        home = Home(Path(aside))
        source = current_folder(Home(Path(folder)).indexes, index)
        (home.indexes / "local").mkdir(parents=True)
        (home.indexes / "local" / source.name).symlink_to(source.resolve())
        (home.indexes / "local" / "current").write_text(source.name)
        cpu = time.process_time()
        took = ms(lambda: moved(home, "local", "milvus", uri)) / 1_000
        cpu = time.process_time() - cpu
        service = Service(home, PATIENT)
        local, remote = service.rag("local"), service.rag("milvus")
        rows, questions = len(local.index.passages), asked(local)
        told(f"{rows:,} passages, copied and put there in {took:.0f} s ({rows / took:,.0f}/s; our CPU {cpu:.0f} s)")
        queries = [make_query(analysed) for analysed in local.tokenizer.analyse(questions)]
        found = [searches(local, remote, query) for query in queries]
        for what in found[0]:
            told(f"{what}: median {np.median([each[what] for each in found]):.1f} ms")
        told(f"{sum(same(service, question) for question in questions)} of {len(questions)} questions alike")
        service.close()
        drop_index(home.indexes, "milvus")


if __name__ == "__main__":
    main(*sys.argv[1:])
