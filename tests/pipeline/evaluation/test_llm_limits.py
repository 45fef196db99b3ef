"""What a card allows a language model: sums with known results, and what must hold whatever the sizes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors.neural import ModelUnusable
from pipeline.errors.settings import BadSetting
from pipeline.evaluation.llm_limits import (
    CARDS,
    Card,
    Model,
    Work,
    card_named,
    known_card,
    limits,
    llama_3_8b,
    model_of,
)

LLAMA_3_8B: dict[str, Any] = {
    "hidden_size": 4_096, "num_hidden_layers": 32, "vocab_size": 128_256, "num_attention_heads": 32,
    "intermediate_size": 14_336, "num_key_value_heads": 8, "tie_word_embeddings": False,
}  # fmt: skip
LLAMA_32_1B: dict[str, Any] = {
    "hidden_size": 2_048, "num_hidden_layers": 16, "vocab_size": 128_256, "num_attention_heads": 32, "head_dim": 64,
    "intermediate_size": 8_192, "num_key_value_heads": 8, "tie_word_embeddings": True,
}  # fmt: skip
CARD = Card("test", bandwidth=1e12, bf16=1e14, int8=2e14, fp8=0)
MODEL = Model(parameters=8_000_000_000, active=7_500_000_000, moved=15_000_000_000, cache=131_072)


@pytest.mark.parametrize(("config", "parameters"), [(LLAMA_3_8B, 8_030_261_248), (LLAMA_32_1B, 1_235_814_400)])
def test_parameters_are_those_that_the_models_are_published_with(config: dict[str, Any], parameters: int) -> None:
    assert model_of(config, "x").parameters == parameters


def test_the_table_of_embeddings_is_looked_up_unless_it_is_the_head_too() -> None:
    table = 128_256 * 4_096
    untied = model_of(LLAMA_3_8B, "x")
    assert untied.active == untied.parameters - table
    assert untied.moved == 2 * untied.active  # two bytes each
    tied = model_of(LLAMA_32_1B, "x")
    assert tied.active == tied.parameters
    assert llama_3_8b().active == pytest.approx(untied.active, rel=1e-3)  # sizing rounds it to 8.03 thousand million


def test_compressed_weights_move_less_but_the_head_stays() -> None:
    moved = {scheme: model_of(LLAMA_3_8B, "x", scheme).moved for scheme in ("bf16", "w8a8", "fp8", "w4a16")}  # type: ignore[arg-type]
    head = 2 * 128_256 * 4_096
    assert moved["w8a8"] == moved["fp8"] == (moved["bf16"] - head) / 2 + head
    assert moved["w4a16"] == pytest.approx((moved["bf16"] - head) / 4 * (1 + 1 / 16) + head)


@pytest.mark.parametrize(
    ("work", "first_s", "token_s", "whole_s", "bounds"),
    [
        # 2 × 7.5e9 × 1,000 / 1e14 = .15 s of arithmetic; 15e9 / 1e12 = .015 s of reading weights
        (Work(1_000, 100, 1, 1), 0.15, 0.015 + 1_050 * 131_072 / 1e12, None, ("arithmetic", "bandwidth")),
        (Work(50, 100, 1, 10), 0.015, 0.015 + 100 * 131_072 / 1e12, None, ("bandwidth", "bandwidth")),
        # 256 answers at once: 2 × 7.5e9 × 256 / 1e14 = .0384 s; .015 + 256 × 60 × 131,072 / 1e12 = .017 s
        (Work(10, 100, 256, 256), 0.015, 0.0384, 0.0384 * 100 + 256 * 10 * 1.5e10 / 1e14, ("bandwidth", "arithmetic")),
    ],
)
def test_the_sums(work: Work, first_s: float, token_s: float, whole_s: float | None, bounds: tuple[str, str]) -> None:
    found = limits(MODEL, CARD, work)
    assert found.first_s == pytest.approx(first_s)
    assert found.token_s == pytest.approx(token_s)
    assert (found.first_bound, found.token_bound) == bounds
    if whole_s is not None:
        assert found.whole_s == pytest.approx(whole_s)


works = st.builds(
    Work, prompt=st.floats(1, 1e5), answer=st.floats(1, 1e4), together=st.integers(1, 512), requests=st.integers(1, 999)
)


@given(works, st.sampled_from(CARDS))
def test_nothing_is_quicker_than_the_weights_can_be_read_or_the_sums_done(work: Work, card: Card) -> None:
    found = limits(MODEL, card, work)
    assert found.first_s >= MODEL.moved / card.bandwidth
    assert found.first_s >= 2 * MODEL.active * work.prompt / card.bf16
    assert found.token_s >= MODEL.moved / card.bandwidth
    assert found.whole_s >= 2 * MODEL.active * work.prompt * work.requests / card.bf16


@given(works, st.sampled_from(CARDS))
def test_writing_more_at_once_costs_each_token_time_and_saves_it_for_all(work: Work, card: Card) -> None:
    one, more = (limits(MODEL, card, replace(work, together=n)) for n in (work.together, work.together + 1))
    assert more.token_s >= one.token_s
    assert more.whole_s <= one.whole_s * (1 + 1e-9)


def test_a_card_multiplies_in_sixteen_bits_what_it_has_no_units_for() -> None:
    assert CARD.rate("w8a8") == 2e14
    assert CARD.rate("fp8") == CARD.rate("w4a16") == CARD.rate("bf16") == 1e14


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("NVIDIA H100 80GB HBM3, 550.54, 81559 MiB", "H100"), ("NVIDIA H100 PCIe", "H100 PCIe"), ("h200", "H200"),
        ("NVIDIA A100-SXM4-80GB, 535.1, 81920 MiB", "A100"), ("NVIDIA A100-PCIE-40GB", "A100 40GB"),
        ("NVIDIA L4, 550.54, 23034 MiB", "L4"), ("NVIDIA L40S", "L40S"),
        ("NVIDIA GeForce RTX 4090, 1, 24564 MiB", "RTX 4090"),
    ],
)  # fmt: skip
def test_cards_are_known_by_what_the_driver_calls_them(said: str, name: str) -> None:
    assert known_card(said).name == name


@pytest.mark.parametrize("said", ["", "NVIDIA Tesla V100-SXM2-16GB", "L400"])
def test_a_card_that_is_not_known_is_not_guessed(said: str) -> None:
    assert card_named(said) is None
    with pytest.raises(BadSetting, match="H100"):
        known_card(said)


@pytest.mark.parametrize(
    "broken",
    [{"hidden_size": None}, {"vocab_size": "many"}, {"num_local_experts": 8}, {"num_attention_heads": 0}],
)
def test_a_model_that_the_sums_do_not_know_is_refused(broken: dict[str, Any]) -> None:
    config = {name: value for name, value in {**LLAMA_3_8B, **broken}.items() if value is not None}
    with pytest.raises(ModelUnusable, match="모델X"):
        model_of(config, "모델X")
