"""What every generator must do, and what the extractive one says."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pipeline import backends
from pipeline.config import with_overrides
from pipeline.evidence.ground import Ground
from pipeline.protocols import Generator, Tokenizer
from pipeline.setting_groups.search import Answering
from pipeline.settings import Settings
from pipeline.types import Answer, Chip, Understanding
from tests.pipeline.generators.llm_server import LlmServer, Say
from tests.pipeline.reviews import Reviews, make_reviews

QUESTIONS = ("주차 몇 시간 무료예요?", "콜키지 얼마예요?", "와이파이 비밀번호 뭐예요?", "냉면", "ㅋㅋ?", "?")
SAID = ("건물 지하에 주차 2시간이 무료입니다.[1] ", "웨이팅이 깁니다.[2][9]", " 좋습니다.")
BOTH = Chip("restaurants", "restaurant", ("숯골갈비", "연탄집"), "숯골갈비·연탄집")


@pytest.fixture(scope="module")
def reviews(kiwi: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Reviews:
    return make_reviews(tmp_path_factory.mktemp("reviews"), kiwi)


@pytest.fixture(scope="module")
def server() -> Iterator[LlmServer]:
    """Stands for the language model where a generator needs one; it always says the same."""
    with LlmServer(Say(SAID)) as running:
        yield running


@pytest.fixture(params=backends.available("generator"))
def generator(request: pytest.FixtureRequest, reviews: Reviews, server: LlmServer) -> Generator:
    settings = with_overrides(Settings(), {"llm.url": server.url, "llm.gate": "off"})
    loaded: Generator = backends.load("generator", request.param).load(ground(reviews, settings))
    return loaded


def ground(reviews: Reviews, settings: Settings) -> Ground:
    return Ground(reviews.passages, reviews.terms, reviews.tokenizer, settings)


def stream(generator: Generator, reviews: Reviews, understanding: Understanding) -> list[Answer]:
    query = reviews.query(understanding.search_text)
    return list(generator.generate(query, understanding, reviews.candidates(query)))


def last(reviews: Reviews, understanding: Understanding, settings: Answering | None = None) -> Answer:
    whole = replace(Settings(), answer=settings or Answering())
    made = backends.load("generator", "extractive").load(ground(reviews, whole))
    return stream(made, reviews, understanding)[-1]


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("shape", ["fact", "count", "comparison"])
def test_citations_slice_the_passages(generator: Generator, reviews: Reviews, question: str, shape: str) -> None:
    understanding = Understanding(question, (BOTH,), shape)  # type: ignore[arg-type]
    query = reviews.query(question)
    candidates = reviews.candidates(query, prompt=2)
    answers = list(generator.generate(query, understanding, candidates))
    allowed = {c.passage.id: c.passage.text for c in candidates if c.in_prompt or shape != "fact"}
    assert answers
    for answer in answers:
        assert answer.abstained == (answer.kind == "abstention")
        assert not (answer.abstained and answer.citations)
        for citation in answer.citations:
            there = allowed[citation.passage_id][citation.start : citation.end]
            assert there.strip() if answer.kind == "generated" else there == citation.sentence
            assert citation.sentence in answer.text or answer.kind == "count"


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_answer_only_grows_and_is_the_same_again(generator: Generator, reviews: Reviews, question: str) -> None:
    understanding = Understanding(question)
    answers = stream(generator, reviews, understanding)
    for before, after in itertools.pairwise(answers):
        assert after.text.startswith(before.text)
        assert after.citations[: len(before.citations)] == before.citations
    assert lasting(stream(generator, reviews, understanding)[-1]) == lasting(answers[-1])


def lasting(answer: Answer) -> Answer:
    """The answer without the time that it took."""
    return replace(answer, usage=None)


@pytest.mark.parametrize("shape", ["fact", "count", "comparison"])
def test_no_candidates_no_answer(generator: Generator, reviews: Reviews, shape: str) -> None:
    understanding = Understanding("주차 되나요?", (), shape)  # type: ignore[arg-type]
    answer = list(generator.generate(reviews.query("주차 되나요?"), understanding, []))[-1]
    assert answer.abstained
    assert not answer.citations


def test_a_fact(reviews: Reviews) -> None:
    answer = last(reviews, Understanding("주차 몇 시간 무료예요?"))
    assert answer.kind == "extract"
    assert answer.text.startswith("건물 지하에 주차 2시간 무료라 편했어요.")
    assert answer.citations[0].passage_id == "r0"
    assert answer.confidence is not None
    assert answer.text == " ".join(c.sentence for c in answer.citations)


def test_a_fact_takes_no_more_sentences_than_allowed_and_none_twice(reviews: Reviews) -> None:
    loose = last(reviews, Understanding("웨이팅이 길어요?"))
    assert len(loose.citations) <= Answering().sentences
    assert sum(c.sentence.startswith("웨이팅이 길어요") for c in loose.citations) == 1
    assert len(last(reviews, Understanding("웨이팅이 길어요?"), Answering(sentences=1)).citations) == 1


def test_abstaining_names_what_was_looked_for(reviews: Reviews) -> None:
    answer = last(reviews, Understanding("와이파이 비밀번호 뭐예요?", (BOTH,)))
    assert answer.abstained
    assert "‘와이파이 비밀번호’에 대해 말하는 후기를 찾지 못했습니다." in answer.text
    assert "숯골갈비·연탄집" in answer.text
    assert answer.confidence == 0


def test_the_threshold_decides(reviews: Reviews) -> None:
    asked = Understanding("주차 몇 시간 무료예요?")
    assert last(reviews, asked, Answering(threshold=1.0)).abstained
    assert not last(reviews, asked, Answering(threshold=0.0)).abstained


def test_a_count_counts_those_who_say_it_and_not_those_who_deny_it(reviews: Reviews) -> None:
    answer = last(reviews, Understanding("웨이팅이 길다고 한 사람 몇 명이야?", (), "count"))
    assert answer.kind == "count"
    assert {c.passage_id for c in answer.citations} == {"r1", "r5", "r6"}
    assert answer.text.startswith("찾은 후보 10건 가운데 3건이 ‘웨이팅 길다고’에 대해 말합니다.")


def test_a_count_of_nothing_is_no_answer(reviews: Reviews) -> None:
    assert last(reviews, Understanding("와이파이가 느리다고 한 사람 몇 명?", (), "count")).abstained
    assert last(reviews, Understanding("불만인 사람 몇 명?", (), "count")).abstained


def test_a_comparison_has_a_sentence_for_each_side(reviews: Reviews) -> None:
    answer = last(reviews, Understanding("주차는 어디가 나아?", (BOTH,), "comparison"))
    assert answer.kind == "comparison"
    assert answer.text.startswith("숯골갈비: 건물 지하에 주차 2시간 무료라 편했어요. / 연탄집: 주차")
    assert [c.passage_id for c in answer.citations] == ["r0", "r4"]


def test_a_side_without_evidence_is_said_so(reviews: Reviews) -> None:
    answer = last(reviews, Understanding("콜키지는 어디가 싸?", (BOTH,), "comparison"))
    assert "연탄집에 대해서는 근거를 찾지 못했습니다." in answer.text
    assert [c.passage_id for c in answer.citations] == ["r3"]
