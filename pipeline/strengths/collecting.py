"""Steps A and B: a restaurant's evidence of one sign, and the claims that it suggests."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pipeline.protocols import FloatArray
from pipeline.restaurants.remarks import Remark
from pipeline.restaurants.vectors import unit
from pipeline.strengths.claims import write_claim
from pipeline.strengths.comparing import QUOTES_LEAST, chosen
from pipeline.strengths.facets import FOOD, PARTS, Dishes, dishes_in, facet_of, rest_of, topic_of
from pipeline.strengths.ground import Ground
from pipeline.strengths.types import Candidate, Collected, Sign, Topic
from pipeline.types import AnalysedText

MOST = 300  # remarks of a restaurant, the newest
REPRESENTATIVE, DIVERSE = 30, 30  # of them, what is shown to a language model
NAMED = 0.5  # more than this share of what is taken together must be of the facets by which it is called
ENOUGH = 30  # reviews from which a claim needs three of them


def minimum_of(reviews: int) -> int:
    """How many reviews must say the same: three, where there are few reviews two."""
    return 2 if reviews <= ENOUGH else 3


def collect(ground: Ground, restaurant: str, sign: Sign) -> Collected:
    """Step A: the restaurant's remarks of a sign, newest first, at most ``MOST``; a sample that stands for all."""
    table = ground.table(restaurant)
    newest_first = sorted(table.remarks, key=lambda r: (r.date, r.review_id), reverse=True)
    remarks = tuple(r for r in newest_first if r.polarity == sign)[:MOST]
    other: Sign = "negative" if sign == "positive" else "positive"
    against = tuple(r for r in newest_first if r.polarity == other)[:MOST]
    dishes = _dishes(ground, restaurant)
    vectors = ground.space.of(remarks)
    return Collected(
        restaurant=restaurant,
        sign=sign,
        remarks=remarks,
        topics=_topics(ground, remarks, dishes),
        vectors=vectors,
        sample=sample(vectors),
        against=against,
        topics_against=_topics(ground, against, dishes),
        reviews=len(table.reviews),
        newest=ground.newest,
    )


def _dishes(ground: Ground, restaurant: str) -> Dishes:
    passages = ground.restaurants.index.passages
    rows = ground.restaurants.rows(restaurant)
    texts = {row: AnalysedText(passages[row].text, ground.space.passage(row)) for row in rows}
    return dishes_in(texts, ground.dishes)


def _topics(ground: Ground, remarks: Sequence[Remark], dishes: Dishes) -> tuple[Topic, ...]:
    """What each remark is of; a part of a dish that is named without one gets the likeliest."""
    topics = [topic_of(remark, ground.space.morphemes(remark), dishes) for remark in remarks]
    return tuple(
        replace(topic, dish=dishes.of_part(topic.name, remark.row)) if topic.name in PARTS and not topic.dish else topic
        for remark, topic in zip(remarks, topics, strict=True)
    )


def sample(vectors: FloatArray, representative: int = REPRESENTATIVE, diverse: int = DIVERSE) -> tuple[int, ...]:
    """Places that stand for all: those nearest to the middle, then, each time, that farthest from all taken."""
    if len(vectors) <= representative + diverse:
        return tuple(range(len(vectors)))
    near = vectors @ unit(vectors.mean(axis=0))
    taken = np.argsort(-near, kind="stable")[:representative].tolist()
    closest = (vectors @ vectors[taken].T).max(axis=1)
    for _ in range(diverse):
        closest[taken] = np.inf
        taken.append(int(closest.argmin()))
        closest = np.maximum(closest, vectors @ vectors[taken[-1]])
    return tuple(sorted(taken))


