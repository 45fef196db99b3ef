"""A question, its right passage and the one that beat it as morphemes side by side. The server takes them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from annotations.desk import Desk
from pages.asking_server import ServerRefused, ServerUnreachable, xrayed
from pages.failure_texts import tool_text
from pages.inspect_texts import stage_name, text
from pages.stored_runs import callable_settings
from pages.words import Lang
from pipeline.evaluation.records import Record
from pipeline.evaluation.runs import Plan
from pipeline.terms import BIGRAM, MORPHEME

RIVALS = 10  # first candidates that can be compared
TONES = 6  # numbers tell matches apart beyond that
_STYLE = """<style>
.hs-morphemes { display: flex; flex-wrap: wrap; gap: 6px 4px; margin: 0 0 10px; padding: 0; line-height: 1.4;
  color: var(--hs-ink); }
.hs-morphemes span { display: inline-flex; flex-direction: column; align-items: center; position: relative;
  border: 1px solid var(--hs-line); border-radius: 6px; padding: 2px 7px; font-size: 16px; }
.hs-morphemes small { font-size: 13px; color: var(--hs-soft); }
.hs-morphemes .dim { border-color: transparent; color: var(--hs-soft); padding: 2px 3px; }
.hs-morphemes .match { border: 2px solid var(--tone); font-weight: 700; }
.hs-morphemes sup { position: absolute; top: -8px; right: -6px; background: var(--hs-ink); color: var(--hs-card);
  border-radius: 99px; font-size: 13px; min-width: 17px; line-height: 17px; text-align: center; font-weight: 700; }
