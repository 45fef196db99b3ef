"""``hansang users``: accounts are made and changed; no password is ever an argument, shown or kept readable."""

from __future__ import annotations

import inspect
import os
import pty
import pwd
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from annotations.accounts.accounts import Accounts
from annotations.accounts.sessions import Sessions
from annotations.storage.migrations import MIGRATIONS
from annotations.storage.writer import Writer
from annotations.types import Account
from app.cli import users
from app.cli.main import app
from pipeline.errors.accounts import SignInRefused
from tests.app.cli_runs import failure, run, run_json

PASSWORD = "비 오는 날엔 파전에 막걸리"
OTHER = "눈 오는 날엔 붕어빵 세 개"


def piped(home: Path, typed: str, *arguments: str) -> Result:
    """A command with something on its standard input."""
    return CliRunner().invoke(app, ["--home", str(home), "users", *arguments], input=typed)


def made(home: Path, name: str = "kim", role: str = "annotator", password: str = PASSWORD) -> None:
    result = piped(home, password + "\n", "add", name, "--role", role)
    assert result.exit_code == 0, result.output
    assert password not in result.output


def sign_in(home: Path, name: str, password: str) -> Account:
    store = Writer(home / "labels.db", MIGRATIONS)
    try:
        return Sessions(store).sign_in(name, password)[0]
    finally:
        store.close()


def test_an_account_that_was_made_can_sign_in(tmp_path: Path) -> None:
    made(tmp_path, "kim", "adjudicator")
    assert sign_in(tmp_path, "kim", PASSWORD).role == "adjudicator"
    with pytest.raises(SignInRefused):
        sign_in(tmp_path, "kim", OTHER)


def test_the_list_tells_programs_everything_but_the_password(tmp_path: Path) -> None:
    made(tmp_path, "민지", "admin")
    made(tmp_path, "kim")
    first, second = run_json(tmp_path, "users", "list")
    assert (first["name"], second["name"]) == ("kim", "민지")
    assert set(first) == {"name", "role", "disabled", "locked_seconds", "created", "last_seen", "demo"}
    assert first | {"created": ""} == {
        "name": "kim", "role": "annotator", "disabled": False, "locked_seconds": 0, "created": "",
        "last_seen": None, "demo": False,
    }  # fmt: skip
    shown = run(tmp_path, "users", "list").stdout
    assert "민지" in shown
    assert "관리자" in shown
    assert "argon2" not in shown


def test_an_empty_list_says_how_to_make_an_account(tmp_path: Path) -> None:
    assert "users add" in run(tmp_path, "users", "list").stdout
    assert run_json(tmp_path, "users", "list") == []


def test_role_disable_enable_and_password_change_what_they_say(tmp_path: Path) -> None:
    made(tmp_path)
    assert run(tmp_path, "users", "role", "kim", "adjudicator").exit_code == 0
    assert run(tmp_path, "users", "disable", "kim").exit_code == 0
    (entry,) = run_json(tmp_path, "users", "list")
    assert (entry["role"], entry["disabled"]) == ("adjudicator", True)
    assert run(tmp_path, "users", "enable", "kim").exit_code == 0
    assert piped(tmp_path, OTHER + "\n", "password", "kim").exit_code == 0
    assert sign_in(tmp_path, "kim", OTHER).role == "adjudicator"
    store = Writer(tmp_path / "labels.db", MIGRATIONS)
    acts = [(act.kind, act.by) for act in Accounts(store).audit()]
    store.close()
    assert acts == [(f"account-{kind}", "terminal") for kind in ("password", "enabled", "disabled", "role", "added")]


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\nsecond line\n"])
def test_a_password_file_is_read_to_the_end_of_its_first_line(tmp_path: Path, ending: str) -> None:
    file = tmp_path / "secret"
    file.write_bytes((PASSWORD + ending).encode())
    result = run(tmp_path, "users", "add", "kim", "--role", "admin", "--password-file", str(file))
    assert result.exit_code == 0, result.output
    assert sign_in(tmp_path, "kim", PASSWORD).role == "admin"


def test_an_account_without_a_password_asks_for_none(tmp_path: Path) -> None:
    assert run(tmp_path, "users", "add", "lee", "--role", "annotator", "--without-password").exit_code == 0
    with pytest.raises(SignInRefused):
        sign_in(tmp_path, "lee", "")


