"""``evaluate --regression`` as people type it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.evaluation.regression import FILE, Case, add_case
from tests.app.cli_runs import failure, make_index, run, run_json

AT = "2026-11-22T10:00:00+00:00"
QUESTIONS = (
    ("a", "숯골갈비 주차 무료예요?", "", "주차 2시간 무료", ("r1",), True),
    ("b", "연탄집 옷에 냄새 배나요?", "", "냄새가 너무 배요", ("r6",), True),
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("regression")
    make_index(folder / "home", folder)
    for question in QUESTIONS:
        add_case(folder / "home" / FILE, Case(*question, "small", "base", "밀림", "kim", AT))
    add_case(folder / "home" / FILE, Case("c", "다른 색인의 질문", "", "", (), False, "large"))
    return folder / "home"


def test_the_set_is_run_and_held_against_the_run_before(home: Path) -> None:
    first = run_json(home, "evaluate", "--regression", "--index", "small", "--run", "one")
    assert first["questions"] == 2
    assert first["regression"] == {"passed": 2, "judged": 2, "broken": [], "mended": []}
    strict = ("--set", "answer.threshold=1", "--run", "two")
    second = run_json(home, "evaluate", "--regression", "--index", "small", *strict)
    assert second["regression"]["broken"] == [question[1] for question in QUESTIONS]
    printed = run(home, "evaluate", "--regression", "--index", "small", "--run", "three").stdout
    assert "2개 가운데 2개 통과 · 깨짐 0 · 고쳐짐 2" in printed
    assert "▲ 고쳐짐  숯골갈비 주차 무료예요?" in printed


def test_a_run_without_a_name_is_called_after_the_set(home: Path) -> None:
    assert run_json(home, "evaluate", "--regression", "--index", "small")["run"].startswith("regression-")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--regression", "--index", "none"], 3, "회귀 세트에 'none' 색인의 질문이 없습니다"),
        (["--regression", "--limit", "1"], 2, "전체를 묻습니다"),
        (["x.jsonl", "--regression"], 2, "전체를 묻습니다"),
        ([], 2, "--regression"),
    ],
)
def test_mistakes_are_told_with_the_cure(home: Path, arguments: list[str], code: int, said: str) -> None:
    assert said in failure(run(home, "evaluate", *arguments), code)
