"""What the page does, over a real service: asking, asking again, voting, comparing, opening a stored answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from annotations.desk import Desk
from app.chat.actions import act, look, open_page
from app.chat.asking import ask
from app.chat.marks import matched_spans
from app.chat.session import Session
from app.chat.turns import stage_text
from app.chat.views import draw
from pipeline.config import load_profile, with_overrides
from pipeline.errors.labels import LabelsDamaged
from pipeline.errors.questions import QuestionEmpty, TraceNotFound
from pipeline.errors.settings import BadSetting
from pipeline.indexing import Job, build_index
from pipeline.service import Home, Service
from pipeline.types import Document, Source

REVIEWS = (
    ("숯골갈비", "마포", "건물 지하에 주차 2시간 무료라 편했어요. 고기도 맛있습니다."),
    ("숯골갈비", "마포", "고기는 좋은데 대기가 길어요."),
    ("연탄집", "마포", "주차가 불편합니다. 골목 안쪽이에요."),
    ("스시담월", "강남", "공영주차장 말고 주차는 발렛만 됩니다. 초밥이 신선해요."),
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = Home(Path(tmp_path_factory.mktemp("home")))
    settings = with_overrides(load_profile("embedded"), {"reranker": "none"})
    documents = [
        Document(text, Source(f"d{n}", 0, len(text), restaurant=name, district=district, category="고깃집", rating=4.0))
        for n, (name, district, text) in enumerate(REVIEWS)
    ]
    build_index(Job(home.indexes, "small", settings, ("kiwi",), home.cache), documents)
    opened = Service(home, settings)
    yield opened
    opened.close()


@pytest.fixture
def session(service: Service) -> Session:
    opened = Session()
    open_page(service, opened, "")
    return opened


def asked(service: Service, session: Session, question: str = "마포에서 주차 편한 곳 있어?") -> list[str]:
    """Ask, and return the stages that were named on the way."""
    named = []
    for parts in ask(service, session, question):
        assert all(draw(part, service, session) is not None for part in parts - {"buttons"})
        if session.turns and session.turns[-1].working:
            named.append(stage_text(session.turns[-1], session))
    return list(dict.fromkeys(named))


def press(service: Service, session: Session, **data: object) -> frozenset[str]:
    return frozenset().union(*act(service, session, data))


def test_the_first_index_is_chosen(session: Session) -> None:
    assert session.index == "small"


def test_the_answer_grows_through_named_stages_and_is_stored(service: Service, session: Session) -> None:
    assert asked(service, session) == ["검색 중", "재정렬 중", "답변 작성 중", "마무리 중"]
    trace = session.turns[0].trace
    assert trace is not None
    assert trace.state == "done"
    assert service.trace(trace.id).answer == trace.answer
    assert session.focus == trace.id
    assert not session.busy


def test_matches_of_the_question_are_found_in_the_passages(service: Service, session: Session) -> None:
    asked(service, session)
    trace = session.focused
    assert trace is not None
    spans = matched_spans(service, trace, trace.candidates)
    texts = {c.passage.id: c.passage.text for c in trace.candidates}
    assert {texts[id_][a:b] for id_, found in spans.items() for a, b in found} >= {"주차"}


def test_a_word_inside_a_longer_one_is_marked_too(service: Service, session: Session) -> None:
    asked(service, session, "강남 주차 되나요?")
    trace = session.focused
    assert trace is not None
    spans = matched_spans(service, trace, trace.candidates)
    start = REVIEWS[3][2].index("주차장")
    assert any((start, start + 2) in found for found in spans.values())


def test_a_wrong_question_is_an_error_that_makes_room_for_the_next(service: Service, session: Session) -> None:
    asked(service, session, "???")
    assert isinstance(session.turns[0].error, QuestionEmpty)
    asked(service, session)
    assert [turn.error for turn in session.turns] == [None]


def test_a_wrong_setting_is_told_at_once_and_when_asking(service: Service, session: Session) -> None:
    press(service, session, act="settings", fields={"retrieval.k": ["0"]})
    assert isinstance(session.settings_error, BadSetting)
    asked(service, session)
    assert isinstance(session.turns[0].error, BadSetting)
    press(service, session, act="reset")
    assert session.overrides == {}
    assert session.settings_error is None


def test_a_chip_is_taken_off_and_put_back(service: Service, session: Session) -> None:
    asked(service, session)
    turn = session.turns[0]
    assert turn.trace is not None
    assert turn.trace.understanding is not None
    chip = turn.trace.understanding.chips[0]
    press(service, session, act="remove", trace=turn.trace.id, chip=chip.id)
    assert turn.trace.understanding is not None
    assert chip.id in {c.id for c in turn.trace.understanding.removed}
    assert len(turn.trace.candidates) == len(REVIEWS)
    press(service, session, act="restore", trace=turn.trace.id, chip=chip.id)
    assert turn.trace.understanding is not None
    assert chip.id in {c.id for c in turn.trace.understanding.chips}
    assert len(session.turns) == 1


def test_a_follow_up_names_the_answer_before_it(service: Service, session: Session) -> None:
    asked(service, session)
    asked(service, session, "거기 대기 길어?")
    first, second = (turn.trace for turn in session.turns)
    assert first is not None
    assert second is not None
    assert second.previous == first.id


def test_a_vote_with_reasons_is_stored_and_shown(service: Service, session: Session) -> None:
    asked(service, session)
    trace = session.turns[0].trace
    assert trace is not None
    press(service, session, act="form", form="reasons", trace=trace.id)
    assert "class='box reasons'" in draw("talk", service, session)
    press(
        service,
        session,
        act="down",
        trace=trace.id,
        fields={"reason": ["빠진 내용", "기타"], "text": [" 시간이 \n없음 "]},
    )
    saved = service.feedback(trace.id)[-1]
    assert (saved.vote, saved.reason) == ("down", "빠진 내용; 기타; 시간이 없음")
    assert session.turns[0].feedback == saved
    assert session.turns[0].form == ""
    press(service, session, act="down", trace=trace.id, fields={"reason": ["가" * 1_000_000]})
    assert len(service.feedback(trace.id)[-1].reason) == 2_000


def test_a_page_brings_back_each_answer_once(service: Service, session: Session) -> None:
    asked(service, session)
    trace = session.turns[0].trace
    assert trace is not None
    again = Session(index=session.index)
    press(service, again, act="resume", traces=[trace.id] * 20)
    assert len(again.turns) == 1


def test_an_answer_that_did_not_help_goes_to_the_graders_once(service: Service, session: Session) -> None:
    asked(service, session)
    trace = session.turns[0].trace
    assert trace is not None
    press(service, session, act="grade", trace=trace.id)
    assert session.turns[0].queued is None, "nobody has said what was wrong"
    press(service, session, act="up", trace=trace.id)
    assert "채점 대기열에 넣기" not in draw("talk", service, session)
    press(service, session, act="down", trace=trace.id, fields={"reason": ["빠진 내용"]})
    assert "채점 대기열에 넣기" in draw("talk", service, session)
    press(service, session, act="grade", trace=trace.id)
    queued = session.turns[0].queued
    assert queued is not None
    assert not queued.known
    assert f"대기열에 넣었습니다 #{queued.task}" in draw("talk", service, session)
    later = Session()
    open_page(service, later, trace.id)
    press(service, later, act="grade", trace=trace.id)
    assert f"이미 대기열에 있습니다 #{queued.task}" in draw("talk", service, later)
    with Desk(service.home.labels) as desk:
        lease = desk.take("채점자", "answer")
    assert lease is not None
    assert (lease.task.id, lease.task.key) == (queued.task, trace.id)
    assert lease.task.context["reason"] == "빠진 내용"
    assert trace.answer is not None
    assert lease.task.text == trace.answer.text


def test_labels_that_can_t_be_written_are_told_in_the_conversation(
    service: Service, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(service, session)
    trace = session.turns[0].trace
    assert trace is not None
    press(service, session, act="down", trace=trace.id)
    (tmp_path / "labels.db").write_bytes(b"no database at all" * 100)
    monkeypatch.setattr(service, "home", Home(tmp_path))
    press(service, session, act="grade", trace=trace.id)
    assert isinstance(session.turns[0].error, LabelsDamaged)
    assert session.turns[0].queued is None
    assert "labels.db" in draw("talk", service, session)


def test_other_settings_are_answered_beside_and_put_away(service: Service, session: Session) -> None:
    asked(service, session)
    turn = session.turns[0]
    assert turn.trace is not None
    first = turn.trace.id
    press(service, session, act="compare-run", trace=first, fields={"retrieval.k": ["1"], "fusion.weight": ["0.9"]})
    assert turn.other is not None
    assert turn.other.settings["retrieval.k"] == 1
    assert turn.trace.id == first
    press(service, session, act="single", trace=first)
    assert turn.other is None
    assert session.focus == first


def test_a_stored_answer_opens_exactly_as_it_was(service: Service, session: Session) -> None:
    asked(service, session)
    trace = session.turns[0].trace
    assert trace is not None
    later = Session()
    open_page(service, later, trace.id)
    assert later.turns[0].stored
    assert later.turns[0].trace == service.trace(trace.id)
    assert "저장된 답변" in draw("talk", service, later)


def test_an_unknown_link_is_an_error_in_the_conversation(service: Service) -> None:
    session = Session()
    open_page(service, session, "없는것")
    assert isinstance(session.turns[0].error, TraceNotFound)
    assert "답변 기록이 없습니다" in draw("talk", service, session)


def test_stopping_keeps_what_was_there(service: Service, session: Session) -> None:
    for parts in ask(service, session, "마포에서 주차 편한 곳 있어?"):
        if "evidence" in parts:
            session.stop = True
    turn = session.turns[0]
    assert turn.stopped
    assert turn.trace is not None
    assert service.trace(turn.trace.id).state != "done"
    assert not session.busy


def test_a_question_while_another_is_answered_waits(service: Service, session: Session) -> None:
    session.busy = True
    list(ask(service, session, "다른 질문"))
    assert session.turns == []
    assert "답하는 중" in session.notice


def test_the_xray_is_of_the_chosen_passage(service: Service, session: Session) -> None:
    asked(service, session)
    trace = session.focused
    assert trace is not None
    look(service, session, "morphemes")
    assert session.chosen == trace.candidates[0].passage.id
    press(service, session, act="xray", passage=trace.candidates[-1].passage.id)
    assert session.xray is not None
    assert not isinstance(session.xray, Exception)
    assert session.xray.passage.id == trace.candidates[-1].passage.id
    assert "class='field tall'" in draw("morphemes", service, session)


def test_the_language_changes_every_label(service: Service, session: Session) -> None:
    asked(service, session)
    assert press(service, session, act="lang", lang="en") == {"all"}
    assert "candidates" in draw("talk", service, session)
    assert "English" in draw("header", service, session)


def test_what_is_not_known_does_nothing(service: Service, session: Session) -> None:
    assert press(service, session, act="drop-table") == frozenset()
    assert press(service, session, act="again", trace="none") == frozenset()
