"""Where sentences begin in a batch of letters, and clauses where a review turns round: 맛은 있는데, 근데, 하지만.

By their letters alone, for a whole batch at once; a rough cut, made to see whether the pieces of a review disagree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.analysis.letters import END, SPACE, Codes, Flags, Letters, Positions

SHORTEST = 4  # letters, spaces among them, that a piece has at least; shorter ones belong to the one before

_STOPS = ".!?~…;。！？ㅋㅎㅠㅜ^♡♥"
_ENDINGS = (
    "니다",
    "어요",
    "아요",
    "네요",
    "세요",
    "에요",
    "예요",
    "해요",
    "구요",
    "고요",
    "데요",
    "돼요",
    "워요",
    "와요",
    "죠",
    "군요",
    "래요",
    "대요",
)
_TURNS = (
    "는데",
    "은데",
    "인데",
    "한데",
    "지만",
    "던데",
    "런데",
    "짠데",
    "큰데",
    "쁜데",
    "운데",
    "린데",
    "진데",
    "나마",
    "으나",
    "는디",
    "더만",
)
_TURNING = ("근데 ", "그런데 ", "하지만 ", "그래도 ", "다만 ", "대신 ", "그러나 ", "반면 ", "단점은 ", "아쉬운 ", "단 ")


@dataclass(frozen=True, slots=True)
class Pieces:
    """``starts`` are the letters that pieces begin at, and the number of all letters; ``sentences`` says which of them
    begin a sentence; ``texts`` is the first piece of each text, and the number of all pieces.

    *Shape:* ``(pieces + 1,)``, ``(pieces,)``, ``(texts + 1,)``.
    """

    starts: Positions
    sentences: Flags
    texts: Positions


def pieces(found: Letters) -> Pieces:
    """The pieces of each text, one at least."""
    codes = found.codes
    new_text = np.zeros(len(codes), dtype=bool)
    new_text[found.bounds[:-1]] = True
    sentence = _after_space(codes, np.isin(codes, _points(_STOPS)) | _ends(codes, _ENDINGS)) | found.lines
    turn = _after_space(codes, _ends(codes, _TURNS)) | _begins(codes, _TURNING)
    inner = (sentence | turn) & ~new_text & (found.left >= SHORTEST)
    starts = np.flatnonzero(inner | new_text)
    starts = starts[_far_enough(starts, new_text)]
    return Pieces(
        np.append(starts, len(codes)),
        (sentence | new_text)[starts],
        np.searchsorted(starts, found.bounds),
    )


def _far_enough(starts: Positions, new_text: Flags) -> Flags:
    """Leaves out what begins less than ``SHORTEST`` letters behind the one before, but no text's first."""
    far = np.ones(len(starts), dtype=bool)
    far[1:] = (np.diff(starts) >= SHORTEST) | new_text[starts[1:]]
    return far


def _points(letters: str) -> Codes:
    return np.array([ord(letter) for letter in letters], dtype=np.uint32)


def _after_space(codes: Codes, last: Flags) -> Flags:
    """Where a letter stands behind a space that stands behind one of ``last``."""
    flags = np.zeros(len(codes), dtype=bool)
    flags[2:] = last[:-2] & (codes[1:-1] == SPACE) & (codes[2:] != END)
    return flags


def _ends(codes: Codes, words: tuple[str, ...]) -> Flags:
    """Where the last letter of one of some words stands, all of them of one or two letters."""
    flags = np.zeros(len(codes), dtype=bool)
    pairs = codes[:-1].astype(np.uint64) << np.uint64(32) | codes[1:]
    wanted = [ord(word[0]) << 32 | ord(word[1]) for word in words if len(word) == 2]
    flags[1:] = np.isin(pairs, np.array(wanted, dtype=np.uint64))
    return flags | np.isin(codes, _points("".join(word for word in words if len(word) == 1)))


def _begins(codes: Codes, words: tuple[str, ...]) -> Flags:
    """Where one of some words stands behind a space."""
    flags = np.zeros(len(codes), dtype=bool)
    for word in words:
        places = np.flatnonzero(codes[: max(0, len(codes) - len(word))] == ord(word[0]))
        places = places[places > 0]
        places = places[codes[places - 1] == SPACE]
        for offset, letter in enumerate(word):
            places = places[codes[places + offset] == ord(letter)]
        flags[places] = True
    return flags
