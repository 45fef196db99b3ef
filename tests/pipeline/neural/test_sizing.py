"""The doctor's sums on what the GPU profile needs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import doctor_gpu, machine
from pipeline.config import load_profile
from pipeline.neural.sizing import (
    LLAMA_3_8B,
    XLM_ROBERTA_LARGE,
    best_scheme,
    cache_bytes,
    plan,
    requests_that_fit,
    total,
    weight_bytes,
)

GIB = 1 << 30
ASKED = {"batch_tokens": 8_192, "context_tokens": 8_192, "requests": 8}


def test_published_sizes() -> None:
    assert weight_bytes(XLM_ROBERTA_LARGE, "fp32") == pytest.approx(2.27e9, rel=0.01)  # the file of bge-m3
    assert weight_bytes(LLAMA_3_8B, "bf16") == pytest.approx(16.06e9, rel=0.001)  # the files of Llama 3 8B
    assert 8.5e9 < weight_bytes(LLAMA_3_8B, "fp8") < 9.5e9
    assert 5.2e9 < weight_bytes(LLAMA_3_8B, "w4a16") < 6.2e9  # AWQ and GPTQ files have 5.7 GB
    assert cache_bytes(LLAMA_3_8B, 1) == 131_072  # 128 KiB a token
    assert cache_bytes(LLAMA_3_8B, 8_192) == GIB


def test_cards_people_have() -> None:
    fitting = {gib: best_scheme(gib * GIB, **ASKED) for gib in (8, 12, 16, 24, 40, 48, 80)}
    assert fitting[8] is None
    assert fitting[12] is None
    assert fitting[80] == fitting[48] == fitting[40] == "bf16"
    assert fitting[24] in ("fp8", "w4a16")


@given(memory=st.integers(0, 200 * GIB), more=st.integers(0, 50 * GIB))
def test_more_memory_never_squeezes_more(memory: int, more: int) -> None:
    order = (None, "w4a16", "fp8", "bf16")
    assert order.index(best_scheme(memory, **ASKED)) <= order.index(best_scheme(memory + more, **ASKED))


@given(memory=st.integers(0, 200 * GIB), context=st.integers(256, 131_072))
def test_as_many_requests_as_the_rest_holds(memory: int, context: int) -> None:
    many = requests_that_fit(memory, "fp8", batch_tokens=8_192, context_tokens=context)
    held = total(plan("fp8", batch_tokens=8_192, context_tokens=context, requests=many))
    over = total(plan("fp8", batch_tokens=8_192, context_tokens=context, requests=many + 1))
    assert over > memory * 0.92
    assert not many or held <= memory * 0.92


@pytest.mark.parametrize(
    ("line", "gib"),
    [("NVIDIA L4, 550.54, 23034 MiB", 22.49), ("NVIDIA H100 80GB HBM3, 570.1, 81559 MiB", 79.6), ("", 0),
     ("NVIDIA GB10, 580.1, [N/A]", 0), ("Failed to initialize NVML", 0)],
)  # fmt: skip
def test_a_cards_memory_is_read_from_its_line(line: str, gib: float) -> None:
    assert doctor_gpu.card_memory(line) / GIB == pytest.approx(gib, abs=0.05)


def test_the_doctor_says_which_model_fits() -> None:
    settings = load_profile("gpu")
    without, small, large = (doctor_gpu.room(gib * GIB, settings) for gib in (0, 8, 80))
    assert (without.status, small.status, large.status) == ("ok", "notice", "ok")
    assert "the gpu profile needs" in without.found.en
    assert "llm.url" in small.cure.ko
    assert "fits as bf16" in large.found.en


def test_packages_matter_where_there_is_a_gpu() -> None:
    nothing = dict.fromkeys(doctor_gpu.PACKAGES, "")
    everything = dict.fromkeys(doctor_gpu.PACKAGES, "1.0")
    assert doctor_gpu.packages(nothing, "", gpu=False).status == "ok"
    assert "make gpu" in doctor_gpu.packages(nothing, "", gpu=True).cure.ko
    assert doctor_gpu.packages(everything, "", gpu=True).status == "notice"  # vLLM is missing
    assert doctor_gpu.packages(everything, "0.33.0", gpu=True).status == "ok"


def test_disk_for_what_has_to_be_fetched() -> None:
    names = list(doctor_gpu.DOWNLOADS)
    assert doctor_gpu.downloads([], 0, gpu=True).status == "ok"
    assert doctor_gpu.downloads(names, 10 * GIB, gpu=False).status == "ok"
    assert "HF_HOME" in doctor_gpu.downloads(names, 10 * GIB, gpu=True).cure.en
    assert doctor_gpu.downloads(names, 30 * GIB, gpu=True).status == "ok"


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [("open", "ok", ""), ("gated", "notice", "HF_TOKEN"), ("unknown", "notice", "huggingface.co/a/b"),
     ("silent", "notice", "hf download a/b")],
)  # fmt: skip
def test_access_to_a_model(answer: str, status: str, said: str) -> None:
    check = doctor_gpu.access("a/b", answer)
    assert check.status == status
    assert said in check.cure.ko
    assert said in check.cure.en


def test_without_a_gpu_the_hub_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(machine, "hub_answer", lambda name: asked.append(name) or "open")
    checks = list(doctor_gpu.examine(None, load_profile("gpu"), tmp_path))
    assert [check.name for check in checks] == ["gpu-memory", "gpu-packages", "gpu-models"]
    assert {check.status for check in checks} == {"ok"}
    assert asked == []


def test_vllm_beside_us_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_installed", lambda name: False)
    assert machine.vllm_version(tmp_path) == ""
    (tmp_path / "vllm_gpu" / "lib" / "python3.11" / "site-packages" / "vllm-0.33.0.dist-info").mkdir(parents=True)
    assert machine.vllm_version(tmp_path) == "0.33.0"
