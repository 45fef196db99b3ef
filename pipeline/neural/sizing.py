"""How much memory the GPU profile's models need: sums over parameters, tokens and bytes, none of it measured.

Weights are parameters × bytes. A language model holds keys and values for every token of every request besides:
2 × layers × key-value heads × head width × bytes (Kwon et al., "PagedAttention", 2023).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Scheme = Literal["fp32", "bf16", "fp8", "w8a8", "w4a16"]

BYTES: Mapping[Scheme, float] = {"fp32": 4, "bf16": 2, "fp8": 1, "w8a8": 1, "w4a16": 0.5 + 4 / 128}
"""Bytes a parameter. ``w4a16`` has a scale and a zero point of two bytes each for every 128."""

OVERHEAD = 1 << 30
"""Bytes that CUDA and the libraries take in each process."""

USABLE = 0.92
"""The share of a card's memory that may be planned with."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a model's memory depends on. ``kept`` parameters (embeddings) stay at two bytes in every scheme."""

    parameters: int
    layers: int
    hidden: int
    kept: int = 0
    kv_heads: int = 0
    head: int = 0


XLM_ROBERTA_LARGE = Shape(568_000_000, 24, 1_024)
LLAMA_3_8B = Shape(8_030_000_000, 32, 4_096, kept=2 * 128_256 * 4_096, kv_heads=8, head=128)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that takes memory, in bytes."""

    name: str
    needed: int


def weight_bytes(shape: Shape, scheme: Scheme) -> int:
    """The weights."""
    kept = shape.kept if scheme != "fp32" else 0
    return round((shape.parameters - kept) * BYTES[scheme]) + kept * 2


def cache_bytes(shape: Shape, tokens: int, each: int = 2) -> int:
    """Keys and values of so many tokens, all requests together."""
    return 2 * shape.layers * shape.kv_heads * shape.head * each * tokens


def batch_bytes(shape: Shape, tokens: int, each: int = 2) -> int:
    """What a batch of an encoder holds at its peak: a layer's input and output, its projections and its wide middle."""
    return tokens * (6 + 2 * 4) * shape.hidden * each


def plan(scheme: Scheme, *, batch_tokens: int, context_tokens: int, requests: int) -> tuple[Part, ...]:
    """The GPU profile's parts: encoder and reranker with a batch each, the language model with its cache."""
    small = weight_bytes(XLM_ROBERTA_LARGE, "bf16") + batch_bytes(XLM_ROBERTA_LARGE, batch_tokens)
    return (
        Part("encoder", small),
        Part("reranker", small),
        Part(f"llm {scheme}", weight_bytes(LLAMA_3_8B, scheme)),
        Part("cache", cache_bytes(LLAMA_3_8B, context_tokens * requests)),
        Part("CUDA", 2 * OVERHEAD),
    )


def total(parts: Sequence[Part]) -> int:
    """The sum, in bytes."""
    return sum(part.needed for part in parts)


def best_scheme(memory: int, *, batch_tokens: int, context_tokens: int, requests: int) -> Scheme | None:
    """The least squeezed scheme of the language model with which everything fits in a card's memory; None if none."""
    schemes: tuple[Scheme, ...] = ("bf16", "fp8", "w4a16")
    for scheme in schemes:
        parts = plan(scheme, batch_tokens=batch_tokens, context_tokens=context_tokens, requests=requests)
        if total(parts) <= memory * USABLE:
            return scheme
    return None


def requests_that_fit(memory: int, scheme: Scheme, *, batch_tokens: int, context_tokens: int) -> int:
    """How many requests of full length at once the rest of a card's memory holds; 0 where the weights don't fit."""
    rest = memory * USABLE - total(plan(scheme, batch_tokens=batch_tokens, context_tokens=0, requests=0))
    return max(0, int(rest // cache_bytes(LLAMA_3_8B, context_tokens)))
