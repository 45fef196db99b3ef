"""The conversation: each question with what was understood, its answer, and what can be done with it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from app.chat.answer import answer_block, facts
from app.chat.compare import compare_form, comparison
from app.chat.options import error_block, settings_text, stored_overrides
from app.chat.session import Session, Turn
from app.chat.text import attributes, button, escape
from app.chat.words import Lang, word
from pipeline.settings import Settings
from pipeline.types import Chip, Trace

REASONS = ("unfaithful", "irrelevant", "missing", "wrong", "other")
_THUMB = (
    '<svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true" fill="none" stroke="currentColor"'
    ' stroke-width="2" stroke-linejoin="round"{turned}>'
    '<path d="M3 11h4v10H3zM7 11l4-8q3 0 3 3v4h5q2 0 1.6 2l-1.6 7q-.4 2-2.4 2H7z"/></svg>'
)
_THUMB_UP, _THUMB_DOWN = _THUMB.format(turned=""), _THUMB.format(turned=' transform="rotate(180)"')
_MODE_SIGNS = {"filter": "", "exclude": "≠ ", "boost": "↑ "}


def conversation(session: Session, settings: Settings, analysers: Sequence[str], examples: Sequence[str]) -> str:
    """Every turn of the session as HTML, or a welcome with examples."""
    if not session.turns:
        return _welcome(examples, session)
    turns = "".join(_turn(turn, session, settings, analysers) for turn in session.turns)
    return f'<div class="talk">{turns}</div>'


def _welcome(examples: Sequence[str], session: Session) -> str:
    lang = session.lang
    if not session.index:
        return (
            f'<div class="welcome"><h2>{escape(word("title", lang))}</h2><p>{escape(word("no_index", lang))}</p></div>'
        )
    made = "".join(
        f"<li>{button(escape(text), class_='example', data_act='example', data_text=text)}</li>" for text in examples
    )
    offered = (
        f'<p class="hint">{escape(word("examples", lang))}</p><ul class="examples" lang="ko">{made}</ul>'
        if made
        else ""
    )
    return (
        f'<div class="welcome"><h2>{escape(word("welcome", lang))}</h2>'
        f"<p>{escape(word('welcome_more', lang))}</p>{offered}</div>"
    )


def _turn(turn: Turn, session: Session, settings: Settings, analysers: Sequence[str]) -> str:
    lang, trace = session.lang, turn.trace
    parts = [_banner(turn, settings, lang), _asked(turn, lang)]
    if trace is not None:
        parts.append(_chips(trace, lang))
        parts.append(comparison(trace, turn.other, lang) if turn.other else answer_block(trace, lang))
    if turn.working:
        parts.append(_working(turn, session, lang))
    if turn.error is not None:
        parts.append(error_block(turn.error, lang))
    if turn.stopped:
        parts.append(f'<p class="hint">◼ {escape(word("stopped", lang))}</p>')
    if trace is not None and not turn.working:
        parts.append("" if turn.other else facts(trace, lang))
        parts.append(_actions(turn, trace, lang))
        parts.append(_form(turn, trace, settings, analysers, lang))
    opening = attributes(class_="turn", data_trace=trace.id if trace else None)
    return f"<article{opening}>{''.join(parts)}</article>"


def _asked(turn: Turn, lang: Lang) -> str:
    if not turn.question:
        return ""
    return (
        f'<div class="asked"><span class="who">{escape(word("me", lang))}</span>'
        f'<p class="question" lang="ko">{escape(turn.question)}</p></div>'
    )


def _banner(turn: Turn, settings: Settings, lang: Lang) -> str:
    if not turn.stored or turn.trace is None:
        return ""
    overrides = stored_overrides(turn.trace, settings)
    profile = str(turn.trace.settings.get("profile", ""))
    said = f"{word('banner', lang)} · {local_time(turn.trace.created)} · {profile} · {settings_text(overrides, lang)}"
    return f'<p class="banner">{escape(said)}</p>'


def local_time(created: str) -> str:
    """An ISO time of the store in the server's time zone, to the minute; as it is when it is no time."""
    try:
        moment = datetime.datetime.fromisoformat(created)
    except ValueError:
        return created
    return moment.astimezone().strftime("%Y-%m-%d %H:%M %Z")


def _chips(trace: Trace, lang: Lang) -> str:
    understanding = trace.understanding
    if understanding is None or not (understanding.chips or understanding.removed):
        return ""
    made = [_chip(chip, trace, lang) for chip in understanding.chips]
    made += [_removed(chip, trace, lang) for chip in understanding.removed]
    return f"<ul{attributes(class_='chips', aria_label=word('chips', lang))}>{''.join(made)}</ul>"


