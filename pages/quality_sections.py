"""The sections of the quality page. Each plot has its reading aid above it and its numbers as a table below it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

import plotly.graph_objects as go
import streamlit as st

from annotations.quality.bootstrap import Estimate
from annotations.quality.people import wilson
from annotations.quality.pulls import summed
from annotations.quality.types import Confusion, FieldAgreement, Pull, QualityReport, Score
from annotations.quality.words import METRICS, Names, no_interval, reading
from annotations.schemes.scheme import Scheme
from pages import quality_plots as plots
from pages.quality_plots import Bar
from pages.quality_texts import of, text
from pages.words import Lang

_MOST = 15  # rows of a list of the worst


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown, to whom, in which language."""

    report: QualityReport
    scheme: Scheme
    lang: Lang
    admin: bool

    def say(self, key: str, **fields: object) -> str:
        """A text of the page."""
        return text(key, self.lang, **fields)

    def field(self, id: str) -> str:
        """The title of a field."""
        return of(Names(self.scheme).field(id), self.lang)

    def label(self, field: str, id: str) -> str:
        """The name of a label."""
        return of(Names(self.scheme).label(field, id), self.lang)

    def bar(self, name: str, estimate: Estimate) -> Bar:
        """An estimate as a bar, with what it rests on or why it is none."""
        why = estimate.reason or estimate.interval_reason
        note = f"n {estimate.items:,}" + (f" · {self.say(why)}" if why else "")
        return Bar(name, estimate.value, estimate.low, estimate.high, note)


def agreement(shown: Shown) -> None:
    """Alpha by field, then by label and person for one field, and kappa two by two."""
    report = shown.report
    if not report.coverage.compared:
        st.info(shown.say("no_pairs"))
        _placings(shown)
        return
    st.subheader(shown.say("alpha"))
    st.markdown(shown.say("alpha_aid"))
    rows = [
        (f"{shown.field(field.field)} · {of(METRICS[measure.metric], shown.lang)}", measure.alpha)
        for field in report.fields
        for measure in field.measures
    ]
    _estimates(shown, [*rows, (shown.say("outcome"), report.outcome)], "alpha")
    field = _choose(shown, report.fields, "agreement")
    _labels(shown, field)
    st.subheader(shown.say("by_person"))
    ranked = sorted(field.people.items(), key=lambda each: -2 if each[1].value is None else each[1].value)
    _estimates(shown, ranked, "by_person")
    st.subheader(shown.say("kappa"))
    st.markdown(shown.say("kappa_aid"))
    if field.pairs:
        _plot(plots.kappas(field.pairs, report.people), shown.say("kappa"), "kappa", wide=True)
        found = sorted(field.pairs, key=lambda pair: 2 if pair.kappa.value is None else pair.kappa.value)
        _table_of(shown, [(f"{pair.one} · {pair.other}", pair.kappa) for pair in found])
    _placings(shown)


def _placings(shown: Shown) -> None:
    if not shown.report.placings:
        return
    st.subheader(shown.say("placing"))
    st.markdown(shown.say("placing_aid"))
    rows = [
        Bar(
            shown.field(p.field),
            p.share,
            p.low,
            p.high,
            shown.say("placing_note", first=p.first, second=p.second, ties=p.ties),
        )
        for p in shown.report.placings
    ]
    _plot(plots.bars(rows, percent=True), shown.say("placing"), "placing")


def _labels(shown: Shown, field: FieldAgreement) -> None:
    if field.overlap:
        value = _number(field.overlap.value)
        st.markdown(shown.say("overlap", value=value, items=field.overlap.items))
    told = [(id, each) for id, each in field.labels.items() if each.value is not None]
    if told:
        st.subheader(shown.say("labels"))
        st.markdown(shown.say("labels_aid"))
        ranked = sorted(told, key=lambda each: each[1].value or 0.0)
        _estimates(shown, [(shown.label(field.field, id), each) for id, each in ranked], "labels")
    rest = [shown.label(field.field, id) for id, each in field.labels.items() if each.reason == "unanimous"]
    if rest:
        st.caption(shown.say("unnamed", labels=", ".join(rest)))


