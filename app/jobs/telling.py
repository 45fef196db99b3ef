"""What is wrong with uploaded files, said to whoever knows them by their names and has no command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from app.refusals import NamedUploadColumnMissing, NothingInUploads, UploadColumnMissing
from pipeline.errors.base import HansangError
from pipeline.errors.files import FileProblem, MissingColumn, NamedColumnMissing, NothingToIndex

SHOWN = 3  # rows whose reasons are told


@contextmanager
def of_uploads() -> Iterator[None]:
    """Say what goes wrong in the block in terms of uploads.

    Raises:
        UploadColumnMissing, NothingInUploads, FileProblem: in the place of what names a path or an option.
    """
    try:
        yield
    except NamedColumnMissing as error:
        raise NamedUploadColumnMissing(**_named(error)) from error
    except MissingColumn as error:
        raise UploadColumnMissing(**_named(error)) from error
    except FileProblem as error:
        raise FileProblem(**_named(error)) from error
    except NothingToIndex as error:
        ko, en = _reasons(Path(str(error.fields["rejects"])))
        raise NothingInUploads(rejected=error.fields["rejected"], reasons=ko, reasons_en=en) from error


def _named(error: HansangError) -> dict[str, object]:
    return {**error.fields, "path": Path(str(error.fields["path"])).name}


def _reasons(rejects: Path) -> tuple[str, str]:
    """The reasons of the first rows, in Korean and English."""
    with rejects.open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in islice(file, SHOWN)]
    ko = [f"{Path(row['path']).name} {row['line']:,}번째 줄: {row['ko']}" for row in rows]
    en = [f"{Path(row['path']).name}, line {row['line']:,}: {row['en']}" for row in rows]
    return " / ".join(ko), " / ".join(en)
