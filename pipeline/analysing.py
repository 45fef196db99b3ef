"""From reviews to a file of their analyses, batch by batch, so that a run that was cut short goes on where it was.

Records are appended to the result itself where it is JSON Lines, else to ``<result>.partial.jsonl`` beside it, which
becomes a table at the end. They stand in the order of the reviews; what is there already must be of the same reviews.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from io import FileIO
from itertools import chain, islice
from pathlib import Path
from typing import Any

from pipeline.analysis.fingerprints import fingerprint
from pipeline.analysis.records import to_json
from pipeline.analysis.sheets import FORMATS, write_sheet
from pipeline.errors.analysing import (
    AnalysisMixed,
    ModelSwapped,
    ResultBusy,
    ResultExists,
    ResultForeign,
    ReviewsChanged,
)
from pipeline.errors.settings import BadSetting
from pipeline.protocols import Classifier
from pipeline.storage import clear_errors
from pipeline.types import Analysis, Document, Reject, Unanalysed

LINES = ".jsonl"
UNTOLD = "적혀 있지 않음 (not written)"  # the fingerprint in results of earlier versions: nothing is added to them

Record = dict[str, Any]
Progress = Callable[[int], None]
"""Told how many reviews are done, those of earlier runs among them."""

Classify = Callable[[Iterator[list[str]]], Iterator[Sequence[Analysis | Unanalysed]]]
"""Analyses batches of texts, in their order."""

_BEGINNING = b'{"id": "'


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: reviews analysed now, those that were there already, rows refused.

    ``failed`` are all that stand in the result with an error instead of an analysis.
    """

    analysed: int
    before: int
    failed: int
    rejected: int


def analyse_documents(
    documents: Iterable[Document | Reject],
    out: Path,
    classifier: Classifier,
    *,
    aspects: bool,
    at_once: int,
    told: Progress,
    classify: Classify | None = None,
) -> Outcome:
    """Analyse what isn't in the result yet and write the result. Rows refused go to ``<result>.rejects.jsonl``.

    ``classify`` is how batches are analysed: here by the classifier, one after the other, unless told otherwise.
    However often it is cut short, the result has the same bytes as that of one run: a batch that isn't there whole is
    done again.

    Raises:
        BadSetting: the result's name has none of the extensions we write.
        AnalysisMixed, ReviewsChanged: the result was begun with another classifier, or of other reviews.
        ModelSwapped: it was begun with another model of the same name, or it isn't known with which.
        ResultForeign, ResultExists: the file holds something else, or is a finished table.
        ResultBusy: another process is writing it.
        NotWritable, DiskFull: it can't be written; what was there before the batch stands.
    """
    lines = checked_out(out)
    if lines != out and out.exists() and not lines.exists():
        raise ResultExists(path=out)
    with clear_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        with _held(lines) as file, closing(_Refused(out.with_name(f"{out.name}.rejects.jsonl"))) as refused:
            here = partial(_classified, classifier, aspects=aspects)
            run = _Run(file, lines, classifier, aspects, at_once, told, classify or here)
            outcome = run.all(refused.passing(documents))
            os.fsync(file.fileno())
            if lines != out:
                write_sheet((record for record, _ in _records(lines)), out)
                lines.unlink()
    return Outcome(outcome.analysed, outcome.before, outcome.failed, refused.count)


def checked_out(out: Path) -> Path:
    """Where the records of a result are appended: the result itself, or a file beside it.

    Raises:
        BadSetting: its name has none of the extensions we write, or it is a folder.
    """
    suffix = out.suffix.lower()
    if suffix not in (LINES, *FORMATS) or out.is_dir():
        known = ", ".join((LINES, *FORMATS))
        raise BadSetting(
            name="--out", value=out.name,
            expected=f"{known}로 끝나는 파일 이름을 적어 주세요.", expected_en=f"Name a file that ends in {known}.",
        )  # fmt: skip
    return out if suffix == LINES else out.with_name(f"{out.name}.partial{LINES}")


def _classified(
    classifier: Classifier, batches: Iterable[list[str]], *, aspects: bool
) -> Iterator[Sequence[Analysis | Unanalysed]]:
    return (classifier.classify(batch, aspects=aspects) for batch in batches)


@contextmanager
def _held(path: Path) -> Iterator[FileIO]:
    """The file, opened to append, for this process alone. The system lets go when the process dies."""
    with FileIO(path, "a") as file:  # unbuffered, so that after a full disk nothing is left to be written on closing
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ResultBusy(path=path) from error
        yield file


def _records(path: Path) -> Iterator[tuple[Record, int]]:
    """The whole records of a file and where each ends; a last line that was cut short is left out.

    Raises:
        ResultForeign: a line is something else.
    """
    end = 0
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            record = _record(line)
            if not line.endswith(b"\n") and (record or end or _cut_short(line)):
                return
            if record is None:
                raise ResultForeign(path=path, line=number)
            end += len(line)
            yield record, end


