"""The nouns of an export: an item with its answers resolved, what was left out and why, the manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from annotations.schemes.scheme import Scheme
from annotations.types import Labels, LabelValue, Outcome, Suggestion, Task

AnswerStage = Literal["blind", "assisted", "adjudicated"]
Basis = Literal["blind", "assisted"]
Source = Literal["adjudicated", "gold", "majority", "single"]
AggregateValue = LabelValue | Sequence[str] | None
"""A label as one person gives it; of texts all that were given; None where the answers don't decide it."""

Record = Mapping[str, Any]
"""One row of an export as JSON would hold it: what is written, and what must be read back."""


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """What goes into an export.

    ``basis`` says which answers labels are made of: those given before the person saw a model's suggestion (``blind``)
    or those given after (``assisted``); the two are never mixed. ``min_answers`` is how many an item must have.
    ``min_agreement`` and ``min_margin`` (0 to 1) are what a pair must reach to train on, ``min_score`` the mean grade
    of an answer worth imitating, as a share of the scale (0 its lowest, 1 its highest point). ``excel`` writes CSV with
    a byte order mark.
    """

    basis: Basis = "blind"
    min_answers: int = 1
    min_agreement: float = 0.66
    min_margin: float = 0.25
    min_score: float = 0.75
    excel: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """One person's answer to an item: the last of its revisions that stands in its stage.

    ``annotator`` is a pseudonym. A ``spare`` came after its seat had gone to somebody else and counts for nothing.
    """

    annotation: int
    annotator: str
    stage: AnswerStage
    revision: int
    outcome: Outcome
    labels: Labels
    spare: bool
    flag: str
    seconds: float
    saved_at: str


@dataclass(frozen=True, slots=True)
class Aggregate:
    """What several answers to one field come to.

    ``soft`` is a number from 0 to 1 for each option (see
    ``annotations.export.aggregating``), None for fields without options. ``agreement`` is the share of answers on the
    side of the value. ``mean`` is that of a scale.
    """

    value: AggregateValue
    soft: Mapping[str, float] | None = None
    agreement: float | None = None
    mean: float | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A task with its answers resolved.

    ``counted`` are the answers that the labels are made of, ``given`` all that stand, ``suggestions`` what models said.
    """

    task: Task
    source: Source
    stage: AnswerStage
    outcome: Outcome
    fields: Mapping[str, Aggregate]
    counted: tuple[Given, ...]
    given: tuple[Given, ...]
    suggestions: tuple[Suggestion, ...] = ()


@dataclass(frozen=True, slots=True)
class Dropped:
    """Something that is not in an export, and why. ``field`` names what was left out when it isn't the whole item."""

    task: int
    id: str
    code: str
    ko: str
    en: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of an export: its SHA-256 and its length in bytes."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an export is; written last, so that a folder that has one is complete and was read back.

    ``records_sha256`` is over the records as canonical JSON lines: equal records have equal digests in every form.
    ``annotators`` maps each pseudonym to how many answers of that person the export has.
    """

    format: int
    form: str
    scheme: str
    version: int
    scheme_digest: str
    created: str
    by: str
    up_to: int
    settings: Mapping[str, Any]
    counts: Mapping[str, int]
    dropped: Mapping[str, int]
    annotators: Mapping[str, int]
    records_sha256: str
    salt_sha256: str
    files: Mapping[str, FileEntry]
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a form is told: the scheme whose items it writes, and the settings."""

    scheme: Scheme
    settings: ExportSettings
