"""docs/scale.md: its tables follow from its formulas, and the formulas from what an index really takes."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.config import load_profile
from pipeline.engines.ray import PACKAGE, TRIES
from pipeline.index import Index, current_folder
from pipeline.service import Home
from tests.pipeline.corpora import REVIEWS, build, documents

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
SHOWN = ("disk", "cache_disk", "hot", "build_ram", "build_hours", "ray_hours", "ask", "most_qps", "servers")
GIGABYTES = SHOWN[:4]
BILLION = 1_000_000_000


def section(name: str) -> str:
    (found,) = re.findall(rf"^## {name}.*?(?=^## |\Z)", GUIDE, flags=re.DOTALL | re.MULTILINE)
    return str(found)


CONSTANTS = {
    name: float(value) for name, value in re.findall(r"^\| `(\w+)` \| ([\d.e-]+) \|", section("재 본 값"), re.MULTILINE)
}
FORMULAS = re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", section("식"), re.MULTILINE)


def worked_out(**given: float) -> dict[str, Any]:
    values: dict[str, Any] = CONSTANTS | given
    for name, formula in FORMULAS:
        values[name] = eval(formula, {"__builtins__": {}, "ceil": math.ceil, "max": max}, values)
    return values


def shown(value: float) -> str:
    return f"{value:,.2g}" if value < 10 else f"{value:,.0f}"


def given() -> dict[str, float]:
    """What the table is for: the numbers beside their names in the line above it."""
    line = section("표").splitlines()[2]
    return {name: float(value) for name, value in re.findall(r"`(\w+)`[^\d]*?(\d+)", line)}


def rows() -> list[list[str]]:
    lines = re.findall(r"^\| ([\d,]+(?: \| [\d.,]+)+) \|$", section("표"), re.MULTILINE)
    return [line.split(" | ") for line in lines]


def test_every_formula_is_made_of_what_stands_above_it() -> None:
    assert [name for name, _ in FORMULAS][:2] == ["review_bytes", "disk"]
    assert set(given()) == {"chars", "dims", "workers", "qps"}
    used = {word for _, formula in FORMULAS for word in re.findall(r"[a-z_]\w*", formula)}
    assert set(CONSTANTS) <= used  # nothing was measured for nothing
    worked_out(reviews=1, **given())


def test_the_table_is_what_the_formulas_give() -> None:
    heads = re.findall(r"`(\w+)`", next(line for line in section("표").splitlines() if line.startswith("| 후기 |")))
    assert tuple(heads) == SHOWN
    assert [row[0] for row in rows()] == ["100,000", "1,000,000", "10,000,000", "100,000,000"]
    for count, *cells in rows():
        found = worked_out(reviews=float(count.replace(",", "")), **given())
        wanted = [shown(found[name] / (BILLION if name in GIGABYTES else 1)) for name in SHOWN]
        assert cells == wanted, count


def test_what_was_measured_is_within_ten_percent_of_the_formula() -> None:
    compared = re.findall(
        r"^\| [^|`]+ \| [\d,]+ \| ([\d.]+) \| ([\d,]+) \| ([\d,]+) \|$", section("재 본 값"), re.MULTILINE
    )
    assert len(compared) == 4
    for chars, measured, reckoned in compared:
        found = worked_out(reviews=1, chars=float(chars), dims=256, workers=1, qps=1)["review_bytes"]
        assert f"{found:,.0f}" == reckoned
        assert float(measured.replace(",", "")) == pytest.approx(found, rel=0.1)


def test_an_index_made_now_is_of_the_size_that_the_formula_says(tmp_path: Path) -> None:
    home = Home(tmp_path)
    build(home, documents(REVIEWS * 40), indexing__dimensions="8")
    folder = current_folder(home.indexes, "small")
    passages = Index(folder).passages
    chars = sum(len(passage.text) for passage in passages)
    for part, file in (
        ("text", "passages.arrow"),
        ("terms", "kiwi/terms"),
        ("bm25", "kiwi/bm25"),
        ("windows", "kiwi/windows"),
    ):
        size = sum(p.stat().st_size for p in (folder / file).rglob("*")) or (folder / file).stat().st_size
        per_char = (size - (CONSTANTS["meta"] * len(passages) if part == "text" else 0)) / chars
        assert per_char == pytest.approx(CONSTANTS[part], rel=0.4), part  # 49 words of one kind of review


def test_the_guide_names_what_the_code_has() -> None:
    assert f"pip install '{PACKAGE}'" in GUIDE
    assert TRIES + 1 == 4, "the guide says four"
    assert "작업자를 네 번 쓰러뜨려도" in GUIDE


def test_ray_serve_is_asked_for_the_model_and_the_address_of_the_profile() -> None:
    serve = yaml.safe_load((ROOT / "deploy" / "ray" / "llm.yaml").read_text(encoding="utf-8"))
    llm, http = load_profile("gpu").llm, serve["http_options"]
    assert f"http://{http['host']}:{http['port']}/v1" == llm.url
    (application,) = serve["applications"]
    (model,) = application["args"]["llm_configs"]
    assert model["model_loading_config"]["model_id"] == llm.model
    assert model["engine_kwargs"]["tensor_parallel_size"] == 2
