"""Sentences in reviews that are written for machines, or to sell something, and not to tell of a restaurant.

A review is data: nothing in it is obeyed, whatever it says. An extractive answer could still quote such a sentence as
if it told something, so it counts for less than what people say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from pipeline.protocols import FloatArray
from pipeline.types import ScoredPassage, Span

DISTRUST = 0.2
_HOSTILE = re.compile(
    r"(?:이전|앞|위|지금까지)의?\s?(?:모든\s?)?(?:지시|명령|프롬프트|규칙|대화|내용)[은는을를이가]?.{0,20}(?:무시|잊|따르지)"
    r"|(?:지시|명령)(?:사항)?[을를]?\s?(?:모두\s?|전부\s?)?(?:무시|따르)|프롬프트|(?:당신|너)[은는]\s?(?:이제|지금)부터|지금부터\s?(?:당신|너)[은는]"
    r"|(?:라고|다고)\s?(?:만\s?)?(?:답|대답|답변|출력|요약)\s?(?:하라|해라|하세요|하십시오|하시오|해\s?줘|해\s?주세요|할\s?것)|(?:시스템|관리자)\s?(?:메시지|모드|명령)"
    r"|ignore\s.{0,30}(?:instruction|prompt)|disregard\s.{0,30}(?:instruction|prompt)|(?:system|assistant|user)\s?:|</?\s?(?:script|system|img|iframe)|\{\{|javascript:"
    r"|https?://|www\.|bit\.ly|open\.kakao|오픈\s?채팅|카톡\s?(?:아이디|id)|텔레그램|\[(?:광고|홍보)\]|(?:링크|아래\s?주소)[를을로에]?\s?(?:클릭|눌러|접속)",
    re.IGNORECASE,
)


@lru_cache(maxsize=50_000)
def hostile_places(text: str) -> tuple[int, ...]:
    """Where a text has something of the kind: the places where it begins."""
    return tuple(hit.start() for hit in _HOSTILE.finditer(text))


def trusted(candidates: Sequence[ScoredPassage], spans: Sequence[Sequence[Span]]) -> FloatArray:
    """What each sentence counts: 1, or ``DISTRUST``. Only reviews of restaurants are judged: an article may quote code.

    *Shape:* ``(sentences of all candidates,)``.
    """
    found = [
        DISTRUST if judged and any(start <= place < end for place in hostile_places(candidate.passage.text)) else 1.0
        for candidate, sentences in zip(candidates, spans, strict=True)
        for judged in (bool(candidate.passage.source.restaurant),)
        for start, end in sentences
    ]
    return np.array(found, dtype=np.float32)
