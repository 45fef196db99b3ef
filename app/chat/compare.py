"""Two answers to one question under different settings: side by side, with what changed in the ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from app.chat.answer import answer_block, facts, places
from app.chat.options import fields, settings_text
from app.chat.session import Turn
from app.chat.text import attributes, button, escape, excerpt
from app.chat.words import Lang, word
from pipeline.settings import Settings
from pipeline.types import Passage, Trace

Change = Literal["up", "down", "same", "new", "gone"]
_EXCERPT = 40
_SIGNS = {"up": "▲", "down": "▼"}


@dataclass(frozen=True, slots=True)
class Move:
    """A passage that either answer was made from, with its place (from 1) in both; None where it was no candidate."""

    passage: Passage
    first: int | None
    second: int | None
    change: Change

    @property
    def places(self) -> int:
        """How many places it moved; positive is up."""
        return self.first - self.second if self.first is not None and self.second is not None else 0


def moves(first: Trace, second: Trace) -> list[Move]:
    """The passages in either prompt, in the order of the first answer, then of the second."""
    before, after = places(first), places(second)
    used_before = {c.passage.id for c in first.candidates if c.in_prompt}
    used_after = {c.passage.id for c in second.candidates if c.in_prompt}
    passages = {c.passage.id: c.passage for c in (*first.candidates, *second.candidates)}
    ids = [id_ for id_ in passages if id_ in used_before | used_after]
    far = len(passages)
    ids.sort(key=lambda id_: (before.get(id_, far), after.get(id_, far)))
    return [
        Move(passages[id_], before.get(id_), after.get(id_), _change(id_, before, after, used_before, used_after))
        for id_ in ids
    ]


def _change(
    id_: str, before: dict[str, int], after: dict[str, int], used_before: set[str], used_after: set[str]
) -> Change:
    if id_ not in used_before:
        return "new"
    if id_ not in used_after:
        return "gone"
    if before[id_] == after[id_]:
        return "same"
    return "up" if after[id_] < before[id_] else "down"


def compare_form(turn: Turn, settings: Settings, analysers: Sequence[str], lang: Lang) -> str:
    """The form that asks what shall be different, filled with the settings of the answer."""
    assert turn.trace is not None
    values = {**settings.flat(), **{name: turn.trace.settings[name] for name in settings.flat()}}
    run = button(escape(word("compare_run", lang)), class_="primary", data_act="compare-run", data_trace=turn.trace.id)
    cancel = button(
        escape(word("cancel", lang)), class_="soft", data_act="form", data_form="", data_trace=turn.trace.id
    )
    return (
        f"<form class='box settings' onsubmit='return false'><h4>{escape(word('compare_title', lang))}</h4>"
        f"{fields(values, analysers, lang)}<p class='row'>{run}{cancel}</p></form>"
    )


def comparison(first: Trace, second: Trace, lang: Lang) -> str:
    """Both answers in two columns, and under them the table of ranks."""
    differing = {n: v for n, v in second.settings.items() if first.settings.get(n) != v}
    said = settings_text(differing, lang) if differing else word("same_settings", lang)
    return (
        f'<div class="sides">{_side(first, word("compare_first", lang), "", lang)}'
        f"{_side(second, word('compare_second', lang), said, lang)}</div>"
        f"{_table(moves(first, second), lang) if second.state == 'done' else ''}"
    )


def _side(trace: Trace, title: str, said: str, lang: Lang) -> str:
    note = f'<p class="hint">{escape(said)}</p>' if said else ""
    return (
        f"<section{attributes(class_='side', data_trace=trace.id)}><h4>{escape(title)}</h4>{note}"
        f"{answer_block(trace, lang)}{facts(trace, lang)}</section>"
    )


def _table(rows: Sequence[Move], lang: Lang) -> str:
    title = f"<caption>{escape(word('compare_ranks', lang))}</caption>"
    if all(row.change == "same" for row in rows):
        return f'<p class="hint">{escape(word("compare_same", lang))}</p>'
    names = ("passage", "compare_first", "compare_second", "change")
    head = "".join(f'<th scope="col">{escape(word(name, lang))}</th>' for name in names)
    body = "".join(_row(row, lang) for row in rows)
    return f'<div class="wide"><table class="moves">{title}<tr>{head}</tr>{body}</table></div>'


def _row(row: Move, lang: Lang) -> str:
    source = row.passage.source
    name = f"<b>{escape(source.restaurant or source.document_id)}</b> {escape(excerpt(row.passage.text, _EXCERPT))}"
    cells = "".join(
        f"<td>{escape(word('rank', lang, n=place) if place else word('outside', lang))}</td>"
        for place in (row.first, row.second)
    )
    return f'<tr class="{row.change}"><th scope="row">{name}</th>{cells}<td><b>{escape(_said(row, lang))}</b></td></tr>'


def _said(row: Move, lang: Lang) -> str:
    if row.change in _SIGNS:
        return f"{_SIGNS[row.change]}{abs(row.places)}"
    sign = {"new": "＋", "gone": "－", "same": "="}[row.change]
    return f"{sign} {word(f'change_{row.change}', lang)}"
