"""The annotation app beside the chat: opened with it, ended with it, refused with a reason before anything starts."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from annotations.accounts.accounts import Accounts
from annotations.desk import Desk
from app.cli import demo_labels
from app.cli.labelling import Labelling, running, starting
from pages.session import COOKIE
from pipeline.errors.machine import LabelsAppEnded
from tests.app.cli_runs import failure, make_index, run, run_json, start, wait_for
from tests.app.test_cli_serve import READY, first_line, free_port, stop

PASSWORD = "비 오는 날엔 파전에 막걸리"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("labelling")
    make_index(folder / "home", folder)
    return folder / "home"


def lines_until(process: subprocess.Popen[str], last: str) -> list[str]:
    """What a server says on standard output up to a line that holds ``last``."""
    lines = [first_line(process)]
    while last not in lines[-1]:
        assert process.stdout
        lines.append(process.stdout.readline())
        assert lines[-1], lines
    return lines


def sign_in(port: int, name: str, password: str) -> httpx.Response:
    address = f"http://127.0.0.1:{port}"
    return httpx.post(
        f"{address}/signin", data={"name": name, "password": password}, headers={"Origin": address}, timeout=60
    )


def child_of(process: subprocess.Popen[str]) -> psutil.Process:
    """The process of the annotation app."""
    (child,) = (p for p in psutil.Process(process.pid).children(True) if "pages.serving" in p.cmdline())
    return child


def opened(home: Path, *arguments: str) -> tuple[subprocess.Popen[str], int, int]:
    """A server with its two ports, once both can be opened."""
    chat, labels = free_port(), free_port()
    process = start(home, *arguments, "--port", str(chat), "--labels-port", str(labels))
    lines_until(process, "Ctrl-C")
    return process, chat, labels


@pytest.fixture
def server(home: Path) -> Iterator[tuple[subprocess.Popen[str], int, int]]:
    made = opened(home, "serve")
    yield made
    if made[0].poll() is None:
        made[0].kill()
    made[0].communicate(timeout=60)


@pytest.mark.timeout(READY + 60)
def test_both_are_open_and_one_ctrl_c_ends_both(server: tuple[subprocess.Popen[str], int, int]) -> None:
    process, chat, labels = server
    assert httpx.get(f"http://127.0.0.1:{chat}/livez", timeout=60).status_code == 200
    form = httpx.get(f"http://127.0.0.1:{labels}/signin", timeout=60)
    assert form.status_code == 200
    assert "hansang users add" in form.text  # nobody can sign in yet
    child = child_of(process)
    stop(process)
    assert not child.is_running()
    for port in (chat, labels):
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.1:{port}/")


@pytest.mark.slow
@pytest.mark.timeout(READY + 60)
def test_nothing_is_left_when_the_server_is_killed(server: tuple[subprocess.Popen[str], int, int]) -> None:
    process, *_ = server
    child = child_of(process)
    process.kill()
    process.wait(30)
    wait_for(lambda: not child.is_running(), 30)


@pytest.mark.slow
@pytest.mark.timeout(READY + 60)
def test_the_chat_ends_with_an_error_when_the_annotation_app_dies(
    server: tuple[subprocess.Popen[str], int, int],
) -> None:
    process, *_ = server
    child_of(process).kill()
    _, said = process.communicate(timeout=60)
    assert process.returncode == LabelsAppEnded.exit_code
    assert "라벨링 앱이 멈췄습니다" in said
    assert "Traceback" not in said


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_demo_brings_accounts_and_tasks_and_keeps_them(tmp_path: Path) -> None:
    told = []
    for _ in range(2):
        process, _, labels = None, 0, 0
        chat, labels = free_port(), free_port()
        process = start(tmp_path, "demo", "--port", str(chat), "--labels-port", str(labels))
        lines = lines_until(process, "Ctrl-C")
        assert f"http://127.0.0.1:{labels}" in "".join(lines)
        accounts = dict(re.findall(r"^    (\w+) +(\S+)$", "".join(lines), re.MULTILINE))
        assert set(accounts) == set(demo_labels.ACCOUNTS)
        for name, password in accounts.items():
            answer = sign_in(labels, name, password)
            assert answer.status_code == 303, name
            assert COOKIE in answer.cookies
        told.append(accounts)
        stop(process)
    assert told[0] == told[1]
    assert stat.S_IMODE((tmp_path / demo_labels.FILE).stat().st_mode) == 0o600
    with Desk(tmp_path / "labels.db") as desk:
        gold = 384 // demo_labels.GOLD_EVERY
        assert desk.progress("annotator", "review").total == (384 - gold) * demo_labels.SEATS
        assert [entry.demo for entry in Accounts(desk.writer).entries()] == [True] * 4
    # anybody who serves this home to others has nobody to sign in yet
    refused = run(tmp_path, "serve", "--host", "0.0.0.0", "--port", str(free_port()), "--labels-port", str(free_port()))
    assert "users add" in failure(refused, 4)


def test_an_account_of_ones_own_is_left_alone_by_the_demo(tmp_path: Path) -> None:
    with Desk(tmp_path / "labels.db") as desk:
        Accounts(desk.writer).add("admin", "annotator", PASSWORD, "test")
    shown = demo_labels.prepare(tmp_path, tmp_path / "labels.db")
    assert set(shown) == set(demo_labels.ACCOUNTS) - {"admin"}
    with Desk(tmp_path / "labels.db") as desk:
        (mine,) = (entry for entry in Accounts(desk.writer).entries() if entry.account.name == "admin")
    assert (mine.account.role, mine.demo) == ("annotator", False)


def test_a_lost_file_of_passwords_means_new_ones(tmp_path: Path) -> None:
    first = demo_labels.prepare(tmp_path, tmp_path / "labels.db")
    (tmp_path / demo_labels.FILE).unlink()
    second = demo_labels.prepare(tmp_path, tmp_path / "labels.db")
    assert set(first) == set(second)
    assert not set(first.values()) & set(second.values())
    assert json.loads((tmp_path / demo_labels.FILE).read_text()) == second


def test_a_taken_port_of_the_annotation_app_is_told_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = failure(run(tmp_path / "home", "demo", "--port", str(free_port()), "--labels-port", str(port)), 5)
    assert f"--labels-port {port + 1}" in said
    assert not (tmp_path / "home").exists()


def test_one_port_for_both_is_refused(tmp_path: Path) -> None:
    port = str(free_port())
    assert "--labels-port" in failure(run(tmp_path, "serve", "--port", port, "--labels-port", port), 5)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_it_is_not_opened_to_others_before_there_is_an_account(tmp_path: Path, host: str) -> None:
    ports = ("--port", str(free_port()), "--labels-port", str(free_port()))
    said = failure(run(tmp_path, "serve", "--host", host, *ports), 4)
    assert "hansang users add" in said
    assert "--host 127.0.0.1" in said


def test_damaged_labels_are_told_with_the_way_to_restore_them(tmp_path: Path) -> None:
    ports = ("--port", str(free_port()), "--labels-port", str(free_port()))
    (tmp_path / "labels.db").write_bytes(b"no database at all" * 1000)
    assert "hansang restore" in failure(run(tmp_path, "serve", *ports), 5)


def test_labels_damaged_in_the_middle_are_noticed(tmp_path: Path) -> None:
    demo_labels.prepare(tmp_path, tmp_path / "labels.db")
    file = tmp_path / "labels.db"
    with file.open("r+b") as opened_file:
        opened_file.seek(file.stat().st_size // 2)
        opened_file.write(os.urandom(40_000))
    ports = ("--port", str(free_port()), "--labels-port", str(free_port()))
    assert "hansang restore" in failure(run(tmp_path, "serve", *ports), 5)


@pytest.mark.timeout(60)
def test_an_app_that_cannot_start_is_noticed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "secrets.toml").write_text("[auth", encoding="utf-8")
    with running(Labelling(tmp_path, "127.0.0.1", free_port(), 1)) as beside:
        assert not beside.wait_until_ready()
        with pytest.raises(LabelsAppEnded):
            beside.check()
    assert "TOML" in capfd.readouterr().err


@pytest.mark.timeout(60)
def test_it_touches_nothing_before_it_is_told_to_open(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pages.serving", "--tied", "--home", str(tmp_path), "--port", str(free_port())]
    done = subprocess.run(command, input="", capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not list(tmp_path.iterdir())


@pytest.mark.timeout(60)
def test_one_that_was_never_opened_is_not_waited_for(tmp_path: Path) -> None:
    with starting(Labelling(tmp_path, "127.0.0.1", free_port(), 1)) as beside:
        assert not beside.ended
    assert beside.ended
    assert not list(tmp_path.iterdir())


@pytest.mark.timeout(120)
def test_a_folder_of_pages_where_one_stands_is_not_taken_for_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "__init__.py").write_text("raise SystemExit(7)")
    (tmp_path / "pages" / "serving.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)
    with running(Labelling(tmp_path, "127.0.0.1", free_port(), 1)) as beside:
        assert beside.wait_until_ready()


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("trusted", "believed"), [("none", False), ("192.0.2.7", False), ("127.0.0.1", True)])
def test_only_a_trusted_proxy_says_that_people_came_by_https(tmp_path: Path, trusted: str, believed: bool) -> None:
    with Desk(tmp_path / "labels.db") as desk:
        Accounts(desk.writer).add("kim", "annotator", PASSWORD, "test")
    port = free_port()
    with running(Labelling(tmp_path, "127.0.0.1", port, 1, trusted_proxies=trusted)) as beside:
        assert beside.wait_until_ready()
        headers = {"Host": "labels.kr", "Origin": "https://labels.kr", "X-Forwarded-Proto": "https"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as browser:
            sent_on = browser.get("/label")
            signed_in = browser.post("/signin", data={"name": "kim", "password": PASSWORD})
    assert (sent_on.status_code, sent_on.headers["location"]) == (303, "/signin?next=%2Flabel")
    assert signed_in.status_code == 303
    assert ("Secure" in signed_in.headers["set-cookie"]) == believed


@pytest.mark.timeout(120)
def test_it_limits_failed_sign_ins_as_it_was_told(tmp_path: Path) -> None:
    port = free_port()
    with running(Labelling(tmp_path, "127.0.0.1", port, 1, signins=1)) as beside:
        assert beside.wait_until_ready()
        assert [sign_in(port, "nobody", PASSWORD).status_code for _ in range(2)] == [401, 429]


@pytest.mark.timeout(120)
def test_nothing_is_restored_beside_an_annotation_app_without_a_server(tmp_path: Path) -> None:
    Desk(tmp_path / "labels.db").close()
    run_json(tmp_path, "backup", str(tmp_path / "copy"))
    with running(Labelling(tmp_path, "127.0.0.1", free_port(), 1)) as beside:
        assert beside.wait_until_ready()
        assert "라벨링 앱을 먼저 끄고" in failure(run(tmp_path, "restore", str(tmp_path / "copy")), 4)
    run_json(tmp_path, "restore", str(tmp_path / "copy"))


@pytest.mark.timeout(120)
def test_a_signal_to_the_annotation_app_alone_ends_it_cleanly(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with running(Labelling(tmp_path, "127.0.0.1", free_port(), 1)) as beside:
        assert beside.wait_until_ready()
        (child,) = (p for p in psutil.Process().children(True) if "pages.serving" in p.cmdline())
        child.send_signal(signal.SIGTERM)
        wait_for(lambda: beside.ended, 30)
    assert "Traceback" not in capfd.readouterr().err
