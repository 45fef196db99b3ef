"""Any encoder that sentence-transformers opens, with the pooling and the prompts that its folder says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.limiting import device_free, device_limiter
from pipeline.neural import encoding
from pipeline.neural.encoding import NeuralEncoder, Reader, limits_of, unit_vectors
from pipeline.neural.folders import longest, read_config
from pipeline.neural.hub import Found, find
from pipeline.neural.lanes import Lanes, as_they_are
from pipeline.neural.loading import Place, Shelf, dtype, loading, place, require
from pipeline.neural.measuring import runner, sized
from pipeline.neural.tokens import counter
from pipeline.passages import PassageStore
from pipeline.protocols import FloatArray
from pipeline.settings import Settings
from pipeline.termstore import TermStore

READS = "texts"
_SHELF = Shelf()


def identity(settings: Settings) -> dict[str, object]:
    """What the vectors depend on, as an index's fingerprint takes it."""
    _require()
    return encoding.identity(settings)


def build(passages: PassageStore, terms: TermStore, folder: Path, settings: Settings) -> NDArray[np.float16]:
    """Read the passages; *shape* ``(passages, dimensions)``. Nothing of the analyser's terms is used."""
    _require()
    found = find(settings.models.encoder, settings.models.encoder_revision, "encoder")
    return encoding.build(passages, folder, found, _reader(found, settings))


def load(folder: Path, settings: Settings) -> NeuralEncoder:
    """The encoder of an index's vectors.

    Raises:
        ModelMismatch: the settings name another model than the one that made them.
        BackendUnavailable: the libraries or the model aren't here, or it can't be used.
    """
    _require()
    return NeuralEncoder(_reader(encoding.checked(folder, settings), settings), "sentence_transformer")


def _require() -> None:
    require(torch="torch", transformers="transformers", sentence_transformers="sentence-transformers")


def _reader(found: Found, settings: Settings) -> Reader:
    where, tokens = place(settings.models), settings.models.passage_tokens
    key = (found.revision, where, tokens, settings.batching)
    return _SHELF.get(key, lambda: _read_by(found, where, tokens, settings))


def _read_by(found: Found, where: Place, wanted: int, settings: Settings) -> Reader:
    import torch  # an optional extra, seconds to import
    from sentence_transformers import SentenceTransformer

    with loading(found, where):
        model = SentenceTransformer(
            str(found.folder), device=where.device, model_kwargs={"dtype": dtype(where.precision)}
        )
        own = model.max_seq_length or wanted
        tokens = model.max_seq_length = min(own, longest(read_config(found.folder, found.name), wanted))
        dimensions = int(model.get_embedding_dimension() or 0)

    def forward(texts: Sequence[str], *, question: bool) -> FloatArray:
        encode = model.encode_query if question else model.encode_document
        vectors: FloatArray = encode(list(texts), batch_size=len(texts), show_progress_bar=False)
        return vectors

    size, memory = counter(model.tokenizer, tokens), (torch.OutOfMemoryError, MemoryError)
    run = runner(lambda texts: forward(texts, question=False), size)
    limits, sizing = sized(
        settings.batching, limits_of(settings.batching), run, where.device, device_free(where.device), memory
    )
    lanes = Lanes(
        as_they_are,
        unit_vectors(forward, found.name),
        size,
        limits,
        sizing=sizing,
        out_of_memory=memory,
        release=torch.cuda.empty_cache,
        room=device_limiter(where.device).through,
    )
    return Reader(dimensions, lanes)
