"""The regression set's history: which of its questions passed in each run, what broke, what was mended."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import streamlit as st

from annotations.desk import Desk
from annotations.types import Account
from pages.failure_texts import tool_text
from pages.failure_tools import moment, set_of
from pages.inspect_texts import text, verdict_name
from pages.session import language
from pages.words import Lang
from pipeline.errors.files import FileProblem
from pipeline.evaluation.regression import Case, Criterion, Result, Turn, history, read_cases, read_results, remove_case
from pipeline.evaluation.runs import MANIFEST, RECORDS, run_names
from pipeline.service import Home

RUNS = 60  # that are read, the newest
COLUMNS = 12  # of them in the table of questions
_KOREA = ZoneInfo("Asia/Seoul")
_CRITERIA: tuple[Criterion, ...] = ("answer", "prompt")
_STYLE = """<style>
.hs-matrix td, .hs-matrix th[scope=col]:not(:first-child) { text-align: center; }
.hs-matrix th[scope=col]:not(:first-child) { max-width: 110px; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; }
.hs-matrix :is(th, td):first-child { position: sticky; left: 0; background: var(--hs-bg); white-space: normal;
  min-width: 150px; font-weight: 400; text-align: left; }
.hs-matrix a, .hs-changes a { color: var(--hs-accent); }
.hs-matrix .good { color: var(--hs-good); } .hs-matrix .bad { color: var(--hs-bad); }
.hs-matrix .turned { font-weight: 700; background: var(--hs-tint); }
.hs-changes { margin: 0 0 12px; padding: 0 !important; list-style: none; color: var(--hs-ink); font-size: 16px;
  line-height: 1.7; }
