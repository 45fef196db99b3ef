"""Kiwi (kiwipiepy): the embedded profile's analyser. Needs neither Java nor a download."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from typing import Any

from kiwipiepy import Kiwi

from pipeline.once import once
from pipeline.terms import fingerprint
from pipeline.types import AnalysedText, Morpheme, Span

CONTENT_TAGS = frozenset(["NNG", "NNP", "NNB", "NR", "NP", "VV", "VA", "VX", "VCN", "MAG", "XR", "SL", "SN", "SH"])

# Light verbs, bound nouns and pronouns that stand in every question and say nothing of what is looked for.
FUNCTION_WORDS = frozenset(
    "하 되 있 없 않 이 것 거 수 등 때 중 뒤 후 위 안 못 때문 대하 위하 통하 따르 의하 관하 지 주 보 오 가 나오 받 가지"
    " 그 이것 그것 거기 여기 저기 이거 그거 저 나 저희 우리 어디 무엇 누구 언제 무슨 어떤 어느 얼마 몇 뭐".split()
)


class KiwiTokenizer:
    """Kiwi behind the Tokenizer protocol. One instance holds about 500 MB: share it within a process."""

    name = "kiwi"

    def __init__(self, kiwi: Kiwi) -> None:
        self._kiwi = kiwi
        self.fingerprint = fingerprint("kiwi", version("kiwipiepy"), CONTENT_TAGS, FUNCTION_WORDS)

    def analyse(self, texts: Iterable[str]) -> Iterator[AnalysedText]:
        """See Tokenizer. Sentences are Kiwi's, each from its first morpheme to its last."""
        if isinstance(texts, list) and len(texts) == 1:  # a question: not worth waking Kiwi's threads
            yield _analysed(texts[0], self._kiwi.tokenize(_sound(texts[0])))
            return
        kept: list[str] = []  # Kiwi reads ahead, so texts wait here until their analysis comes out, in order

        def remember() -> Iterator[str]:
            for text in texts:
                kept.append(text)
                yield _sound(text)

        for position, tokens in enumerate(self._kiwi.tokenize(remember())):
            text, kept[position] = kept[position], ""
            yield _analysed(text, tokens)

    def join(self, morphemes: Sequence[tuple[str, str]]) -> str:
        """Morphemes, each a form and a tag, conjugated and written together: 하 + 어 is 해."""
        return str(self._kiwi.join(list(morphemes)))


_BROKEN = re.compile("[\ud800-\udfff]")
_SEPARATORS = re.compile("[\x1c-\x1f]")


def _sound(text: str) -> str:
    """The text with U+FFFD for each half of a surrogate pair, at which Kiwi fails, and a space for each of the
    separators that are white space to Python and symbols to Kiwi. Its length stays.
    """
    return _SEPARATORS.sub(" ", _BROKEN.sub("\ufffd", text))


def _analysed(text: str, tokens: list[Any]) -> AnalysedText:
    morphemes = tuple(_morpheme(token) for token in tokens)
    sentences: list[Span] = []
    current = -1
    for token in tokens:
        end = token.start + token.len
        if token.sent_position != current:
            sentences.append((token.start, end))
            current = token.sent_position
        else:
            sentences[-1] = (sentences[-1][0], max(end, sentences[-1][1]))
    return AnalysedText(text, morphemes, tuple(sentences))


def _morpheme(token: Any) -> Morpheme:
    form, tag = token.form.lower(), token.tag.split("-")[0]  # VV-I and VA-R are Kiwi's irregular VV and VA
    return Morpheme(form, tag, token.start, token.start + token.len, tag in CONTENT_TAGS and form not in FUNCTION_WORDS)


@once
def load() -> KiwiTokenizer:
    """The process's Kiwi, ready in three to four seconds the first time."""
    return KiwiTokenizer(Kiwi(num_workers=min(2, os.cpu_count() or 1)))
