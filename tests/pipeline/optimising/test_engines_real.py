"""Engines of tiny random models, made, held against them, refused and asked by the commands that their user types."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
NEEDED = ("sentence_transformers", "onnxruntime", "onnxscript")
pytestmark = [pytest.mark.models, pytest.mark.timeout(1_800)]  # the first test waits for what all of them look at


def python_with_onnx() -> str:
    """A Python that can import the neural libraries and ONNX's; skips the test where there is none."""
    if all(importlib.util.find_spec(name) for name in NEEDED):
        return sys.executable
    beside = ROOT / ".venv" / "with" / "models" / "bin" / "python"
    if not beside.exists() or not list(beside.parents[1].glob("lib/python*/site-packages/onnxscript")):
        pytest.skip("ONNX is not installed: `make test-models` installs it")
    return str(beside)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    quiet = {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [python_with_onnx(), "-m", "tests.pipeline.optimising.engines_program", tmp_path_factory.mktemp("engines")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | quiet,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_single_precision_gives_the_models_own_vectors_and_passes(found: Any) -> None:
    assert found["fp32"]["rc"] == 0, found["fp32"]["err"]
    report = json.loads(found["fp32"]["out"])
    assert report["passed"]
    figures = report["engine"]["figures"]
    assert figures["passage_cosine"]["least"] > 0.99999
    assert figures["recall"]["searched"] == figures["recall"]["reference"]
    assert figures["asked"] == "file"
    assert (figures["questions"], figures["sampled"], figures["passage_cosine"]["count"]) == (60, 65, 64)
    assert found["near"]["questions"] < 1e-4
    assert found["near"]["passages"] < 1e-3  # halves on disk
    assert found["near"]["alone"] < 1e-4
    assert found["near"]["tokens"][0] < 60
    assert found["near"]["tokens"][1] == 512


def test_the_report_has_speed_by_batch_and_what_it_takes(found: Any) -> None:
    report = json.loads(found["fp32"]["out"])
    assert [(speed["texts"], speed["tokens"]) for speed in report["speeds"]] == [(2, 8), (1, 16)]
    for speed in report["speeds"]:
        assert set(speed["seconds"]) == {"reference", "engine"}
        assert all(seconds > 0 for seconds in speed["seconds"].values())
    assert report["engine_memory"] is not None
    assert report["model_memory"] is not None
    assert report["model_bytes"] > 64 * 400 * 4


def test_pooling_and_prompts_are_the_models_own(found: Any) -> None:
    said, value = found["packed"], found["packed engine"]
    assert (value["source"]["pooling"], value["source"]["question_prompt"]) == ("mean", "질문 ")
    assert value["source"]["passage_prompt"] == ""
    assert value["source"]["revision"].startswith("files:")
    assert value["figures"]["passage_cosine"]["mean"] > 0.9  # of another pooling, or without prompts, it would be noise
    assert value["figures"]["question_cosine"]["mean"] > 0.9
    assert said["rc"] == (0 if value["gate"]["passed"] else 4), said["err"]
    assert ("Passed" if value["gate"]["passed"] else "Refused") in said["out"]
    assert "ONNX fp32" in said["out"]
    assert found["packed files"] == ["engine.json", "model.onnx", "report.json", "report.md", "tokenizer.json"]


@pytest.mark.parametrize("quantize", ["dynamic", "static"])
def test_int8_passes_or_is_refused_as_its_figures_say(found: Any, quantize: str) -> None:
    told = found["int8"][quantize]
    cosine, recall = told["figures"]["passage_cosine"], told["figures"]["recall"]
    assert 0.9 < cosine["mean"] < 0.999999  # it has changed, and is no other model
    lost = 100 * max(recall["reference"] - recall["searched"], recall["whole_reference"] - recall["whole"])
    good = lost <= 0.5 and all(
        spread["mean"] >= 0.97 and spread["p1"] >= 0.9 for spread in (cosine, told["figures"]["question_cosine"])
    )
    assert (told["reasons"] == []) == good
    assert told["asked"]["rc"] == (0 if good else 4)
    if not good:
        assert all(reason in told["asked"]["err"] for reason in told["reasons"])
    assert told["read"] == 60 + told["figures"]["sampled"]
    assert told["bytes"][1] < told["bytes"][0]


def test_half_precision_keeps_the_vectors_and_halves_the_network(found: Any) -> None:
    assert min(found["fp16"]["cosines"]) > 0.999
    assert found["fp16"]["bytes"] < 0.8 * found["int8"]["static"]["bytes"][0]


def test_without_tensorrt_an_onnx_engine_is_made_and_that_is_said(found: Any) -> None:
    done = found["without tensorrt"]
    assert done["rc"] == 0, done["err"]
    assert "TensorRT can't be used" in done["err"].replace("\n", " ")
    assert "An ONNX engine is made in its place" in done["err"].replace("\n", " ")
    assert (done["build"]["target"], done["build"]["precision"]) == ("onnx", "fp32")
    assert json.loads(done["out"])["passed"]


def scores(asked: Any) -> dict[int, Any]:
    """The vectors' score of each candidate. Pieces of one text are nearly alike, so that their order says nothing."""
    return {row: pytest.approx(score, abs=1e-3) for row, score in zip(asked["rows"], asked["scores"], strict=True)}


def test_an_index_of_the_model_is_searched_with_its_engine_alike(found: Any) -> None:
    model, engine = found["asked"]["model"], found["asked"]["engine"]
    assert model["rc"] == engine["rc"] == 0, (model, engine)
    assert dict(zip(engine["rows"], engine["scores"], strict=True)) == scores(model)
    assert len(set(engine["scores"])) > 10
    assert model["engine"] == "none"
    assert engine["engine"].endswith("fp32")


def test_an_index_can_be_made_by_an_engine_and_says_so(found: Any) -> None:
    assert found["indexed"]["rc"] == 0, found["indexed"]["err"]
    assert found["manifest"]["name"].endswith("/encoder")
    assert found["manifest"]["revision"].startswith("files:")
    assert found["manifest"]["engine"].startswith("onnx fp32 ")
    made = found["made"]["asked"]
    assert dict(zip(made["rows"], made["scores"], strict=True)) == scores(found["asked"]["engine"])
    assert found["made"]["without"]["rc"] == 5
    assert "models.engine" in found["made"]["without"]["err"]


def test_many_callers_of_an_engine_are_timed_beside_its_model(found: Any) -> None:
    assert found["bench"]["rc"] == 0, found["bench"]["err"]
    speeds = json.loads(found["bench"]["out"])["speeds"]
    assert list(speeds)[:3] == ["한상 (batcher)", "한상, 엔진 (batcher, engine)", "sentence-transformers"]
    assert [speeds[name]["errors"] for name in list(speeds)[:2]] == [0, 0]
    assert speeds["한상, 엔진 (batcher, engine)"]["per_second"] > 0


def test_an_engine_answers_where_there_is_no_torch(found: Any) -> None:
    assert found["without torch"]["rc"] == 0, found["without torch"]["rows"]
    assert sorted(found["without torch"]["rows"]) == sorted(found["asked"]["engine"]["rows"])


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("another model", 4, "One model's question can't search another's vectors"),
        ("bench of another model", 4, "One model's question can't search another's vectors"),
        ("no network", 5, "ONNX Runtime can't open it"),
        ("wrong width", 5, "its vectors have 64 dimensions, engine.json says 128"),
        ("tensorrt int8 dynamic", 2, "--quantize static"),
        ("no neural index", 2, "no neural model's (lsa)"),
        ("a folder that is there", 4, "exists already"),
        ("too long a shape", 2, "--shapes"),
        ("no such index", 3, "There is no index 'none'"),
    ],
)
def test_what_cannot_be_done_is_told(found: Any, name: str, code: int, said: str) -> None:
    told = found["refusals"][name]
    assert told["rc"] == code, told
    assert said in told["err"].replace("\n", " ")
    assert "Traceback" not in told["err"]


def test_nothing_half_made_is_left(found: Any) -> None:
    assert found["refusals"]["left"] == []
