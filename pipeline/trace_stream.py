"""A growing Trace as a stream: what each state adds to the one before, in the form of ``trace_json``.

The texts of the candidates are most of a trace and never change, so they are sent once. Whoever receives puts the
changes together with ``grown``, and has at every moment the trace as it then was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipeline.trace_json import candidate_json, to_json
from pipeline.types import ScoredPassage, Trace

ADDED_TO = ("scores", "ranks")  # of a candidate: stages add to them


def change(before: Trace | None, after: Trace) -> dict[str, Any]:
    """The fields of ``after`` that are not as they were ``before``; all of them when there was nothing before.

    ``candidates``, when there is anything new about them, are all there in their order, each with its ``passage_id``
    and what is new of it.
    """
    if before is None:
        return to_json(after)
    known, fields = (to_json(replace(trace, candidates=())) for trace in (before, after))
    changed = {name: value for name, value in fields.items() if value != known[name]}
    was, now = before.candidates, after.candidates
    if len(was) == len(now) and all(old is new for old, new in zip(was, now, strict=True)):
        return changed
    earlier = {candidate.passage.id: candidate for candidate in was}
    return {**changed, "candidates": [_changed_candidate(earlier.get(c.passage.id), c) for c in now]}


def _changed_candidate(was: ScoredPassage | None, now: ScoredPassage) -> dict[str, Any]:
    if was is None:
        return candidate_json(now)
    changed: dict[str, Any] = {"passage_id": now.passage.id}
    for name in ADDED_TO if was is not now else ():
        old, new = getattr(was, name), getattr(now, name)
        if added := {stage: value for stage, value in new.items() if stage not in old}:
            changed[name] = added
    for name in ("relevance", "in_prompt"):
        if getattr(was, name) != getattr(now, name):
            changed[name] = getattr(now, name)
    return changed


def grown(known: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """The trace as JSON after a change. Begin with an empty one."""
    candidates = {candidate["passage_id"]: candidate for candidate in known.get("candidates", ())}
    fields = {**known, **changed}
    if "candidates" in changed:
        fields["candidates"] = [_merged(candidates.get(c["passage_id"], {}), c) for c in changed["candidates"]]
    return fields


def _merged(known: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    added = {name: {**known.get(name, {}), **changed.get(name, {})} for name in ADDED_TO}
    return {**known, **changed, **added}
