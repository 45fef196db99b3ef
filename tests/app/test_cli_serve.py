"""``hansang serve`` and ``demo``: they open, say where, refuse to run twice, and end cleanly with Ctrl-C."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from annotations.desk import Desk
from app.access.addresses import public_address
from app.cli.building import DEMO_NAME
from app.cli.serving import _labelling, _opening, reachable
from pipeline.config import with_overrides
from pipeline.index import current_folder, read_manifest
from pipeline.settings import Settings
from tests.app.cli_runs import failure, make_index, run, run_json, start, wait_for

READY = 120  # seconds: the chat takes some to import on a busy machine


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def first_line(process: subprocess.Popen[str]) -> str:
    """What a server says first: that it is open."""
    assert process.stdout
    line = process.stdout.readline()
    assert line, process.stderr.read() if process.stderr else ""
    return line


def stop(process: subprocess.Popen[str]) -> str:
    """End a server as Ctrl-C does; what it said on standard error."""
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode in (0, 130), said
    assert "Traceback" not in said
    return said


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serve")
    make_index(folder / "home", folder)
    Desk(folder / "home" / "labels.db").close()
    return folder / "home"


@pytest.fixture(scope="module")
def port(home: Path) -> Iterator[int]:
    """The port of a running server over the home."""
    number = free_port()
    settings = ("--set", "retrieval.k=3", "--set", "service.head_bytes=8192")
    process = start(home, "serve", "--no-labels", "--port", str(number), *settings)
    assert f"http://127.0.0.1:{number}" in first_line(process)
    yield number
    stop(process)


@pytest.mark.timeout(READY + 60)
def test_server_answers_with_the_settings_it_was_given(port: int) -> None:
    assert httpx.get(f"http://127.0.0.1:{port}/livez").status_code == 200
    asked = httpx.post(
        f"http://127.0.0.1:{port}/v1/ask", json={"question": "주차 되나요?", "index": "small"}, timeout=60
    )
    assert asked.json()["settings"]["retrieval.k"] == 3


def test_a_head_without_end_is_refused(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: here\r\nX: " + b"x" * 8_192)
        assert connection.recv(100).startswith(b"HTTP/1.1 431 ")


def test_the_servers_own_backup_is_in_the_log_of_acts(home: Path, port: int) -> None:
    assert port
    wait_for(lambda: run_json(home, "audit"))
    (act,) = run_json(home, "audit")
    (made,) = (home / "backups").glob("auto-*")
    assert (act["kind"], act["by"], act["what"]) == ("backup", "server", str(made))
    assert act["detail"]["sha256"] == json.loads((made / "manifest.json").read_text(encoding="utf-8"))["sha256"]
    assert run_json(home, "verify", str(made))["whole"]


def test_second_server_over_one_home_is_refused(home: Path, port: int) -> None:
    assert port
    assert "다른 한상(프로세스" in failure(run(home, "serve", "--no-labels", "--port", str(free_port())), 4)


def test_taken_port_is_told_at_once_with_another(tmp_path: Path, port: int) -> None:
    said = failure(run(tmp_path / "home", "demo", "--port", str(port)), 5)
    assert f"{port}번 포트" in said
    assert f"--port {port + 1}" in said
    assert not (tmp_path / "home" / "index").exists()


def test_questions_can_be_asked_beside_a_running_server(home: Path, port: int) -> None:
    assert port
    assert run(home, "ask", "주차 되나요?", "--index", "small").exit_code == 0


def test_setting_that_only_indexing_can_change_is_refused(tmp_path: Path) -> None:
    assert "색인할 때" in failure(run(tmp_path, "serve", "--set", "indexing.k1=2"), 2)


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_impossible_port_is_wrong_usage(tmp_path: Path, port: str) -> None:
    assert "Usage" in failure(run(tmp_path, "serve", "--port", port), 2)


def test_server_without_an_index_says_how_to_make_one(tmp_path: Path) -> None:
    process = start(tmp_path, "serve", "--no-labels", "--port", str(free_port()))
    first_line(process)
    assert "아직 색인이 없습니다" in stop(process)


@pytest.mark.parametrize(
    ("host", "shown"), [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]"), ("example.kr", "example.kr")]
)
def test_address_that_is_shown_can_be_opened(host: str, shown: str) -> None:
    assert reachable(host) == shown


@pytest.mark.parametrize(
    ("host", "asked"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("192.0.2.7", "192.0.2.7"), ("::1", "[::1]")],
)
def test_the_annotation_app_is_told_where_the_server_listens(tmp_path: Path, host: str, asked: str) -> None:
    beside = _labelling(tmp_path, _opening(Settings(), host, 7861, 8502, demo=False), Settings())
    assert (beside.chat_host, beside.chat) == (asked, 7861)


@pytest.mark.parametrize("demo", [False, True])
def test_the_annotation_app_is_told_what_stands_before_it(tmp_path: Path, demo: bool) -> None:
    chosen = {"service.chat_url": "https://chat.kr:8443/", "access.trusted_proxies": "10.0.0.9", "access.signins": 7}
    settings = with_overrides(Settings(), chosen)
    beside = _labelling(tmp_path, _opening(settings, "127.0.0.1", 7861, 8502, demo=demo), settings)
    assert (beside.chat_url, beside.trusted_proxies, beside.signins) == ("https://chat.kr:8443", "10.0.0.9", 7)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("auto", ""),
        ("", ""),
        (" https://chat.kr/ ", "https://chat.kr"),
        ("http://[2001:db8::7]:7860", "http://[2001:db8::7]:7860"),
        ("https://채팅.한국", "https://채팅.한국"),
    ],
)
def test_the_public_address_of_the_chat_is_a_bare_one(url: str, address: str) -> None:
    assert public_address("service.chat_url", url) == address


@pytest.mark.parametrize(
    "url",
    [
        "chat.kr",
        "javascript:alert(1)",
        "ftp://chat.kr",
        "//chat.kr",
        "https://",
        "https://chat.kr/chat",
        "https://chat.kr//",
        "https://chat.kr/..",
        "https://chat.kr?x",
        "https://chat.kr#x",
        "https://kim:pw@chat.kr",
        "https://chat.kr\\@evil.kr",
        "https://chat.kr:99999",
        "https://chat.kr:0",
        "https://chat.kr evil.kr",
        "https://chat.kr\n.evil.kr",
        "https://chat.kr'onclick='x",
    ],
)
def test_an_address_that_is_more_than_one_is_refused_before_anything_starts(tmp_path: Path, url: str) -> None:
    ports = ("--port", str(free_port()), "--labels-port", str(free_port()))
    said = failure(run(tmp_path / "home", "serve", *ports, "--set", f"service.chat_url={url}"), 2)
    assert "service.chat_url" in said
    assert "https://chat.example.kr" in said
    assert not (tmp_path / "home").exists()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_demo_builds_its_index_once_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    for said in ("완성: 단락 384", "이미 최신입니다"):
        number = free_port()
        process = start(tmp_path, "demo", "--no-labels", "--port", str(number))
        assert f":{number}" in first_line(process)
        assert httpx.get(f"http://127.0.0.1:{number}/v1/indexes").json()[0]["name"] == DEMO_NAME
        assert said in stop(process)
    assert read_manifest(current_folder(tmp_path / "index", DEMO_NAME)).analysers == ("kiwi", "okt")


@pytest.mark.slow
@pytest.mark.timeout(READY + 60)
def test_one_ctrl_c_ends_it_while_a_page_is_open(tmp_path: Path) -> None:
    """An open page holds a connection for as long as it is open."""
    make_index(tmp_path / "home", tmp_path)
    number = free_port()
    process = start(tmp_path / "home", "serve", "--no-labels", "--port", str(number))
    try:
        first_line(process)
        with httpx.stream("GET", f"http://127.0.0.1:{number}/gradio_api/heartbeat/open", timeout=60) as page:
            assert page.status_code == 200
            stop(process)
    finally:
        process.kill()
        process.wait()
