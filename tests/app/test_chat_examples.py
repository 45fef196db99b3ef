"""What the chat offers to ask: every question of it is answered by the index that it is offered for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.chat.examples import DEMO, OFFERED, examples
from pipeline.config import load_profile
from pipeline.service import Home, Request, Service
from pipeline.types import Document, Source
from tests.pipeline.corpora import build, documents


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = Home(tmp_path_factory.mktemp("home"))
    more = [
        replace(one, source=replace(one.source, document_id=f"{one.source.document_id}-{n}", date=f"202{n}-03-01"))
        for one in documents()
        for n in (5, 6)
    ]
    build(home, more, name="mine")
    build(home, [replace(one, source=replace(one.source, rating=None, date="")) for one in documents()], name="bare")
    build(home, [one for one in documents() if one.source.restaurant == "연탄집"], name="one")
    build(home, [Document(f"글 {n}번입니다.", Source(f"d{n}")) for n in range(3)], name="articles")
    opened = Service(home, load_profile())
    yield opened
    opened.close()


@pytest.mark.parametrize("name", ["mine", "bare", "one"])
def test_every_question_that_is_offered_is_answered_from_counts(service: Service, name: str) -> None:
    offered = examples(service, name)
    assert 2 <= len(offered) <= OFFERED
    assert len(set(offered)) == len(offered)
    for question in offered:
        *_, last = service.ask(Request(question, name))
        assert last.answer is not None
        assert not last.answer.abstained, question
        assert last.answer.kind in ("aspects", "figures"), question


def test_what_an_index_lacks_is_not_asked_for(service: Service) -> None:
    assert not [question for question in examples(service, "bare") if "별점" in question or "요즘" in question]
    assert all("연탄집" in question or "별점 1점" in question for question in examples(service, "one"))


def test_nothing_is_offered_where_nothing_can_be_named(service: Service) -> None:
    assert examples(service, "articles") == examples(service, "missing") == examples(service, "") == ()


def test_the_demo_has_questions_of_its_own(service: Service) -> None:
    assert len(examples(service, DEMO)) == OFFERED
