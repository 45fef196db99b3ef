from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.types import Added, DeskSettings, NewTask
from annotations.work.leases import place_of
from annotations.work.mixing import falls
from pipeline.errors.labelling import BadSubmission, BadTask, LeaseLost, UnknownTask
from pipeline.errors.schemes import BadContext, BadLabels, SchemeEdited, UnknownScheme, UnknownSchemeVersion
from tests.annotations.desks import GOOD, HandDesk, assert_sound


def keys_until_empty(desk: HandDesk, annotator: str) -> Iterator[str]:
    while (lease := desk.take(annotator, "review")) is not None:
        yield lease.task.key
        desk.answer(annotator, lease.task.id, token=lease.token)


# bringing tasks in


def test_tasks_brought_in_again_change_nothing(desk: HandDesk) -> None:
    desk.fill(3)
    again = [
        NewTask("r0", "review", 1, "다른 글"),
        NewTask("r3", "review", 1, "새 글"),
        NewTask("r3", "review", 1, "또"),
    ]
    assert desk.add_tasks(again, "importer") == Added(1, 2)
    assert desk.task(1).text == "불맛이 좋아요 0번째"
    assert desk.rows("SELECT id, key, text FROM tasks WHERE id > 3") == [(4, "r3", "새 글")]


def test_many_tasks_come_in_by_slices(desk: HandDesk) -> None:
    desk.fill(450, seats=2)
    assert desk.rows("SELECT count(*), max(id) FROM tasks") == [(450, 450)]
    assert desk.progress("kim", "review").total == 900


def test_a_task_is_stored_as_it_came(desk: HandDesk) -> None:
    context = {"restaurant": "숯골갈비", "rating": 3.5, "tags": ["a", None]}
    desk.add_tasks([NewTask("k", "review", 1, "맛있다\n그쵸", context, 2, 7, "2026-12-31", "batch-1")], "importer")
    task = desk.task(1)
    assert (task.key, task.text, task.context, task.priority, task.due) == (
        "k",
        "맛있다\n그쵸",
        context,
        7,
        "2026-12-31",
    )
    assert desk.snapshot("review").tasks[0].batch == "batch-1"


@pytest.mark.parametrize(
    ("fields", "error", "named"),
    [
        ({"key": ""}, BadTask, "key"),
        ({"key": "x\ud800"}, BadTask, "key"),
        ({"text": " \n"}, BadTask, "text"),
        ({"text": "가" * 200_001}, BadTask, "text"),
        ({"text": "half \udfff"}, BadTask, "text"),
        ({"seats": 0}, BadTask, "seats"),
        ({"seats": 101}, BadTask, "seats"),
        ({"priority": 1_000_000}, BadTask, "priority"),
        ({"due": "31.12.2026"}, BadTask, "due"),
        ({"batch": "b" * 501}, BadTask, "batch"),
        ({"context": {"x": float("nan")}}, BadTask, "context"),
        ({"context": {"x": object()}}, BadTask, "context"),
        ({"context": {"x": "\ud800"}}, BadTask, "context"),
        ({"scheme": "nope"}, UnknownScheme, "nope"),
        ({"version": 99}, UnknownSchemeVersion, "99"),
        ({"gold": {"sentiment": "great"}}, BadLabels, "great"),
        ({"scheme": "answer", "context": {"alternatives": 3}}, BadContext, "alternatives"),
    ],
)
def test_a_task_that_can_not_be_stored_is_named(desk: HandDesk, fields: dict, error: type, named: str) -> None:
    task = NewTask(**{"key": "k", "scheme": "review", "version": 1, "text": "글"} | fields)
    with pytest.raises(error) as caught:
        desk.add_tasks([task], "importer")
    assert named in caught.value.korean
    assert named in caught.value.english
    assert desk.rows("SELECT count(*) FROM tasks") == [(0,)]


