"""Ours and the libraries that people call plainly, as contenders: the same model, the same texts, the same threads."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.batching.batcher import Limits
from pipeline.encoders import bge_m3, onnx
from pipeline.evaluation.model_bench import Contender
from pipeline.neural.encoding import RECORD, Record
from pipeline.neural.folders import read_config
from pipeline.neural.hub import Found, find
from pipeline.neural.loading import Place, place, require
from pipeline.neural.measuring import Sizing
from pipeline.protocols import Encoder
from pipeline.rerankers.cross_encoder import Pairs
from pipeline.setting_groups.models import NO_ENGINE
from pipeline.settings import Settings
from pipeline.storage import write_json
from pipeline.types import AnalysedText, Query

OURS = "한상 (batcher)"
ENGINE = "한상, 엔진 (batcher, engine)"
PLAIN = "sentence-transformers"
FLAG = "FlagEmbedding"
WHOLE = "sentence-transformers, 한 번에 (one call)"


@dataclass(frozen=True, slots=True)
class Field:
    """The contenders, ours first, and the network that all of them run, to be counted and measured.

    ``length`` counts a text's tokens, ``precision`` is the type of the network's weights; ``limits`` are those of our
    batches, and ``sizing`` how they were found.
    """

    contenders: tuple[Contender, ...]
    network: Any
    device: str
    precision: str
    length: Callable[[str], int]
    limits: Limits
    sizing: Sizing | None

    @property
    def parameters(self) -> int:
        """Those that every token is multiplied with: all but the embeddings, which are looked up."""
        return sum(weights.numel() for name, weights in self.network.named_parameters() if "embeddings." not in name)

    def run(self, texts: int, tokens: int) -> object:
        """Run the network alone on a batch of random tokens."""
        import torch  # an optional extra, seconds to import

        with torch.inference_mode():
            words = torch.randint(5, 1_000, (texts, tokens), device=self.device)
            return self.network(input_ids=words, attention_mask=torch.ones_like(words))


def encoders(model: Path, record: Path, settings: Settings, texts: Sequence[str], threads: int) -> Field:
    """Everybody who encodes, one text a request; the engine of ``models.engine``, too. ``record`` is an empty folder.

    Raises:
        HansangError: the model or the libraries aren't here, or can't be used.
    """
    require(torch="torch", transformers="transformers", sentence_transformers="sentence-transformers")
    found, where = find(str(model), "main", "encoder"), place(settings.models)
    settings = replace(settings, models=replace(settings.models, encoder=str(model)))
    single, engine = [[text] for text in texts], settings.models.engine
    width = int(read_config(found.folder, found.name).get("hidden_size", 0))
    write_json(record / RECORD, asdict(Record(found.name, found.revision, width)))
    made = [] if engine == NO_ENGINE else [Contender(ENGINE, _asking(onnx.load(record, settings)), single, threads)]
    ours, plain = bge_m3.load(record, settings), _sentence_transformer(found, where, settings.models.passage_tokens)
    beside = Contender(PLAIN, lambda request: plain.encode(list(request), show_progress_bar=False), single, threads)
    contenders = [Contender(OURS, _asking(ours), single, threads), *made, beside]
    if importlib.util.find_spec("FlagEmbedding"):
        contenders.append(Contender(FLAG, _flag_encoder(found, where), single, threads))
    contenders.append(Contender(WHOLE, beside.answer, [list(texts)], 1))
    network = plain[0].auto_model
    length = _counter(plain.tokenizer)
    return Field(tuple(contenders), network, where.device, _precision(network), length, ours.limits, ours.sizing)


def _asking(encoder: Encoder) -> Callable[[Sequence[str]], object]:
    return lambda request: encoder.encode([Query(AnalysedText(text, ()), ()) for text in request])


def _sentence_transformer(found: Found, where: Place, tokens: int) -> Any:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    words = Transformer(str(found.folder), max_seq_length=tokens)
    pooling = Pooling(int(words.get_embedding_dimension()), "cls")
    return SentenceTransformer(modules=[words, pooling, Normalize()], device=where.device)


def _flag_encoder(found: Found, where: Place) -> Callable[[Sequence[str]], object]:
    from FlagEmbedding import BGEM3FlagModel

    model = BGEM3FlagModel(str(found.folder), use_fp16=where.device == "cuda", devices=where.device)
    return lambda request: model.encode(list(request))


def rerankers(model: Path, settings: Settings, requests: Sequence[Sequence[str]], threads: int) -> Field:
    """Everybody who reranks: a request is a question and its candidates.

    Raises:
        HansangError: the model or the libraries aren't here, or can't be used.
    """
    require(torch="torch", transformers="transformers", sentence_transformers="sentence-transformers")
    from sentence_transformers import CrossEncoder

    found, where = find(str(model), "main", "reranker"), place(settings.models)
    tokens = settings.models.pair_tokens
    ours = Pairs(found, where, tokens, settings)
    plain = CrossEncoder(str(found.folder), device=where.device, max_length=tokens)
    contenders = [
        Contender(OURS, lambda request: ours.scores(request[0], request[1:]), requests, threads),
        Contender(PLAIN, lambda request: plain.predict(_pairs(request), show_progress_bar=False), requests, threads),
    ]
    if importlib.util.find_spec("FlagEmbedding"):
        contenders.append(Contender(FLAG, _flag_reranker(found, where, tokens), requests, threads))
    together = [text for request in requests for text in request]
    many = [pair for request in requests for pair in _pairs(request)]
    contenders.append(Contender(WHOLE, lambda _: plain.predict(many, show_progress_bar=False), [together], 1))
    network = plain.model
    length = _counter(plain.tokenizer)
    return Field(tuple(contenders), network, where.device, _precision(network), length, ours.limits, ours.sizing)


def _pairs(request: Sequence[str]) -> list[tuple[str, str]]:
    return [(request[0], candidate) for candidate in request[1:]]


def _flag_reranker(found: Found, where: Place, tokens: int) -> Callable[[Sequence[str]], object]:
    from FlagEmbedding import FlagReranker

    model = FlagReranker(str(found.folder), use_fp16=where.device == "cuda", devices=where.device, max_length=tokens)
    return lambda request: model.compute_score(_pairs(request))


def _precision(network: Any) -> str:
    return str(network.dtype).removeprefix("torch.")


def _counter(tokenizer: Any) -> Callable[[str], int]:
    return lambda text: len(tokenizer(text, truncation=True, max_length=512, verbose=False)["input_ids"])
