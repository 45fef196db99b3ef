"""Run by a Python that has the neural libraries: bge-m3's further scores on a tiny model, beside FlagEmbedding's own.

Prints one JSON object; ``test_further`` reads it. Knows no pytest, so that its environment needs none.
"""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline import backends
from pipeline.config import with_overrides
from pipeline.indexing import Job, build_index, unchanged
from pipeline.retrievers import bge_colbert, bge_sparse
from pipeline.service import Home, Request, Service
from pipeline.trace_json import to_json
from pipeline.types import Trace
from tests.pipeline.corpora import documents
from tests.pipeline.neural import tiny
from tests.pipeline.neural.models_program import LONG, query, refused, settings, store

TEXTS = [*tiny.TEXTS, "고기 고기 고기", "?!", "", LONG]
ALL = "dense+sparse+colbert"


def against_flag_embedding(root: Path) -> Any:
    """Every text as a question and as a passage: our scores by either library, and what FlagEmbedding makes of it."""
    from FlagEmbedding import BGEM3FlagModel

    passages = store(root / "p.arrow", TEXTS)
    flag = BGEM3FlagModel(str(root / "encoder"), use_fp16=False, devices="cpu")
    told = flag.encode(TEXTS, return_dense=True, return_sparse=True, return_colbert_vecs=True, max_length=512)
    weights, vectors = told["lexical_weights"], told["colbert_vecs"]
    halves = [{token: np.float32(np.float16(weight)) for token, weight in each.items()} for each in weights]
    turned = [each.astype(np.float16).astype(np.float32) for each in vectors]
    shown: dict[str, Any] = {
        "theirs": {
            "sparse": [[float(flag.compute_lexical_matching_score(q, p)) for p in halves] for q in weights],
            "exact": [[float(flag.compute_lexical_matching_score(q, p)) for p in weights] for q in weights],
            "colbert": [[float(flag.colbert_score(q, p)) for p in turned] for q in vectors],
        },
        "pairs": flag.compute_score([(TEXTS[0], text) for text in tiny.TEXTS], max_query_length=512),
    }
    for library in ("sentence_transformers", "flag_embedding"):
        chosen = settings(encoder=root / "encoder", library=library, scores=ALL)
        module, folder = backends.load("encoder", "bge_m3"), root / "built" / library
        dense = module.build(passages, None, folder, chosen)
        plain = module.build(passages, None, root / "plain" / library, with_overrides(
            chosen, {"models.scores": "dense"}, indexing=True
        ))  # fmt: skip
        encoder = module.load(folder, chosen)
        sparse, colbert = (bge_sparse.load(encoder, folder / "sparse"), bge_colbert.load(encoder, folder / "colbert"))
        shown[library] = {
            "sparse": [sparse.score(query(text)).tolist() for text in TEXTS],
            "colbert": [colbert.score(query(text)).tolist() for text in TEXTS],
            "dense differs": float(np.abs(dense.astype(np.float32) - plain.astype(np.float32)).max()),
            "bytes": (folder / "colbert" / "vectors.bin").stat().st_size,
            "tokens": sum(len(each) for text, each in zip(TEXTS, vectors, strict=True) if text not in ("", "?!")),
        }
    return shown


def shown(trace: Trace) -> Any:
    """A trace as JSON but for what is its own: name, time, version, and how the index was made."""
    value = to_json(replace(trace, id="", created="", timings_ms={}, versions={}, index=""))
    return {**value, "settings": {name: v for name, v in value["settings"].items() if name != "models.scores"}}


def whole(root: Path) -> Any:
    """An index with all scores and one with none of the further, asked with shares and without."""
    home = Home(root / "home")
    base = with_overrides(settings("gpu", encoder=root / "encoder"), {"generator": "extractive", "reranker": "linear"})
    chosen = with_overrides(base, {"models.scores": ALL}, indexing=True)
    jobs = {
        name: Job(home.indexes, name, each, ("kiwi", "okt"), home.cache, ({"file": "small"},))
        for name, each in (("plain", base), ("all", chosen))
    }
    manifests = {name: build_index(job, documents()) for name, job in jobs.items()}
    service, found = Service(home, base), {}
    shares = {"fusion.sparse": 0.3, "fusion.colbert": 0.3}
    for name, index, overrides in (("plain", "plain", {}), ("none", "all", {}), ("shares", "all", shares)):
        *_, found[name] = service.ask(Request("주차 편한 고깃집 있어?", index, overrides))
    folder = service.index("all").folder
    service.close()
    return {
        "plain": shown(found["plain"]),
        "none": shown(found["none"]),
        "shares": [dict(each.scores) for each in found["shares"].candidates],
        "timings": sorted(found["shares"].timings_ms),
        "model": dict(manifests["all"].model),
        "plain model": dict(manifests["plain"].model),
        "unchanged": unchanged(jobs["all"]) is not None,
        "changed": unchanged(replace(jobs["all"], settings=base)) is None,
        "shared": all(
            (folder / "okt" / "encoder" / file).samefile(folder / "kiwi" / "encoder" / file)
            for file in ("sparse/rows.npy", "colbert/vectors.bin")
        ),
        "refused": refused(lambda: service.ask(Request("주차", "plain", shares))),
    }


def refusals(root: Path) -> Any:
    """What can't be indexed so, and what it says."""
    module, passages = backends.load("encoder", "bge_m3"), store(root / "q.arrow", TEXTS[:1])
    headless = shutil.copytree(root / "encoder", root / "headless")
    (headless / "colbert_linear.pt").unlink()
    cut = shutil.copytree(root / "encoder", root / "cut")
    (cut / "sparse_linear.pt").write_bytes((cut / "sparse_linear.pt").read_bytes()[:100])

    def build(folder: Path) -> Any:
        return lambda: module.build(passages, None, root / "unused", settings(encoder=folder, scores=ALL))

    def index(encoder: str) -> Any:
        home = Home(root / "home")
        chosen = with_overrides(settings(encoder=root / "encoder", scores=ALL), {"encoder": encoder}, indexing=True)
        return lambda: build_index(Job(home.indexes, "no", chosen, ("kiwi",), home.cache), documents())

    return {
        "headless": refused(build(headless)),
        "cut": refused(build(cut)),
        "lsa": refused(index("lsa")),
        "any": refused(index("sentence_transformer")),
    }


def main(root: Path) -> None:
    tiny.encoder(root / "encoder")
    parts = (against_flag_embedding, whole, refusals)
    sys.stdout.write("\n" + json.dumps({part.__name__: part(root) for part in parts}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
