"""Counting and cutting tokens with a model's own tokenizer, from any number of threads."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Sequence
from typing import Any

FEWEST = 32  # tokens of a passage that a question, however long, leaves room for
_READ_MOST = 20_000  # characters handed to a tokenizer: more than any such model reads


def counter(tokenizer: Any, most: int) -> Callable[[str], int]:
    """Counts a text's tokens, up to ``most``. With a copy of the tokenizer: threads can't share one."""
    own, one = copy.deepcopy(tokenizer), threading.Lock()

    def count(text: str) -> int:
        with one:
            return min(most, len(own(text[:_READ_MOST], verbose=False)["input_ids"]))

    return count


def pairer(tokenizer: Any, most: int) -> Callable[[str, Sequence[str]], list[dict[str, list[int]]]]:
    """Turns a question and passages into a cross-encoder's inputs of at most ``most`` tokens.

    The passage's end goes, the question stays whole. Only a question that leaves no ``FEWEST`` tokens for a passage is
    cut itself, and keeps its end, where it asks.
    """
    own, one = copy.deepcopy(tokenizer), threading.Lock()
    room = most - int(own.num_special_tokens_to_add(pair=True))
    share = max(room - FEWEST, room // 2)

    def pair(question: str, passages: Sequence[str]) -> list[dict[str, list[int]]]:
        if not passages:
            return []
        with one:
            whole = own(question[-_READ_MOST:], add_special_tokens=False, return_offsets_mapping=True, verbose=False)
            offsets = whole["offset_mapping"]
            asked = question[-_READ_MOST:][offsets[-share][0] :] if len(offsets) > share else question
            cut = [text[:_READ_MOST] for text in passages]
            told = own([asked] * len(cut), cut, truncation="only_second", max_length=most, verbose=False)
        return [{name: told[name][row] for name in told} for row in range(len(cut))]

    return pair
