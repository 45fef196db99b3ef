"""A right passage may be named by the document that it was split from: it is found, judged and blamed by its parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pipeline.evaluation.blame import Verdict
from pipeline.evaluation.phases import generate, retrieve, to_line
from pipeline.evaluation.records import ask
from pipeline.service import Home, Request, Service
from pipeline.settings import Settings
from pipeline.types import Document, Question, Sample, Source
from tests.pipeline.corpora import build, documents

LONG = (
    "지하에 주차장이 넓게 있어서 차를 가져가기에 아주 편했습니다. "
    "갈비는 숯불에 구워 부드럽고 불맛이 아주 진하게 났습니다. "
    "포장은 두 시간 전에 전화로 미리 주문해야 한다고 합니다."
)
REFERENCE = "두 시간 전에 전화로"
REQUEST = Request("", "split", keep=False)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = Home(tmp_path_factory.mktemp("split"))
    long = Document(LONG, Source("long", 0, len(LONG), "", "숯골갈비", "고깃집", "마포", None, 5, "2026-09-01"))
    build(home, [*documents(), long], name="split", indexing__passage_chars="50", indexing__overlap_chars="0")
    made = Service(home, Settings())
    yield made
    made.close()


def sample(text: str) -> Sample:
    return Sample(Question("q", text), REFERENCE, ("long",))


def request(text: str, **overrides: object) -> Request:
    return replace(REQUEST, question=text, overrides={name.replace("__", "."): v for name, v in overrides.items()})


def test_an_id_names_a_passage_or_the_parts_of_a_document(service: Service) -> None:
    passages = service.index("split").passages
    assert [passages[row].id for row in passages.named("long")] == ["long#1", "long#2", "long#3"]
    assert [passages[row].id for row in passages.named("long#2")] == ["long#2"]
    assert [passages[row].id for row in passages.named("r1")] == ["r1"]
    assert passages.named("none") == []


def test_a_document_that_no_search_brought_was_missed_and_is_in_the_index(service: Service) -> None:
    text = "아이랑 놀이방"
    record = ask(service, sample(text), request(text, retrieval__depth=1))
    assert [path.passage_id for path in record.paths] == ["long#1", "long#2", "long#3"]
    assert all(path.indexed and path.ranks["bm25"] > 1 for path in record.paths)
    assert record.verdict == Verdict.MISSED
    found = retrieve(service, sample(text), request(text, retrieval__depth=1))
    assert generate(service, sample(text), request(text, retrieval__depth=1), to_line(found)).paths == record.paths


def test_another_part_of_the_right_document_is_no_right_answer(service: Service) -> None:
    wrong = ask(service, sample("지하 주차장 넓어요?"), request("지하 주차장 넓어요?"))
    assert "long#1" in wrong.cited
    assert wrong.correct is False
    right = ask(service, sample("포장 몇 시간 전에 주문해요?"), request("포장 몇 시간 전에 주문해요?"))
    assert right.correct is True