def propose(ground: Ground, collected: Collected) -> tuple[Candidate, ...]:
    """Step B without a language model: what several reviews say of one topic is a candidate.

    Topics that too few speak of to be quoted are taken together by aspect: food as a whole, service as a whole.
    """
    minimum = minimum_of(collected.reviews)
    groups: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for place, topic in enumerate(collected.topics):
        groups[topic.aspect, topic.name].append(place)
    left: defaultdict[str, list[int]] = defaultdict(list)
    found: list[Candidate] = []
    for (aspect, name), places in groups.items():
        candidate = _candidate(ground, collected, places) if name != rest_of(aspect) else None
        quoted = len(chosen([collected.remarks[place] for place in places]))
        if candidate and candidate.claim and quoted >= QUOTES_LEAST and _reviews(collected, places) >= minimum:
            found.append(candidate)
        elif aspect != FOOD or not facet_of(Topic(aspect, name)):  # what is sold out doesn't taste bad
            left[aspect] += places
    pooled = (sorted(places) for places in left.values() if _reviews(collected, places) >= minimum)
    found += [_candidate(ground, collected, places) for places in pooled]
    return tuple(candidate for candidate in found if candidate.claim)


def _candidate(ground: Ground, collected: Collected, places: Sequence[int]) -> Candidate:
    topic = common_topic([collected.topics[place] for place in places])
    return Candidate(topic, claim_for(ground, collected, topic, places), tuple(places))


def common_topic(topics: Sequence[Topic]) -> Topic:
    """The topic of several of one aspect: theirs, with the dish that most are of, or what is left of the aspect."""
    aspect, names = topics[0].aspect, {topic.name for topic in topics}
    if len(names) > 1:
        return Topic(aspect, rest_of(aspect))
    dishes = Counter(topic.dish for topic in topics if topic.dish)
    dish, count = max(sorted(dishes.items()), key=lambda item: item[1], default=("", 0))
    return Topic(aspect, names.pop(), dish if 2 * count > len(topics) else "")


def _reviews(collected: Collected, places: Iterable[int]) -> int:
    return len({collected.remarks[place].review_id for place in places})


def claim_for(ground: Ground, collected: Collected, topic: Topic, places: Sequence[int]) -> str:
    """The claim that some remarks come to."""
    said, names = defaultdict(list), Counter[str]()
    for place in places:
        remark, own = collected.remarks[place], collected.topics[place]
        said[remark.review_id].append(ground.space.morphemes(remark))
        if own.name != topic.name or own.aspect == FOOD:
            names[own.name if own.aspect != FOOD else own.dish] += 1
    del names[""]
    told = names.total() > NAMED * len(places) or topic.aspect == FOOD  # dishes are named even as mere examples
    kinds = sorted(names, key=lambda name: (-names[name], name)) if told else []
    return write_claim(topic, collected.sign, said, kinds)


def drafted(collected: Collected, candidates: Sequence[Candidate]) -> Mapping[str, Any]:
    """Candidates as a language model is shown them, evidence by number of the sample."""
    number = {place: i for i, place in enumerate(collected.sample, start=1)}
    rows = [
        {"aspect": c.topic.aspect, "claim": c.claim, "evidence": [number[p] for p in c.evidence if p in number]}
        for c in candidates
    ]
    return {"candidates": [row for row in rows if row["evidence"]]}


def accepted(collected: Collected, reply: Mapping[str, Any], fit: Any) -> tuple[Candidate, ...]:
    """The candidates of a language model's reply that are what was asked for; the others are left out.

    ``fit`` says whether a claim may stand. Evidence that doesn't exist, or is of another aspect, isn't counted.
    """
    made = []
    rows = reply.get("candidates")
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, dict) or not isinstance(row.get("claim"), str) or not fit(row["claim"]):
            continue
        numbers = [n for n in row.get("evidence") or [] if isinstance(n, int) and 1 <= n <= len(collected.sample)]
        places = [collected.sample[n - 1] for n in dict.fromkeys(numbers)]
        places = [place for place in places if collected.remarks[place].aspect == row.get("aspect")]
        if places:
            topic = common_topic([collected.topics[place] for place in places])
            made.append(Candidate(topic, row["claim"], tuple(places)))
    return tuple(made)
