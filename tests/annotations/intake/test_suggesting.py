"""Suggestions made by a classifier: labels that the scheme takes, once per task, seen only after an answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from annotations.accounts.accounts import Accounts
from annotations.desk import Desk
from annotations.intake.suggesting import suggest, suggestion_of
from annotations.schemes.labels import validate
from annotations.schemes.scheme import load_scheme
from annotations.types import Labels, NewTask, Submission
from pipeline.types import Analysis, Opinion, Unanalysed

TEXT = "국물은 진한데 웨이팅이 두 시간"
ANALYSIS = Analysis(
    "tiny",
    {"positive": 0.1, "neutral": 0.1, "negative": 0.1, "mixed": 0.7},
    (0.0, 0.2, 0.6, 0.2, 0.0),
    {"joy": 0.85, "annoyance": 0.65, "none": 0.05},
    ("joy", "annoyance"),
    (Opinion("food", "positive", (0, 7)), Opinion("waiting", "negative", (8, 17))),
)


class Tiny:
    """A classifier that says one thing, and nothing of one text."""

    name = "tiny"

    def __init__(self) -> None:
        self.read: list[str] = []

    def classify(self, texts: Sequence[str], *, aspects: bool = True) -> list[Analysis | Unanalysed]:
        self.read += texts
        return [
            Unanalysed("tiny", "no-words", "글이 없습니다", "no words") if text == "…" else ANALYSIS for text in texts
        ]


def test_an_analysis_becomes_labels_that_the_scheme_takes(tmp_path: Path) -> None:
    with Desk(tmp_path / "labels.db") as desk:
        desk.add_tasks([NewTask("a", "review", 1, TEXT, {}, 1)], "test")
        (task,) = desk.snapshot("review").tasks
    said = suggestion_of(task, ANALYSIS)
    assert validate(load_scheme("review", 1), said.labels, TEXT, {}) == said.labels
    assert said.labels["sentiment"] == "mixed"
    assert said.labels["intensity"] == 3
    assert said.labels["emotions"] == [{"label": "joy", "strength": 3}, {"label": "annoyance", "strength": 2}]
    assert [each["quote"] for each in said.labels["aspects"]] == [TEXT[0:7], TEXT[8:17]]  # type: ignore[union-attr,index]
    assert said.scores == {"sentiment:mixed": 0.7, "intensity": 3.0, "emotions:joy": 0.85, "emotions:annoyance": 0.65}


def test_every_task_gets_one_suggestion_and_only_what_is_left_is_done(tmp_path: Path) -> None:
    with Desk(tmp_path / "labels.db") as desk:
        desk.add_tasks([NewTask(key, "review", 1, text, {}, 1) for key, text in (("a", TEXT), ("b", "…"))], "test")
        assert list(suggest(desk, Tiny())) == [(2, 2, 1)]
        desk.add_tasks([NewTask("c", "review", 1, TEXT + "!", {}, 1)], "test")
        again = Tiny()
        assert [new for _, _, new in suggest(desk, again)] == [1]
        assert again.read == ["…", TEXT + "!"]
        assert len(desk.snapshot("review").suggestions) == 2


def test_it_is_seen_only_after_the_own_answer(tmp_path: Path) -> None:
    with Desk(tmp_path / "labels.db") as desk:
        Accounts(desk.writer).add("kim", "annotator", "조용한 레몬 사천팔백이십일", "test")
        desk.add_tasks([NewTask("a", "review", 1, TEXT, {}, 1)], "test")
        list(suggest(desk, Tiny()))
        lease = desk.take("kim", "review")
        assert lease is not None
        assert desk.suggestion("kim", lease.task.id) is None
        labels: Labels = {"sentiment": "positive", "intensity": 4, "emotions": [{"label": "joy", "strength": 1}]}
        desk.save("kim", Submission("k1", lease.task.id, labels, lease.token))
        found = desk.suggestion("kim", lease.task.id)
        assert found is not None
        assert found.model == "tiny"
