"""Prometheus' own ``promtool`` on what it is to read: the configuration, the metrics, and every rule, which must fire.

Debian's package ``prometheus`` has it; where it isn't installed these are skipped.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.exposition import generate_latest

from app.operation.metrics import Metrics
from app.operation.operating import Operation
from pipeline.errors.llm import LlmDown
from pipeline.service import Home, Request
from pipeline.settings import Settings
from pipeline.types import Answer, Question, Trace, Trouble
from tests.pipeline.corpora import build

PROMETHEUS = Path(__file__).parents[2] / "deploy" / "prometheus"
RULES = PROMETHEUS / "alerts.yml"
PROMTOOL = shutil.which("promtool") or ""

pytestmark = pytest.mark.skipif(not PROMTOOL, reason="promtool isn't installed (Debian: prometheus)")


def promtool(*words: str | Path, given: bytes = b"") -> tuple[int, str]:
    """The exit code and all that it said."""
    done = subprocess.run([PROMTOOL, *words], input=given, capture_output=True, check=False)
    return done.returncode, (done.stdout + done.stderr).decode()


def rules() -> dict[str, dict[str, Any]]:
    """The alerts by name."""
    (group,) = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


def test_it_accepts_the_rules_and_the_configuration() -> None:
    assert promtool("check", "rules", RULES)[0] == 0
    code, said = promtool("check", "config", "--syntax-only", PROMETHEUS / "prometheus.yml")
    assert code == 0, said


@pytest.fixture(scope="module")
def operation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operation]:
    home = Home(tmp_path_factory.mktemp("promtool"))
    build(home)
    made = Operation(home, Settings())
    yield made
    made.close()


def test_names_units_and_helps_of_the_metrics_are_as_they_should_be(operation: Operation) -> None:
    for _ in operation.service.ask(Request("웨이팅은?", "small")):
        pass
    operation.metrics.request("/v1/ask", "POST", "ok", 0.1)
    code, said = promtool("check", "metrics", given=generate_latest(operation.metrics.registry))
    assert (code, said) == (0, "")
    assert promtool("check", "metrics", given=b"# TYPE hansang_time_ms counter\nhansang_time_ms 1\n")[0] != 0


@dataclass(frozen=True)
class Case:
    """What a rule is tried on: series with their values in trouble and without, and how its alert is told then.

    The values are ``every`` so long, and the alert is looked for at ``at``.
    """

    trouble: dict[str, str]
    calm: dict[str, str]
    labels: dict[str, str]
    told: dict[str, str]
    every: str = "1m"
    at: str = "30m"


BUCKET = 'hansang_http_request_duration_seconds_bucket{route="/v1/search",le="%s"}'
CASES = {
    "HansangDown": Case({'up{job="hansang"}': "0x40"}, {'up{job="hansang"}': "1x40"}, {"job": "hansang"}, {}),
    "HansangNotReady": Case(
        {'hansang_ready{part="index"}': "0x40"}, {'hansang_ready{part="index"}': "1x40"}, {"part": "index"},
        {"{{ $labels.part }}": "index"},
    ),
    "HansangPartInTrouble": Case(
        {'hansang_ready{part="llm"}': "0.5x40"}, {'hansang_ready{part="llm"}': "1x40"}, {"part": "llm"},
        {"{{ $labels.part }}": "llm"},
    ),
    "HansangServerErrors": Case(
        {'hansang_http_requests_total{outcome="ok"}': "0+98x40",
         'hansang_http_requests_total{outcome="server_error"}': "0+2x40"},
        {'hansang_http_requests_total{outcome="ok"}': "0+98x40"}, {}, {"{{ $value | humanizePercentage }}": "2%"},
    ),
    "HansangSlow": Case(
        {BUCKET % "0.25": "0+50x40", BUCKET % "0.5": "0+100x40", BUCKET % "+Inf": "0+100x40"},
        {BUCKET % "0.25": "0+100x40", BUCKET % "0.5": "0+100x40", BUCKET % "+Inf": "0+100x40"},
        {}, {"{{ $value | humanizeDuration }}": "495ms"},
    ),
    "HansangTurningAway": Case(
        {'hansang_requests_refused_total{reason="overloaded"}': "0+60x40"},
        {'hansang_requests_refused_total{reason="overloaded"}': "0x40"}, {}, {},
    ),
    "HansangStalled": Case(
        {"hansang_questions_hanging": "1x40"}, {"hansang_questions_hanging": "0x40"}, {}, {},
    ),
    "HansangWorkers": Case(
        {"hansang_workers": "0x40", "hansang_workers_wanted": "1x40"},
        {"hansang_workers": "1x40", "hansang_workers_wanted": "1x40"}, {}, {},
    ),
    "HansangLanguageModel": Case(
        {'hansang_answers_troubled_total{code="llm-down"}': "0+1x40"},
        {'hansang_answers_troubled_total{code="llm-down"}': "3x40"}, {"code": "llm-down"},
        {"{{ $labels.code }}": "llm-down"},
    ),
    "HansangBatchShortage": Case(
        {'hansang_batch_shortages_total{kind="pairs"}': "0+1x40"},
        {'hansang_batch_shortages_total{kind="pairs"}': "3x40"}, {"kind": "pairs"}, {"{{ $labels.kind }}": "pairs"},
    ),
    "HansangJudgeSpend": Case(
        {'hansang_judge_spend_dollars_total{judge="a"}': "0+0.6x40"},
        {'hansang_judge_spend_dollars_total{judge="a"}': "0+0.06x40"}, {}, {'{{ $value | printf "%.2f" }}': "14.40"},
        "1h", "39h",
    ),
    "HansangDiskLow": Case({"hansang_traces_in_memory": "1x40"}, {"hansang_traces_in_memory": "0x40"}, {}, {}),
    "HansangDiskFilling": Case(
        {"hansang_disk_free_bytes": "1000000-20000x40"}, {"hansang_disk_free_bytes": "1000000000-20000x40"}, {}, {},
        "15m", "9h",
    ),
    "HansangBackupOld": Case(
        {"hansang_backup_age_seconds": "0+7200x40"}, {"hansang_backup_age_seconds": "3600x40"}, {}, {}, "2h", "72h",
    ),
    "HansangThumbsDown": Case(
        {'hansang_feedback_total{vote="down"}': "0+1x40", 'hansang_feedback_total{vote="up"}': "0+1x40"},
        {'hansang_feedback_total{vote="down"}': "0+1x40", 'hansang_feedback_total{vote="up"}': "0+9x40"},
        {}, {"{{ $value | humanizePercentage }}": "50%"}, "1h", "39h",
    ),
    "HansangMemoryGrowing": Case(
        {'process_resident_memory_bytes{job="hansang"}': "100+100x40"},
        {'process_resident_memory_bytes{job="hansang"}': "1000000000x40"}, {"job": "hansang"}, {}, "15m", "9h",
    ),
}  # fmt: skip


def test_every_rule_is_tried() -> None:
    assert set(CASES) == set(rules())


def expected(alert: str, case: Case) -> list[dict[str, Any]]:
    """The alert as it is told."""
    rule = rules()[alert]
    told = dict(rule["annotations"])
    for variable, text in case.told.items():
        told = {name: sentence.replace(variable, text) for name, sentence in told.items()}
    assert not any("{{" in sentence for sentence in told.values())
    return [{"exp_labels": rule["labels"] | case.labels, "exp_annotations": told}]


@pytest.mark.parametrize("alert", CASES)
def test_a_rule_fires_in_trouble_and_only_then(alert: str, tmp_path: Path) -> None:
    case = CASES[alert]
    tests = [
        {"interval": case.every, "input_series": [{"series": name, "values": series[name]} for name in series],
         "alert_rule_test": [{"eval_time": case.at, "alertname": alert, "exp_alerts": wanted}]}
        for series, wanted in ((case.trouble, expected(alert, case)), (case.calm, []))
    ]  # fmt: skip
    file = tmp_path / "tests.yml"
    asked = {"rule_files": [str(RULES)], "evaluation_interval": case.every, "tests": tests}
    file.write_text(yaml.safe_dump(asked, allow_unicode=True), encoding="utf-8")
    code, said = promtool("test", "rules", file)
    assert code == 0, said


def counters(metrics: Metrics) -> dict[str, float]:
    """The counters of a server, as a test of rules names them."""
    samples = [sample for metric in metrics.registry.collect() for sample in metric.samples]
    return {
        sample.name + "{" + ",".join(f'{name}="{value}"' for name, value in sample.labels.items()) + "}": sample.value
        for sample in samples if sample.name.startswith("hansang_") and sample.name.endswith("_total")
    }  # fmt: skip


def troubled(metrics: Metrics) -> None:
    """Fifty questions to which the language model gave no answer."""
    error = LlmDown(url="http://localhost", reason="-")
    answer = Answer("", trouble=Trouble(error.code, error.korean, error.english))
    for _ in range(50):
        metrics.question(Trace("t", Question("t", "?"), "demo", {}, "done", answer=answer))


FIRSTS: dict[str, tuple[Callable[[Metrics], None], Case]] = {
    "HansangStalled": (lambda metrics: metrics.stalled("reranked"), Case({}, {}, {"after": "reranked"}, {})),
    "HansangLanguageModel": (troubled, Case({}, {}, {"code": "llm-down"}, {"{{ $labels.code }}": "llm-down"})),
    "HansangDiskLow": (Metrics.unsaved, Case({}, {}, {}, {})),
    "HansangBackupOld": (lambda metrics: metrics.backup("failed"), Case({}, {}, {"outcome": "failed"}, {})),
}


@pytest.mark.parametrize("alert", FIRSTS)
def test_the_first_that_a_new_server_counts_raises_the_alert(alert: str, tmp_path: Path) -> None:
    happens, case = FIRSTS[alert]
    metrics = Metrics()
    before = counters(metrics)
    happens(metrics)
    series = [
        {"series": name, "values": f"{before[name]:g}x5 {value:g}x30" if name in before else f"_x5 {value:g}x30"}
        for name, value in counters(metrics).items() if value != before.get(name)
    ]  # fmt: skip
    wanted = [{"eval_time": "10m", "alertname": alert, "exp_alerts": expected(alert, case)}]
    file = tmp_path / "tests.yml"
    tests = [{"interval": "1m", "input_series": series, "alert_rule_test": wanted}]
    file.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "tests": tests}, allow_unicode=True), encoding="utf-8")
    code, said = promtool("test", "rules", file)
    assert code == 0, said
