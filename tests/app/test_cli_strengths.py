"""``summarize``, ``strengths`` and ``bench strengths`` as people type them; a classifier knows the answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import summarizing
from pipeline.analysis.choices import ClassifierChoice
from pipeline.protocols import Classifier
from pipeline.service import Home
from tests.app.cli_runs import failure, run, run_json
from tests.pipeline.corpora import build
from tests.pipeline.corpora import documents as others
from tests.pipeline.restaurants.corpus import documents, oracle


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("strengths")
    build(Home(folder), documents(), name="demo")
    return folder


@pytest.fixture(autouse=True)
def knowing(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(choice: ClassifierChoice) -> Classifier:
        assert choice.name == "linear"
        return oracle()

    monkeypatch.setattr(summarizing, "made", made)
    monkeypatch.delenv("HANSANG_LLM_URL", raising=False)


def test_a_summary_has_counts_quotes_and_ids(home: Path) -> None:
    shown = run(home, "summarize", "길남").stdout
    assert "후기 5건 가운데 긍정 2건, 부정 1건, 복합 1건" in shown
    assert "“국물이 진하고 시원해요”" in shown
    assert "[r1" in shown
    assert "월별" in shown
    found = run_json(home, "summarize", "길남국밥")
    assert found["overall"][1]["evidence"]
    assert {aspect["share"]["aspect"] for aspect in found["aspects"]} == {"food", "service", "waiting"}


def test_strengths_and_weaknesses_are_shown_with_what_they_rest_on(home: Path) -> None:
    shown = run(home, "strengths", "길남국밥").stdout
    for words in (
        "돼지국밥 국물이 진하고 시원하다는 평",
        "후기 3건(60%)",
        "대표·고유",
        "가장 비슷한 곳: 순이국밥",
        "임계 경로:",
    ):
        assert words in shown
    weak = run(home, "strengths", "길남국밥", "--weaknesses").stdout
    assert "근거 부족: 인용을 3개 이상" in weak
    assert "참고: 오래 기다려야 한다는 불만이 있다  대기·예약 · 후기 2건, 인용 2개뿐이라 참고로만" in weak
    found = run_json(home, "strengths", "길남국밥", "--kind", "distinct")
    assert {one["kind"] for one in found["found"]} <= {"distinct", "both"}
    assert found["critical_path"][-1] == "H 길남국밥"


def test_too_little_evidence_is_said(home: Path) -> None:
    assert "근거 부족" in run(home, "strengths", "순이국밥", "--weaknesses").stdout
    assert "근거 부족" in run(home, "summarize", "바다횟집").stdout


@pytest.mark.parametrize("command", ["summarize", "strengths"])
def test_an_unknown_restaurant_gets_near_names(home: Path, command: str) -> None:
    said = failure(run(home, command, "길람국밥"), 3)
    assert "'길람국밥'의 후기가 없습니다" in said
    assert "길남국밥" in said


def test_other_errors_name_their_cure(home: Path, tmp_path: Path) -> None:
    assert "representative" in failure(run(home, "strengths", "길남국밥", "--kind", "best"), 2)
    assert "hansang index" in failure(run(tmp_path, "summarize", "길남국밥"), 3)
    assert "--endpoint" in failure(run(home, "summarize", "길남국밥", "--endpoint", "nowhere", "--model", "m"), 2)


def test_a_model_that_is_down_leaves_the_computed_result(home: Path) -> None:
    down = ("--endpoint", "http://127.0.0.1:9/v1", "--model", "m")
    result = run(home, "summarize", "길남국밥", *down)
    assert result.exit_code == 0
    assert "언어 모델 없이" in result.stdout
    assert "후기 5건 가운데" in result.stdout


def test_the_benchmark_prints_a_ratio(home: Path) -> None:
    shown = run(home, "bench", "strengths", "--latency", "1").stdout
    assert "배" in shown
    assert "두 결과가 같습니다" in shown
    assert run_json(home, "bench", "strengths", "--latency", "1", "--restaurants", "1")["same"] is True


def test_an_index_of_other_restaurants_has_nothing_on_it(tmp_path: Path) -> None:
    build(Home(tmp_path), others(), name="demo")
    found = run_json(tmp_path, "summarize", "연탄집")  # the oracle knows none of these reviews
    assert (found["reviews"], found["failed"]) == (0, 3)
    assert found["note"].startswith("근거 부족")
