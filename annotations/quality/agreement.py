"""Krippendorff's alpha and Cohen's kappa over any distance, for all, per label and per person. Knows no scheme and no
database.

Alpha (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability") is 1 − Dₒ/Dₑ. Dₒ is the mean distance between
values of the same item, where an item with m values counts m times; Dₑ is the mean distance between any two of the n
values that can be paired, whatever their item. Missing values need no care: an item with fewer than two values has no
pair and is left out. Where all values are equal Dₑ is 0 and alpha is undefined: that is told as a reason, not as NaN
and not as 1.

Everything is sorted first, so that neither the order of annotators nor that of items changes a digit, intervals
included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy import sparse

from annotations.quality.bootstrap import Estimate, Parts, Resampler, estimate
from annotations.quality.distances import Codes, Distance, Floats, Interval, Metric, Value, distance, midranks


class Rating(NamedTuple):
    """One person's value for one item."""

    item: int
    rater: str
    value: Value


@dataclass(frozen=True, slots=True)
class Table:
    """Ratings by number: codes name places in ``items``, ``raters``, ``values``. *Shape* of the codes: (ratings)."""

    items: tuple[int, ...]
    raters: tuple[str, ...]
    values: tuple[Value, ...]
    item: Codes
    rater: Codes
    value: Codes


