"""Numbers of requests and of the site for Prometheus. Labels are names of the program: routes, codes, states."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.errors import PipelineError
from pipeline.usecases.site_gauges import SiteGauges
from pipeline.web.routes import route_of

_BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_GAUGES_KEPT_S: Final = 5.0


class RequestMeter:
    """Counts requests by route, method and status, and how long they took."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "constat_http_requests",
            "Requests answered.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "constat_http_request_seconds",
            "From the request to the last byte of its answer.",
            ("route",),
            buckets=_BUCKETS_S,
            registry=self.registry,
        )

    def count(self, route: str, method: str, status: int, took_s: float) -> None:
        self._requests.labels(route, method if method in METHODS else "other", str(status)).inc()
        self._seconds.labels(route).observe(took_s)


class Measured:
    """Around the whole application: counts what it answers."""

    def __init__(self, app: ASGIApp, meter: RequestMeter) -> None:
        self._app = app
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun_s, status = time.perf_counter(), 0

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, seen)
        finally:
            # 0: the connection was lost before anything was answered.
            self._meter.count(route_of(scope), scope["method"], status, time.perf_counter() - begun_s)


class SiteMeter:
    """Collects the gauges of the site when somebody asks, at most every few seconds.

    Where the records cannot be read there are none, and `constat_site_up` is 0.
    """

    def __init__(self, gauges: Callable[[], SiteGauges]) -> None:
        self._gauges = gauges
        self._kept: tuple[float, SiteGauges] | None = None

    def collect(self) -> Iterable[Metric]:
        try:
            its = self._now()
        except PipelineError:
            yield GaugeMetricFamily("constat_site_up", "Whether the records can be read.", value=0)
            return
        yield GaugeMetricFamily("constat_site_up", "Whether the records can be read.", value=1)
        yield GaugeMetricFamily("constat_ledger_entries", "Entries of the ledger.", value=its.ledger_entries)
        yield GaugeMetricFamily("constat_open_batches", "Batches that are not closed.", value=its.open_batches)
        yield _by("constat_jobs", "Jobs of workers.", "state", its.jobs)
        yield GaugeMetricFamily("constat_oldest_job_seconds", "Age of the oldest open job.", value=its.oldest_job_s)
        yield _by("constat_images", "Images of open batches.", "state", its.images)
        yield _by("constat_open_tasks", "Questions to people.", "queue", its.tasks)
        yield _by("constat_fields_today", "Fields of paper that came in today.", "decision", its.fields_today)
        yield _by("constat_webhooks", "Messages of webhooks.", "state", its.webhooks)
        yield GaugeMetricFamily(
            "constat_oldest_webhook_seconds", "Age of the oldest waiting message.", value=its.oldest_webhook_s
        )

    def _now(self) -> SiteGauges:
        if self._kept is None or time.monotonic() - self._kept[0] > _GAUGES_KEPT_S:
            self._kept = (time.monotonic(), self._gauges())
        return self._kept[1]


def _by(name: str, help_text: str, label: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=(label,))
    for its, value in sorted(values.items()):
        family.add_metric((its,), value)
    return family
