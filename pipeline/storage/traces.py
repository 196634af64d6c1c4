"""Traces for a collector (OpenTelemetry, OTLP over HTTP with Protocol Buffers). Loaded only where a site has one."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from multiprocessing.util import Finalize
from typing import Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from pipeline import __version__
from pipeline.errors import PipelineError
from pipeline.ports.tracing import Answered, Way

_PATIENCE_S: Final = 5.0
_PARENTS: Final = TraceContextTextMapPropagator()
_FAULTS_FROM: Final = 500
_DELAY_MS: Final = 500.0
"""Until what has ended is sent: a process that is killed loses no more than that of its trace, and nothing else."""


class OtlpTraces:
    """Fills `Tracing` and `RequestTracing`. What it holds when the process ends is sent then, also in processes of
    `multiprocessing`."""

    def __init__(self, url: str, *, part: str) -> None:
        """Args:
        url: as settings give it, with its path.
        part: what of the program this process is.
        """
        # A collector that is away is no fault of the work that goes on.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        self._ids = _Ids()
        self._provider = TracerProvider(
            sampler=ALWAYS_ON,
            resource=Resource.create({SERVICE_NAME: f"constat-{part}", SERVICE_VERSION: __version__}),
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        exporter = OTLPSpanExporter(endpoint=url, timeout=_PATIENCE_S)
        self._provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=_DELAY_MS))
        self._tracer = self._provider.get_tracer("constat", __version__)
        Finalize(None, self.close, exitpriority=20)

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()

    def tell(
        self, name: str, way: Way, *, began_at: datetime, ended_at: datetime, facts: tuple[tuple[str, str], ...] = ()
    ) -> None:
        with self._ids.wanted(way):
            attributes = {"constat.batch": way.batch, **{f"constat.{its}": value for its, value in facts}}
            span = self._tracer.start_span(name, _context(way), start_time=_ns(began_at), attributes=attributes)
        span.end(_ns(ended_at))

    @contextmanager
    def step(self, name: str, way: Way | None = None) -> Iterator[None]:
        if way is None and not get_current_span().is_recording():
            yield
            return
        with self._tracer.start_as_current_span(
            name, None if way is None else _context(way), record_exception=False, set_status_on_exception=False
        ) as span:
            if way is not None:
                span.set_attributes({"constat.batch": way.batch, "constat.job": way.part_of})
            try:
                yield
            except PipelineError as error:
                span.set_status(StatusCode.ERROR, error.code)
                raise

    def answered(self, its: Answered) -> None:
        # Only whoever asked says so much of itself: nobody may have a request left out, so its flags do not count.
        outer = _PARENTS.extract({"traceparent": its.parent}, Context())
        # Names of OpenTelemetry's conventions for HTTP servers.
        facts: dict[str, str | int] = {
            "http.request.method": its.method,
            "http.route": its.route,
            "http.response.status_code": its.status,
        }
        span = self._tracer.start_span(
            f"{its.method} {its.route}", outer, SpanKind.SERVER, start_time=_ns(its.began_at), attributes=facts
        )
        if not 0 < its.status < _FAULTS_FROM:
            span.set_status(StatusCode.ERROR, str(its.status))
        span.end(_ns(its.ended_at))


class _Ids(IdGenerator):
    """Random ids, but for spans that others name as theirs."""

    def __init__(self) -> None:
        self._random = RandomIdGenerator()
        self._wanted = threading.local()

    @contextmanager
    def wanted(self, way: Way) -> Iterator[None]:
        self._wanted.way = way
        try:
            yield
        finally:
            self._wanted.way = None

    def generate_span_id(self) -> int:
        way: Way | None = getattr(self._wanted, "way", None)
        return _span_id(way.batch, way.key) if way is not None and way.key else self._random.generate_span_id()

    def generate_trace_id(self) -> int:
        way: Way | None = getattr(self._wanted, "way", None)
        return self._random.generate_trace_id() if way is None else _trace_id(way.batch)


def _context(way: Way) -> Context:
    if not way.part_of:
        return Context()
    outer = SpanContext(
        _trace_id(way.batch),
        _span_id(way.batch, way.part_of),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
    return set_span_in_context(NonRecordingSpan(outer), Context())


def _trace_id(batch: str) -> int:
    return _number(f"trace {batch}", 16)


def _span_id(batch: str, key: str) -> int:
    return _number(f"span {batch} {key}", 8)


def _number(text: str, size_bytes: int) -> int:
    # 0 means none.
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:size_bytes], "big") or 1


def _ns(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000_000)
