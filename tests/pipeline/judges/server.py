"""A judge on this machine: a real HTTP server that speaks as OpenAI's does, and misbehaves as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Said:
    """One response. ``cut`` promises more bytes than come; ``hang`` sends nothing until the server is stopped."""

    text: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: str | None = None
    usage: dict[str, int] | None = field(default_factory=lambda: {"prompt_tokens": 100, "completion_tokens": 20})
    finish: str = "stop"
    cut: bool = False
    hang: bool = False


Behaviour = Callable[[dict[str, Any], int], Said]
"""What is said to a request's body; the number counts the requests from 1."""


def fair(body: dict[str, Any], number: int) -> Said:
    """A judge that does what it is asked: a statement is borne out where a passage has it word for word."""
    return Said(verdict_on(body["messages"]))


def verdict_on(messages: list[dict[str, str]]) -> str:
    """What a fair judge says."""
    given = next(value for m in reversed(messages) if (value := _given(m)))
    texts = [passage["text"] for passage in given.get("passages", ())]
    if "passages" not in given:
        questions = [f"{given['answer'][:20]}은 무엇인가요{n}?" for n in range(3)]
        value: dict[str, Any] = {"questions": [{"question": q, "noncommittal": 0} for q in questions]}
    elif "answer" in given:
        said = [part.strip() for part in given["answer"].split(".") if part.strip()] or [given["answer"]]
        value = {"statements": [{"statement": s, "verdict": int(any(s in t for t in texts))} for s in said]}
    elif "attributed" in messages[0]["content"]:
        held = any(given["reference"] in text for text in texts)
        value = {"classifications": [{"statement": given["reference"], "attributed": int(held)}]}
    else:
        found = [given["reference"] in text for text in texts]
        value = {"verdicts": [{"passage": n, "verdict": int(held)} for n, held in enumerate(found, start=1)]}
    return json.dumps(value, ensure_ascii=False)


def _given(message: dict[str, str]) -> dict[str, Any] | None:
    if message["role"] != "user" or not message["content"].startswith("{"):
        return None
    value: dict[str, Any] = json.loads(message["content"])
    return value


class JudgeServer:
    """Counts and keeps what it was asked. ``behave`` may be changed at any time."""

    def __init__(self, behave: Behaviour = fair) -> None:
        self.behave = behave
        self.bodies: list[dict[str, Any]] = []
        self.stopped = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def asked(self) -> int:
        return len(self.bodies)

    def stop(self) -> None:
        if not self.stopped.is_set():
            self.stopped.set()
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    def answer(self, path: str, body: dict[str, Any]) -> tuple[Said, str]:
        with self._lock:
            self.bodies.append(body)
            number = len(self.bodies)
        if path.endswith("/embeddings"):
            rows = [{"index": n, "embedding": [1.0, float(len(text))]} for n, text in enumerate(body["input"])]
            return Said(), json.dumps({"data": rows})
        said = self.behave(body, number)
        if said.raw is not None:
            return said, said.raw
        choice = {"message": {"role": "assistant", "content": said.text}, "finish_reason": said.finish}
        return said, json.dumps({"choices": [choice], "usage": said.usage}, ensure_ascii=False)

    def _handler(judge: JudgeServer) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                said, text = judge.answer(self.path, body)
                if said.hang:
                    judge.stopped.wait(120)
                    self.close_connection = True
                    return
                payload = text.encode()
                try:
                    self.send_response(said.status)
                    self.send_header("Content-Length", str(len(payload) + (100 if said.cut else 0)))
                    for name, value in said.headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(payload)
                except OSError:  # whoever asked has gone
                    pass
                self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


@contextmanager
def serving(behave: Behaviour = fair) -> Iterator[JudgeServer]:
    """A judge for the length of the block."""
    server = JudgeServer(behave)
    try:
        yield server
    finally:
        server.stop()
