"""From what a language model has sent so far to the Answer: text without marks, citations, doubts, what is wrong."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace

from pipeline.errors.base import HansangError
from pipeline.errors.llm import NoAnswer, ReplyCut, ReplyEmpty, ReplyForeign, ReplyRefused, ReplyRepeats, ReplyUncited
from pipeline.evidence.citing import Grounding, Reply, cited, read_reply, sentences
from pipeline.prompting.replies import (
    declines,
    is_foreign,
    is_marker,
    may_become_marker,
    repetition,
    says_nothing_found,
)
from pipeline.protocols import Tokenizer
from pipeline.types import Answer, Citation, Doubt, Trouble

_ENDS = frozenset(".!?…\n]】］")
_LOOKED_EVERY = 40  # characters between two looks for repetition


@dataclass(slots=True)
class Draft:
    """A reply that is coming. ``repeats`` is set when it begins to say the same over and over, and is cut there;
    ``grounded`` is how much of it has been held against its sources.
    """

    marker: str
    most: int
    raw: str = ""
    finish: str = ""
    repeats: bool = False
    grounded: int = 0
    _looked: int = 0

    def add(self, text: str) -> None:
        """Add what came."""
        if self.repeats:
            return
        self.raw += "".join(c for c in text if c == "\n" or unicodedata.category(c) != "Cc")
        if len(self.raw) - self._looked >= _LOOKED_EVERY:
            self._looked = len(self.raw)
            self.cut_repetition()

    def cut_repetition(self) -> None:
        """Cut the reply where it begins to repeat itself. The marks of what is left stay."""
        if not self.repeats and (place := repetition(self.raw)) is not None:
            self.raw, self.repeats = self.raw[:place], True


def growing(draft: Draft, before: Answer, grounding: Grounding, tokenizer: Tokenizer) -> Answer:
    """The answer while it is coming: sentences that are complete have their citations, what may be no answer is kept
    back.
    """
    reply = read_reply(draft.raw, coming=True)
    if may_become_marker(reply.text, draft.marker) or is_marker(reply.text, draft.marker):
        return before
    came, draft.grounded = draft.raw[draft.grounded :], len(draft.raw)
    if not any(c in _ENDS for c in came):  # no sentence can have ended, so that nothing is new of those before
        return replace(before, text=reply.text)
    citations, doubts = _grounded(reply, grounding, tokenizer, coming=True)
    return replace(before, text=reply.text, citations=citations, doubts=doubts)


def _grounded(
    reply: Reply, grounding: Grounding, tokenizer: Tokenizer, *, coming: bool = False
) -> tuple[tuple[Citation, ...], tuple[Doubt, ...]]:
    found = cited(reply, sentences(reply.text, tokenizer)) if reply.text else []
    if coming:
        found = found[:-1]  # the mark of the last may be still to come
    grounded = [grounding.ground(sentence, numbers) for sentence, numbers in found]
    return tuple(c for cs, _ in grounded for c in cs), tuple(d for _, ds in grounded for d in ds)


def finished(
    draft: Draft, before: Answer, grounding: Grounding, tokenizer: Tokenizer, broken: NoAnswer | None = None
) -> Answer:
    """The answer when nothing more comes, with what is wrong with it. ``broken`` is why it ended before its end."""
    if broken is None:
        draft.cut_repetition()
    reply = read_reply(draft.raw, coming=broken is not None or draft.finish == "length")
    citations, doubts = _grounded(reply, grounding, tokenizer)
    answer = replace(before, text=reply.text, citations=citations, doubts=doubts)
    if broken is not None:
        return answer
    if not citations and says_nothing_found(reply.text, draft.marker):
        return _abstained(answer, None)
    if not citations and declines(reply.text):
        return _abstained(answer, ReplyRefused())
    error = _wrong(draft, answer)
    if isinstance(error, ReplyForeign):  # its words are no names
        answer = replace(answer, doubts=tuple(doubt for doubt in doubts if doubt.kind != "name"))
    return replace(answer, trouble=Trouble(error.code, error.korean, error.english) if error else None)


def _abstained(answer: Answer, error: HansangError | None) -> Answer:
    trouble = Trouble(error.code, error.korean, error.english) if error else None
    return replace(answer, abstained=True, kind="abstention", doubts=(), trouble=trouble)


def _wrong(draft: Draft, answer: Answer) -> NoAnswer | None:
    """The first of what may be wrong with a reply that has come to its end."""
    if not any(c.isalnum() for c in answer.text):
        return ReplyEmpty()
    if draft.repeats:
        return ReplyRepeats()
    if draft.finish == "length":
        return ReplyCut(tokens=draft.most)
    if is_foreign(answer.text):
        return ReplyForeign()
    return None if answer.citations else ReplyUncited()
