"""Training sentences of restaurants: the lexicon's stems conjugated and negated, and the written clauses as they are.

Deterministic: the same files and seed give the same sentences. Denying a stem turns its polarity round: 안 짜다 is
good.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent

Join = Callable[[Sequence[tuple[str, str]]], str]
"""Morphemes, each a form and a tag, written together."""

_SIGNS = {"+": "positive", "-": "negative", "0": "neutral", ".": ""}
_OPPOSITE = {"positive": "negative", "negative": "positive"}
_FINAL = (
    [("어요", "EF")], [("네요", "EF")], [("습니다", "EF")], [("었", "EP"), ("어요", "EF")],
    [("었", "EP"), ("습니다", "EF")], [("었", "EP"), ("네요", "EF")], [("음", "ETN")], [("었", "EP"), ("음", "ETN")],
    [("다", "EF")], [("더라고요", "EF")],
    [("더라구요", "EF")], [("네", "EF")], [("어", "EF")], [("구요", "EF")], [("죠", "EF")], [("던데요", "EF")],
    [("고", "EC")], [("어서", "EC")], [("지만", "EC")], [("니까", "EC")],
)  # fmt: skip
_CONTRAST = {"VA": [("은데", "EC")], "VV": [("는데", "EC")], "VX": [("는데", "EC")], "VCP": [("은데", "EC")]}
_ADVERBS = (
    "",
    "",
    "",
    "",
    "진짜 ",
    "너무 ",
    "정말 ",
    "완전 ",
    "엄청 ",
    "아주 ",
    "꽤 ",
    "좀 ",
    "되게 ",
    "역시 ",
    "참 ",
    "매우 ",
)
_DENIED = 0.35
_NOT = ("안 ", "안 ", "하나도 안 ", "전혀 안 ", "별로 안 ")
_TAILS = ("", "", "", "", "", ".", "!", "!!", "..", "~", " ㅎㅎ", "ㅠㅠ", "ㅋㅋ", " ^^")
_BARE = ("", "", "임", "이에요", "입니다", "이네요", "이었어요", "인데", "이고", "네", "이다", "이야", "였음")


@dataclass(frozen=True, slots=True)
class Clause:
    """A sentence or clause with the aspect it is about, if any, and how it judges, if it does."""

    text: str
    aspect: str
    polarity: str


def written(path: Path = FOLDER / "phrases.txt") -> list[Clause]:
    """The clauses of a file as they stand in it."""
    clauses, aspect, polarity = [], "", ""
    for line in path.read_text(encoding="utf-8").splitlines():
        head = line[2:].split()
        if line.startswith("# ") and len(head) <= 2 and head[-1] in _SIGNS:
            aspect, polarity = head[0] if len(head) == 2 else "", _SIGNS[head[-1]]
        elif line and not line.startswith("#"):
            clauses.append(Clause(line, aspect, polarity))
    return clauses


def conjugated(join: Join, *, each: int, seed: int = 0, path: Path = FOLDER / "lexicon.toml") -> list[Clause]:
    """``each`` sentences of every stem of the lexicon, about a third of them denied."""
    groups = tomllib.loads(path.read_text(encoding="utf-8"))["groups"]
    subjects = {f"{group['aspect']}.{group['polarity']}": group["subjects"] for group in groups}
    chance = random.Random(seed)
    return [clause for group in groups for clause in _group(group, subjects, join, each, chance)]


def _group(
    group: dict[str, Any], subjects: dict[str, str], join: Join, each: int, chance: random.Random
) -> Iterator[Clause]:
    of = group["subjects"]
    nouns = [noun.replace("~", " ") for noun in (subjects[of[1:]] if of.startswith("@") else of).split()]
    for entry in group["stems"].split():
        stem, _, tag = entry.partition("/")
        for _ in range(each):
            denied = chance.random() < _DENIED and tag != "N" and not _negative_in_form(stem)
            polarity = _OPPOSITE[group["polarity"]] if denied else group["polarity"]
            predicate = _predicate(stem, tag or "VA", denied, join, chance)
            subject = _subject(chance.choice(nouns), group["aspect"], chance)
            adverb = "" if denied else chance.choice(_ADVERBS)
            yield Clause(f"{subject}{adverb}{predicate}{chance.choice(_TAILS)}", group["aspect"], polarity)


def _negative_in_form(stem: str) -> bool:
    """안 닦, 잡내 없, 받침 않: a second denial would be no Korean that anybody writes."""
    return any(part in stem for part in ("안~", "못", "않", "없", "아니", "싶"))


def _subject(noun: str, aspect: str, chance: random.Random) -> str:
    if chance.random() < 0.3:
        return ""
    if not aspect:
        return f"{noun} "
    closed = "가" <= noun[-1] <= "힣" and (ord(noun[-1]) - 0xAC00) % 28 > 0
    return noun + chance.choice(("이 ", "은 ", "도 ", " ") if closed else ("가 ", "는 ", "도 ", " "))


def _predicate(stem: str, tag: str, denied: bool, join: Join, chance: random.Random) -> str:
    words = stem.split("~")
    before, last = " ".join(words[:-1]), words[-1]
    before += " " if before else ""
    if tag == "N":
        return before + last + _copula(last, chance)
    if not denied:
        ending = _CONTRAST[tag] if chance.random() < 0.1 else chance.choice(_FINAL)
        if last[-1] in "있없" and ending == _CONTRAST["VA"]:
            ending = _CONTRAST["VV"]
        return before + join([(last, tag), *ending])
    ending = chance.choice(_FINAL)
    how = chance.random()
    if how < 0.4 and last[-1] != "있":
        return before + chance.choice(_NOT) + join([(last, tag), *ending])
    return before + join([(last, tag), (chance.choice(("지", "지도", "진")), "EC"), ("않", "VX"), *ending])


def _copula(noun: str, chance: random.Random) -> str:
    end = chance.choice(_BARE)
    closed = "가" <= noun[-1] <= "힣" and (ord(noun[-1]) - 0xAC00) % 28 > 0
    if closed:
        return end.replace("였음", "이었음")
    return end.replace("이에요", "예요").replace("이었어요", "였어요").replace("이네요", "네요").replace("이고", "고")