def _record(line: bytes) -> Record | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    ours = isinstance(record, dict) and {"id", "classifier", "text"} <= record.keys()
    return record if ours and ("error" in record or "probabilities" in record) else None


def _cut_short(line: bytes) -> bool:
    """Whether the only line of a file is the beginning of a record, and not somebody's JSON without a line's end."""
    try:
        json.loads(line)
    except ValueError:
        return line.startswith(_BEGINNING) or _BEGINNING.startswith(line)
    return False


class _Run:
    """One run over the reviews: first past those that are there, then on."""

    def __init__(
        self,
        file: FileIO,
        path: Path,
        classifier: Classifier,
        aspects: bool,
        at_once: int,
        told: Progress,
        classify: Classify,
    ) -> None:
        self._file = file
        self._path = path
        self._name = classifier.name
        self._key = fingerprint(classifier, aspects=aspects)
        self._aspects = aspects
        self._at_once = at_once
        self._told = told
        self._classify = classify

    def all(self, documents: Iterator[Document]) -> Outcome:
        """Go through all reviews in batches."""
        batches = iter(lambda: list(islice(documents, self._at_once)), [])
        there = _records(self._path)
        before = failed = end = 0
        for batch in batches:
            known = list(islice(there, len(batch)))
            self._check([record for record, _ in known], batch, before)
            if len(known) < len(batch):
                batches = chain([batch], batches)
                break
            before, end = before + len(batch), known[-1][1]
            failed += sum("error" in record for record, _ in known)
            self._told(before)
        if extra := next(there, None):
            raise self._changed(before + 1, extra[0], None)
        analysed = 0
        for records in self._analysed(batches):
            end = self._write(records, end)
            analysed += len(records)
            failed += sum("error" in record for record in records)
            self._told(before + analysed)
        self._file.truncate(end)
        return Outcome(analysed, before, failed, 0)

    def _check(self, records: Sequence[Record], batch: Sequence[Document], before: int) -> None:
        for number, (record, document) in enumerate(zip(records, batch, strict=False), start=before + 1):
            found, wanted = record["classifier"], self._name
            if found != wanted:
                raise AnalysisMixed(path=self._path, found=found, wanted=wanted)
            if "error" not in record and ("opinions" in record) != self._aspects:
                told = (" --no-aspects", "")
                raise AnalysisMixed(
                    path=self._path, found=found + told["opinions" in record], wanted=wanted + told[self._aspects]
                )
            if (begun := record.get("fingerprint", UNTOLD)) != self._key:
                raise ModelSwapped(path=self._path, name=wanted, found=begun, wanted=self._key)
            if (record["id"], record["text"]) != (document.source.document_id, document.text):
                raise self._changed(number, record, document)

    def _changed(self, number: int, record: Record, document: Document | None) -> ReviewsChanged:
        wanted = document.source.document_id if document else "(끝 · the end)"
        return ReviewsChanged(path=self._path, line=number, found=record["id"], wanted=wanted)

    def _analysed(self, batches: Iterable[list[Document]]) -> Iterator[list[Record]]:
        waiting: deque[list[Document]] = deque()

        def texts() -> Iterator[list[str]]:
            for batch in batches:
                waiting.append(batch)
                yield [document.text for document in batch]

        for found in self._classify(texts()):
            yield [
                self._record(document, analysis) for document, analysis in zip(waiting.popleft(), found, strict=True)
            ]

    def _record(self, document: Document, analysis: Analysis | Unanalysed) -> Record:
        record = to_json(document.source.document_id, document.text, analysis, aspects=self._aspects)
        return {"id": record["id"], "classifier": record["classifier"], "fingerprint": self._key} | record

    def _write(self, records: Sequence[Record], end: int) -> int:
        """Put records where the last whole batch ended; where they end in turn."""
        data = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode("utf-8")
        self._file.truncate(end)
        try:
            left = memoryview(data)
            while left:
                left = left[self._file.write(left) or 0 :]
        except OSError:
            with suppress(OSError):  # the next run takes off what is left of the batch
                self._file.truncate(end)
            raise
        return end + len(data)


class _Refused:
    """Rows that couldn't be used go to a file of their own, which is there only when there are any."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._path.unlink(missing_ok=True)  # an earlier run's; the rows are read again
        self._rows: list[str] = []
        self.count = 0

    def passing(self, documents: Iterable[Document | Reject]) -> Iterator[Document]:
        """The documents, without the rows that were refused."""
        for document in documents:
            if isinstance(document, Document):
                yield document
                continue
            reject = document
            row = {
                "line": reject.line,
                "code": reject.code,
                "ko": reject.ko,
                "en": reject.en,
                "excerpt": reject.excerpt,
            }
            self._rows.append(json.dumps(row, ensure_ascii=False) + "\n")
            self.count += 1

    def close(self) -> None:
        """Write what there is."""
        if self._rows:
            with clear_errors(self._path):
                self._path.write_text("".join(self._rows), encoding="utf-8")
