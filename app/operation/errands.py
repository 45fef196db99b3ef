"""What a server and its worker processes say to each other, and what a worker does with a question.

The server begins with a ``Begin``; then come questions (``Asked``) and ``LetGo``. For each question a worker sends the
state that it has reached, each time that it changes, and at the end an ``Outcome``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.config import with_overrides
from pipeline.errors.base import HansangError, UnexpectedFault
from pipeline.index import Manifest
from pipeline.pipelines import Asked, Pipelines, Whole, begin
from pipeline.rag import run
from pipeline.settings import Settings
from pipeline.trace_json import to_text
from pipeline.types import Trace

READY = "ready"  # said once, when everything is loaded
BEGUN = "prepared"  # the state of a question before there is a trace
_EMBEDDED = {"tokenizer": ("kiwi",), "reranker": ("linear", "none"), "generator": ("extractive",)}
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Begin:
    """What a worker works with: the folder of the indexes, and the server's settings."""

    root: Path
    settings: Settings


@dataclass(frozen=True, slots=True)
class LetGo:
    """Let go of an index that is gone; without a name, of all that is open."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a question: the whole trace; or an error, with the trace as far as it came; or neither.

    Neither: not all of its parts are embedded ones, so that the server has to work on it itself.
    """

    whole: Whole | None = None
    error: HansangError | None = None


def unfit(settings: Settings) -> str:
    """The first setting that names a part with a model or a server behind it; empty where none does.

    Such parts have batchers, limits and circuit breakers, of which there is to be one for all questions.
    """
    return next((name for name, fine in _EMBEDDED.items() if getattr(settings, name) not in fine), "")


def embedded(manifest: Manifest) -> bool:
    """Whether an index is searched without a model or a server."""
    return manifest.encoder == "lsa" and manifest.settings.get("retrieval.store") != "milvus"


def work(asked: Asked, pipelines: Pipelines, mark: Callable[[str], None]) -> Outcome:
    """Work on a question; ``mark`` is told each state that it reaches."""
    trace = None
    try:
        fit = not unfit(with_overrides(pipelines.settings, asked.overrides))
        if not fit or not embedded(pipelines.index(asked.index).manifest):
            return Outcome()
        rag = pipelines.rag(asked.index, asked.overrides)
        fresh, ask = begin(asked, rag)
        state = ""
        for trace in run(fresh, rag, ask):
            if trace.state not in (state, "done"):  # the outcome says that it is done
                state = trace.state
                mark(state)
    except HansangError as error:
        return Outcome(_whole(trace), error)
    except Exception as error:
        log.exception("a question ended in an error")
        return Outcome(_whole(trace), UnexpectedFault(name=type(error).__name__))
    return Outcome(_whole(trace))


def _whole(trace: Trace | None) -> Whole | None:
    return Whole(replace(trace, candidates=()), to_text(trace)) if trace else None
