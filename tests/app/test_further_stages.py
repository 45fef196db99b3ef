"""The further scores of bge-m3 wherever a trace is shown, and nowhere when they are not there."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from app.chat.cards import evidence
from app.chat.plots import rank_figure, stage_times, time_figure
from app.chat.stages import COLOURS, STAGES, widths
from app.chat.words import word
from app.cli.answers import candidate_table
from pipeline.trace_json import from_json, to_json
from pipeline.types import Trace
from tests.app.chat_traces import make_trace

FURTHER = ("sparse", "colbert")


@pytest.fixture
def trace() -> Trace:
    """A trace whose candidates have both, but for the last, which ColBERT hasn't seen."""
    plain = make_trace()
    seen = []
    for number, each in enumerate(plain.candidates, start=1):
        more = {"sparse": 2.5 * number, "colbert": 0.75 - number / 100} if number < 4 else {"sparse": 0.0}
        places = dict.fromkeys(more, number)
        seen.append(replace(each, scores={**each.scores, **more}, ranks={**each.ranks, **places}))
    times = {**plain.timings_ms, "sparse": 2.0, "colbert": 5.0}
    return replace(plain, candidates=tuple(seen), timings_ms=times, extremes={"sparse": (0.0, 7.5)})


def test_cards_show_each_as_a_stage_of_its_own(trace: Trace) -> None:
    page = evidence(trace, {}, "ko", expanded=True)
    assert page.count('class="stage sparse"') == 4
    assert page.count('class="stage colbert"') == 3
    assert "<dt>희소</dt>" in page
    assert "<span class='raw'>0.740</span>" in page
    assert widths(trace.candidates, "colbert").keys() == {"p1", "p2", "p3"}
    plain = evidence(make_trace(), {}, "ko", expanded=True)
    assert "sparse" not in plain
    assert "ColBERT" not in plain


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_figures_show_them_where_they_are(trace: Trace, lang: str) -> None:
    assert list(stage_times(trace))[3:6] == ["window", "sparse", "colbert"]
    figure = time_figure(trace, lang)  # type: ignore[arg-type]
    assert len(figure.data) == len(stage_times(trace))
    labels = rank_figure(trace, lang).data[0].x  # type: ignore[arg-type]
    named = [word(f"stage_{name}", lang) for name in FURTHER]  # type: ignore[arg-type]
    assert [label for label in labels if label in named] == named
    plain = rank_figure(make_trace(), lang).data[0].x  # type: ignore[arg-type]
    assert not set(named) & set(plain)


def test_every_stage_has_a_colour_of_its_own() -> None:
    colours = [COLOURS[stage] for stage in STAGES]
    assert len(set(colours)) == len(colours)


def test_tables_and_json_have_them(trace: Trace) -> None:
    printed = io.StringIO()
    Console(width=160, file=printed).print(candidate_table(list(enumerate(trace.candidates, start=1))))
    shown = printed.getvalue()
    assert "희소" in shown
    assert "ColBERT" in shown
    assert "7.50" in shown
    value = json.loads(json.dumps(to_json(trace)))
    assert value["candidates"][0]["scores"]["colbert"] == 0.74
    assert from_json(value) == trace
