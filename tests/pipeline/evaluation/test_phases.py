"""A run in two phases says what one in one phase says, and goes on wherever it was killed."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evaluation import records
from pipeline.evaluation.phases import (
    GIB,
    RETRIEVED,
    Needs,
    Room,
    choose,
    decide,
    from_line,
    gpu_room,
    in_two,
    needs_of,
    read_retrieved,
    retrieve,
    to_line,
)
from pipeline.evaluation.records import Record
from pipeline.evaluation.runs import execute, read_records
from pipeline.service import Request, Service
from pipeline.settings import Settings
from pipeline.types import Question, Sample
from tests.pipeline.evaluation.questions import FORKABLE, SAMPLES

REQUEST = Request("", "small", keep=False)
BAD = Sample(Question("bad", "???"), passage_ids=("r1",))
MANY = [replace(s, question=replace(s.question, id=f"{s.question.id}-{n}")) for n in range(6) for s in FORKABLE]


def lines(found: Sequence[Record]) -> list[str]:
    """The records as they are kept, without their timings."""
    return [records.to_line(replace(record, timings_ms={})) for record in found]


@pytest.mark.parametrize("overrides", [{}, {"fusion.concept": 0, "retrieval.k": 2}, {"reranker": "none"}])
def test_two_phases_give_what_one_gives_byte_for_byte(
    service: Service, tmp_path: Path, overrides: dict[str, object]
) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    request = replace(REQUEST, overrides=overrides)
    one = execute(service, tmp_path / "one", [*SAMPLES, BAD], request)
    seen: list[tuple[int, int]] = []

    def told(done: int, total: int) -> None:
        seen.append((done, total))

    def asking(*given: object) -> object:
        return in_two(*given, told=told)  # type: ignore[arg-type]

    two = execute(service, tmp_path / "two", [*SAMPLES, BAD], request, asking=asking)  # type: ignore[arg-type]
    assert lines(two) == lines(one)
    assert seen == [(n, len(SAMPLES) + 1) for n in range(1, len(SAMPLES) + 1)]
    assert {*two[0].timings_ms} == {*one[0].timings_ms}
    assert not (tmp_path / "two" / RETRIEVED).exists()


def test_what_was_found_comes_back_from_its_line(service: Service) -> None:
    found = retrieve(service, SAMPLES[8], replace(REQUEST, question=SAMPLES[8].question.text, answer=False))
    again = from_line(to_line(found), service.index("small").passages)
    timeless = [
        replace(one, trace=replace(one.trace, timings_ms={}, question=Question("", ""))) for one in (found, again)
    ]
    assert timeless[0] == timeless[1]
    assert [path.passage_id for path in found.outside] == ["none"]


def test_a_line_that_was_cut_off_is_searched_for_again(service: Service, tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def told(done: int, total: int) -> None:
        if done == 4:
            raise Stop

    def asking(*given: object) -> object:
        return in_two(*given, told=told)  # type: ignore[arg-type]

    with pytest.raises(Stop):
        execute(service, tmp_path, SAMPLES, REQUEST, workers=1, asking=asking)  # type: ignore[arg-type]
    path = tmp_path / RETRIEVED
    whole = path.read_bytes()
    assert len(read_retrieved(path)) == 4
    path.write_bytes(whole[:-40])
    assert len(read_retrieved(path)) == 3
    two = execute(service, tmp_path, SAMPLES, REQUEST, asking=in_two)
    (tmp_path / "one").mkdir()
    assert lines(two) == lines(execute(service, tmp_path / "one", SAMPLES, REQUEST))


@pytest.mark.parametrize("phase", ["search", "answer"])
def test_killed_in_either_phase_it_ends_as_if_it_had_not_been(service: Service, tmp_path: Path, phase: str) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    killed.mkdir()
    expected = execute(service, whole, MANY, REQUEST)

    def far() -> int:
        return len(read_retrieved(killed / RETRIEVED)) if phase == "search" else len(read_records(killed))

    for wanted in (2, 7, 15):
        child = os.fork()
        if child == 0:
            service.release = lambda: None  # type: ignore[method-assign]  # Arrow can't open files after a fork
            execute(service, killed, MANY, REQUEST, asking=in_two)
            os._exit(0)
        end, gone = time.monotonic() + 300, 0
        while far() < wanted and not gone and time.monotonic() < end:
            gone, _ = os.waitpid(child, os.WNOHANG)
            time.sleep(0.002)
        if not gone:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        assert far() >= wanted
    assert lines(execute(service, killed, MANY, REQUEST, asking=in_two)) == lines(expected)
    assert lines(read_records(killed)) == lines(read_records(whole))
    assert not (killed / RETRIEVED).exists()


def test_a_run_may_go_on_in_the_other_way(service: Service, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "mixed").mkdir()
    one = execute(service, tmp_path / "one", SAMPLES, REQUEST)
    execute(service, tmp_path / "mixed", SAMPLES[:4], REQUEST, asking=in_two)
    assert lines(execute(service, tmp_path / "mixed", SAMPLES, REQUEST)) == lines(one)


# How many phases


@given(st.integers(0, 80 * GIB), st.integers(0, 80 * GIB), st.integers(0, 80 * GIB), st.integers(0, 80 * GIB))
def test_two_are_chosen_only_where_they_help(free: int, more: int, retrieving: int, generating: int) -> None:
    room, needs = Room(free, free + more), Needs(retrieving, generating)
    assert choose("one", room, needs) == "one"
    assert choose("two", room, needs) == "two"
    if choose("auto", room, needs) == "two":
        assert retrieving <= free
        assert generating <= free
        assert retrieving + generating > free


def test_a_gpu_that_holds_either_but_not_both_is_used_in_two_phases() -> None:
    gpu = replace(Settings(), encoder="bge_m3", reranker="cross_encoder", generator="openai")
    small = Room(23 * GIB, 24 * GIB)
    assert choose("auto", small, needs_of(gpu, small, llm_is_here=True, llm_runs=False)) == "two"
    assert choose("auto", small, needs_of(gpu, small, llm_is_here=True, llm_runs=True)) == "one"
    assert choose("auto", small, needs_of(gpu, small, llm_is_here=False, llm_runs=False)) == "one"
    assert choose("auto", Room(), needs_of(gpu, Room(), llm_is_here=True, llm_runs=False)) == "one"
    assert choose("auto", small, needs_of(Settings(), small, llm_is_here=True, llm_runs=False)) == "one"


GPU = replace(
    Settings(), encoder="bge_m3", reranker="cross_encoder", generator="openai",
    llm=replace(Settings().llm, url="http://127.0.0.1:9/v1"),
)  # fmt: skip


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a card into this machine: a program that says what ``nvidia-smi`` says, and nothing else on the path."""
    program = tmp_path / "nvidia-smi"
    monkeypatch.setenv("PATH", str(tmp_path))

    def put(says: str) -> None:
        program.write_text(f"#!/bin/sh\n{says}\n")
        program.chmod(0o755)

    return put


