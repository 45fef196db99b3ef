"""The figures of the restaurant tab: aspects beside the restaurant's kind, months, feelings by month."""

from __future__ import annotations

from typing import Any

from app.chat.plots import FONT, inert
from app.chat.words import Lang, word
from app.labels import names
from pipeline.restaurants.picking import SIGNS, Pick
from pipeline.strengths.portraits import Portrait

OWN, KIND, BAD = "#0072b2", "#e69f00", "#d55e00"
MONTHS = {"type": "category", "tickangle": 0, "nticks": 7, "showgrid": False, "automargin": True}
LEAST_ASPECTS = 3  # that a radar needs to be an area
SCALE = ((0.0, "#dcebf5"), (1.0, "#56b4e9"))  # black on either reads well


def aspect_figure(found: Portrait, lang: Lang) -> Any:
    """A radar: of the reviews that judge an aspect, the share that praises it, beside the restaurant's kind."""
    from plotly import graph_objects as go  # half a second to import, and only needed when the tab is opened

    shares = {one.share.aspect: one.share.positive_share for one in found.summary.aspects if not one.note}
    named = {id_: name for id_, name in names("aspects", lang).items() if shares.get(id_) is not None}
    if len(named) < LEAST_ASPECTS:
        return None
    figure = go.Figure()
    around = [*named, next(iter(named))]
    rows = [(found.restaurant, [shares[id_] for id_ in around], OWN, "solid")]
    if found.group_size:
        label = word("its_kind", lang, name=found.summary.category, n=found.group_size)
        rows.append((label, [found.group.get(id_) for id_ in around], KIND, "dash"))
    for name, values, colour, dash in rows:
        figure.add_scatterpolar(
            r=[None if value is None else round(value * 100) for value in values],
            theta=[inert(named[id_]) for id_ in around],
            customdata=[str(Pick("aspect", id_)) for id_ in around],
            mode="lines+markers",
            marker={"size": 9},
            hoveron="points",
            name=inert(name),
            fill="toself" if colour == OWN else "none",
            connectgaps=True,
            line={"color": colour, "dash": dash, "width": 3},
            hovertemplate="%{theta} %{r} %",
        )
    axis = {"range": [0, 100], "ticksuffix": " %", "tickvals": [25, 50, 75, 100], "gridcolor": "rgba(128,128,128,.35)"}
    polar = {"radialaxis": axis, "bgcolor": "rgba(0,0,0,0)", "angularaxis": {"direction": "clockwise"}}
    figure.update_layout(**_layout(word("radar_title", lang), 440), polar=polar)
    return figure


def month_figure(found: Portrait, lang: Lang) -> Any:
    """Reviews by month, those that are positive and negative."""
    from plotly import graph_objects as go  # as above

    months = found.summary.months
    if len(months) < 2:
        return None
    figure = go.Figure()
    x = [_short(month.month) for month in months]
    rest = [month.reviews - month.positive - month.negative for month in months]
    sentiment = names("sentiment", lang)
    rows = (
        (sentiment["positive"], [month.positive for month in months], OWN, ""),
        (f"{sentiment['neutral']} · {sentiment['mixed']}", rest, "#8a8f96", "."),
        (sentiment["negative"], [month.negative for month in months], BAD, "/"),
    )
    for sign, (name, y, colour, pattern) in zip(SIGNS, rows, strict=True):
        points = [str(Pick("month", sign, month.month)) for month in months]
        marker = {"color": colour, "pattern": {"shape": pattern}}
        figure.add_bar(x=x, y=y, name=name, marker=marker, customdata=points)
    step = max(1, max(month.reviews for month in months) // 5)
    layout = _layout(word("months_title", lang), 320)
    figure.update_layout(**layout, barmode="stack", xaxis=MONTHS, yaxis={"dtick": step})
    return figure


def feeling_figure(found: Portrait, lang: Lang) -> Any:
    """A heat map: of a month's reviews, how many feel what."""
    from plotly import graph_objects as go  # as above

    seen = {emotion for month in found.feelings for emotion, count in month.felt.items() if count and emotion != "none"}
    named = {id_: name for id_, name in names("emotions", lang).items() if id_ in seen}
    if not named or len(found.feelings) < 2:
        return None
    counts = [[month.felt.get(id_) or None for month in found.feelings] for id_ in named]
    figure = go.Figure()
    figure.add_heatmap(
        x=[_short(month.month) for month in found.feelings],
        y=list(named.values()),
        z=counts,
        colorscale=SCALE,
        showscale=False,
        xgap=2,
        ygap=2,
        text=[[str(count or "") for count in row] for row in counts],
        textfont={"color": "#000000"},
        texttemplate="%{text}",
        hovertemplate="%{x} · %{y}: %{z}<extra></extra>",
        customdata=[[str(Pick("feeling", id_, month.month)) for month in found.feelings] for id_ in named],
    )
    layout = _layout(word("feelings_title", lang), 100 + 26 * len(named))
    yaxis = {"autorange": "reversed", "automargin": True, "showgrid": False}
    figure.update_layout(**layout, xaxis=MONTHS, yaxis=yaxis)
    return figure


def _short(month: str) -> str:
    """2026-04 as 26.04."""
    return month[2:].replace("-", ".")


def _layout(title: str, height: int) -> dict[str, Any]:
    return {
        "title": {"text": title, "font": {"size": 15}, "x": 0, "xanchor": "left"},
        "font": {"family": FONT, "size": 13},
        "height": height,
        "margin": {"l": 56, "r": 56, "t": 88, "b": 48},
        "legend": {"orientation": "h", "x": 0, "y": 1.06, "yanchor": "bottom", "font": {"size": 13}},
        "showlegend": True,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "template": "none",
    }
