"""Prompts over an index: made as the pipeline makes them, none of questions that ask nothing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pytest

from pipeline.errors.indexes import IndexNotFound
from pipeline.errors.optimising import NoPrompts
from pipeline.evaluation.llm_prompts import prompts, pseudo_questions
from pipeline.prompting.files import Prompt, read_prompt
from pipeline.prompting.messages import messages
from pipeline.service import Request, Service
from pipeline.types import Passage
from tests.pipeline.corpora import PLACES


def test_a_prompt_is_the_one_that_the_generator_would_send(service: Service) -> None:
    question = "숯골갈비 주차 무료예요?"
    (found,) = prompts(service, "small", [question], 5)
    *_, trace = service.ask(Request(question, "small", answer=False, keep=False))
    assert trace.understanding is not None
    sources = [c.passage for c in trace.candidates if c.in_prompt]
    assert found.question == question
    assert found.turns == messages(trace.understanding.search_text, sources, read_prompt("answer@1"))
    assert "주차 2시간 무료" in found.turns[-1]["content"]


def test_settings_of_the_call_count(service: Service) -> None:
    (found,) = prompts(service, "small", ["연탄집 사장님 친절해요?"], 1, {"prompt": "answer@2", "retrieval.k": 1})
    assert len(found.turns) == 2  # that version has no examples
    assert found.turns[-1]["content"].count("연탄집") >= 1


def test_questions_that_ask_no_reviews_make_none(service: Service) -> None:
    asked = ["고마워", "넌 누구야?", "…", "가" * 2_000, "숯골갈비 웨이팅 얼마나 걸려요?"]
    assert [one.question for one in prompts(service, "small", asked, 5)] == asked[-1:]
    with pytest.raises(NoPrompts, match="small"):
        prompts(service, "small", asked[:-1], 5)
    with pytest.raises(IndexNotFound):
        prompts(service, "none", asked, 5)


def test_no_more_are_made_than_wanted_and_progress_is_told(service: Service) -> None:
    told: list[int] = []
    found = prompts(service, "small", pseudo_questions(service, "small"), 3, told=lambda what, done: told.append(done))
    assert len(found) == 3
    assert told == [1, 2, 3]


def test_what_does_not_fit_is_left_out(service: Service) -> None:
    def first(question: str, sources: Sequence[Passage], prompt: Prompt) -> Sequence[Passage]:
        return sources[:1]

    (whole,) = prompts(service, "small", ["고깃집 주차 어때요?"], 1)
    (some,) = prompts(service, "small", ["고깃집 주차 어때요?"], 1, fit=first)
    assert len(some.turns[-1]["content"]) < len(whole.turns[-1]["content"])


def test_questions_of_an_index_name_its_restaurants_and_are_the_same_each_time(service: Service) -> None:
    found = list(pseudo_questions(service, "small"))
    assert found == list(pseudo_questions(service, "small"))
    assert len(found) == len(set(found)) >= 5
    assert all(question.split()[0] in PLACES for question in found)
    assert list(islice(pseudo_questions(service, "small", seed=1), 3)) != found[:3]


def test_nothing_is_stored_of_them(service: Service, tmp_path: Path) -> None:
    before = service.traces(None, 100)
    prompts(service, "small", ["숯골갈비 주차 무료예요?"], 1)
    assert service.traces(None, 100) == before
