"""Our measures against trec_eval's own code, summaries that never leave a failure out, and small samples."""

from __future__ import annotations

from dataclasses import replace

import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors.settings import BadSetting
from pipeline.evaluation.blame import GoldPath, Verdict
from pipeline.evaluation.metrics import ndcg, recall, reciprocal_rank
from pipeline.evaluation.records import Columns, Record
from pipeline.evaluation.report import WORST, worst
from pipeline.evaluation.sampling import draw
from pipeline.evaluation.summary import SMALL, retrieved, summarise
from pipeline.types import Question, Sample

rankings = st.lists(st.integers(0, 120).map(lambda n: f"p{n}"), min_size=1, max_size=100, unique=True)
golds = st.lists(st.integers(0, 120).map(lambda n: f"p{n}"), min_size=1, max_size=12, unique=True)


@given(rankings, golds)
def test_measures_equal_trec_eval(ranking: list[str], gold: list[str]) -> None:
    measures = {"recip_rank", "ndcg_cut.10", "recall.1,5,10,50"}
    judge = pytrec_eval.RelevanceEvaluator({"q": dict.fromkeys(gold, 1)}, measures)
    run = {passage: float(len(ranking) - place) for place, passage in enumerate(ranking)}
    found = judge.evaluate({"q": run})["q"]
    assert reciprocal_rank(ranking, gold, k=len(ranking)) == pytest.approx(found["recip_rank"], abs=1e-9)
    assert ndcg(ranking, gold) == pytest.approx(found["ndcg_cut_10"], abs=1e-9)
    for k in (1, 5, 10, 50):
        assert recall(ranking, gold, k) == pytest.approx(found[f"recall_{k}"], abs=1e-9)


