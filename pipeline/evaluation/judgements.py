"""The ledger of what judges said: one line for each question × measure × prompt × judge, with the replies themselves.

Lines are appended, flushed and fsynced one by one; of two lines of one key the last counts, and a line that was cut off
is not there. Nothing is asked here, and no NaN can be written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from pipeline.storage import clear_errors, write_atomically

LEDGER = "judgements.jsonl"

Measure = Literal["answer_relevancy", "faithfulness", "context_recall", "context_precision"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
OF_ANSWERS: frozenset[Measure] = frozenset({"answer_relevancy", "faithfulness"})
"""Measures of what was answered; the others are of what was retrieved."""

Status = Literal["ok", "abstained", "parse-fail", "timeout", "rate-limited", "error"]
"""``error``: the endpoint answered with a fault of its own, or the connection broke."""

Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one judge made of one question by one measure.

    ``prompt`` names the prompt and its version, ``digest`` all that was judged: where it differs from what would be
    asked now, the judgement is out of date. ``score`` (0–1) is there exactly when the status is ``ok``. ``replies`` are
    the judge's own words, the last attempt's where several were needed. ``calls`` and tokens count every attempt there
    ever was for this key; ``at`` is when the last one ended (UTC).
    """

    question: str
    measure: Measure
    prompt: str
    judge: str
    digest: str
    status: Status
    score: float | None = None
    replies: tuple[str, ...] = ()
    detail: str = ""
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    at: str = ""

    def __post_init__(self) -> None:
        if (self.score is not None) != (self.status == "ok"):
            raise ValueError(f"status {self.status} with score {self.score}")
        if self.score is not None and not 0 <= self.score <= 1:  # NaN is neither
            raise ValueError(f"a score from 0 to 1 is wanted, not {self.score}")

    @property
    def key(self) -> Key:
        """What there is one line of."""
        return (self.question, self.measure, self.prompt, self.judge)

    @property
    def settled(self) -> bool:
        """Whether there is nothing to try again."""
        return self.status in ("ok", "abstained")


def to_line(judgement: Judgement) -> str:
    """The judgement as one line of JSON, keys in the order of the fields."""
    return json.dumps(asdict(judgement), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def from_line(line: str) -> Judgement:
    """The judgement that ``to_line`` wrote.

    Raises:
        ValueError: it isn't one.
    """
    try:
        value = json.loads(line)
        return Judgement(**{**value, "replies": tuple(value["replies"])})
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a judgement: {error!r}") from error


def read_ledger(folder: Path) -> list[Judgement]:
    """The judgements of a run's folder, in the order in which their keys first came; none where nobody judged it."""
    try:
        lines = (folder / LEDGER).read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    found: dict[Key, Judgement] = {}
    for line in lines[:-1]:  # what follows the last line feed is empty or was cut off
        try:
            judgement = from_line(line.decode())
        except ValueError:  # a block that the disk never got, after a power cut
            continue
        found[judgement.key] = judgement
    return list(found.values())


def write_ledger(folder: Path, judgements: Iterable[Judgement]) -> None:
    """Make the file whole: one line a key and none cut off, in the order of the measures within that of the questions.

    Raises:
        DiskFull: there is no room; the file is as it was.
    """
    with clear_errors(folder):
        write_atomically(folder / LEDGER, "".join(f"{to_line(judgement)}\n" for judgement in judgements))


@contextmanager
def appending(folder: Path) -> Iterator[Callable[[Judgement], None]]:
    """A function that keeps a judgement for good before it returns.

    Raises:
        DiskFull: there is no room; what was kept before stands.
    """
    path = folder / LEDGER
    with clear_errors(path), path.open("ab") as file:

        def append(judgement: Judgement) -> None:
            file.write(f"{to_line(judgement)}\n".encode())
            file.flush()
            os.fsync(file.fileno())

        yield append
