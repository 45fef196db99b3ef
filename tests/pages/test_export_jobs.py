"""Exports begun on the page: that somebody took labels out is noted before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotations.accounts.audit import audit_log
from annotations.desk import Desk
from annotations.export.types import ExportSettings
from pages.export_jobs import Wish, last_job, start
from pipeline.errors.machine import DiskFull
from tests.annotations.filled import give, new_review, review
from tests.app.served import until


@pytest.fixture
def wish() -> Wish:
    return Wish("review", "jsonl", "boss", ExportSettings())


def test_who_takes_labels_out_is_in_the_log(tmp_path: Path, wish: Wish) -> None:
    with Desk(tmp_path / "labels.db") as desk:
        desk.add_tasks([new_review("r1", seats=1)], "test")
        give(desk, "annotator", "r1", review())
        job = start(desk, wish)
        until(lambda: not job.running)
        assert job.manifest
        (act,) = audit_log(desk.writer)
        assert (act.kind, act.by, act.what) == ("export", "boss", job.folder.name)


def test_what_can_not_be_noted_is_not_begun(tmp_path: Path, wish: Wish, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise DiskFull(path=tmp_path)

    with Desk(tmp_path / "labels.db") as desk:
        monkeypatch.setattr(desk.writer, "write", full)
        with pytest.raises(DiskFull):
            start(desk, wish)
        assert last_job(desk) is None
        monkeypatch.undo()
