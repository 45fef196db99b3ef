"""How a setting is declared: its default, its bounds, and what it is for."""

from __future__ import annotations

import math
from dataclasses import field
from typing import Any


def setting(
    default: Any, ko: str, en: str, *, low: float = -math.inf, high: float = math.inf, index_time: bool = False
) -> Any:
    """A field of a group. ``index_time``: what it changes is in the index, which has to be built anew."""
    return field(default=default, metadata={"ko": ko, "en": en, "low": low, "high": high, "index_time": index_time})
