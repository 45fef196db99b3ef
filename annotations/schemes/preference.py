"""Which of two answers is better: shown in a random order without names, stored by the id of the answer.

A task's context offers them as ``alternatives``: two objects, each with ``id`` and ``text``. Who wrote which must not
be in what the page shows; ids never are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from pipeline.errors.schemes import BadContext

TIE = "tie"

Pair = tuple[str, str]


def alternatives(context: Mapping[str, object], key: str = "alternatives") -> dict[str, str] | None:
    """Text by id of the two answers to compare, None when the task has none.

    Raises:
        BadContext: there is something else than two answers with id and text.
    """
    given = context.get(key)
    if given is None:
        return None
    if not isinstance(given, list | tuple) or len(given) != 2:
        raise _refused(key, "답변 두 개의 목록이 아닙니다", "it isn't a list of two answers")
    texts: dict[str, str] = {}
    for each in given:
        id, text = (each.get("id"), each.get("text")) if isinstance(each, Mapping) else (None, None)
        if not isinstance(id, str) or not isinstance(text, str) or not id.strip() or not text.strip():
            raise _refused(key, "id나 text가 없는 답변이 있습니다", "an answer has no id or no text")
        if id == TIE:
            raise _refused(key, f"id가 '{TIE}'인 답변이 있습니다", f"an answer has the id '{TIE}'")
        texts[id] = text
    if len(texts) != 2:
        raise _refused(key, "두 답변의 id가 같습니다", "both answers have the same id")
    return texts


def shown_order(ids: tuple[str, ...] | list[str], *seed: object) -> Pair:
    """Both ids in an order drawn by ``seed`` (task, annotator): the same at every rerun, another for others."""
    first, second = sorted(ids)
    drawn = hashlib.sha256("\n".join(map(str, (*seed, first, second))).encode("utf-8", "surrogatepass")).digest()[0]
    return (second, first) if drawn % 2 else (first, second)


def chosen(option: str, shown: Pair) -> dict[str, object]:
    """The value to store when ``option`` (``first``, ``second`` or ``tie``, by place) was picked."""
    answer = {"first": shown[0], "second": shown[1], TIE: TIE}[option]
    return {"chosen": answer, "shown": list(shown)}


def place_of(value: Mapping[str, object]) -> str:
    """``first``, ``second`` or ``tie``: where the answer stood that a stored value names; to draw it as it was."""
    answer, shown = value["chosen"], value["shown"]
    if answer == TIE:
        return TIE
    return "first" if isinstance(shown, list | tuple) and answer == shown[0] else "second"


def _refused(key: str, problem: str, problem_en: str) -> BadContext:
    return BadContext(key=key, problem=problem, problem_en=problem_en)
