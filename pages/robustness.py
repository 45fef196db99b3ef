"""How far the right passages move when chosen questions of a run are written otherwise; the server asks them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from annotations.desk import Desk
from annotations.types import Account
from pages.asking_server import ServerRefused, ServerUnreachable, moved
from pages.inspect_texts import kind_name, text, verdict_name
from pages.session import language
from pages.stored_runs import Wanted, callable_settings, narrow, table_of
from pages.words import Lang
from pipeline.evaluation.robustness import Moved, robustness
from pipeline.evaluation.runs import Plan, read_plan, run_names
from pipeline.evaluation.table import read_record
from pipeline.service import Home

MOST = 100  # questions at once; each is asked up to eight times
_FOUND = "hs-robust-found"
_Found = list[tuple[str, Moved]]  # question and what a variant of it did


def render(desk: Desk, account: Account) -> None:
    """The page."""
    lang = language()
    st.title(text("robustness", lang))
    st.markdown(text("robust_help", lang))
    runs = Home(desk.path.parent).runs
    names = run_names(runs)
    if not names:
        st.info(text("no_runs", lang))
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        folder = runs / st.selectbox(text("run", lang), names, width=320, key="hs-robust-run")
        search = st.text_input(text("search", lang), width=280, key="hs-robust-search")
        most = st.number_input(text("how_many", lang), 1, MOST, 10, width=160, key="hs-robust-many")
    table, plan = table_of(folder), read_plan(folder)
    if table.empty:
        st.info(text("empty_run", lang))
        return
    found = narrow(table[table["has_gold"]], Wanted(search=search))
    if found.empty:
        st.info(text("no_gold_questions", lang))
        return
    chosen = _choose(found, lang).head(most)
    places = zip(chosen["start"].tolist(), chosen["size"].tolist(), strict=True)
    try:
        records = [read_record(folder, start, size) for start, size in places]
    except ValueError:  # the run was taken up again since the table was read
        st.warning(text("changed", lang))
        return
    if st.button(text("measure_now", lang, count=len(records)), type="primary", key="hs-robust-go"):
        st.session_state.pop(_FOUND, None)
        questions = [(record.question, record.gold) for record in records]
        st.session_state[_FOUND] = (folder.name, _ask(questions, plan, lang))
    run, moves = st.session_state.get(_FOUND, ("", None))
    if run == folder.name and moves is not None:
        _show(moves, int(str(plan.settings["retrieval.k"])), lang)


def _choose(found: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """The questions chosen in the table; all of them when none is."""
    names = ("question", "verdict", "final")
    shown = found[list(names)].copy()
    shown["verdict"] = shown["verdict"].map(lambda value: verdict_name(value, lang))
    titles = {name: st.column_config.Column(text(name, lang)) for name in names}
    event = st.dataframe(
        shown,
        key=f"hs-robust-table-{hash(tuple(found['id']))}",
        on_select="rerun",
        selection_mode="multi-row",
        hide_index=True,
        height=260,
        placeholder="–",
        column_config=titles,
    )
    rows = event["selection"]["rows"]
    return found.iloc[rows] if rows else found


def _ask(questions: list[tuple[str, tuple[str, ...]]], plan: Plan, lang: Lang) -> _Found | None:
    """What the variants did; None when the server can't be asked, which is told."""
    moves: _Found = []
    settings = callable_settings(plan.settings)
    bar = st.progress(0.0)
    for done, (question, gold) in enumerate(questions, start=1):
        body = {"question": question, "passage_ids": list(gold), "index": plan.index, "overrides": settings}
        try:
            moves += [(question, each) for each in moved(body)]
        except ServerUnreachable:
            st.warning(text("unreachable", lang))
            return None
        except ServerRefused as error:
            st.error(error.korean if lang == "ko" else error.english)
            return None
        bar.progress(done / len(questions), text("measuring", lang, done=done, of=len(questions)))
    bar.empty()
    return moves


def _show(moves: _Found, k: int, lang: Lang) -> None:
    if not moves:
        st.info(text("no_variants", lang))
        return
    st.subheader(text("summary", lang, k=k))
    rows = [
        {
            text("kind", lang): kind_name(each.kind, lang),
            text("questions", lang): each.questions,
            text("kept", lang): "–" if each.kept is None else f"{each.kept:.0%}",
            text("lost", lang): each.lost,
            text("gained", lang): each.gained,
            text("mrr", lang): f"{each.mean_reciprocal_before:.3f} → {each.mean_reciprocal_after:.3f}",
        }
        for each in robustness([move for _, move in moves], k)
    ]
    st.dataframe(rows, hide_index=True, placeholder="–", key="hs-robust-summary")
    st.subheader(text("moves", lang))
    detail = [
        {
            text("question", lang): question,
            text("kind", lang): kind_name(move.kind, lang),
            text("variant_text", lang): move.text,
            text("was", lang): move.before or None,
            text("now", lang): move.after or None,
        }
        for question, move in sorted(moves, key=lambda pair: (pair[1].after == 0, pair[1].after - pair[1].before))[::-1]
    ]
    st.dataframe(detail, hide_index=True, placeholder="–", key="hs-robust-moves")
