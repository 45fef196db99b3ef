"""What a click on the page does. Each action changes the Session and yields the parts of the page to draw anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

from app.chat.asking import ALL, PANEL, SETTINGS, TALK, Parts, ask, ask_again, ask_beside
from app.chat.explaining import explain
from app.chat.grading import send_to_graders
from app.chat.options import read_form
from app.chat.portraying import PARTS as PORTRAIT
from app.chat.portraying import pick, portray
from app.chat.reviewed import analyse
from app.chat.session import Form, Session, Tab, Turn, default_index
from pipeline.config import with_overrides
from pipeline.errors.base import HansangError
from pipeline.errors.questions import TraceNotFound
from pipeline.service import Service
from pipeline.types import Trace

Data = Mapping[str, Any]
Action = Callable[[Service, Session, Data], Iterator[Parts]]
FREE_TEXT = 1_000
REASON_MOST = 2_000  # characters, with the reasons that are ticked; as much as the API takes
KEPT = 20  # answers of a conversation that a reload brings back


def act(service: Service, session: Session, data: Data) -> Iterator[Parts]:
    """Do what a click asks for. What isn't known (an old page after an update) does nothing."""
    action = ACTIONS.get(str(data.get("act", "")))
    if action is not None:
        yield from action(service, session, data)


def open_page(service: Service, session: Session, trace_id: str) -> None:
    """Begin a session; with an id, show exactly the stored answer."""
    names = [manifest.name for manifest in service.indexes()]
    session.index = default_index(names)
    if not trace_id:
        return
    try:
        turn = stored_turn(service, trace_id)
    except HansangError as error:
        session.turns = [Turn("", error=error)]
        return
    turn.stored = True
    _show_turns(session, [turn], names)


def _show_turns(session: Session, turns: list[Turn], indexes: Sequence[str]) -> None:
    """Make these the conversation; the panel shows the last answer, and its index is the one asked next."""
    session.turns = turns
    if (trace := session.last) is not None:
        session.focus = trace.id
        if trace.index in indexes:
            session.index = trace.index


def stored_turn(service: Service, trace_id: str) -> Turn:
    """A turn as the store has it, with what was last said of it.

    Raises:
        TraceNotFound: there is none of that id.
    """
    trace, said = service.trace(trace_id), service.feedback(trace_id)
    removed = tuple(chip.id for chip in trace.understanding.removed) if trace.understanding else ()
    return Turn(trace.question.text, trace.previous, removed, trace, feedback=said[-1] if said else None)


def look(service: Service, session: Session, tab: Tab) -> Parts:
    """Turn to a tab of the panel."""
    session.tab = tab
    if tab == "morphemes":
        explain(service, session)
    return PORTRAIT if tab == "restaurant" else frozenset({tab})


def analysers(service: Service, index: str) -> Sequence[str]:
    """The analysers that an index was built with; none when there is no such index."""
    return next((manifest.analysers for manifest in service.indexes() if manifest.name == index), ())


def _turn_of(session: Session, data: Data) -> Turn | None:
    found = session.find(str(data.get("trace", "")))
    return found[0] if found else None


def _example(service: Service, session: Session, data: Data) -> Iterator[Parts]:
    yield from ask(service, session, str(data.get("text", "")))


def _again(service: Service, session: Session, data: Data) -> Iterator[Parts]:
    if turn := _turn_of(session, data):
        yield from ask_again(service, session, turn, turn.removed)


def _remove(service: Service, session: Session, data: Data) -> Iterator[Parts]:
    if turn := _turn_of(session, data):
        yield from ask_again(service, session, turn, {*turn.removed, str(data["chip"])})


def _restore(service: Service, session: Session, data: Data) -> Iterator[Parts]:
    if turn := _turn_of(session, data):
        yield from ask_again(service, session, turn, {*turn.removed} - {str(data["chip"])})


def _form(service: Service, session: Session, data: Data) -> Iterator[Parts]:
    """Open one of a turn's forms; pressed again, close it."""
    if turn := _turn_of(session, data):
        wanted = cast(Form, data["form"])
        turn.form = "" if turn.form == wanted else wanted
        yield TALK


def _vote(service: Service, session: Session, data: Data) -> Iterator[Parts]:
    if (turn := _turn_of(session, data)) and turn.trace:
        fields = data.get("fields", {})
        text = " ".join(fields.get("text", [""])[0].split())[:FREE_TEXT]
        reason = "; ".join([*fields.get("reason", []), *([text] if text else [])])[:REASON_MOST]
        try:
            turn.feedback = service.add_feedback(turn.trace.id, "up" if data["act"] == "up" else "down", reason)
            turn.form = ""
        except HansangError as error:
            turn.error = error
        yield TALK


def _grade(service: Service, session: Session, data: Data) -> Iterator[Parts]:
    """Put an answer that didn't help into the graders' queue."""
    if (turn := _turn_of(session, data)) and turn.trace and turn.feedback:
        try:
            turn.queued = send_to_graders(service.home, turn.trace, turn.feedback)
            turn.error = None
        except HansangError as error:
            turn.error = error
        yield TALK


