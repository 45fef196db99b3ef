"""Makes the scores of search engines as good as those of retrievers that score every passage, where it matters.

An engine brings its best passages, the lowest score of all, and a bound on what it didn't bring. Candidates come from
the best of each retriever, which are exact; what is missing of them is asked for. The best of the *fused* score can be
anywhere: passages whose bound reaches those known to be best are asked for as well (the threshold algorithm: Fagin,
Lotem and Naor, "Optimal aggregation algorithms for middleware", PODS 2001), so nothing that belongs there is missed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.fusion import top_rows
from pipeline.protocols import FloatArray, Found

CONTENDERS = 2_000  # passages asked for at most, those with the highest bound

Fuse = Callable[[dict[str, FloatArray]], FloatArray]
"""The fused score from those of all stages. *Shape:* ``(passages,)``."""

Choose = Callable[[dict[str, FloatArray], FloatArray], NDArray[np.int64]]
"""The rows of the candidates, from the scores of all stages and the fused one."""


def settle(
    scores: dict[str, FloatArray],
    found: Mapping[str, Found],
    fuse: Fuse,
    choose: Choose,
    depth: int,
    also: Sequence[int] = (),
) -> dict[str, FloatArray]:
    """The scores, exact for all candidates, for the best ``depth`` of the fused score, and for the rows ``also``."""
    fused = fuse(dict(scores))
    rows, best = choose(scores, fused), contenders(scores, found, fused, fuse, depth)
    return complete(scores, found, np.union1d(rows, np.concatenate((best, np.asarray(also, dtype=np.int64)))))


def complete(
    scores: Mapping[str, FloatArray], found: Mapping[str, Found], rows: NDArray[np.int64]
) -> dict[str, FloatArray]:
    """The scores, exact in some rows. Rows that may not take part (−inf) stay as they are."""
    whole = dict(scores)
    for stage, each in found.items():
        missing = rows[~each.known[rows] & np.isfinite(scores[stage][rows])]
        if len(missing):
            whole[stage] = scores[stage].copy()
            whole[stage][missing] = each.score_rows(missing)
    return whole


def contenders(
    scores: dict[str, FloatArray], found: Mapping[str, Found], fused: FloatArray, fuse: Fuse, depth: int
) -> NDArray[np.int64]:
    """The rows that may be among the best ``depth`` of the fused score, as far as the bounds tell; in no order.

    ``fused`` is that of the scores as they are.
    """
    best = top_rows(fused, depth)
    unknown = np.isfinite(fused) & ~np.all([each.known for each in found.values()], axis=0)
    if not unknown.any():
        return best
    floor = fused[best[-1]] if len(best) == depth else -np.inf
    bounds, kept = _bounds(scores, found)
    highest = fuse(bounds)
    reaching = np.flatnonzero(unknown & (highest >= floor))
    if len(reaching) > CONTENDERS:
        reaching = reaching[np.argsort(-highest[reaching], kind="stable")[:CONTENDERS]]
    return np.unique(np.concatenate((best, reaching, kept)))


def _bounds(
    scores: Mapping[str, FloatArray], found: Mapping[str, Found]
) -> tuple[dict[str, FloatArray], NDArray[np.int64]]:
    """The highest scores that passages can have; and the rows that keep the lowest, so that min-max stays the same."""
    bounds, kept = dict(scores), []
    for stage, each in found.items():
        unknown = np.flatnonzero(~each.known & np.isfinite(scores[stage]))
        if len(unknown):
            bounds[stage] = scores[stage].copy()
            bounds[stage][unknown[1:]] = each.beyond
            kept.append(unknown[0])
    return bounds, np.array(kept, dtype=np.int64)
