"""What kind of reply a model's text is: one that repeats itself, says the reviews hold nothing, declines, isn't Korean.

Rules over the text alone, without citations; what they can't see is said where they are defined.
"""

from __future__ import annotations

import re
import unicodedata

SHORTEST = 60  # characters that a repetition must come to: ㅋㅋㅋㅋ is none
TIMES = 3
_WINDOW = 3_000  # characters at the end of a text that are looked at
FOREIGN = 0.2  # share of Hangul among the letters below which a reply isn't Korean

_MARKS = r"(?:[ \t]*\[[^\]\n]{0,24}\])*"
_SENTENCE = re.compile(rf"[^.!?…\n]+(?:[.!?…]+{_MARKS}|\n|$)")
_END = re.compile(rf"(?:[.!?…]+|\n){_MARKS}")
_AT_END = re.compile(rf"(?:[.!?…]|\n){_MARKS}\s*\Z")
_NOTHING = re.compile(
    r"(?:후기|리뷰|자료|정보|내용|언급|근거)[^.\n]{0,25}"
    r"(?:없습니다|없어요|없음|않습니다|못했습니다|찾을 수 없|알 수 없|확인할 수 없)"
    r"|(?:답|알|확인할)\s?수\s?없(?:습니다|어요)"
)
_DECLINES = re.compile(
    r"죄송(?:합니다|하지만|해요)|(?:답변|도움|도와)[^.\n]{0,15}(?:드릴|제공할|할)\s?수\s?(?:가\s?)?없"
    r"|\bI(?:['’]m| am) (?:sorry|unable)|\bI (?:can(?:no|['’])t|won['’]t)|\bas an AI\b",
    re.IGNORECASE,
)


def repetition(text: str) -> int | None:
    """Where a text that has begun to repeat itself is to be cut; None when it hasn't.

    Either its end is the same stretch over and over, at least three times and ``SHORTEST`` characters, or it has said
    one sentence three times (numbers in it don't count). What was said once is kept.
    """
    window = text[-_WINDOW:]
    before = len(text) - len(window)
    for length in range(1, len(window) // TIMES + 1):
        needed = max(TIMES * length, SHORTEST)
        if len(window) >= needed and _periodic(window, length, needed):
            start = len(window) - needed
            while start > 0 and window[start - 1] == window[start - 1 + length]:
                start -= 1
            return _to_end(text, before + start + length, length)
    return _said_again(text)


def _to_end(text: str, place: int, length: int) -> int:
    """The end of the sentence, with its citations, that a place stands in, if it is near."""
    if _AT_END.search(text, 0, place):
        return place
    end = _END.search(text, place, place + length)
    return end.end() if end else place


def _periodic(text: str, length: int, size: int) -> bool:
    tail = text[-size:]
    return tail[length:] == tail[:-length]


def _said_again(text: str) -> int | None:
    seen: dict[str, list[int]] = {}
    for hit in _SENTENCE.finditer(text):
        key = re.sub(r"[\W\d_]+", "", hit.group())
        if len(key) < 8:  # short ones may be said again: 네. 맞습니다.
            continue
        places = seen.setdefault(key, [])
        places.append(hit.start())
        if len(places) == TIMES:
            return places[1]
    return None


def says_nothing_found(text: str, marker: str) -> bool:
    """Whether a reply without citations says that the reviews hold no answer: by the marker, or in other words."""
    return is_marker(text, marker) or _bare(marker) in _bare(text) or bool(_NOTHING.search(text))


def is_marker(text: str, marker: str) -> bool:
    """Whether a reply begins with the sentence that the prompt asks for where there is no answer."""
    return _bare(text).startswith(_bare(marker))


def may_become_marker(text: str, marker: str) -> bool:
    """Whether a reply that is still coming may turn out to be that sentence, and is better not shown yet."""
    return _bare(marker).startswith(_bare(text))


def declines(text: str) -> bool:
    """Whether a reply without citations refuses to answer."""
    return bool(_DECLINES.search(text))


def is_foreign(text: str) -> bool:
    """Whether a reply of some length isn't in Korean. Names and units in Latin letters don't make it so."""
    letters = [c for c in text if unicodedata.category(c).startswith("L")]
    hangul = sum("가" <= c <= "힣" or "ㄱ" <= c <= "ㅣ" for c in letters)
    return len(letters) >= 10 and hangul < FOREIGN * len(letters)


def _bare(text: str) -> str:
    return "".join(c for c in text if c.isalnum())
