"""The tab for one restaurant as HTML: what its reviews come to, every sentence with the reviews it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from app.chat.options import error_block
from app.chat.session import Session
from app.chat.text import attributes, escape
from app.chat.words import Lang, word
from app.labels import names
from pipeline.errors.base import HansangError
from pipeline.restaurants.quotes import Quote
from pipeline.restaurants.reviews import Review
from pipeline.restaurants.summaries import AspectSummary, Sentence, Summary
from pipeline.strengths.portraits import Portrait
from pipeline.strengths.types import Strength, Strengths

CHOICES = 300  # names in a list; with more of them a name is typed
MOST = 20  # reviews shown under a sentence


def portrait_panel(session: Session, restaurants: Sequence[str]) -> str:
    """The tab as HTML: the choice of a restaurant, and what is known of it."""
    lang, found = session.lang, session.portrait
    if not restaurants:
        return f'<section class="portrait"><p class="hint">{escape(word("no_restaurants", lang))}</p></section>'
    if session.drawing:
        below = f'<p class="hint" role="status">{escape(word("portrait_working", lang))}</p>'
    elif found is None:
        below = f'<p class="hint">{escape(word("portrait_hint", lang))}</p>'
    elif isinstance(found, HansangError):
        below = error_block(found, lang)
    else:
        below = portrait_block(found, lang, session.wording)
    return f'<section class="portrait">{_choice(restaurants, session.restaurant, lang)}{below}</section>'


def _choice(restaurants: Sequence[str], chosen: str, lang: Lang) -> str:
    label = f"<span>{escape(word('choose_restaurant', lang))}</span>"
    if len(restaurants) > CHOICES:
        box = attributes(name="restaurant", value=chosen, data_change="restaurant", list="hs-restaurants", lang="ko")
        known = "".join(f"<option{attributes(value=name)}></option>" for name in restaurants[:CHOICES])
        return f"<label class='field tall'>{label}<input{box}></label><datalist id='hs-restaurants'>{known}</datalist>"
    rows = [("", word("choose_one", lang)), *((name, name) for name in restaurants)]
    made = "".join(
        f"<option{attributes(value=value, selected=value == chosen)}>{escape(name)}</option>" for value, name in rows
    )
    opening = attributes(name="restaurant", data_change="restaurant")
    return f"<label class='field tall'>{label}<select{opening}>{made}</select></label>"


def portrait_block(found: Portrait, lang: Lang, wording: str = "") -> str:
    """A portrait without its figures; ``wording`` is the language model that is putting it into words."""
    made_by = word("portrait_by", lang, name=found.summary.writer, n=found.group_size)
    return (
        f"<section{attributes(class_='drawn', data_restaurant=found.restaurant)}>"
        f"{_overall(found.summary, found.reviews, lang)}{_written(found.summary, wording, lang)}"
        f"{_strengths('strengths', found.strengths, found.reviews, lang)}"
        f"{_strengths('weaknesses', found.weaknesses, found.reviews, lang)}"
        f"<h4>{escape(word('by_aspect', lang))}</h4>"
        f"{''.join(_aspect(one, found.reviews, lang) for one in found.summary.aspects)}"
        f'<p class="hint">{escape(made_by)}</p></section>'
    )


def _overall(summary: Summary, reviews: Mapping[str, Review], lang: Lang) -> str:
    said = [*summary.overall, *([summary.trend] if summary.trend else [])]
    heading = f"<h4>{escape(summary.restaurant)} <small>{escape(summary.category)}</small></h4>"
    note = f'<p class="hint">{escape(summary.note)}</p>' if summary.note else ""
    return heading + note + "".join(_sentence(one, reviews, lang) for one in said)


def _written(summary: Summary, wording: str, lang: Lang) -> str:
    """Whose words these are: a language model's, its still to come, or not its, and why."""
    if wording:
        said = escape(word("portrait_wording", lang, name=wording))
        return f'<p class="hint" role="status">{said}</p>'
    if summary.problem:
        said = escape(word("portrait_unworded", lang, problem=summary.problem))
        return f'<p class="trouble" role="status">⚠ {said}</p>'
    return ""


def _sentence(sentence: Sentence, reviews: Mapping[str, Review], lang: Lang) -> str:
    """A sentence that opens on the reviews it rests on."""
    return _opens(escape(sentence.text), [(id_, None) for id_ in sentence.evidence], reviews, lang)


