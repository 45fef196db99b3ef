"""A real Milvus server for tests: ``milvus-lite server`` in a process of its own, and demo indexes that lie there."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from pipeline.config import with_overrides
from pipeline.errors.milvus import MilvusDown
from pipeline.index import current_folder, read_manifest, write_manifest
from pipeline.milvus.collection import ping
from pipeline.service import Home
from pipeline.settings import Settings
from pipeline.storing import store_parts
from pipeline.types import Document, Source

DEMO = Path(__file__).parents[3] / "data" / "demo"
DEADLINE_S = 120
PATIENT = with_overrides(Settings(), {"milvus.timeout_s": DEADLINE_S})  # the machine of a test may be busy


class LiteServer:
    """One server with its data; it can be killed and started again at the same address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> LiteServer:
        program = [str(Path(sys.executable).with_name("milvus-lite")), "server", "--max-workers", "1"]
        program += ["--data-dir", str(self._folder), "--host", "127.0.0.1", "--port", str(self._port)]
        with (self._folder.parent / "milvus.log").open("ab") as log:
            self._process = subprocess.Popen(program, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + DEADLINE_S
        while True:
            try:
                ping(self.uri)
                return self
            except MilvusDown:
                assert self._process.poll() is None, "milvus-lite ended"
                assert time.monotonic() < end
                time.sleep(0.1)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def demo_documents() -> list[Document]:
    """The demo's reviews, as ``hansang demo`` indexes them."""
    rows = {
        name: [json.loads(line) for line in (DEMO / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
        for name in ("restaurants", "reviews")
    }
    places = {row["id"]: row for row in rows["restaurants"]}
    documents = []
    for row in rows["reviews"]:
        place = places[row["restaurant_id"]]
        source = Source(
            row["id"], 0, len(row["text"]), "", place["name"], place["category"], place["district"],
            place.get("price_band"), row["rating"], row["date"],
        )  # fmt: skip
        documents.append(Document(row["text"], source))
    return documents


def questions() -> list[str]:
    lines = (DEMO / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines]


def moved(home: Home, local: str, name: str, uri: str, **milvus: str) -> Settings:
    """A copy of a local index whose vectors lie on a server, by the code that indexing calls; its settings."""
    source = current_folder(home.indexes, local)
    folder = home.indexes / name / source.name
    shutil.copytree(source, folder)
    overrides = {"retrieval.store": "milvus", "milvus.uri": uri} | {f"milvus.{k}": v for k, v in milvus.items()}
    settings = with_overrides(Settings(), overrides, indexing=True)
    manifest = read_manifest(folder)
    store_parts(folder, folder.parent, folder.name, manifest.analysers, settings, lambda stage, done: None)
    built = {**manifest.settings, "retrieval.store": "milvus"}
    write_manifest(
        folder,
        type(manifest)(**{**{f: getattr(manifest, f) for f in manifest.__slots__}, "name": name, "settings": built}),
    )
    (folder.parent / "current").write_text(folder.name)
    return settings
