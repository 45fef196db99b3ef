"""Models with random weights in the shape of XLM-RoBERTa, which bge-m3 and ko-reranker have: to measure speed without a
download. What they say means nothing. Saved as the real libraries save them; needs torch and transformers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["encoder", "reranker"]


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a network."""

    layers: int
    hidden: int
    heads: int
    inner: int
    vocabulary: int


SHAPES = {
    "tiny": Shape(layers=2, hidden=64, heads=4, inner=128, vocabulary=8_000),
    "full": Shape(layers=24, hidden=1_024, heads=16, inner=4_096, vocabulary=250_002),  # XLM-RoBERTa-large
}


def make(folder: Path, kind: Kind, shape: Shape, texts: Sequence[str]) -> Path:
    """Write a model with random weights, and a tokenizer whose words are learned from the texts."""
    import torch  # an optional extra, seconds to import
    from transformers import XLMRobertaConfig, XLMRobertaForSequenceClassification, XLMRobertaModel

    torch.manual_seed(0)
    config = XLMRobertaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.inner,
        max_position_embeddings=514,
        type_vocab_size=1,
        num_labels=1,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
    )
    model = XLMRobertaForSequenceClassification(config) if kind == "reranker" else XLMRobertaModel(config)
    model.save_pretrained(folder)
    if kind == "encoder":  # the heads that FlagEmbedding loads beside it
        torch.save(torch.nn.Linear(shape.hidden, 1).state_dict(), folder / "sparse_linear.pt")
        torch.save(torch.nn.Linear(shape.hidden, shape.hidden).state_dict(), folder / "colbert_linear.pt")
    _tokenizer(folder, texts)
    return folder


def _tokenizer(folder: Path, texts: Sequence[str]) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import XLMRobertaTokenizerFast

    learner = Tokenizer(models.Unigram())
    learner.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    learner.train_from_iterator(
        texts, trainers.UnigramTrainer(vocab_size=7_000, special_tokens=special, unk_token="<unk>")
    )
    learned = json.loads(learner.to_str())["model"]["vocab"]
    vocabulary = [*((word, float(score)) for word, score in learned), ("<mask>", 0.0)]
    XLMRobertaTokenizerFast(vocab=vocabulary, model_max_length=512).save_pretrained(folder)
    path = folder / "tokenizer_config.json"  # transformers 5 writes a name of its own; older versions know this one
    path.write_text(json.dumps(json.loads(path.read_text()) | {"tokenizer_class": "XLMRobertaTokenizerFast"}))
