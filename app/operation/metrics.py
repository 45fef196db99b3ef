"""What is counted and timed while the server runs, as Prometheus metrics. Base units: seconds, bytes, tokens.

Names follow https://prometheus.io/docs/practices/naming/. Labels have few values: never an id, a question or a name
that a user chose, but for the names of indexes.
"""

from __future__ import annotations

from typing import get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

from app.operation.errands import BEGUN
from pipeline.errors.llm import NoAnswer
from pipeline.types import Answer, DoubtKind, Trace, TraceState

FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
STAGES = frozenset(
    "understand bm25 vector window concept fuse rerank generate encode sparse colbert prompt check total".split()
)
OTHER = "other"
QUESTIONS = (
    *(("POST", f"/v1/{name}") for name in "ask search explain replay robustness analyze chat/completions".split()),
    *(("GET", f"/v1/restaurants/{{name:path}}/{name}") for name in ("summary", "strengths")),
)
"""Methods and routes of what costs the time of the processor or of a model."""


class Metrics:
    """All metrics of one server, in a registry of their own. Safe to use from several threads."""

    def __init__(self) -> None:
        # the time of a counter's first value, which nobody asked for, doubles the page
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        self._requests = Counter(
            "hansang_http_requests", "HTTP requests by route, method and outcome", ("route", "method", "outcome"),
            registry=registry,
        )  # fmt: skip
        self._request_seconds = Histogram(
            "hansang_http_request_duration_seconds",
            "Time from a request to the end of its reply, but for those turned away", ("route",),
            buckets=FAST, registry=registry,
        )  # fmt: skip
        self._questions = Counter(
            "hansang_questions", "Questions by index and what came of them", ("index", "outcome"), registry=registry
        )
        self._stage_seconds = Histogram(
            "hansang_stage_duration_seconds", "Time of one question in each stage", ("stage",),
            buckets=FAST, registry=registry,
        )  # fmt: skip
        self._first_token = Histogram(
            "hansang_time_to_first_token_seconds", "Time until a language model's first token",
            buckets=FAST, registry=registry,
        )  # fmt: skip
        self._tokens = Counter(
            "hansang_llm_tokens", "Tokens that the language model read (in) and wrote (out)", ("direction",),
            registry=registry,
        )  # fmt: skip
        self._citations = Counter("hansang_citations", "Citations in answers", registry=registry)
        self._doubts = Counter(
            "hansang_citations_unsupported", "What answers say that their sources don't bear out", ("kind",),
            registry=registry,
        )  # fmt: skip
        self._troubles = Counter(
            "hansang_answers_troubled", "Answers that are missing or not whole, by reason", ("code",),
            registry=registry,
        )  # fmt: skip
        self._feedback = Counter("hansang_feedback", "Votes on answers", ("vote",), registry=registry)
        self._refused = Counter(
            "hansang_requests_refused", "Requests turned away at once, by reason", ("reason",), registry=registry
        )
        self._stalled = Counter(
            "hansang_stages_stalled", "Questions given up because a stage didn't end", ("after",), registry=registry
        )
        self._workers_ended = Counter(
            "hansang_workers_ended", "Worker processes that ended by themselves, by reason", ("reason",),
            registry=registry,
        )  # fmt: skip
        self._unsaved = Counter("hansang_traces_unsaved", "Answers not stored for want of disk", registry=registry)
        self._backups = Counter("hansang_backups", "Automatic backups by outcome", ("outcome",), registry=registry)
        self._begin()

    def _begin(self) -> None:
        """Show what has few values from the start: the first count of what wasn't there before raises no alert."""
        for vote in ("up", "down"):
            self._feedback.labels(vote)
        for reason in ("overloaded", "draining"):
            self._refused.labels(reason)
        for reason in ("died", "stalled"):
            self._workers_ended.labels(reason)
        for outcome in ("ok", "failed"):
            self._backups.labels(outcome)
        for direction in ("in", "out"):
            self._tokens.labels(direction)
        for state in (BEGUN, *get_args(TraceState)):
            self._stalled.labels(state)
        for trouble in NoAnswer.__subclasses__():
            self._troubles.labels(trouble.code)
        for kind in get_args(DoubtKind):
            self._doubts.labels(kind)
        for method, route in QUESTIONS:
            self._requests.labels(route, method, "server_error")

    def request(self, route: str, method: str, outcome: str, seconds: float) -> None:
        """One HTTP request has ended. To turn somebody away takes no time, and would make a crowd look quick."""
        self._requests.labels(route, method, "server_error")  # there before the first of its kind
        self._requests.labels(route, method, outcome).inc()
        if outcome != "refused":
            self._request_seconds.labels(route).observe(seconds)

    def question(self, trace: Trace) -> None:
        """One question has ended, well or not."""
        self._questions.labels(trace.index, outcome_of(trace)).inc()
        for stage, milliseconds in trace.timings_ms.items():
            self._stage_seconds.labels(stage if stage in STAGES else OTHER).observe(milliseconds / 1000)
        if trace.answer is not None:
            self._answer(trace.answer)

    def _answer(self, answer: Answer) -> None:
        self._citations.inc(len(answer.citations))
        for doubt in answer.doubts:
            self._doubts.labels(doubt.kind).inc()
        if answer.trouble:
            self._troubles.labels(answer.trouble.code).inc()
        if answer.usage:
            self._tokens.labels("in").inc(answer.usage.tokens_in)
            self._tokens.labels("out").inc(answer.usage.tokens_out)
            if answer.usage.first_token_ms is not None:
                self._first_token.observe(answer.usage.first_token_ms / 1000)

    def feedback(self, vote: str) -> None:
        """Somebody voted."""
        self._feedback.labels(vote).inc()

    def refused(self, reason: str) -> None:
        """A request was turned away at once."""
        self._refused.labels(reason).inc()

    def stalled(self, after: str) -> None:
        """A question was given up; ``after`` is the last state that it reached."""
        self._stalled.labels(after).inc()

    def worker_ended(self, reason: str) -> None:
        """A worker process ``died``, or was ended because it ``stalled``; another is started."""
        self._workers_ended.labels(reason).inc()

    def unsaved(self) -> None:
        """An answer could not be stored."""
        self._unsaved.inc()

    def backup(self, outcome: str) -> None:
        """An automatic backup was made (``ok``) or not (``failed``)."""
        self._backups.labels(outcome).inc()


def outcome_of(trace: Trace) -> str:
    """``answered``, ``abstained``, ``searched`` (no answer was wanted), ``troubled`` or ``unfinished``.

    ``troubled``: the language model gave no answer, or not a whole one; ``unfinished``: left, stopped or failed.
    """
    if trace.state != "done":
        return "unfinished"
    if trace.answer is None:
        return "searched"
    if trace.answer.trouble is not None:
        return "troubled"
    return "abstained" if trace.answer.abstained else "answered"
