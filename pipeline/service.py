"""The one door: the chat, the HTTP API and the command line all ask through a Service."""

from __future__ import annotations

import datetime
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.config import with_overrides
from pipeline.errors.base import HansangError
from pipeline.errors.indexes import PassageNotFound
from pipeline.errors.questions import QuestionEmpty, QuestionTooLong, TraceNotFound
from pipeline.experiments import running
from pipeline.experiments.running import Arm
from pipeline.experiments.variants import Variant, assign, label
from pipeline.index import Manifest, current_folder, names, read_manifest
from pipeline.pipelines import Asked, Pipelines, Whole, begin
from pipeline.rag import Ask, Rag, answer_later, run
from pipeline.settings import Settings
from pipeline.trace_json import to_text
from pipeline.traces import Feedback, TraceRow, TraceStore, Vote
from pipeline.types import ASIDES, Trace
from pipeline.xray import Xray, explain

QUESTION_LIMIT = 1_000


@dataclass(frozen=True, slots=True)
class Home:
    """The folder that holds all state (``HANSANG_HOME``), and what lies where in it."""

    root: Path

    @property
    def indexes(self) -> Path:
        """The indexes."""
        return self.root / "index"

    @property
    def cache(self) -> Path:
        """What may be deleted at any time."""
        return self.root / "cache"

    @property
    def traces(self) -> Path:
        """Every answer and what was said of it."""
        return self.root / "traces.db"

    @property
    def labels(self) -> Path:
        """Tasks, answers, receipts and accounts of the annotation side."""
        return self.root / "labels.db"

    @property
    def exports(self) -> Path:
        """What was exported of the labels, a folder each."""
        return self.root / "exports"

    @property
    def imports(self) -> Path:
        """Which rows of imported tasks were refused, and why."""
        return self.root / "imports"

    @property
    def runs(self) -> Path:
        """The evaluation runs."""
        return self.root / "runs"

    @property
    def experiment(self) -> Path:
        """Which variants sessions are given now."""
        return self.root / running.FILE

    @property
    def lock(self) -> Path:
        """Held by the server."""
        return self.root / "server.lock"


@dataclass(frozen=True, slots=True)
class Request:
    """A question with all that goes with it.

    ``previous`` is the id of the trace that it follows up, ``removed`` the ids of chips taken off, ``keep`` whether the
    trace is stored, ``dropped`` ids of passages that count as not being in the index. ``session`` is whose question it
    is: where the profile has variants it decides which of them answers, unless settings are given, which win.
    """

    question: str
    index: str
    overrides: Mapping[str, object] = field(default_factory=dict)
    previous: str = ""
    removed: Collection[str] = ()
    answer: bool = True
    keep: bool = True
    dropped: Collection[str] = ()
    session: str = ""


