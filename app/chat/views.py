"""The parts of the page, each drawn from a Service and a Session. The layout asks for a part by its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from app.chat.actions import analysers
from app.chat.cards import evidence, shown
from app.chat.examples import examples
from app.chat.header import header
from app.chat.marks import matched_spans
from app.chat.morphemes import morpheme_panel
from app.chat.options import error_block, settings_panel
from app.chat.picking import picked_panel
from app.chat.plots import rank_figure, time_figure
from app.chat.portrait import portrait_panel
from app.chat.portrait_plots import aspect_figure, feeling_figure, month_figure
from app.chat.portraying import restaurants
from app.chat.reviewed import review_panel
from app.chat.session import Session
from app.chat.text import escape
from app.chat.turns import conversation, stage_text
from pipeline.errors.base import HansangError
from pipeline.service import Service
from pipeline.strengths.portraits import Portrait


def draw(part: str, service: Service, session: Session) -> Any:
    """A part of the page as its component takes it."""
    return _DRAWN[part](service, session)


def _talk(service: Service, session: Session) -> str:
    known = analysers(service, session.last.index if session.last else session.index)
    return conversation(session, service.settings, known, () if session.turns else examples(service, session.index))


def _status(service: Service, session: Session) -> str:
    working = next((turn for turn in session.turns if turn.working), None)
    said = f"{stage_text(working, session)}…" if working else session.notice
    pulse = '<span class="pulse" aria-hidden="true"></span>' if working else "<span></span>"
    return f'<div class="status" role="status" aria-live="polite">{pulse}<span>{escape(said)}</span></div>'


def _evidence(service: Service, session: Session) -> str:
    trace = session.focused
    if trace is None:
        return evidence(None, {}, session.lang)
    cards = [candidate for _, candidate in shown(trace, session.expanded)]
    matched = matched_spans(service, trace, cards) if cards else {}
    return evidence(trace, matched, session.lang, session.expanded)


def _ranks(service: Service, session: Session) -> Any:
    return _figure(session, "ranks", rank_figure)


def _times(service: Service, session: Session) -> Any:
    return _figure(session, "times", time_figure)


def _figure(session: Session, tab: str, make: Callable[..., Any]) -> Any:
    """The figure of a tab; drawn only while somebody looks at it."""
    trace = session.focused
    if session.tab != tab:
        return gr.skip()
    return make(trace, session.lang) if trace is not None and trace.candidates else None


def _morphemes(service: Service, session: Session) -> str:
    return morpheme_panel(session.focused, session.chosen, session.xray, session.lang)


def _review(service: Service, session: Session) -> str:
    return review_panel(session)


def _restaurant(service: Service, session: Session) -> str:
    try:
        return portrait_panel(session, restaurants(service, session))
    except HansangError as error:
        return error_block(error, session.lang)


def _picked(service: Service, session: Session) -> str:
    return picked_panel(session)


def _of_portrait(make: Callable[..., Any]) -> Callable[[Service, Session], Any]:
    """A figure of the portrait; drawn only while somebody looks at it."""

    def drawn(service: Service, session: Session) -> Any:
        if session.tab != "restaurant":
            return gr.skip()
        made = make(session.portrait, session.lang) if isinstance(session.portrait, Portrait) else None
        return gr.update(value=made, visible=made is not None)

    return drawn


def _settings(service: Service, session: Session) -> str:
    known: Sequence[str] = analysers(service, session.index)
    return settings_panel(service.settings, session.overrides, known, session.settings_error, session.lang)


def _tabs(service: Service, session: Session) -> Any:
    return gr.update(selected=session.tab)


def _header(service: Service, session: Session) -> str:
    return header(service.indexes(), service.settings, session.index, session.lang, session.account)


_DRAWN: dict[str, Callable[[Service, Session], Any]] = {
    "talk": _talk,
    "status": _status,
    "evidence": _evidence,
    "ranks": _ranks,
    "times": _times,
    "morphemes": _morphemes,
    "review": _review,
    "restaurant": _restaurant,
    "aspects": _of_portrait(aspect_figure),
    "months": _of_portrait(month_figure),
    "feelings": _of_portrait(feeling_figure),
    "picked": _picked,
    "settings": _settings,
    "tabs": _tabs,
    "header": _header,
}
