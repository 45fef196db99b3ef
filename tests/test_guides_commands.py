"""What the guides for deploying and operating name is there: services, units, targets, variables, and what is said."""

from __future__ import annotations

import ast
import json
import re
import shlex
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from annotations.accounts import identity_providers
from annotations.keeping import home_backup
from annotations.storage.migrations import MIGRATIONS
from app.cli.main import app
from app.operation.errands import unfit
from pipeline import service
from pipeline.config import load_profile, with_overrides
from pipeline.index import FORMAT, current_folder
from tests.app.cli_runs import failure, make_index, run
from tests.app.test_cli_serve import free_port

ROOT = Path(__file__).parents[1]
GUIDES = {name: (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("deploy.md", "operations.md")}
BOTH = "\n".join(GUIDES.values())
COMPOSE_TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
UNITS = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "deploy" / "systemd").glob("*.service")}
FOREIGN = {"nginx"}  # units that aren't ours
FLAGS = ("-d", "--rm", "-T", "--now")


def blocks() -> list[str]:
    return re.findall(r"^```(?:sh|text)\n(.*?)^```$", BOTH, flags=re.DOTALL | re.MULTILINE)


def lines() -> list[str]:
    """Every command of the guides: in blocks a line each, in the text between backticks."""
    inline = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"^```.*?^```$", "", BOTH, flags=re.DOTALL | re.MULTILINE))
    return [part for line in [*"".join(blocks()).splitlines(), *inline] for part in line.split(" && ")]


def words_of(line: str) -> list[str]:
    return shlex.split(line, comments=True)


def composing() -> Iterator[tuple[list[str], str, list[str]]]:
    """Profiles, subcommand and what follows of every call of ``docker compose``."""
    for line in lines():
        if (found := re.search(r"\bdocker compose (.+)", line)) is None:
            continue
        words = words_of(found[1].removesuffix("; }").replace('"$@"', ""))
        profiles = []
        while words and words[0] == "--profile":
            profiles.append(words[1])
            words = words[2:]
        if words:
            yield profiles, words[0], words[1:]


def services_of(rest: list[str]) -> list[str]:
    """The services that a subcommand is given, without options and without the command that is run in one."""
    rest = [word for word in rest if word not in FLAGS]
    while rest and rest[0] in ("-v", "--build-arg"):
        rest = rest[2:]
    return rest


def test_services_and_profiles_of_compose_are_there() -> None:
    called = list(composing())
    assert {subcommand for _, subcommand, _ in called} >= {"build", "run", "up", "stop", "exec", "logs"}
    profiles = {profile for each in COMPOSE["services"].values() for profile in each.get("profiles", [])}
    for named, subcommand, rest in called:
        assert set(named) <= profiles, named
        given = services_of(rest)
        if subcommand in ("run", "exec"):
            assert given[:1] == [] or given[0] in COMPOSE["services"], given
            assert given[1:2] in ([], ["hansang"])
        else:
            assert set(given) <= set(COMPOSE["services"]), (subcommand, given)


def assigned(title: str) -> list[tuple[str, str]]:
    """The variables in the blocks that are files of that name."""
    found = [block for block in blocks() if block.startswith(f"# {title}\n")]
    assert found, title
    pairs = [line.split("=", 1) for block in found for line in block.splitlines()[1:]]
    return [(name, value) for name, value in pairs]


def test_variables_of_compose_are_read_by_it() -> None:
    read = set(re.findall(r"\$\{(\w+)", COMPOSE_TEXT)) | set(COMPOSE["services"]["server"]["environment"])
    profiles = {profile for each in COMPOSE["services"].values() for profile in each.get("profiles", [])}
    for name, value in assigned(".env"):
        if name == "COMPOSE_PROFILES":
            assert set(value.split(",")) <= profiles
        else:
            assert name in read, name


def test_variables_of_the_units_are_read_by_them() -> None:
    read = set(re.findall(r"\$\{?(\w+)", "".join(UNITS.values())))
    for name, _ in assigned("/etc/hansang/environment"):
        assert name in read, name


