"""What users of a real server see when a part of it fails under them: the model, the disk, the index, the reranker."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipeline.service import Home
from pipeline.traces import TraceStore
from tests.app.cli_runs import wait_for
from tests.app.faulty import NO_NAME_SPACES, PATIENCE, QUESTION, USERS, server
from tests.app.test_cli_serve import free_port
from tests.pipeline.corpora import build

pytestmark = [pytest.mark.slow, pytest.mark.timeout(PATIENCE * 4)]

# A language model's server: says a piece and then nothing more while there is a file `hold`, else a whole answer. It
# holds them as long as the test may take: one that it let go would count as a failure, and the model would rest too
# early for those who come last.
MODEL = """
import sys, threading
from pathlib import Path
from tests.pipeline.generators import llm_server
from tests.pipeline.generators.llm_server import LlmServer, Say

hold, llm_server.LONG = Path(sys.argv[2]), float(sys.argv[3])
def say(body):
    return Say(["주말에는 "], then="hang") if hold.exists() else Say(["주말에는 사십 분 기다립니다 [1]."])
with LlmServer(say, int(sys.argv[1])) as model:
    threading.Event().wait()
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parts")
    build(Home(folder))
    return folder


@pytest.fixture
def home(built: Path, tmp_path: Path) -> Path:
    shutil.copytree(built, tmp_path / "home")
    return tmp_path / "home"


@contextmanager
def client_of(url: str) -> Iterator[httpx.Client]:
    """One client for many users: each has a connection of its own."""
    limits = httpx.Limits(max_connections=4 * USERS, max_keepalive_connections=4 * USERS)
    with httpx.Client(base_url=url, timeout=PATIENCE, limits=limits, trust_env=False) as client:
        yield client


def part(client: httpx.Client, name: str) -> dict[str, Any]:
    """What /readyz says of a part, with the status of it all."""
    reply = client.get("/readyz")
    (found,) = (check for check in reply.json()["checks"] if check["name"] == name)
    return {**found, "code": reply.status_code}


