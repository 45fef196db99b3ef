"""What ONNX Runtime is asked for, and batches made to fit the shapes that TensorRT has compiled. Needs neither."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors.neural import ModelUnusable
from pipeline.errors.optimising import TensorRtAbsent
from pipeline.optimising.engines import Build, Engine, Shape, Source
from pipeline.optimising.sessions import fitted, providers, require, tensorrt_options

CPU, CUDA, TENSORRT = "CPUExecutionProvider", "CUDAExecutionProvider", "TensorrtExecutionProvider"
PAD = 1


def engine(build: Build) -> Engine:
    return Engine(Source("m", "r", 4, 512, "cls"), build, {}, "now", {})


PLAIN = engine(Build("onnx", "int8", "dynamic"))
COMPILED = engine(Build("tensorrt", "fp16", shapes=((1, 32), (8, 128))))


@pytest.mark.parametrize(
    ("device", "known", "given_"),
    [
        ("cpu", [CUDA, CPU], [CPU]),
        ("auto", [CPU], [CPU]),
        ("auto", [CUDA, CPU], [CUDA, CPU]),
        ("cuda", [CUDA, CPU], [CUDA, CPU]),
    ],
)
def test_an_onnx_engine_runs_where_the_settings_say(device: str, known: list[str], given_: list[str]) -> None:
    assert providers(PLAIN, Path("e"), device, known) == given_


def test_a_gpu_that_is_asked_for_and_not_there_is_told() -> None:
    with pytest.raises(ModelUnusable, match="onnxruntime-gpu"):
        providers(PLAIN, Path("e"), "cuda", [CPU])


def test_an_engine_of_tensorrt_is_opened_with_tensorrt_or_not_at_all() -> None:
    with pytest.raises(TensorRtAbsent, match="libnvinfer") as told:
        providers(COMPILED, Path("e"), "auto", [CUDA, CPU])
    assert "CUDA, CPU" in told.value.korean
    assert "--to onnx" in told.value.english
    assert told.value.exit_code == 5
    first, *rest = providers(COMPILED, Path("e"), "auto", [TENSORRT, CUDA, CPU])
    assert first[0] == TENSORRT
    assert rest == [CUDA, CPU]


def test_tensorrt_gets_each_shape_as_a_profile_and_keeps_what_it_compiles() -> None:
    told = tensorrt_options(COMPILED, Path("e"))
    shapes = "input_ids:1x32,attention_mask:1x32,input_ids:8x128,attention_mask:8x128"
    assert {told[f"trt_profile_{end}_shapes"] for end in ("min", "opt", "max")} == {shapes}
    assert (told["trt_fp16_enable"], told["trt_int8_enable"]) == (True, False)
    assert told["trt_engine_cache_enable"]
    assert told["trt_engine_cache_path"] == "e/tensorrt"
    assert told["trt_layer_norm_fp32_fallback"]


SHAPES = st.lists(st.tuples(st.integers(1, 9), st.integers(4, 20)), min_size=1, max_size=4)


@given(SHAPES, st.integers(1, 30), st.data())
def test_every_text_comes_through_once_and_in_order(shapes: list[Shape], texts: int, data: st.DataObject) -> None:
    tokens = data.draw(st.integers(1, max(length for _, length in shapes)))
    ids = np.arange(texts * tokens, dtype=np.int64).reshape(texts, tokens) + 10
    mask = np.ones_like(ids)
    read = []
    for words, where, rows in fitted(ids, mask, shapes, PAD):
        assert words.shape == where.shape
        assert words.shape in shapes
        assert (words[:, tokens:] == PAD).all()
        assert where.sum() == where[:, :tokens].size  # what was filled up is masked, and no row is padding alone
        read.append(words[:rows, :tokens])
    assert np.array_equal(np.concatenate(read), ids)


def test_the_smallest_shape_that_takes_all_is_chosen() -> None:
    shapes = ((1, 16), (8, 16), (8, 64), (32, 64))
    for given_, chosen in {(1, 4): (1, 16), (2, 16): (8, 16), (8, 17): (8, 64), (9, 3): (32, 64)}.items():
        (part,) = fitted(np.ones(given_, dtype=np.int64), np.ones(given_, dtype=np.int64), shapes, PAD)
        assert part[0].shape == chosen
    assert [part[0].shape for part in fitted(*[np.ones((33, 5), dtype=np.int64)] * 2, shapes, PAD)] == [
        (32, 64),
        (1, 16),
    ]


def test_a_text_longer_than_every_shape_is_no_batch() -> None:
    with pytest.raises(ValueError, match="17 tokens"):
        list(fitted(np.ones((1, 17), dtype=np.int64), np.ones((1, 17), dtype=np.int64), ((4, 16),), PAD))


def test_without_the_packages_the_error_names_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)  # as if it were not installed
    with pytest.raises(ModelUnusable, match="pip install onnxruntime tokenizers") as told:
        require()
    assert "torch isn't needed" in told.value.english
