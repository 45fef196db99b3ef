"""The questions that the filters leave, as a table, and the buttons from one to the next."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from streamlit.elements.arrow import DataframeStateInput

from annotations.desk import Desk
from pages.failure_filters import LIST, STEP, View, left, open_question, place_of
from pages.inspect_texts import stage_name, text, verdict_name
from pages.words import Lang
from pipeline.evaluation.table import STAGES

_VERDICT = 150  # px: the longest verdict fits; by itself the column is as wide as those of the first rows
_SHOWN = ("verdict", "question", "type", *STAGES, "restaurant", "ms")
_MAY_LACK = ("type", "restaurant")


@st.fragment(key=LIST)
def table(desk: Desk, view: View) -> None:
    """Draw the table; a row that is chosen opens its question."""
    _ = desk.path  # asks whether whoever looks is still signed in
    found, lang = left(view), view.lang
    if found.empty:
        st.info(text("nothing_found", lang))
        return
    # of its own for every set of rows: a row's number means another question in another set, and a browser keeps
    # which row was chosen in a table of the same key
    key = f"hs-failure-table-{view.run}-{hash(tuple(found['id']))}"

    def choose() -> None:
        if rows := st.session_state[key]["selection"]["rows"]:
            open_question(found["id"].iloc[rows[0]])

    rows = [place_of(found)]
    open_now: DataframeStateInput = {"selection": {"rows": rows}}
    if key in st.session_state and st.session_state[key]["selection"]["rows"] != rows:
        st.session_state[key] = open_now  # by other ways than this table
    titles = {name: text(name, lang) for name in ("verdict", "question", "type", "restaurant", "ms", "final")}
    titles |= {stage: stage_name(stage, lang) for stage in STAGES if stage != "final"}
    st.dataframe(
        view.shown.loc[found.index],
        key=key,
        on_select=choose,
        selection_default=open_now,
        selection_mode="single-row",
        hide_index=True,
        height=320,
        placeholder="",
        column_config={name: st.column_config.Column(title) for name, title in titles.items()}
        | {name: st.column_config.TextColumn(titles[name]) for name in ("type", "restaurant")}
        | {"verdict": st.column_config.TextColumn(titles["verdict"], width=_VERDICT)}
        | {"ms": st.column_config.NumberColumn(titles["ms"], format="%.0f")},
    )
    st.caption(text("table_help", lang))


def shown(table: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """What is shown of a run's table, in few bytes: all of it travels to the browser with every filter.

    Types and restaurants are left out where the questions have none.
    """
    told = [name for name in _SHOWN if name not in _MAY_LACK or table[name].any()]
    few = [name for name in ("verdict", *_MAY_LACK) if name in told]
    seen = table[told].astype(dict.fromkeys(few, "category") | {"ms": "float32"})
    seen["verdict"] = seen["verdict"].cat.rename_categories(lambda value: verdict_name(value, lang))
    for stage in STAGES:
        seen[stage] = seen[stage].astype("Int32").where(seen[stage] > 0)
    return seen


@st.fragment(key=STEP)
def step(desk: Desk, view: View) -> None:
    """Draw the buttons to the questions beside the one that is open."""
    _ = desk.path  # asks whether whoever looks is still signed in
    found = left(view)
    if found.empty:
        return
    chosen = place_of(found)

    def go(place: int) -> None:
        open_question(found["id"].iloc[place], LIST)

    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        for name, place in (("before", chosen - 1), ("after", chosen + 1)):
            there = 0 <= place < len(found)
            st.button(text(name, view.lang), key=f"hs-failure-{name}", disabled=not there, on_click=go, args=(place,))
        st.markdown(text("place", view.lang, place=chosen + 1, of=len(found)))
