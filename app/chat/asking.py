"""Asking: a question, the same again, without a chip, under other settings. Each yields the parts to draw anew.

Nothing here knows of Gradio or HTML: these are functions of a Service and a Session.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing

from app.chat.explaining import explain
from app.chat.session import Session, Turn, default_index
from app.chat.words import word
from pipeline.errors.base import HansangError
from pipeline.service import Request, Service
from pipeline.types import Trace

Parts = frozenset[str]
"""Names of parts of the page (see ``views``) that are to be drawn anew."""

TALK: Parts = frozenset({"talk", "status"})
PANEL: Parts = frozenset({"evidence", "ranks", "times", "morphemes"})
SETTINGS: Parts = frozenset({"settings"})
START: Parts = TALK | {"buttons"}
END: Parts = START | PANEL
ALL: Parts = frozenset({"all"})
PAUSE = 0.08  # seconds between two drawings of a growing answer: faster is not seen

log = logging.getLogger(__name__)


class Unexpected(HansangError):
    """A fault of the program, told to the person who asked; the traceback is in the log."""

    code = "internal"
    ko = "예상하지 못한 오류({name})로 답하지 못했습니다. 서버 기록에 자세히 남겼습니다. 다시 물어 주세요."
    en = "An unexpected error ({name}) stopped the answer. The server's log has the details. Please ask again."


def ask(service: Service, session: Session, question: str) -> Iterator[Parts]:
    """Ask a new question, following up the last answer over the same index."""
    if session.busy:
        session.notice = word("busy", session.lang)
        yield TALK
        return
    session.turns = [turn for turn in session.turns if turn.trace is not None]  # errors make room
    if not session.index:  # asked before the page told which index it shows
        session.index = default_index([manifest.name for manifest in service.indexes()])
    last = session.last
    previous = last.id if last is not None and last.index == session.index else ""
    turn = Turn(question.strip(), previous=previous)
    session.turns.append(turn)
    yield from _work(service, session, turn, session.overrides, beside=False)


def ask_again(service: Service, session: Session, turn: Turn, removed: Collection[str]) -> Iterator[Parts]:
    """Ask a turn's question again without some chips; the new answer takes the place of the old one."""
    if session.busy:
        session.notice = word("busy", session.lang)
        yield TALK
        return
    turn.removed = tuple(removed)
    turn.other, turn.feedback, turn.form, turn.stored, turn.queued = None, None, "", False, None
    yield from _work(service, session, turn, session.overrides, beside=False)


def ask_beside(service: Service, session: Session, turn: Turn, overrides: Mapping[str, object]) -> Iterator[Parts]:
    """Ask a turn's question under other settings; the answer stands beside the first."""
    if session.busy:
        session.notice = word("busy", session.lang)
        yield TALK
        return
    turn.form = "compare"
    yield from _work(service, session, turn, overrides, beside=True)


def _work(
    service: Service, session: Session, turn: Turn, overrides: Mapping[str, object], *, beside: bool
) -> Iterator[Parts]:
    session.busy, session.stop, session.notice = True, False, ""
    turn.working, turn.stopped, turn.error = True, False, None
    yield START
    try:
        yield from _grow(service, session, turn, overrides, beside=beside)
    except HansangError as error:
        turn.error = error
    except Exception as error:
        log.exception("question failed")
        turn.error = Unexpected(name=type(error).__name__)
    finally:
        session.busy = session.stop = turn.working = False
        turn.form = ""
    session.notice = word("failed" if turn.error else "ready", session.lang)
    if session.tab == "morphemes":
        explain(service, session)
    yield END


def _grow(
    service: Service, session: Session, turn: Turn, overrides: Mapping[str, object], *, beside: bool
) -> Iterator[Parts]:
    first = turn.trace
    index = first.index if beside and first else session.index
    session_id = "" if beside else session.id  # a comparison is no part of an experiment
    request = Request(turn.question, index, overrides, turn.previous, turn.removed, session=session_id)
    drawn = 0.0
    with closing(service.ask(request)) as traces:  # type: ignore[type-var]  # it is a generator
        for trace in traces:
            _take(session, turn, trace, beside=beside)
            if session.stop:
                turn.stopped = trace.state != "done"
                return
            now = time.monotonic()
            if trace.state != "answering" or now - drawn >= PAUSE:
                drawn = now
                yield TALK | {"evidence"} if trace.state != "understood" else TALK


def _take(session: Session, turn: Turn, trace: Trace, *, beside: bool) -> None:
    if beside:
        turn.other = trace
    else:
        turn.trace = trace
    if trace.state != "understood":  # until then the panel keeps what it showed
        if session.focus != trace.id:
            session.expanded, session.chosen, session.xray = False, "", None
        session.focus = trace.id
