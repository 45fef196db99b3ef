"""The report in a compressed model's folder: read back as written, and refused where it isn't one."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors.optimising import LlmFolderUnknown
from pipeline.optimising.llm.report import FILE, Calibration, Optimised, read, write

CALIBRATION = Calibration("demo", "answer@1", 2, 100, 60, 0, True, ("a" * 16,))
REPORT = Optimised("이름", "r", "w8a8", "2026-11-23T00:00:00+00:00", {"torch": "2"}, CALIBRATION, 10, 5, 1.5)

reports = st.builds(
    Optimised, source=st.text(), revision=st.text(), scheme=st.sampled_from(["w8a8", "fp8", "w4a16"]), made=st.text(),
    versions=st.dictionaries(st.text(), st.text()), calibration=st.just(CALIBRATION), original=st.integers(0),
    compressed=st.integers(0), seconds=st.floats(0, 1e9), state=st.sampled_from(["ungated", "passed", "refused"]),
    runs=st.dictionaries(st.sampled_from(["original", "compressed"]), st.text()),
)  # fmt: skip


@settings(max_examples=25)  # each is written to the disk for good
@given(reports)
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, report: Optimised) -> None:
    folder = tmp_path_factory.mktemp("report")
    write(folder, report)
    assert read(folder) == report


@pytest.mark.parametrize(
    "change", [{"format": 2}, {"scheme": "int3"}, {"state": "good"}, {"calibration": None}, {"unknown": 1}]
)
def test_what_is_no_report_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    (tmp_path / FILE).write_text(json.dumps(asdict(REPORT) | change), encoding="utf-8")
    with pytest.raises(LlmFolderUnknown, match="optimise llm"):
        read(tmp_path)


@pytest.mark.parametrize("text", [None, "", "[]", "{", "null", '{"format": 1}'])
def test_a_folder_of_something_else_is_refused(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(LlmFolderUnknown, match=str(tmp_path.name)):
        read(tmp_path)