def confusions(shown: Shown) -> None:
    """Which labels are taken for each other."""
    fields = [field for field in shown.report.fields if field.confusion and field.confusion.items]
    if not fields:
        st.info(shown.say("no_confusion" if shown.report.coverage.compared else "no_pairs"))
        return
    several = next((number for number, field in enumerate(fields) if field.kind == "multi"), 0)
    field = _choose(shown, fields, "confusion", several)
    st.markdown(shown.say("confusion_aid"))
    if field.confusion:
        names = [shown.label(field.field, id) for id in field.confusion.labels]
        figure = plots.confusions(field.confusion, names, shown.say("nothing"))
        st.subheader(f"{shown.say('confusion')} · n {field.confusion.items:,}")
        _plot(figure, shown.say("confusion"), "confusion", wide=True)
        with st.expander(shown.say("apart")):
            _apart(shown, field.confusion, [*names, shown.say("nothing")])


def _apart(shown: Shown, confusion: Confusion, names: Sequence[str]) -> None:
    cells = [(count, x, y) for x, row in enumerate(confusion.cells) for y, count in enumerate(row) if x != y and count]
    rows = [
        [names[x], names[y], f"{count:.4g}", f"{count / sum(confusion.cells[x]):.0%}"]
        for count, x, y in sorted(cells, key=lambda cell: (-cell[0], cell[1:]))[:_MOST]
    ]
    table([shown.say(key) for key in ("said", "other_said", "times", "of_label")], rows)


def drift(shown: Shown) -> None:
    """Agreement and labels, week by week."""
    weeks, fields = shown.report.weeks, shown.report.fields
    st.subheader(shown.say("drift"))
    st.markdown(shown.say("drift_aid"))
    titles = {field.field: shown.field(field.field) for field in fields}
    _plot(plots.drift(weeks, titles), shown.say("drift"), "drift")
    with st.expander(shown.say("table")):
        cells = [[f"{_number(week.alpha[id].value)} (n {week.alpha[id].items:,})" for id in titles] for week in weeks]
        rows = [[f"{week.monday}", *row] for week, row in zip(weeks, cells, strict=True)]
        table(["", *titles.values()], rows)
    st.subheader(shown.say("shares"))
    field = _choose(shown, fields, "shares")
    found = shown.scheme.field(field.field)
    ids = list(field.labels) or [option.id for option in (found.options if found else ())]
    names = {id: shown.label(field.field, id) for id in ids}
    _plot(plots.shares(weeks, field.field, names), shown.say("shares"), "shares", wide=True)


def people(shown: Shown) -> None:
    """Speed; for admins also accuracy on gold and agreement with oneself."""
    rows = shown.report.speed
    st.subheader(shown.say("speed"))
    st.markdown(shown.say("speed_aid"))
    _plot(plots.speeds(rows, shown.say("seconds")), shown.say("speed"), "speed")
    with st.expander(shown.say("table")):
        cells = [
            [
                each.person,
                "—" if each.median is None else f"{each.median:.1f}",
                "—" if each.quartiles is None else "{:.1f} – {:.1f}".format(*each.quartiles),
                "—" if each.per_hour is None else f"{each.per_hour:,.0f}",
                f"{each.answers:,}",
                f"{each.untimed:,}",
            ]
            for each in rows
        ]
        table([shown.say(k) for k in ("name", "median", "middle", "per_hour", "answers", "untimed")], cells)
    if not shown.admin:
        st.caption(shown.say("hidden"))
        return
    _scores(shown, shown.report.gold, "gold")
    _scores(shown, shown.report.repeats, "repeats")


def _scores(shown: Shown, scores: Sequence[Score], key: str) -> None:
    st.subheader(shown.say(key))
    if not scores:
        st.info(shown.say(f"no_{key}"))
        return
    there = {score.field for score in scores}
    field = _choose(shown, [each for each in shown.report.fields if each.field in there], key)
    chosen = sorted((s for s in scores if s.field == field.field), key=lambda score: score.exact / score.items)
    rows = [Bar(s.person, s.exact / s.items, s.low, s.high, f"{s.exact:,}/{s.items:,}") for s in chosen]
    _plot(plots.bars(rows, percent=True), shown.say(key), key)
    with st.expander(shown.say("table")):
        cells = [
            [s.person, f"{s.exact / s.items:.0%}", f"{s.low:.0%} – {s.high:.0%}", f"{s.closeness:.2f}", f"{s.items:,}"]
            for s in chosen
        ]
        table([shown.say(k) for k in ("name", "share", "interval", "closeness", "tasks")], cells)


