"""The regression set: questions that must not be lost again, why each is in it, and how it fared run by run.

The set is one JSON Lines file in the form that ``hansang evaluate`` reads, with ``index``, ``run``, ``why``, ``by`` and
``at`` beside. A question is in it once for each index. Of a run those questions count that are in the set, whatever
file they were asked from: a question is known by its words.
"""

from __future__ import annotations

import datetime
import fcntl
import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pipeline.errors.base import NotFound
from pipeline.errors.files import FileProblem
from pipeline.evaluation.blame import Verdict
from pipeline.evaluation.records import Record
from pipeline.evaluation.runs import read_plan
from pipeline.evaluation.table import read_table
from pipeline.storage import clear_errors, write_atomically
from pipeline.types import Question, Sample

FILE = "regression.jsonl"
Criterion = Literal["answer", "prompt"]
"""What passing means: the verdict is right, or a right passage is in the prompt."""


class NothingToRegress(NotFound):
    """There is no question to ask."""

    code = "regression-empty"
    ko = (
        "회귀 세트에 '{index}' 색인의 질문이 없습니다. 라벨링 앱의 실패 분석에서 질문을 열고 "
        "'회귀 세트에 넣기'를 누르면 {path}에 쌓입니다."
    )
    en = "The regression set has no question of the index '{index}'. Add some on the failure page; they go to {path}."


@dataclass(frozen=True, slots=True)
class Case:
    """A question of the set. ``run`` is where it was lost, ``why`` what was said of it, ``at`` when (ISO 8601, UTC)."""

    id: str
    question: str
    type: str
    answer: str
    passage_ids: tuple[str, ...]
    answerable: bool
    index: str
    run: str = ""
    why: str = ""
    by: str = ""
    at: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same question."""
        return self.index, same_words(self.question)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a case in a run, where its ``id`` may be another. ``passed`` is None where nobody can tell."""

    verdict: str
    passed: bool | None
    id: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """A run seen by the set: case id → result; and the cases that broke or were mended since they were asked before."""

    run: str
    results: Mapping[str, Result]
    broken: tuple[str, ...]
    mended: tuple[str, ...]

    @property
    def passed(self) -> int:
        """How many passed."""
        return sum(result.passed is True for result in self.results.values())

    @property
    def judged(self) -> int:
        """How many passed or failed."""
        return sum(result.passed is not None for result in self.results.values())


def same_words(question: str) -> str:
    """A question so that two that read the same are equal."""
    return " ".join(unicodedata.normalize("NFC", question).split())


def case_of(record: Record, index: str, run: str, why: str, by: str, at: str) -> Case:
    """A question of a run as a case."""
    asked = (record.id, record.question, record.type, record.reference, record.gold, record.answerable)
    return Case(*asked, index, run, why, by, at)


def read_cases(path: Path) -> list[Case]:
    """The set, oldest first; empty where there is no file yet.

    Raises:
        FileProblem: a line of it can't be read; a set is never read in part.
    """
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")  # and not at what else Python takes for the end of a line
    return [_case(path, number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def add_case(path: Path, case: Case) -> bool:
    """Put a question into the set; False when it is in it already, which leaves it as it is.

    One whose id another question has gets an id of its own.

    Raises:
        FileProblem, DiskFull, NotWritable: the file can't be read or written; it stays as it was.
    """
    with _alone(path):
        cases = read_cases(path)
        if any(known.key == case.key for known in cases):
            return False
        _write(path, [*cases, replace(case, id=_free_id(case.id, {known.id for known in cases}))])
    return True


def remove_case(path: Path, key: tuple[str, str]) -> bool:
    """Take a question out of the set; False when it isn't in it.

    Raises:
        FileProblem, DiskFull, NotWritable: the file can't be read or written; it stays as it was.
    """
    with _alone(path):
        cases = read_cases(path)
        kept = [case for case in cases if case.key != key]
        if len(kept) == len(cases):
            return False
        _write(path, kept)
    return True


def samples(path: Path, index: str) -> list[Sample]:
    """The questions of the set for an index.

    Raises:
        NothingToRegress: there is none.
        FileProblem: the set can't be read.
    """
    found = [
        Sample(Question(case.id, case.question, case.type), case.answer, case.passage_ids, case.answerable)
        for case in read_cases(path)
        if case.index == index
    ]
    if not found:
        raise NothingToRegress(index=index, path=path)
    return found


def read_results(folder: Path, cases: Sequence[Case], criterion: Criterion = "answer") -> dict[str, Result]:
    """What became of the cases in a run, by case id; without those that weren't asked of their index.

    A question without a right passage is judged by its verdict under either criterion.

    Raises:
        RunNotFound: there is no such run.
    """
    index = read_plan(folder).index
    ids = {case.key: case.id for case in cases if case.index == index}
    table = read_table(folder) if ids else None
    if table is None or table.empty:
        return {}
    found: dict[str, Result] = {}
    columns = ("id", "question", "verdict", "status", "has_gold", "in_prompt")
    for there, question, verdict, status, has_gold, in_prompt in zip(*(table[name] for name in columns), strict=True):
        if id_ := ids.get((index, same_words(question))):
            by_prompt = criterion == "prompt" and has_gold and status == "ok"
            found[id_] = Result(verdict, bool(in_prompt) if by_prompt else _right(verdict, status), there)
    return found


def history(seen: Sequence[tuple[str, Mapping[str, Result]]]) -> list[Turn]:
    """The runs as turns, in their order (oldest first), each against the run before that asked the same question."""
    last: dict[str, bool] = {}
    turns = []
    for run, results in seen:
        judged = {id_: result.passed for id_, result in results.items() if result.passed is not None}
        broken = tuple(id_ for id_, passed in judged.items() if not passed and last.get(id_) is True)
        mended = tuple(id_ for id_, passed in judged.items() if passed and last.get(id_) is False)
        turns.append(Turn(run, results, broken, mended))
        last |= judged
    return turns


def _right(verdict: str, status: str) -> bool | None:
    if status != "ok":
        return False  # no answer came: whoever asked got nothing
    return verdict == Verdict.RIGHT if verdict else None


def _case(path: Path, number: int, line: bytes) -> Case:
    try:
        value = json.loads(line)
        case = Case(**value | {"passage_ids": tuple(value["passage_ids"])})
        texts = [getattr(case, name) for name in Case.__slots__ if name not in ("passage_ids", "answerable")]
        if not all(isinstance(text, str) for text in [*texts, *case.passage_ids]) or not case.question.strip():
            raise ValueError("a question and texts are wanted")
        if case.at:
            datetime.datetime.fromisoformat(case.at)
    except (ValueError, TypeError, KeyError) as error:
        raise FileProblem(
            path=path,
            problem=f"{number}번째 줄을 회귀 세트의 질문으로 읽을 수 없습니다",
            cure="그 줄을 고치거나 지워 주세요.",
            problem_en=f"Line {number} is no question of a regression set",
            cure_en="Mend that line or delete it.",
        ) from error
    return case


def _free_id(wanted: str, taken: set[str]) -> str:
    number, id_ = 1, wanted
    while id_ in taken:
        number += 1
        id_ = f"{wanted}-{number}"
    return id_


def _write(path: Path, cases: Sequence[Case]) -> None:
    with clear_errors(path):
        write_atomically(path, "".join(f"{_line(case)}\n" for case in cases))


def _line(case: Case) -> str:
    return json.dumps({name: getattr(case, name) for name in Case.__slots__}, ensure_ascii=False)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Wait for whoever else is changing the set; it takes them milliseconds."""
    with clear_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(f".{path.name}.lock").open("a")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
