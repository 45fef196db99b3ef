"""The flow of a run's questions through the stages, drawn so that a stage, a verdict or a stream can be clicked.

ECharts through Streamlit: what is clicked comes back as the place of a node or a link. Every click filters as the pills
below the chart do, which are there for the keyboard, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from pages.quality_plots import BLUE, GREEN, VERMILION
from pipeline.evaluation.table import FLOW, LINKS

RIGHT = "right"
HEIGHT = 320
STYLE = """<style>
[class*=st-key-hs-failure-flow] svg text { fill: var(--hs-ink) !important; cursor: pointer; }
@media (max-width: 640px) { [class*=st-key-hs-failure-flow] svg text[text-anchor=start] { display: none; } }
</style>"""
"""What a page that shows the chart needs: ink that follows its theme; a phone has room for the verdicts only."""
_LINK, _FAINT = 0.4, 0.12
Links = Mapping[tuple[str, str], int]
Option = dict[str, Any]


def sankey(
    links: Links, stage: Callable[[str], str], verdict: Callable[[str], str], chosen: Sequence[str] = ()
) -> Option:
    """An ECharts option: ``links`` as ``flow`` gives them; the callables name stages and verdicts.

    What none of the ``chosen`` verdicts went through is faint; all is shown where none is chosen.
    """
    ids = [name for name in FLOW if any(name in link for link in links)]
    ids += list(dict.fromkeys(target for _, target in links if target not in FLOW))
    coming = {id_: sum(n for (a, b), n in links.items() if id_ == (a if id_ == FLOW[0] else b)) for id_ in ids}
    names = {id_: stage(id_) if id_ in FLOW else verdict(id_) for id_ in ids}
    nodes = [
        {
            "name": id_,
            "itemStyle": {"color": _colour(id_), "opacity": 1 if _meets(through(id_), chosen) else 0.3},
            "label": {"formatter": f"{names[id_]} {coming[id_]:,}", "position": "right" if id_ in FLOW else "left"},
            "tooltip": {"formatter": f"{names[id_]}: {coming[id_]:,}"},
        }
        for id_ in ids
    ]
    streams = [
        {
            "source": source,
            "target": target,
            "value": count,
            "lineStyle": {
                "color": _colour(target), "opacity": _LINK if _meets(through(source, target), chosen) else _FAINT,
            },
            "tooltip": {"formatter": f"{names[source]} → {names[target]}: {count:,}"},
        }
        for (source, target), count in links.items()
    ]  # fmt: skip
    series = {
        "type": "sankey", "data": nodes, "links": streams, "selectedMode": "single", "draggable": False,
        "left": 8, "right": 8, "top": 12, "bottom": 12, "nodeWidth": 16, "nodeGap": 14, "animation": False,
        "label": {"fontSize": 14}, "emphasis": {"focus": "trajectory"}, "select": {"disabled": False},
    }  # fmt: skip
    return {"series": [series], "tooltip": {"confine": True}, "animation": False}


def _colour(id_: str) -> str:
    if id_ in FLOW:
        return BLUE
    return GREEN if id_ == RIGHT else VERMILION


def _meets(verdicts: Sequence[str], chosen: Sequence[str]) -> bool:
    return not chosen or not set(chosen).isdisjoint(verdicts)


def through(source: str, target: str = "") -> tuple[str, ...]:
    """The verdicts of the questions that go through a node, or through the stream between two."""
    if target:
        return tuple(verdict for verdict, way in LINKS.items() if (source, target) in way)
    return tuple(verdict for verdict, way in LINKS.items() if any(source in link for link in way))


def clicked(option: Option, selected: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The verdicts that a click stands for. ``selected`` is what Streamlit says is selected in the chart."""
    series = option["series"][0]
    for group in selected:
        for place in group["data_indices"]:
            if group["data_type"] == "edge":
                return through(series["links"][place]["source"], series["links"][place]["target"])
            return through(series["data"][place]["name"])
    return ()


def after_click(pressed: Sequence[str], before: Sequence[str], there: Sequence[str]) -> list[str]:
    """What is chosen after a click: the verdicts it stands for, of those that are ``there``.

    All of them are no choice, and a second click on the same lets go.
    """
    wanted = [verdict for verdict in there if verdict in pressed]
    return [] if set(wanted) == set(before) or set(wanted) == set(there) else wanted


def draw(option: Option, alt: str, key: str, choose: Callable[[tuple[str, ...]], None]) -> None:
    """Draw the chart; ``choose`` gets the verdicts of what is clicked.

    Every click gives the chart a new key: what is chosen is for the pills to keep, so that the two never differ.
    """
    clicks = f"{key}-clicks"
    own = f"{key}-{st.session_state.get(clicks, 0)}"

    def on_click() -> None:
        found = clicked(option, st.session_state[own]["selection"]["selected"])
        st.session_state[clicks] = st.session_state.get(clicks, 0) + 1
        choose(found)

    st.echarts_chart(option, height=HEIGHT, key=own, on_select=on_click, renderer="svg", alt=alt)
