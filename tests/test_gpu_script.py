"""``make gpu``: what can be tried without a card. Where there is none it says so before anything large."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.config import load_profile
from pipeline.optimising.llm.report import Calibration, Optimised, State, write

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "gpu.sh"


def tools(folder: Path, *names: str) -> Path:
    """A folder of programs with only these of the system's."""
    folder.mkdir()
    for name in names:
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return folder


def test_the_script_is_sound_shell() -> None:
    subprocess.run(["bash", "-n", str(SCRIPT)], check=True)
    assert os.access(SCRIPT, os.X_OK)


@pytest.mark.parametrize("driver", ["", "#!/bin/sh\necho 'Failed to initialize NVML' >&2; exit 9\n"])
def test_without_a_driver_it_refuses_with_the_cure(tmp_path: Path, driver: str) -> None:
    path = tools(tmp_path / "bin", "bash", "sh", "env", "dirname")
    if driver:
        (path / "nvidia-smi").write_text(driver)
        (path / "nvidia-smi").chmod(0o755)
    for arguments in (["check"], []):
        done = subprocess.run([str(SCRIPT), *arguments], env={"PATH": str(path)}, capture_output=True, text=True)
        assert done.returncode == 1
        assert "make demo" in done.stdout.splitlines()[0]
        assert "No NVIDIA driver" in done.stdout
    assert done.stderr == ""


def test_with_a_driver_the_check_passes(tmp_path: Path) -> None:
    path = tools(tmp_path / "bin", "bash", "env", "dirname", "true")
    (path / "true").rename(path / "nvidia-smi")
    subprocess.run([str(SCRIPT), "check"], env={"PATH": str(path)}, check=True)


def test_make_asks_for_the_card_before_it_installs_anything() -> None:
    planned = subprocess.run(["make", "-n", "gpu"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert planned.index("gpu.sh check") < planned.index("vllm_gpu")


def test_script_and_profile_name_the_same_model_and_port() -> None:
    llm = load_profile("gpu").llm
    script = SCRIPT.read_text(encoding="utf-8")
    assert f"MODEL=${{MODEL:-{llm.model}}}" in script
    (port,) = re.findall(r"PORT=\$\{PORT:-(\d+)\}", script)
    assert f":{port}/" in llm.url


def test_the_profile_is_the_plans_system_by_its_names() -> None:
    settings = load_profile("gpu")
    assert (settings.tokenizer, settings.encoder, settings.reranker) == ("okt", "bge_m3", "cross_encoder")
    assert (settings.models.encoder, settings.models.reranker) == ("BAAI/bge-m3", "Dongjin-kr/ko-reranker")
    assert (settings.generator, settings.llm.model) == ("openai", "MLP-KTLim/llama-3-Korean-Bllossom-8B")
    fusion = settings.fusion
    assert (fusion.method, fusion.weight, fusion.window) == ("minmax", 0.6, 0)


def test_pins_of_the_gpu_are_those_of_the_tests() -> None:
    pinned = (ROOT / "requirements-gpu.txt").read_text().lower().splitlines()
    makefile = (ROOT / "Makefile").read_text()
    for line in (ROOT / "requirements-gpu.in").read_text().splitlines():
        if not line.startswith("#"):
            assert line.lower() in pinned
            assert line in makefile
    assert not [line for line in pinned if line.startswith("vllm")]


def checkout(folder: Path, cards: int) -> dict[str, str]:
    """The script beside programs that only write down what they were called with; the environment to call it in."""
    path = tools(folder / "bin", "bash", "env", "dirname", "mkdir", "wc", "tail", "sleep", "grep")
    called = folder / "vllm.called"
    programs = {
        "bin/nvidia-smi": "\n".join(f"echo 'GPU {card}: H100'" for card in range(cards)),
        "bin/curl": "exit 0",
        ".venv/with/vllm_gpu/bin/vllm": f"echo \"$@\" > {called}",
        ".venv/bin/hansang": f"until [ -e {called} ]; do sleep .05; done; echo \"$@\" > {folder}/hansang.called",
    }  # fmt: skip
    for name, body in programs.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"#!/bin/bash\n{body}\n")
        (folder / name).chmod(0o755)
    (folder / "scripts").mkdir()
    shutil.copy(SCRIPT, folder / "scripts")
    return {"PATH": str(path), "HANSANG_HOME": str(folder / "var")}


@pytest.mark.parametrize(
    ("given", "tensor", "replicas"),
    [({}, "1", "1"), ({"TENSOR_PARALLEL": "4"}, "4", "1"), ({"TENSOR_PARALLEL": "2", "REPLICAS": "2"}, "2", "2")],
)
def test_vllm_is_spread_over_cards_as_asked(tmp_path: Path, given: dict[str, str], tensor: str, replicas: str) -> None:
    environment = checkout(tmp_path, cards=4)
    subprocess.run([tmp_path / "scripts" / "gpu.sh"], env=environment | given, check=True, capture_output=True)
    called = (tmp_path / "vllm.called").read_text().split()
    assert called[called.index("--tensor-parallel-size") + 1] == tensor
    assert called[called.index("--data-parallel-size") + 1] == replicas
    assert (tmp_path / "hansang.called").read_text().split() == ["serve", "--profile", "gpu"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"TENSOR_PARALLEL": "8"}, "GPU가 모자랍니다: TENSOR_PARALLEL × REPLICAS = 8, 있는 것 4"),
        ({"TENSOR_PARALLEL": "2", "REPLICAS": "3"}, "there are 4"),
        ({"TENSOR_PARALLEL": "0"}, "TENSOR_PARALLEL은(는) 1 이상"),
        ({"REPLICAS": "둘"}, "REPLICAS은(는) 1 이상"),
        ({"REPLICAS": "2; exit 0"}, "REPLICAS은(는) 1 이상"),
    ],
)
def test_more_cards_than_there_are_and_what_is_no_number_are_refused(
    tmp_path: Path, given: dict[str, str], said: str
) -> None:
    environment = checkout(tmp_path, cards=4)
    done = subprocess.run([tmp_path / "scripts" / "gpu.sh"], env=environment | given, capture_output=True, text=True)
    assert done.returncode == 2
    assert said in done.stdout
    assert not (tmp_path / "vllm.called").exists()


@pytest.mark.parametrize("state", ["ungated", "refused", "passed"])
def test_a_compressed_model_is_started_only_after_its_gate(tmp_path: Path, state: State) -> None:
    environment = checkout(tmp_path, cards=1)
    folder = tmp_path / "model"
    folder.mkdir()
    calibration = Calibration("demo", "answer@1", prompts=1, tokens=1, longest=1, cut=0, used=True)
    write(folder, Optimised("a", "b", "w8a8", "2026-01-01", {}, calibration, 2, 1, 1.0, state))
    done = subprocess.run(
        [tmp_path / "scripts" / "gpu.sh"], env=environment | {"MODEL": str(folder)}, capture_output=True, text=True
    )
    assert done.returncode == (0 if state == "passed" else 2), done.stderr
    assert ("gate-llm" in done.stdout) == (state != "passed")
    assert (tmp_path / "vllm.called").exists() == (state == "passed")
