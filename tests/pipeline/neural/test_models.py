"""The neural backends on tiny random models that the real libraries make and load."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import backends
from pipeline.errors.machine import BackendUnavailable
from pipeline.settings import Settings

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.timeout(1_800)  # the first test waits for what all of them look at
NOTHING_KNOWN = (6, 7)  # "?!" and the empty text


def python_with_models() -> str:
    """A Python that can import the neural libraries; skips the test where there is none."""
    if importlib.util.find_spec("sentence_transformers") and importlib.util.find_spec("FlagEmbedding"):
        return sys.executable
    beside = ROOT / ".venv" / "with" / "models" / "bin" / "python"
    if not beside.exists():
        pytest.skip("sentence-transformers is not installed: `make test-models` installs it")
    return str(beside)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    quiet = {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [python_with_models(), "-m", "tests.pipeline.neural.models_program", tmp_path_factory.mktemp("neural")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | quiet,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


WAYS = ("by sentence-transformers", "by FlagEmbedding", "any", "measured", "bf16", "short", "longer than the model")


@pytest.mark.models
@pytest.mark.parametrize("way", WAYS)
def test_vectors_are_of_unit_length_or_zero_and_halves_on_disk(found: Any, way: str) -> None:
    told = found["encoders"][way]
    assert told["type"] == "float16"
    asked, built = np.array(told["asked"]), np.array(told["built"])
    assert asked.shape == built.shape == (9, 64)
    lengths = [0.0 if row in NOTHING_KNOWN else 1.0 for row in range(9)]
    assert np.linalg.norm(asked, axis=1) == pytest.approx(lengths, abs=1e-5)
    assert np.abs(asked - built).max() < 1e-3
    assert told["record"]["dimensions"] == 64
    assert told["record"]["revision"].startswith("files:")


@pytest.mark.models
@pytest.mark.parametrize("way", [way for way in WAYS if way not in ("bf16", "short")])
def test_both_libraries_and_our_batches_give_the_same_vectors(found: Any, way: str) -> None:
    plain = np.array(found["encoders"]["plain"])
    plain[list(NOTHING_KNOWN)] = 0
    assert np.abs(np.array(found["encoders"][way]["asked"]) - plain).max() < 1e-3


@pytest.mark.models
def test_settings_reach_the_model(found: Any) -> None:
    plain, short, coarse = (np.array(found["encoders"][way]["asked"]) for way in (WAYS[0], "short", "bf16"))
    assert np.abs(short[8] - plain[8]).max() > 1e-2  # sixteen tokens of a long text
    assert 1e-6 < np.abs(coarse - plain).max() < 0.1


@pytest.mark.models
def test_threads_get_their_own_vectors(found: Any) -> None:
    assert len(found["in_threads"]) == 16
    assert max(found["in_threads"]) < 1e-5


@pytest.mark.models
def test_logits_are_those_of_the_libraries(found: Any) -> None:
    told = found["rerankers"]
    assert told["ours"][:6] == pytest.approx(told["sentence-transformers"][:6], abs=1e-4)
    assert told["ours"][:6] == pytest.approx(told["FlagEmbedding"][:6], abs=1e-4)
    assert told["ours"][6] == pytest.approx(
        told["sentence-transformers"][6], abs=1e-4
    )  # cut, and by them in the same place
    assert told["ours"] == pytest.approx(told["alone"], abs=1e-4)
    assert any(not 0 <= score <= 1 for score in told["ours"])
    assert told["none"] == []


@pytest.mark.models
def test_relevance_is_told_only_by_a_calibration(found: Any) -> None:
    told = found["rerankers"]
    assert set(told["relevance"]) == {None}
    expected = [1 / (1 + np.exp(-(2 * score - 1))) for score in told["ours"]]
    assert told["calibrated"] == pytest.approx(expected, abs=1e-5)


@pytest.mark.models
def test_nvml_says_what_is_free_where_there_is_a_card_and_nothing_elsewhere(found: Any) -> None:
    assert (found["card"]["free"] is None) == (shutil.which("nvidia-smi") is None)


def inside(part: list[int], whole: list[int]) -> bool:
    return any(whole[at : at + len(part)] == part for at in range(len(whole) - len(part) + 1))


@pytest.mark.models
def test_the_passage_is_cut_and_the_question_whole(found: Any) -> None:
    told = found["cuts"]
    assert len(told["pair"]) == len(told["huge"]) == 128
    assert inside(told["asked"], told["pair"])
    assert inside(told["end"][-3:], told["huge"])  # of a question without end its end stays


@pytest.mark.models
@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("a language model", "model-unusable", "LlamaForCausalLM makes no vectors"),
        ("a reranker as encoder", "model-unusable", "XLMRobertaForSequenceClassification makes no vectors"),
        ("an encoder as reranker", "model-unusable", "no head"),
        ("a head that is claimed", "model-unusable", "no head"),
        ("three labels", "model-unusable", "3 labels"),
        ("no such kind", "model-unusable", "no-such"),
        ("too large", "model-too-large", "cpu: 0.0 GiB needed"),
        ("memory runs out", "model-too-large", "is not enough memory for model"),
        ("overflow", "model-unusable", "arithmetic overflowed"),
        ("a prompt of its own", "model-unusable", "encoder=sentence_transformer"),
        ("not here", "model-absent", "hf download maker/model"),
        ("no gpu", "model-unusable", "models.device=cpu"),
        ("another model", "model-mismatch", "run `hansang index` again"),
        ("other dimensions", "model-mismatch", "128d"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_cure(found: Any, name: str, code: str, said: str) -> None:
    told = found["refusals"][name]
    assert told["code"] == code
    assert said in told["en"]
    assert any("가" <= letter <= "힣" for letter in told["ko"])


@pytest.mark.models
def test_the_same_model_in_another_folder_is_the_same(found: Any) -> None:
    assert found["refusals"]["the same elsewhere"] == {}


@pytest.mark.models
def test_the_demo_under_the_gpu_profile(found: Any) -> None:
    told = found["whole"]
    assert told["state"] == "done"
    assert told["answer"]
    for scores in told["first"]:
        assert {"bm25", "vector", "fused", "rerank"} <= set(scores)
        assert -1.001 <= scores["vector"] <= 1.001
    order = [scores["rerank"] for scores in told["first"]]
    assert order == sorted(order, reverse=True)
    assert all(0 <= relevance <= 1 for relevance in told["relevance"])
    assert set(told["uncalibrated"]) == {None}  # another reranker than the one that was calibrated
    assert told["type"] == "float16"
    assert told["shared"]  # read once, for both analysers
    for lines in told["kept"].values():
        assert lines[0] == "answerable"
        assert lines[1].startswith("cross_encoder:files:")
        assert lines[2] == "linear"


@pytest.mark.models
def test_an_index_is_never_searched_with_another_models_question(found: Any) -> None:
    told = found["whole"]
    assert told["manifest"] == told["model"]
    assert told["model"]["revision"].startswith("files:")
    assert told["unchanged"]
    assert told["with another model"]
    assert told["changed"]["code"] == "model-mismatch"
    for name in ("encoder", "other"):
        assert f"/{name} (files:" in told["changed"]["ko"]
        assert f"/{name} (files:" in told["changed"]["en"]
    assert told["per question"]["code"] == "index-time-setting"


@pytest.mark.parametrize("kind", ["bge_m3", "sentence_transformer"])
def test_without_the_libraries_the_error_names_the_cure(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it were not installed
    module = backends.load("encoder", kind)
    for act in (module.identity, lambda settings: module.load(Path(), settings)):
        with pytest.raises(BackendUnavailable, match="make gpu") as told:
            act(Settings())
        assert "torch" in told.value.korean
    reranker = backends.load("reranker", "cross_encoder")
    with pytest.raises(BackendUnavailable, match="make gpu"):
        reranker.load(None, None, None, Settings())