def test_every_variable_that_is_spoken_of_is_read_somewhere() -> None:
    code = "".join(
        path.read_text(encoding="utf-8") for folder in ("app", "pipeline") for path in (ROOT / folder).rglob("*.py")
    )
    known = set(re.findall(r"[A-Z]+(?:_[A-Z]+)+", COMPOSE_TEXT + "".join(UNITS.values()) + code))
    known |= {"COMPOSE_PROFILES", "OTEL_SERVICE_NAME", "OTEL_TRACES_SAMPLER"}  # of Compose and of OpenTelemetry
    spoken = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)[`=]", BOTH))
    assert {"HANSANG_OPTIONS", "GRAFANA_PASSWORD", "MILVUS_STORE_PASSWORD"} <= spoken
    assert spoken <= known


def test_options_of_the_server_are_settings_that_go_together() -> None:
    found = re.findall(r"HANSANG_OPTIONS=([^`\n]+)", BOTH)
    assert len(found) >= 5
    for line in found:
        words = shlex.split(line)
        assert words[::2] == ["--set"] * (len(words) // 2), line
        settings = with_overrides(load_profile(), dict(word.split("=", 1) for word in words[1::2]))
        assert not (settings.service.processes and unfit(settings)), line


def test_units_are_there() -> None:
    named = [
        word
        for line in lines()
        if (found := re.search(r"\b(?:systemctl (?:\w+)|journalctl -u) ((?:--now )?[\w -]+)$", line))
        for word in found[1].split()
        if word not in FLAGS
    ]
    assert {"hansang", "hansang-vllm"} <= set(named)
    assert set(named) <= set(UNITS) | FOREIGN
    copied = re.findall(r"\bcp /opt/hansang/(\S+) (\S+)", BOTH)
    assert len(copied) >= 5
    for source, target in copied:
        assert (ROOT / source).is_file(), source
        assert target == ("/etc/systemd/system/" if source.endswith(".service") else "/etc/nginx/conf.d/")


def test_targets_of_make_are_there() -> None:
    targets = set(re.findall(r"^(\.?[\w./-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    named = {
        target for line in lines() for target in re.findall(r"^make (?:-C /opt/hansang )?([\w./-]+)$", line.strip())
    }
    assert {"setup", ".venv/with/vllm_gpu/.done", "gpu"} <= named
    assert named <= targets


def test_commands_on_a_systemd_host_are_those_of_the_unit() -> None:
    """Its user, its folder, its program: otherwise files come about that the server can't write."""
    unit = UNITS["hansang"]
    (user,) = re.findall(r"^User=(\w+)$", unit, flags=re.MULTILINE)
    (home,) = re.findall(r"HANSANG_HOME=(\S+)", unit)
    (program,) = re.findall(r"^ExecStart=(\S+)", unit, flags=re.MULTILINE)
    (checkout,) = re.findall(r"^WorkingDirectory=(\S+)$", unit, flags=re.MULTILINE)
    (environment,) = re.findall(r"^EnvironmentFile=-(\S+)$", unit, flags=re.MULTILINE)
    called = re.findall(r"runuser (.+?) (?:[a-z]|\"\$@\")", BOTH)
    whole = re.findall(r"runuser -u (\w+) -- env HANSANG_HOME=(\S+) (\S+)", BOTH)
    assert len(whole) == len(called) >= 3
    assert set(whole) == {(user, home, program)}
    assert set(re.findall(r"^useradd .*--home-dir (\S+) (\w+)$", BOTH, flags=re.MULTILINE)) == {(home, user)}
    assert set(re.findall(r"git clone \S+ (\S+)", BOTH)) == {checkout}
    assert set(re.findall(r"(\S+)/bin/pip install", BOTH.replace("`", " "))) == {program.removesuffix("/bin/hansang")}
    assert "touch " + environment in BOTH


def test_backups_lie_where_the_server_puts_them() -> None:
    image = re.findall(r"HANSANG_HOME=(\S+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    unit = re.findall(r"HANSANG_HOME=(\S+)", UNITS["hansang"])
    paths = re.findall(r"hansang restore (/\S+)", GUIDES["operations.md"])
    assert len(paths) >= 3
    assert image == unit
    assert {path.rsplit("/", 1)[0] for path in paths} == {f"{image[0]}/backups"}


@pytest.mark.parametrize("before", ["runuser", "docker"])
def test_hansang_is_what_the_guide_makes_of_it(before: str) -> None:
    (line,) = re.findall(rf"^hansang\(\) {{ {before} .+$", GUIDES["operations.md"], flags=re.MULTILINE)
    script = f'{before}() {{ printf "%s|" "$@"; }}\n{line}\nhansang keys add "우리 서비스" --days 90'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("hansang|keys|add|우리 서비스|--days|90|")


# what the program says


def texts(node: ast.AST) -> Iterator[list[str]]:
    """The literal parts of every text below a node; between two of them something is filled in."""
    if isinstance(node, ast.JoinedStr):
        made = "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values)
        yield made.split("\0")
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield re.split(r"\{[^{}]*\}", node.value)
    for child in ast.iter_child_nodes(node):
        yield from texts(child)


def templates() -> list[list[str]]:
    files = [*(ROOT / "pipeline" / "errors").glob("*.py"), *(ROOT / "app").rglob("refusals.py")]
    files += [ROOT / "app" / "operation" / "health.py"]  # what /readyz says
    return [found for path in files for found in texts(ast.parse(path.read_text(encoding="utf-8")))]


def said(quote: str, template: list[str]) -> bool:
    """Whether a quotation is a stretch of a text, with … for what is filled in."""
    parts = quote.split("…")
    for at in range(len(template) - len(parts) + 1):
        there = template[at : at + len(parts)]
        if len(parts) == 1:
            if parts[0] in there[0]:
                return True
            continue
        inner = all(ours == theirs for ours, theirs in zip(parts[1:-1], there[1:-1], strict=True))
        if inner and there[0].endswith(parts[0]) and there[-1].startswith(parts[-1]):
            return True
    return False


def quotes() -> list[str]:
    table = GUIDES["operations.md"].partition("| 보이는 것 |")[2]
    rows = [line.split(" | ")[0] for line in table.splitlines() if line.startswith("| ")]
    return [quote for row in rows for quote in re.findall(r'"([^"]+)"', row)]


@pytest.mark.parametrize("quote", quotes())
def test_a_symptom_is_quoted_as_the_program_says_it(quote: str) -> None:
    assert any(said(quote, template) for template in templates())


def test_there_are_symptoms_and_what_nobody_says_is_noticed() -> None:
    assert len(quotes()) >= 18
    assert not any(said("labels.db가 온전하지 않습니다", template) for template in templates())
    assert not any(said("디스크가 가득 차 …에 못 썼습니다", template) for template in templates())


# what lies in the home


def test_the_table_of_the_home_has_what_the_program_puts_there() -> None:
    table = GUIDES["operations.md"].partition("| 파일 | 무엇 |")[2].partition("\n\n")[0]
    named = {name.rstrip("/") for row in table.splitlines() for name in re.findall(r"`([^`]+)`", row.split(" | ")[0])}
    root = Path("home")
    properties = [name for name, value in vars(service.Home).items() if isinstance(value, property)]
    homes = {getattr(service.Home(root), name).relative_to(root).parts[0] for name in properties}
    others = {"notes.db", "regression.jsonl", "secrets.toml", "exports/.salt", "uploads", "jobs.db", "logs", "backups"}
    assert homes | others <= named
    held = {
        how: {name for row in table.splitlines() if f" | {how} | " in row for name in re.findall(r"`([^`]+)`", row)}
        for how in ("담음", "**손으로**")
    }
    assert held["담음"] == {home_backup.LABELS, home_backup.NOTES, home_backup.REGRESSION}
    assert held["**손으로**"] == {identity_providers.SECRETS, "exports/.salt"}


# going back


def test_an_older_program_leaves_what_a_newer_one_made_alone_and_goes_on_from_the_backup(tmp_path: Path) -> None:
    """As the guide says of a rollback; what a newer version would write is put there by hand."""
    home = tmp_path / "home"
    make_index(home, tmp_path)
    typed = CliRunner().invoke(
        app, ["--home", str(home), "users", "add", "김관리", "--role", "admin"], input="아주 긴 비밀번호 하나\n"
    )
    assert typed.exit_code == 0, typed.output
    assert run(home, "backup").exit_code == 0
    labels = home / "labels.db"
    with closing(sqlite3.connect(labels)) as database:
        database.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    newer = labels.read_bytes()
    serve = ["serve", "--no-labels", "--host", "0.0.0.0", "--port", str(free_port())]
    for command in (serve, ["users", "list"], ["verify"]):
        told = failure(run(home, *command), 4)
        assert "더 새로운 한상의 것입니다" in told, command
    assert labels.read_bytes() == newer

    (made,) = (home / "backups").iterdir()
    assert run(home, "restore", str(made)).exit_code == 0
    assert "김관리" in run(home, "users", "list").stdout
    (kept,) = home.glob("labels-*.db")
    assert kept.read_bytes() == newer

    with closing(sqlite3.connect(kept)) as database:  # the newer program is back, for which this is the format
        database.execute(f"PRAGMA user_version={len(MIGRATIONS)}")
    assert run(home, "restore", str(kept)).exit_code == 0
    assert "김관리" in run(home, "users", "list").stdout

    manifest = current_folder(home / "index", "small") / "manifest.json"
    changed = json.loads(manifest.read_text(encoding="utf-8")) | {"format": FORMAT + 1}
    manifest.write_text(json.dumps(changed), encoding="utf-8")
    told = failure(run(home, "ask", "주차 되나요?", "--index", "small"), 4)
    assert "다시 만드세요" in told
