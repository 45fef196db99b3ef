"""A summary worded by a language model: the same sentences, numbers, quotes and evidence, in other words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.errors.base import HansangError
from pipeline.prompting.fencing import unmarked
from pipeline.restaurants.summaries import AspectSummary, Sentence, Summary
from pipeline.restaurants.writing import Ask, Writer, numbers, prompt_of

PROMPT = Path(__file__).parent / "prompts" / "summary-1.txt"
_QUOTED = re.compile("“([^”]*)”")
_LONGER = 2  # times as long as its draft a sentence may be
_SCHEMA = {
    "type": "object",
    "properties": {
        "sentences": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "evidence": {"type": "array", "items": {"type": "string"}},
                },
                "required": ["text", "evidence"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["sentences"],
    "additionalProperties": False,
}


async def worded(summary: Summary, writer: Writer) -> Summary:
    """The summary in a writer's words. A sentence with other numbers or quotes stays; all do when it fails."""
    drafts = [*summary.overall, *(sentence for aspect in summary.aspects for sentence in aspect.sentences)]
    if not drafts:
        return summary
    rows = [{"text": draft.text, "evidence": list(draft.evidence)} for draft in drafts]
    try:
        reply = await writer.write(Ask("summary", prompt_of(PROMPT), _SCHEMA, {"sentences": rows}))
    except HansangError as error:
        return replace(summary, problem=error.korean)
    found = reply.get("sentences")
    if not isinstance(found, list) or len(found) != len(drafts):
        return replace(summary, problem=f"{writer.name}: 문장의 수가 달라 계산한 문장을 그대로 씁니다")
    told = iter([allowed(draft, row) for draft, row in zip(drafts, found, strict=True)])
    overall = tuple(next(told) for _ in summary.overall)
    aspects = tuple(_reworded(aspect, told) for aspect in summary.aspects)
    return replace(summary, overall=overall, aspects=aspects, writer=writer.name)


def _reworded(aspect: AspectSummary, told: Iterator[Sentence]) -> AspectSummary:
    return replace(aspect, sentences=tuple(next(told) for _ in aspect.sentences))


def allowed(draft: Sentence, row: Any) -> Sentence:
    """The sentence as it was worded anew where it says no other number and quotes the same words; else the draft.

    Its evidence is always the draft's, and its quotes are: the model was shown them ``unmarked``.
    """
    text = row.get("text") if isinstance(row, dict) else None
    if not isinstance(text, str) or not text.strip() or len(text) > _LONGER * len(draft.text):
        return draft
    shown, said = _quoted(unmarked(draft.text)), _quoted(draft.text)
    if numbers(text) != numbers(draft.text) or sorted(_quoted(text)) != sorted(shown):
        return draft
    for its, own in zip(shown, said, strict=True):
        text = text.replace(f"“{its}”", f"“{own}”", 1)
    return Sentence(text.strip(), draft.evidence)


def _quoted(text: str) -> Sequence[str]:
    return _QUOTED.findall(text)
