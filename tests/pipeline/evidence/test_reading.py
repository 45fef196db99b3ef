from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from pipeline.evidence import reading
from pipeline.evidence.sentences import denies, evidence_of, negations, says_the_same, topic
from pipeline.protocols import Tokenizer
from pipeline.types import Morpheme
from tests.pipeline.reviews import Reviews, make_reviews


@pytest.fixture(scope="module")
def reviews(kiwi: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Reviews:
    return make_reviews(tmp_path_factory.mktemp("reviews"), kiwi)


def read(reviews: Reviews, text: str) -> tuple[reading.Reading, list[str]]:
    query = reviews.query(text)
    candidates = reviews.candidates(query)
    found = reading.read(query, candidates, reviews.passages, reviews.terms)
    assert found is not None
    return found, [e.sentence for e in evidence_of(found, candidates)]


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("주차 몇 시간 무료예요?", "건물 지하에 주차 2시간 무료라 편했어요."),
        ("콜키지 얼마예요?", "콜키지는 병당 2만원입니다."),
        ("냉면 맛 어때요?", "냉면이 너무 짜요."),
        ("주차비 얼마?", "주차비는 3천원!"),
        ("볶음밥 맛있나요", "볶음밥은 꼭 드세요."),
    ],
)
def test_the_best_sentence_answers(reviews: Reviews, question: str, best: str) -> None:
    assert read(reviews, question)[1][0] == best


def test_every_sentence_of_every_candidate_is_read_once(reviews: Reviews) -> None:
    query = reviews.query("주차 되나요?")
    candidates = reviews.candidates(query)
    found = reading.read(query, candidates, reviews.passages, reviews.terms)
    assert found is not None
    spans = [span for c in candidates for span in reviews.passages.sentences(c.row)]
    assert list(found.spans) == spans
    assert len(found.first) == len(candidates)


def test_features_lie_between_zero_and_one_and_every_weight_is_used(reviews: Reviews) -> None:
    found, _ = read(reviews, "주차 몇 시간 무료예요?")
    features = reading.features(found)
    assert features.shape == (len(found.spans), len(reading.FEATURES))
    assert features.min() >= 0
    assert features.max() <= 1
    assert (reading.weights() >= 0).all()
    assert reading.weights().sum() == pytest.approx(1, abs=1e-3)


def test_a_word_inside_a_longer_one_is_found_by_its_letters(reviews: Reviews) -> None:
    found, _ = read(reviews, "주차 되나요?")
    texts = {
        reviews.candidates(reviews.query("주차 되나요?"))[owner].passage.text[a:b]: i
        for i, (owner, (a, b)) in enumerate(zip(found.owner, found.spans, strict=True))
    }
    assert found.words[texts["주차장이 좁아서 발렛을 맡겨야 해요."]].max() == 1


def test_words_that_only_ask_are_left_out_unless_there_are_no_others(reviews: Reviews) -> None:
    kept = {t.key for t in reading.content_query(reviews.query("콜키지 가격 알려주세요")).terms}
    assert "m:콜키지" in kept
    assert "m:가격" not in kept
    assert "m:가격" in {t.key for t in reading.content_query(reviews.query("가격?")).terms}


def test_nothing_to_read(reviews: Reviews) -> None:
    query = reviews.query("주차 되나요?")
    assert reading.read(query, [], reviews.passages, reviews.terms) is None
    empty = reviews.query("?!")
    assert reading.read(empty, reviews.candidates(query), reviews.passages, reviews.terms) is None


def test_passage_scores_are_the_last_that_all_have(reviews: Reviews) -> None:
    candidates = reviews.candidates(reviews.query("주차"))
    fused = reading.passage_scores(candidates)
    assert fused.tolist() == pytest.approx([max(c.scores["fused"], 0) for c in candidates])
    one = [candidates[0].scored("rerank", 0.5, 1), *candidates[1:]]
    assert (reading.passage_scores(one) == fused).all()
    every = [c.scored("rerank", -1.0, 1) for c in candidates]
    assert (reading.passage_scores(every) == 0).all()


def test_weights_are_read_by_name(tmp_path: Path) -> None:
    table = ", ".join(f'"{name}": {i}' for i, name in reversed(list(enumerate(reading.FEATURES))))
    (tmp_path / "w.json").write_text('{"reading": {' + table + "}}", encoding="utf-8")
    assert reading.weights(tmp_path / "w.json").tolist() == list(range(len(reading.FEATURES)))


def test_around_stays_within_the_passage() -> None:
    found = np.array([[1, 0], [0, 0], [0, 1]], dtype=np.float32)
    owner = np.array([0, 0, 1])
    assert reading.around(found, owner).tolist() == [[1, 0], [1, 0], [0, 1]]
    assert reading.around(found[::-1].copy(), owner[::-1].copy(), before_only=True)[2].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("text", "word", "negated"),
    [
        ("웨이팅 없음", "웨이팅", True),
        ("짜지 않아요", "짜", True),
        ("안 짜고 좋아요", "짜", True),
        ("주차는 안 돼요", "주차", True),
        ("너무 짜요", "짜", False),
        ("품절이라 못 먹었어요", "품절", False),
        ("웨이팅 있고 주차는 안 돼요", "웨이팅", False),
    ],
)
def test_negation(kiwi: Tokenizer, text: str, word: str, negated: bool) -> None:
    assert negations(next(iter(kiwi.analyse([text]))).morphemes)[word] is negated


def test_denying_is_mutual_and_needs_the_word_on_both_sides(kiwi: Tokenizer) -> None:
    def words(text: str) -> tuple[Morpheme, ...]:
        return next(iter(kiwi.analyse([text]))).morphemes

    asked, said = words("웨이팅이 길다고 한 사람"), words("웨이팅은 없었어요")
    assert denies(asked, said, ["웨이팅"])
    assert denies(said, asked, ["웨이팅"])
    assert not denies(asked, said, ["길"])
    assert not denies(asked, words("웨이팅 길어요"), ["웨이팅", "길"])


def test_says_the_same() -> None:
    assert says_the_same("웨이팅이 길어요 ㅠㅠ", "웨이팅이 길어요!!")
    assert not says_the_same("웨이팅이 길어요", "주차가 편해요")
    assert not says_the_same("!", "?")
    assert says_the_same("!", "!")


def test_topic_keeps_the_questions_spelling(kiwi: Tokenizer) -> None:
    analysed = next(iter(kiwi.analyse(["와이파이 비밀번호가 뭐예요?"])))
    assert topic(analysed, ["와이파이", "비밀", "번호", "비밀번호"]) == "와이파이 비밀번호"
    assert topic(analysed, []) == ""


def test_a_reading_is_of_a_frozen_shape(reviews: Reviews) -> None:
    found, _ = read(reviews, "콜키지 얼마예요?")
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.keys = ()  # type: ignore[misc]
