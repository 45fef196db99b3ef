"""Tiny random models of the architectures that the GPU profile names, saved as the real libraries save them.

Two layers, hidden size 64, a Unigram vocabulary trained on the spot. Needs torch and transformers.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
    XLMRobertaModel,
    XLMRobertaTokenizerFast,
)

TEXTS = (
    "갈비탕 국물이 진하고 고기가 부드러워요",
    "주차장이 넓어서 차를 가지고 가기 편해요",
    "직원이 불친절하고 음식이 늦게 나왔어요",
    "웨이팅이 한 시간이나 걸렸지만 냉면이 시원했어요",
    "와인 콜키지는 무료입니다",
    "아이와 함께 가기 좋은 조용한 가게예요",
)
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")


def tokenizer(folder: Path) -> None:
    """A tokenizer as XLM-RoBERTa's, its words learned from ``TEXTS``."""
    learner = Tokenizer(models.Unigram())
    learner.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=300, special_tokens=list(SPECIAL[:4]), unk_token="<unk>")
    learner.train_from_iterator(TEXTS * 3, trainer)
    learned = json.loads(learner.to_str())["model"]["vocab"]
    vocabulary = [*((word, float(score)) for word, score in learned), ("<mask>", 0.0)]
    made = XLMRobertaTokenizerFast(vocab=vocabulary, model_max_length=512)
    made.save_pretrained(folder)
    path = folder / "tokenizer_config.json"  # transformers 5 writes a name of its own; older versions know this one
    path.write_text(json.dumps(json.loads(path.read_text()) | {"tokenizer_class": "XLMRobertaTokenizerFast"}))


def config(**more: Any) -> XLMRobertaConfig:
    sizes = {"num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 128}
    places = {"vocab_size": 400, "max_position_embeddings": 514, "type_vocab_size": 1}
    special = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2}
    return XLMRobertaConfig(**(sizes | places | special | {"initializer_range": 0.3} | more))


def encoder(folder: Path, *, seed: int = 0, **more: Any) -> Path:
    """A bge-m3 in small: with the heads of its sparse and ColBERT scores, without sentence-transformers' files."""
    torch.manual_seed(seed)
    model = XLMRobertaModel(config(**more))
    model.save_pretrained(folder)
    width = model.config.hidden_size
    torch.save(torch.nn.Linear(width, 1).state_dict(), folder / "sparse_linear.pt")
    torch.save(torch.nn.Linear(width, width).state_dict(), folder / "colbert_linear.pt")
    tokenizer(folder)
    return folder


def reranker(folder: Path, *, seed: int = 0, labels: int = 1) -> Path:
    """A ko-reranker in small."""
    torch.manual_seed(seed)
    XLMRobertaForSequenceClassification(config(num_labels=labels)).save_pretrained(folder)
    tokenizer(folder)
    return folder


def language_model(folder: Path) -> Path:
    """A Llama in small, with a tokenizer: no encoder."""
    sizes = {"num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 128}
    LlamaForCausalLM(LlamaConfig(**sizes, vocab_size=400)).save_pretrained(folder)
    tokenizer(folder)
    return folder
