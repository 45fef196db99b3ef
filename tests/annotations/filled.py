"""Desks with tasks and answers in them, for the tests of what goes in and out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from annotations.desk import Desk
from annotations.schemes.scheme import Scheme, load_scheme
from annotations.types import DeskSettings, Labels, NewTask, Receipt, Submission

REVIEW = load_scheme("review")
ANSWER = load_scheme("answer")
PLAIN = DeskSettings(gold_rate=0, repeat_rate=0)
TEXT = "맛은 있는데 웨이팅이 두 시간이라 다시는 못 갈 듯 ㅠㅠ 그래도 불맛은 인정 👨‍👩‍👧"
PASSAGES = [
    {"id": "p1", "text": "건물 지하에 주차 2시간 무료라 편했어요.", "restaurant": "숯골갈비", "date": "2026-03-14"}
]


def span(text: str, quote: str, label: str, polarity: str | None = "positive") -> dict[str, object]:
    start = text.index(quote)
    said = {"polarity": polarity} if polarity else {}
    return {"label": label, **said, "start": start, "end": start + len(quote), "quote": quote}


def review(sentiment: str = "mixed", intensity: int = 3, joy: int = 0, annoyance: int = 2, note: str = "") -> Labels:
    """Labels of `TEXT`."""
    emotions = [
        {"label": name, "strength": strength} for name, strength in (("joy", joy), ("annoyance", annoyance)) if strength
    ]
    labels: dict[str, object] = {
        "sentiment": sentiment,
        "intensity": intensity,
        "emotions": emotions or [{"label": "none", "strength": 1}],
        "aspects": [span(TEXT, "불맛은 인정", "food"), span(TEXT, "웨이팅이 두 시간", "waiting", "negative")],
    }
    return labels | ({"note": note} if note else {})  # type: ignore[return-value]


def grades(*points: int, better: str = "", errors: Sequence[str] = ("none",), chosen: str = "") -> Labels:
    """Labels of a graded answer: correctness, faithfulness, relevance."""
    labels: dict[str, object] = dict(zip(("correctness", "faithfulness", "relevance"), points, strict=True))
    labels["errors"] = [{"label": label} for label in errors]
    if better:
        labels["better"] = better
    if chosen:
        labels["preference"] = {"chosen": chosen, "shown": ["b", "a"]}
    return labels  # type: ignore[return-value]


def new_review(key: str, text: str = TEXT, seats: int = 3, **more: object) -> NewTask:
    context = {"restaurant": "숯골갈비", "rating": 3.0, "date": "2026-03-14"}
    task = NewTask(key, "review", REVIEW.version, text, context, seats, batch="b1")
    return replace(task, **more)  # type: ignore[arg-type]


def new_answer(
    key: str, text: str, question: str = "숯골갈비 주차 되나요?", pair: tuple[str, str] | None = None, seats: int = 3
) -> NewTask:
    context: dict[str, object] = {"question": question, "passages": PASSAGES, "citations": [], "abstained": False}
    if pair:
        context["alternatives"] = [{"id": "a", "text": pair[0]}, {"id": "b", "text": pair[1]}]
    return NewTask(key, "answer", ANSWER.version, text, context, seats)


def give(desk: Desk, annotator: str, key: str, labels: Labels, scheme: Scheme = REVIEW, **more: object) -> Receipt:
    """One person's first answer to the task of a key, which must be the next in the queue for them."""
    lease = desk.take(annotator, scheme.id)
    assert lease is not None
    assert lease.task.key == key
    more.setdefault("seconds", 12.5)
    submission = Submission(f"{annotator}-{key}", lease.task.id, labels, lease.token, **more)  # type: ignore[arg-type]
    return desk.save(annotator, submission).receipt


def revise(desk: Desk, annotator: str, receipt: Receipt, labels: Labels, stage: str) -> Receipt:
    """Another answer in place of the one of a receipt."""
    was = receipt.annotation
    key = f"{annotator}-{was.task_id}-{was.id}"
    submission = Submission(key, was.task_id, labels, stage=stage, base=was.id, seconds=3)  # type: ignore[arg-type]
    return desk.save(annotator, submission).receipt


def open_desk(folder: Path) -> Desk:
    return Desk(folder / "labels.db", PLAIN)


def many(desk: Desk, tasks: int, annotators: int, seed: int = 1) -> None:
    """Reviews of several texts, each answered by everybody at random; some notes are dangerous on purpose."""
    rng = random.Random(seed)
    desk.add_tasks((new_review(f"r{n:05}", f"{TEXT} {n}", annotators) for n in range(tasks)), "test")
    for number in range(tasks):
        for person in range(annotators):
            note = rng.choice(["", '=HYPERLINK("http://x","y")', "'인용", '줄\n바꿈, "따옴표"', "\t탭", "-1"])
            labels = review(
                rng.choice(["positive", "neutral", "negative", "mixed"]),
                rng.randint(1, 5),
                rng.randint(0, 3),
                rng.randint(0, 3),
                note.strip(),
            )
            give(desk, f"사람{person}", f"r{number:05}", labels)
