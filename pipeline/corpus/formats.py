"""Published question sets: SQuAD 1.1/2.0 (as KorQuAD 1.0 has it), BEIR, and this project's own JSON Lines of questions.

A set is wholly right or it is refused: a question lost silently would change what a score means.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors.files import FileProblem
from pipeline.tables.cells import clean, label, read_text
from pipeline.tables.encodings import check_file, detect_encoding, open_text, problem, unreadable
from pipeline.tables.rejects import Refusal, printable
from pipeline.tables.rows import Row, Table, open_table
from pipeline.types import Document, Question, Reject, Sample, Source

BEIR_COLUMNS: Mapping[str, str] = {"id": "_id", "text": "text"}
"""The columns that a BEIR ``corpus.jsonl`` always has; its ``title`` is optional."""


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """A distinct paragraph, from 1 in the order of the file, with the questions of all its copies."""

    number: int
    content: Document | Refusal
    questions: list[Mapping[str, object]]


def squad_documents(path: Path) -> Iterator[tuple[int, Document] | Reject]:
    """Each distinct paragraph of a SQuAD file with its number in the file, from 1.

    Its id is ``<article title>#<number of the paragraph in the article>``. The file is one JSON value, so it is held in
    memory as a whole.

    Raises:
        FileProblem: the file can't be read, or is not built like SQuAD.
    """
    for paragraph in _squad_paragraphs(path):
        if isinstance(paragraph.content, Refusal):
            yield paragraph.content.at(path, paragraph.number)
        else:
            yield paragraph.number, paragraph.content


def squad_samples(path: Path) -> list[Sample]:
    """The questions of a SQuAD file on paragraphs that `squad_documents` gives. The reference is the first answer.

    Raises:
        FileProblem: the file can't be read, or is not built like SQuAD.
    """
    samples = []
    for paragraph in _squad_paragraphs(path):
        if isinstance(paragraph.content, Refusal):
            continue
        document_id = paragraph.content.source.document_id
        samples += [_squad_sample(path, question, document_id) for question in paragraph.questions]
    return samples


def _squad_sample(path: Path, question: Mapping[str, object], document_id: str) -> Sample:
    name, text = label(question.get("id")), question.get("question")
    answers = question.get("answers", [])
    if not name or not isinstance(text, str) or not isinstance(answers, list):
        raise _not_squad(path, f"questions of {document_id}")
    # SQuAD 2.0 asks some questions that their paragraph does not answer.
    if question.get("is_impossible"):
        return Sample(Question(name, clean(text)), answerable=False)
    first = answers[0] if answers else {}
    answer = first.get("text", "") if isinstance(first, dict) else None
    if not isinstance(answer, str):
        raise _not_squad(path, f"answers of question {name}")
    return Sample(Question(name, clean(text)), reference=clean(answer), passage_ids=(document_id,))


def _squad_paragraphs(path: Path) -> list[_Paragraph]:
    numbers: Counter[str] = Counter()
    distinct: dict[str, _Paragraph] = {}
    total = 0
    for article in _items(path, _load_json(path), "data"):
        title = label(article.get("title")) or path.stem
        for paragraph in _items(path, article, "paragraphs"):
            total += 1
            numbers[title] += 1
            context = paragraph.get("context")
            if not isinstance(context, str):
                raise _not_squad(path, "context")
            questions = _items(path, paragraph, "qas")
            if context in distinct:
                distinct[context].questions.extend(questions)
                continue
            content = _squad_document(context, f"{title}#{numbers[title]}", title)
            distinct[context] = _Paragraph(total, content, list(questions))
    return list(distinct.values())


def _squad_document(context: str, document_id: str, title: str) -> Document | Refusal:
    try:
        text = read_text(context)
    except Refusal as refusal:
        return refusal
    return Document(text, Source(document_id=document_id, end=len(text), title=title))


def _items(path: Path, parent: object, key: str) -> list[Mapping[str, object]]:
    """The list of objects under a key of an object."""
    items = parent.get(key) if isinstance(parent, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise _not_squad(path, key)
    return items


def _load_json(path: Path) -> object:
    check_file(path)
    with open_text(path, detect_encoding(path)) as stream:
        try:
            return json.load(stream)
        except (ValueError, RecursionError) as error:
            raise problem(
                path,
                f"JSON으로 읽을 수 없습니다({printable(str(error))})",
                "KorQuAD·SQuAD 1.1 JSON 파일을 주세요.",
                f"It is not JSON ({printable(str(error))})",
                "Give a KorQuAD or SQuAD 1.1 JSON file.",
            ) from error


def _not_squad(path: Path, part: str) -> FileProblem:
    return problem(
        path,
        f"SQuAD 형식이 아닙니다('{part}'이(가) 없거나 다르게 생겼습니다)",
        "KorQuAD·SQuAD 1.1 JSON 파일을 주세요.",
        f"It is not in SQuAD's format ('{part}' is missing or of another shape)",
        "Give a KorQuAD or SQuAD 1.1 JSON file.",
    )


def beir_corpus(path: Path) -> Path:
    """The ``corpus.jsonl`` of a BEIR folder, or the path itself when it is that file."""
    return path / "corpus.jsonl" if path.is_dir() else path


def beir_samples(path: Path) -> list[Sample]:
    """The questions of a BEIR set that have a positive judgement, in the order of ``queries.jsonl``.

    Judgements are those of ``qrels/test.tsv`` where it exists, as BEIR's own scores are; otherwise of all files in
    ``qrels/``, or of ``qrels.tsv``.

    Raises:
        FileProblem: a file is missing or can't be read, or a line of it is broken.
    """
    folder = beir_corpus(path).parent
    positive: defaultdict[str, list[str]] = defaultdict(list)
    for qrels in _qrels_files(folder):
        for query, passage in _positive(qrels):
            if passage not in positive[query]:
                positive[query].append(passage)
    queries = folder / "queries.jsonl"
    samples = []
    for row in _whole_rows(open_table(queries, "jsonl")):
        name = label(row.values.get("_id"))
        if name in positive:
            samples.append(Sample(Question(name, _question(queries, row, "text")), passage_ids=tuple(positive[name])))
    return samples


def _qrels_files(folder: Path) -> list[Path]:
    test = folder / "qrels" / "test.tsv"
    if test.is_file():
        return [test]
    try:
        return sorted((folder / "qrels").glob("*.tsv")) or [folder / "qrels.tsv"]
    except OSError as error:
        raise unreadable(folder / "qrels", error) from error


def _positive(path: Path) -> Iterator[tuple[str, str]]:
    check_file(path)
    with open_text(path, detect_encoding(path)) as stream:
        for number, line in enumerate(stream, start=1):
            cells = [cell.strip() for cell in line.split("\t")]
            if not line.strip() or (number == 1 and cells[0] == "query-id"):
                continue
            try:
                query, passage, score = cells
                if float(score) > 0:
                    yield query, passage
            except ValueError as error:
                raise _bad_line(path, number, "query-id, corpus-id, score") from error


def own_samples(path: Path) -> list[Sample]:
    """The questions of a JSON Lines file with ``question`` and, where known, ``id``, ``type``, ``answer``,
    ``passage_ids`` and ``answerable`` (true unless said otherwise), or by the names that RAGAS gives them.

    Raises:
        FileProblem: it can't be read, or a line of it is broken.
    """
    return [_own_sample(path, row) for row in _whole_rows(open_table(path, "jsonl"))]


NAMES: Mapping[str, tuple[str, ...]] = {
    "question": ("question", "user_input"),
    "reference": ("reference", "ground_truth", "ground_truths", "answer"),
    "passage_ids": ("passage_ids", "reference_context_ids"),
    "type": ("type", "synthesizer_name"),
}
"""What a part of a question may be called: here, and by RAGAS of any version. Its ``answer`` is that of the system
under test where a row has a reference, too; here it is the reference."""


def _own_sample(path: Path, row: Row) -> Sample:
    names = {part: next((name for name in known if name in row.values), known[0]) for part, known in NAMES.items()}
    passage_ids, answerable = row.values.get(names["passage_ids"]) or [], row.values.get("answerable", True)
    if not isinstance(passage_ids, list) or not all(type(passage) in (str, int) for passage in passage_ids):
        raise _bad_line(path, row.line, names["passage_ids"])
    if not isinstance(answerable, bool):
        raise _bad_line(path, row.line, "answerable")
    name = label(row.values.get("id")) or f"{path.stem}-{row.line}"
    question = Question(name, _question(path, row, names["question"]), type=label(row.values.get(names["type"])))
    reference = row.values.get(names["reference"]) or ""
    if isinstance(reference, list) and len(reference) == 1:
        (reference,) = reference  # the ground_truths of the first versions
    if not isinstance(reference, str):
        raise _bad_line(path, row.line, names["reference"])
    return Sample(question, reference=clean(reference), passage_ids=tuple(map(str, passage_ids)), answerable=answerable)


def _question(path: Path, row: Row, column: str) -> str:
    try:
        return read_text(row.values.get(column))
    except Refusal as refusal:
        raise _bad_line(path, row.line, column) from refusal


def _whole_rows(table: Table) -> Iterator[Row]:
    for row in table.rows():
        if isinstance(row, Reject):
            ko, en = f"{row.line}번째 줄: {row.ko}", f"Line {row.line}: {row.en}"
            raise problem(table.path, ko, "그 줄을 고쳐 주세요.", en, "Mend that line.")
        yield row


def _bad_line(path: Path, line: int, part: str) -> FileProblem:
    return problem(
        path,
        f"{line}번째 줄의 '{part}'을(를) 읽을 수 없습니다",
        "그 줄을 고쳐 주세요.",
        f"'{part}' of line {line} can't be read",
        "Mend that line.",
    )
