"""Model folders made by hand, as small as can be, so that damage can be shown without any library."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any


def write_safetensors(path: Path, names: tuple[str, ...], *, each: int = 4, kind: str = "F32", claim: int = 1) -> None:
    """Tensors of four numbers; ``claim`` times as large in a file that is mostly a hole."""
    header: dict[str, Any] = {}
    size = 4 * each * claim
    for place, name in enumerate(names):
        header[name] = {"dtype": kind, "shape": [4 * claim], "data_offsets": [place * size, (place + 1) * size]}
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + size * len(names))


def make(folder: Path, kind: str = "XLMRobertaModel", names: tuple[str, ...] = ("layer.0",), **config: Any) -> Path:
    """A whole folder of that architecture."""
    folder.mkdir(parents=True)
    value = {"architectures": [kind], "model_type": "xlm-roberta", "hidden_size": 4, **config}
    (folder / "config.json").write_text(json.dumps(value), encoding="utf-8")
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    write_safetensors(folder / "model.safetensors", names)
    return folder


def make_reranker(folder: Path, labels: int = 1) -> Path:
    named = {str(place): f"LABEL_{place}" for place in range(labels)}
    return make(folder, "XLMRobertaForSequenceClassification", ("layer.0", "classifier.out.weight"), id2label=named)