def gauge(client: httpx.Client, name: str) -> float:
    """A metric without labels."""
    lines = client.get("/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


class TestModel:
    @contextmanager
    def model(self, port: int, hold: Path) -> Iterator[subprocess.Popen[bytes]]:
        root = Path(__file__).parents[2]
        process = subprocess.Popen([sys.executable, "-c", MODEL, str(port), str(hold), str(PATIENCE * 4)], cwd=root)
        try:
            wait_for(lambda: answers(f"http://127.0.0.1:{port}/v1/models"), PATIENCE)
            yield process
        finally:
            process.kill()
            process.wait()

    def test_killed_in_mid_answer_users_have_contexts_and_a_reason_and_it_recovers(self, home: Path) -> None:
        port, hold = free_port(), home / "hold-model"
        hold.touch()
        overrides = (
            "generator=openai", f"llm.url=http://127.0.0.1:{port}/v1", "llm.model=test-model", "llm.gate=off",
            f"llm.concurrency={USERS}", "llm.first_token_s=120", "llm.next_token_s=120", "llm.circuit_s=5",
            f"service.concurrent={USERS}", "service.stage_s=150",
        )  # fmt: skip
        with server(home, *overrides) as (_, url), client_of(url) as client:
            with self.model(port, hold) as model, ThreadPoolExecutor(USERS) as pool:
                wait_for(lambda: part(client, "llm")["status"] == "ok", PATIENCE)
                begun = threading.Semaphore(0)
                running = [pool.submit(watch, client, begun) for _ in range(USERS)]
                assert all(begun.acquire(timeout=PATIENCE) for _ in range(USERS))
                model.kill()
                model.wait()
                seen = [future.result() for future in running]
            for events in seen:
                assert [name for name, _ in events][-1] == "done"
                assert any(data.get("candidates") for _, data in events)
                trouble = next(data["answer"]["trouble"] for _, data in reversed(events) if "answer" in data)
                assert trouble["code"] == "llm-broken"
                assert "끊" in trouble["ko"]
            # They came before it had read its models ahead of them, which it does once nobody asks.
            wait_for(lambda: part(client, "models")["status"] == "ok", PATIENCE)
            # A trial may be due at any moment; it fails, and the next is told that the model rests.
            wait_for(lambda: self.trouble(client) == "llm-resting", PATIENCE)
            check = part(client, "llm")
            assert (check["status"], check["code"]) == ("warn", 200)
            hold.unlink()
            with self.model(port, hold):
                wait_for(lambda: not self.trouble(client), PATIENCE)
                wait_for(lambda: part(client, "llm")["status"] == "ok", PATIENCE)

    def trouble(self, client: httpx.Client) -> str:
        """Why a question has no answer, though it has its contexts; empty where it has one."""
        said = client.post("/v1/ask", json=QUESTION).json()
        assert said["candidates"]
        trouble = said["answer"]["trouble"]
        return str(trouble["code"]) if trouble else ""


def watch(client: httpx.Client, begun: threading.Semaphore) -> list[tuple[str, dict[str, Any]]]:
    """The events of a streamed answer; tells when its first words are there."""
    found: list[tuple[str, dict[str, Any]]] = []
    with client.stream("POST", "/v1/ask", json={**QUESTION, "stream": True}) as reply:
        name = told = ""
        for line in reply.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                found.append((name, json.loads(line.removeprefix("data: "))))
                if not told and "주말" in line and name == "answering":
                    told = name
                    begun.release()
    return found


def answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


@dataclass
class Crowd:
    """People who ask and vote, over and over, and what they are told. Safe to use from several threads."""

    client: httpx.Client
    over: threading.Event = field(default_factory=threading.Event)
    acknowledged: list[tuple[str, str]] = field(default_factory=list)
    asked: Counter[int] = field(default_factory=Counter)
    refused: list[dict[str, Any]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def use(self, user: int) -> None:
        number = 0
        while not self.over.is_set():
            number += 1
            asked = self.client.post("/v1/ask", json=QUESTION)
            self.asked[asked.status_code] += 1
            if asked.status_code in (429, 503):
                self.over.wait(0.05)
                continue
            if asked.status_code != 200:
                self.broken.append(asked.text)
                continue
            said = {"trace": asked.json()["id"], "vote": "down", "reason": f"{user}-{number}"}
            voted = self.client.post("/v1/feedback", json=said)
            if voted.status_code < 300:
                self.acknowledged.append((said["trace"], said["reason"]))
            else:
                self.refused.append(voted.json())

    @contextmanager
    def at_work(self, pool: ThreadPoolExecutor) -> Iterator[list[Future[None]]]:
        working = [pool.submit(self.use, user) for user in range(USERS)]
        try:
            yield working
        finally:
            self.over.set()
        for each in working:
            each.result()


class TestDisk:
    def within(self, home: Path, disk: Path) -> list[str]:
        """A command that becomes a server over a copy of the home, on a small disk of its own."""
        script = (
            f'mount -t tmpfs -o size=24m tmpfs "{disk}" || exit {NO_NAME_SPACES}; cp -r "{home}/." "{disk}"; exec "$@"'
        )
        return ["unshare", "-rm", "sh", "-c", script, "sh"]

    def test_full_it_refuses_votes_and_answers_on_and_recovers_by_itself(self, home: Path, tmp_path: Path) -> None:
        disk = tmp_path / "disk"
        disk.mkdir()
        tried = subprocess.run([*self.within(home, disk), "true"], capture_output=True, text=True, check=False)
        if tried.returncode == NO_NAME_SPACES or "unshare" in tried.stderr:
            pytest.skip("no name spaces here")
        with (
            server(disk, "service.disk_mb=1", "service.log_mb=1", within=self.within(home, disk)) as (process, url),
            client_of(url) as client,
            ThreadPoolExecutor(USERS) as pool,
        ):
            wait_for(lambda: client.get("/readyz").status_code == 200, PATIENCE)
            seen = Path(f"/proc/{process.pid}/root{disk}")
            crowd = Crowd(client)
            with crowd.at_work(pool):
                self.more(lambda: len(crowd.acknowledged))
                filler = fill(seen / "filler")
                self.more(lambda: len(crowd.refused))
                self.more(lambda: crowd.asked[200])
                assert part(client, "disk")["status"] == "warn"
                assert part(client, "disk")["code"] == 200
                filler.unlink()
                self.more(lambda: len(crowd.acknowledged))
                assert part(client, "disk")["status"] == "ok"
            assert not crowd.broken, crowd.broken[:3]
            assert set(crowd.asked) <= {200, 429}
            assert {said["title"] for said in crowd.refused} <= {"disk-low", "disk-full"}
            assert all("디스크" in said["detail"] and "비우" in said["detail"] for said in crowd.refused)
            after = tmp_path / "after"  # SQLite would follow the link out of the name space
            after.mkdir()
            for path in seen.glob("traces.db*"):
                shutil.copy(path, after)
            kept(after, crowd.acknowledged)

    def more(self, count: Callable[[], int]) -> None:
        """Wait until there are as many more as there are users."""
        before = count()
        wait_for(lambda: count() >= before + USERS, PATIENCE)


def fill(path: Path) -> Path:
    """A file that takes all the room there is."""
    with path.open("wb", buffering=0) as file:
        while True:
            try:
                file.write(b"0" * 4_096)
            except OSError:
                return path


def kept(home: Path, acknowledged: list[tuple[str, str]]) -> None:
    """Make sure that what was acknowledged is there, each with the answer it is about."""
    store = TraceStore(Home(home).traces)
    try:
        for trace_id, reason in acknowledged:
            assert store.feedback(trace_id)[-1].reason == reason
            assert store.get(trace_id).state == "done"
    finally:
        store.close()


class TestIndex:
    def test_broken_while_it_serves_it_answers_on_and_a_restart_says_the_cure(self, home: Path) -> None:
        (manifest,) = (home / "index").glob("small/*/manifest.json")
        with server(home) as (_, url), client_of(url) as client, ThreadPoolExecutor(USERS) as pool:
            wait_for(lambda: client.get("/readyz").status_code == 200, PATIENCE)
            crowd = Crowd(client)
            with crowd.at_work(pool):
                wait_for(lambda: len(crowd.acknowledged) >= USERS, PATIENCE)
                manifest.write_bytes(b'{"format": 1, "name')
                before = crowd.asked[200]
                wait_for(lambda: crowd.asked[200] >= before + USERS, PATIENCE)
                check = part(client, "index")
                assert (check["status"], check["code"]) == ("warn", 200)
                assert "hansang index" in check["ko"]
            assert not crowd.broken, crowd.broken[:3]
            assert not crowd.refused
        with server(home) as (_, url), client_of(url) as client:
            wait_for(lambda: part(client, "models")["ko"] != "모델을 읽는 중입니다. 잠시 뒤 준비됩니다.", PATIENCE)
            check = part(client, "index")
            assert (check["status"], check["code"]) == ("fail", 503)
            assert "`hansang index 파일 --name small`" in check["ko"]
            reply = client.post("/v1/ask", json=QUESTION)
            assert reply.json()["title"] == "index-damaged"
            assert "`hansang index 파일 --name small`" in reply.json()["detail"]
        kept(home, crowd.acknowledged)


class TestReranker:
    def test_while_it_is_stalled_others_are_turned_away_at_once_and_it_recovers(self, home: Path) -> None:
        room, queue = 4, 20
        patient = (f"service.stage_s={PATIENCE * 2}", f"service.wait_s={PATIENCE * 2}")
        with server(home, *patient) as (_, url), client_of(url) as client, ThreadPoolExecutor(USERS) as pool:
            assert client.post("/v1/ask", json=QUESTION).status_code == 200
            (home / "hold").touch()
            stuck = [pool.submit(client.post, "/v1/ask", json=QUESTION) for _ in range(room + queue)]
            wait_for(lambda: gauge(client, "hansang_questions_waiting") == queue, PATIENCE)
            rest = [pool.submit(client.post, "/v1/ask", json=QUESTION) for _ in range(USERS - room - queue)]
            for future in rest:
                reply = future.result()
                assert reply.status_code == 429
                assert reply.json()["title"] == "overloaded"
                assert int(reply.headers["Retry-After"]) >= 1
            assert not any(future.done() for future in stuck)  # at once: before anybody else was served
            (home / "hold").unlink()
            assert {future.result().status_code for future in stuck} == {200}

    def test_a_stage_that_does_not_end_is_given_up_with_the_cure(self, home: Path) -> None:
        with server(home, "service.stage_s=1") as (_, url), client_of(url) as client, ThreadPoolExecutor(USERS) as pool:
            wait_for(lambda: part(client, "models")["status"] == "ok", PATIENCE)
            (home / "hold").touch()
            replies = list(pool.map(lambda _: client.post("/v1/ask", json=QUESTION), range(USERS)))
            assert {reply.status_code for reply in replies} == {429, 504}
            for reply in replies:
                said = reply.json()
                assert said["title"] in ("overloaded", "stage-stalled")
                assert "다시" in said["detail"]
            check = part(client, "models")
            assert (check["status"], check["code"]) == ("warn", 200)
            assert "멈춰" in check["ko"]
            (home / "hold").unlink()
            wait_for(lambda: part(client, "models")["status"] == "ok", PATIENCE)
            assert client.post("/v1/ask", json=QUESTION).status_code == 200
