"""What a card's arithmetic and memory allow a language model at most. Pure functions over numbers; nothing is measured.

A token costs ``2 × parameters`` operations (attention's own over the context left out), and each step of writing reads
all weights once, for however many answers are written together, and every answer's keys and values (Pope et al.,
"Efficiently Scaling Transformer Inference", 2022). The faster of the two decides nothing: the slower is the limit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.errors.neural import ModelUnusable
from pipeline.errors.settings import BadSetting
from pipeline.neural.sizing import LLAMA_3_8B, Scheme, Shape, cache_bytes, weight_bytes

Bound = Literal["arithmetic", "bandwidth"]


@dataclass(frozen=True, slots=True)
class Card:
    """A card's rates by its maker's data sheet, dense: operations a second, bytes a second. 0: it has no such units."""

    name: str
    bandwidth: float
    bf16: float
    int8: float
    fp8: float

    def rate(self, scheme: Scheme) -> float:
        """Operations a second with a model of a scheme; 16 bits where the card can't multiply what the scheme has."""
        special = {"w8a8": self.int8, "fp8": self.fp8}.get(scheme, 0.0)
        return special or self.bf16


_TERA = 1e12
CARDS: tuple[Card, ...] = tuple(
    Card(name, *(value * _TERA for value in values))
    for name, *values in (
        ("H200", 4.8, 989, 1_979, 1_979),
        ("H100 NVL", 3.9, 835, 1_671, 1_671),
        ("H100 PCIe", 2.0, 756, 1_513, 1_513),
        ("H100", 3.35, 989, 1_979, 1_979),
        ("A100 40GB", 1.555, 312, 624, 0),
        ("A100", 2.039, 312, 624, 0),
        ("L40S", 0.864, 362, 733, 733),
        ("L4", 0.3, 121, 242, 242),
        ("A10", 0.6, 125, 250, 0),
        ("RTX 4090", 1.008, 165, 661, 330),
    )
)
"""NVIDIA's data sheets, without sparsity. Of two names that fit the first counts."""


def card_named(text: str) -> Card | None:
    """The card that a name speaks of, as ``nvidia-smi`` or a person writes it; None when it isn't known."""
    words = set(re.findall(r"[A-Z]+\d*[A-Z]*|\d+[A-Z]*", text.upper()))
    return next((card for card in CARDS if set(re.findall(r"[A-Z]+\d*[A-Z]*|\d+[A-Z]*", card.name.upper())) <= words),
                None)  # fmt: skip


def known_card(text: str) -> Card:
    """As ``card_named``.

    Raises:
        BadSetting: there is none of that name.
    """
    card = card_named(text)
    if card is None:
        known = ", ".join(card.name for card in CARDS)
        raise BadSetting(name="--card", value=text, expected=f"아는 카드: {known}", expected_en=f"Known cards: {known}")
    return card


@dataclass(frozen=True, slots=True)
class Model:
    """What the sums need of a model: ``active`` parameters (all but the table of embeddings, which is looked up),
    bytes of weights that each step reads, bytes of keys and values a token.
    """

    parameters: int
    active: int
    moved: int
    cache: int
    scheme: Scheme = "bf16"


def model_of(config: Mapping[str, Any], name: str, scheme: Scheme = "bf16") -> Model:
    """A dense model of Llama's build (Llama, Mistral, Qwen, …) by its ``config.json``.

    Raises:
        ModelUnusable: it is of another build, or a size is missing.
    """
    try:
        hidden, layers, words = (int(config[key]) for key in ("hidden_size", "num_hidden_layers", "vocab_size"))
        heads, inner = int(config["num_attention_heads"]), int(config["intermediate_size"])
        kv = int(config.get("num_key_value_heads") or heads)
        head = int(config.get("head_dim") or hidden // heads)
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise _unknown(name, f"config.json: {error!r}") from error
    if any("experts" in key for key in config):
        raise _unknown(name, "전문가를 섞은 모델 / a mixture of experts")
    table = words * hidden
    layer = 2 * hidden * heads * head + 2 * hidden * kv * head + 3 * hidden * inner + 2 * hidden
    tied = bool(config.get("tie_word_embeddings"))
    shape = Shape(
        parameters=(1 if tied else 2) * table + layers * layer + hidden, layers=layers, hidden=hidden,
        kept=(1 if tied else 2) * table, kv_heads=kv, head=head,
    )  # fmt: skip
    return of_shape(shape, 0 if tied else table, scheme)


def of_shape(shape: Shape, looked_up: int, scheme: Scheme) -> Model:
    """A model by its shape; ``looked_up`` parameters are read a row at a time."""
    moved = weight_bytes(shape, scheme) - 2 * looked_up
    return Model(shape.parameters, shape.parameters - looked_up, moved, cache_bytes(shape, 1), scheme)


def llama_3_8b(scheme: Scheme = "bf16") -> Model:
    """The default profile's model."""
    return of_shape(LLAMA_3_8B, LLAMA_3_8B.kept // 2, scheme)


def _unknown(name: str, reason: str) -> ModelUnusable:
    return ModelUnusable(
        name=name, reason=f"한도를 셈할 수 없습니다({reason})", reason_en=f"its limits can't be reckoned ({reason})",
        cure="`--card` 없이 재세요", cure_en="Measure without `--card`",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Work:
    """What was asked: tokens of a prompt and of an answer (means), answers written together, requests in all."""

    prompt: float
    answer: float
    together: int
    requests: int


@dataclass(frozen=True, slots=True)
class Limits:
    """The least seconds: to the first token of a prompt that is alone, for each further token, for all requests.

    ``first_bound`` and ``token_bound`` say which of the two the limit is.
    """

    first_s: float
    token_s: float
    whole_s: float
    first_bound: Bound
    token_bound: Bound


def limits(model: Model, card: Card, work: Work) -> Limits:
    """What the card allows. Prompts are read once, none is remembered; answers are always written ``together``."""
    rate = card.rate(model.scheme)
    first = _slower(2 * model.active * work.prompt / rate, model.moved / card.bandwidth)
    held = work.together * (work.prompt + work.answer / 2) * model.cache  # on average half of an answer is there
    token = _slower(2 * model.active * work.together / rate, (model.moved + held) / card.bandwidth)
    reading = 2 * model.active * work.prompt * work.requests / rate
    writing = work.requests * work.answer / work.together * token[0]
    return Limits(first[0], token[0], reading + writing, first[1], token[1])


def _slower(arithmetic: float, bandwidth: float) -> tuple[float, Bound]:
    return (arithmetic, "arithmetic") if arithmetic > bandwidth else (bandwidth, "bandwidth")
