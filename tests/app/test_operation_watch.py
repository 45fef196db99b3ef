"""Metrics, and the dashboard and alert rules that live on them: what they name exists, what matters is looked at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from fastapi.routing import APIRoute

from app.api.application import create_api
from app.operation.errands import BEGUN
from app.operation.gathered import MIB, age_of, gpu_memory, labels_saved, read_gpus
from app.operation.metrics import QUESTIONS, Metrics, outcome_of
from app.operation.operating import Operation
from app.operation.turns import is_question
from pages.operation_figures import figures
from pipeline.batching.batcher import Batcher, Limits
from pipeline.batching.totals import BOUNDS
from pipeline.evaluation.judgements import Judgement, write_ledger
from pipeline.judges.costs import Price
from pipeline.judges.prices import keep_price
from pipeline.service import Home, Request
from pipeline.settings import Settings
from pipeline.traces import TraceStore
from pipeline.types import Answer, Citation, Doubt, Question, Trace, TraceState, Trouble, Usage
from tests.annotations.desks import HandDesk
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


# What is to be watched, in the words of whoever asked for it, and where it is: the metric and the labels it is told by.
WATCHED = {
    "requests by route and outcome": ("hansang_http_requests", {"route", "outcome"}),
    "time by stage": ("hansang_stage_duration_seconds", {"stage"}),
    "queue size": ("hansang_questions_waiting", set[str]()),
    "batch tokens": ("hansang_batch_tokens", {"kind"}),
    "tokens in and out": ("hansang_llm_tokens", {"direction"}),
    "time to first token": ("hansang_time_to_first_token_seconds", set[str]()),
    "abstentions": ("hansang_questions", {"outcome"}),
    "citations unsupported": ("hansang_citations_unsupported", {"kind"}),
    "feedback": ("hansang_feedback", {"vote"}),
    "judge spend": ("hansang_judge_spend_dollars", {"judge"}),
    "labels saved": ("hansang_labels_saved", set[str]()),
    "index age": ("hansang_index_age_seconds", {"index"}),
    "GPU memory": ("hansang_gpu_memory_used_bytes", {"gpu"}),
}
HISTOGRAMS = {"time by stage", "batch tokens", "time to first token"}


@pytest.mark.parametrize("what", WATCHED)
def test_what_is_to_be_watched_is_there_by_what_it_is_told_by(
    operation: Operation, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr("app.operation.gathered.gpu_memory", lambda: [("0", MIB, 2 * MIB)])
    monkeypatch.setattr("app.operation.gathered.GPU_SECONDS", -1)  # look now
    operation.metrics.question(answered())
    operation.metrics.request("/v1/ask", "POST", "ok", 0.1)
    judged_run(operation.service.home.runs / "watched")
    name, labels = WATCHED[what]
    (metric,) = (metric for metric in operation.metrics.registry.collect() if metric.name == name)
    assert metric.samples, what
    assert all(labels <= set(sample.labels) for sample in metric.samples)
    assert (metric.type == "histogram") == (what in HISTOGRAMS)


def judged_run(folder: Path) -> None:
    """A run that a judge has judged at a price."""
    folder.mkdir(parents=True, exist_ok=True)
    row = Judgement("q", "faithfulness", "p", "openai:m", "d", "ok", 1.0, tokens_in=2_000_000, tokens_out=500_000)
    free = Judgement("q", "faithfulness", "p", "local:m", "d", "ok", 1.0, tokens_in=7, tokens_out=1)
    write_ledger(folder, [row, free])
    keep_price(folder, "openai:m", Price(1.5, 4.0))


def test_what_judging_cost_is_reckoned_by_the_price_that_was_said(operation: Operation) -> None:
    registry, folder = operation.metrics.registry, operation.service.home.runs / "priced"
    before = registry.get_sample_value("hansang_judge_spend_dollars_total", {"judge": "openai:m"}) or 0
    judged_run(folder)
    spent = registry.get_sample_value("hansang_judge_spend_dollars_total", {"judge": "openai:m"})
    assert spent == pytest.approx(before + 2 * 1.5 + 0.5 * 4.0)
    assert registry.get_sample_value("hansang_judge_spend_dollars_total", {"judge": "local:m"}) is None
    assert registry.get_sample_value("hansang_judge_tokens_total", {"judge": "local:m", "direction": "in"})
    keep_price(folder, "openai:m", Price(3.0, 8.0))
    after = registry.get_sample_value("hansang_judge_spend_dollars_total", {"judge": "openai:m"})
    assert after == pytest.approx(before + 2 * (2 * 1.5 + 0.5 * 4.0))


def test_batches_are_counted_by_what_they_read(operation: Operation) -> None:
    registry = operation.metrics.registry

    def read(name: str, **more: str) -> float:
        return registry.get_sample_value(name, {"kind": "pairs", **more}) or 0.0

    names = ("hansang_batch_tokens_count", "hansang_batch_tokens_sum", "hansang_batch_text_tokens_total",
             "hansang_batch_texts_total")  # fmt: skip
    before = [read(name) for name in names]
    small, whole = read("hansang_batch_tokens_bucket", le="32.0"), read("hansang_batch_tokens_bucket", le="+Inf")
    batcher = Batcher[str, int](lambda texts: [len(text) for text in texts], len, Limits(wait_ms=50), kind="pairs")
    assert batcher.map(["가나다", "가나다라마"]) == [3, 5]
    batcher.close()
    assert [read(name) for name in names] == [before[0] + 1, before[1] + 10, before[2] + 8, before[3] + 2]
    assert read("hansang_batch_tokens_bucket", le="32.0") == small + 1
    assert read("hansang_batch_tokens_bucket", le="+Inf") == whole + 1
    counts = [read("hansang_batch_tokens_bucket", le=str(float(bound))) for bound in BOUNDS]
    assert counts == sorted(counts)


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


def answered() -> Trace:
    """A question that a language model answered, not too well."""
    answer = Answer(
        "줄이 깁니다 [1].", (Citation("줄이 깁니다", "p1", 0, 3),), doubts=(Doubt("줄이 깁니다", "unlike"),),
        trouble=Trouble("cut-off", "잘렸습니다", "cut off"), usage=Usage("m", 120, 30, 250.0),
    )  # fmt: skip
    timings = {"bm25": 2.0, "unheard-of": 4.0, "total": 6.0}
    return Trace("t", Question("t", "?"), "demo", {}, "done", answer=answer, timings_ms=timings)


def test_a_question_is_counted_with_all_that_its_trace_says() -> None:
    metrics = Metrics()
    metrics.question(answered())
    assert value(metrics, "hansang_questions_total", index="demo", outcome="troubled") == 1
    assert value(metrics, "hansang_stage_duration_seconds_sum", stage="bm25") == pytest.approx(0.002)
    assert value(metrics, "hansang_stage_duration_seconds_sum", stage="other") == pytest.approx(0.004)
    assert value(metrics, "hansang_llm_tokens_total", direction="in") == 120
    assert value(metrics, "hansang_llm_tokens_total", direction="out") == 30
    assert value(metrics, "hansang_time_to_first_token_seconds_sum") == pytest.approx(0.25)
    assert value(metrics, "hansang_citations_total") == 1
    assert value(metrics, "hansang_citations_unsupported_total", kind="unlike") == 1
    assert value(metrics, "hansang_answers_troubled_total", code="cut-off") == 1


def test_what_an_alert_waits_for_is_there_before_it_is_counted() -> None:
    metrics = Metrics()
    for state in (BEGUN, *get_args(TraceState)):
        assert value(metrics, "hansang_stages_stalled_total", after=state) == 0
    for code in ("llm-down", "llm-slow", "reply-cut", "reply-uncited"):
        assert value(metrics, "hansang_answers_troubled_total", code=code) == 0
    metrics.request("/v1/jobs", "GET", "ok", 0.1)
    for method, route in [*QUESTIONS, ("GET", "/v1/jobs")]:
        named = {"route": route, "method": method, "outcome": "server_error"}
        assert value(metrics, "hansang_http_requests_total", **named) == 0


def test_questions_are_those_that_wait_for_their_turn(operation: Operation) -> None:
    routes = [
        (method, route.path) for route in create_api(operation.service).routes if isinstance(route, APIRoute)
        for method in route.methods
        if is_question({"type": "http", "method": method, "path": route.path})
    ]  # fmt: skip
    assert set(routes) == set(QUESTIONS)


@pytest.mark.parametrize("name", ["a#b", "a?b", "a%23b"])
def test_databases_are_read_wherever_they_lie(tmp_path: Path, name: str) -> None:
    home, now = tmp_path / name, datetime.now(UTC)
    with HandDesk(home / "labels.db") as desk:
        desk.fill(3)
        desk.work("kim")
    store = TraceStore(home / "traces.db")
    store.save(replace(answered(), created=now.isoformat(timespec="milliseconds")))
    store.close()
    assert labels_saved(home / "labels.db") == 1
    found = figures(home / "traces.db", now + timedelta(seconds=1), 7)
    assert found is not None
    assert found.questions == 1
    assert [path.name for path in tmp_path.iterdir()] == [name]


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
