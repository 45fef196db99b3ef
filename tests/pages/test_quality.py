"""The quality page over a real ``labels.db``, by who looks, with every filter; and its plots, figure by figure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from annotations.desk import Desk
from annotations.quality.bootstrap import Estimate
from annotations.quality.types import Confusion, PairAgreement, Speed, Week
from annotations.types import Account, DeskSettings, NewTask, Role, Submission
from pages import quality_plots as plots
from pages.look import palette
from pages.quality_plots import Bar
from pages.quality_texts import _TEXTS
from tests.annotations.filled import grades
from tests.annotations.snapshots import TEXT, review
from tests.annotations.worked_weeks import PEOPLE, work
from tests.pages.quality_script import looking, script

PATIENCE = 60  # seconds for a run
Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    path = tmp_path_factory.mktemp("quality") / "labels.db"
    work(path, tasks=48)
    with Desk(path) as desk:
        yield desk


@pytest.fixture
def page() -> Iterator[Open]:
    before = len(looking)

    def look(desk: Desk, role: Role = "admin", lang: str = "ko", **parameters: str) -> AppTest:
        looking.append((desk, Account(1, "boss", role)))
        at = AppTest.from_function(script, default_timeout=PATIENCE)
        at.session_state["hs-language"] = lang
        for name, value in parameters.items():
            at.query_params[name] = value
        return run(at)

    yield look
    del looking[before:]


def run(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception, at.exception
    return at


def figures(at: AppTest) -> list[Any]:
    return [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]


def said(at: AppTest) -> str:
    """Everything on the page: texts, tables, plots."""
    texts = [e.value for e in (*at.markdown, *at.caption, *at.info, *at.warning, *at.title, *at.subheader)]
    html = [element.proto.body for element in at.get("html")]
    return "\n".join([*texts, *html, *(json.dumps(figure, ensure_ascii=False) for figure in figures(at))])


def metric(at: AppTest, label: str) -> int:
    return int(next(each.value for each in at.metric if each.label == label).replace(",", ""))


# Who sees what


def test_admin_sees_names_and_everything(worked: Desk, page: Open) -> None:
    at = page(worked)
    assert [tab.label for tab in at.tabs] == ["일치도", "엇갈림", "흐름", "사람", "제안", "살펴볼 것"]
    everything = said(at)
    for name in PEOPLE:
        assert name in everything
    assert "작업자 1" not in everything
    assert "정답이 있는 과제를 맞힌 비율" in everything
    assert len(figures(at)) == 13


def test_adjudicator_sees_numbers_for_names_and_no_scores(worked: Desk, page: Open) -> None:
    at = page(worked, "adjudicator")
    everything = said(at)
    for name in PEOPLE:
        assert name not in everything
    assert "작업자 1" in everything
    assert "정답이 있는 과제를 맞힌 비율" not in everything
    assert "관리자만" in everything
    assert len(figures(at)) == 11


def test_every_number_says_what_it_rests_on(worked: Desk, page: Open) -> None:
    at = page(worked)
    for figure in figures(at):
        if figure["data"][0]["type"] == "bar":
            for name in figure["data"][0]["customdata"]:
                assert "n " in name or "/" in name or "–" in name, name
    answers = metric(at, "답")
    compared = metric(at, "견준 답")
    assert f"답 {answers}개 가운데 {compared}개를 견주었고" in said(at)
    assert f"({answers - compared})" in next(e.label for e in at.expander if "뺀 답" in e.label)


def test_reading_aid_cites_its_thresholds(worked: Desk, page: Open) -> None:
    everything = said(page(worked))
    assert "0.667 아래면 결론에 쓰지 마세요" in everything
    assert "Krippendorff 2004" in everything


def test_in_english(worked: Desk, page: Open) -> None:
    at = page(worked, lang="en")
    assert [tab.label for tab in at.tabs] == ["Agreement", "Confusions", "Drift", "People", "Suggestions", "To look at"]
    assert "tentative conclusions only" in said(at)
    assert metric(at, "Tasks") == 48


# Filters


def test_batches_narrow_the_report(worked: Desk, page: Open) -> None:
    at = page(worked)
    whole = metric(at, "견준 답")
    at.multiselect(key="hs-batches").set_value(["봄"])
    run(at)
    assert 0 < metric(at, "견준 답") < whole
    assert "고르지 않은 묶음" in said(at)


def test_dates_narrow_the_report_and_must_be_in_order(worked: Desk, page: Open) -> None:
    at = page(worked)
    whole = metric(at, "견준 답")
    at.date_input(key="hs-until").set_value(date(2026, 10, 8))
    run(at)
    assert 0 < metric(at, "견준 답") < whole
    at.date_input(key="hs-since").set_value(date(2026, 10, 9))
    run(at)
    assert "시작하는 날이" in at.warning[0].value
    assert not at.tabs
    at.date_input(key="hs-until").set_value(date(2026, 10, 7))
    at.date_input(key="hs-since").set_value(date(2026, 10, 7))
    assert metric(run(at), "견준 답") < whole


def test_nothing_within_the_filters(worked: Desk, page: Open) -> None:
    at = page(worked)
    at.date_input(key="hs-since").set_value(date(2030, 1, 1))
    run(at)
    assert "조건을 넓혀 주세요" in at.info[0].value
    assert not at.tabs


def test_a_field_is_chosen(worked: Desk, page: Open) -> None:
    at = page(worked)
    control = at.get("button_group")[0]
    control.set_value("aspects")
    run(at)
    assert "겹치는 정도(F1)" in said(at)


def test_a_scheme_in_the_address(worked: Desk, page: Open) -> None:
    at = page(worked, scheme="answer")
    assert "가져온 과제가 없습니다" in at.info[0].value
    assert "--scheme answer" in at.info[0].value
    assert page(worked, scheme="<script>").selectbox(key="hs-quality-scheme").value == "review"


def test_the_report_stands_until_it_is_asked_for_anew(tmp_path: Path, page: Open) -> None:
    with Desk(tmp_path / "labels.db") as desk:
        desk.add_tasks([NewTask(f"r{n}", "review", 1, TEXT, seats=2) for n in range(3)], "test")
        at = page(desk)
        assert metric(at, "답") == 0
        answer(desk, "kim", 1)
        assert metric(run(at), "답") == 0
        at.button(key="hs-quality-refresh").click()
        assert metric(run(at), "답") == 1


# Little or nothing


def answer(desk: Desk, who: str, many: int) -> None:
    for _ in range(many):
        lease = desk.take(who, "review")
        assert lease
        desk.save(who, Submission(f"{who}-{lease.task.id}", lease.task.id, review(), lease.token, seconds=12))


def test_no_tasks(tmp_path: Path, page: Open) -> None:
    with Desk(tmp_path / "labels.db") as desk:
        at = page(desk)
    assert "hansang tasks import" in at.info[0].value
    assert "--scheme review" in at.info[0].value


def test_no_answers(tmp_path: Path, page: Open) -> None:
    with Desk(tmp_path / "labels.db") as desk:
        desk.add_tasks([NewTask("r1", "review", 1, TEXT, seats=2)], "test")
        at = page(desk)
    assert "과제 1개가 답을 기다립니다" in at.info[0].value


def test_one_person_only(tmp_path: Path, page: Open) -> None:
    with Desk(tmp_path / "labels.db") as desk:
        desk.add_tasks([NewTask(f"r{n}", "review", 1, TEXT, seats=2) for n in range(3)], "test")
        answer(desk, "kim", 3)
        at = page(desk)
    everything = said(at)
    assert "`--seats 2`로 두 자리" in everything
    assert "정답이 있는 과제에 온 답이 없습니다" in everything
    assert "아직 제안을 본 사람이 없습니다" in everything
    assert "12.0" in everything


def test_two_people_of_one_mind(tmp_path: Path, page: Open) -> None:
    with Desk(tmp_path / "labels.db") as desk:
        desk.add_tasks([NewTask(f"r{n}", "review", 1, TEXT, seats=2) for n in range(3)], "test")
        answer(desk, "kim", 3)
        answer(desk, "lee", 3)
        at = page(desk)
    everything = said(at)
    assert "모두 같은 값" in everything
    assert "NaN" not in everything
    assert "nan" not in everything


def test_flags_and_reasons_for_skipping_are_shown_also_before_any_answer(tmp_path: Path, page: Open) -> None:
    with Desk(tmp_path / "labels.db") as desk:
        desk.add_tasks([NewTask(f"r{n}", "review", 1, f"<b>{TEXT}</b>", seats=2) for n in range(2)], "test")
        lease = desk.take("kim", "review")
        assert lease
        desk.skip("kim", lease.token, "아는 가게라 공정하지 않음")
        everything = said(page(desk))
        assert "아는 가게라 공정하지 않음" in everything
        assert "&lt;b&gt;" in everything
        lease = desk.take("lee", "review")
        assert lease
        desk.save("lee", Submission("k", lease.task.id, review(), lease.token, flag="전화번호가 보임", seconds=3))
        at = page(desk, "adjudicator")
        at.button(key="hs-quality-refresh").click()
        everything = said(run(at))
    assert "전화번호가 보임" in everything
    assert "작업자 2" in everything
    assert "kim" not in everything


def test_nothing_flagged_and_nothing_skipped_is_said(worked: Desk, page: Open) -> None:
    assert "표시하거나 건너뛴 과제가 없습니다." in [each.value for each in page(worked).info]


def test_preferences_say_whether_the_place_decided(tmp_path: Path, page: Open) -> None:
    pair = [{"id": "m1", "text": "됩니다"}, {"id": "m2", "text": "모릅니다"}]
    with Desk(tmp_path / "labels.db", DeskSettings(gold_rate=0, repeat_rate=0)) as desk:
        context = {"question": "주차 되나요?", "alternatives": pair}
        desk.add_tasks([NewTask(f"a{n}", "answer", 1, "됩니다", context, seats=2) for n in range(3)], "test")
        for who in ("kim", "lee"):
            for n in range(3):
                lease = desk.take(who, "answer")
                assert lease
                labels = grades(4, 5, 5) | {"preference": {"chosen": "m1", "shown": ["m1", "m2"]}}
                desk.save(who, Submission(f"{who}-{n}", lease.task.id, labels, lease.token))
        everything = said(page(desk, scheme="answer"))
    assert "왼쪽 6 · 오른쪽 0 · 비김 0" in everything


# Plots

SURE = Estimate(0.5, 40, 80, 0.7, 0.4, 0.6, interval_reason="")
NONE = Estimate(None, 1, 2, reason="too-few", interval_reason="too-few")


def test_bars_have_intervals_thresholds_and_reasons() -> None:
    rows = [Bar("가", 0.9, 0.8, 0.95, "n 9"), Bar("나", 0.7), Bar("다", 0.1), Bar("라", None, note="n 1")]
    figure = plots.bars(rows, thresholds=True)
    bar = figure.data[0]
    assert list(bar.x) == [0, 0.1, 0.7, 0.9]  # the first on top
    assert bar.error_x.array[3] == pytest.approx(0.05)
    assert bar.error_x.arrayminus[3] == pytest.approx(0.1)
    assert list(bar.marker.pattern.shape) == ["x", "x", "/", ""]
    assert len(set(bar.marker.color)) == 3
    assert bar.width[0] == 0  # there is no bar where there is no number
    assert "—" in figure.layout.yaxis.ticktext[0]
    assert "n 1" in figure.layout.yaxis.ticktext[0]
    assert [shape.x0 for shape in figure.layout.shapes] == [0.667, 0.8]
    assert "0.90 [0.80, 0.95]" in figure.layout.yaxis.ticktext[3]


def test_names_are_text_in_plots() -> None:
    evil = "<b>김</b><script>"
    pairs = [PairAgreement(evil, "이", SURE)]
    week = Week(date(2026, 11, 2), 9, {"f": SURE}, {"f": {"x": 0.5}})
    for figure in (
        plots.bars([Bar(evil, 0.5)]),
        plots.kappas(pairs, [evil, "이"]),
        plots.confusions(Confusion(("x",), ((3.0, 1.0),), 4), [evil], "-"),
        plots.drift([week], {"f": evil}),
        plots.shares([week], "f", {"x": evil}),
        plots.speeds([Speed(evil, 3, 0, 10.0, (5.0, 15.0), 360.0)], "초"),
    ):
        text = json.dumps(json.loads(figure.to_json()), ensure_ascii=False)
        assert "<script>" not in text
        assert "&lt;script&gt;" in text


def test_kappa_square_is_symmetric_and_empty_where_people_never_met() -> None:
    pairs = [PairAgreement("가", "나", SURE), PairAgreement("나", "다", NONE)]
    heat = plots.kappas(pairs, ["가", "나", "다", "라"]).data[0]
    assert [list(row) for row in heat.z] == [[None, 0.5, None], [0.5, None, None], [None, None, None]]
    assert heat.text[0][1] == heat.text[1][0] == "0.50<br>n 40"
    assert heat.text[1][2] == "—<br>n 1"
    assert heat.text[0][2] == ""


def test_confusions_are_shares_of_rows_and_leave_out_what_nobody_named() -> None:
    confusion = Confusion(("a", "b", "c"), ((3.0, 1.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 1.0, 1.0)), 5)
    figure = plots.confusions(confusion, ["에이", "비", "시"], "(없음)")
    heat = figure.data[0]
    assert [list(row) for row in heat.z] == [[0.75, 0.0, 0.0], [0.0, 0.5, 0.5]]
    assert [list(row) for row in heat.text] == [["75%", "", ""], ["", "50%", "50%"]]
    assert "n 4" in figure.layout.yaxis.ticktext[0]
    assert list(figure.layout.xaxis.ticktext) == ["에이", "시", "(없음)"]


def test_large_squares_keep_their_numbers_in_the_hover() -> None:
    people = [f"p{n:02}" for n in range(20)]
    pairs = [PairAgreement(one, other, SURE) for one in people for other in people if one < other]
    heat = plots.kappas(pairs, people).data[0]
    assert heat.text is None
    assert heat.customdata[0][1] == "0.50<br>n 40"


def test_drift_has_a_line_a_field_that_can_be_told_without_colour() -> None:
    fields = {f"f{n}": f"항목 {n}" for n in range(7)}
    weeks = [Week(date(2026, 11, day), 9, dict.fromkeys(fields, SURE if day == 2 else NONE), {}) for day in (2, 9, 16)]
    figure = plots.drift(weeks, fields)
    assert len(figure.data) == 7
    assert all(len(line.x) == 1 for line in figure.data)  # weeks without a number have no point
    looks = {(line.line.color, line.line.dash, line.marker.symbol) for line in figure.data}
    assert len(looks) == 7
    assert "n 40" in figure.layout.xaxis.ticktext[0]


def test_plots_of_nothing_are_empty_and_no_error() -> None:
    for figure in (
        plots.bars([]),
        plots.kappas([], []),
        plots.confusions(Confusion(("a",), ((0.0, 0.0),), 0), ["a"], "-"),
        plots.drift([], {}),
        plots.shares([], "f", {}),
        plots.speeds([Speed("가", 1, 1, None, None, None)], "초"),
    ):
        assert figure.layout.height > 0


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2)."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("side", [0, 1])
def test_colours_and_ink_can_be_seen_in_the_light_and_in_the_dark(side: int) -> None:
    theme = palette()[side]
    for colour in (plots.BLUE, plots.VERMILION, plots.GREEN, plots.GREY):
        assert contrast(colour, theme["bg"]) >= 3
    ground, blue = ([int(colour[n : n + 2], 16) for n in (1, 3, 5)] for colour in (theme["bg"], plots.BLUE))
    for opacity in (0, 0.25, 0.5, 0.75):
        cell = "#" + "".join(f"{round(g + (b - g) * opacity):02x}" for g, b in zip(ground, blue, strict=True))
        assert contrast(cell, theme["ink"]) >= 4.5


def test_every_text_is_there_in_both_languages_with_the_same_fields() -> None:
    import string

    for key, (ko, en) in _TEXTS.items():
        assert ko, key
        assert en, key
        fields = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (ko, en)]
        assert fields[0] == fields[1], key
