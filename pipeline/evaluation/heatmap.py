"""A sweep drawn: the best mean over every pair of values of the first two swept settings."""

from __future__ import annotations

import plotly.graph_objects as go

from pipeline.evaluation.sweep import Sweep


def heat_map(found: Sweep) -> str:
    """One HTML page that opens without a network. With one swept setting it is a single row."""
    names = list(found.tried[0].setting)
    across, down = names[0], names[1] if len(names) > 1 else ""
    best: dict[tuple[str, str], float] = {}
    for tried in found.tried:  # best first
        best.setdefault((str(tried.setting[across]), str(tried.setting.get(down, ""))), tried.value)
    columns = list(dict.fromkeys(sorted((x for x, _ in best), key=_order)))
    rows = list(dict.fromkeys(sorted((y for _, y in best), key=_order)))
    values = [[best.get((x, y)) for x in columns] for y in rows]
    figure = go.Figure(go.Heatmap(x=columns, y=rows, z=values, colorscale="Viridis", texttemplate="%{z:.3f}"))
    figure.update_xaxes(title=across, type="category")
    figure.update_yaxes(title=down, type="category")
    figure.update_layout(title=f"{found.measure} · 질문 {found.questions:,}개")
    made: str = figure.to_html(include_plotlyjs=True, config={"displaylogo": False})
    return made


def _order(value: str) -> tuple[float, str]:
    try:
        return float(value), ""
    except ValueError:
        return 0.0, value
