"""The commands that ask: what they print for people and programs, and how each mistake is told."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.main import get_command

from app.cli.answers import candidate_table
from app.cli.console import clean
from app.cli.failures import SystemRefused, understood
from app.cli.main import app
from app.cli.xrays import morphemes
from pipeline.errors.machine import DiskFull, NotWritable
from pipeline.trace_json import from_json, to_json
from pipeline.traces import TraceStore
from pipeline.types import Morpheme, Passage, ScoredPassage, Source
from tests.app.cli_runs import failure, make_index, run, run_json, start


def leaves(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command, those of families by their whole names."""
    for name, command in group.commands.items():
        yield from leaves(command, (*path, name)) if hasattr(command, "commands") else [(*path, name)]


COMMANDS = tuple(leaves(get_command(app)))
QUESTION = "숯골갈비 주차 되나요?"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    make_index(folder / "home", folder)
    return folder / "home"


# What people and programs get


def test_answer_names_its_passages_and_shows_every_stage(home: Path) -> None:
    result = run(home, "ask", QUESTION, "--index", "small")
    assert result.exit_code == 0, result.output
    assert "주차 2시간 무료" in result.stdout
    place = re.search(r"\[(\d+)\] 숯골갈비", result.stdout)
    assert place, result.stdout
    assert f"[{place[1]}]" in result.stdout.split("[", 1)[1]
    for stage in ("BM25", "벡터", "문장", "융합", "리랭커", "관련"):
        assert stage in result.stdout
    assert "--without 'restaurant:숯골갈비'" in result.stdout
    assert result.stderr == ""


def test_json_is_the_stored_trace(home: Path) -> None:
    value = run_json(home, "ask", QUESTION, "--index", "small")
    store = TraceStore(home / "traces.db")
    stored = store.get(value["id"])
    store.close()
    assert value == json.loads(json.dumps(to_json(stored)))
    assert value["state"] == "done"
    assert from_json(value).candidates


def test_json_has_the_fields_that_are_promised(home: Path) -> None:
    """By name, for whoever reads it in another language: docs/formats.md."""
    value = run_json(home, "ask", QUESTION, "--index", "small")
    assert {"id", "question", "answer", "candidates", "timings_ms", "settings", "versions"} <= value.keys()
    assert value["question"] == QUESTION
    assert {"text", "citations", "abstained"} <= value["answer"].keys()
    passages = {candidate["passage_id"]: candidate["text"] for candidate in value["candidates"]}
    for citation in value["answer"]["citations"]:
        assert citation.keys() == {"sentence", "passage_id", "start", "end"}
        assert passages[citation["passage_id"]][citation["start"] : citation["end"]] == citation["sentence"]
    for candidate in value["candidates"]:
        told = {"passage_id", "text", "source", "scores", "ranks", "relevance", "in_prompt"}
        assert told <= candidate.keys()
        assert {"bm25", "vector", "fused", "rerank"} <= candidate["scores"].keys() == candidate["ranks"].keys()
    assert value["answer"]["citations"]
    assert value["settings"]["fusion.weight"] == 0.25
    assert value["timings_ms"]["total"] > 0


def test_removed_condition_is_no_longer_in_force(home: Path) -> None:
    value = run_json(home, "ask", QUESTION, "--index", "small", "--without", "restaurant:숯골갈비")
    assert value["understanding"]["chips"] == []
    assert [chip["id"] for chip in value["understanding"]["removed"]] == ["restaurant:숯골갈비"]


def test_follow_up_inherits_from_the_trace_it_names(home: Path) -> None:
    first = run_json(home, "ask", QUESTION, "--index", "small")
    second = run_json(home, "ask", "연탄집은?", "--index", "small", "--previous", first["id"])
    assert second["previous"] == first["id"]
    assert "주차" in second["understanding"]["search_text"]


def test_a_language_model_that_is_not_there_is_told_and_the_reviews_are_shown(home: Path) -> None:
    nobody = ("--set", "generator=openai", "--set", "llm.url=http://127.0.0.1:9/v1", "--set", "llm.gate=off")
    result = run(home, "ask", QUESTION, "--index", "small", "--json", *nobody)
    assert result.exit_code == 5
    value = json.loads(result.stdout)
    assert value["candidates"]
    assert value["answer"]["trouble"]["code"] == "llm-down"


def test_settings_change_one_question(home: Path) -> None:
    value = run_json(home, "ask", QUESTION, "--index", "small", "--set", "retrieval.k=1", "--set", "reranker=none")
    assert value["settings"]["retrieval.k"] == 1
    assert sum(candidate["in_prompt"] for candidate in value["candidates"]) == 1


