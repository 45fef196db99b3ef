"""The synthetic corpus is the same for the same seed, and what is measured is of the index that was built."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors.files import FileProblem
from pipeline.evaluation.scale_bench import (
    PER_RESTAURANT,
    Material,
    bench_scale,
    questions,
    read_material,
    synthetic,
)
from pipeline.settings import Settings
from pipeline.types import Source
from tests.app.cli_runs import failure, run, run_json, write_reviews

MATERIAL = Material(
    (
        ("주차가 편해요.", "직원이 친절해요."),
        ("갈비가 부드럽고 불맛이 좋아요.",),
        ("웨이팅이 길어요.", "냉면은 짜요.", "…"),
    ),
    (Source("r1", restaurant="숯골갈비", district="마포"), Source("r2", restaurant="연탄집")),
)


@given(st.integers(0, 80), st.integers(0, 5))
def test_the_same_seed_makes_the_same_and_a_longer_one_begins_alike(count: int, seed: int) -> None:
    made = list(synthetic(MATERIAL, count, seed))
    assert made == list(synthetic(MATERIAL, count, seed))
    assert made == list(synthetic(MATERIAL, count + 7, seed))[:count]
    sentences = {sentence for review in MATERIAL.reviews for sentence in review}
    assert len({document.source.document_id for document in made}) == count
    assert all(any(sentence in document.text for sentence in sentences) for document in made)
    assert len({document.source.restaurant for document in made}) == -(-count // PER_RESTAURANT)


def test_another_seed_makes_others_and_questions_are_words_of_the_file() -> None:
    assert list(synthetic(MATERIAL, 20, 1)) != list(synthetic(MATERIAL, 20, 2))
    asked = questions(MATERIAL, 30, 1)
    assert asked == questions(MATERIAL, 30, 1)
    text = "\n".join(sentence for review in MATERIAL.reviews for sentence in review)
    assert all(question in text and any(c.isalnum() for c in question) for question in asked)


def test_the_report_is_of_what_was_built(tmp_path: Path) -> None:
    found = bench_scale(read_material(write_reviews(tmp_path)), Settings(), 120, 5)
    assert (found.passages, found.documents, found.questions) == (120, 120, 5)
    assert found.memory_highest >= found.memory_before > 0
    assert found.disk > 10_000
    assert found.index_cpu_s > 0
    assert {"understand", "bm25", "vector", "rerank", "generate", "total"} <= set(found.timings)
    assert all(0 <= each.p50 <= each.p95 for each in found.timings.values())


def test_as_people_type_it(tmp_path: Path) -> None:
    reviews = write_reviews(tmp_path)
    command = ("bench", "scale", "--passages", "100", "--questions", "3", "--from", str(reviews))
    found = run_json(tmp_path, *command, "--seed", "4")
    assert (found["passages"], found["seed"]) == (100, 4)
    assert "첫 질문" in run(tmp_path, *command).stdout
    assert "none.jsonl" in failure(run(tmp_path, "bench", "scale", "--from", str(tmp_path / "none.jsonl")), 2)
    assert "--passages" in failure(run(tmp_path, "bench", "scale", "--passages", "3"), 2)


def test_a_file_without_a_sentence_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_text(json.dumps({"id": "r1", "text": "  "}) + "\n", encoding="utf-8")
    with pytest.raises(FileProblem):
        read_material(path)
