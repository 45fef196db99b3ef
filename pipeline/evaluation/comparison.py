"""What comparing two runs finds, as nouns: differences, flipped questions, and the whole of it."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.evaluation.judged_pairs import Uneven

LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Difference:
    """B − A in one measure over ``questions`` pairs, with its 95 % bootstrap interval.

    ``p`` is of the two-sided sign-flip permutation test, ``adjusted`` after Holm over the measures. ``needed`` is about
    how many questions in all would show a difference of this size with a power of .8 (0: they are enough, None: there
    is no difference to show).
    """

    measure: str
    questions: int
    a: float
    b: float
    difference: float
    low: float
    high: float
    p: float
    adjusted: float
    needed: int | None

    @property
    def is_clear(self) -> bool:
        """Whether the difference stands after correction."""
        return self.adjusted < LEVEL

    @property
    def more(self) -> int:
        """About how many more questions are needed; 0 where that isn't known."""
        return self.needed - self.questions if self.needed else 0


@dataclass(frozen=True, slots=True)
class Flip:
    """A question that one run got right and the other didn't."""

    id: str
    question: str
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What ``hansang compare`` prints. ``better`` are questions that only B got right, ``worse`` only A.

    ``judge`` is who judged both runs, if anybody did, ``uneven`` the measures of which it said too little to compare
    them, and ``warning`` what is to be known of it.
    """

    a: str
    b: str
    differences: tuple[Difference, ...]
    better: tuple[Flip, ...]
    worse: tuple[Flip, ...]
    verdict: str
    judge: str = ""
    uneven: tuple[Uneven, ...] = ()
    warning: str = ""
    verdict_en: str = ""
    warning_en: str = ""
