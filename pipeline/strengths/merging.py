"""Step D: claims that say the same become one. Which do is a graph; its components are found by union-find."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from pipeline.strengths.types import Checked

AT_ONCE = 0.88  # cosine from which two claims are one
PERHAPS = 0.82  # cosine from which they are one where they share evidence
SHARED = 0.3  # share of the smaller one's reviews that the other has, too

Join = Callable[[Sequence[Checked]], Checked]
"""Makes one claim of several, evidence united."""


def merge(checked: Sequence[Checked], join: Join) -> tuple[Checked, ...]:
    """The claims without duplicates, each where the first of its component stood."""
    pairs = [
        (i, j) for i in range(len(checked)) for j in range(i + 1, len(checked)) if same_claim(checked[i], checked[j])
    ]
    return tuple(
        checked[group[0]] if len(group) == 1 else join([checked[i] for i in group])
        for group in components(len(checked), pairs)
    )


def same_claim(one: Checked, other: Checked) -> bool:
    """Whether two claims are one: much alike, or alike and resting on the same reviews."""
    near = float(np.dot(one.vector, other.vector))
    return near >= AT_ONCE or (near >= PERHAPS and shared(one, other) >= SHARED)


def shared(one: Checked, other: Checked) -> float:
    """How much of the evidence of the one with less is the other's, too."""
    smaller = min(len(one.review_ids), len(other.review_ids))
    return len(one.review_ids & other.review_ids) / smaller if smaller else 0.0


def components(size: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The connected components of a graph over ``0 … size − 1``, by their first members; members in order."""
    parent = list(range(size))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for one, other in pairs:
        first, second = sorted((root(one), root(other)))
        parent[second] = first
    groups: dict[int, list[int]] = {}
    for node in range(size):
        groups.setdefault(root(node), []).append(node)
    return list(groups.values())
