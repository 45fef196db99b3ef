"""The analysed passages on disk: several of them read at once are what they are one by one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.termstore import TermStore, TermStoreWriter
from pipeline.types import AnalysedText, Morpheme

WORDS = st.sampled_from(["주차", "무료", "갈비", "냉면", "a"])


def analysed(words: list[tuple[str, bool]]) -> AnalysedText:
    text, morphemes = "", []
    for word, content in words:
        morphemes.append(Morpheme(word, "NNG", len(text), len(text) + len(word), content))
        text += word + " "
    return AnalysedText(text, (*morphemes[1:2], *morphemes[:1], *morphemes[2:]))  # analysers may change the order


def store_of(folder: Path, texts: list[list[tuple[str, bool]]]) -> TermStore:
    writer = TermStoreWriter()
    for words in texts:
        writer.add(analysed(words))
    return writer.write(folder)


@settings(deadline=None, max_examples=50)
@given(st.data(), st.lists(st.lists(st.tuples(WORDS, st.booleans()), max_size=6), min_size=1, max_size=5))
def test_many_passages_at_once_are_each_as_by_itself(data: st.DataObject, texts: list[list[tuple[str, bool]]]) -> None:
    rows = data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=6))
    with TemporaryDirectory() as folder:
        store = store_of(Path(folder), texts)
        words, letters = store.spread(rows)
        for number, row in enumerate(rows):
            alone = store.positions(row)
            for kind, part in ((words, slice(None, alone.morphemes)), (letters, slice(alone.morphemes, None))):
                mine = kind.owner == number
                assert kind.ids[mine].tolist() == alone.ids[part].tolist()
                assert kind.starts[mine].tolist() == alone.starts[part].tolist()
                assert kind.first[number] == np.count_nonzero(kind.owner < number)
        assert len(words.owner) + len(letters.owner) == sum(len(store.positions(row).ids) for row in rows)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(st.tuples(WORDS, st.booleans()), max_size=6), min_size=1, max_size=3), st.data())
def test_morphemes_come_back_as_they_were_and_those_of_a_span_count_from_it(
    texts: list[list[tuple[str, bool]]], data: st.DataObject
) -> None:
    row = data.draw(st.integers(0, len(texts) - 1))
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, 20)] * 2)))
    with TemporaryDirectory() as folder:
        store, whole = store_of(Path(folder), texts), analysed(texts[row]).morphemes
        assert store.morphemes(row) == whole
        inside = [replace(m, start=m.start - start, end=m.end - start) for m in whole if start <= m.start < end]
        assert list(store.morphemes_in(row, start, end)) == inside


def test_no_passages_have_no_terms(tmp_path: Path) -> None:
    for kind in store_of(tmp_path, [[("주차", True)]]).spread([]):
        assert (len(kind.ids), len(kind.starts), len(kind.owner), len(kind.first)) == (0, 0, 0, 0)
