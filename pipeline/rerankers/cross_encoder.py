"""A cross-encoder reads the question and each passage together: Dongjin-kr/ko-reranker and any other with one score.

Its score is the model's raw logit. P(relevant) is told where the index was built under this very model, which then was
asked pseudo-questions of it; nobody knows what another model's logit means there. transformers is an optional extra.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from pipeline.batching.batcher import Batcher
from pipeline.evidence.answerability import Calibration
from pipeline.limiting import device_free, device_limiter
from pipeline.neural.encoding import limits_of, not_numbers
from pipeline.neural.folders import longest, read_config
from pipeline.neural.hub import Found, find
from pipeline.neural.loading import Place, Shelf, dtype, loading, place, require
from pipeline.neural.measuring import runner, sized
from pipeline.neural.tokens import pairer
from pipeline.passages import PassageStore
from pipeline.protocols import FloatArray
from pipeline.settings import Settings
from pipeline.termstore import TermStore
from pipeline.types import Query, ScoredPassage

_SHELF = Shelf()
QUESTION = "주차하기 편한가요?"  # asked of made-up passages when batches are measured
Pair = dict[str, list[int]]


class CrossEncoderReranker:
    """Ranks candidates by the logit of the question with each."""

    name = "cross_encoder"

    def __init__(self, pairs: Pairs, relevance: Calibration | None) -> None:
        self._pairs = pairs
        self._relevance = relevance

    def rerank(self, query: Query, candidates: Sequence[ScoredPassage]) -> list[tuple[float, float | None]]:
        """See Reranker.

        Raises:
            ModelBusy: too much waits for the model already.
        """
        scores = self._pairs.scores(query.text, [candidate.passage.text for candidate in candidates])
        line = self._relevance
        return [(score, None if line is None else line.probability(score)) for score in scores]


class Pairs:
    """A loaded model with its tokenizer: the logits of pairs, those of many callers together."""

    def __init__(self, found: Found, where: Place, tokens: int, settings: Settings) -> None:
        import torch  # an optional extra, seconds to import

        self._name = found.name
        with loading(found, where):
            self._model, self._tokenizer = _opened(found, where)
        self._paired = pairer(self._tokenizer, tokens)
        self._padding, self._computing = threading.Lock(), threading.Lock()
        memory = (torch.OutOfMemoryError, MemoryError)
        run = runner(lambda texts: self._logits(self._paired(QUESTION, texts)), self._size)
        self.limits, self.sizing = sized(
            settings.batching, limits_of(settings.batching), run, where.device, device_free(where.device), memory
        )
        self._batcher: Batcher[Pair, float] = Batcher(
            self._logits,
            _length,
            self.limits,
            out_of_memory=memory,
            release=torch.cuda.empty_cache,
            room=device_limiter(where.device).through,
            kind="pairs",
        )

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """The raw logits of a question with each of some passages, in order."""
        return self._batcher.map(self._paired(question, passages))

    def _size(self, passage: str) -> int:
        return _length(self._paired(QUESTION, [passage])[0])

    def _logits(self, pairs: Sequence[Pair]) -> list[float]:
        """One forward pass over pairs of like length."""
        import torch

        with self._padding:  # beside a batch that is computed
            batch = self._tokenizer.pad(list(pairs), return_tensors="pt")
        with self._computing, torch.inference_mode():
            told: FloatArray = self._model(**batch.to(self._model.device)).logits[:, 0].float().cpu().numpy()
        if not np.isfinite(told).all():
            raise not_numbers(self._name)
        scores: list[float] = told.tolist()
        return scores


def _length(pair: Pair) -> int:
    return len(pair["input_ids"])


def _opened(found: Found, where: Place) -> tuple[Any, Any]:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model, told = AutoModelForSequenceClassification.from_pretrained(
        found.folder, dtype=dtype(where.precision), output_loading_info=True
    )
    if told["missing_keys"]:  # the library makes them up at random
        raise ValueError(f"missing weights: {', '.join(sorted(told['missing_keys'])[:3])}")
    return model.to(where.device).eval(), AutoTokenizer.from_pretrained(found.folder)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The model that settings name."""

    found: Found
    tokens: int


def calibrated_as(settings: Settings) -> str:
    """The name under which an index keeps this model's calibration."""
    return f"cross_encoder:{_chosen(settings).found.revision}"


def _chosen(settings: Settings) -> _Chosen:
    require(torch="torch", transformers="transformers")
    found = find(settings.models.reranker, settings.models.reranker_revision, "reranker")
    return _Chosen(found, longest(read_config(found.folder, found.name), settings.models.pair_tokens))


def load(
    passages: PassageStore, terms: TermStore, relevance: Calibration | None, settings: Settings
) -> CrossEncoderReranker:
    """The reranker of the settings; ``relevance`` makes its P(relevant) that of an index, without it there is none.

    Raises:
        BackendUnavailable: the libraries or the model aren't here, or it can't be used.
    """
    chosen, where = _chosen(settings), place(settings.models)
    key = (chosen.found.revision, where, chosen.tokens, settings.batching)
    pairs = _SHELF.get(key, partial(Pairs, chosen.found, where, chosen.tokens, settings))
    return CrossEncoderReranker(pairs, relevance)
