"""Cuts an analysed review into clauses by its morphemes: where one judgement ends and the next begins.

A clause ends with a sentence, with a connective that joins two statements (는데, 지만, 고, 어서; also where the
analyser read 친절한데 as the place 친절한 데), or with a comma behind something that was made the topic (면은 합격,
돈카츠는 글쎄). What is too little for a clause stays with its neighbour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.types import AnalysedText, Morpheme, Span

_JOINING = frozenset(
    "고 는데 ᆫ데 은데 던데 지만 으나 나 어서 아서 니까 으니까 으니 니 면서 으면서 더니 길래 다가 며 으며"
    " 구 는디 ᆫ디 ᆫ데도 는데도 거니와 지마는 되 려고 으려고 느라 자마자 다면 면 으면 을지언정 더라도 어도 아도".split()
)
_WEAK = frozenset(
    "면 으면 려고 으려고 느라 자마자 다면 어도 아도 더라도 다가 니 으니".split()
)  # rarely part two judgements
_PREDICATES = frozenset("VV VA VX VCP VCN XSV XSA XR".split())
_STOPS = frozenset("SF SE".split())
_MARKS = frozenset("SF SE SP SW SS SSO SSC SO W_EMOJI".split())
_TOPIC = frozenset("JKS JX".split())
_OPENING = frozenset("MAJ IC".split())
_SHORTEST = 3  # characters


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause: ``whole`` are its characters up to the next clause, ``core`` the words without what only leads in."""

    whole: Span
    core: Span


def clauses(analysed: AnalysedText) -> list[Clause]:
    """The clauses of a text, in order; together they cover it."""
    morphemes = analysed.morphemes
    if not morphemes:
        return []
    cuts = [0, *_cuts(morphemes, {start for start, _ in analysed.sentences}), len(morphemes)]
    groups: list[Sequence[Morpheme]] = [morphemes[begin:end] for begin, end in pairwise(cuts) if begin < end]
    groups = _joined(groups)
    starts = [0, *(group[0].start for group in groups[1:]), len(analysed.text)]
    return [
        Clause((start, max(start, stop)), _core(analysed.text, group, stop))
        for group, (start, stop) in zip(groups, pairwise(starts), strict=True)
    ]


def _cuts(morphemes: Sequence[Morpheme], sentences: set[int]) -> list[int]:
    found: list[int] = []
    for place in range(1, len(morphemes)):
        before, here = morphemes[place - 1], morphemes[place]
        joined = here.tag in _MARKS or here.start < before.end
        begins = here.start in sentences and here.start > before.start  # one syllable may be several morphemes
        if begins or (not joined and _parts(morphemes, found[-1:], place)):
            found.append(place)
    return found


def _parts(morphemes: Sequence[Morpheme], last: Sequence[int], place: int) -> bool:
    """Whether a clause begins here; ``last`` is where the last one began, if any did."""
    before, here = morphemes[place - 1], morphemes[place]
    apart = here.start > before.end
    if before.tag == "EF":
        return apart and here.tag not in ("EC", "EF", "JKQ", "VX")
    if before.form == "데" and place > 1 and _is_ending(morphemes[place - 2], before):
        return apart
    if before.tag == "EC":
        return apart and before.form in _JOINING and before.form not in _WEAK and here.tag != "VX"
    if before.tag == "SP":
        return _topical(morphemes[last[0] if last else 0 : place])
    return before.tag in _STOPS or (before.tag == "SW" and apart)


def _is_ending(determining: Morpheme, noun: Morpheme) -> bool:
    """Whether what was read as a place (친절한 데) is written as the ending 는데: 친절한데 고기가 질겨요."""
    return determining.tag == "ETM" and noun.tag == "NNB" and noun.start <= determining.end


def _topical(morphemes: Sequence[Morpheme]) -> bool:
    return any(m.tag in _TOPIC or m.tag in _PREDICATES for m in morphemes)


def _joined(groups: list[Sequence[Morpheme]]) -> list[Sequence[Morpheme]]:
    """With what is no clause by itself put to the one before: marks, and a lone predicate that ends a 어서 clause."""
    made: list[Sequence[Morpheme]] = []
    for group in groups:
        if made and (_is_nothing(group) or _completes(made[-1], group)):
            made[-1] = [*made[-1], *group]
        else:
            made.append(group)
    return made


def _is_nothing(group: Sequence[Morpheme]) -> bool:
    return all(m.tag in _MARKS for m in group) or group[-1].end - group[0].start < _SHORTEST


def _completes(before: Sequence[Morpheme], group: Sequence[Morpheme]) -> bool:
    """시원해서 + 좋아요: the second says how the first is felt."""
    last = next((m for m in reversed(before) if m.tag not in _MARKS), before[-1])
    nouns = any(m.tag.startswith("NN") and m.tag != "NNB" for m in group)
    return last.form in ("어서", "아서") and not nouns and sum(m.tag in _PREDICATES for m in group) == 1


def _core(text: str, group: Sequence[Morpheme], stop: int) -> Span:
    """From the first word that isn't 근데 or 와 to the last that isn't a mark."""
    inner = [m for m in group if m.tag not in _MARKS]
    if not inner:
        return group[0].start, min(stop, max(m.end for m in group))
    while len(inner) > 1 and inner[0].tag in _OPENING:
        inner = inner[1:]
    return inner[0].start, min(stop, max(m.end for m in inner))
