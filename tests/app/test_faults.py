"""What a real server does when it is killed or stopped in the midst of work: what its users see, what is kept."""

from __future__ import annotations

import json
import shutil
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from pipeline.service import Home
from pipeline.traces import TraceStore
from tests.app.cli_runs import wait_for
from tests.app.faulty import PATIENCE, QUESTION, USERS, server
from tests.pipeline.corpora import build


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
        with httpx.Client(base_url=url, timeout=PATIENCE) as client:
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
        assert httpx.post(f"{url}/v1/ask", json=QUESTION, timeout=PATIENCE).status_code == 200  # loaded
        for user in range(USERS):
            pool.submit(use, user)
        assert enough.wait(PATIENCE)
        process.kill()
        process.wait()
        gone.set()
    with server(home) as (_, url), httpx.Client(base_url=url, timeout=PATIENCE) as client:  # nobody has to mend a thing
        wait_for(lambda: client.get("/readyz").status_code == 200, PATIENCE)
        assert client.post("/v1/ask", json=QUESTION).json()["state"] == "done"
        for trace_id, _ in acknowledged:
            assert client.get(f"/v1/traces/{trace_id}").json()["state"] == "done"
    store = TraceStore(Home(home).traces)
    for trace_id, reason in acknowledged:
        assert store.feedback(trace_id)[-1].reason == reason
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
