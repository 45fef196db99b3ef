"""Steps B and D-1 with a language model: it groups and words, and what it gives is held to what is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.errors.base import HansangError
from pipeline.errors.restaurants import WriterFailed
from pipeline.restaurants.writing import Ask, Writer, numbers, prompt_of
from pipeline.strengths.checking import claim_vector
from pipeline.strengths.claims import fits
from pipeline.strengths.collecting import accepted, drafted
from pipeline.strengths.comparing import chosen
from pipeline.strengths.facets import FOOD
from pipeline.strengths.ground import Ground
from pipeline.strengths.types import Candidate, Checked, Collected, Problem

_PROMPTS = Path(__file__).parent / "prompts"
CANDIDATES, CLAIMS = _PROMPTS / "candidates-1.txt", _PROMPTS / "claims-1.txt"

_STRING: Mapping[str, Any] = {"type": "string"}
_CANDIDATE = {
    "type": "object",
    "properties": {"aspect": _STRING, "claim": _STRING, "evidence": {"type": "array", "items": {"type": "integer"}}},
    "required": ["aspect", "claim", "evidence"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Written:
    """What a step came to with a writer, and what went wrong with it; then the result is that without a writer."""

    candidates: tuple[Candidate, ...] = ()
    checked: tuple[Checked, ...] = ()
    problem: Problem | None = None


async def propose_with(writer: Writer, collected: Collected, draft: Sequence[Candidate]) -> Written:
    """Step B with a writer: it regroups and words the draft. Where nothing of its reply can be used the draft stays."""
    if not collected.remarks:
        return Written(tuple(draft))
    shown = enumerate((collected.remarks[place] for place in collected.sample), start=1)
    lines = [f"[{number}] {remark.aspect}: {remark.quote}" for number, remark in shown]
    ask = Ask(
        "candidates", prompt_of(CANDIDATES) + "\n\n후기 말:\n" + "\n".join(lines),
        _object("candidates", _CANDIDATE), drafted(collected, draft),
    )  # fmt: skip
    try:
        found = accepted(collected, await writer.write(ask), lambda claim: fits(claim) and not numbers(claim))
        if not found:
            raise WriterFailed(name=writer.name, reason="쓸 수 있는 후보가 없음")
    except HansangError as error:
        return Written(tuple(draft), problem=problem_of(collected.restaurant, error))
    return Written(found)


async def rewrite_with(writer: Writer, ground: Ground, collected: Collected, checked: tuple[Checked, ...]) -> Written:
    """Step D-1 with a writer: each claim worded anew; one that may not stand so stays as it was."""
    if not checked:
        return Written(checked=checked)
    quotes = [[remark.quote for remark in chosen(one.evidence)] for one in checked]
    lines = [f"{i}. {' / '.join(said)}" for i, said in enumerate(quotes, start=1)]
    ask = Ask(
        "claims", prompt_of(CLAIMS) + "\n\nquotes:\n" + "\n".join(lines), _object("claims", _STRING),
        {"claims": [one.claim for one in checked]},
    )  # fmt: skip
    try:
        claims = (await writer.write(ask)).get("claims")
        if not isinstance(claims, list) or len(claims) != len(checked):
            raise WriterFailed(name=writer.name, reason="claims의 수가 다름")
    except HansangError as error:
        return Written(checked=checked, problem=problem_of(collected.restaurant, error))
    return Written(checked=tuple(_reworded(ground, one, claim) for one, claim in zip(checked, claims, strict=True)))


def _reworded(ground: Ground, one: Checked, claim: object) -> Checked:
    """The claim in other words, where they are fit and still name the dish."""
    if not isinstance(claim, str) or claim == one.claim or not fits(claim) or numbers(claim):
        return one
    topic = one.topics[0]
    if topic.aspect == FOOD and topic.dish and topic.dish in one.claim and topic.dish not in claim:
        return one
    return replace(one, claim=claim, vector=claim_vector(ground, claim, one.centroid))


def _object(name: str, item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "type": "object",
        "properties": {name: {"type": "array", "items": item}},
        "required": [name],
        "additionalProperties": False,
    }


def problem_of(restaurant: str, error: HansangError) -> Problem:
    """An error as it is told beside a result."""
    return Problem(restaurant, error.code, error.korean, error.english)
