"""A real HTTP server that streams chat completions as vLLM does, and can be slow, silent, broken, wrong or gone."""

from __future__ import annotations

import json
import select
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]
LONG = 30.0  # seconds after which a condition that a test waits for counts as never coming


@dataclass
class Say:
    """What is sent for one request.

    ``pieces`` are the texts of the events. Then comes ``then``: ``end`` as it should be, ``hang`` until the client is
    gone, ``think`` until then without a word of the answer, ``drop`` the connection, ``error`` as an event, ``endless``
    JSON. ``status`` other than 200 sends ``message`` as an error.
    """

    pieces: Sequence[str] = ()
    then: str = "end"
    finish: str = "stop"
    usage: tuple[int, int] | None = (100, 10)
    status: int = 200
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class _Http(ThreadingHTTPServer):
    request_queue_size = 128  # many come at once in some tests


class LlmServer:
    """The server at work. ``say`` decides from the body of a request; a test may change it at any time."""

    def __init__(self, say: Callable[[Json], Say] | Say, port: int = 0) -> None:
        self.say = say
        self.bodies: list[Json] = []
        self.headers: list[Mapping[str, str]] = []
        self.gone = threading.Semaphore(0)  # released whenever a client is seen to have left
        self.models = ["test-model"]
        self.window: int | None = None  # with one, /tokenize counts a token a character
        self.running = 0
        self.most_running = 0
        self._lock = threading.Lock()
        self._http = _Http(("127.0.0.1", port), _handler(self))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})

    def count(self, by: int) -> None:
        """Count requests under way."""
        with self._lock:
            self.running += by
            self.most_running = max(self.most_running, self.running)

    def __enter__(self) -> LlmServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


def event(value: Json) -> bytes:
    """One server-sent event."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def choice(delta: Json, finish: str | None = None) -> Json:
    """The body of an event with one choice."""
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def _handler(server: LlmServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._json(200, {"object": "list", "data": [{"id": name} for name in server.models]})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/tokenize":
                self._tokenize(body)
                return
            server.bodies.append(body)
            server.headers.append(dict(self.headers))
            said = server.say(body) if callable(server.say) else server.say
            server.count(1)
            try:
                self._say(said)
            except OSError:
                server.gone.release()
            finally:
                server.count(-1)

        def _tokenize(self, body: Json) -> None:
            if server.window is None:
                self._json(404, {"detail": "Not Found"})
            else:
                count = sum(len(turn["content"]) for turn in body["messages"])
                self._json(200, {"count": count, "max_model_len": server.window, "tokens": []})

        def _say(self, said: Say) -> None:
            if said.status != 200:
                self._json(said.status, {"error": {"message": said.message}}, said.headers)
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            self._send(event(choice({"role": "assistant", "content": ""})))
            for piece in said.pieces:
                self._send(event(choice({"content": piece})))
            getattr(self, f"_{said.then}")(said)

        def _send(self, data: bytes) -> None:
            self.wfile.write(data)
            self.wfile.flush()

        def _end(self, said: Say) -> None:
            self._send(event(choice({}, said.finish)))
            if said.usage:
                asked, told = said.usage
                self._send(event({"choices": [], "usage": {"prompt_tokens": asked, "completion_tokens": told}}))
            self._send(b"data: [DONE]\n\n")

        def _hang(self, said: Say) -> None:
            select.select([self.connection], [], [], LONG)  # readable when the other side has closed
            server.gone.release()

        def _think(self, said: Say) -> None:
            while not select.select([self.connection], [], [], 0.05)[0]:
                self._send(event(choice({"reasoning_content": "음"})))
            server.gone.release()

        def _drop(self, said: Say) -> None:
            return

        def _error(self, said: Say) -> None:
            self._send(event({"error": {"message": "EngineDeadError", "code": 500}}))

        def _endless(self, said: Say) -> None:
            self._send(b"data: " + b'{"choices":' * 20_000 + b"\n\n")

        def _json(self, status: int, value: Json, headers: Mapping[str, str] | None = None) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            for name, one in (headers or {}).items():
                self.send_header(name, one)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
