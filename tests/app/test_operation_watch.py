"""Metrics, and the dashboard and alert rules that live on them: what they name exists, what matters is looked at."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.operation.gathered import MIB, age_of, gpu_memory, read_gpus
from app.operation.metrics import Metrics, outcome_of
from app.operation.operating import Operation
from pipeline.service import Home, Request
from pipeline.settings import Settings
from pipeline.types import Answer, Citation, Doubt, Question, Trace, Trouble, Usage
from tests.pipeline.corpora import build

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "alerts.yml"
DASHBOARD = DEPLOY / "grafana" / "dashboards" / "hansang.json"
PROMETHEUS_OWN = {"up"}
# PromQL, closely enough to find every name of a metric: https://prometheus.io/docs/prometheus/latest/querying/basics/
_TOKEN = re.compile(
    r"""\s+|(?P<string>"(?:[^"\\]|\\.)*")|(?P<range>\[\w+\])|(?P<number>\d+(?:\.\d+)?)"""
    r"""|(?P<word>[A-Za-z_:][\w:]*)|(?P<sign>=~|!~|!=|==|>=|<=|[-+*/%^(){},=<>])"""
)
_FUNCTIONS = {"rate", "increase", "sum", "histogram_quantile", "predict_linear", "max", "min"}
_WORDS = {"by", "without", "and", "or", "unless", "on", "ignoring", "group_left", "group_right"}


def tokens(expression: str) -> Iterator[tuple[str, str]]:
    """The tokens of an expression; anything that isn't one fails."""
    place = 0
    while place < len(expression):
        found = _TOKEN.match(expression, place)
        assert found, f"not PromQL at {expression[place:]!r}"
        place = found.end()
        if found.lastgroup:
            yield found.lastgroup, found[found.lastgroup]


def names_in(expression: str) -> set[str]:
    """The metrics that an expression names: words outside of braces and of lists of labels."""
    found, depth, listed, before = set[str](), 0, False, ""
    opened = 0
    for kind, text in tokens(expression):
        opened += {"(": 1, ")": -1}.get(text, 0) if kind == "sign" else 0
        depth += {"{": 1, "}": -1}.get(text, 0) if kind == "sign" else 0
        if before in ("by", "without", "ignoring", "on") and text == "(":
            listed = True
        elif listed and text == ")":
            listed = False
        elif kind == "word" and not depth and not listed and text not in _FUNCTIONS | _WORDS:
            found.add(text)
        before = text
    assert opened == depth == 0, expression
    return found


@pytest.fixture(scope="module")
def operation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operation]:
    home = Home(tmp_path_factory.mktemp("watch"))
    build(home)
    (home.root / "backups" / "auto-20260101-000000").mkdir(parents=True)
    made = Operation(home, Settings())
    yield made
    made.close()


@pytest.fixture(scope="module")
def exported(operation: Operation) -> set[str]:
    """Every name that /metrics can show."""
    found = set[str]()
    for metric in operation.metrics.registry.collect():
        if metric.type == "histogram":
            found |= {f"{metric.name}_{end}" for end in ("bucket", "sum", "count")}
        else:
            found.add(f"{metric.name}_total" if metric.type == "counter" else metric.name)
    return found


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return list(group["rules"])


def dashboard_expressions() -> list[str]:
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", ())]


def test_the_dashboard_and_the_rules_name_only_metrics_that_exist(exported: set[str]) -> None:
    for expression in [*dashboard_expressions(), *(rule["expr"] for rule in rules())]:
        assert names_in(expression) <= exported | PROMETHEUS_OWN, expression


def test_every_metric_of_ours_is_looked_at(exported: set[str]) -> None:
    looked_at = {name for expression in dashboard_expressions() for name in names_in(expression)}
    looked_at |= {name for rule in rules() for name in names_in(rule["expr"])}
    stems = {re.sub(r"_(bucket|sum|count|total)$", "", name) for name in looked_at}
    ours = {re.sub(r"_(bucket|sum|count|total)$", "", name) for name in exported if name.startswith("hansang_")}
    assert ours <= stems


def test_each_part_has_its_gauge(operation: Operation) -> None:
    registry = operation.metrics.registry
    assert registry.get_sample_value("hansang_ready", {"part": "disk"}) == 1
    assert registry.get_sample_value("hansang_ready", {"part": "models"}) == 0  # nothing was warmed up


@pytest.mark.parametrize("wrong", ["rate(x[5m]", "sum(a) § b", 'x{job="a}'])
def test_the_tokenizer_can_fail(wrong: str) -> None:
    with pytest.raises(AssertionError):
        names_in(wrong)


