"""What is open: the indexes of one folder and the pipelines over them, and a question on its way to one of them."""

from __future__ import annotations

import datetime
import json
import secrets
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.assemble import Part, assemble, open_part
from pipeline.config import with_overrides
from pipeline.index import Index, composed, current_folder
from pipeline.protocols import OpinionSource
from pipeline.rag import Ask, Rag
from pipeline.restaurants.opinions import IndexOpinions
from pipeline.settings import Settings
from pipeline.trace_json import from_json
from pipeline.types import Question, Trace
from pipeline.versions import versions

WARMING = "준비되었나요?"  # asked of an index so that nobody's first question waits until it is loaded
RAGS_KEPT = 32  # pipelines with settings of their own that are kept ready; each is small beside the index they share


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with all that it takes to work on it but the index, so that any process can that has it open.

    ``previous`` is the trace that it follows up, ``arm`` what the trace says of the variant that answers.
    """

    text: str
    index: str
    today: datetime.date
    overrides: Mapping[str, object] = field(default_factory=dict)
    previous: Trace | None = None
    removed: Collection[str] = ()
    dropped: Collection[str] = ()
    answer: bool = True
    arm: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Whole:
    """A trace that doesn't grow any more, and its JSON text (``trace_json.to_text``).

    ``head`` lacks the candidates where another process wrote the text: they are most of it, and seldom looked at.
    """

    head: Trace
    text: bytes

    def trace(self) -> Trace:
        """The trace with its candidates."""
        return self.head if self.head.candidates else from_json(json.loads(self.text))


def begin(asked: Asked, rag: Rag) -> tuple[Trace, Ask]:
    """The fresh trace of a question, and what goes with it into ``pipeline.rag.run``."""
    trace_id = secrets.token_hex(8)
    trace = Trace(
        id=trace_id,
        question=Question(trace_id, asked.text),
        index=asked.index,
        settings=rag.settings.flat(),
        versions={**versions(), "index": rag.index.manifest.version, **asked.arm},
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
        previous=asked.previous.id if asked.previous else "",
    )
    return trace, Ask(asked.previous, asked.removed, asked.dropped, asked.today, asked.answer)


class Pipelines:
    """Opens the indexes of a folder as they are asked for. Safe to use from several threads."""

    def __init__(self, root: Path, settings: Settings) -> None:
        self.root = root
        self.settings = settings
        self._indexes: dict[str, Index] = {}
        self._parts: dict[tuple[Path, str, str, str], Part] = {}
        self._rags: dict[tuple[Path, Settings], Rag] = {}
        self._opinions: dict[Path, OpinionSource] = {}
        self._opening = threading.RLock()  # held while anything is opened: once, however many ask for it

    def index(self, name: str) -> Index:
        """The version of an index that is in use now; opened anew when another has taken its place."""
        name = composed(name)
        folder = current_folder(self.root, name)
        index = self._indexes.get(name)
        if index is None or index.folder != folder:
            with self._opening:
                index = self._indexes.get(name)
                if index is not None and index.folder == folder:
                    return index  # somebody else was first
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
            with self._opening:
                made = self._rags.get((index.folder, settings)) or self._assembled(index, settings)
        return made

    def _assembled(self, index: Index, settings: Settings) -> Rag:
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

    def open_opinions(self, index_name: str) -> None:
        """Load what counting opinions needs and searching doesn't; nothing where reviews are about no restaurants.

        Raises:
            IndexDamaged: what the index holds can't be read.
        """
        if (opinions := self.rag(index_name).opinions) is not None:
            opinions.open()

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
            self._indexes, self._parts, self._rags, self._opinions = {}, {}, {}, {}

    def forget(self, name: str) -> None:
        """Let go of all that is open of an index, because it is gone."""
        with self._opening:
            gone = self._indexes.pop(composed(name), None)
            if gone is not None:
                self._opinions.pop(gone.folder, None)
                self._parts = {key: part for key, part in self._parts.items() if key[0] != gone.folder}
                self._rags = {key: rag for key, rag in self._rags.items() if key[0] != gone.folder}