def _opens(said: str, evidence: Sequence[tuple[str, Quote | None]], reviews: Mapping[str, Review], lang: Lang) -> str:
    known = [(reviews[id_], quote) for id_, quote in evidence if id_ in reviews]
    if not known:
        return f"<p class='told'>{said}</p>"
    count = escape(word("rests_on", lang, n=len(known)))
    rest = f"<li class='hint'>{escape(word('and_more', lang, n=len(known) - MOST))}</li>" if len(known) > MOST else ""
    shown = "".join(_review(review, quote) for review, quote in known[:MOST])
    return f"<details class='told'><summary>{said} <small>{count}</small></summary><ul>{shown}{rest}</ul></details>"


def _review(review: Review, quote: Quote | None) -> str:
    stars = f"★ {review.rating:g}" if review.rating is not None else ""
    facts = " · ".join(escape(fact) for fact in (stars, review.date, review.id) if fact)
    return f"<li><small>{facts}</small><p class='review' lang='ko'>{_quoted(review.text, quote)}</p></li>"


def _quoted(text: str, quote: Quote | None) -> str:
    if quote is None:
        return escape(text)
    start, end = quote.start, quote.end
    return f"{escape(text[:start])}<mark>{escape(text[start:end])}</mark>{escape(text[end:])}"


def _strengths(key: str, found: Strengths, reviews: Mapping[str, Review], lang: Lang) -> str:
    heading = f"<h4>{escape(word(key, lang))}</h4>"
    few = _few(found.few, reviews, lang)
    if not found.found:
        return f"{heading}<p class='hint'>{escape(found.note or word('none_found', lang))}</p>{few}"
    rows = "".join(f"<li>{_strength(one, reviews, lang)}</li>" for one in found.found)
    problems = "".join(f"<p class='hint'>⚠ {escape(one.ko if lang == 'ko' else one.en)}</p>" for one in found.problems)
    return f"{heading}<ol class='{key}'>{rows}</ol>{few}{problems}"


def _few(found: Sequence[Strength], reviews: Mapping[str, Review], lang: Lang) -> str:
    """What rests on too little to be a strength yet, with the little that there is."""
    if not found:
        return ""
    rows = "".join(
        f"<li>{_opens(escape(one.claim), [(quote.review_id, quote) for quote in one.quotes], reviews, lang)}</li>"
        for one in found
    )
    return f"<p class='hint'>{escape(word('few_say', lang))}</p><ul class='few'>{rows}</ul>"


def _strength(one: Strength, reviews: Mapping[str, Review], lang: Lang) -> str:
    facts = word("strength_facts", lang, n=one.support, p=round(one.ratio * 100), d=round(one.distinctness * 100))
    aspect = names("aspects", lang).get(one.aspect, one.aspect)
    said = (
        f"<b>{escape(one.claim)}</b> <span class='sign'>{escape(aspect)}</span> "
        f"<span class='sign'>{escape(word(f'kind_{one.kind}', lang))}</span> <small>{escape(facts)}</small>"
    )
    return _opens(said, [(quote.review_id, quote) for quote in one.quotes], reviews, lang) + _nearest(one, lang)


def _nearest(one: Strength, lang: Lang) -> str:
    if not one.nearest_restaurant:
        return ""
    said = word("nearest_claim", lang, name=one.nearest_restaurant, said=one.nearest_claim)
    return f"<p class='hint'>{escape(said)}</p>"


def _aspect(found: AspectSummary, reviews: Mapping[str, Review], lang: Lang) -> str:
    name = names("aspects", lang).get(found.share.aspect, found.share.aspect)
    if found.note:
        return f"<p class='told'><b>{escape(name)}</b> <span class='hint'>{escape(found.note)}</span></p>"
    sentences = "".join(_sentence(one, reviews, lang) for one in found.sentences)
    return f"<div class='aspect'><b>{escape(name)}</b>{_quotes(found.quotes, reviews, lang)}{sentences}</div>"


def _quotes(quotes: Iterable[Quote], reviews: Mapping[str, Review], lang: Lang) -> str:
    return "".join(
        _opens(f"<q lang='ko'>{escape(quote.text.strip())}</q>", [(quote.review_id, quote)], reviews, lang)
        for quote in quotes
    )
