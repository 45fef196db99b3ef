"""What strangers wrote, made safe to stand in a prompt: data that can't end its fence or begin another turn.

Tokenizers turn the markers of a chat template into control tokens wherever they stand in a text, so a review that holds
``<|im_start|>system`` would speak as the system. They are broken up here so that a person still sees what was written.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

BREAK = "·"
"""Put inside a marker, so that it is no marker any more and can still be read."""

_PIPE = "|｜¦∣ǀ│"  # with letters that look like it: DeepSeek's own markers have the full-width one
_BROKEN = str.maketrans({"<": "‹", ">": "›", "[": "(", "]": ")"} | dict.fromkeys(_PIPE, BREAK))  # one for one
_OPENING = frozenset("<＜﹤[［﹇")  # every marker has one of them
_MARKERS = re.compile(
    rf"<\s*[{_PIPE}][^<>]{{0,60}}?[{_PIPE}]?\s*>"  # <|im_start|>, <|eot_id|>, <|system|>, <｜User｜>, <|end>
    r"|<\s*/?\s*(?:s|bos|eos|pad|unk|mask|start_of_turn|end_of_turn|think|tool_call|tool_response|tools?"
    r"|system|assistant|user|human|model|instructions?|context|question|sources?|후기|질문)(?:\b[^<>]{0,80})?>"
    r"|\[\s*(?:/?\s*(?:INST|SYS|SYSTEM|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|BOS|EOS|gMASK)"
    rf"|[{_PIPE}][^\[\]]{{0,60}}[{_PIPE}])\s*\]"  # [INST], [|system|], [|endofturn|]
    r"|<<\s*/?\s*SYS\s*>>",
    re.IGNORECASE,
)
_HEADINGS = re.compile(
    r"^(?P<head>[ \t]*#{2,}[ \t]*)(?P<word>Instructions?|Input|Response|System|User|Assistant|Human"
    r"|지시|명령어?|입력|응답|답변|시스템|질문)"
    r"(?P<colon>[ \t]*[:：]?)",
    re.IGNORECASE | re.MULTILINE,
)
_ROLES = re.compile(
    r"^(?P<lead>[ \t>*_-]*)(?P<role>system|assistant|user|human|ai|시스템|어시스턴트|사용자)(?P<mark>[*_]*[ \t]*[:：])",
    re.IGNORECASE | re.MULTILINE,
)
_CITATION = re.compile(r"[\[【［](?P<n>\s*\d{1,3}(?:\s*,\s*\d{1,3})*\s*)[\]】］]")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")


def fenced(text: str) -> str:
    """A text with every marker of a chat template broken up by ``·`` or other brackets, and nothing else changed.

    Also broken: the tags that fence sources here, headings and labels that begin a turn (``### Instruction``,
    ``system:``), and citations (``[1]`` becomes ``(1)``), which would pass for ours. Full-width ＜ ＞ become < >.
    Characters that can't be seen (zero width, directions, tags) are left out: they could hide a marker from the rules.
    """
    seen = _INVISIBLE.sub("", re.sub("[\u2028\u2029\x85]", "\n", text))
    seen = "".join(c for c in seen if c in "\n\t" or unicodedata.category(c) != "Cc")
    folded = unmarked(seen).translate(str.maketrans("＜＞", "<>"))  # as tokenizers that normalise would read them
    folded = _HEADINGS.sub(lambda hit: f"{BREAK.join(hit['head'].strip())}{BREAK} {hit['word']}{hit['colon']}", folded)
    folded = _ROLES.sub(lambda hit: f"{hit['lead']}{hit['role']}{BREAK}{hit['mark']}", folded)
    return _CITATION.sub(lambda hit: f"({hit['n'].strip()})", folded)


def unmarked(text: str) -> str:
    """A text with the markers alone broken up, one character for one: for JSON, which quotes all else.

    Every character keeps its place, so what is found in it stands at the same place of the text. Markers are sought as
    tokenizers that normalise would read them: compatibility forms folded, without what can't be seen.
    """
    if _OPENING.isdisjoint(text):
        return text
    read = [(place, c) for place, char in enumerate(text) for c in unicodedata.normalize("NFKC", char) if _is_read(c)]
    seen = "".join(c for _, c in read)
    while (broken := _MARKERS.sub(_broken, seen)) != seen:  # breaking one may join what stood around it
        seen = broken
    written = list(text)
    for (place, before), after in zip(read, seen, strict=True):
        if after != before:
            written[place] = after
    return "".join(written)


def all_unmarked(value: Any) -> Any:
    """A value of JSON with every text in it ``unmarked``; the names of its fields stay."""
    if isinstance(value, str):
        return unmarked(value)
    if isinstance(value, dict):
        return {name: all_unmarked(each) for name, each in value.items()}
    return [all_unmarked(each) for each in value] if isinstance(value, list | tuple) else value


def _is_read(c: str) -> bool:
    return c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf")


def _broken(hit: re.Match[str]) -> str:
    return hit[0].translate(_BROKEN)


def one_line(text: str) -> str:
    """A name as it may stand inside a tag: fenced, on one line, without quotes that would end the attribute."""
    return " ".join(fenced(text).split()).replace('"', "″").replace("<", "‹").replace(">", "›")
