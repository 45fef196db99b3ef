"""The regression page over real runs: what passed, what broke, by either criterion, and taking a question out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pipeline.evaluation.regression import FILE, add_case, case_of, read_cases, read_results
from pipeline.evaluation.runs import read_records
from pipeline.service import Service
from tests.pages.stored import html, looking, opened, run, two_runs

AT = "2026-11-22T10:00:00+00:00"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    made = two_runs(tmp_path_factory.mktemp("regression"))
    for record in read_records(made.home.runs / "base")[:6]:
        add_case(made.home.root / FILE, case_of(record, "small", "base", f"까닭 {record.id}", "kim", AT))
    yield made
    made.close()


@pytest.fixture
def home(service: Service) -> Iterator[Path]:
    with looking(service.home.root):
        yield service.home.root


def part(at: AppTest, id_: str) -> str:
    return next((e.proto.body for e in at.get("html") if f"id='{id_}'" in e.proto.body), "")


def outcome(home: Path, name: str, criterion: str = "answer") -> dict[str, bool | None]:
    found = read_results(home / "runs" / name, read_cases(home / FILE), criterion)  # type: ignore[arg-type]
    return {id_: result.passed for id_, result in found.items()}


@pytest.mark.parametrize("criterion", ["answer", "prompt"])
def test_what_broke_and_was_mended_is_said_as_the_library_does(home: Path, criterion: str) -> None:
    before, now = outcome(home, "base", criterion), outcome(home, "narrow", criterion)
    broken = [id_ for id_ in now if before[id_] and not now[id_]]
    mended = [id_ for id_ in now if now[id_] and not before[id_]]
    at = opened("regression")
    at.get("button_group")[0].set_value(criterion)
    run(at)
    assert f"narrow: 6개 가운데 {sum(map(bool, now.values()))}개 통과" in part(at, "hs-regression-newest")
    assert f"깨진 질문 {len(broken)}" in part(at, "hs-regression-newest")
    listed = part(at, "hs-regression-broke")
    assert all(f"까닭 {id_}" in listed for id_ in broken)
    assert listed.count("<li>") == len(broken)
    assert part(at, "hs-regression-mended").count("<li>") == len(mended)
    matrix, *_ = part(at, "hs-regression-matrix").partition("</table>")
    assert matrix.count("✗▼") == len(broken)
    assert matrix.count("✓") + matrix.count("✗") == 12
    assert matrix.index("narrow") < matrix.index(">base<")


def test_something_broke_in_these_runs(home: Path) -> None:
    assert any(passed and not outcome(home, "narrow")[id_] for id_, passed in outcome(home, "base").items())


def test_another_run_is_looked_at_and_questions_lead_to_the_failure_page(home: Path) -> None:
    at = opened("regression")
    at.selectbox(key="hs-regression-run").set_value("base")
    run(at)
    assert part(at, "hs-regression-broke") == ""
    assert "앞선 실행보다 깨진 질문이 없습니다" in at.markdown[0].value
    assert "/failures?run=narrow&amp;question=q1" in part(at, "hs-regression-matrix")


def test_in_english(home: Path) -> None:
    at = opened("regression", "en")
    assert at.title[0].value == "Regression"
    assert "of 6 passed" in html(at)


def test_an_empty_set_says_how_to_fill_it(tmp_path: Path) -> None:
    with looking(tmp_path):
        assert "회귀 세트에 넣기" in opened("regression").info[0].value


def test_a_set_that_no_run_asked(service: Service, tmp_path: Path) -> None:
    shutil.copy(service.home.root / FILE, tmp_path)
    with looking(tmp_path):
        at = opened("regression")
        assert "실행이 아직 없습니다" in at.info[0].value
        at.selectbox(key="hs-regression-remove").select_index(2)
        at.button(key="hs-regression-out").click()
        run(at)
        assert [case.id for case in read_cases(tmp_path / FILE)] == ["q1", "q2", "q4", "q5", "q6"]
        assert "까닭 q3" not in html(at)
        at.button(key="hs-regression-out").click()
        run(at)
        assert len(read_cases(tmp_path / FILE)) == 4


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{\n", encoding="utf-8")
    with looking(tmp_path):
        assert "1번째 줄" in opened("regression").error[0].value
