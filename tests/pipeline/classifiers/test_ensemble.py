"""Laws of ensembles: one member is itself, batches have no order, probabilities sum to one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.choices import ClassifierChoice
from pipeline.analysis.combinations import HOWS, Combination, How, Member, read_combination, write_combination
from pipeline.analysis.mixing import join
from pipeline.classifiers import ensemble
from pipeline.classifiers.ensemble import EnsembleClassifier
from pipeline.errors.files import FileProblem
from pipeline.errors.settings import BadSetting
from pipeline.types import Analysis, Opinion, Unanalysed
from tests.pipeline.classifiers.judges import HashJudge

TEXTS = st.lists(
    st.sampled_from(("맛있어요", "별로", "불능", "", "ㅋㅋㅋ", "그냥 그래요 두 번은 안 감", "Great!")), max_size=6
)
WEIGHTS = st.lists(st.floats(0.01, 100), min_size=1, max_size=4)
WAYS = st.sampled_from(HOWS)


def judges(count: int) -> list[HashJudge]:
    return [HashJudge(f"judge{n}") for n in range(count)]


@given(TEXTS, WAYS, st.floats(0.01, 100))
def test_an_ensemble_of_one_equals_it(texts: list[str], how: How, weight: float) -> None:
    one = HashJudge("one")
    found = EnsembleClassifier([one], how, [weight]).classify(texts)
    assert [replace(each, classifier="one") for each in found] == one.classify(texts)


@given(TEXTS, WAYS, WEIGHTS, st.randoms())
def test_the_order_of_a_batch_is_irrelevant(texts: list[str], how: How, weights: list[float], chance: object) -> None:
    made = EnsembleClassifier(judges(len(weights)), how, weights)
    order = list(range(len(texts)))
    chance.shuffle(order)
    shuffled = made.classify([texts[row] for row in order])
    assert shuffled == [made.classify(texts)[row] for row in order]
    assert made.classify(texts) == [made.classify([text])[0] for text in texts]


@given(TEXTS, WAYS, WEIGHTS)
def test_probabilities_sum_to_one_and_scores_stay_in_range(texts: list[str], how: How, weights: list[float]) -> None:
    for text, found in zip(texts, EnsembleClassifier(judges(len(weights)), how, weights).classify(texts), strict=True):
        if isinstance(found, Unanalysed):
            assert text in ("", "불능")
            continue
        assert abs(sum(found.sentiment.values()) - 1) < 1e-9
        assert abs(sum(found.intensity) - 1) < 1e-9
        assert all(0 <= score <= 1 for score in found.emotions.values())
        assert set(found.felt) <= {*found.emotions, "none"}
        for opinion in found.opinions:
            assert 0 <= opinion.score <= 1
            assert 0 <= opinion.span[0] < opinion.span[1] <= len(text)


@given(st.integers(1, 4), WAYS)
def test_members_that_agree_change_nothing(count: int, how: How) -> None:
    same = [HashJudge("same") for _ in range(count)]
    (found,) = EnsembleClassifier(same, how, [1.0] * count).classify(["맛있어요"])
    (alone,) = HashJudge("same").classify(["맛있어요"])
    assert isinstance(found, Analysis)
    assert isinstance(alone, Analysis)
    assert found.sentiment == pytest.approx(alone.sentiment)
    assert found.felt == alone.felt
    ours, theirs = (sorted((o.span, o.aspect, o.polarity) for o in each.opinions) for each in (found, alone))
    assert ours == theirs


def analysis(positive: float, opinions: tuple[Opinion, ...] = ()) -> Analysis:
    sentiment = {"positive": positive, "neutral": 0.0, "negative": 1 - positive, "mixed": 0.0}
    return Analysis("x", sentiment, (1 - positive, 0.0, 0.0, 0.0, positive), opinions=opinions)


def joined(said: list[Analysis | Unanalysed], how: How, weights: list[float]) -> Analysis:
    found = join(said, weights, how, "e")
    assert isinstance(found, Analysis)
    return found


def test_weights_weigh() -> None:
    found = joined([analysis(0.9), analysis(0.2)], "weighted", [3, 1])
    assert found.sentiment["positive"] == pytest.approx(0.725)
    assert found.expected_intensity == pytest.approx(1 + 4 * 0.725)


def test_a_vote_counts_heads_and_not_certainty() -> None:
    said: list[Analysis | Unanalysed] = [analysis(0.99), analysis(0.4), analysis(0.4)]
    assert joined(said, "vote", [1, 1, 1]).label == "negative"
    assert joined(said, "mean", [1, 1, 1]).label == "positive"
    assert joined(said[:2], "vote", [1, 1]).label == "positive"  # one against one: the surer side


def test_a_member_that_fails_leaves_the_word_to_the_others() -> None:
    failed = Unanalysed("x", "endpoint-timeout", "늦음", "late")
    found = joined([failed, analysis(0.9)], "mean", [1, 1])
    assert found.note == "partial"
    assert found.sentiment["positive"] == 0.9
    assert join([failed, failed], [1, 1], "mean", "e") == replace(failed, classifier="e")


def test_opinions_of_the_same_words_become_one() -> None:
    ours = (Opinion("food", "positive", (0, 6), 0.8), Opinion("service", "negative", (8, 12), 0.9))
    theirs = (Opinion("food", "negative", (2, 5), 0.3), Opinion("value", "positive", (14, 16), 0.5))
    found = joined([analysis(0.5, ours), analysis(0.5, theirs)], "weighted", [2, 1])
    food, service = found.opinions
    assert (food.polarity, food.span, food.score) == ("positive", (0, 6), pytest.approx(1.6 / 3))
    assert (service.polarity, service.span, service.score) == ("negative", (8, 12), pytest.approx(0.6))


def test_a_member_without_emotions_or_opinions_takes_none_away() -> None:
    (full,) = HashJudge("full").classify(["맛있어요"])
    assert isinstance(full, Analysis)
    found = joined([analysis(0.5), full], "weighted", [9, 1])
    assert (found.emotions, found.felt, found.opinions, found.parts) == (
        full.emotions, full.felt, full.opinions, full.parts,
    )  # fmt: skip


def test_who_has_no_weight_is_not_asked() -> None:
    one, other = HashJudge("one"), HashJudge("other")
    EnsembleClassifier([one, other], "weighted", [1, 0]).classify(["가", "나"])
    assert (one.asked, other.asked) == (2, 0)


MADE = Combination(
    (Member("linear"), Member("llm", "qwen", prompt="review-1")), "weighted", (0.4, 0.6), seen=frozenset("ab")
)


def test_settings_are_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "made" / "ensemble.json"
    write_combination(MADE, path)
    assert read_combination(path, "ensemble") == MADE
    choice = ClassifierChoice("ensemble", model=str(path), endpoint="http://here/v1", requests=3)
    linear, llm = ensemble.members(choice)
    assert (linear.name, llm.model, llm.endpoint, llm.requests) == ("linear", "qwen", "http://here/v1", 3)
    made = ensemble.load(choice, judges(2))
    assert made.name == f"ensemble:{MADE.digest}"
    assert replace(MADE, weights=(0.5, 0.5)).digest != MADE.digest == replace(MADE, seen=frozenset()).digest


@pytest.mark.parametrize(
    "broken",
    [
        replace(MADE, weights=(1.0,)),
        replace(MADE, weights=(0.0, 0.0)),
        replace(MADE, weights=(float("nan"), 1.0)),
        replace(MADE, how="median"),
        replace(MADE, members=(Member("ensemble", "x.json"), Member("linear"))),
        replace(MADE, members=(), weights=()),
        replace(MADE, threshold=0.5),
    ],
)
def test_settings_that_are_none_are_refused(tmp_path: Path, broken: Combination) -> None:
    write_combination(broken, tmp_path / "e.json")
    with pytest.raises(FileProblem, match="hansang classifiers fit"):
        read_combination(tmp_path / "e.json", "ensemble")


def test_no_settings_and_foreign_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[]", encoding="utf-8")
    for name in ("none.json", "x.json"):
        with pytest.raises(FileProblem):
            ensemble.members(ClassifierChoice("ensemble", model=str(tmp_path / name)))
    with pytest.raises(BadSetting, match="--model"):
        ensemble.members(ClassifierChoice("ensemble"))
