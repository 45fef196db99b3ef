"""A language model compressed by llm-compressor, served by vLLM beside its original one after the other, gated, timed.

What is written here is certain (see ``build_sure``), so that the two agree unless something is broken.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors.machine import BackendUnavailable
from pipeline.optimising.llm.compressing import interpreter
from pipeline.optimising.llm.report import read
from tests.app.cli_runs import failure, make_index, run, run_json
from tests.app.test_cli_llm import questions
from tests.vllm.conftest import MODEL, OFFLINE, PYTHON, Vllm

SET = ("llm.first_token_s=120", "llm.next_token_s=120", "llm.answer_tokens=24", "prompt=answer@2", "retrieval.k=3",
       "llm.context_tokens=4096")  # fmt: skip
PATIENT = tuple(word for each in SET for word in ("--set", each))
SMALLER = "sure-w8a8"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vllm]:
    try:
        interpreter()
    except BackendUnavailable as error:
        pytest.skip(error.english)
    folder = tmp_path_factory.mktemp("compressed")
    builder = Path(__file__).with_name("build_sure.py")
    subprocess.run([PYTHON, builder, folder / "sure"], check=True, capture_output=True, env=os.environ | OFFLINE)
    made = Vllm(folder)
    try:
        yield made
    finally:
        made.kill()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("home")
    make_index(root, tmp_path_factory.mktemp("reviews"))
    return root


def bench(home: Path, server: Vllm) -> Any:
    words = ("--index", "small", "--url", server.url, "--model", MODEL, "--concurrency", "1,8", "--requests", "8")
    return run_json(home, "bench", "llm", *words, "--tokens", "24", *PATIENT)


def test_compressed_served_gated_and_timed(home: Path, server: Vllm) -> None:
    out, data = server.folder / SMALLER, questions(server.folder)
    words = ("--model", str(server.folder / "sure"), "--index", "small", "--samples", "8", "--tokens", "1024")
    made = run(home, "optimise", "llm", "--scheme", "w8a8", "--out", str(out), *words)
    assert made.exit_code == 0, made.output
    config = json.loads((out / "config.json").read_text())
    assert config["quantization_config"]["quant_method"] == "compressed-tensors"
    assert config["quantization_config"]["config_groups"]["group_0"]["weights"]["num_bits"] == 8

    gate = ("optimise", "gate-llm", str(out), "--index", "small", "--data", str(data), *PATIENT)
    server.start("sure")
    before = run(home, *gate, "--original", server.url, "--original-model", MODEL)
    assert before.exit_code == 0, before.output
    assert "sure" in failure(run(home, *gate, "--compressed", server.url, "--compressed-model", MODEL), 4)
    plain = bench(home, server)
    server.kill()

    server.start(SMALLER)
    found = run_json(home, *gate, "--compressed", server.url, "--compressed-model", MODEL)
    smaller = bench(home, server)
    server.kill()
    log = (server.folder / "log").read_text(errors="replace")
    assert "CompressedTensorsW8A8Int8" in log  # the quantised kernel is what ran

    assert found["state"] == read(out).state == "passed"
    assert found["gate"]["asked"] == found["gate"]["questions"] == 24
    assert found["gate"]["agreement"][0] > 0.9
    assert found["compressed"] < 0.8 * found["original"]
    for side, name in (("original", "sure"), ("compressed", SMALLER)):
        facts = found["servers"][side]
        assert Path(facts["root"]).name == name
        assert facts["resident"] > 100_000_000
        assert facts["cache_tokens"] > 0
    for report in (plain, smaller):
        (loads,) = report["loads"]
        assert [(load["together"], load["errors"]) for load in loads] == [(1, {}), (8, {})]
        assert all(load["counted"] and load["answer_tokens"] == 24 for load in loads)
        assert all(load["first_ms"]["p50"] > 0 for load in loads)
        # The few tokens of such a model may come all at once; then nothing is known of each.
        assert all(load["token_ms"]["p50"] is None or load["token_ms"]["p50"] > 0 for load in loads)
