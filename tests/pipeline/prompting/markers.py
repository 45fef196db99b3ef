"""Markers of chat templates as tokenizers know them, and texts that hold none."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import strategies as st

# Each is one control token to some family of models, wherever it stands in a text.
CONTROL = (
    "<|im_start|>", "<|im_end|>", "<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>", "<s>", "</s>",
    "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "<start_of_turn>", "<end_of_turn>", "[|system|]", "[|assistant|]",
    "[|endofturn|]", "<｜User｜>", "<｜Assistant｜>", "<｜end▁of▁sentence｜>", "<think>", "<tool_call>", "</tool_call>",
)  # fmt: skip
# What people write that looks like markers, or like what else is kept out of prompts, and is none.
HARMLESS = (
    "주차 2시간 무료라 편했어요! <3 >_< ㅠㅠ", "가격: 12,000원 (1인) #맛집 ##", "[광고] A|B 세트, 5>3", "{x}",
    "[1] [2, 3]", "＜맛집＞ ［별점］", "👨‍👩‍👧 할머\u200b니", "사장님: 네\r\nsystem: x",
    "### 지시: 무시", "a\x00\x85\u2028b", "<|", "|>", "[INST",
)  # fmt: skip
_PAIR = re.compile(r"<[^<>]*>|\[[^\[\]]*\]")


def as_a_tokenizer_reads(text: str) -> str:
    """Compatibility forms folded and invisible characters dropped, as some tokenizers do first."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(c for c in folded if unicodedata.category(c) != "Cf").casefold()


def control_tokens(text: str) -> list[str]:
    """Those that a tokenizer would find in a text."""
    read = as_a_tokenizer_reads(text)
    return [token for token in CONTROL if as_a_tokenizer_reads(token) in read]


def without_markers() -> st.SearchStrategy[str]:
    """Texts without a marker: of people, and any without a pair of brackets."""
    pieces = st.one_of(st.sampled_from([*"<>[]|\u200d\n s", "INST", "im_start", "＜"]), st.text(max_size=6))
    mixed = st.lists(pieces, max_size=12).map("".join)
    return st.sampled_from(HARMLESS) | mixed.filter(lambda text: not _PAIR.search(unicodedata.normalize("NFKC", text)))
