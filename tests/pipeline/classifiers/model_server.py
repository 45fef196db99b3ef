"""A real HTTP server that speaks OpenAI's chat completions, and can be slow, cut short, wrong or down."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pipeline.analysis.replies import EMOTIONS, LEVELS

Json = dict[str, Any]


@dataclass
class Sent:
    """What the server sends back. ``keep`` cuts the body after so many bytes and closes the connection."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    keep: int | None = None


Answer = Callable[[Json], Sent]
"""From the body of a request to what is sent back; may wait."""


def review_of(body: Json) -> str:
    """The review that a request asks about: that of the last turn which holds one."""
    turns = [turn["content"] for turn in body["messages"] if turn["role"] == "user"]
    found = [json.loads(turn)["review"] for turn in turns if turn.startswith('{"review"')]
    return str(found[-1])


def right_reply(review: str, *, aspects: bool = True) -> Json:
    """A reply of the schema which the review's words decide."""
    good = sum(word in review for word in ("맛있", "친절", "좋"))
    bad = sum(word in review for word in ("별로", "불친절", "짜"))
    positive = 50 + 20 * min(2, good) - 20 * min(2, bad)
    sentiment = {"positive": positive, "neutral": 4, "negative": 92 - positive, "mixed": 4}
    levels = dict(zip(LEVELS, (92 - positive, 2, 2, 2, positive + 2), strict=True))
    reply: Json = {"sentiment": sentiment, "intensity": levels, "emotions": [{"label": EMOTIONS[0], "score": positive}]}
    if aspects:
        quote = review.strip()[:4].strip()
        reply["aspects"] = [{"aspect": "food", "polarity": "positive", "quote": quote, "score": 80}] if quote else []
    return reply


def chat(content: str | None, finish: str = "stop") -> Sent:
    """A completion with this content."""
    message = {"role": "assistant", "content": content}
    value = {"choices": [{"index": 0, "message": message, "finish_reason": finish}]}
    return Sent(json.dumps({**value, "usage": {"prompt_tokens": 10, "completion_tokens": 5}}).encode())


def right(body: Json) -> Sent:
    """The right reply."""
    aspects = "aspects" in body["response_format"]["json_schema"]["schema"]["properties"]
    return chat(json.dumps(right_reply(review_of(body), aspects=aspects), ensure_ascii=False))


def refusal(status: int, message: str, **headers: str) -> Sent:
    """An error as such servers send it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Sent(json.dumps({"error": {"message": message}}).encode(), status, named)


class ModelServer:
    """The server at work: what it was asked, and how it answers, which a test may change at any time."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.bodies: list[Json] = []
        self.headers: list[Mapping[str, str]] = []
        self.most_at_once = 0
        self.healthy = True
        self._inside = 0
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                status = 200 if server.healthy else 503
                self._send(Sent(b'{"object": "list", "data": []}', status))

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with server.entered(body, dict(self.headers)):
                    sent = server.answer(body)
                self._send(sent)

            def handle(self) -> None:
                with suppress(ConnectionResetError):  # whoever asked has gone, with a connection kept alive
                    super().handle()

            def _send(self, sent: Sent) -> None:
                try:
                    self.send_response(sent.status)
                    for name, value in sent.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(sent.body)))
                    self.end_headers()
                    self.wfile.write(sent.body if sent.keep is None else sent.body[: sent.keep])
                    self.wfile.flush()
                except OSError:  # whoever asked has gone
                    self.close_connection = True
                if sent.keep is not None:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})

    @contextmanager
    def entered(self, body: Json, headers: Mapping[str, str]) -> Iterator[None]:
        """Count a request as under way."""
        with self._lock:
            self.bodies.append(body)
            self.headers.append(headers)
            self._inside += 1
            self.most_at_once = max(self.most_at_once, self._inside)
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1

    def __enter__(self) -> ModelServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.socket.close()
