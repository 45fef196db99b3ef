"""ONNX Runtime, loaded so that it reports to nobody."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from pipeline.optimising.runtime import SILENCE, keep_quiet
from tests.pipeline.optimising.test_engines_real import python_with_onnx

ROOT = Path(__file__).parents[3]

# Runs the smallest network there is, by the runtime as we load it.
PROGRAM = """
import json, os, sys
import numpy as np
from onnx import TensorProto, helper
from pipeline.optimising.runtime import onnx_runtime

of = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [1])
graph = helper.make_graph([helper.make_node("Identity", ["a"], ["b"])], "g", [of("a")], [of("b")])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
session = onnx_runtime().InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
(said,) = session.run(None, {"a": np.ones(1, np.float32)})
sys.stdout.write(json.dumps({"said": said.tolist(), "home": os.listdir(os.environ["HOME"])}))
"""


@pytest.mark.models
def test_it_leaves_neither_a_number_nor_a_store_of_events(tmp_path: Path) -> None:
    own = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    environment = {name: value for name, value in os.environ.items() if name not in (SILENCE, "XDG_CACHE_HOME")} | own
    done = subprocess.run(
        [python_with_onnx(), "-c", PROGRAM], capture_output=True, text=True, env=environment, check=True
    )
    assert json.loads(done.stdout) == {"said": [1.0], "home": []}
    assert list(tmp_path.iterdir()) == []


def test_it_is_imported_in_one_place() -> None:
    importing = re.compile(r"^\s*(?:import|from) onnxruntime\b", re.MULTILINE)
    files = [path for part in ("app", "annotations", "pages", "pipeline") for path in (ROOT / part).rglob("*.py")]
    found = {str(path.relative_to(ROOT)) for path in files if importing.search(path.read_text(encoding="utf-8"))}
    assert found == {"pipeline/optimising/runtime.py"}


def test_who_wants_it_to_report_may_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SILENCE, "0")
    keep_quiet()
    assert os.environ[SILENCE] == "0"
    monkeypatch.delenv(SILENCE)
    keep_quiet()
    assert os.environ[SILENCE] == "1"
