"""One question of a run, opened: what became of it, its right passages' way, and the replay with something changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import streamlit as st

from annotations.desk import Desk
from pages.asking_server import ServerRefused, ServerUnreachable, asked, replayed
from pages.chat_link import chat_address
from pages.failure_candidates import candidates
from pages.failure_xray import xray
from pages.inspect_texts import stage_name, text, verdict_name
from pages.stored_runs import callable_settings, text_of
from pages.words import Lang
from pipeline.evaluation.blame import GoldPath, Outcome, blame
from pipeline.evaluation.records import Record
from pipeline.evaluation.runs import Plan
from pipeline.passages import PassageStore

FIRST = 5  # candidates shown beside the right passages
_RANKED = ("bm25", "vector", "sparse", "colbert", "fused", "rerank")
_BRINGING = ("bm25", "vector", "sparse")
_ARROW = "<span aria-hidden='true'> → </span>"
_STYLE = """<style>
.hs-way { margin: 0 0 8px; padding: 0; color: var(--hs-ink); font-size: 16px; line-height: 2.1; }
.hs-way b { margin-right: 10px; }
.hs-way span[data-stage] { border-bottom: 3px solid var(--hs-line); padding-bottom: 1px; white-space: nowrap; }
.hs-way span[data-stage=bm25] { border-color: var(--hs-bm25); }
.hs-way span[data-stage=vector] { border-color: var(--hs-vector); }
.hs-way span[data-stage=fused] { border-color: var(--hs-fused); }
.hs-way span[data-stage=rerank] { border-color: var(--hs-rerank); }
.hs-passage { margin-bottom: 10px; }
</style>"""


@dataclass(frozen=True, slots=True)
class Opened:
    """A question of a run. ``passages`` is None where the index that the run used is gone."""

    run: str
    plan: Plan
    record: Record
    passages: PassageStore | None


def show(desk: Desk, opened: Opened, lang: Lang) -> None:
    """Draw all that is known of what became of the question."""
    st.html(_STYLE)
    st.subheader(text("path", lang))
    _ways(opened, lang)
    if opened.passages is None:
        st.warning(text("no_text", lang, version=opened.plan.index_version))
    left, right = st.columns(2)
    with left:
        st.subheader(text("gold", lang))
        _cards(opened, [path.passage_id for path in opened.record.paths], lang)
    with right:
        st.subheader(text("first", lang))
        _cards(opened, opened.record.candidates.id[:FIRST], lang)
    candidates(opened.plan, opened.record, opened.passages, lang)
    xray(desk, opened.plan, opened.record, lang)
    st.subheader(text("try", lang))
    _try(desk, opened, lang)


def facts(record: Record, lang: Lang) -> None:
    """Draw the question, its verdict, what should be answered and what was."""
    answer = record.answer or text("none", lang)
    rows = {
        "verdict": verdict_name(record.verdict, lang),
        "reference": record.reference or text("none", lang),
        "answer": f"({text('abstained', lang)}) {answer}" if record.abstained else answer,
    }
    if record.status == "error":
        rows["error"] = record.problem
    lines = "".join(
        f"<p><span class='hs-soft'>{text(key, lang)}</span> {escape(said)}</p>" for key, said in rows.items()
    )
    st.html(f"<div class='hs-card' id='hs-failure-facts'><h3>{escape(record.question)}</h3>{lines}</div>")


def _ways(opened: Opened, lang: Lang) -> None:
    record = opened.record
    if not record.paths:
        st.markdown(text("no_gold", lang))
    for path in record.paths:
        steps = way(path, opened.plan.settings, lang)
        line = _ARROW.join(f"<span data-stage='{stage}'>{escape(said)}</span>" for stage, said in steps)
        st.html(f"<p class='hs-way'><b>{escape(path.passage_id)}</b>{line}</p>")
    if record.also:
        st.html(f"<p class='hs-soft'>{escape(text('also', lang, ids=', '.join(record.also)))}</p>")


def way(path: GoldPath, settings: Mapping[str, object], lang: Lang) -> list[tuple[str, str]]:
    """A right passage's way as (stage, what is said of it), ending in where it was lost."""
    if not path.indexed:
        return [("", text("not_indexed", lang))]
    if not path.ranks:
        return [("", text("filtered", lang))]
    steps = [(s, f"{stage_name(s, lang)} #{path.ranks[s]:,}") for s in _RANKED if s in path.ranks]
    if path.in_prompt:
        return [*steps, ("prompt", text("in_prompt", lang))]
    k, depth = (int(str(settings[name])) for name in ("retrieval.k", "rerank.depth"))
    lost = verdict_name(blame(Outcome(True, False, False, (path,), k, depth)), lang)
    return [*steps, ("prompt", f"{text('not_in_prompt' if path.candidate else 'no_candidate', lang)} {lost}")]


