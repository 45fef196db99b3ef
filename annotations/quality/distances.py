"""How far apart two answers are. Knows nothing of annotators, tasks or chance; ``agreement`` builds on it.

Values are numbered by codes 0 … K−1. No K × K matrix is ever held: sets are compared in blocks, the others have a
closed form, so that thousands of different combinations of emotions cost little memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Value = str | int | tuple[str, ...] | tuple[tuple[str, int], ...]
"""An answer to one field: an option, a number, a sorted set of labels, or sorted labels with their strengths."""

Metric = Literal["nominal", "ordinal", "interval", "masi", "strengths"]
_BLOCK = 2_000_000  # set distances held at once: 16 MB


class Distance(Protocol):
    """A distance between values that are named by their codes."""

    def between(self, left: Codes, right: Codes) -> Floats:
        """Distances of pairs. *Shape:* (pairs), (pairs) → (pairs)."""
        ...

    def cross(self, left: Floats, right: Floats) -> Floats:
        """Σ over c, k of left[c] · right[k] · δ(c, k), row by row. *Shape:* (rows, K), (rows, K) → (rows)."""
        ...


class Nominal:
    """0 for the same value, 1 for any other."""

    def between(self, left: Codes, right: Codes) -> Floats:
        """See ``Distance``."""
        return np.asarray(left != right, dtype=np.float64)

    def cross(self, left: Floats, right: Floats) -> Floats:
        """See ``Distance``."""
        same: Floats = (left * right).sum(axis=-1)
        every: Floats = left.sum(axis=-1) * right.sum(axis=-1)
        return np.subtract(every, same)


class Interval:
    """The squared difference of numbers. *Shape:* points (K), or (rows, K) where each row has numbers of its own."""

    def __init__(self, points: Floats) -> None:
        self._points = points

    def between(self, left: Codes, right: Codes) -> Floats:
        """See ``Distance``."""
        gap: Floats = self._points[left] - self._points[right]
        return np.square(gap)

    def cross(self, left: Floats, right: Floats) -> Floats:
        """See ``Distance``; (a − b)² multiplied out, so that it takes sums of K and not of K²."""
        points, squares = self._points, np.square(self._points)
        moments = (left * squares).sum(axis=-1) * right.sum(axis=-1), (right * squares).sum(axis=-1) * left.sum(axis=-1)
        between: Floats = moments[0] + moments[1] - 2 * (left * points).sum(axis=-1) * (right * points).sum(axis=-1)
        return between


class Sets:
    """MASI or Jaccard distance of sets. *Shape:* members (K, elements), 1 where the element is in the set."""

    def __init__(self, members: Floats, *, masi: bool) -> None:
        self._members = members
        self._sizes: Floats = members.sum(axis=1)
        self._masi = masi

    def between(self, left: Codes, right: Codes) -> Floats:
        """See ``Distance``."""
        shared: Floats = np.einsum("ij,ij->i", self._members[left], self._members[right])
        return self._of(shared, self._sizes[left], self._sizes[right])

    def cross(self, left: Floats, right: Floats) -> Floats:
        """See ``Distance``."""
        total = np.zeros(left.shape[0])
        step = max(1, _BLOCK // max(1, len(self._sizes)))
        for start in range(0, len(self._sizes), step):
            block = slice(start, start + step)
            shared = self._members[block] @ self._members.T
            apart = self._of(shared, self._sizes[block, None], self._sizes[None, :])
            total += np.einsum("ij,ij->i", left[:, block] @ apart, right)
        return total

    def _of(self, shared: Floats, left: Floats, right: Floats) -> Floats:
        union = left + right - shared
        alike = np.divide(shared, union, out=np.ones_like(shared), where=union > 0)  # two empty sets are the same
        if self._masi:
            smaller = np.minimum(left, right)
            alike = alike * np.where(shared == union, 1.0, np.where(shared == smaller, 2 / 3, 1 / 3))
        return 1 - alike


def midranks(counts: Floats) -> Floats:
    """Numbers whose squared differences are Krippendorff's ordinal distance under these counts.

    His metric is (Σ of n_g for g from c to k, less (n_c + n_k) / 2)². The bracket is the difference of r_c = (Σ of
    n_g for g < c) + n_c / 2, so the ordinal alpha is the interval alpha of the midranks. *Shape:* (…, K) → (…, K).
    """
    ranks: Floats = np.cumsum(counts, axis=-1) - counts / 2
    return ranks


def distance(metric: Metric, values: Sequence[Value]) -> Distance:
    """The distance over values that are named by their places in ``values``.

    ``masi`` is Passonneau (2006): 1 − Jaccard × monotonicity, which is 1 for equal sets, 2/3 where one holds the
    other, 1/3 where they only overlap, 0 where they share nothing. Two empty sets agree (distance 0).

    ``strengths`` is the Ruzicka distance 1 − Σ min(a, b) / Σ max(a, b) over the strengths a, b of every label, 0
    where a label is absent. It is 2d / (1 + d) of the L1 distance d normalised by the total strength (Bray-Curtis),
    and a metric (Kosub 2019). One label with strengths 1 and 3 is 2/3 apart, with another label 1: naming another
    emotion weighs more than feeling the same one less. Computed as the Jaccard distance of the sets of (label, level)
    with level ≤ strength.

    Raises:
        ValueError: ``ordinal``, whose distance depends on how often each value was given (see ``midranks``).
    """
    if metric == "nominal":
        return Nominal()
    if metric == "interval":
        return Interval(np.array([_number(value) for value in values]))
    if metric == "ordinal":
        raise ValueError("the ordinal distance needs counts: use midranks")
    return Sets(members([_elements(value) for value in values]), masi=metric == "masi")


def _number(value: Value) -> float:
    if not isinstance(value, int):
        raise TypeError(f"an interval scale takes whole numbers, not {value!r}")
    return float(value)


def _elements(value: Value) -> list[tuple[str, int]]:
    """A set as pairs of label and level; a label without a strength has the one level 1."""
    if not isinstance(value, tuple):
        raise TypeError(f"a set of labels is a tuple, not {value!r}")
    pairs = [(part, 1) if isinstance(part, str) else part for part in value]
    return [(label, level) for label, strength in pairs for level in range(1, strength + 1)]


def members(sets: Sequence[Iterable[object]]) -> Floats:
    """Sets as rows of 0 and 1. *Shape:* (sets, different elements), the columns in the order of first appearance."""
    column: dict[object, int] = {}
    places = [[column.setdefault(element, len(column)) for element in elements] for elements in sets]
    found = np.zeros((len(sets), len(column)))
    for row, filled in enumerate(places):
        found[row, filled] = 1
    return found


def apart(metric: Metric, left: Value, right: Value) -> float:
    """The distance of two values. For ``interval`` it is a squared difference, for the rest it lies between 0 and 1."""
    values = (left,) if left == right else (left, right)
    return float(distance(metric, values).between(np.array([0]), np.array([len(values) - 1]))[0])
