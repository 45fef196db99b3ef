"""The blind test data: enough of it, labelled by the scheme, spans exact, nothing in it written by a template."""

from __future__ import annotations

import datetime
import json
import re
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from annotations.schemes.labels import validate
from annotations.schemes.scheme import Scheme, load_scheme

ROOT = Path(__file__).parent.parent
BLIND = ROOT / "data" / "blind"
DEMO = ROOT / "data" / "demo"

REVIEW_KEYS = {"id", "restaurant", "category", "text", "rating", "date", "labels"}
LABEL_KEYS = {"sentiment", "intensity", "emotions", "aspects"}
EMOTION_KEYS = {"label", "strength"}
ASPECT_KEYS = {"label", "polarity", "start", "end", "quote"}

Row = dict[str, Any]


def rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def reviews() -> list[Row]:
    return rows(BLIND / "reviews.jsonl")


@pytest.fixture(scope="module")
def scheme() -> Scheme:
    return load_scheme("review", 1)


def option_ids(scheme: Scheme, field: str) -> set[str]:
    return {option.id for each in scheme.fields if each.id == field for option in each.options}


def grams(text: str, size: int = 5) -> frozenset[str]:
    return frozenset(text[i : i + size] for i in range(len(text) - size + 1))


def alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return 2 * len(one & other) >= min(len(one), len(other))


def test_hangul_stands_as_itself() -> None:
    assert "\\u" not in (BLIND / "reviews.jsonl").read_text(encoding="utf-8")


# --- reviews


def test_reviews_are_many_and_well_formed(reviews: list[Row]) -> None:
    assert len(reviews) == 300
    assert [review["id"] for review in reviews] == [f"b{number:03}" for number in range(1, len(reviews) + 1)]
    for review in reviews:
        assert set(review) == REVIEW_KEYS, review["id"]
        assert review["restaurant"], review["id"]
        assert 5 <= len(review["text"]) <= 400, review["id"]
        assert review["text"] == review["text"].strip(), review["id"]
        assert "\n" not in review["text"], review["id"]
        assert review["rating"] in {1, 2, 3, 4, 5}, review["id"]
        datetime.date.fromisoformat(review["date"])


def test_reviews_are_of_many_kinds(reviews: list[Row]) -> None:
    assert len({review["category"] for review in reviews}) >= 40
    assert {review["rating"] for review in reviews} == {1, 2, 3, 4, 5}
    assert sum(len(review["text"]) <= 40 for review in reviews) >= 100
    assert sum(len(review["text"]) > 150 for review in reviews) >= 10


def test_sentiments_are_shared_out_as_meant(reviews: list[Row]) -> None:
    counts = Counter(review["labels"]["sentiment"] for review in reviews)
    meant = {"positive": 0.40, "negative": 0.30, "mixed": 0.15, "neutral": 0.15}
    assert set(counts) == set(meant)
    for sentiment, share in meant.items():
        assert counts[sentiment] / len(reviews) == pytest.approx(share, abs=0.02), sentiment


def test_some_ratings_disagree_with_the_words(reviews: list[Row]) -> None:
    against = [
        review["id"]
        for review in reviews
        if (review["labels"]["sentiment"], review["rating"])
        in {("positive", 1), ("positive", 2), ("negative", 4), ("negative", 5)}
    ]
    assert len(against) >= 8


# --- labels


def test_labels_are_of_the_scheme_and_canonical(reviews: list[Row], scheme: Scheme) -> None:
    for review in reviews:
        labels = review["labels"]
        assert set(labels) == LABEL_KEYS, review["id"]
        # Canonical labels leave an empty field out; the file writes it as an empty list.
        assert {"aspects": [], **validate(scheme, labels, review["text"])} == labels, review["id"]


def test_sentiment_and_intensity_agree(reviews: list[Row]) -> None:
    allowed = {"positive": {4, 5}, "neutral": {3}, "negative": {1, 2}, "mixed": {2, 3, 4}}
    wrong = [r["id"] for r in reviews if r["labels"]["intensity"] not in allowed[r["labels"]["sentiment"]]]
    assert wrong == []


def test_emotions_are_few_and_every_one_occurs(reviews: list[Row], scheme: Scheme) -> None:
    for review in reviews:
        emotions = review["labels"]["emotions"]
        assert 1 <= len(emotions) <= 3, review["id"]
        assert all(set(emotion) == EMOTION_KEYS for emotion in emotions), review["id"]
    counts = Counter(emotion["label"] for review in reviews for emotion in review["labels"]["emotions"])
    assert set(counts) == option_ids(scheme, "emotions")
    assert min(counts.values()) >= 5


def test_aspect_spans_slice_their_quotes(reviews: list[Row], scheme: Scheme) -> None:
    for review in reviews:
        end = 0
        for span in review["labels"]["aspects"]:
            assert set(span) == ASPECT_KEYS, review["id"]
            assert end <= span["start"] < span["end"], review["id"]
            assert review["text"][span["start"] : span["end"]] == span["quote"], review["id"]
            assert span["quote"] == span["quote"].strip(), review["id"]
            end = span["end"]
    found = {(span["label"], span["polarity"]) for review in reviews for span in review["labels"]["aspects"]}
    aspects = option_ids(scheme, "aspects")
    assert {(aspect, polarity) for aspect in aspects for polarity in ("positive", "negative")} <= found


# --- no template


def test_no_two_reviews_share_half_of_their_fivegrams(reviews: list[Row]) -> None:
    pieces = [(review["id"], grams(review["text"])) for review in reviews]
    assert [(a, b) for (a, x), (b, y) in combinations(pieces, 2) if alike(x, y)] == []


def test_no_review_is_one_of_the_demo(reviews: list[Row]) -> None:
    demo = [(review["id"], grams(review["text"])) for review in rows(DEMO / "reviews.jsonl")]
    blind = [(review["id"], grams(review["text"])) for review in reviews]
    assert [(a, b) for a, x in blind for b, y in demo if alike(x, y)] == []


@pytest.mark.parametrize("size", [6, 8])
def test_no_opening_or_ending_is_used_by_more_than_three(reviews: list[Row], size: int) -> None:
    for part in (slice(size), slice(-size, None)):
        counts = Counter(review["text"][part] for review in reviews)
        assert [(words, n) for words, n in counts.items() if n > 3] == []


# --- README


def test_readme_names_every_field_and_counts_right(reviews: list[Row]) -> None:
    korean, english = (BLIND / "README.md").read_text(encoding="utf-8").split("# Blind test data (English)")
    keys = REVIEW_KEYS | LABEL_KEYS | EMOTION_KEYS | ASPECT_KEYS
    sentiments = Counter(review["labels"]["sentiment"] for review in reviews)
    spans = sum(len(review["labels"]["aspects"]) for review in reviews)
    for half in (korean, english):
        assert [key for key in sorted(keys) if f"`{key}`" not in half and f"`labels.{key}`" not in half] == []
        numbers = set(re.findall(r"\d+", half))
        assert [total for total in (len(reviews), spans, *sentiments.values()) if str(total) not in numbers] == []


def test_readme_lists_at_least_twenty_ironic_reviews(reviews: list[Row]) -> None:
    korean = (BLIND / "README.md").read_text(encoding="utf-8").split("반어로 읽어야 하는 글")[1].split("## ")[0]
    listed = re.findall(r"`(b\d{3})`", korean)
    assert len(set(listed)) == len(listed) >= 20
    assert set(listed) <= {review["id"] for review in reviews}
