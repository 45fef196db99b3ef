"""The ways to make a language model's weights smaller, and what each is good for. Facts only; nothing is run here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Scheme = Literal["w8a8", "fp8", "w4a16"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)


@dataclass(frozen=True, slots=True)
class Recipe:
    """One scheme. ``calibrated``: whether its numbers depend on the prompts; ``ko`` and ``en`` say what it does."""

    scheme: Scheme
    calibrated: bool
    ko: str
    en: str


RECIPES: Mapping[Scheme, Recipe] = {
    "w8a8": Recipe(
        "w8a8", True,
        "가중치와 활성값을 8비트 정수로(SmoothQuant + GPTQ). int8 연산이 있는 GPU와 x86 CPU",
        "weights and activations in 8-bit integers (SmoothQuant + GPTQ), for GPUs with int8 arithmetic and x86 CPUs",
    ),
    "fp8": Recipe(
        "fp8", False,
        "가중치와 활성값을 8비트 소수로. 활성값의 배율은 돌릴 때 정해져 프롬프트를 보지 않음. Ada·Hopper 이후의 GPU",
        "weights and activations in 8-bit floats; activations are scaled as they come, so no prompt is looked at; for "
        "GPUs from Ada and Hopper on",
    ),
    "w4a16": Recipe(
        "w4a16", True,
        "가중치만 4비트 정수로(GPTQ, 128개마다 배율 하나). 계산은 16비트. 메모리가 모자랄 때",
        "weights alone in 4-bit integers (GPTQ, a scale for every 128), arithmetic in 16 bits: where memory is short",
    ),
}  # fmt: skip
