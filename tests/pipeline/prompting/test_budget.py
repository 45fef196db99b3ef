"""Which sources a prompt has room for."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from pipeline.prompting.budget import estimated, estimated_turns, fitting

sizes = st.lists(st.integers(1, 50), max_size=8)


def total(some: Sequence[int]) -> int:
    return 10 + sum(some)


@given(sizes, st.integers(0, 200))
def test_what_is_kept_fits_and_nothing_better_was_left_out(sources: list[int], room: int) -> None:
    numbered = list(enumerate(sources))
    kept = fitting(numbered, room, lambda some: total([size for _, size in some]))
    if total(sources) <= room:
        assert kept == numbered
        return
    assert not kept or total([size for _, size in kept]) <= room
    assert kept == sorted(kept)
    for number, size in numbered:
        if (number, size) not in kept:  # with all better ones that are in it has no room
            assert total([s for n, s in kept if n < number] + [size]) > room


def test_a_long_one_is_left_out_whole_and_a_shorter_one_after_it_comes_in() -> None:
    assert fitting([5, 100, 6], 30, total) == [5, 6]


def test_all_that_fit_are_counted_once() -> None:
    counts = []
    fitting([1, 2], 100, lambda some: counts.append(some) or 0)  # type: ignore[func-returns-value]
    assert counts == [[1, 2]]


@given(st.text(), st.text())
def test_the_estimate_grows_with_the_text(one: str, other: str) -> None:
    assert estimated(one) <= estimated(one + other) <= estimated(one) + estimated(other)
    assert estimated_turns([{"role": "user", "content": one}]) > estimated(one)


def test_the_estimate_is_on_the_safe_side() -> None:
    # more than a token a syllable, where vocabularies that know Korean need .4 to .8; a token a byte for what none has
    assert estimated("주차장이넓어서편했어요") >= 11
    assert estimated("🍖") >= 3
    assert estimated("") == 0