def test_a_scheme_that_was_edited_after_use_is_refused(desk: HandDesk) -> None:
    desk.writer.write(lambda db: db.execute("INSERT INTO schemes VALUES ('review', 1, 'another digest', '2026')"))
    with pytest.raises(SchemeEdited):
        desk.fill(1)


def test_a_scheme_edited_under_stored_tasks_hands_out_none(desk: HandDesk) -> None:
    desk.fill(1)
    desk.writer.write(lambda db: db.execute("UPDATE schemes SET digest = 'another'"))
    with pytest.raises(SchemeEdited):
        desk.take("kim", "review")


def test_unknown_task(desk: HandDesk) -> None:
    for call in (
        lambda: desk.task(7),
        lambda: desk.answer("kim", 7),
        lambda: desk.save_draft("kim", 7, GOOD, 1.0, None, None),
        lambda: desk.add_suggestion(7, "model", GOOD, {}),
        lambda: desk.settled_by("judge", 7),
    ):
        with pytest.raises(UnknownTask, match="7"):
            call()


# the order


def test_order_is_priority_then_date_then_id(desk: HandDesk) -> None:
    rows = [
        ("a", 0, ""),
        ("b", 0, "2026-12-01"),
        ("c", 5, ""),
        ("d", 0, "2026-11-30"),
        ("e", 5, ""),
        ("f", -1, "2026-01-01"),
    ]
    desk.add_tasks([NewTask(k, "review", 1, "글", priority=p, due=d) for k, p, d in rows], "importer")
    assert list(keys_until_empty(desk, "kim")) == ["c", "e", "d", "b", "a", "f"]


@given(
    st.lists(
        st.tuples(st.integers(-999_999, 999_999), st.sampled_from(["", "2026-01-01", "2026-01-01T09:00"])), max_size=8
    )
)
def test_places_sort_as_the_queue_does(rows: list) -> None:
    by_place = sorted(range(len(rows)), key=lambda n: place_of(*rows[n], n))
    hours = {"": 3, "2026-01-01T09:00": 1, "2026-01-01": 2}  # a date is the end of its day
    assert by_place == sorted(range(len(rows)), key=lambda n: (-rows[n][0], hours[rows[n][1]], n))


def test_other_schemes_are_another_queue(desk: HandDesk) -> None:
    desk.fill(1)
    assert desk.take("kim", "answer") is None


# taking, holding, returning


def test_one_s_own_seat_comes_first_and_is_held_anew(desk: HandDesk) -> None:
    desk.fill(2)
    first = desk.must_take("kim")
    desk.clock.pass_minutes(20)
    again = desk.must_take("kim")
    assert (again.task, again.token) == (first.task, first.token)
    assert again.until > first.until
    assert first.until == "2026-11-02T03:30:00.000+00:00"


def test_a_seat_goes_to_one_person_and_a_person_gets_one_seat_of_a_task(desk: HandDesk) -> None:
    desk.fill(2, seats=2)
    taken = [desk.must_take(name) for name in ("kim", "lee", "park")]
    assert [(lease.task.key, lease.seat) for lease in taken] == [("r0", 1), ("r0", 2), ("r1", 1)]
    for name in ("kim", "lee", "park"):
        list(keys_until_empty(desk, name))
    assert desk.rows("SELECT task_id, count(DISTINCT annotator), count(*) FROM seats GROUP BY 1") == [
        (1, 2, 2),
        (2, 2, 2),
    ]


def test_leases_run_out_and_return_to_the_queue(desk: HandDesk) -> None:
    desk.fill(1)
    desk.must_take("kim")
    assert desk.take("lee", "review") is None
    desk.clock.pass_minutes(29.9)
    assert desk.expire() == 0
    desk.clock.pass_minutes(0.1)
    lease = desk.must_take("lee")  # taking returns what is due by itself
    assert lease.task.key == "r0"
    assert desk.expire() == 0


