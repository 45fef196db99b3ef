"""The same question as other people would type it, made by rules over Kiwi's morphemes, each checked to be Korean.

A rule that finds nothing to change gives no variant, and neither does one whose result Kiwi can't read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipeline.tokenizers.kiwi import KiwiTokenizer
from pipeline.types import AnalysedText, Morpheme

PARTICLES = ("JKS", "JKC", "JKG", "JKO", "JKB", "JX", "JC")
STEMS = ("VV", "VA", "VX", "VCP", "VCN", "XSV", "XSA")
ENDINGS = ("EF", "EC")
UNREAD = ("UN", "W_HASHTAG", "W_MENTION")

_FIRST, _LAST, _VOWELS, _FINALS = 0xAC00, 0xD7A3, 21, 28
# Vowels that people mix up, on the keyboard or by ear, as places among the 21: ㅐ and ㅔ, ㅗ and ㅛ, …
_MIXED = {1: 5, 5: 1, 3: 7, 7: 3, 8: 12, 12: 8, 4: 6, 6: 4, 0: 2, 2: 0, 13: 17, 17: 13, 10: 15, 15: 10, 18: 13, 20: 4}

_DIGITS = "영일이삼사오육칠팔구"
_NATIVE = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열", "열한", "열두")
_COUNTED = "명 분 곳 군데 개 시 시간 살 번 잔 병 그릇 접시 마리 가지 대 달 판 줄".split()
_NUMBER = re.compile(r"(\d[\d,]*)(\s*)([가-힣]+)?")
_COUNTS = "|".join(sorted(_NATIVE[1:], key=len, reverse=True))
_WORDED = re.compile(rf"(?<![가-힣])({_COUNTS})\s?({'|'.join(_COUNTED)})")

LOANWORDS: Mapping[str, str] = {
    "와이파이": "wifi", "주차": "parking", "주차장": "parking", "콜키지": "corkage", "웨이팅": "waiting",
    "메뉴": "menu", "디저트": "dessert", "와인": "wine", "맥주": "beer", "커피": "coffee", "케이크": "cake",
    "브런치": "brunch", "테라스": "terrace", "룸": "room", "런치": "lunch", "디너": "dinner", "포장": "take out",
    "배달": "delivery", "데이트": "date", "서비스": "service", "가격": "price", "예약": "booking", "파스타": "pasta",
    "피자": "pizza", "스테이크": "steak", "샐러드": "salad", "비건": "vegan", "발렛": "valet", "카페": "cafe",
    "버스": "bus", "뷰": "view", "바": "bar", "팀": "team", "컴퓨터": "computer", "게임": "game", "영화": "movie",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Variant:
    """A question written otherwise. ``kind`` is one of ``KINDS``."""

    kind: str
    text: str


def variants(question: str, kiwi: KiwiTokenizer) -> list[Variant]:
    """What the rules make of a question: at most one of each kind, none equal to it."""
    analysed = _analyse(question, kiwi)
    made = []
    for kind, rule in KINDS.items():
        text = rule(analysed, kiwi)
        if text and text != question and _is_korean(text, kiwi):
            made.append(Variant(kind, text))
    return made


def _analyse(text: str, kiwi: KiwiTokenizer) -> AnalysedText:
    return next(iter(kiwi.analyse([text])))


def _is_korean(text: str, kiwi: KiwiTokenizer) -> bool:
    """Whether it has Hangul and nothing that Kiwi can't read."""
    found = _analyse(text, kiwi).morphemes
    return any(_FIRST <= ord(c) <= _LAST for c in text) and not any(m.tag in UNREAD for m in found)


def unspaced(analysed: AnalysedText, kiwi: KiwiTokenizer) -> str:
    """All spaces left out."""
    return "".join(analysed.text.split())


def without_particles(analysed: AnalysedText, kiwi: KiwiTokenizer) -> str:
    """Particles left out, but for 요, which belongs to the ending."""
    kept = analysed.text
    for morpheme in reversed(analysed.morphemes):
        if morpheme.tag in PARTICLES and morpheme.form != "요" and morpheme.end > morpheme.start:
            kept = kept[: morpheme.start] + kept[morpheme.end :]
    return re.sub(r"\s{2,}", " ", kept).strip()


def familiar(analysed: AnalysedText, kiwi: KiwiTokenizer) -> str:
    """The last predicate in 반말: 되나요 → 돼, 어디인가요 → 어디야."""
    return _with_ending(analysed, kiwi, lambda stem: "야" if stem.tag == "VCP" else "어")


def polite(analysed: AnalysedText, kiwi: KiwiTokenizer) -> str:
    """The last predicate in 존댓말: 돼 → 되나요, 어디야 → 어디인가요, 알려줘 → 알려주세요."""

    def ending(stem: Morpheme) -> str:
        if stem.tag == "VX" and stem.form == "주":
            return "세요"
        adjective = stem.tag in ("VCP", "VCN", "XSA") or (stem.tag == "VA" and stem.form not in ("있", "없"))
        return "ᆫ가요" if adjective else "나요"

    return _with_ending(analysed, kiwi, ending)


