"""The answer itself: its sentences with their citations, how sure it is, or what was looked for in vain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from app.chat.cards import source_line
from app.chat.stages import percent, worked_ms
from app.chat.text import attributes, button, escape, excerpt
from app.chat.words import Lang, word
from pipeline.types import Answer, Citation, Doubt, Trace, Usage

NEAREST = 3
EXCERPT = 80
SURE = ((0.8, "sure_high"), (0.6, "sure_middle"), (0.0, "sure_low"))


def places(trace: Trace) -> dict[str, int]:
    """The place from 1 of every candidate, by passage id: the number by which it is cited."""
    return {c.passage.id: place for place, c in enumerate(trace.candidates, start=1)}


def whose(trace: Trace) -> dict[str, str]:
    """The restaurant of every candidate, by passage id, where neither the question nor the answer names restaurants."""
    chips = trace.understanding.chips if trace.understanding else ()
    if any(chip.kind == "restaurant" and chip.mode == "filter" for chip in chips):
        return {}
    if trace.answer is None or trace.answer.kind not in ("extract", "generated"):
        return {}
    return {c.passage.id: c.passage.source.restaurant for c in trace.candidates}


def answer_block(trace: Trace, lang: Lang) -> str:
    """The answer of a trace as HTML; empty as long as there is none."""
    answer = trace.answer
    if answer is None or not (answer.text or answer.trouble):  # a language model's begins with nothing
        return ""
    kind = "abstention" if answer.abstained else answer.kind
    label = f'<span class="kind">{escape(word(f"kind_{kind}", lang))}</span>'
    if answer.abstained:
        below = f"{_looked_for(trace, lang)}{_meant(trace, lang)}{_nearest(trace, lang)}"
        body = f'<p class="said">{escape(answer.text)}</p>{below}'
    elif not answer.text:
        body = _nearest(trace, lang)
    else:
        body = f'<p class="said">{cited_text(answer, places(trace), lang, whose(trace))}</p>{_note(answer)}'
    opening = attributes(class_=f"answer {kind}", data_trace=trace.id, lang="ko")
    return f"<div{opening}>{label}{_trouble(answer, lang)}{body}{_confidence(answer, lang)}</div>"


def _trouble(answer: Answer, lang: Lang) -> str:
    """Why there is no text, or what is wrong with the one there is, and the cure."""
    if answer.trouble is None:
        return ""
    said = answer.trouble.ko if lang == "ko" else answer.trouble.en
    title = escape(word("trouble" if answer.text else "trouble_silent", lang))
    return f"<p{attributes(class_='trouble', role='status', lang=lang)}><b>⚠ {title}</b> {escape(said)}</p>"


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


def cited_text(
    answer: Answer, numbers: Mapping[str, int], lang: Lang, names: Mapping[str, str] = MappingProxyType({})
) -> str:
    """The answer's text as HTML: every cited sentence a span, followed by the places of what it rests on.

    Behind these stand the names that the passages have in ``names``, each once a sentence.
    """
    parts: list[str] = []
    doubts = _by_sentence(answer.doubts)
    for piece, cites in sentences(answer):
        if not cites:
            parts.extend(_plain(piece, doubts, lang))
            continue
        marks = _with_names(list(_citations(answer.citations, cites, numbers, lang)), answer, cites, names)
        doubted = doubts.get(piece, ())
        opening = attributes(class_="sentence doubted" if doubted else "sentence", data_cites=" ".join(map(str, cites)))
        parts.append(f"<span{opening}>{escape(piece)}{marks}</span>{_doubt(doubted, lang)}")
    return "".join(parts)


def _with_names(marks: list[str], answer: Answer, cites: Sequence[int], names: Mapping[str, str]) -> str:
    """The marks of a sentence and the names behind them, which never stand on a line without the last mark."""
    said = dict.fromkeys(names.get(answer.citations[cite].passage_id, "") for cite in cites)
    whose = "".join(f'<small class="whose">{escape(name)}</small>' for name in said if name)
    if not (marks and whose):
        return "".join(marks)
    return f'{"".join(marks[:-1])}<span class="marked">{marks[-1]}{whose}</span>'


def _by_sentence(doubts: Sequence[Doubt]) -> dict[str, list[Doubt]]:
    found: dict[str, list[Doubt]] = {}
    for doubt in doubts:
        found.setdefault(doubt.sentence, []).append(doubt)
    return found


def _plain(piece: str, doubts: Mapping[str, Sequence[Doubt]], lang: Lang) -> Iterator[str]:
    """A piece that cites nothing, the sentences in it that should have set off."""
    while piece:
        place, sentence = min(
            ((piece.find(one), one) for one in doubts if one and one in piece),
            key=lambda hit: (hit[0], -len(hit[1])),
            default=(-1, ""),
        )
        if place < 0:
            yield escape(piece)
            return
        yield f'{escape(piece[:place])}<span class="doubted">{escape(sentence)}</span>{_doubt(doubts[sentence], lang)}'
        piece = piece[place + len(sentence) :]


def _doubt(doubts: Sequence[Doubt], lang: Lang) -> str:
    """In words what a sentence's sources don't bear out, each kind once: an underline tells nobody what to check."""
    kinds: dict[str, list[str]] = {}
    for doubt in doubts:
        kinds.setdefault(doubt.kind, []).append(doubt.what)
    if len(kinds) > 1 and "uncited" in kinds:  # the other says more
        del kinds["uncited"]
    said = [word(f"doubt_{kind}", lang, what=", ".join(what)).strip() for kind, what in kinds.items()]
    return f'<small class="doubt">⚠ {escape(" · ".join(said))}</small>' if said else ""


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


def _meant(trace: Trace, lang: Lang) -> str:
    """The same question of restaurants whose names are near one that has no reviews, each a button."""
    made = []
    for chip in trace.understanding.chips if trace.understanding else ():
        for name in chip.near if len(chip.unknown) == 1 else ():
            text = trace.question.text.replace(chip.unknown[0], name)
            if text != trace.question.text:
                made.append(
                    button(escape(word("ask_of", lang, name=name)), class_="soft", data_act="example", data_text=text)
                )
    return f'<p class="acts">{"".join(made)}</p>' if made else ""


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
    if trace.answer is not None and trace.answer.usage is not None:
        parts.extend(usage_line(trace.answer.usage, lang))
    return f'<p class="facts">{escape(" · ".join(parts))}</p>'


def usage_line(usage: Usage, lang: Lang) -> Iterator[str]:
    """Which model, and what it took; ~ where we estimated."""
    yield usage.model
    about = "~" if usage.estimated else ""
    yield word("tokens", lang, read=f"{about}{usage.tokens_in:,}", written=f"{about}{usage.tokens_out:,}")
    if usage.first_token_ms is not None:
        yield word("first_token", lang, ms=f"{usage.first_token_ms:,.0f}")
