"""A question in terms of an index's own metadata: what to search for, what to filter by, what form of answer is wanted.

Pure functions over a question that is already analysed; everything slow was done when the Lexicon was built.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from pipeline.question.bounds import holds
from pipeline.question.concepts import find_concepts
from pipeline.question.followups import Followup, content_outside, follow
from pipeline.question.hangul import PARTICLE
from pipeline.question.lexicon import Lexicon
from pipeline.question.mentions import chip_of, find_mentions, merge, says_more
from pipeline.question.strangers import find_strangers, nearest_known
from pipeline.question.wanted import placed, said_number
from pipeline.types import AnalysedText, Chip, Shape, Source, Span, Understanding

_COUNT = re.compile(
    r"(?:후기|리뷰|평|평가|글|의견|불만|칭찬|혹평|호평|댓글)(?:가|이|는|은|을|를|도)?\s*(?:모두|총|전부|다|각각|대략)?\s*몇\s*(?:개|건|명|번|분|퍼센트|%|편)"
    r"|몇\s*(?:개|건|편)의?\s*(?:후기|리뷰|글|의견|평)"
    r"|(?:다고|라고|냐고|자고|다는|라는|했던|한|하는|쓴|적은|남긴|말한|느낀|본|준|단|불평한|칭찬한|언급한)\s*(?:사람|손님|분|고객|이용자|리뷰어|후기|리뷰|글|의견|경우)들?(?:이|은|는|가|도|중)?\s*"
    r"(?:모두|총|전부|다|대략)?\s*(?:몇(?!\s*(?:시|층|인분|호|살|월|일|년))|얼마나\s*(?:많|돼|되|있))"
    r"|몇\s*(?:명|사람|분)(?:이|이나|정도가?|이서)?\s+\S.{0,40}?(?:다고|라고|냐고|불평|칭찬|언급|불만|추천|지적)"
    r"|몇\s*(?:명|사람|분)(?:이|이나)?\s+\S.{0,40}?(?:대|대요|대나요|래|래요|던가요|던가)\s*[?.!]*\s*$"
    r"|얼마나\s*많은\s*(?:사람|손님|분|고객|후기|리뷰)|(?:후기|리뷰)\s*(?:수|개수|건수)(?:는|가|를|\s|\?|$)"
)
_PLACES = re.compile(
    r"(?<![가-힣])몇\s*(?:군데|곳|집|가게|식당|카페|고깃집|횟집|업체|매장)(?!\s*(?:가\s?봤|다녀|돌아))"
)
_MORE = re.compile(
    r"비교(?:하|해|했|좀|\s*$|[?.!])|(?<![a-z])vs\.?(?![a-z])|둘\s?중|셋\s?중|(?:랑|와|과|하고)\s.{0,20}차이|차이가?\s*(?:뭐|무엇|어떻)"
    r"|(?:어디|어느\s*(?:집|곳|쪽|가게|데|식당|카페|횟집|고깃집))(?:가|이|를|을)?\s*(?:더|제일\s*더|나[을은아])"
    r"|(?:중에|중에서|중)\s*(?:어디|어느\s*(?:집|곳|쪽|가게|데|식당|카페))",
    re.IGNORECASE,
)
_EITHER = re.compile(r"(?:이나|나|\s*또는|\s*혹은)\s*")
# What stands behind a filter's words and means nothing without them.
_BEHIND_PLACE = re.compile(
    r"\s*(?:역|구)?\s*(?:쪽|근처|인근|주변|부근|지역|일대)(?:에서|에|의|으로|로)?(?:는|도|만)?(?=\s|$|[?.,!])"
)
_BEHIND_REVIEWS = re.compile(
    r"\s*(?:점|개)?(?:짜리|인|을|를|으로|로|에|에는|엔|의|도|만)?\s*(?:(?:준|주신|남긴|매긴|올라온|작성된|쓴|쓰인|적힌)\s*)?"
    r"(?:후기|리뷰|평가|글)들?(?:\s*중에서?는?|에서는?|만|들만|에|를|을)(?:\s*(?:보면|봤을\s*때|보고|모아|골라))?(?=\s|$|[?.,!])"
)
_AMONG = re.compile(r"\s*(?:중에서?|가운데|중)(?=\s|$)")
_EDGES = " \t\n,.·/&~-–"


# What people say when they want reviews and not something that stands in them.
_REVIEWS_THEMSELVES = frozenset(
    "후기 리뷰 평 평가 의견 글 반응 알리 알려주 보이 보여주 찾 찾아주 추천 추천하 부탁 부탁하 궁금 궁금하 어떻 어떠하"
    " 좀 만 말 얘기 이야기 모두 전부 다 맛집 곳 데 집 가게 식당 중 가운데 점 별점 제일 가장 올라오 남기 쓰 적".split()
)


def understand(
    question: str,
    analysed: AnalysedText,
    lexicon: Lexicon,
    *,
    today: datetime.date,
    previous: Understanding | None = None,
    previous_restaurant: str = "",
    ranked: Sequence[str] = (),
    removed: Collection[str] = (),
    said: Callable[[str], bool] = lambda _: False,
) -> Understanding:
    """What the question means for an index.

    ``search_text`` is the question without what its filters say ("마포에서 주차 편한 데?" → "주차 편한 데?"), or the
    whole question when nothing to search for would be left. Words that say more than their filter stay (삼겹살집 of
    고깃집). A follow-up that drops its topic ("거긴?" after "숯골갈비 주차 되나요?") searches for what the question
    before it searched for: ``search_text`` is then ``previous.search_text`` without the names that no longer hold.

    Args:
        question: as typed, in NFC; ``analysed`` is its analysis, ``today`` what 지난달 counts from.
        previous: how the question before was understood; ``previous_restaurant`` is what its answer rested on,
            ``ranked`` are the restaurants that it ranked, in order (2위 식당은 어때?).
        removed: ids of chips that the user took off. Their words are searched for again.
        said: whether the index's reviews say a word, which then is no name of a restaurant that it doesn't know.

    Raises:
        ValueError: ``analysed`` is of another text.
    """
    if analysed.text != question:
        raise ValueError(f"analysis of {analysed.text!r} given for the question {question!r}")
    mentions = find_mentions(question, analysed, lexicon, today)
    mentions = _with_placed(mentions, question, ranked, lexicon)
    mentions = _with_strangers(mentions, analysed, lexicon, said, again=previous is not None)
    own, more = merge(mentions), Followup()
    if lexicon.restaurants:
        more = follow(analysed, own, _cuts(question, mentions), previous, previous_restaurant, removed)
    chips = (*(_beside(chip, more.beside) for chip in own if chip.id not in removed), *more.chips)
    in_force = {(chip.kind, chip.mode) for chip in chips}
    cut = [m for m in mentions if (m.kind, m.mode) in in_force and not says_more(m, question, lexicon)]
    listing = not more.text and _only_conditions(analysed, chips)
    text = more.text or _search_text(question, analysed, _cuts(question, cut))
    places = bool(lexicon.restaurants) and _counts_places(question, chips)
    return Understanding(
        search_text=text,
        chips=chips,
        shape="list" if listing else "count" if places else _shape(question, mentions, chips, lexicon),
        removed=(*(chip for chip in own if chip.id in removed), *more.removed),
        concepts=find_concepts(text) if lexicon.restaurants else (),
        counted="restaurants" if places and not listing else "reviews",
        ranked=tuple(ranked),
    )


def _with_placed(mentions: list[Chip], question: str, ranked: Sequence[str], lexicon: Lexicon) -> list[Chip]:
    """The mentions and the restaurant that a place of the ranking before means, where they name none."""
    found = placed(question)
    if found is None or not 1 <= found[0] <= len(ranked) or any(chip.kind == "restaurant" for chip in mentions):
        return mentions
    name = ranked[found[0] - 1]
    if name not in lexicon.restaurants:  # another index was ranked
        return mentions
    chip = chip_of("restaurant", (name,), span=found[1])
    return sorted([*mentions, chip], key=lambda one: one.span or (0, 0))


def _with_strangers(
    mentions: list[Chip], analysed: AnalysedText, lexicon: Lexicon, said: Callable[[str], bool], *, again: bool
) -> list[Chip]:
    """The mentions and the restaurants that the index doesn't know; what is part of such a name is no dish."""
    taken = [m.span for m in mentions if m.span and m.kind != "dish"]
    spans = find_strangers(analysed, lexicon, taken, said, again=again)
    if not spans:
        return mentions
    names = [analysed.text[start:end] for start, end in spans]
    strangers = [
        replace(
            chip_of("restaurant", (name,), span=span, unknown=(name,)), near=nearest_known(name, lexicon.restaurants)
        )
        for name, span in zip(names, spans, strict=True)
    ]
    kept = [m for m in mentions if not m.span or all(m.span[1] <= a or b <= m.span[0] for a, b in spans)]
    return sorted([*kept, *strangers], key=lambda chip: chip.span or (0, 0))


