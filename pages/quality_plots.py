"""The plots of the quality page. Pure: figures from figures, no page and no database.

Every plot can be read without its colours: values stand beside bars and in cells, lines have symbols and dashes of
their own. Colours are Okabe and Ito's (2008) that keep a contrast of 3 : 1 in the light and in the dark; cells are
one of them, let through to three quarters at most, so that text keeps 4.5 : 1 on both. Ink is left to the page
(``STYLE``), which follows the theme where a figure can't.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import plotly.graph_objects as go

from annotations.quality.bootstrap import Estimate
from annotations.quality.types import Confusion, PairAgreement, Speed, Week
from annotations.quality.words import RELIABLE, TENTATIVE

BLUE, VERMILION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#808890"
_COLOURS = (BLUE, VERMILION, GREEN, GREY)
_STROKES = (("solid", "circle"), ("dash", "square"), ("dot", "diamond"), ("dashdot", "x"), ("longdash", "triangle-up"))
_FONT = 14  # px
_BAR, _CELL, _EDGE = (
    64,
    52,
    130,
)  # px: a bar with three lines beside it, a cell with two lines in it, names beside cells
_SLANT = 60  # px: slanted names reach past the last cell
_SCALE = ((0, "rgba(0,114,178,0)"), (1, "rgba(0,114,178,.75)"))
_CELLS_WITH_TEXT = 14  # columns; in larger squares the numbers are in the hover and in the table

STYLE = """<style>
.js-plotly-plot :is(.xtick, .ytick, .heatmap-label, .legend, .annotation) text { fill: var(--hs-ink) !important; }
.js-plotly-plot text:is(.legendtext, .xtitle) { fill: var(--hs-ink) !important; }
.js-plotly-plot .barlayer .errorbar path { stroke: var(--hs-ink) !important; }
[class*="st-key-hs-quality-wide"] { overflow-x: auto; }
</style>"""
"""What a page that shows plots needs: ink that follows its theme; squares that are scrolled where they don't fit."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A number with its interval. ``note`` is what it rests on, or why there is none."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""


def bars(rows: Sequence[Bar], *, thresholds: bool = False, percent: bool = False) -> go.Figure:
    """Numbers as bars with intervals, the first on top; with Krippendorff's thresholds where they are alphas."""
    shown = list(reversed(rows))
    style = "{:.0%}" if percent else "{:.2f}"
    missing = [row.value is None for row in shown]
    values = [row.value or 0.0 for row in shown]
    names = [_lines(row.name, _said(row, style), row.note) for row in shown]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=list(range(len(shown))),
            customdata=names,
            orientation="h",
            marker={
                "color": [_colour(value, thresholds) for value in values],
                "pattern": {
                    "shape": [_pattern(value, thresholds) for value in values],
                    "fillmode": "overlay",
                    "fgcolor": "rgba(255,255,255,.55)",
                    "size": 8,
                    "solidity": 0.15,
                },
            },
            error_x=_interval(shown),
            hovertemplate="%{customdata}<extra></extra>",
            width=[0 if none else 0.5 for none in missing],
        )
    )
    low = min([0.0, *(row.low if row.low is not None else row.value or 0.0 for row in rows)])
    _layout(figure, height=_BAR * max(1, len(rows)) + 70)
    figure.update_xaxes(range=[low * 1.05, 1.02], tickformat=".0%" if percent else ".1f", zeroline=True)
    _name_rows(figure, names)
    if thresholds:
        for value, side in ((TENTATIVE, "right"), (RELIABLE, "left")):
            figure.add_vline(x=value, line={"dash": "dot", "width": 2, "color": GREY})
            figure.add_annotation(
                x=value, y=1, yref="paper", yanchor="bottom", xanchor=side, text=f"{value:.3g}", showarrow=False,
                font={"size": 13},
            )  # fmt: skip
    return figure


def _said(row: Bar, style: str) -> str:
    if row.value is None:
        return "—"
    bounds = "" if row.low is None or row.high is None else f" [{style.format(row.low)}, {style.format(row.high)}]"
    return style.format(row.value) + bounds


def _colour(value: float, thresholds: bool) -> str:
    if not thresholds or value >= RELIABLE:
        return BLUE
    return GREEN if value >= TENTATIVE else VERMILION


