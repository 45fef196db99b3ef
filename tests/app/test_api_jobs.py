"""Indexes built over HTTP: uploads, jobs that are seen, cancelled, cut off and taken up again, keys sent twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.application import create_api
from app.jobs.desk import Desk
from app.jobs.indexing import IndexSpec
from app.jobs.indexing import build as build_spec
from app.jobs.replies import Replies
from app.jobs.running import COMMAND, Limits, Runner
from app.jobs.store import ATTEMPTS, JobStore
from app.jobs.types import ENDED, Failure, Job, State
from app.refusals import JobEnded, JobsFull, KeyBusy, KeyReused
from pipeline.config import with_overrides
from pipeline.errors.machine import DiskFull
from pipeline.service import Home, Service
from pipeline.settings import Settings
from tests.app.served import until
from tests.app.test_api import assert_problem
from tests.pipeline.corpora import REVIEWS, build

CSV = "text,restaurant,rating,date\n" + "".join(f'"{t}",{n},{r},{d}\n' for n, r, d, t in REVIEWS)
SETTINGS = with_overrides(Settings(), {"service.jobs_waiting": 1, "service.uploads": 2})

# A job's process that says it has begun, then does nothing until it is told to end.
ENDLESS = (
    "import json, sys, time\n"
    "sys.stdin.readline()\n"
    "print(json.dumps({'stage': 'read', 'done': 7, 'total': None}), flush=True)\n"
    "time.sleep(600)\n"
)
LAST_WORDS = "import sys\nsys.stdin.readline()\n{}\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    made = Home(tmp_path_factory.mktemp("home"))
    build(made, name="demo")
    return made


@pytest.fixture(scope="module")
def client(home: Home) -> Iterator[TestClient]:
    service = Service(home, SETTINGS)
    with TestClient(create_api(service)) as client:
        yield client
    service.close()


def ended(client: TestClient, job: str) -> Any:
    until(lambda: client.get(f"/v1/jobs/{job}").json()["state"] in ENDED, every_s=0.2)
    return client.get(f"/v1/jobs/{job}").json()


def test_an_uploaded_file_becomes_an_index_that_answers(client: TestClient, home: Home) -> None:
    assert client.put("/v1/uploads/후기.csv", content=CSV.encode()).json() == {
        "name": "후기.csv", "bytes": len(CSV.encode()),
    }  # fmt: skip
    body = {"name": "우리동네", "files": ["후기.csv"], "set": {"indexing.k1": 1.5}}
    reply = client.post("/v1/indexes", json=body)
    assert reply.status_code == 202
    job = ended(client, reply.json()["id"])
    assert (job["state"], job["error"], job["attempts"]) == ("done", None, 1)
    assert job["result"]["index"]["passages"] == len(REVIEWS)
    assert job["result"]["index"]["settings"]["indexing.k1"] == 1.5
    assert job["stage"] == "switch"
    assert job["done"] == job["total"] == len(REVIEWS)
    asked = client.post("/v1/ask", json={"question": "숯골갈비 주차 무료인가요?", "index": "우리동네"}).json()
    assert asked["answer"]["citations"]

    newer = build(home, name="우리동네")
    versions = client.get("/v1/indexes/우리동네").json()["versions"]
    assert versions == [newer.version, job["result"]["index"]["version"]]

    swapped = client.put("/v1/indexes/우리동네/current", json={"version": versions[1]})
    assert swapped.json()["version"] == versions[1]
    assert client.get("/v1/indexes/우리동네").json()["index"]["version"] == versions[1]
    assert client.delete("/v1/indexes/우리동네").status_code == 204
    assert_problem(client.get("/v1/indexes/우리동네"), 404, "index-not-found")
    assert_problem(client.post("/v1/search", json={"question": "주차", "index": "우리동네"}), 404, "index-not-found")
    assert [file["name"] for file in client.get("/v1/uploads").json()] == ["후기.csv"]


def test_reviews_of_one_restaurant_are_told_whose_they_are(client: TestClient) -> None:
    client.put("/v1/uploads/국밥.csv", content="글,별점\n국물이 진해요,5\n식었어요,2\n".encode())
    body = {"name": "국밥", "files": ["국밥.csv"], "columns": {"text": "글"}, "restaurant": "우리집국밥"}
    ended(client, client.post("/v1/indexes", json=body).json()["id"])
    client.delete("/v1/uploads/국밥.csv")
    asked = client.post("/v1/ask", json={"question": "우리집국밥 평균 별점은?", "index": "국밥"}).json()
    assert asked["answer"]["text"].startswith("우리집국밥: 별점을 준 후기 2건의 평균 별점은 3.50점입니다.")


def test_the_same_files_are_not_indexed_twice_unless_forced(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV, encoding="utf-8")
    spec = IndexSpec(str(tmp_path), "x", (str(tmp_path / "a.csv"),), {"indexing.k1": 2.0})
    told: list[tuple[str, int, int | None]] = []
    first = build_spec(spec, lambda *at: told.append(at))
    assert not first["unchanged"]
    assert told[0] == ("read", 0, None)
    assert told[-1][1:] == (len(REVIEWS), len(REVIEWS))
    again = build_spec(spec, lambda *at: None)
    assert (again["unchanged"], again["index"]) == (True, first["index"])
    forced = build_spec(replace(spec, force=True), lambda *at: None)
    assert forced["index"]["version"] > first["index"]["version"]
    assert not build_spec(replace(spec, restaurant="국밥집"), lambda *at: None)["unchanged"]
    assert IndexSpec.from_json(json.loads(json.dumps(asdict(spec)))) == spec


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "x", "files": ["없는.csv"]}, 404, "upload-not-found"),
        ({"name": "x", "files": ["../traces.db"]}, 422, "bad-upload-name"),
        ({"name": "x", "files": ["/etc/passwd"]}, 422, "bad-upload-name"),
        ({"name": "../x", "files": ["좋은.csv"]}, 422, "bad-index-name"),
        ({"name": "x", "files": ["좋은.csv"], "set": {"indexing.k1": -1}}, 422, "bad-setting"),
        ({"name": "x", "files": ["좋은.csv"], "set": {"nope": 1}}, 422, "unknown-setting"),
        ({"name": "x", "files": ["좋은.csv"], "tokenizers": ["nope"]}, 422, "backend-not-found"),
        ({"name": "x", "files": ["좋은.csv"], "columns": {"text": "없는열"}}, 422, "missing-column"),
        ({"name": "x", "files": ["좋은.csv"], "format": "parquet"}, 422, "file-problem"),
        ({"name": "x", "files": ["좋은.csv", "좋은.csv"]}, 422, "file-problem"),
        ({"name": "x", "files": []}, 422, "malformed-request"),
        ({"name": "x", "files": ["좋은.csv"], "restaurants": "없는.csv"}, 404, "upload-not-found"),
    ],
)
def test_what_can_not_be_built_is_said_before_anything_begins(
    client: TestClient, home: Home, body: dict, status: int, code: str
) -> None:
    client.put("/v1/uploads/좋은.csv", content=CSV.encode())
    before = client.get("/v1/jobs").json()
    said = assert_problem(client.post("/v1/indexes", json=body), status, code)
    assert client.get("/v1/jobs").json() == before
    for sentence in (said["detail"], said["detail_en"]):
        assert "--column" not in sentence
        assert str(home.root) not in sentence


def test_a_column_that_is_missing_is_to_be_named_in_the_request(client: TestClient) -> None:
    client.put("/v1/uploads/좋은.csv", content="내용들,가게\n주차가 편해요,숯골갈비\n".encode())
    body: dict[str, Any] = {"name": "x", "files": ["좋은.csv"]}
    said = assert_problem(client.post("/v1/indexes", json=body), 422, "missing-column")
    assert '올린 좋은.csv에 text의 열이 없습니다(있는 열: 내용들, 가게). columns에 {"text": "열이름"}' in said["detail"]
    body["columns"] = {"text": "내용"}
    assert "columns에서 text" in assert_problem(client.post("/v1/indexes", json=body), 422, "missing-column")["detail"]
    client.put("/v1/uploads/좋은.csv", content=CSV.encode())


@pytest.mark.parametrize("name", ["..", ".x", "a%0Ab", "가" * 101, " a", "%2e%2e", "a%2Fb"])
def test_names_that_no_upload_can_have(client: TestClient, name: str) -> None:
    reply = client.put(f"/v1/uploads/{name}", content=b"x")
    assert reply.status_code in (404, 405, 422)  # some are other addresses
    assert all(file["name"] not in (name, "b") for file in client.get("/v1/uploads").json())


def test_uploads_are_bounded_and_may_be_replaced_and_removed(client: TestClient, home: Home) -> None:
    for file in client.get("/v1/uploads").json():
        client.delete(f"/v1/uploads/{file['name']}")
    assert_problem(client.put("/v1/uploads/a.csv", content=b""), 422, "empty-upload")
    for name in ("a.csv", "b.csv", "a.csv"):
        assert client.put(f"/v1/uploads/{name}", content=name.encode() * 2).status_code == 200
    assert_problem(client.put("/v1/uploads/c.csv", content=b"c"), 409, "uploads-full")
    assert {file["name"]: file["bytes"] for file in client.get("/v1/uploads").json()} == {"a.csv": 10, "b.csv": 10}
    assert sorted(path.name for path in (home.root / "uploads").iterdir()) == ["a.csv", "b.csv"]
    assert client.delete("/v1/uploads/a.csv").status_code == 204
    assert_problem(client.delete("/v1/uploads/a.csv"), 404, "upload-not-found")


def test_a_file_that_holds_nothing_to_index_fails_as_a_job(client: TestClient) -> None:
    client.put("/v1/uploads/a.csv", content=b"text\n,\n")
    job = ended(client, client.post("/v1/indexes", json={"name": "빈", "files": ["a.csv"]}).json()["id"])
    assert (job["state"], job["error"]["code"]) == ("failed", "nothing-to-index")
    assert "a.csv 2번째 줄" in job["error"]["detail"]
    assert "a.csv, line 2" in job["error"]["detail_en"]
    assert "rejects" not in job["error"]["detail"]
    assert job["result"] is None


def test_a_key_sent_twice_does_it_once(client: TestClient) -> None:
    trace = client.post("/v1/ask", json={"question": "주차 되나요?"}).json()["id"]
    key = {"Idempotency-Key": "0b9f6c1e"}
    first = client.post("/v1/feedback", json={"trace": trace, "vote": "up"}, headers=key)
    client.post("/v1/feedback", json={"trace": trace, "vote": "down"})
    second = client.post("/v1/feedback", json={"trace": trace, "vote": "up"}, headers=key)
    assert second.json() == first.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    other = client.post("/v1/feedback", json={"trace": trace, "vote": "down"}, headers=key)
    assert_problem(other, 422, "idempotency-key-reused")
    for bad in (" ", "a b", "가".encode(), "x" * 256):
        reply = client.post("/v1/feedback", json={"trace": trace, "vote": "up"}, headers={"Idempotency-Key": bad})
        if bad.strip():
            assert_problem(reply, 422, "bad-idempotency-key")


def test_what_is_gone_is_gone_once_for_a_key_sent_twice(client: TestClient, home: Home) -> None:
    """As when the answer to the first was lost on its way."""
    build(home, name="지울것")
    for file in client.get("/v1/uploads").json():
        client.delete(f"/v1/uploads/{file['name']}")
    client.put("/v1/uploads/지울것.csv", content=CSV.encode())
    for path, code in (("/v1/indexes/지울것", "index-not-found"), ("/v1/uploads/지울것.csv", "upload-not-found")):
        key = {"Idempotency-Key": f"gone-{code}"}
        replies = [client.delete(path, headers=key) for _ in range(2)]
        assert [(reply.status_code, reply.content) for reply in replies] == [(204, b"")] * 2
        assert [reply.headers.get("idempotency-replayed") for reply in replies] == [None, "true"]
        assert_problem(client.delete(path), 404, code)


def test_who_finds_no_room_for_a_job_is_told_when_to_come_back(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise JobsFull(limit=1)

    monkeypatch.setattr(Runner, "submit", full)
    for file in client.get("/v1/uploads").json():
        client.delete(f"/v1/uploads/{file['name']}")
    client.put("/v1/uploads/a.csv", content=CSV.encode())
    reply = client.post("/v1/indexes", json={"name": "x", "files": ["a.csv"]})
    assert_problem(reply, 429, "jobs-full")
    assert int(reply.headers["retry-after"]) > 0
    assert "retry-after" not in client.get("/v1/jobs/nope").headers


def test_after_a_refusal_the_same_key_may_be_used_again(client: TestClient) -> None:
    key = {"Idempotency-Key": "once-more"}
    body = {"name": "다시", "files": ["나중.csv"]}
    assert_problem(client.post("/v1/indexes", json=body, headers=key), 404, "upload-not-found")
    for file in client.get("/v1/uploads").json():
        client.delete(f"/v1/uploads/{file['name']}")
    client.put("/v1/uploads/나중.csv", content=CSV.encode())
    first = client.post("/v1/indexes", json=body, headers=key)
    second = client.post("/v1/indexes", json=body, headers=key)
    assert first.status_code == second.status_code == 202
    assert first.json()["id"] == second.json()["id"]
    job = first.json()["id"]
    cancelled = client.delete(f"/v1/jobs/{job}").json()
    assert (cancelled["state"], cancelled["name"]) == ("cancelled", "다시")
    assert_problem(client.delete(f"/v1/jobs/{job}"), 409, "job-ended")
    assert_problem(client.delete("/v1/jobs/nope"), 404, "job-not-found")
    newest, *_ = client.get("/v1/jobs").json()["items"]
    assert newest == client.get(f"/v1/jobs/{job}").json() == cancelled


# What follows is about processes, with others in the place of the one that builds indexes.


def command(source: str) -> tuple[str, ...]:
    return (sys.executable, "-c", source)


class Place:
    """A store with a runner of which each job is such a process."""

    def __init__(self, folder: Path, source: str, *, at_once: int = 1, waiting: int = 1) -> None:
        self.store = JobStore(folder / "jobs.db")
        self.runner = Runner(self.store, Limits(at_once, waiting), command(source))

    def begin(self) -> Job:
        return self.runner.submit("index", "x", {"name": "x"})

    def state(self, job: Job) -> str:
        return self.store.get(job.id).state

    def close(self) -> None:
        self.runner.close()
        self.store.close()


@pytest.fixture
def endless(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path, ENDLESS)
    yield place
    place.close()


def test_so_many_run_so_many_wait_the_rest_is_refused(endless: Place) -> None:
    first, second = endless.begin(), endless.begin()
    assert (endless.state(first), endless.state(second)) == ("running", "queued")
    with pytest.raises(JobsFull):
        endless.begin()
    until(lambda: endless.store.get(first.id).done == 7)
    assert endless.runner.cancel(first.id).state == "cancelled"
    until(lambda: endless.state(second) == "running")
    third = endless.begin()
    assert endless.runner.cancel(third.id).state == "cancelled"  # it had not begun
    with pytest.raises(JobEnded):
        endless.runner.cancel(first.id)


SWITCHING = """
import signal, sys, time
from app.jobs import child

