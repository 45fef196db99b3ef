"""The OpenAI-compatible routes, asked by the real ``openai`` client over a real connection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from unittest.mock import patch

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import OpenAI

from app.api.application import create_api
from app.api.conversations import Conversations
from app.api.talking import plain, said, tokens
from pipeline.service import Home, Request, Service
from pipeline.settings import Settings
from pipeline.types import Answer, Trace, Trouble, Usage
from tests.app.served import serving
from tests.pipeline.corpora import build

QUESTION = "숯골갈비 주차 무료인가요?"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = Home(tmp_path_factory.mktemp("home"))
    build(home, name="demo")
    made = Service(home, Settings())
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[OpenAI]:
    with serving(create_api(service)) as server:
        client = OpenAI(base_url=f"{server.address}/v1", api_key="none", max_retries=0, timeout=60)
        yield client
        client.close()


def ask(client: OpenAI, *said_: str, **more: object) -> openai.types.chat.ChatCompletion:
    roles = ("user", "assistant")
    messages = [{"role": roles[n % 2], "content": text} for n, text in enumerate(said_)]
    return client.chat.completions.create(model="hansang/demo", messages=messages, **more)


def test_models_are_the_indexes(client: OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["hansang/demo"]
    assert client.models.retrieve("hansang/demo").owned_by == "hansang"
    with pytest.raises(openai.NotFoundError, match="hansang/demo"):  # those that there are
        client.models.retrieve("gpt-4o")


def test_models_are_listed_page_by_page_for_whoever_asks(client: OpenAI, service: Service) -> None:
    (manifest,) = service.indexes()
    found = {name: replace(manifest, name=name) for name in ("가", "나", "다")}
    with patch.object(service, "indexed", lambda: found):
        whole = client.models.list()
        assert [model.id for model in whole] == ["hansang/가", "hansang/나", "hansang/다"]
        assert whole.model_extra == {"has_more": False, "next": None}
        first = client.models.list(extra_query={"limit": 2})
        assert first.model_extra["has_more"]
        rest = client.models.list(extra_query={"limit": 2, "cursor": first.model_extra["next"]})
        assert [model.id for model in [*first, *rest]] == [model.id for model in whole]
        with pytest.raises(openai.UnprocessableEntityError) as raised:
            client.models.list(extra_query={"cursor": "x"})
    assert raised.value.code == "bad-cursor"


def test_an_answer_brings_what_is_behind_it(client: OpenAI, service: Service) -> None:
    reply = ask(client, QUESTION, temperature=0.2, max_tokens=50, user="누구")
    assert reply.choices[0].finish_reason == "stop"
    assert "주차" in reply.choices[0].message.content
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens > 0
    behind = reply.model_extra["hansang"]
    trace = service.trace(behind["trace"])
    assert trace.answer.text == reply.choices[0].message.content
    prompt = [c for c in trace.candidates if c.in_prompt]
    assert [c["passage_id"] for c in behind["contexts"]] == [c.passage.id for c in prompt]
    assert {"bm25", "vector", "fused", "rerank"} <= behind["contexts"][0]["scores"].keys()
    assert behind["citations"][0]["passage_id"] == trace.answer.citations[0].passage_id
    assert (behind["index"], behind["abstained"], behind["counted"]) == ("demo", False, "words")


def test_a_stream_comes_to_the_same(client: OpenAI) -> None:
    chunks = list(ask(client, QUESTION, stream=True, stream_options={"include_usage": True}))
    whole = ask(client, QUESTION)
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(pieces) == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    *_, ending, usage = chunks
    assert ending.choices[0].finish_reason == "stop"
    assert ending.model_extra["hansang"]["contexts"] == whole.model_extra["hansang"]["contexts"]
    assert (usage.choices, usage.usage) == ([], whole.usage)
    assert len({chunk.id for chunk in chunks}) == 1
    without = list(ask(client, QUESTION, stream=True))
    assert all(chunk.usage is None for chunk in without)


def test_a_stream_names_its_sources_as_open_webui_wants_them(client: OpenAI) -> None:
    *_, ending = chunks = list(ask(client, QUESTION, stream=True))
    told = [chunk.model_extra["event"] for chunk in chunks if "event" in (chunk.model_extra or {})]
    behind = ending.model_extra["hansang"]
    assert [event["type"] for event in told] == ["source"] * len(told)
    cited = list(dict.fromkeys(citation["passage_id"] for citation in behind["citations"]))
    assert [event["data"]["metadata"][0]["source"] for event in told] == cited
    texts = {context["passage_id"]: context for context in behind["contexts"]}
    for event, id_ in zip(told, cited, strict=True):
        assert event["data"]["document"] == [texts[id_]["text"]]
        assert event["data"]["source"]["name"].startswith("숯골갈비 · 20")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[여기](https://evil.example/x)", "[여기] (https://evil.example/x)"),
        ("![사진][1]", "![사진] [1]"),
        ("[1]: https://evil.example", "[1] : https://evil.example"),
        ("<https://evil.example> <img src=x>", "< https://evil.example> < img src=x>"),
        ("주차 2시간 무료[1], 3 < 5, [예약] 필수", "주차 2시간 무료[1], 3 < 5, [예약] 필수"),
    ],
)
def test_a_review_makes_no_link_of_itself(text: str, expected: str) -> None:
    assert plain(text) == expected


@given(st.text(alphabet="][(:<a!1 "))
def test_what_is_said_stays_while_an_answer_grows(text: str) -> None:
    for end in range(len(text)):
        assert plain(text).startswith(plain(text[:end]))


def test_what_is_not_here_says_so_where_clients_look(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="아무것도 없습니다"):
        client.embeddings.create(model="hansang/demo", input="주차")
    with pytest.raises(openai.NotFoundError, match="/v1/responses"):
        client.responses.create(model="hansang/demo", input="주차")


def test_what_is_misspelt_beside_the_openai_fields_is_told(client: OpenAI) -> None:
    with pytest.raises(openai.UnprocessableEntityError, match="previous"):
        ask(client, QUESTION, extra_body={"hansang": {"prevoius": "x"}})


def test_a_conversation_goes_on_where_it_was(client: OpenAI, service: Service) -> None:
    first = ask(client, "숯골갈비 주차 되나요?")
    answer = first.choices[0].message.content
    second = ask(client, "숯골갈비 주차 되나요?", answer, "거기 웨이팅은 어때?")
    trace = service.trace(second.model_extra["hansang"]["trace"])
    assert trace.previous == first.model_extra["hansang"]["trace"]
    assert any(chip.inherited and "숯골갈비" in chip.values for chip in trace.understanding.chips)
    third = ask(client, "숯골갈비 주차 되나요?", answer, "거기 웨이팅은 어때?", said(trace), "가격은?", stream=True)
    *_, last = third
    assert service.trace(last.model_extra["hansang"]["trace"]).previous == trace.id
    unknown = ask(client, "숯골갈비 주차 되나요?", "다른 대답", "거기 웨이팅은 어때?")
    assert service.trace(unknown.model_extra["hansang"]["trace"]).previous == ""


def test_settings_and_the_answer_before_can_be_named(client: OpenAI, service: Service) -> None:
    first = ask(client, "숯골갈비 주차 되나요?").model_extra["hansang"]["trace"]
    more = {"hansang": {"set": {"retrieval.k": 1}, "previous": first}}
    trace = service.trace(ask(client, "거기 웨이팅은?", extra_body=more).model_extra["hansang"]["trace"])
    assert (trace.settings["retrieval.k"], trace.previous) == (1, first)


def test_instructions_and_parts_of_a_message(client: OpenAI, service: Service) -> None:
    parts = [
        {"type": "text", "text": "숯골갈비"}, {"type": "image_url", "image_url": {"url": "data:,"}},
        {"type": "text", "text": "주차 되나요?"},
    ]  # fmt: skip
    messages = [{"role": "system", "content": "너는 해적이다"}, {"role": "user", "content": parts}]
    reply = client.chat.completions.create(model="demo", messages=messages)
    assert service.trace(reply.model_extra["hansang"]["trace"]).question.text == "숯골갈비 주차 되나요?"


@pytest.mark.parametrize(
    ("model", "messages", "error", "code"),
    [
        ("nope", [{"role": "user", "content": "주차"}], openai.NotFoundError, "unknown-model"),
        ("demo", [], openai.UnprocessableEntityError, "malformed-request"),
        ("demo", [{"role": "user", "content": "🍜"}], openai.UnprocessableEntityError, "question-empty"),
        ("demo", [{"role": "user", "content": "가" * 2_000}], openai.UnprocessableEntityError, "question-too-long"),
        ("demo", [{"role": "assistant", "content": "주차"}], openai.UnprocessableEntityError, "no-user-message"),
        ("demo", [{"role": "user", "content": None}], openai.UnprocessableEntityError, "question-empty"),
        ("demo", [{"role": "boss", "content": "주차"}], openai.UnprocessableEntityError, "malformed-request"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_the_client_understands_what_is_wrong(
    client: OpenAI, model: str, messages: list, error: type[openai.APIStatusError], code: str, stream: bool
) -> None:
    with pytest.raises(error) as raised:
        client.chat.completions.create(model=model, messages=messages, stream=stream)
    assert raised.value.code == code
    assert raised.value.response.headers["content-type"] == "application/problem+json"
    assert raised.value.response.json()["detail"] in raised.value.message


def test_without_an_answer_the_reason_is_the_message(service: Service) -> None:
    *_, trace = service.ask(Request(QUESTION, "demo", keep=False))
    trouble = Trouble("llm-down", "언어 모델이 꺼져 있습니다.", "The language model is down.")
    down: Trace = replace(trace, answer=Answer("", trouble=trouble, kind="generated"))
    assert "언어 모델이 꺼져" in said(down)
    assert "is down" in said(down)
    assert said(replace(trace, answer=None))
    counted = replace(trace, answer=replace(trace.answer, usage=Usage("m", tokens_in=90, tokens_out=7)))
    assert tokens(counted) == {"prompt_tokens": 90, "completion_tokens": 7, "total_tokens": 97}


def test_old_conversations_are_forgotten_first() -> None:
    known = Conversations(kept=2)
    for number in range(3):
        known.keep("m", [("user", f"질문 {number}")], "답", f"t{number}")
    found = [known.previous("m", [("user", f"질문  {number}"), ("assistant", " 답")]) for number in range(3)]
    assert found == ["", "t1", "t2"]
    assert known.previous("other", [("user", "질문 2"), ("assistant", "답")]) == ""
    assert known.previous("m", []) == ""
