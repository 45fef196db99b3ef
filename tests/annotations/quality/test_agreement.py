"""Agreement against published figures, against definitions computed the slow way, and by the laws that it must obey."""

from __future__ import annotations

import itertools
import random
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from annotations.quality.agreement import (
    Rating,
    alpha,
    alpha_by_rater,
    alpha_parts,
    binary,
    kappa_parts,
    kappas,
    pairs,
    rater_pairs,
    rater_parts,
    tabulate,
)
from annotations.quality.bootstrap import Parts, Resampler, estimate, mean_parts
from annotations.quality.distances import Metric, Nominal, Sets, Value, apart, distance, members, midranks

METRICS: tuple[Metric, ...] = ("nominal", "ordinal", "interval", "masi", "strengths")


def rated(columns: dict[str, str]) -> list[Rating]:
    """People's values as strings of one character an item, "." where missing; digits become numbers."""
    return [
        Rating(item, who, int(mark) if mark.isdigit() else mark)
        for who, marks in columns.items()
        for item, mark in enumerate(marks)
        if mark != "."
    ]


# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability": his sections A, B and C/D
BINARY = rated({"Meg": "0100000010", "Owen": "1110010000"})
NOMINAL = rated({"Ben": "aabbdcccedda", "Gerry": "babbbccceddd"})
FOUR = rated({"A": "123321412...", "B": "1233224125.3", "C": ".3332342251.", "D": "12332441251."})


def test_krippendorff_two_observers_binary() -> None:
    assert alpha(BINARY, "nominal").value == pytest.approx(0.095, abs=0.0005)


def test_krippendorff_two_observers_nominal() -> None:
    found = alpha(NOMINAL, "nominal")
    assert found.value == pytest.approx(0.692, abs=0.0005)
    assert (found.items, found.ratings) == (12, 24)


@pytest.mark.parametrize(("metric", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_krippendorff_four_observers_with_missing_data(metric: Metric, published: float) -> None:
    found = alpha(FOUR, metric)
    assert found.value == pytest.approx(published, abs=0.0005)
    assert (found.items, found.ratings) == (11, 40)  # the item that only C rated has no pair


# Passonneau (2006), "Measuring Agreement on Set-valued Items (MASI)": monotonicity 1, 2/3, 1/3, 0


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (("a", "b"), ("a", "b"), 0),
        (("a", "b"), ("a",), 1 - 1 / 2 * 2 / 3),
        (("a",), ("a", "b", "c", "d"), 1 - 1 / 4 * 2 / 3),
        (("a", "b"), ("b", "c"), 1 - 1 / 3 * 1 / 3),
        (("a", "b", "c"), ("b", "c", "d"), 1 - 2 / 4 * 1 / 3),
        (("a",), ("b",), 1),
        ((), ("a",), 1),
        ((), (), 0),
    ],
)
def test_masi(left: Value, right: Value, expected: float) -> None:
    assert apart("masi", left, right) == pytest.approx(expected)
    assert apart("masi", right, left) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ((("joy", 2),), (("joy", 2),), 0),
        ((("joy", 1),), (("joy", 3),), 1 - 1 / 3),
        ((("joy", 3),), (("anger", 3),), 1),
        ((("joy", 2), ("anger", 1)), (("joy", 1), ("doubt", 2)), 1 - 1 / (2 + 1 + 2)),
        ((), (("joy", 1),), 1),
        ((), (), 0),
    ],
)
def test_distance_of_strengths(left: Value, right: Value, expected: float) -> None:
    assert apart("strengths", left, right) == pytest.approx(expected)


# The slow way: by definition


def slow_alpha(ratings: Sequence[Rating], apart: Callable[[Value, Value], float]) -> float | None:
    by_item: dict[int, list[Value]] = {}
    for rating in ratings:
        by_item.setdefault(rating.item, []).append(rating.value)
    units = [values for values in by_item.values() if len(values) > 1]
    every = [value for values in units for value in values]
    n = len(every)
    if len(units) < 2 or len(set(every)) < 2:
        return None
    observed = sum(
        sum(apart(a, b) for a, b in itertools.permutations(values, 2)) / (len(values) - 1) for values in units
    )
    expected = sum(apart(a, b) for a, b in itertools.permutations(every, 2)) / (n * (n - 1))
    return 1 - observed / n / expected


