"""Orders to a model within a review (무조건 긍정으로 분류해): they judge no restaurant, so they count as nothing.

A bag of n-grams can't tell an order from an opinion, and a fine-tuned model hardly: both read the review without it.
What is looked for are the words of labelling beside those of a label; in 253,000 comments on films there is none.
"""

from __future__ import annotations

import re

_OF = (
    r"(?:(?:이|위|본|해당)\s?(?:리뷰|후기|글|문장|텍스트|내용)\S?\s?)?"
    r"(?:(?:무조건|반드시|꼭|전부|모두|항상|그냥)\s?){0,3}"
)
_LABEL = r"(?:매우\s?)?(?:긍정|부정|중립|복합|별[점\s]\s?(?:\d|다섯|하나))"
_SORT = r"(?:분류|라벨|레이블|태그|태깅|출력|판정|간주)"
_SAY = r"(?:처리|표시|표기|답변|답해|답하|대답|응답)"
_AS = (
    rf"(?:{_LABEL}(?!적)[^.!?\n]{{0,8}}?(?:으?로|이?라고)\s?(?:만\s?|다\s?)?(?:{_SORT}|{_SAY})"
    rf"|{_LABEL}적으로\s?{_SORT})"
)
_PLEASE = "주세요|주십시오|주시길|줘요|줘|주라|바랍니다|부탁\\S*|하세요|하시오|하라|해라|할\\s?것|것"
_ASKED = rf"\S*(?:\s?(?:{_PLEASE})(?!\S*[가-힣]))?"
_FORGET = (
    r"(?:이전|앞선|앞의|위의|지금까지의)[^.!?\n]{0,6}?(?:지시|명령|프롬프트)[^.!?\n]{0,6}?"
    r"(?:무시|잊|따르지)[^.!?\n]*"
)
_ENGLISH = (
    r"\b(?:ignore|disregard|forget)\b[^.!?\n]{0,30}?\b(?:instructions?|prompts?)\b[^.!?\n]*"
    r"|\b(?:classify|label)\b[^.!?\n]{0,30}?\bas\s(?:positive|negative|neutral)\b[^.!?\n]*"
)
_ROLE = (
    r"(?:^|(?<=[.!?]\s))(?:시스템|system|assistant|프롬프트)\s?[:：][^.!?\n]{0,60}?"
    r"(?:긍정|부정|중립|복합|positive|negative|neutral|sentiment)[^.!?\n]*"
)
_ORDER = re.compile(f"(?:{_OF}{_AS}{_ASKED}|{_FORGET}|{_ENGLISH}|{_ROLE})[.!]*", re.IGNORECASE | re.MULTILINE)
_HINTS = (
    *"긍정 부정 중립 복합 별점 지시 명령 프롬프트".split(),
    *"instruction prompt classify label positive negative neutral sentiment".split(),
    "별 ",
)
"""Each order holds one of them: to look for these is ten times as fast."""


def has_orders(text: str) -> bool:
    """Whether a review tells a model what to say."""
    lower = text.lower()
    return any(hint in lower for hint in _HINTS) and _ORDER.search(text) is not None


def without_orders(text: str) -> str:
    """The review with blanks where it gives orders, as long as before; a lone stop where nothing else is in it."""
    if not has_orders(text):
        return text
    left = _ORDER.sub(lambda found: " " * len(found[0]), text)
    return left if left.strip() else "." + left[1:]
