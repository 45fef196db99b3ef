"""Steps E, G and H: who is comparable, what they have too, and what that makes a claim worth."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from pipeline.evidence.sentences import says_the_same
from pipeline.protocols import FloatArray
from pipeline.restaurants.quotes import quote_of
from pipeline.restaurants.remarks import Remark
from pipeline.strengths.ground import Ground
from pipeline.strengths.types import Checked, Competitor, Distinct, GroupClaim, Kind, Ranked, Strength

GROUP = 20
FEW = 5  # where fewer restaurants are of the same kind, the nearest of other kinds fill the group up to here
ALPHA = 1.0  # what distinctness adds to a score at most
DISTINCT = 0.5  # distinctness from which a claim is the restaurant's own
REPRESENTATIVE = 0.5  # share of the best supported claim's reviews from which a claim stands for the restaurant
QUOTES, QUOTES_LEAST = 5, 3


def compare_group(ground: Ground, restaurant: str) -> tuple[Competitor, ...]:
    """Step E: the nearest restaurants of the same category, at most ``GROUP``."""
    category = ground.restaurants.category(restaurant)
    others = [name for name in ground.restaurants.names if name != restaurant]
    same = [name for name in others if category and ground.restaurants.category(name) == category]
    nearest = _nearest(ground, restaurant, same, of_kind=True)[:GROUP]
    missing = FEW - len(nearest)
    if missing > 0:
        rest = _nearest(ground, restaurant, sorted(set(others) - set(same)), of_kind=False)
        nearest += rest[:missing]
    return tuple(nearest)


def _nearest(ground: Ground, restaurant: str, others: Sequence[str], *, of_kind: bool) -> list[Competitor]:
    own = ground.space.mean(ground.restaurants.rows(restaurant))
    found = [
        Competitor(name, float(own @ ground.space.mean(ground.restaurants.rows(name))), of_kind) for name in others
    ]
    return sorted(found, key=lambda one: (-one.near, one.restaurant))


def distinguish(checked: Sequence[Checked], group: Sequence[GroupClaim]) -> tuple[Distinct, ...]:
    """Step G: one minus the greatest similarity of each claim to those of the group; 1 without any group."""
    if not group:
        return tuple(Distinct(one, 1.0, None) for one in checked)
    theirs = np.stack([claim.vector for claim in group])
    return tuple(_distinct(one, theirs @ one.vector, group) for one in checked)


def _distinct(one: Checked, near: FloatArray, group: Sequence[GroupClaim]) -> Distinct:
    best = int(near.argmax())
    return Distinct(one, float(np.clip(1 - near[best], 0, 1)), group[best])


def score(support: int, recency: float, distinctness: float, alpha: float = ALPHA) -> float:
    """Step H: log(1 + support) × recency × (1 + α × distinctness)."""
    return math.log1p(support) * recency * (1 + alpha * distinctness)


def rank(found: Sequence[Distinct]) -> Ranked:
    """Step H: the strengths by score; those that can't be quoted three times apart; what few say, as the group does,
    is counted only.
    """
    most = max((one.checked.support for one in found), default=0)
    kinds = [_kind(one, most) for one in found]
    kept = [_strength(one, kind) for one, kind in zip(found, kinds, strict=True) if kind]
    order = sorted(kept, key=lambda one: (-one.score, one.claim))
    told = tuple(one for one in order if len(one.quotes) >= QUOTES_LEAST)
    few = tuple(one for one in order if len(one.quotes) < QUOTES_LEAST)
    return Ranked(told, few, kinds.count(None))


def _kind(one: Distinct, most: int) -> Kind | None:
    often = one.checked.support >= REPRESENTATIVE * most
    own = one.distinctness >= DISTINCT
    return "both" if often and own else "representative" if often else "distinct" if own else None


def _strength(one: Distinct, kind: Kind) -> Strength:
    checked = one.checked
    return Strength(
        aspect=checked.aspect,
        claim=checked.claim,
        kind=kind,
        support=checked.support,
        ratio=checked.ratio,
        against=checked.against,
        rating=checked.rating,
        recency=checked.recency,
        distinctness=one.distinctness,
        nearest_restaurant=one.nearest.restaurant if one.nearest else "",
        nearest_claim=one.nearest.claim if one.nearest else "",
        score=score(checked.support, checked.recency, one.distinctness),
        quotes=tuple(quote_of(remark) for remark in chosen(checked.evidence)),
    )


def chosen(evidence: Sequence[Remark]) -> list[Remark]:
    """Three to five remarks to quote, as far as there are: one of each review, the newest first, no two alike.

    Further ones of the same reviews only where they are fewer than three.
    """
    order = sorted(evidence, key=lambda r: (r.date, r.sureness), reverse=True)
    taken: list[Remark] = []
    for again in (False, True):
        for remark in order:
            fresh = again or remark.review_id not in {one.review_id for one in taken}
            room = len(taken) < (QUOTES_LEAST if again else QUOTES)
            if fresh and room and not any(says_the_same(remark.quote, one.quote) for one in taken):
                taken.append(remark)
    return taken