@dataclass(frozen=True, slots=True)
class Pairs:
    """Every two ratings of one item. ``left`` and ``right`` are places in the table, ``share`` is 1 / (m − 1)."""

    item: Codes
    left: Codes
    right: Codes
    share: Floats

    def where(self, chosen: Codes | np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Pairs:
        """Some of them."""
        return Pairs(self.item[chosen], self.left[chosen], self.right[chosen], self.share[chosen])


def tabulate(ratings: Iterable[Rating], items: Sequence[int] | None = None) -> Table:
    """Number the ratings. ``items`` names items that count as drawn from though they may have no rating here.

    Raises:
        ValueError: one person rated one item twice, or an item is not among ``items``.
    """
    rows = sorted(ratings, key=lambda rating: (rating.item, rating.rater))
    known = sorted({row.item for row in rows} if items is None else set(items))
    raters, values = sorted({row.rater for row in rows}), sorted({row.value for row in rows}, key=_order)
    place = {item: n for n, item in enumerate(known)}
    if strange := {row.item for row in rows} - place.keys():
        raise ValueError(f"not among the items: {sorted(strange)[:5]}")
    if len({(row.item, row.rater) for row in rows}) < len(rows):
        raise ValueError("a person has one value for an item")
    who = {rater: n for n, rater in enumerate(raters)}
    what = {value: n for n, value in enumerate(values)}
    numbers = np.array([(place[r.item], who[r.rater], what[r.value]) for r in rows], dtype=np.int64).reshape(-1, 3)
    return Table(tuple(known), tuple(raters), tuple(values), numbers[:, 0], numbers[:, 1], numbers[:, 2])


def _order(value: Value) -> tuple[int, Value]:
    """Numbers by size, which the ordinal metric goes by."""
    return (value, "") if isinstance(value, int) else (0, value)


def pairs(table: Table) -> Pairs:
    """Every two ratings of each item, all items with m ratings at once."""
    many = np.bincount(table.item, minlength=len(table.items))
    first = np.concatenate([[0], np.cumsum(many)[:-1]]) if len(many) else np.empty(0, dtype=np.int64)
    found: list[tuple[Codes, Codes, Codes, Floats]] = []
    for m in np.unique(many[many > 1]):
        of = np.flatnonzero(many == m)
        one, other = np.triu_indices(m, k=1)
        left, right = (first[of][:, None] + side for side in (one, other))
        item = np.repeat(of, len(one))
        found.append((item, left.ravel(), right.ravel(), np.full(len(item), 1 / (m - 1))))
    if not found:
        none = np.empty(0, dtype=np.int64)
        return Pairs(none, none, none, np.empty(0))
    item, left, right, share = (np.concatenate(column) for column in zip(*found, strict=True))
    return Pairs(item, left, right, share)


def binary(table: Table, chosen: Sequence[bool]) -> Table:
    """The same ratings, asked only whether the value is one of the chosen. ``chosen`` goes by ``table.values``."""
    picked = np.asarray(chosen, dtype=np.int64)
    return replace(table, values=(0, 1), value=picked[table.value] if len(table.value) else table.value)


def alpha_parts(table: Table, metric: Metric, among: Pairs | None = None) -> Parts:
    """Krippendorff's alpha, to be summed. ``among`` are the table's pairs, where they are known already."""
    known = pairs(table) if among is None else among
    # m (m − 1) / 2 pairs of 2 / (m − 1) each: an item with m values counts m times
    return _parts(table, metric, known, 2 * known.share)


def rater_parts(table: Table, metric: Metric, rater: str, among: Pairs) -> Parts:
    """One person's alpha against all who answered the same items.

    Dₒ is the mean over items of the mean distance between this person's value and the others'; Dₑ that of any two
    values given to these items. With two annotators it is alpha itself; where all answer everything, the mean over
    people of Dₒ is the Dₒ of alpha.
    """
    number = table.raters.index(rater)
    own = among.where((table.rater[among.left] == number) | (table.rater[among.right] == number))
    return _parts(table, metric, own, own.share)


def _parts(table: Table, metric: Metric, some: Pairs, weight: Floats) -> Parts:
    items = np.unique(some.item)
    counted = np.flatnonzero(np.isin(table.item, items))
    used, codes = np.unique(table.value[counted], return_inverse=True)
    recode = np.zeros(len(table.values), dtype=np.int64)
    recode[used] = np.arange(len(used))
    left, right = recode[table.value[some.left]], recode[table.value[some.right]]
    counts = _counts(table.item[counted], codes, len(table.items), len(used))
    same = float(np.average(left == right, weights=weight)) if len(weight) else None
    if metric == "ordinal":
        rows, combine = _ordinal(some.item, left, right, weight, counts)
    else:
        measure = distance(metric, [table.values[code] for code in used])
        observed = np.bincount(some.item, weight * measure.between(left, right), minlength=len(table.items))
        total = np.bincount(some.item, weight, minlength=len(table.items))
        rows = sparse.hstack([sparse.csr_array(np.column_stack([observed, total])), counts], format="csr")
        combine = _combine(measure)
    return Parts(rows, combine, len(items), len(counted), same)


def _counts(item: Codes, code: Codes, items: int, values: int) -> sparse.csr_array:
    return sparse.csr_array((np.ones(len(item)), (item, code)), shape=(items, values))


def _combine(measure: Distance) -> Callable[[Floats], Floats]:
    def combine(sums: Floats) -> Floats:
        counts = sums[:, 2:]
        return _alpha(sums[:, 0], sums[:, 1], measure.cross(counts, counts), counts)

    return combine


def _ordinal(
    item: Codes, left: Codes, right: Codes, weight: Floats, counts: sparse.csr_array
) -> tuple[sparse.csr_array, Callable[[Floats], Floats]]:
    """The distance depends on the counts, so that the coincidences are summed first and measured after."""
    items, values = counts.shape
    cells = sparse.csr_array((weight, (item, left * values + right)), shape=(items, values * values))

    def combine(sums: Floats) -> Floats:
        together, many = sums[:, values:].reshape(-1, values, values), sums[:, :values]
        ranks = midranks(many)
        gaps = np.square(ranks[:, :, None] - ranks[:, None, :])
        observed, total = (together * gaps).sum(axis=(1, 2)), together.sum(axis=(1, 2))
        return _alpha(observed, total, Interval(ranks).cross(many, many), many)

    return sparse.hstack([counts, cells], format="csr"), combine


def _alpha(observed: Floats, total: Floats, expected: Floats, counts: Floats) -> Floats:
    """1 − Dₒ/Dₑ by row; NaN where fewer than two values occur."""
    many = counts.sum(axis=1)
    varied = ((counts > 0).sum(axis=1) > 1) & (total > 0)
    by_chance = np.divide(expected, many * (many - 1), out=np.ones_like(expected), where=varied)
    found = np.divide(observed, total, out=np.zeros_like(observed), where=varied)
    return np.where(varied, 1 - np.divide(found, by_chance), np.nan)


def kappa_parts(table: Table, metric: Metric, one: str, other: str, among: Pairs) -> Parts:
    """Cohen's kappa of two people over the items that both rated: 1 − Dₒ/Dₑ, Dₑ from each one's own frequencies.

    ``nominal`` is Cohen (1960), ``interval`` the quadratically weighted kappa (Cohen 1968), the set distances are
    weights of the same kind.

    Raises:
        ValueError: ``ordinal``: kappa weighs scales quadratically.
    """
    sides = [table.raters.index(rater) for rater in sorted((one, other))]
    both = among.where((table.rater[among.left] == sides[0]) & (table.rater[among.right] == sides[1]))
    used, codes = np.unique(table.value[np.concatenate([both.left, both.right])], return_inverse=True)
    left, right = codes[: len(both.item)], codes[len(both.item) :]
    measure = distance(metric, [table.values[code] for code in used])
    items, values = len(table.items), len(used)
    observed = np.bincount(both.item, measure.between(left, right), minlength=items)
    counts = [_counts(both.item, codes_, items, values) for codes_ in (left, right)]
    rows = sparse.hstack([sparse.csr_array(observed[:, None]), *counts], format="csr")

    def combine(sums: Floats) -> Floats:
        first, second = sums[:, 1 : 1 + values], sums[:, 1 + values :]
        varied = (((first + second) > 0).sum(axis=1)) > 1
        by_chance = measure.cross(first, second)
        scaled = np.divide(sums[:, 0] * first.sum(axis=1), by_chance, out=np.zeros(len(sums)), where=varied)
        return np.where(varied, 1 - scaled, np.nan)

    same = float(np.mean(left == right)) if len(left) else None
    return Parts(rows, combine, len(both.item), 2 * len(both.item), same)


def rater_pairs(table: Table, among: Pairs) -> list[tuple[str, str]]:
    """The pairs of people who have an item in common, in order."""
    met = np.unique(np.column_stack([table.rater[among.left], table.rater[among.right]]), axis=0)
    return [(table.raters[one], table.raters[other]) for one, other in met]


def alpha(ratings: Iterable[Rating], metric: Metric, resamples: int = 0) -> Estimate:
    """Krippendorff's alpha, with a bootstrap interval over items where resamples are wanted."""
    table = tabulate(ratings)
    return estimate([alpha_parts(table, metric)], _resampler(table, resamples))[0]


def alpha_by_rater(ratings: Iterable[Rating], metric: Metric, resamples: int = 0) -> Mapping[str, Estimate]:
    """Each person's alpha against the others (``rater_parts``)."""
    table = tabulate(ratings)
    among = pairs(table)
    parts = [rater_parts(table, metric, rater, among) for rater in table.raters]
    return dict(zip(table.raters, estimate(parts, _resampler(table, resamples)), strict=True))


def kappas(ratings: Iterable[Rating], metric: Metric, resamples: int = 0) -> Mapping[tuple[str, str], Estimate]:
    """Cohen's kappa of every two people who rated an item in common (``kappa_parts``)."""
    table = tabulate(ratings)
    among = pairs(table)
    met = rater_pairs(table, among)
    parts = [kappa_parts(table, metric, one, other, among) for one, other in met]
    return dict(zip(met, estimate(parts, _resampler(table, resamples)), strict=True))


def _resampler(table: Table, resamples: int) -> Resampler | None:
    return Resampler(len(table.items), resamples) if resamples else None
