"""Run by a Python that has the neural libraries: shows what our backends make of tiny random models.

Prints one JSON object; ``test_models`` reads it. Knows no pytest, so that its environment needs none.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import torch

from pipeline import backends, limiting
from pipeline.config import load_profile, with_overrides
from pipeline.corpus.reader import read_corpus
from pipeline.errors.base import HansangError
from pipeline.index import Index, current_folder
from pipeline.indexing import Job, build_index, unchanged
from pipeline.neural import loading
from pipeline.neural.hub import find
from pipeline.neural.tokens import pairer
from pipeline.passages import PassageStore, PassageWriter
from pipeline.service import Home, Request, Service
from pipeline.settings import Settings
from pipeline.types import AnalysedText, Passage, Query, ScoredPassage, Source
from tests.pipeline.neural import tiny

DEMO = Path(__file__).parents[3] / "data" / "demo"
LONG = "갈비탕 국물이 진하고 고기가 부드러워요 " * 200
TEXTS = [*tiny.TEXTS, "?!", "", LONG]


BATCH = 4_096
"""Tokens of a batch, given here: measured ones follow the memory and the speed that others leave, and in other batches
the last digits of a vector are others.
"""


def settings(profile: str = "embedded", batch: int = BATCH, **models: object) -> Settings:
    named = {f"models.{name}": value for name, value in models.items()}
    return with_overrides(load_profile(profile), {"batching.tokens": batch, **named}, indexing=True)


def query(text: str) -> Query:
    return Query(AnalysedText(text, ()), ())


def store(path: Path, texts: Sequence[str]) -> PassageStore:
    writer = PassageWriter(path)
    for number, text in enumerate(texts):
        writer.add(Passage(str(number), text, Source(str(number), 0, len(text))), ())
    writer.close()
    return PassageStore(path)


def refused(act: Callable[[], object]) -> dict[str, str]:
    try:
        act()
    except HansangError as error:
        return {"code": error.code, "ko": error.korean, "en": error.english}
    return {}


def encoders(root: Path) -> Any:
    """Passages and questions by each backend and library."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    passages = store(root / "p.arrow", TEXTS)
    words = Transformer(str(root / "encoder"))
    plain = SentenceTransformer(modules=[words, Pooling(64, "cls"), Normalize()], device="cpu")
    plain.save(str(root / "packed"))
    shown: dict[str, Any] = {"plain": plain.encode(TEXTS).tolist()}
    ways = {
        "by sentence-transformers": ("bge_m3", settings(encoder=root / "encoder")),
        "by FlagEmbedding": ("bge_m3", settings(encoder=root / "encoder", library="flag_embedding")),
        "any": ("sentence_transformer", settings(encoder=root / "packed")),
        "measured": ("bge_m3", settings(encoder=root / "encoder", batch=0)),
        "bf16": ("bge_m3", settings(encoder=root / "encoder", precision="bf16")),
        "short": ("bge_m3", settings(encoder=root / "encoder", passage_tokens=16)),
        "longer than the model": ("bge_m3", settings(encoder=root / "encoder", passage_tokens=8192)),
    }
    for name, (backend, chosen) in ways.items():
        module, folder = backends.load("encoder", backend), root / "built" / name
        built = module.build(passages, None, folder, chosen)
        asked = module.load(folder, chosen).encode([query(text) for text in TEXTS])
        record = json.loads((folder / "model.json").read_text())
        shown[name] = {"built": built.tolist(), "type": str(built.dtype), "asked": asked.tolist(), "record": record}
    return shown


