"""From a network in single precision to one whose weights, and what they are multiplied with, are eight bits wide.

Dynamic: what comes is scaled as it comes. Static: by scales found beforehand on the user's own passages. Only products
with weights are quantised; embeddings, which are looked up, are kept in half precision, of a large vocabulary most of
what is left; layer normalisation, softmax and the products of attention stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors.optimising import EngineNotMade
from pipeline.optimising.engines import NETWORK, Build
from pipeline.optimising.exporting import ALONE, silently
from pipeline.optimising.runtime import quantization
from pipeline.optimising.sessions import INPUTS

Batch = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Words and mask, ``(texts, tokens)`` each."""

_KINDS = ["MatMul", "Gemm"]


def quantise(plain: Path, folder: Path, build: Build, batches: Sequence[Batch], name: str) -> None:
    """Write the quantised network of the one in the folder ``plain``. ``batches`` are what static scales are found on.

    Raises:
        EngineNotMade: the quantiser can't.
    """
    q = quantization()
    large = sum(file.stat().st_size for file in plain.iterdir()) > ALONE
    given, made = plain / NETWORK, folder / NETWORK
    how: dict[str, Any] = {
        "op_types_to_quantize": _KINDS, "per_channel": True, "weight_type": q.QuantType.QInt8,
        "use_external_data_format": large,
    }  # fmt: skip
    try:
        with silently():
            if build.quantize == "dynamic":
                q.quantize_dynamic(given, made, **how)
            else:
                q.quantize_static(given, made, _reader(batches), **how, **_static(build))
            _narrow_embeddings(made)
    except (RuntimeError, ValueError, AttributeError, TypeError) as error:
        said = (str(error) or type(error).__name__).strip().splitlines()[0][:200]
        raise EngineNotMade(
            name=name, reason=f"int8로 바꾸지 못했습니다({said})", reason_en=f"it can't be quantised ({said})",
            cure="`--precision fp32`나 `fp16`으로 하세요", cure_en="Use `--precision fp32` or `fp16`",
        ) from error  # fmt: skip


def _narrow_embeddings(path: Path) -> None:
    """Keep the tables that words are looked up in as halves, and widen what is found."""
    import onnx  # optional extras
    from onnx import numpy_helper

    model = onnx.load(path)
    graph = model.graph
    tables = {table.name: table for table in graph.initializer if table.data_type == onnx.TensorProto.FLOAT}
    users = [name for node in graph.node for name in node.input]
    nodes = []
    for node in graph.node:
        nodes.append(node)
        table = tables.get(node.input[0]) if node.op_type == "Gather" else None
        if table is None or len(table.dims) != 2 or users.count(table.name) != 1:
            continue
        table.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(table).astype(np.float16), table.name))
        wide, node.output[0] = node.output[0], f"{node.output[0]}_half"
        nodes.append(onnx.helper.make_node("Cast", [node.output[0]], [wide], to=onnx.TensorProto.FLOAT))
    del graph.node[:]
    graph.node.extend(nodes)
    del graph.value_info[:]  # the types of what lies between, which have changed
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()  # the library adds to a file of weights that is there
    onnx.save_model(model, path, save_as_external_data=model.ByteSize() > ALONE, location=f"{path.name}.data")


def _static(build: Build) -> dict[str, Any]:
    """TensorRT wants scales without a zero point; a CPU multiplies unsigned by signed bytes fastest."""
    q = quantization()
    symmetric = build.target == "tensorrt"
    return {
        "activation_type": q.QuantType.QInt8 if symmetric else q.QuantType.QUInt8,
        "quant_format": q.QuantFormat.QDQ,
        "extra_options": {"MatMulConstBOnly": True, "ActivationSymmetric": symmetric, "WeightSymmetric": True},
    }


def _reader(batches: Sequence[Batch]) -> Any:
    class Reader(quantization().CalibrationDataReader):  # type: ignore[misc]  # a class that isn't known here
        def __init__(self) -> None:
            self._left: Iterator[Batch] = iter(batches)

        def get_next(self) -> dict[str, Any] | None:
            batch = next(self._left, None)
            return None if batch is None else dict(zip(INPUTS, batch, strict=True))

    return Reader()
