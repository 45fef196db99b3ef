"""Run by a Python that has the neural libraries: engines made of tiny random models, as their user makes them.

Prints one JSON object; ``test_engines_real`` reads it. Knows no pytest, so that its environment needs none.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.assemble import built_with, open_encoder
from pipeline.index import Index, current_folder
from pipeline.neural.encoding import checked
from pipeline.optimising import proving
from pipeline.optimising.engines import Build, Engine, describe, read_engine, write_engine
from pipeline.optimising.exporting import export, open_source
from pipeline.optimising.quantising import quantise
from pipeline.optimising.sessions import Session, batch_of, open_tokenizer
from pipeline.storage import write_json
from pipeline.types import AnalysedText, Query
from tests.app.cli_runs import run
from tests.pipeline.neural import tiny

FOOD = ("갈비탕", "냉면", "김치찌개", "돼지갈비", "순두부", "비빔밥", "칼국수", "삼계탕", "보쌈", "족발")
SAID = (
    "국물이 진하고 고기가 부드러워요",
    "주차장이 넓어서 편해요",
    "직원이 불친절하고 음식이 늦게 나왔어요",
    "웨이팅이 한 시간이나 걸렸어요",
    "와인 콜키지는 무료입니다",
    "아이와 함께 가기 좋은 조용한 가게예요",
)
TEXTS = [f"{food} {said}" for food, said in product(FOOD, SAID)] + ["?!", "갈비탕 국물이 진하고 " * 200]
ASKED = "갈비탕 국물이 진한가요?"
BATCH = ("--set", "batching.tokens=4096")  # measured ones follow what others leave of memory and time
WITHOUT_TORCH = (
    "import sys\n"
    "for name in ('torch', 'transformers', 'sentence_transformers', 'FlagEmbedding'): sys.modules[name] = None\n"
    "from app.cli.main import app\n"
    "app()\n"
)


def packed(folder: Path) -> Path:
    """A model of sentence-transformers that pools by the mean and has a prompt for questions."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    words = Transformer(str(folder.parent / "encoder"))
    modules = [words, Pooling(64, "mean"), Normalize()]
    SentenceTransformer(modules=modules, prompts={"query": "질문 "}, device="cpu").save(str(folder))
    return folder


def told(result: Any) -> dict[str, Any]:
    return {"rc": result.exit_code, "out": result.stdout, "err": result.stderr}


def ask(home: Path, index: str, *more: str) -> Any:
    """What asking says: the passages in their order, with the vectors' scores; or the error."""
    result = run(home, "ask", ASKED, "--index", index, "--json", *BATCH, *more)
    if result.exit_code:
        return {"rc": result.exit_code, "err": result.output}
    seen = json.loads(result.stdout)
    return {
        "rc": 0,
        "rows": [each["row"] for each in seen["candidates"]],
        "scores": [each["scores"]["vector"] for each in seen["candidates"]],
        "engine": seen["settings"]["models.engine"],
    }


def indexes(root: Path) -> None:
    rows = [{"id": f"r{at}", "text": text} for at, text in enumerate(TEXTS)]
    path = root / "reviews.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    for name, encoder, model in (
        ("mine", "bge_m3", "encoder"), ("packed", "sentence_transformer", "packed"), ("other", "bge_m3", "other"),
        ("plain", "lsa", "encoder"),
    ):  # fmt: skip
        chosen = ("--set", f"encoder={encoder}", "--set", f"models.encoder={root / model}", *BATCH)
        done = run(root / "home", "index", str(path), "--name", name, *chosen)
        assert done.exit_code == 0, done.output


def optimise(root: Path, index: str, out: str, *more: str) -> Any:
    words = ["optimise", "encoder", "--index", index, "--out", str(root / out), "--rounds", "1", "--shapes", "2x8,1x16"]
    return run(root / "home", *words, *more)


