"""How the server is doing, for administrators: its parts, today's questions, how long they took, what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from html import escape

import httpx
import plotly.graph_objects as go
import streamlit as st

from annotations.desk import Desk
from annotations.types import Account
from pages.operation_figures import Bin, Figures, figures
from pages.place import place
from pages.quality_plots import BLUE, GREY, STYLE, VERMILION
from pages.session import language
from pages.words import Lang
from pipeline.service import Home

_SECONDS = 3
# What is to be read, not compared: it wraps, and where there is no room for columns each row is a paragraph.
_READING = """<style>
#hs-ready td:last-child, #hs-operation-summary td { white-space: normal; overflow-wrap: anywhere; }
.hs-table.hs-reading :is(th, td) { white-space: normal; overflow-wrap: anywhere; }
.hs-table.hs-reading :is(th, td):first-child { white-space: nowrap; }
@media (max-width: 640px) {
  .hs-table.hs-reading :is(tbody, tr, td) { display: block; }
  .hs-table.hs-reading tr:has(th) { display: none; }
  .hs-table.hs-reading tr { padding: 8px 0; border-bottom: 1px solid var(--hs-line); }
  .hs-table.hs-reading td { padding: 0 10px; border: 0; }
  .hs-table.hs-reading td:first-child { color: var(--hs-soft); }
}
</style>"""
_WORDS: dict[str, tuple[str, str]] = {
    "operation": ("운영 현황", "Operation"),
    "span": ("기간", "Span"),
    "1": ("오늘", "Today"),
    "7": ("7일", "7 days"),
    "again": ("다시 보기", "Look again"),
    "server": ("서버", "Server"),
    "ready": ("질문을 받고 있습니다", "It takes questions"),
    "not-ready": ("질문을 받을 수 없습니다", "It can't take questions"),
    "draining": ("끄는 중입니다", "It is being stopped"),
    "unreachable": (
        "서버가 답하지 않습니다. 터미널에서 hansang serve로 켜거나 systemctl status hansang을 보세요.",
        "The server doesn't answer. Start it with hansang serve, or look at systemctl status hansang.",
    ),
    "index": ("색인", "Index"),
    "models": ("모델", "Models"),
    "database": ("데이터베이스", "Database"),
    "disk": ("디스크", "Disk"),
    "llm": ("언어 모델", "Language model"),
    "ok": ("정상", "fine"),
    "warn": ("주의", "warning"),
    "fail": ("고장", "failed"),
    "nothing": (
        "이 기간에는 질문이 없습니다. 채팅이나 API로 물으면 여기에 나옵니다.",
        "Nothing was asked in this span. Questions from the chat and the API will show here.",
    ),
    "questions": ("질문", "Questions"),
    "times": ("걸린 시간", "Time taken"),
    "p50": ("절반이 이 안에 (p50)", "half within (p50)"),
    "p95": ("95%가 이 안에 (p95)", "95 % within (p95)"),
    "answered": ("답변", "Answered"),
    "abstained": ("기권", "Abstained"),
    "searched": ("검색만", "Search only"),
    "troubled": ("언어 모델이 답을 못 씀", "No whole answer by the model"),
    "unfinished": ("끝나지 않음", "Unfinished"),
    "turned_away": ("답 없이 돌려보냄 (API)", "Turned away (API)"),
    "away": (
        "{count:,}건 (몰림·한도·점검 {refused:,} · 오류 {lost:,})",
        "{count:,} (busy, over a limit or stopping {refused:,} · errors {lost:,})",
    ),
    "failures": ("실패한 질문", "Questions that failed"),
    "no_failures": ("이 기간에는 실패한 질문이 없습니다.", "No question failed in this span."),
    "why": ("까닭", "Why"),
    "understood": ("질문을 이해한", "the question was understood"),
    "retrieved": ("후기를 찾은", "reviews were found"),
    "reranked": ("순위를 다시 매긴", "they were reranked"),
    "analysing": ("후기를 분석하기 시작한", "their analysis was begun"),
    "answering": ("답을 쓰기 시작한", "the answer was begun"),
    "stopped": (
        "{state} 뒤에 멈췄습니다: 묻던 쪽이 떠났거나, 너무 오래 걸렸거나, 오류가 났습니다",
        "It ended after {state}: whoever asked left, it took too long, or there was an error",
    ),
    "votes": ("의견", "Votes"),
    "complaints": ("👎를 받은 질문", "Questions with 👎"),
    "no_complaints": ("이 기간에는 👎가 없습니다.", "No 👎 in this span."),
    "asked": ("시각", "Time"),
    "question": ("질문", "Question"),
    "reason": ("이유", "Reason"),
    "of": ("{count:,}건 ({share:.0%})", "{count:,} ({share:.0%})"),
    "milliseconds": ("{value:,.0f} ms", "{value:,.0f} ms"),
    "hour": ("{at:%H}시", "{at:%H}:00"),
    "day": ("{at.month}월 {at.day}일", "{at:%b %d}"),
}


def _say(key: str, lang: Lang, **fields: object) -> str:
    ko, en = _WORDS[key]
    return (ko if lang == "ko" else en).format(**fields)


def render(desk: Desk, account: Account) -> None:
    """The page."""
    lang = language()
    st.html(STYLE + _READING)
    st.title(_say("operation", lang), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        days = st.segmented_control(
            _say("span", lang), (1, 7), default=1, required=True, key="hs-operation-days",
            format_func=lambda days: _say(str(days), lang), label_visibility="collapsed",
        )  # fmt: skip
        st.button(_say("again", lang), key="hs-operation-again", icon=":material/refresh:")
    _server(lang)
    found = figures(Home(desk.path.parent).traces, datetime.now(UTC), int(days or 1))
    if found is None:
        st.info(_say("nothing", lang))
        return
    _summary(found, lang)
    _plots(found, "hour" if days == 1 else "day", lang)
    _failures(found, lang)
    _complaints(found, lang)


def _server(lang: Lang) -> None:
    st.subheader(_say("server", lang), anchor=False)
    try:
        said = httpx.get(f"{place().server}/readyz", timeout=_SECONDS, trust_env=False).json()
        checks = said["checks"]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):  # nobody, or another program, answers there
        st.error(_say("unreachable", lang))
        return
    rows = "".join(
        f"<tr><th scope='row'>{escape(_say(check['name'], lang))}</th>"
        f"<td class='{'hs-bad' if check['status'] != 'ok' else ''}'>{escape(_say(check['status'], lang))}</td>"
        f"<td>{escape(check[lang])}</td></tr>"
        for check in checks
    )
    state = escape(_say(said["status"], lang))
    st.html(f"<div class='hs-card' id='hs-ready'><p><b>{state}</b></p><table class='hs-table'>{rows}</table></div>")


def _summary(found: Figures, lang: Lang) -> None:
    whole, total = found.whole, found.questions
    facts = [(_say("questions", lang), f"{total:,}")]
    for name in ("answered", "abstained", "searched", "troubled", "unfinished"):
        count = getattr(whole, name)
        facts.append((_say(name, lang), _say("of", lang, count=count, share=count / total if total else 0.0)))
    if found.refused or found.lost:
        away = _say("away", lang, count=found.refused + found.lost, refused=found.refused, lost=found.lost)
        facts.append((_say("turned_away", lang), away))
    for name in ("p50", "p95"):
        value = getattr(whole, name)
        facts.append((_say(name, lang), "–" if value is None else _say("milliseconds", lang, value=value)))
    facts.append((_say("votes", lang), f"👍 {found.up:,} · 👎 {found.down:,}"))
    rows = "".join(f"<tr><th scope='row'>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in facts)
    st.subheader(_say("questions", lang), anchor=False)
    st.html(f"<div class='hs-card' id='hs-operation-summary'><table class='hs-table'>{rows}</table></div>")


def _plots(found: Figures, unit: str, lang: Lang) -> None:
    names = [_say(unit, lang, at=each.start) for each in found.bins]
    counts = question_bars(found.bins, names, lambda key: _say(key, lang))
    st.plotly_chart(counts, key="hs-operation-questions", theme=None, config={"displayModeBar": False})
    st.subheader(_say("times", lang), anchor=False)
    times = time_lines(found.bins, names, lambda key: _say(key, lang))
    st.plotly_chart(times, key="hs-operation-times", theme=None, config={"displayModeBar": False})


def question_bars(bins: tuple[Bin, ...], names: list[str], say: Callable[[str], str]) -> go.Figure:
    """Questions by hour or day, stacked by what came of them; told apart by patterns as well as by colours."""
    parts = (("answered", BLUE, ""), ("abstained", GREY, "/"), ("searched", GREY, "."), ("troubled", VERMILION, "\\"),
             ("unfinished", VERMILION, "x"))  # fmt: skip
    traces = [
        go.Bar(name=say(key), x=names, y=[getattr(each, key) for each in bins],
               marker={"color": colour, "pattern": {"shape": shape}})
        for key, colour, shape in parts
    ]  # fmt: skip
    return _laid_out(go.Figure(traces), barmode="stack")


def time_lines(bins: tuple[Bin, ...], names: list[str], say: Callable[[str], str]) -> go.Figure:
    """p50 and p95 by hour or day; gaps where nothing was asked."""
    traces = [
        go.Scatter(name=say(key), x=names, y=[getattr(each, key) for each in bins], mode="lines+markers",
                   line={"color": colour, "dash": dash}, marker={"symbol": symbol, "size": 9})
        for key, colour, dash, symbol in (("p50", BLUE, "solid", "circle"), ("p95", VERMILION, "dash", "square"))
    ]  # fmt: skip
    figure = _laid_out(go.Figure(traces))
    figure.update_yaxes(ticksuffix=" ms", rangemode="tozero")
    return figure


def _laid_out(figure: go.Figure, **more: object) -> go.Figure:
    figure.update_layout(
        height=280, font={"size": 14}, margin={"l": 8, "r": 8, "t": 8, "b": 8}, paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)", legend={"orientation": "h", "yanchor": "bottom", "y": 1.02}, **more,
    )  # fmt: skip
    figure.update_xaxes(automargin=True, showgrid=False, type="category")
    figure.update_yaxes(automargin=True, gridcolor="rgba(128,136,144,.35)")
    return figure


def _failures(found: Figures, lang: Lang) -> None:
    st.subheader(_say("failures", lang), anchor=False)
    if not found.failures:
        st.markdown(_say("no_failures", lang))
        return
    rows = [
        (each.asked, each.question, (each.ko if lang == "ko" else each.en) or _stopped(each.state, lang))
        for each in found.failures
    ]
    _reading("hs-operation-failures", ("asked", "question", "why"), rows, lang)


def _stopped(state: str, lang: Lang) -> str:
    return _say("stopped", lang, state=_say(state, lang) if state in _WORDS else state)


def _complaints(found: Figures, lang: Lang) -> None:
    st.subheader(_say("complaints", lang), anchor=False)
    if not found.complaints:
        st.markdown(_say("no_complaints", lang))
        return
    rows = [(each.asked, each.question, each.reason) for each in found.complaints]
    _reading("hs-operation-complaints", ("asked", "question", "reason"), rows, lang)


def _reading(id_: str, heads: tuple[str, ...], rows: list[tuple[datetime, str, str]], lang: Lang) -> None:
    head = "".join(f"<th scope='col'>{escape(_say(name, lang))}</th>" for name in heads)
    body = "".join(
        f"<tr><td>{asked:%m-%d %H:%M}</td><td>{escape(question)}</td><td>{escape(said)}</td></tr>"
        for asked, question, said in rows
    )
    st.html(f"<table class='hs-table hs-reading' id='{id_}'><tr>{head}</tr>{body}</table>")
