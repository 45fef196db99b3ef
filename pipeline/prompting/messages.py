"""The conversation that asks for an answer: rules, examples, the sources with their numbers, the question. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.prompting.fencing import fenced, one_line
from pipeline.prompting.files import Prompt
from pipeline.types import Passage, Source

Message = Mapping[str, str]


def messages(question: str, sources: Sequence[Passage], prompt: Prompt) -> list[Message]:
    """The turns for a question over sources, which are numbered from 1 in their order.

    What users and reviewers wrote is fenced (see ``fencing``) and stands in turns of the user only.
    """
    turns = [_turn("system", prompt.system.format(marker=prompt.marker))]
    for example in prompt.examples:
        shown = [Passage("", text, Source("")) for text in example.sources]
        turns += [_turn("user", _asked(example.question, shown, prompt)), _turn("assistant", example.answer)]
    return [*turns, _turn("user", _asked(question, sources, prompt))]


def without_system(turns: Sequence[Message]) -> list[Message]:
    """The same for a model whose chat template knows no system: the rules stand on top of the first user's turn."""
    rules = "\n\n".join(turn["content"] for turn in turns if turn["role"] == "system")
    rest = [turn for turn in turns if turn["role"] != "system"]
    if not rules or not rest:
        return rest
    return [_turn(rest[0]["role"], f"{rules}\n\n{rest[0]['content']}"), *rest[1:]]


def _asked(question: str, sources: Sequence[Passage], prompt: Prompt) -> str:
    blocks = [
        prompt.source.format(number=number, about=_about(passage.source), text=fenced(passage.text).strip())
        for number, passage in enumerate(sources, start=1)
    ]
    return prompt.question.format(
        sources="\n".join(blocks) or prompt.none, question=fenced(question), marker=prompt.marker
    )


def _about(source: Source) -> str:
    """What is known of a review, as attributes: whose it is, how many stars, when."""
    known = (
        ("가게", source.restaurant or source.title),
        ("별점", f"{source.rating:g}" if source.rating is not None else ""),
        ("날짜", source.date),
    )
    return "".join(f' {name}="{one_line(value)}"' for name, value in known if value)


def _turn(role: str, content: str) -> Message:
    return {"role": role, "content": content}