def _with_ending(analysed: AnalysedText, kiwi: KiwiTokenizer, ending: Callable[[Morpheme], str]) -> str:
    """The text with another ending on its last predicate; empty when it doesn't end in one."""
    morphemes = [m for m in analysed.morphemes if m.tag not in ("SF", "SW", "SP", "SS")]
    while morphemes and morphemes[-1].tag == "JX":
        morphemes.pop()
    if not morphemes or morphemes[-1].tag not in ENDINGS:
        return ""
    end = max(m.end for m in analysed.morphemes if m.tag not in ("SF", "SW", "SP", "SS"))
    tail = len(morphemes) - 1
    while tail and morphemes[tail - 1].tag == "EP":
        tail -= 1
    stem = morphemes[tail - 1] if tail else morphemes[0]
    if stem.tag not in STEMS:
        return ""
    tense = [(m.form, m.tag) for m in morphemes[tail:-1]]
    first = stem.tag in ("XSV", "XSA", "VCP") and tail > 1  # written together with the noun before it
    parts = [morphemes[tail - 2]] if first else []
    start = parts[0].start if parts else stem.start
    stems = [(analysed.text[m.start : m.end], m.tag) for m in parts] + [(stem.form, stem.tag)]
    chosen = ending(stem)
    if tense and chosen == "ᆫ가요":
        chosen = "나요"
    written = kiwi.join([*stems, *tense, (chosen, "EF")])
    return analysed.text[:start] + written + analysed.text[end:]


def misspelt(analysed: AnalysedText, kiwi: KiwiTokenizer) -> str:
    """One letter wrong: a vowel mixed up in the longest noun."""
    nouns = [m for m in analysed.morphemes if m.tag in ("NNG", "NNP") and m.end - m.start > 1]
    for noun in sorted(nouns, key=lambda m: (m.start - m.end, m.start)):
        for place in range(noun.end - 1, noun.start - 1, -1):
            wrong = _other_vowel(analysed.text[place])
            if wrong:
                return analysed.text[:place] + wrong + analysed.text[place + 1 :]
    return ""


def _other_vowel(syllable: str) -> str:
    code = ord(syllable)
    if not _FIRST <= code <= _LAST:
        return ""
    initial, rest = divmod(code - _FIRST, _VOWELS * _FINALS)
    vowel, final = divmod(rest, _FINALS)
    other = _MIXED.get(vowel)
    return "" if other is None else chr(_FIRST + (initial * _VOWELS + other) * _FINALS + final)


def other_numbers(analysed: AnalysedText, kiwi: KiwiTokenizer) -> str:
    """Numbers written otherwise: 2명 → 두 명, 17,000원 → 만칠천 원, 두 시간 → 2시간."""
    if _NUMBER.search(analysed.text):
        return _NUMBER.sub(_in_words, analysed.text)
    return _WORDED.sub(lambda found: f"{_NATIVE.index(found[1])}{found[2]}", analysed.text)


def _in_words(found: re.Match[str]) -> str:
    number, unit = int(found[1].replace(",", "")), found[3] or ""
    counter = next((name for name in sorted(_COUNTED, key=len, reverse=True) if unit.startswith(name)), "")
    if counter and 0 < number < len(_NATIVE):
        return f"{_NATIVE[number]} {unit}"
    return f"{sino_korean(number)}{' ' if unit else found[2]}{unit}"


def sino_korean(number: int) -> str:
    """A number as it is read in Sino-Korean: 17000 → 만칠천."""
    if number == 0:
        return _DIGITS[0]
    groups = []
    for name in ("", "만", "억", "조"):
        number, group = divmod(number, 10_000)
        if group:
            read = _below_ten_thousand(group)
            groups.append(name if name == "만" and group == 1 and not number else read + name)
    return "".join(reversed(groups))


def _below_ten_thousand(number: int) -> str:
    read = ""
    for power, name in ((1000, "천"), (100, "백"), (10, "십"), (1, "")):
        digit, number = divmod(number, power)
        if digit:
            read += ("" if digit == 1 and name else _DIGITS[digit]) + name
    return read


def mixed_english(analysed: AnalysedText, kiwi: KiwiTokenizer) -> str:
    """The first loanword in Latin letters."""
    for morpheme in analysed.morphemes:
        english = LOANWORDS.get(analysed.text[morpheme.start : morpheme.end])
        if english and morpheme.tag in ("NNG", "NNP"):
            return analysed.text[: morpheme.start] + english + analysed.text[morpheme.end :]
    return ""


Rule = Callable[[AnalysedText, KiwiTokenizer], str]
KINDS: Mapping[str, Rule] = {
    "띄어쓰기 없음": unspaced,
    "조사 뺌": without_particles,
    "반말": familiar,
    "존댓말": polite,
    "오타 한 글자": misspelt,
    "숫자 표기": other_numbers,
    "영한 혼용": mixed_english,
}