def slow_distance(metric: Metric, ratings: Sequence[Rating]) -> Callable[[Value, Value], float]:
    by_item = [list(g) for _, g in itertools.groupby(sorted(ratings), key=lambda rating: rating.item)]
    counted = [rating.value for group in by_item if len(group) > 1 for rating in group]

    def ordinal(left: Value, right: Value) -> float:
        low, high = sorted((int(str(left)), int(str(right))))
        between = sum(counted.count(g) for g in range(low, high + 1))
        return (between - (counted.count(low) + counted.count(high)) / 2) ** 2 if low < high else 0.0

    def strengths(left: Value, right: Value) -> float:
        a, b = dict(left), dict(right)  # type: ignore[arg-type]
        labels = {*a, *b}
        more = sum(max(a.get(label, 0), b.get(label, 0)) for label in labels)
        return 1 - sum(min(a.get(label, 0), b.get(label, 0)) for label in labels) / more if more else 0.0

    def masi(left: Value, right: Value) -> float:
        a, b = set(left), set(right)  # type: ignore[arg-type]
        if a == b:
            return 0.0
        return 1 - len(a & b) / len(a | b) * (2 / 3 if a < b or b < a else 1 / 3)

    return {
        "nominal": lambda left, right: float(left != right),
        "interval": lambda left, right: float((left - right) ** 2),  # type: ignore[operator]
        "ordinal": ordinal,
        "masi": masi,
        "strengths": strengths,
    }[metric]


def values_for(metric: Metric) -> st.SearchStrategy[Value]:
    labels = st.sampled_from("abcd")
    if metric == "masi":
        return st.sets(labels, max_size=3).map(lambda found: tuple(sorted(found)))
    if metric == "strengths":
        return st.dictionaries(labels, st.integers(1, 3), max_size=3).map(lambda found: tuple(sorted(found.items())))
    return labels if metric == "nominal" else st.integers(1, 5)


def ratings_for(metric: Metric, people: str = "ABCD", items: int = 8) -> st.SearchStrategy[list[Rating]]:
    place = st.tuples(st.integers(0, items - 1), st.sampled_from(people))
    found = st.dictionaries(place, values_for(metric), max_size=items * len(people))
    return found.map(lambda given: [Rating(item, who, value) for (item, who), value in given.items()])


with_metric = st.sampled_from(METRICS).flatmap(lambda metric: st.tuples(st.just(metric), ratings_for(metric)))


@settings(deadline=None)
@given(with_metric)
def test_alpha_is_what_the_definition_says(given_: tuple[Metric, list[Rating]]) -> None:
    metric, ratings = given_
    expected, found = slow_alpha(ratings, slow_distance(metric, ratings)), alpha(ratings, metric)
    assert (found.value is None) == (expected is None)
    assert bool(found.reason) == (expected is None)
    if expected is not None:
        assert found.value == pytest.approx(expected, abs=1e-9)


@settings(deadline=None)
@given(with_metric)
def test_set_distances_in_blocks_are_the_same(given_: tuple[Metric, list[Rating]]) -> None:
    metric, ratings = given_
    assume(metric in ("masi", "strengths"))
    table = tabulate(ratings)
    measure = distance(metric, table.values)
    size = len(table.values)
    everything = np.array([[apart(metric, a, b) for b in table.values] for a in table.values]).reshape(size, size)
    left, right = np.arange(size, dtype=float), np.arange(size, dtype=float) ** 2 + 1
    expected = left @ everything @ right
    with pytest.MonkeyPatch.context() as patch:
        for block in (1, 3 * max(size, 1), 10**6):
            patch.setattr("annotations.quality.distances._BLOCK", block)
            assert measure.cross(left[None], right[None])[0] == pytest.approx(expected)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=2, max_size=40))
def test_kappa_is_that_of_scikit_learn(answers: list[tuple[str, str]]) -> None:
    one, other = [a for a, _ in answers], [b for _, b in answers]
    found = kappas(rated({"A": "".join(one), "B": "".join(other)}), "nominal")["A", "B"]
    if len({*one, *other}) == 1:
        assert (found.value, found.reason) == (None, "unanimous")
    else:
        assert found.value == pytest.approx(cohen_kappa_score(one, other), abs=1e-12)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=2, max_size=40))
