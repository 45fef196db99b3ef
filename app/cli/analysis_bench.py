"""``hansang bench analyze``: how many reviews a second are analysed on this machine."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from app.cli.console import print_json, stdout
from app.cli.options import JsonOption
from app.cli.reports import counting

if TYPE_CHECKING:
    from pipeline.evaluation.analysis_bench import Speeds


def analyze(
    data: Annotated[
        Path | None, typer.Option("--data", metavar="파일", show_default=False, help="후기. 기본: 데모 · Reviews.")
    ] = None,
    count: Annotated[int, typer.Option("--count", min=100, help="한 번에 읽을 후기 수 · Reviews a round.")] = 5_000,
    as_json: JsonOption = False,
) -> None:
    """후기 분석의 속도를 scikit-learn과 함께 잽니다. · Speed of analysis, beside scikit-learn.

    예) hansang bench analyze --count 5000
    """
    from app.cli.building import DEMO  # heavy: numpy, scikit-learn; help must answer at once
    from pipeline.analysis.choices import ClassifierChoice
    from pipeline.analysis.model import read_model
    from pipeline.classifiers.linear import LinearClassifier, load
    from pipeline.corpus.reader import read_corpus
    from pipeline.evaluation import analysis_bench as ab
    from pipeline.tokenizers.kiwi import load as kiwi
    from pipeline.types import Document

    documents = read_corpus([data or DEMO / "reviews.jsonl"])
    reviews = [document.text for document in documents if isinstance(document, Document)]
    tokenizer = kiwi()
    ready = ab.seconds_to_ready(lambda: LinearClassifier(read_model(), lambda: tokenizer), tokenizer, reviews[0])
    given = ab.readers(load(ClassifierChoice("linear")), read_model(), tokenizer, reviews)
    cases = {
        "짧은 후기": ab.short_texts(reviews, count),
        f"{ab.LONG}자": ab.long_texts(reviews, max(100, count // 5)),
    }
    with counting(len(cases) * len(given) * ab.ROUNDS) as step:
        found = {name: ab.measure(given, texts, step) for name, texts in cases.items()}
    if as_json:
        print_json({"ready_s": round(ready, 4)} | {name: asdict(speeds) for name, speeds in found.items()})
    else:
        _show(found, ready)


def _show(found: dict[str, Speeds], ready: float) -> None:
    heads = [f"{name} (평균 {speeds.letters:.0f}자 × {speeds.texts:,})" for name, speeds in found.items()]
    table = Table("건/초 (reviews a second)", *heads)
    for name in next(iter(found.values())).per_second:
        table.add_row(name, *(f"{speeds.per_second[name]:,.0f}" for speeds in found.values()))
    stdout().print(table)
    stdout().print(f"준비: Kiwi가 뜬 뒤 첫 후기를 속성까지 분석하기까지 {ready:.2f}초 (ready after Kiwi)")
