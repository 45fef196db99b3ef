"""Spans over OpenTelemetry, where ``service.tracing`` says so: requests of the API, questions, their stages, LLM calls.

Nothing leaves the server unless that setting is on; where to, the standard variables ``OTEL_EXPORTER_OTLP_*`` say.
Spans hold ids, names, counts and times, and the texts of questions and answers only where ``service.tracing_texts``
says so. Calls of a language model have the attributes of the semantic conventions for generative AI in ``CONVENTIONS``,
the last version before these moved to a repository of their own.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextvars import Token

from opentelemetry import propagate
from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider, set_span_in_context
from starlette.datastructures import Headers
from starlette.types import Scope

from app.operation.question_spans import QuestionSpans
from app.operation.refusals import TracingUnavailable
from pipeline.setting_groups.server import Serving
from pipeline.versions import versions

CONVENTIONS = "1.41.0"
SCHEMA = f"https://opentelemetry.io/schemas/{CONVENTIONS}"
NAME = "hansang"
CLOSE_SECONDS = 3  # for what is on its way; a collector that is gone must not hold up the end
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_SPOKEN = "http/protobuf"
_PACKAGES = "opentelemetry-sdk opentelemetry-exporter-otlp-proto-http"  # the extra `tracing`


class RequestSpan:
    """The span of a request under way. Whatever begins in its context is a child of it."""

    def __init__(self, span: Span, token: Token[Context]) -> None:
        self._span = span
        self._token = token

    def end(self, *, method: str, route: str, status: int, request_id: str, trace_id: str) -> None:
        """The request has ended; ``status`` is 0 where nothing was sent."""
        detach(self._token)
        self._span.update_name(f"{method} {route}")
        self._span.set_attributes({"http.route": route, "hansang.request_id": request_id})
        if status:
            self._span.set_attribute("http.response.status_code", status)
        if trace_id:
            self._span.set_attribute("hansang.trace_id", trace_id)
        if status >= 500:
            self._span.set_attribute("error.type", str(status))
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


class Tracing:
    """Begins spans. Safe to use from several threads; ``close`` sends what is left."""

    def __init__(
        self, provider: TracerProvider, *, texts: bool = False, close: Callable[[], None] = lambda: None
    ) -> None:
        version = versions().get(NAME, "")
        self._tracer = provider.get_tracer(NAME, version, schema_url=SCHEMA)
        self._texts = texts
        self._close = close

    def request(self, scope: Scope) -> RequestSpan | None:
        """Begin the span of a request; None for what isn't of the API. To be ended by the task that began it.

        A caller's ``traceparent`` is its parent. The address isn't told, only the route: it may hold a name.
        """
        if not scope["path"].startswith("/v1/"):
            return None
        parent = propagate.extract(Headers(scope=scope))
        attributes = {"http.request.method": scope["method"], "url.scheme": scope.get("scheme", "http")}
        span = self._tracer.start_span(scope["method"], parent, SpanKind.SERVER, attributes)
        return RequestSpan(span, attach(set_span_in_context(span, parent)))

    def question(self) -> QuestionSpans:
        """Begin the span of a question, a child of the request's where there is one."""
        return QuestionSpans(self._tracer, texts=self._texts)

    def close(self) -> None:
        """Send what is left, for ``CLOSE_SECONDS`` at most."""
        closing = threading.Thread(target=self._close, daemon=True, name="hansang-tracing")
        closing.start()
        closing.join(CLOSE_SECONDS)


def open_tracing(serving: Serving) -> Tracing | None:
    """What begins spans, as the settings say; None where tracing is off.

    Raises:
        TracingUnavailable: a package is missing, or the environment wants a protocol that we don't speak.
    """
    if serving.tracing == "off":
        return None
    check_protocol()
    try:  # an optional extra
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider as SdkProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise TracingUnavailable(
            reason=f"{error.name} 패키지가 없습니다", reason_en=f"the package {error.name} is missing",
            cure=f"`pip install {_PACKAGES}`를 실행하거나 service.tracing=off로 켜세요",
            cure_en=f"Run `pip install {_PACKAGES}`, or set service.tracing=off",
        ) from error  # fmt: skip
    ours = Resource({"service.name": NAME, "service.version": versions().get(NAME, "")})
    resource = Resource.create().merge(ours).merge(OTELResourceDetector().detect())  # whoever runs it has the last word
    provider = SdkProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider, texts=serving.tracing_texts == "yes", close=provider.shutdown)


def check_protocol() -> None:
    """Make sure that the environment wants no protocol that we don't speak.

    Raises:
        TracingUnavailable: it does.
    """
    for name in _PROTOCOLS:
        wanted = os.environ.get(name, "") or _SPOKEN
        if wanted != _SPOKEN:
            raise TracingUnavailable(
                reason=f"{name}={wanted}은(는) 쓸 수 없는 프로토콜입니다",
                reason_en=f"{name}={wanted} is a protocol that isn't spoken here",
                cure=f"{name}={_SPOKEN}으로 바꾸거나 지우세요(포트는 보통 4318)",
                cure_en=f"Set {name}={_SPOKEN} or unset it (the port is 4318 as a rule)",
            )
