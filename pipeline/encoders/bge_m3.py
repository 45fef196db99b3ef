"""BAAI/bge-m3 and what was made of it, such as KURE-v1: the first token's vector, nothing put before a text.

sentence-transformers or FlagEmbedding runs it, as ``models.library`` says; the vectors are the same. bge-m3 itself also
weighs a text's tokens and makes a vector of each, for the scores that ``models.scores`` asks for. Chen et al.,
"M3-Embedding", 2024. Both libraries are an optional extra (requirements-gpu.txt).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.limiting import device_free, device_limiter
from pipeline.neural import encoding, threefold
from pipeline.neural.encoding import NeuralEncoder, Reader, limits_of, unit_vectors
from pipeline.neural.folders import check_first_token, longest, read_config
from pipeline.neural.heads import Heads, check_heads
from pipeline.neural.hub import Found, find
from pipeline.neural.lanes import Lanes, Prepare, as_they_are
from pipeline.neural.loading import Place, Shelf, dtype, loading, place, require
from pipeline.neural.measuring import runner, sized
from pipeline.neural.threefold import COLBERT, Threefold, ThreefoldEncoder, ThreefoldReader, nothing
from pipeline.neural.tokens import counter
from pipeline.passages import PassageStore
from pipeline.protocols import FloatArray
from pipeline.settings import Settings
from pipeline.termstore import TermStore

READS = "texts"
_SHELF = Shelf()


def identity(settings: Settings) -> dict[str, object]:
    """What the vectors, and the further scores, depend on, as an index's fingerprint takes it."""
    _require(settings)
    scores = settings.models.scores
    found = find(settings.models.encoder, settings.models.encoder_revision, "encoder")
    check_first_token(found.folder, found.name)
    if scores == "dense":
        return encoding.identity(settings)
    check_heads(found)
    return {**encoding.identity(settings), "scores": scores}


def build(passages: PassageStore, terms: TermStore, folder: Path, settings: Settings) -> NDArray[np.float16]:
    """Read the passages; *shape* ``(passages, dimensions)``. Nothing of the analyser's terms is used."""
    _require(settings)
    found = find(settings.models.encoder, settings.models.encoder_revision, "encoder")
    check_first_token(found.folder, found.name)
    if settings.models.scores == "dense":
        return encoding.build(passages, folder, found, _reader(found, settings))
    check_heads(found)
    further = frozenset(settings.models.scores.split("+")[1:])
    return threefold.build(passages, folder, found, _threefold_reader(found, settings, further), further)


def load(folder: Path, settings: Settings) -> NeuralEncoder:
    """The encoder of an index's vectors; one that tells more of a question where the index holds more.

    Raises:
        ModelMismatch: the settings name another model than the one that made them.
        BackendUnavailable: the libraries or the model aren't here, or it can't be used.
    """
    _require(settings)
    found = encoding.checked(folder, settings)
    if further := threefold.built(folder):
        return ThreefoldEncoder(_threefold_reader(found, settings, further), "bge_m3")
    return NeuralEncoder(_reader(found, settings), "bge_m3")


def _require(settings: Settings) -> None:
    require(torch="torch", transformers="transformers")
    if settings.models.library == "flag_embedding":
        require(FlagEmbedding="FlagEmbedding")
    else:
        require(sentence_transformers="sentence-transformers")


def _reader(found: Found, settings: Settings) -> Reader:
    made: Reader = _made(found, settings, frozenset())
    return made


def _threefold_reader(found: Found, settings: Settings, further: frozenset[str]) -> ThreefoldReader:
    made: ThreefoldReader = _made(found, settings, further)
    return made


