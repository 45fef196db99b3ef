"""Steps C and D: each candidate's evidence widened and checked, and what says the same made one."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.protocols import FloatArray
from pipeline.restaurants.remarks import Remark
from pipeline.restaurants.vectors import unit
from pipeline.strengths.collecting import claim_for, minimum_of
from pipeline.strengths.ground import Ground
from pipeline.strengths.merging import merge
from pipeline.strengths.types import Candidate, Checked, Collected

NEAR = 0.6  # cosine with the middle of a candidate's evidence from which a remark of the same aspect is evidence, too
HALF_LIFE_DAYS = 365


def widen(ground: Ground, collected: Collected, candidate: Candidate) -> Checked | None:
    """Step C: all remarks that say what the candidate says, by topic or by vector; None where that isn't enough.

    Enough are ``minimum_of`` reviews, and no fewer than say the opposite of the same topic.
    """
    middle = unit(collected.vectors[list(candidate.evidence)].mean(axis=0))
    near = collected.vectors @ middle
    name = (candidate.topic.aspect, candidate.topic.name)
    places = [
        place
        for place, (remark, topic) in enumerate(zip(collected.remarks, collected.topics, strict=True))
        if place in candidate.evidence
        or (topic.aspect, topic.name) == name
        or (remark.aspect == candidate.topic.aspect and near[place] >= NEAR)
    ]
    against = {
        remark.review_id
        for remark, topic in zip(collected.against, collected.topics_against, strict=True)
        if (topic.aspect, topic.name) == name
    }
    checked = _checked(ground, collected, candidate, places, len(against))
    enough = checked.support >= max(minimum_of(collected.reviews), len(against))
    return checked if enough else None


def _checked(
    ground: Ground, collected: Collected, candidate: Candidate, places: Sequence[int], against: int
) -> Checked:
    evidence = tuple(collected.remarks[place] for place in places)
    support = len({remark.review_id for remark in evidence})
    centroid = unit(collected.vectors[list(places)].mean(axis=0))
    return Checked(
        topics=(candidate.topic,),
        claim=candidate.claim,
        evidence=evidence,
        support=support,
        ratio=support / max(collected.reviews, 1),
        against=against,
        rating=_mean_rating(evidence),
        recency=recency(evidence, collected.newest),
        centroid=centroid,
        vector=claim_vector(ground, candidate.claim, centroid),
    )


def claim_vector(ground: Ground, claim: str, centroid: FloatArray) -> FloatArray:
    """A claim in the space of the index: half its own words, half its evidence. *Shape:* ``(dimensions,)``."""
    return unit(ground.space.of_claims([claim])[0] + centroid)


def _mean_rating(evidence: Sequence[Remark]) -> float | None:
    ratings = {remark.review_id: remark.rating for remark in evidence if remark.rating is not None}
    return sum(ratings.values()) / len(ratings) if ratings else None


def recency(evidence: Sequence[Remark], newest: str) -> float:
    """The mean over the reviews of ½ to the power of their age in years; 1 where no date is known.

    The age is taken from the newest review of the index, not from today, so that a result stays what it is.
    """
    dates = {remark.review_id: remark.date for remark in evidence}
    ages = [age for date in dates.values() if (age := _days(date, newest)) is not None]
    return float(np.mean([0.5 ** (age / HALF_LIFE_DAYS) for age in ages])) if ages else 1.0


def _days(date: str, newest: str) -> int | None:
    try:
        age = datetime.date.fromisoformat(newest[:10]) - datetime.date.fromisoformat(date[:10])
    except ValueError:
        return None
    return max(age.days, 0)


def merge_claims(ground: Ground, collected: Collected, checked: Sequence[Checked | None]) -> tuple[Checked, ...]:
    """Step D: claims that say the same become one; its words are written anew (D-1), its middle computed anew."""

    def join(group: Sequence[Checked]) -> Checked:
        places = _united(collected, group)
        largest = max(group, key=lambda one: one.support)
        claim = claim_for(ground, collected, largest.topics[0], places) or largest.claim
        candidate = Candidate(largest.topics[0], claim, tuple(places))
        joined = _checked(ground, collected, candidate, places, max(one.against for one in group))
        topics = tuple(dict.fromkeys([*largest.topics, *(topic for one in group for topic in one.topics)]))
        return replace(joined, topics=topics)

    return merge([one for one in checked if one is not None], join)


def _united(collected: Collected, group: Sequence[Checked]) -> list[int]:
    wanted = {remark for one in group for remark in one.evidence}
    return [place for place, remark in enumerate(collected.remarks) if remark in wanted]
