from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.corpus.reader import read_corpus, read_samples
from pipeline.errors.files import FileProblem
from pipeline.errors.settings import BadSetting
from pipeline.types import Document, Question, Reject, Sample

_SQUAD = {
    "data": [
        {
            "title": "한상",
            "paragraphs": [
                {
                    "context": "한상은 상을 차린다.",
                    "qas": [
                        {"id": "q1", "question": "누가 상을 차리나?", "answers": [{"text": "한상", "answer_start": 0}]}
                    ],
                },
                {"context": "", "qas": [{"id": "q2", "question": "없는 글?", "answers": [{"text": "없다"}]}]},
                {"context": "두 번째 단락.", "qas": []},
            ],
        },
        {
            "title": "찌개",
            "paragraphs": [
                {
                    "context": "한상은 상을 차린다.",
                    "qas": [
                        {"id": "q3", "question": "무엇을?", "answers": [{"text": "상을"}, {"text": "상"}]},
                        {"id": "q4", "question": "언제?", "answers": [], "is_impossible": True},
                    ],
                },
                {"context": "찌개는 끓는다.", "qas": []},
            ],
        },
    ]
}


def _squad(folder: Path, content: object = _SQUAD) -> Path:
    path = folder / "dev.json"
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def _beir(folder: Path) -> Path:
    corpus = [
        {"_id": "d1", "title": "비빔밥", "text": "밥과 나물"},
        {"_id": "d2", "text": "고기"},
        {"_id": "d3", "text": ""},
    ]
    queries = [
        {"_id": "q1", "text": "나물이 든 것"},
        {"_id": "q2", "text": "판단이 없는 것"},
        {"_id": "q3", "text": "고기는?"},
    ]
    for name, rows in (("corpus", corpus), ("queries", queries)):
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        (folder / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (folder / "qrels").mkdir()
    judgements = "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t2\nq3\td2\t0\n"
    (folder / "qrels" / "dev.tsv").write_text(judgements, encoding="utf-8")
    return folder


def test_squad_paragraphs_are_documents_once_each(tmp_path: Path) -> None:
    read = list(read_corpus([_squad(tmp_path)], format="squad"))
    documents = [each for each in read if isinstance(each, Document)]
    assert [(each.source.document_id, each.source.title) for each in documents] == [
        ("한상#1", "한상"),
        ("한상#3", "한상"),
        ("찌개#2", "찌개"),
    ]
    assert (documents[0].source.start, documents[0].source.end) == (0, len("한상은 상을 차린다."))
    (reject,) = [each for each in read if isinstance(each, Reject)]
    assert (reject.code, reject.line) == ("empty-text", 2)


def test_squad_questions_name_the_paragraph_that_was_kept(tmp_path: Path) -> None:
    path = _squad(tmp_path)
    assert read_samples(path, "squad") == [
        Sample(Question("q1", "누가 상을 차리나?"), "한상", ("한상#1",)),
        Sample(Question("q3", "무엇을?"), "상을", ("한상#1",)),
        Sample(Question("q4", "언제?"), answerable=False),
    ]
    assert read_samples(path) == read_samples(path, "squad")


def test_squad_articles_of_one_title_have_no_id_in_common(tmp_path: Path) -> None:
    article = {"title": "같은", "paragraphs": [{"context": "하나", "qas": []}]}
    other = {"title": "같은", "paragraphs": [{"context": "둘", "qas": []}]}
    read = read_corpus([_squad(tmp_path, {"data": [article, other]})], format="squad")
    assert [each.source.document_id for each in read if isinstance(each, Document)] == ["같은#1", "같은#2"]


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"data": {}},
        {"data": [1]},
        {"data": [{"title": "가", "paragraphs": [{"qas": []}]}]},
        {"version": "1.1"},
        {"data": [{"title": "가", "paragraphs": [{"context": "글", "qas": [{"question": "물음"}]}]}]},
    ],
)
def test_json_that_is_not_squad_is_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(FileProblem, match="SQuAD 형식이 아닙니다"):
        read_samples(_squad(tmp_path, content), "squad")


def test_squad_cut_off_and_missing(tmp_path: Path) -> None:
    (tmp_path / "cut.json").write_text('{"data": [', encoding="utf-8")
    with pytest.raises(FileProblem, match="JSON으로 읽을 수 없습니다"):
        list(read_corpus([tmp_path / "cut.json"], format="squad"))
    with pytest.raises(FileProblem, match="파일이 없습니다"):
        read_corpus([tmp_path / "none.json"], format="squad")