def _cuts(question: str, mentions: Iterable[Chip]) -> list[Span]:
    """The words of the mentions that filter, with the particles behind them."""
    return [(m.span[0], _behind(question, m)) for m in mentions if m.span and m.mode != "boost"]


def _beside(chip: Chip, others: tuple[str, ...]) -> Chip:
    """A restaurant's chip with the restaurants that 거기 means as alternatives."""
    if chip.kind != "restaurant" or chip.mode != "filter" or not others:
        return chip
    values = tuple(dict.fromkeys((*others, *chip.values)))
    made = chip_of("restaurant", values, span=chip.span, unknown=chip.unknown)
    return replace(made, approximate=chip.approximate, near=chip.near)


def _behind(question: str, chip: Chip) -> int:
    """Where the particle or bound word behind a chip's words ends."""
    assert chip.span is not None  # only the question's own chips come here
    end = chip.span[1]
    if chip.mode == "exclude":
        found = re.compile(r"\s*\S+").match(question, end)
        return found.end() if found else end
    if chip.kind in ("date", "rating"):
        found = _BEHIND_REVIEWS.match(question, end)
        return found.end() if found else _particle(question, end)
    if chip.kind == "district" and (found := _BEHIND_PLACE.match(question, end)):
        return found.end()
    end = _particle(question, end)
    found = _AMONG.match(question, end) if chip.kind in ("restaurant", "category") else None
    return found.end() if found else end


