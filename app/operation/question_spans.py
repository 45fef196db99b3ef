"""The spans of one question: made of its trace as it grows, so that the pipeline itself knows nothing of them.

A trace tells how long each stage took; between two of its states stages follow one another without a gap, so the last
one ended when the state came.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context

from app.operation.metrics import outcome_of
from pipeline.errors.base import HansangError
from pipeline.errors.llm import LlmResting
from pipeline.types import Trace

QUESTION = "question"
GENERATE = "generate"
_NS = 1_000_000  # in a millisecond

Value = str | int | float | bool


class QuestionSpans:
    """The span of a question and those of its stages. ``end`` may come from another thread than ``saw``."""

    def __init__(self, tracer: Tracer, *, texts: bool, now: Callable[[], int] = time.time_ns) -> None:
        self._tracer = tracer
        self._texts = texts
        self._now = now
        self._span = tracer.start_span(QUESTION, start_time=now())
        self._stages: dict[str, tuple[int, int]] = {}  # when each began and ended, in nanoseconds
        self._spent: dict[str, float] = {}
        self._trace: Trace | None = None
        self._lock = threading.Lock()
        self._ended = False

    def saw(self, trace: Trace) -> None:
        """The trace has grown."""
        end = self._now()
        grown = [
            (name, round((ms - self._spent.get(name, 0.0)) * _NS))
            for name, ms in trace.timings_ms.items()
            if name != "total" and ms != self._spent.get(name)
        ]
        begin = end - sum(length for _, length in grown)
        with self._lock:
            for name, length in grown:
                self._stages[name] = self._stages.get(name, (begin, 0))[0], begin + length
                begin += length
            self._spent = dict(trace.timings_ms)
            self._trace = trace

    def end(self, error: BaseException | None = None) -> None:
        """The question has ended, well or not. A second end changes nothing: a stage that hung may come back."""
        with self._lock:
            if self._ended:
                return
            self._ended = True
        context = set_span_in_context(self._span)
        for name, (begin, end) in self._stages.items():
            span = self._tracer.start_span(name, context, attributes={"hansang.stage": name}, start_time=begin)
            if name == GENERATE and self._trace is not None:
                self._call(self._trace, span, begin, end)
            span.end(end)
        if self._trace is not None:
            self._span.set_attributes(about(self._trace, texts=self._texts))
        if error is not None:
            _failed(self._span, error.code if isinstance(error, HansangError) else type(error).__name__)
        self._span.end(self._now())

    def _call(self, trace: Trace, stage: Span, begin: int, end: int) -> None:
        """The call of a language model, where there was one: all tries together, the wait for a place among them."""
        if not called(trace):
            return
        model = str(trace.settings.get("llm.model", ""))
        span = self._tracer.start_span(
            f"chat {model}", set_span_in_context(stage), SpanKind.CLIENT, call_attributes(trace), start_time=begin
        )
        if trace.answer and trace.answer.trouble:
            _failed(span, trace.answer.trouble.code)
        span.end(end)


def about(trace: Trace, *, texts: bool) -> dict[str, Value]:
    """The attributes of a question's span: what the trace is called, and what came of it."""
    found: dict[str, Value] = {
        "hansang.trace_id": trace.id,
        "hansang.index": trace.index,
        "hansang.profile": str(trace.settings.get("profile", "")),
        "hansang.outcome": outcome_of(trace),
        "hansang.candidates": len(trace.candidates),
    }
    if texts:
        found["hansang.question"] = trace.question.text
        if trace.answer is not None:
            found["hansang.answer"] = trace.answer.text
    return found


def called(trace: Trace) -> bool:
    """Whether a language model was asked: not where it was seen beforehand that there is no answer, or it rests."""
    answer = trace.answer
    if answer is None or trace.settings.get("generator") != "openai":
        return False
    return answer.usage is not None or (answer.trouble is not None and answer.trouble.code != LlmResting.code)


def call_attributes(trace: Trace) -> dict[str, Value]:
    """The attributes of a call. ``openai`` is whose form of request it is, not who runs the model."""
    settings, usage = trace.settings, trace.answer.usage if trace.answer else None
    found: dict[str, Value] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": str(settings.get("llm.model", "")),
        "gen_ai.request.max_tokens": int(str(settings.get("llm.answer_tokens", 0))),
        "gen_ai.request.temperature": float(str(settings.get("llm.temperature", 0))),
        "gen_ai.request.stream": True,
    }
    url = urlsplit(str(settings.get("llm.url", "")))
    if url.hostname:
        found |= {"server.address": url.hostname, "server.port": url.port or (443 if url.scheme == "https" else 80)}
    if usage is not None:
        found |= {"gen_ai.usage.input_tokens": usage.tokens_in, "gen_ai.usage.output_tokens": usage.tokens_out}
        if usage.first_token_ms is not None:
            found["gen_ai.response.time_to_first_chunk"] = usage.first_token_ms / 1000
    return found


def _failed(span: Span, code: str) -> None:
    span.set_attribute("error.type", code)
    span.set_status(Status(StatusCode.ERROR))