def _pattern(value: float, thresholds: bool) -> str:
    if not thresholds or value >= RELIABLE:
        return ""
    return "/" if value >= TENTATIVE else "x"


def _interval(rows: Sequence[Bar]) -> dict[str, Any]:
    known = [(row.value, row.low, row.high) for row in rows]
    above = [high - value if value is not None and high is not None else 0 for value, _, high in known]
    below = [value - low if value is not None and low is not None else 0 for value, low, _ in known]
    return {
        "type": "data", "symmetric": False, "array": above, "arrayminus": below,
        "color": GREY, "thickness": 2, "width": 5,
    }  # fmt: skip


def kappas(pairs: Sequence[PairAgreement], people: Sequence[str]) -> go.Figure:
    """Cohen's kappa of every two people, as a square."""
    met = [name for name in people if any(name in (pair.one, pair.other) for pair in pairs)]
    known = {frozenset((pair.one, pair.other)): pair.kappa for pair in pairs}
    cells = [[known.get(frozenset((one, other))) for other in met] for one in met]
    values = [[cell.value if cell else None for cell in row] for row in cells]
    text = [[_kappa(cell) for cell in row] for row in cells]
    names = [escape(name) for name in met]
    return _square(values, text, text, names, names, low=0, high=1)


def _kappa(cell: Estimate | None) -> str:
    if cell is None:
        return ""
    return f"{'—' if cell.value is None else format(cell.value, '.2f')}<br>n {cell.items:,}"


def confusions(confusion: Confusion, names: Sequence[str], nothing: str) -> go.Figure:
    """Who said X (rows) when the other said Y (columns), in percent of the X. Labels that nobody gave are left out."""
    named = [n for n, row in enumerate(confusion.cells) if sum(row) > 0]
    columns = [*named, len(confusion.labels)]
    totals = {n: sum(confusion.cells[n]) for n in named}
    values = [[confusion.cells[x][y] / totals[x] for y in columns] for x in named]
    text = [[f"{value:.0%}" if value > 0 else "" for value in row] for row in values]
    hover = [[f"{confusion.cells[x][y]:.4g} / {totals[x]:.4g}" for y in columns] for x in named]
    across = [*(escape(names[n]) for n in named), escape(nothing)]
    rows = [_lines(names[n], f"n {totals[n]:.4g}") for n in named]
    return _square(values, text, hover, rows, across, low=0, high=1)


def shares(weeks: Sequence[Week], field: str, labels: Mapping[str, str]) -> go.Figure:
    """How often each label was given, week by week, in percent of the answers. ``labels``: id → name."""
    there = [week for week in weeks if week.shares.get(field)]
    given = [label for label in labels if any(week.shares[field].get(label) for week in there)]
    values = [[week.shares[field].get(label, 0.0) for week in there] for label in given]
    text = [[f"{value:.0%}" for value in row] for row in values]
    columns = [f"{week.monday:%m-%d}<br>n {week.answers:,}" for week in there]
    top = max((value for row in values for value in row), default=1)
    return _square(values, text, text, [escape(labels[label]) for label in given], columns, low=0, high=top)


def _square(
    values: Sequence[Sequence[float | None]],
    text: Sequence[Sequence[str]],
    hover: Sequence[Sequence[str]],
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    low: float,
    high: float,
) -> go.Figure:
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=list(range(len(columns))),
            y=list(range(len(rows))),
            text=text if len(columns) <= _CELLS_WITH_TEXT else None,
            texttemplate="%{text}" if len(columns) <= _CELLS_WITH_TEXT else None,
            textfont={"size": 13},
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
            colorscale=_SCALE,
            zmin=low,
            zmax=high,
            showscale=False,
            xgap=2,
            ygap=2,
            hoverongaps=False,
        )
    )
    _layout(figure, height=_CELL * max(1, len(rows)) + _EDGE, width=_CELL * max(3, len(columns)) + _EDGE + _SLANT)
    figure.update_layout(margin_r=_SLANT)
    angle = 0 if all(len(line) <= 5 for name in columns for line in name.split("<br>")) else -60
    places = list(range(len(columns)))
    figure.update_xaxes(
        side="top", tickangle=angle, tickvals=places, ticktext=list(columns), showgrid=False, zeroline=False,
        automargin=True,
    )  # fmt: skip
    figure.update_yaxes(
        autorange="reversed", tickvals=list(range(len(rows))), ticktext=list(rows), showgrid=False, zeroline=False,
        automargin=True,
    )  # fmt: skip
    return figure


