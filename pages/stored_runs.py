"""Evaluation runs as the pages read them: from files, kept in memory for as long as the files stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from pipeline.config import is_open
from pipeline.evaluation.compare import compare_runs
from pipeline.evaluation.comparison import Comparison
from pipeline.evaluation.judgements import LEDGER
from pipeline.evaluation.runs import RECORDS, Plan
from pipeline.evaluation.table import read_table
from pipeline.index import Index
from pipeline.passages import PassageStore
from pipeline.settings import Settings, options


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which questions are to be seen; an empty collection lets all through. ``length`` is in letters, both ends in."""

    verdicts: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    restaurants: tuple[str, ...] = ()
    length: tuple[int, int] | None = None
    search: str = ""


def narrow(table: pd.DataFrame, wanted: Wanted) -> pd.DataFrame:
    """The rows of a run's table that are wanted, in their order."""
    chosen = pd.Series(True, index=table.index)
    for column, values in (("verdict", wanted.verdicts), ("type", wanted.types), ("restaurant", wanted.restaurants)):
        if values:
            chosen &= table[column].isin(values)
    if wanted.length:
        chosen &= table["length"].between(*wanted.length)
    if search := wanted.search.strip():
        chosen &= table["question"].str.contains(search, case=False, regex=False)
    return table[chosen]


def table_of(folder: Path) -> pd.DataFrame:
    """The table of a run, shared by all who look: it must not be changed."""
    return _table(str(folder), _changed(folder))


@st.cache_resource(max_entries=4, show_spinner=False)
def _table(folder: str, changed: int) -> pd.DataFrame:
    return read_table(Path(folder))


def comparison(one: Path, other: Path) -> Comparison:
    """What two runs over the same questions say of each other.

    Raises:
        RunsNotComparable: they aren't over the same questions, or one of them isn't finished.
    """
    ledgers = _changed(one, LEDGER), _changed(other, LEDGER)
    return _comparison(str(one), str(other), (_changed(one), _changed(other), *ledgers))


@st.cache_resource(max_entries=8, show_spinner=False)
def _comparison(one: str, other: str, changed: tuple[int, ...]) -> Comparison:
    return compare_runs(Path(one), Path(other))


def _changed(folder: Path, file: str = RECORDS) -> int:
    """When the records, or another file of a run, last changed, in nanoseconds; 0 before the first."""
    try:
        return (folder / file).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def passages_of(indexes: Path, plan: Plan) -> PassageStore | None:
    """The passages of the version of the index that a run used; None when that version is gone.

    Raises:
        IndexDamaged: it is there and can't be read.
    """
    folder = indexes / plan.index / plan.index_version
    return _passages(str(folder)) if folder.is_dir() else None


@st.cache_resource(max_entries=4, show_spinner=False)
def _passages(folder: str) -> PassageStore:
    return Index(Path(folder)).passages


def text_of(passages: PassageStore | None, passage_id: str) -> str:
    """The text of a passage; empty where there is none."""
    row = passages.rows.get(passage_id) if passages else None
    return "" if passages is None or row is None else passages[row].text


def callable_settings(settings: Mapping[str, object]) -> dict[str, object]:
    """Those of a run's settings that can be set for one question; the rest is fixed by the index or the server."""
    known = {o.name for o in options(Settings()) if not o.index_time}
    return {name: value for name, value in settings.items() if name in known and is_open(name)}


def changed_settings(a: Plan, b: Plan) -> list[tuple[str, str, str]]:
    """What differs between two runs: name, in A, in B; settings first, then index and versions of the code."""
    pairs = [(a.settings, b.settings, ""), ({"index": a.index}, {"index": b.index}, "")]
    pairs += [({"index.version": a.index_version}, {"index.version": b.index_version}, "")]
    pairs += [(a.versions, b.versions, "versions.")]
    found = []
    for one, other, prefix in pairs:
        for name in sorted({*one, *other}):
            was, now = one.get(name, "–"), other.get(name, "–")
            if was != now:
                found.append((prefix + name, str(was), str(now)))
    return found