def ground(root: Path, name: str) -> tuple[Index, proving.Ground]:
    index = Index(current_folder(root / "home" / "index", name))
    asked = tuple(proving.Asked(text, (row,)) for row, text in enumerate(TEXTS[:60]))
    vectors = np.load(index.folder / "kiwi" / "vectors.npy")
    made = proving.Ground(name, "v", index.passages, vectors, partial(open_encoder, index, "kiwi"), asked, "file")
    return index, made


def near(root: Path, engine: Path, name: str) -> Any:
    """How far an engine's vectors are from its model's: of questions as asked and of passages as they lie on disk."""
    _, held = ground(root, name)
    session = Session(engine, read_engine(engine))
    texts = [*TEXTS[:60], TEXTS[-1]]
    asked = held.reference().encode([Query(AnalysedText(text, ()), ()) for text in texts])
    return {
        "questions": float(np.abs(session(texts, question=True) - asked).max()),
        "passages": float(np.abs(session(TEXTS[:60], question=False) - held.vectors[:60]).max()),
        "alone": float(np.abs(session(texts[:1], question=True) - session(texts, question=True)[:1]).max()),
        "tokens": [session.size(TEXTS[0]), session.size(TEXTS[-1])],
    }


def quantised(root: Path, quantize: Any) -> Any:
    """An engine of int8 made of the exported network, held against the model."""
    _, held = ground(root, "mine")
    plain, folder = root / "fp32", root / f"int8-{quantize}"
    folder.mkdir()
    whole = read_engine(plain)
    (folder / "tokenizer.json").write_bytes((plain / "tokenizer.json").read_bytes())
    words = open_tokenizer(folder, whole.source, 64)
    quantise(
        plain, folder, Build("onnx", "int8", quantize), [batch_of(words, TEXTS[at : at + 8]) for at in (0, 8)], "m"
    )
    build = Build("onnx", "int8", quantize, 18)
    engine = Engine(whole.source, build, describe(folder), "now", {})
    session = Session(folder, engine)
    heard: list[int] = []
    measured = proving.measure(
        held, partial(session, question=True), partial(session, question=False), 40, heard.append
    )
    engine = replace(engine, figures=measured)
    write_engine(folder, engine)
    return {
        "figures": asdict(measured),
        "reasons": [reason.en for reason in engine.reasons],
        "read": sum(heard),
        "bytes": [whole.bytes, engine.bytes],
        "asked": ask(root / "home", "mine", "--set", f"models.engine={folder}"),
    }


def halves(root: Path) -> Any:
    """The network in half precision."""
    index, held = ground(root, "mine")
    folder = root / "fp16"
    folder.mkdir()
    found = checked(index.folder / "kiwi" / "encoder", built_with(index.manifest))
    loaded = open_source(found, "bge_m3", 64)
    export(loaded, folder, half=True)
    session = Session(folder, Engine(loaded.source, Build("onnx", "fp16"), describe(folder), "now", {}))
    ours = session(TEXTS[:8], question=False)
    return {"cosines": np.sum(ours * held.vectors[:8], axis=1).tolist(), "bytes": session.engine.bytes}


def without_tensorrt(root: Path) -> Any:
    """Asking for TensorRT where there is none."""
    done = told(optimise(root, "mine", "instead", "--to", "tensorrt", "--precision", "fp32", "--json"))
    return done | {"build": asdict(read_engine(root / "instead").build)}


