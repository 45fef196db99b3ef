"""Step D on hand-made vectors: which claims become one, and that chains of them do."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.restaurants.remarks import Remark
from pipeline.strengths.merging import components, merge, same_claim, shared
from pipeline.strengths.types import Checked, Topic


def at(cosine: float, ids: Sequence[str] = ("a",), claim: str = "") -> Checked:
    """A claim whose vector has this cosine with that of ``at(1)``, resting on these reviews."""
    vector = np.array([cosine, math.sqrt(max(0.0, 1 - cosine**2))], dtype=np.float32)
    remarks = tuple(Remark(i, "food", "positive", (0, 1), "맛", "맛", (0, 1), 5, "", 0, 0) for i in ids)
    return Checked((Topic("food", "맛"),), claim, remarks, len(ids), 0.1, 0, 5, 1, vector, vector)


@pytest.mark.parametrize(
    ("cosine", "ids", "same"),
    [
        (0.95, ("x", "y"), True),  # alike at once
        (0.881, ("x", "y"), True),
        (0.85, ("x", "y"), False),  # alike, but of other reviews
        (0.85, ("a", "y", "z"), True),  # a third of the evidence shared
        (0.85, ("a", "y", "z", "w"), False),  # a quarter
        (0.821, ("a", "y"), True),
        (0.81, ("a", "b", "c"), False),  # the same reviews, but not alike
    ],
)
def test_claims_are_one_when_alike_or_alike_and_of_the_same_reviews(
    cosine: float, ids: tuple[str, ...], same: bool
) -> None:
    own = at(1, ("a", "b", "c", "d"))
    assert same_claim(own, at(cosine, ids)) is same
    assert same_claim(at(cosine, ids), own) is same


def test_the_smaller_one_says_how_much_is_shared() -> None:
    assert shared(at(1, ("a", "b", "c", "d")), at(1, ("a", "x"))) == 0.5
    assert shared(at(1, ()), at(1, ("a",))) == 0


def test_a_chain_becomes_one_though_its_ends_are_not_alike() -> None:
    chain = [at(1, ("a",)), at(math.cos(0.45), ("b",)), at(math.cos(0.9), ("c",)), at(-1, ("d",))]
    assert not same_claim(chain[0], chain[2])

    def join(group: Sequence[Checked]) -> Checked:
        return at(1, tuple(sorted({id_ for one in group for id_ in one.review_ids})), "joined")

    first, last = merge(chain, join)
    assert first.claim == "joined"
    assert first.review_ids == {"a", "b", "c"}
    assert last is chain[3]


def test_components_by_hand() -> None:
    assert components(6, [(4, 2), (0, 3), (3, 5)]) == [[0, 3, 5], [1], [2, 4]]
    assert components(0, []) == []


@given(st.integers(1, 12), st.data())
def test_components_are_the_classes_that_the_pairs_generate(size: int, data: st.DataObject) -> None:
    node = st.integers(0, size - 1)
    pairs = data.draw(st.lists(st.tuples(node, node), max_size=15))
    found = components(size, pairs)
    assert sorted(member for group in found for member in group) == list(range(size))
    label = list(range(size))  # the slow way: labels spread until nothing changes
    for _ in range(size):
        for one, other in pairs:
            label[one] = label[other] = min(label[one], label[other])
    of = {member: number for number, group in enumerate(found) for member in group}
    assert all((of[a] == of[b]) == (label[a] == label[b]) for a in range(size) for b in range(size))
