"""Below the figures of the restaurant tab: what can be picked in them, as buttons too, and the reviews behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from app.chat.session import Session
from app.chat.text import attributes, button, escape
from app.chat.words import Lang, word
from app.labels import names
from pipeline.restaurants.picking import Pick, pick_of, reviews_behind
from pipeline.restaurants.reviews import Review
from pipeline.strengths.portraits import Portrait
from pipeline.types import Span

MOST = 30  # reviews shown


def picked_panel(session: Session) -> str:
    """The part as HTML; empty as long as there is no portrait."""
    found, lang = session.portrait, session.lang
    if not isinstance(found, Portrait):
        return ""
    pick = pick_of(session.picked)
    rows = "".join(
        _row(title, picks, found, pick, lang)
        for title, picks in (("pick_aspect", _aspects(found)), ("pick_feeling", _feelings(found)))
    )
    chosen = _months(found, pick, lang)
    below = _behind(pick, found, lang) if pick else f'<p class="hint">{escape(word("pick_hint", lang))}</p>'
    heading = f"<h4>{escape(word('pick_title', lang))}</h4>"
    opening = attributes(class_="portrait picked", data_picked=str(pick) if pick else "")
    return f"<section{opening}>{heading}{rows}{chosen}{below}</section>"


def _aspects(found: Portrait) -> list[Pick]:
    return [Pick("aspect", one.share.aspect) for one in found.summary.aspects]


def _feelings(found: Portrait) -> list[Pick]:
    felt = {emotion for month in found.feelings for emotion, count in month.felt.items() if count}
    return [Pick("feeling", emotion) for emotion in names("emotions", "ko") if emotion in felt]


def _row(title: str, picks: Sequence[Pick], found: Portrait, pick: Pick | None, lang: Lang) -> str:
    if not picks:
        return ""
    label = word(title, lang)
    made = "".join(_pill(one, found, pressed=one == pick, lang=lang) for one in picks)
    return f"<div{attributes(class_='acts', role='group', aria_label=label)}><b>{escape(label)}</b> {made}</div>"


def _pill(one: Pick, found: Portrait, *, pressed: bool, lang: Lang) -> str:
    said = f"{'✓ ' if pressed else ''}{named(one, lang)} {len(reviews_behind(one, found.table))}"
    state = "true" if pressed else "false"
    return button(escape(said), class_="soft small", data_act="pick", data_pick=str(one), aria_pressed=state)


def _months(found: Portrait, pick: Pick | None, lang: Lang) -> str:
    """The months in a list: there may be dozens."""
    if not found.summary.months:
        return ""
    rows = [("", word("pick_no_month", lang))]
    rows += [(str(Pick("month", "", m.month)), f"{m.month} ({m.reviews})") for m in reversed(found.summary.months)]
    now = str(Pick("month", "", pick.month)) if pick and pick.month else ""
    made = "".join(f"<option{attributes(value=v, selected=v == now)}>{escape(t)}</option>" for v, t in rows)
    select = f"<select{attributes(name='pick', data_change='pick')}>{made}</select>"
    return f"<label class='field tall'><span>{escape(word('pick_month', lang))}</span>{select}</label>"


def named(pick: Pick, lang: Lang) -> str:
    """A point in words, not escaped."""
    if pick.kind == "month":
        sentiment = names("sentiment", lang)
        rest = f"{sentiment['neutral']} · {sentiment['mixed']}"
        what = rest if pick.what == "rest" else sentiment.get(pick.what, "")
    else:
        what = names("aspects" if pick.kind == "aspect" else "emotions", lang).get(pick.what, pick.what)
    return " · ".join(part for part in (pick.month, what) if part)


def _behind(pick: Pick, found: Portrait, lang: Lang) -> str:
    reviews = reviews_behind(pick, found.table)
    count = escape(word("pick_count", lang, name=named(pick, lang), n=len(reviews)))
    clear = button(escape(word("pick_clear", lang)), class_="soft small", data_act="pick", data_pick=str(pick))
    rest = (
        f"<li class='hint'>{escape(word('and_more', lang, n=len(reviews) - MOST))}</li>" if len(reviews) > MOST else ""
    )
    rows = "".join(_review(review, spans) for review, spans in reviews[:MOST])
    return f"<p class='told' role='status'><b>{count}</b> {clear}</p><ul class='behind'>{rows}{rest}</ul>"


def _review(review: Review, spans: Sequence[Span]) -> str:
    stars = f"★ {review.rating:g}" if review.rating is not None else ""
    facts = " · ".join(escape(fact) for fact in (stars, review.date, review.id) if fact)
    return f"<li><small>{facts}</small><p class='review' lang='ko'>{_marked(review.text, spans)}</p></li>"


def _marked(text: str, spans: Iterable[Span]) -> str:
    """The text with the spans marked; where two overlap the second begins behind the first."""
    edges = [0]
    for start, end in spans:
        edges += [max(start, edges[-1]), max(end, edges[-1])]
    pieces = [escape(text[start:end]) for start, end in pairwise([*edges, len(text)])]
    return "".join(f"<mark>{piece}</mark>" if place % 2 and piece else piece for place, piece in enumerate(pieces))
