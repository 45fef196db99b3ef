"""Answers of the chat and pairs of answers become tasks of the graders."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from annotations.desk import Desk
from annotations.export.export import export
from annotations.intake.from_traces import PRIORITY, SCHEME, grade_request, grade_requests, read_pairs
from annotations.intake.incoming import Defaults, Incoming, import_tasks
from annotations.types import NewTask
from pipeline.errors.labelling import NothingToGrade
from pipeline.traces import TraceStore, Vote
from pipeline.types import Reject, Trace
from tests.annotations.filled import ANSWER, give, grades, new_answer, open_desk
from tests.annotations.libraries import run_with
from tests.app.chat_traces import TEXTS, cited, make_trace


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as opened:
        yield opened


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TraceStore]:
    opened = TraceStore(tmp_path / "traces.db")
    yield opened
    opened.close()


def say(store: TraceStore, id: str, *votes: tuple[Vote, str], trace: Trace | None = None) -> None:
    store.save(trace or cited(make_trace(id_=id), 0, 1))
    for vote, reason in votes:
        store.add_feedback(id, vote, reason)


def requests(store: TraceStore, vote: Vote | None = "down", since: str = "") -> list[NewTask | str]:
    return list(grade_requests(store.voted(vote, since), ANSWER, Defaults()))


# traces


def test_a_task_holds_all_that_a_grader_needs(store: TraceStore) -> None:
    say(store, "t1", ("down", "근거와 다름; 주차 유료"))
    task = grade_request(store.get("t1"), store.feedback("t1")[-1], ANSWER)
    assert (task.key, task.scheme, task.version) == ("t1", SCHEME, ANSWER.version)
    assert task.text == "지하 주차장 2시간 무료라 편했어요. 주차가 불편합니다."
    assert (task.priority, task.seats, task.batch) == (PRIORITY, 1, "chat")
    context: Any = task.context
    assert context["question"] == "마포에서 주차 편한 고깃집 있어?"
    assert [each["id"] for each in context["passages"]] == ["p1", "p2", "p3"], "only what was in the prompt"
    assert context["passages"][0] == {
        "id": "p1",
        "text": TEXTS[0],
        "restaurant": "식당1",
        "district": "마포",
        "rating": 4.0,
        "date": "2026-03-14",
    }
    assert [(each["passage_id"], each["sentence"]) for each in context["citations"]] == [
        ("p1", "지하 주차장 2시간 무료라 편했어요."),
        ("p2", "주차가 불편합니다."),
    ]
    assert (context["abstained"], context["vote"], context["reason"]) == (False, "down", "근거와 다름; 주차 유료")


def test_an_answer_that_never_came_can_t_be_graded(store: TraceStore) -> None:
    unfinished = make_trace(id_="t1", state="reranked")
    with pytest.raises(NothingToGrade, match="t1"):
        grade_request(unfinished, None, ANSWER)
    say(store, "t1", ("down", ""), trace=unfinished)
    assert requests(store) == ["t1"]


def test_the_feedback_in_force_decides(store: TraceStore) -> None:
    say(store, "down", ("down", "이유"))
    say(store, "changed", ("down", ""), ("up", ""))
    say(store, "twice", ("up", ""), ("down", "빠짐"))
    say(store, "silent")

    def keys(vote: Vote | None) -> list[str]:
        return [task.key for task in requests(store, vote) if isinstance(task, NewTask)]

    assert keys("down") == ["down", "twice"]
    assert keys("up") == ["changed"]
    assert keys(None) == ["down", "changed", "twice"]
    assert requests(store, since="2999-01-01") == []
    assert len(requests(store, since="2020-01-01")) == 2


def test_many_answers_are_read_in_slices(store: TraceStore) -> None:
    for number in range(120):
        say(store, f"t{number}", ("down", ""))
    found = requests(store)
    assert [task.key for task in found if isinstance(task, NewTask)] == [f"t{number}" for number in range(120)]


def test_a_trace_is_a_task_once(store: TraceStore, desk: Desk) -> None:
    say(store, "t1", ("down", ""))
    for expected in ((1, 0), (0, 1)):
        tasks = [task for task in requests(store) if isinstance(task, NewTask)]
        added = desk.add_tasks(tasks, "test")
        assert (added.added, added.known) == expected


def test_somebody_s_complaint_comes_before_what_was_imported(store: TraceStore, desk: Desk) -> None:
    desk.add_tasks([new_answer("imported", "네.")], "test")
    say(store, "t1", ("down", ""))
    desk.add_tasks([grade_request(store.get("t1"), None, ANSWER)], "chat")
    lease = desk.take("가", "answer")
    assert lease is not None
    assert lease.task.key == "t1"


# pairs


def pairs(path: Path, rows: list[object]) -> list[Incoming | Reject]:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return list(read_pairs(path, ANSWER, Defaults(seats=2)))


PAIR: dict[str, Any] = {
    "question": "주차 되나요?",
    "contexts": ["주차 2시간 무료", {"id": "p9", "text": "주차가 불편", "restaurant": "연탄집"}],
    "answers": [{"id": "base", "text": "네."}, {"id": "lora-2", "text": "지하에 2시간 무료입니다."}],
}


def test_a_pair_is_a_task_with_two_alternatives(tmp_path: Path, desk: Desk) -> None:
    (found,) = pairs(tmp_path / "p.jsonl", [PAIR])
    assert isinstance(found, Incoming)
    task = found.task
    assert task.text == "네."
    assert task.seats == 2
    assert task.context["alternatives"] == PAIR["answers"]
    assert task.context["passages"] == [{"id": "1", "text": "주차 2시간 무료"}, PAIR["contexts"][1]]
    for expected in (1, 0):
        (became,) = import_tasks(desk, pairs(tmp_path / "p.jsonl", [PAIR]), ANSWER, "test")
        assert became.added == expected
    labels = {**grades(3, 3, 3), "preference": {"chosen": "lora-2", "shown": ["lora-2", "base"]}}
    assert give(desk, "가", task.key, labels, ANSWER).annotation.labels["preference"]


@pytest.mark.parametrize(
    ("row", "code", "named"),
    [
        ({**PAIR, "question": " "}, "empty-text", "비어"),
        ({**PAIR, "answers": PAIR["answers"][:1]}, "bad-context", "alternatives"),
        ({**PAIR, "answers": None}, "bad-context", "alternatives"),
        ({**PAIR, "answers": "둘"}, "bad-cell", "answers"),
        ({**PAIR, "answers": [{"id": "a", "text": "가"}] * 2}, "bad-context", "id"),
        ({**PAIR, "answers": [{"id": "tie", "text": "가"}, {"id": "b", "text": "나"}]}, "bad-context", "tie"),
        ({**PAIR, "answers": [{"id": "a", "text": ""}, {"id": "b", "text": "나"}]}, "empty-text", "비어"),
        ({**PAIR, "contexts": ["주차", 3]}, "bad-cell", "contexts"),
        (["목록"], "not-an-object", "list"),
        (PAIR, "duplicate-id", "pair-"),
    ],
)
def test_a_wrong_pair_is_rejected_with_its_line(tmp_path: Path, row: object, code: str, named: str) -> None:
    good, reject = pairs(tmp_path / "p.jsonl", [PAIR, row])
    assert isinstance(good, Incoming)
    assert isinstance(reject, Reject)
    assert (reject.line, reject.code) == (2, code)
    assert named in reject.ko


# what is trained on


def graded(desk: Desk) -> None:
    """Three answers to one question: good, bad with a better one written, and a pair in which b is preferred."""
    tasks = [
        new_answer("good", "주차 됩니다. 2시간 무료예요."),
        new_answer("bad", "모릅니다."),
        new_answer("pair", "주차는 안 됩니다.", pair=("주차는 안 됩니다.", "지하에 2시간 무료 주차가 됩니다.")),
        replace(new_answer("lost", "네."), context={}),
    ]
    desk.add_tasks(tasks, "test")
    for number, who in enumerate("가나다"):
        give(desk, who, "good", grades(5, 5, 5 - number), ANSWER)
        better = "주차 2시간이 무료입니다." if who == "가" else ""
        give(desk, who, "bad", grades(1, 1, 2, better=better, errors=["incomplete"]), ANSWER)
        give(desk, who, "pair", grades(1, 2, 3, errors=["contradicted"], chosen="b"), ANSWER)
        give(desk, who, "lost", grades(5, 5, 5), ANSWER)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_answers_worth_imitating_become_conversations(desk: Desk, tmp_path: Path) -> None:
    graded(desk)
    manifest = export(desk, ANSWER, "sft", tmp_path / "out", by="t", salt="s")
    rows = lines(tmp_path / "out" / "train.jsonl")
    assert [(row["id"], row["source"], row["completion"][0]["content"]) for row in rows] == [
        ("good", "graded", "주차 됩니다. 2시간 무료예요."),
        ("bad", "better", "주차 2시간이 무료입니다."),
    ]
    assert [message["role"] for message in rows[0]["prompt"]] == ["system", "user"]
    assert rows[0]["prompt"][1]["content"].endswith("질문: 숯골갈비 주차 되나요?")
    assert "건물 지하에 주차 2시간 무료라 편했어요." in rows[0]["prompt"][1]["content"]
    assert rows[0]["score"] == pytest.approx((1 + 1 + 0.75) / 3)
    assert manifest.dropped == {"low-grade": 1, "no-question": 1}


def test_an_answer_with_errors_is_not_imitated_however_high_its_grade(desk: Desk, tmp_path: Path) -> None:
    desk.add_tasks([new_answer("t", "네.", seats=1), new_answer("u", "예.", seats=1)], "test")
    give(desk, "가", "t", grades(5, 5, 5, errors=["number_or_name"]), ANSWER)
    give(desk, "가", "u", grades(5, 5, 5), ANSWER)
    manifest = export(desk, ANSWER, "sft", tmp_path / "out", by="t", salt="s")
    assert manifest.dropped == {"has-errors": 1}


def test_pairs_far_and_sure_enough_apart_are_trained_on_and_the_others_listed(desk: Desk, tmp_path: Path) -> None:
    graded(desk)
    manifest = export(desk, ANSWER, "dpo", tmp_path / "out", by="t", salt="s")
    rows = {
        (row["source"], row["id"], row["rejected"][0]["content"]): row
        for row in lines(tmp_path / "out" / "train.jsonl")
    }
    assert set(rows) == {
        ("rewritten", "bad", "모릅니다."),
        ("preference", "pair", "주차는 안 됩니다."),
        ("grades", "good", "모릅니다."),
        ("grades", "good", "주차는 안 됩니다."),
    }
    preferred = rows["preference", "pair", "주차는 안 됩니다."]
    assert (preferred["margin"], preferred["agreement"]) == (1, 1)
    assert preferred["chosen"][0] == {"role": "assistant", "content": "지하에 2시간 무료 주차가 됩니다."}
    assert rows["grades", "good", "모릅니다."]["margin"] == pytest.approx((1 + 1 + 0.75) / 3 - 1 / 12)
    # The pair's first answer and the bad one differ by a sixth only; what has no question has no pair.
    assert manifest.dropped == {"no-question": 1, "margin": 1}
    told = [each for each in lines(tmp_path / "out" / "dropped.jsonl") if each["code"] == "margin"]
    assert [(each["id"], each["field"], each["ko"]) for each in told] == [("pair", "grades · bad", "차이 0.17 < 0.25")]


def test_a_pair_that_people_don_t_agree_on_is_refused(desk: Desk, tmp_path: Path) -> None:
    desk.add_tasks([new_answer(key, "가.", key, pair=("가.", "나.")) for key in ("split", "tied", "same")], "test")
    for who, split, tied in (("가", "a", "a"), ("나", "a", "b"), ("다", "b", "tie")):
        give(desk, who, "split", grades(3, 3, 3, chosen=split), ANSWER)
        give(desk, who, "tied", grades(3, 3, 3, chosen=tied), ANSWER)
        give(desk, who, "same", grades(3, 3, 3, chosen="a"), ANSWER)
    manifest = export(desk, ANSWER, "dpo", tmp_path / "out", by="t", salt="s")
    assert [row["id"] for row in lines(tmp_path / "out" / "train.jsonl")] == ["split", "same"]
    assert manifest.dropped == {"tie": 1}
    from annotations.export.types import ExportSettings

    strict = ExportSettings(min_agreement=0.9)
    manifest = export(desk, ANSWER, "dpo", tmp_path / "strict", by="t", salt="s", settings=strict)
    assert manifest.dropped == {"tie": 1, "agreement": 1}


@pytest.mark.models
def test_trl_trains_on_both(desk: Desk, tmp_path: Path) -> None:
    graded(desk)
    for form in ("sft", "dpo"):
        export(desk, ANSWER, form, tmp_path / form, by="t", salt="s")
    told = json.loads(run_with("trl", "trl_trainers.py", tmp_path / "sft", tmp_path / "dpo").splitlines()[-1])
    assert told["rows"] == [2, 4]
    assert all(loss > 0 for loss in told["losses"].values())
