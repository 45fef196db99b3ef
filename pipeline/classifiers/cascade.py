"""A cheap classifier first, and a dear one for the reviews of which the cheap one isn't sure enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.analysis.choices import ClassifierChoice
from pipeline.analysis.combinations import combination_of
from pipeline.analysis.fingerprints import digest, fingerprint
from pipeline.analysis.mixing import passed_on, unsure
from pipeline.protocols import Classifier
from pipeline.types import Analysis, Unanalysed


class CascadeClassifier:
    """See Classifier. Below ``threshold``, the probability of the cheap one's sentiment, a review is passed on."""

    def __init__(self, cheap: Classifier, dear: Classifier, threshold: float, id: str = "") -> None:
        self.name = f"cascade:{id}" if id else "cascade"
        self._cheap = cheap
        self._dear = dear
        self._threshold = threshold

    @property
    def fingerprint(self) -> str:
        """Of its members' and of how they are put together."""
        told = (fingerprint(member, aspects=False) for member in (self._cheap, self._dear))
        return digest(part.encode() for part in (str(self._threshold), *told))

    def classify(self, texts: Sequence[str], *, aspects: bool = True) -> list[Analysis | Unanalysed]:
        """See Classifier."""
        found = self._cheap.classify(texts, aspects=aspects)
        rows = [row for row, each in enumerate(found) if unsure(each, self._threshold)]
        if rows:
            again = self._dear.classify([texts[row] for row in rows], aspects=aspects)
            for row, each in zip(rows, again, strict=True):
                found[row] = passed_on(found[row], each)
        return [replace(each, classifier=self.name) for each in found]


def members(choice: ClassifierChoice) -> list[ClassifierChoice]:
    """The cheap and the dear one that the file of settings names.

    Raises:
        BadSetting, FileProblem: there is none, or it is no such file.
    """
    return [member.choice(choice) for member in combination_of(choice, "cascade").members]


def load(choice: ClassifierChoice, members: Sequence[Classifier]) -> CascadeClassifier:
    """The cascade of two members that are made already.

    Raises:
        BadSetting, FileProblem: there is no file of settings, or it is none.
    """
    made = combination_of(choice, "cascade")
    cheap, dear = members
    return CascadeClassifier(cheap, dear, made.threshold or 0.0, made.digest)
