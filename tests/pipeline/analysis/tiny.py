"""A handful of rows of each kind to train on: enough for every step to run, too few to be any good."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np

from pipeline.training.linear.data import KOTE_LABELS, Felt, Judged, Rated
from pipeline.training.linear.sentences import Clause
from pipeline.training.linear.train import Material

GOOD = ("정말 재미있는 영화", "감동적이고 아름다웠다", "최고의 연기였어요", "또 보고 싶은 명작")
BAD = ("지루하고 재미없다", "돈이 아까운 영화", "최악의 각본이었어요", "다시는 안 볼 졸작")
SO_SO = ("그냥 볼만한 정도", "나쁘지도 좋지도 않다", "기대보다는 평범했어요", "킬링타임용")
PLACES = ("가", "나", "다")


def ratings() -> Rated:
    texts, stars, films = [], [], []
    for film in range(8):
        for words, given in ((GOOD, (9, 10)), (BAD, (1, 2, 3, 4)), (SO_SO, (5, 6, 7, 8))):
            for row, text in enumerate(words):
                for star in given:
                    texts.append(f"{text} {'!' * (row % 3)} 배우 {film}")
                    stars.append(star)
                    films.append(film)
    return Rated(texts, np.array(stars), np.array(films))


def comments() -> Felt:
    texts = [f"{word}{'요' * (row % 3)} 정말" for row in range(3) for word in KOTE_LABELS for _ in range(2)]
    labels = np.array([np.eye(44)[row // 2 % 44] for row in range(len(texts))], dtype=np.float32)
    return Felt(texts, labels)


def reviews(prefix: str, restaurants: tuple[str, ...]) -> list[Judged]:
    made = []
    for place in restaurants:
        for number, (dish, sentiment, level, emotion) in enumerate(
            (
                ("국밥이 맛있어요", "positive", 5, "joy"),
                ("직원이 불친절해요", "negative", 1, "anger"),
                ("국밥은 맛있는데 직원이 불친절해요", "mixed", 3, "annoyance"),
                ("월요일은 쉽니다", "neutral", 3, "none"),
                ("국밥이 싱거워요", "negative", 2, "disappointment"),
                ("분위기가 좋아요", "positive", 4, "joy"),
            )
        ):
            text = f"{dish} {place}점"
            spans = [] if sentiment == "neutral" else [("food", "positive", 0, len(dish))]
            if "직원" in dish:
                at = dish.index("직원")
                spans = [*([("food", "positive", 0, at - 1)] if at else []), ("service", "negative", at, len(dish))]
            made.append(Judged(f"{prefix}{place}{number}", place, text, sentiment, level, (emotion,), tuple(spans)))
    return made


def material() -> Material:
    clauses = [Clause("국물이 진해요", "food", "positive"), Clause("국물이 진해요!", "food", "positive")]
    clauses += [Clause("직원이 불친절", "service", "negative"), Clause("직원이 불친절함", "service", "negative")]
    return Material(ratings(), comments(), reviews("r", PLACES), reviews("written-", ("x", "y")), clauses, clauses)


def nsmc_file(folder: Path) -> Path:
    given = ratings()
    path = folder / "ratings.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        for text, rating, film in zip(given.texts, given.ratings.tolist(), given.films.tolist(), strict=True):
            lines.write(json.dumps({"id": "1", "movie": film, "text": text, "rating": rating}) + "\n")
    return path


def review_file(folder: Path) -> Path:
    path = folder / "reviews.jsonl"
    with path.open("w", encoding="utf-8") as lines:
        for review in reviews("t", PLACES):
            labels = {
                "sentiment": review.sentiment,
                "intensity": review.intensity,
                "emotions": [{"label": name, "strength": 1} for name in review.emotions],
                "aspects": [
                    {"label": a, "polarity": p, "start": start, "end": end, "quote": review.text[start:end]}
                    for a, p, start, end in review.aspects
                ],
            }
            row = {"id": review.id, "restaurant_id": review.restaurant, "text": review.text, "labels": labels}
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path
