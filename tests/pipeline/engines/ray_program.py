"""Run by a Python that has Ray: shows what our commands make of a Ray of one machine, joined by its address.

Prints one JSON object; ``test_ray`` reads it. Knows no pytest, so that its environment needs none.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from pipeline.checksums import SUMS
from pipeline.engines.ray import TRIES, RayEngine
from pipeline.errors.base import HansangError
from pipeline.index import current_folder
from tests.app.cli_runs import run, write_reviews
from tests.pipeline.engines.ray_head import free_port, gone, head, killing, listeners
from tests.pipeline.engines.works import Dying, Failing, Measuring, Refusing
from tests.pipeline.neural import tiny

COPIES = 600  # of the small corpus
BATCHES = [[f"글 {n}-{m} \ud800" for m in range(n % 4)] for n in range(24)]
DONE = [[(text, len(text)) for text in batch] for batch in BATCHES]
WHEN_MADE = ("created", "version")


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of an index but its checksums; of its manifest what doesn't say when it was made."""
    found = {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
    del found[SUMS]
    manifest = json.loads(found["manifest.json"])
    found["manifest.json"] = json.dumps({k: v for k, v in manifest.items() if k not in WHEN_MADE}).encode()
    return found


def lengthened(reviews: Path) -> Path:
    """The same file with reviews that are longer than a passage, two of them the same."""
    rows = [json.loads(line) for line in reviews.read_text().splitlines()]
    text = " ".join(row["text"] for row in rows[:6])
    rows += [rows[0] | {"id": f"long{n}", "text": text} for n in range(2)]
    reviews.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return reviews


def refused(act: Callable[[], object]) -> dict[str, str]:
    try:
        act()
    except HansangError as error:
        return {"code": error.code, "ko": error.korean, "en": error.english}
    return {}


def engine(root: Path, ray: psutil.Process) -> dict[str, Any]:
    """What the engine itself promises."""
    told: list[int] = []
    here = RayEngine(2, told.append)
    (root / "once").mkdir()
    (root / "ever").mkdir()
    found: dict[str, Any] = {"in order": [list(each) for each in here.map(Measuring(), BATCHES)] == DONE}
    found["machines"], found["listeners"] = told, listeners(ray)
    found["refusing"] = refused(lambda: list(here.map(Refusing(), BATCHES)))
    found["failing"] = refused(lambda: list(here.map(Failing(), BATCHES)))
    dying = Dying(folder=str(root / "once"), at=BATCHES[13][0])
    found["after a death"] = [list(each) for each in here.map(dying, BATCHES)] == DONE
    found["deaths"] = len(list((root / "once").iterdir()))
    poison = Dying(folder=str(root / "ever"), at=BATCHES[1][0], times=1_000)
    found["poison"] = refused(lambda: list(here.map(poison, BATCHES[:6])))
    found["poisoned"] = 1 < len(list((root / "ever").iterdir())) <= (TRIES + 1) * 2
    here.close()
    return found


def index(root: Path, reviews: Path) -> dict[str, Any]:
    """The same index by both engines: documents cut into passages, analysed, encoded by a model that reads texts."""
    tiny.encoder(root / "encoder")
    how = (
        "--set", "indexing.passage_chars=50", "--set", "indexing.overlap_chars=10",
        "--set", "encoder=bge_m3", "--set", f"models.encoder={root / 'encoder'}",
    )  # fmt: skip
    made = []
    for kind in ("local", "ray"):
        done = run(root / kind, "index", str(reviews), "--name", "small", "--engine", kind, *how)
        assert done.exit_code == 0, done.output
        made.append(contents(current_folder(root / kind / "index", "small")))
    local, ray = made
    manifest = json.loads(local["manifest.json"])
    again = run(root / "ray", "index", str(reviews), "--name", "small", "--engine", "ray", *how, "--json")
    return {
        "files": sorted(local), "other files": sorted(set(local) ^ set(ray)),
        "differ": [file for file in local if local[file] != ray.get(file)],
        "documents": manifest["documents"], "passages": manifest["passages"],
        "cached": [len(list((root / kind / "cache").glob("*.sqlite"))) for kind in ("local", "ray")],
        "again": json.loads(again.stdout)["unchanged"],
    }  # fmt: skip


def analyze(root: Path, reviews: Path, ray: psutil.Process) -> dict[str, Any]:
    """The same analyses by both engines; with workers killed in the middle; and gone on with after a stop."""
    here, there, cut = (root / f"{name}.jsonl" for name in ("here", "there", "cut"))
    done = run(root, "analyze", str(reviews), "--out", str(here), "--no-aspects")
    assert done.exit_code == 0, done.output
    with killing(ray, lambda: there.exists() and there.stat().st_size > 0) as killed:
        done = run(root, "analyze", str(reviews), "--out", str(there), "--no-aspects", "--engine", "ray")
    assert done.exit_code == 0, done.output
    whole = here.read_bytes()
    found: dict[str, Any] = {"killed": len(killed), "same": there.read_bytes() == whole, "lines": whole.count(b"\n")}
    cut.write_bytes(whole[: len(whole) * 2 // 5])
    done = run(root, "analyze", str(reviews), "--out", str(cut), "--no-aspects", "--engine", "ray", "--json")
    found["gone on"] = json.loads(done.stdout)
    found["same after a stop"] = cut.read_bytes() == whole
    return found


def records(home: Path, name: str) -> list[dict[str, Any]]:
    lines = (home / "runs" / name / "records.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(line).items() if k != "timings_ms"} for line in lines]


def evaluate(root: Path, reviews: Path, ray: psutil.Process) -> dict[str, Any]:
    """The same records by both engines, with workers killed in the middle."""
    words = ("숯골갈비 주차 무료예요?", "연탄집 사장님 친절해요?", "바다횟집 아이 의자 있나요?", "환전소 있나요?", "")
    questions = [{"id": f"q{n}", "question": words[n % 5], "answer": "무료", "passage_ids": ["r1"]} for n in range(120)]
    home = root / "home"
    done = run(home, "index", str(reviews), "--name", "small")
    assert done.exit_code == 0, done.output
    file = root / "questions.jsonl"
    file.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in questions if each["question"]))
    asked = ("evaluate", str(file), "--index", "small")
    here = run(home, *asked, "--run", "local")
    written = home / "runs" / "ray" / "records.jsonl"
    with killing(ray, lambda: written.exists() and written.stat().st_size > 0) as killed:
        there = run(home, *asked, "--run", "ray", "--engine", "ray")
    assert (here.exit_code, there.exit_code) == (0, 0), here.output + there.output
    found: dict[str, Any] = {"killed": len(killed), "said by local": here.stderr, "said by ray": there.stderr}
    found["same"] = records(home, "local") == records(home, "ray")
    found["records"] = len(records(home, "ray"))
    found["traces"] = sorted(path.name for path in home.iterdir())
    two = run(home, "evaluate", str(file), "--index", "small", "--phases", "two", "--engine", "ray")
    found["two phases"] = [two.exit_code, two.stderr]
    return found


def strangers(reviews: Path, root: Path) -> dict[str, Any]:
    """Without the token, and at an address where nobody is: each in a process of its own."""
    found: dict[str, Any] = {}
    script = "from app.cli.main import main; main()"
    command = ("analyze", str(reviews), "--no-aspects", "--engine", "ray", "--out")
    for name, other in (
        ("wrong token", {"RAY_AUTH_TOKEN": secrets.token_hex(32)}),
        ("nobody there", {"RAY_ADDRESS": f"127.0.0.1:{free_port()}"}),
    ):
        done = subprocess.run(
            [sys.executable, "-c", script, *command, str(root / f"{name}.jsonl")],
            capture_output=True, text=True, env=os.environ | other,
        )  # fmt: skip
        found[name] = [done.returncode, done.stderr, "Traceback" in done.stderr]
    return found


def guide() -> dict[str, list[str]]:
    """Ray's commands in the guide, with the options among theirs that Ray doesn't know."""
    text = (Path(__file__).parents[3] / "docs" / "scale.md").read_text(encoding="utf-8")
    found = {}
    for line in re.findall(r"^(?:\w+=\S+ )*(ray .*)$", text, re.MULTILINE):
        _, command, *words = line.split()
        ray = Path(sys.executable).parent / "ray"
        shown = subprocess.run([ray, command, "--help"], capture_output=True, text=True, check=True).stdout
        options = [word.partition("=")[0] for word in words if word.startswith("--")]
        found[line] = [option for option in options if option not in shown]
    return found


def alone() -> dict[str, Any]:
    """Without an address: a Ray that is started for the work, and is gone afterwards."""
    engine, here = RayEngine(1), psutil.Process()
    done = [list(each) for each in engine.map(Measuring(), BATCHES)] == DONE
    family = here.children(recursive=True)
    found = {"in order": done, "listeners": listeners(here), "token": os.environ["RAY_AUTH_MODE"]}
    engine.close()
    psutil.wait_procs(family, 30)
    return found | {"started": len(family) > 2, "left": [each.pid for each in family if each.is_running()]}


def alone_in_a_process(root: Path) -> Any:
    """In a process of its own, since Ray reads its environment once, and without what the head has set in ours."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    clean |= {"RAY_TMPDIR": str(root / "a"), "HOME": str(root / "a")}
    (root / "a").mkdir()
    command = [sys.executable, "-m", "tests.pipeline.engines.ray_program", "alone"]
    done = subprocess.run(command, capture_output=True, text=True, env=clean)
    assert done.returncode == 0, done.stderr
    shutil.rmtree(root / "a")
    return json.loads(done.stdout.splitlines()[-1])


def main(root: Path) -> None:
    reviews = write_reviews(root, COPIES)
    few = root / "few"
    few.mkdir()
    parts = os.environ.get("PARTS", "engine index analyze evaluate strangers guide alone").split()
    found: dict[str, Any] = {}
    with head(root) as ray:
        began = time.monotonic()

        def part(name: str, act: Callable[[], Any]) -> None:
            if name in parts:
                found[name] = act()
                sys.stderr.write(f"{time.monotonic() - began:.0f} s: {name}\n")

        part("engine", lambda: engine(root, ray))
        part("index", lambda: index(root, lengthened(write_reviews(few, 3))))
        part("analyze", lambda: analyze(root, reviews, ray))
        part("evaluate", lambda: evaluate(root, write_reviews(few, 3), ray))
        part("strangers", lambda: strangers(reviews, root))
        part("guide", guide)
        part("alone", lambda: alone_in_a_process(root))
        found["left"] = [each.name() for each in gone(ray)]
    shutil.rmtree(root / "r")
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    if sys.argv[1] == "alone":
        sys.stdout.write(json.dumps(alone()) + "\n")
    else:
        main(Path(sys.argv[1]))
