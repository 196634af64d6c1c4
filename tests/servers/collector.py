"""A collector of traces: an HTTP server that takes what OpenTelemetry sends and keeps it."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue


@dataclass(frozen=True, slots=True)
class Told:
    """A span as it was sent; `part_of` is empty for a root."""

    service: str
    name: str
    trace: str
    span: str
    part_of: str
    facts: tuple[tuple[str, str], ...]
    took_ns: int
    failed: str


@dataclass
class Collector:
    url: str = ""
    received: list[bytes] = field(default_factory=list)

    def spans(self) -> list[Told]:
        return [told for body in self.received for told in _spans(body)]


@contextmanager
def collecting() -> Iterator[Collector]:
    made = Collector()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, made))
    made.url = f"http://127.0.0.1:{server.server_address[1]}/v1/traces"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, collector: Collector, *arguments: object) -> None:
        self._collector = collector
        super().__init__(*arguments)  # type: ignore[arg-type]  # what the server hands on

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        self._collector.received.append(body)
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def _spans(body: bytes) -> Iterator[Told]:
    request = ExportTraceServiceRequest.FromString(body)
    for resource in request.resource_spans:
        service = next(its.value.string_value for its in resource.resource.attributes if its.key == "service.name")
        for scope in resource.scope_spans:
            for its in scope.spans:
                facts = tuple((fact.key, _value(fact.value)) for fact in its.attributes)
                took_ns = its.end_time_unix_nano - its.start_time_unix_nano
                yield Told(
                    service,
                    its.name,
                    its.trace_id.hex(),
                    its.span_id.hex(),
                    its.parent_span_id.hex(),
                    facts,
                    took_ns,
                    its.status.message,
                )


def _value(its: AnyValue) -> str:
    return str(its.int_value) if its.HasField("int_value") else its.string_value