class Service(Pipelines):
    """Answers questions over the indexes of one home. Safe to use from several threads."""

    def __init__(
        self,
        home: Home,
        settings: Settings,
        today: Callable[[], datetime.date] = datetime.date.today,
        store: Callable[[Path], TraceStore] = TraceStore,
    ) -> None:
        super().__init__(home.indexes, settings)
        self.home = home
        self._today = today
        self._traces = store(home.traces)
        self._arms: Mapping[str, str] = {}

    def ask(self, request: Request) -> Iterator[Trace]:
        """Answer a question, yielding the trace as it grows. The trace is saved however the iteration ends.

        Raises:
            HansangError: the question, a setting or the index can't be used; raised before the first trace.
        """
        rag, trace, ask = self._prepare(request)
        return self._run(trace, rag, ask, request)

    def whole(self, request: Request) -> Whole:
        """Answer a question for somebody who has no use for the trace while it grows.

        Raises:
            HansangError: it can't be answered; what there is of the trace is saved.
        """
        *_, trace = self.ask(request)
        return Whole(trace, to_text(trace))

    def answer(self, trace: Trace, request: Request) -> Iterator[Trace]:
        """Go on with a trace that was asked without an answer, as if it had been asked with one. It is not stored."""
        rag = self.rag(request.index, request.overrides)
        return answer_later(trace, rag, Ask(None, request.removed, request.dropped, self._today()))

    def _run(self, trace: Trace, rag: Rag, ask: Ask, request: Request) -> Iterator[Trace]:
        try:
            for trace in run(trace, rag, ask):  # noqa: B020  (each trace is the former one, grown)
                yield trace
        finally:
            self._keep(trace, request)

    def _keep(self, trace: Trace, request: Request, text: bytes | None = None) -> None:
        """Save a trace, and who was given its variant, where that is wanted; see ``TraceStore.save`` for ``text``."""
        if request.keep and trace.state != "understood":
            self._traces.save(trace, text)
            if variant := trace.versions.get("variant"):
                self._traces.assign(trace.id, request.session, variant)

    def _prepare(self, request: Request) -> tuple[Rag, Trace, Ask]:
        asked = self.asked(request)
        rag = self.rag(asked.index, asked.overrides)
        return rag, *begin(asked, rag)

    def asked(self, request: Request) -> Asked:
        """What a request asks: the question cleaned, the variant chosen, the trace read that it follows up.

        Raises:
            QuestionEmpty, QuestionTooLong, TraceNotFound: it can't be asked.
        """
        text = clean_question(request.question)
        variant = assign(self.settings.variants, request.session) if request.session and not request.overrides else None
        return Asked(
            text,
            request.index,
            self._today(),
            dict(variant.overrides if variant else request.overrides),
            self._followed(request.previous) if request.previous else None,
            request.removed,
            request.dropped,
            request.answer,
            {"variant": self._arm(variant)} if variant else {},
        )

    def _followed(self, id_: str) -> Trace:
        """The trace that a question follows up: thanks or a slip of the keys between two questions change nothing."""
        trace = self._traces.get(id_)
        while trace.previous and trace.understanding and trace.understanding.shape in ASIDES:
            try:
                trace = self._traces.get(trace.previous)
            except TraceNotFound:  # thrown away since
                break
        return trace

    def _arm(self, variant: Variant) -> str:
        """The label of a variant; the first time, it is noted which arms run."""
        if not self._arms:
            arms = [Arm(v.name, v.share, label(v, self._flat(v)), dict(v.overrides)) for v in self.settings.variants]
            running.keep_running(self.home.experiment, arms)
            self._arms = {arm.name: arm.label for arm in arms}
        return self._arms[variant.name]

    def _flat(self, variant: Variant) -> Mapping[str, object]:
        return with_overrides(self.settings, dict(variant.overrides)).flat()

    def session_of(self, trace_id: str) -> str:
        """The session of a stored answer that was given a variant; empty where none was kept."""
        return self._traces.session_of(trace_id)

    def explain(self, request: Request, passage_id: str) -> Xray:
        """The X-ray of a question and any passage of the index.

        Raises:
            PassageNotFound: the index has no such passage.
        """
        rag, _, ask = self._prepare(request)
        row = rag.index.passages.rows.get(passage_id)
        if row is None:
            raise PassageNotFound(name=request.index, passage=passage_id)
        return explain(clean_question(request.question), row, rag, ask)

    def trace(self, trace_id: str) -> Trace:
        """A stored answer."""
        return self._traces.get(trace_id)

    def traces(self, before: tuple[str, str] | None, limit: int) -> list[TraceRow]:
        """Stored answers, the newest first; see ``TraceStore.recent``."""
        return self._traces.recent(before, limit)

    def add_feedback(self, trace_id: str, vote: Vote, reason: str = "") -> Feedback:
        """Keep what somebody said of an answer."""
        return self._traces.add_feedback(trace_id, vote, reason)

    def feedback(self, trace_id: str) -> list[Feedback]:
        """What was said of an answer, oldest first."""
        return self._traces.feedback(trace_id)

    def indexes(self) -> list[Manifest]:
        """The manifests of the indexes that can be asked, by name."""
        return list(self.indexed().values())

    def indexed(self) -> dict[str, Manifest]:
        """The indexes that can be asked, in the order of the names that they are asked by, with their manifests."""
        found = {}
        for name in names(self.home.indexes):
            try:
                found[name] = read_manifest(current_folder(self.home.indexes, name))
            except HansangError:  # asking it says what is wrong; a list of what can be asked leaves it out
                continue
        return found

    def close(self) -> None:
        """Close the stores."""
        self._traces.close()


def clean_question(text: str) -> str:
    """The question in NFC without control characters, trimmed.

    Raises:
        QuestionEmpty: it has no letter or digit.
        QuestionTooLong: it is over 1,000 characters.
    """
    visible = "".join(
        " " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in ("Cc", "Cs")
    )
    cleaned = unicodedata.normalize("NFC", visible).strip()
    if len(cleaned) > QUESTION_LIMIT:
        raise QuestionTooLong(length=len(cleaned), limit=QUESTION_LIMIT)
    if not any(c.isalnum() for c in cleaned):
        raise QuestionEmpty
    return cleaned