def test_renewing_holds_a_seat_for_longer(desk: HandDesk) -> None:
    desk.fill(1)
    lease = desk.must_take("kim")
    desk.clock.pass_minutes(25)
    assert desk.renew(lease.token) == "2026-11-02T03:55:00.000+00:00"
    desk.clock.pass_minutes(25)
    assert desk.expire() == 0
    desk.clock.pass_minutes(10)  # over, but nobody has returned it yet
    assert desk.renew(lease.token) == "2026-11-02T04:30:00.000+00:00"
    desk.clock.pass_minutes(60)
    assert desk.expire() == 1
    with pytest.raises(LeaseLost):
        desk.renew(lease.token)


def test_a_skipped_task_is_for_others_only(desk: HandDesk) -> None:
    desk.fill(2)
    lease = desk.must_take("kim")
    desk.skip("kim", lease.token, "모르겠음")
    assert list(keys_until_empty(desk, "kim")) == ["r1"]
    assert list(keys_until_empty(desk, "lee")) == ["r0"]
    (skip,) = desk.snapshot("review").skips
    assert (skip.annotator, skip.task_id, skip.reason) == ("kim", 1, "모르겠음")


def test_a_seat_given_back_is_for_all_oneself_included(desk: HandDesk) -> None:
    desk.fill(1)
    desk.give_back("kim", desk.must_take("kim").token)
    assert desk.must_take("lee").task.key == "r0"
    desk.give_back("lee", desk.must_take("lee").token)
    assert desk.must_take("kim").task.key == "r0"


def test_only_who_holds_a_seat_may_return_it(desk: HandDesk) -> None:
    desk.fill(1)
    lease = desk.must_take("kim")
    for call in (
        lambda: desk.skip("lee", lease.token, ""),
        lambda: desk.give_back("lee", lease.token),
        lambda: desk.give_back("kim", "another token"),
        lambda: desk.renew(""),
    ):
        with pytest.raises(LeaseLost):
            call()
    desk.answer("kim", 1, token=lease.token)
    with pytest.raises(LeaseLost):
        desk.skip("kim", lease.token, "too late")


def test_a_reason_that_can_not_be_stored_is_refused(desk: HandDesk) -> None:
    desk.fill(1)
    lease = desk.must_take("kim")
    for reason in ("\ud800", "x" * 2_001):
        with pytest.raises(BadSubmission, match="reason"):
            desk.skip("kim", lease.token, reason)


# the places that make the next task quick


def test_what_comes_in_urgently_is_found_by_those_who_are_past_it(desk: HandDesk) -> None:
    desk.fill(3)
    desk.work("kim")
    desk.fill(2, first=10, priority=9)
    assert list(keys_until_empty(desk, "kim")) == ["r10", "r11", "r1", "r2"]
    desk.fill(1, first=20, priority=9)
    desk.fill(1, first=30)
    assert list(keys_until_empty(desk, "kim")) == ["r20", "r30"]


def test_a_seat_that_returns_is_found_by_those_who_are_past_it(desk: HandDesk) -> None:
    desk.fill(4)
    held = desk.must_take("lee")
    assert list(keys_until_empty(desk, "kim")) == ["r1", "r2", "r3"]
    desk.give_back("lee", held.token)
    assert list(keys_until_empty(desk, "kim")) == ["r0"]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_next_task_is_the_one_that_a_search_of_everything_finds(tmp_path_factory, data: st.DataObject) -> None:
    """The cursors against the oracle: all seats, in order, without any cursor."""
    with HandDesk(tmp_path_factory.mktemp("desk") / "labels.db") as desk:
        people, made = ("kim", "lee", "park"), 0
        for _ in range(data.draw(st.integers(1, 30))):
            who = data.draw(st.sampled_from(people))
            act = data.draw(st.sampled_from(["take", "take", "take", "add", "skip", "return", "pass", "late"]))
            if act == "add":
                number = data.draw(st.integers(1, 3))
                priority = data.draw(st.sampled_from([0, 0, 5]))
                desk.fill(number, first=made, seats=data.draw(st.integers(1, 2)), priority=priority)
                made += number
            elif act == "pass":
                desk.clock.pass_minutes(data.draw(st.sampled_from([5, 31])))
            elif act == "late" and made:
                task_id = data.draw(st.integers(1, made))
                if desk.current(who, task_id) is None:
                    desk.answer(who, task_id)
            elif act != "late":
                expected = by_search(desk, who)
                lease = desk.take(who, "review")
                assert (lease and (lease.task.id, lease.seat)) == expected
                if lease and act == "skip":
                    desk.skip(who, lease.token, "")
                elif lease and act == "return":
                    desk.give_back(who, lease.token)
                elif lease and data.draw(st.booleans()):
                    desk.answer(who, lease.task.id, token=lease.token)
        assert_sound(desk)


