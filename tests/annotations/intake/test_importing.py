"""Files become tasks: whatever the encoding, half-wrong or brought in twice."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from annotations.desk import Desk
from annotations.intake.importing import read_tasks
from annotations.intake.incoming import Defaults, Imported, Incoming, import_tasks, write_rejects
from annotations.intake.overview import counts, find
from annotations.schemes.scheme import Scheme
from pipeline.errors.files import FileProblem, MissingColumn
from pipeline.types import Reject
from tests.annotations.filled import ANSWER, REVIEW, TEXT, give, open_desk, review

ROWS = [
    {"id": "a", "text": "맛있어요", "restaurant": "숯골갈비", "rating": 4.5, "date": "2026-03-14"},
    {"id": "b", "text": "별로예요", "restaurant": "연탄집", "rating": 1, "date": "26.3.2"},
]
SMALL = {"sentiment": "positive", "intensity": 4, "emotions": [{"label": "joy", "strength": 2}]}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as opened:
        yield opened


def jsonl(path: Path, rows: Sequence[object]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def read(path: Path, scheme: Scheme = REVIEW, **more: Any) -> tuple[list[Incoming], list[Reject]]:
    defaults = more.pop("defaults", Defaults())
    found = list(read_tasks(path, scheme, defaults, **more))
    return [each for each in found if isinstance(each, Incoming)], [each for each in found if isinstance(each, Reject)]


def bring_in(desk: Desk, path: Path, **more: Any) -> Imported:
    return list(import_tasks(desk, read_tasks(path, REVIEW, Defaults(batch="b"), **more), REVIEW, "test"))[-1]


# columns and formats


def test_a_row_is_a_task_with_its_context(tmp_path: Path) -> None:
    defaults = Defaults(seats=2, priority=3, due="2026-12-31", batch="b1")
    (first, second), rejects = read(jsonl(tmp_path / "r.jsonl", ROWS), defaults=defaults)
    assert rejects == []
    assert (first.line, second.line) == (1, 2)
    task = first.task
    assert (task.key, task.scheme, task.version, task.text) == ("a", "review", REVIEW.version, "맛있어요")
    assert task.context == {"restaurant": "숯골갈비", "rating": 4.5, "date": "2026-03-14"}
    assert (task.seats, task.priority, task.due, task.batch, task.gold) == (2, 3, "2026-12-31", "b1", None)
    assert second.task.context["date"] == "2026-03-02"


def write_csv(path: Path, encoding: str, delimiter: str = ",") -> Path:
    rows = [["리뷰번호", "후기", "상호명", "별점", "작성일"]]
    rows += [["1", "맛있어요, 또 갈게요", "숯골갈비", "4.5", "2026-03-14"], ["2", "별로", "연탄집", "★☆☆☆☆", ""]]
    text = "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
@pytest.mark.parametrize(("name", "delimiter"), [("r.csv", ","), ("r.tsv", "\t"), ("r.csv", ";")])
def test_tables_in_every_encoding_are_the_same_tasks(tmp_path: Path, encoding: str, name: str, delimiter: str) -> None:
    tasks, rejects = read(write_csv(tmp_path / name, encoding, delimiter))
    assert rejects == []
    assert [each.task.key for each in tasks] == ["1", "2"]
    assert [each.task.text for each in tasks] == ["맛있어요, 또 갈게요", "별로"]
    assert [each.task.context["rating"] for each in tasks] == [4.5, 1.0]


def test_parquet_with_nested_labels(tmp_path: Path) -> None:
    rows = [{**row, "labels": labels} for row, labels in zip(ROWS, (SMALL, None), strict=True)]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "r.parquet")
    tasks, rejects = read(tmp_path / "r.parquet")
    assert rejects == []
    assert [each.task.gold for each in tasks] == [SMALL, None]


def test_a_column_can_be_named(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "r.jsonl", [{"무엇": "맛있어요"}])
    with pytest.raises(MissingColumn, match="text"):
        read(path)
    (task,), _ = read(path, columns={"text": "무엇"})
    assert task.task.text == "맛있어요"


def test_a_file_that_is_none_is_told_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(FileProblem):
        read_tasks(tmp_path / "none.csv", REVIEW, Defaults())


def test_priority_and_due_of_a_row_come_before_those_of_the_file(tmp_path: Path) -> None:
    rows = [{"text": "가", "priority": "7", "due": "2026년 12월 1일"}, {"text": "나", "priority": -1}, {"text": "다"}]
    tasks, rejects = read(jsonl(tmp_path / "r.jsonl", rows), defaults=Defaults(priority=2, due="2026-12-31"))
    assert rejects == []
    assert [(each.task.priority, each.task.due) for each in tasks] == [
        (7, "2026-12-01"),
        (-1, "2026-12-31"),
        (2, "2026-12-31"),
    ]


def test_an_answer_is_imported_with_its_question(tmp_path: Path) -> None:
    rows = [
        {
            "id": "t",
            "answer": "됩니다.",
            "question": "주차 되나요?",
            "context": {"passages": [{"id": "p", "text": "주차 무료"}]},
        }
    ]
    (task,), rejects = read(jsonl(tmp_path / "r.jsonl", rows), ANSWER)
    assert rejects == []
    assert task.task.text == "됩니다."
    assert task.task.context == {"passages": [{"id": "p", "text": "주차 무료"}], "question": "주차 되나요?"}


# what can't be used


WRONG: list[tuple[dict[str, object], str, str]] = [
    ({"text": ""}, "empty-text", "비어"),
    ({"text": 3}, "text-not-text", "int"),
    ({"text": "글", "rating": 99}, "bad-rating", "99"),
    ({"text": "글", "priority": "높음"}, "bad-cell", "priority"),
    ({"text": "글", "priority": 10**9}, "bad-cell", "1000000000"),
    ({"text": "글", "due": "다음 주"}, "bad-cell", "다음 주"),
    ({"text": "글", "context": "[1]"}, "bad-cell", "context"),
    ({"text": "글", "labels": "{"}, "bad-cell", "labels"),
    ({"text": "글", "labels": {"sentiment": "happy"}}, "bad-labels", "happy"),
    ({"text": "글", "labels": {**SMALL, "intensity": 6}}, "bad-labels", "6"),
    ({"text": "글", "labels": {**SMALL, "extra": 1}}, "bad-labels", "extra"),
    ({"text": "글", "labels": {"sentiment": "positive"}}, "bad-labels", "intensity"),
    ({"text": "글", "suggestion": {"labels": {"sentiment": "x"}}}, "bad-labels", "x"),
    ({"text": "글", "suggestion": {"labels": SMALL, "scores": {"a": "high"}}}, "bad-cell", "high"),
    ({"id": "k" * 501, "text": "글"}, "bad-cell", "key"),
]


@pytest.mark.parametrize(("row", "code", "named"), WRONG)
def test_a_wrong_row_is_rejected_with_line_and_reason_and_the_rest_comes_in(
    tmp_path: Path, row: dict[str, object], code: str, named: str
) -> None:
    path = jsonl(tmp_path / "r.jsonl", [ROWS[0], row, ROWS[1]])
    tasks, (reject,) = read(path)
    assert [each.task.key for each in tasks] == ["a", "b"]
    assert (reject.path, reject.line, reject.code) == (str(path), 2, code)
    assert named in reject.ko
    assert reject.en
    assert reject.ko != reject.en


def test_spans_are_checked_against_the_text(tmp_path: Path) -> None:
    labels = review()
    good = {"id": "good", "text": TEXT, "labels": labels}
    outside = {**labels, "aspects": [{"label": "food", "polarity": "positive", "start": 0, "end": 999, "quote": "맛"}]}
    cut = TEXT.index("👨‍👩‍👧")
    through = {
        **labels,
        "aspects": [{"label": "food", "polarity": "positive", "start": cut, "end": cut + 1, "quote": "👨"}],
    }
    rows = [good, {"id": "o", "text": TEXT, "labels": outside}, {"id": "t", "text": TEXT, "labels": through}]
    tasks, rejects = read(jsonl(tmp_path / "r.jsonl", rows))
    assert [each.task.key for each in tasks] == ["good"]
    assert [reject.line for reject in rejects] == [2, 3]


def test_two_tasks_with_one_id(tmp_path: Path) -> None:
    rows = [{"id": 1, "text": "가"}, {"id": "1", "text": "나"}, {"id": 2, "text": ""}, {"id": 2, "text": "다"}]
    tasks, rejects = read(jsonl(tmp_path / "r.jsonl", rows))
    # The second with id 2 comes in: the first one didn't.
    assert [(each.task.key, each.task.text) for each in tasks] == [("1", "가"), ("2", "다")]
    assert [(reject.line, reject.code) for reject in rejects] == [(2, "duplicate-id"), (3, "empty-text")]


def test_rows_without_an_id_are_known_by_what_they_say(tmp_path: Path, desk: Desk) -> None:
    rows = [{"text": "가", "restaurant": "A"}, {"text": "가", "restaurant": "B"}, {"text": "가", "restaurant": "A"}]
    path = jsonl(tmp_path / "r.jsonl", rows)
    became = bring_in(desk, path)
    assert (became.added, [reject.code for reject in became.rejects]) == (2, ["duplicate-text"])
    # Under another name and in another order they are the same tasks.
    moved = jsonl(tmp_path / "other.jsonl", [{"text": "새로움"}, *rows[1::-1]])
    became = bring_in(desk, moved)
    assert (became.added, became.known) == (1, 2)


def test_broken_bytes_cost_only_their_row(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes("id,text\na,첫째 후기는 멀쩡합니다\n".encode() + b"b,\xff\xfe\xff\n" + "c,셋째 후기\n".encode())
    tasks, (reject,) = read(path)
    assert [each.task.key for each in tasks] == ["a", "c"]
    assert (reject.line, reject.code) == (3, "broken-encoding")


# the queue


def test_the_same_file_again_brings_nothing_twice(tmp_path: Path, desk: Desk) -> None:
    rows = [
        *ROWS,
        {"id": "c", "text": "가", "suggestion": {"model": "m", "labels": SMALL, "scores": {"sentiment": 0.7}}},
    ]
    path = jsonl(tmp_path / "r.jsonl", rows)
    first, again = bring_in(desk, path), bring_in(desk, path)
    assert (first.added, first.known, first.suggestions) == (3, 0, 1)
    assert (again.added, again.known, again.suggestions) == (0, 3, 0)
    assert len(desk.snapshot("review").suggestions) == 1
    # A mended row comes in the next time.
    jsonl(path, [*rows, {"id": "d", "text": ""}])
    assert bring_in(desk, path).added == 0
    jsonl(path, [*rows, {"id": "d", "text": "고침"}])
    assert bring_in(desk, path).added == 1


def test_a_suggestion_is_hidden_until_the_answer_is_in(tmp_path: Path, desk: Desk) -> None:
    row = {"id": "a", "text": TEXT, "suggestion": {"model": "m", "labels": SMALL, "scores": {"sentiment": 0.7}}}
    bring_in(desk, jsonl(tmp_path / "r.jsonl", [row]))
    task = find(desk, "review", "a")
    assert task is not None
    assert desk.suggestion("가", task.id) is None
    give(desk, "가", "a", review())
    suggestion = desk.suggestion("가", task.id)
    assert suggestion is not None
    assert (suggestion.model, suggestion.labels, suggestion.scores) == ("m", SMALL, {"sentiment": 0.7})


def test_what_came_in_before_it_was_stopped_stays(tmp_path: Path, desk: Desk) -> None:
    path = jsonl(tmp_path / "r.jsonl", [{"id": n, "text": f"후기 {n}"} for n in range(500)])
    steps = import_tasks(desk, read_tasks(path, REVIEW, Defaults()), REVIEW, "test")
    assert next(steps).added == 200
    became = bring_in(desk, path)
    assert (became.added, became.known) == (300, 200)


def test_batches_are_counted_by_status(tmp_path: Path, desk: Desk) -> None:
    path = jsonl(
        tmp_path / "r.jsonl", [{"id": n, "text": TEXT} for n in "ab"] + [{"id": "g", "text": TEXT, "labels": review()}]
    )
    list(import_tasks(desk, read_tasks(path, REVIEW, Defaults(seats=2, batch="b")), REVIEW, "test"))
    for who in ("가", "나"):
        give(desk, who, "a", review())
    give(desk, "가", "b", review())
    found = {each.status: each for each in counts(desk)}
    assert set(found) == {"open", "complete"}
    assert (found["complete"].tasks, found["complete"].done, found["complete"].seats) == (1, 2, 2)
    assert (found["open"].tasks, found["open"].gold, found["open"].done, found["open"].seats) == (2, 1, 1, 2)
    assert find(desk, "review", "none") is None


def test_rejects_are_written_and_removed_when_there_are_none(tmp_path: Path) -> None:
    path = tmp_path / "imports" / "r.rejects.jsonl"
    _, rejects = read(jsonl(tmp_path / "r.jsonl", [ROWS[0], {"text": ""}]))
    write_rejects(path, rejects)
    (told,) = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert (told["line"], told["code"]) == (2, "empty-text")
    write_rejects(path, [])
    assert not path.exists()


# gold


def test_a_file_of_gold_labels_is_joined_by_id(tmp_path: Path) -> None:
    gold = jsonl(tmp_path / "g.jsonl", [{"id": "a", "labels": SMALL}])
    (first, second), rejects = read(jsonl(tmp_path / "r.jsonl", ROWS), gold=gold)
    assert rejects == []
    assert (first.task.gold, second.task.gold) == (SMALL, None)


def test_gold_labels_may_stand_in_columns_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "g.csv"
    path.write_text(
        "id,sentiment,intensity,emotions,note\na,positive,4,joy:2; surprise:1,\nb,mixed,2,none:1,메모\n", "utf-8"
    )
    tasks, rejects = read(jsonl(tmp_path / "r.jsonl", ROWS), gold=path)
    assert rejects == []
    emotions = [{"label": "joy", "strength": 2}, {"label": "surprise", "strength": 1}]
    assert tasks[0].task.gold == {"sentiment": "positive", "intensity": 4, "emotions": emotions}
    assert tasks[1].task.gold is not None
    assert tasks[1].task.gold["note"] == "메모"


def test_wrong_gold_labels_are_rejected_where_they_stand_and_their_task_waits(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "labels": {**SMALL, "sentiment": "happy"}},
        {"id": "nobody", "labels": SMALL},
        {"labels": SMALL},
        {"id": "b", "labels": SMALL},
        {"id": "b", "labels": SMALL},
    ]
    gold = jsonl(tmp_path / "g.jsonl", rows)
    (task,), rejects = read(jsonl(tmp_path / "r.jsonl", ROWS), gold=gold)
    # A task that came in without its gold could never get it: the id would be known.
    assert (task.task.key, task.task.gold) == ("b", SMALL)
    assert all(reject.path == str(gold) for reject in rejects)
    assert sorted((reject.line, reject.code) for reject in rejects) == [
        (1, "bad-labels"),
        (2, "gold-without-item"),
        (3, "duplicate-id"),
        (5, "duplicate-id"),
    ]


def test_labels_in_the_file_can_be_left_alone(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "r.jsonl", [{**ROWS[0], "labels": SMALL}])
    assert read(path)[0][0].task.gold == SMALL
    assert read(path, defaults=Defaults(ignore_labels=True))[0][0].task.gold is None


def test_the_demo_comes_in_whole() -> None:
    demo = Path(__file__).parents[3] / "data" / "demo" / "reviews.jsonl"
    tasks, rejects = read(demo)
    assert len(tasks) == 384
    assert rejects == []
    assert all(each.task.gold for each in tasks)
