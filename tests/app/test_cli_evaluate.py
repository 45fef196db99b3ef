"""``evaluate``, ``sweep``, ``compare`` and ``replay`` as people type them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.app.cli_runs import failure, make_index, run, run_json

QUESTIONS = (
    {"id": "a", "question": "숯골갈비 주차 무료예요?", "answer": "주차 2시간 무료", "passage_ids": ["r1"]},
    {"id": "b", "question": "연탄집 사장님 친절해요?", "answer": "친절", "passage_ids": ["r5"]},
    {"id": "c", "question": "연탄집 환전소 있나요?", "answerable": False},
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluate")
    make_index(folder / "home", folder)
    questions = folder / "home" / "questions.jsonl"
    questions.write_text("".join(json.dumps(q, ensure_ascii=False) + "\n" for q in QUESTIONS), encoding="utf-8")
    for name, extra in (("base", ()), ("plain", ("--set", "reranker=none"))):
        result = run(folder / "home", "evaluate", str(questions), "--index", "small", "--run", name, *extra)
        assert result.exit_code == 0, result.output
    return folder / "home"


def test_a_run_prints_its_summary_and_leaves_a_report(home: Path) -> None:
    found = run_json(home, "evaluate", str(home / "questions.jsonl"), "--index", "small", "--run", "base")
    assert found["questions"] == 3
    assert found["success"] == 1
    assert (Path(found["folder"]) / "report.html").exists()
    printed = run(home, "evaluate", str(home / "questions.jsonl"), "--index", "small", "--run", "base").stdout
    assert "MRR@10" in printed
    assert "정답" in printed


def test_a_smaller_set_is_drawn_by_kind(home: Path) -> None:
    questions = str(home / "questions.jsonl")
    common = ("evaluate", questions, "--index", "small", "--run", "drawn", "--sample", "2")
    found = run_json(home, *common, "--stratify", "answerable", "--concurrency", "1")
    assert found["questions"] == 2
    assert {key.partition("-")[0] for key in found["answers"]["matrix"]} == {"answerable", "unanswerable"}
    assert "seed: 0 → 1" in failure(run(home, *common, "--stratify", "answerable", "--seed", "1"), 2)


def test_the_same_command_without_a_name_goes_on_where_it_was_broken_off(home: Path) -> None:
    questions = home / "내 질문 (1).jsonl"
    questions.write_bytes((home / "questions.jsonl").read_bytes())
    command = ("evaluate", str(questions), "--index", "small")
    first = run_json(home, *command)
    assert first["run"].startswith("내-질문-1-")
    folder = Path(first["folder"])
    assert run_json(home, *command)["run"] != first["run"]  # it was finished
    (folder / "summary.json").unlink()
    lines = (folder / "records.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "records.jsonl").write_bytes(b"".join(lines[:1]))
    assert run_json(home, *command, "--set", "retrieval.k=2")["run"] != first["run"]
    again = run(home, *command)
    assert f"멈춘 실행 '{first['run']}'" in again.stderr
    assert len((folder / "records.jsonl").read_bytes().splitlines()) == len(lines)
    assert (folder / "summary.json").exists()


def test_what_other_code_began_is_not_gone_on_with_and_that_is_told(home: Path) -> None:
    questions = home / "coded.jsonl"
    questions.write_bytes((home / "questions.jsonl").read_bytes())
    command = ("evaluate", str(questions), "--index", "small")
    folder = Path(run_json(home, *command)["folder"])
    (folder / "summary.json").unlink()
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"versions": {"code": "another"}}))
    again = run(home, *command)
    assert f"멈춘 실행 '{folder.name}'은(는) 다른 코드로 시작되어" in again.stderr
    assert not (folder / "summary.json").exists()


def test_two_runs_are_compared(home: Path) -> None:
    found = run_json(home, "compare", "base", "plain")
    assert {d["measure"] for d in found["differences"]} == {"mrr10", "recall5", "accuracy", "f1"}
    printed = run(home, "compare", "base", "plain").stdout
    assert "reranker: linear → none" in printed
    assert "만 맞힌 질문은" in printed
    assert found["verdict_en"].split()[0] in printed


def test_a_run_is_swept_and_drawn(home: Path, tmp_path: Path) -> None:
    plot = tmp_path / "heat.html"
    found = run_json(home, "sweep", "base", "--grid", "fusion.weight=0:1:.5", "--plot", str(plot))
    assert len(found["tried"]) == 3
    assert "<html>" in plot.read_text(encoding="utf-8")
    printed = run(home, "sweep", "base", "--grid", "retrieval.k=1,3", "--measure", "hit")
    assert "지금" in printed.stdout
    assert "교차 검증이 고른 설정: retrieval.k=" in printed.stdout or "모두 같은 값" in printed.stderr
    assert "--measure hit" not in printed.stderr
    assert "--measure hit" in run(home, "sweep", "base", "--grid", "retrieval.k=1,3").stderr  # changes no ranking


def test_an_answer_is_replayed_by_its_id_and_by_its_run(home: Path) -> None:
    trace = run_json(home, "ask", QUESTIONS[0]["question"], "--index", "small")
    found = run_json(home, "replay", trace["id"], "--drop", "r1")
    assert "r1" not in [c["passage_id"] for c in found["after"]["candidates"]]
    again = run_json(home, "replay", "base/a")
    assert again["redone"] == []
    assert "저장된 점수만으로" in run(home, "replay", trace["id"]).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["evaluate", "none.jsonl", "--index", "small"], 2, "none.jsonl"),
        (["evaluate", "{questions}", "--index", "none"], 3, "'none' 색인이 없습니다"),
        (["evaluate", "{questions}", "--index", "small", "--run", "../x"], 2, "실행 이름"),
        (["evaluate", "{questions}", "--index", "small", "--run", "base", "--set", "retrieval.k=2"], 2, "k: 5 → 2"),
        (["evaluate", "{questions}", "--index", "small", "--set", "fusion.wait=2"], 2, "fusion.wait"),
        (["compare", "base", "none"], 3, "'none' 실행이 없습니다"),
        (["sweep", "base", "--grid", "tokenizer=okt"], 2, "tokenizer"),
        (["replay", "none"], 3, "none"),
        (["replay", "base/none"], 3, "'none' 질문이 없습니다"),
        (["replay", "base/a", "--inject", "none"], 3, "none"),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_the_cure(home: Path, arguments: list[str], code: int, said: str) -> None:
    filled = [argument.replace("{questions}", str(home / "questions.jsonl")) for argument in arguments]
    assert said in failure(run(home, *filled), code)


def test_the_engine_is_named_and_phases_change_no_result(home: Path) -> None:
    questions = str(home / "questions.jsonl")
    common = ("evaluate", questions, "--index", "small", "--engine", "local")
    found = run_json(home, *common, "--run", "phased", "--phases", "two")
    assert found["blame"] == run_json(home, *common, "--run", "base")["blame"]
    said = failure(run(home, "evaluate", questions, "--index", "small", "--engine", "dask"), 2)
    assert "쓸 수 있는 것: local" in said
