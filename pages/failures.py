"""Failure analysis: where a run lost its questions, the questions behind each verdict, and one of them opened.

Everything but the replays is read from the run's files. The parts below the choice of a run are drawn apart from each
other, so that what changes one of them leaves the others as they are.
"""

from __future__ import annotations

import streamlit as st

from annotations.desk import Desk
from annotations.types import Account
from pages.failure_filters import QUESTION, View, drawn, filters, left, place_of, verdicts
from pages.failure_list import shown, step, table
from pages.failure_question import Opened, facts, show
from pages.failure_tools import notes_of, tools
from pages.flow_chart import STYLE
from pages.inspect_texts import text
from pages.session import language
from pages.stored_runs import passages_of, table_of
from pages.words import Lang
from pipeline.errors.indexes import IndexDamaged, IndexOutdated
from pipeline.evaluation.runs import read_plan, run_names
from pipeline.evaluation.table import read_record
from pipeline.passages import PassageStore
from pipeline.service import Home


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
    plan, all_ = read_plan(folder), table_of(folder)
    if all_.empty:
        st.info(text("empty_run", lang))
        return
    numbers = {"done": len(all_), "questions": plan.questions, "errors": int((all_["status"] == "error").sum())}
    st.caption(text("about_run", lang, index=plan.index, **numbers))
    view = View(folder, plan, all_, shown(all_, lang), notes_of(desk).tags(folder.name), lang)
    st.subheader(text("flow", lang))
    verdicts(desk, view)
    filters(view)
    table(desk, view)
    step(desk, view)
    _question(desk, account, view)


def _choose_run(names: list[str], lang: Lang) -> str:
    asked = st.query_params.get("run")
    start = names.index(asked) if asked in names else 0
    chosen: str = st.selectbox(text("run", lang), names, index=start, width=360, key="hs-failure-run")
    return chosen


@st.fragment(key=QUESTION)
def _question(desk: Desk, account: Account, view: View) -> None:
    """The question that is open."""
    home, found = Home(desk.path.parent), left(view)
    if found.empty:
        drawn(view, "")
        return
    row = found.iloc[place_of(found)]
    try:
        record = read_record(view.folder, int(row["start"]), int(row["size"]))
    except ValueError:  # the run was taken up again since the table was read
        st.warning(text("changed", view.lang))
        return
    facts(record, view.lang)
    opened = Opened(view.run, view.plan, record, _passages(home, view))
    tools(desk, account, opened, view.lang)
    show(desk, opened, view.lang)
    drawn(view, record.id)


def _passages(home: Home, view: View) -> PassageStore | None:
    try:
        return passages_of(home.indexes, view.plan)
    except (IndexDamaged, IndexOutdated) as error:
        st.warning(error.korean if view.lang == "ko" else error.english)
        return None
