"""What was written comes back, by row and by id, whatever the text."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.passages import PassageStore, PassageWriter
from pipeline.types import Passage, Source, Span

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
OFFSETS = st.integers(0, 2**31 - 1)
SOURCES = st.builds(
    Source, document_id=TEXTS, start=OFFSETS, end=OFFSETS, title=TEXTS, restaurant=TEXTS, category=TEXTS,
    district=TEXTS, price_band=st.none() | st.integers(1, 4), rating=st.none() | st.floats(0, 5), date=TEXTS,
    reply_to=TEXTS,
)  # fmt: skip
PASSAGES = st.builds(Passage, TEXTS, TEXTS, SOURCES)
SPANS = st.lists(st.tuples(OFFSETS, OFFSETS), max_size=3)


def write(path: Path, passages: list[tuple[Passage, list[Span]]]) -> PassageStore:
    writer = PassageWriter(path)
    for passage, sentences in passages:
        writer.add(passage, sentences)
    writer.close()
    return PassageStore(path)


@settings(max_examples=50, deadline=None)
@given(passages=st.lists(st.tuples(PASSAGES, SPANS), min_size=1, max_size=5))
def test_what_was_written_comes_back(passages: list, tmp_path_factory: pytest.TempPathFactory) -> None:
    store = write(tmp_path_factory.mktemp("p") / "passages.arrow", passages)
    assert list(store) == [passage for passage, _ in passages]
    assert list(store.sources()) == [passage.source for passage, _ in passages]
    for row, (passage, sentences) in enumerate(passages):
        assert store.sentences(row) == (sentences or [(0, len(passage.text))])


def test_every_batch_is_read_at_its_place(tmp_path: Path) -> None:
    made = [(Passage(f"p{n}", f"글 {n}", Source(f"d{n}", n, n + 1)), [(0, n)]) for n in range(10_000)]
    store = write(tmp_path / "passages.arrow", made)
    for row in (0, 4095, 4096, 8191, 8192, 9999):
        assert (store[row], store.sentences(row)) == made[row]
        assert store.rows[f"p{row}"] == row
    for row in (-1, 10_000):
        with pytest.raises(IndexError):
            store[row]


def test_columns_by_code(tmp_path: Path) -> None:
    made = [(Passage(f"p{n}", "맛", Source("d", restaurant=name)), []) for n, name in enumerate(("가", "나", "가", ""))]
    store = write(tmp_path / "passages.arrow", made)
    codes, values = store.codes("restaurant")
    assert [values[code] for code in codes] == ["가", "나", "가", ""]
    assert store.where("restaurant", lambda name: name == "가").tolist() == [True, False, True, False]
    assert store.containing("맛").all()
