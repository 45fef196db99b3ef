"""What the labels of a foreign model mean in ours: by their names where these tell, else by a file beside the model.

``labels.json`` in the model's folder maps its labels to ours, ``{"LABEL_0": "negative", "LABEL_1": "positive"}``, and
those to be left out to an empty string. Nothing is guessed from a label's number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.analysis.labels import EMOTIONS, KOTE_OF, LEVELS, NO_EMOTION, SENTIMENTS
from pipeline.errors.neural import ModelUnusable

FILE = "labels.json"

Field = Literal["sentiment", "intensity", "emotions"]

_SENTIMENTS = {
    "positive": "positive", "pos": "positive", "긍정": "positive", "긍정적": "positive",
    "negative": "negative", "neg": "negative", "부정": "negative", "부정적": "negative",
    "neutral": "neutral", "neu": "neutral", "중립": "neutral", "중립적": "neutral",
    "mixed": "mixed", "복합": "mixed",
}  # fmt: skip
_LEVEL = re.compile(r"([1-5])(?: ?(?:stars?|점|개))?")
_EMOTIONS = {name: name for name in EMOTIONS} | {label: name for name, kote in KOTE_OF.items() for label in kote}
_OUT = ""  # a label that is left out
_UNUSED = ("비장함", "부끄러움", "깨달음", "죄책감")  # labels of KOTE that the scheme has nothing for


@dataclass(frozen=True, slots=True)
class Meaning:
    """Which field of ours a model tells, and for each of its labels, in order, our name or nothing."""

    field: Field
    names: tuple[str, ...]


def meaning_of(labels: Sequence[str], folder: Path) -> Meaning:
    """What the labels of the model in a folder mean.

    Raises:
        ModelUnusable: a label is unknown, or they are not all of one field.
    """
    named = _named(folder)
    unknown = [label for label in labels if label not in named and _ours(label) is None]
    names = tuple(named.get(label, _ours(label) or _OUT) for label in labels)
    fields = {_field(name) for name in names if name}
    if unknown or len(fields) != 1 or None in fields:
        asked = ", ".join(unknown or labels)
        known = ", ".join((*SENTIMENTS, *_levels(), *EMOTIONS))
        example = json.dumps({(unknown or labels)[0]: "negative"}, ensure_ascii=False)
        raise ModelUnusable(
            name=f"electra ({folder})",
            reason=f"라벨의 뜻을 알 수 없습니다({asked})",
            reason_en=f"its labels are not understood ({asked})",
            cure=f"{folder / FILE}에 {example}처럼 적어 주세요. 쓸 수 있는 이름: {known}",
            cure_en=f"Write {folder / FILE} like {example}. Names: {known}",
        )
    (field,) = fields
    assert field is not None
    return Meaning(field, names)


def _named(folder: Path) -> Mapping[str, str]:
    path = folder / FILE
    if not path.exists():
        return {}
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        return {str(label): str(name) for label, name in value.items()}
    except (OSError, ValueError, AttributeError) as error:
        raise ModelUnusable(
            name=f"electra ({folder})",
            reason=f"{path}을(를) 읽지 못했습니다({error})",
            reason_en=f"{path} can't be read ({error})",
            cure='{"라벨": "positive"} 꼴의 JSON으로 고쳐 주세요',
            cure_en='Make it JSON like {"LABEL": "positive"}',
        ) from error


def _ours(label: str) -> str | None:
    plain = label.strip().lower()
    if label in _UNUSED:
        return _OUT
    level = _LEVEL.fullmatch(plain)
    return _SENTIMENTS.get(plain) or (level[1] if level else None) or _EMOTIONS.get(label.strip())


def _field(name: str) -> Field | None:
    if name in SENTIMENTS:
        return "sentiment"
    if name in _levels():
        return "intensity"
    return "emotions" if name in EMOTIONS or name == NO_EMOTION else None


def _levels() -> tuple[str, ...]:
    return tuple(str(level) for level in range(1, LEVELS + 1))
