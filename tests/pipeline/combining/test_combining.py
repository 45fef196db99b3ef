"""Weights and thresholds learned on labelled reviews: hand-made cases with known results."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.combining.curve import choose, curve, pick
from pipeline.combining.drawing import draw_curve
from pipeline.combining.figures import FLOOR, figures, macro_f1
from pipeline.combining.labelled import FOLDS, Labelled, digests, read_labelled
from pipeline.combining.weights import fit, learn_weights
from pipeline.errors.files import FileProblem
from pipeline.types import Analysis, Sentiment, Unanalysed


def said(positive: float, level: float = 3.0) -> Analysis:
    sentiment: dict[Sentiment, float] = {"positive": positive, "neutral": 0.0, "negative": 1 - positive, "mixed": 0.0}
    return Analysis("x", sentiment, (0.0, 0.0, 1.0, 0.0, 0.0) if level == 3.0 else (0.0, 0.0, 0.0, 0.0, 1.0))


def gold(signs: str) -> list[Labelled]:
    names: dict[str, Sentiment] = {"+": "positive", "-": "negative"}
    return [Labelled(str(n), f"후기 {n}", names[sign], 5 if sign == "+" else 1) for n, sign in enumerate(signs)]


FAILED = Unanalysed("x", "unable", "모름", "no")


def test_figures_of_a_small_case() -> None:
    found = figures(gold("++--"), [said(0.9), said(0.4), said(0.2), FAILED])
    assert (found.reviews, found.failed, found.accuracy) == (4, 1, 0.5)
    assert found.macro_f1 == pytest.approx((2 / 3 + 2 / 4) / 2)  # positive: 1 of 2 found; negative: 1 right, 1 wrong
    assert found.calibration_error == pytest.approx((0.1 + 0.6 + 0.2) / 4)
    assert found.intensity_error == pytest.approx(2.0)
    assert figures(gold("+"), [FAILED]).log_loss == pytest.approx(9.2103, abs=1e-4)
    assert FLOOR == 1e-4


def test_macro_f1_counts_sentiments_that_there_are() -> None:
    assert macro_f1(gold("++"), [said(0.9), said(0.9)]) == 1.0
    assert macro_f1(gold("++"), [said(0.1), said(0.1)]) == 0.0


def test_weights_go_to_whoever_is_right() -> None:
    signs = "+-" * 10
    right = [said(0.9 if sign == "+" else 0.1) for sign in signs]
    wrong = [said(0.1 if sign == "+" else 0.9) for sign in signs]
    assert learn_weights(gold(signs), [right, wrong]) == pytest.approx((1.0, 0.0), abs=1e-3)
    assert learn_weights(gold(signs), [right, right]) == (0.5, 0.5)
    assert learn_weights(gold(signs), [right, wrong], "mean") == (0.5, 0.5)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=30))
def test_learned_weights_are_never_worse_than_one_member_on_what_they_saw(
    rows: list[tuple[bool, float, float]],
) -> None:
    labels = gold("".join("+" if good else "-" for good, _, _ in rows))
    members = [[said(a) for _, a, _ in rows], [said(b) for _, _, b in rows]]
    weights = learn_weights(labels, members)
    assert sum(weights) == pytest.approx(1)
    assert all(weight >= 0 for weight in weights)
    mixed = [said(weights[0] * a + weights[1] * b) for _, a, b in rows]
    best = min(figures(labels, each).log_loss for each in members)
    assert figures(labels, mixed).log_loss <= best + 1e-2


def test_two_who_know_different_halves_gain_by_joining() -> None:
    signs = "+-" * 40
    first = [said((0.95 if sign == "+" else 0.05) if n % 4 < 2 else 0.6) for n, sign in enumerate(signs)]
    second = [said((0.95 if sign == "+" else 0.05) if n % 4 >= 2 else 0.6) for n, sign in enumerate(signs)]
    fitted = fit(gold(signs), [first, second], "weighted")
    assert fitted.ensemble.accuracy == 1.0
    assert fitted.members[fitted.best].accuracy == 0.75
    mean, low, high = fitted.gain
    assert mean == pytest.approx(0.25)
    assert 0 < low <= mean <= high


def test_the_ensemble_is_told_on_reviews_that_it_did_not_learn_on() -> None:
    # The second is right on one fifth only: weights that had seen that fifth would trust it there.
    labels = gold("+" * 60)
    first = [said(0.51)] * 60
    second = [said(0.99 if review.fold == 0 else 0.02) for review in labels]
    fitted = fit(labels, [first, second], "weighted")
    assert fitted.ensemble.log_loss == pytest.approx(fitted.members[0].log_loss, abs=0.05)


def test_folds_depend_on_the_text_alone() -> None:
    labels = gold("+" * 200)
    assert {review.fold for review in labels} == set(range(FOLDS))
    assert Labelled("other", "  후기   7", "negative").fold == labels[7].fold


def test_the_curve_goes_from_the_cheap_one_to_the_dear_one() -> None:
    labels = gold("+" * 10)
    cheap = [said(0.9)] * 6 + [said(0.4)] * 3 + [said(0.6)]  # wrong on three, of which it is not sure
    dear = [said(0.99)] * 10
    points = curve(labels, cheap, dear)
    assert (points[0].share, points[0].accuracy) == (0.0, 0.7)
    assert (points[-1].share, points[-1].accuracy) == (1.0, 1.0)
    assert [point.share for point in points] == sorted(point.share for point in points)
    best = pick(points, 0.0)
    assert (best.share, best.accuracy) == (0.4, 1.0)  # the three and the right one that is as unsure
    assert pick(points, 0.3).share == 0.0


def test_what_the_cheap_one_fails_on_is_always_passed_on() -> None:
    labels = gold("++")
    assert curve(labels, [FAILED, said(0.9)], [said(0.9), said(0.9)])[0].share == 0.5


def test_a_threshold_is_told_on_reviews_that_it_was_not_chosen_on_and_drawn() -> None:
    labels = gold("+-" * 30)
    cheap = [said(0.95 if n % 2 == 0 else 0.45) if n % 3 else said(0.55) for n in range(60)]
    dear = [said(0.9 if n % 2 == 0 else 0.1) for n in range(60)]
    chosen = choose(labels, cheap, dear, within=0.0)
    assert chosen.held_out.accuracy == 1.0
    assert 0 < chosen.held_out_share < 1
    page = draw_curve(chosen, "linear", "llm:큰 모델")
    assert "<html>" in page
    assert f"{chosen.point.threshold:.3f}" in page


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_labelled_reviews_are_read_in_both_forms(tmp_path: Path) -> None:
    rows = (
        {"id": "a", "text": "맛있다", "labels": {"sentiment": "positive", "intensity": 5}},
        {"id": 7, "text": "별로", "sentiment": "negative", "intensity": None, "annotations": []},
        {"id": "c", "text": "판단 불가", "sentiment": None},
    )
    found = read_labelled(write(tmp_path / "gold.jsonl", *rows))
    assert found == [Labelled("a", "맛있다", "positive", 5), Labelled("7", "별로", "negative")]
    assert len(digests([*found, Labelled("again", " 맛있다 ", "neutral")])) == 2


@pytest.mark.parametrize(
    "row",
    [{"id": "a"}, {"id": "a", "text": "가", "sentiment": "긍정"}, {"id": "a", "text": 3, "sentiment": "mixed"}, [], 3,
     {"id": "a", "text": "가", "sentiment": "mixed", "intensity": 9}, {"text": "가", "sentiment": "mixed"}],
)  # fmt: skip
def test_files_without_labels_are_refused(tmp_path: Path, row: object) -> None:
    with pytest.raises(FileProblem, match="hansang export"):
        read_labelled(write(tmp_path / "gold.jsonl", row))
    with pytest.raises(FileProblem):
        read_labelled(tmp_path / "none.jsonl")
