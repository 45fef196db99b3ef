"""Stands where llm-compressor's Python would: speaks its lines, and can fail, die, stand still or write rubbish.

The real one is in ``tests/vllm``. How it behaves is the name of the model's folder.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from tests.pipeline.neural.folders import write_safetensors

VERSIONS = {"llmcompressor": "0", "torch": "0"}


def say(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def write(out: Path, model: Path) -> None:
    (out / "config.json").write_text((model / "config.json").read_text())
    (out / "tokenizer.json").write_text("{}")
    write_safetensors(out / "model.safetensors", ("layer.0",), each=1, kind="I8")
    (out / "model.safetensors").chmod(0o600)


def main() -> None:
    job = json.loads(sys.stdin.readline())
    model, out = Path(job["model"]), Path(job["out"])
    (model / "job.json").write_text(json.dumps(job))
    (model / "pid").write_text(str(os.getpid()))
    say({"stage": "load", "done": 0})
    say({"stage": "calibrate", "done": 8})
    write(out, model)
    if model.name == "fails":
        say({"failed": "RuntimeError: out of memory"})
    elif model.name == "dies":
        sys.stderr.write("Segmentation fault, or so\n")
        sys.exit(3)
    elif model.name == "stands-still":
        sys.stdin.read()  # until the parent has gone
        return
    elif model.name == "torn":
        (out / "model.safetensors").write_bytes((out / "model.safetensors").read_bytes()[:-1])
    elif model.name == "babbles":
        sys.stdout.write("not JSON\n")
        sys.stdout.flush()
        time.sleep(60)
    say({"done": {"versions": VERSIONS, "tokens": 30, "longest": 20, "cut": 1}})


if __name__ == "__main__":
    main()
