"""Two runs on the same questions: the verdict in words, differences with intervals, the questions that flipped.

Below them what came of the variants that conversations are given.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from annotations.desk import Desk
from annotations.types import Account
from pages.experiment_block import show_experiment
from pages.inspect_plots import STYLE, difference_bars
from pages.inspect_texts import said_of_flip, text
from pages.session import language
from pages.stored_runs import changed_settings, comparison
from pages.words import Lang
from pipeline.errors.evaluation import RunsNotComparable
from pipeline.evaluation.comparison import Difference, Flip
from pipeline.evaluation.runs import read_plan, run_names
from pipeline.service import Home


def render(desk: Desk, account: Account) -> None:
    """The page."""
    lang = language()
    st.html(STYLE)
    st.title(text("runs", lang))
    home = Home(desk.path.parent)
    _two_runs(home.runs, lang)
    show_experiment(home, lang)


def _two_runs(runs: Path, lang: Lang) -> None:
    names = run_names(runs)
    if len(names) < 2:
        st.info(text("two_runs", lang))
        return
    with st.container(horizontal=True, gap="small"):
        a = st.selectbox(text("run_a", lang), names, index=1, width=320, key="hs-runs-a")
        b = st.selectbox(text("run_b", lang), names, index=0, width=320, key="hs-runs-b")
    if a == b:
        st.info(text("same_run", lang))
        return
    _settings(changed_settings(read_plan(runs / a), read_plan(runs / b)), a, b, lang)
    try:
        with st.spinner(text("comparing", lang)):
            found = comparison(runs / a, runs / b)
    except RunsNotComparable as error:
        st.warning(error.korean if lang == "ko" else error.english)
        return
    said = found.verdict if lang == "ko" else found.verdict_en
    st.html(f"<div class='hs-card' id='hs-runs-verdict'><p>{escape(said)}</p></div>")
    if found.warning:
        st.warning(found.warning if lang == "ko" else found.warning_en)
    _differences(found.differences, lang)
    for key, flips in (("better", found.better), ("worse", found.worse)):
        _flips(key, flips, a, b, lang)


def _settings(changed: Sequence[tuple[str, str, str]], a: str, b: str, lang: Lang) -> None:
    st.subheader(text("settings", lang))
    if not changed:
        st.markdown(text("no_changes", lang))
        return
    rows = [{text("setting", lang): name, f"A · {a}": was, f"B · {b}": now} for name, was, now in changed]
    st.dataframe(rows, hide_index=True, key="hs-runs-settings")


def _differences(differences: Sequence[Difference], lang: Lang) -> None:
    if not differences:
        return
    st.subheader(text("differences", lang))
    figure = difference_bars(differences, lambda name: text(name, lang))
    st.plotly_chart(figure, key="hs-runs-differences", theme=None, config={"displayModeBar": False})
    rows = [
        {
            text("measure", lang): text(d.measure, lang),
            "A": f"{d.a:.3f}",
            "B": f"{d.b:.3f}",
            text("difference", lang): f"{d.difference:+.3f}",
            text("interval", lang): f"{d.low:+.3f} ~ {d.high:+.3f}",
            text("p", lang): f"{d.adjusted:.3f}",
            text("questions", lang): f"{d.questions:,}",
        }
        for d in differences
    ]
    st.dataframe(rows, hide_index=True, key="hs-runs-table")


def _flips(key: str, flips: Sequence[Flip], a: str, b: str, lang: Lang) -> None:
    st.subheader(text(key, lang, count=len(flips)))
    if not flips:
        st.markdown(text("no_flips", lang))
        return
    rows = [
        {
            text("question", lang): flip.question,
            f"A · {a}": said_of_flip(flip.a, lang),
            f"B · {b}": said_of_flip(flip.b, lang),
            text("look", lang): f"/failures?{urlencode({'run': b, 'question': flip.id})}",
        }
        for flip in flips
    ]
    links = {text("look", lang): st.column_config.LinkColumn(display_text=text("open", lang))}
    st.dataframe(rows, hide_index=True, key=f"hs-runs-{key}", column_config=links)