.hs-t0 { --tone: #0072b2; } .hs-t1 { --tone: #d55e00; } .hs-t2 { --tone: #009e73; }
.hs-t3 { --tone: #cc79a7; } .hs-t4 { --tone: #e69f00; } .hs-t5 { --tone: #56b4e9; }
.hs-terms td:not(:first-child), .hs-terms th:not(:first-child) { text-align: right; }
.hs-terms { width: auto; min-width: min(640px, 100%); }
.hs-terms tr.sum { font-weight: 700; }
@media (max-width: 640px) {
  .hs-terms :is(th, td) { white-space: normal; padding: 6px 4px; }
  .hs-terms :is(th, td):nth-child(2) { display: none; }
}
</style>"""

_Titled = tuple[str, Any]  # what a passage is here, and what the server says of it


@st.fragment
def xray(desk: Desk, plan: Plan, record: Record, lang: Lang) -> None:
    """The X-ray, drawn when it is wanted. Only this part is drawn anew when another passage is chosen."""
    _ = desk.path  # asks whether whoever looks is still signed in
    st.subheader(tool_text("xray", lang))
    if not st.toggle(tool_text("xray_on", lang), key="hs-xray-on", help=tool_text("xray_help", lang)):
        return
    st.html(_STYLE)
    chosen = _choose(record, lang)
    if not chosen:
        st.info(tool_text("no_rival", lang))
        return
    body = {"question": record.question, "index": plan.index, "set": callable_settings(plan.settings)}
    try:
        _draw([(title, xrayed(body, passage_id)) for title, passage_id in chosen], lang)
    except ServerUnreachable:
        st.warning(text("unreachable", lang))
    except ServerRefused as error:
        st.error(error.korean if lang == "ko" else error.english)


def _choose(record: Record, lang: Lang) -> list[tuple[str, str]]:
    """The right passage and the one to compare it with, as (title, id); those that there are."""
    columns = record.candidates.id
    places = {id_: place for place, id_ in enumerate(columns, start=1)}
    golds = sorted((p.passage_id for p in record.paths if p.indexed), key=lambda i: places.get(i, len(places) + 1))
    rivals = [id_ for id_ in columns[:RIVALS] if id_ not in golds]
    key = f"{record.id}-{len(columns)}"
    found = []
    with st.container(horizontal=True, gap="small"):
        if len(golds) > 1:
            gold = st.selectbox(
                tool_text("which_gold", lang), golds, width=260, key=f"hs-xray-gold-{key}",
                format_func=lambda id_: _named(id_, places),
            )  # fmt: skip
        else:
            gold = golds[0] if golds else ""
        if gold:
            found.append((tool_text("of_gold", lang, id=_named(gold, places)), gold))
        if rivals:
            rival = st.selectbox(
                tool_text("which_rival", lang), rivals, width=260, key=f"hs-xray-rival-{key}",
                format_func=lambda id_: _named(id_, places),
            )  # fmt: skip
            beaten = gold and places.get(gold, len(places) + 1) > places[rival]
            title = "of_beater" if beaten else "of_next" if gold else "of_first"
            found.append((tool_text(title, lang, id=_named(rival, places)), rival))
    return found


def _named(id_: str, places: Mapping[str, int]) -> str:
    return f"#{places[id_]} · {id_}" if id_ in places else id_


def _draw(found: Sequence[_Titled], lang: Lang) -> None:
    question = found[0][1]["question_morphemes"]
    asked = dict.fromkeys(m["form"] for m in question if m["content"])
    matched = {m["form"] for _, each in found for m in each["passage_morphemes"] if m["content"]}
    numbers = {form: place for place, form in enumerate((f for f in asked if f in matched), start=1)}
    rows = _row(tool_text("of_question", lang), question, numbers)
    rows += "".join(_row(title, each["passage_morphemes"], numbers) for title, each in found)
    st.html(f"<div id='hs-xray'>{rows}<p class='hs-soft'>{escape(tool_text('legend', lang))}</p></div>")
    if all(each["exact"] for _, each in found):
        st.html(_table(found, lang))
    else:
        st.caption(tool_text("inexact", lang))
    if why := found[0][1]["why"]:
        items = "".join(f"<li>{escape(each)}</li>" for each in why)
        st.html(f"<p class='hs-head'>{escape(tool_text('why', lang))}</p><ul class='hs-facts'>{items}</ul>")


def _row(title: str, morphemes: Sequence[Mapping[str, Any]], numbers: Mapping[str, int]) -> str:
    made = "".join(_morpheme(m, numbers.get(m["form"], 0) if m["content"] else 0) for m in morphemes)
    return f"<p class='hs-head'>{escape(title)}</p><p class='hs-morphemes' lang='ko'>{made}</p>"


def _morpheme(morpheme: Mapping[str, Any], place: int) -> str:
    classes, badge = ("" if morpheme["content"] else "dim"), ""
    if place:
        classes, badge = f"match hs-t{(place - 1) % TONES}", f"<sup>{place}</sup>"
    inside = f"{escape(morpheme['form'])}{badge}<small>{escape(morpheme['tag'])}</small>"
    return f"<span class='{classes}'>{inside}</span>"


def _table(found: Sequence[_Titled], lang: Lang) -> str:
    """What each term of the question gave to either passage, and where that put them."""
    terms = [{c["key"]: c for c in each["contributions"]} for _, each in found]
    keys = sorted(terms[0], key=lambda key: (-max(of[key]["score"] for of in terms), key))
    titles = [tool_text("term", lang), tool_text("idf", lang), *(title for title, _ in found)]
    head = "".join(f"<th scope='col'>{escape(title)}</th>" for title in titles)
    lines = "".join(_term(key, [of[key] for of in terms], lang) for key in keys)
    sums = "".join(f"<td>{sum(c['score'] for c in of.values()):.2f}</td>" for of in terms)
    lines += f"<tr class='sum'><th scope='row'>{escape(tool_text('total', lang))}</th><td></td>{sums}</tr>"
    for stage in ("bm25", "vector", "sparse", "colbert", "fused"):
        if stage in ("sparse", "colbert") and not any(stage in each["ranks"] for _, each in found):
            continue  # few indexes have them
        ranks = "".join(f"<td>{_rank(each, stage)}</td>" for _, each in found)
        lines += f"<tr><th scope='row'>{escape(stage_name(stage, lang))}</th><td></td>{ranks}</tr>"
    return f"<div class='hs-wide'><table class='hs-table hs-terms'><tr>{head}</tr>{lines}</table></div>"


def _term(key: str, contributions: Sequence[Mapping[str, Any]], lang: Lang) -> str:
    word = escape(key[len(MORPHEME) :])
    if key.startswith(BIGRAM):
        word += f" <span class='hs-soft'>{escape(tool_text('bigram', lang))}</span>"
    cells = "".join(f"<td>{_gave(each, lang)}</td>" for each in contributions)
    return f"<tr><th scope='row'>{word}</th><td>{contributions[0]['idf']:.2f}</td>{cells}</tr>"


def _gave(contribution: Mapping[str, Any], lang: Lang) -> str:
    if not contribution["count"]:
        return f"<span class='hs-soft'>{escape(tool_text('absent', lang))}</span>"
    times = escape(tool_text("times", lang, count=contribution["count"]))
    return f"{contribution['score']:.2f} <span class='hs-soft'>{times}</span>"


def _rank(each: Any, stage: str) -> str:
    rank = each["ranks"].get(stage)
    return f"#{rank:,} <span class='hs-soft'>{each['scores'][stage]:.2f}</span>" if rank else "–"
