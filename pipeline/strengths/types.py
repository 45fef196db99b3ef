"""What goes from step to step, as frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.protocols import FloatArray
from pipeline.restaurants.quotes import Quote
from pipeline.restaurants.remarks import Remark

Sign = Literal["positive", "negative"]
"""What is looked for: strengths in positive evidence, weaknesses in negative."""

Kind = Literal["representative", "distinct", "both"]

SHORTEST, LONGEST = 15, 28
"""Characters of a claim."""


@dataclass(frozen=True, slots=True, order=True)
class Topic:
    """What a remark is about, more narrowly than its aspect: a facet of the table, or of food the dish or its part."""

    aspect: str
    name: str
    dish: str = ""


@dataclass(frozen=True, slots=True)
class Collected:
    """Step A: a restaurant's remarks of one sign, newest first; ``sample`` are the places of those that stand for all.

    ``against`` are its remarks of the opposite sign; ``reviews`` the number of its reviews; ``newest`` the last date of
    the index. ``topics`` and ``topics_against`` say what each remark is about: (aspect, facet or dish).

    *Shape:* ``vectors`` is ``(remarks, dimensions)``.
    """

    restaurant: str
    sign: Sign
    remarks: tuple[Remark, ...]
    topics: tuple[Topic, ...]
    vectors: FloatArray
    sample: tuple[int, ...]
    against: tuple[Remark, ...]
    topics_against: tuple[Topic, ...]
    reviews: int
    newest: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """Step B: a claim and the places in ``Collected.remarks`` that it was drawn from."""

    topic: Topic
    claim: str
    evidence: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """Steps C and D: a claim with all of its evidence.

    ``support`` are reviews that say so, ``ratio`` their share of the restaurant's reviews, ``against`` reviews that say
    the opposite of the same topic. ``recency`` is 1 for what is said in the newest review and halves with each year.

    *Shape:* ``vector`` is ``(dimensions,)``, ``centroid`` the same without what the claim's words add.
    """

    topics: tuple[Topic, ...]
    claim: str
    evidence: tuple[Remark, ...]
    support: int
    ratio: float
    against: int
    rating: float | None
    recency: float
    centroid: FloatArray
    vector: FloatArray

    @property
    def aspect(self) -> str:
        """The aspect of the label scheme that it belongs to."""
        return self.topics[0].aspect

    @property
    def review_ids(self) -> frozenset[str]:
        """The reviews that say so."""
        return frozenset(remark.review_id for remark in self.evidence)


@dataclass(frozen=True, slots=True)
class Competitor:
    """Step E: a restaurant to compare with: the cosine of the two, and whether it is of the same kind."""

    restaurant: str
    near: float
    same: bool


@dataclass(frozen=True, slots=True)
class GroupClaim:
    """Step F: a claim of a competitor. *Shape:* ``vector`` is ``(dimensions,)``."""

    restaurant: str
    claim: str
    vector: FloatArray


@dataclass(frozen=True, slots=True)
class Distinct:
    """Step G: how unlike the group a claim is (1 − the greatest similarity), and the nearest of its claims."""

    checked: Checked
    distinctness: float
    nearest: GroupClaim | None


@dataclass(frozen=True, slots=True)
class Strength:
    """Step H: a strength (or weakness) with its score and the quotes it rests on."""

    aspect: str
    claim: str
    kind: Kind
    support: int
    ratio: float
    against: int
    rating: float | None
    recency: float
    distinctness: float
    nearest_restaurant: str
    nearest_claim: str
    score: float
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Ranked:
    """Step H: what can be quoted three times at least, what can't yet (``few``), both by score; see Strengths."""

    found: tuple[Strength, ...]
    few: tuple[Strength, ...]
    common: int


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong on the way without stopping the rest: of which restaurant, and why, in Korean and English."""

    restaurant: str
    code: str
    ko: str
    en: str


@dataclass(frozen=True, slots=True)
class Timing:
    """When a task of the graph ran, in seconds from the start. ``after`` are the tasks it waited for."""

    task: str
    began: float
    ended: float
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Strengths:
    """The result for one restaurant. ``note`` says so where there is too little evidence (근거 부족).

    ``few`` are claims that rest on evidence, but on less than can be quoted three times: no strengths yet.
    ``common`` counts claims that were left out: said by few, and the group's as well. ``critical_path`` are the tasks
    that the whole had to wait for.
    """

    restaurant: str
    category: str
    sign: Sign
    reviews: int
    minimum: int
    found: tuple[Strength, ...]
    common: int
    group: tuple[Competitor, ...]
    problems: tuple[Problem, ...]
    note: str
    timings: tuple[Timing, ...] = ()
    critical_path: tuple[str, ...] = ()
    few: tuple[Strength, ...] = ()
