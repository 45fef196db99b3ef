"""An engine held against its model on a small index, both of them functions whose vectors are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.optimising.gates import Figures, judge
from pipeline.optimising.proving import Asked, Ground, made_of, measure, of_samples, sample_rows
from pipeline.passages import PassageStore
from pipeline.protocols import FloatArray, Tokenizer
from pipeline.termstore import TermStore
from pipeline.types import Query, Question, Sample
from tests.pipeline.stores import make_stores

FOOD = ("갈비탕", "냉면", "김치찌개", "돼지갈비", "순두부", "비빔밥", "칼국수", "삼계탕", "보쌈", "족발")
SAID = (
    "국물이 진하고 좋아요",
    "양이 많아 배불러요",
    "너무 짜서 남겼어요",
    "값이 올라 아쉬워요",
    "아이가 잘 먹어요",
    "포장도 됩니다",
)
TEXTS = [f"{food} {said}" for food, said in product(FOOD, SAID)] + ["?!"]


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory, kiwi: Tokenizer) -> tuple[PassageStore, TermStore]:
    return make_stores(tmp_path_factory.mktemp("proving"), kiwi, TEXTS)


def letters(texts: Sequence[str], noise: float = 0.0) -> FloatArray:
    """Vectors of the letters of each text; of one without any, zero."""
    made = np.zeros((len(texts), 64), dtype=np.float32)
    for row, text in enumerate(texts):
        for one, two in pairwise(text):
            made[row, (ord(one) * 31 + ord(two)) % 64] += one.isalnum()
        if made[row].any():
            made[row] += noise * np.random.default_rng(sum(map(ord, text))).standard_normal(64).astype(np.float32)
    return made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-9)


class Letters:
    def encode(self, queries: Sequence[Query]) -> FloatArray:
        return letters([query.text for query in queries])


def ground(passages: PassageStore, questions: tuple[Asked, ...]) -> Ground:
    return Ground("small", "v1", passages, letters(TEXTS).astype(np.float16), Letters, questions, "pseudo")


def told(stores: Any, read: Callable[[Sequence[str]], FloatArray], most: int = 100) -> tuple[Figures, int]:
    heard: list[int] = []
    figures = measure(ground(stores[0], made_of(*stores, 60)), read, read, most, heard.append)
    return figures, sum(heard)


def test_the_model_itself_passes_without_a_loss(stores: Any) -> None:
    figures, read = told(stores, letters)
    assert judge(figures) == ()
    assert figures.recall.lost == pytest.approx(0)
    assert figures.neighbours == pytest.approx(1)
    assert figures.passage_cosine.least == pytest.approx(1, abs=1e-3)
    assert (figures.questions, figures.passages, figures.sampled) == (60, 61, 61)
    assert figures.passage_cosine.count == 60  # of "?!" nobody knows anything
    assert read == 60 + 61
    assert figures.recall.reference > 0.5  # the questions are about what they are made of


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda texts: letters(texts, noise=3.0),
        lambda texts: -letters(texts),
        lambda texts: np.zeros((len(texts), 64), dtype=np.float32),
        lambda texts: np.full((len(texts), 64), np.nan, dtype=np.float32),
    ],
    ids=["noise", "upside down", "nothing", "no numbers"],
)
def test_whoever_gives_other_vectors_is_refused(stores: Any, spoilt: Callable[[Sequence[str]], FloatArray]) -> None:
    figures, _ = told(stores, spoilt)
    assert len(judge(figures)) >= 2
    assert figures.recall.lost > 0.5
    assert np.isfinite(figures.passage_cosine.mean)


def test_of_a_larger_index_some_are_read_and_every_right_answer(stores: Any) -> None:
    asked = made_of(*stores, 5)
    rows = sample_rows(ground(stores[0], asked), 20)
    assert {row for each in asked for row in each.rows} <= set(rows)
    assert 20 <= len(rows) <= 25
    assert rows == sorted(set(rows))
    assert sample_rows(ground(stores[0], asked), 61) == list(range(61))
    figures, _ = told(stores, letters, 20)
    assert figures.sampled < figures.passages
    assert figures.recall.whole == figures.recall.whole_reference >= figures.recall.reference  # fewer to be lost among


def test_made_questions_are_the_same_each_time_and_no_more_than_wanted(stores: Any) -> None:
    asked = made_of(*stores, 10)
    assert len(asked) == 10
    assert asked == made_of(*stores, 10)
    assert asked == made_of(*stores, 1_000)[:10]
    assert len({each.rows for each in asked}) == 10


def test_questions_whose_passages_the_index_lacks_are_left_out(stores: Any) -> None:
    def sample(*ids: str) -> Sample:
        return Sample(Question("q", "냉면?"), passage_ids=ids)

    found = of_samples([sample("p3", "none", "p5"), sample("none"), sample()], stores[0])
    assert found == (Asked("냉면?", (3, 5)),)


def test_without_questions_nothing_is_proven(stores: Any) -> None:
    figures = measure(ground(stores[0], ()), letters, letters, 100, lambda count: None)
    assert any("0 questions" in reason.en for reason in judge(figures))


def test_nothing_of_a_path_is_needed(tmp_path: Path, kiwi: Tokenizer) -> None:
    passages, terms = make_stores(tmp_path, kiwi, ["?!", "ㅋㅋ"])
    assert made_of(passages, terms) == ()
