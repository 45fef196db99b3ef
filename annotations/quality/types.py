"""The nouns of a quality report. Only numbers and ids: what people read is in ``words``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from annotations.quality.bootstrap import Estimate
from annotations.quality.distances import Metric
from annotations.schemes.scheme import Kind

Exclusion = Literal[
    "other-version", "other-batch", "other-date", "adjudicated", "spare", "assisted-only", "repeat", "gold", "single"
]
"""Why an answer is not among those whose agreement is measured. Each answer has the first that applies."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a report is about. Days are Korea's, both included; no batch means all, no version the newest used."""

    since: date | None = None
    until: date | None = None
    batches: tuple[str, ...] = ()
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much there is. An answer is one person's for one task, however often revised.

    ``answers`` = ``compared`` + the sum of what is excluded. ``tasks`` are those of the version and the batches
    (repeats aside), ``answered`` have an answer, ``paired`` two or more that count. ``unjudgeable`` are among
    ``compared``; ``revised`` were changed by their author before any suggestion was seen.
    """

    tasks: int
    answered: int
    paired: int
    answers: int
    compared: int
    unjudgeable: int
    revised: int
    people: int
    skips: int
    statuses: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Measure:
    """Krippendorff's alpha by one distance."""

    metric: Metric
    alpha: Estimate


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Cohen's kappa of two people."""

    one: str
    other: str
    kappa: Estimate


@dataclass(frozen=True, slots=True)
class Confusion:
    """Who said X when the other said Y, by pairs of answers to one task.

    ``cells[x][y]`` weighs the cases in which one named ``labels[x]`` and the other, not naming it, named
    ``labels[y]`` instead (shared equally where there were several); the diagonal holds those in which both named it,
    the last column those in which the other named nothing instead. A row sums to how often its label was given: an
    answer compared with m − 1 others counts 1 / (m − 1) with each.
    """

    labels: tuple[str, ...]
    cells: tuple[tuple[float, ...], ...]
    items: int


@dataclass(frozen=True, slots=True)
class FieldAgreement:
    """Agreement on one field. The first of ``measures`` is the main one; people, pairs and weeks go by it.

    ``labels`` ask of each label whether it was given or not; ``overlap`` is the F1 of marked characters (label and
    place), averaged over pairs of answers and then over tasks where either marked anything.
    """

    field: str
    kind: Kind
    measures: tuple[Measure, ...]
    labels: Mapping[str, Estimate]
    people: Mapping[str, Estimate]
    pairs: tuple[PairAgreement, ...]
    overlap: Estimate | None
    confusion: Confusion | None


@dataclass(frozen=True, slots=True)
class Week:
    """One week from its Monday (in Korea). An item belongs to the week of its last answer, an answer to its own.

    ``shares`` is, by field and label, the share of the week's ``answers`` (judgeable ones) that named it.
    """

    monday: date
    answers: int
    alpha: Mapping[str, Estimate]
    shares: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Score:
    """How often one person's answers to a field are what they should be. ``low`` and ``high``: Wilson's 95 % interval.

    ``closeness`` is the mean of 1 − distance (single: equal or not; scale: the gap by the scale's length; several:
    MASI).
    """

    person: str
    field: str
    items: int
    exact: int
    low: float
    high: float
    closeness: float


@dataclass(frozen=True, slots=True)
class Speed:
    """Active seconds of one person's first answers; ``untimed`` ones have none and don't count."""

    person: str
    answers: int
    untimed: int
    median: float | None
    quartiles: tuple[float, float] | None
    per_hour: float | None


@dataclass(frozen=True, slots=True)
class Pull:
    """What a suggestion did to one person's answers, for one label.

    ``differed``: the blind answer and the suggestion were not of one mind about the label; ``taken``: of these, the
    last answer is with the suggestion. ``agreed``: they were; ``left``: of these, the last answer is against both:
    how often people change their mind without being pulled.
    """

    person: str
    field: str
    label: str
    differed: int
    taken: int
    agreed: int
    left: int


@dataclass(frozen=True, slots=True)
class Placing:
    """How often the answer that stood first was preferred; ties say nothing of it and are counted apart.

    ``share`` is of those that aren't ties, with Wilson's 95 % interval.
    """

    field: str
    first: int
    second: int
    ties: int
    share: float
    low: float
    high: float

    @property
    def is_biased(self) -> bool:
        """Whether the interval leaves one half out."""
        return self.low > 0.5 or self.high < 0.5


@dataclass(frozen=True, slots=True)
class Remark:
    """What somebody said of a task beside its labels: ``said`` is why they flagged it, or why they skipped it.

    ``key`` and ``text`` are the task's.
    """

    kind: Literal["flag", "skip"]
    person: str
    key: str
    text: str
    said: str
    at: str


@dataclass(frozen=True, slots=True)
class QualityReport:
    """Everything that is known of a scheme's quality. ``people`` is in the order of their first answers.

    ``outcome`` is the agreement on whether a task can be judged at all. ``assisted`` is measured on the last answers of
    those who have seen a suggestion, and is never part of ``fields``. ``gold`` and ``repeats`` are for admins only.
    ``placings`` tell of preferences whether the place on the screen decided. ``remarks`` are the newest first.
    """

    scheme: str
    version: int
    versions: tuple[int, ...]
    batches: tuple[str, ...]
    up_to: int
    taken_at: str
    filters: Filters
    resamples: int
    people: tuple[str, ...]
    coverage: Coverage
    excluded: Mapping[Exclusion, int]
    outcome: Estimate
    fields: tuple[FieldAgreement, ...]
    assisted: Mapping[str, Estimate]
    weeks: tuple[Week, ...]
    gold: tuple[Score, ...]
    repeats: tuple[Score, ...]
    speed: tuple[Speed, ...]
    pulls: tuple[Pull, ...]
    placings: tuple[Placing, ...] = ()
    remarks: tuple[Remark, ...] = ()
