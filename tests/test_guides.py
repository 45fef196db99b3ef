"""The commands in the guides are those of the program, with options that exist; the quick ones are run."""

from __future__ import annotations

import re
import shlex
import signal
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from app.cli.main import app
from tests.app.cli_runs import failure, run, start
from tests.app.test_cli_serve import free_port

GUIDES = sorted((Path(__file__).parents[1] / "docs").glob("*.md"))
FAMILIES = (
    "bench",
    "classifiers",
    "keys",
    "optimise",
    "tasks",
    "train",
    "users",
)  # commands with commands of their own


def commands(guide: Path) -> list[str]:
    """Every line with ``hansang`` in the guide's blocks of commands, without what is before it."""
    text = guide.read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:sh|text)\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line[found.start() :] for line in lines if (found := re.search(r"(?<![\w/.-])hansang (?=[a-z])", line))]


@pytest.mark.slow
def test_a_server_is_opened_to_others_as_the_guide_says(tmp_path: Path) -> None:
    """The commands of "before the door is opened", in their order; ports of its own are all that is added."""
    guide = next(guide for guide in GUIDES if guide.name == "deploy.md")
    account, key, serve = (shlex.split(line)[1:] for line in commands(guide)[:3])
    assert (account[:2], key[:2], serve[0]) == (["users", "add"], ["keys", "add"], "serve")
    ports = ["--port", str(free_port()), "--labels-port", str(free_port())]
    assert "users add" in failure(run(tmp_path, *serve, *ports), 4)  # not before somebody could sign in
    typed = CliRunner().invoke(app, ["--home", str(tmp_path), *account], input="아주 긴 비밀번호 하나\n")
    assert typed.exit_code == 0, typed.output
    made = run(tmp_path, *key).stdout.strip()
    process = start(tmp_path, *serve, *ports)
    try:
        assert process.stdout
        said = [process.stdout.readline() for _ in range(4)]
        url = f"http://127.0.0.1:{ports[1]}"
        assert url in said[0]
        assert "로그인이 필요합니다" in said[3]
        assert httpx.get(f"{url}/v1/indexes", trust_env=False).status_code == 401
        headers = {"Authorization": f"Bearer {made}"}
        assert httpx.get(f"{url}/v1/indexes", headers=headers, trust_env=False).json() == []
        assert httpx.get(f"{url}/v1/jobs", headers=headers, trust_env=False).status_code == 403  # it may ask, no more
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)


@pytest.mark.parametrize("line", sorted({line for guide in GUIDES for line in commands(guide)}))
def test_a_command_is_understood(line: str) -> None:
    words = shlex.split(line, comments=True)
    command = words[1 : 3 if words[1] in FAMILIES else 2]
    shown = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0, shown.output
    for option in (word.partition("=")[0] for word in words if word.startswith("--")):
        assert option in shown.output, option


def test_what_an_operator_does_by_hand_is_done(tmp_path: Path) -> None:
    guide = next(guide for guide in GUIDES if guide.name == "operations.md")
    made = CliRunner().invoke(
        app, ["--home", str(tmp_path), "users", "add", "김라벨", "--role", "admin"], input="아주 긴 비밀번호 하나\n"
    )
    assert made.exit_code == 0, made.output
    again = CliRunner().invoke(
        app, ["--home", str(tmp_path), "users", "add", "관리자", "--role", "admin"], input="아주 긴 비밀번호 둘\n"
    )
    assert again.exit_code == 0, again.output
    done = []
    for line in commands(guide):
        _, *words = shlex.split(line)
        if words[0] == "restore":  # the guide can't know how the backup is called
            words[1] = str(max((tmp_path / "backups").iterdir()))
        result = run(tmp_path, *words)
        assert result.exit_code == 0, (line, result.output)
        done.append(words[0])
    assert {"verify", "backup", "restore", "keys", "users", "audit"} <= set(done)
