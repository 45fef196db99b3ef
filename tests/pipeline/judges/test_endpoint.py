"""A judge over HTTP, against a real server that is slow, refuses, breaks off and talks nonsense."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.errors.judges import JudgeRefused, JudgeUnavailable
from pipeline.judges import gemini
from pipeline.judges.choosing import Choice, make_judge
from pipeline.judges.endpoint import EndpointJudge
from pipeline.judges.types import CallFailed, Message, Reply
from tests.pipeline.judges.server import Behaviour, JudgeServer, Said, serving

TALK = [Message("system", "판정하세요"), Message("user", "자료")]


def complete(behave: Behaviour, seconds: float = 30, key: str = "k") -> tuple[Reply, JudgeServer]:
    with serving(behave) as server:
        return asyncio.run(_complete(server.url, seconds, key)), server


async def _complete(url: str, seconds: float, key: str) -> Reply:
    judge = EndpointJudge("local:m", url, "m", key, seconds=seconds)
    try:
        return await judge.complete(TALK, 64)
    finally:
        await judge.close()


def always(said: Said) -> Behaviour:
    return lambda body, number: said


def test_a_reply_comes_with_its_tokens() -> None:
    reply, server = complete(always(Said("네")))
    assert reply == Reply("네", 100, 20)
    (body,) = server.bodies
    assert body["model"] == "m"
    assert body["temperature"] == 0
    assert body["max_tokens"] == 64
    assert body["messages"][0] == {"role": "system", "content": "판정하세요"}


def test_a_reply_without_usage_and_one_that_was_cut_off() -> None:
    reply, _ = complete(always(Said("네", usage=None, finish="length")))
    assert reply == Reply("네", None, None, cut=True)


@pytest.mark.parametrize(
    ("said", "status", "after"),
    [
        (Said("천천히", 429, {"Retry-After": "7"}), "rate-limited", 7.0),
        (Said("", 503, {"Retry-After": "2"}), "error", 2.0),
        (Said("", 500, raw="<html>oops"), "error", None),
        (Said("", 400, raw='{"error": {"message": "too long"}}'), "error", None),
        (Said("", raw="not json"), "error", None),
        (Said("", raw='{"choices": []}'), "error", None),
        (Said("", raw="[1]"), "error", None),
        (Said("네, 됩니다", cut=True), "error", None),
    ],
)
def test_what_may_be_tried_again(said: Said, status: str, after: float | None) -> None:
    with pytest.raises(CallFailed) as failed:
        complete(always(said))
    assert failed.value.status == status
    assert failed.value.retry_after == after
    assert failed.value.reached


def test_a_reply_that_does_not_come_is_given_up() -> None:
    with pytest.raises(CallFailed) as failed:
        complete(always(Said(hang=True)), seconds=0.2)
    assert failed.value.status == "timeout"


def test_nobody_there_is_told_apart() -> None:
    with serving() as server:
        url = server.url
    with pytest.raises(CallFailed) as failed:
        asyncio.run(_complete(url, 30, ""))
    assert not failed.value.reached


@pytest.mark.parametrize(
    "said", [Said(status=s, raw='{"error": {"message": "no such model"}}') for s in (401, 403, 404)]
)
def test_what_will_never_be_answered_is_refused_with_the_cure(said: Said) -> None:
    with pytest.raises(JudgeRefused, match=r"no such model\. 키, 모델 이름"):
        complete(always(said))


def test_no_credit_is_no_rate_limit() -> None:
    raw = '{"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}'
    with pytest.raises(JudgeRefused):
        complete(always(Said(status=429, raw=raw)))


def test_a_parameter_that_is_refused_by_name_is_left_out() -> None:
    def picky(body: dict[str, Any], number: int) -> Said:
        for name in ("response_format", "temperature"):
            if name in body:
                return Said(status=400, raw=f'{{"error": {{"message": "Unsupported parameter: {name}"}}}}')
        if "max_tokens" in body:
            return Said(status=400, raw='{"error": {"message": "Use max_completion_tokens instead of max_tokens"}}')
        return Said("네")

    reply, server = complete(picky)
    assert reply.text == "네"
    assert server.asked == 4
    assert server.bodies[-1]["max_completion_tokens"] == 64
    assert "seed" in server.bodies[-1]


def test_vectors_come_in_the_order_of_the_texts() -> None:
    async def embed(url: str) -> list[list[float]]:
        judge = EndpointJudge("local:m", url, "m")
        try:
            return await judge.embed(["하나", "둘둘둘"], "bge-m3")
        finally:
            await judge.close()

    with serving() as server:
        assert asyncio.run(embed(server.url)) == [[1.0, 2.0], [1.0, 3.0]]


@pytest.mark.parametrize("kind", ["openai", "gemini"])
def test_a_missing_key_is_told_with_its_name(kind: Any) -> None:
    with pytest.raises(JudgeUnavailable, match=r"(OPENAI|GEMINI)_API_KEY"):
        make_judge(Choice(kind, "m"), {})


def test_an_own_server_needs_no_key() -> None:
    async def made(choice: Choice) -> str:
        judge = make_judge(choice, {})
        await judge.close()
        return judge.url

    assert asyncio.run(made(Choice("local", "m"))) == "http://127.0.0.1:8000/v1"
    assert asyncio.run(made(Choice("openai", "m", "http://10.0.0.1/v1/"))) == "http://10.0.0.1/v1"


def test_gemini_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    importing: Callable[[str], None] = missing
    monkeypatch.setattr(gemini.importlib, "import_module", importing)
    with pytest.raises(JudgeUnavailable, match="pip install google-genai"):
        make_judge(Choice("gemini", "gemini-2.5-flash"), {"GEMINI_API_KEY": "k"})
