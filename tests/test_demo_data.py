"""The demo data: enough of it, labelled by the scheme, its questions sound, nothing in it written by a template."""

from __future__ import annotations

import datetime
import json
import re
import tomllib
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
DEMO = ROOT / "data" / "demo"

KOTE = frozenset(
    """
    불평/불만 환영/호의 감동/감탄 지긋지긋 고마움 슬픔 화남/분노 존경 기대감 우쭐댐/무시함 안타까움/실망 비장함
    의심/불신 뿌듯함 편안/쾌적 신기함/관심 아껴주는 부끄러움 공포/무서움 절망 한심함 역겨움/징그러움 짜증 어이없음
    없음 패배/자기혐오 귀찮음 힘듦/지침 즐거움/신남 깨달음 죄책감 증오/혐오 흐뭇함(귀여움/예쁨) 당황/난처 경악
    부담/안_내킴 서러움 재미없음 불쌍함/연민 놀람 행복 불안/걱정 기쁨 안심/신뢰
    """.split()
)

RESTAURANT_KEYS = {"id", "name", "category", "district", "price_band"}
REVIEW_KEYS = {"id", "restaurant_id", "text", "rating", "date", "reply_to", "labels"}
LABEL_KEYS = {"sentiment", "intensity", "emotions", "aspects"}
EMOTION_KEYS = {"label", "strength"}
ASPECT_KEYS = {"label", "polarity", "start", "end", "quote"}
QUESTION_KEYS = {"id", "question", "type", "answer", "passage_ids", "answerable"}
TYPES = {"keyword", "context", "abstract"}

Row = dict[str, Any]


