"""``hansang judge`` as people type it, against a judge on this machine that may be slow, dear, or gone."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.evaluation.judgements import LEDGER, Judgement, read_ledger
from pipeline.evaluation.records import Record
from pipeline.evaluation.runs import read_records
from tests.app.cli_runs import failure, make_index, run, run_json, start, wait_for
from tests.pipeline.judges.server import JudgeServer, Said, fair, serving

QUESTIONS = (
    {"id": "a", "question": "숯골갈비 주차 무료예요?", "answer": "주차 2시간 무료", "passage_ids": ["r1"]},
    {"id": "b", "question": "연탄집 사장님 친절해요?", "answer": "친절", "passage_ids": ["r5"]},
    {"id": "c", "question": "연탄집 환전소 있나요?", "answerable": False},
    {"id": "d", "question": "바다횟집 창가 자리 예약해야 하나요?", "answer": "예약해야", "passage_ids": ["r7"]},
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a finished run that nobody has judged."""
    folder = tmp_path_factory.mktemp("judge")
    make_index(folder / "home", folder)
    questions = folder / "questions.jsonl"
    questions.write_text("".join(json.dumps(q, ensure_ascii=False) + "\n" for q in QUESTIONS), encoding="utf-8")
    result = run(folder / "home", "evaluate", str(questions), "--index", "small", "--run", "base")
    assert result.exit_code == 0, result.output
    return folder / "home"


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "home"))


@pytest.fixture
def server() -> Iterator[JudgeServer]:
    with serving() as made:
        yield made


def asking(server: JudgeServer, *more: str) -> list[str]:
    return ["judge", "base", "--judge", "local", "--model", "m", "--url", server.url, *more]


def ledger(home: Path) -> list[Judgement]:
    return read_ledger(home / "runs" / "base")


def timeless(rows: list[Judgement]) -> list[Judgement]:
    return [replace(row, at="") for row in rows]


def test_a_run_is_judged_and_its_report_says_so(home: Path, server: JudgeServer) -> None:
    found = run_json(home, *asking(server))
    assert set(found["measures"]) == {"answer_relevancy", "faithfulness", "context_recall", "context_precision"}
    assert found["measures"]["context_recall"]["wanted"] == 3
    assert found["measures"]["faithfulness"]["mean"] is not None
    assert 0 < found["measures"]["answer_relevancy"]["mean"] <= 1
    assert found["overall"]["low"] <= found["overall"]["mean"]
    assert found["sitting"]["left"] == 0
    assert found["pairs"] == 0
    folder = home / "runs" / "base"
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["judged"]["local:m"]["measures"] == found["measures"]
    assert summary["citations"]["sentences"] >= 3
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "채점 모델의 평가" in page
    assert "인용 확인" in page
    before = server.asked
    again = run(home, *asking(server))
    assert server.asked == before
    assert "RAGAS 평균" in again.stdout
    assert "견주어 본 적이 없습니다" in again.stdout


def test_evaluating_again_keeps_what_was_judged(home: Path, server: JudgeServer) -> None:
    run_json(home, *asking(server))
    questions = home.parent / "questions.jsonl"
    questions.write_text("".join(json.dumps(q, ensure_ascii=False) + "\n" for q in QUESTIONS), encoding="utf-8")
    found = run_json(home, "evaluate", str(questions), "--index", "small", "--run", "base")
    assert found["judged"]["local:m"]["measures"]["faithfulness"]["judged"] > 0


def test_the_estimate_asks_nobody(home: Path, server: JudgeServer) -> None:
    found = run_json(home, *asking(server, "--estimate", "--price", "1,2"))
    assert found["left"] == found["judgements"] > 0
    assert found["calls"] > 0
    assert 0 < found["dollars"] < found["at_most"]
    assert "토큰쯤" in run(home, *asking(server, "--estimate")).stdout
    assert server.asked == 0
    assert ledger(home) == []


def test_a_budget_stops_in_time_and_the_rest_is_done_later(home: Path, server: JudgeServer) -> None:
    stopped = run_json(home, *asking(server, "--budget", "0.036", "--price", "10,10"))
    assert stopped["sitting"]["stopped"] == "budget"
    assert stopped["sitting"]["dollars"] <= 0.036
    assert "예산이 다 되어" in run(home, *asking(server, "--budget", "0.036", "--price", "10,10")).stderr
    whole = run_json(home, *asking(server, "--budget", "5", "--price", "10,10"))
    assert whole["sitting"]["left"] == 0
    assert {row.status for row in ledger(home)} <= {"ok", "abstained"}


def test_only_the_measures_asked_for(home: Path, server: JudgeServer) -> None:
    found = run_json(home, *asking(server, "--measures", "faithfulness"))
    assert list(found["measures"]) == ["faithfulness"]
    assert found["overall"] is None


def test_questions_compared_by_an_embedding_model(home: Path, server: JudgeServer) -> None:
    run_json(home, *asking(server, "--measures", "answer_relevancy", "--embeddings", "bge-m3"))
    assert any("input" in body for body in server.bodies)
    before = server.asked
    run_json(home, *asking(server, "--measures", "answer_relevancy"))  # other vectors, another figure
    assert server.asked > before