def _chip(chip: Chip, trace: Trace, lang: Lang) -> str:
    about = "≈ " if chip.approximate else ""
    hint = word(f"mode_{chip.mode}", lang)
    if chip.approximate:
        hint += f" · {word('approximate', lang)}"
    carried = f" <small>{escape(word('inherited', lang))}</small>" if chip.inherited else ""
    off = button(
        "✕", class_="off", data_act="remove", data_chip=chip.id, data_trace=trace.id,
        aria_label=f"{chip.label}: {word('remove', lang)}", title=word("remove", lang),
    )  # fmt: skip
    mode = f"<small>{escape(word(f'mode_{chip.mode}', lang))}</small>"
    named = escape(_MODE_SIGNS[chip.mode] + about + chip.label)
    return (
        f'<li class="chip {chip.mode}" lang="ko"><span{attributes(title=hint)}>{mode} {named}{carried}</span>{off}</li>'
    )


def _removed(chip: Chip, trace: Trace, lang: Lang) -> str:
    back = button(
        escape(word("restore", lang)), class_="back", data_act="restore", data_chip=chip.id, data_trace=trace.id
    )
    return f'<li class="chip gone"><s>{escape(chip.label)}</s>{back}</li>'


def stage_text(turn: Turn, session: Session) -> str:
    """What is being done for a turn right now, not escaped."""
    if session.stop:
        return word("stopping", session.lang)
    trace = turn.other if turn.form == "compare" else turn.trace
    return word(f"working_{trace.state if trace else 'understood'}", session.lang)


def _working(turn: Turn, session: Session, lang: Lang) -> str:
    return f'<p class="working"><span class="pulse" aria-hidden="true"></span>{escape(stage_text(turn, session))}…</p>'


def _actions(turn: Turn, trace: Trace, lang: Lang) -> str:
    vote = turn.feedback.vote if turn.feedback else ""
    id_ = trace.id
    download = attributes(class_="soft", href=f"v1/traces/{id_}", download=f"hansang-{id_}.json")
    made = [
        _icon(_THUMB_UP, "up", lang, data_act="up", data_trace=id_, aria_pressed="true" if vote == "up" else "false"),
        _icon(
            _THUMB_DOWN, "down", lang, data_act="form", data_form="reasons", data_trace=id_,
            aria_pressed="true" if vote == "down" else "false",
            aria_expanded="true" if turn.form == "reasons" else "false",
        ),
        button(f"↻ {escape(word('again', lang))}", class_="soft", data_act="again", data_trace=id_),
        _compare_button(turn, id_, lang),
        button(escape(word("link", lang)), class_="soft", data_link=f"?trace={id_}", data_done=word("linked", lang)),
        f"<a{download}>⬇ {escape(word('download', lang))}</a>",
    ]  # fmt: skip
    saved = f'<span class="saved">{escape(word("saved", lang, id=turn.feedback.id))}</span>' if turn.feedback else ""
    return f'<div class="acts">{"".join(made)}{saved}{_graders(turn, id_, lang) if vote == "down" else ""}</div>'


def _graders(turn: Turn, trace_id: str, lang: Lang) -> str:
    """The way of an answer that didn't help to those who grade answers."""
    if turn.queued is None:
        return button(escape(word("grade", lang)), class_="soft", data_act="grade", data_trace=trace_id)
    key = "grade_known" if turn.queued.known else "graded"
    return f'<span class="saved">{escape(word(key, lang, id=turn.queued.task))}</span>'


def _icon(sign: str, key: str, lang: Lang, **values: str) -> str:
    label = word(key, lang)
    return button(sign, class_="soft icon", aria_label=label, title=label, **values)


def _compare_button(turn: Turn, trace_id: str, lang: Lang) -> str:
    if turn.other is not None:
        return button(f"⇄ {escape(word('compare_close', lang))}", class_="soft", data_act="single", data_trace=trace_id)
    return button(
        f"⇄ {escape(word('compare', lang))}", class_="soft", data_act="form", data_form="compare", data_trace=trace_id,
        aria_expanded="true" if turn.form == "compare" else "false",
    )  # fmt: skip


def _form(turn: Turn, trace: Trace, settings: Settings, analysers: Sequence[str], lang: Lang) -> str:
    if turn.form == "reasons":
        return _reasons(trace, lang)
    if turn.form == "compare" and turn.other is None:
        return compare_form(turn, settings, analysers, lang)
    return ""


def _reasons(trace: Trace, lang: Lang) -> str:
    boxes = "".join(
        f'<label class="reason"><input{attributes(type="checkbox", name="reason", value=word(f"reason_{key}", "ko"))}>'
        f"{escape(word(f'reason_{key}', lang))}</label>"
        for key in REASONS
    )
    hint = word("reason_text", lang)
    text = (
        f"<textarea{attributes(name='text', rows='2', maxlength='1000', aria_label=hint, placeholder=hint)}></textarea>"
    )
    send = button(escape(word("submit", lang)), class_="primary", data_act="down", data_trace=trace.id)
    cancel = button(escape(word("cancel", lang)), class_="soft", data_act="form", data_form="", data_trace=trace.id)
    return (
        f"<form class='box reasons' onsubmit='return false'><fieldset><legend>{escape(word('reasons', lang))}</legend>"
        f"{boxes}</fieldset>{text}<p class='row'>{send}{cancel}</p></form>"
    )
