"""Spans as a collector gets them: a real OTLP/HTTP receiver, requests over a real connection, a model's server."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app.api.application import create_api
from app.operation.operating import Doors, Operation
from app.operation.question_spans import QuestionSpans
from app.operation.refusals import TracingUnavailable
from app.operation.tracing import SCHEMA, check_protocol, open_tracing
from pipeline.config import with_overrides
from pipeline.service import Home
from pipeline.setting_groups.server import Serving
from pipeline.settings import Settings
from pipeline.types import Question, Trace
from tests.app.served import serving, until
from tests.pipeline.corpora import REVIEWS, build
from tests.pipeline.generators.llm_server import LlmServer, Say

TEXT = "웨이팅은 얼마나 되나요?"
QUESTION = {"question": TEXT, "index": "small"}
SAID = "주말 점심에는 사십 분 기다립니다 [1]."


@dataclass
class Collector:
    """A receiver of OTLP over HTTP: what came, as protobuf."""

    bodies: list[ExportTraceServiceRequest] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    url: str = ""

    def spans(self) -> list[Span]:
        return [s for body in self.bodies for r in body.resource_spans for scope in r.scope_spans for s in scope.spans]

    def named(self, name: str) -> Span:
        (found,) = (span for span in self.spans() if span.name == name)
        return found


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.raw.append(body)
            made.paths.append(self.path)
            made.bodies.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield made
        server.shutdown()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    made = Home(tmp_path_factory.mktemp("tracing"))
    build(made)
    return made


@pytest.fixture
def environment(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def asked(
    home: Home,
    overrides: dict[str, object],
    headers: dict[str, str] | None = None,
    route: str = "ask",
    body: dict[str, object] | None = None,
) -> Any:
    """What a server with these settings says to a question; it has ended, and sent all it had, when this returns."""
    operation = Operation(home, with_overrides(Settings(), overrides))
    app = operation.around(Doors(operation.in_turn(create_api(operation.service)), operation))
    try:
        with serving(app) as served:
            httpx.get(f"{served.address}/livez")
            reply = httpx.post(f"{served.address}/v1/{route}", json=body or QUESTION, headers=headers, timeout=60)
            until(lambda: not operation.busy)
            return reply
    finally:
        operation.close()


def attributes(span: Span) -> dict[str, Any]:
    values = {pair.key: pair.value for pair in span.attributes}
    return {key: getattr(value, str(value.WhichOneof("value"))) for key, value in values.items()}


@pytest.mark.usefixtures("environment")
def test_a_request_a_question_and_its_stages_are_one_tree(home: Home, collector: Collector) -> None:
    reply = asked(home, {"service.tracing": "otlp"}, {"X-Request-Id": "mine-7"})
    assert set(collector.paths) == {"/v1/traces"}
    request, question = collector.named("POST /v1/ask"), collector.named("question")
    assert question.parent_span_id == request.span_id
    assert not request.parent_span_id
    assert request.kind == Span.SPAN_KIND_SERVER
    assert attributes(request) == {
        "http.request.method": "POST", "url.scheme": "http", "http.route": "/v1/ask", "http.response.status_code": 200,
        "hansang.request_id": "mine-7", "hansang.trace_id": reply.json()["id"],
    }  # fmt: skip
    told = attributes(question)
    assert (told["hansang.trace_id"], told["hansang.index"]) == (reply.json()["id"], "small")
    timings = {name: ms for name, ms in reply.json()["timings_ms"].items() if name != "total"}
    stages = {span.name: span for span in collector.spans() if span.parent_span_id == question.span_id}
    assert {"understand", "bm25", "vector", "window", "fuse", "rerank", "generate"} <= set(stages)
    assert set(stages) == set(timings)
    assert {span.trace_id for span in collector.spans()} == {request.trace_id}
    for name, span in stages.items():
        assert question.start_time_unix_nano <= span.start_time_unix_nano, name
        assert span.end_time_unix_nano <= question.end_time_unix_nano, name
    assert [*sorted(stages, key=lambda name: stages[name].start_time_unix_nano)] == [*timings]
    length = stages["bm25"].end_time_unix_nano - stages["bm25"].start_time_unix_nano
    assert length == pytest.approx(timings["bm25"] * 1e6, abs=1_000)  # the reply is rounded to microseconds


@pytest.mark.usefixtures("environment")
def test_a_streamed_question_is_a_part_of_its_request(home: Home, collector: Collector) -> None:
    """Though it is worked on, and read, by threads of its own."""
    asked(home, {"service.tracing": "otlp"}, body={**QUESTION, "stream": True})
    request, question = collector.named("POST /v1/ask"), collector.named("question")
    assert question.parent_span_id == request.span_id
    assert attributes(request)["hansang.trace_id"] == attributes(question)["hansang.trace_id"]


@pytest.mark.usefixtures("environment")
def test_who_sends_them_and_after_which_conventions(home: Home, collector: Collector) -> None:
    asked(home, {"service.tracing": "otlp"})
    resource = collector.bodies[0].resource_spans[0]
    assert {pair.key: pair.value.string_value for pair in resource.resource.attributes}["service.name"] == "hansang"
    assert {scope.schema_url for scope in resource.scope_spans} == {SCHEMA}


@pytest.mark.usefixtures("environment")
def test_the_callers_own_trace_goes_on(home: Home, collector: Collector) -> None:
    trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    asked(home, {"service.tracing": "otlp"}, {"traceparent": f"00-{trace}-{parent}-01"})
    request = collector.named("POST /v1/ask")
    assert (request.trace_id.hex(), request.parent_span_id.hex()) == (trace, parent)


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("bad", ["", "00-zz-zz-01", "nonsense", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_a_parent_that_is_none_is_left_alone(home: Home, collector: Collector, bad: str) -> None:
    assert asked(home, {"service.tracing": "otlp"}, {"traceparent": bad}, "search").status_code == 200
    assert not collector.named("POST /v1/search").parent_span_id


@pytest.mark.usefixtures("environment")
def test_no_text_leaves_unless_a_setting_says_so(home: Home, collector: Collector) -> None:
    reply = asked(home, {"service.tracing": "otlp"})
    sent = b"".join(collector.raw)
    assert collector.spans()
    assert TEXT.encode() not in sent
    assert reply.json()["answer"]["text"].encode() not in sent
    assert all(text.encode() not in sent for *_, text in REVIEWS)
    collector.bodies.clear()
    reply = asked(home, {"service.tracing": "otlp", "service.tracing_texts": "yes"})
    told = attributes(collector.named("question"))
    assert (told["hansang.question"], told["hansang.answer"]) == (TEXT, reply.json()["answer"]["text"])


@pytest.mark.usefixtures("environment")
def test_nothing_leaves_where_it_is_off(home: Home, collector: Collector) -> None:
    """Though the environment names a collector."""
    assert asked(home, {}).status_code == 200
    assert not collector.paths


def test_a_collector_that_is_gone_hinders_nobody(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    assert asked(home, {"service.tracing": "otlp"}).status_code == 200


class TestModels:
    def overrides(self, llm: LlmServer) -> dict[str, object]:
        return {
            "service.tracing": "otlp", "generator": "openai", "llm.url": llm.url, "llm.model": "test-model",
            "llm.gate": "off",
        }  # fmt: skip

    @pytest.mark.usefixtures("environment")
    def test_the_call_of_a_language_model(self, home: Home, collector: Collector) -> None:
        with LlmServer(Say([SAID], usage=(120, 9))) as llm:
            asked(home, self.overrides(llm))
            port = httpx.URL(llm.url).port
        call = collector.named("chat test-model")
        assert call.kind == Span.SPAN_KIND_CLIENT
        assert call.parent_span_id == collector.named("generate").span_id
        told = attributes(call)
        assert told.pop("gen_ai.response.time_to_first_chunk") > 0
        assert told == {
            "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "test-model",
            "gen_ai.request.max_tokens": 512, "gen_ai.request.temperature": 0.0, "gen_ai.request.stream": True,
            "gen_ai.usage.input_tokens": 120, "gen_ai.usage.output_tokens": 9,
            "server.address": "127.0.0.1", "server.port": port,
        }  # fmt: skip

    @pytest.mark.usefixtures("environment")
    def test_a_call_that_failed(self, home: Home, collector: Collector) -> None:
        with LlmServer(Say(status=400, message="no")) as llm:
            reply = asked(home, self.overrides(llm))
        call = collector.named("chat test-model")
        assert attributes(call)["error.type"] == reply.json()["answer"]["trouble"]["code"]
        assert call.status.code == 2  # ERROR
        assert collector.named("question").status.code != 2  # it ended as it should: with a reason

    @pytest.mark.usefixtures("environment")
    def test_where_no_model_was_asked_there_is_no_call(self, home: Home, collector: Collector) -> None:
        with LlmServer(Say([SAID])) as llm:
            asked(home, self.overrides(llm) | {"llm.gate": "on", "answer.threshold": 1.0})
        assert not [span for span in collector.spans() if span.name.startswith("chat ")]


def test_a_missing_package_is_told_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    with pytest.raises(
        TracingUnavailable, match="pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http"
    ) as told:
        open_tracing(Serving(tracing="otlp"))
    assert "패키지가 없습니다" in told.value.korean
    assert "missing" in told.value.english


def test_a_protocol_that_is_not_spoken_is_told_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    with pytest.raises(TracingUnavailable, match="OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"):
        check_protocol()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
    check_protocol()


STAGES = ("understand", "bm25", "vector", "fuse", "rerank", "generate")


@given(st.lists(st.tuples(st.sampled_from(STAGES), st.floats(0.001, 1000), st.integers(0, 10**9)), max_size=12))
def test_stages_lie_within_the_question_one_after_the_other(grown: list[tuple[str, float, int]]) -> None:
    """However a trace grows: what each stage took is kept where it grew at once, and none begins before the last."""
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    clock, timings = 10**18, dict[str, float]()
    spans = QuestionSpans(provider.get_tracer("t"), texts=False, now=lambda: clock)
    for stage, took, waited in grown:
        timings[stage] = timings.get(stage, 0.0) + took
        clock += round(took * 1e6) + 1 + waited
        spans.saw(Trace("t", Question("t", "?"), "demo", {}, timings_ms={**timings, "total": sum(timings.values())}))
    spans.end()
    spans.end(ValueError())  # a stage that hung and came back
    *stages, question = exporter.get_finished_spans()
    assert [span.name for span in stages] == list(timings)
    assert "error.type" not in (question.attributes or {})
    for span in stages:
        assert span.start_time is not None
        assert span.end_time is not None
        assert (question.start_time or 0) <= span.start_time <= span.end_time <= clock
    once = [stage for stage in timings if [name for name, _, _ in grown].count(stage) == 1]
    for span in stages:
        if span.name in once:
            assert (span.end_time or 0) - (span.start_time or 0) == pytest.approx(timings[span.name] * 1e6, abs=2)
