"""A real ``labels.db`` with weeks of three people's work in it, all of it done through the Desk."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from annotations.desk import Desk
from annotations.types import DeskSettings, Labels, NewTask, Submission
from tests.annotations.snapshots import TEXT, review

PEOPLE = {"민지": 0.9, "서준": 0.75, "하윤": 0.6}
"""Annotators, each with the probability of seeing what is there."""
SETTINGS = DeskSettings(gold_rate=0.15, repeat_rate=0.1, repeat_after=5)


class Clock:
    """Time that moves when it is told to. Begins on a Monday morning in Korea."""

    def __init__(self) -> None:
        self.now = datetime(2026, 10, 5, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def work(path: Path, tasks: int = 60, seed: int = 1) -> None:
    """Two seats a task in two batches, gold and repeats mixed in, suggestions shown, four answers a person a day."""
    clock, luck = Clock(), random.Random(seed)
    truths = {f"r{n}": _truth(luck) for n in range(tasks)}
    with Desk(path, SETTINGS, clock) as desk:
        desk.add_tasks((_task(key, truth, n) for n, (key, truth) in enumerate(truths.items())), "test")
        while sum(_day(desk, clock, luck, truths, who) for who in PEOPLE):
            clock.now += timedelta(hours=24)


def _task(key: str, truth: Labels, number: int) -> NewTask:
    gold = truth if number % 8 == 7 else None
    return NewTask(key, "review", 1, TEXT, seats=2, batch="봄" if number % 2 else "가을", gold=gold)


def _truth(luck: random.Random) -> Labels:
    sentiment = luck.choice(["positive", "negative", "mixed", "neutral"])
    felt = {"positive": "joy", "negative": "annoyance", "mixed": "disappointment", "neutral": "none"}[sentiment]
    felt = luck.choice([felt, felt, "anger" if sentiment == "negative" else "interest"])
    level = {"positive": 5, "negative": 1, "mixed": 3, "neutral": 3}[sentiment] + luck.randint(-1, 1)
    aspects = [("food", "positive", 0, 2)] if sentiment in ("positive", "mixed") else []
    strength = 1 if felt == "none" else luck.randint(1, 3)
    return review(sentiment, min(5, max(1, level)), {felt: strength}, aspects)


def _day(desk: Desk, clock: Clock, luck: random.Random, truths: dict[str, Labels], who: str) -> bool:
    """Somebody does up to four tasks; whether there was any."""
    for number in range(4):
        lease = desk.take(who, "review")
        if lease is None:
            return number > 0
        said = truths[lease.task.key] if luck.random() < PEOPLE[who] else _truth(luck)
        seconds = luck.uniform(8, 40)
        clock.now += timedelta(seconds=seconds)
        unsure = luck.random() < 0.05
        outcome = "unjudgeable" if unsure else "labelled"
        given = Submission(
            f"{who}-{lease.task.id}", lease.task.id, {} if unsure else said, lease.token, outcome, seconds=seconds
        )
        base = desk.save(who, given).receipt.annotation.id
        if not unsure and luck.random() < 0.5:
            _suggest(desk, luck, who, lease.task.id, base)
    return True


def _suggest(desk: Desk, luck: random.Random, who: str, task: int, base: int) -> None:
    suggestion = desk.suggestion(who, task)
    if suggestion is None:
        desk.add_suggestion(task, "model-1", _truth(luck), {})
        suggestion = desk.suggestion(who, task)
    if suggestion is None:
        return  # a repeat, whose suggestions are those of the task that it repeats
    kept = luck.random() < 0.6
    desk.suggestion_seen(who, task, suggestion.id, kept)
    if not kept:
        desk.save(who, Submission(f"{who}-{task}-2", task, suggestion.labels, stage="assisted", base=base))
