"""The candidates of an opened question at every stage: where each retriever, the fusion and the reranker put them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.failure_texts import tool_text
from pages.inspect_texts import stage_name, text
from pages.stored_runs import text_of
from pages.words import Lang
from pipeline.errors.base import HansangError
from pipeline.evaluation.answers import holds
from pipeline.evaluation.records import Record
from pipeline.evaluation.refusion import fused_ranks
from pipeline.evaluation.runs import Plan, settings_of
from pipeline.passages import PassageStore

_BRINGING = ("bm25", "vector", "sparse")
_ROW, _MOST = 35, 360  # px


def candidates(plan: Plan, record: Record, passages: PassageStore | None, lang: Lang) -> None:
    """Draw them; nothing where there is none."""
    table = candidate_table(plan, record, passages)
    if table.empty:
        return
    st.subheader(tool_text("candidates", lang, count=len(table)))
    titles = {name: stage_name(name, lang) for name in (*_BRINGING, "fused", "rerank")}
    titles |= {"place": text("final", lang), "id": text("passage", lang), "text": text("text", lang)}
    titles |= {"gold": text("is_gold", lang), "prompt": text("prompt", lang), "cited": text("cited", lang)}
    titles |= {"holds": tool_text("holds", lang)}
    st.dataframe(
        table,
        hide_index=True,
        placeholder="",
        height=min(_MOST, _ROW * (len(table) + 1) + 3),
        key="hs-failure-candidates",
        column_config={name: st.column_config.Column(titles[name]) for name in table.columns}
        | {"text": st.column_config.TextColumn(titles["text"], width="large")},
    )
    st.caption(tool_text("candidates_help", lang))


def candidate_table(plan: Plan, record: Record, passages: PassageStore | None) -> pd.DataFrame:
    """One row per candidate in the final order, with its rank (from 1) at each stage that ranked it.

    ``holds`` are passages with the words of the reference; columns that say nothing of any candidate are left out.
    """
    columns, gold = record.candidates, {path.passage_id for path in record.paths}
    if not columns.id:
        return pd.DataFrame()
    texts = [text_of(passages, id_) for id_ in columns.id]
    judged = columns.scores.get("rerank", (None,) * len(columns.id))
    ranks = {name: columns.ranks[name] for name in _BRINGING if name in columns.ranks}
    ranks["fused"] = _fused(plan, record)
    ranks["rerank"] = tuple(place if score is not None else 0 for place, score in enumerate(judged, start=1))
    table = pd.DataFrame(
        {
            "place": range(1, len(columns.id) + 1),
            "id": columns.id,
            **{name: pd.array([rank or None for rank in places], dtype="Int64") for name, places in ranks.items()},
            "gold": [id_ in gold for id_ in columns.id],
            "prompt": columns.in_prompt,
            "cited": [id_ in record.cited for id_ in columns.id],
            "holds": [holds(passage, record.reference) for passage in texts],
            "text": texts,
        }
    )
    unknown = [] if record.reference and passages else ["holds"]
    return table.drop(columns=unknown).dropna(axis="columns", how="all")


def _fused(plan: Plan, record: Record) -> tuple[int, ...]:
    try:
        return tuple(fused_ranks(record, settings_of(plan)))
    except HansangError:  # a setting of the run that this version doesn't know
        return (0,) * len(record.candidates.id)
