"""The form's Python side over a real desk: what the browser is given, what its messages do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from annotations.desk import Desk
from annotations.schemes.scheme import load_scheme
from annotations.types import DeskSettings, Labels, NewTask, Submission
from pages.adjudicate import Settling
from pages.form.answering import Answering
from pages.form.messages import Exchange
from pages.form.shape import Opened, context_json, view_json
from pages.label import Labelling
from pages.mine import Revising
from pipeline.errors.accounts import SignedOut
from pipeline.errors.labelling import BadSubmission

KIM, LEE, PARK = "kim", "lee", "park"
TEXTS = ("불맛은 인정 👨‍👩‍👧‍👦 그런데 비쌈", "직원이 친절해요", "그냥 그래요", "웨이팅이 길어요")
LABELS: Labels = {"sentiment": "positive", "intensity": 4, "emotions": [{"label": "joy", "strength": 2}]}
OTHER: Labels = {"sentiment": "negative", "intensity": 2, "emotions": [{"label": "anger", "strength": 1}]}
number = count(1)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path / "labels.db", DeskSettings(gold_rate=0, repeat_rate=0)) as opened:
        opened.add_tasks([task(n, text) for n, text in enumerate(TEXTS)], "test")
        yield opened


def task(n: int, text: str, seats: int = 1, **context: object) -> NewTask:
    return NewTask(f"t{n}", "review", 1, text, context, seats, priority=-n)


def send(exchange: Exchange, **message: object) -> dict[str, Any]:
    """One message as the browser sends it; its reply."""
    id = f"m{next(number)}"
    assert exchange.receive([{"id": id, **message}])
    return reply_to(exchange, id)


def reply_to(exchange: Exchange, id: str) -> dict[str, Any]:
    replies: Any = json.loads(json.dumps(exchange.data()))["replies"]
    return replies[id]  # type: ignore[no-any-return]


def given(exchange: Exchange) -> Any:
    """What the browser gets, through JSON."""
    return json.loads(json.dumps(exchange.data(), ensure_ascii=False))


def saving(exchange: Exchange, labels: Labels = LABELS, **also: object) -> dict[str, object]:
    """A save of what is shown."""
    view = given(exchange)["view"]
    message: dict[str, object] = {
        "kind": "save", "view": view["id"], "key": f"k{next(number)}", "task_id": view["task"]["id"],
        "token": view["token"], "labels": labels, "outcome": "labelled", "flag": "", "seconds": 4.5,
        "base": view["base"],
    }  # fmt: skip
    return {**message, **also}


def drafting(exchange: Exchange, labels: Labels, expected: int | None) -> dict[str, object]:
    view = given(exchange)["view"]
    return {
        "kind": "draft", "view": view["id"], "task_id": view["task"]["id"], "labels": labels, "seconds": 2,
        "base": view["base"], "expected": expected,
    }  # fmt: skip


def text_of(exchange: Exchange) -> str:
    return str(given(exchange)["view"]["task"]["text"])


def test_a_save_brings_the_receipt_and_the_next_task_in_one(desk: Desk) -> None:
    exchange = Exchange(Labelling(desk, KIM, "review"))
    shown = given(exchange)
    assert shown["view"]["task"]["text"] == TEXTS[0]
    assert (shown["view"]["mode"], shown["view"]["labels"], shown["undo"]) == ("label", {}, False)
    assert shown["progress"]["total"] == len(TEXTS)
    reply = send(exchange, **saving(exchange))
    assert reply == {"ok": True, "receipt": {"number": 1, "spare": False}}
    after = given(exchange)
    assert after["view"]["task"]["text"] == TEXTS[1]
    assert (after["previous"]["number"], after["undo"], after["progress"]["mine"]) == (1, True, 1)
    stored = desk.current(KIM, shown["view"]["task"]["id"])
    assert stored is not None
    assert (stored.labels, stored.stage, stored.seconds) == (LABELS, "blind", 4.5)


def test_a_message_that_comes_again_is_handled_once_and_its_reply_stays(desk: Desk) -> None:
    exchange = Exchange(Labelling(desk, KIM, "review"))
    message = {"id": "m", **saving(exchange)}
    assert exchange.receive([message])
    assert not exchange.receive([message])
    assert exchange.receive([message, {"id": "n", "kind": "renew", "token": given(exchange)["view"]["token"]}])
    assert given(exchange)["progress"]["mine"] == 1
    assert reply_to(exchange, "m")["ok"]


def test_a_new_session_takes_the_same_answer_for_the_same(desk: Desk) -> None:
    first = Exchange(Labelling(desk, KIM, "review"))
    message = saving(first)
    assert send(first, **message)["receipt"] == {"number": 1, "spare": False}
    second = Exchange(Labelling(desk, KIM, "review"))
    assert second.session != first.session
    assert send(second, **message)["receipt"] == {"number": 1, "spare": False}
    assert text_of(second) == TEXTS[1]
    assert given(second)["progress"]["mine"] == 1


def test_the_scheme_goes_out_until_the_browser_has_it(desk: Desk) -> None:
    exchange = Exchange(Labelling(desk, KIM, "review"))
    shown = given(exchange)
    assert shown["scheme"]["fields"][0]["options"][0]["code"] == "Digit1"
    assert shown["guide"] == load_scheme("review").guide
    send(exchange, kind="renew", token=shown["view"]["token"], have=shown["digest"])
    assert not {"scheme", "guide"} & set(given(exchange))
    send(exchange, kind="hello", have="")
    assert {"scheme", "guide"} <= set(given(exchange))


def test_a_draft_is_kept_and_found_by_another_session(desk: Desk) -> None:
    exchange = Exchange(Labelling(desk, KIM, "review"))
    assert send(exchange, **drafting(exchange, {"sentiment": "mixed"}, None)) == {"ok": True, "version": 1}
    assert send(exchange, **drafting(exchange, {"sentiment": "mixed", "note": "흠"}, 1))["version"] == 2
    view = given(Exchange(Labelling(desk, KIM, "review")))["view"]
    assert (view["labels"], view["version"], view["seconds"]) == ({"sentiment": "mixed", "note": "흠"}, 2, 2)


def test_a_draft_whose_reply_was_lost_is_no_conflict_but_another_one_is(desk: Desk) -> None:
    exchange, tab = Exchange(Labelling(desk, KIM, "review")), Exchange(Labelling(desk, KIM, "review"))
    message = drafting(exchange, {"sentiment": "mixed", "note": "흠 "}, None)
    assert send(exchange, **message)["version"] == 1
    assert send(exchange, **message)["version"] == 1
    reply = send(tab, **drafting(tab, {"sentiment": "positive"}, None))
    assert (reply["ok"], reply["error"]["code"]) == (False, "stale-draft")
    assert reply["current"] == {"version": 1, "labels": {"sentiment": "mixed", "note": "흠 "}}


def test_a_stale_tab_gets_what_is_stored_and_may_revise_it(desk: Desk) -> None:
    exchange, tab = Exchange(Labelling(desk, KIM, "review")), Exchange(Labelling(desk, KIM, "review"))
    stale = saving(tab, OTHER)
    send(exchange, **saving(exchange))
    reply = send(tab, **stale)
    assert reply["error"]["code"] == "stale-answer"
    assert reply["current"]["labels"] == LABELS
    assert text_of(tab) == TEXTS[0]
    again = send(tab, **{**stale, "key": "another", "base": reply["current"]["id"]})
    assert again["ok"]
    assert text_of(tab) == TEXTS[1]
    stored = desk.mine(KIM, "review")[0][1]
    assert (stored.revision, stored.stage, stored.labels) == (2, "edited", OTHER)


def test_undo_reopens_the_last_answer_with_its_draft_and_cancel_forgets_that(desk: Desk) -> None:
    exchange = Exchange(Labelling(desk, KIM, "review"))
    send(exchange, **saving(exchange))
    assert send(exchange, kind="undo")["ok"]
    view = given(exchange)["view"]
    assert (view["mode"], view["labels"], view["version"]) == ("revise", LABELS, 1)
    send(exchange, **drafting(exchange, {**LABELS, "intensity": 5}, 1))
    other = Exchange(Labelling(desk, KIM, "review"))
    send(other, kind="undo")
    assert given(other)["view"]["labels"]["intensity"] == 5
    send(other, kind="cancel")
    assert text_of(other) == TEXTS[1]
    send(other, kind="undo")
    assert given(other)["view"]["labels"] == LABELS


def test_a_revision_returns_to_the_task_that_was_left(desk: Desk) -> None:
    exchange = Exchange(Labelling(desk, KIM, "review"))
    send(exchange, **saving(exchange))
    send(exchange, **drafting(exchange, {"sentiment": "neutral"}, None))
    send(exchange, kind="undo")
    assert send(exchange, **saving(exchange, OTHER))["ok"]
    view = given(exchange)["view"]
    assert (view["task"]["text"], view["labels"]) == (TEXTS[1], {"sentiment": "neutral"})


def test_bad_labels_name_their_field_and_leave_the_task_open(desk: Desk) -> None:
    exchange = Exchange(Labelling(desk, KIM, "review"))
    reply = send(exchange, **saving(exchange, {"sentiment": "positive", "intensity": 9}))
    assert (reply["ok"], reply["error"]["code"], reply["error"]["field"]) == (False, "bad-labels", "intensity")
    assert not reply["error"]["passing"]
    assert text_of(exchange) == TEXTS[0]


def test_skipping_takes_the_next(desk: Desk) -> None:
    exchange = Exchange(Labelling(desk, KIM, "review"))
    token = given(exchange)["view"]["token"]
    assert send(exchange, kind="skip", token=token, task_id=1, reason="잘 모름")["ok"]
    assert text_of(exchange) == TEXTS[1]
    assert send(exchange, kind="skip", token=token, task_id=1, reason="잘 모름")["error"]["code"] == "lease-lost"


def test_a_suggestion_comes_only_after_the_answer_and_a_revision_beside_it_is_assisted(desk: Desk) -> None:
    desk.add_suggestion(1, "모델", OTHER, {"sentiment": 0.71})
    exchange = Exchange(Labelling(desk, KIM, "review"))
    assert "모델" not in json.dumps(given(exchange)["view"])
    assert given(exchange)["previous"] is None
    send(exchange, **saving(exchange))
    previous = given(exchange)["previous"]
    assert previous["suggestion"]["labels"] == OTHER
    assert previous["suggestion"]["scores"] == {"sentiment": 0.71}
    send(exchange, kind="open", task_id=previous["task_id"])
    send(exchange, **saving(exchange, OTHER))
    assert given(exchange)["previous"]["decided"] == "revised"
    current = desk.current(KIM, 1)
    assert current is not None
    assert current.stage == "assisted"
    (seen,) = desk.snapshot("review").seen
    assert (seen.kept, seen.annotation_id) == (False, current.base)


@pytest.mark.parametrize("said", [True, False])
def test_a_suggestion_that_is_left_alone_was_kept(desk: Desk, said: bool) -> None:
    desk.add_suggestion(1, "모델", OTHER, {})
    exchange = Exchange(Labelling(desk, KIM, "review"))
    send(exchange, **saving(exchange))
    previous = given(exchange)["previous"]
    if said:
        send(exchange, kind="seen", task_id=previous["task_id"], suggestion_id=previous["suggestion"]["id"])
        assert given(exchange)["previous"]["decided"] == "kept"
    send(exchange, **saving(exchange))
    assert [each.kept for each in desk.snapshot("review").seen] == [True]


def test_nobody_opens_what_they_never_answered(desk: Desk) -> None:
    exchange = Exchange(Labelling(desk, KIM, "review"))
    send(exchange, **saving(exchange))
    other = Exchange(Revising(desk, LEE, "review"))
    assert send(other, kind="open", task_id=1)["error"]["code"] == "unknown-task"
    assert given(other)["list"] == []


def test_one_s_own_answers_are_listed_and_revised(desk: Desk) -> None:
    labelling = Exchange(Labelling(desk, KIM, "review"))
    for _ in range(2):
        send(labelling, **saving(labelling))
    exchange = Exchange(Revising(desk, KIM, "review"))
    listed = given(exchange)["list"]
    assert [each["text"] for each in listed] == [TEXTS[1], TEXTS[0]]
    send(exchange, kind="open", task_id=listed[1]["task_id"])
    assert given(exchange)["view"]["labels"] == LABELS
    send(exchange, **saving(exchange, OTHER))
    after = given(exchange)
    assert after["view"] is None
    assert (after["list"][0]["text"], after["list"][0]["labels"]) == (TEXTS[0], OTHER)


def test_a_dispute_is_shown_without_names_and_settled(desk: Desk) -> None:
    desk.add_tasks([task(9, "둘이 다르게 본 글", 2)], "test")
    id = next(each.id for each in desk.snapshot("review").tasks if each.seats == 2)
    for who, labels in ((KIM, LABELS), (LEE, OTHER)):
        desk.save(who, Submission(f"{who}-{id}", id, labels))
    exchange = Exchange(Settling(desk, PARK, "review"))
    shown = given(exchange)
    assert (shown["view"]["mode"], shown["disputes"]) == ("dispute", {"settled": 0, "waiting": 1, "more": False})
    assert [each["name"] for each in shown["view"]["answers"]] == ["A", "B"]
    assert not {KIM, LEE} & set(json.dumps(shown["view"], ensure_ascii=False).split('"'))
    taken = next(each for each in shown["view"]["answers"] if each["labels"] == OTHER)
    reply = send(exchange, **saving(exchange, {}, kind="settle", chosen=taken["id"]))
    assert reply["ok"]
    assert given(exchange)["disputes"]["settled"] == 1
    found = desk.snapshot("review")
    assert found.settled[id] in [each.id for each in found.annotations if each.labels == OTHER]


def test_a_third_answer_settles_too(desk: Desk) -> None:
    desk.add_tasks([task(9, "둘이 다르게 본 글", 2)], "test")
    id = next(each.id for each in desk.snapshot("review").tasks if each.seats == 2)
    for who, labels in ((KIM, LABELS), (LEE, OTHER)):
        desk.save(who, Submission(f"{who}-{id}", id, labels))
    exchange = Exchange(Settling(desk, PARK, "review"))
    third: Labels = {**LABELS, "sentiment": "mixed", "intensity": 3}
    assert send(exchange, **drafting(exchange, third, None))["version"] == 1
    assert send(exchange, **saving(exchange, third, kind="settle", chosen=None))["ok"]
    found = desk.snapshot("review")
    assert next(each.labels for each in found.annotations if each.id == found.settled[id]) == third


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "drop everything"},
        {"kind": "save"},
        {"kind": "draft", "task_id": True, "labels": {}, "seconds": 1, "base": None, "expected": None},
        {"kind": "draft", "task_id": 1, "labels": [], "seconds": 1, "base": None, "expected": None},
        {"kind": "draft", "task_id": 1, "labels": {}, "seconds": float("nan"), "base": None, "expected": None},
        {"kind": "skip", "token": 7, "reason": ""},
        {},
    ],
)
def test_a_message_that_makes_no_sense_is_refused(desk: Desk, message: Mapping[str, object]) -> None:
    reply = send(Exchange(Labelling(desk, KIM, "review")), **message)
    assert (reply["ok"], reply["error"]["code"]) == (False, BadSubmission.code)


@pytest.mark.parametrize("messages", [None, 7, "x", [7], [{}], [{"id": 7}], {"id": "m"}])
def test_what_is_no_message_is_no_message(desk: Desk, messages: object) -> None:
    assert not Exchange(Labelling(desk, KIM, "review")).receive(messages)


def test_what_was_shown_stays_when_the_session_has_ended(desk: Desk) -> None:
    class Ended(Answering):
        gone = False

        def data(self) -> dict[str, object]:
            if self.gone:
                raise SignedOut
            return super().data()

    work = Ended(desk, KIM, "review")
    exchange = Exchange(work)
    before = given(exchange)
    work.gone = True
    assert given(exchange)["progress"] == before["progress"]
    with pytest.raises(SignedOut):
        Exchange(work).data()


def test_only_what_people_may_see_goes_out(desk: Desk) -> None:
    context = {
        "restaurant": "숯골", "rating": 4.4, "date": "2026-03-14", "model": "secret", "trace": "t", "gold": "x",
        "question": "주차 되나요?",
        "passages": [{"id": "p", "text": "주차 2시간", "restaurant": "숯골", "who": "lee"}],
        "citations": [{"sentence": 0, "passage_id": "p", "start": 0, "end": 2}], "vote": "down", "reason": "secret",
    }  # fmt: skip
    out = context_json(context)
    assert [each["text"] for each in out["facts"]] == ["숯골", "★★★★☆", "2026-03-14"]  # type: ignore[attr-defined]
    facts = [{"kind": "restaurant", "text": "숯골"}]
    assert out["passages"] == [{"text": "주차 2시간", "facts": facts, "cited": [{"start": 0, "end": 2}]}]
    assert not {"secret", "lee", "gold"} & set(json.dumps(out, ensure_ascii=False).split('"'))
    assert context_json({"rating": 9, "passages": "x", "question": None})["facts"] == []
    assert context_json({}, due="2026-12-31T09:00")["facts"] == [{"kind": "due", "text": "2026-12-31"}]


def test_the_day_until_when_a_task_is_wanted_stands_beside_it(desk: Desk) -> None:
    desk.add_tasks([NewTask("soon", "review", 1, "급한 글", priority=9, due="2026-12-31")], "test")
    view = given(Exchange(Labelling(desk, KIM, "review")))["view"]
    assert view["task"]["text"] == "급한 글"
    assert {"kind": "due", "text": "2026-12-31"} in view["task"]["context"]["facts"]


def test_two_answers_are_shown_in_a_person_s_own_order_and_stored_by_id(desk: Desk) -> None:
    pair = [{"id": "m1", "text": "하나", "model": "big"}, {"id": "m2", "text": "둘", "model": "small"}]
    desk.add_tasks(
        [NewTask(f"a{n}", "answer", 1, "답", {"question": "?", "alternatives": pair}) for n in range(8)], "test"
    )
    scheme, orders = load_scheme("answer"), set()
    for each in desk.snapshot("answer").tasks:
        view: Any = view_json(Opened(each), scheme, KIM)
        shown, texts = view["task"]["shown"], view["task"]["context"]["alternatives"]
        assert texts == [{"m1": "하나", "m2": "둘"}[id] for id in shown]
        assert "preference" in view["task"]["fields"]
        assert "big" not in json.dumps(view)
        assert view == view_json(Opened(each), scheme, KIM)
        orders.add(tuple(shown))
    assert orders == {("m1", "m2"), ("m2", "m1")}


def test_a_full_disk_is_said_and_the_answer_may_be_sent_again(desk: Desk) -> None:
    exchange = Exchange(Labelling(desk, KIM, "review"))
    given(exchange)
    message = saving(exchange, {**LABELS, "note": "가" * 900})
    room = desk.writer.write(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
    desk.writer.write(lambda db: db.execute(f"PRAGMA max_page_count = {room}").fetchall())
    for _ in range(60):
        reply = send(exchange, **message)
        if not reply["ok"]:
            break
        message = saving(exchange, {**LABELS, "note": "가" * 900})
    assert reply["error"]["code"] == "disk-full"
    assert reply["error"]["passing"]
    desk.writer.write(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchall())
    assert send(exchange, **message)["ok"]
