"""KorQuAD 1.0 as paragraphs and questions, and an index over it in a folder of its own.

Lim, Kim and Lee, "KorQuAD1.0: Korean QA Dataset for Machine Reading Comprehension", 2019 (SQuAD 1.1's format).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.assemble import build_part, load_tokenizer, open_retrievers
from pipeline.errors.files import FileProblem
from pipeline.fusion import fuse
from pipeline.passages import PassageStore, PassageWriter
from pipeline.protocols import Retriever
from pipeline.setting_groups.search import Fusion
from pipeline.settings import Settings
from pipeline.terms import make_query
from pipeline.termstore import TermStore, TermStoreWriter
from pipeline.types import Passage, Query, ScoredPassage, Source


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the row of the paragraph that answers it and the article that paragraph is from."""

    query: Query
    row: int
    article: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """Paragraphs as an opened index, and the questions asked of them."""

    passages: PassageStore
    terms: TermStore
    retrievers: dict[str, Retriever]
    questions: tuple[Asked, ...]


def read(path: Path) -> tuple[list[Passage], list[tuple[str, int, str]]]:
    """The distinct paragraphs of a file, and its questions as ``(text, paragraph, article)``.

    Raises:
        FileProblem: it is not KorQuAD.
    """
    rows: dict[str, int] = {}
    titles: list[str] = []
    asked: list[tuple[str, int, str]] = []
    try:
        for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
            for paragraph in article["paragraphs"]:
                row = rows.setdefault(paragraph["context"], len(rows))
                if row == len(titles):
                    titles.append(article["title"])
                asked += [(question["question"], row, titles[row]) for question in paragraph["qas"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileProblem(
            path=path, problem=f"KorQuAD 파일로 읽지 못했습니다 ({error})", cure="SQuAD 1.1 형식의 JSON을 주세요",
            problem_en=f"it can't be read as KorQuAD ({error})", cure_en="Give JSON in SQuAD 1.1's format.",
        ) from error  # fmt: skip
    passages = [
        Passage(str(row), text, Source(str(row), 0, len(text), title=titles[row])) for text, row in rows.items()
    ]
    return passages, asked


def open_corpus(path: Path, folder: Path, settings: Settings) -> Corpus:
    """Index the paragraphs in ``folder`` as the pipeline does, each whole, and prepare the questions."""
    passages, asked = read(path)
    tokenizer = load_tokenizer(settings.tokenizer)
    folder.mkdir(parents=True, exist_ok=True)
    writer, terms = PassageWriter(folder / "passages.arrow"), TermStoreWriter()
    for passage, analysed in zip(passages, tokenizer.analyse(p.text for p in passages), strict=True):
        writer.add(passage, analysed.sentences)
        terms.add(analysed)
    writer.close()
    store = terms.write(folder / "terms")
    opened = PassageStore(folder / "passages.arrow")
    build_part(opened, store, folder, settings)
    queries = map(make_query, tokenizer.analyse(text for text, _, _ in asked))
    questions = tuple(Asked(query, row, article) for query, (_, row, article) in zip(queries, asked, strict=True))
    return Corpus(opened, store, open_retrievers(folder, store, settings.encoder, settings), questions)


def candidates(corpus: Corpus, depth: int) -> Iterator[list[ScoredPassage]]:
    """For each question its best passages by the fused score."""
    for asked in corpus.questions:
        scores = {name: retriever.score(asked.query) for name, retriever in corpus.retrievers.items()}
        scores["fused"] = fuse(scores, Fusion())
        rows = np.lexsort((np.arange(len(corpus.passages)), -scores["fused"]))[:depth].tolist()
        yield [
            ScoredPassage(corpus.passages[row], row, {name: float(values[row]) for name, values in scores.items()})
            for row in rows
        ]