def test_no_command_takes_a_password_as_an_argument() -> None:
    for command in (users.add, users.password):
        assert not {"password", "new"} & set(inspect.signature(command).parameters)


@pytest.mark.parametrize(
    ("typed", "arguments", "code", "said"),
    [
        ("", ("add", "kim", "--role", "admin"), 2, "비어 있습니다"),
        ("short\n", ("add", "kim", "--role", "admin"), 2, "10자 이상"),
        (PASSWORD, ("add", "a b", "--role", "admin"), 2, "계정 이름이 될 수 없습니다"),
        (PASSWORD, ("add", "kim", "--role", "boss"), 2, "boss"),
        (PASSWORD, ("add", "kim"), 2, "--role"),
        (PASSWORD, ("add", "old", "--role", "admin"), 4, "이미 있습니다"),
        (PASSWORD, ("password", "nobody"), 2, "users list"),
        ("", ("role", "nobody", "admin"), 2, "users list"),
        ("", ("disable", "old"), 4, "하나 남은 관리자"),
        ("", ("role", "old", "annotator"), 4, "하나 남은 관리자"),
    ],
)
def test_what_cannot_be_done_says_why_and_changes_nothing(
    tmp_path: Path, typed: str, arguments: tuple[str, ...], code: int, said: str
) -> None:
    made(tmp_path, "old", "admin")
    before = run_json(tmp_path, "users", "list")
    assert said in failure(piped(tmp_path, typed, *arguments), code)
    assert run_json(tmp_path, "users", "list") == before


def test_a_password_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    missing = run(tmp_path, "users", "add", "kim", "--role", "admin", "--password-file", str(tmp_path / "no"))
    assert missing.exit_code != 0
    assert "Traceback" not in missing.output
    file = tmp_path / "secret"
    file.write_bytes(PASSWORD.encode("cp949"))
    assert "UTF-8" in failure(run(tmp_path, "users", "add", "kim", "--role", "admin", "--password-file", str(file)), 2)


def test_a_damaged_file_is_told_with_its_cure(tmp_path: Path) -> None:
    (tmp_path / "labels.db").write_bytes(b"no database at all" * 100)
    assert "hansang restore" in failure(run(tmp_path, "users", "list"), 5)


@pytest.mark.timeout(120)
def test_at_a_terminal_the_password_is_asked_twice_and_not_shown(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "app.cli", "--home", str(tmp_path), "users", "add", "kim", "--role", "annotator"]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    )
    os.close(theirs)
    seen = b""
    for prompt in ("비밀번호 (Password)", "한 번 더 (Again)"):
        while prompt.encode() not in seen:
            seen += os.read(ours, 1024)
        time.sleep(0.3)  # until it has switched the echo off
        os.write(ours, PASSWORD.encode() + b"\n")
    while "만들었습니다".encode() not in seen:
        seen += os.read(ours, 1024)
    assert process.wait(60) == 0
    os.close(ours)
    assert PASSWORD.encode() not in seen
    assert sign_in(tmp_path, "kim", PASSWORD).name == "kim"


@pytest.mark.parametrize("name", ["nobody", None])
def test_root_in_the_home_of_another_is_warned_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str | None
) -> None:
    if os.geteuid() == 0:
        os.chown(tmp_path, pwd.getpwnam("nobody").pw_uid if name else 65_001, 65_002)
    elif name is None:
        pytest.skip("only root gives folders away")
    owner = tmp_path.owner() if name else "65001"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    said = piped(tmp_path, f"{PASSWORD}\n", "add", "kim", "--role", "annotator").stderr
    cure = f"runuser -u {owner} -- hansang" if name else "setpriv --reuid=65001 --regid=65002 --clear-groups hansang"
    assert said.count(f"이 폴더의 주인은 {owner}입니다: {tmp_path}") == 1
    assert said.count(f"`{cure} …`로 하세요") == 1
    assert f"{tmp_path} belongs to {owner}" in said
    monkeypatch.setattr(os, "geteuid", lambda: 1_000)
    assert "이 폴더의 주인" not in run(tmp_path, "users", "list").stderr
