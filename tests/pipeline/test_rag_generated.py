"""A question's whole way with a language model: what stands in the trace, and that no failure loses what was found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from pipeline.config import load_profile, with_overrides
from pipeline.errors.llm import PromptNotFound
from pipeline.service import Home, Request, Service
from pipeline.trace_json import from_json, to_json
from pipeline.trace_stream import change, grown
from pipeline.types import Trace
from tests.pipeline.corpora import build
from tests.pipeline.generators.llm_server import LONG, LlmServer, Say

QUESTION = "숯골갈비 주차 무료인가요?"
SAID = Say(["숯골갈비는 주차가", " 무료입니다.[1]", " 주말에는 9시간 무료입니다.[1]"])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    made = Home(tmp_path_factory.mktemp("home"))
    build(made)
    return made


@pytest.fixture
def server() -> Iterator[LlmServer]:
    with LlmServer(SAID) as running:
        yield running


@pytest.fixture
def service(home: Home, server: LlmServer) -> Iterator[Service]:
    names = {"generator": "openai", "llm.url": server.url, "llm.model": "test-model", "llm.gate": "off"}
    made = Service(home, with_overrides(load_profile(), names))
    yield made
    made.close()


def ask(service: Service, **overrides: object) -> list[Trace]:
    named = {name.replace("__", "."): value for name, value in overrides.items()}
    return list(service.ask(Request(QUESTION, "small", named)))


def test_the_trace_holds_the_answer_its_doubts_its_prompt_and_what_it_took(service: Service) -> None:
    last = ask(service)[-1]
    assert last.state == "done"
    assert last.answer is not None
    assert last.answer.kind == "generated"
    assert {c.passage_id for c in last.answer.citations} == {"r1"}
    assert {(d.kind, d.what) for d in last.answer.doubts} >= {("number", "9시간")}
    assert last.settings["prompt"] == "answer@1"
    assert last.settings["llm.model"] == "test-model"
    assert last.answer.usage is not None
    assert "generate" in last.timings_ms
    assert service.trace(last.id).answer == last.answer


def test_the_stream_of_changes_gives_the_same_trace(service: Service) -> None:
    known: dict[str, object] = {}
    before = None
    for trace in ask(service):
        known = grown(known, change(before, trace))
        before = trace
    assert before is not None
    assert known == to_json(before)
    assert from_json(known).answer == before.answer


def test_another_prompt_is_named_in_the_trace_and_an_unknown_one_lists_the_known(service: Service) -> None:
    assert ask(service, prompt="answer@2")[-1].settings["prompt"] == "answer@2"
    with pytest.raises(PromptNotFound, match="answer@2"):
        ask(service, prompt="answer@0")


def test_what_had_no_room_is_visibly_not_in_the_prompt(service: Service, server: LlmServer) -> None:
    server.window = 100_000
    whole = ask(service)[-1]
    asked = sum(len(turn["content"]) for turn in server.bodies[-1]["messages"])
    server.window = asked - 1 + 512
    last = ask(service)[-1]
    assert last.answer is not None
    assert last.answer.left_out
    inside = {c.passage.id for c in last.candidates if c.in_prompt}
    assert inside == {c.passage.id for c in whole.candidates if c.in_prompt} - set(last.answer.left_out)
    assert {c.passage.id for c in last.candidates} == {c.passage.id for c in whole.candidates}


@pytest.mark.parametrize(
    ("say", "code"), [(Say(status=404, message="x"), "llm-refused"), (Say(["주"], "drop"), "llm-broken")]
)
def test_a_failing_model_loses_nothing_that_was_found(service: Service, server: LlmServer, say: Say, code: str) -> None:
    server.say = say
    last = ask(service)[-1]
    assert last.state == "done"
    assert last.answer is not None
    assert last.answer.trouble is not None
    assert last.answer.trouble.code == code
    assert last.candidates[0].passage.id == "r1"
    assert any(c.in_prompt for c in last.candidates)
    assert last.answer.kind == "generated"  # nothing was put in its place
    assert to_json(last)["answer"]["trouble"]["en"]
    assert service.trace(last.id) == from_json(to_json(last))


def test_leaving_in_mid_answer_frees_the_server_and_keeps_the_trace(service: Service, server: LlmServer) -> None:
    server.say = Say(["숯골갈비는"], then="hang")
    with closing(service.ask(Request(QUESTION, "small", {"llm.next_token_s": LONG}))) as traces:  # type: ignore[type-var]
        for trace in traces:
            if trace.answer is not None and trace.answer.text:
                break
    assert server.gone.acquire(timeout=LONG)
    assert service.trace(trace.id).answer == trace.answer
