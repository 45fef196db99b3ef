"""Several classifiers asked the same, their answers made one: their mean, weighted or not, or what most of them say.

Where a member fails, the others speak, and the analysis says so (``partial``); where all fail, the review fails.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.analysis.choices import ClassifierChoice
from pipeline.analysis.combinations import How, combination_of
from pipeline.analysis.fingerprints import digest, fingerprint
from pipeline.analysis.mixing import join
from pipeline.protocols import Classifier
from pipeline.types import Analysis, Unanalysed


class EnsembleClassifier:
    """See Classifier. ``weights`` are used by ``weighted``, one for each member; who has none isn't asked."""

    def __init__(self, members: Sequence[Classifier], how: How, weights: Sequence[float] = (), id: str = "") -> None:
        self.name = f"ensemble:{id}" if id else "ensemble"
        given = weights if how == "weighted" else (1.0,) * len(members)
        counted = [(weight, member) for weight, member in zip(given, members, strict=True) if weight > 0]
        self._weights = [weight for weight, _ in counted]
        self._members = [member for _, member in counted]
        self._how = how

    @property
    def fingerprint(self) -> str:
        """Of its members' and of how they are put together."""
        told = (fingerprint(member, aspects=False) for member in self._members)
        return digest(part.encode() for part in (self._how, *map(str, self._weights), *told))

    def classify(self, texts: Sequence[str], *, aspects: bool = True) -> list[Analysis | Unanalysed]:
        """See Classifier."""
        if not texts:
            return []
        said = [member.classify(texts, aspects=aspects) for member in self._members]
        return [join(of_one, self._weights, self._how, self.name) for of_one in zip(*said, strict=True)]


def members(choice: ClassifierChoice) -> list[ClassifierChoice]:
    """The members that the file of settings names.

    Raises:
        BadSetting, FileProblem: there is none, or it is no such file.
    """
    return [member.choice(choice) for member in combination_of(choice, "ensemble").members]


def load(choice: ClassifierChoice, members: Sequence[Classifier]) -> EnsembleClassifier:
    """The ensemble of members that are made already.

    Raises:
        BadSetting, FileProblem: there is no file of settings, or it is none.
    """
    made = combination_of(choice, "ensemble")
    return EnsembleClassifier(members, made.how, made.weights, made.digest)