@pytest.mark.parametrize(
    ("memory", "phases"),
    [
        ("80000, 81920", "one"),  # 78 GiB free: 5 for searching and 72 that vLLM takes for itself
        ("75000, 81920", "two"),  # somebody has 7 GiB of it: either, but not both
        ("23000, 24576", "two"),
        ("15000, 16384", "two"),
        ("14000, 16384", "one"),  # too little for vLLM by itself: two phases wouldn't help
        ("4000, 4096", "one"),
        ("No devices were found", "one"),
        ("[N/A], [N/A]", "one"),
    ],
)
def test_the_free_memory_of_the_card_decides(card: Callable[[str], None], memory: str, phases: str) -> None:
    card(f"echo '{memory}'")
    assert decide("auto", GPU) == phases
    assert decide("one", GPU) == "one"
    assert decide("two", GPU) == "two"
    assert decide("auto", Settings()) == "one"


def test_a_driver_that_fails_is_no_card(card: Callable[[str], None]) -> None:
    card("exit 9")
    assert gpu_room() == Room()
    assert decide("auto", GPU) == "one"
    card("echo 23000, 24576; echo 1, 2")
    assert gpu_room() == Room(23_000 * 2**20, 24_576 * 2**20)


def test_a_language_model_that_runs_or_is_elsewhere_needs_no_phase(card: Callable[[str], None]) -> None:
    card("echo 23000, 24576")
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        running = replace(GPU, llm=replace(GPU.llm, url=f"http://127.0.0.1:{port}/v1"))
        assert decide("auto", running) == "one"
    assert decide("auto", replace(GPU, llm=replace(GPU.llm, url="http://models.example/v1"))) == "one"
    assert decide("auto", GPU) == "two"
