"""Estimates with intervals by resampling items. Knows what a statistic is, not which.

A statistic is a sum over items followed by a function of the sums (``Parts``). What each item contributes is computed
once; a resample then only weighs the items anew, so that 1,000 resamples of 20,000 items are one sparse product.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from annotations.quality.distances import Floats

Reason = Literal["", "too-few", "unanimous", "unstable", "not-asked"]
"""Why there is no number: fewer than two items (value) or ten (interval) that count; nothing differs, so that nothing
is left to expect by chance; over 5 % of the resamples have no value; no interval was asked for."""

MIN_ITEMS = 2
MIN_ITEMS_FOR_INTERVAL = 10
_MAX_UNDEFINED = 0.05
_COLUMNS_AT_ONCE = 4_000
_DRAWS_AT_ONCE = 2_000_000
_SEED = 1_871


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with what it rests on. ``value`` is None exactly where ``reason`` says why, never NaN.

    ``low`` and ``high`` bound the percentile interval (95 % unless told), ``items`` and ``ratings`` are what counted,
    and ``same`` is the share of pairs of ratings that are equal, chance not taken out.
    """

    value: float | None
    items: int
    ratings: int
    same: float | None = None
    low: float | None = None
    high: float | None = None
    reason: Reason = ""
    interval_reason: Reason = "not-asked"


@dataclass(frozen=True, slots=True)
class Parts:
    """A statistic before it is summed.

    ``rows`` holds what each item adds (*shape:* items, columns), ``combine`` makes the values of sums (*shape:* sums,
    columns → sums; NaN where undefined). ``items`` and ``ratings`` say how many count, ``same`` see ``Estimate``.
    """

    rows: sparse.csr_array
    combine: Callable[[Floats], Floats]
    items: int
    ratings: int
    same: float | None = None


class Resampler:
    """How often each item is in each resample, drawn once with a seed and used for every statistic."""

    def __init__(self, items: int, resamples: int = 1_000, seed: int = _SEED, level: float = 0.95) -> None:
        self.items, self.resamples, self.level = items, resamples, level
        self._weights = _draw(items, resamples, seed)

    def sums(self, rows: sparse.csr_array) -> Floats:
        """The columns summed over every resample. *Shape:* (items, columns) → (resamples, columns)."""
        turned = rows.T.tocsr()
        found = np.empty((self.resamples, rows.shape[1]))
        step = max(1, _DRAWS_AT_ONCE // max(1, self.items))
        for start in range(0, self.resamples, step):
            block = slice(start, start + step)
            found[block] = (turned @ self._weights[block].T.astype(np.float64)).T
        return found


def _draw(items: int, resamples: int, seed: int) -> NDArray[np.uint8]:
    """Counts by resample and item. An item can't come 256 times: below 256 items there aren't so many draws, above it
    the chance is under 10⁻⁵⁰⁰.
    """
    random = np.random.default_rng(seed)
    weights = np.zeros((resamples, items), dtype=np.uint8)
    step = max(1, _DRAWS_AT_ONCE // max(1, items))
    for start in range(0, resamples if items else 0, step):
        some = min(step, resamples - start)
        drawn = random.integers(items, size=(some, items)) + np.arange(some)[:, None] * items
        weights[start : start + some] = np.bincount(drawn.ravel(), minlength=some * items).reshape(some, items)
    return weights


def estimate(parts: Sequence[Parts], resampler: Resampler | None = None) -> list[Estimate]:
    """The value of every statistic over its items, with an interval where a resampler is given."""
    found: list[Estimate] = []
    for batch in _batches(parts):
        spread = _spread(batch, resampler)
        found += [_estimate(part, values, resampler) for part, values in zip(batch, spread, strict=True)]
    return found


def _batches(parts: Sequence[Parts]) -> Iterator[list[Parts]]:
    """Statistics that are summed together: few enough columns that all their sums fit in memory."""
    batch: list[Parts] = []
    for part in parts:
        if batch and sum(one.rows.shape[1] for one in batch) + part.rows.shape[1] > _COLUMNS_AT_ONCE:
            yield batch
            batch = []
        batch.append(part)
    if batch:
        yield batch


def _spread(batch: list[Parts], resampler: Resampler | None) -> list[Floats]:
    """The values over the resamples; empty where no interval will be made of them."""
    wanted = [resampler is not None and part.items >= MIN_ITEMS_FOR_INTERVAL for part in batch]
    if resampler is None or not any(wanted):
        return [np.empty(0)] * len(batch)
    sums = resampler.sums(sparse.hstack([p.rows for p, want in zip(batch, wanted, strict=True) if want], format="csr"))
    found, column = [], 0
    for part, want in zip(batch, wanted, strict=True):
        width = part.rows.shape[1] if want else 0
        found.append(part.combine(sums[:, column : column + width]) if want else np.empty(0))
        column += width
    return found


def _estimate(part: Parts, spread: Floats, resampler: Resampler | None) -> Estimate:
    if part.items < MIN_ITEMS:
        return Estimate(None, part.items, part.ratings, part.same, reason="too-few", interval_reason="too-few")
    value = float(part.combine(np.asarray(part.rows.sum(axis=0), dtype=np.float64).reshape(1, -1))[0])
    if np.isnan(value):
        return Estimate(None, part.items, part.ratings, part.same, reason="unanimous", interval_reason="unanimous")
    if resampler is None:
        return Estimate(value, part.items, part.ratings, part.same)
    if part.items < MIN_ITEMS_FOR_INTERVAL:
        return Estimate(value, part.items, part.ratings, part.same, interval_reason="too-few")
    defined = spread[~np.isnan(spread)]
    if len(defined) < (1 - _MAX_UNDEFINED) * len(spread):
        return Estimate(value, part.items, part.ratings, part.same, interval_reason="unstable")
    tail = (1 - resampler.level) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return Estimate(value, part.items, part.ratings, part.same, float(low), float(high), interval_reason="")


def mean_parts(item: NDArray[np.int64], value: Floats, items: int) -> Parts:
    """The mean over items of the mean of each item's values, each of which is of a pair of ratings.

    *Shape:* item (pairs), value (pairs); ``items`` in all.
    """
    many = np.bincount(item, minlength=items)
    ones = many > 0
    means = np.divide(np.bincount(item, value, minlength=items), many, out=np.zeros(items), where=ones)
    rows = sparse.csr_array(np.column_stack([means, ones.astype(np.float64)]))
    return Parts(rows, _ratio, int(ones.sum()), 2 * len(item))


def _ratio(sums: Floats) -> Floats:
    found: Floats = np.divide(sums[:, 0], sums[:, 1], out=np.full(len(sums), np.nan), where=sums[:, 1] > 0)
    return found
