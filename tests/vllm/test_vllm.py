"""What the generator promises, kept by the real server. Run in this order: the last tests kill and restart it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from pipeline import backends
from pipeline.config import with_overrides
from pipeline.connection import Client
from pipeline.endpoint import Endpoint
from pipeline.errors.llm import LlmDown, LlmRefused, PromptTooLong
from pipeline.evidence.ground import Ground
from pipeline.generators.openai import LlmGenerator
from pipeline.prompting.files import read_prompt
from pipeline.prompting.messages import messages
from pipeline.settings import Settings
from pipeline.streaming import Chunk, Patience, Stream, request_body
from pipeline.types import Answer, Understanding
from tests.pipeline.reviews import Reviews
from tests.vllm.conftest import LONG, MODEL, WINDOW, Vllm, until

QUESTION = "주차 몇 시간 무료예요?"


def made(reviews: Reviews, vllm: Vllm, **overrides: object) -> LlmGenerator:
    named = {name.replace("__", "."): value for name, value in overrides.items()}
    fixed = {
        "generator": "openai",
        "llm.url": vllm.url,
        "llm.model": MODEL,
        "llm.temperature": 1,
        "llm.answer_tokens": 32,
    }
    patient = {"llm.first_token_s": LONG, "llm.next_token_s": LONG, "llm.circuit_failures": 1000}
    settings = with_overrides(Settings(), {**fixed, **patient, **named})
    ground = Ground(reviews.passages, reviews.terms, reviews.tokenizer, settings)
    loaded: LlmGenerator = backends.load("generator", "openai").load(ground)
    return loaded


def stream(generator: LlmGenerator, reviews: Reviews, prompt: int = 3) -> Iterator[Answer]:
    query = reviews.query(QUESTION)
    return generator.generate(query, Understanding(QUESTION), reviews.candidates(query, prompt=prompt))


def trouble(answer: Answer) -> str:
    return answer.trouble.code if answer.trouble else ""


def served(answer: Answer) -> bool:
    """Whether the server did its part. What the model says is nonsense, so that its reply may be of any kind."""
    return trouble(answer) == "" or trouble(answer).startswith("reply-")


def test_every_token_comes_by_itself(vllm: Vllm) -> None:
    body = request_body([{"role": "user", "content": "주차?"}], tokens=16, temperature=1)
    chunks: list[Chunk] = []
    with Stream(Endpoint(vllm.url, MODEL), body, Patience(LONG, LONG, LONG)) as reply:
        while (came := reply.read(LONG)) is not None:
            chunks += came
    assert 4 <= sum(bool(chunk.text) for chunk in chunks) <= 16  # some letters take several tokens
    assert [chunk.finish for chunk in chunks if chunk.finish] == ["length"]
    assert [chunk.tokens[1] for chunk in chunks if chunk.tokens] == [16]


def test_an_answer_is_made_and_its_tokens_are_counted(reviews: Reviews, vllm: Vllm) -> None:
    generator = made(reviews, vllm)
    assert generator.trouble() is None
    answers = list(stream(generator, reviews))
    usage = answers[-1].usage
    assert usage is not None
    assert not usage.estimated
    assert usage.first_token_ms is not None
    assert served(answers[-1])
    if trouble(answers[-1]) == "reply-cut":  # else we left before it told
        assert usage.tokens_out == 32
    query = reviews.query(QUESTION)
    sources = [c.passage for c in reviews.candidates(query)[:3]]
    turns = messages(QUESTION, sources, read_prompt("answer@1"))
    counted = httpx.post(f"{vllm.root}/tokenize", json={"model": MODEL, "messages": turns}, timeout=LONG).json()
    assert usage.tokens_in == counted["count"]


def test_leaving_frees_the_request(reviews: Reviews, vllm: Vllm) -> None:
    with closing(stream(made(reviews, vllm, llm__answer_tokens=1500), reviews)) as answers:  # type: ignore[type-var]
        for answer in answers:
            if answer.text:
                break
        assert vllm.running() == 1
    until(lambda: vllm.running() == 0, "the request to be freed")


def test_two_hundred_at_once_go_through_the_limit(reviews: Reviews, vllm: Vllm) -> None:
    # Answers long enough that the server, not we, is what the others wait for, however quick it is.
    generator = made(reviews, vllm, llm__concurrency=32, llm__answer_tokens=256, prompt="answer@2")
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda: answers.append(list(stream(generator, reviews, 1))[-1])) for _ in range(200)
    ]
    with vllm.watched() as seen:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [answer.trouble for answer in answers if not served(answer)] == []
    assert len(answers) == 200
    assert 1 < max(seen) <= 32
    until(lambda: vllm.running() == 0, "nothing to be left over")


def test_sources_that_the_servers_window_has_no_room_for_are_left_out(reviews: Reviews, vllm: Vllm) -> None:
    whole = list(stream(made(reviews, vllm), reviews, 9))[-1]
    assert whole.usage is not None
    assert whole.left_out == ()
    room = whole.usage.tokens_in - 1
    answer = list(stream(made(reviews, vllm, llm__answer_tokens=WINDOW - room), reviews, 9))
    assert answer[0].left_out or answer[-1].left_out
    assert served(answer[-1])  # it took what was left


def test_a_prompt_that_is_too_long_is_said_to_be(vllm: Vllm) -> None:
    turns = [{"role": "user", "content": "주차 " * WINDOW}]
    endpoint = Endpoint(vllm.url, MODEL)
    body = request_body(turns, tokens=16, temperature=0)
    with Stream(endpoint, body, Patience(LONG, LONG, LONG)) as reply, pytest.raises(PromptTooLong, match=str(WINDOW)):
        reply.read(LONG)


def test_a_model_that_it_does_not_have(reviews: Reviews, vllm: Vllm) -> None:
    generator = made(reviews, vllm, llm__model="another")
    answer = list(stream(generator, reviews))[-1]
    assert trouble(answer) == "llm-refused"
    assert answer.trouble is not None
    assert "another" in answer.trouble.ko
    assert isinstance(generator.trouble(), LlmRefused)


def test_structured_output_keeps_to_its_schema(vllm: Vllm) -> None:
    schema = {
        "type": "object", "properties": {"rating": {"type": "integer", "enum": [1, 2, 3]}}, "required": ["rating"],
        "additionalProperties": False,
    }  # fmt: skip

    async def ask() -> str:
        async with Client(Endpoint(vllm.url, MODEL, timeout_s=LONG)) as client:
            return (await client.chat([{"role": "user", "content": "별점은?"}], schema, "review", 200)).text

    assert json.loads(asyncio.run(ask()))["rating"] in (1, 2, 3)


def test_killed_in_mid_answer_what_came_is_kept_and_said_why(reviews: Reviews, vllm: Vllm) -> None:
    answers = stream(made(reviews, vllm, llm__answer_tokens=1500), reviews)
    before = next(answer for answer in answers if answer.text)
    vllm.kill()
    last = list(answers)[-1]
    assert trouble(last) == "llm-broken"
    assert last.text.startswith(before.text)
    down = made(reviews, vllm, llm__first_token_s=5)
    assert trouble(list(stream(down, reviews))[-1]) == "llm-down"
    assert isinstance(made(reviews, vllm, llm__concurrency=31).trouble(), LlmDown)


def test_started_again_it_answers_and_a_template_without_a_system_role_is_served(reviews: Reviews, vllm: Vllm) -> None:
    vllm.start("no-system")
    turns = [{"role": "system", "content": "x"}, {"role": "user", "content": "y"}]
    body = {"model": MODEL, "messages": turns, "max_tokens": 1}
    assert httpx.post(f"{vllm.url}/chat/completions", json=body, timeout=LONG).status_code == 400
    answer = list(stream(made(reviews, vllm, llm__concurrency=30), reviews))[-1]
    assert served(answer)
    assert answer.text