def by_search(desk: HandDesk, who: str) -> tuple[int, int] | None:
    desk.expire()
    held = desk.rows("SELECT task_id, seat FROM seats WHERE annotator = ? AND state = 'leased'", who)
    found = held or desk.rows(
        "SELECT task_id, seat FROM seats JOIN tasks ON tasks.id = task_id WHERE state = 'open' AND NOT EXISTS"
        " (SELECT 1 FROM seats AS own WHERE own.task_id = seats.task_id AND own.annotator = :who) AND NOT EXISTS"
        " (SELECT 1 FROM skips WHERE skips.task_id = seats.task_id AND skips.annotator = :who) AND NOT EXISTS"
        " (SELECT 1 FROM annotations AS a WHERE a.task_id = seats.task_id AND a.annotator = :who)"
        " ORDER BY priority DESC, seats.task_id, seat LIMIT 1".replace(":who", f"'{who}'")
    )
    return (found[0][0], found[0][1]) if found else None


def test_no_seat_is_found_by_walking_over_what_one_has_answered(tmp_path: Path) -> None:
    """However many of the first seats are done by this person, taking touches few rows: counted, not timed."""
    with HandDesk(tmp_path / "labels.db") as desk:
        desk.fill(400, seats=2)
        for _ in range(300):
            desk.work("kim")
        steps = 0

        def step() -> int:
            nonlocal steps
            steps += 1
            return 0

        desk.writer._database.conn.set_progress_handler(step, 100)
        desk.must_take("kim")
        desk.writer._database.conn.set_progress_handler(None, 100)
        assert steps < 20  # of 100 instructions; without the cursor some 100


def test_asking_again_when_nothing_is_left_writes_nothing(desk: HandDesk) -> None:
    desk.fill(1)
    desk.work("kim")
    assert desk.take("kim", "review") is None
    (before,) = desk.rows("PRAGMA data_version")
    assert desk.take("kim", "review") is None
    assert desk.rows("PRAGMA data_version") == [before]


# gold tasks and repeats


@given(st.floats(0.001, 1), st.integers(1, 400), st.text(max_size=5))
def test_what_is_mixed_in_falls_at_the_exact_rate(rate: float, number: int, who: str) -> None:
    fallen = [n for n in range(number) if falls(rate, n, who)]
    assert abs(len(fallen) - rate * number) <= 1
    assert fallen == [n for n in range(number) if falls(rate, n, who)]


def test_nothing_falls_at_no_rate_and_all_at_the_rate_of_one() -> None:
    assert not any(falls(0, n) for n in range(100))
    assert all(falls(1, n) for n in range(100))


def mixed(tmp_path: Path, **fields: float) -> HandDesk:
    desk = HandDesk(tmp_path / "labels.db", DeskSettings(**({"gold_rate": 0.0, "repeat_rate": 0.0} | fields)))  # type: ignore[arg-type]
    desk.fill(300, seats=2)
    desk.fill(40, first=1000, gold=GOOD, batch="gold", seats=2)
    return desk


