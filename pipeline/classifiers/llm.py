"""A language model behind an OpenAI-compatible endpoint: one request a review, many under way, JSON by a schema.

A reply that doesn't fit is sent back with what is wrong with it; after ``TRIES`` the review stays unanalysed. Nothing
is guessed, and no review fails because of another.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Coroutine, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from pipeline.analysis.choices import ClassifierChoice
from pipeline.analysis.fingerprints import digest
from pipeline.analysis.prompts import Message, Prompt, complaint, messages, read_prompt
from pipeline.analysis.remarks import note_of, refused
from pipeline.analysis.replies import Misfit, read_reply, schema
from pipeline.batching.gate import Gate
from pipeline.connection import Client
from pipeline.endpoint import Endpoint, checked_endpoint, is_here
from pipeline.errors.base import HansangError
from pipeline.errors.endpoints import EndpointDown, EndpointRefused, EndpointSlow, RequestFailed
from pipeline.limiting import request_limiter
from pipeline.prompting.fencing import unmarked
from pipeline.types import Analysis, Unanalysed

TRIES = 3
READ_MOST = 8_000
"""Characters of a review that are read; the rest is left out, and the analysis says so."""

BUDGET = 262_144
"""Tokens under way at once, by estimate."""

_REPLY_TOKENS = 1_500
_TOKENS_A_CHARACTER = 1.0  # more than Korean needs with any common vocabulary, so that a server isn't swamped
_BACK = 4_000  # characters of an unfit reply that are shown to the model again

T = TypeVar("T")


class LlmClassifier:
    """See Classifier. Starts an event loop of its own for each call: from a running loop, call it in a thread."""

    def __init__(self, endpoint: Endpoint, prompt: Prompt, requests: int = 8, budget: int = BUDGET) -> None:
        self.name = f"llm:{endpoint.model}@{prompt.name}"
        self._endpoint = endpoint
        self._prompt = prompt
        self._requests = requests
        self._budget = budget

    @property
    def fingerprint(self) -> str:
        """Of the prompt. What the server runs under the model's name it doesn't say."""
        return digest([json.dumps(asdict(self._prompt), sort_keys=True).encode()])

    def classify(self, texts: Sequence[str], *, aspects: bool = True) -> list[Analysis | Unanalysed]:
        """See Classifier.

        Raises:
            EndpointDown, EndpointSlow: nobody answers, or nothing at all comes of as many requests as are sent at once.
            EndpointRefused: the server refuses every request.
        """
        return asyncio.run(self._all(texts, aspects))

    async def _all(self, texts: Sequence[str], aspects: bool) -> list[Analysis | Unanalysed]:
        room = request_limiter(self._requests, here=is_here(self._endpoint.url))
        gate, course = Gate(room.look, self._budget), _Course()
        async with Client(self._endpoint) as client:
            outcomes = await _together([self._one(client, gate, course, text, aspects) for text in texts])
            if course.failed and not course.answered and not await client.answers():
                raise self._blame(course.failed)
        return outcomes

    async def _one(
        self, client: Client, gate: Gate, course: _Course, text: str, aspects: bool
    ) -> Analysis | Unanalysed:
        if empty := refused(text, self.name):
            return empty
        shown = text[:READ_MOST]
        note = note_of(shown) or ("cut" if len(text) > READ_MOST else "")
        asked, problem = messages(self._prompt, shown, aspects=aspects), ""
        for _ in range(TRIES):
            try:
                async with gate.through(_tokens(asked)):
                    reply = await client.chat(asked, schema(aspects=aspects), "review", _REPLY_TOKENS)
            except RequestFailed as error:
                course.failed.append(error)
                if not course.answered and len(course.failed) >= max(2, self._requests):
                    raise self._blame(course.failed) from error  # had better stop than write failures for all
                return Unanalysed(self.name, f"endpoint-{error.trouble}", error.korean, error.english)
            course.answered += 1
            try:
                if not reply.whole:
                    raise Misfit(f"the reply was cut off at {_REPLY_TOKENS:,} tokens; it must be shorter")
                return read_reply(unmarked(shown), reply.text, classifier=self.name, aspects=aspects, note=note)
            except Misfit as misfit:
                problem = str(misfit)
                asked = messages(self._prompt, shown, aspects=aspects)
                asked += complaint(self._prompt, reply.text[:_BACK], problem)
        ko = f"모델의 답이 {TRIES}번 모두 형식에 맞지 않았습니다({problem})"
        return Unanalysed(self.name, "reply-misfit", ko, f"The model's reply did not fit {TRIES} times ({problem})")

    def _blame(self, failed: Sequence[RequestFailed]) -> HansangError:
        """What is wrong where nothing at all came of many requests."""
        url, reason = self._endpoint.url, failed[0].fields["reason"]
        troubles = {each.trouble for each in failed}
        if troubles == {"refused"}:
            return EndpointRefused(url=url, status=400, reason=reason, model=self._endpoint.model)
        return EndpointSlow(url=url, reason=reason) if troubles == {"timeout"} else EndpointDown(url=url, reason=reason)


@dataclass(slots=True)
class _Course:
    """How the requests of one call have gone so far."""

    answered: int = 0
    failed: list[RequestFailed] = field(default_factory=list)


async def _together(waiting: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """The results in order. The first error ends all the others and is raised by itself, not in a group."""
    tasks = []
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in waiting]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]


def _tokens(asked: Sequence[Message]) -> int:
    return int(sum(len(message["content"]) for message in asked) * _TOKENS_A_CHARACTER) + _REPLY_TOKENS


def load(choice: ClassifierChoice) -> LlmClassifier:
    """The classifier for an endpoint, a model and a prompt. Nothing is asked yet.

    Raises:
        BadSetting: the endpoint or the model is missing or can't be one.
        ModelUnusable: the prompt can't be read.
    """
    endpoint = Endpoint(choice.endpoint, choice.model, os.environ.get(choice.key_variable, ""), choice.timeout_s)
    return LlmClassifier(checked_endpoint(endpoint), read_prompt(choice.prompt), choice.requests)
