"""A restaurant's reviews in a few sentences: overall, and aspect by aspect. Numbers are counted, quotes are slices of
reviews, and every sentence says which reviews it rests on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.question.dates import RECENT_MONTHS, months_before
from pipeline.question.hangul import has_final
from pipeline.restaurants.quotes import Quote, central, quote_of
from pipeline.restaurants.remarks import ASPECTS, AspectShare, EvidenceTable, Month, Remark
from pipeline.restaurants.vectors import Space
from pipeline.types import Polarity

ENOUGH = 2  # reviews that judge an aspect, below which nothing is said of it
ENOUGH_OVERALL = 3  # reviews, below which nothing is said of a restaurant
QUOTES = 2  # for each side
ENOUGH_FOR_TREND = 10  # reviews on each side of a comparison in time, below which it shows no trend
CHANGE = 0.1  # of the share of positive reviews, from which it has changed
TOO_LITTLE = "근거 부족"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a summary and the ids of the reviews that it rests on."""

    text: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AspectMonth:
    """The reviews of a month that praise an aspect and those that complain of it."""

    month: str
    positive: int
    negative: int


@dataclass(frozen=True, slots=True)
class AspectSummary:
    """What reviews say of one aspect. ``note`` says so where they are too few, and then there are no sentences."""

    share: AspectShare
    sentences: tuple[Sentence, ...]
    quotes: tuple[Quote, ...]
    months: tuple[AspectMonth, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """A restaurant in two sentences, then by aspect. ``trend`` compares the last half year with the time before it.

    ``positive``, ``neutral``, ``negative`` and ``mixed`` count reviews; ``writer`` is who worded the sentences, and
    ``problem`` what it couldn't do.
    """

    restaurant: str
    category: str
    reviews: int
    failed: int
    positive: int
    neutral: int
    negative: int
    mixed: int
    intensity: float | None
    rating: float | None
    overall: tuple[Sentence, ...]
    trend: Sentence | None
    aspects: tuple[AspectSummary, ...]
    months: tuple[Month, ...]
    note: str = ""
    writer: str = "embedded"
    problem: str = ""


def summarise(table: EvidenceTable, space: Space) -> Summary:
    """The summary that needs no language model: counts, and the remarks that are most like the others."""
    labels = [analysis.label for analysis in table.analyses]
    levels = [analysis.expected_intensity for analysis in table.analyses]
    ratings = [review.rating for review in table.reviews if review.rating is not None]
    enough = len(labels) >= ENOUGH_OVERALL
    return Summary(
        restaurant=table.restaurant,
        category=table.category,
        reviews=len(labels),
        failed=len(table.failed),
        positive=labels.count("positive"),
        neutral=labels.count("neutral"),
        negative=labels.count("negative"),
        mixed=labels.count("mixed"),
        intensity=sum(levels) / len(levels) if levels else None,
        rating=sum(ratings) / len(ratings) if ratings else None,
        overall=_overall(table) if enough else (),
        trend=_trend(table) if enough else None,
        aspects=tuple(_aspect(share, table, space) for share in table.aspects),
        months=table.months,
        note="" if enough else f"{TOO_LITTLE}: 분석한 후기가 {len(labels)}건뿐입니다",
    )


def _overall(table: EvidenceTable) -> tuple[Sentence, ...]:
    labels = [analysis.label for analysis in table.analyses]
    level = sum(analysis.expected_intensity for analysis in table.analyses) / len(labels)
    counts = f"긍정 {labels.count('positive')}건, 부정 {labels.count('negative')}건, 복합 {labels.count('mixed')}건"
    first = f"후기 {len(labels)}건 가운데 {counts}이고, 평균 강도는 5점 만점에 {level:.1f}점입니다."
    sentences = [Sentence(first, tuple(review.id for review in table.reviews))]
    told = _extremes(table)
    return tuple(sentences if told is None else [*sentences, told])


def _extremes(table: EvidenceTable) -> Sentence | None:
    """What is praised most and what is complained of most; None where neither has enough."""
    good, bad = _most(table, "positive"), _most(table, "negative")
    ids = tuple(dict.fromkeys([*(good[1] if good else ()), *(bad[1] if bad else ())]))
    if good and bad and good[0] == bad[0]:
        name = ASPECTS.get(good[0], good[0])
        counts = f"칭찬 {len(good[1])}건, 불만 {len(bad[1])}건"
        return Sentence(f"칭찬도 불만도 가장 많은 것은 {name}입니다({counts}).", ids)
    said = [
        f"{title} {ASPECTS.get(found[0], found[0])}({len(found[1])}건)"
        for title, found in (("가장 많이 칭찬받는 것은", good), ("가장 많은 불만은", bad))
        if found
    ]
    return Sentence(f"{'이고, '.join(said)}입니다.", ids) if said else None


def _most(table: EvidenceTable, sign: Polarity) -> tuple[str, list[str]] | None:
    """The aspect that most reviews judge so, and their ids; None where no aspect has enough of them."""
    by_aspect: defaultdict[str, list[str]] = defaultdict(list)
    for remark in table.remarks:
        if remark.polarity == sign and remark.review_id not in by_aspect[remark.aspect]:
            by_aspect[remark.aspect].append(remark.review_id)
    order = {share.aspect: place for place, share in enumerate(table.aspects)}
    best = max(by_aspect.items(), key=lambda item: (len(item[1]), -order[item[0]]), default=None)
    return best if best and len(best[1]) >= ENOUGH else None


def _trend(table: EvidenceTable) -> Sentence | None:
    """The share of positive reviews in the last half year beside that before; None where one of them has too few."""
    if not table.months:
        return None
    first = months_before(table.months[-1].month, RECENT_MONTHS - 1)
    recent = [month for month in table.months if month.month >= first]
    before = [month for month in table.months if month.month < first]
    if min(sum(m.reviews for m in part) for part in (recent, before)) < ENOUGH_OVERALL:
        return None
    now, then = (sum(m.positive for m in part) / sum(m.reviews for m in part) for part in (recent, before))
    counts = [f"{sum(m.reviews for m in part)}건 중 {sum(m.positive for m in part)}건" for part in (recent, before)]
    text = f"최근 {RECENT_MONTHS}개월의 긍정은 {counts[0]}({now:.0%}), 그 전은 {counts[1]}({then:.0%})"
    if min(sum(m.reviews for m in part) for part in (recent, before)) < ENOUGH_FOR_TREND:
        text += "입니다. 건수가 적어 흐름이라 하기는 이릅니다."
    else:
        better, worse = now - then > CHANGE, then - now > CHANGE
        text += f"으로 {'나아졌습니다' if better else '나빠졌습니다' if worse else '비슷합니다'}."
    return Sentence(text, tuple(review.id for review in table.reviews if review.date))


def _aspect(share: AspectShare, table: EvidenceTable, space: Space) -> AspectSummary:
    remarks = [remark for remark in table.remarks if remark.aspect == share.aspect]
    sides = {sign: [r for r in remarks if r.polarity == sign] for sign in ("positive", "negative")}
    quoted = {sign: _quotes(found, space) for sign, found in sides.items()}
    enough = share.judged >= ENOUGH
    return AspectSummary(
        share=share,
        sentences=_sentences(share, sides, quoted) if enough else (),
        quotes=tuple(quote for quotes in quoted.values() for quote in quotes),
        months=_aspect_months(remarks),
        note="" if enough else _too_little(share.judged),
    )


def _too_little(judged: int) -> str:
    return f"{TOO_LITTLE}: 좋고 나쁨을 말한 후기가 {f'{judged}건뿐입니다' if judged else '없습니다'}"


def _quotes(remarks: Sequence[Remark], space: Space) -> list[Quote]:
    return [quote_of(remarks[place]) for place in central(remarks, space.of(remarks), QUOTES)]


def _sentences(
    share: AspectShare, sides: dict[str, list[Remark]], quoted: dict[str, list[Quote]]
) -> tuple[Sentence, ...]:
    ids = _ids([*sides["positive"], *sides["negative"]])
    counts = [
        f"{number}건{verb}"
        for number, verb in ((share.positive, "이 칭찬"), (share.negative, "이 불만"), (share.both, "은 둘 다"))
        if number
    ]
    name = ASPECTS.get(share.aspect, share.aspect)
    sentences = [Sentence(f"{_topic(name)} 좋고 나쁨을 말한 후기 {share.judged}건 중 {', '.join(counts)}입니다.", ids)]
    for sign, title in (("positive", "좋다는 말"), ("negative", "아쉽다는 말")):
        if quotes := quoted[sign]:
            said = ", ".join(f"“{quote.text.strip()}”" for quote in quotes)
            sentences.append(Sentence(f"{title}: {said}", tuple(quote.review_id for quote in quotes)))
    return tuple(sentences)


def _ids(remarks: Iterable[Remark]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(remark.review_id for remark in remarks))


def _topic(noun: str) -> str:
    return f"{noun}{'은' if has_final(noun) else '는'}"


def _aspect_months(remarks: Sequence[Remark]) -> tuple[AspectMonth, ...]:
    months: defaultdict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for remark in remarks:
        if len(remark.date) >= 7 and remark.polarity != "neutral":
            months[remark.date[:7]][remark.polarity == "negative"].add(remark.review_id)
    return tuple(AspectMonth(month, len(months[month][0]), len(months[month][1])) for month in sorted(months))
