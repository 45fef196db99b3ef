"""The one door: the chat, the HTTP API and the command line all ask through a Service."""

from __future__ import annotations

import datetime
import secrets
import threading
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.assemble import Part, assemble, open_part
from pipeline.config import with_overrides
from pipeline.errors import HansangError, PassageNotFound, QuestionEmpty, QuestionTooLong
from pipeline.experiments import running
from pipeline.experiments.running import Arm
from pipeline.experiments.variants import Variant, assign, label
from pipeline.index import Index, Manifest, current_folder, names, read_manifest
from pipeline.protocols import OpinionSource
from pipeline.rag import Ask, Rag, answer_later, run
from pipeline.restaurants.opinions import IndexOpinions
from pipeline.settings import Settings
from pipeline.traces import Feedback, TraceRow, TraceStore, Vote
from pipeline.types import Question, Trace
from pipeline.versions import versions
from pipeline.xray import Xray, explain

QUESTION_LIMIT = 1_000
RAGS_KEPT = 32  # pipelines with settings of their own that are kept ready; each is small beside the index they share


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


class Service:
    """Answers questions over the indexes of one home. Safe to use from several threads."""

    def __init__(
        self,
        home: Home,
        settings: Settings,
        today: Callable[[], datetime.date] = datetime.date.today,
        store: Callable[[Path], TraceStore] = TraceStore,
    ) -> None:
        self.home = home
        self.settings = settings
        self._today = today
        self._traces = store(home.traces)
        self._indexes: dict[str, Index] = {}
        self._parts: dict[tuple[Path, str, str, str], Part] = {}
        self._rags: dict[tuple[Path, Settings], Rag] = {}
        self._opinions: dict[Path, OpinionSource] = {}
        self._arms: Mapping[str, str] = {}
        self._opening = threading.Lock()

    def ask(self, request: Request) -> Iterator[Trace]:
        """Answer a question, yielding the trace as it grows. The trace is saved however the iteration ends.

        Raises:
            HansangError: the question, a setting or the index can't be used; raised before the first trace.
        """
        rag, trace, ask = self._prepare(request)
        return self._run(trace, rag, ask, request)

    def answer(self, trace: Trace, request: Request) -> Iterator[Trace]:
        """Go on with a trace that was asked without an answer, as if it had been asked with one. It is not stored."""
        rag = self.rag(request.index, request.overrides)
        return answer_later(trace, rag, Ask(None, request.removed, request.dropped, self._today()))

    def _run(self, trace: Trace, rag: Rag, ask: Ask, request: Request) -> Iterator[Trace]:
        try:
            for trace in run(trace, rag, ask):  # noqa: B020  (each trace is the former one, grown)
                yield trace
        finally:
            if request.keep and trace.state != "understood":
                self._traces.save(trace)
                if variant := trace.versions.get("variant"):
                    self._traces.assign(trace.id, request.session, variant)

    def _prepare(self, request: Request) -> tuple[Rag, Trace, Ask]:
        text = clean_question(request.question)
        variant = assign(self.settings.variants, request.session) if request.session and not request.overrides else None
        rag = self.rag(request.index, dict(variant.overrides) if variant else request.overrides)
        arm = {"variant": self._arm(variant)} if variant else {}
        previous = self._traces.get(request.previous) if request.previous else None
        trace = Trace(
            id=secrets.token_hex(8),
            question=Question("", text),
            index=request.index,
            settings=rag.settings.flat(),
            versions={**versions(), "index": rag.index.manifest.version, **arm},
            created=datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
            previous=request.previous,
        )
        trace = replace(trace, question=Question(trace.id, text))
        return rag, trace, Ask(previous, request.removed, request.dropped, self._today(), request.answer)

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
        found = []
        for name in names(self.home.indexes):
            try:
                found.append(read_manifest(current_folder(self.home.indexes, name)))
            except HansangError:  # asking it says what is wrong; a list of what can be asked leaves it out
                continue
        return found

    def index(self, name: str) -> Index:
        """The version of an index that is in use now; opened anew when another has taken its place."""
        folder = current_folder(self.home.indexes, name)
        index = self._indexes.get(name)
        if index is None or index.folder != folder:
            with self._opening:
                index = self._indexes[name] = Index(folder)
                self._parts = {key: part for key, part in self._parts.items() if key[0] in self._folders()}
        return index

    def _folders(self) -> set[Path]:
        return {index.folder for index in self._indexes.values()}

    def rag(self, index_name: str, overrides: Mapping[str, object] | None = None) -> Rag:
        """The pipeline over an index with settings changed for one call."""
        settings = with_overrides(self.settings, overrides or {})
        index = self.index(index_name)
        made = self._rags.get((index.folder, settings))
        if made is None:
            made = assemble(settings, index, self._part(index, settings))
            made = self._rags[index.folder, settings] = replace(made, opinions=self._opinions_of(index))
            if len(self._rags) > RAGS_KEPT:
                self._rags.pop(next(iter(self._rags)))
        return made

    def _opinions_of(self, index: Index) -> OpinionSource | None:
        """The opinions in an index's reviews; None where they are about no restaurants."""
        if not index.lexicon.restaurants:
            return None
        with self._opening:
            known = self._opinions.get(index.folder)
            if known is None:
                self._opinions = {folder: it for folder, it in self._opinions.items() if folder in self._folders()}
                known = self._opinions[index.folder] = IndexOpinions(index)
            return known

    def _part(self, index: Index, settings: Settings) -> Part:
        key = (index.folder, settings.tokenizer, settings.retrieval.bm25, settings.models.engine)
        part = self._parts.get(key)
        if part is None:
            with self._opening:
                part = self._parts.get(key) or open_part(index, settings)
                self._parts[key] = part
        return part

    def release(self) -> None:
        """Let go of the indexes and the models; the next question opens what it needs."""
        with self._opening:
            self._indexes, self._parts, self._rags = {}, {}, {}

    def forget(self, name: str) -> None:
        """Let go of all that is open of an index, because it is gone."""
        with self._opening:
            gone = self._indexes.pop(name, None)
            if gone is not None:
                self._parts = {key: part for key, part in self._parts.items() if key[0] != gone.folder}
                self._rags = {key: rag for key, rag in self._rags.items() if key[0] != gone.folder}

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
