"""The variants of a profile and who is given which. Pure; knows neither settings nor answers."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.errors.base import InputError

BASE = "base"
"""The name of the profile as it is, which gets what share the variants leave."""

_LEFT = 1e-9  # a smaller share is the rounding of shares that add up to 1
_FIELDS = {"name", "share", "set"}


class BadVariants(InputError):
    """Variants of a profile that can't be used."""

    code = "bad-variants"
    ko = (
        "프로필의 [[variants]]를 쓸 수 없습니다: {problem}. "
        '예) [[variants]] name = "b" share = 0.5 set = {{ "fusion.weight" = 0.4 }}'
    )
    en = (
        "The profile's [[variants]] can't be used: {problem_en}. "
        'E.g. [[variants]] name = "b" share = 0.5 set = {{ "fusion.weight" = 0.4 }}'
    )


@dataclass(frozen=True, slots=True)
class Variant:
    """Settings by name that differ from the profile's, for a share (0–1) of the sessions."""

    name: str
    share: float
    overrides: tuple[tuple[str, object], ...] = ()


def read_variants(rows: object) -> tuple[Variant, ...]:
    """The variants of a profile's ``[[variants]]``; what share they leave is the profile's own, first, as ``base``.

    Raises:
        BadVariants: a name, a share or what is set can't be one, or there are not two to compare.
    """
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise _refused("표의 목록이 아닙니다", "it is no list of tables")
    given = tuple(_read(row) for row in rows)
    if not given:
        return ()
    names = [variant.name for variant in given]
    if len(set(names)) < len(names) or BASE in names:
        shown = ", ".join(names)
        raise _refused(
            f"이름이 겹칩니다({shown}; '{BASE}'는 프로필 자신입니다)",
            f"names occur twice ({shown}; '{BASE}' is the profile itself)",
        )
    left = 1 - math.fsum(variant.share for variant in given)
    if left < -_LEFT:
        raise _refused("몫의 합이 1을 넘습니다", "the shares add up to more than 1")
    whole = (Variant(BASE, left), *given) if left > _LEFT else given
    if len(whole) < 2:
        raise _refused("견줄 것이 하나뿐입니다", "there is nothing to compare it with")
    return whole


def _read(row: object) -> Variant:
    if not isinstance(row, Mapping) or set(row) - _FIELDS or not {"name", "share"} <= set(row):
        found = ", ".join(map(str, row)) if isinstance(row, Mapping) else str(row)
        raise _refused(f"name, share, set만 씁니다({found})", f"name, share and set go here ({found})")
    name, share, settings = row["name"], row["share"], row.get("set", {})
    if not isinstance(name, str) or not name or not all(c.isalnum() or c in "_-" for c in name):
        raise _refused(
            f"이름 '{name}'에는 글자, 숫자, _, -만 씁니다", f"the name '{name}' may have letters, digits, _ and -"
        )
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        raise _refused(
            f"'{name}'의 몫 {share}은(는) 0보다 크고 1 이하여야 합니다", f"the share of '{name}' is not in (0, 1]"
        )
    if not isinstance(settings, Mapping):
        raise _refused(f"'{name}'의 set이 표가 아닙니다", f"the set of '{name}' is no table")
    overrides = tuple(sorted(_flat(settings), key=lambda pair: pair[0]))
    if wrong := [key for key, value in overrides if not isinstance(value, str | int | float)]:
        raise _refused(f"'{name}'의 {wrong[0]}에 값 하나가 필요합니다", f"{wrong[0]} of '{name}' must be one value")
    return Variant(name, float(share), overrides)


def _refused(problem: str, problem_en: str) -> BadVariants:
    return BadVariants(problem=problem, problem_en=problem_en)


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def assign(variants: Sequence[Variant], session: str) -> Variant | None:
    """The variant of a session: always the same for the same names, shares and session; None without variants.

    The session's place in [0, 1) is a hash of its id and of the names, so that another experiment mixes people anew.
    """
    if not variants:
        return None
    names = "\n".join(variant.name for variant in variants)
    drawn = hashlib.sha256(f"{names}\n{session}".encode("utf-8", "surrogatepass")).digest()
    place = int.from_bytes(drawn[:7]) / 2**56  # 56 bits are exact in a float
    until = 0.0
    for variant in variants:
        until += variant.share
        if place < until:
            return variant
    return variants[-1]


def label(variant: Variant, settings: Mapping[str, object]) -> str:
    """The name with a digest of all settings under it: answers made under other settings are never counted together."""
    text = json.dumps(settings, ensure_ascii=False, sort_keys=True, default=str)
    return f"{variant.name}@{hashlib.sha256(text.encode()).hexdigest()[:8]}"