def pull(shown: Shown) -> None:
    """What suggestions did to answers, and agreement among the answers given after one."""
    report = shown.report
    if not report.pulls:
        st.info(shown.say("no_pull"))
        return
    st.subheader(shown.say("pull"))
    st.markdown(shown.say("pull_aid"))
    by_person = [(each.person, each) for each in summed(report.pulls, "person")]
    _pulls(shown, by_person, "pull-people")
    st.subheader(shown.say("by_label"))
    there = {each.field for each in report.pulls}
    field = _choose(shown, [each for each in report.fields if each.field in there], "pull")
    mine = [each for each in summed(report.pulls, "field", "label") if each.field == field.field]
    _pulls(shown, [(shown.label(each.field, each.label), each) for each in mine], "pull-labels")
    st.subheader(shown.say("assisted"))
    st.markdown(shown.say("assisted_aid"))
    _estimates(shown, [(shown.field(id), each) for id, each in report.assisted.items()], "assisted")


def _pulls(shown: Shown, rows: Iterable[tuple[str, Pull]], key: str) -> None:
    found = []
    for name, each in rows:
        counts = {"taken": each.taken, "differed": each.differed, "left": each.left, "agreed": each.agreed}
        note = shown.say("pull_note", **counts)
        share = each.taken / each.differed if each.differed else None
        low, high = wilson(each.taken, each.differed) if each.differed else (None, None)
        found.append(Bar(name, share, low, high, note))
    _plot(plots.bars(found, percent=True), shown.say("pull"), key)


def _choose(shown: Shown, fields: Sequence[FieldAgreement], key: str, start: int = 0) -> FieldAgreement:
    by_id: Mapping[str, FieldAgreement] = {field.field: field for field in fields}
    chosen = st.segmented_control(
        shown.say("field"),
        list(by_id),
        default=list(by_id)[start],
        format_func=shown.field,
        required=True,
        key=f"hs-quality-field-{key}-{shown.scheme.id}-{shown.scheme.version}",
    )
    return by_id.get(chosen or "", fields[start])


def _estimates(shown: Shown, rows: Sequence[tuple[str, Estimate]], key: str) -> None:
    _plot(plots.bars([shown.bar(name, each) for name, each in rows], thresholds=True), shown.say(key), key)
    _table_of(shown, rows)


def _table_of(shown: Shown, rows: Sequence[tuple[str, Estimate]]) -> None:
    with st.expander(shown.say("table")):
        cells = [
            [name, _number(each.value), _bounds(shown, each), _share(each.same), f"{each.items:,}", f"{each.ratings:,}",
             of(reading(each), shown.lang)]
            for name, each in rows
        ]  # fmt: skip
        keys = ("interval", "same", "tasks", "answers", "reading")
        table([shown.say("name"), "α · κ", *(shown.say(key) for key in keys)], cells)


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}"


def _share(value: float | None) -> str:
    return "—" if value is None else f"{value:.0%}"


def _bounds(shown: Shown, estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return of(no_interval(estimate), shown.lang)
    return f"{estimate.low:.3f} – {estimate.high:.3f}"


def _plot(figure: go.Figure, title: str, key: str, *, wide: bool = False) -> None:
    """A plot as wide as the page; a square keeps its size and is scrolled on a phone."""
    width: Literal["stretch"] | int = int(figure.layout.width) if wide else "stretch"
    place = f"hs-quality-{'wide' if wide else 'plot'}-{key}"
    if wide:
        kept = f".st-key-{place} :is(.stElementContainer, .stPlotlyChart) {{ min-width: {width}px; }}"
        st.html(f"<style>{kept}</style>")
    with st.container(key=place):
        config = {"displayModeBar": False, "responsive": not wide}
        st.plotly_chart(figure, width=width, config=config, key=f"hs-plot-{key}", alt=title)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table of texts of any origin."""
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    st.html(f'<div class="hs-wide"><table class="hs-table"><tr>{top}</tr>{body}</table></div>')
