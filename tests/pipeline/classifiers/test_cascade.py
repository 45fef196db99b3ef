"""A cascade passes on what the cheap classifier isn't sure of, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.choices import ClassifierChoice
from pipeline.analysis.combinations import Combination, Member, write_combination
from pipeline.classifiers import cascade
from pipeline.classifiers.cascade import CascadeClassifier
from pipeline.errors.files import FileProblem
from pipeline.types import Analysis, Unanalysed
from tests.pipeline.classifiers.judges import HashJudge

TEXTS = st.lists(st.text("가나다 맛!", max_size=5) | st.just("불능"), max_size=8)


@given(TEXTS, st.floats(0, 1.1))
def test_each_review_has_the_word_of_the_one_that_is_asked(texts: list[str], threshold: float) -> None:
    cheap, dear = HashJudge("cheap", fails="~"), HashJudge("dear", fails="~")
    found = CascadeClassifier(cheap, dear, threshold).classify(texts)
    firsts, seconds = HashJudge("cheap", fails="~").classify(texts), HashJudge("dear", fails="~").classify(texts)
    passed = 0
    for first, second, each in zip(firsts, seconds, found, strict=True):
        on = isinstance(first, Analysis) and first.confidence < threshold
        passed += on
        assert each == replace(second if on else first, classifier="cascade")
    assert (cheap.asked, dear.asked) == (len(texts), passed)


@given(TEXTS)
def test_at_the_ends_it_is_the_one_or_the_other(texts: list[str]) -> None:
    cheap, dear = HashJudge("cheap", fails="~"), HashJudge("dear", fails="~")
    for threshold, whole in ((0.0, cheap), (1.01, dear)):
        found = CascadeClassifier(cheap, dear, threshold).classify(texts)
        assert found == [replace(each, classifier="cascade") for each in whole.classify(texts)]


def test_where_the_dear_one_fails_the_cheap_word_stands_and_says_so() -> None:
    (found,) = CascadeClassifier(HashJudge("cheap", fails="~"), HashJudge("dear"), 1.01).classify(["불능"])
    assert isinstance(found, Analysis)
    assert found.note == "partial"


def test_what_the_cheap_one_fails_on_is_passed_on_but_an_empty_text_is_not() -> None:
    dear = HashJudge("dear", fails="~")
    failed, empty = CascadeClassifier(HashJudge("cheap"), dear, 0.0).classify(["불능", ""])
    assert isinstance(failed, Analysis)
    assert isinstance(empty, Unanalysed)
    assert dear.asked == 1


def test_settings_name_the_two_members(tmp_path: Path) -> None:
    made = Combination((Member("linear"), Member("ensemble", "e.json")), threshold=0.7)
    write_combination(made, tmp_path / "c.json")
    choice = ClassifierChoice("cascade", model=str(tmp_path / "c.json"))
    assert [member.name for member in cascade.members(choice)] == ["linear", "ensemble"]
    assert cascade.load(choice, [HashJudge("a"), HashJudge("b")]).name == f"cascade:{made.digest}"
    own = Combination((Member("cascade", "c.json"),) * 2, threshold=0.5)
    for broken in (replace(made, threshold=None), replace(made, members=(Member("linear"),)), own):
        write_combination(broken, tmp_path / "c.json")
        with pytest.raises(FileProblem, match="hansang classifiers cascade"):
            cascade.members(choice)
