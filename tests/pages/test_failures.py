"""The failure page over a real run: flow, filters, a question's way, replays by a real server and without one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from streamlit.dataframe_util import convert_pandas_df_to_arrow_bytes
from streamlit.testing.v1 import AppTest

from pages import failures
from pages.failure_list import shown
from pages.failure_question import way
from pages.flow_chart import after_click, clicked, sankey, through
from pages.inspect_texts import _TEXTS, verdict_name
from pages.stored_runs import Wanted, narrow, table_of
from pipeline.evaluation.blame import GoldPath, Verdict
from pipeline.evaluation.table import LINKS, STAGES, flow, read_record, read_table
from pipeline.service import Request, Service
from tests.pages.stored import html, looking, opened, run, serving, two_runs

SETTINGS = {"retrieval.k": 5, "rerank.depth": 30}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    made = two_runs(tmp_path_factory.mktemp("failures"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def port(service: Service) -> Iterator[int]:
    with serving(service) as port:
        yield port


@pytest.fixture
def house(service: Service, port: int) -> Iterator[Path]:
    with looking(service.home.root, port):
        yield service.home.root


def ids(at: AppTest) -> list[str]:
    return list(at.dataframe[0].value["question"])


def facts(at: AppTest) -> str:
    return next(e.proto.body for e in at.get("html") if "hs-failure-facts" in e.proto.body)


# The page


def test_the_newest_run_is_open_and_another_can_be_chosen(house: Path) -> None:
    at = opened("failures")
    assert at.selectbox(key="hs-failure-run").value == "narrow"
    assert "10개 가운데 10개 끝남" in at.caption[0].value
    at.selectbox(key="hs-failure-run").set_value("base")
    assert len(ids(run(at))) == 10
    assert opened("failures", run="base").selectbox(key="hs-failure-run").value == "base"


def test_a_verdict_filters_and_the_counts_are_those_of_the_run(house: Path) -> None:
    at = opened("failures", run="base")
    table = read_table(house / "runs" / "base")
    counts = table["verdict"].value_counts()
    pills = at.get("button_group")[0]
    assert [option.content for option in pills.proto.options] == [
        f"{v.ko} {counts[v.value]:,}" for v in Verdict if v.value in counts
    ]
    pills.set_value(["right"])
    run(at)
    assert ids(at) == table[table["verdict"] == "right"]["question"].tolist()
    assert set(at.dataframe[0].value["verdict"]) == {"정답"}


def test_text_type_and_length_filter_together(house: Path) -> None:
    at = opened("failures", run="base")
    at.text_input(key="hs-failure-search-base").set_value("연탄집")
    at.multiselect(key="hs-failure-type-base").set_value(["context"])
    assert ids(run(at)) == ["연탄집 옷에 냄새 배나요?", "연탄집 근처 환전소는 어디인가요?"]
    at = opened("failures", run="base")
    at.slider(key="hs-failure-length-base").set_value((14, 14))
    at.text_input(key="hs-failure-search-base").set_value("연탄집")
    assert ids(run(at)) == ["연탄집 옷에 냄새 배나요?"]
    at = opened("failures", run="base")
    at.text_input(key="hs-failure-search-base").set_value(".*")
    run(at)
    assert "하나 풀어 주세요" in at.info[0].value


def test_a_filter_draws_only_what_it_changes(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = opened("failures", run="base")
    read: list[str] = []
    monkeypatch.setattr(failures, "table_of", lambda folder: read.append("table") or table_of(folder))
    monkeypatch.setattr(failures, "read_record", lambda *place: read.append("record") or read_record(*place))
    at.pills(key="hs-failure-verdict-base").set_value(["right"])
    run(at)
    assert at.get("echarts_chart")  # what wasn't chosen is faint now
    assert len(at.dataframe) == 1
    assert not at.title
    assert not at.multiselect
    assert "hs-failure-facts" not in html(at)  # the open question is among those that are left
    assert read == []
    at = opened("failures", run="base")
    read.clear()
    at.text_input(key="hs-failure-search-base").set_value("친절")
    run(at)
    assert not at.get("echarts_chart")
    assert len(ids(at)) == 1
    assert "연탄집 사장님 친절해요?" in facts(at)
    assert read == ["record"]


def test_another_question_leaves_flow_and_list_as_they_are(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = opened("failures", run="base")
    monkeypatch.setattr(failures, "table_of", lambda folder: pytest.fail("the run is read again"))
    at.button(key="hs-failure-after").click()
    assert "연탄집 사장님 친절해요?" in facts(run(at))
    assert any("2 / 10번째" in said.value for said in at.markdown)
    assert not at.get("echarts_chart")
    assert "question" not in at.dataframe[0].value  # the candidates only


def test_a_row_is_chosen_among_those_that_are_left(house: Path) -> None:
    """A table of other rows is another one: a browser would go on telling of a row that was chosen in the first."""
    at = opened("failures", run="base")
    before = at.dataframe[0].proto.id
    at.text_input(key="hs-failure-search-base").set_value("연탄집")
    assert run(at).dataframe[0].proto.id != before
    assert at.dataframe[0].proto.placeholder == ""


def test_what_is_shown_of_a_run_is_small_and_the_same() -> None:
    table = pd.DataFrame({
        "verdict": ["right", "cut", ""] * 2_000, "type": ["a", "", "b"] * 2_000, "restaurant": "원조부안집 마포본점",
        "question": "주차 되나요?", "ms": [1.25, 2.5, 1e4] * 2_000, **dict.fromkeys(STAGES, [1, 0, 5_000] * 2_000),
    })  # fmt: skip
    seen = shown(table, "ko")
    for name in ("question", "type", "restaurant", "ms"):
        assert seen[name].tolist() == table[name].tolist()
    assert seen["verdict"].tolist()[:3] == ["정답", "k에서 잘림", "판정 없음"]
    assert seen["bm25"].tolist()[:3] == [1, pd.NA, 5_000]
    assert "type" not in shown(table.assign(type=""), "ko")
    assert len(convert_pandas_df_to_arrow_bytes(seen)) < len(convert_pandas_df_to_arrow_bytes(table[seen.columns])) / 2


def test_questions_are_stepped_through_by_buttons(house: Path) -> None:
    at = opened("failures", run="base")
    assert "숯골갈비 주차 무료예요?" in facts(at)
    assert at.button(key="hs-failure-before").disabled
    at.button(key="hs-failure-after").click()
    assert "연탄집 사장님 친절해요?" in facts(run(at))
    assert "연탄불에 구운 삼겹살" in html(at)  # the right passage's text
    at.button(key="hs-failure-before").click()
    assert "숯골갈비 주차 무료예요?" in facts(run(at))
    assert "없는 후기" in facts(opened("failures", run="base", question="q10"))


def test_what_is_shown_of_a_passage_that_is_in_no_index(house: Path) -> None:
    at = opened("failures", run="base", question="q10")
    assert "색인에 없음" in html(at)
    assert at.toggle(key="hs-try-inject-base-q10").disabled


def test_the_candidates_are_shown_with_their_rank_at_every_stage(house: Path, service: Service) -> None:
    at = opened("failures", run="base", question="q1")
    table = at.dataframe[1].value
    *_, trace = service.ask(Request("숯골갈비 주차 무료예요?", "small", keep=False))
    assert list(table["id"]) == [c.passage.id for c in trace.candidates]
    for stage in ("bm25", "vector", "fused", "rerank"):
        assert [None if pd.isna(rank) else rank for rank in table[stage]] == [
            c.ranks.get(stage) for c in trace.candidates
        ]
    assert list(table["gold"]) == [c.passage.id == "r1" for c in trace.candidates]
    assert table.loc[table["gold"], "holds"].all()
    assert list(table["prompt"]) == [c.in_prompt for c in trace.candidates]
    assert "주차 2시간 무료" in table.loc[table["gold"], "text"].item()
    assert any("단계마다의 후보" in heading.value for heading in at.subheader)


def test_in_english(house: Path) -> None:
    at = opened("failures", "en", run="base")
    assert at.title[0].value == "Failures"
    assert "10 of 10 questions finished" in at.caption[0].value


def test_no_runs_yet(tmp_path: Path) -> None:
    with looking(tmp_path):
        assert "hansang evaluate" in opened("failures").info[0].value


def test_an_index_that_is_gone_leaves_the_ranks(service: Service, tmp_path: Path) -> None:
    shutil.copytree(service.home.runs, tmp_path / "runs")
    with looking(tmp_path):
        at = opened("failures", run="base")
    assert "단락의 글을 보일 수 없습니다" in at.warning[0].value
    assert "BM25 #1" in html(at)


# Replays


def test_a_slider_replays_on_the_server(house: Path) -> None:
    at = opened("failures", run="base", question="q1")
    assert "hs-moves" not in html(at)
    at.slider(key="hs-try-k-base-q1").set_value(1)
    run(at)
    assert "hs-moves" in html(at)
    assert "✗" in html(at)
    assert any("다시 한 일" in caption.value for caption in at.caption)
    at.toggle(key="hs-try-generate-base-q1").set_value(False)
    assert "다시 쓰지 않았습니다" in html(run(at))


def test_the_right_passage_is_put_in(house: Path) -> None:
    at = opened("failures", run="narrow", question="q4")
    at.toggle(key="hs-try-inject-narrow-q4").set_value(True)
    moves = next(e.proto.body for e in run(at).get("html") if "hs-moves" in e.proto.body)
    assert "r9 <b>(맞는 단락)</b>" in moves
    assert "<td>✓</td>" in moves


def test_without_a_server_the_page_says_how_to_start_it(service: Service) -> None:
    with looking(service.home.root):
        at = opened("failures", run="base", question="q1")
        at.slider(key="hs-try-k-base-q1").set_value(1)
        run(at)
    assert "hansang serve" in at.warning[0].value
    assert "BM25 #1" in html(at)


def test_what_the_server_refuses_is_told(service: Service, port: int, tmp_path: Path) -> None:
    shutil.copytree(service.home.runs, tmp_path / "runs")
    manifest = tmp_path / "runs" / "base" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"index": "another"}))
    with looking(tmp_path, port):
        at = opened("failures", run="base", question="q1")
        at.slider(key="hs-try-k-base-q1").set_value(1)
        run(at)
    assert "another" in at.error[0].value


# Parts


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (GoldPath("a", False, {}), "색인에 없음"),
        (GoldPath("a", True, {}), "질문의 조건에 걸러짐"),
        (GoldPath("a", True, {"bm25": 900, "vector": 1200, "fused": 1000}),
         "BM25 #900 → 벡터 #1,200 → 융합 #1,000 → 후보 ✗ 두 검색 모두 놓침"),
        (GoldPath("a", True, {"bm25": 3, "vector": 41, "fused": 12, "rerank": 7}, True),
         "BM25 #3 → 벡터 #41 → 융합 #12 → 리랭커 #7 → 프롬프트 ✗ k에서 잘림"),
        (GoldPath("a", True, {"bm25": 3, "vector": 41, "fused": 2, "rerank": 7}, True),
         "BM25 #3 → 벡터 #41 → 융합 #2 → 리랭커 #7 → 프롬프트 ✗ 리랭커가 밀어냄"),
        (GoldPath("a", True, {"bm25": 1, "vector": 1, "fused": 1, "rerank": 1}, True, True),
         "BM25 #1 → 벡터 #1 → 융합 #1 → 리랭커 #1 → 프롬프트 ✓"),
    ],
)  # fmt: skip
def test_a_way_is_a_row_of_numbers(path: GoldPath, said: str) -> None:
    assert " → ".join(step for _, step in way(path, SETTINGS, "ko")) == said


def test_the_flow_keeps_every_question() -> None:
    links = flow({**dict.fromkeys(LINKS, 1), "right": 2, "": 1})
    series = sankey(links, str, lambda value: verdict_name(value, "ko"))["series"][0]
    labels = [node["label"]["formatter"] for node in series["data"]]
    assert labels[0] == f"질문 {len(LINKS) + 1}"
    assert "정답 2" in labels
    assert sum(stream["value"] for stream in series["links"]) == sum(links.values())


def test_a_click_in_the_flow_means_the_questions_that_went_through_it() -> None:
    option = sankey(flow(dict.fromkeys(LINKS, 1)), str, str)
    nodes = [node["name"] for node in option["series"][0]["data"]]
    streams = [(stream["source"], stream["target"]) for stream in option["series"][0]["links"]]

    def on(kind: str, place: int) -> tuple[str, ...]:
        return clicked(option, [{"series_index": 0, "data_type": kind, "data_indices": [place]}])

    for verdict in LINKS:
        assert on("node", nodes.index(verdict)) == (verdict,)
        assert on("edge", streams.index(LINKS[verdict][-1])) == (verdict,)
    assert set(on("node", nodes.index("질문"))) == set(LINKS)
    assert set(on("node", nodes.index("리랭커"))) == {"cut", "refused", "wrong", "should-abstain", "right"}
    assert on("edge", streams.index(("프롬프트", "답변"))) == through("답변")
    assert clicked(option, []) == ()


def test_what_is_chosen_after_a_click() -> None:
    there = ["cut", "wrong", "right", ""]
    assert after_click(("cut",), [], there) == ["cut"]
    assert after_click(("cut",), ["cut"], there) == []
    assert after_click(("right", "wrong", "refused"), ["cut"], there) == ["wrong", "right"]
    assert after_click(tuple(LINKS), [], ["cut", "right"]) == []  # all of them are no choice


def test_what_was_not_chosen_is_faint() -> None:
    def shown(chosen: list[str]) -> set[str]:
        nodes = sankey(flow(dict.fromkeys(LINKS, 1)), str, str, chosen)["series"][0]["data"]
        return {node["name"] for node in nodes if node["itemStyle"]["opacity"] == 1}

    assert shown(["missed"]) == {"질문", "missed"}
    assert shown([]) >= set(LINKS)


def test_many_questions_are_filtered_at_once() -> None:
    table = pd.DataFrame({
        "verdict": ["right", "cut"] * 2_887, "type": ["a", "b"] * 2_887, "restaurant": "x", "length": range(5_774),
        "question": [f"질문 {n}" for n in range(5_774)],
    })  # fmt: skip
    found = narrow(table, Wanted(("cut",), ("b",), (), (0, 5_000), "질문 12"))
    assert all("12" in question for question in found["question"])
    assert set(found["verdict"]) == {"cut"}
    assert len(narrow(table, Wanted())) == len(table)


def test_every_text_is_there_in_both_languages() -> None:
    assert all(ko and en for ko, en in _TEXTS.values())
    assert all(verdict_name(verdict, lang) for verdict in Verdict for lang in ("ko", "en"))
