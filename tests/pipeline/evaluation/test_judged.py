"""Means of judgements never hide what is missing, and a correct abstention is no 0."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evaluation.checks import CHECKS, judged_of, pairs_checked, write_check
from pipeline.evaluation.judged import ENOUGH, Judged, goal, judged, mean_of
from pipeline.evaluation.judged_report import section, warning
from pipeline.evaluation.judgements import MEASURES, Judgement, Measure, Status, write_ledger
from pipeline.evaluation.records import Record
from pipeline.evaluation.summary import GOALS, summarise


def record(
    id_: str, *, answerable: bool = True, abstained: bool = False, failed: bool = False, reference: str = "답"
) -> Record:
    status = "error" if failed else "ok"
    return Record(id_, "질문", "", reference, (), answerable, status=status, answer="답", abstained=abstained)  # type: ignore[arg-type]


def row(
    id_: str, score: float | None, measure: Measure = "faithfulness", status: Status = "ok", **more: str
) -> Judgement:
    made = {"prompt": f"{measure}@1", "judge": "local:m", "at": "2026-01-01T00:00:00+00:00"} | more
    return Judgement(id_, measure, made["prompt"], made["judge"], "d", status, score, calls=1, at=made["at"])


RECORDS = [
    record("right"), record("half"), record("broken"), record("open"), record("needless", abstained=True),
    record("failed", failed=True), record("none", answerable=False, abstained=True, reference=""),
    record("invented", answerable=False, reference=""),
]  # fmt: skip
ROWS = [
    row("right", 1.0), row("half", 0.5), row("broken", None, status="parse-fail"),
    row("needless", None, status="abstained"), row("none", None, status="abstained"), row("invented", 0.0),
]  # fmt: skip


def test_a_mean_says_what_it_is_over_and_what_the_rest_could_make_of_it() -> None:
    found = mean_of(RECORDS, ROWS, "faithfulness")
    assert found.mean == pytest.approx(0.5)
    assert (found.judged, found.wanted) == (3, 7)  # all but the correct abstention
    assert found.coverage == pytest.approx(3 / 7)
    assert found.low == pytest.approx(1.5 / 7)
    assert found.high == pytest.approx(5.5 / 7)
    assert found.missing == {"failed": 1, "needless-abstention": 1, "open": 1, "parse-fail": 1}


def test_a_correct_abstention_changes_no_mean_and_stands_in_the_matrix() -> None:
    found = judged(RECORDS, ROWS)["local:m"]
    without = judged([r for r in RECORDS if r.id != "none"], ROWS)["local:m"]
    assert found.measures == without.measures
    assert found.matrix == {
        "answerable-abstained": 1, "answerable-answered": 4, "answerable-failed": 1,
        "unanswerable-abstained": 1, "unanswerable-answered": 1,
    }  # fmt: skip


def test_retrieval_is_judged_where_there_is_a_reference() -> None:
    found = mean_of(RECORDS, [row("needless", 1.0, "context_recall")], "context_recall")
    assert found.wanted == 6  # answerable ones, abstained or not
    assert found.judged == 1


@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=1, max_size=30))
def test_the_mean_lies_between_its_worst_and_its_best_case(scores: Sequence[float | None]) -> None:
    records = [record(str(n)) for n in range(len(scores))]
    rows = [row(str(n), score, status="ok" if score is not None else "timeout") for n, score in enumerate(scores)]
    found = mean_of(records, rows, "faithfulness")
    assert found.low <= found.high + 1e-9
    assert found.judged + sum(found.missing.values()) == found.wanted == len(scores)
    if found.mean is not None:
        assert found.low - 1e-9 <= found.mean <= found.high + 1e-9


def four(score: float, questions: int = 4, missing: int = 0) -> dict[str, Judged]:
    records = [record(str(n)) for n in range(questions)]
    rows = [row(r.id, score, m) for m in MEASURES for r in records[: questions - missing]]
    return judged(records, rows)


def test_the_goal_is_claimed_only_where_nothing_missing_could_change_it() -> None:
    assert goal(four(0.8), 0.7) is True
    assert goal(four(0.6), 0.7) is False
    assert goal(four(0.8, missing=1), 0.7) is None  # .8 of three in four: .6 at worst
    assert goal(four(0.1, missing=1), 0.7) is False
    assert goal({}, 0.7) is None
    assert goal(judged(RECORDS, ROWS), 0.7) is None  # one measure of four


def test_judgements_by_other_prompts_and_judges_are_not_mixed() -> None:
    rows = [
        row("right", 0.2), row("right", 0.9, prompt="faithfulness@2", at="2026-02-01T00:00:00+00:00"),
        row("right", 0.4, judge="openai:x"),
    ]  # fmt: skip
    found = judged(RECORDS, rows)
    assert found["local:m"].measures["faithfulness"].mean == 0.9
    assert found["local:m"].prompts == ("faithfulness@2",)
    assert found["openai:x"].measures["faithfulness"].mean == 0.4
    assert found["local:m"].calls == 2


def test_a_judge_that_nobody_checked_is_warned_of(tmp_path: Path) -> None:
    run, other = tmp_path / "one", tmp_path / "two"
    for folder in (run, other):
        folder.mkdir()
        write_ledger(folder, ROWS)
    ko, en = warning(judged_of(run, RECORDS)["local:m"])
    assert "견주어 본 적이 없습니다" in ko
    assert "never compared with people" in en
    write_check(other, "local:m", {"faithfulness": "faithfulness@1"}, {"faithfulness": {"pairs": ENOUGH - 1}})
    assert f"{ENOUGH - 1}개에서만" in warning(judged_of(run, RECORDS)["local:m"])[0]
    write_check(other, "local:m", {"faithfulness": "faithfulness@1"}, {"faithfulness": {"pairs": ENOUGH}})
    assert warning(judged_of(run, RECORDS)["local:m"]) == ("", "")
    assert pairs_checked(tmp_path, {"local:m": ("faithfulness@2",)}) == {"local:m": 0}  # another prompt, another judge
    assert json.loads((other / CHECKS).read_text(encoding="utf-8")).keys() == {"local:m"}


def test_the_summary_has_them_and_the_goal() -> None:
    found = summarise([record(str(n)) for n in range(4)], 0, four(0.8))
    assert found.goals["ragas_mean"] is True
    assert GOALS["ragas_mean"] == 0.7
    assert "ragas_mean" not in summarise(RECORDS).goals


def test_the_report_shows_means_with_coverage_and_escapes_names() -> None:
    def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]], text: Sequence[int] = ()) -> str:
        return "|".join([caption, *head, *(cell for cells in rows for cell in cells)])

    page = section(judged(RECORDS, ROWS), table, str)
    assert "3 / 7" in page
    assert "42.9%" in page
    assert "불필요한 기권 1" in page
    assert "주의: local:m" in page
    assert section({}, table, str) == ""
    whole = section(four(0.8), table, str)
    assert "RAGAS 평균|0.800" in whole