def test_quadratic_kappa_is_that_of_scikit_learn(answers: list[tuple[int, int]]) -> None:
    ratings = [Rating(n, who, value) for n, both in enumerate(answers) for who, value in zip("AB", both, strict=True)]
    found = kappas(ratings, "interval")["A", "B"]
    if len({value for both in answers for value in both}) == 1:
        assert (found.value, found.reason) == (None, "unanimous")
    else:
        one, other = ([both[side] for both in answers] for side in (0, 1))
        expected = cohen_kappa_score(one, other, weights="quadratic", labels=[1, 2, 3, 4, 5])
        assert found.value == pytest.approx(expected, abs=1e-12)


def test_kappa_of_textbooks() -> None:
    grants = "y" * 20 + "y" * 5 + "n" * 10 + "n" * 15, "y" * 20 + "n" * 5 + "y" * 10 + "n" * 15
    found = kappas(rated({"A": grants[0], "B": grants[1]}), "nominal")["A", "B"]
    assert found.value == pytest.approx(0.4)
    assert (found.items, found.same) == (50, 0.7)
    # Fleiss, Levin and Paik (2003), table 18.1: psychotic, neurotic, organic by two raters, kappa .676
    cells = {"pp": 75, "pn": 1, "po": 4, "np": 5, "nn": 4, "no": 1, "op": 0, "on": 0, "oo": 10}
    one, other = ("".join(pair[side] * many for pair, many in cells.items()) for side in (0, 1))
    assert kappas(rated({"A": one, "B": other}), "nominal")["A", "B"].value == pytest.approx(0.676, abs=0.0005)


# Laws


@settings(deadline=None)
@given(with_metric, st.randoms(use_true_random=False))
def test_order_of_items_and_people_changes_nothing(given_: tuple[Metric, list[Rating]], shuffle: random.Random) -> None:
    metric, ratings = given_
    turned = ratings[:]
    shuffle.shuffle(turned)
    assert alpha(turned, metric, 50) == alpha(ratings, metric, 50)
    renamed = {"A": "D", "B": "C", "C": "B", "D": "A"}
    swapped = alpha([rating._replace(rater=renamed[rating.rater]) for rating in ratings], metric)
    assert swapped.value == pytest.approx(alpha(ratings, metric).value)


@settings(deadline=None)
@given(with_metric)
def test_alpha_is_at_most_one_and_one_when_all_agree(given_: tuple[Metric, list[Rating]]) -> None:
    metric, ratings = given_
    found = alpha(ratings, metric)
    assert found.value is None or found.value <= 1
    first: dict[int, Value] = {}
    agreed = [rating._replace(value=first.setdefault(rating.item, rating.value)) for rating in ratings]
    whole = alpha(agreed, metric, 50)
    if whole.value is None:
        assert whole.reason in ("too-few", "unanimous")
    else:
        assert whole.value == pytest.approx(1)
        assert whole.same == 1
    for kappa in kappas(agreed, metric if metric != "ordinal" else "interval").values():
        assert kappa.value is None or kappa.value == pytest.approx(1)


@settings(deadline=None)
@given(ratings_for("nominal"), st.permutations("abcd"))
def test_nominal_alpha_does_not_mind_the_names_of_labels(ratings: list[Rating], names: list[str]) -> None:
    new = dict(zip("abcd", names, strict=True))
    relabelled = [rating._replace(value=new[str(rating.value)]) for rating in ratings]
    assert alpha(relabelled, "nominal").value == pytest.approx(alpha(ratings, "nominal").value)


@settings(deadline=None)
@given(ratings_for("interval"), st.integers(-9, 9), st.integers(1, 9))
def test_interval_alpha_does_not_mind_the_unit(ratings: list[Rating], shift: int, scale: int) -> None:
    moved = [rating._replace(value=shift + scale * int(str(rating.value))) for rating in ratings]
    assert alpha(moved, "interval").value == pytest.approx(alpha(ratings, "interval").value)


@settings(deadline=None)
@given(ratings_for("ordinal"))
def test_ordinal_alpha_minds_the_order_only(ratings: list[Rating]) -> None:
    stretched = [rating._replace(value=int(str(rating.value)) ** 3) for rating in ratings]
    assert alpha(stretched, "ordinal").value == pytest.approx(alpha(ratings, "ordinal").value)


