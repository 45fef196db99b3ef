"""An engine at work: its tokenizer and ONNX Runtime. Needs neither torch nor transformers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors.neural import ModelUnusable
from pipeline.errors.optimising import TensorRtAbsent
from pipeline.neural.loading import importable
from pipeline.optimising.engines import NETWORK, TOKENIZER, Engine, Shape, Source
from pipeline.optimising.runtime import onnx_runtime
from pipeline.protocols import FloatArray

CACHE = "tensorrt"  # the folder, inside an engine's, of what TensorRT has compiled for this card
INPUTS, VECTORS = ("input_ids", "attention_mask"), "vectors"  # what the network is given, and what it gives
_READ_MOST = 20_000  # characters handed to a tokenizer: more than any such model reads
_TENSORRT, _CUDA, _CPU = "TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"


def require() -> None:
    """Make sure that what an engine needs is installed, without importing it.

    Raises:
        ModelUnusable: a package is missing.
    """
    missing = [name for name in ("onnxruntime", "tokenizers") if not importable(name)]
    if missing:
        raise ModelUnusable(
            name=", ".join(missing), reason="설치되어 있지 않습니다", reason_en="not installed",
            cure="`pip install onnxruntime tokenizers`를 실행하세요(torch는 없어도 됩니다)",
            cure_en="Run `pip install onnxruntime tokenizers` (torch isn't needed)",
        )  # fmt: skip


class Session:
    """An engine that reads texts.

    Args:
        device: ``auto``, ``cpu`` or ``cuda``; a TensorRT engine has its own.
        tokens: read of each text at most.
        words: whether texts will be read; without a tokenizer only ``run`` works.

    Raises:
        ModelUnusable: ONNX Runtime or the tokenizer can't open it, or its vectors are of another length than it says.
        TensorRtAbsent: it needs TensorRT.
    """

    def __init__(
        self, folder: Path, engine: Engine, *, device: str = "auto", tokens: int = 1 << 30, words: bool = True
    ) -> None:
        self.engine = engine
        self.tokens = min(tokens, *_longest(engine))
        self._words: Any = open_tokenizer(folder, engine.source, self.tokens) if words else None
        self._network = open_network(folder, engine, device)
        self.device = self._network.get_providers()[0]
        width = self.run(*_blank(engine)).shape[1]
        if width != engine.source.dimensions:
            raise _unusable(
                folder, f"벡터가 {width}차원인데 engine.json에는 {engine.source.dimensions}차원",
                f"its vectors have {width} dimensions, engine.json says {engine.source.dimensions}",
            )  # fmt: skip

    def size(self, text: str) -> int:
        """Tokens that are read of a text."""
        return len(self._words.encode(text[:_READ_MOST]).ids)

    def __call__(self, texts: Sequence[str], *, question: bool) -> FloatArray:
        """The vectors of texts, the shape that an engine runs permitting in one batch.

        *Shape:* ``(len(texts), dimensions)``.
        """
        source = self.engine.source
        prompt = source.question_prompt if question else source.passage_prompt
        ids, mask = batch_of(self._words, [prompt + text for text in texts])
        if self.engine.build.target == "onnx":
            return self.run(ids, mask)
        parts = fitted(ids, mask, self.engine.build.shapes, source.pad_id)
        return np.concatenate([self.run(*given)[:rows] for *given, rows in parts])

    def run(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> FloatArray:
        """Run the network. *Shape:* both ``(texts, tokens)``; of the result ``(texts, dimensions)``."""
        (vectors,) = self._network.run([VECTORS], dict(zip(INPUTS, (ids, mask), strict=True)))
        found: FloatArray = np.asarray(vectors, dtype=np.float32)
        return found


def batch_of(words: Any, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What a tokenizer makes of texts. *Shape:* words and mask, ``(texts, tokens)`` each."""
    read = words.encode_batch([text[:_READ_MOST] for text in texts])
    ids = np.array([each.ids for each in read], dtype=np.int64).reshape(len(texts), -1)
    return ids, np.array([each.attention_mask for each in read], dtype=np.int64).reshape(ids.shape)


def fitted(
    ids: NDArray[np.int64], mask: NDArray[np.int64], shapes: Sequence[Shape], pad: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], int]]:
    """A batch cut and filled up to the shapes that there are; with each part, how many of its rows are texts.

    Of the shapes long enough the smallest that takes all that is left, else the one that takes most. A row that is no
    text repeats the part's first, since a row of padding alone has no mean.

    Raises:
        ValueError: no shape is long enough.
    """
    tokens = ids.shape[1]
    enough = sorted((shape for shape in shapes if shape[1] >= tokens), key=lambda shape: (shape[0] * shape[1], shape))
    if not enough:
        raise ValueError(f"{tokens} tokens")
    start = 0
    while start < len(ids):
        left = len(ids) - start
        texts, length = next(
            (shape for shape in enough if shape[0] >= left), max(enough, key=lambda shape: (shape[0], -shape[1]))
        )
        rows = np.minimum(np.arange(start, start + texts), len(ids) - 1)
        wide = ((0, 0), (0, length - tokens))
        yield np.pad(ids[rows], wide, constant_values=pad), np.pad(mask[rows], wide), min(texts, left)
        start += texts


def _longest(engine: Engine) -> tuple[int, ...]:
    """Tokens that an engine reads: its model's, and its longest shape's where it has only some."""
    longest = max((tokens for _, tokens in engine.build.shapes), default=engine.source.tokens)
    return (engine.source.tokens, longest) if engine.build.target == "tensorrt" else (engine.source.tokens,)


