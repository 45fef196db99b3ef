"""Settings of the pipeline: what they are, what they default to, how a profile file or ``--set`` changes them.

Nothing else in the pipeline reads files or the environment for settings: they arrive as a ``Settings`` value.
"""

from __future__ import annotations

import dataclasses
import math
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pipeline.errors import BadSetting, FileProblem, IndexTimeSetting, UnknownSetting


def _setting(
    default: Any, ko: str, en: str, *, low: float = -math.inf, high: float = math.inf, index_time: bool = False
) -> Any:
    return field(default=default, metadata={"ko": ko, "en": en, "low": low, "high": high, "index_time": index_time})


@dataclass(frozen=True, slots=True)
class Indexing:
    """How documents become an index."""

    passage_chars: int = _setting(
        600, "이보다 긴 글은 문장 끝에서 나눔(자)", "longer documents are split on sentence ends (characters)",
        low=50, high=20_000, index_time=True,
    )  # fmt: skip
    overlap_chars: int = _setting(
        100, "나눈 단락이 겹치는 길이(자)", "how much neighbouring passages share (characters)",
        low=0, high=5_000, index_time=True,
    )  # fmt: skip
    dimensions: int = _setting(
        256, "LSA 벡터의 차원", "dimensions of the LSA vectors", low=2, high=1_024, index_time=True
    )
    k1: float = _setting(
        1.2, "BM25의 단어 빈도 포화", "BM25 saturation of term frequency", low=0, high=10, index_time=True
    )
    b: float = _setting(0.75, "BM25의 길이 보정", "BM25 length normalisation", low=0, high=1, index_time=True)