def test_gold_tasks_come_to_everybody_at_the_set_rate(tmp_path: Path) -> None:
    with mixed(tmp_path, gold_rate=0.1) as desk:
        places = {}
        for who in ("kim", "lee"):
            places[who] = [n for n in range(200) if desk.work(who).task_id > 300]
            assert 19 <= len(places[who]) <= 21
        assert places["kim"] != places["lee"]  # nobody can tell from another's where the next one is
        assert len({b - a for a, b in zip(places["kim"], places["kim"][1:], strict=False)}) > 3
        gold = desk.rows(
            "SELECT annotator, count(*), count(DISTINCT task_id) FROM seats WHERE task_id > 300 GROUP BY 1"
        )
        assert gold == [(who, len(places[who]), len(places[who])) for who in ("kim", "lee")]
        assert desk.progress("kim", "review").mine == 200
        assert desk.progress("kim", "review").done == 400 - len(places["kim"]) - len(places["lee"])
        assert_sound(desk)


def test_nothing_that_is_handed_out_tells_a_gold_task_or_a_repeat(tmp_path: Path) -> None:
    with mixed(tmp_path, gold_rate=0.3, repeat_rate=0.3, repeat_after=3) as desk:
        for who in ("kim", "lee"):
            for _ in range(40):
                lease = desk.must_take(who)
                shown = {name: getattr(lease.task, name) for name in ("gold", "repeat_of", "batch", "seats", "status")}
                assert shown == {"gold": None, "repeat_of": None, "batch": "", "seats": 1, "status": "open"}
                assert lease.seat in (1, 2)
                assert (desk.task(lease.task.id).gold, desk.task(lease.task.id).repeat_of) == (None, None)
                desk.answer(who, lease.task.id, token=lease.token)
            assert all((t.gold, t.repeat_of, t.batch) == (None, None, "") for t, _ in desk.mine(who, "review", 99))
        kinds = {(task.gold is not None, task.repeat_of is not None) for task in desk.snapshot("review").tasks}
        assert kinds == {(False, False), (True, False), (False, True)}
        assert_sound(desk)


def test_repeats_show_somebody_a_task_of_theirs_once_more(tmp_path: Path) -> None:
    with mixed(tmp_path, repeat_rate=0.2, repeat_after=5) as desk:
        done = [desk.work("kim").task_id for _ in range(100)]
        repeats = desk.rows("SELECT id, repeat_of, repeat_for FROM tasks WHERE repeat_of IS NOT NULL ORDER BY id")
        assert 17 <= len(repeats) <= 21
        assert len({of for _, of, _ in repeats}) == len(repeats)
        assert {who for *_, who in repeats} == {"kim"}
        for task_id, of, _ in repeats:
            assert done.index(task_id) - done.index(of) > 5
        assert desk.task(repeats[0][0]).text == desk.task(repeats[0][1]).text
        assert not {task_id for task_id, *_ in repeats} & {desk.work("lee").task_id for _ in range(50)}
        assert_sound(desk)


def test_a_gold_task_or_a_repeat_that_was_returned_comes_back_and_one_that_was_skipped_does_not(tmp_path: Path) -> None:
    with mixed(tmp_path, gold_rate=0.5) as desk:
        lease = desk.must_take("kim")
        while lease.task.id <= 300:
            desk.answer("kim", lease.task.id, token=lease.token)
            lease = desk.must_take("kim")
        desk.give_back("kim", lease.token)
        again = desk.must_take("kim")
        assert again.task == lease.task
        assert again.token != lease.token
        desk.clock.pass_minutes(31)
        desk.skip("kim", desk.must_take("kim").token, "어려움")
        assert_sound(desk)
        assert lease.task.id not in [desk.work("kim").task_id for _ in range(60)]
        desk.answer("kim", lease.task.id)  # from a page that was still open: it has its seat after all
        assert_sound(desk)


def test_gold_alone_is_handed_to_nobody(desk: HandDesk) -> None:
    desk.fill(3, gold=GOOD)
    assert desk.take("kim", "review") is None


def test_the_defaults_are_those_of_the_settings() -> None:
    import dataclasses

    from pipeline.settings import Settings

    assert DeskSettings(**dataclasses.asdict(Settings().labels)) == DeskSettings()