def drift(weeks: Sequence[Week], fields: Mapping[str, str]) -> go.Figure:
    """Alpha by week with its interval, one line a field. ``fields``: id → name."""
    figure = go.Figure()
    for number, (id, name) in enumerate(fields.items()):
        colour, (dash, symbol) = _COLOURS[number % len(_COLOURS)], _STROKES[number % len(_STROKES)]
        points = [(week, week.alpha[id]) for week in weeks if week.alpha[id].value is not None]
        found = [Bar("", each.value, each.low, each.high) for _, each in points]
        figure.add_scatter(
            x=[week.monday for week, _ in points],
            y=[bar.value for bar in found],
            error_y={**_interval(found), "color": colour, "thickness": 1},
            mode="lines+markers",
            name=escape(name),
            line={"color": colour, "dash": dash, "width": 2},
            marker={"symbol": symbol, "size": 10},
            customdata=[each.items for _, each in points],
            hovertemplate="%{x|%Y-%m-%d} · α %{y:.2f} · n %{customdata:,}<extra>" + escape(name) + "</extra>",
        )
    _layout(figure, height=420)
    mondays = [week.monday for week in weeks]
    ticks = [
        f"{week.monday:%m-%d}<br>n {max((each.items for each in week.alpha.values()), default=0):,}" for week in weeks
    ]
    every = max(1, -(-len(weeks) // 12))
    figure.update_xaxes(tickvals=mondays[::every], ticktext=ticks[::every], automargin=True)
    figure.update_yaxes(range=[min([0.0, *_lows(weeks, fields)]) * 1.05, 1.02], tickformat=".1f", automargin=True)
    for value in (TENTATIVE, RELIABLE):
        figure.add_hline(y=value, line={"dash": "dot", "width": 2, "color": GREY})
    figure.update_layout(showlegend=True, legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0})
    return figure


def _lows(weeks: Sequence[Week], fields: Mapping[str, str]) -> list[float]:
    every = [week.alpha[id] for week in weeks for id in fields]
    return [number for each in every for number in (each.low, each.value) if number is not None]


def speeds(rows: Sequence[Speed], seconds: str) -> go.Figure:
    """The middle half of everyone's active seconds as a bar, the median as a line across it."""
    timed = [row for row in reversed(rows) if row.median is not None and row.quartiles is not None]
    names = [_lines(row.person, f"{row.median:.1f}", f"n {row.answers - row.untimed:,}") for row in timed]
    places = list(range(len(timed)))
    low = [row.quartiles[0] if row.quartiles else 0.0 for row in timed]
    high = [row.quartiles[1] if row.quartiles else 0.0 for row in timed]
    figure = go.Figure(
        go.Bar(
            x=[b - a for a, b in zip(low, high, strict=True)], base=low, y=places, orientation="h", width=0.5,
            marker={"color": BLUE}, customdata=[f"{a:.1f} – {b:.1f}" for a, b in zip(low, high, strict=True)],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )  # fmt: skip
    figure.add_scatter(
        x=[row.median for row in timed],
        y=places,
        mode="markers",
        marker={"symbol": "diamond", "size": 14, "color": VERMILION, "line": {"width": 2, "color": "white"}},
        hovertemplate="%{x:.1f}<extra></extra>",
    )
    _layout(figure, height=_BAR * max(1, len(timed)) + 70)
    figure.update_xaxes(rangemode="tozero", title=escape(seconds), automargin=True)
    _name_rows(figure, names)
    return figure


def _lines(name: str, *notes: str) -> str:
    """A name with smaller lines under it. Plotly reads a little HTML, so that what people wrote is escaped."""
    return "<br>".join(
        [escape(name), *(f"<span style='font-size:13px'>{escape(note)}</span>" for note in notes if note)]
    )


def _name_rows(figure: go.Figure, names: Sequence[str]) -> None:
    figure.update_yaxes(
        tickvals=list(range(len(names))), ticktext=names, automargin=True, showgrid=False, zeroline=False
    )


def _layout(figure: go.Figure, *, height: int, width: int | None = None) -> None:
    figure.update_layout(
        height=height,
        width=width,
        font={"size": _FONT},
        margin={"l": 8, "r": 12, "t": 36, "b": 36},
        showlegend=False,
        dragmode=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
