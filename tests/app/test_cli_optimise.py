"""``hansang optimise encoder`` as its user mistypes it; what it makes is shown in ``test_engines_real``."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from app.cli.optimising import read_shapes
from pipeline.checksums import write_sums
from pipeline.errors.settings import BadSetting
from tests.app.cli_runs import failure, make_index, run


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("optimise")
    make_index(folder / "home", folder)
    return folder / "home"


@pytest.mark.parametrize(
    ("text", "pairs"), [("8x40", ((8, 40),)), ("1x16, 8x40", ((1, 16), (8, 40))), ("32x4", ((32, 4),))]
)
def test_shapes_are_texts_by_tokens(text: str, pairs: tuple[tuple[int, int], ...]) -> None:
    assert read_shapes(text) == pairs


@pytest.mark.parametrize("text", ["", "8", "8x", "x8", "0x8", "8x3", "8x40,", "8*40", "-1x8", "8x40;1x8", "1000000x8"])
def test_what_is_no_shape_is_told(text: str) -> None:
    with pytest.raises(BadSetting, match="1x16,8x40"):
        read_shapes(text)


def command(out: Path, *more: str) -> tuple[str, ...]:
    return ("optimise", "encoder", "--index", "small", "--out", str(out), *more)


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ((), 2, "no neural model's (lsa)"),
        (("--index", "none"), 3, "There is no index 'none'"),
        (("--shapes", "big"), 2, "--shapes"),
        (("--to", "tensorrt", "--precision", "int8"), 2, "--quantize static"),
        (("--precision", "int4"), 2, "int4"),
        (("--to", "openvino"), 2, "openvino"),
    ],
)
def test_mistakes_are_told_before_any_work(
    home: Path, tmp_path: Path, more: tuple[str, ...], code: int, said: str
) -> None:
    assert said in failure(run(home, *command(tmp_path / "out", *more)), code).replace("\n", " ")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="torch is here")
def test_without_the_libraries_it_says_what_to_install(home: Path, tmp_path: Path) -> None:
    (folder,) = (path for path in (home / "index" / "small").iterdir() if path.is_dir())
    manifest = folder / "manifest.json"
    before = manifest.read_text(encoding="utf-8")
    manifest.write_text(json.dumps(json.loads(before) | {"encoder": "bge_m3"}), encoding="utf-8")
    write_sums(folder)
    try:
        said = failure(run(home, *command(tmp_path / "out")), 5)
    finally:
        manifest.write_text(before, encoding="utf-8")
        write_sums(folder)
    assert "requirements-gpu.txt" in said
    assert "torch" in said


def test_an_engine_changes_nothing_of_an_index_without_a_model(home: Path) -> None:
    result = run(home, "ask", "주차 되나요?", "--index", "small", "--set", "models.engine=/nowhere")
    assert result.exit_code == 0, result.output