def _made(found: Found, settings: Settings, further: frozenset[str]) -> Any:
    where, library = place(settings.models), settings.models.library
    tokens = longest(read_config(found.folder, found.name), settings.models.passage_tokens)
    key = (found.revision, where, library, tokens, further, settings.batching)
    return _SHELF.get(key, lambda: _read_by(found, where, tokens, settings, further))


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A model opened by a library."""

    tokenizer: Any
    dimensions: int
    prepare: Prepare
    dense: encoding.Forward
    threefold: threefold.Forward


def _read_by(
    found: Found, where: Place, tokens: int, settings: Settings, further: frozenset[str]
) -> Reader | ThreefoldReader:
    import torch  # an optional extra, seconds to import

    flag = settings.models.library == "flag_embedding"
    with loading(found, where):
        opened = (_by_flag_embedding if flag else _by_sentence_transformers)(found, where, tokens, further)
    forward = opened.threefold if further else opened.dense
    size, memory = counter(opened.tokenizer, tokens), (torch.OutOfMemoryError, MemoryError)
    run = runner(lambda texts: forward(opened.prepare(texts, question=False), question=False), size)
    limits, sizing = sized(
        settings.batching, limits_of(settings.batching), run, where.device, device_free(where.device), memory
    )
    lanes: Lanes[Any] = Lanes(
        opened.prepare,
        threefold.checked(opened.threefold, found.name) if further else unit_vectors(opened.dense, found.name),
        size,
        limits,
        sizing=sizing,
        out_of_memory=memory,
        release=torch.cuda.empty_cache,
        room=device_limiter(where.device).through,
    )
    return ThreefoldReader(opened.dimensions, lanes) if further else Reader(opened.dimensions, lanes)


def _by_sentence_transformers(found: Found, where: Place, tokens: int, further: frozenset[str]) -> _Loaded:
    """The modules put together here: a folder that says nothing of its pooling must not be read by the mean."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from sentence_transformers.util import batch_to_device

    words = Transformer(str(found.folder), model_kwargs={"dtype": dtype(where.precision)}, max_seq_length=tokens)
    dimensions = int(words.get_embedding_dimension())
    model = SentenceTransformer(modules=[words, Pooling(dimensions, "cls"), Normalize()], device=where.device).eval()
    heads = Heads(found.folder, dimensions, where, model.tokenizer) if further else None

    def prepare(texts: Sequence[str], *, question: bool) -> Any:
        return model.preprocess(list(texts))

    def dense(texts: Any, *, question: bool) -> FloatArray:
        with torch.inference_mode():
            vectors: FloatArray = (
                model(batch_to_device(texts, model.device))["sentence_embedding"].float().cpu().numpy()
            )
        return vectors

    def all_three(texts: Any, *, question: bool) -> list[Threefold]:
        assert heads is not None
        with torch.inference_mode():
            return heads.read(model(batch_to_device(texts, model.device)), vectors=COLBERT in further)

    return _Loaded(model.tokenizer, dimensions, prepare, dense, all_three)


def _by_flag_embedding(found: Found, where: Place, tokens: int, further: frozenset[str]) -> _Loaded:
    from FlagEmbedding import BGEM3FlagModel

    model = BGEM3FlagModel(
        str(found.folder),
        use_fp16=where.precision == "fp16",
        use_bf16=where.precision == "bf16",
        devices=where.device,
        normalize_embeddings=True,
    )

    width = int(model.model.model.config.hidden_size)

    def told(texts: Sequence[str]) -> Mapping[str, Any]:
        whole = len(texts) + 1  # one batch; the library shows a bar where the batches aren't larger than the texts
        found: Mapping[str, Any] = model.encode_single_device(
            list(texts), batch_size=whole, max_length=tokens, device=where.device,
            return_sparse=bool(further), return_colbert_vecs=COLBERT in further,
        )  # fmt: skip
        return found

    def dense(texts: Any, *, question: bool) -> FloatArray:
        vectors: FloatArray = told(texts)["dense_vecs"]
        return vectors

    def all_three(texts: Any, *, question: bool) -> list[Threefold]:
        found = told(texts)
        vectors = found["colbert_vecs"] or [nothing(width).vectors] * len(texts)
        rows = zip(found["dense_vecs"], found["lexical_weights"], vectors, strict=True)
        return [Threefold(vector, *_by_token(weights), turned) for vector, weights, turned in rows]

    return _Loaded(model.tokenizer, width, as_they_are, dense, all_three)


def _by_token(weights: Mapping[str, float]) -> tuple[NDArray[np.int32], FloatArray]:
    """FlagEmbedding's weights by the token's number as text, in the order of the numbers."""
    pairs = sorted((int(token), weight) for token, weight in weights.items())
    tokens, values = [token for token, _ in pairs], [float(weight) for _, weight in pairs]
    return np.array(tokens, dtype=np.int32), np.array(values, dtype=np.float32)