def _cards(opened: Opened, ids: Sequence[str], lang: Lang) -> None:
    if ids:  # one element for all of them: a browser draws it sooner than many
        st.html("".join(_card(opened, id_, lang) for id_ in ids))


def _card(opened: Opened, passage_id: str, lang: Lang) -> str:
    """A passage: its place among the candidates, what it was, its scores, its text."""
    record, columns = opened.record, opened.record.candidates
    place = columns.id.index(passage_id) if passage_id in columns.id else None
    notes = [text("is_gold", lang)] if any(path.passage_id == passage_id for path in record.paths) else []
    notes += [text("cited", lang)] if passage_id in record.cited else []
    head, ranks = escape(passage_id), []
    if place is not None:
        head = f"#{place + 1} · {head}"
        notes += [text("in_prompt", lang)] if columns.in_prompt[place] else []
        ranks = [f"{stage_name(s, lang)} #{columns.ranks[s][place]:,}" for s in _BRINGING if s in columns.ranks]
        score = columns.scores.get("rerank", ())[place : place + 1]
        ranks += [f"{stage_name('rerank', lang)} {value:.2f}" for value in score if value is not None]
    small = escape(" · ".join([*ranks, *notes]))
    body = escape(text_of(opened.passages, passage_id) or text("text_gone", lang))
    return f"<div class='hs-card hs-passage'><h3>{head}</h3><p class='hs-soft'>{small}</p><p>{body}</p></div>"


@st.fragment
def _try(desk: Desk, opened: Opened, lang: Lang) -> None:
    """The sliders and what comes of them. Only this part is drawn anew when one is moved."""
    _ = desk.path  # asks whether whoever looks is still signed in
    overrides, inject, generate = _controls(opened, lang)
    body = {
        "question": opened.record.question,
        "index": opened.plan.index,
        "settings": dict(opened.plan.settings),
        "overrides": overrides,
        "inject": inject,
        "generate": "needed" if generate else "never",
    }
    if not overrides and not inject:
        st.caption(text("try_help", lang))
    else:
        try:
            _outcome(replayed(body), opened, lang)
        except (ServerUnreachable, ServerRefused) as error:
            _trouble(error, lang)
    _to_chat(opened, overrides, lang)


def _trouble(error: ServerUnreachable | ServerRefused, lang: Lang) -> None:
    if isinstance(error, ServerUnreachable):
        st.warning(text("unreachable", lang))
    else:
        st.error(error.korean if lang == "ko" else error.english)


def _controls(opened: Opened, lang: Lang) -> tuple[dict[str, object], list[str], bool]:
    """What is to be different from the run: settings, passages to put in; and whether to answer again."""
    now = opened.plan.settings

    def key(name: str) -> str:
        return f"hs-try-{name}-{opened.run}-{opened.record.id}"

    weight, k, depth = float(str(now["fusion.weight"])), int(str(now["retrieval.k"])), int(str(now["rerank.depth"]))
    candidates = int(str(now["retrieval.depth"]))
    with st.container(horizontal=True, gap="medium"):
        wanted: dict[str, object] = {
            "fusion.weight": st.slider(text("weight", lang), 0.0, 1.0, weight, 0.05, width=280, key=key("weight")),
            "retrieval.k": st.slider(text("k", lang), 1, max(20, k), k, width=280, key=key("k")),
            "rerank.depth": st.slider(
                text("depth", lang), 1, max(candidates, depth), depth, width=280, key=key("depth")
            ),
        }
    with st.container(horizontal=True, gap="medium"):
        has = now["reranker"] != "none"
        on = st.toggle(text("reranker", lang), has, disabled=not has, key=key("reranker"))
        wanted["reranker"] = now["reranker"] if on else "none"
        gold = [path.passage_id for path in opened.record.paths if path.indexed]
        put_in = st.toggle(
            text("inject", lang), help=text("inject_help", lang), disabled=not gold, key=key("inject")
        )  # fmt: skip
        generate = st.toggle(text("generate", lang), True, key=key("generate"))
    changed = {name: value for name, value in wanted.items() if value != now[name]}
    return changed, gold if put_in else [], generate


