"""Finding a model: a folder, the cache, or a hub, which is a real server here, asked by the real client."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants

from pipeline import machine
from pipeline.errors.neural import ModelAbsent, ModelGated, ModelUnusable
from pipeline.neural.folders import digest
from pipeline.neural.hub import find
from tests.pipeline.neural.folders import make

COMMIT = "a" * 40
NAME = "maker/model"


class Hub:
    """Answers of a hub: a refusal for everything, or a folder's files under ``maker/model``."""

    def __init__(self) -> None:
        self.refusal: tuple[int, str] | None = None
        self.folder: Path | None = None
        self.asked: list[str] = []


class Handler(BaseHTTPRequestHandler):
    hub: Hub

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.hub.asked.append(self.path)
        path = self.path.partition("?")[0]
        if self.hub.refusal:
            status, code = self.hub.refusal
            return self.reply(status, b"{}", {"X-Error-Code": code} if code else {})
        assert self.hub.folder is not None
        files = sorted(p for p in self.hub.folder.rglob("*") if p.is_file())
        names = [p.relative_to(self.hub.folder).as_posix() for p in files]
        if path == f"/api/models/{NAME}/revision/main":
            listed = ",".join(f'{{"rfilename": "{name}"}}' for name in names)
            return self.reply(200, f'{{"id": "{NAME}", "sha": "{COMMIT}", "siblings": [{listed}]}}'.encode())
        if path.startswith(f"/api/models/{NAME}/tree/"):
            entry = '{{"type": "file", "path": "{}", "size": {}, "oid": "{}"}}'
            listed = ",".join(
                entry.format(n, p.stat().st_size, hashlib.sha1(p.read_bytes()).hexdigest())
                for n, p in zip(names, files, strict=True)
            )
            return self.reply(200, f"[{listed}]".encode())
        name = path.removeprefix(f"/{NAME}/resolve/{COMMIT}/")
        if name not in names:
            return self.reply(404, b"{}", {"X-Error-Code": "EntryNotFound"})
        body = (self.hub.folder / name).read_bytes()
        found = {"ETag": f'"{hashlib.sha1(body).hexdigest()}"', "X-Repo-Commit": COMMIT}
        return self.reply(200, body, found)

    def reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    state = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": state}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_folder_is_itself_and_its_revision_its_hash(tmp_path: Path) -> None:
    folder = make(tmp_path / "m")
    found = find(str(folder), "main", "encoder")
    assert (found.name, found.folder, found.revision) == (str(folder), folder, digest(folder))


def test_the_hub_is_asked_once_and_the_cache_from_then_on(hub: Hub, tmp_path: Path) -> None:
    hub.folder = make(tmp_path / "remote")
    (hub.folder / "onnx").mkdir()
    (hub.folder / "onnx" / "model.onnx").write_bytes(b"large")
    found = find(NAME, "main", "encoder")
    assert (found.name, found.revision) == (NAME, COMMIT)
    assert sorted(p.name for p in found.folder.iterdir()) == ["config.json", "model.safetensors", "tokenizer.json"]
    asked = len(hub.asked)
    hub.refusal = (500, "")
    assert find(NAME, "main", "encoder") == found
    assert len(hub.asked) == asked


def test_what_came_over_half_is_fetched_again(hub: Hub, tmp_path: Path) -> None:
    hub.folder = make(tmp_path / "remote")
    found = find(NAME, "main", "encoder")
    (found.folder / "tokenizer.json").unlink()  # killed before the last file
    assert find(NAME, "main", "encoder") == found
    assert (found.folder / "tokenizer.json").exists()


@pytest.mark.parametrize(("status", "code"), [(401, "GatedRepo"), (403, "GatedRepo"), (403, "")])
def test_a_gated_model_names_the_page_of_its_licence_and_the_token(hub: Hub, status: int, code: str) -> None:
    hub.refusal = (status, code)
    with pytest.raises(ModelGated, match="동의") as told:
        find(NAME, "main", "encoder")
    for text in (told.value.korean, told.value.english):
        assert f"https://huggingface.co/{NAME}" in text
        assert "HF_TOKEN" in text


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [(401, "", "HTTP 401"), (404, "RepoNotFound", "HTTP 404"), (404, "RevisionNotFound", "no revision 'main'")],
)
def test_a_name_that_the_hub_does_not_know(hub: Hub, status: int, code: str, said: str) -> None:
    hub.refusal = (status, code)
    with pytest.raises(ModelAbsent, match=f"hf download {NAME}") as told:
        find(NAME, "main", "encoder")
    assert said in told.value.english


def test_without_a_network_it_says_how_to_bring_the_model(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelAbsent, match=f"hf download {NAME}") as told:
        find(NAME, "main", "encoder")
    assert "이 컴퓨터에 없고" in told.value.korean
    assert hub.asked == []


def test_a_hub_that_does_not_answer(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:  # bound and not listening: every call is refused
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{taken.getsockname()[1]}")
        assert machine.hub_answer(NAME) == "silent"
        with pytest.raises(ModelAbsent, match=f"hf download {NAME}"):
            find(NAME, "main", "encoder")


@pytest.mark.parametrize("name", ["/no/such/folder", "./none", "~/none", "justaname", "a/b/c", "no spaces/al lowed"])
def test_neither_a_folder_nor_a_name(hub: Hub, name: str) -> None:
    with pytest.raises(ModelAbsent) as told:
        find(name, "main", "encoder")
    assert name in told.value.korean
    assert hub.asked == []


def test_a_damaged_folder_is_not_taken_for_a_name(tmp_path: Path) -> None:
    folder = make(tmp_path / "m")
    (folder / "config.json").unlink()
    with pytest.raises(ModelUnusable):
        find(str(folder), "main", "encoder")


@pytest.mark.parametrize(
    ("status", "code", "answer"),
    [(200, "", "open"), (403, "GatedRepo", "gated"), (404, "RepoNotFound", "unknown"), (500, "", "silent")],
)
def test_the_doctor_asks_whether_a_model_may_be_fetched(hub: Hub, status: int, code: str, answer: str) -> None:
    hub.refusal = (status, code)
    assert machine.hub_answer(NAME) == answer


def test_the_doctor_knows_what_is_here(hub: Hub, tmp_path: Path) -> None:
    hub.folder = make(tmp_path / "remote")
    assert machine.is_cached(str(hub.folder))
    assert not machine.is_cached(NAME)
    find(NAME, "main", "encoder")
    assert machine.is_cached(NAME)
