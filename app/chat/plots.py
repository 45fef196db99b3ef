"""The two figures of the panel: ranks across the stages, and where the time went."""

from __future__ import annotations

from typing import Any

from app.chat.stages import COLOURS, worked_ms
from app.chat.text import excerpt, plain
from app.chat.words import Lang, word
from pipeline.types import ScoredPassage, Trace

FONT = "system-ui, 'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans KR', NanumGothic, sans-serif"
RANK_STAGES = ("bm25", "vector", "window", "sparse", "colbert", "fused", "rerank")
TIME_STAGES = (
    "understand", "bm25", "vector", "window", "sparse", "colbert", "concept", "fuse", "rerank", "opinions", "generate",
)  # fmt: skip
TICKS = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1_000, 10_000, 100_000, 1_000_000)
THICK = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5195", "#8c6d31")
DASHES = ("solid", "dash", "dot", "dashdot")
DARK = ("bm25",)  # black on this blue would be under AA
LINE = 21  # pixels of a line of the legend
_NAME = 14


def inert(text: str) -> str:
    """Text for a figure: Plotly reads tags, entities and ``%{…}`` in labels, and here there are none."""
    return plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("%{", "% {")


def rank_figure(trace: Trace, lang: Lang) -> Any:
    """One line per candidate across the retrievers, fusion and reranker; those of the prompt thick and named."""
    from plotly import graph_objects as go  # half a second to import, and only needed when the tab is opened

    figure = go.Figure()
    stages = [stage for stage in RANK_STAGES if any(stage in c.ranks for c in trace.candidates)]
    labels = [word(f"stage_{stage}", lang) for stage in stages]
    _thin(figure, trace, stages, labels, lang)
    chosen = [(place, c) for place, c in enumerate(trace.candidates, start=1) if c.in_prompt]
    for order, (place, candidate) in enumerate(chosen):
        figure.add_scatter(
            x=labels,
            y=[candidate.ranks.get(stage) for stage in stages],
            mode="lines+markers",
            name=inert(f"{place} {excerpt(_name(candidate), _NAME)}"),
            hoverinfo="name+y",
            line={"width": 4, "color": THICK[order % len(THICK)], "dash": DASHES[order // len(THICK) % len(DASHES)]},
            marker={"size": 9},
        )
    deepest = max((rank for c in trace.candidates for rank in c.ranks.values()), default=1)
    ticks = [tick for tick in TICKS if tick <= deepest * 2]
    axis = {"type": "log", "autorange": "reversed", "tickvals": ticks, "ticktext": [f"{t:,}" for t in ticks]}
    figure.update_layout(
        **_layout(word("ranks_title", lang), 400, len(figure.data)), yaxis=axis, xaxis={"type": "category"}
    )
    return figure


def _name(candidate: ScoredPassage) -> str:
    return candidate.passage.source.restaurant or candidate.passage.source.document_id


def _thin(figure: Any, trace: Trace, stages: list[str], labels: list[str], lang: Lang) -> None:
    """All other candidates as one grey trace with gaps: one object however many they are."""
    x: list[str | None] = []
    y: list[int | None] = []
    for candidate in trace.candidates:
        if not candidate.in_prompt:
            x += [*labels, None]
            y += [*(candidate.ranks.get(stage) for stage in stages), None]
    if x:
        line = {"width": 1, "color": "rgba(128,128,128,0.45)"}
        figure.add_scatter(x=x, y=y, mode="lines", name=word("others", lang), hoverinfo="skip", line=line)


def time_figure(trace: Trace, lang: Lang) -> Any:
    """One bar, a piece for each stage, in milliseconds."""
    from plotly import graph_objects as go  # as above

    figure = go.Figure()
    for stage, milliseconds in stage_times(trace).items():
        label = word(f"stage_{stage}", lang)
        figure.add_bar(
            x=[milliseconds],
            y=[""],
            orientation="h",
            name=f"{label} {milliseconds:.1f} ms",
            text=[label],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            hoverinfo="name",
            marker={"color": COLOURS[stage], "line": {"width": 1, "color": "#ffffff"}},
            textfont={"color": "#ffffff" if stage in DARK else "#000000"},
        )
    layout = _layout(f"{word('times_title', lang)}: {worked_ms(trace):,.1f}", 180, len(figure.data))
    figure.update_layout(
        **layout, barmode="stack", xaxis={"ticksuffix": " ms"}, uniformtext={"minsize": 13, "mode": "hide"}
    )
    return figure


def stage_times(trace: Trace) -> dict[str, float]:
    """Milliseconds by stage, in the order in which they happen."""
    return {stage: trace.timings_ms[stage] for stage in TIME_STAGES if stage in trace.timings_ms}


def _layout(title: str, height: int, entries: int) -> dict[str, Any]:
    """``height`` pixels for the drawing, and room below it for the legend, a line for each entry."""
    below = 40 + LINE * entries
    return {
        "title": {"text": title, "font": {"size": 15}, "x": 0, "xanchor": "left"},
        "font": {"family": FONT, "size": 13},
        "height": height + below,
        "margin": {"l": 48, "r": 16, "t": 48, "b": below},
        "legend": {
            "orientation": "v",
            "traceorder": "normal",
            "x": 0,
            "y": 0,
            "yanchor": "bottom",
            "yref": "container",
            "font": {"size": 13},
        },
        "showlegend": True,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "template": "none",
    }
