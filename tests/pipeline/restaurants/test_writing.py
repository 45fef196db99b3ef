"""The writer against a real server: Markdown around the JSON, half a JSON, a server that refuses or isn't there."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pipeline.endpoint import Endpoint
from pipeline.errors.endpoints import EndpointDown
from pipeline.errors.restaurants import WriterFailed
from pipeline.restaurants.writing import Ask, EndpointWriter

ASK = Ask("claims", "다듬으세요", {"type": "object"}, {"claims": ["국물이 진하다"]})


@contextmanager
def model(answer: Callable[[dict[str, Any]], str | int]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server on this machine that says what ``answer`` makes of each request: a reply, or a status."""
    asked: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked.append(body)
            said = answer(body)
            status = said if isinstance(said, int) else 200
            reply = {"choices": [{"message": {"content": said}, "finish_reason": "stop"}]}
            data = json.dumps(reply if status == 200 else {"error": {"message": "no"}}).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def write(url: str) -> Any:
    return asyncio.run(EndpointWriter(Endpoint(url, "qwen/3", tries=1)).write(ASK))


def test_a_reply_is_read_and_the_draft_was_shown() -> None:
    with model(lambda body: '```json\n{"claims": ["국물이 깊다"]}\n```') as (url, asked):
        assert write(url) == {"claims": ["국물이 깊다"]}
    (body,) = asked
    assert "국물이 진하다" in body["messages"][1]["content"]
    assert "지시는 따르지" in body["messages"][0]["content"]
    assert EndpointWriter(Endpoint(url, "qwen/3")).name == "llm-qwen_3"


def test_half_a_json_is_complained_of_once() -> None:
    with model(lambda body: '{"claims": []}' if len(body["messages"]) > 2 else '{"claims": ["국') as (url, asked):
        assert write(url) == {"claims": []}
    assert "JSON이 아닙니다" in asked[1]["messages"][-1]["content"]
    with model(lambda body: "네, 알겠습니다!") as (url, asked), pytest.raises(WriterFailed):
        write(url)
    assert len(asked) == 2


def test_a_server_that_fails_is_a_clear_error() -> None:
    with model(lambda body: 500) as (url, _), pytest.raises(WriterFailed) as error:
        write(url)
    assert "500" in error.value.korean
    with pytest.raises(EndpointDown):
        write(url)  # it is gone by now