def test_names_are_found_where_they_are() -> None:
    expression = 'sum by (route) (rate(a_total{route!~"b_total"}[5m])) / ignoring(kind) group_left c'
    assert names_in(expression) == {"a_total", "c"}


def test_every_rule_says_what_to_do_in_both_languages() -> None:
    for rule in rules():
        assert re.search("[가-힣]", rule["annotations"]["summary_ko"])
        assert rule["annotations"]["summary"].isascii() or "👎" in rule["annotations"]["summary"]
        assert rule["labels"]["severity"] in ("page", "ticket")


def test_promtool_accepts_the_rules() -> None:
    promtool = shutil.which("promtool")
    if not promtool:
        pytest.skip("promtool isn't installed (Debian: apt-get install prometheus)")
    done = subprocess.run([promtool, "check", "rules", str(RULES)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_dashboard_can_be_loaded() -> None:
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    source = yaml.safe_load((DEPLOY / "grafana" / "datasources" / "prometheus.yml").read_text())["datasources"][0]
    numbers = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(numbers)) == len(numbers)
    squares = set[tuple[int, int]]()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        covered = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not covered & squares, panel["title"]
        squares |= covered
        assert all(target["datasource"]["uid"] == source["uid"] for target in panel.get("targets", ()))


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_a_question_is_counted_with_all_that_its_trace_says() -> None:
    metrics = Metrics()
    answer = Answer(
        "줄이 깁니다 [1].", (Citation("줄이 깁니다", "p1", 0, 3),), doubts=(Doubt("줄이 깁니다", "unlike"),),
        trouble=Trouble("cut-off", "잘렸습니다", "cut off"), usage=Usage("m", 120, 30, 250.0),
    )  # fmt: skip
    timings = {"bm25": 2.0, "unheard-of": 4.0, "total": 6.0}
    metrics.question(Trace("t", Question("t", "?"), "demo", {}, "done", answer=answer, timings_ms=timings))
    assert value(metrics, "hansang_questions_total", index="demo", outcome="troubled") == 1
    assert value(metrics, "hansang_stage_duration_seconds_sum", stage="bm25") == pytest.approx(0.002)
    assert value(metrics, "hansang_stage_duration_seconds_sum", stage="other") == pytest.approx(0.004)
    assert value(metrics, "hansang_llm_tokens_total", direction="in") == 120
    assert value(metrics, "hansang_llm_tokens_total", direction="out") == 30
    assert value(metrics, "hansang_time_to_first_token_seconds_sum") == pytest.approx(0.25)
    assert value(metrics, "hansang_citations_total") == 1
    assert value(metrics, "hansang_citations_unsupported_total", kind="unlike") == 1
    assert value(metrics, "hansang_answers_troubled_total", code="cut-off") == 1


@pytest.mark.parametrize(
    ("state", "answer", "outcome"),
    [
        ("done", Answer("네"), "answered"),
        ("done", Answer("", abstained=True), "abstained"),
        ("done", None, "searched"),
        ("done", Answer("", trouble=Trouble("x", "", "")), "troubled"),
        ("answering", Answer("네"), "unfinished"),
        ("retrieved", None, "unfinished"),
    ],
)
def test_what_came_of_a_question(state: Any, answer: Answer | None, outcome: str) -> None:
    assert outcome_of(Trace("t", Question("t", "?"), "demo", {}, state, answer=answer)) == outcome


def test_stored_answers_and_votes_are_counted(operation: Operation) -> None:
    service, metrics = operation.service, operation.metrics
    *_, trace = service.ask(Request("웨이팅은 얼마나 되나요?", "small"))
    before = value(metrics, "hansang_feedback_total", vote="down") or 0
    service.add_feedback(trace.id, "down", "틀림")
    assert value(metrics, "hansang_feedback_total", vote="down") == before + 1
    outcome = outcome_of(trace)
    assert (value(metrics, "hansang_questions_total", index="small", outcome=outcome) or 0) >= 1


def test_the_age_of_an_index_is_never_negative(operation: Operation) -> None:
    (manifest,) = operation.service.indexes()
    assert age_of(manifest, 0.0) == 0
    assert age_of(manifest, 4e9) > 0


def test_gpus_as_nvidia_smi_prints_them() -> None:
    assert read_gpus("0, 1024, 24564\n1, [N/A], 24564\n\nnonsense\n") == [("0", 1024 * MIB, 24564 * MIB)]


def test_a_driver_that_fails_is_no_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho '0, 1, 2'\nexit 9\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert gpu_memory() == []
    program.write_text("#!/bin/sh\necho '0, 1, 2'\n")
    assert gpu_memory() == [("0", MIB, 2 * MIB)]
