"""How a profile file or ``--set`` changes settings, and who may change which; ``pipeline.settings`` says what they are.

Nothing else in the pipeline reads files or the environment for settings: they arrive as a ``Settings`` value.
"""

from __future__ import annotations

import dataclasses
import math
import tomllib
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pipeline.errors.files import FileProblem
from pipeline.errors.settings import BadSetting, IndexTimeSetting, UnknownSetting
from pipeline.experiments.variants import read_variants
from pipeline.settings import Option, Settings, options

SERVER_ONLY = (
    "llm.url", "llm.concurrency", "llm.circuit", "llm.first", "llm.next", "llm.answer_s", "models.", "milvus.",
    "service.", "access.",
)  # fmt: skip
"""Beginnings of the names that belong to whoever runs a server: else anybody who may ask could have it call any address
with its key, or load any folder."""

TEXT_MOST = 1_000
"""Characters of a setting that is a text: a name, an address, a path."""


def server_only(name: str) -> bool:
    """Whether a setting is the server's own."""
    return name.startswith(SERVER_ONLY)


def check_asked(overrides: Mapping[str, object], settings: Settings) -> None:
    """Make sure that somebody who asks a server leaves its own settings as they are.

    Raises:
        BadSetting: one is to be changed.
    """
    own = {option.name: option.value for option in options(settings) if server_only(option.name)}
    for name, value in overrides.items():
        if name in own and str(value) != str(own[name]):
            raise BadSetting(
                name=name, value=str(value)[:64],
                expected=f"서버를 켤 때만 정합니다: `hansang serve --set {name}=…`",
                expected_en=f"Only whoever starts the server sets it: `hansang serve --set {name}=…`",
            )  # fmt: skip


def with_overrides(settings: Settings, overrides: Mapping[str, object], *, indexing: bool = False) -> Settings:
    """Settings changed by ``{"fusion.weight": 0.4}`` or ``{"fusion.weight": "0.4"}``.

    Args:
        indexing: allow the settings that only indexing can change.

    Raises:
        UnknownSetting, BadSetting: the name or the value is none.
        IndexTimeSetting: the setting is fixed when indexing, and this is not indexing.
    """
    if not overrides:
        return settings
    known = {option.name: option for option in options(settings)}
    for name, raw in overrides.items():
        if name not in known:
            raise _unknown(name, known)
        option = known[name]
        value = _coerce(option, raw)
        if option.index_time and not indexing and value != option.value:
            raise IndexTimeSetting(name=name, value=raw)
        settings = _replace(settings, name.split("."), value)
    return settings


def _unknown(name: str, known: Collection[str]) -> UnknownSetting:
    """The error of a name that is none, with the one that is spelled most like it."""
    near = "".join(get_close_matches(name.casefold(), known, n=1))
    hints = {"near": f" '{near}'을(를) 쓰려던 것인가요?", "near_en": f" Did you mean '{near}'?"}
    return UnknownSetting(name=name, known=", ".join(known), **(hints if near else dict.fromkeys(hints, "")))


def _replace(group: Any, path: list[str], value: object) -> Any:
    head, *rest = path
    return dataclasses.replace(group, **{head: _replace(getattr(group, head), rest, value) if rest else value})


def _coerce(option: Option, raw: object) -> object:
    if get_origin(option.kind) is Literal:
        choices = get_args(option.kind)
        if raw not in choices:
            known = ", ".join(choices)
            raise BadSetting(
                name=option.name, value=raw, expected=f"가능한 값: {known}", expected_en=f"One of: {known}"
            )
        return raw
    if option.kind is str:
        return _text(option, str(raw))
    try:
        value = option.kind(str(raw))
    except ValueError:
        value = math.nan
    if not option.low <= value <= option.high:  # NaN fails too
        ko, en = ("정수", "a whole number") if option.kind is int else ("수", "a number")
        low, high = f"{option.low:g}", f"{option.high:g}"
        raise BadSetting(
            name=option.name, value=raw,
            expected=f"{low}–{high} 사이의 {ko}가 필요합니다.", expected_en=f"It must be {en} from {low} to {high}.",
        )  # fmt: skip
    return value


def _text(option: Option, given: str) -> str:
    """A text that a trace can hold: settings are kept with every answer."""
    if len(given) > TEXT_MOST or any("\ud800" <= c <= "\udfff" for c in given):
        raise BadSetting(
            name=option.name, value=given[:40].encode("utf-8", "replace").decode() + "…",
            expected=f"온전한 글자 {TEXT_MOST:,}자까지입니다.", expected_en=f"At most {TEXT_MOST:,} whole characters.",
        )  # fmt: skip
    return given


def parse_assignments(assignments: list[str]) -> dict[str, object]:
    """``["fusion.weight=0.4"]`` as ``{"fusion.weight": "0.4"}``.

    Raises:
        BadSetting: one has no equals sign.
    """
    pairs: dict[str, object] = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise BadSetting(
                name=name, value="",
                expected="`이름=값`으로 적어 주세요. 예) --set fusion.weight=0.4",
                expected_en="Write `name=value`, such as --set fusion.weight=0.4.",
            )  # fmt: skip
        pairs[name.strip()] = value.strip()
    return pairs


OPEN = (
    "tokenizer", "reranker", "generator", "prompt",
    "retrieval.", "fusion.", "rerank.", "answer.", "llm.temperature", "llm.answer_tokens", "llm.gate",
)  # fmt: skip
"""Names of settings, and groups (with a dot) of them, that whoever asks a server may change for one question.

The rest is the server's: it must not be made to call an address, or to load a model, of a stranger's choice.
"""


def is_open(name: str) -> bool:
    """Whether a question may change a setting."""
    return any(name.startswith(one) if one.endswith(".") else name == one for one in OPEN)


PROFILES = Path(__file__).parent / "profiles"


def load_profile(name_or_path: str = "embedded") -> Settings:
    """The settings of a profile: a name in ``pipeline/profiles`` or the path of a TOML file.

    Raises:
        FileProblem: there is no such profile or it isn't TOML.
        BadVariants: its ``[[variants]]`` can't be used.
    """
    shipped = PROFILES / f"{name_or_path}.toml"
    path = shipped if shipped.exists() else Path(name_or_path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        names = ", ".join(sorted(p.stem for p in PROFILES.glob("*.toml")))
        raise FileProblem(
            path=name_or_path, problem=f"프로필을 읽지 못했습니다 ({error})", cure=f"쓸 수 있는 프로필: {names}",
            problem_en=f"the profile can't be read ({error})", cure_en=f"Profiles: {names}",
        ) from error  # fmt: skip
    variants = read_variants(table.pop("variants", []))
    settings = with_overrides(Settings(), dict(_flatten(table, "")), indexing=True)
    for variant in variants:
        with_overrides(settings, dict(variant.overrides))
    return dataclasses.replace(settings, variants=variants)


def _flatten(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
