"""The X-ray behind the morpheme tab: made when the tab is looked at, for one passage at a time."""

from __future__ import annotations

from app.chat.options import stored_overrides
from app.chat.session import Session
from pipeline.errors.base import HansangError
from pipeline.service import Request, Service
from pipeline.types import Trace


def explain(service: Service, session: Session) -> None:
    """Make the X-ray of the chosen passage (the first, when none is chosen) unless it is there already."""
    trace = session.focused
    if trace is None or not trace.candidates:
        session.xray = None
        return
    if not any(c.passage.id == session.chosen for c in trace.candidates):
        session.chosen, session.xray = trace.candidates[0].passage.id, None
    if session.xray is None:
        try:
            session.xray = service.explain(request_of(service, trace), session.chosen)
        except HansangError as error:  # told where the X-ray would stand
            session.xray = error


def request_of(service: Service, trace: Trace) -> Request:
    """The request that an answer came from, as far as the index of today allows."""
    removed = tuple(chip.id for chip in trace.understanding.removed) if trace.understanding else ()
    overrides = stored_overrides(trace, service.settings)
    return Request(trace.question.text, trace.index, overrides, trace.previous, removed)
