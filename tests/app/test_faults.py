"""What a real server does when it is killed or stopped in the midst of work: what its users see, what is kept."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from pipeline.service import Home
from pipeline.traces import TraceStore
from tests.app.cli_runs import wait_for
from tests.pipeline.corpora import build

USERS = 50
PATIENCE = 180  # seconds for a server to come up on a busy machine
QUESTION = {"question": "웨이팅은 얼마나 되나요?", "index": "small"}

# The server as `hansang serve` starts it, without the chat, whose library takes seconds to import; its reranker waits
# while there is a file `hold` in the home.
SERVER = """
import sys, time
from pathlib import Path
import app.server as server
from pipeline.config import with_overrides
from pipeline.settings import Settings
from pipeline.rerankers import linear
from pipeline.service import Home

home, port, overrides = Path(sys.argv[1]), int(sys.argv[2]), dict(o.split("=") for o in sys.argv[3:])
server.mount = lambda app, service: app
rerank = linear.LinearReranker.rerank
def slowly(self, *given):
    if (home / "hold").exists():
        (home / "held").touch()
    while (home / "hold").exists():
        time.sleep(0.02)
    return rerank(self, *given)
linear.LinearReranker.rerank = slowly
server.serve(Home(home), with_overrides(Settings(), overrides), host="127.0.0.1", port=port)
"""


@contextmanager
def server(home: Path, *overrides: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server in a process of its own, and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    root = str(Path(__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(home), str(port), *overrides],
        env=os.environ | {"PYTHONPATH": root}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: process.poll() is not None or accepts(port), PATIENCE)
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        yield process, url
    finally:
        process.kill()
        process.communicate()


def accepts(port: int) -> bool:
    """Whether somebody listens; cheap, for it is asked twenty times a second."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faults")
    build(Home(folder))
    return folder


@pytest.fixture
def home(built: Path, tmp_path: Path) -> Path:
    shutil.copytree(built, tmp_path / "home")
    return tmp_path / "home"


@pytest.mark.slow
@pytest.mark.timeout(PATIENCE * 3)
def test_no_acknowledged_feedback_is_lost_when_the_server_is_killed_under_load(home: Path) -> None:
    """SIGKILL: what a process may die of. It says nothing of a machine that loses its power."""
    acknowledged: list[tuple[str, str]] = []
    enough, gone = threading.Event(), threading.Event()

    def use(user: int) -> None:
        with httpx.Client(base_url=url, timeout=60) as client:
            for number in range(1_000):
                try:
                    asked = client.post("/v1/ask", json=QUESTION)
                    if asked.status_code in (429, 503):
                        assert asked.json()["detail"]
                        gone.wait(0.02)
                        continue
                    said = {"trace": asked.json()["id"], "vote": "down", "reason": f"{user}-{number}"}
                    voted = client.post("/v1/feedback", json=said)
                except httpx.TransportError:  # the server is gone
                    return
                if voted.status_code < 300:
                    acknowledged.append((said["trace"], said["reason"]))
                if len(acknowledged) >= USERS:
                    enough.set()

    with server(home) as (process, url), ThreadPoolExecutor(USERS) as pool:
        for user in range(USERS):
            pool.submit(use, user)
        assert enough.wait(PATIENCE)
        process.kill()
        process.wait()
        gone.set()
    store = TraceStore(Home(home).traces)
    for trace_id, reason in acknowledged:
        assert store.feedback(trace_id)[-1].reason == reason
        assert store.get(trace_id).state == "done"
    store.close()


@pytest.mark.timeout(PATIENCE * 3)
def test_sigterm_lets_the_running_answer_end_and_turns_new_ones_away(home: Path) -> None:
    hold = home / "hold"
    with server(home) as (process, url), ThreadPoolExecutor(1) as pool:
        assert httpx.post(f"{url}/v1/ask", json=QUESTION, timeout=PATIENCE).status_code == 200
        hold.touch()
        running = pool.submit(httpx.post, f"{url}/v1/ask", json=QUESTION, timeout=PATIENCE)
        wait_for((home / "held").exists, PATIENCE)
        process.send_signal(signal.SIGTERM)
        with httpx.Client(base_url=url, timeout=PATIENCE) as watching:
            wait_for(lambda: watching.get("/readyz").json()["status"] == "draining", PATIENCE)
        refused = httpx.post(f"{url}/v1/ask", json=QUESTION, timeout=PATIENCE)
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) > 0
        assert refused.json()["title"] == "draining"
        hold.unlink()
        assert running.result().status_code == 200
        process.wait(PATIENCE)
        assert process.returncode == 0
        assert process.stderr
        assert "Traceback" not in process.stderr.read()
    assert json.loads((home / "logs" / "server.jsonl").read_text().splitlines()[-1])["kind"] in ("request", "question")


@pytest.mark.slow
@pytest.mark.timeout(PATIENCE * 3)
def test_an_answer_that_hangs_does_not_keep_a_server_from_ending(home: Path) -> None:
    with server(home, "service.drain_s=1") as (process, url), ThreadPoolExecutor(1) as pool:
        (home / "hold").touch()
        pool.submit(httpx.post, f"{url}/v1/ask", json=QUESTION, timeout=PATIENCE)
        wait_for((home / "held").exists, PATIENCE)
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
        assert process.returncode == 0
