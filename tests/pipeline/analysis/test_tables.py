"""Tables find what they hold, add up like dictionaries, and survive their file; heads give probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis import tables
from pipeline.analysis.grams import Grams, grams
from pipeline.analysis.heads import Head
from pipeline.analysis.letters import letters
from pipeline.analysis.tables import make, pack, sums, unpack

hashes = st.lists(st.integers(1, 2**32 - 1), min_size=1, max_size=200, unique=True)


def table_of(known: list[int]) -> tables.Table:
    rng = np.random.default_rng(len(known))
    weights = rng.normal(size=(len(known), 3)).astype(np.float32)
    return make(np.array(known, dtype=np.uint32), weights, rng.random(len(known)).astype(np.float32))


@given(hashes, st.lists(st.integers(1, 2**32 - 1), max_size=50))
def test_a_hash_is_found_where_it_is_and_nowhere_else(known: list[int], asked: list[int]) -> None:
    table = table_of(known)
    rows = table.find(np.array(known + asked + [0], dtype=np.uint32))
    for hash_, row in zip(known + asked, rows.tolist(), strict=False):
        assert (table.hashes[row] == hash_) if row >= 0 else (hash_ not in known)
    assert rows[-1] == -1


@given(hashes)
def test_neighbouring_hashes_share_slots_and_are_still_found(known: list[int]) -> None:
    crowded = sorted({2**31 + each % 997 for each in known})
    table = table_of(crowded)
    assert table.find(np.array(crowded, dtype=np.uint32)).tolist() == list(range(len(crowded)))


@given(hashes)
def test_a_packed_table_is_the_same_but_for_what_a_byte_cannot_hold(known: list[int]) -> None:
    table = table_of(known)
    again = unpack(pack(table))
    assert np.array_equal(again.hashes, table.hashes)
    step = np.abs(table.weights).max(axis=0) / 127 * 1.001
    assert (np.abs(again.weights - table.weights) <= step / 2 + 1e-6).all()
    assert np.array_equal(unpack(pack(again)).columns, again.columns)


def test_arrays_of_another_length_are_refused() -> None:
    arrays = pack(table_of([1, 2, 3]))
    with pytest.raises(ValueError, match="3, 2, 3"):
        unpack({**arrays, "weights": arrays["weights"][:, :2]})


def test_sums_are_those_of_a_dictionary() -> None:
    found = letters(["가나다라", "", "나다 가나다"])
    families = grams(found)
    known = np.unique(np.concatenate([family.hashes.ravel() for family in families]))
    known = known[known > 0][::2]
    table = table_of(known.tolist())
    got = sums(table, families, found.bounds)
    row_of = {int(hash_): row for row, hash_ in enumerate(table.hashes)}
    for text in range(3):
        wanted = np.zeros(4)
        for family in families:
            wanted += _added(family, row_of, table, found.bounds[text], found.bounds[text + 1])
        assert got.weights[text] == pytest.approx(wanted[:3], abs=1e-4)
        assert got.squares[text] == pytest.approx(wanted[3], abs=1e-4)
    whole = got.merged(np.array([0]))
    assert whole.weights[0] == pytest.approx(got.weights.sum(axis=0), abs=1e-4)


def _added(family: Grams, row_of: dict[int, int], table: tables.Table, begin: int, end: int) -> np.ndarray:
    inside = family.hashes[(family.letters >= begin) & (family.letters < end)].ravel()
    rows = [row_of[int(hash_)] for hash_ in inside if int(hash_) in row_of]
    return table.columns[rows].sum(axis=0)


def test_a_head_gives_probabilities_and_survives_its_json() -> None:
    rng = np.random.default_rng(0)
    head = Head(rng.normal(size=4), np.ones(4), rng.normal(size=(4, 3)) * 9, rng.normal(size=3)).stored()
    features = rng.normal(size=(50, 4)).astype(np.float32)
    assert head.classes(features).sum(axis=1) == pytest.approx(1, abs=1e-8)
    labels = head.labels(features)
    assert ((labels >= 0) & (labels <= 1)).all()
    again = Head.from_json(head.to_json())
    assert np.array_equal(again.scores(features), head.scores(features))
    assert np.array_equal(head.classes(features[7:8]), head.classes(features)[7:8])
