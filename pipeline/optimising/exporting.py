"""From a neural encoder to a network in ONNX whose one output are its vectors, pooled and of unit length.

Needs torch, transformers, onnx and onnxscript; sentence-transformers for models of its form.
"""

from __future__ import annotations

import copy
import gc
import importlib.util
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors.neural import ModelUnusable
from pipeline.errors.optimising import EngineNotMade
from pipeline.neural.folders import longest, read_config
from pipeline.neural.hub import Found
from pipeline.neural.loading import Place, loading, require
from pipeline.optimising.engines import NETWORK, TOKENIZER, Pooling, Source
from pipeline.optimising.runtime import keep_quiet
from pipeline.optimising.sessions import INPUTS, VECTORS

OPSET = 18  # the first with LayerNormalization and ReduceMax as everybody runs them
ALONE = 1_800_000_000  # bytes of weights that still fit into one file of the format, which ends at 2 GiB
_PASSAGE_PROMPTS = ("document", "passage", "corpus")  # as sentence-transformers looks for them


@dataclass(slots=True)
class Loaded:
    """A model as torch holds it, ready to export. ``network(ids, mask)`` gives vectors."""

    source: Source
    network: Any
    tokenizer: Any
    bytes: int


def require_exporting() -> None:
    """Make sure that what exporting and quantising need is installed.

    Raises:
        ModelUnusable: a package is missing.
    """
    keep_quiet()  # torch's exporter imports ONNX Runtime by itself
    require(torch="torch", transformers="transformers", sentence_transformers="sentence-transformers")
    missing = [name for name in ("onnx", "onnxscript", "onnxruntime") if importlib.util.find_spec(name) is None]
    if missing:
        raise ModelUnusable(
            name=", ".join(missing), reason="설치되어 있지 않습니다", reason_en="not installed",
            cure="`pip install onnx onnxscript onnxruntime`을 실행하세요(optimum은 쓰지 않습니다)",
            cure_en="Run `pip install onnx onnxscript onnxruntime` (optimum isn't used)",
        )  # fmt: skip


def open_source(found: Found, encoder: str, tokens: int) -> Loaded:
    """Load the model that ``encoder`` reads with, with that one's pooling and prompts.

    Args:
        encoder: ``bge_m3`` or ``sentence_transformer``.
        tokens: read of each text at most.

    Raises:
        EngineNotMade: it has parts that an engine can't have.
        ModelTooLarge, ModelUnusable: it can't be loaded.
    """
    opened = _open_plain if encoder == "bge_m3" else _open_packed
    with loading(found, Place("cpu", "fp32")):
        model, tokenizer, pooling, prompts, own = opened(found)
    if not hasattr(tokenizer, "backend_tokenizer"):
        raise _not_made(found.name, "tokenizer.json이 없는 토크나이저", "a tokenizer without tokenizer.json")
    source = Source(
        name=found.name,
        revision=found.revision,
        dimensions=int(model.config.hidden_size),
        tokens=min(tokens, own, longest(read_config(found.folder, found.name), tokens)),
        pooling=pooling,
        question_prompt=prompts[0],
        passage_prompt=prompts[1],
        pad_id=int(tokenizer.pad_token_id),
        pad=str(tokenizer.pad_token),
    )
    size = sum(weights.numel() * weights.element_size() for weights in model.parameters())
    return Loaded(source, _pooled(model, pooling), tokenizer, size)


_Opened = tuple[Any, Any, Pooling, tuple[str, str], int]


