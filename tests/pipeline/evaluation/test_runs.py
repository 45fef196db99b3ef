"""A run keeps every finished question, goes on where it stopped, and never mixes what doesn't belong together."""

from __future__ import annotations

import errno
import json
import os
import random
import re
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.code_version import code_version
from pipeline.errors.evaluation import BadRunName, RunDiffers, RunNotFound
from pipeline.errors.files import FileProblem
from pipeline.errors.machine import DiskFull, HomeLocked
from pipeline.evaluation import runs
from pipeline.evaluation.blame import Verdict
from pipeline.evaluation.records import Record, from_line, to_line
from pipeline.evaluation.running import Evaluation, evaluate, read_questions
from pipeline.evaluation.runs import (
    RECORDS,
    Gate,
    State,
    appending,
    execute,
    read_plan,
    read_records,
    run_folder,
    run_names,
)
from pipeline.service import Request, Service
from pipeline.storage import locked
from pipeline.types import Question, Sample
from tests.pipeline.evaluation.questions import FORKABLE, SAMPLES

REQUEST = Request("", "small", keep=False)


def timeless(records: Sequence[Record]) -> list[Record]:
    """Without what differs from run to run."""
    return [replace(record, timings_ms={}) for record in records]


def test_every_question_is_judged_in_its_order(service: Service, tmp_path: Path) -> None:
    records = execute(service, tmp_path, SAMPLES, REQUEST)
    assert [record.id for record in records] == [sample.question.id for sample in SAMPLES]
    by_id = {record.id: record for record in records}
    assert by_id["q1"].verdict == Verdict.RIGHT
    assert by_id["q1"].paths[0].ranks["bm25"] == 1
    assert by_id["q10"].verdict == Verdict.NOT_INDEXED
    assert not by_id["q8"].answerable
    assert by_id["q8"].verdict in (Verdict.RIGHT, Verdict.SHOULD_ABSTAIN)
    assert [path.indexed for path in by_id["q9"].paths] == [True, False]


def test_records_come_back_from_their_lines(service: Service, tmp_path: Path) -> None:
    records = execute(service, tmp_path, SAMPLES[:3], REQUEST)
    read = read_records(tmp_path)
    assert timeless(read) == timeless([from_line(to_line(record)) for record in records])
    assert [to_line(record) for record in read] == [to_line(from_line(to_line(record))) for record in records]


def test_a_stopped_run_asks_only_what_is_missing(service: Service, tmp_path: Path) -> None:
    folder, other = tmp_path / "stopped", tmp_path / "whole"
    folder.mkdir()
    other.mkdir()
    whole = execute(service, other, SAMPLES, REQUEST)

    class Stop(Exception):
        pass

    def stop(state: State) -> None:
        if state.done == 4:
            raise Stop

    with pytest.raises(Stop):
        execute(service, folder, SAMPLES, REQUEST, watch=stop)
    kept = read_records(folder)
    assert 4 <= len(kept) < len(SAMPLES)
    seen: list[State] = []
    again = execute(service, folder, SAMPLES, REQUEST, watch=seen.append)
    assert seen[0].resumed == len(kept)
    assert len(seen) == len(SAMPLES) - len(kept)
    assert timeless(again) == timeless(whole)


def test_a_line_that_was_cut_off_is_asked_again(service: Service, tmp_path: Path) -> None:
    whole = execute(service, tmp_path, SAMPLES, REQUEST)
    path = tmp_path / RECORDS
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:5]) + lines[5][:40])
    assert len(read_records(tmp_path)) == 5
    assert timeless(execute(service, tmp_path, SAMPLES, REQUEST)) == timeless(whole)


def test_a_failed_question_is_counted_and_can_be_asked_again(service: Service, tmp_path: Path) -> None:
    bad = Sample(Question("bad", "???"), passage_ids=("r1",))
    records = execute(service, tmp_path, [SAMPLES[0], bad], REQUEST)
    assert (records[1].status, records[1].error) == ("error", "question-empty")
    assert "글자가 없습니다" in records[1].problem
    seen: list[State] = []
    execute(service, tmp_path, [SAMPLES[0], bad], REQUEST, watch=seen.append)
    assert not seen
    execute(service, tmp_path, [SAMPLES[0], bad], REQUEST, watch=seen.append, again=True)
    assert [state.done for state in seen] == [2]


def test_other_conditions_are_refused_by_name(service: Service) -> None:
    evaluate(service, SAMPLES[:2], Evaluation("first", "small"))
    with pytest.raises(RunDiffers, match=r"settings\.fusion\.weight: 0\.25 → 0\.5"):
        evaluate(service, SAMPLES[:2], Evaluation("first", "small", {"fusion.weight": 0.5}))
    with pytest.raises(RunDiffers, match="questions: 2 → 3"):
        evaluate(service, SAMPLES[:3], Evaluation("first", "small"))
    assert len(read_records(service.home.runs / "first")) == 2


