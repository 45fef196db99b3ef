"""What is done with an opened question of a run: tagged, noted, watched in the regression set, sent to the graders."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from html import escape
from pathlib import Path
from zoneinfo import ZoneInfo

import streamlit as st

from annotations.desk import Desk
from annotations.types import Account
from pages.failure_grading import send, sent
from pages.failure_question import Opened
from pages.failure_texts import tool_text
from pages.inspect_texts import verdict_name
from pages.words import Lang
from pipeline.errors.base import HansangError
from pipeline.evaluation import regression
from pipeline.evaluation.notes import FILE, NOTE_LIMIT, Note, Notes
from pipeline.evaluation.regression import Case

_KOREA = ZoneInfo("Asia/Seoul")
_RETAGGED = "hs-failure-retagged"
_TROUBLE = "hs-failure-trouble"
_STYLE = """<style>
.hs-notes { margin: 0; padding: 0 !important; list-style: none; color: var(--hs-ink); font-size: 16px;
  line-height: 1.7; }
.hs-notes li { margin: 0 0 6px !important; padding: 0 0 0 12px !important; border-left: 3px solid var(--hs-line);
  white-space: pre-wrap; }
.st-key-hs-failure-acts p { margin: 0; }
[data-testid=stMultiSelectTagsContainer] [data-tag] :is(span, button) { color: var(--hs-on-accent); }
.st-key-hs-failure-note-row > :has([data-testid=stTextInput]) { min-width: min(280px, 100%); }
</style>"""


def notes_of(desk: Desk) -> Notes:
    """The notes of the home."""
    return Notes(desk.path.parent / FILE)


def set_of(desk: Desk) -> Path:
    """The file of the regression set of the home."""
    return desk.path.parent / regression.FILE


def moment(at: str) -> str:
    """A time (ISO 8601, UTC) as people in Korea read it."""
    return datetime.datetime.fromisoformat(at).astimezone(_KOREA).strftime("%Y-%m-%d %H:%M")


@st.fragment
def tools(desk: Desk, account: Account, opened: Opened, lang: Lang) -> None:
    """The tools. Typing a note draws only them anew; a tag changes the filters of the page, too."""
    if st.session_state.pop(_RETAGGED, False):
        st.rerun()
    st.html(_STYLE)
    st.subheader(tool_text("tools", lang))
    with st.container(border=True, key="hs-failure-tools"):
        _tags(desk, account, opened, lang)
        _notes(desk, account, opened, lang)
        with st.container(key="hs-failure-acts", horizontal=True, vertical_alignment="center", gap="small"):
            _watch(desk, account, opened, lang)
            _grade(desk, account, opened, lang)
        if trouble := st.session_state.pop(_TROUBLE, None):
            st.error(trouble.korean if lang == "ko" else trouble.english)


def _tags(desk: Desk, account: Account, opened: Opened, lang: Lang) -> None:
    notes, run, question = notes_of(desk), opened.run, opened.record.id
    now = notes.tags(run).get(question, ())
    key = f"hs-failure-tags-{run}-{question}"

    def changed() -> None:
        chosen = st.session_state[key]
        st.session_state[_RETAGGED] = True
        _attempt(
            lambda: notes_of(desk).retag(
                run, question, account.name,
                [tag for tag in chosen if tag not in now], [tag for tag in now if tag not in chosen],
            )
        )  # fmt: skip

    st.session_state[key] = list(now)  # what is kept and not what was chosen: others tag, too
    st.multiselect(
        tool_text("tags", lang),
        sorted({*notes.known_tags(), *now}),
        key=key,
        on_change=changed,
        accept_new_options=True,
        placeholder=tool_text("tags_placeholder", lang),
    )


def _notes(desk: Desk, account: Account, opened: Opened, lang: Lang) -> None:
    notes, place = notes_of(desk), (opened.run, opened.record.id)
    key = f"hs-failure-note-{'-'.join(place)}"

    def typed() -> None:
        _attempt(lambda: notes_of(desk).keep_draft(*place, account.name, st.session_state[key]))

    def leave() -> None:
        if _attempt(lambda: notes_of(desk).add(*place, account.name, st.session_state[key])):
            st.session_state[key] = ""

    found = notes.of(*place)
    if found:
        st.html(f"<ul class='hs-notes' id='hs-failure-notes'>{''.join(map(_note, found))}</ul>")
    if key not in st.session_state:
        st.session_state[key] = notes.draft(*place, account.name)
    with st.container(key="hs-failure-note-row", horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input(
            tool_text("note", lang),
            key=key,
            max_chars=NOTE_LIMIT,
            live="300ms",
            on_change=typed,
            help=tool_text("note_help", lang),
            placeholder=tool_text("note_placeholder", lang),
        )
        st.button(tool_text("leave", lang), key=f"hs-failure-leave-{'-'.join(place)}", on_click=leave)
    kept = notes.draft(*place, account.name)
    said = escape(tool_text("draft_kept", lang)) if kept else "&nbsp;"  # its line is always there: nothing jumps
    st.html(f"<span class='hs-soft' id='hs-failure-kept' data-letters='{len(kept)}'>{said}</span>")


def _note(note: Note) -> str:
    about = f"{escape(note.by)} · {moment(note.at)}"
    return f"<li><span class='hs-soft'>{about}</span>\n{escape(note.text)}</li>"


def _watch(desk: Desk, account: Account, opened: Opened, lang: Lang) -> None:
    """Into the regression set or out of it."""
    record, path = opened.record, set_of(desk)

    def add() -> None:
        said = [note.text for note in notes_of(desk).of(opened.run, record.id)]
        if draft := notes_of(desk).draft(opened.run, record.id, account.name).strip():
            said.append(draft)
        why = " / ".join(said) or verdict_name(record.verdict, "ko")
        at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        case = regression.case_of(record, opened.plan.index, opened.run, why, account.name, at)
        _attempt(lambda: regression.add_case(set_of(desk), case))

    def remove(case: Case) -> None:
        _attempt(lambda: regression.remove_case(set_of(desk), case.key))

    key = (opened.plan.index, regression.same_words(record.question))
    known = next((case for case in regression.read_cases(path) if case.key == key), None)
    if known is None:
        st.button(
            tool_text("add_case", lang), key="hs-failure-add", on_click=add, help=tool_text("add_case_help", lang)
        )  # fmt: skip
        return
    about = f"{known.by} · {moment(known.at)} · {known.why}" if known.at else known.why
    st.html(
        f"<p id='hs-failure-in-set'><span class='hs-good'>{escape(tool_text('in_set', lang))}</span><br>"
        f"<span class='hs-soft'>{escape(about)}</span></p>",
        width="content",
    )
    st.button(tool_text("take_out", lang), key="hs-failure-remove", on_click=remove, args=(known,))


def _grade(desk: Desk, account: Account, opened: Opened, lang: Lang) -> None:
    """Into the graders' queue, once."""

    def grade() -> None:
        _attempt(lambda: send(desk, account.name, opened))

    task = sent(desk, opened)
    if task is not None:
        said = escape(tool_text("sent", lang, task=task))
        st.html(f"<p id='hs-failure-sent'><span class='hs-good'>{said}</span></p>", width="content")
        return
    lacking = "no_answer" if not opened.record.answer.strip() else "no_passages" if opened.passages is None else ""
    st.button(
        tool_text("send", lang),
        key="hs-failure-send",
        disabled=bool(lacking),
        help=tool_text(lacking or "send_help", lang),
        on_click=grade,
    )


def _attempt(act: Callable[[], object]) -> bool:
    """Do what a button is for; what goes wrong is told when the tools are drawn, and nothing typed is lost by it."""
    try:
        act()
    except HansangError as error:
        st.session_state[_TROUBLE] = error
        return False
    return True