def _open_plain(found: Found) -> _Opened:
    """A folder that says nothing of its pooling is read by its first token, as bge-m3 is."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    model = AutoModel.from_pretrained(found.folder, attn_implementation="eager", dtype=torch.float32)
    return model, AutoTokenizer.from_pretrained(found.folder), "cls", ("", ""), 1 << 30


def _open_packed(found: Found) -> _Opened:
    from sentence_transformers import SentenceTransformer

    packed = SentenceTransformer(str(found.folder), device="cpu", model_kwargs={"attn_implementation": "eager"})
    kinds = [type(module).__name__ for module in packed]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        raise _not_made(found.name, f"모듈 {', '.join(kinds)}", f"the modules {', '.join(kinds)}")
    pooling = packed[1].pooling_mode
    if pooling not in ("cls", "mean") or not packed[1].include_prompt:
        raise _not_made(found.name, f"{pooling} 풀링", f"pooling by {pooling}")
    passage = next((packed.prompts[name] for name in _PASSAGE_PROMPTS if name in packed.prompts), "")
    prompts = packed.prompts.get("query", ""), passage
    return packed[0].auto_model, packed.tokenizer, pooling, prompts, int(packed.max_seq_length or 1 << 30)


def _not_made(name: str, ko: str, en: str) -> EngineNotMade:
    return EngineNotMade(
        name=name, reason=f"엔진이 가질 수 없는 부분({ko})", reason_en=f"no engine can have {en}",
        cure="원래 모델을 그대로 쓰거나, 평균·첫 토큰 풀링을 하는 모델을 고르세요",
        cure_en="Use the model itself, or choose one that pools by the mean or the first token",
    )  # fmt: skip


def _pooled(model: Any, pooling: Pooling) -> Any:
    """The model with its pooling as one module."""
    import torch

    class Pooled(torch.nn.Module):  # type: ignore[misc]  # its class is unknown where torch isn't installed
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            """*Shape:* both ``(texts, tokens)``; vectors ``(texts, dimensions)``."""
            states = self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state.float()
            if pooling == "cls":
                vectors = states[:, 0]
            else:
                mask = attention_mask.unsqueeze(-1).to(states.dtype)
                vectors = (states * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(vectors, dim=-1)

    return Pooled().eval()


def export(loaded: Loaded, folder: Path, *, half: bool = False) -> None:
    """Write the network, in half precision if so wished, and its tokenizer.

    Raises:
        EngineNotMade: the exporter can't follow the model.
    """
    import torch

    network = _halved(loaded.network) if half else loaded.network
    words = torch.full((2, 8), 5, dtype=torch.int64)
    mask = torch.ones_like(words)
    mask[1, 6:] = 0  # padding that is really there keeps the exporter from taking it for granted that there is none
    free = {0: "texts", 1: "tokens"}
    try:
        with silently():
            torch.onnx.export(
                network, (words, mask), folder / NETWORK, input_names=list(INPUTS), output_names=[VECTORS],
                dynamic_shapes=dict.fromkeys(INPUTS, free), opset_version=OPSET, external_data=loaded.bytes > ALONE,
                verbose=False,
            )  # fmt: skip
    except (torch.onnx.OnnxExporterError, RuntimeError) as error:
        said = (str(error) or type(error).__name__).strip().splitlines()[0][:200]
        raise EngineNotMade(
            name=loaded.source.name, reason=f"torch.onnx.export가 옮기지 못했습니다({said})",
            reason_en=f"torch.onnx.export can't follow it ({said})",
            cure="원래 모델을 그대로 쓰세요", cure_en="Use the model itself",
        ) from error  # fmt: skip
    loaded.tokenizer.backend_tokenizer.save(str(folder / TOKENIZER))


def _halved(network: Any) -> Any:
    """A copy in half precision, but for layer normalisation, whose squares overflow in it."""
    import torch

    class Wide(torch.nn.Module):  # type: ignore[misc]  # its class is unknown where torch isn't installed
        def __init__(self, narrow: Any) -> None:
            super().__init__()
            self.wide = narrow.float()

        def forward(self, states: Any) -> Any:
            return self.wide(states.float()).to(states.dtype)

    half = copy.deepcopy(network).half()
    for module in list(half.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, torch.nn.LayerNorm):
                setattr(module, name, Wide(child))
    return half


def reference_run(loaded: Loaded, device: str) -> Callable[[NDArray[np.int64], NDArray[np.int64]], object]:
    """Runs the loaded model on words and mask, with the attention that its encoder uses rather than the exporter's."""
    import torch

    loaded.network.model.set_attn_implementation("sdpa")
    loaded.network.to(device)

    def run(words: NDArray[np.int64], mask: NDArray[np.int64]) -> object:
        with torch.inference_mode():
            return loaded.network(torch.from_numpy(words).to(device), torch.from_numpy(mask).to(device)).cpu()

    return run


def release(loaded: Loaded) -> None:
    """Give the memory of a network back."""
    loaded.network = None
    gc.collect()


@contextmanager
def silently() -> Iterator[None]:
    """What the exporter says of itself and of packages that it doesn't need stays out of the terminal."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
