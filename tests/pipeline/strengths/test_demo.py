"""The demo's 24 restaurants, by what people labelled: what every claim and every quote must be."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from pipeline.index import Index, current_folder
from pipeline.restaurants.summaries import summarise
from pipeline.service import Home
from pipeline.strengths.ground import Ground, open_ground
from pipeline.strengths.running import find_all
from pipeline.strengths.types import LONGEST, SHORTEST, Sign
from pipeline.types import Document, Source
from tests.pipeline.corpora import build
from tests.pipeline.restaurants.oracle import DEMO, demo_oracle


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder: Path = tmp_path_factory.mktemp("demo")
    read = {
        name: (DEMO / f"{name}.jsonl").read_text(encoding="utf-8").splitlines() for name in ("restaurants", "reviews")
    }
    places = {row["id"]: row for row in map(json.loads, read["restaurants"])}
    documents = []
    for row in map(json.loads, read["reviews"]):
        place = places[row["restaurant_id"]]
        source = Source(
            row["id"], 0, len(row["text"]), "", place["name"], place["category"], place["district"], None,
            row["rating"], row["date"],
        )  # fmt: skip
        documents.append(Document(row["text"], source))
    build(Home(folder), documents, name="demo")
    return open_ground(Index(current_folder(Home(folder).indexes, "demo")), demo_oracle())


@pytest.mark.parametrize("sign", ["positive", "negative"])
def test_every_restaurant_has_claims_that_rest_on_enough(demo: Ground, sign: Sign) -> None:
    found = asyncio.run(find_all(demo, demo.restaurants.names, sign))
    texts = {review.id: review.text for name in demo.restaurants.names for review in demo.restaurants.reviews(name)}
    assert len(found) == 24
    assert sum(bool(each.found) for each in found) >= {"positive": 24, "negative": 16}[sign]
    for each in found:
        assert each.found or (each.few and each.note.startswith("근거 부족: 인용을 3개"))
        assert each.problems == ()
        told = (*each.found, *each.few)
        assert len({one.claim for one in told}) == len(told)
        assert all(3 <= len(one.quotes) <= 5 for one in each.found)
        assert all(1 <= len(one.quotes) < 3 for one in each.few)
        for one in told:
            assert SHORTEST <= len(one.claim) <= LONGEST, one.claim
            assert one.support >= max(each.minimum, one.against)
            assert one.ratio == one.support / 16
            assert 0 <= one.distinctness <= 1
            for quote in one.quotes:
                assert texts[quote.review_id][quote.start : quote.end] == quote.text


def test_every_restaurant_is_summed_up(demo: Ground) -> None:
    for name in demo.restaurants.names:
        summary = summarise(demo.table(name), demo.space)
        assert (summary.reviews, len(summary.overall), summary.note) == (16, 2, "")
        assert summary.positive + summary.neutral + summary.negative + summary.mixed == 16
        assert sum(month.reviews for month in summary.months) == 16
