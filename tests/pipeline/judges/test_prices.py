"""What a judge costs is kept beside what it judged, so that what was spent can be told afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evaluation.judgements import Judgement, read_ledger
from pipeline.judges.costs import Price
from pipeline.judges.prices import PRICES, dollars_of, keep_price, read_prices
from tests.pipeline.judges.server import serving
from tests.pipeline.judges.test_sitting import NAME, judged

DOLLARS = st.floats(0, 1e4)


def test_a_sitting_keeps_its_price_and_what_it_cost_follows(tmp_path: Path) -> None:
    price = Price(10.0, 20.0)
    with serving() as server:
        sitting = judged(tmp_path, server, price=price)
    assert read_prices(tmp_path) == {NAME: price}
    assert dollars_of(read_ledger(tmp_path), read_prices(tmp_path)) == {NAME: pytest.approx(sitting.dollars)}


def test_no_price_is_no_price_and_the_last_one_counts(tmp_path: Path) -> None:
    keep_price(tmp_path, "a", Price())
    assert not (tmp_path / PRICES).exists()
    keep_price(tmp_path, "a", Price(1.0, 2.0))
    keep_price(tmp_path, "b", Price(3.0, 4.0))
    keep_price(tmp_path, "a", Price())
    keep_price(tmp_path, "b", Price(5.0, 6.0))
    assert read_prices(tmp_path) == {"a": Price(1.0, 2.0), "b": Price(5.0, 6.0)}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}', '{"a": {"read": "x", "written": 1}}', '{"a": {}}'])
def test_a_file_that_is_none_is_no_price(tmp_path: Path, text: str) -> None:
    (tmp_path / PRICES).write_text(text, encoding="utf-8")
    assert read_prices(tmp_path) == {}
    keep_price(tmp_path, "a", Price(1.0, 2.0))
    assert read_prices(tmp_path) == {"a": Price(1.0, 2.0)}


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 10**7), st.integers(0, 10**7))), DOLLARS, DOLLARS)
def test_what_was_spent_is_the_sum_of_what_each_cost(
    rows: list[tuple[str, int, int]], read: float, written: float
) -> None:
    price = Price(read, written)
    ledger = [
        Judgement(str(n), "faithfulness", "p", judge, "d", "timeout", tokens_in=tokens_in, tokens_out=tokens_out)
        for n, (judge, tokens_in, tokens_out) in enumerate(rows)
    ]
    spent = dollars_of(ledger, {"a": price})
    assert set(spent) == {"a"}
    assert spent["a"] == pytest.approx(sum(price.of(i, o) for judge, i, o in rows if judge == "a"))
