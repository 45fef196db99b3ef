"""What the readers of questions are tried on."""

from __future__ import annotations

import pytest

from pipeline.protocols import Tokenizer
from pipeline.question.lexicon import Lexicon, build_lexicon
from tests.pipeline.question.reading import SOURCES


@pytest.fixture(scope="package")
def lexicon(kiwi: Tokenizer) -> Lexicon:
    """Three restaurants and a few dishes."""
    return build_lexicon(SOURCES, kiwi.analyse(["갈비탕이 맛있고 직원도 친절해요", "갈비와 냉면을 먹었어요"]))