def refusals(root: Path) -> Any:
    home, good = root / "home", root / "fp32"
    wrong = root / "wrong-width"
    wrong.mkdir()
    for path in good.iterdir():
        (wrong / path.name).write_bytes(path.read_bytes())
    value = json.loads((wrong / "engine.json").read_text())
    value["source"]["dimensions"] = 128
    write_json(wrong / "engine.json", value)
    broken = root / "no-network"
    broken.mkdir()
    (broken / "model.onnx").write_bytes(b"network" * 99)
    (broken / "tokenizer.json").write_bytes((good / "tokenizer.json").read_bytes())
    write_engine(broken, replace(read_engine(good), files=describe(broken)))
    return {
        "another model": ask(home, "other", "--set", f"models.engine={good}"),
        "no network": ask(home, "mine", "--set", f"models.engine={broken}"),
        "wrong width": told(run(home, "index", str(root / "reviews.jsonl"), "--name", "w", "--set", "encoder=onnx",
                                "--set", f"models.engine={wrong}")),
        "tensorrt int8 dynamic": told(optimise(root, "mine", "trt", "--to", "tensorrt")),
        "no neural index": told(optimise(root, "plain", "x")),
        "a folder that is there": told(optimise(root, "mine", "fp32")),
        "bench of another model": bench(root, "other"),
        "too long a shape": told(optimise(root, "mine", "x", "--shapes", "1x513")),
        "no such index": told(optimise(root, "none", "x")),
        "left": sorted(path.name for path in root.iterdir() if path.name in ("trt", "x") or path.name.startswith(".")),
    }  # fmt: skip


def bench(root: Path, model: str, *more: str) -> Any:
    """A model by many callers beside the engine of ``encoder``."""
    words = ["bench", "encoder", "--model", str(root / model), "--engine", str(root / "fp32"), "--texts", "8"]
    return told(run(root / "home", *words, "--threads", "2", "--rounds", "1", "--no-memory", *more))


def without_torch(root: Path) -> Any:
    """Asking with an engine in a process that has no torch."""
    words = ["--home", str(root / "home"), "ask", ASKED, "--index", "mine", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, *words, "--set", f"models.engine={root / 'fp32'}"],
        capture_output=True, text=True, env=os.environ,
    )  # fmt: skip
    rows = [each["row"] for each in json.loads(done.stdout)["candidates"]] if done.returncode == 0 else done.stderr
    return {"rc": done.returncode, "rows": rows}


def main(root: Path) -> dict[str, Any]:
    tiny.encoder(root / "encoder")
    tiny.encoder(root / "other", seed=1)
    packed(root / "packed")
    indexes(root)
    home = root / "home"
    questions = root / "questions.jsonl"
    asked = [{"id": str(at), "question": text, "passage_ids": [f"r{at}"]} for at, text in enumerate(TEXTS[:60])]
    questions.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in asked), encoding="utf-8")
    shown: dict[str, Any] = {
        "fp32": told(optimise(root, "mine", "fp32", "--precision", "fp32", "--questions", str(questions), "--json")),
        "packed": told(optimise(root, "packed", "packed-int8", "--asked", "55")),
    }
    shown["near"] = near(root, root / "fp32", "mine")
    shown["packed engine"] = json.loads((root / "packed-int8" / "engine.json").read_text())
    shown["packed files"] = sorted(path.name for path in (root / "packed-int8").iterdir())
    shown["int8"] = {quantize: quantised(root, quantize) for quantize in ("dynamic", "static")}
    shown["fp16"] = halves(root)
    by_engine = ("--set", f"models.engine={root / 'fp32'}")
    (root / "own.toml").write_text(f'[models]\nencoder = "{root / "encoder"}"\n', encoding="utf-8")
    own = ("--profile", str(root / "own.toml"))
    shown["asked"] = {"model": ask(home, "mine", *own), "engine": ask(home, "mine", *by_engine)}
    words = ["index", str(root / "reviews.jsonl"), "--name", "made", "--set", "encoder=onnx", *BATCH, *by_engine]
    shown["indexed"] = told(run(home, *words))
    shown["made"] = {"asked": ask(home, "made", *by_engine), "without": ask(home, "made")}
    shown["manifest"] = Index(current_folder(home / "index", "made")).manifest.model
    shown["bench"] = bench(root, "encoder", "--json")
    shown["without tensorrt"] = without_tensorrt(root)
    shown["refusals"] = refusals(root)
    shown["without torch"] = without_torch(root)
    return shown


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]))) + "\n")
