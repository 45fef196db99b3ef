"""bge-m3's sparse and ColBERT scores are those of FlagEmbedding, and are asked for or aren't there."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import numpy as np
import pytest

from tests.pipeline.neural.test_models import ROOT, python_with_models

pytestmark = [pytest.mark.models, pytest.mark.timeout(1_800)]
SAID = [row for row in range(10) if row not in (7, 8)]  # "?!" and the empty text: FlagEmbedding scores even those


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    quiet = {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [python_with_models(), "-m", "tests.pipeline.neural.further_program", tmp_path_factory.mktemp("further")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | quiet,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("library", ["sentence_transformers", "flag_embedding"])
@pytest.mark.parametrize("stage", ["sparse", "colbert"])
def test_scores_are_flag_embeddings(found: Any, library: str, stage: str) -> None:
    ours, theirs = (np.array(found["against_flag_embedding"][who][stage]) for who in (library, "theirs"))
    told = np.ix_(SAID, SAID)
    assert np.abs(theirs[told]).max() > 0.5
    assert ours[told] == pytest.approx(theirs[told], rel=1e-5, abs=1e-4)
    for nothing in (7, 8):
        assert not ours[nothing].any()
        assert not ours[:, nothing].any()


@pytest.mark.parametrize("library", ["sentence_transformers", "flag_embedding"])
def test_half_precision_costs_a_thousandth(found: Any, library: str) -> None:
    told = found["against_flag_embedding"]
    ours, exact = np.array(told[library]["sparse"]), np.array(told["theirs"]["exact"])
    assert ours[np.ix_(SAID, SAID)] == pytest.approx(exact[np.ix_(SAID, SAID)], rel=1e-3)
    ours, pairs = np.array(told[library]["colbert"][0][:6]), np.array(told["pairs"]["colbert"])
    assert ours == pytest.approx(pairs, abs=2e-3)


@pytest.mark.parametrize("library", ["sentence_transformers", "flag_embedding"])
def test_vectors_are_the_same_and_a_token_takes_two_bytes_a_dimension(found: Any, library: str) -> None:
    told = found["against_flag_embedding"][library]
    assert told["dense differs"] < 2e-3
    assert told["bytes"] == told["tokens"] * 64 * 2


def test_without_a_share_an_index_with_the_scores_answers_as_one_without(found: Any) -> None:
    assert found["whole"]["none"] == found["whole"]["plain"]
    assert len(found["whole"]["plain"]["candidates"]) > 2


def test_with_a_share_they_are_in_the_trace(found: Any) -> None:
    told = found["whole"]
    assert all({"sparse", "colbert", "fused"} <= scores.keys() for scores in told["shares"])
    assert {"sparse", "colbert"} <= set(told["timings"])
    assert told["shared"]  # read once, for both analysers
    assert told["model"] == {**told["plain model"], "scores": "dense+sparse+colbert"}
    assert "scores" not in told["plain model"]
    assert told["unchanged"]
    assert told["changed"]
    assert told["refused"]["code"] == "scores-not-indexed"


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("headless", "model-unusable", "models.scores=dense"),
        ("cut", "model-unusable", "models.scores=dense"),
        ("lsa", "bad-setting", "bge_m3"),
        ("any", "bad-setting", "bge_m3"),
    ],
)
def test_what_cannot_be_indexed_so_is_refused_with_the_cure(found: Any, name: str, code: str, said: str) -> None:
    told = found["refusals"][name]
    assert told["code"] == code
    assert said in told["en"] + told["ko"]