@pytest.mark.parametrize("name", [".", "corpus.jsonl"])
def test_beir_folder_or_corpus_file(tmp_path: Path, name: str) -> None:
    path = _beir(tmp_path) / name
    read = list(read_corpus([path], format="beir"))
    assert [(each.source.document_id, each.source.title, each.text) for each in read if isinstance(each, Document)] == [
        ("d1", "비빔밥", "밥과 나물"),
        ("d2", "", "고기"),
    ]
    assert [(each.line, each.code) for each in read if isinstance(each, Reject)] == [(3, "empty-text")]
    # q2 has no judgement, q3 only one that says no.
    assert read_samples(path, "beir") == [Sample(Question("q1", "나물이 든 것"), passage_ids=("d1", "d2"))]


def test_beir_prefers_the_test_judgements(tmp_path: Path) -> None:
    _beir(tmp_path)
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq3\td2\t1\n", encoding="utf-8")
    assert [sample.question.id for sample in read_samples(tmp_path)] == ["q3"]


def test_beir_with_one_file_of_judgements_beside_the_corpus(tmp_path: Path) -> None:
    _beir(tmp_path)
    (tmp_path / "qrels" / "dev.tsv").rename(tmp_path / "qrels.tsv")
    (tmp_path / "qrels").rmdir()
    assert [sample.question.id for sample in read_samples(tmp_path)] == ["q1"]


def test_beir_broken_judgements_and_missing_parts(tmp_path: Path) -> None:
    _beir(tmp_path)
    (tmp_path / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\n", encoding="utf-8")
    with pytest.raises(FileProblem, match="2번째 줄"):
        read_samples(tmp_path, "beir")
    (tmp_path / "qrels" / "dev.tsv").unlink()
    with pytest.raises(FileProblem, match=r"qrels\.tsv: 파일이 없습니다"):
        read_samples(tmp_path, "beir")
    (tmp_path / "corpus.jsonl").unlink()
    with pytest.raises(FileProblem, match=r"corpus\.jsonl: 파일이 없습니다"):
        read_corpus([tmp_path], format="beir")


def test_own_questions(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(
        '{"id": "a", "question": "주차 돼?", "type": "fact", "answer": "네", "passage_ids": ["r1#2"], '
        '"answerable": true}\n'
        '{"question": "우주선 있어?", "answerable": false, "answer": null, "passage_ids": []}\n',
        encoding="utf-8",
    )
    assert read_samples(path) == [
        Sample(Question("a", "주차 돼?", "fact"), "네", ("r1#2",)),
        Sample(Question("questions-2", "우주선 있어?"), answerable=False),
    ]


@pytest.mark.parametrize(
    ("line", "sample"),
    [
        (
            '{"user_input": "주차 돼?", "reference": "무료", "reference_context_ids": ["r1", 7],'
            ' "reference_contexts": ["주차 무료"], "response": "모름", "synthesizer_name": "single_hop"}',
            Sample(Question("q-1", "주차 돼?", "single_hop"), "무료", ("r1", "7")),
        ),
        (  # of the first versions: the answer is what the system under test said
            '{"question": "주차 돼?", "answer": "모름", "contexts": ["주차 무료"], "ground_truth": "무료"}',
            Sample(Question("q-1", "주차 돼?"), "무료"),
        ),
        (
            '{"question": "주차 돼?", "answer": "모름", "ground_truths": ["무료"]}',
            Sample(Question("q-1", "주차 돼?"), "무료"),
        ),
        ('{"user_input": "주차 돼?", "reference": null, "answer": "모름"}', Sample(Question("q-1", "주차 돼?"))),
    ],
)
def test_questions_by_the_names_that_ragas_gives_them(tmp_path: Path, line: str, sample: Sample) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(line, encoding="utf-8")
    assert read_samples(path) == [sample]


@pytest.mark.parametrize(
    "line",
    [
        '{"question": ""}',
        '{"user_input": ""}',
        '{"user_input": "가", "reference_context_ids": [true]}',
        '{"question": "가", "ground_truths": ["하나", "둘"]}',
        "{}",
        "{cut",
        '{"question": "가", "passage_ids": "r1"}',
        '{"question": "가", "answerable": 1}',
        '{"question": "가", "answer": 3}',
    ],
)
def test_own_questions_are_whole_or_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('{"question": "온전한 물음"}\n' + line, encoding="utf-8")
    with pytest.raises(FileProblem, match="2번째 줄"):
        read_samples(path, "jsonl")


def test_unknown_formats_and_options_that_benchmarks_do_not_take(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="auto/squad/beir/jsonl"):
        read_samples(tmp_path, "trec")
    with pytest.raises(BadSetting, match="auto/csv/tsv/jsonl/parquet/squad/beir"):
        read_corpus([tmp_path], format="xlsx")
    with pytest.raises(BadSetting, match="column"):
        read_corpus([_squad(tmp_path)], format="squad", columns={"text": "context"})