def _outcome(found: Any, opened: Opened, lang: Lang) -> None:
    steps = ", ".join(text(step, lang) for step in found["redone"]) or text("from_scores", lang)
    st.caption(text("redone", lang, steps=steps))
    if (version := found["before"]["versions"]["index"]) != opened.plan.index_version:
        st.caption(text("other_index", lang, now=version, then=opened.plan.index_version))
    gold = {path.passage_id for path in opened.record.paths}
    moves = _gold_moves(found, gold) + [move for move in found["moves"] if move["passage_id"] not in gold]
    head = "".join(f"<th scope='col'>{text(name, lang)}</th>" for name in ("passage", "was", "now", "prompt", "text"))
    rows = "".join(_move(move, move["passage_id"] in gold, lang) for move in moves)
    st.html(f"<div class='hs-wide'><table class='hs-table hs-moves'><tr>{head}</tr>{rows}</table></div>")
    for column, side, title in zip(st.columns(2), ("before", "after"), ("answer_before", "answer_now"), strict=True):
        answer = found[side]["answer"]
        said = answer["text"] or text("abstained", lang) if answer else text("not_written", lang)
        column.html(f"<div class='hs-card'><h3>{text(title, lang)}</h3><p>{escape(said)}</p></div>")


def _gold_moves(found: Any, gold: set[str]) -> list[dict[str, Any]]:
    """The right passages' moves, also of those that are in neither prompt."""
    was, now = ({c["passage_id"]: (n, c) for n, c in enumerate(found[s]["candidates"], 1)} for s in ("before", "after"))
    return [
        {
            "passage_id": id_,
            "before": was[id_][0] if id_ in was else None,
            "after": now[id_][0] if id_ in now else None,
            "is_in_prompt": id_ in now and now[id_][1]["in_prompt"],
            "text": (now.get(id_) or was[id_])[1]["text"],
        }
        for id_ in sorted(gold)
        if id_ in was or id_ in now
    ]


def _move(move: Mapping[str, Any], is_gold: bool, lang: Lang) -> str:
    before, after = move["before"], move["after"]
    sign = ""
    if before and after and before != after:
        sign = f" {'▲' if after < before else '▼'}{abs(before - after)}"
    name = escape(move["passage_id"]) + (f" <b>({text('is_gold', lang)})</b>" if is_gold else "")
    places = [f"#{before}" if before else "–", (f"#{after}" if after else "–") + sign]
    cells = [name, *places, "✓" if move["is_in_prompt"] else "✗", escape(move["text"])]
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _to_chat(opened: Opened, overrides: Mapping[str, object], lang: Lang) -> None:
    """Ask it once more, kept this time, and link to the answer in the chat. Nothing where there is no chat."""
    chat = chat_address()
    if not chat or not st.button(text("to_chat", lang), key=f"hs-try-chat-{opened.run}-{opened.record.id}"):
        return
    settings = callable_settings(opened.plan.settings) | dict(overrides)
    try:
        trace = asked({"question": opened.record.question, "index": opened.plan.index, "set": settings})
    except (ServerUnreachable, ServerRefused) as error:
        _trouble(error, lang)
        return
    st.html(f"<a class='hs-button' href='{escape(chat)}/?trace={escape(trace)}'>{text('open_chat', lang)}</a>")
