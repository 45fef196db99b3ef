"""The morpheme X-ray as HTML: both texts as morphemes, what each term gave, why the passage stands where it does."""

from __future__ import annotations

from collections.abc import Sequence

from app.chat.answer import places
from app.chat.options import error_block
from app.chat.stages import number
from app.chat.text import attributes, escape, excerpt
from app.chat.words import Lang, word
from pipeline.errors.base import HansangError
from pipeline.types import Morpheme, Trace
from pipeline.xray import Contribution, Xray

_EXCERPT = 36
COLOURS = 6  # the style sheet has as many; numbers tell matches apart beyond that


def morpheme_panel(trace: Trace | None, chosen: str, xray: Xray | HansangError | None, lang: Lang) -> str:
    """The tab as HTML: the choice of a candidate, and its X-ray."""
    if trace is None or not trace.candidates:
        return f'<p class="hint">{escape(word("no_trace", lang))}</p>'
    body = ""
    if isinstance(xray, HansangError):
        body = error_block(xray, lang)
    elif xray is not None:
        body = xray_block(xray, lang)
    return f'<section class="xray">{_choice(trace, chosen, lang)}{body}</section>'


def _choice(trace: Trace, chosen: str, lang: Lang) -> str:
    numbers = places(trace)
    made = []
    for candidate in trace.candidates:
        passage = candidate.passage
        name = passage.source.restaurant or passage.source.document_id
        label = f"{numbers[passage.id]}. {name}: {excerpt(passage.text, _EXCERPT)}"
        made.append(f"<option{attributes(value=passage.id, selected=passage.id == chosen)}>{escape(label)}</option>")
    return (
        f"<label class='field tall'><span>{escape(word('choose_passage', lang))}</span>"
        f"<select{attributes(name='passage', data_change='xray')}>{''.join(made)}</select></label>"
    )


def xray_block(xray: Xray, lang: Lang) -> str:
    """An X-ray: two rows of morphemes, the table of contributions, the reasons."""
    shared = [m.form for m in xray.question_morphemes if m.content and m.form in xray.matched]
    numbers = {form: place for place, form in enumerate(dict.fromkeys(shared), start=1)}
    return (
        f"{_row('xray_question', xray.question_morphemes, numbers, lang)}"
        f"{_row('xray_passage', xray.passage_morphemes, numbers, lang)}"
        f'<p class="hint">{escape(word("xray_dim", lang))}</p>{_why(xray, lang)}{_table(xray, lang)}'
    )


def _row(title: str, morphemes: Sequence[Morpheme], numbers: dict[str, int], lang: Lang) -> str:
    made = "".join(_morpheme(m, numbers.get(m.form) if m.content else None) for m in morphemes)
    return f'<h4>{escape(word(title, lang))}</h4><p class="morphemes" lang="ko">{made}</p>'


def _morpheme(morpheme: Morpheme, place: int | None) -> str:
    classes = "m" if morpheme.content else "m dim"
    badge = ""
    if place is not None:
        classes += f" match c{(place - 1) % COLOURS}"
        badge = f"<sup>{place}</sup>"
    opening = attributes(class_=classes, data_match=place)
    return f"<span{opening}>{escape(morpheme.form)}{badge}<small>{escape(morpheme.tag)}</small></span>"


def _why(xray: Xray, lang: Lang) -> str:
    reasons = xray.why or (word("why_fine", lang),)
    items = "".join(f"<li>{escape(reason)}</li>" for reason in reasons)
    return f'<h4>{escape(word("why", lang))}</h4><ul class="why">{items}</ul>'


def _table(xray: Xray, lang: Lang) -> str:
    if not xray.exact:
        return f'<p class="hint">{escape(word("inexact", lang))}</p>'
    total = sum(c.score for c in xray.contributions)
    head = "".join(
        f'<th scope="col">{escape(word(key, lang))}</th>' for key in ("term", "count", "idf", "gave", "share")
    )
    body = "".join(_contribution(c, total, lang) for c in xray.contributions)
    named = f'<th scope="row">{escape(word("total", lang))}</th>'
    foot = f'<tr class="sum">{named}<td></td><td></td><td>{number(total)}</td><td></td></tr>'
    return f'<div class="wide"><table class="terms"><tr>{head}</tr>{body}{foot}</table></div>'


def _contribution(contribution: Contribution, total: float, lang: Lang) -> str:
    share = contribution.score / total * 100 if total else 0.0
    kind = word("bigram" if contribution.is_bigram else "morpheme", lang)
    bar = f'<span class="bar" aria-hidden="true"><i style="width:{share:.0f}%"></i></span>'
    return (
        f"<tr{attributes(class_='none' if not contribution.count else None)}>"
        f'<th scope="row">{escape(contribution.word)} <small>{escape(kind)}</small></th>'
        f"<td>{contribution.count}</td><td>{number(contribution.idf)}</td><td>{number(contribution.score)}</td>"
        f"<td>{share:.0f} %{bar}</td></tr>"
    )
