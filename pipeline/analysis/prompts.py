"""Prompts that ask a language model for an analysis, each a file with a version: instructions, examples, complaint.

A review goes in as a JSON string in a turn of the user, so that nothing in it can end the quotation: it is data. The
markers of chat templates in it are broken up (see ``fencing``). No version or fingerprint tells so: what holds no
marker, which is nearly all, is asked letter for letter as before, and what was kept of it still holds.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pipeline
from pipeline.errors.neural import ModelUnusable
from pipeline.prompting.fencing import unmarked

FOLDER = Path(pipeline.__file__).parent / "classifiers" / "prompts"

Message = dict[str, str]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt. ``name`` tells it and its version; ``examples`` are reviews with the replies that are wanted."""

    name: str
    system: str
    complaint: str
    examples: tuple[tuple[str, Mapping[str, Any]], ...]


def read_prompt(name: str) -> Prompt:
    """A prompt that is shipped, by name, or one of a file, by its path.

    Raises:
        ModelUnusable: there is none, or the file is no prompt.
    """
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    try:
        value = tomllib.loads(path.read_text(encoding="utf-8"))
        examples = tuple((str(each["review"]), json.loads(each["reply"])) for each in value["examples"])
        value["complaint"].format(problem="")
        return Prompt(f"{value['id']}-{value['version']}", value["system"], value["complaint"], examples)
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        shipped = ", ".join(sorted(path.stem for path in FOLDER.glob("*.toml")))
        fields = "id, version, system, complaint, examples"
        raise ModelUnusable(
            name="llm",
            reason=f"프롬프트 {path}을(를) 읽지 못했습니다({error})",
            reason_en=f"prompt {path} can't be read ({error})",
            cure=f"--prompt에 함께 온 이름({shipped})이나 {fields}가 있는 TOML 파일을 주세요",
            cure_en=f"Give --prompt one that is shipped ({shipped}), or a TOML file with {fields}",
        ) from error


def messages(prompt: Prompt, text: str, *, aspects: bool) -> list[Message]:
    """The conversation that asks for the analysis of one review. Without ``aspects`` the examples have none either.

    The model is shown the review ``unmarked``, and quotes that: its places are those of the review.
    """
    asked = [_turn("system", prompt.system)]
    for review, reply in prompt.examples:
        wanted = reply if aspects else {name: value for name, value in reply.items() if name != "aspects"}
        asked += [_review(review), _turn("assistant", json.dumps(wanted, ensure_ascii=False))]
    return [*asked, _review(unmarked(text))]


def complaint(prompt: Prompt, reply: str, problem: str) -> list[Message]:
    """What is added to the conversation after a reply that doesn't fit, which may say what the review told it to."""
    return [
        _turn("assistant", unmarked(reply)),
        _turn("user", prompt.complaint.format(problem=unmarked(problem))),
    ]


def _review(text: str) -> Message:
    return _turn("user", json.dumps({"review": text}, ensure_ascii=False))


def _turn(role: str, content: str) -> Message:
    return {"role": role, "content": content}
