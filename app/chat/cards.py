"""The evidence panel: a card for every candidate, with its text, its scores and its ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.chat.marks import citations_by_passage, marked_text
from app.chat.stages import STAGES, lift, number, percent, widths
from app.chat.text import attributes, button, escape
from app.chat.words import Lang, word
from pipeline.types import COUNTED, Answer, ScoredPassage, Source, Span, Trace


def shown(trace: Trace, expanded: bool) -> list[tuple[int, ScoredPassage]]:
    """The candidates to show with their places from 1: those of the prompt and those cited, or all.

    A count may cite a passage outside the prompt; where reviews were counted beyond it, those that the answer cites
    are shown alone, in its order. Before the reranker has chosen, the first k.
    """
    placed = list(enumerate(trace.candidates, start=1))
    if expanded:
        return placed
    if trace.answer and trace.answer.kind in COUNTED and trace.answer.citations:
        said = {citation.passage_id: order for order, citation in reversed(list(enumerate(trace.answer.citations)))}
        return sorted((one for one in placed if one[1].passage.id in said), key=lambda one: said[one[1].passage.id])
    cited = {citation.passage_id for citation in trace.answer.citations} if trace.answer else set()
    chosen = [(place, c) for place, c in placed if c.in_prompt or c.passage.id in cited]
    return chosen or placed[: int(str(trace.settings["retrieval.k"]))]


def evidence(trace: Trace | None, matched: Mapping[str, Sequence[Span]], lang: Lang, expanded: bool = False) -> str:
    """The panel of an answer as HTML."""
    if trace is None or trace.state == "understood":
        return f'<p class="hint">{escape(word("no_trace", lang))}</p>'
    if not trace.candidates:
        return f'<p class="hint">{escape(word("nothing_found", lang))}</p>'
    bars = {stage: widths(trace.candidates, stage) for stage in STAGES}
    cards = "".join(
        _card(place, candidate, trace.answer, matched.get(candidate.passage.id, ()), bars, lang)
        for place, candidate in shown(trace, expanded)
    )
    opening = f"<section{attributes(class_='evidence', data_trace=trace.id, aria_label=word('tab_evidence', lang))}>"
    return f"{opening}{cards}{_foot(trace, expanded, lang)}</section>"


def _foot(trace: Trace, expanded: bool, lang: Lang) -> str:
    total, few = len(trace.candidates), len(shown(trace, False))
    more = ""
    if total > few:
        label = word("show_less", lang) if expanded else word("show_all", lang, n=total)
        more = button(escape(label), class_="soft", data_act="expand", aria_expanded="true" if expanded else "false")
    only = "" if expanded or not more else escape(word("only_k", lang, k=few))
    return f'<p class="foot">{only} {more}</p><p class="hint">{escape(word("scale", lang))}</p>'


def _card(
    place: int,
    candidate: ScoredPassage,
    answer: Answer | None,
    matched: Sequence[Span],
    bars: Mapping[str, Mapping[str, int]],
    lang: Lang,
) -> str:
    citations = answer.citations if answer else ()
    numbers = citations_by_passage(citations).get(candidate.passage.id, [])
    cited = {n: (citations[n].start, citations[n].end) for n in numbers}
    opening = attributes(
        class_="card cited-card" if numbers else "card",
        data_passage=candidate.passage.id,
        data_cites=" ".join(map(str, numbers)) or None,
        tabindex="-1",
    )
    text = marked_text(candidate.passage.text, matched, cited)
    return (
        f"<article{opening}>{_heading(place, candidate, bool(numbers), lang)}"
        f'<p class="review">{text}</p>{_stages(candidate, bars, lang)}{_verdict(candidate, lang)}</article>'
    )


def _heading(place: int, candidate: ScoredPassage, used: bool, lang: Lang) -> str:
    badge = ""
    if used:
        badge = f'<span class="used">✓ {escape(word("used", lang))}</span>'
    elif candidate.in_prompt:
        badge = f'<span class="unused">{escape(word("in_prompt", lang))}</span>'
    return f'<header><span class="place">{place}</span>{source_line(candidate.passage.source, lang)}{badge}</header>'


def source_line(source: Source, lang: Lang) -> str:
    """Restaurant, district, stars and date as HTML; what isn't known is left out."""
    parts = [f"<b>{escape(source.restaurant or source.title or source.document_id)}</b>"]
    if source.district:
        parts.append(f"<span>{escape(source.district)}</span>")
    if source.rating is not None:
        parts.append(_stars(source.rating, lang))
    if source.date:
        parts.append(f"<time>{escape(source.date)}</time>")
    if source.reply_to:
        parts.append(f"<span>{escape(word('reply', lang))}</span>")
    return '<span class="source">' + '<span class="dot" aria-hidden="true"> · </span>'.join(parts) + "</span>"


def _stars(rating: float, lang: Lang) -> str:
    full = min(5, max(0, round(rating)))
    label = word("rating", lang, n=f"{rating:g}")
    opening = attributes(class_="stars", role="img", aria_label=label, title=label)
    return f"<span{opening}>{'★' * full}{'☆' * (5 - full)}</span>"


def _stages(candidate: ScoredPassage, bars: Mapping[str, Mapping[str, int]], lang: Lang) -> str:
    cells = []
    for stage in STAGES:
        if stage not in candidate.scores:
            continue
        width = bars[stage].get(candidate.passage.id, 0)
        rank = word("rank", lang, n=candidate.ranks[stage])
        cells.append(
            f'<div class="stage {stage}"><dt>{escape(word(f"stage_{stage}", lang))}</dt>'
            f"<dd><span class='raw'>{number(candidate.scores[stage])}</span> <b>{escape(rank)}</b>"
            f'<span class="bar" aria-hidden="true"><i style="width:{width}%"></i></span></dd></div>'
        )
    return f'<dl class="stages">{"".join(cells)}</dl>'


def _verdict(candidate: ScoredPassage, lang: Lang) -> str:
    parts = []
    if candidate.relevance is not None:
        parts.append(f"<span>{escape(word('relevance', lang, p=percent(candidate.relevance)))}</span>")
    parts.append(_movement(lift(candidate), lang))
    label = escape(word("explain", lang))
    parts.append(button(label, class_="soft small", data_act="xray", data_passage=candidate.passage.id))
    return f"<footer>{''.join(parts)}</footer>"


def _movement(places: int | None, lang: Lang) -> str:
    if places is None:
        return f'<span class="move">{escape(word("not_reranked", lang))}</span>'
    if places == 0:
        return f'<span class="move">= {escape(word("stayed", lang))}</span>'
    key, sign = ("rose", "▲") if places > 0 else ("fell", "▼")
    return f'<span class="move {key}"><b>{sign}{abs(places)}</b> {escape(word(key, lang, n=abs(places)))}</span>'
