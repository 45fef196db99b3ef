"""``make gpu``: what can be tried without a card. Where there is none it says so before anything large."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.config import load_profile

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
