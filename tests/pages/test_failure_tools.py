"""What is left at a question of a run: notes, tags, the regression set, the graders' queue; and the X-ray beside it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from annotations.desk import Desk
from annotations.intake.overview import find
from pages.failure_texts import _TEXTS
from pages.failure_tools import moment
from pipeline.evaluation.notes import FILE, Notes
from pipeline.evaluation.regression import FILE as SET
from pipeline.evaluation.regression import read_cases
from pipeline.service import Service
from tests.pages.stored import html, looking, opened, run, serving, two_runs

NOTE, LEAVE, TAGS = "hs-failure-note-base-q1", "hs-failure-leave-base-q1", "hs-failure-tags-base-q1"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    made = two_runs(tmp_path_factory.mktemp("tools"))
    yield made
    made.close()


@pytest.fixture
def home(service: Service, tmp_path: Path) -> Iterator[Path]:
    """A home of its own with the same runs and index."""
    shutil.copytree(service.home.root, tmp_path / "home", ignore=shutil.ignore_patterns("labels.db*"))
    with looking(tmp_path / "home"):
        yield tmp_path / "home"


def q1() -> AppTest:
    return opened("failures", run="base", question="q1")


def shown(at: AppTest, id_: str) -> str:
    return next((e.proto.body for e in at.get("html") if f"id='{id_}'" in e.proto.body), "")


# Notes


def test_what_is_typed_is_kept_until_it_is_left_as_a_note(home: Path) -> None:
    at = q1()
    at.text_input(key=NOTE).set_value("조사를 떼면 <b>찾음</b>")
    assert "쓰던 메모를 저장" in html(run(at))
    assert Notes(home / FILE).draft("base", "q1", "boss") == "조사를 떼면 <b>찾음</b>"
    again = q1()  # another tab, another day
    assert again.text_input(key=NOTE).value == "조사를 떼면 <b>찾음</b>"
    again.button(key=LEAVE).click()
    assert "조사를 떼면 &lt;b&gt;찾음" in shown(run(again), "hs-failure-notes")
    assert again.text_input(key=NOTE).value == ""
    assert "boss · 20" in shown(q1(), "hs-failure-notes")
    assert q1().text_input(key=NOTE).value == ""


def test_a_draft_belongs_to_its_question(home: Path) -> None:
    at = q1()
    at.text_input(key=NOTE).set_value("여기만")
    run(at)
    at.button(key="hs-failure-after").click()
    run(at)
    assert at.text_input(key="hs-failure-note-base-q2").value == ""
    at.button(key="hs-failure-before").click()
    assert run(at).text_input(key=NOTE).value == "여기만"


def test_an_empty_note_is_refused_with_what_to_do(home: Path) -> None:
    at = q1()
    at.button(key=LEAVE).click()
    assert "메모에 글자가 없거나" in run(at).error[0].value
    assert not run(at).error  # told once


# Tags


def test_tags_are_put_on_taken_off_and_filter(home: Path) -> None:
    Notes(home / FILE).retag("base", "q2", "lee", ["오타"])
    Notes(home / FILE).retag("narrow", "q1", "lee", ["다른 실행"])
    at = q1()
    at.multiselect(key=TAGS).set_value(["오타"])
    run(at)
    assert Notes(home / FILE).tags("base") == {"q2": ("오타",), "q1": ("오타",)}
    filter_ = at.multiselect(key="hs-failure-tag-base")
    assert filter_.options == ["오타 2"]
    filter_.set_value(["오타"])
    assert list(run(at).dataframe[0].value["question"]) == ["숯골갈비 주차 무료예요?", "연탄집 사장님 친절해요?"]
    run(at).multiselect(key=TAGS).set_value([])
    run(at)
    assert Notes(home / FILE).tags("base") == {"q2": ("오타",)}
    assert list(run(at).dataframe[0].value["question"]) == ["연탄집 사장님 친절해요?"]


def test_a_tag_that_somebody_else_puts_on_meanwhile_stays(home: Path) -> None:
    Notes(home / FILE).retag("base", "q2", "lee", ["가", "나"])
    at = q1()
    Notes(home / FILE).retag("base", "q1", "lee", ["가"])
    at.multiselect(key=TAGS).set_value(["나"])
    run(at)
    assert set(Notes(home / FILE).tags("base")["q1"]) == {"가", "나"}
    assert set(at.multiselect(key=TAGS).value) == {"가", "나"}


# The regression set


def test_a_question_goes_into_the_set_with_its_notes_and_out_again(home: Path) -> None:
    Notes(home / FILE).add("base", "q1", "lee", "리랭커 탓")
    Notes(home / FILE).keep_draft("base", "q1", "boss", "확인함")
    at = q1()
    at.button(key="hs-failure-add").click()
    assert "리랭커 탓 / 확인함" in shown(run(at), "hs-failure-in-set")
    (case,) = read_cases(home / SET)
    assert (case.id, case.index, case.run, case.by, case.passage_ids) == ("q1", "small", "base", "boss", ("r1",))
    other = opened("failures", run="narrow", question="q1")  # the same question in another run
    assert "회귀 세트에 있음" in html(other)
    other.button(key="hs-failure-remove").click()
    run(other)
    assert read_cases(home / SET) == []


def test_without_a_note_the_verdict_is_the_reason(home: Path) -> None:
    at = opened("failures", run="base", question="q10")
    at.button(key="hs-failure-add").click()
    run(at)
    assert [case.why for case in read_cases(home / SET)] == ["색인에 없음"]


# The graders


def test_an_answer_goes_to_the_graders_once(home: Path) -> None:
    at = q1()
    at.button(key="hs-failure-send").click()
    assert "채점 대기열에 있음" in shown(run(at), "hs-failure-sent")
    assert "채점 대기열에 있음" in html(q1())
    assert "채점 대기열에 있음" not in html(opened("failures", run="base", question="q2"))
    with Desk(home / "labels.db") as desk:
        task = desk.task(1)
        assert find(desk, "answer", task.key) is not None
    record_answer = shown(at, "hs-failure-facts")
    assert task.text.split("\n")[0][:10] in record_answer
    assert task.context["question"] == "숯골갈비 주차 무료예요?"
    passages = task.context["passages"]
    assert isinstance(passages, list)
    assert any(passage["id"] == "r1" and "주차 2시간 무료" in passage["text"] for passage in passages)
    assert 1 <= len(passages) <= 5
    assert "vote" not in task.context


def test_without_the_index_nothing_is_sent(service: Service, tmp_path: Path) -> None:
    shutil.copytree(service.home.runs, tmp_path / "runs")
    with looking(tmp_path):
        at = q1()
        assert at.button(key="hs-failure-send").disabled
        assert "색인이 없어" in at.button(key="hs-failure-send").help


# The X-ray


def test_the_xray_holds_the_right_passage_against_the_one_that_beat_it(service: Service) -> None:
    with serving(service) as port, looking(service.home.root, port):
        at = opened("failures", run="narrow", question="q4")
        assert "hs-xray" not in html(at)
        at.toggle(key="hs-xray-on").set_value(True)
        xray = shown(run(at), "hs-xray")
        assert "맞는 단락" in xray
        assert "아이" in xray
        assert "class='match hs-t0'" in xray
        table = next(e.proto.body for e in at.get("html") if "hs-terms" in e.proto.body and "<table" in e.proto.body)
        assert "BM25 합" in table
        assert "r9" in table
        rival = at.selectbox[1]
        assert "r9" not in " ".join(rival.options)
        rival.set_value(rival.options[-1].split(" · ")[1])
        assert shown(run(at), "hs-xray") != xray


def test_a_question_without_a_right_passage_shows_the_first_candidate(service: Service) -> None:
    with serving(service) as port, looking(service.home.root, port):
        at = opened("failures", "en", run="base", question="q8")
        at.toggle(key="hs-xray-on").set_value(True)
        assert "The first candidate, #1" in shown(run(at), "hs-xray")


def test_the_xray_without_a_server_says_how_to_start_it(home: Path) -> None:
    at = q1()
    at.toggle(key="hs-xray-on").set_value(True)
    assert "hansang serve" in run(at).warning[0].value


def test_every_text_is_there_in_both_languages() -> None:
    assert all(ko and en for ko, en in _TEXTS.values())
    assert moment("2026-11-22T15:30:00+00:00") == "2026-11-23 00:30"
