"""A chosen classifier made: by itself, or of others. For classifiers what ``pipeline.assemble`` is for answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline import backends
from pipeline.analysis.choices import ClassifierChoice
from pipeline.engines.work import GIB
from pipeline.protocols import Classifier
from pipeline.types import Analysis, Unanalysed

NEURAL = ("electra",)
"""Classifiers that run on a GPU where there is one."""


def load_classifier(choice: ClassifierChoice) -> Classifier:
    """The classifier that was chosen, with its members where it has any.

    Raises:
        BackendNotFound: there is none of that name, or of a member's.
        BackendUnavailable, BadSetting, FileProblem: it lacks what it needs.
    """
    module = backends.load("classifier", choice.name)
    if not hasattr(module, "members"):
        made: Classifier = module.load(choice)
        return made
    joined: Classifier = module.load(choice, [load_classifier(member) for member in module.members(choice)])
    return joined


@dataclass(frozen=True, slots=True)
class Classifying:
    """Texts of reviews to their analyses, by a chosen classifier: Work."""

    choice: ClassifierChoice
    aspects: bool
    memory: int = 2 * GIB

    @property
    def on_gpu(self) -> bool:
        """See Work."""
        return self.choice.name in NEURAL

    def ready(self) -> Callable[[Sequence[str]], list[Analysis | Unanalysed]]:
        """See Work."""
        classifier = load_classifier(self.choice)
        return lambda texts: classifier.classify(texts, aspects=self.aspects)
