"""A chosen classifier made: by itself, or of others. For classifiers what ``pipeline.assemble`` is for answers."""

from __future__ import annotations

from pipeline import backends
from pipeline.analysis.choices import ClassifierChoice
from pipeline.protocols import Classifier


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
