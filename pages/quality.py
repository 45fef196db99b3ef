"""The quality page: how far annotators agree, where they don't, and how they work. For adjudicators and admins.

A report is of one moment and stays until it is asked for anew: figures that move while they are read help nobody.
"""

from __future__ import annotations

from datetime import date, datetime

import streamlit as st

from annotations.desk import Desk
from annotations.quality.report import quality, version_of
from annotations.quality.selection import KOREA, versions
from annotations.quality.types import Coverage, Filters, QualityReport
from annotations.quality.unnamed import unnamed
from annotations.quality.words import EXCLUSIONS
from annotations.schemes.scheme import Scheme, load_scheme, schemes
from annotations.types import Account, Snapshot
from pages.quality_plots import STYLE
from pages.quality_remarks import remarks
from pages.quality_sections import Shown, agreement, confusions, drift, people, pull, table
from pages.quality_texts import of, text
from pages.session import language
from pages.words import Lang

RESAMPLES = 1_000


def render(desk: Desk, account: Account) -> None:
    """The page."""
    lang = language()
    st.html(STYLE)
    st.title(text("title", lang))
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        scheme_id = _choose_scheme(lang)
        snapshot = _snapshot(str(desk.path), scheme_id, desk)
        filters = _choose_filters(snapshot, lang) if snapshot.tasks else None
        _refresh(desk, scheme_id, lang)
    if not snapshot.tasks:
        st.info(text("no_tasks", lang, scheme=scheme_id))
    if filters is None:
        return
    if filters.since and filters.until and filters.since > filters.until:
        st.warning(text("wrong_days", lang))
        return
    with st.spinner(text("working", lang)):
        report = _report(str(desk.path), scheme_id, snapshot.taken_at, filters, snapshot)
    _show(report, load_scheme(scheme_id, version_of(snapshot, filters)), account, lang)


def _show(report: QualityReport, scheme: Scheme, account: Account, lang: Lang) -> None:
    admin = account.role == "admin"
    shown = Shown(report if admin else unnamed(report), scheme, lang, admin)
    at = datetime.fromisoformat(report.taken_at).astimezone(KOREA)
    fields = {"at": f"{at:%Y-%m-%d %H:%M}", "up_to": report.up_to, "version": report.version}
    st.caption(text("as_of", lang, **fields, resamples=report.resamples))
    _coverage(report, lang)
    if not report.speed:
        excluded, tasks = sum(report.excluded.values()), report.coverage.tasks
        found = ("filtered_out", {"excluded": excluded}) if excluded else ("no_answers", {"tasks": tasks})
        st.info(text(found[0], lang, **found[1]))
        if report.remarks:
            remarks(shown)
        return
    st.caption(text("blind_only", lang))
    sections = {
        "tab_agreement": agreement,
        "tab_confusion": confusions,
        "tab_drift": drift,
        "tab_people": people,
        "tab_pull": pull,
        "tab_remarks": remarks,
    }
    for tab, draw in zip(st.tabs([text(key, lang) for key in sections]), sections.values(), strict=True):
        with tab:
            draw(shown)


def _choose_scheme(lang: Lang) -> str:
    titles = {id: load_scheme(id).title for id in schemes()}
    asked = st.query_params.get("scheme")
    start = asked if asked in titles else ("review" if "review" in titles else next(iter(titles)))
    chosen: str = st.selectbox(
        text("scheme", lang),
        list(titles),
        index=list(titles).index(start),
        format_func=lambda id: of(titles[id], lang),
        width=260,
        key="hs-quality-scheme",
    )
    return chosen


def _choose_filters(snapshot: Snapshot, lang: Lang) -> Filters:
    batches = sorted({task.batch for task in snapshot.tasks if task.batch})
    used = versions(snapshot)
    chosen = st.multiselect(text("batches", lang), batches, placeholder=text("all", lang), width=260, key="hs-batches")
    since: date | None = st.date_input(text("since", lang), value=None, width=165, key="hs-since")
    until: date | None = st.date_input(text("until", lang), value=None, width=165, key="hs-until")
    version: int = used[-1]
    if len(used) > 1:
        version = st.selectbox(text("version", lang), used[::-1], width=100, key=f"hs-version-{snapshot.scheme}")
    return Filters(since, until, tuple(chosen), version)


def _refresh(desk: Desk, scheme_id: str, lang: Lang) -> None:
    st.button(
        text("refresh", lang),
        icon=":material/refresh:",
        key="hs-quality-refresh",
        on_click=_snapshot.clear,
        args=(str(desk.path), scheme_id, desk),
    )


# Shared by everybody who looks: reading and comparing 20,000 tasks takes seconds and hundreds of megabytes.
@st.cache_resource(max_entries=3, ttl=3_600, show_spinner=False)
def _snapshot(path: str, scheme_id: str, _desk: Desk) -> Snapshot:
    return _desk.snapshot(scheme_id)


@st.cache_resource(max_entries=12, ttl=3_600, show_spinner=False)
def _report(path: str, scheme_id: str, taken_at: str, filters: Filters, _snapshot: Snapshot) -> QualityReport:
    version = version_of(_snapshot, filters)
    return quality(_snapshot, load_scheme(scheme_id, version), filters, RESAMPLES)


def _coverage(report: QualityReport, lang: Lang) -> None:
    counts: Coverage = report.coverage
    with st.container(horizontal=True, gap="small"):
        for key in ("tasks", "answered", "paired", "answers", "compared", "people"):
            st.metric(text(key, lang), f"{getattr(counts, key):,}", width="content", border=True)
    excluded = sum(report.excluded.values())
    if not counts.answers:
        return
    numbers = {"answers": counts.answers, "compared": counts.compared, "unjudgeable": counts.unjudgeable}
    st.caption(text("counted", lang, **numbers, revised=counts.revised, excluded=excluded))
    if excluded:
        with st.expander(f"{text('excluded', lang)} ({excluded:,})"):
            rows = [[of(EXCLUSIONS[reason], lang), f"{count:,}"] for reason, count in report.excluded.items()]
            table([text("reason", lang), text("answers", lang)], rows)
