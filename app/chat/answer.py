"""The answer itself: its sentences with their citations, how sure it is, or what was looked for in vain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from app.chat.cards import source_line
from app.chat.stages import percent, worked_ms
from app.chat.text import attributes, button, escape, excerpt
from app.chat.words import Lang, word
from pipeline.types import Answer, Citation, Trace

NEAREST = 3
EXCERPT = 80
SURE = ((0.8, "sure_high"), (0.6, "sure_middle"), (0.0, "sure_low"))


def places(trace: Trace) -> dict[str, int]:
    """The place from 1 of every candidate, by passage id: the number by which it is cited."""
    return {c.passage.id: place for place, c in enumerate(trace.candidates, start=1)}


def answer_block(trace: Trace, lang: Lang) -> str:
    """The answer of a trace as HTML; empty as long as there is none."""
    answer = trace.answer
    if answer is None:
        return ""
    kind = "abstention" if answer.abstained else answer.kind
    label = f'<span class="kind">{escape(word(f"kind_{kind}", lang))}</span>'
    if answer.abstained:
        body = f'<p class="said">{escape(answer.text)}</p>{_looked_for(trace, lang)}{_nearest(trace, lang)}'
    else:
        body = f'<p class="said">{cited_text(answer, places(trace), lang)}</p>{_note(answer)}'
    opening = attributes(class_=f"answer {kind}", data_trace=trace.id, lang="ko")
    return f"<div{opening}>{label}{body}{_confidence(answer, lang)}</div>"


def sentences(answer: Answer) -> Iterator[tuple[str, list[int]]]:
    """The answer's text in pieces, each with the numbers (from 0) of the citations it carries; pieces join to the text.

    Neighbouring citations of one sentence share a piece. Citations whose sentence isn't found come with an empty piece
    at the end, so that none is lost.
    """
    groups: list[tuple[str, list[int]]] = []
    for number, citation in enumerate(answer.citations):
        if groups and groups[-1][0] == citation.sentence:
            groups[-1][1].append(number)
        else:
            groups.append((citation.sentence, [number]))
    cursor, lost = 0, []
    for sentence, numbers in groups:
        start = answer.text.find(sentence, cursor) if sentence else -1
        if start < 0:
            lost.extend(numbers)
            continue
        if start > cursor:
            yield answer.text[cursor:start], []
        cursor = start + len(sentence)
        yield sentence, numbers
    if cursor < len(answer.text):
        yield answer.text[cursor:], []
    if lost:
        yield "", lost


def cited_text(answer: Answer, numbers: Mapping[str, int], lang: Lang) -> str:
    """The answer's text as HTML: every cited sentence a span, followed by the places of what it rests on."""
    parts = []
    for piece, cites in sentences(answer):
        if not cites:
            parts.append(escape(piece))
            continue
        marks = "".join(_citations(answer.citations, cites, numbers, lang))
        opening = attributes(class_="sentence", data_cites=" ".join(map(str, cites)))
        parts.append(f"<span{opening}>{escape(piece)}{marks}</span>")
    return "".join(parts)


def _citations(
    citations: Sequence[Citation], cites: Sequence[int], numbers: Mapping[str, int], lang: Lang
) -> Iterator[str]:
    """A button for each passage; one whose passage isn't among the candidates would lead nowhere and gets none."""
    by_place: dict[int, list[int]] = {}
    for cite in cites:
        place = numbers.get(citations[cite].passage_id)
        if place is not None:
            by_place.setdefault(place, []).append(cite)
    for place, members in by_place.items():
        label = word("see_evidence", lang, n=place)
        yield button(f"[{place}]", class_="cite", data_cites=" ".join(map(str, members)), aria_label=label, title=label)


def _note(answer: Answer) -> str:
    return f'<p class="note">{escape(answer.note)}</p>' if answer.note else ""


def _looked_for(trace: Trace, lang: Lang) -> str:
    """What was searched for in vain: in the generator's words when it says, else the text of the search."""
    assert trace.answer is not None
    if trace.answer.note:
        return _note(trace.answer)
    searched = trace.understanding.search_text if trace.understanding else trace.question.text
    return f'<p class="note"><b>{escape(word("looked_for", lang))}</b> {escape(searched)}</p>'


def _nearest(trace: Trace, lang: Lang) -> str:
    items = []
    for place, candidate in enumerate(trace.candidates[:NEAREST], start=1):
        label = f"[{place}] {escape(excerpt(candidate.passage.text, EXCERPT))}"
        go = button(label, class_="near", data_go=candidate.passage.id)
        items.append(f"<li>{source_line(candidate.passage.source, lang)}{go}</li>")
    if not items:
        return ""
    return f'<p class="near-title">{escape(word("nearest", lang))}</p><ul class="nearest">{"".join(items)}</ul>'


def _confidence(answer: Answer, lang: Lang) -> str:
    if answer.confidence is None:
        return ""
    chance = escape(word("answerable", lang, p=percent(answer.confidence)))
    if answer.abstained:
        return f'<p class="sure">{chance}</p>'
    key = next(key for bound, key in SURE if answer.confidence >= bound)
    words = escape(f"{word('confidence', lang)} {word(key, lang)}")
    return f'<p class="sure {key}"><b>{words}</b> <span class="dot" aria-hidden="true">·</span> {chance}</p>'


def facts(trace: Trace, lang: Lang) -> str:
    """One line of numbers under the answer."""
    parts = []
    if trace.answer is not None and trace.answer.citations:
        cited = {citation.passage_id for citation in trace.answer.citations}
        parts.append(word("sources", lang, n=len(cited)))
    parts.append(word("candidates", lang, n=len(trace.candidates)))
    parts.append(f"{worked_ms(trace):,.0f} ms")
    return f'<p class="facts">{escape(" · ".join(parts))}</p>'
