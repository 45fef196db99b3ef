"""Benchmark of the served pipeline: milliseconds from a question to its contexts, its first sentence and its end.

Asks a real server, in a process of its own, over server-sent events, as many users at once as wanted. A browser adds
the time to draw what it gets.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import httpx

from pipeline.errors.machine import BackendUnavailable
from pipeline.evaluation.metrics import percentile
from pipeline.evaluation.retrieval_bench import Timing

START_SECONDS = 120
_EVENTS = {"retrieved": "contexts", "answering": "first", "done": "end"}


@dataclass(frozen=True, slots=True)
class ChatTimes:
    """Milliseconds over all questions of all users."""

    questions: int
    errors: int
    contexts: Timing
    first: Timing
    end: Timing


def bench_chat(home: Path, profile: str, index: str, texts: Sequence[str], users: int, questions: int) -> ChatTimes:
    """Start a server over a home and let ``users`` ask ``questions`` each, one after the other."""
    with running_server(home, profile) as server, ThreadPoolExecutor(users) as pool:
        ask_first(server.url, index, texts[:3])
        turns = [list(islice(cycle(texts), user * questions, (user + 1) * questions)) for user in range(users)]
        times = [one for found in pool.map(lambda turn: ask_in_turn(server.url, index, turn), turns) for one in found]
    good = [one for one in times if "end" in one]
    return ChatTimes(len(times), len(times) - len(good), *(_timing(good, name) for name in _EVENTS.values()))


def _timing(times: Sequence[dict[str, float]], name: str) -> Timing:
    values = [one[name] for one in times if name in one]
    return Timing(percentile(values, 0.5), percentile(values, 0.95))


def ask_first(url: str, index: str, questions: Sequence[str]) -> None:
    """Wait until everything is loaded, and ask: what comes with the first questions isn't a user's wait.

    Raises:
        BackendUnavailable: none is answered; says what the server says.
    """
    _until_ready(url)
    if any("end" in times for times in ask_in_turn(url, index, questions)):
        return
    reply = httpx.post(f"{url}/v1/search", json={"question": questions[0], "index": index}, timeout=60)
    said = f"HTTP {reply.status_code}: {problem_of(reply.content) or 'no answer'}"
    raise BackendUnavailable(name="server", reason=said, cure="`hansang doctor`")


def problem_of(body: bytes) -> str:
    """What a problem document says, in Korean; empty where the body is none."""
    try:
        found = json.loads(body)
    except ValueError:
        return ""
    return str(found.get("detail", "")) if isinstance(found, dict) else ""


def _until_ready(url: str) -> None:
    """Wait until the models are loaded. What else is wrong with the server is told when it is asked."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        checks = httpx.get(f"{url}/readyz", timeout=60).json()["checks"]
        if any(check["status"] == "fail" for check in checks if check["name"] != "models"):
            return
        if all(check["status"] == "ok" for check in checks if check["name"] == "models"):
            return
        time.sleep(0.2)


def ask_in_turn(url: str, index: str, questions: Sequence[str]) -> list[dict[str, float]]:
    """One user: a connection that stays open, one question after the other."""
    with httpx.Client(base_url=url, timeout=60) as client:
        return [ask_once(client, index, question) for question in questions]


def ask_once(client: httpx.Client, index: str, question: str) -> dict[str, float]:
    """The milliseconds after which each part of the answer came, by name; without ``end`` where it failed."""
    start, found = time.perf_counter(), dict[str, float]()
    body = {"question": question, "index": index, "stream": True}
    with client.stream("POST", "/v1/ask", json=body) as reply:
        for line in reply.iter_lines():
            name = _EVENTS.get(line.removeprefix("event: "))
            if name and name not in found:
                found[name] = (time.perf_counter() - start) * 1000
    return found


@dataclass(frozen=True, slots=True)
class Running:
    """A server in a process of its own."""

    url: str
    pid: int


@contextmanager
def running_server(home: Path, profile: str, overrides: Mapping[str, object] | None = None) -> Iterator[Running]:
    """A server in a process of its own, with settings changed, stopped at the end of the block.

    Raises:
        BackendUnavailable: it doesn't come up.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "app.cli", "--home", str(home), "--profile", profile, "serve"]
    command += ["--port", str(port), "--no-labels"]
    command += [word for name, value in (overrides or {}).items() for word in ("--set", f"{name}={value}")]
    server = subprocess.Popen(command, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        _wait(server, f"http://127.0.0.1:{port}")
        yield Running(f"http://127.0.0.1:{port}", server.pid)
    finally:
        server.terminate()
        server.communicate(timeout=30)


def _wait(server: subprocess.Popen[str], url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/livez", timeout=5)
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return
    said = server.stderr.read() if server.poll() is not None and server.stderr else "no answer"
    raise BackendUnavailable(name="server", reason=said.strip(), cure="`hansang doctor`")
