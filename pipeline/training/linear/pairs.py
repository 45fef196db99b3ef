"""Ridge regression of few texts with many grams and many targets, solved over pairs of texts: exact, and takes seconds.

The weights of grams are a sum over texts (the representer theorem). One matrix of texts × texts is inverted; leaving
some texts out then costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack
from scipy.sparse import csr_matrix

from pipeline.analysis import tables
from pipeline.analysis.grams import Hashes, grams
from pipeline.analysis.letters import letters
from pipeline.analysis.model import Scored
from pipeline.analysis.pieces import pieces
from pipeline.own_thread import in_own_thread
from pipeline.protocols import FloatArray
from pipeline.training.linear.data import Integers
from pipeline.training.linear.matrix import counted, hashed, valued, vocabulary
from pipeline.training.linear.shrinking import Weighed


@dataclass(frozen=True, slots=True)
class Pairs:
    """Texts as unit vectors of valued grams, and how alike each two of them are.

    *Shape:* ``x`` ``(texts, grams)``, ``known`` and ``values`` ``(grams,)``, ``alike`` ``(texts, texts)``.
    """

    x: csr_matrix
    known: Hashes
    values: FloatArray
    alike: FloatArray


def pairs(texts: Sequence[str], *, least: int, most: float = 1.0) -> Pairs:
    """The grams that occur ``least`` times, but not in more than ``most`` of the texts, valued by idf."""
    given = hashed(texts)
    known = vocabulary(given, least)
    counts = counted(given, known)
    frequency = np.asarray((counts > 0).sum(axis=0)).ravel()
    kept = np.flatnonzero((frequency <= most * len(texts)) & (frequency > 0))
    values = np.log(len(texts) / frequency[kept]).astype(np.float32)
    x = valued(counts[:, kept].tocsr(), values)
    return Pairs(x, known[kept], values, np.asarray((x @ x.T).todense(), dtype=np.float32))


def inverse(given: Pairs, shares: FloatArray, ridge: float) -> FloatArray:
    """What fits with and without some of the texts share; a text counts its share. *Shape:* ``(texts, texts)``."""
    matrix = given.alike + np.diag(ridge / shares).astype(np.float32)
    factor, failed = in_own_thread(lapack.spotrf, matrix, lower=0, overwrite_a=1)
    upper, failed_too = in_own_thread(lapack.spotri, factor, lower=0, overwrite_c=1)
    if failed or failed_too:
        raise np.linalg.LinAlgError(f"spotrf {failed}, spotri {failed_too}")
    upper = np.triu(upper)
    whole: FloatArray = upper + np.triu(upper, 1).T
    return whole


def weigh(
    given: Pairs, inverted: FloatArray, rows: Integers, targets: FloatArray, size: int, signs: FloatArray
) -> Weighed:
    """The weights of a ridge regression on some of the texts.

    *Shape:* ``targets`` ``(texts, scores)``.
    """
    duals, intercepts = _solve(inverted, rows, targets)
    weights = (given.x[rows].T @ duals) * given.values[:, None]
    worth = np.abs(weights / np.maximum(np.abs(weights).max(axis=0), 1e-9)).max(axis=1)
    return Weighed(given.known, weights, given.values**2, worth, intercepts, signs, size)


def _solve(inverted: FloatArray, rows: Integers, targets: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What each of some texts gives to the weights, and the intercepts, which aren't held down.

    The inverse without the other texts follows from that with all by the inverse of a block matrix.
    """
    others = np.setdiff1d(np.arange(len(inverted)), rows)
    sides = np.concatenate((targets[rows], np.ones((len(rows), 1), dtype=np.float32)), axis=1)
    across = inverted[np.ix_(others, rows)]
    solved = inverted[np.ix_(rows, rows)] @ sides
    solved -= across.T @ in_own_thread(np.linalg.solve, inverted[np.ix_(others, others)], across @ sides)
    intercepts = solved[:, :-1].sum(axis=0) / solved[:, -1].sum()
    return (solved[:, :-1] - solved[:, -1:] * intercepts).astype(np.float32), intercepts.astype(np.float32)


def described(scored: Scored, texts: Sequence[str]) -> FloatArray:
    """The features that a table gives of texts. *Shape:* ``(texts, features)``."""
    found = letters(texts)
    cut = pieces(found)
    return scored.describe(tables.sums(scored.table, grams(found), cut.starts), cut)