@dataclass(frozen=True, slots=True)
class Retrieval:
    """How candidates are found."""

    bm25: Literal["bm25s", "rank_bm25"] = _setting("bm25s", "BM25 구현", "implementation of BM25")
    depth: int = _setting(50, "검색기마다 가져오는 후보 수", "candidates taken from each retriever", low=1, high=1_000)
    k: int = _setting(5, "답변에 쓰는 단락 수", "passages put in the prompt", low=1, high=50)
    spread: int = _setting(
        2, "여러 가게를 묻는 질문에서 한 가게가 차지하는 단락 수(0=제한 없음)",
        "passages one restaurant may take when the question is about many (0 = no limit)", low=0, high=50,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fusion:
    """How the retrievers' scores become one."""

    method: Literal["minmax", "rrf"] = _setting(
        "minmax", "융합 방법: 최소-최대 가중합 또는 역순위 합", "weighted min-max, or reciprocal ranks"
    )
    weight: float = _setting(
        0.25, "벡터의 몫(나머지는 BM25)", "share of the vectors, the rest is BM25's", low=0, high=1
    )
    window: float = _setting(
        0.3, "가장 잘 맞는 두 문장의 몫(나머지는 위 둘)", "share of the best two sentences, the rest is the above",
        low=0, high=1,
    )  # fmt: skip
    boost: float = _setting(
        0.1, "요리 이름·'최근' 같은 조건이 더하는 점수", "what a boosting chip (dish, newest) adds", low=0, high=1
    )
    concept: float = _setting(
        0.4, "같은 뜻의 다른 말(웨이팅·줄·대기)이 더하는 점수(0=쓰지 않음)",
        "what other words for the same (개념) add, 0 to leave them out", low=0, high=1,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rerank:
    """How candidates are looked at again."""

    depth: int = _setting(30, "다시 보는 후보 수", "candidates reranked", low=1, high=200)


@dataclass(frozen=True, slots=True)
class Answering:
    """How the answer is made."""

    sentences: int = _setting(3, "답변의 최대 문장 수", "sentences in an answer at most", low=1, high=10)
    threshold: float = _setting(
        0.7, "답할 수 있다는 확률이 이보다 낮으면 기권", "abstain when P(answerable) is lower", low=0, high=1
    )


@dataclass(frozen=True, slots=True)
class Labelling:
    """How tasks are handed to annotators. What these mean is said in ``annotations.types.DeskSettings``."""

    gold_rate: float = _setting(
        0.05, "골드 과제(답을 아는 과제)를 섞는 비율", "share of gold tasks, whose answer is known", low=0, high=0.5
    )
    repeat_rate: float = _setting(
        0.02,
        "자기가 한 과제를 모르게 다시 받는 비율",
        "share of one's own tasks that come again unnoticed",
        low=0,
        high=0.5,
    )
    repeat_after: int = _setting(
        30, "다시 받기까지 그 사이에 하는 과제 수", "tasks done before one comes again", low=1, high=10_000
    )
    lease_minutes: float = _setting(
        30, "받은 과제를 맡아 두는 시간(분)", "how long a task is held for whoever took it (minutes)", low=1, high=1_440
    )
    daily_goal: int = _setting(0, "하루 목표(0=없음)", "tasks a day that one aims at (0 = none)", low=0, high=10_000)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set, grouped by stage. Names of backends are strings checked when they are loaded."""

    profile: str = _setting("embedded", "프로필 이름", "name of the profile")
    tokenizer: str = _setting("kiwi", "형태소 분석기", "morphological analyser")
    encoder: str = _setting("lsa", "벡터를 만드는 인코더", "encoder of the vectors", index_time=True)
    reranker: str = _setting("linear", "리랭커(none이면 끔)", "reranker (none switches it off)")
    generator: str = _setting("extractive", "답변 생성기", "generator of the answer")
    indexing: Indexing = field(default_factory=Indexing)
    retrieval: Retrieval = field(default_factory=Retrieval)
    fusion: Fusion = field(default_factory=Fusion)
    rerank: Rerank = field(default_factory=Rerank)
    answer: Answering = field(default_factory=Answering)
    labels: Labelling = field(default_factory=Labelling)

    def flat(self) -> dict[str, object]:
        """``{"fusion.weight": 0.25, …}``, as traces and manifests keep it: all but what only the labelling knows."""
        return {option.name: option.value for option in options(self) if not option.name.startswith("labels.")}


@dataclass(frozen=True, slots=True)
class Option:
    """One row of the settings table."""

    name: str
    value: object
    kind: Any
    ko: str
    en: str
    low: float
    high: float
    index_time: bool


_hints: Callable[[type], dict[str, Any]] = cache(get_type_hints)


@lru_cache(maxsize=256)
def options(settings: Settings) -> tuple[Option, ...]:
    """Every setting with its value and description, in the order of the table in the README."""
    return tuple(_options(settings, ""))


def _options(group: Any, prefix: str) -> Iterator[Option]:
    hints = _hints(type(group))
    for item in dataclasses.fields(group):
        value = getattr(group, item.name)
        if dataclasses.is_dataclass(value):
            yield from _options(value, f"{prefix}{item.name}.")
        else:
            yield Option(prefix + item.name, value, hints[item.name], **item.metadata)


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
            raise UnknownSetting(name=name, known=", ".join(known))
        option = known[name]
        value = _coerce(option, raw)
        if option.index_time and not indexing and value != option.value:
            raise IndexTimeSetting(name=name, value=raw)
        settings = _replace(settings, name.split("."), value)
    return settings


def _replace(group: Any, path: list[str], value: object) -> Any:
    head, *rest = path
    return dataclasses.replace(group, **{head: _replace(getattr(group, head), rest, value) if rest else value})


def _coerce(option: Option, raw: object) -> object:
    if get_origin(option.kind) is Literal:
        choices = get_args(option.kind)
        if raw not in choices:
            raise BadSetting(name=option.name, value=raw, expected=f"가능한 값: {', '.join(choices)}")
        return raw
    if option.kind is str:
        return str(raw)
    try:
        value = option.kind(str(raw))
    except ValueError:
        value = math.nan
    if not option.low <= value <= option.high:  # NaN fails too
        raise BadSetting(name=option.name, value=raw, expected=f"{_range(option)} 사이의 {_kind(option)}가 필요합니다.")
    return value


def _kind(option: Option) -> str:
    return "정수" if option.kind is int else "수"


def _range(option: Option) -> str:
    return f"{option.low:g}–{option.high:g}"


def parse_assignments(assignments: list[str]) -> dict[str, object]:
    """``["fusion.weight=0.4"]`` as ``{"fusion.weight": "0.4"}``.

    Raises:
        BadSetting: one has no equals sign.
    """
    pairs: dict[str, object] = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise BadSetting(name=name, value="", expected="`이름=값`으로 적어 주세요. 예) --set fusion.weight=0.4")
        pairs[name.strip()] = value.strip()
    return pairs


PROFILES = Path(__file__).parent / "profiles"


def load_profile(name_or_path: str = "embedded") -> Settings:
    """The settings of a profile: a name in ``pipeline/profiles`` or the path of a TOML file.

    Raises:
        FileProblem: there is no such profile or it isn't TOML.
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
    return with_overrides(Settings(), dict(_flatten(table, "")), indexing=True)


def _flatten(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
