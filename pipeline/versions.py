"""Which versions made an index or an answer."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType

PACKAGES = ("hansang", "kiwipiepy", "kiwipiepy-model", "konlpy", "bm25s", "scikit-learn")


@cache
def versions() -> Mapping[str, str]:
    """The versions that shape an index or an answer, by package. Read once: it opens every package's metadata.

    A package that isn't installed, as Okt's may be, is left out: nothing was made with it.
    """
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return MappingProxyType(found)
