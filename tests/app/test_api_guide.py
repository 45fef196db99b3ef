"""Every command of ``docs/api.md`` is run against a server over the demo's reviews, in order, in one shell."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.api.application import create_api
from app.api.replies import PASSAGE, QUESTION, SENTENCE
from pipeline.config import load_profile
from pipeline.corpus.reader import read_corpus
from pipeline.errors.questions import QuestionEmpty
from pipeline.evidence.phrases import aside
from pipeline.service import Home, Request, Service
from tests.app.served import serving
from tests.pipeline.corpora import build

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "data" / "demo"
GUIDE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
DEFAULT = "export HANSANG=http://127.0.0.1:7860"

pytestmark = pytest.mark.skipif(not (shutil.which("curl") and shutil.which("bash")), reason="needs curl and bash")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, flags=re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = Home(tmp_path_factory.mktemp("home"))
    build(home, list(read_corpus([DEMO / "reviews.jsonl"], restaurants=DEMO / "restaurants.jsonl")), name="demo")
    service = Service(home, load_profile())
    yield service
    service.close()


@pytest.fixture(scope="module")
def address(service: Service) -> Iterator[str]:
    with serving(create_api(service)) as server:
        yield server.address


def in_commands(*paths: str) -> list[str]:
    """The questions of the examples that the command line's help gives."""
    return [
        question for path in paths
        for question in re.findall(r"hansang ask '([^']+)'", (ROOT / path).read_text(encoding="utf-8"))
    ]  # fmt: skip


def examples() -> list[str]:
    """What we tell people to ask, wherever we tell them an example."""
    told = [*re.findall("‘(.+?)’", aside("talk").text), *re.findall("예[)] (.+)$", QuestionEmpty().korean)]
    guided = re.findall(r'"question": "([^"]+)"(?!, "index": "(?!demo"))', GUIDE)
    assert len(told) == 4
    return sorted({QUESTION, *told, *in_commands("app/cli/main.py", "app/cli/asking.py"), *guided})


@pytest.mark.parametrize("question", examples())
def test_what_we_tell_people_to_ask_is_answered_by_the_demo(service: Service, question: str) -> None:
    *_, trace = service.ask(Request(question, "demo", keep=False))
    assert trace.answer
    assert not trace.answer.abstained, trace.answer.text


def test_the_examples_of_the_document_are_of_the_demo(service: Service) -> None:
    *_, trace = service.ask(Request(QUESTION, "demo", keep=False))
    assert trace.answer
    assert trace.answer.text == SENTENCE
    assert [citation.passage_id for citation in trace.answer.citations] == [PASSAGE]
    document = create_api(service).openapi()
    body = document["components"]["schemas"]["AskBody"]["properties"]
    (without,) = body["without"]["examples"]
    assert trace.understanding
    assert set(without) <= {chip.id for chip in trace.understanding.chips}
    (restaurant,) = document["components"]["schemas"]["RestaurantReply"]["properties"]["id"]["examples"]
    assert restaurant in service.index("demo").lexicon.restaurants


def test_the_commands_of_the_guide_do_what_it_says(address: str, tmp_path: Path) -> None:
    assert blocks("sh")[0].strip() == DEFAULT
    lines = "".join(blocks("sh")[1:]).replace("curl -s", "curl -sS -w '\\n%{http_code}\\n'")
    # within $( … ) and the pipe of `until`, where the reply is read by a program, nothing is added to it
    script = re.sub(r"(\$\(|until )curl -sS -w '\\n%\{http_code\}\\n'", r"\1curl -s", lines)
    python = tmp_path / "bin" / "python3"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    environment = os.environ | {"HANSANG": address, "PATH": f"{python.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True,
        timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
    statuses = re.findall(r"^(\d{3})$", done.stdout, flags=re.MULTILINE)
    assert len(statuses) == lines.count("-w ") - script_reads(lines)
    assert [status for status in statuses if status[0] != "2"] == ["404"]  # the one that shows an error
    assert '"state":"done"' in done.stdout
    assert '"vote":"down"' in done.stdout
    assert "event: done" in done.stdout


def script_reads(lines: str) -> int:
    """How many of the commands are read by a program instead of a person."""
    return len(re.findall(r"(?:\$\(|until )curl", lines))


@pytest.mark.parametrize("number", range(len(blocks("python"))))
def test_the_python_of_the_guide_runs(address: str, number: int, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", blocks("python")[number]], cwd=tmp_path, env=os.environ | {"HANSANG": address},
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(SENTENCE)
    assert "너울창고" in done.stdout


def test_every_route_named_in_the_guide_exists() -> None:
    from app.api.scopes import SCOPES  # the table of all routes

    for path in set(re.findall(r"`(?:GET |PUT |DELETE |POST )?(/v1/[\w/{}]*)", GUIDE)):
        named = re.sub(r"\{[^}]*\}", "{}", path)
        assert named in {re.sub(r"\{[^}]*\}", "{}", template) for _, template in SCOPES}, path
