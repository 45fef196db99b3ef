"""The plots of the pages about evaluation runs. Pure: figures from figures.

Every plot can be read without its colours: names and counts stand in it, and the same numbers stand beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import plotly.graph_objects as go

from pages.quality_plots import GREEN, GREY, VERMILION
from pipeline.evaluation.comparison import Difference

STYLE = """<style>
.js-plotly-plot :is(.xtick text, .ytick text, .xtitle) { fill: var(--hs-ink) !important;
  text-shadow: none !important; }
</style>"""
"""What a page that shows these plots needs: ink that follows its theme."""

_BAR = 64  # px for one difference


def difference_bars(differences: Sequence[Difference], name: Callable[[str], str]) -> go.Figure:
    """B − A in every measure with its interval, the first on top; what isn't clear is grey and says so by stripes."""
    shown = list(reversed(differences))
    labels = [
        f"{escape(name(d.measure))}<br>{d.a:.3f} → {d.b:.3f}<br>{d.difference:+.3f} [{d.low:+.3f}, {d.high:+.3f}]"
        for d in shown
    ]
    figure = go.Figure(
        go.Bar(
            x=[d.difference for d in shown], y=list(range(len(shown))), orientation="h", width=0.5,
            customdata=labels, hovertemplate="%{customdata}<extra></extra>",
            marker={
                "color": [_certainty(d) for d in shown],
                "pattern": {"shape": ["" if d.is_clear else "/" for d in shown], "fillmode": "overlay",
                            "fgcolor": "rgba(255,255,255,.55)", "size": 8, "solidity": 0.15},
            },
            error_x={"type": "data", "symmetric": False, "array": [d.high - d.difference for d in shown],
                     "arrayminus": [d.difference - d.low for d in shown], "color": GREY, "thickness": 2, "width": 5},
        )
    )  # fmt: skip
    reach = max([0.01, *(abs(bound) for d in shown for bound in (d.low, d.high))]) * 1.1
    figure.update_xaxes(
        range=[-reach, reach], tickformat="+.2f" if reach > 0.04 else "+.3f", zeroline=True, zerolinewidth=2
    )
    figure.update_yaxes(tickvals=list(range(len(shown))), ticktext=labels, automargin=True, showgrid=False)
    figure.update_layout(
        height=_BAR * max(1, len(shown)) + 90, font={"size": 14}, margin={"l": 8, "r": 12, "t": 20, "b": 36},
        dragmode=False, paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
    )  # fmt: skip
    return figure


def _certainty(d: Difference) -> str:
    if not d.is_clear:
        return GREY
    return GREEN if d.difference > 0 else VERMILION
