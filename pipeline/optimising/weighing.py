"""A program of its own: what a network takes of memory, in bytes, from before it is loaded until it has run a batch.

``python -m pipeline.optimising.weighing engine FOLDER 8x40`` or ``… model FOLDER 8x40``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from pipeline.machine import resident_memory


def main(kind: str, folder: Path, shape: str) -> int:
    """Load and run; the bytes."""
    texts, tokens = (int(number) for number in shape.split("x"))
    words = np.full((texts, tokens), 5, dtype=np.int64)
    return _engine(folder, words) if kind == "engine" else _model(folder, words)


def _engine(folder: Path, words: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> int:
    from pipeline.optimising.engines import read_engine
    from pipeline.optimising.runtime import onnx_runtime
    from pipeline.optimising.sessions import Session

    onnx_runtime()  # its code is counted for nobody
    engine = read_engine(folder)
    before = resident_memory()
    session = Session(folder, engine)
    session.run(words, np.ones_like(words))
    return resident_memory() - before


def _model(folder: Path, words: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> int:
    import torch  # optional extras
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    before = resident_memory()
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.inference_mode():
        given = torch.from_numpy(words)
        model(input_ids=given, attention_mask=torch.ones_like(given))
    return resident_memory() - before


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])) + "\n")
