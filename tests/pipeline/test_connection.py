"""One call to a real server that refuses, breaks off, is slow or isn't there: told apart alike, whoever asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.connection import CallTrouble, Client, Connection, Reply
from pipeline.endpoint import Endpoint, is_here
from pipeline.errors.endpoints import EndpointRefused
from pipeline.errors.judges import JudgeRefused
from pipeline.judges.endpoint import EndpointJudge
from pipeline.judges.types import Message
from tests.pipeline.judges.server import Behaviour, JudgeServer, Said, serving

BODY = {"messages": [{"role": "user", "content": "판정"}], "max_tokens": 9, "temperature": 0, "seed": 1}
KEY = "sk-planted"


def call(url: str, seconds: float = 30, times: int = 1) -> Reply:
    """The last of so many replies on one connection."""

    async def ask() -> Reply:
        connection = Connection(Endpoint(url, "m", KEY, seconds))
        try:
            for _ in range(times - 1):
                await connection.chat(BODY, ("temperature", "seed"))
            return await connection.chat(BODY, ("temperature", "seed"))
        finally:
            await connection.close()

    return asyncio.run(ask())


def always(said: Said) -> Behaviour:
    return lambda body, number: said


def error(status: int, message: str = "no", **headers: str) -> Said:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Said(status=status, raw=f'{{"error": {{"message": "{message}"}}}}', headers=named)


def test_a_reply_with_its_tokens_and_one_without() -> None:
    with serving(always(Said("네"))) as server:
        assert call(server.url) == Reply("네", True, (100, 20))
        server.behave = always(Said("네", usage={"prompt_tokens": -1}, finish="length"))
        assert call(server.url) == Reply("네", False, (None, None))


@pytest.mark.parametrize(
    ("said", "kind", "after"),
    [
        *((error(status), "refused", None) for status in (401, 402, 403, 404)),
        (error(429, "You exceeded your quota: insufficient_quota"), "refused", None),
        (error(429, Retry_After="7"), "busy", 7.0),
        (error(503, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"), "busy", 0.0),
        (error(400), "rejected", None),
        (error(302), "rejected", None),
        (error(501), "rejected", None),
        (Said(raw="<html>"), "unreadable", None),
        (Said(raw='{"choices": []}'), "unreadable", None),
        (Said(raw='{"choices": [{"message": {"content": 5}}]}'), "unreadable", None),
        (Said(raw="[1]"), "unreadable", None),
        (Said("네, 됩니다", cut=True), "cut-off", None),
    ],
)
def test_what_goes_wrong_is_told_apart(said: Said, kind: str, after: float | None) -> None:
    with serving(always(said)) as server, pytest.raises(CallTrouble) as told:
        call(server.url)
    assert (told.value.kind, told.value.after_s) == (kind, after)
    assert server.asked == 1  # it is sent once, whatever comes of it


def test_silence_and_nobody_there() -> None:
    with serving(always(Said(hang=True))) as server:
        with pytest.raises(CallTrouble) as told:
            call(server.url, seconds=0.2)
        assert told.value.kind == "timeout"
    for url in (server.url, "http://[bad", "127.0.0.1:8000"):
        with pytest.raises(CallTrouble) as told:
            call(url)
        assert told.value.kind == "down"


def picky(body: dict[str, Any], number: int) -> Said:
    if "max_tokens" in body:
        return error(400, "Use max_completion_tokens instead of max_tokens")
    for name in ("temperature", "seed"):
        if name in body:
            return error(400, f"Unsupported parameter: {name}")
    return Said("네")


def test_what_is_refused_by_name_is_left_out_from_then_on() -> None:
    with serving(picky) as server:
        assert call(server.url, times=3).text == "네"
        assert server.asked == 3 + 3  # three refusals are learned once
        assert server.bodies[-1]["max_completion_tokens"] == 9
        assert not {"temperature", "seed", "max_tokens"} & server.bodies[-1].keys()


def test_what_must_be_asked_for_is_not_left_out() -> None:
    with serving(always(error(400, "messages and response_format are not supported"))) as server:
        with pytest.raises(CallTrouble):
            call(server.url)
        assert server.asked == 1


def client(server: JudgeServer) -> Reply:
    async def ask() -> Reply:
        endpoint = Endpoint(server.url, "m", KEY, tries=2, pause_s=0.001)
        async with Client(endpoint) as made:
            return await made.chat([{"role": "user", "content": "판정"}], {"type": "object"}, "x", 9)

    return asyncio.run(ask())


def judge(server: JudgeServer) -> Reply:
    async def ask() -> Reply:
        made = EndpointJudge("local:m", server.url, "m", KEY)
        try:
            found = await made.complete([Message("user", "판정")], 9)
        finally:
            await made.close()
        return Reply(found.text, not found.cut, (found.tokens_in, found.tokens_out))

    return asyncio.run(ask())


BOTH = pytest.mark.parametrize(
    ("ask", "refused"), [(client, EndpointRefused), (judge, JudgeRefused)], ids=["client", "judge"]
)
Ask = Callable[[JudgeServer], Reply]


@BOTH
def test_a_newer_model_that_takes_no_temperature_is_asked_all_the_same(ask: Ask, refused: type[Exception]) -> None:
    with serving(lambda body, number: picky({k: v for k, v in body.items() if k != "seed"}, number)) as server:
        assert ask(server) == Reply("네", True, (100, 20))
        assert server.bodies[-1]["response_format"]


@BOTH
@pytest.mark.parametrize("said", [error(401, f"wrong key {KEY}"), error(429, f"{KEY}: insufficient_quota")])
def test_what_will_never_be_answered_is_asked_once_and_shows_no_key(
    ask: Ask, refused: type[Exception], said: Said
) -> None:
    with serving(always(said)) as server, pytest.raises(refused) as told:
        ask(server)
    assert server.asked == 1
    assert KEY not in str(told.value)
    assert "***" in str(told.value)


@BOTH
def test_a_list_of_errors_is_read_as_gemini_sends_it(ask: Ask, refused: type[Exception]) -> None:
    listed = always(Said(status=403, raw='[{"error": {"message": "API key expired"}}]'))
    with serving(listed) as server, pytest.raises(refused, match="API key expired") as told:
        ask(server)
    assert "[{" not in str(told.value)


@BOTH
def test_a_server_of_this_machine_is_asked_without_the_proxy_of_the_surroundings(
    ask: Ask, refused: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody is there
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serving(always(Said("네"))) as server:
        assert ask(server).text == "네"


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8000/v1", True),
        ("http://localhost/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://10.0.0.1/v1", False),
        ("https://api.openai.com/v1", False),
        ("http://[bad", False),
        ("", False),
    ],
)
def test_which_servers_are_of_this_machine(url: str, here: bool) -> None:
    assert is_here(url) == here
