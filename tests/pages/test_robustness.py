"""The robustness page: questions of a real run asked otherwise by a real server, and what it says without one."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.inspect_texts import kind_name
from pipeline.evaluation.variants import KINDS
from pipeline.service import Service
from tests.pages.stored import looking, opened, run, serving, two_runs


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    made = two_runs(tmp_path_factory.mktemp("robust"))
    yield made
    made.close()


def measured(at: AppTest) -> AppTest:
    at.number_input(key="hs-robust-many").set_value(2)
    at.button(key="hs-robust-go").click()
    return run(at)


def test_questions_are_asked_otherwise(service: Service) -> None:
    with serving(service) as port, looking(service.home.root, port):
        at = measured(opened("robustness"))
        summary, moves = at.dataframe[1].value, at.dataframe[2].value
        assert set(summary["변형"]) <= set(KINDS)
        assert summary["질문"].max() == 2
        assert len(moves) == summary["질문"].sum()
        assert "숯골갈비주차무료예요?" in set(moves["바꾼 질문"])
        assert set(moves["이전"]) == {1}
        at.text_input(key="hs-robust-search").set_value("연탄집")  # what was measured stays
        assert len(run(at).dataframe) == 3
        assert list(at.dataframe[0].value["question"]) == ["연탄집 사장님 친절해요?", "연탄집 옷에 냄새 배나요?"]


def test_a_server_that_listens_on_one_address_is_asked_there(service: Service) -> None:
    """Nothing listens on 127.0.0.1 then."""
    other = "127.0.0.2"
    try:
        socket.create_server((other, 0)).close()
    except OSError:
        pytest.skip("this system has one loopback address only")
    with serving(service, other) as port, looking(service.home.root, port, other):
        assert len(measured(opened("robustness")).dataframe) == 3


def test_without_a_server_it_says_how_to_start_it(service: Service) -> None:
    with looking(service.home.root):
        at = measured(opened("robustness"))
    assert "hansang serve" in at.warning[0].value
    assert len(at.dataframe) == 1


def test_nothing_to_measure(service: Service, tmp_path: Path) -> None:
    with looking(tmp_path):
        assert "hansang evaluate" in opened("robustness").info[0].value
    with looking(service.home.root):
        at = opened("robustness", "en")
        at.text_input(key="hs-robust-search").set_value("환전소")  # it has no right passage
        assert "No question has a known right passage" in run(at).info[0].value
    assert all(kind_name(kind, "en") != kind for kind in KINDS)
