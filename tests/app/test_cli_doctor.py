"""``hansang doctor``: every judgement, what is measured here, and the exit code."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import doctor, machine
from pipeline.checkup import Check
from pipeline.doctor import GIB
from pipeline.storage import locked
from tests.app.cli_runs import make_index, run


def statuses(checks: list[dict[str, object]]) -> dict[object, object]:
    return {check["name"]: check["status"] for check in checks}


@pytest.mark.parametrize(
    ("check", "status"),
    [
        (doctor.python("3.11.0"), "ok"),
        (doctor.python("3.10.14"), "problem"),
        (doctor.python("3.14.0rc1"), "ok"),
        (doctor.packages([]), "ok"),
        (doctor.packages(["gradio"]), "problem"),
        (doctor.sqlite((3, 51, 3)), "ok"),
        (doctor.sqlite((3, 40, 1)), "ok"),
        (doctor.java("", Path("/j"), "openjdk 25"), "ok"),
        (doctor.java("/broken", Path("/broken/bin/java"), ""), "problem"),
        (doctor.java("", None, ""), "problem"),
        (doctor.gpu(None), "ok"),
        (doctor.gpu(""), "notice"),
        (doctor.gpu("NVIDIA L4, 550.54, 23034 MiB"), "ok"),
        (doctor.artefacts(Path("models"), []), "problem"),
        (doctor.artefacts(Path("models"), [Path("a.json")]), "ok"),
        (doctor.browser(""), "notice"),
        (doctor.browser("/usr/bin/chromium"), "ok"),
        (doctor.port(7860, False, ""), "ok"),
        (doctor.port(7860, True, ""), "notice"),
        (doctor.port(7860, True, "12"), "ok"),
        (doctor.port(8501, True, "12"), "notice"),
        (doctor.disk(Path("/x"), 10 * GIB), "ok"),
        (doctor.disk(Path("/x"), GIB), "notice"),
        (doctor.disk(Path("/x"), 1000), "problem"),
        (doctor.memory(8 * GIB), "ok"),
        (doctor.memory(GIB), "notice"),
        (doctor.memory(GIB // 2), "problem"),
        (doctor.writable(Path("/x"), ""), "ok"),
        (doctor.writable(Path("/x"), "Permission denied"), "problem"),
    ],
)
def test_judgements_and_their_cures(check: Check, status: str) -> None:
    assert check.status == status
    assert bool(check.cure.ko) == bool(check.cure.en) == (status != "ok")
    assert check.found.ko
    assert check.found.en
    assert check.title.ko


def test_healthy_machine(tmp_path: Path) -> None:
    make_index(tmp_path / "home", tmp_path)
    result = run(tmp_path / "home", "doctor", "--json")
    value = json.loads(result.stdout)
    assert value["ok"] is (result.exit_code == 0)
    found = statuses(value["checks"])
    assert found["index-small"] == "ok"
    assert found["home"] == "ok"
    assert found["java"] == "ok"
    small = next(check for check in value["checks"] if check["name"] == "index-small")
    assert "단락 9 · 형식 1 · kiwi" in small["found"]["ko"]


def test_broken_index_is_a_problem_and_the_exit_code_says_so(tmp_path: Path) -> None:
    home = tmp_path / "home"
    make_index(home, tmp_path)
    next((home / "index" / "small").glob("*/lexicon.json")).unlink()
    result = run(home, "doctor")
    assert result.exit_code == 1
    assert "✗ 문제" in result.stdout
    assert "lexicon.json" in result.stdout


def test_home_that_does_not_exist_is_no_problem_and_is_not_made(tmp_path: Path) -> None:
    value = json.loads(run(tmp_path / "a" / "b", "doctor", "--json").stdout)
    assert statuses(value["checks"])["home"] == "ok"
    assert statuses(value["checks"])["indexes"] == "notice"
    assert not (tmp_path / "a").exists()


def test_left_over_folders_are_named(tmp_path: Path) -> None:
    make_index(tmp_path / "home", tmp_path)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left, alive = (tmp_path / "home" / "index" / "small" / f".building-2026-{pid}" for pid in (gone.pid, os.getpid()))
    left.mkdir()
    alive.mkdir()
    assert machine.abandoned(tmp_path / "home" / "index") == [left]
    assert str(left) in json.dumps(json.loads(run(tmp_path / "home", "doctor", "--json").stdout))


def test_running_server_is_found_by_its_lock(tmp_path: Path) -> None:
    lock = tmp_path / "server.lock"
    assert machine.lock_owner(lock) == ""
    with locked(lock):
        assert machine.lock_owner(lock) == str(os.getpid())
    assert machine.lock_owner(lock) == ""


def test_listening_port_is_found() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert machine.is_listening(listener.getsockname()[1])
    assert not machine.is_listening(listener_port(listener))


def listener_port(closed: socket.socket) -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_memory_is_what_the_container_leaves(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("900\n")
    (tmp_path / "memory.stat").write_text("anon 300\nfile 600\nactive_file 200\ninactive_file 300\n")
    assert machine.available_memory(tmp_path) == 600  # what files take is given back when it is wanted
    (tmp_path / "memory.max").write_text("max\n")
    assert machine.available_memory(tmp_path) > 600
    assert machine.available_memory(tmp_path / "none") > 600


def test_java_that_does_not_run_is_found(tmp_path: Path) -> None:
    assert machine.java_version(machine.java_program(str(tmp_path))) == ""
    assert "version" in machine.java_version(machine.java_program(""))


def test_folder_that_can_not_be_written_is_found(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert machine.why_not_writable(tmp_path / "new") == ""
    assert machine.why_not_writable(tmp_path / "file") != ""


def test_doctor_does_not_load_the_chat() -> None:
    code = (
        "import sys; from app.cli.main import app\n"
        "try: app(['--home', '/nonexistent', 'doctor'])\n"
        "except SystemExit: pass\n"
        "sys.exit(int('gradio' in sys.modules or 'kiwipiepy' in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