def _particle(question: str, end: int) -> int:
    tail = re.compile(r"[^\s?!.,'\"’”」』)]*").match(question, end)
    return tail.end() if tail and PARTICLE.fullmatch(tail.group()) else end


def _search_text(question: str, analysed: AnalysedText, cuts: list[Span]) -> str:
    if not cuts or not content_outside(analysed, cuts):
        return question
    pieces, after = [], 0
    for start, end in sorted(cuts):
        pieces.append(question[after:start])
        after = max(after, end)
    text = " ".join(" ".join([*pieces, question[after:]]).split())
    text = re.sub(r"(?<!\S)(?:vs\.?|['\"‘’“”「」『』(),.]+)(?!\S)", " ", text, flags=re.IGNORECASE)
    return " ".join(text.split()).strip(_EDGES) or question


def _only_conditions(analysed: AnalysedText, chips: Collection[Chip]) -> bool:
    """Whether the question names conditions and nothing that a review could say of them (최근 리뷰 3개)."""
    own = [chip for chip in chips if chip.span and chip.kind != "dish"]
    spans = [*(chip.span for chip in own if chip.span), *said_number(analysed.text)]
    words = [m for m in analysed.morphemes if m.content and not any(a <= m.start < b for a, b in spans)]
    limits = any(chip.mode == "filter" or chip.kind == "order" for chip in own)
    return limits and all(m.form in _REVIEWS_THEMSELVES for m in words)


def _shape(question: str, mentions: list[Chip], chips: Collection[Chip], lexicon: Lexicon) -> Shape:
    if not lexicon.restaurants:
        return "fact"
    if _COUNT.search(question):
        return "count"
    said = [m.span for m in mentions if m.kind == "restaurant" and m.mode == "filter" and m.span]
    if len(said) > 1:
        between = question[said[0][1] : said[-1][0]]
        return "fact" if _EITHER.fullmatch(between) and not _MORE.search(question) else "comparison"
    # One restaurant is compared with its own past (예전이랑 비교하면) or with its branches: nothing to set side by
    # side.
    alone = sum(len(chip.values) for chip in chips if chip.kind == "restaurant" and chip.mode == "filter") == 1
    return "comparison" if _MORE.search(question) and not alone else "fact"


def _counts_places(question: str, chips: Collection[Chip]) -> bool:
    """Whether restaurants are counted (강아지 되는 데가 몇 군데야?). A named one could only have branches."""
    named = any(chip.kind == "restaurant" and chip.mode == "filter" for chip in chips)
    return not named and _PLACES.search(question) is not None


def matches(chip: Chip, source: Source) -> bool:
    """Whether what a chip names is true of a source; unknown metadata matches nothing.

    Of dishes and orders a source's metadata tells nothing: they match none.
    """
    if chip.kind == "rating":
        return source.rating is not None and all(holds(bound, source.rating) for bound in chip.values)
    if chip.kind == "price":
        return source.price_band is not None and all(holds(bound, source.price_band) for bound in chip.values)
    if chip.kind == "date":
        return bool(source.date) and all(holds(bound, source.date[:10]) for bound in chip.values)
    if chip.kind in ("restaurant", "district", "category"):
        return getattr(source, chip.kind) in chip.values
    return False


def allowed(understanding: Understanding, source: Source) -> bool:
    """Whether the filters let a source through: all filters match it and nothing excluded does."""
    return all(matches(chip, source) is (chip.mode == "filter") for chip in understanding.chips if chip.mode != "boost")
