"""``deploy/nginx/llm.conf``: several language-model servers behind one URL, by nginx itself where it is installed."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from pipeline.config import load_profile

FILE = Path(__file__).parents[1] / "deploy" / "nginx" / "llm.conf"
TEXT = FILE.read_text(encoding="utf-8")
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
WRITTEN = ("10.0.0.11:8000", "10.0.0.12:8000", "127.0.0.1:8000")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed: apt-get install nginx")


def test_it_listens_where_the_profile_asks() -> None:
    (listen,) = re.findall(r"listen ([\d.:]+);", TEXT)
    assert load_profile("gpu").llm.url == f"http://{listen}/v1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main_file(folder: Path, text: str) -> Path:
    (folder / "llm.conf").write_text(text, encoding="utf-8")
    for name in ("body", "proxy", "fastcgi", "uwsgi", "scgi"):
        (folder / name).mkdir()
    places = "".join(
        f"{name}_temp_path {folder / short};"
        for name, short in (
            ("client_body", "body"), ("proxy", "proxy"), ("fastcgi", "fastcgi"), ("uwsgi", "uwsgi"), ("scgi", "scgi"),
        )
    )  # fmt: skip
    path = folder / "nginx.conf"
    path.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off; {places}\ninclude {folder}/llm.conf; }}\n"
    )
    return path


def check(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    assert NGINX
    return subprocess.run([NGINX, "-t", "-e", "stderr", "-c", main_file(folder, text)], capture_output=True, text=True)


@needs_nginx
def test_nginx_understands_it(tmp_path: Path) -> None:
    done = check(tmp_path, TEXT)
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


@needs_nginx
def test_a_misspelt_word_is_noticed(tmp_path: Path) -> None:
    done = check(tmp_path, TEXT.replace("proxy_buffering", "proxy_bufering"))
    assert done.returncode != 0
    assert "proxy_bufering" in done.stderr


@dataclass
class Model:
    """A server that streams two tokens, the second when it is let; or that hangs up in mid-answer."""

    hangs_up: bool = False
    asked: int = 0
    left: int = 0
    go: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                model.asked += 1
                if model.hangs_up:
                    self.close_connection = True
                    return
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.chunk(b"data: first\n\n")
                self.connection.settimeout(0.05)
                while not model.go.is_set():
                    try:
                        if not self.connection.recv(1):
                            model.left += 1
                            self.close_connection = True
                            return
                    except TimeoutError:
                        continue
                self.connection.settimeout(None)
                self.chunk(b"data: second\n\n")
                self.wfile.write(b"0\r\n\r\n")

            def chunk(self, data: bytes) -> None:
                self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
                self.wfile.flush()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}"

    def stop(self) -> None:
        self.go.set()
        self.server.shutdown()
        self.server.server_close()


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[Callable[[str, str], str]]:
    """Starts nginx in front of two addresses and gives the URL of both."""
    started: list[subprocess.Popen[bytes]] = []

    def start(one: str, other: str) -> str:
        assert NGINX
        here, text = f"127.0.0.1:{free_port()}", TEXT
        for written, real in zip(WRITTEN, (one, other, here), strict=True):
            assert text.count(written) == 1
            text = text.replace(written, real)
        started.append(subprocess.Popen([NGINX, "-e", "stderr", "-c", main_file(tmp_path, text)]))

        def listens() -> bool:
            assert started[0].poll() is None, (tmp_path / "error.log").read_text()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", int(here.rpartition(":")[2]))) == 0

        until(listens)
        return f"http://{here}/v1/chat/completions"

    yield start
    for each in started:
        each.terminate()
        each.wait(30)


@pytest.fixture
def models() -> Iterator[tuple[Model, Model]]:
    two = Model(), Model()
    yield two
    for each in two:
        each.stop()


@needs_nginx
def test_tokens_come_as_they_are_written_and_the_least_busy_is_asked(
    behind: Callable[[str, str], str], models: tuple[Model, Model]
) -> None:
    url = behind(*(each.address for each in models))
    with httpx.Client(timeout=20) as client, client.stream("POST", url, json={}) as stream:
        lines = stream.iter_lines()
        # The second token isn't written before the first was read: that comes only where nothing is held back.
        assert next(lines) == "data: first"
        busy, free = sorted(models, key=lambda model: -model.asked)
        free.go.set()
        assert [client.post(url, json={}).status_code for _ in range(4)] == [200] * 4
        assert (busy.asked, free.asked) == (1, 4)
        busy.go.set()
        assert "data: second" in list(lines)


@needs_nginx
def test_who_stops_reading_frees_the_model(behind: Callable[[str, str], str], models: tuple[Model, Model]) -> None:
    url = behind(*(each.address for each in models))
    with httpx.Client(timeout=60) as client, client.stream("POST", url, json={}) as one:
        assert next(one.iter_lines()) == "data: first"
    until(lambda: sum(each.left for each in models) == 1)


@needs_nginx
def test_a_server_that_is_down_is_passed_over(behind: Callable[[str, str], str], models: tuple[Model, Model]) -> None:
    there, _ = models
    there.go.set()
    url = behind(f"127.0.0.1:{free_port()}", there.address)
    with httpx.Client(timeout=60) as client:
        assert [client.post(url, json={}).status_code for _ in range(6)] == [200] * 6
    assert there.asked == 6


@needs_nginx
def test_a_question_that_was_sent_is_never_sent_twice(
    behind: Callable[[str, str], str], models: tuple[Model, Model]
) -> None:
    for each in models:
        each.hangs_up = True
    url = behind(*(each.address for each in models))
    with httpx.Client(timeout=60) as client:
        assert client.post(url, json={}).status_code == 502
    assert sum(each.asked for each in models) == 1
