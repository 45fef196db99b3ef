"""Analyses are made once, kept beside the index, and made anew for another classifier or when damaged."""

from __future__ import annotations

from pathlib import Path

from pipeline.analysis.fingerprints import fingerprint
from pipeline.index import Index
from pipeline.restaurants.analyses import Analyses
from pipeline.restaurants.reviews import Restaurants
from pipeline.types import Analysis, Unanalysed
from tests.pipeline.restaurants.corpus import ROWS, oracle
from tests.pipeline.restaurants.oracle import Oracle, analysis


def test_a_restaurant_is_analysed_once(index: Index, tmp_path: Path) -> None:
    restaurants, judge = Restaurants(index), oracle()
    first = Analyses(restaurants, judge, tmp_path)
    made = first.of("순이국밥")
    assert [a.label for a in made if isinstance(a, Analysis)] == ["positive", "positive", "negative"]
    assert judge.asked == [row[4] for row in ROWS if row[0] == "순이국밥"]
    assert Analyses(restaurants, judge, tmp_path).of("순이국밥") == made
    assert len(judge.asked) == 3


def test_several_are_made_together_and_told_of(index: Index, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    judge = oracle()
    analyses = Analyses(Restaurants(index), judge, tmp_path)
    analyses.of("순이국밥")
    analyses.make(["길남국밥", "순이국밥", "바다횟집"], lambda done, total: told.append((done, total)))
    assert told == [(2, 2)]
    assert len(judge.asked) == len(ROWS)
    analyses.make(["길남국밥"])
    assert len(judge.asked) == len(ROWS)


def test_a_damaged_file_is_made_anew(index: Index, tmp_path: Path) -> None:
    judge = oracle()
    Analyses(Restaurants(index), judge, tmp_path).of("순이국밥")
    (path,) = tmp_path.rglob("*.jsonl")
    path.write_text(path.read_text(encoding="utf-8")[:-40], encoding="utf-8")
    again = Analyses(Restaurants(index), judge, tmp_path).of("순이국밥")
    assert len(again) == 3
    assert len(judge.asked) == 6


def test_another_classifier_has_files_of_its_own(index: Index, tmp_path: Path) -> None:
    class Other(Oracle):
        name = "other"
        fingerprint = ""

    known = Other({"10시에 엽니다.": analysis("neutral", 3)})
    assert fingerprint(known) != fingerprint(Other({}))
    assert fingerprint(known) == fingerprint(Other({"10시에 엽니다.": analysis("neutral", 3)}))
    Analyses(Restaurants(index), oracle(), tmp_path).of("바다횟집")
    unknown = Analyses(Restaurants(index), known, tmp_path).of("바다횟집")
    assert all(isinstance(one, Unanalysed) for one in unknown)


def test_they_lie_within_the_version_of_the_index(index: Index) -> None:
    assert index.folder in Analyses(Restaurants(index), oracle()).folder.parents
