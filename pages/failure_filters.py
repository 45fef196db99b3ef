"""Which questions of a run are looked at: the flow, the verdicts and the other filters above the list.

A filter draws anew only what it changes. Each part of the page is a fragment with a name; what hangs on a filter says
which of them are to be drawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from annotations.desk import Desk
from pages.failure_texts import tool_text
from pages.flow_chart import after_click, draw, sankey
from pages.inspect_texts import stage_name, text, verdict_name
from pages.stored_runs import Wanted, narrow
from pages.words import Lang
from pipeline.evaluation.blame import Verdict
from pipeline.evaluation.runs import Plan
from pipeline.evaluation.table import flow

VERDICTS, LIST, STEP, QUESTION = "hs-part-verdicts", "hs-part-list", "hs-part-step", "hs-part-question"
_CHOSEN, _DRAWN = "hs-failure-id", "hs-failure-drawn"
_ORDER = [*(verdict.value for verdict in Verdict), ""]


@dataclass(frozen=True, slots=True)
class View:
    """A run that is looked at. ``table`` is shared by all who look, ``shown`` what the list has of it, row by row.

    ``tags`` are by question id.
    """

    folder: Path
    plan: Plan
    table: pd.DataFrame
    shown: pd.DataFrame
    tags: Mapping[str, Sequence[str]]
    lang: Lang

    @property
    def run(self) -> str:
        """The name of the run."""
        return self.folder.name


def left(view: View) -> pd.DataFrame:
    """The rows that the filters leave."""

    def chosen(name: str) -> tuple[str, ...]:
        return tuple(st.session_state.get(_key(name, view)) or ())

    length, search = (st.session_state.get(_key(name, view)) for name in ("length", "search"))
    wanted = Wanted(chosen("verdict"), chosen("type"), chosen("restaurant"), length, search or "")
    found = narrow(view.table, wanted)
    if not (tags := set(chosen("tag"))):
        return found
    return found[found["id"].isin([id_ for id_, has in view.tags.items() if tags & set(has)])]


def place_of(found: pd.DataFrame) -> int:
    """The place of the question that is open among those that are left: the one chosen, else the first."""
    chosen = st.session_state.get(_CHOSEN, st.query_params.get("question"))
    places = (found["id"] == chosen).to_numpy().nonzero()[0]
    return int(places[0]) if len(places) else 0


def open_question(id_: str, *more: str) -> None:
    """Open another question. To be called from what hangs on a widget: only it and ``more`` are drawn anew."""
    st.session_state[_CHOSEN] = id_
    st.rerun([STEP, QUESTION, *more])


def drawn(view: View, id_: str) -> None:
    """Note that a question has been drawn, so that a filter that leaves it open needn't draw it again."""
    st.session_state[_DRAWN] = (view.run, id_)


def _refine(view: View, *more: str) -> None:
    found = left(view)
    parts = [*more, LIST, STEP]
    now = "" if found.empty else found["id"].iloc[place_of(found)]
    if st.session_state.get(_DRAWN) != (view.run, now):
        parts.append(QUESTION)
    st.rerun(parts)


def _key(name: str, view: View) -> str:
    return f"hs-failure-{name}-{view.run}"


@st.fragment(key=VERDICTS)
def verdicts(desk: Desk, view: View) -> None:
    """Draw the flow of all questions, and the verdicts, which can be chosen in both."""
    _ = desk.path  # asks whether whoever looks is still signed in
    lang, key = view.lang, _key("verdict", view)
    counts = {str(verdict): int(count) for verdict, count in view.table["verdict"].value_counts().items()}
    there = [value for value in _ORDER if counts.get(value)]

    def press(pressed: tuple[str, ...]) -> None:
        st.session_state[key] = after_click(pressed, st.session_state.get(key) or (), there)
        _refine(view, VERDICTS)

    links = flow(counts)
    option = sankey(
        links, lambda s: stage_name(s, lang), lambda v: verdict_name(v, lang), st.session_state.get(key) or ()
    )
    if links:  # nothing flows where no question could be judged
        draw(option, text("flow", lang), f"hs-failure-flow-{view.run}", press)
    st.pills(
        text("verdict", lang),
        there,
        selection_mode="multi",
        format_func=lambda value: f"{verdict_name(value, lang)} {counts[value]:,}",
        help=text("verdict_help", lang),
        key=key,
        on_change=_refine,
        args=(view, VERDICTS),
    )


def filters(view: View) -> None:
    """Draw the other filters."""
    lang, table = view.lang, view.table
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        _several("type", view)
        _several("restaurant", view)
        low, high = int(table["length"].min()), int(table["length"].max())
        if low < high:
            st.slider(
                text("length", lang), low, high, (low, high), width=240, key=_key("length", view),
                on_change=_refine, args=(view,),
            )  # fmt: skip
        st.text_input(
            text("search", lang), width=280, key=_key("search", view), on_change=_refine, args=(view,)
        )  # fmt: skip
        _tagged(view)


def _several(column: str, view: View) -> None:
    values = sorted(value for value in view.table[column].unique() if value)
    if not values:
        return
    st.multiselect(
        text(column, view.lang),
        values,
        placeholder=text("all", view.lang),
        width=260,
        key=_key(column, view),
        on_change=_refine,
        args=(view,),
    )


def _tagged(view: View) -> None:
    counts = Counter(tag for of_question in view.tags.values() for tag in of_question)
    if not counts:
        return
    st.multiselect(
        tool_text("with_tag", view.lang),
        sorted(counts),
        format_func=lambda tag: f"{tag} {counts[tag]:,}",
        placeholder=text("all", view.lang),
        width=260,
        key=_key("tag", view),
        on_change=_refine,
        args=(view,),
    )