def record(number: int, rank: int | None, *, kind: str = "keyword", **changes: object) -> Record:
    """A question whose right passage is at a rank of the final order, or nowhere."""
    ids = tuple("g" if place == rank else f"n{place}" for place in range(1, 61))
    path = GoldPath("g", True, {"bm25": rank or 90, "vector": rank or 90, "fused": rank or 90}, rank is not None)
    made = Record(
        f"q{number}", "주차?", kind, "", ("g",), True, correct=rank == 1, verdict="right" if rank == 1 else "wrong",
        paths=(path,), timings_ms={"total": 1.0}, candidates=Columns(ids, {}, {}, (-1,) * 60, (False,) * 60),
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


@given(st.lists(st.none() | st.integers(1, 60), min_size=1, max_size=30))
def test_a_stage_is_measured_by_the_ranks_of_the_right_passages(ranks: list[int | None]) -> None:
    found = retrieved([record(n, rank) for n, rank in enumerate(ranks)], "final")
    assert found is not None
    assert found.mrr10 == pytest.approx(sum(1 / r for r in ranks if r and r <= 10) / len(ranks))
    assert found.recall["@5"] == pytest.approx(sum(bool(r and r <= 5) for r in ranks) / len(ranks))


def several(number: int, ranks: list[int | None]) -> Record:
    """A question with right passages at some ranks; ``None``: one that is no candidate."""
    places = {rank: f"g{n}" for n, rank in enumerate(ranks) if rank}
    ids = tuple(places.get(place, f"n{place}") for place in range(1, 61))
    paths = tuple(GoldPath(f"g{n}", True, {}, rank is not None) for n, rank in enumerate(ranks))
    made = record(number, None, gold=tuple(path.passage_id for path in paths), paths=paths)
    return replace(made, candidates=Columns(ids, {}, {}, (-1,) * 60, (False,) * 60))


@given(st.lists(st.lists(st.none() | st.integers(1, 60), min_size=1, max_size=4, unique=True), min_size=1, max_size=8))
def test_a_run_with_several_right_passages_equals_trec_eval(runs: list[list[int | None]]) -> None:
    records = [several(number, ranks) for number, ranks in enumerate(runs)]
    found = retrieved(records, "final")
    assert found is not None
    truth = {record.id: dict.fromkeys(record.gold, 1) for record in records}
    run = {r.id: {id_: 100.0 - place for place, id_ in enumerate(r.candidates.id)} for r in records}
    judge = pytrec_eval.RelevanceEvaluator(truth, {"ndcg_cut.10", "recall.1,5,10,50"})
    theirs = judge.evaluate(run)
    ours = {"ndcg_cut_10": found.ndcg10, **{f"recall_{k}": found.recall[f"@{k}"] for k in (1, 5, 10, 50)}}
    for name, value in ours.items():
        assert value == pytest.approx(sum(q[name] for q in theirs.values()) / len(runs), abs=1e-9), name


def test_a_failure_counts_as_a_miss_and_lowers_the_success() -> None:
    good = [record(n, 1) for n in range(3)]
    bad = record(3, None, status="error", error="index-not-found", verdict="", paths=(), correct=None, timings_ms={})
    summary = summarise([*good, bad])
    assert summary.success == 0.75
    assert summary.errors == {"index-not-found": 1}
    assert summary.retrieval["final"].questions == 4
    assert summary.retrieval["final"].mrr10 == 0.75
    assert summary.answers.accuracy == 0.75
    assert summary.answers.matrix == {"answerable-answered": 3, "answerable-failed": 1}
    assert not summary.goals["success"]


def test_the_worst_questions_are_those_that_failed_and_then_those_lost_first() -> None:
    lost = [record(n, rank, verdict=verdict) for n, (rank, verdict) in enumerate(
        [(1, "right"), (9, "wrong"), (None, "missed"), (2, "wrong"), (None, "fusion")]
    )]  # fmt: skip
    failed = record(9, None, status="error", verdict="")
    assert [r.id for r in worst([*lost, failed])] == ["q9", "q2", "q4", "q1", "q3"]
    assert len(worst([record(n, None, verdict="missed") for n in range(30)])) == WORST == 20


def test_kinds_and_verdicts_are_counted_apart() -> None:
    summary = summarise([record(1, 1), record(2, 7, kind="context"), record(3, 1, kind="context")])
    assert summary.blame == {"wrong": 1, "right": 2}
    assert summary.blame_by_type == {"context": {"wrong": 1, "right": 1}, "keyword": {"right": 1}}
    assert summary.by_type["context"].mrr10 == pytest.approx((1 / 7 + 1) / 2)


def test_small_samples_lie_around_the_whole_and_widely() -> None:
    summary = summarise([record(n, 1 if n % 2 else None) for n in range(400)])
    found = summary.small_samples["accuracy"]
    assert found.low < found.value == 0.5 < found.high
    assert found.size == SMALL
    assert found.high - found.low > 0.2


def test_unanswerable_questions_are_judged_by_abstention_alone() -> None:
    silent = record(1, None, gold=(), answerable=False, abstained=True, verdict=Verdict.RIGHT.value, paths=())
    summary = summarise([silent])
    assert summary.retrieval == {}
    assert summary.answers.matrix == {"unanswerable-abstained": 1}
    assert summary.answers.precision is None


KINDS = ("keyword", "context", "abstract")
SET = [Sample(Question(f"q{n}", f"질문 {n}", KINDS[n % 3 if n < 90 else 0])) for n in range(120)]


@given(st.integers(1, 130), st.integers(0, 5))
def test_a_sample_keeps_the_order_and_the_shares(size: int, seed: int) -> None:
    drawn = draw(SET, size, "type", seed)
    assert drawn == draw(SET, size, "type", seed)
    assert len(drawn) == min(size, len(SET))
    assert [s.question.id for s in drawn] == [s.question.id for s in SET if s in drawn]
    for kind in KINDS:
        share = sum(s.question.type == kind for s in SET) * len(drawn) / len(SET)
        assert abs(sum(s.question.type == kind for s in drawn) - share) < 1


def test_a_sample_of_nothing_is_refused() -> None:
    with pytest.raises(BadSetting):
        draw(SET, 0)
