"""From a run's records to what a judge is shown: the answer with the passages of its prompt, as the index has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from pipeline.assemble import load_tokenizer, open_encoder
from pipeline.errors.base import HansangError
from pipeline.errors.judges import RunIndexGone
from pipeline.evaluation.judged import wanted
from pipeline.evaluation.judgements import OF_ANSWERS, Measure
from pipeline.evaluation.records import Record
from pipeline.evaluation.runs import Plan
from pipeline.index import Index
from pipeline.judges.asking import Todo, digest
from pipeline.judges.costs import Spending
from pipeline.judges.endpoint import EndpointJudge
from pipeline.judges.pace import Pace
from pipeline.judges.types import Case, Implementation, Message, Reply
from pipeline.passages import PassageStore
from pipeline.protocols import Encoder, FloatArray, Tokenizer
from pipeline.terms import make_query
from pipeline.types import Passage


def open_index(indexes: Path, plan: Plan, run: str) -> Index:
    """The version of the index that a run saw.

    Raises:
        RunIndexGone: it has been replaced and removed.
    """
    try:
        return Index(indexes / plan.index / plan.index_version)
    except HansangError as error:
        raise RunIndexGone(name=run, index=plan.index, version=plan.index_version) from error


def case_of(record: Record, passages: PassageStore) -> Case:
    """What a judge is shown of a finished question; passages in the order of the prompt."""
    columns = record.candidates
    inside = [id_ for id_, chosen in zip(columns.id, columns.in_prompt, strict=True) if chosen]
    shown = tuple(shown_as(passages[passages.rows[id_]]) for id_ in inside)
    return Case(record.id, record.question, record.answer, shown, record.reference, record.abstained)


def shown_as(passage: Passage) -> str:
    """A passage with what a reader of it is told beside its text: whose it is, when and how it was rated."""
    source = passage.source
    facts = [source.restaurant or source.title, source.date, "" if source.rating is None else f"{source.rating:g}점"]
    told = " · ".join(fact for fact in facts if fact)
    return f"({told}) {passage.text}" if told else passage.text


def todos(
    records: Iterable[Record],
    cases: Mapping[str, Case],
    measures: Sequence[Measure],
    implementation: Implementation,
    similar: str,
) -> list[Todo]:
    """Every judgement that the measures ask for, question by question. Questions that failed have none."""
    found = []
    for record in records:
        if record.status == "error":
            continue
        for measure in measures:
            if wanted(record, measure) or (record.abstained and measure in OF_ANSWERS):
                case = cases[record.id]
                found.append(Todo(case, measure, digest(measure, case, implementation, similar)))
    return found


class IndexSimilarity:
    """Compares questions by the index's own vectors; the analyser is loaded when it is first needed."""

    def __init__(self, index: Index, tokenizer: str) -> None:
        self._index = index
        self._name = tokenizer
        self._parts: tuple[Tokenizer, Encoder] | None = None

    @property
    def name(self) -> str:
        """What tells these vectors from others."""
        return f"{self._index.manifest.encoder}:{self._index.manifest.version}"

    async def __call__(self, question: str, others: Sequence[str]) -> list[float]:
        """The cosine of each with the question; 0 where nothing is known of a text."""
        if self._parts is None:
            self._parts = load_tokenizer(self._name), open_encoder(self._index, self._name)
        tokenizer, encoder = self._parts
        vectors = encoder.encode([make_query(text) for text in tokenizer.analyse([question, *others])])
        return cosines(vectors[0], vectors[1:])


class EndpointSimilarity:
    """Compares questions by an embedding model of the judge's endpoint; its calls are paced and paid like any other."""

    def __init__(self, judge: EndpointJudge, model: str, pace: Pace, spending: Spending) -> None:
        self._judge = judge
        self._model = model
        self._pace = pace
        self._spending = spending

    async def __call__(self, question: str, others: Sequence[str]) -> list[float]:
        """The cosine of each with the question."""
        texts = [question, *others]
        messages = [Message("user", text) for text in texts]
        reserved = await self._spending.reserve(messages)
        paid = False
        try:
            await self._pace.turn()
            vectors = await self._judge.embed(texts, self._model)
            paid = True
            await self._spending.settle(reserved, messages, Reply("", None, 0))
        finally:
            if not paid:
                await self._spending.release(reserved)
        rows = np.asarray(vectors, dtype=np.float32)
        return cosines(rows[0], rows[1:])


def cosines(one: FloatArray, others: FloatArray) -> list[float]:
    """The cosine of each row with a vector. *Shapes:* ``(d,)``, ``(n, d)``; 0 where one of the two is zero."""
    lengths = np.linalg.norm(others, axis=1) * np.linalg.norm(one)
    return [float(dot / length) if length > 0 else 0.0 for dot, length in zip(others @ one, lengths, strict=True)]
