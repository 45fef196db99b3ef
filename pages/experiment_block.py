"""The block about the variants that conversations are given: counts, the verdict, and the difference day by day."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from pages.quality_plots import BLUE, GREY
from pages.words import Lang
from pipeline.errors.base import HansangError
from pipeline.experiments.findings import Contrast, Findings, findings
from pipeline.experiments.running import NoExperiment, read_running
from pipeline.experiments.words import verdict
from pipeline.service import Home
from pipeline.traces import TraceStore

SECONDS = 30  # for which a count is kept
_TEXTS = {
    "title": ("운영 중인 변형 (A/B)", "Variants in operation (A/B)"),
    "aid": (
        "대화마다 변형 하나가 정해지고, 대화에서 처음 나온 것 하나씩만 셉니다. 띠는 매일 보아도 되는 구간입니다: "
        "0을 벗어난 날부터 차이가 있다고 말할 수 있고, 몇 번을 들여다보아도 잘못 말할 확률은 모두 합쳐 5 % 이하입니다.",
        "Each conversation gets one variant, and of each only the first answer or vote counts. The band is an interval "
        "that may be looked at every day: once it leaves 0 there is a difference, wrong in 5 % of experiments at most.",
    ),
    "others": ("설정이 달랐을 때의 답 {n:,}개는 세지 않았습니다.", "{n:,} answers under other settings don't count."),
    "arm": ("변형", "Variant"),
    "share": ("몫", "Share"),
    "sessions": ("대화", "Conversations"),
    "answers": ("답", "Answers"),
    "abstained_count": ("기권", "Abstained"),
    "up_count": ("👍", "👍"),
    "down_count": ("👎", "👎"),
    "up": ("👍 비율의 차이", "Difference in the share of 👍"),
    "abstained": ("기권 비율의 차이", "Difference in the share of abstentions"),
    "interval": ("구간", "Interval"),
    "pairs": ("짝", "pairs"),
    "day": ("날짜", "Day"),
    "difference": ("차이", "Difference"),
    "none_yet": ("아직 양쪽에 견줄 것이 없습니다.", "Nothing to compare on both sides yet."),
}  # fmt: skip


def say(key: str, lang: Lang, **fields: object) -> str:
    """A text of the block."""
    return _TEXTS[key][0 if lang == "ko" else 1].format(**fields)


def show_experiment(home: Home, lang: Lang) -> None:
    """The block; nothing where no conversation was ever given a variant."""
    try:
        found = _counted(str(home.root))
    except NoExperiment:
        return
    except HansangError as error:
        st.warning(error.korean if lang == "ko" else error.english)
        return
    st.header(say("title", lang))
    st.html(f"<div class='hs-card' id='hs-experiment'><p>{escape(verdict(found)[0 if lang == 'ko' else 1])}</p></div>")
    st.markdown(say("aid", lang))
    st.dataframe(arms_table(found, lang), hide_index=True, key="hs-experiment-arms")
    if found.others:
        st.caption(say("others", lang, n=found.others))
    for contrast in found.contrasts:
        _contrast(contrast, lang)


@st.cache_data(ttl=SECONDS, max_entries=2, show_spinner=False)
def _counted(root: str) -> Findings:
    home = Home(Path(root))
    running = read_running(home.experiment)
    store = TraceStore(home.traces)
    try:
        return findings(running, store.assigned())
    finally:
        store.close()


def arms_table(found: Findings, lang: Lang) -> list[dict[str, object]]:
    """The arms as rows."""
    return [
        {
            say("arm", lang): arm.name,
            say("share", lang): f"{arm.share:.0%}",
            say("sessions", lang): arm.sessions,
            say("answers", lang): arm.answers,
            say("abstained_count", lang): arm.abstained,
            say("up_count", lang): arm.up,
            say("down_count", lang): arm.down,
        }
        for arm in found.arms
    ]


def _contrast(found: Contrast, lang: Lang) -> None:
    title = f"{say(found.measure, lang)}: {found.arm} − {found.base}"
    st.subheader(title)
    if not found.days:
        st.markdown(say("none_yet", lang))
        return
    key = f"hs-experiment-{found.measure}-{found.arm}"
    st.plotly_chart(band(found, title, lang), key=key, theme=None, config={"displayModeBar": False})
    rows = [
        {
            say("day", lang): day.day.isoformat(),
            say("pairs", lang): day.blocks,
            say("difference", lang): f"{day.difference:+.3f}",
            f"{say('interval', lang)} ({found.level:.2%})": f"{day.low:+.3f} ~ {day.high:+.3f}",
        }
        for day in reversed(found.days)
    ]
    st.dataframe(rows, hide_index=True, key=f"{key}-table")


def band(found: Contrast, title: str, lang: Lang) -> go.Figure:
    """The difference day by day within its confidence sequence; 0 is a dashed line."""
    days = [day.day.isoformat() for day in found.days]
    figure = go.Figure(
        [
            _line(days, [day.high for day in found.days], None),
            _line(days, [day.low for day in found.days], "tonexty"),
            go.Scatter(
                x=days,
                y=[day.difference for day in found.days],
                mode="lines+markers",
                line={"color": BLUE, "width": 3},
                customdata=[[day.low, day.high, day.blocks] for day in found.days],
                hovertemplate=(
                    f"%{{x}}<br>%{{y:+.3f}} [%{{customdata[0]:+.3f}}, %{{customdata[1]:+.3f}}]<br>"
                    f"%{{customdata[2]:,}} {say('pairs', lang)}<extra></extra>"
                ),
            ),
        ]
    )
    figure.add_hline(y=0, line={"color": GREY, "dash": "dash"})
    figure.update_layout(
        height=300, showlegend=False, font={"size": 14}, margin={"l": 8, "r": 8, "t": 12, "b": 12},
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", meta={"title": title},
    )  # fmt: skip
    figure.update_xaxes(type="category", title=say("day", lang))
    figure.update_yaxes(tickformat="+.2f", zeroline=False)
    return figure


def _line(days: Sequence[str], values: Sequence[float], fill: str | None) -> go.Scatter:
    return go.Scatter(
        x=list(days), y=list(values), mode="lines", line={"color": BLUE, "width": 1, "dash": "dot"},
        fill=fill, fillcolor="rgba(0,114,178,.18)", hoverinfo="skip",
    )  # fmt: skip