def rows(name: str) -> list[Row]:
    return [json.loads(line) for line in (DEMO / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def restaurants() -> list[Row]:
    return rows("restaurants")


@pytest.fixture(scope="module")
def reviews() -> list[Row]:
    return rows("reviews")


@pytest.fixture(scope="module")
def questions() -> list[Row]:
    return rows("questions")


@pytest.fixture(scope="module")
def scheme() -> dict[str, Row]:
    with (ROOT / "annotations" / "schemes" / "review.toml").open("rb") as file:
        return {field["id"]: field for field in tomllib.load(file)["fields"]}


def option_ids(field: Row) -> set[str]:
    return {option["id"] for option in field["options"]}


def grams(text: str, size: int = 5) -> frozenset[str]:
    return frozenset(text[i : i + size] for i in range(len(text) - size + 1))


def test_hangul_stands_as_itself() -> None:
    for path in DEMO.glob("*.jsonl"):
        assert "\\u" not in path.read_text(encoding="utf-8")


# --- restaurants


def test_restaurants_are_many_and_distinct(restaurants: list[Row]) -> None:
    assert len(restaurants) >= 24
    assert len({place["category"] for place in restaurants}) >= 8
    assert len({place["id"] for place in restaurants}) == len(restaurants)
    for place in restaurants:
        assert set(place) == RESTAURANT_KEYS
        assert place["price_band"] in {1, 2, 3}
        assert place["name"]
        assert place["district"]


def test_no_name_is_within_another(restaurants: list[Row]) -> None:
    names = [place["name"] for place in restaurants]
    assert [(a, b) for a, b in combinations(names, 2) if a in b or b in a] == []


# --- reviews


def test_reviews_are_many_and_well_formed(restaurants: list[Row], reviews: list[Row]) -> None:
    places = {place["id"] for place in restaurants}
    assert len(reviews) >= 360
    assert len({review["id"] for review in reviews}) == len(reviews)
    assert {review["restaurant_id"] for review in reviews} == places
    for review in reviews:
        assert set(review) == REVIEW_KEYS, review["id"]
        assert 5 <= len(review["text"]) <= 400, review["id"]
        assert review["text"] == review["text"].strip(), review["id"]
        assert "\n" not in review["text"], review["id"]
        assert review["rating"] in {1, 2, 3, 4, 5}, review["id"]


def test_reviews_spread_over_the_months_and_ratings(reviews: list[Row]) -> None:
    assert len({datetime.date.fromisoformat(review["date"]).strftime("%Y-%m") for review in reviews}) >= 18
    assert {review["rating"] for review in reviews} == {1, 2, 3, 4, 5}
    assert sum(len(review["text"]) < 20 for review in reviews) >= 48
    assert sum(len(review["text"]) > 150 for review in reviews) >= 48


def test_a_reply_answers_an_earlier_review_of_the_same_restaurant(reviews: list[Row]) -> None:
    by_id = {review["id"]: review for review in reviews}
    replies = [review for review in reviews if review["reply_to"] is not None]
    assert len(replies) >= 24
    for reply in replies:
        answered = by_id[reply["reply_to"]]
        assert answered["restaurant_id"] == reply["restaurant_id"], reply["id"]
        assert answered["id"] != reply["id"]
        assert answered["date"] <= reply["date"], reply["id"]


# --- labels


def test_labels_are_of_the_scheme(reviews: list[Row], scheme: dict[str, Row]) -> None:
    sentiments, scale = option_ids(scheme["sentiment"]), option_ids(scheme["intensity"])
    for review in reviews:
        assert set(review["labels"]) == LABEL_KEYS, review["id"]
        assert review["labels"]["sentiment"] in sentiments, review["id"]
        assert str(review["labels"]["intensity"]) in scale, review["id"]
    assert {review["labels"]["sentiment"] for review in reviews} == sentiments
    assert {str(review["labels"]["intensity"]) for review in reviews} == scale


def test_sentiment_and_intensity_agree(reviews: list[Row]) -> None:
    allowed = {"positive": {4, 5}, "neutral": {3}, "negative": {1, 2}, "mixed": {2, 3, 4}}
    wrong = [r["id"] for r in reviews if r["labels"]["intensity"] not in allowed[r["labels"]["sentiment"]]]
    assert wrong == []


def test_emotions_are_of_the_scheme(reviews: list[Row], scheme: dict[str, Row]) -> None:
    known = option_ids(scheme["emotions"])
    low, high = scheme["emotions"]["strength"]
    for review in reviews:
        emotions = review["labels"]["emotions"]
        labels = [emotion["label"] for emotion in emotions]
        assert 1 <= len(labels) <= 3, review["id"]
        assert len(set(labels)) == len(labels), review["id"]
        assert set(labels) <= known, review["id"]
        assert "none" not in labels or labels == ["none"], review["id"]
        for emotion in emotions:
            assert set(emotion) == EMOTION_KEYS, review["id"]
            assert low <= emotion["strength"] <= high, review["id"]


def test_every_emotion_occurs_often_enough_to_measure(reviews: list[Row], scheme: dict[str, Row]) -> None:
    counts = Counter(emotion["label"] for review in reviews for emotion in review["labels"]["emotions"])
    assert set(counts) == option_ids(scheme["emotions"])
    assert min(counts.values()) >= 10


def test_the_scheme_has_twelve_emotions_and_none_of_kote(scheme: dict[str, Row]) -> None:
    options = scheme["emotions"]["options"]
    assert len(KOTE) == 44
    assert len(options) == 13
    assert [option["id"] for option in options if option.get("alone")] == ["none"]
    for option in options:
        assert option["kote"], option["id"]
        assert set(option["kote"]) <= KOTE, option["id"]
    counts = Counter(label for option in options for label in option["kote"])
    assert max(counts.values()) == 1


def test_aspect_spans_slice_their_quotes(reviews: list[Row], scheme: dict[str, Row]) -> None:
    aspects = option_ids(scheme["aspects"])
    polarities = {polarity["id"] for polarity in scheme["aspects"]["polarities"]}
    for review in reviews:
        end = 0
        for span in review["labels"]["aspects"]:
            assert set(span) == ASPECT_KEYS, review["id"]
            assert span["label"] in aspects, review["id"]
            assert span["polarity"] in polarities, review["id"]
            assert end <= span["start"] < span["end"], review["id"]
            assert review["text"][span["start"] : span["end"]] == span["quote"], review["id"]
            assert span["quote"] == span["quote"].strip(), review["id"]
            end = span["end"]
    found = {(span["label"], span["polarity"]) for review in reviews for span in review["labels"]["aspects"]}
    assert {(aspect, polarity) for aspect in aspects for polarity in ("positive", "negative")} <= found


# --- questions


def test_questions_fall_in_equal_thirds(questions: list[Row]) -> None:
    counts = Counter(question["type"] for question in questions if question["answerable"])
    assert set(counts) == TYPES
    assert len(set(counts.values())) == 1
    assert counts.total() >= 120


def test_questions_are_well_formed(questions: list[Row], reviews: list[Row]) -> None:
    known = {review["id"] for review in reviews}
    assert len({question["id"] for question in questions}) == len(questions)
    assert len({question["question"] for question in questions}) == len(questions)
    for question in questions:
        passages = question["passage_ids"]
        assert set(question) == QUESTION_KEYS, question["id"]
        assert question["type"] in TYPES, question["id"]
        assert question["question"].strip(), question["id"]
        assert question["answer"].strip(), question["id"]
        assert set(passages) <= known, question["id"]
        assert len(set(passages)) == len(passages), question["id"]
        assert bool(passages) == question["answerable"], question["id"]


def test_enough_questions_have_no_answer(questions: list[Row]) -> None:
    unanswerable = [question for question in questions if not question["answerable"]]
    assert len(unanswerable) >= 24
    assert {question["type"] for question in unanswerable} == TYPES
    assert all(question["answer"].startswith("후기에서 찾을 수 없습니다.") for question in unanswerable)
    assert not any(q["answer"].startswith("후기에서 찾을 수 없습니다.") for q in questions if q["answerable"])


def test_won_amounts_of_an_answer_stand_in_its_passages(questions: list[Row], reviews: list[Row]) -> None:
    texts = {review["id"]: review["text"] for review in reviews}
    checked = 0
    for question in questions:
        passages = " ".join(texts[each] for each in question["passage_ids"])
        for amount in re.findall(r"\d{1,3},\d{3}(?=원)", question["answer"]):
            checked += 1
            assert ways_to_write(int(amount.replace(",", ""))) & set(re.findall(AMOUNT, passages)), (
                question["id"],
                amount,
            )
    assert checked >= 50


AMOUNT = r"\d[\d,]*(?:만\s?\d?천?|천)?|[일이삼사오육칠팔구]?만?[일이삼사오육칠팔구]?천[일이삼사오육칠팔구]?백?"


def ways_to_write(won: int) -> set[str]:
    """How people write a sum under 100,000: 14,000 as 14000 or 만사천; 1,200 as 천이백; 32,000 as 3만2천 or 3만 2천."""
    man, rest = divmod(won, 10_000)
    thousands, hundreds = rest // 1_000, rest % 1_000 // 100
    spoken = "".join(
        ("" if digit <= 1 else "일이삼사오육칠팔구"[digit - 1]) + unit
        for digit, unit in ((man, "만"), (thousands, "천"), (hundreds, "백"))
        if digit
    )
    mixed = {f"{man}만{gap}{thousands}천" for gap in ("", " ")} if man else {f"{thousands}천"}
    return {f"{won:,}", str(won), spoken} | (set() if hundreds else mixed)


# --- no template


def test_no_two_reviews_share_half_of_their_fivegrams(reviews: list[Row]) -> None:
    pieces = [(review["id"], grams(review["text"])) for review in reviews]
    alike = [(a, b) for (a, x), (b, y) in combinations(pieces, 2) if 2 * len(x & y) >= min(len(x), len(y))]
    assert alike == []


@pytest.mark.parametrize("size", [6, 8])
def test_no_opening_or_ending_is_used_by_more_than_three(reviews: list[Row], size: int) -> None:
    for part in (slice(size), slice(-size, None)):
        counts = Counter(review["text"][part] for review in reviews)
        assert [(words, n) for words, n in counts.items() if n > 3] == []


def test_no_phrase_of_twelve_letters_is_used_by_more_than_three(reviews: list[Row]) -> None:
    counts = Counter(gram for review in reviews for gram in grams(review["text"], 12))
    assert [(gram, n) for gram, n in counts.items() if n > 3] == []


def test_no_review_repeats_itself(reviews: list[Row]) -> None:
    # Laughter repeats (ㅋㅋㅋㅋ) and so does a shouted word; six syllables twice in a row are a machine's.
    assert [review["id"] for review in reviews if re.search(r"([가-힣 ]{6,})\1", review["text"])] == []


# --- README


def test_readme_names_every_field_and_counts_right(
    restaurants: list[Row], reviews: list[Row], questions: list[Row]
) -> None:
    text = (DEMO / "README.md").read_text(encoding="utf-8")
    korean, english = text.split("# Demo data (English)")
    keys = RESTAURANT_KEYS | REVIEW_KEYS | LABEL_KEYS | EMOTION_KEYS | ASPECT_KEYS | QUESTION_KEYS | TYPES
    for half in (korean, english):
        assert [key for key in sorted(keys) if f"`{key}`" not in half and f"`labels.{key}`" not in half] == []
        spans = sum(len(review["labels"]["aspects"]) for review in reviews)
        replies = sum(review["reply_to"] is not None for review in reviews)
        answerable = sum(question["answerable"] for question in questions)
        numbers = set(re.findall(r"\d+", half))
        totals = (len(restaurants), len(reviews), spans, replies, answerable, len(questions) - answerable)
        assert [total for total in totals if str(total) not in numbers] == []