def _compare(service: Service, session: Session, data: Data) -> Iterator[Parts]:
    if turn := _turn_of(session, data):
        overrides = read_form(data.get("fields", {}), service.settings)
        yield from ask_beside(service, session, turn, overrides)


def _single(service: Service, session: Session, data: Data) -> Iterator[Parts]:
    """Put the second answer of a comparison away."""
    if (turn := _turn_of(session, data)) and turn.trace and not turn.working:
        turn.other = None
        yield from _show(service, session, turn.trace)
        yield TALK


def _focus(service: Service, session: Session, data: Data) -> Iterator[Parts]:
    if found := session.find(str(data.get("trace", ""))):
        yield from _show(service, session, found[1], str(data.get("passage", "")))


def _show(service: Service, session: Session, trace: Trace, passage: str = "") -> Iterator[Parts]:
    session.focus, session.chosen, session.xray = trace.id, "", None
    session.expanded = bool(passage) and not any(c.in_prompt and c.passage.id == passage for c in trace.candidates)
    if session.tab == "morphemes":
        explain(service, session)
    yield PANEL


def _expand(service: Service, session: Session, data: Data) -> Iterator[Parts]:
    session.expanded = bool(data.get("passage")) or not session.expanded
    yield frozenset({"evidence"})


def _xray(service: Service, session: Session, data: Data) -> Iterator[Parts]:
    fields = data.get("fields", {})
    session.chosen = str(data.get("passage") or fields.get("passage", [""])[0])
    session.xray, session.tab = None, "morphemes"
    explain(service, session)
    yield frozenset({"morphemes", "tabs"})


def _analyse(service: Service, session: Session, data: Data) -> Iterator[Parts]:
    analyse(session, str(data.get("fields", {}).get("text", [""])[0]))
    yield frozenset({"review"})


def _review_typed(service: Service, session: Session, data: Data) -> Iterator[Parts]:
    """What stands in the box is kept for when the tab is drawn anew."""
    session.review = str(data.get("fields", {}).get("text", [""])[0])
    yield frozenset({"status"})


def _restaurant(service: Service, session: Session, data: Data) -> Iterator[Parts]:
    yield from portray(service, session, str(data.get("fields", {}).get("restaurant", [""])[0]))


def _pick(service: Service, session: Session, data: Data) -> Iterator[Parts]:
    yield from pick(session, str(data.get("pick") or data.get("fields", {}).get("pick", [""])[0]))


def _settings(service: Service, session: Session, data: Data) -> Iterator[Parts]:
    session.overrides = read_form(data.get("fields", {}), service.settings)
    try:
        with_overrides(service.settings, session.overrides)
        session.settings_error = None
    except HansangError as error:
        session.settings_error = error
    yield SETTINGS


def _reset(service: Service, session: Session, data: Data) -> Iterator[Parts]:
    session.overrides, session.settings_error = {}, None
    yield SETTINGS


def _lang(service: Service, session: Session, data: Data) -> Iterator[Parts]:
    session.lang, session.notice = "en" if data.get("lang") == "en" else "ko", ""
    yield ALL


def _resume(service: Service, session: Session, data: Data) -> Iterator[Parts]:
    """A reloaded tab: its language, and the conversation it had. Answers no longer stored are left out."""
    session.lang = "en" if data.get("lang") == "en" else "ko"
    ids = list(dict.fromkeys(str(one) for one in data.get("traces", [])))[-KEPT:]
    if ids and not session.turns:
        turns = []
        for trace_id in ids:
            with suppress(TraceNotFound):
                turns.append(stored_turn(service, trace_id))
                session.id = service.session_of(trace_id) or session.id
        _show_turns(session, turns, [manifest.name for manifest in service.indexes()])
    yield ALL


def _fresh(service: Service, session: Session, data: Data) -> Iterator[Parts]:
    """Begin a new conversation; the answers stay in the store. Not while one is being written."""
    if not session.busy:
        session.turns, session.focus, session.chosen, session.xray, session.notice = [], "", "", None, ""
        session.expanded = False
        yield ALL


def _index(service: Service, session: Session, data: Data) -> Iterator[Parts]:
    session.index = str(data["fields"]["index"][0])
    if session.overrides.get("tokenizer") not in analysers(service, session.index):
        session.overrides.pop("tokenizer", None)
    session.restaurant, session.portrait, session.picked = "", None, ""
    yield SETTINGS | {"talk", "header"} | PORTRAIT


ACTIONS: dict[str, Action] = {
    "example": _example,
    "again": _again,
    "remove": _remove,
    "restore": _restore,
    "form": _form,
    "up": _vote,
    "down": _vote,
    "grade": _grade,
    "compare-run": _compare,
    "single": _single,
    "focus": _focus,
    "expand": _expand,
    "xray": _xray,
    "analyse": _analyse,
    "review-typed": _review_typed,
    "restaurant": _restaurant,
    "pick": _pick,
    "settings": _settings,
    "reset": _reset,
    "lang": _lang,
    "resume": _resume,
    "fresh": _fresh,
    "index": _index,
}
