"""What the restaurant tab does: the choice of a restaurant, and its portrait, made while the page says so.

First come the sentences that are counted. Where the profile has a language model it words them anew meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from app.chat.asking import Parts
from app.chat.session import Session
from pipeline.errors.base import HansangError
from pipeline.errors.settings import BadSetting
from pipeline.restaurants.opinions import embedded_classifier
from pipeline.restaurants.picking import pick_of
from pipeline.restaurants.writing import Writer, writer_of
from pipeline.service import Service
from pipeline.strengths.portraits import Portrait, Portraits

PARTS: Parts = frozenset({"restaurant", "aspects", "months", "feelings", "picked"})
PICKED: Parts = frozenset({"picked"})
WORDED: Parts = frozenset({"restaurant"})
classifier = embedded_classifier  # one for all that is shown: Kiwi and the tables are loaded once


@cache
def _portraits() -> Portraits:
    return Portraits(embedded_classifier)


def restaurants(service: Service, session: Session) -> Sequence[str]:
    """The restaurants of the index that is asked; none before the tab is looked at.

    Raises:
        IndexNotFound, IndexDamaged: there is none of that name, or it can't be read.
    """
    return _portraits().names(service.index(session.index)) if session.tab == "restaurant" else ()


def portray(service: Service, session: Session, name: str) -> Iterator[Parts]:
    """Draw the portrait of a restaurant; an empty name puts the one that is there away."""
    session.restaurant, session.portrait, session.picked, session.wording = name.strip(), None, "", ""
    if not session.restaurant:
        yield PARTS
        return
    session.drawing = True
    yield PARTS
    found: Portrait | HansangError
    try:
        found = _portraits().of(service.index(session.index), name)
    except HansangError as error:
        found = error
    finally:
        session.drawing = session.drawing and session.restaurant != name.strip()
    if session.restaurant == name.strip():  # else another has been chosen meanwhile, and its own event draws it
        session.portrait = found
        writer = _writer(service) if isinstance(found, Portrait) else None
        session.wording = writer.name if writer else ""
        yield PARTS
        if writer and isinstance(found, Portrait):
            yield from _word(service, session, found, writer)


def _writer(service: Service) -> Writer | None:
    """The profile's language model; none either where its address can't be one, which every question says."""
    try:
        return writer_of(service.settings)
    except BadSetting:
        return None


def _word(service: Service, session: Session, found: Portrait, writer: Writer) -> Iterator[Parts]:
    """Put the portrait that is shown into a writer's words, or say why they didn't come."""
    try:
        told: Portrait | HansangError = _portraits().written(service.index(session.index), found.restaurant, writer)
    except HansangError as error:
        told = error
    finally:
        if session.portrait is found:
            session.wording = ""
    if session.portrait is found:  # else another has been chosen meanwhile
        session.portrait = told
        yield WORDED


def pick(session: Session, point: str) -> Iterator[Parts]:
    """Show the reviews behind a point of the figures; the same point again puts them away."""
    session.picked = "" if point == session.picked or pick_of(point) is None else point
    yield PICKED
