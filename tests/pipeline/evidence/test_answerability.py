from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evidence import calibration
from pipeline.evidence.answerability import PRIOR, Calibration, answerability, features, model, probability, raw_score
from pipeline.evidence.reading import read
from pipeline.protocols import Tokenizer
from tests.pipeline.reviews import Reviews, make_reviews


@pytest.fixture(scope="module")
def reviews(kiwi: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Reviews:
    return make_reviews(tmp_path_factory.mktemp("reviews"), kiwi)


def probability_of(reviews: Reviews, text: str, calibrated: Calibration | None = None) -> float:
    query = reviews.query(text)
    candidates = reviews.candidates(query)
    return answerability(read(query, candidates[:5], reviews.passages, reviews.terms), candidates, calibrated)


def test_a_question_that_is_answered_is_surer_than_one_that_is_not(reviews: Reviews) -> None:
    answered = probability_of(reviews, "콜키지는 병당 얼마예요?")
    related = probability_of(reviews, "콜키지 대신 맥주 반입 가능한 요일?")
    assert answered > 0.9
    assert answered > related


def test_nothing_to_answer_from_is_zero(reviews: Reviews) -> None:
    assert probability_of(reviews, "와이파이 비밀번호 뭐예요?") == 0
    assert answerability(None, []) == 0


def test_the_model_weighs_features_that_exist(reviews: Reviews) -> None:
    query = reviews.query("주차 되나요?")
    candidates = reviews.candidates(query)
    found = read(query, candidates[:5], reviews.passages, reviews.terms)
    assert found is not None
    values = features(found, candidates)
    assert set(model().weights) <= set(values)
    assert all(math.isfinite(value) for value in values.values())
    assert raw_score(dict.fromkeys(values, 0.0)) == model().intercept


def test_one_candidate_has_no_margins(reviews: Reviews) -> None:
    query = reviews.query("콜키지 얼마예요?")
    candidates = reviews.candidates(query)[:1]
    found = read(query, candidates, reviews.passages, reviews.terms)
    assert found is not None
    values = features(found, candidates)
    assert values["margin"] == values["bm25_margin"] == values["window_lead"] == 0


@given(st.floats(-100, 100), st.floats(0, 20), st.floats(0.1, 3), st.floats(-5, 5))
def test_probability_rises_with_the_score(score: float, more: float, slope: float, offset: float) -> None:
    line = Calibration(slope, offset)
    assert 0 < probability(score, line) <= probability(score + more, line) < 1 + 1e-12


def test_the_prior_is_what_a_score_without_evidence_gives() -> None:
    assert probability(0.0, Calibration()) == pytest.approx(PRIOR)


def test_a_calibration_survives_json() -> None:
    line = Calibration(0.9, 2.5)
    assert Calibration.from_json(json.loads(json.dumps(line.to_json()))) == line


def test_a_calibration_moves_the_scale_to_where_the_scores_are() -> None:
    random = np.random.default_rng(1)
    high = np.column_stack((random.normal(2, 1, 200), random.normal(-2, 1, 200)))
    same, lower = calibration.fit_line(high), calibration.fit_line(high - 3)
    assert same.offset == pytest.approx(0, abs=0.3)
    assert lower.offset == pytest.approx(3 * lower.slope, abs=0.4)
    assert probability(-3.0, lower) > probability(-3.0, same)


def test_scores_that_do_not_separate_still_give_a_rising_line() -> None:
    assert calibration.fit_line(np.ones((30, 2))).slope > 0
    assert calibration.fit_line(np.array([[-1.0, 1.0]] * 30)).slope >= calibration.MIN_SLOPE


def test_calibrating_is_deterministic_and_needs_enough_passages(kiwi: Tokenizer, tmp_path: Path) -> None:
    few = make_reviews(tmp_path, kiwi)
    assert calibration.calibrate(few.passages, few.terms, few.retrievers) == Calibration()
    (tmp_path / "many").mkdir()
    things = ("주차장", "웨이팅", "콜키지", "냉면", "갈비", "볶음밥", "된장찌개", "발렛", "유아의자", "단체석")
    praise = ("넓어서 편했어요", "짧아서 놀랐어요", "저렴해서 고마웠어요", "시원해서 행복했어요")
    more = [("", f"{t} {p}. {things[i]} 이야기는 {i}월에 들었어요.") for i, t in enumerate(things) for p in praise]
    many = make_reviews(tmp_path / "many", kiwi, more)
    first = calibration.calibrate(many.passages, many.terms, many.retrievers)
    assert first == calibration.calibrate(many.passages, many.terms, many.retrievers)
    assert first != Calibration()


def test_a_pseudo_question_uses_the_sentences_words(reviews: Reviews) -> None:
    random = np.random.default_rng(0)
    query = calibration.pseudo_question(0, reviews.passages, reviews.terms, random, 0.0)
    assert query is not None
    forms = {m.form for m in reviews.terms.morphemes(0)}
    assert all(m.form in forms and query.text[m.start : m.end] == m.form for m in query.analysed.morphemes)
    assert calibration.pseudo_question(7, reviews.passages, reviews.terms, random, 0.0) is None  # ㅋㅋㅋㅋ


def test_an_index_of_copies_is_not_calibrated(kiwi: Tokenizer, tmp_path: Path) -> None:
    two = [("가게", "주차가 편하고 갈비가 맛있어요."), ("가게", "웨이팅이 길고 냉면이 짜요.")]
    copies = make_reviews(tmp_path, kiwi, two * 20)
    assert calibration.calibrate(copies.passages, copies.terms, copies.retrievers) == Calibration()