@settings(deadline=None)
@given(ratings_for("nominal"))
def test_two_values_are_the_same_for_every_metric(ratings: list[Rating]) -> None:
    yes = [rating._replace(value=int(rating.value == "a")) for rating in ratings]
    expected = alpha(yes, "nominal").value
    assert alpha(yes, "ordinal").value == pytest.approx(expected)
    assert alpha(yes, "interval").value == pytest.approx(expected)
    table = tabulate(ratings)
    by_label = estimate([alpha_parts(binary(table, [value == "a" for value in table.values]), "nominal")])[0]
    assert by_label.value == pytest.approx(expected)


@settings(deadline=None)
@given(with_metric)
def test_two_people_each_have_the_alpha_of_both(given_: tuple[Metric, list[Rating]]) -> None:
    metric, ratings = given_
    two = [rating for rating in ratings if rating.rater in "AB"]
    both = alpha(two, metric)
    for found in alpha_by_rater(two, metric).values():
        assert found.value == pytest.approx(both.value)


@settings(deadline=None)
@given(st.sampled_from(METRICS).flatmap(lambda m: st.tuples(st.just(m), st.lists(values_for(m), min_size=9))))
def test_disagreement_of_people_averages_to_that_of_all(given_: tuple[Metric, list[Value]]) -> None:
    metric, values = given_
    ratings = [Rating(n // 3, "ABC"[n % 3], value) for n, value in enumerate(values[: len(values) // 3 * 3])]
    whole = alpha(ratings, metric)
    assume(whole.value is not None)
    people = [found.value for found in alpha_by_rater(ratings, metric).values()]
    assert statistics.fmean(value for value in people if value is not None) == pytest.approx(whole.value)


@settings(deadline=None)
@given(st.sampled_from(("masi", "strengths")).flatmap(lambda m: st.tuples(st.just(m), *[values_for(m)] * 3)))
def test_set_distances_are_symmetric_and_bounded(given_: tuple[Metric, Value, Value, Value]) -> None:
    metric, a, b, c = given_
    assert apart(metric, a, b) == pytest.approx(apart(metric, b, a))
    assert 0 <= apart(metric, a, b) <= 1
    assert (apart(metric, a, b) == 0) == (a == b)
    if metric == "strengths":  # a metric; MASI is none
        assert apart(metric, a, c) <= apart(metric, a, b) + apart(metric, b, c) + 1e-9


def test_distance_of_two_values() -> None:
    assert apart("nominal", "a", "a") == 0
    assert apart("nominal", "a", "b") == 1
    assert apart("interval", 2, 5) == 9
    assert apart("interval", 5, 5) == 0


def test_midranks() -> None:
    assert midranks(np.array([2.0, 0.0, 4.0])).tolist() == [1.0, 2.0, 4.0]


def test_members_of_sets() -> None:
    assert members([["a", "b"], [], ["b"]]).tolist() == [[1, 1], [0, 0], [0, 1]]
    assert Sets(members([[], []]), masi=True).cross(np.ones((1, 2)), np.ones((1, 2))).tolist() == [0]


# Too little, and nothing that differs


def test_nothing_at_all() -> None:
    found = alpha([], "masi", 100)
    assert (found.value, found.reason, found.items, found.ratings, found.same) == (None, "too-few", 0, 0, None)
    assert kappas([], "nominal") == {}
    assert alpha_by_rater([], "ordinal") == {}


def test_one_person_has_no_agreement() -> None:
    assert alpha(rated({"A": "1234"}), "ordinal").reason == "too-few"


def test_unanimous_is_told_and_not_a_number() -> None:
    for metric in ("nominal", "ordinal", "interval"):
        found = alpha(rated({"A": "1" * 20, "B": "1" * 20}), metric, 100)
        assert (found.value, found.low, found.reason, found.same) == (None, None, "unanimous", 1.0)


def test_a_person_who_always_says_the_same_has_kappa_zero() -> None:
    assert kappas(rated({"A": "1111", "B": "1212"}), "nominal")["A", "B"].value == 0


def test_few_items_have_no_interval_and_rare_differences_an_unstable_one() -> None:
    few = alpha(rated({"A": "121212121", "B": "121212122"}), "nominal", 100)
    assert few.value is not None
    assert (few.low, few.interval_reason) == (None, "too-few")
    rare = alpha(rated({"A": "2" + "1" * 30, "B": "1" * 31}), "nominal", 1_000)
    assert rare.value is not None
    assert (rare.low, rare.interval_reason) == (None, "unstable")  # a third of the resamples have nothing that differs


def test_two_values_of_one_person_for_one_item_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="one value"):
        alpha([Rating(1, "A", "x"), Rating(1, "A", "y")], "nominal")
    with pytest.raises(ValueError, match="not among"):
        tabulate([Rating(1, "A", "x")], items=[2])


def test_wrong_kinds_of_values_are_refused() -> None:
    with pytest.raises(ValueError, match="midranks"):
        distance("ordinal", (1, 2))
    with pytest.raises(TypeError):
        apart("interval", "a", "b")
    with pytest.raises(TypeError):
        apart("masi", "a", "b")


# Intervals


def noisy(random: np.random.Generator, items: int, right: float) -> list[Rating]:
    """Two people who each know the truth (one of three, equally often) with probability ``right``, else guess."""
    truth = random.integers(3, size=items)
    said = np.where(random.random((2, items)) < right, truth, random.integers(3, size=(2, items)))
    return [Rating(n, who, int(said[side, n])) for side, who in enumerate("AB") for n in range(items)]


def test_interval_covers_the_truth_as_often_as_it_says() -> None:
    """Agreement beyond chance is ``right``² here; of 300 intervals of 95 %, 274 to 296 should hold it (3 σ)."""
    random = np.random.default_rng(11)
    found = [alpha(noisy(random, 80, 0.8), "nominal", 400) for _ in range(300)]
    covered = sum(f.low is not None and f.high is not None and f.low <= 0.64 <= f.high for f in found)
    assert 270 <= covered <= 296


def test_interval_has_a_seed_and_narrows_with_items() -> None:
    random = np.random.default_rng(5)
    ratings = noisy(random, 400, 0.8)
    whole, again, part = (alpha(some, "nominal", 300) for some in (ratings, ratings, ratings[:50] + ratings[400:450]))
    assert whole == again
    assert whole.low is not None
    assert whole.high is not None
    assert part.low is not None
    assert part.high is not None
    assert whole.low < (whole.value or 0) < whole.high
    assert whole.high - whole.low < (part.high - part.low) / 1.5


def test_resampled_sums_are_those_of_drawn_items() -> None:
    table = tabulate(FOUR)
    part = alpha_parts(table, "interval")
    resampler = Resampler(len(table.items), 20, seed=3)
    drawn = resampler._weights.astype(float)
    assert drawn.sum(axis=1).tolist() == [len(table.items)] * 20
    assert resampler.sums(part.rows) == pytest.approx(drawn @ part.rows.toarray())


@settings(deadline=None)
@given(with_metric, st.integers(1, 6))
def test_batches_change_nothing(given_: tuple[Metric, list[Rating]], columns: int) -> None:
    metric, ratings = given_
    table = tabulate(ratings, items=range(40))
    among = pairs(table)
    parts: list[Parts] = [alpha_parts(table, metric, among)]
    parts += [rater_parts(table, metric, rater, among) for rater in table.raters]
    squared: Metric = "interval" if metric == "ordinal" else metric
    parts += [kappa_parts(table, squared, one, other, among) for one, other in rater_pairs(table, among)]
    resampler = Resampler(40, 30)
    whole = estimate(parts, resampler)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("annotations.quality.bootstrap._COLUMNS_AT_ONCE", columns)
        patch.setattr("annotations.quality.bootstrap._DRAWS_AT_ONCE", 120)
        assert estimate(parts, resampler) == whole


def test_mean_over_items() -> None:
    part = mean_parts(np.array([0, 0, 2]), np.array([0.0, 1.0, 1.0]), items=4)
    found = estimate([part])[0]
    assert (found.value, found.items, found.ratings) == (0.75, 2, 6)


def test_twenty_thousand_items_take_seconds() -> None:
    random = np.random.default_rng(1)
    labels = [f"e{n:02}" for n in range(12)]

    def emotions() -> Value:
        chosen = sorted(random.choice(12, size=random.integers(1, 4), replace=False))
        return tuple((labels[n], int(random.integers(1, 4))) for n in chosen)

    ratings = [Rating(n // 2, "AB"[n % 2], emotions()) for n in range(40_000)]
    began = time.process_time()
    found = alpha(ratings, "strengths", 1_000)
    assert time.process_time() - began < 30  # 2 s on an idle core; there are over 6,000 different answers
    assert found.value == pytest.approx(0, abs=0.02)
    assert found.low is not None


def test_nominal_needs_no_values() -> None:
    assert Nominal().between(np.array([0, 1]), np.array([0, 2])).tolist() == [0, 1]
