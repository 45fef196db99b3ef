"""What a run's judging was paid by: its folder keeps the price that was last said for each judge.

Tokens are in the ledger, which is never rewritten for a price; what they cost follows from both.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from pipeline.evaluation.judgements import Judgement
from pipeline.judges.costs import Price
from pipeline.storage import clear_errors, write_json

PRICES = "judge-prices.json"


def keep_price(folder: Path, judge: str, price: Price) -> None:
    """Keep what a judge costs; no price is none, and leaves the one that was said before.

    Raises:
        DiskFull: there is no room; what was kept before stands.
    """
    known = read_prices(folder)
    if price == Price() or known.get(judge) == price:
        return
    with clear_errors(folder):
        write_json(folder / PRICES, {name: asdict(each) for name, each in {**known, judge: price}.items()})


def read_prices(folder: Path) -> dict[str, Price]:
    """The prices by judge; none where nobody said any, or where somebody's hand made the file unreadable."""
    try:
        value = json.loads((folder / PRICES).read_text(encoding="utf-8"))
        return {str(judge): Price(float(each["read"]), float(each["written"])) for judge, each in value.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def dollars_of(judgements: list[Judgement], prices: dict[str, Price]) -> dict[str, float]:
    """What judgements cost, by judge; judges whose price nobody said are left out."""
    spent = dict.fromkeys(prices, 0.0)
    for row in judgements:
        if row.judge in prices:
            spent[row.judge] += prices[row.judge].of(row.tokens_in, row.tokens_out)
    return spent
