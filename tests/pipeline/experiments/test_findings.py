"""An experiment from the first question to the verdict: who is counted, once each, and what may be said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors.files import FileProblem
from pipeline.experiments.findings import ALPHA, findings
from pipeline.experiments.running import Arm, NoExperiment, Running, keep_running, read_running
from pipeline.experiments.variants import read_variants
from pipeline.experiments.words import verdict
from pipeline.service import Home, Request, Service
from pipeline.settings import Settings
from pipeline.traces import Assigned, TraceStore
from tests.pipeline.corpora import build

ARMS = (Arm("base", 0.5, "base@1", {}), Arm("b", 0.5, "b@1", {"fusion.weight": 0.4}))
RUNNING = Running("2026-11-01T00:00:00+00:00", ARMS)
START = datetime(2026, 11, 1, 3, tzinfo=UTC)


def answers(label: str, votes: list[str], first: int = 0) -> list[Assigned]:
    """One session a vote, ten a day."""
    made = []
    for place, vote in enumerate(votes):
        at = (START + timedelta(days=place // 10, minutes=place)).isoformat(timespec="milliseconds")
        made.append(Assigned(f"{label}-{first + place}", label, at, vote == "down", vote, at if vote else ""))
    return made


def test_arms_are_counted_and_nothing_is_claimed_without_an_interval() -> None:
    found = findings(RUNNING, [*answers("base@1", ["up", "down", ""]), *answers("b@1", ["up", "up"])])
    base, b = found.arms
    assert (base.sessions, base.answers, base.abstained, base.up, base.down) == (3, 3, 1, 1, 1)
    assert (b.name, b.up, b.down) == ("b", 2, 0)
    votes, abstained = found.contrasts
    assert (votes.measure, votes.sessions, votes.blocks, votes.difference) == ("up", (2, 2), 2, 0.5)
    assert votes.low < 0 < votes.high
    assert votes.level == pytest.approx(1 - ALPHA / 2)
    assert abstained.sessions == (3, 2)
    ko, en = verdict(found)
    assert "아직 가를 수 없습니다" in ko
    assert "not clear yet" in en
    assert f"{votes.low:+.3f} ~ {votes.high:+.3f}" in ko
    assert "유의" not in ko


def test_a_session_counts_once_with_its_first_answer_and_its_first_vote() -> None:
    rows = answers("base@1", ["", "up", "down", "down"])
    rows = [replace(row, session="one") for row in rows]
    found = findings(RUNNING, [*rows, *answers("b@1", ["up"])])
    votes, abstained = found.contrasts
    assert (found.arms[0].sessions, found.arms[0].answers, found.arms[0].down) == (1, 4, 2)
    assert (votes.sessions, votes.shares) == ((1, 1), (1.0, 1.0))
    assert abstained.shares == (0.0, 0.0)


def test_a_large_difference_is_found_and_said_with_its_interval_and_day_by_day() -> None:
    random = np.random.default_rng(5)
    rows = {
        label: answers(label, ["up" if random.random() < rate else "down" for _ in range(300)])
        for label, rate in (("base@1", 0.4), ("b@1", 0.8))
    }
    found = findings(RUNNING, [*rows["base@1"], *rows["b@1"]])
    votes = found.contrasts[0]
    assert votes.is_clear
    assert votes.low > 0
    assert [day.blocks for day in votes.days] == list(range(10, 301, 10))
    assert votes.days[0].day == date(2026, 11, 1)
    assert all(day.low <= 0.4 <= day.high for day in votes.days)
    ko, en = verdict(found)
    assert "b이(가) base보다" in ko
    assert "높습니다" in ko
    assert "b의 몫을 늘려도 좋습니다" in ko
    assert "more sessions may go to b" in en
    swapped = findings(Running("", (ARMS[1], ARMS[0])), [*rows["base@1"], *rows["b@1"]])
    assert swapped.contrasts[0].high < 0
    assert "그대로 두는 편이" in verdict(swapped)[0]


def test_answers_under_other_settings_are_left_out_and_said() -> None:
    found = findings(RUNNING, [*answers("b@old", ["up", "up"]), *answers("b@1", ["up"])])
    assert (found.others, found.arms[1].sessions, found.arms[0].sessions) == (2, 1, 0)
    assert "견줄 수 있습니다" in verdict(found)[0]
    assert findings(RUNNING, []).contrasts[0].low == -1


def test_more_arms_share_the_chance_of_a_false_alarm() -> None:
    three = Running("", (*ARMS, Arm("c", 0.2, "c@1", {})))
    found = findings(three, [])
    assert [(c.measure, c.arm) for c in found.contrasts] == [
        ("up", "b"),
        ("abstained", "b"),
        ("up", "c"),
        ("abstained", "c"),
    ]
    assert all(c.level == 1 - ALPHA / 4 for c in found.contrasts)


def test_what_runs_is_noted_and_since_when(tmp_path: Path) -> None:
    path = tmp_path / "experiment.json"
    with pytest.raises(NoExperiment, match=r"\[\[variants\]\]"):
        read_running(path)
    keep_running(path, ARMS)
    first = read_running(path)
    assert first.arms == ARMS
    path.write_text(json.dumps({**json.loads(path.read_text()), "since": "2026-01-01T00:00:00+00:00"}))
    keep_running(path, ARMS)
    ramped = (replace(ARMS[0], share=0.8), replace(ARMS[1], share=0.2))
    keep_running(path, ramped)
    assert read_running(path) == Running("2026-01-01T00:00:00+00:00", ramped)  # other shares are the same experiment
    keep_running(path, (ARMS[0], replace(ARMS[1], label="b@2")))
    assert read_running(path).since > "2026-11"
    path.write_text("{}")
    with pytest.raises(FileProblem):
        read_running(path)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = Home(tmp_path_factory.mktemp("experiment"))
    build(home)
    variants = read_variants([{"name": "b", "share": 0.5, "set": {"retrieval.k": 1}}])
    made = Service(home, replace(Settings(), variants=variants))
    yield made
    made.close()


def test_a_session_is_answered_by_its_variant_and_the_trace_says_which(service: Service) -> None:
    seen = set()
    for number in range(12):
        session = f"s{number}"
        traces = [list(service.ask(Request("주차 되나요?", "small", session=session)))[-1] for _ in range(2)]
        (chosen,) = {trace.versions["variant"] for trace in traces}
        name = chosen.partition("@")[0]
        seen.add(name)
        assert {trace.settings["retrieval.k"] for trace in traces} == {1 if name == "b" else 5}
        assert service.session_of(traces[0].id) == session
        assert service.trace(traces[0].id).versions["variant"] == chosen
        service.add_feedback(traces[0].id, "up")
        service.add_feedback(traces[0].id, "down")
    assert seen == {"base", "b"}
    store = TraceStore(service.home.traces)
    found = findings(read_running(service.home.experiment), store.assigned())
    store.close()
    assert sum(arm.sessions for arm in found.arms) == 12
    assert sum(arm.answers for arm in found.arms) == 24
    assert sum(arm.down for arm in found.arms) == 12
    assert sum(arm.up for arm in found.arms) == 0
    assert found.others == 0


@pytest.mark.parametrize("fields", [{}, {"session": "s1", "overrides": {"retrieval.k": 3}}, {"session": ""}])
def test_who_sets_something_or_has_no_session_is_no_part_of_it(service: Service, fields: dict) -> None:
    *_, trace = service.ask(Request("주차 되나요?", "small", **fields))
    assert "variant" not in trace.versions
    assert service.session_of(trace.id) == ""


def test_what_is_not_kept_is_not_counted(service: Service) -> None:
    *_, trace = service.ask(Request("주차 되나요?", "small", session="s1", keep=False))
    assert service.session_of(trace.id) == ""
