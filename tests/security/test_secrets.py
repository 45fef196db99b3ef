"""Nothing secret is in anything that a run of the whole server writes: its home, its outputs, its answers."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from app.access.addresses import INTERNAL_KEY
from pipeline.service import Home
from tests.app.cli_runs import failure, run, run_json, start
from tests.app.test_cli_serve import free_port
from tests.app.test_cli_users import PASSWORD, made
from tests.pipeline.corpora import build

LLM_KEY = "sk-planted-key-of-the-language-model"
WRONG = "비밀번호를 잘못 친 글"
READY = 240  # seconds, on a busy machine


class Server:
    """A guarded server with the annotation app beside it, and what it said."""

    def __init__(self, home: Path) -> None:
        self.home, self.url = home, f"http://127.0.0.1:{(port := free_port())}"
        ports = ("--port", str(port), "--labels-port", str(free_port()))
        self.process = start(home, "serve", *ports, "--set", "access.trusted_proxies=10.9.9.9")
        assert self.process.stdout
        self.said = self.process.stdout.readline()

    def internal(self) -> str:
        """The key of the annotation app, from where only its owner can read it."""
        beside = [child for child in psutil.Process(self.process.pid).children() if "pages.serving" in child.cmdline()]
        return str(beside[0].environ()[INTERNAL_KEY])

    def stop(self) -> str:
        """End it; everything that it said."""
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=120)
        return self.said + out + err


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[list[bytes], dict[str, str], dict[str, int]]]:
    """All that was written and answered, the secrets, and the statuses of the script."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANSANG_LLM_KEY", LLM_KEY)
        folder = tmp_path_factory.mktemp("secrets")
        home = folder / "home"
        build(Home(home))
        made(home, "boss", "admin")
        secrets = {"password": PASSWORD, "wrong": WRONG, "llm": LLM_KEY}
        secrets["key"] = run_json(home, "keys", "add", "ci", "--scopes", "ask,admin")["key"]
        server = Server(home)
        try:
            secrets["internal"] = server.internal()
            answers, statuses, secrets["session"] = script(server, secrets)
        finally:
            said = server.stop()
        files = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
        yield [said.encode(), *answers, *files], secrets, statuses


def script(server: Server, secrets: dict[str, str]) -> tuple[list[bytes], dict[str, int], str]:
    """What people and programs do in a day, good and bad."""
    replies: dict[str, httpx.Response] = {}
    question = {"question": "주차 되나요?", "index": "small"}
    with httpx.Client(base_url=server.url, timeout=120) as client:
        for name, headers in (
            ("key", {"Authorization": f"Bearer {secrets['key']}"}),
            ("internal", {"Authorization": f"Bearer {secrets['internal']}"}),
            ("cut", {"Authorization": f"Bearer {secrets['key'][:-1]}"}),
            ("basic", {"Authorization": f"Basic {secrets['key']}"}),
        ):
            replies[name] = client.post("/v1/ask", json=question, headers=headers)
        key = {"Authorization": f"Bearer {secrets['key']}"}
        replies["refused"] = client.post("/v1/ask", json=question | {"set": {"no.such": 1}}, headers=key)
        replies["broken"] = client.post("/v1/ask", content=b"{", headers=key | {"content-type": "application/json"})
        replies["drop"] = client.delete("/v1/indexes/none", headers=key)
        replies["metrics"] = client.get("/metrics", headers=key)
        replies["wrong"] = sign_in(client, WRONG)
        replies["right"] = sign_in(client, PASSWORD)
        session = client.cookies["hansang_chat"]
        replies["page"] = client.get("/")
        replies["cookie"] = client.post("/v1/ask", json=question, headers={"origin": server.url})
        replies["account"] = client.get("/account")
    kept = [reply.content for reply in replies.values()]
    return kept, {name: reply.status_code for name, reply in replies.items()}, session


def sign_in(client: httpx.Client, password: str) -> Any:
    """Fill in the form."""
    form = re.search(r'name="form" value="([0-9a-f]+)"', client.get("/signin").text)
    assert form
    sent = {"form": form[1], "name": "boss", "password": password}
    return client.post("/signin", data=sent, headers={"origin": str(client.base_url).rstrip("/")})


@pytest.mark.timeout(READY + 60)
def test_the_script_went_through_every_door(told: tuple[list[bytes], dict[str, str], dict[str, int]]) -> None:
    _, secrets, statuses = told
    assert all(len(secret) > 8 for secret in secrets.values())
    expected = {
        "key": 200, "internal": 200, "cut": 401, "basic": 401, "wrong": 401, "right": 303, "page": 200, "cookie": 200,
    }  # fmt: skip
    assert {name: statuses[name] for name in expected} == expected
    assert statuses["refused"] == statuses["broken"] == 422
    assert (statuses["metrics"], statuses["account"]) == (200, 200)


@pytest.mark.parametrize("name", ["password", "wrong", "llm", "key", "internal", "session"])
def test_no_secret_is_in_what_it_wrote(told: tuple[list[bytes], dict[str, str], dict[str, int]], name: str) -> None:
    written, secrets, _ = told
    assert len(written) > 10
    forms = [secrets[name], secrets[name].removeprefix("hs_"), secrets[name].encode("unicode_escape").decode()]
    for form in forms:
        assert [piece[:80] for piece in written if form.encode() in piece] == []


def test_what_is_looked_for_would_be_found(told: tuple[list[bytes], dict[str, str], dict[str, int]]) -> None:
    written, _, _ = told
    assert any("주차 되나요?".encode() in piece for piece in written)  # the questions are kept, as they should be


@pytest.mark.parametrize(("command", "host"), [("serve", "0.0.0.0"), ("demo", "0.0.0.0"), ("serve", "::")])
def test_an_open_door_without_an_account_is_refused_whatever_it_leads_to(
    tmp_path: Path, command: str, host: str
) -> None:
    said = failure(run(tmp_path / "home", command, "--no-labels", "--host", host, "--port", str(free_port())), 4)
    assert "hansang users add" in said


def test_an_open_server_says_that_it_is_open(tmp_path: Path) -> None:
    process = start(tmp_path / "home", "serve", "--no-labels", "--port", str(free_port()))
    assert process.stdout
    lines = [process.stdout.readline() for _ in range(3)]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert "로그인 없이 이 컴퓨터에만 열려 있습니다" in "".join(lines)