def test_killed_and_taken_up_again_is_as_if_it_had_not_been(home: Path, tmp_path: Path, server: JudgeServer) -> None:
    other = Path(shutil.copytree(home, tmp_path / "other"))
    quick = ("--measures", "faithfulness,context_recall,context_precision")  # these need no analyser to be loaded
    run_json(other, *asking(server, *quick))
    whole, asked = ledger(other), server.asked

    with serving(lambda body, number: fair(body, number) if number <= 4 else Said(hang=True)) as slow:
        process = start(home, *asking(slow, "--concurrency", "2", *quick))
        wait_for(lambda: slow.asked >= 6)  # four are answered, two wait
        wait_for(lambda: sum(row.status == "ok" for row in ledger(home)) == 4)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert len(ledger(home)) < len(whole)
    run_json(home, *asking(server, *quick))
    assert server.asked == asked + asked - 4
    assert timeless(ledger(home)) == timeless(whole)
    assert len((home / "runs" / "base" / LEDGER).read_text(encoding="utf-8").splitlines()) == len(whole)


@pytest.mark.slow
def test_a_full_disk_is_told_and_the_rest_is_done_later(home: Path, server: JudgeServer, tmp_path: Path) -> None:
    """On a real file system without room, mounted in a name space of its own."""
    server.behave = lambda body, number: replace(fair(body, number), text=fair(body, number).text + " " * 15_000)
    disk = tmp_path / "disk"
    disk.mkdir()
    asked = asking(server, "--concurrency", "1", "--measures", "faithfulness,context_recall")
    command = f"{sys.executable} -m app.cli --home {disk}/home {' '.join(asked)}"
    script = f"""
        mount -t tmpfs -o size=64m tmpfs {disk} || exit 77
        cp -r {home} {disk}/home || exit 1
        head -c $(($(stat -f -c '%a * %S' {disk}) - 60000)) /dev/zero > {disk}/filler
        {command} 2>{tmp_path}/said; test $? = 5 || exit 2
        rm {disk}/filler
        cp {disk}/home/runs/base/{LEDGER} {tmp_path}/kept
        {command} --json || exit 3
    """
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, check=False)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("no name spaces here")
    assert done.returncode == 0, done.stderr
    said = (tmp_path / "said").read_text(encoding="utf-8")
    assert "디스크가 가득" in said
    assert "Traceback" not in said
    assert (tmp_path / "kept").read_bytes().count(b"\n") >= 1
    assert json.loads(done.stdout)["sitting"]["left"] == 0


def test_people_are_held_against_it(home: Path, server: JudgeServer) -> None:
    run_json(home, *asking(server))
    records = [record for record in read_records(home / "runs" / "base") if not record.abstained]
    rows = [_exported(record, points) for record, points in zip(records, (5, 2, 4), strict=False)]
    export = home.parent / "export"
    export.mkdir()
    (export / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    found = run_json(home, *asking(server, "--people", str(export)))
    assert found["people"]["faithfulness"]["pairs"] == len(rows)
    assert found["people"]["faithfulness"]["errors"]["unsupported"]["answers"] == 1
    assert found["pairs"] == len(rows)
    printed = run(home, *asking(server, "--people", str(export))).stdout
    assert "사람과 견줌" in printed
    assert f"답변 {len(rows)}개에서만" in printed


def _exported(record: Record, points: int) -> dict[str, Any]:
    return {
        "text": record.answer, "context": {"question": record.question}, "outcome": "labelled",
        "faithfulness": points, "faithfulness_mean": float(points), "relevance": points,
        "relevance_mean": float(points), "errors": [{"label": "unsupported" if points < 3 else "none"}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["judge", "none", "--judge", "local", "--model", "m"], 3, "'none' 실행이 없습니다"),
        (["judge", "base", "--judge", "local", "--model", "m", "--measures", "truth"], 2, "context_recall"),
        (["judge", "base", "--judge", "openai", "--model", "m", "--budget", "1"], 2, "--price 0.15,0.60"),
        (["judge", "base", "--judge", "openai", "--model", "m"], 5, "OPENAI_API_KEY"),
        (["judge", "base", "--judge", "gemini", "--model", "m"], 5, "GEMINI_API_KEY"),
        (["judge", "base", "--judge", "gemini", "--model", "m", "--embeddings", "x"], 2, "색인의 벡터"),
        (["judge", "base", "--judge", "local", "--model", "m", "--price", "free"], 2, "0.15,0.60"),
        (["judge", "base", "--judge", "local", "--model", "m", "--price", "1,nan"], 2, "0.15,0.60"),
        (["judge", "base", "--judge", "local", "--model", "m", "--people", "none"], 2, "hansang export"),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_the_cure(
    home: Path, monkeypatch: pytest.MonkeyPatch, server: JudgeServer, arguments: list[str], code: int, said: str
) -> None:
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    where = ["--url", server.url] if "local" in arguments else []
    assert said in failure(run(home, *arguments, *where), code)


def test_the_ragas_package_that_is_not_there(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HANSANG_RAGAS_PYTHON", str(tmp_path / "bin" / "python"))
    said = failure(run(home, "judge", "base", "--judge", "local", "--model", "m", "--engine", "ragas"), 5)
    assert "pip install ragas==0.4.3" in said


def test_a_judge_that_is_not_there_and_an_index_that_is_gone(home: Path) -> None:
    with serving() as server:
        gone = asking(server)
    said = failure(run(home, *gone), 5)
    assert "연결하지 못했습니다" in said
    assert "이어서" in said
    for version in (home / "index" / "small").iterdir():
        if version.is_dir():
            shutil.rmtree(version)
    assert "판" in failure(run(home, *gone), 4)
