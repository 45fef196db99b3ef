"""Fixtures that every test may use. The analyser is loaded once for the whole run: it takes seconds."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from pipeline.protocols import Tokenizer

# A process that tests beside others is told the width of a terminal that it doesn't have; what we print would wrap.
os.environ.pop("COLUMNS", None)

# No test asserts a time. New examples are sought where people work; what must pass before a change is taken, and has
# nothing to do with that change, doesn't fall to chance.
settings.register_profile("hansang", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("hansang")


@pytest.fixture(scope="session")
def kiwi() -> Tokenizer:
    from pipeline.tokenizers.kiwi import load  # heavy: only for the tests that analyse text

    return load()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long runs only when it is asked for by its marker."""
    for marker in ("image", "slow"):
        if marker not in config.option.markexpr:
            for item in items:
                if marker in item.keywords:
                    item.add_marker(pytest.mark.skip(reason=f"make test-{marker}"))
