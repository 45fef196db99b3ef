"""``hansang optimise llm``, ``gate-llm`` and ``bench llm`` as their user runs them, against pretended servers."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipeline.optimising.llm.compressing import VARIABLE
from pipeline.optimising.llm.report import read
from pipeline.storage import UNFINISHED
from tests.app.cli_runs import failure, make_index, run, start, wait_for
from tests.pipeline.generators.llm_server import Json, LlmServer, Say
from tests.pipeline.neural.folders import make
from tests.pipeline.optimising.llm.test_compressing import stand_in

GOOD = ("후기에 따르면 ", "주차는 ", "됩니다. [1]")
PATIENT = ("--set", "llm.first_token_s=60", "--set", "llm.next_token_s=60")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("home")
    make_index(root, tmp_path_factory.mktemp("reviews"))
    return root


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(stand_in(tmp_path)))
    return make(tmp_path / "model", "LlamaForCausalLM", hidden_size=64)


@pytest.fixture
def servers() -> Iterator[list[LlmServer]]:
    with LlmServer(Say(GOOD, usage=(100, 12))) as one, LlmServer(Say(GOOD, usage=(100, 12))) as other:
        yield [one, other]


def compressed(home: Path, model: Path, scheme: str = "w8a8") -> Path:
    out = model.with_name("smaller")
    words = ("--model", str(model), "--index", "small", "--out", str(out), "--samples", "4")
    made = run(home, "optimise", "llm", "--scheme", scheme, *words)
    assert made.exit_code == 0, made.output
    return out


def questions(folder: Path, count: int = 24) -> Path:
    rows = [
        {
            "id": f"q{n}",
            "question": f"숯골갈비 주차 {n}시간 무료예요?",
            "answer": "주차는 됩니다",
            "passage_ids": ["r1"],
        }
        for n in range(count)
    ]
    path = folder / "questions.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def gated(home: Path, out: Path, *words: str) -> Any:
    data = ("--data", str(questions(out.parent)))
    return run(home, "optimise", "gate-llm", str(out), "--index", "small", "--no-speed", *data, *PATIENT, *words)


def both(servers: Sequence[LlmServer]) -> list[str]:
    named = [("original", servers[0]), ("compressed", servers[1])]
    return [word for side, s in named for word in (f"--{side}", s.url, f"--{side}-model", "test-model")]


def test_a_model_is_compressed_on_the_prompts_of_an_index(home: Path, model: Path) -> None:
    out = compressed(home, model)
    report = read(out)
    assert report.state == "ungated"
    assert (report.calibration.index, report.calibration.prompts) == ("small", 4)
    job = json.loads((model / "job.json").read_text())
    assert len(job["prompts"]) == 4
    assert "<후기" in job["prompts"][0][0][-1]["content"]


def test_it_says_what_was_made_and_that_it_may_not_be_used_yet(home: Path, model: Path) -> None:
    out = model.with_name("x")
    made = run(home, "optimise", "llm", "--scheme", "fp8", "--model", str(model), "--index", "small", "--out", str(out))
    assert "프롬프트를 보지 않습니다" in made.output
    assert "gate-llm" in made.stderr
    assert "MiB" in made.output


def test_what_can_not_be_done_is_said_before_any_work(home: Path, model: Path, tmp_path: Path) -> None:
    words = ["optimise", "llm", "--scheme", "w8a8", "--index", "small"]
    there = ["--out", str(tmp_path / "y")]
    assert "이미 있습니다" in failure(run(home, *words, "--model", str(model), "--out", str(model)), 4)
    encoder = make(tmp_path / "encoder")
    assert "글을 쓰는 모델이 아닙니다" in failure(run(home, *words, "--model", str(encoder), *there), 5)
    assert "그런 폴더가 없습니다" in failure(run(home, *words, "--model", str(tmp_path / "no"), *there), 5)
    lost = ["optimise", "llm", "--scheme", "w8a8", "--index", "none", "--model", str(model), *there]
    assert "none" in failure(run(home, *lost), 3)
    failure(run(home, "optimise", "llm", "--scheme", "int3", "--model", str(model), *there), 2)
    assert not (model / "pid").exists()


def test_without_its_environment_it_says_make(home: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/nowhere/python")
    words = ("--scheme", "w8a8", "--model", str(model), "--out", str(model.with_name("z")))
    assert "make .venv/with/llmcompressor/.done" in failure(run(home, "optimise", "llm", *words), 5)


def test_ctrl_c_ends_the_compressor_and_leaves_nothing(home: Path, model: Path, tmp_path: Path) -> None:
    slow = model.rename(model.with_name("stands-still"))
    out = tmp_path / "out"
    command = start(
        home, "optimise", "llm", "--scheme", "w8a8", "--model", str(slow), "--index", "small", "--samples", "2",
        "--out", str(out),
    )  # fmt: skip
    pid = slow / "pid"
    wait_for(lambda: pid.exists() and pid.read_text())
    wait_for(lambda: list(tmp_path.glob(f"{UNFINISHED}*/model.safetensors")))  # half of it is there
    command.send_signal(signal.SIGINT)
    command.communicate(timeout=60)
    assert command.returncode == 130
    assert not out.exists()
    assert list(tmp_path.glob(f"{UNFINISHED}*")) == []
    assert not psutil.pid_exists(int(pid.read_text()))


def test_answers_alike_pass_and_the_folder_says_so(home: Path, model: Path, servers: list[LlmServer]) -> None:
    out = compressed(home, model)
    done = gated(home, out, *both(servers), "--speed")
    assert done.exit_code == 0, done.output
    assert "통과" in done.stderr
    assert "쓴 토큰/초 · 8명" in done.output
    report = read(out)
    assert [load["together"] for load in report.servers["original"]["loads"]] == [1, 8]
    assert [times["together"] for times in report.gate["faster"]] == [1, 8]
    assert report.state == "passed"
    assert report.gate["agreement"][0] == 1.0
    assert report.gate["asked"] == 24
    assert {one["measure"] for one in report.gate["measures"]} >= {"replied", "f1", "accuracy"}
    assert all(body["temperature"] == 0 for server in servers for body in server.bodies)
    assert set(report.runs) == {"original", "compressed"}


def test_other_answers_are_refused_with_the_reasons(home: Path, model: Path, servers: list[LlmServer]) -> None:
    servers[1].say = Say(("콜키지 콜키지 만원 ", "만원."))
    out = compressed(home, model)
    done = gated(home, out, *both(servers))
    said = failure(done, 4)
    assert "거절" in said
    assert "기준 0.70" in said
    assert read(out).state == "refused"


def test_one_server_after_the_other(home: Path, model: Path, servers: list[LlmServer]) -> None:
    out = compressed(home, model)
    failure(gated(home, out), 4)
    words = both(servers)
    first = gated(home, out, *words[:4])
    assert first.exit_code == 0, first.output
    assert "--compressed" in first.stderr
    assert json.loads(gated(home, out, *words[:4], "--json").stdout)["state"] == "ungated"
    assert read(out).state == "ungated"
    assert gated(home, out, *words[4:]).exit_code == 0
    assert read(out).state == "passed"
    asked = len(servers[0].bodies)
    assert gated(home, out, "--margin", "0.01").exit_code == 0  # both are kept: judged anew, nobody is asked
    assert len(servers[0].bodies) == asked


def test_a_new_answer_takes_a_pass_back_until_it_is_judged(home: Path, model: Path, servers: list[LlmServer]) -> None:
    out = compressed(home, model)
    assert gated(home, out, *both(servers)).exit_code == 0
    servers[1].say = Say(("콜키지 만원.",))
    other = ("--compressed", servers[1].url, "--compressed-model", "test-model", "--set", "llm.answer_tokens=100")
    failure(gated(home, out, *other), 4)
    assert read(out).state == "refused"


def test_a_server_with_another_model_is_not_asked(
    home: Path, model: Path, servers: list[LlmServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.evaluation import llm_server

    monkeypatch.setattr(llm_server, "_listed", lambda http, endpoint: (str(model), 4_096))
    out = compressed(home, model)
    words = ("--compressed", servers[1].url, "--compressed-model", "test-model")
    assert str(model) in failure(gated(home, out, *words), 4)
    assert servers[1].bodies == []
    original = ("--original", servers[0].url, "--original-model", "test-model")
    assert gated(home, out, *original).exit_code == 0


def test_what_was_calibrated_on_is_not_asked_by_the_gate(home: Path, model: Path, servers: list[LlmServer]) -> None:
    data, out = questions(model.parent), model.with_name("on-questions")
    words = ("--model", str(model), "--index", "small", "--data", str(data), "--samples", "20", "--out", str(out))
    assert run(home, "optimise", "llm", "--scheme", "w8a8", *words).exit_code == 0
    said = failure(gated(home, out, *both(servers)), 4)
    assert read(out).gate["questions"] == 4
    assert "4개뿐" in said


def test_a_folder_of_something_else_has_no_gate(home: Path, tmp_path: Path) -> None:
    assert "optimise llm" in failure(run(home, "optimise", "gate-llm", str(tmp_path)), 2)


def bench(home: Path, *words: str) -> Any:
    return run(home, "bench", "llm", "--index", "small", "--requests", "3", "--concurrency", "1,2", *PATIENT, *words)


def bench_json(home: Path, *words: str) -> Any:
    result = bench(home, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_bench_has_figures_for_each_load(home: Path, servers: list[LlmServer]) -> None:
    found = bench_json(home, "--url", servers[0].url, "--model", "test-model", "--tokens", "20")
    (loads,) = found["loads"]
    assert [(load["together"], load["requests"], load["errors"]) for load in loads] == [(1, 3, {}), (2, 4, {})]
    assert all(load["answer_tokens"] == 12 and load["prompt_tokens"] == 100 for load in loads)
    assert all(load["first_ms"]["p50"] <= load["first_ms"]["p95"] for load in loads)
    assert servers[0].bodies[0]["max_tokens"] == 20
    assert (found["ratios"], found["reached"], found["card"]) == ([], [], "")


def test_two_servers_are_compared_at_each_load(home: Path, servers: list[LlmServer]) -> None:
    words = ("--url", servers[0].url, "--url", servers[1].url, "--model", "test-model")
    found = bench_json(home, *words)
    assert len(found["loads"]) == len(found["ratios"]) == 2
    for one, other, times in zip(*found["loads"], found["ratios"], strict=True):
        assert times["out_per_s"] == pytest.approx(one["out_per_s"] / other["out_per_s"])
        assert times["first"] == pytest.approx(other["first_ms"]["p50"] / one["first_ms"]["p50"])
    assert [len(server.bodies) for server in servers] == [8, 8]
    asked = [[body["messages"] for body in server.bodies] for server in servers]
    assert sorted(map(str, asked[0])) == sorted(map(str, asked[1]))  # the same prompts
    assert "첫째 ÷ 둘째" in bench(home, *words).output


def test_with_a_card_there_are_its_limits(home: Path, servers: list[LlmServer], tmp_path: Path) -> None:
    sizes = {
        "hidden_size": 4_096, "num_hidden_layers": 32, "vocab_size": 128_256, "num_attention_heads": 32,
        "intermediate_size": 14_336, "num_key_value_heads": 8,
    }  # fmt: skip
    folder = make(tmp_path / "llama", "LlamaForCausalLM", **sizes)
    words = ("--url", servers[0].url, "--model", "test-model", "--card", "L4")
    found = bench_json(home, *words, "--weights", str(folder))
    assert found["card"] == "L4"
    assert found["reached"][0]["limits"]["token_s"] == pytest.approx(0.05, rel=0.05)  # 15 GB at 300 GB/s
    assert "L4의 한도" in bench(home, *words, "--weights", str(folder)).output
    assert "--weights" in failure(bench(home, *words), 2)
    assert "H100" in failure(bench(home, *words[:-1], "Voodoo", "--weights", str(folder)), 2)


def test_errors_are_counted_and_have_no_times(home: Path, servers: list[LlmServer]) -> None:
    seen: list[Json] = []

    def say(body: Json) -> Say:
        seen.append(body)
        return Say(GOOD) if len(seen) == 1 else Say(GOOD[:1], then="drop")

    servers[0].say = say
    found = bench_json(home, "--url", servers[0].url, "--model", "test-model")
    assert [load["errors"] for load in found["loads"][0]] == [{"llm-broken": 3}, {"llm-broken": 4}]
    assert found["loads"][0][0]["first_ms"]["p50"] is None


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--url", "http://127.0.0.1:9/v1", "--model", "m"), 5, "127.0.0.1:9"),
        (("--url", "ftp://x", "--model", "m"), 2, "--url"),
        (("--concurrency", "0,x"), 2, "--concurrency"),
        (("--concurrency", "9999"), 2, "--concurrency"),
        (("--url", "http://a/v1", "--url", "http://b/v1", "--url", "http://c/v1"), 2, "--url"),
    ],
)
def test_what_can_not_be_timed_is_refused(home: Path, words: tuple[str, ...], code: int, said: str) -> None:
    assert said in failure(run(home, "bench", "llm", "--index", "small", *words), code)


def test_a_model_that_the_server_lacks_is_said(home: Path, servers: list[LlmServer]) -> None:
    assert "another" in failure(bench(home, "--url", servers[0].url, "--model", "another"), 5)
