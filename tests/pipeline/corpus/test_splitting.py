from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.corpus.splitting import split_document
from pipeline.types import Document, Passage, Source, Span

_TEXTS = st.text(alphabet="가나다 라마바\n.사😀", min_size=1, max_size=300)


@st.composite
def _split(draw: st.DrawFn) -> tuple[Document, list[Span], int, int]:
    text = draw(_TEXTS)
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=12)))
    spans = list(pairwise(cuts))
    limit = draw(st.integers(1, 80))
    return Document(text, Source("d", title="제목")), spans, limit, draw(st.integers(0, limit - 1))


def _sentences(text: str) -> list[Span]:
    spans, start = [], 0
    for sentence in text.split(" "):
        spans.append((start, start + len(sentence)))
        start += len(sentence) + 1
    return spans


def _texts(passages: list[Passage]) -> list[str]:
    return [passage.text for passage in passages]


@given(_split())
def test_passages_are_slices_within_the_limit_in_order(case: tuple[Document, list[Span], int, int]) -> None:
    document, sentences, limit, overlap = case
    passages = split_document(document, sentences, limit=limit, overlap=overlap)
    spans = [(passage.source.start, passage.source.end) for passage in passages]
    assert _texts(passages) == [document.text[start:end] for start, end in spans]
    assert all(0 < len(passage.text) <= limit for passage in passages)
    assert all(before[0] < after[0] and before[1] < after[1] for before, after in pairwise(spans))
    assert len({passage.id for passage in passages}) == len(passages)


@given(_split())
def test_passages_cover_every_visible_character(case: tuple[Document, list[Span], int, int]) -> None:
    document, sentences, limit, overlap = case
    passages = split_document(document, sentences, limit=limit, overlap=overlap)
    covered = {place for passage in passages for place in range(passage.source.start, passage.source.end)}
    assert all(place in covered for place, character in enumerate(document.text) if not character.isspace())


@given(_split())
def test_overlap_is_bounded(case: tuple[Document, list[Span], int, int]) -> None:
    document, sentences, limit, overlap = case
    passages = split_document(document, sentences, limit=limit, overlap=overlap)
    shared = [b.source.end - a.source.start for b, a in pairwise(passages)]
    assert all(length <= overlap for length in shared)


def test_a_document_within_the_limit_keeps_its_id_and_metadata() -> None:
    document = Document("맛있어요. 또 올게요.", Source("r-1", restaurant="한상", rating=4.0))
    (passage,) = split_document(document, [], limit=len(document.text), overlap=0)
    assert passage.id == "r-1"
    assert (passage.source.start, passage.source.end) == (0, len(document.text))
    assert (passage.source.restaurant, passage.source.rating) == ("한상", 4.0)


def test_cuts_stand_on_sentence_ends_and_overlap_is_whole_sentences() -> None:
    text = "가가가. 나나나. 다다다. 라라라. 마마마."
    passages = split_document(Document(text, Source("d")), _sentences(text), limit=14, overlap=5)
    assert _texts(passages) == ["가가가. 나나나. 다다다.", "다다다. 라라라. 마마마."]
    assert [passage.id for passage in passages] == ["d#1", "d#2"]


def test_without_overlap_no_sentence_is_repeated() -> None:
    text = "가가가. 나나나. 다다다. 라라라. 마마마."
    passages = split_document(Document(text, Source("d")), _sentences(text), limit=14, overlap=0)
    assert _texts(passages) == ["가가가. 나나나. 다다다.", "라라라. 마마마."]


def test_a_long_sentence_is_cut_at_white_space_and_else_hard() -> None:
    text = "짧다. " + "하나 둘셋 넷" + "가" * 12
    passages = split_document(Document(text, Source("d")), [(0, 3), (4, len(text))], limit=6, overlap=3)
    assert _texts(passages) == ["짧다.", "하나 둘셋", "넷가가가가가", "가가가가가가", "가"]


def test_a_space_right_after_the_limit_does_not_shorten_the_piece() -> None:
    passages = split_document(Document("가나다 라마바", Source("d")), [], limit=3, overlap=0)
    assert _texts(passages) == ["가나다", "라마바"]


def test_text_outside_the_sentences_is_kept() -> None:
    passages = split_document(Document("가나다라 마바사아 자차카타", Source("d")), [(5, 9)], limit=9, overlap=0)
    assert _texts(passages) == ["가나다라 마바사아", "자차카타"]


@pytest.mark.parametrize(("limit", "overlap"), [(0, 0), (10, 10), (10, -1)])
def test_impossible_sizes_are_refused(limit: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        split_document(Document("가", Source("d")), [], limit=limit, overlap=overlap)
