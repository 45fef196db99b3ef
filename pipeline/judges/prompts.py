"""The judge's prompts: files with a version in their name. A file that was used is never edited; a change is a new one.

A file holds the instruction and examples; what is judged follows as JSON, so that nothing in a review or an answer can
pass for an instruction. The markers of chat templates in it are broken up (see ``fencing``), which is no new version: a
judgement's digest is of the conversation, so that those of cases with a marker are made anew, and all others stay.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.evaluation.judgements import Measure
from pipeline.judges.types import Case, Message
from pipeline.prompting.fencing import all_unmarked

FOLDER = Path(__file__).parent / "prompts"
NEWEST = 1
CONTEXT_LIMIT = 2_000  # characters of one passage


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt file: its name with version, the instruction, and examples as pairs of what is judged and the reply.

    ``digest`` changes with every character of the file.
    """

    name: str
    system: str
    examples: tuple[tuple[str, str], ...]
    digest: str


@cache
def load(measure: Measure, version: int = NEWEST) -> Prompt:
    """The prompt of a measure."""
    name = f"{measure}@{version}"
    raw = (FOLDER / f"{name}.toml").read_bytes()
    value = tomllib.loads(raw.decode())
    examples = tuple((_json(json.loads(e["given"])), _json(json.loads(e["reply"]))) for e in value.get("examples", ()))
    return Prompt(name, value["system"].strip(), examples, hashlib.sha256(raw).hexdigest()[:12])


def conversation(prompt: Prompt, measure: Measure, case: Case) -> list[Message]:
    """The prompt with a case at its end."""
    messages = [Message("system", prompt.system)]
    for given, reply in prompt.examples:
        messages += [Message("user", given), Message("assistant", reply)]
    return [*messages, Message("user", _json(all_unmarked(given_of(measure, case))))]


def given_of(measure: Measure, case: Case) -> dict[str, Any]:
    """What a judge is shown of a case: only what the measure is about."""
    passages = [{"passage": n, "text": text[:CONTEXT_LIMIT]} for n, text in enumerate(case.contexts, start=1)]
    given: dict[Measure, dict[str, Any]] = {
        "answer_relevancy": {"answer": case.answer},
        "faithfulness": {"question": case.question, "answer": case.answer, "passages": passages},
        "context_recall": {"question": case.question, "reference": case.reference, "passages": passages},
        "context_precision": {"question": case.question, "reference": case.reference, "passages": passages},
    }
    return given[measure]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
