"""Two runs compared: what is there is found, what isn't is not claimed."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wilcoxon

from pipeline.errors.evaluation import RunsNotComparable
from pipeline.evaluation.compare import compare, compare_runs, needed, sign_flip
from pipeline.evaluation.judgements import LEDGER, Judgement, write_ledger
from pipeline.evaluation.records import Record, to_line
from pipeline.evaluation.runs import RECORDS
from tests.pipeline.evaluation.test_measures import record

RANKS = st.sampled_from([None, 1, 2, 7])
NUMBER = re.compile(r"[+-]?\d[\d,.]*\d|[+-]?\d")
HANGUL = re.compile("[가-힣]")


def run(ranks: list[int | None]) -> list[Record]:
    return [record(number, rank) for number, rank in enumerate(ranks)]


def test_a_clear_gain_is_said_with_its_interval() -> None:
    before, after = run([None, 2] * 60), run([1, 1] * 50 + [None, 2] * 10)
    found = compare("base", "new", before, after)
    by_name = {d.measure: d for d in found.differences}
    assert by_name["accuracy"].is_clear
    assert by_name["accuracy"].low > 0
    assert len(found.better) == 100
    assert found.worse == ()
    assert "바꾸는 편이 낫습니다" in found.verdict
    assert "95 % 구간" in found.verdict
    assert "So new is the better choice." in found.verdict_en
    assert "95 % interval" in found.verdict_en


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(RANKS, RANKS), min_size=1, max_size=40), st.booleans())
def test_both_languages_say_the_same(ranks: list[tuple[int | None, int | None]], is_uneven: bool) -> None:
    one, other = (run(list(side)) for side in zip(*ranks, strict=True))
    judged = [judgement(n, 0.2) for n in range(len(ranks))]
    found = compare("a", "b", one, other, ledgers=(judged, judged[is_uneven:]))
    assert Counter(NUMBER.findall(found.verdict)) == Counter(NUMBER.findall(found.verdict_en))
    assert found.verdict_en.isascii() or "→" in found.verdict_en
    assert not HANGUL.search(found.verdict_en)
    for sentence in found.verdict_en.split("). "):
        assert "signific" not in sentence
        if "higher" in sentence or "lower" in sentence:
            assert "95 % interval" in sentence


def test_no_difference_claims_nothing() -> None:
    same = run([1, None, 3] * 20)
    found = compare("a", "b", same, same)
    assert all(d.difference == 0 and d.adjusted == 1 and d.needed is None for d in found.differences)
    assert "정답률은(는) 두 실행이 같습니다(0.333, 질문 60개)" in found.verdict
    assert "우연" not in found.verdict
    assert "가를 차이가 보이지 않습니다" in found.verdict


def test_a_large_difference_over_few_questions_is_neither_claimed_nor_denied() -> None:
    found = compare("a", "b", run([1] * 10), run([2] * 5 + [1] * 5))
    by_name = {d.measure: d for d in found.differences}
    assert (by_name["accuracy"].difference, by_name["accuracy"].is_clear) == (-0.5, False)
    assert by_name["accuracy"].high < 0
    assert "정답률의 차이 -0.500은(는) 측정 여럿을 함께 보면 아직 확실하지 않습니다" in found.verdict
    assert "우연" not in found.verdict
    assert "차이가 있어 보이지만 확실하지 않습니다" in found.verdict


def test_a_small_difference_asks_for_more_questions() -> None:
    before = run([1, None] * 20)
    after = run([1, None] * 19 + [1, 1])
    found = compare("a", "b", before, after)
    assert not any(d.is_clear for d in found.differences)
    assert "더 필요합니다" in found.verdict
    assert all(d.needed and d.needed > d.questions for d in found.differences)


def test_f1_counts_who_was_not_answered() -> None:
    before = [record(n, 1, reference="주차", f1=1.0) for n in range(10)]
    after = [replace(r, f1=None, abstained=True) if n < 5 else r for n, r in enumerate(before)]
    found = {d.measure: d for d in compare("a", "b", before, after).differences}
    assert (found["f1"].questions, found["f1"].a, found["f1"].b) == (10, 1, 0.5)


# What judges said


def judgement(number: int, score: float | None, measure: str = "faithfulness", **more: str) -> Judgement:
    status = "ok" if score is not None else more.pop("status", "parse-fail")
    made = {"prompt": f"{measure}@1", "judge": "local:m"} | more
    return Judgement(f"q{number}", measure, made["prompt"], made["judge"], "d", status, score)  # type: ignore[arg-type]


ANSWERED = [record(n, 1, reference="답", answer="답") for n in range(40)]


def test_judged_measures_are_compared_and_corrected_with_the_others() -> None:
    one, other = ([judgement(n, score) for n in range(40)] for score in (0.2, 0.9))
    found = compare("a", "b", ANSWERED, ANSWERED, ledgers=(one, other))
    by_name = {d.measure: d for d in found.differences}
    assert list(by_name) == ["mrr10", "recall5", "accuracy", "f1", "faithfulness"]
    assert by_name["faithfulness"].difference == pytest.approx(0.7)
    assert by_name["faithfulness"].is_clear
    assert by_name["faithfulness"].adjusted == pytest.approx(5 * by_name["faithfulness"].p)
    assert (found.judge, found.uneven) == ("local:m", ())
    assert "충실성" in found.verdict
    assert "local:m의 채점" in found.verdict


def test_a_measure_with_other_coverage_is_not_compared_and_that_is_said() -> None:
    one = [judgement(n, 0.2) for n in range(40)]
    other = [judgement(n, 0.9) for n in range(30)] + [judgement(n, None) for n in range(30, 40)]
    found = compare("a", "b", ANSWERED, ANSWERED, ledgers=(one, other))
    assert "faithfulness" not in {d.measure for d in found.differences}
    assert [(u.measure, u.questions, u.a, u.b) for u in found.uneven] == [("faithfulness", 40, 40, 30)]
    assert "질문 40개 가운데 a 40개, b 30개만 채점되어 견주지 않았습니다" in found.verdict
    assert "hansang judge" in found.verdict


def test_other_prompts_and_other_judges_are_not_compared() -> None:
    one = [judgement(n, 0.2) for n in range(40)]
    other = [judgement(n, 0.9, prompt="faithfulness@2") for n in range(40)]
    found = compare("a", "b", ANSWERED, ANSWERED, ledgers=(one, other))
    assert found.uneven[0].prompts == ("faithfulness@1", "faithfulness@2")
    assert "프롬프트가 달라" in found.verdict
    apart = compare("a", "b", ANSWERED, ANSWERED, ledgers=(one, [judgement(n, 0.9, judge="x:y") for n in range(40)]))
    assert (apart.judge, apart.uneven) == ("", ())


def test_a_failure_is_a_zero_and_an_abstention_no_case_of_the_answer() -> None:
    failed = [replace(ANSWERED[0], status="error", abstained=False), *ANSWERED[1:]]
    silent = [replace(r, abstained=True) if n in (1, 2) else r for n, r in enumerate(ANSWERED)]
    one = [judgement(n, 1.0, m) for n in range(1, 40) for m in ("faithfulness", "context_recall")]
    other = [judgement(n, 1.0, "context_recall") for n in range(40)]
    other += [judgement(n, 1.0) if n not in (1, 2) else judgement(n, None, status="abstained") for n in range(40)]
    found = {d.measure: d for d in compare("a", "b", failed, silent, ledgers=(one, other)).differences}
    assert (found["faithfulness"].questions, found["context_recall"].questions) == (38, 40)
    assert found["faithfulness"].difference == pytest.approx(1 / 38)


def test_stored_runs_are_compared_with_their_ledgers_and_an_unchecked_judge_is_warned_of(tmp_path: Path) -> None:
    for name, score in (("base", 0.2), ("new", 0.9)):
        (tmp_path / name).mkdir()
        (tmp_path / name / RECORDS).write_text("".join(f"{to_line(r)}\n" for r in ANSWERED), encoding="utf-8")
        write_ledger(tmp_path / name, [judgement(n, score) for n in range(40)])
    found = compare_runs(tmp_path / "base", tmp_path / "new")
    assert "faithfulness" in {d.measure for d in found.differences}
    assert "local:m은(는) 사람의 채점과 견주어 본 적이 없습니다" in found.warning
    (tmp_path / "new" / LEDGER).unlink()
    assert compare_runs(tmp_path / "base", tmp_path / "new").warning == ""


def test_other_questions_are_not_compared() -> None:
    one = run([1, 2, 3])
    with pytest.raises(RunsNotComparable):
        compare("a", "b", one, one[:2])
    with pytest.raises(RunsNotComparable):
        compare("a", "b", one, [replace(r, question="다른 질문") for r in one])
    with pytest.raises(RunsNotComparable):
        compare("a", "b", [], [])


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=2, max_size=12))
@settings(max_examples=50)
def test_swapping_the_runs_turns_the_sign_and_not_the_p(values: list[float]) -> None:
    gap = np.array(values)
    assert sign_flip(gap, 0) == pytest.approx(sign_flip(-gap, 0), abs=0.02)
    assert 0 < sign_flip(gap, 0) <= 1


def test_the_sign_flip_test_agrees_with_the_exact_one() -> None:
    gap = np.array([0.5, 0.4, 0.6, 0.3, -0.1, 0.7])
    signs = np.array(np.meshgrid(*[[-1, 1]] * len(gap))).reshape(len(gap), -1)
    sums = (signs.T * gap).sum(axis=1)
    exact = (np.abs(sums) >= abs(gap.sum()) - 1e-12).mean()
    assert sign_flip(gap, 0) == pytest.approx(exact, abs=1e-9)
    assert (sign_flip(gap, 0) < 0.1) == (wilcoxon(gap).pvalue < 0.1)


def test_how_many_questions_are_needed() -> None:
    random = np.random.default_rng(0)
    gap = random.normal(0.1, 1, 100)
    count = needed(gap)
    assert count is not None
    expected = ((1.959964 + 0.841621) * gap.std(ddof=1) / gap.mean()) ** 2
    assert count == int(np.ceil(expected)) or count == 0
    assert needed(np.zeros(10)) is None
    assert needed(np.full(100, 0.5) + random.normal(0, 0.01, 100)) == 0


def test_false_alarms_are_as_rare_as_promised() -> None:
    random = np.random.default_rng(1)
    alarms = sum(sign_flip(random.choice([-1.0, 0.0, 1.0], 60), n) < 0.05 for n in range(120))
    assert alarms <= 14  # 6 expected; the chance of more than 14 is below .002
