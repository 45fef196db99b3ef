"""Fixtures that every test may use. The analyser is loaded once for the whole run: it takes seconds."""

from __future__ import annotations

import pytest

from pipeline.protocols import Tokenizer


@pytest.fixture(scope="session")
def kiwi() -> Tokenizer:
    from pipeline.tokenizers.kiwi import load  # heavy: only for the tests that analyse text

    return load()