def test_other_code_is_refused_and_told(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluate(service, SAMPLES[:2], Evaluation("coded", "small"))
    assert read_plan(service.home.runs / "coded").versions["code"] == code_version()
    monkeypatch.setattr(runs, "code_version", lambda: "3f2a91c0b1d2")
    with pytest.raises(RunDiffers, match=rf"versions\.code: {re.escape(code_version())} → 3f2a91c0b1d2"):
        evaluate(service, SAMPLES[:2], Evaluation("coded", "small"))


def test_a_finished_run_has_its_report_and_summary(service: Service) -> None:
    hostile = Sample(Question("x", "<script>alert(1)</script> 주차"), passage_ids=("r1",))
    folder, summary = evaluate(service, [*SAMPLES, hostile], Evaluation("whole", "small"))
    page = (folder / "report.html").read_text(encoding="utf-8")
    for said in (
        "목표", "성공률", "통과", "시간", "p50", "p95", "p99", "검색", "R@1", "R@50", "MRR@10", "nDCG@10", "종류별",
        "완전 일치", "글자 F1", "기권", "인용 확인", "어디에서 놓쳤나", "나누어 보기", "가장 나쁜", "설정",
    ):  # fmt: skip
        assert said in page, said
    assert "Plotly.newPlot" in page
    assert not re.search(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=", page)  # nothing comes from elsewhere
    assert "<script>alert(1)" not in page
    assert (
        "http" not in page[page.index("</head>") if "</head>" in page else page.index("<body>") :].split("<script")[0]
    )
    stored = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert stored["questions"] == summary.questions == len(SAMPLES) + 1
    assert sum(stored["blame"].values()) == len(SAMPLES) + 1
    assert read_plan(folder).index == "small"
    assert "whole" in run_names(service.home.runs)


def test_names_and_unknown_runs_are_told(tmp_path: Path) -> None:
    for name in ("", "../x", "a/b", ".hidden", "x" * 99):
        with pytest.raises(BadRunName):
            run_folder(tmp_path, name)
    with pytest.raises(RunNotFound, match="없는실행"):
        read_plan(run_folder(tmp_path, "없는실행"))


def test_two_processes_do_not_work_on_one_run(service: Service, tmp_path: Path) -> None:
    with locked(tmp_path / ".lock"), pytest.raises(HomeLocked):
        execute(service, tmp_path, SAMPLES, REQUEST)


def test_question_files_that_can_not_be_used(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text("", encoding="utf-8")
    with pytest.raises(FileProblem):
        read_questions(path)
    path.write_text('{"id": "a", "question": "주차?"}\n{"id": "a", "question": "예약?"}\n', encoding="utf-8")
    with pytest.raises(FileProblem, match="두 번"):
        read_questions(path)


def test_short_memory_lowers_the_concurrency_and_gives_it_back() -> None:
    free = [100]
    gate = Gate(8, lambda: free[0], floor=200)
    assert [gate.look() for _ in range(4)] == [4, 2, 1, 1]
    began = time.monotonic()
    gate.pause(seconds=0.01, tries=3)
    assert time.monotonic() - began >= 0.03
    free[0] = 300
    assert gate.look() == 1
    free[0] = 500
    assert [gate.look() for _ in range(3)] == [2, 3, 4]


def test_killed_twenty_times_it_ends_as_if_it_had_not_been(service: Service, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    killed.mkdir()
    samples = [
        replace(s, question=Question(f"{s.question.id}-{n}", s.question.text, s.question.type))
        for n in range(12)
        for s in FORKABLE
    ]
    expected = execute(service, whole, samples, REQUEST)
    chance = random.Random(20)
    kills = 0
    while kills < 20:
        child = os.fork()
        if child == 0:
            execute(service, killed, samples, REQUEST, workers=2)
            os._exit(0)
        wanted = len(read_records(killed)) + chance.randrange(0, 4)
        while _lines(killed) <= wanted and os.waitpid(child, os.WNOHANG)[0] == 0:
            time.sleep(chance.random() / 100)
        os.kill(child, signal.SIGKILL)
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
        kills += 1
        assert all(record.status == "ok" for record in read_records(killed))
    result = execute(service, killed, samples, REQUEST)
    assert timeless(result) == timeless(expected)
    assert _without_timings(killed) == _without_timings(whole)  # byte for byte


def test_a_full_disk_is_told_and_what_was_finished_is_kept(service: Service, tmp_path: Path) -> None:
    def full(state: State) -> None:
        if state.done == 3:
            raise OSError(errno.ENOSPC, "No space left on device")

    folder, whole = tmp_path / "full", tmp_path / "whole"
    folder.mkdir()
    whole.mkdir()
    with pytest.raises(DiskFull, match="디스크가 가득"):
        execute(service, folder, SAMPLES, REQUEST, watch=full)
    assert len(read_records(folder)) == 3
    assert timeless(execute(service, folder, SAMPLES, REQUEST)) == timeless(execute(service, whole, SAMPLES, REQUEST))
    with pytest.raises(DiskFull, match="디스크가 가득"), appending(Path("/dev/full")) as append:
        append("{}")


def _without_timings(folder: Path) -> bytes:
    return re.sub(rb'"timings_ms":\{[^}]*\}', b"", (folder / RECORDS).read_bytes())


def _lines(folder: Path) -> int:
    path = folder / RECORDS
    return path.read_bytes().count(b"\n") if path.exists() else 0