def work(spec, at):
    at("read", 1, None)
    time.sleep({before})
    at("switch", 1, 1)
    time.sleep(1)  # it answers already, and nobody has been told yet
    return {{"ok": 1}}

signal.signal(signal.SIGTERM, child._stop)
sys.stdin.readline()
child._do(None, child._Teller(sys.stdout), work)
"""


def test_what_answers_already_is_not_said_to_be_cancelled(tmp_path: Path) -> None:
    place = Place(tmp_path, SWITCHING.format(before=0))
    job = place.begin()
    until(lambda: place.store.get(job.id).stage == "switch")
    with pytest.raises(JobEnded, match="done"):
        place.runner.cancel(job.id)
    assert (place.state(job), place.store.get(job.id).result) == ("done", {"ok": 1})
    place.close()


def test_what_is_cancelled_before_that_is_not_tried_again(tmp_path: Path) -> None:
    place = Place(tmp_path, SWITCHING.format(before=600))
    job = place.begin()
    until(lambda: place.store.get(job.id).stage == "read")
    assert place.runner.cancel(job.id).state == "cancelled"
    after = place.begin()
    until(lambda: place.state(after) == "running")
    assert (place.state(job), place.store.get(job.id).attempts) == ("cancelled", 1)
    place.close()


def test_a_server_that_ends_takes_its_jobs_up_again_when_it_comes_back(tmp_path: Path) -> None:
    before = Place(tmp_path, ENDLESS)
    ran, waited = before.begin(), before.begin()
    before.close()
    after = Place(tmp_path, LAST_WORDS.format('print(\'{"result": {"ok": 1}}\')'))
    after.runner.resume()
    until(lambda: after.state(waited) == "done")
    assert after.store.get(ran.id).attempts == 1
    assert after.store.get(ran.id).result == {"ok": 1}
    after.close()


def test_a_job_outlives_any_number_of_orderly_restarts(tmp_path: Path) -> None:
    first = Place(tmp_path, ENDLESS)
    job = first.begin()
    first.close()
    for _ in range(ATTEMPTS + 1):
        place = Place(tmp_path, ENDLESS)
        assert (place.state(job), place.store.get(job.id).attempts) == ("queued", 0)
        place.runner.resume()
        assert (place.state(job), place.store.get(job.id).attempts) == ("running", 1)
        place.close()


def test_only_a_server_that_crashes_takes_an_attempt_with_it(tmp_path: Path) -> None:
    crashed = Place(tmp_path, ENDLESS)
    job = crashed.begin()
    after = Place(tmp_path, ENDLESS)
    after.runner.resume()
    assert (after.state(job), after.store.get(job.id).attempts) == ("running", 2)
    after.close()
    assert (crashed.state(job), crashed.store.get(job.id).attempts) == ("queued", 1)
    crashed.close()


class FullStore(JobStore):
    """A store on a disk that is ``full`` for a while; ``unwritten`` is what could not be written."""

    full = False
    unwritten = 0

    def _room(self) -> None:
        if self.full:
            self.unwritten += 1
            raise DiskFull(path=self.path)

    def claim(self) -> tuple[Job, dict[str, Any]] | None:
        self._room()
        return super().claim()

    def progress(self, id_: str, stage: str, done: int, total: int | None) -> None:
        self._room()
        super().progress(id_, stage, done, total)

    def finish(self, id_: str, state: State, result: object = None, error: Failure | None = None) -> None:
        self._room()
        super().finish(id_, state, result, error)

    def cancel(self, id_: str) -> Job:
        self._room()
        return super().cancel(id_)

    def requeue(self, ids: Sequence[str] | None = None) -> None:
        self._room()
        super().requeue(ids)

    def give_back(self) -> None:
        self._room()
        super().give_back()


FULL = {"code": "disk-full", "detail": "디스크가 가득", "detail_en": "The disk is full"}
TWO_KINDS = (  # one that is stopped by the disk at a word of ours, and one that is done
    "import json, sys\n"
    "spec = json.loads(sys.stdin.readline())\n"
    "print(json.dumps({'stage': 'read', 'done': 7, 'total': None}), flush=True)\n"
    "print(json.dumps({'error': spec['error']} if 'error' in spec else {'result': {'ok': 1}}), flush=True)\n"
)


class FullPlace(Place):
    """A place on such a disk."""

    def __init__(self, folder: Path) -> None:
        self.store = self.disk = FullStore(folder / "jobs.db")
        self.runner = Runner(self.store, Limits(1, 5), command(TWO_KINDS))

    def begin_then_fill(self, source: str, spec: dict[str, Any]) -> Job:
        """Begin a job after which there is no room any more; what comes later is one of the ``TWO_KINDS``."""
        job = self.disk.add("index", "x", spec, 5)
        claim = self.disk.claim

        def last() -> tuple[Job, dict[str, Any]] | None:
            found = claim()
            self.disk.full = True
            return found

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(self.disk, "claim", last)
            patched.setattr(self.runner, "_command", command(source))
            self.runner.resume()
        return job


@pytest.fixture
def full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FullPlace]:
    monkeypatch.setattr("app.jobs.running.AGAIN_S", 0.05)
    place = FullPlace(tmp_path)
    yield place
    place.close()


@pytest.mark.parametrize(
    ("source", "spec", "state", "code"),
    [
        (TWO_KINDS, {"error": FULL}, "failed", "disk-full"),
        (TWO_KINDS, {}, "done", None),
        (LAST_WORDS.format("print('hello', flush=True)"), {}, "failed", "internal"),
    ],
)
def test_what_a_full_disk_kept_from_being_written_is_written_once_there_is_room(
    full: FullPlace, source: str, spec: dict[str, Any], state: str, code: str | None
) -> None:
    job = full.begin_then_fill(source, spec)
    until(lambda: full.disk.unwritten > 5)  # it is tried again and again
    assert full.state(job) == "running"
    waiting = full.begin()
    assert full.state(waiting) == "queued"
    full.disk.full = False
    until(lambda: full.state(waiting) == "done")
    found = full.store.get(job.id)
    assert (found.state, found.error.code if found.error else None, found.attempts) == (state, code, 1)


def test_a_process_that_died_while_the_disk_was_full_is_tried_again(full: FullPlace) -> None:
    job = full.begin_then_fill(LAST_WORDS.format("raise SystemExit(1)"), {})
    until(lambda: full.disk.unwritten > 5)
    full.disk.full = False
    until(lambda: full.state(job) == "done")
    assert full.store.get(job.id).attempts == 2


def test_what_is_cancelled_while_the_disk_is_full_is_said_to_be_once_there_is_room(full: FullPlace) -> None:
    job = full.begin_then_fill(ENDLESS, {})
    with pytest.raises(DiskFull):
        full.runner.cancel(job.id)
    assert full.state(job) == "running"
    full.disk.full = False
    until(lambda: full.state(job) == "cancelled")
    after = full.begin()
    until(lambda: full.state(after) == "done")


def test_what_came_to_its_end_before_is_not_said_to_be_cancelled_once_there_is_room(full: FullPlace) -> None:
    job = full.begin_then_fill(TWO_KINDS, {})
    until(lambda: full.disk.unwritten > 5)
    with pytest.raises(DiskFull):
        full.runner.cancel(job.id)
    full.disk.full = False
    with pytest.raises(JobEnded, match="done"):
        full.runner.cancel(job.id)


def test_a_server_on_a_full_disk_begins_and_ends_all_the_same(full: FullPlace) -> None:
    full.store.add("index", "x", {}, 5)
    full.disk.full = True
    full.runner.resume()
    full.runner.close()
    assert full.disk.unwritten >= 2


@pytest.mark.parametrize("end", ["import os; os.kill(os.getpid(), 9)", "pass", "raise SystemExit(1)"])
def test_a_process_that_dies_is_tried_again_and_then_said_to_be_cut_off(tmp_path: Path, end: str) -> None:
    place = Place(tmp_path, LAST_WORDS.format(end))
    job = place.begin()
    until(lambda: place.state(job) in ENDED)
    found = place.store.get(job.id)
    assert (found.state, found.attempts) == ("interrupted", ATTEMPTS)
    assert found.error is not None
    assert found.error.code == "job-interrupted"
    assert "이전 색인은 그대로" in found.error.detail
    place.close()


def test_a_process_that_talks_nonsense_has_failed(tmp_path: Path) -> None:
    place = Place(tmp_path, LAST_WORDS.format("print('hello', flush=True)"))
    job = place.begin()
    until(lambda: place.state(job) in ENDED)
    assert place.state(job) == "failed"
    place.close()


def test_a_system_without_room_for_a_process_says_so(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.db")
    runner = Runner(store, Limits(1, 1), ("/nonexistent/program",))
    job = runner.submit("index", "x", {})
    assert job.state == "failed"
    assert job.error is not None
    assert job.error.code == "no-process"
    runner.close()
    store.close()


def test_the_process_of_a_job_ends_with_the_server_that_began_it(tmp_path: Path) -> None:
    spec = {"home": str(tmp_path), "name": "x", "files": [str(tmp_path / "pipe")], "settings": {}, "tokenizers": []}
    os.mkfifo(tmp_path / "pipe")  # whoever opens it waits for ever
    reading, writing_ = os.pipe()
    process = os.posix_spawn(
        sys.executable, [sys.executable, "-m", "app.jobs.child"], dict(os.environ),
        file_actions=[(os.POSIX_SPAWN_DUP2, reading, 0), (os.POSIX_SPAWN_CLOSE, writing_)],
    )  # fmt: skip
    os.close(reading)
    os.write(writing_, json.dumps(spec).encode() + b"\n")
    os.close(writing_)  # as when the server is killed
    ended_: list[int] = []
    until(lambda: ended_.extend(pid for pid in os.waitpid(process, os.WNOHANG)[:1] if pid) or ended_)
    assert ended_ == [process]


def test_a_folder_with_a_program_of_that_name_has_no_say_in_it(tmp_path: Path) -> None:
    (tmp_path / "app" / "jobs").mkdir(parents=True)
    for name in ("__init__.py", "jobs/__init__.py"):
        (tmp_path / "app" / name).touch()
    (tmp_path / "app" / "jobs" / "child.py").write_text("print('stray')\n")
    spec = {"home": str(tmp_path), "name": "x", "files": [str(tmp_path / "none.csv")], "settings": {}, "tokenizers": []}
    with subprocess.Popen(COMMAND, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(spec) + "\n")
        process.stdin.flush()
        said = process.stdout.read()  # its end; only then may the other end be closed
    assert "stray" not in said
    assert json.loads(said.splitlines()[-1])["error"]["code"] == "file-problem"


def test_a_home_without_jobs_has_no_file_of_them(tmp_path: Path) -> None:
    desk = Desk(tmp_path, SETTINGS.service)
    desk.resume()
    desk.close()
    assert not (tmp_path / "jobs.db").exists()


def test_what_was_left_is_taken_up_when_the_api_is_made(home: Home) -> None:
    desk = Desk(home.root, SETTINGS.service, command(ENDLESS))
    job = desk.runner.submit("index", "demo", {})
    until(lambda: desk.store.get(job.id).done == 7)
    desk.close()
    service = Service(home, SETTINGS)
    with TestClient(create_api(service)) as client:
        found = ended(client, job.id)  # begun again, by the real program, which is told nothing of what to do
    assert (found["state"], found["attempts"]) == ("interrupted", 2)
    service.close()


def test_while_the_first_is_worked_on_the_same_key_is_told_to_wait(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.db")
    replies = Replies(store, hours=1)

    def action() -> tuple[int, object]:
        with pytest.raises(KeyBusy):
            replies.once("k", "a", {"x": 1}, lambda: (200, "never"))
        return 200, "once"

    assert replies.once("k", "a", {"x": 1}, action) == ((200, "once"), False)
    assert replies.once("k", "a", {"x": 1}, lambda: (200, "never")) == ((200, "once"), True)
    assert replies.once("k", "b", {"x": 2}, lambda: (200, "another's")) == ((200, "another's"), False)
    with pytest.raises(KeyReused):
        replies.once("k", "a", {"x": 2}, lambda: (200, "never"))
    store.close()


def test_replies_are_kept_over_a_restart_and_for_so_long(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.db")
    Replies(store, hours=1).once("k", "", 1, lambda: (202, {"a": "가"}))
    with pytest.raises(ZeroDivisionError):
        Replies(store, hours=1).once("broken", "", 1, lambda: 1 // 0)
    store.close()
    store = JobStore(tmp_path / "jobs.db")
    assert Replies(store, hours=1).once("k", "", 1, lambda: (200, None)) == ((202, {"a": "가"}), True)
    assert Replies(store, hours=0).once("k", "", 1, lambda: (200, "anew")) == ((200, "anew"), False)
    store.close()
