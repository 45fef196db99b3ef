"""BAAI/bge-m3 and what was made of it (KURE-v1, snowflake-arctic-embed-l-v2.0-ko …): the first token's vector.

sentence-transformers or FlagEmbedding runs it, as ``models.library`` says; the vectors are the same. Chen et al.,
"M3-Embedding", 2024. Both libraries are an optional extra (requirements-gpu.txt).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.limiting import device_limiter
from pipeline.neural import encoding
from pipeline.neural.encoding import NeuralEncoder, Reader, limits_of
from pipeline.neural.folders import longest, read_config
from pipeline.neural.hub import Found, find
from pipeline.neural.loading import Place, Shelf, dtype, loading, place, require
from pipeline.neural.tokens import counter
from pipeline.passages import PassageStore
from pipeline.protocols import FloatArray
from pipeline.settings import Settings
from pipeline.termstore import TermStore

READS = "texts"
_SHELF = Shelf()


def identity(settings: Settings) -> dict[str, object]:
    """What the vectors depend on, as an index's fingerprint takes it."""
    _require(settings)
    return encoding.identity(settings)


def build(passages: PassageStore, terms: TermStore, folder: Path, settings: Settings) -> NDArray[np.float16]:
    """Read the passages; *shape* ``(passages, dimensions)``. Nothing of the analyser's terms is used."""
    _require(settings)
    found = find(settings.models.encoder, settings.models.encoder_revision, "encoder")
    return encoding.build(passages, folder, found, _reader(found, settings))


def load(folder: Path, settings: Settings) -> NeuralEncoder:
    """The encoder of an index's vectors.

    Raises:
        ModelMismatch: the settings name another model than the one that made them.
        BackendUnavailable: the libraries or the model aren't here, or it can't be used.
    """
    _require(settings)
    return NeuralEncoder(_reader(encoding.checked(folder, settings), settings), "bge_m3")


def _require(settings: Settings) -> None:
    require(torch="torch", transformers="transformers")
    if settings.models.library == "flag_embedding":
        require(FlagEmbedding="FlagEmbedding")
    else:
        require(sentence_transformers="sentence-transformers")


def _reader(found: Found, settings: Settings) -> Reader:
    where, library = place(settings.models), settings.models.library
    tokens = longest(read_config(found.folder, found.name), settings.models.passage_tokens)
    key = (found.revision, where, library, tokens, settings.batching)
    return _SHELF.get(key, lambda: _read_by(found, where, library, tokens, settings))


def _read_by(found: Found, where: Place, library: str, tokens: int, settings: Settings) -> Reader:
    import torch  # an optional extra, seconds to import

    make = _by_flag_embedding if library == "flag_embedding" else _by_sentence_transformers
    with loading(found, where):
        forward, tokenizer, dimensions = make(found, where, tokens)
    return Reader(
        found.name,
        dimensions,
        forward,
        counter(tokenizer, tokens),
        limits_of(settings.batching),
        out_of_memory=(torch.OutOfMemoryError, MemoryError),
        release=torch.cuda.empty_cache,
        room=device_limiter(where.device).through,
    )


def _by_sentence_transformers(found: Found, where: Place, tokens: int) -> tuple[Any, Any, int]:
    """The modules put together here: a folder that says nothing of its pooling must not be read by the mean."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    words = Transformer(str(found.folder), model_kwargs={"dtype": dtype(where.precision)}, max_seq_length=tokens)
    dimensions = int(words.get_embedding_dimension())
    model = SentenceTransformer(modules=[words, Pooling(dimensions, "cls"), Normalize()], device=where.device)

    def forward(texts: Sequence[str], *, question: bool) -> FloatArray:
        vectors: FloatArray = model.encode(list(texts), batch_size=len(texts), show_progress_bar=False)
        return vectors

    return forward, model.tokenizer, dimensions


def _by_flag_embedding(found: Found, where: Place, tokens: int) -> tuple[Any, Any, int]:
    from FlagEmbedding import BGEM3FlagModel

    model = BGEM3FlagModel(
        str(found.folder),
        use_fp16=where.precision == "fp16",
        use_bf16=where.precision == "bf16",
        devices=where.device,
        normalize_embeddings=True,
    )

    def forward(texts: Sequence[str], *, question: bool) -> FloatArray:
        whole = len(texts) + 1  # one batch; the library shows a bar where the batches aren't larger than the texts
        told = model.encode_single_device(list(texts), batch_size=whole, max_length=tokens, device=where.device)
        vectors: FloatArray = told["dense_vecs"]
        return vectors

    return forward, model.tokenizer, int(model.model.model.config.hidden_size)