def _blank(engine: Engine) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """A batch that any engine can run."""
    shape = engine.build.shapes[0] if engine.build.target == "tensorrt" else (1, 4)
    return np.full(shape, engine.source.pad_id, dtype=np.int64), np.ones(shape, dtype=np.int64)


def open_tokenizer(folder: Path, source: Source, tokens: int) -> Any:
    """The tokenizer of an engine, which cuts texts and fills batches up.

    Raises:
        ModelUnusable: its file is broken.
    """
    from tokenizers import Tokenizer  # an optional extra

    try:
        words = Tokenizer.from_file(str(folder / TOKENIZER))
    except Exception as error:  # the library raises nothing narrower
        raise _unusable(
            folder, f"{TOKENIZER}을 열지 못했습니다({error})", f"{TOKENIZER} can't be opened ({error})"
        ) from error
    words.enable_truncation(tokens)
    words.enable_padding(pad_id=source.pad_id, pad_token=source.pad)
    return words


def open_network(folder: Path, engine: Engine, device: str) -> Any:
    """ONNX Runtime's session of an engine, on the device asked for and on no other.

    Raises:
        ModelUnusable: it can't be opened, or not there.
        TensorRtAbsent: it needs TensorRT.
    """
    onnxruntime = onnx_runtime()
    wanted = providers(engine, folder, device, onnxruntime.get_available_providers())
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors; its warnings are about its own optimisations
    try:
        network = onnxruntime.InferenceSession(str(folder / NETWORK), options, providers=wanted)
    except (RuntimeError, ValueError, OSError) as error:  # the runtime's own errors are RuntimeErrors
        raise _cannot_open(folder, error) from error
    except Exception as error:  # its refusals of a file derive from Exception alone
        if not type(error).__module__.startswith("onnxruntime"):
            raise
        raise _cannot_open(folder, error) from error
    given = network.get_providers()[0]
    if engine.build.target == "tensorrt" and given != _TENSORRT:
        raise _no_tensorrt(
            "ONNX Runtime이 TensorRT의 라이브러리를 열지 못했습니다", "ONNX Runtime can't load its libraries"
        )
    if device == "cuda" and given == _CPU:
        raise _no_cuda()
    return network


def providers(engine: Engine, folder: Path, device: str, known: Sequence[str]) -> list[Any]:
    """What ONNX Runtime is to run an engine with, in its order of preference.

    Raises:
        TensorRtAbsent: a TensorRT engine, and ONNX Runtime has no TensorRT.
        ModelUnusable: ``cuda`` is asked for, and it has none.
    """
    if engine.build.target == "tensorrt":
        check_tensorrt(known)
        return [(_TENSORRT, tensorrt_options(engine, folder)), *([_CUDA] if _CUDA in known else []), _CPU]
    if device == "cuda" and _CUDA not in known:
        raise _no_cuda()
    return [_CUDA, _CPU] if device != "cpu" and _CUDA in known else [_CPU]


def check_tensorrt(known: Sequence[str]) -> None:
    """Make sure that ONNX Runtime was built with TensorRT. ``known`` are its providers.

    Raises:
        TensorRtAbsent: it wasn't.
    """
    if _TENSORRT not in known:
        names = ", ".join(name.removesuffix("ExecutionProvider") for name in known)
        raise _no_tensorrt(
            f"설치된 ONNX Runtime에는 {names}만 있습니다", f"the ONNX Runtime installed has {names} only"
        )


def tensorrt_options(engine: Engine, folder: Path) -> dict[str, object]:
    """What TensorRT is told: the shapes, each a profile of its own, and to keep what it has compiled.

    Layer normalisation stays in single precision: XLM-RoBERTa's overflows in half.
    """
    shapes = ",".join(f"{name}:{texts}x{tokens}" for texts, tokens in engine.build.shapes for name in INPUTS)
    return {
        "trt_profile_min_shapes": shapes,
        "trt_profile_opt_shapes": shapes,
        "trt_profile_max_shapes": shapes,
        "trt_fp16_enable": engine.build.precision == "fp16",
        "trt_int8_enable": engine.build.precision == "int8",
        "trt_layer_norm_fp32_fallback": True,
        "trt_engine_cache_enable": True,
        "trt_engine_cache_path": str(folder / CACHE),
        "trt_timing_cache_enable": True,
        "trt_timing_cache_path": str(folder / CACHE),
    }


def _cannot_open(folder: Path, error: Exception) -> ModelUnusable:
    said = (str(error) or type(error).__name__).splitlines()[0][:200]
    return _unusable(folder, f"ONNX Runtime이 열지 못했습니다({said})", f"ONNX Runtime can't open it ({said})")


def _unusable(folder: Path, ko: str, en: str) -> ModelUnusable:
    return ModelUnusable(
        name=folder, reason=ko, reason_en=en,
        cure="`hansang optimise encoder`로 다시 만들거나 `models.engine=none`으로 하세요",
        cure_en="Make it again with `hansang optimise encoder`, or set `models.engine=none`",
    )  # fmt: skip


def _no_tensorrt(ko: str, en: str) -> TensorRtAbsent:
    return TensorRtAbsent(reason=ko, reason_en=en)


def _no_cuda() -> ModelUnusable:
    return ModelUnusable(
        name="models.device=cuda", reason="ONNX Runtime이 GPU를 쓰지 못합니다", reason_en="ONNX Runtime has no GPU",
        cure="`pip install onnxruntime-gpu`로 바꾸어 설치하거나 `--set models.device=cpu`로 하세요",
        cure_en="Install onnxruntime-gpu in place of onnxruntime, or use `--set models.device=cpu`",
    )  # fmt: skip
