"""A smaller set out of a larger one, the same one each time. Pure functions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

import numpy as np

from pipeline.errors.settings import BadSetting
from pipeline.types import Sample

Stratum = Literal["", "type", "answerable"]


def draw(samples: Sequence[Sample], size: int, stratify: Stratum = "", seed: int = 0) -> list[Sample]:
    """``size`` questions in their own order, all when there are fewer.

    With ``stratify`` every kind has its share of the places, by largest remainder.

    Raises:
        BadSetting: no questions are wanted.
    """
    if size < 1:
        raise BadSetting(
            name="--sample", value=size,
            expected="1 이상의 수가 필요합니다. 예) --sample 49", expected_en="Give a number from 1 on: --sample 49",
        )  # fmt: skip
    if size >= len(samples):
        return list(samples)
    strata: dict[str, list[int]] = defaultdict(list)
    for place, sample in enumerate(samples):
        strata[_stratum(sample, stratify)].append(place)
    random = np.random.default_rng(seed)
    shares = _shares({name: len(members) for name, members in strata.items()}, size)
    chosen = [p for name in sorted(strata) for p in random.choice(strata[name], shares[name], replace=False).tolist()]
    return [samples[place] for place in sorted(chosen)]


def _stratum(sample: Sample, stratify: Stratum) -> str:
    if stratify == "type":
        return sample.question.type
    return str(sample.answerable) if stratify == "answerable" else ""


def _shares(sizes: dict[str, int], total: int) -> dict[str, int]:
    """How many each stratum gets of ``total``, by largest remainder (Hamilton)."""
    exact = {name: total * size / sum(sizes.values()) for name, size in sizes.items()}
    given = {name: int(share) for name, share in exact.items()}
    rest = total - sum(given.values())
    for name in sorted(exact, key=lambda n: (given[n] - exact[n], n))[:rest]:
        given[name] += 1
    return given
