"""The demo data as the tests of the schemes read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DEMO = Path(__file__).parents[2] / "data" / "demo"

Row = dict[str, Any]


def demo_rows(name: str) -> dict[str, Row]:
    """Rows of ``data/demo/NAME.jsonl`` by id."""
    lines = (DEMO / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["id"]: row for row in map(json.loads, lines)}