def test_search_gives_as_many_as_asked_and_no_answer(home: Path) -> None:
    value = run_json(home, "search", "주차", "--index", "small", "-n", "2")
    assert len(value["candidates"]) == 2
    assert value["answer"] is None
    shown = run(home, "search", "주차", "--index", "small", "-n", "2").stdout
    assert value["candidates"][0]["passage_id"] in shown
    assert value["candidates"][0]["text"][:10] in shown


def test_search_for_more_than_the_depth_deepens_it(home: Path) -> None:
    value = run_json(home, "search", "주차", "--index", "small", "-n", "60")
    assert value["settings"]["retrieval.depth"] == 60


def test_explanation_adds_up_to_the_score(home: Path) -> None:
    value = run_json(home, "explain", "주차 무료", "--passage", "r1", "--index", "small")
    assert sum(c["score"] for c in value["contributions"]) == pytest.approx(value["scores"]["bm25"], rel=1e-4)
    shown = run(home, "explain", "주차 무료", "--passage", "r1", "--index", "small").stdout
    assert "[주차/NNG]" in shown
    assert "합" in shown


def test_explanation_says_why_a_passage_was_not_found(home: Path) -> None:
    result = run(home, "explain", "바다횟집 놀이방 있나요?", "--passage", "r1", "--index", "small")
    assert result.exit_code == 0, result.output
    assert "조건 밖" in result.stdout
    assert "찾는 대상에서 빠졌습니다" in result.stdout


def test_reviews_can_not_steer_the_terminal(home: Path) -> None:
    source = Source("d", restaurant="[red]집[/red]")
    candidate = ScoredPassage(Passage("\x1b[31mid", "\x1b]0;t\x07 [bold]글", source), 0, {"bm25": 1.0}, {"bm25": 1})
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(candidate_table([(1, candidate)], with_text=True))
    shown = console.export_text()
    assert "\x1b" not in shown
    assert "[red]집[/red]" in shown
    assert "[bold]글" in shown


def test_matches_are_marked_without_colour() -> None:
    found = [
        Morpheme("주차", "NNG", 0, 2, True),
        Morpheme("가", "JKS", 2, 3, False),
        Morpheme("편하", "VA", 4, 6, True),
    ]
    assert str(morphemes(found, frozenset({"주차"}))) == "[주차/NNG] 가/JKS 편하/VA "


def test_clean_keeps_hangul_and_emoji() -> None:
    assert str(clean("한글 😀\tok\x00\x9b")) == "한글 😀 ok  "


# Mistakes


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["ask", ""], 2, "질문에 글자가 없습니다"),
        (["ask", "🍕🍣🔥"], 2, "질문에 글자가 없습니다"),
        (["ask", "가" * 20_000], 2, "질문이 20,000자입니다"),
        (["ask", "주차", "--index", "nope"], 3, "'nope' 색인이 없습니다(있는 색인: small)"),
        (["ask", "주차", "--index", "../../etc"], 3, "색인이 없습니다"),
        (["ask", "주차", "--set", "fusion.wieght=1"], 2, "'fusion.weight'을(를) 쓰려던 것인가요? 쓸 수 있는 설정"),
        (["ask", "주차", "--set", "fusion.weight"], 2, "이름=값"),
        (["ask", "주차", "--set", "fusion.weight=2"], 2, "0–1"),
        (["ask", "주차", "--set", "fusion.weight=nan"], 2, "fusion.weight"),
        (["ask", "주차", "--set", "indexing.k1=2"], 2, "hansang index … --set indexing.k1=2"),
        (["ask", "주차", "--set", "tokenizer=okt"], 4, "--tokenizer okt"),
        (["ask", "주차", "--set", "tokenizer=mecab"], 2, "kiwi, okt"),
        (["ask", "주차", "--set", "reranker=nope"], 2, "linear, none"),
        (["ask", "주차", "--previous", "abc"], 3, "'abc' 답변 기록이 없습니다"),
        (["ask", "주차", "--profile", "nope"], 2, "embedded"),
        (["explain", "주차", "--passage", "nope"], 3, "'nope' 단락이 없습니다"),
        (["search", " "], 2, "질문에 글자가 없습니다"),
    ],
)
def test_mistakes_are_told_in_a_sentence_with_the_cure(home: Path, arguments: list[str], code: int, said: str) -> None:
    given = arguments if "--index" in arguments else [*arguments, "--index", "small"]
    result = run(home, *given)
    assert said in failure(result, code)
    assert result.stdout == ""


