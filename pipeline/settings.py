"""Every setting of the project: its group, default, bounds, and what it is for in Korean and in English.

``pipeline.config`` reads them from profile files and from ``--set``; README's table is made of them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, get_type_hints

from pipeline.experiments.variants import Variant
from pipeline.setting_groups.declaring import setting
from pipeline.setting_groups.models import Batching, Llm, Models
from pipeline.setting_groups.search import Answering, Fusion, Indexing, Milvus, Rerank, Retrieval
from pipeline.setting_groups.server import Access, Labelling, Serving


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set, grouped by stage. Names of backends are strings checked when they are loaded."""

    profile: str = setting("embedded", "프로필 이름", "name of the profile")
    tokenizer: str = setting("kiwi", "형태소 분석기", "morphological analyser")
    encoder: str = setting("lsa", "벡터를 만드는 인코더", "encoder of the vectors", index_time=True)
    reranker: str = setting("linear", "리랭커(none이면 끔)", "reranker (none switches it off)")
    generator: str = setting("extractive", "답변 생성기", "generator of the answer")
    prompt: str = setting("answer@1", "언어 모델에게 주는 프롬프트", "prompt for the language model")
    indexing: Indexing = field(default_factory=Indexing)
    retrieval: Retrieval = field(default_factory=Retrieval)
    fusion: Fusion = field(default_factory=Fusion)
    rerank: Rerank = field(default_factory=Rerank)
    answer: Answering = field(default_factory=Answering)
    models: Models = field(default_factory=Models)
    llm: Llm = field(default_factory=Llm)
    milvus: Milvus = field(default_factory=Milvus)
    labels: Labelling = field(default_factory=Labelling)
    service: Serving = field(default_factory=Serving)
    batching: Batching = field(default_factory=Batching)
    access: Access = field(default_factory=Access)

    variants: tuple[Variant, ...] = ()

    def flat(self) -> dict[str, object]:
        """``{"fusion.weight": 0.25, …}``, as traces and manifests keep it: not what labelling or the server use."""
        apart = ("labels.", "service.", "access.", "batching.", "milvus.")
        return {o.name: o.value for o in options(self) if not o.name.startswith(apart)}


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
        elif item.metadata:
            yield Option(prefix + item.name, value, hints[item.name], **item.metadata)
