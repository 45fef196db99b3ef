"""How well a text answers: exact match and character F1 as KorQuAD measures them. Pure functions."""

from __future__ import annotations

import unicodedata
from collections import Counter


def normalise(text: str) -> str:
    """The text in NFKC and lower case without punctuation, symbols and white space, as answers are compared."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(c for c in folded if unicodedata.category(c)[0] not in "PSZC")


def exact_match(answer: str, reference: str) -> bool:
    """Whether the two are the same after ``normalise``."""
    return normalise(answer) == normalise(reference)


def holds(text: str, reference: str) -> bool:
    """Whether the text has the reference in it, after ``normalise``; an empty reference is in nothing."""
    wanted = normalise(reference)
    return bool(wanted) and wanted in normalise(text)


def character_f1(answer: str, reference: str) -> float:
    """The harmonic mean of precision and recall of characters, counted with repetition (Lim et al., KorQuAD, 2019)."""
    given, wanted = Counter(normalise(answer)), Counter(normalise(reference))
    shared = (given & wanted).total()
    return 2 * shared / (given.total() + wanted.total()) if shared else float(not given and not wanted)
