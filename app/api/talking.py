"""The forms of the OpenAI API that we speak: what comes in, what goes out, what a trace becomes in them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Literal

from pydantic import BaseModel, Field

from app.api.conversations import Turns
from app.api.replies import QUESTION, SENTENCE
from app.bodies import Body
from app.refusals import NoUserMessage
from pipeline.trace_json import candidate_json
from pipeline.types import Passage, Trace

OWNER = "hansang"
LIVE = re.compile(r"\](?=[(\[:])|<(?=[A-Za-z/!?])")
"""Where Markdown begins the target of a link or an image, or HTML an element."""

NOTHING = "답변을 만들지 못했습니다. 찾은 후기는 hansang.contexts에 있습니다."
MESSAGES = 500


class Part(BaseModel):
    """A part of a message; those that aren't text are left out."""

    type: str = Field(examples=["text"])
    text: str | None = Field(None, examples=[QUESTION])


class Message(BaseModel):
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"] = Field(examples=["user"])
    content: str | list[Part] | None = Field(None, examples=[QUESTION])


class StreamOptions(BaseModel):
    """What a stream brings besides the answer."""

    include_usage: bool = Field(False, strict=True)


class More(Body):
    """What the OpenAI API has no field for."""

    set: dict[str, Any] = Field(default_factory=dict, description="이 질문에만 쓸 설정", examples=[{"retrieval.k": 7}])
    previous: str = Field(default="", max_length=200, description="이어서 묻는 앞 답변의 id")
    without: list[str] = Field(default_factory=list, max_length=100, description="뺄 조건")


class ChatQuestion(BaseModel):
    """A conversation whose last message is the question."""

    model: str = Field(max_length=250, description="hansang/색인이름", examples=["hansang/demo"])
    messages: list[Message] = Field(
        min_length=1, max_length=MESSAGES, examples=[[{"role": "user", "content": QUESTION}]]
    )
    stream: bool | None = Field(False, strict=True)
    stream_options: StreamOptions | None = None
    hansang: More = Field(default_factory=lambda: More(previous=""))


class Said(BaseModel):
    """The answer."""

    role: Literal["assistant"]
    content: str = Field(examples=[SENTENCE])
    refusal: None = None


class Choice(BaseModel):
    """The one choice there is."""

    index: int
    message: Said
    finish_reason: Literal["stop"]
    logprobs: None = None


class Tokens(BaseModel):
    """What it took. Without a language model nothing counts tokens: then these are words (``hansang.counted``)."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatReply(BaseModel):
    """The answer, and in ``hansang`` what is behind it: trace, contexts with their scores, citations, confidence."""

    id: str = Field(examples=["chatcmpl-9f2c51d07a3be846"])
    object: Literal["chat.completion"]
    created: int
    model: str = Field(examples=["hansang/demo"])
    choices: list[Choice]
    usage: Tokens
    hansang: dict[str, Any] = Field(examples=[{"trace": "9f2c51d07a3be846", "index": "demo", "contexts": []}])


class Model(BaseModel):
    """An index as a model."""

    id: str = Field(examples=["hansang/demo"])
    object: Literal["model"] = "model"
    created: int
    owned_by: Literal["hansang"] = "hansang"


class Models(BaseModel):
    """The indexes as models, all or a page of them. ``next`` is the cursor of the following page, null on the last."""

    object: Literal["list"] = "list"
    data: list[Model]
    has_more: bool
    next: str | None = Field(examples=["WyJkZW1vIl0"])


def model_of(index: str) -> str:
    """The name of an index as a model."""
    return f"{OWNER}/{index}"


def turns_of(messages: Sequence[Message]) -> Turns:
    """What users and assistants said.

    Raises:
        NoUserMessage: the last of it isn't a user's.
    """
    said_ = [(m.role, _text(m)) for m in messages if m.role in ("user", "assistant")]
    if not said_ or said_[-1][0] != "user" or messages[-1].role != "user":
        raise NoUserMessage
    return [(str(role), text) for role, text in said_]


def _text(message: Message) -> str:
    if isinstance(message.content, list):
        return "\n".join(part.text for part in message.content if part.type == "text" and part.text)
    return message.content or ""


def said(trace: Trace) -> str:
    """What the user is told: the answer, else why there is none. It links to nothing, though clients take it for
    Markdown: somebody's review could have them load a picture from anywhere.
    """
    answer = trace.answer
    if answer is None:
        return NOTHING
    trouble = f"{answer.trouble.ko} ({answer.trouble.en})" if answer.trouble else ""
    return "\n\n".join(part for part in (plain(answer.text), trouble) if part)


def plain(text: str) -> str:
    """A text that Markdown makes no link, picture or element of: a space comes where one would begin.

    What has been said stays as it was when the text goes on, so that it can be streamed.
    """
    return LIVE.sub(r"\g<0> ", text)


def envelope(kind: str, trace: Trace, model: str) -> dict[str, Any]:
    """What every reply begins with."""
    created = int(datetime.datetime.fromisoformat(trace.created).timestamp())
    return {"id": f"chatcmpl-{trace.id}", "object": kind, "created": created, "model": model}


def choice(trace: Trace) -> dict[str, Any]:
    """The answer as the one choice."""
    message = {"role": "assistant", "content": said(trace), "refusal": None}
    return {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}


def delta(text: str, *, first: bool) -> dict[str, Any]:
    """A piece of the answer as the one choice."""
    piece = {"content": text, **({"role": "assistant"} if first else {})}
    return {"index": 0, "delta": piece, "finish_reason": None, "logprobs": None}


def sources(trace: Trace) -> list[dict[str, Any]]:
    """The cited passages as events that Open WebUI shows below an answer; other clients pass over them."""
    cited = dict.fromkeys(citation.passage_id for citation in trace.answer.citations) if trace.answer else {}
    passages = {candidate.passage.id: candidate.passage for candidate in trace.candidates}
    return [_source(passages[id_]) for id_ in cited if id_ in passages]


def _source(passage: Passage) -> dict[str, Any]:
    of = passage.source
    name = " · ".join(part for part in (of.restaurant or of.title, of.date) if part) or passage.id
    told = {"source": passage.id, "name": name}
    return {"type": "source", "data": {"source": {"name": name}, "document": [plain(passage.text)], "metadata": [told]}}


def tokens(trace: Trace) -> dict[str, int]:
    """What an answer took: tokens, or words where no language model wrote it."""
    usage = trace.answer.usage if trace.answer else None
    if usage:
        read, written = usage.tokens_in, usage.tokens_out
    else:
        texts = [trace.question.text, *(c.passage.text for c in trace.candidates if c.in_prompt)]
        read, written = sum(len(text.split()) for text in texts), len(said(trace).split())
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def behind(trace: Trace) -> dict[str, Any]:
    """What the OpenAI API has no place for: the trace's id, the passages of the prompt with their scores, citations."""
    answer = asdict(trace.answer) if trace.answer else {}
    counted = "tokens" if answer.get("usage") else "words"
    contexts = [candidate_json(c) for c in trace.candidates if c.in_prompt]
    about = {name: answer.get(name) for name in ("citations", "abstained", "kind", "confidence", "note", "trouble")}
    return {"trace": trace.id, "index": trace.index, "counted": counted, **about, "contexts": contexts}
