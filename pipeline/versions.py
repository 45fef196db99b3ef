"""Which versions made an index or an answer."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from types import MappingProxyType

PACKAGES = ("hansang", "kiwipiepy", "kiwipiepy-model", "konlpy", "bm25s", "scikit-learn")


@cache
def versions() -> Mapping[str, str]:
    """The versions that shape an index or an answer, by package. Read once: it opens every package's metadata."""
    return MappingProxyType({"python": platform.python_version(), **{name: version(name) for name in PACKAGES}})
