"""What a classifier makes of reviews, as suggestions in the labels of the scheme ``review``. Annotators see one only
after their own answer is in.
"""

from __future__ import annotations

from collections.abc import Iterator

from annotations.desk import Desk
from annotations.intake.overview import NewSuggestion, add_suggestions
from annotations.schemes.labels import validate_draft
from annotations.schemes.scheme import load_scheme
from annotations.types import Labels, Task
from pipeline.protocols import Classifier
from pipeline.types import Analysis

SCHEME = "review"
AT_ONCE = 500  # reviews between two rounds of telling and storing
STRENGTHS = (0.6, 0.8)  # scores from which an emotion is suggested with strength 2 and 3


def suggest(desk: Desk, classifier: Classifier) -> Iterator[tuple[int, int, int]]:
    """Keep a suggestion for every task that has none of this classifier; yields after each batch how many tasks were
    read, how many there are, and how many suggestions are new. Stopped, it goes on where it was.
    """
    found = desk.snapshot(SCHEME)
    known = {each.task_id for each in found.suggestions if each.model == classifier.name}
    todo = [task for task in found.tasks if task.id not in known and task.repeat_of is None]
    new = 0
    for first in range(0, len(todo), AT_ONCE):
        batch = todo[first : first + AT_ONCE]
        analysed = classifier.classify([task.text for task in batch])
        said = [
            suggestion_of(task, analysis)
            for task, analysis in zip(batch, analysed, strict=True)
            if isinstance(analysis, Analysis)
        ]
        new += add_suggestions(desk, SCHEME, said)
        yield first + len(batch), len(todo), new


def suggestion_of(task: Task, analysis: Analysis) -> NewSuggestion:
    """An analysis in the labels of the task's scheme. Scores are named by field and label; that of the intensity is its
    expected value from 1 to 5. The classifier says how sure an emotion is, not how strong: its strength is that
    sureness in three steps.
    """
    labels: Labels = {
        "sentiment": analysis.label,
        "intensity": min(5, max(1, round(analysis.expected_intensity))),
        "emotions": [
            {"label": name, "strength": 1 + sum(analysis.emotions[name] >= step for step in STRENGTHS)}
            for name in analysis.felt
            if name != "none"
        ]
        or [{"label": "none", "strength": 1}],
        "aspects": [
            {
                "label": opinion.aspect,
                "polarity": opinion.polarity,
                "start": opinion.span[0],
                "end": opinion.span[1],
                "quote": task.text[slice(*opinion.span)],
            }
            for opinion in analysis.opinions
        ],
    }
    felt = {
        f"emotions:{name}": round(analysis.emotions[name], 3) for name in analysis.felt if name in analysis.emotions
    }
    sure = {f"sentiment:{analysis.label}": round(analysis.confidence, 3)}
    scores = {**sure, "intensity": round(analysis.expected_intensity, 2), **felt}
    fitting = validate_draft(load_scheme(task.scheme, task.version), labels, task.text, task.context)
    return NewSuggestion(task.key, analysis.classifier, fitting, scores)
