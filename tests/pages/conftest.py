"""Pages run without a browser."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def main_stays() -> Iterator[None]:
    """Put the main module back, which Streamlit's runner replaces: processes started later would begin with a page."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main