@pytest.mark.parametrize(
    "arguments", [["ask", ""], ["explain", "주차", "--passage", "nope"], ["ask", "주차", "--set", "x"]]
)
def test_mistakes_as_json_have_code_and_both_languages(home: Path, arguments: list[str]) -> None:
    result = run(home, *arguments, "--index", "small", "--json")
    assert failure(result, result.exit_code) == ""
    assert result.exit_code in (2, 3)
    error = json.loads(result.stdout)["error"]
    assert sorted(error) == ["code", "message", "message_en"]
    assert re.search("[가-힣]", error["message"])
    assert re.match(r"(The|Index|Setting) ", error["message_en"])


@pytest.mark.parametrize("arguments", [["ask", "x", "--bogus"], ["nope"], ["ask"], ["search", "주차", "-n", "0"]])
def test_wrong_usage_shows_the_usage(home: Path, arguments: list[str]) -> None:
    assert "Usage" in failure(run(home, *arguments), 2)


def test_home_that_is_a_file_is_told(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("")
    assert "폴더가 아닙니다" in failure(run(place, "ask", "주차"), 5)


@pytest.fixture
def broken(home: Path, tmp_path: Path) -> Path:
    """A home whose index may be damaged: a copy."""
    subprocess.run(["cp", "-r", home, tmp_path / "home"], check=True)
    return tmp_path / "home"


def _version(home: Path) -> Path:
    folder = home / "index" / "small"
    return folder / (folder / "current").read_text(encoding="utf-8")


def test_index_of_another_format_is_told(broken: Path) -> None:
    manifest = _version(broken) / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": 99}))
    assert "형식 99" in failure(run(broken, "ask", "주차", "--index", "small"), 4)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}', "\udcff"])
def test_damaged_manifest_is_told(broken: Path, text: str) -> None:
    (_version(broken) / "manifest.json").write_text(text, errors="surrogateescape")
    assert "hansang index" in failure(run(broken, "ask", "주차", "--index", "small"), 4)


@pytest.mark.parametrize("part", ["passages.arrow", "lexicon.json", "kiwi/vectors.npy", "kiwi/terms", "kiwi/bm25"])
def test_missing_part_is_told(broken: Path, part: str) -> None:
    (_version(broken) / part).rename(broken / "gone")
    assert part in failure(run(broken, "ask", "주차", "--index", "small"), 4)


def test_refusals_of_the_system_become_errors_with_a_cure() -> None:
    assert isinstance(understood(OSError(28, "No space left on device", "/x")), DiskFull)
    assert isinstance(understood(PermissionError(13, "Permission denied", "/x")), NotWritable)
    assert isinstance(understood(OSError(28, "No space left on device")), SystemRefused)


def test_missing_package_names_the_cure_and_a_missing_module_of_ours_stays_a_bug() -> None:
    assert "pip install -e ." in understood(ModuleNotFoundError("No module", name="kiwipiepy.x")).korean
    with pytest.raises(ModuleNotFoundError):
        understood(ModuleNotFoundError("No module", name="pipeline.nope"))


# The process


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_is_in_both_languages_with_an_example(tmp_path: Path, command: tuple[str, ...]) -> None:
    result = run(tmp_path, *command, "--help")
    assert result.exit_code == 0
    said, example = " ".join(result.stdout.split()).split(" 예) ", 1)
    assert re.search(r"[가-힣]\.? · [A-Z]", said)
    assert f"hansang {' '.join(command)}" in example
    assert not list(tmp_path.iterdir())


def test_help_answers_at_once_because_it_loads_nothing_heavy() -> None:
    code = (
        "import sys; from app.cli.main import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'kiwipiepy', 'gradio', 'pandas', 'sklearn', 'numpy', 'jpype', 'fastapi'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_reader_that_has_gone_is_no_error(home: Path) -> None:
    process = start(home, "ask", "주차", "--index", "small", "--json")
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    process.wait(60)
    assert said == ""


@pytest.mark.slow
def test_full_output_is_told_and_not_a_traceback(home: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", "--home", str(home), "ask", "주차", "--index", "small", "--json"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 5
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.slow
def test_terminal_that_knows_no_emoji_gets_an_answer(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "--home", str(home), "ask", QUESTION, "--index", "small"],
        env=os.environ | {"PYTHONIOENCODING": "euc-kr"}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "숯골갈비" in done.stdout.decode("euc-kr")
