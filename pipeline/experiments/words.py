"""The verdict on an experiment as sentences that somebody can act on, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.experiments.findings import Contrast, Findings

NAMES = {"up": ("👍 비율", "share of 👍"), "abstained": ("기권 비율", "share of abstentions")}


def verdict(found: Findings) -> tuple[str, str]:
    """What can be said now, in Korean and in English; nothing is called clear without its interval."""
    said = [_sentence(contrast) for contrast in found.contrasts]
    said.append(_advice(found.contrasts))
    ko, en = (" ".join(parts) for parts in zip(*said, strict=True))
    return ko, en


def _sentence(found: Contrast) -> tuple[str, str]:
    ko, en = NAMES[found.measure]
    if found.difference is None:
        waits = "의견이" if found.measure == "up" else "답이"
        return (
            f"{ko}: {found.base}와 {found.arm} 양쪽에 {waits} 있어야 견줄 수 있습니다.",
            f"The {en} of {found.base} and {found.arm} can't be compared yet.",
        )
    numbers = f"{found.low:+.3f} ~ {found.high:+.3f}"
    bounds = f"매일 보아도 되는 {found.level:.2%} 구간 {numbers}, 짝 {found.blocks:,}개"
    bounds_en = f"{found.level:.2%} interval that may be looked at daily {numbers}, {found.blocks:,} pairs"
    if not found.is_clear:
        return (
            f"{ko}의 차이 {found.difference:+.3f}({found.arm} − {found.base})은(는) 아직 가를 수 없습니다({bounds}).",
            f"The difference {found.difference:+.3f} in the {en} ({found.arm} − {found.base}) is not clear yet "
            f"({bounds_en}).",
        )
    higher = found.low > 0
    return (
        f"{ko}은(는) {found.arm}이(가) {found.base}보다 {abs(found.difference):.3f} "
        f"{'높습니다' if higher else '낮습니다'}({bounds}).",
        f"The {en} of {found.arm} is {abs(found.difference):.3f} {'higher' if higher else 'lower'} than that of "
        f"{found.base} ({bounds_en}).",
    )


def _advice(contrasts: Sequence[Contrast]) -> tuple[str, str]:
    votes = [c for c in contrasts if c.measure == "up"]
    better = [c.arm for c in votes if c.low > 0]
    worse = [c.arm for c in votes if c.high < 0]
    if better:
        names = ", ".join(better)
        return f"따라서 {names}의 몫을 늘려도 좋습니다.", f"So more sessions may go to {names}."
    if votes and len(worse) == len(votes):
        base = votes[0].base
        return f"따라서 {base}을(를) 그대로 두는 편이 낫습니다.", f"So {base} had better stay."
    return (
        "👍로 고르기에는 아직 모자랍니다. 더 모으면서 내일 다시 보아도 됩니다.",
        "The votes don't decide yet; it may be looked at again tomorrow.",
    )
