"""A judge against people: kappa, correlation, leniency, and which errors it lets pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from annotations.export.export import export
from pipeline.errors.files import FileProblem
from pipeline.evaluation.judgements import Judgement
from pipeline.evaluation.records import Record
from pipeline.judges.people import Graded, Pair, agreement, pairs_of, read_graded, weighted_kappa
from tests.annotations.filled import ANSWER, open_desk
from tests.annotations.intake.test_from_traces import graded


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=60))
def test_kappa_is_scikit_learn_s(pairs: list[tuple[int, int]]) -> None:
    one, other = [a for a, _ in pairs], [b for _, b in pairs]
    found = weighted_kappa(one, other)
    if len({*one, *other}) == 1:
        assert found is None  # scikit-learn: NaN
    else:
        wanted = cohen_kappa_score(one, other, weights="quadratic", labels=range(5))
        assert found == pytest.approx(wanted, abs=1e-9)


def test_a_judge_that_agrees_and_one_that_is_too_kind() -> None:
    same = agreement([Pair(x / 4, x / 4) for x in (0, 1, 2, 3, 4)] * 8)
    assert same is not None
    assert (same.kappa, same.spearman, same.leniency) == (pytest.approx(1), pytest.approx(1), 0)
    kind = agreement([Pair(1.0, x / 4, ("negation",) if x < 2 else ()) for x in (0, 1, 2, 3, 4)] * 8)
    assert kind is not None
    assert kind.pairs == 40
    assert kind.spearman is None  # the judge never varies
    assert kind.leniency == pytest.approx(0.5)
    assert 0 < kind.low < 0.5 < kind.high
    assert kind.errors["negation"].answers == 16
    assert kind.errors["negation"].passed == 1
    assert agreement([]) is None


def test_answers_are_found_by_question_and_text() -> None:
    records = [
        Record(id_, "주차 돼요?", "", "", (), True, answer=answer)
        for id_, answer in (("a", "됩니다."), ("b", "안 돼요."))
    ]
    rows = [Judgement(id_, "faithfulness", "p", "j", "d", "ok", 0.5) for id_ in "ab"]
    people = [
        Graded("주차  돼요?", "됩니다.\n", {"faithfulness": 5.0}, ("none",)),
        Graded("다른 질문", "안 돼요.", {"faithfulness": 1.0}),
    ]
    assert pairs_of(records, rows, people, "faithfulness") == [Pair(0.5, 1.0, ("none",))]
    assert pairs_of(records, rows, people, "answer_relevancy") == []


def exported(**changes: Any) -> dict[str, Any]:
    return {
        "text": "됩니다.", "context": {"question": "주차 돼요?"}, "outcome": "labelled", "faithfulness": 4,
        "faithfulness_mean": 4.5, "relevance": None, "relevance_mean": None, "errors": [{"label": "negation"}],
    } | changes  # fmt: skip


def test_an_export_is_read(tmp_path: Path) -> None:
    rows = [exported(), exported(outcome="unjudgeable", faithfulness=None)]
    (tmp_path / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (found,) = read_graded(tmp_path)
    assert found == Graded("주차 돼요?", "됩니다.", {"faithfulness": 4.5}, ("negation",))
    assert read_graded(tmp_path / "data.jsonl") == [found]


def test_what_the_labelling_side_exports_is_read(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        graded(desk)
        export(desk, ANSWER, "jsonl", tmp_path / "out", by="t", salt="s")
    good, bad = read_graded(tmp_path / "out")  # neither the pair nor the task without a question
    assert good == Graded(
        "숯골갈비 주차 되나요?", "주차 됩니다. 2시간 무료예요.", {"faithfulness": 5.0, "relevance": 4.0}, ("none",)
    )
    assert bad.points == {"faithfulness": 1.0, "relevance": 2.0}
    assert bad.errors == ("incomplete",)


@pytest.mark.parametrize("text", ["{}", "[1]", "no json", '{"outcome": "labelled"}'])
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "data.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(FileProblem, match="hansang export --scheme answer --form jsonl"):
        read_graded(tmp_path)
    with pytest.raises(FileProblem):
        read_graded(tmp_path / "none")
