"""Letters, grams and pieces: a batch looked at as one says of each text what it says alone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.grams import NOTHING, grams
from pipeline.analysis.letters import END, jamo, letters, plain
from pipeline.analysis.pieces import pieces
from pipeline.analysis.spans import sentence_spans

texts = st.lists(st.text(max_size=40), max_size=6)


def shown(text: str) -> str:
    return "".join(map(chr, letters([text]).codes)).replace("\0", "|")


def test_runs_and_white_space_are_made_short() -> None:
    assert shown("맛있어요ㅋㅋㅋㅋㅋㅋㅋ  또\n\n가요!!!!!") == " 맛있어요ㅋㅋㅋ 또 가요!!! |"


def test_case_and_composition_do_not_matter() -> None:
    assert shown("CAFÉ 최고") == shown("cafe\u0301 최고".upper())


def test_a_text_of_nothing_is_two_spaces_made_one() -> None:
    assert shown("") == " |"
    assert len(letters([]).codes) == 0


def test_syllables_are_taken_apart() -> None:
    codes, _, owner = jamo(letters(["맛이a"]))
    assert [hex(code) for code in codes] == [
        "0x20",
        "0x1106",
        "0x1161",
        "0x11ba",
        "0x110b",
        "0x1175",
        "0x61",
        "0x20",
        "0x0",
    ]
    assert owner.tolist() == [0, 1, 1, 1, 2, 2, 3, 4, 5]


@given(texts)
def test_a_text_has_the_same_grams_alone_and_in_a_batch(given: list[str]) -> None:
    found = letters(given)
    for place, text in enumerate(given):
        alone = letters([text])
        for family, own in zip(grams(found), grams(alone), strict=True):
            rows = (family.letters >= found.bounds[place]) & (family.letters < found.bounds[place + 1])
            assert np.array_equal(family.hashes[rows], own.hashes)


@given(texts)
def test_no_gram_reaches_into_the_next_text(given: list[str]) -> None:
    for family in grams(letters([*given, "이어지는 글"])):
        assert family.hashes.shape[0] == len(family.letters)
    ends = letters(given).codes == END
    assert ends.sum() == len(given)
    characters = grams(letters(given))[0]
    assert (characters.hashes[ends] == NOTHING).all()


@given(texts)
def test_pieces_cover_every_text_in_order(given: list[str]) -> None:
    found = letters(given)
    cut = pieces(found)
    assert len(cut.texts) == len(given) + 1
    assert (np.diff(cut.starts) > 0).all()
    assert np.array_equal(cut.starts[cut.texts], found.bounds) if given else True
    assert cut.sentences[cut.texts[:-1]].all() if given else True


@given(st.text(max_size=120))
def test_sentences_slice_to_the_text_in_order(text: str) -> None:
    found = letters([text])
    cut = pieces(found)
    first = np.flatnonzero(cut.sentences)
    sentences = type(cut)(cut.starts, cut.sentences, np.append(first, len(cut.sentences)))
    spans = sentence_spans(text, found, sentences, range(len(first)))
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert all(one[0] <= other[0] for one, other in pairwise(spans))
    assert plain(text).count("\0") == 0


def test_a_review_that_turns_round_has_pieces() -> None:
    text = "맛은 있는데 웨이팅이 두 시간이라 다시는 못 갈 듯 ㅠㅠ 그래도 불맛은 인정. 근데 비쌈"
    found = letters([text])
    cut = pieces(found)
    letters_of = "".join(map(chr, found.codes))
    parts = [letters_of[a:b].strip(" \0") for a, b in pairwise(cut.starts)]
    assert parts == ["맛은 있는데", "웨이팅이 두 시간이라 다시는 못 갈 듯 ㅠㅠ", "그래도 불맛은 인정.", "근데 비쌈"]
    assert cut.sentences.tolist() == [True, False, True, True]
