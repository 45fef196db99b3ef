"""Hashes of the character, jamo and word n-grams of a batch of texts. Knows nothing of what they weigh.

A hash is rolled over code points modulo 2³², for every position of the batch at once; an n-gram that would reach into
the next text has the hash ``NOTHING``. Characters, jamo and words each have a seed of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.analysis.letters import END, SPACE, Codes, Flags, Letters, Positions, jamo

Hashes = NDArray[np.uint32]

NOTHING = np.uint32(0)
CHARACTERS = (1, 2, 3, 4, 5)
JAMO = (4, 5, 6, 7)
WORDS = (1, 2, 3)

_BASE = np.uint32(0x01000193)  # the prime of FNV-1, 32 bit
_CHARACTER_SEED, _JAMO_SEED, _WORD_SEED = np.uint32(0x9E3779B1), np.uint32(0x85EBCA77), np.uint32(0xC2B2AE3D)


@dataclass(frozen=True, slots=True)
class Grams:
    """One family of n-grams: row by row those that begin at a position, one column for each n.

    ``letters`` says which letter of the batch a row begins at; it never falls.

    *Shape:* ``(rows, orders)``, ``(rows,)``.
    """

    hashes: Hashes
    letters: Positions


def grams(found: Letters) -> tuple[Grams, Grams, Grams]:
    """The character, jamo and word n-grams of a batch. White space counts as a character, but not by itself."""
    characters = Grams(_rolled(found.codes, found.left, CHARACTERS, _CHARACTER_SEED), np.arange(len(found.codes)))
    characters.hashes[found.codes == SPACE, 0] = NOTHING
    codes, left, owner = jamo(found)
    return characters, Grams(_rolled(codes, left, JAMO, _JAMO_SEED), owner), words(found)


def _rolled(codes: Codes, left: Positions, orders: Sequence[int], seed: np.uint32) -> Hashes:
    size = len(codes)
    hashes = np.empty((size, len(orders)), dtype=np.uint32)
    rolling = np.full(size, seed, dtype=np.uint32)
    for length in range(1, orders[-1] + 1):
        reach = max(0, size - length + 1)
        rolling[:reach] = rolling[:reach] * _BASE ^ codes[length - 1 :]
        if length in orders:
            hashes[:, orders.index(length)] = np.where(left >= length, _mixed(rolling), NOTHING)
    return hashes


def words(found: Letters) -> Grams:
    """The n-grams of what white space separates."""
    codes = found.codes
    inside = (codes != SPACE) & (codes != END)
    opens = inside.copy()
    opens[1:] &= ~inside[:-1]
    starts = np.flatnonzero(opens)
    hashes = np.empty((len(starts), len(WORDS)), dtype=np.uint32)
    if not len(starts):
        return Grams(hashes, starts)
    rolling = _word_hashes(codes, inside, opens)
    single = rolling.copy()
    bounds = np.searchsorted(starts, found.bounds)
    left = np.repeat(bounds[1:], np.diff(bounds)) - np.arange(len(starts))
    for column, length in enumerate(WORDS):
        reach = max(0, len(starts) - length + 1)
        if length > 1:
            rolling[:reach] = rolling[:reach] * _BASE ^ single[length - 1 :]
        hashes[:, column] = np.where(left >= length, _mixed(rolling), NOTHING)
    return Grams(hashes, starts)


def _word_hashes(codes: Codes, inside: Flags, opens: Flags) -> Hashes:
    """One hash a word: the sum of its letters, each times a power of the base by its place in the word."""
    kept = codes[inside]
    begins = np.flatnonzero(opens[inside])
    place = np.arange(len(kept)) - np.repeat(begins, np.diff(np.append(begins, len(kept))))
    powers = np.cumprod(np.full(int(place.max()) + 1, _BASE, dtype=np.uint32), dtype=np.uint32)
    sums: Hashes = np.add.reduceat(_mixed(kept) * powers[place], begins, dtype=np.uint32)
    return sums ^ _WORD_SEED


def _mixed(hashes: Hashes) -> Hashes:
    """The finaliser of MurmurHash3, 32 bit: neighbouring values end up far apart."""
    mixed = hashes ^ hashes >> np.uint32(16)
    mixed = mixed * np.uint32(0x85EBCA6B)
    mixed ^= mixed >> np.uint32(13)
    mixed *= np.uint32(0xC2B2AE35)
    mixed ^= mixed >> np.uint32(16)
    return mixed
