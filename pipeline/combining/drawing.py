"""A cascade's curve drawn: what passing more reviews on brings, and the point that was chosen."""

from __future__ import annotations

import plotly.graph_objects as go

from pipeline.combining.curve import Chosen

_SERIES = (("accuracy", "정확도 · accuracy", "#2563eb"), ("macro_f1", "macro-F1", "#d97706"))


def draw_curve(found: Chosen, cheap: str, dear: str) -> str:
    """One HTML page that opens without a network."""
    figure = go.Figure()
    shares = [100 * point.share for point in found.points]
    thresholds = [point.threshold for point in found.points]
    for name, title, colour in _SERIES:
        values = [getattr(point, name) for point in found.points]
        figure.add_scatter(
            x=shares,
            y=values,
            customdata=thresholds,
            name=title,
            mode="lines+markers",
            line={"color": colour, "width": 2},
            marker={"size": 5},
            hovertemplate="%{y:.3f} · 넘김 %{x:.1f}% · 문턱 %{customdata:.3f}<extra></extra>",
        )
    figure.add_scatter(
        x=[100 * found.point.share],
        y=[found.point.accuracy],
        name=f"고른 문턱 · chosen {found.point.threshold:.3f}",
        mode="markers",
        marker={"size": 14, "symbol": "star", "color": "#dc2626"},
    )
    figure.update_xaxes(title=f"{dear}(으)로 넘긴 후기 (%) · passed on", range=[-2, 102], zeroline=False)
    figure.update_yaxes(title="맞힌 몫 · share right", zeroline=False)
    figure.update_layout(
        title=f"{cheap} → {dear} · 후기 {found.cheap.reviews:,}건",
        template="plotly_white",
        legend={"orientation": "h", "y": -0.2},
        hovermode="closest",
    )
    made: str = figure.to_html(include_plotlyjs=True, config={"displaylogo": False})
    return made
