"""Failure analysis: where a run lost its questions, the questions behind each verdict, and one of them opened.

Everything but the replays is read from the run's files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from annotations.desk import Desk
from annotations.types import Account
from pages.failure_question import Opened, facts, show
from pages.failure_texts import tool_text
from pages.failure_tools import notes_of, tools
from pages.flow_chart import STYLE, after_click, draw, sankey
from pages.inspect_texts import stage_name, text, verdict_name
from pages.session import language
from pages.stored_runs import Wanted, narrow, passages_of, table_of
from pages.words import Lang
from pipeline.errors import IndexDamaged, IndexOutdated
from pipeline.evaluation.blame import Verdict
from pipeline.evaluation.runs import read_plan, run_names
from pipeline.evaluation.table import STAGES, flow, read_record
from pipeline.service import Home

_CHOSEN = "hs-failure-id"
_ORDER = [*(verdict.value for verdict in Verdict), ""]
_SHOWN = ("verdict", "question", "type", *STAGES, "restaurant", "ms")


def render(desk: Desk, account: Account) -> None:
    """The page."""
    lang = language()
    st.html(STYLE)
    st.title(text("failures", lang))
    home = Home(desk.path.parent)
    names = run_names(home.runs)
    if not names:
        st.info(text("no_runs", lang))
        return
    folder = home.runs / _choose_run(names, lang)
    plan, table = read_plan(folder), table_of(folder)
    if table.empty:
        st.info(text("empty_run", lang))
        return
    numbers = {"done": len(table), "questions": plan.questions, "errors": int((table["status"] == "error").sum())}
    st.caption(text("about_run", lang, index=plan.index, **numbers))
    tags = notes_of(desk).tags(folder.name)
    found = _flow_and_filters(table, tags, folder.name, lang)
    if found.empty:
        st.info(text("nothing_found", lang))
        return
    chosen = _table(found, folder.name, lang)
    _step(found, chosen, lang)
    try:
        passages = passages_of(home.indexes, plan)
    except (IndexDamaged, IndexOutdated) as error:
        st.warning(error.korean if lang == "ko" else error.english)
        passages = None
    row = found.iloc[chosen]
    try:
        record = read_record(folder, int(row["start"]), int(row["size"]))
    except ValueError:  # the run was taken up again since the table was read
        st.warning(text("changed", lang))
        return
    opened = Opened(folder.name, plan, record, passages)
    facts(record, lang)
    tools(desk, account, opened, lang)
    show(desk, opened, lang)


def _choose_run(names: list[str], lang: Lang) -> str:
    asked = st.query_params.get("run")
    start = names.index(asked) if asked in names else 0
    chosen: str = st.selectbox(text("run", lang), names, index=start, width=360, key="hs-failure-run")
    return chosen


def _flow_and_filters(table: pd.DataFrame, tags: Mapping[str, Sequence[str]], run: str, lang: Lang) -> pd.DataFrame:
    """Draw the flow of all questions and the filters; the rows that are left. ``tags`` are by question id."""
    st.subheader(text("flow", lang))
    counts = table["verdict"].value_counts().to_dict()
    there = [value for value in _ORDER if counts.get(value)]
    key = f"hs-failure-verdict-{run}"

    def choose(pressed: tuple[str, ...]) -> None:
        st.session_state[key] = after_click(pressed, st.session_state.get(key) or (), there)

    chosen = st.session_state.get(key) or ()
    links = flow(table["verdict"])
    option = sankey(links, lambda s: stage_name(s, lang), lambda v: verdict_name(v, lang), chosen)
    if links:  # nothing flows where no question could be judged
        draw(option, text("flow", lang), f"hs-failure-flow-{run}", choose)
    verdicts = st.pills(
        text("verdict", lang),
        there,
        selection_mode="multi",
        format_func=lambda value: f"{verdict_name(value, lang)} {counts[value]:,}",
        help=text("verdict_help", lang),
        key=key,
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        types = _several("type", table, run, lang)
        restaurants = _several("restaurant", table, run, lang)
        low, high = int(table["length"].min()), int(table["length"].max())
        length = None
        if low < high:
            length = st.slider(
                text("length", lang), low, high, (low, high), width=240, key=f"hs-failure-length-{run}"
            )  # fmt: skip
        search = st.text_input(text("search", lang), width=280, key=f"hs-failure-search-{run}")
        tagged = _tagged(tags, run, lang)
    found = narrow(table, Wanted(tuple(verdicts), types, restaurants, length, search))
    return found if tagged is None else found[found["id"].isin(tagged)]


def _tagged(tags: Mapping[str, Sequence[str]], run: str, lang: Lang) -> list[str] | None:
    """The ids of the questions that have one of the tags wanted; None where all may pass."""
    counts = Counter(tag for of_question in tags.values() for tag in of_question)
    if not counts:
        return None
    wanted = st.multiselect(
        tool_text("with_tag", lang),
        sorted(counts),
        format_func=lambda tag: f"{tag} {counts[tag]:,}",
        placeholder=text("all", lang),
        width=260,
        key=f"hs-failure-tag-{run}",
    )
    return [id_ for id_, has in tags.items() if set(has) & set(wanted)] if wanted else None


def _several(column: str, table: pd.DataFrame, run: str, lang: Lang) -> tuple[str, ...]:
    values = sorted(value for value in table[column].unique() if value)
    key = f"hs-failure-{column}-{run}"
    return tuple(st.multiselect(text(column, lang), values, placeholder=text("all", lang), width=260, key=key))


def _table(found: pd.DataFrame, run: str, lang: Lang) -> int:
    """Draw the questions; the place of the one that is open."""
    ids = found["id"].tolist()
    # of its own for every set of rows: a row's number means another question in another set
    key = f"hs-failure-table-{run}-{hash(tuple(ids))}"

    def choose() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        if rows:
            st.session_state[_CHOSEN] = ids[rows[0]]

    shown = found[list(_SHOWN)].copy()
    shown["verdict"] = shown["verdict"].map(lambda value: verdict_name(value, lang))
    for stage in STAGES:
        shown[stage] = shown[stage].astype("Int64").where(shown[stage] > 0)
    columns = {name: text(name, lang) for name in ("verdict", "question", "type", "restaurant", "ms", "final")}
    columns |= {stage: stage_name(stage, lang) for stage in STAGES if stage != "final"}
    st.dataframe(
        shown,
        key=key,
        on_select=choose,
        selection_mode="single-row",
        hide_index=True,
        height=320,
        column_config={name: st.column_config.Column(title) for name, title in columns.items()}
        | {"ms": st.column_config.NumberColumn(columns["ms"], format="%.0f")},
    )
    st.caption(text("table_help", lang))
    chosen = st.session_state.get(_CHOSEN, st.query_params.get("question"))
    return ids.index(chosen) if chosen in ids else 0


def _step(found: pd.DataFrame, chosen: int, lang: Lang) -> None:
    """Buttons to the questions beside the one that is open."""

    def go(place: int) -> None:
        st.session_state[_CHOSEN] = found["id"].iloc[place]

    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        for name, place in (("before", chosen - 1), ("after", chosen + 1)):
            there = 0 <= place < len(found)
            st.button(text(name, lang), key=f"hs-failure-{name}", disabled=not there, on_click=go, args=(place,))
        st.markdown(text("place", lang, place=chosen + 1, of=len(found)))
