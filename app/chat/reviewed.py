"""The tab for one review: what it judges, what it feels, what it says of which aspect, in the text itself."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from app.chat.options import error_block
from app.chat.session import Session
from app.chat.text import attributes, button, escape
from app.chat.words import Lang, word
from app.labels import SIGNS, anchor, names, title
from pipeline.errors.base import HansangError
from pipeline.restaurants.opinions import embedded_classifier
from pipeline.types import Analysis, Opinion, Unanalysed

LONGEST = 20_000  # characters that the box takes


def analyse(session: Session, text: str) -> None:
    """Analyse a review that was typed; what came of it is in the session."""
    session.review = session.analysed = text[:LONGEST]
    try:
        (session.analysis,) = embedded_classifier().classify([session.review])
    except HansangError as error:
        session.analysis = error


def review_panel(session: Session) -> str:
    """The tab as HTML: the box, and below it what came of the review."""
    lang, found = session.lang, session.analysis
    if found is None:
        below = f'<p class="hint">{escape(word("review_hint", lang))}</p>'
    elif isinstance(found, HansangError):
        below = error_block(found, lang)
    elif isinstance(found, Unanalysed):
        below = f'<p class="error" role="alert">{escape(found.ko if lang == "ko" else found.en)}</p>'
    else:
        below = analysis_block(session.analysed, found, lang)
    return f'<section class="reviewing">{_form(session.review, lang)}{below}</section>'


def _form(text: str, lang: Lang) -> str:
    box = attributes(
        name="text",
        rows=5,
        maxlength=LONGEST,
        lang="ko",
        data_change="review-typed",
        placeholder=word("review_box", lang),
    )
    send = button(escape(word("analyse", lang)), class_="soft main", data_act="analyse")
    label = f"<span>{escape(word('review_label', lang))}</span><textarea{box}>{escape(text)}</textarea>"
    return f"<form class='box'><label class='field tall'>{label}</label>{send}</form>"


def analysis_block(text: str, found: Analysis, lang: Lang) -> str:
    """An analysis: the text with its marks, bars, opinions, sentences that differ."""
    verdicts = {str(name): share for name, share in found.sentiment.items()}
    return (
        f"<section{attributes(class_='analysed', aria_label=word('analysis', lang))}>"
        f'<p class="review" lang="ko">{_marked(text, found.opinions, lang)}</p>{_note(found, lang)}'
        f"{_opinions(text, found.opinions, lang)}"
        f"{_bars(title('sentiment', lang), names('sentiment', lang), verdicts, (found.label,))}"
        f"{_intensity(found, lang)}"
        f"{_bars(title('emotions', lang), names('emotions', lang), found.emotions, found.felt)}"
        f"{_parts(text, found, lang)}"
        f'<p class="hint">{escape(word("analysis_by", lang, name=found.classifier))}</p></section>'
    )


def _marked(text: str, opinions: tuple[Opinion, ...], lang: Lang) -> str:
    bounds = sorted({0, len(text), *(bound for opinion in opinions for bound in opinion.span)})
    aspects, pieces = names("aspects", lang), []
    for start, end in pairwise(bounds):
        piece = escape(text[start:end])
        over = [o for o in opinions if o.span[0] <= start and end <= o.span[1]]
        if over:
            said = ", ".join(f"{aspects[o.aspect]} {SIGNS[o.polarity]}" for o in over)
            piece = f"<mark{attributes(class_=f'said {over[0].polarity}', title=said)}>{piece}</mark>"
        pieces.append(piece)
    return "".join(pieces)


def _opinions(text: str, opinions: tuple[Opinion, ...], lang: Lang) -> str:
    aspects = names("aspects", lang)
    if not opinions:
        said = f'<p class="hint">{escape(word("no_opinions", lang))}</p>'
    else:
        rows = (
            f"<li><b>{escape(aspects[o.aspect])}</b> {_sign(o.polarity, lang)} "
            f"<q lang='ko'>{escape(text[slice(*o.span)])}</q></li>"
            for o in opinions
        )
        said = f"<ul class='opinions'>{''.join(rows)}</ul>"
    return f"<h4>{escape(title('aspects', lang))}</h4>{said}"


def _sign(polarity: str, lang: Lang) -> str:
    named = names("sentiment", lang)[polarity]
    return f"<span{attributes(class_=f'sign {polarity}')}>{SIGNS[polarity]} {escape(named)}</span>"


def _bars(heading: str, named: Mapping[str, str], scores: Mapping[str, float], over: tuple[str, ...]) -> str:
    """A bar for every label; those that hold are said to, not only coloured."""
    rows = "".join(
        f"<div{attributes(class_='share on' if id in over else 'share', data_label=id)}>"
        f"<dt>{'✓ ' if id in over else ''}{escape(named[id])}</dt><dd><span>{score * 100:.0f} %</span>"
        f'<span class="bar" aria-hidden="true"><i style="width:{score * 100:.0f}%"></i></span></dd></div>'
        for id, score in ((id, scores[id]) for id in named if id in scores)
    )
    return f"<h4>{escape(heading)}</h4><dl class='shares'>{rows}</dl>"


def _intensity(found: Analysis, lang: Lang) -> str:
    value = found.expected_intensity
    nearest = min(5, max(1, round(value)))
    step = escape(names("intensity", lang)[str(nearest)])
    meter = attributes(min=1, max=5, value=f"{value:.2f}", aria_label=title("intensity", lang))
    return (
        f"<h4>{escape(title('intensity', lang))}</h4><p class='intensity'><b>{value:.1f} / 5</b> {step}"
        f"<meter{meter}></meter><span class='hint'>{escape(anchor(nearest, lang))}</span></p>"
    )


def _parts(text: str, found: Analysis, lang: Lang) -> str:
    if len(found.parts) < 2:
        return ""
    named = names("sentiment", lang)
    rows = "".join(
        f"<li><b>{escape(named[max(part.sentiment, key=part.sentiment.__getitem__)])}</b> {part.intensity:.1f} "
        f"<q lang='ko'>{escape(text[slice(*part.span)])}</q></li>"
        for part in found.parts
    )
    return f"<h4>{escape(word('by_sentence', lang))}</h4><ul class='opinions'>{rows}</ul>"


def _note(found: Analysis, lang: Lang) -> str:
    return f'<p class="hint">{escape(word(f"note_{found.note}", lang))}</p>' if found.note else ""
