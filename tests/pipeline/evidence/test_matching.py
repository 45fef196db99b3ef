"""The features of a match: what each one sees, and the laws they keep."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.evidence.matching import FEATURES, RETRIEVED, Match, _compounds, match, relative
from pipeline.passages import PassageStore, PassageWriter
from pipeline.protocols import Tokenizer
from pipeline.terms import make_query
from pipeline.termstore import TermStore, TermStoreWriter
from pipeline.types import AnalysedText, Morpheme, Passage, Query, ScoredPassage, Source
from tests.pipeline.stores import make_stores

WORDS = ("주차", "무료", "갈비", "냉면", "예약", "단체석")


def written(*sentences: Sequence[str]) -> AnalysedText:
    """A text whose words are its morphemes, each followed by a space; no analyser takes part."""
    text, morphemes, spans = "", [], []
    for words in sentences:
        begin = len(text)
        for word in words:
            morphemes.append(Morpheme(word, "NNG", len(text), len(text) + len(word), True))
            text += word + " "
        spans.append((begin, len(text)))
    return AnalysedText(text, tuple(morphemes), tuple(spans))


def stores(folder: Path, texts: Sequence[AnalysedText], title: str = "") -> tuple[PassageStore, TermStore]:
    passages, terms = PassageWriter(folder / "p.arrow"), TermStoreWriter()
    for number, analysed in enumerate(texts):
        passages.add(Passage(str(number), analysed.text, Source(str(number), title=title)), analysed.sentences)
        terms.add(analysed)
    passages.close()
    return PassageStore(folder / "p.arrow"), terms.write(folder / "terms")


def everyone(passages: PassageStore) -> list[ScoredPassage]:
    return [ScoredPassage(passage, row, dict.fromkeys(RETRIEVED, 1.0)) for row, passage in enumerate(passages)]


def matched(folder: Path, query: Query, *texts: AnalysedText, title: str = "") -> Match:
    passages, terms = stores(folder, texts, title)
    return match(query, everyone(passages), passages, terms)


def test_no_candidates_give_no_rows(tmp_path: Path) -> None:
    passages, terms = stores(tmp_path, [written(WORDS)])
    assert match(make_query(written(WORDS[:2])), [], passages, terms).features.shape == (0, len(FEATURES))


def test_words_add_up_the_idf_of_what_is_found(tmp_path: Path) -> None:
    passages, terms = stores(tmp_path, [written(["주차", "주차"]), written(["주차", "무료"]), written(["냉면"])])
    found = match(make_query(written(["주차", "무료"])), everyone(passages), passages, terms).column("words")
    idf = {key: float(terms.idf[terms.vocabulary[f"m:{key}"]]) for key in ("주차", "무료")}
    assert found == pytest.approx([idf["주차"], idf["주차"] + idf["무료"], 0])


def test_the_whole_question_found_is_its_whole_mass(tmp_path: Path) -> None:
    found = matched(tmp_path, make_query(written(["주차", "무료"])), written(["무료", "주차"]), written(["냉면"]))
    assert found.column("words")[0] == pytest.approx(found.word_mass)
    assert found.column("letters")[0] == pytest.approx(found.letter_mass)


def test_a_word_that_no_passage_has_adds_to_the_mass_alone(tmp_path: Path) -> None:
    known = matched(tmp_path, make_query(written(["주차"])), written(["주차"]), written(["냉면"]))
    more = matched(tmp_path, make_query(written(["주차", "와이파이"])), written(["주차"]), written(["냉면"]))
    assert more.word_mass > known.word_mass
    assert more.column("words") == pytest.approx(known.column("words"))


def test_one_sentence_with_both_words_beats_two(tmp_path: Path) -> None:
    together, apart = written(["주차", "무료"], ["냉면"]), written(["주차", "냉면"], ["무료"])
    found = matched(tmp_path, make_query(written(["주차", "무료"])), together, apart)
    for name in ("sentence_words", "sentence_letters"):
        assert found.column(name)[0] > found.column(name)[1] > 0
    assert found.column("words")[0] == found.column("words")[1]


def test_near_falls_when_words_are_far_apart(tmp_path: Path) -> None:
    close, far = written(["주차", *["맛"] * 28, "무료"]), written(["주차", *["맛"] * 29, "무료"])
    found = matched(tmp_path, make_query(written(["주차", "무료"])), close, far).column("near")
    assert found[0] > found[1] > 0


def test_near_counts_a_repeated_word_once(tmp_path: Path) -> None:
    found = matched(tmp_path, make_query(written(["주차"])), written(["주차"] * 40), written(["주차"])).column("near")
    assert found[0] == found[1]


def test_near_and_pairs_do_not_reach_into_the_next_candidate(tmp_path: Path) -> None:
    query = make_query(written(["주차", "무료"]))
    found = matched(tmp_path, query, written(["맛", "주차"]), written(["무료", "맛"]))
    assert found.column("near") == pytest.approx(found.column("words"))
    assert not found.column("pairs").any()


def test_pairs_want_the_order_of_the_question(tmp_path: Path) -> None:
    texts = (written(["주차", "무료"]), written(["주차", "맛", "무료"]), written(["무료", "주차"]))
    found = matched(tmp_path, make_query(written(["주차", "무료"])), *texts).column("pairs")
    assert found[0] == found[1] > 0 == found[2]


def test_the_first_line_is_a_headline_where_text_follows(tmp_path: Path) -> None:
    plain = written(["주차", "무료"])
    lined = AnalysedText(plain.text.replace("주차 ", "주차\n"), plain.morphemes, plain.sentences)
    found = matched(tmp_path, make_query(written(["주차", "무료"])), lined, plain)
    assert found.column("headline")[0] == pytest.approx(found.word_mass / 2)
    assert found.column("headline")[1] == 0


def test_a_title_is_a_headline(tmp_path: Path) -> None:
    query = make_query(written(["주차", "무료"]))
    assert matched(tmp_path, query, written(["주차"]), title="주차 안내").column("headline")[0] > 0
    assert matched(tmp_path, query, written(["주차"]), title="식단 안내").column("headline")[0] == 0


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.text("주차장a.(\n \t", max_size=8), min_size=1, max_size=4),
    st.lists(st.tuples(st.text("주차장A.(", min_size=1, max_size=2), st.booleans()), min_size=1, max_size=5),
)
def test_compounds_are_those_of_the_texts_without_any_space(texts: list[str], words: list[tuple[str, bool]]) -> None:
    groups: list[list[str]] = []
    question, morphemes = "", []
    for word, joined in words:
        if joined and groups:
            groups[-1].append(word)
        else:
            groups.append([word])
            question += " "
        morphemes.append(Morpheme(word.lower(), "NNG", len(question), len(question) + len(word), True))
        question += word
    several = {"".join(group).lower() for group in groups if len(group) > 1}
    candidates = [ScoredPassage(Passage(str(row), text, Source(str(row))), row, {}) for row, text in enumerate(texts)]
    found = _compounds(Query(AnalysedText(question, tuple(morphemes)), ()), candidates)
    whole = ["".join(text.lower().split()) for text in texts]
    assert found.tolist() == [sum(run in text for run in several) for text in whole]


def test_compounds_are_found_with_and_without_spaces(kiwi: Tokenizer, tmp_path: Path) -> None:
    texts = ("브레이크 타임은 3시부터예요.", "브레이크타임 없어요.", "브레이크가 걸렸어요. 타임 세일!")
    passages, terms = make_stores(tmp_path, kiwi, texts)
    word = "브레이크타임"
    morphemes = (Morpheme("브레이크", "NNG", 0, 4, True), Morpheme("타임", "NNG", 4, 6, True))
    query = make_query(AnalysedText(word, morphemes, ((0, 6),)))
    assert match(query, everyone(passages), passages, terms).column("compounds").tolist() == [1, 1, 0]


def test_a_boost_is_no_feature(tmp_path: Path) -> None:
    passages, terms = stores(tmp_path, [written(WORDS)])
    boosted = [ScoredPassage(passages[0], 0, {"fused": 0.75, "boost": 0.25})]
    assert match(make_query(written(WORDS)), boosted, passages, terms).column("fused")[0] == 0.5


def test_relative_makes_the_best_one_and_leaves_zero(tmp_path: Path) -> None:
    scaled = relative(np.array([[2.0, 0.0], [1.0, 0.0]], dtype=np.float32))
    assert scaled.tolist() == [[1.0, 0.0], [0.5, 0.0]]


sentences = st.lists(st.lists(st.sampled_from((*WORDS, "맛", "집")), min_size=1, max_size=6), min_size=1, max_size=4)
question = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4)


@settings(max_examples=40, deadline=None)
@given(passage=sentences, other=sentences, asked=question)
def test_adding_a_word_of_the_question_lowers_nothing(
    passage: list[list[str]], other: list[list[str]], asked: list[str]
) -> None:
    """At the end of a passage, in an index that holds both, so that the idf is the same."""
    texts = [written(*passage), written(*passage[:-1], [*passage[-1], asked[-1]]), written(*other)]
    with TemporaryDirectory() as folder:
        found = matched(Path(folder), make_query(written(asked)), *texts).features
    assert (found[1] >= found[0] - 1e-5).all()


@settings(max_examples=40, deadline=None)
@given(passage=sentences, other=sentences, asked=question)
def test_no_passage_has_more_than_the_question(
    passage: list[list[str]], other: list[list[str]], asked: list[str]
) -> None:
    with TemporaryDirectory() as folder:
        found = matched(Path(folder), make_query(written(asked)), written(*passage), written(*other))
    words = found.column("words")
    assert (found.features >= 0).all()
    assert (words <= found.word_mass + 1e-4).all()
    assert (found.column("near") <= words + 1e-4).all()
    assert (found.column("sentence_words") <= words + 1e-4).all()
    assert (found.column("sentence_letters") <= found.column("letters") + 1e-4).all()


@settings(max_examples=40, deadline=None)
@given(passages=st.lists(sentences, min_size=2, max_size=5), asked=question, data=st.data())
def test_a_candidate_is_matched_on_its_own(
    passages: list[list[list[str]]], asked: list[str], data: st.DataObject
) -> None:
    """Raw features don't depend on the other candidates nor on their order."""
    order = data.draw(st.permutations(range(len(passages))))
    with TemporaryDirectory() as folder:
        opened, terms = stores(Path(folder), [written(*p) for p in passages])
        candidates, query = everyone(opened), make_query(written(asked))
        together = match(query, [candidates[i] for i in order], opened, terms).features
        alone = [match(query, [candidates[i]], opened, terms).features[0] for i in order]
    assert np.allclose(together, alone, atol=1e-5)
