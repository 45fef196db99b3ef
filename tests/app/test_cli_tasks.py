"""``hansang tasks`` and ``hansang export``, as they are typed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from annotations.desk import Desk
from annotations.export.folder import check
from pipeline.service import Home
from pipeline.traces import TraceStore
from tests.annotations.filled import give, open_desk, review
from tests.app.chat_traces import cited, make_trace
from tests.app.cli_runs import failure, run, run_json

TEXT = "맛은 있는데 웨이팅이 두 시간이라 다시는 못 갈 듯 ㅠㅠ 그래도 불맛은 인정 👨‍👩‍👧"


def write(path: Path, *rows: object) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return str(path)


def three(tmp_path: Path) -> str:
    rows = [{"id": id, "text": TEXT, "restaurant": "숯골갈비"} for id in "abc"]
    return write(tmp_path / "후기.jsonl", *rows[:2], {"id": "a", "text": "같은 아이디"}, rows[2], {"text": ""})


def answered(home: Path, *annotators: str) -> None:
    with open_desk(home) as desk:
        for who in annotators:
            for key in "abc":
                give(desk, who, key, review(note='=HYPERLINK("x")'))


def test_import_brings_in_what_it_can_and_says_where_the_rest_is(tmp_path: Path) -> None:
    home, file = tmp_path / "home", three(tmp_path)
    result = run(home, "tasks", "import", file, "--scheme", "review", "--seats", "2")
    assert result.exit_code == 0, result.output
    assert "과제 3개를 가져왔습니다 · 이미 있음 0 · 거절 2" in result.stdout
    rejects = Home(home).imports / "후기.rejects.jsonl"
    assert str(rejects) in result.stdout.replace("\n", "")
    told = [json.loads(line) for line in rejects.read_text("utf-8").splitlines()]
    assert [(each["line"], each["code"]) for each in told] == [(3, "duplicate-id"), (5, "empty-text")]
    again = run_json(home, "tasks", "import", file, "--scheme", "review", "--seats", "2")
    assert again == {
        "added": 0,
        "known": 3,
        "gold": 0,
        "suggestions": 0,
        "rejected": 2,
        "rejects": str(rejects),
    }


def test_list_counts_what_there_is(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert run_json(home, "tasks", "list") == []
    assert "아직 과제가 없습니다" in run(home, "tasks", "list").stdout
    run_json(home, "tasks", "import", three(tmp_path), "--scheme", "review", "--batch", "첫 묶음")
    answered(home, "가")
    (counted,) = run_json(home, "tasks", "list")
    assert (counted["scheme"], counted["batch"], counted["status"]) == ("review", "첫 묶음", "complete")
    assert (counted["tasks"], counted["done"], counted["seats"]) == (3, 3, 3)
    assert "첫 묶음" in run(home, "tasks", "list").stdout


def test_priority_due_and_gold(tmp_path: Path) -> None:
    home = tmp_path / "home"
    gold = write(tmp_path / "정답.jsonl", {"id": "b", "labels": review()})
    file = three(tmp_path)
    options = ("--scheme", "review", "--gold", gold, "--priority", "5", "--due", "2026년 12월 31일")
    assert run_json(home, "tasks", "import", file, *options)["gold"] == 1
    with Desk(Home(home).labels) as desk:
        tasks = desk.snapshot("review").tasks
    assert {(task.priority, task.due) for task in tasks} == {(5, "2026-12-31")}
    assert [task.gold is not None for task in tasks] == [False, True, False]


def test_what_can_t_be_imported_says_so(tmp_path: Path) -> None:
    home, file = tmp_path / "home", three(tmp_path)
    assert "review" in failure(run(home, "tasks", "import", file, "--scheme", "reviews"), 3)
    assert "파일이 없습니다" in failure(run(home, "tasks", "import", "none.csv", "--scheme", "review"), 2)
    assert "--due" in failure(run(home, "tasks", "import", file, "--scheme", "review", "--due", "내일"), 2)
    bad = write(tmp_path / "bad.jsonl", {"text": ""}, {"text": " "})
    assert "2행 거절" in failure(run(home, "tasks", "import", bad, "--scheme", "review"), 2)
    assert (Home(home).imports / "bad.rejects.jsonl").exists()
    nameless = write(tmp_path / "nameless.jsonl", {"x": "글"})
    assert "--column text=" in failure(run(home, "tasks", "import", nameless, "--scheme", "review"), 2)
    assert run_json(home, "tasks", "import", nameless, "--scheme", "review", "--column", "text=x")["added"] == 1


def test_a_file_of_gold_alone_is_noticed(tmp_path: Path) -> None:
    home, row = tmp_path / "home", {"id": "a", "text": TEXT, "labels": review()}
    file = write(tmp_path / "r.jsonl", row)
    assert "--ignore-labels" in run(home, "tasks", "import", file, "--scheme", "review").stderr
    other = write(tmp_path / "s.jsonl", {**row, "id": "b"})
    result = run(home, "tasks", "import", other, "--scheme", "review", "--ignore-labels")
    assert "정답 있음" not in result.stdout
    assert result.stderr == ""


def test_answers_of_the_chat_are_brought_in_by_feedback(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert run_json(home.root, "tasks", "from-traces") == {"added": 0, "known": 0, "without_answer": 0}
    store = TraceStore(home.traces)
    for id, vote in (("t1", "down"), ("t2", "up"), ("t3", "down")):
        trace = make_trace(id_=id, state="reranked") if id == "t3" else cited(make_trace(id_=id), 0)
        store.save(trace)
        store.add_feedback(id, vote, "이유")  # type: ignore[arg-type]
    store.close()
    assert run_json(home.root, "tasks", "from-traces") == {"added": 1, "known": 0, "without_answer": 1}
    result = run(home.root, "tasks", "from-traces", "--feedback", "any")
    assert "채점할 답변 1개를 가져왔습니다 · 이미 있음 1 · 답변이 없어 뺀 것 1" in result.stdout
    assert run_json(home.root, "tasks", "from-traces", "--since", "2099-01-01")["added"] == 0
    assert run(home.root, "tasks", "from-traces", "--feedback", "sideways").exit_code == 2
    (counted,) = run_json(home.root, "tasks", "list")
    assert (counted["scheme"], counted["batch"], counted["tasks"]) == ("answer", "chat", 2)


def test_pairs_are_brought_in(tmp_path: Path) -> None:
    pair = {
        "question": "주차?",
        "contexts": ["주차 무료"],
        "answers": [{"id": "a", "text": "네"}, {"id": "b", "text": "무료"}],
    }
    file = write(tmp_path / "pairs.jsonl", pair, {**pair, "answers": []})
    became = run_json(tmp_path / "home", "tasks", "from-pairs", file)
    assert (became["added"], became["rejected"]) == (1, 1)


def exported(home: Path, *arguments: str) -> dict[str, Any]:
    value: dict[str, Any] = run_json(home, "export", *arguments)
    return value


def test_export_makes_a_folder_that_proves_itself(tmp_path: Path) -> None:
    home = tmp_path / "home"
    run_json(home, "tasks", "import", three(tmp_path), "--scheme", "review", "--seats", "2")
    answered(home, "가", "나")
    out = tmp_path / "out"
    result = run(home, "export", "--scheme", "review", "--form", "csv", "--out", str(out), "--excel")
    assert result.exit_code == 0, result.output
    assert "기록 3 · 항목 3 · 답 6" in result.stdout
    assert check(out).form == "csv"
    assert "'=HYPERLINK" in (out / "answers.csv").read_text("utf-8-sig")
    value = exported(home, "--scheme", "review", "--form", "jsonl")
    assert Path(value["path"]).parent == Home(home).exports
    assert value["manifest"]["counts"]["records"] == 3
    assert value["manifest"]["annotators"] == check(out).annotators | {}
    fresh = exported(home, "--scheme", "review", "--form", "jsonl", "--fresh-names", "--out", str(tmp_path / "fresh"))
    assert not set(fresh["manifest"]["annotators"]) & set(value["manifest"]["annotators"])


def test_exports_that_can_t_be_made_say_why(tmp_path: Path) -> None:
    home = tmp_path / "home"
    run_json(home, "tasks", "import", three(tmp_path), "--scheme", "review")
    said = failure(run(home, "export", "--scheme", "review", "--form", "jsonl"), 2)
    assert "unanswered 3" in said
    answered(home, "가")
    assert "classification, csv" in failure(run(home, "export", "--scheme", "review", "--form", "xml"), 2)
    assert "dpo" in failure(run(home, "export", "--scheme", "review", "--form", "dpo"), 2)
    out = tmp_path / "out"
    exported(home, "--scheme", "review", "--form", "jsonl", "--out", str(out))
    again = run(home, "export", "--scheme", "review", "--form", "jsonl", "--out", str(out), "--json")
    assert again.exit_code == 4
    assert json.loads(again.stdout)["error"]["code"] == "export-exists"
    version = run(home, "export", "--scheme", "review", "--form", "jsonl", "--scheme-version", "9")
    assert "9판" in failure(version, 3)


def test_every_command_has_help_with_an_example(tmp_path: Path) -> None:
    for command in (
        ("tasks", "import"),
        ("tasks", "from-traces"),
        ("tasks", "from-pairs"),
        ("tasks", "list"),
        ("export",),
    ):
        result = run(tmp_path, *command, "--help")
        assert result.exit_code == 0
        assert "예) hansang" in result.stdout


def test_what_people_are_given_to_label_is_called_by_one_word() -> None:
    """과제; 작업 is what one does with it, and 작업자 who does."""
    root = Path(__file__).parents[2]
    modules = [*(root / "annotations").rglob("*.py"), *(root / "pages" / "form").glob("*.py")]
    modules += [root / "app" / "cli" / f"{name}.py" for name in ("tasks", "task_reports", "labelling", "safekeeping")]
    modules += [root / "app" / "cli" / f"{name}.py" for name in ("exporting", "quality", "quality_tables", "users")]
    said = {str(path): re.findall(r".*작업(?!자).*", path.read_text(encoding="utf-8")) for path in modules}
    assert len(said) > 40
    assert not {name: lines for name, lines in said.items() if lines}
