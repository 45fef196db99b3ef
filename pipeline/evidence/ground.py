"""What a generator is made from: an index's passages and terms, its analyser and calibration, the settings."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from pipeline.evidence.answerability import Calibration
from pipeline.passages import PassageStore
from pipeline.protocols import Tokenizer
from pipeline.settings import Settings
from pipeline.termstore import TermStore


@dataclass(frozen=True, slots=True)
class Ground:
    """The parts. Without the index's calibration, confidences are those of the corpus that the model was fitted on.

    ``restaurants`` are the names that the index knows.
    """

    passages: PassageStore
    terms: TermStore
    tokenizer: Tokenizer
    settings: Settings
    calibration: Calibration | None = None
    restaurants: Collection[str] = ()