def in_threads(root: Path) -> list[float]:
    """How far questions that sixteen threads ask at once are from the same asked alone."""
    chosen = settings(encoder=root / "encoder")
    encoder = backends.load("encoder", "bge_m3").load(root / "built" / "by sentence-transformers", chosen)
    alone = [encoder.encode([query(text)])[0] for text in tiny.TEXTS]
    far: list[float] = []

    def ask(at: int) -> None:
        place = at % len(alone)
        far.append(float(np.abs(encoder.encode([query(tiny.TEXTS[place])])[0] - alone[place]).max()))

    threads = [Thread(target=ask, args=(at,)) for at in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return far


def rerankers(root: Path) -> Any:
    """Our logits, and those of the libraries themselves."""
    from FlagEmbedding import FlagReranker
    from sentence_transformers import CrossEncoder

    module, question = backends.load("reranker", "cross_encoder"), "주차하기 편한가요?"
    read = [ScoredPassage(Passage(str(n), text, Source(str(n))), n) for n, text in enumerate([*tiny.TEXTS, LONG])]
    made = module.load(None, None, None, settings(reranker=root / "reranker"))
    pairs = [(question, each.passage.text) for each in read]
    theirs = CrossEncoder(str(root / "reranker"), device="cpu", max_length=512)
    flag = FlagReranker(str(root / "reranker"), use_fp16=False, devices="cpu", max_length=512)
    lone = module.load(None, None, backends.load("reranker", "linear").Calibration(2.0, -1.0), settings(
        reranker=root / "reranker"
    ))  # fmt: skip
    return {
        "ours": [score for score, _ in made.rerank(query(question), read)],
        "relevance": [relevance for _, relevance in made.rerank(query(question), read)],
        "calibrated": [relevance for _, relevance in lone.rerank(query(question), read)],
        "alone": [made.rerank(query(question), [each])[0][0] for each in read],
        "none": made.rerank(query(question), []),
        "sentence-transformers": theirs.predict(pairs, activation_fn=torch.nn.Identity()).tolist(),
        "FlagEmbedding": flag.compute_score([list(pair) for pair in pairs]),
    }


def card(root: Path) -> Any:
    """What NVML says is free, by the real library where it is installed."""
    return {"free": limiting.gpu_free()}


def cuts(root: Path) -> Any:
    """What a pair of too many tokens becomes."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(root / "reranker")
    asked, passage = " ".join(tiny.TEXTS[:2]), LONG
    alone = tokenizer(asked, add_special_tokens=False)["input_ids"]
    (pair,) = pairer(tokenizer, 128)(asked, [passage])
    (huge,) = pairer(tokenizer, 128)(LONG + "주차 되나요", [passage])
    end = tokenizer("주차 되나요", add_special_tokens=False)["input_ids"]
    return {"asked": alone, "pair": pair["input_ids"], "huge": huge["input_ids"], "end": end}


def refusals(root: Path) -> Any:
    """What can't be used, and what it says."""
    encoder, reranker = backends.load("encoder", "bge_m3"), backends.load("reranker", "cross_encoder")
    passages, built = store(root / "q.arrow", TEXTS[:1]), root / "built" / "by sentence-transformers"
    other, wide = tiny.encoder(root / "other", seed=1), tiny.encoder(root / "wide", hidden_size=128)
    headless = shutil.copytree(root / "encoder", root / "headless")
    claimed = json.loads((headless / "config.json").read_text())
    claimed |= {"architectures": ["XLMRobertaForSequenceClassification"], "id2label": {"0": "LABEL_0"}}
    (headless / "config.json").write_text(json.dumps(claimed))
    wild = tiny.encoder(root / "wild", initializer_range=1e30)
    renamed = shutil.copytree(root / "encoder", root / "renamed")
    (renamed / "config.json").write_text(json.dumps(claimed | {"model_type": "no-such", "architectures": ["X"]}))

    def build(folder: Path | str, **more: object) -> Callable[[], object]:
        return lambda: encoder.build(passages, None, root / "unused", settings(encoder=folder, **more))

    def rerank(folder: Path) -> Callable[[], object]:
        return lambda: reranker.load(None, None, None, settings(reranker=folder))

    return {
        "a language model": refused(build(tiny.language_model(root / "llama"))),
        "a reranker as encoder": refused(build(root / "reranker")),
        "an encoder as reranker": refused(rerank(root / "encoder")),
        "a head that is claimed": refused(rerank(headless)),
        "three labels": refused(rerank(tiny.reranker(root / "three", labels=3))),
        "no such kind": refused(build(renamed)),
        "too large": refused(lambda: with_little_memory(build(tiny.encoder(root / "huge", seed=7)))),
        "memory runs out": refused(lambda: runs_out(root / "encoder")),
        "overflow": refused(build(wild)),
        "a prompt of its own": refused(build(with_a_prompt(root / "prompted"))),
        "not here": refused(build("maker/model")),
        "no gpu": refused(build(root / "encoder", device="cuda")),
        "another model": refused(lambda: encoder.load(built, settings(encoder=other))),
        "other dimensions": refused(lambda: encoder.load(built, settings(encoder=wide))),
        "the same elsewhere": refused(lambda: encoder.load(built, settings(
            encoder=shutil.copytree(root / "encoder", root / "moved")))),
    }  # fmt: skip


def with_a_prompt(folder: Path) -> Path:
    """A model that wants something to stand before each question, as sentence-transformers saves it."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    words = Transformer(str(folder.parent / "encoder"))
    modules, prompts = [words, Pooling(64, "cls")], {"query": "질문: "}
    SentenceTransformer(modules=modules, prompts=prompts, device="cpu").save(str(folder))
    return folder


def with_little_memory(act: Callable[[], object]) -> object:
    """Do something on a machine that has a kibibyte left."""
    measured, loading.free_memory = loading.free_memory, lambda device: 1 << 10
    try:
        return act()
    finally:
        loading.free_memory = measured


def runs_out(folder: Path) -> None:
    """A load in which the library's own allocator refuses."""
    with loading.loading(find(str(folder), "main", "encoder"), loading.Place("cpu", "fp32")):
        torch.empty(1 << 50)


def whole(root: Path) -> Any:
    """The demo under the GPU profile on tiny models: index, ask, change the model, ask again."""
    home = Home(root / "home")
    chosen = with_overrides(
        settings("gpu", encoder=root / "encoder", reranker=root / "reranker"), {"generator": "extractive"}
    )
    job = Job(home.indexes, "demo", chosen, ("kiwi", "okt"), home.cache, ({"file": "demo"},))
    documents = read_corpus([DEMO / "reviews.jsonl"], restaurants=DEMO / "restaurants.jsonl")
    manifest = build_index(job, documents)
    service = Service(home, chosen)
    *_, trace = service.ask(Request("주차 편한 고깃집 있어?", "demo"))
    folder = current_folder(home.indexes, "demo")
    kept = {name: json.loads((folder / name / "calibration.json").read_text()) for name in ("kiwi", "okt")}
    changed = Service(home, with_overrides(chosen, {"models.encoder": root / "other"}, indexing=True))
    without = Service(home, with_overrides(chosen, {"models.reranker": root / "reranker-2"}))
    *_, uncalibrated = without.ask(Request("주차 편한 고깃집 있어?", "demo"))
    again = with_overrides(chosen, {"models.encoder": root / "other"}, indexing=True)
    return {
        "state": trace.state,
        "first": [dict(each.scores) for each in trace.candidates[:10]],
        "relevance": [each.relevance for each in trace.candidates[:10]],
        "uncalibrated": [each.relevance for each in uncalibrated.candidates[:10]],
        "answer": trace.answer.text if trace.answer else "",
        "model": dict(manifest.model),
        "manifest": dict(Index(folder).manifest.model),
        "type": str(np.load(folder / "okt" / "vectors.npy").dtype),
        "shared": (folder / "okt" / "vectors.npy").samefile(folder / "kiwi" / "vectors.npy"),
        "kept": {name: sorted(lines) for name, lines in kept.items()},
        "unchanged": unchanged(job) is not None,
        "with another model": unchanged(Job(job.root, "demo", again, job.analysers, job.cache, job.sources)) is None,
        "changed": refused(lambda: list(changed.ask(Request("주차", "demo")))),
        "per question": refused(lambda: service.ask(Request("주차", "demo", {"models.encoder": str(root)}))),
    }


def main(root: Path) -> None:
    tiny.encoder(root / "encoder")
    tiny.reranker(root / "reranker")
    tiny.reranker(root / "reranker-2", seed=5)
    parts = (encoders, in_threads, rerankers, card, cuts, refusals, whole)
    sys.stdout.write("\n" + json.dumps({part.__name__: part(root) for part in parts}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