.hs-changes li { margin: 0 0 8px !important; padding: 0 0 0 12px !important; border-left: 3px solid var(--hs-line); }
</style>"""


def render(desk: Desk, account: Account) -> None:
    """The page."""
    lang = language()
    st.html(_STYLE)
    st.title(tool_text("regression", lang))
    path, runs = set_of(desk), Home(desk.path.parent).runs
    try:
        cases = read_cases(path)
    except FileProblem as error:
        st.error(error.korean if lang == "ko" else error.english)
        return
    if not cases:
        st.info(tool_text("set_empty", lang))
        return
    st.caption(tool_text("about_set", lang, count=len(cases)))
    criterion = _criterion(lang)
    turns = _turns(runs, path, cases, criterion)
    if turns:
        _newest(turns[-1], lang)
        _changes(turns, cases, lang)
        _by_run(runs, turns, lang)
        _by_question(turns, cases, lang)
    else:
        st.info(tool_text("not_run", lang))
    _the_set(desk, cases, lang)


def _criterion(lang: Lang) -> Criterion:
    chosen: Criterion = st.segmented_control(
        tool_text("criterion", lang),
        _CRITERIA,
        default=_CRITERIA[0],
        required=True,
        format_func=lambda name: tool_text(f"by_{name}", lang),
        key="hs-regression-criterion",
    )
    return chosen


def _turns(runs: Path, path: Path, cases: Sequence[Case], criterion: Criterion) -> list[Turn]:
    """The runs that asked something of the set, oldest first."""
    seen = []
    for name in reversed(run_names(runs)[:RUNS]):
        results = _results(str(runs / name), _changed(runs / name), str(path), path.stat().st_mtime_ns, criterion)
        if results:
            seen.append((name, results))
    return history(seen)


@st.cache_data(max_entries=4 * RUNS, show_spinner=False)
def _results(folder: str, changed: int, path: str, changed_set: int, criterion: Criterion) -> dict[str, Result]:
    return read_results(Path(folder), read_cases(Path(path)), criterion)


def _changed(folder: Path) -> int:
    """When the records last changed, in nanoseconds; 0 before the first."""
    try:
        return (folder / RECORDS).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _newest(turn: Turn, lang: Lang) -> None:
    said = tool_text("latest", lang, run=turn.run, judged=turn.judged, passed=turn.passed)
    counts = " · ".join(_counted(turn, lang))
    st.html(f"<div class='hs-card' id='hs-regression-newest'><h3>{escape(said)}</h3><p>{counts}</p></div>")


def _counted(turn: Turn, lang: Lang) -> list[str]:
    """How many broke and how many were mended, with a sign each."""
    signs = (("broke", turn.broken, "hs-bad", "▼"), ("mended", turn.mended, "hs-good", "▲"))
    return [
        f"<span class='{style if ids else 'hs-soft'}'>{sign} {escape(tool_text(key, lang, count=len(ids)))}</span>"
        for key, ids, style, sign in signs
    ]


def _changes(turns: Sequence[Turn], cases: Sequence[Case], lang: Lang) -> None:
    """What a run broke and mended, and what it still fails; the newest unless another is chosen."""
    names = [turn.run for turn in reversed(turns)]
    chosen = st.selectbox(tool_text("shown_run", lang), names, width=360, key="hs-regression-run")
    place = len(turns) - 1 - names.index(chosen)
    turn, by_id = turns[place], {case.id: case for case in cases}
    changed = {*turn.broken, *turn.mended}
    failing = [id_ for id_, r in turn.results.items() if r.passed is False and id_ not in changed]
    for key, ids, none in (("broke", turn.broken, "nothing_broke"), ("mended", turn.mended, "nothing_mended"),
                           ("still_failing", failing, "")):  # fmt: skip
        if not ids and not none:
            continue
        st.subheader(tool_text(key, lang, count=len(ids)))
        if not ids:
            st.markdown(tool_text(none, lang))
            continue
        items = "".join(_change(by_id[id_], turn, _before(turns[:place], id_), lang) for id_ in ids)
        st.html(f"<ul class='hs-changes' id='hs-regression-{key}'>{items}</ul>")


def _before(turns: Sequence[Turn], id_: str) -> Turn | None:
    """The last of the turns that could say something of a case."""
    return next((t for t in reversed(turns) if id_ in t.results and t.results[id_].passed is not None), None)


def _change(case: Case, turn: Turn, before: Turn | None, lang: Lang) -> str:
    now = verdict_name(turn.results[case.id].verdict, lang)
    steps = [f"{before.run}: {verdict_name(before.results[case.id].verdict, lang)}"] if before else []
    way = " → ".join([*steps, f"{turn.run}: {now}"])
    why = (
        f"<br><span class='hs-soft'>{escape(tool_text('why_in', lang))}: {escape(case.why)}</span>" if case.why else ""
    )
    return f"<li>{_link(case, turn)}<br>{escape(way)}{why}</li>"


def _link(case: Case, turn: Turn) -> str:
    """The question, leading to where it can be opened as it was in a run."""
    asked = escape(urlencode({"run": turn.run, "question": turn.results[case.id].id}))
    return f"<a href='/failures?{asked}'>{escape(case.question)}</a>"


def _by_run(runs: Path, turns: Sequence[Turn], lang: Lang) -> None:
    st.subheader(tool_text("by_run", lang))
    names = ("run", "made", "passed", "broken_short", "mended_short")
    head = "".join(f"<th scope='col'>{escape(tool_text(name, lang))}</th>" for name in names)
    rows = "".join(_run_row(runs, turn) for turn in reversed(turns))
    st.html(f"<div class='hs-wide'><table class='hs-table' id='hs-regression-runs'><tr>{head}</tr>{rows}</table></div>")


def _run_row(runs: Path, turn: Turn) -> str:
    made = datetime.datetime.fromtimestamp((runs / turn.run / MANIFEST).stat().st_mtime, _KOREA)
    share = turn.passed / turn.judged if turn.judged else 0.0
    passed = (
        f"{turn.passed:,} / {turn.judged:,}"
        f"<span class='hs-bar' aria-hidden='true' style='min-width: 90px'><i style='width: {share:.1%}'></i></span>"
    )
    broken = f"<span class='hs-bad'>▼ {len(turn.broken)}</span>" if turn.broken else "–"
    mended = f"<span class='hs-good'>▲ {len(turn.mended)}</span>" if turn.mended else "–"
    cells = (escape(turn.run), f"{made:%Y-%m-%d %H:%M}", passed, broken, mended)
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _by_question(turns: Sequence[Turn], cases: Sequence[Case], lang: Lang) -> None:
    st.subheader(tool_text("by_question", lang))
    shown = list(reversed(turns))[:COLUMNS]
    head = f"<th scope='col'>{escape(text('question', lang))}</th>"
    head += "".join(f"<th scope='col' title='{escape(turn.run)}'>{escape(turn.run)}</th>" for turn in shown)
    asked = [case for case in cases if any(case.id in turn.results for turn in shown)]
    rows = "".join(
        f"<tr><th scope='row'>{_link(case, _last_asked(shown, case.id))}</th>"
        f"{''.join(_cell(turn, case.id, lang) for turn in shown)}</tr>"
        for case in asked
    )
    st.html(
        f"<div class='hs-wide'><table class='hs-table hs-matrix' id='hs-regression-matrix'><tr>{head}</tr>{rows}"
        f"</table></div><p class='hs-soft'>{escape(tool_text('signs', lang))}</p>"
    )
    if len(turns) > COLUMNS:
        st.caption(tool_text("only_newest", lang, count=COLUMNS))


def _last_asked(newest_first: Sequence[Turn], id_: str) -> Turn:
    return next(turn for turn in newest_first if id_ in turn.results)


def _cell(turn: Turn, id_: str, lang: Lang) -> str:
    result: Result | None = turn.results.get(id_)
    if result is None or result.passed is None:
        return "<td class='hs-soft'>–</td>"
    sign, style = ("✓", "good") if result.passed else ("✗", "bad")
    if id_ in turn.broken or id_ in turn.mended:
        sign, style = f"{sign}{'▲' if result.passed else '▼'}", f"{style} turned"
    return f"<td class='{style}' title='{escape(verdict_name(result.verdict, lang))}'>{sign}</td>"


def _the_set(desk: Desk, cases: Sequence[Case], lang: Lang) -> None:
    """What is in the set and why; the way to run it, and to take a question out."""
    index = Counter(case.index for case in cases).most_common(1)[0][0]
    by_label: Mapping[str, Case] = {f"{case.question} ({case.index} · {case.id})": case for case in cases}

    def remove() -> None:
        if case := by_label.get(st.session_state["hs-regression-remove"]):
            remove_case(set_of(desk), case.key)

    with st.expander(f"{tool_text('the_set', lang)} {len(cases):,}"):
        st.markdown(tool_text("how_to_run", lang, index=index))
        items = "".join(_case(case) for case in cases)
        st.html(f"<ul class='hs-changes' id='hs-regression-set'>{items}</ul>")
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            st.selectbox(tool_text("remove", lang), list(by_label), width=420, key="hs-regression-remove")
            st.button(tool_text("take_out", lang), key="hs-regression-out", on_click=remove)


def _case(case: Case) -> str:
    facts = [case.index, case.run, case.by, moment(case.at) if case.at else "", case.why]
    about = " · ".join(escape(fact) for fact in facts if fact)
    return f"<li>{escape(case.question)}<br><span class='hs-soft'>{about}</span></li>"
