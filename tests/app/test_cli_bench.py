"""``hansang bench retrieval`` and ``chat``, as their user runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.app.cli_runs import failure, make_index, run, run_json
from tests.pipeline.evaluation.squad import write_squad

ROOT = Path(__file__).parents[2]
PEERS = ROOT / ".venv" / "with" / "models" / "bin" / "python"


def test_quality_times_and_answers_of_a_question_set(tmp_path: Path) -> None:
    squad = write_squad(tmp_path)
    value = run_json(tmp_path / "home", "bench", "retrieval", "--data", str(squad), "--format", "squad", "--answers")
    assert (value["passages"], value["questions"]) == (4, 4)
    assert value["quality"]["rerank"]["recall"]["1"] == 1
    assert value["timings"]["total"]["p50"] > 0
    assert value["answers"]["best_two"] == 1
    assert not (tmp_path / "home" / "index").exists()  # measured in a folder of its own
    shown = run(tmp_path / "home", "bench", "retrieval", "--data", str(squad), "--limit", "2").stdout
    assert "단락 4개 · 질문 2개" in shown
    for name in ("MRR@10", "nDCG@10", "R@50", "p95", "fused", "rerank"):
        assert name in shown


def test_a_set_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "squad.json").write_text("[]", encoding="utf-8")
    said = failure(run(tmp_path, "bench", "retrieval", "--data", str(tmp_path / "squad.json")), 2)
    assert "squad.json" in said
    assert "파일이 없습니다" in failure(run(tmp_path, "bench", "retrieval", "--data", str(tmp_path / "none.json")), 2)


def test_peers_that_are_not_installed_are_told_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)  # as where it isn't installed
    said = failure(run(tmp_path, "bench", "retrieval", "--data", str(tmp_path / "not-read-yet.json"), "--peers"), 5)
    assert "faiss-cpu" in said
    assert "pip install -e '.[peers]'" in said


def python_with_peers() -> str:
    """A Python that can import what we are compared with; skips the test where there is none."""
    here = subprocess.run([sys.executable, "-c", "import faiss, langchain_classic, langchain_community"], check=False)
    if here.returncode == 0:
        return sys.executable
    if not PEERS.exists():
        pytest.skip("LangChain is not installed: `make test-models` installs it")
    return str(PEERS)


@pytest.mark.models
def test_peers_are_asked_in_the_same_run(tmp_path: Path) -> None:
    words = ["bench", "retrieval", "--data", str(write_squad(tmp_path)), "--peers", "--json"]
    done = subprocess.run(
        [python_with_peers(), "-m", "app.cli", "--home", str(tmp_path), *words],
        capture_output=True, text=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    peers: dict[str, Any] = json.loads(done.stdout)["peers"]
    assert len(peers) == 4
    assert {"rank_bm25", "LangChain Ensemble"} < peers.keys()
    for quality, timing in peers.values():
        assert quality["recall"]["5"] == 1  # four passages: whoever looks finds it
        assert 0 < timing["p50"] <= timing["p95"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_chat_is_measured_on_a_server_of_its_own(tmp_path: Path) -> None:
    home = tmp_path / "home"
    make_index(home, tmp_path)
    found = run_json(home, "bench", "chat", "--index", "small", "--users", "2", "--questions", "3")
    assert found.keys() == {"2"}
    assert (found["2"]["questions"], found["2"]["errors"]) == (6, 0)
    contexts, first, end = (found["2"][name] for name in ("contexts", "first", "end"))
    assert 0 < contexts["p50"] <= first["p50"] <= end["p50"]
    assert "1,20" in failure(run(home, "bench", "chat", "--index", "small", "--users", "0"), 2)
