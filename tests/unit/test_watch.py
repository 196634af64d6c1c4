"""What watches a process: alive, ready, numbers; by codes and names of the program alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from pipeline.custody.people import Role
from pipeline.errors import OperatorError, Unavailable
from pipeline.usecases.readiness import Obstacle, Probe, Readiness
from pipeline.usecases.site_gauges import site_gauges
from pipeline.web.meters import SiteMeter
from pipeline.web.watch import WatchServer
from tests.unit.browsing import Pages

FORM = "form number=812345! date=2026-03-14"


def _answers() -> None:
    pass


def _fails(error: Exception) -> Probe:
    def probe() -> None:
        raise error

    return probe


class _Seconds:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_whatever_is_in_the_way_is_named_with_its_code() -> None:
    probes = {
        "database": _fails(Unavailable("database_unreachable", host="db.court.example")),
        "objects": _fails(ValueError("secret")),
        "broker": _answers,
    }
    found = Readiness(probes, now_s=_Seconds()).look()

    assert found.obstacles == (Obstacle("database", "database_unreachable"), Obstacle("objects", "probe_failed"))
    assert not found.ready


def test_a_part_that_hangs_holds_no_answer_and_is_not_asked_again() -> None:
    release, asked = threading.Event(), []

    def hangs() -> None:
        asked.append(1)
        release.wait(30)

    readiness = Readiness({"objects": hangs}, now_s=_Seconds(), patience_s=0.01)
    first, second = readiness.look(), readiness.look()
    release.set()

    assert first.obstacles == second.obstacles == (Obstacle("objects", "no_answer"),)
    assert len(asked) == 1


def test_answers_are_kept_for_a_moment_only() -> None:
    clock, asked = _Seconds(), []
    readiness = Readiness({"database": lambda: asked.append(1)}, now_s=clock)
    readiness.look()
    readiness.look()
    clock.now_s = 10.0
    readiness.look()

    assert len(asked) == 2


@pytest.fixture
def watched() -> Iterator[tuple[str, dict[str, Probe]]]:
    """An address, and what is asked there."""
    probes: dict[str, Probe] = {"database": _answers}
    readiness = Readiness({"database": lambda: probes["database"]()}, now_s=_Seconds(), kept_s=-1.0)
    server = WatchServer("127.0.0.1:0", readiness=readiness, meters=(CollectorRegistry(),))
    server.start()
    yield f"http://127.0.0.1:{server.port}", probes
    server.close()


def test_a_process_lives_whatever_it_lacks_and_is_ready_when_it_lacks_nothing(
    watched: tuple[str, dict[str, Probe]],
) -> None:
    address, probes = watched
    assert httpx2.get(f"{address}/ready").json() == {"ready": True, "parts": {"database": "ok"}}

    probes["database"] = _fails(OperatorError("database_refused", user="constat"))
    answer = httpx2.get(f"{address}/ready")

    assert (answer.status_code, answer.json()["parts"]) == (503, {"database": "database_refused"})
    assert httpx2.get(f"{address}/health").text == "ok\n"
    assert httpx2.get(f"{address}/metrics").status_code == 200
    assert httpx2.get(f"{address}/etc").status_code == 404
    assert httpx2.head(f"{address}/health").content == b""


def test_an_address_that_is_taken_is_named(watched: tuple[str, dict[str, Probe]]) -> None:
    with pytest.raises(Unavailable, match="port_in_use"):
        WatchServer(watched[0].removeprefix("http://"), readiness=Readiness({}, now_s=_Seconds()), meters=())


def test_the_pages_live_while_the_database_is_away_and_say_that_they_are_not_ready(tmp_path: Path) -> None:
    pages = Pages.make(tmp_path)
    away = Readiness({"database": _fails(Unavailable("database_unreachable"))}, now_s=_Seconds())
    pages.parts = replace(pages.parts, readiness=away)
    browser = pages.browser()

    answer = browser.get("/ready")

    assert browser.get("/health").status_code == 200
    assert (answer.status_code, answer.json()["ready"]) == (503, False)


def test_requests_are_counted_by_route_and_never_by_what_stands_in_their_address(tmp_path: Path) -> None:
    pages = Pages.make(tmp_path)
    pages.take(FORM)
    chief = pages.signed_in("chief", Role.SUPERVISOR)
    for path in ("/statements/812345", "/statements/812345", "/api/v1/statements/812345", "/x/812345"):
        chief.get(path)
    chief.client.head("/statements/812345")
    chief.client.request("SECRET", "/statements/812345")

    counted = pages.parts.meter.registry

    def count(route: str, method: str, status: str) -> float | None:
        labels = {"route": route, "method": method, "status": status}
        return counted.get_sample_value("constat_http_requests_total", labels)

    assert count("/statements/{number}", "GET", "200") == 2
    assert count("/statements/{number}", "HEAD", "200") == 1
    assert count("/api/v1/statements/{number}", "GET", "401") == 1
    assert count("unmatched", "GET", "404") == 1
    labels = [str(its.labels) for metric in counted.collect() for its in metric.samples]
    assert not [its for its in labels if "812345" in its or "SECRET" in its]


def test_the_site_is_told_of_in_numbers(tmp_path: Path) -> None:
    pages = Pages.make(tmp_path)
    pages.take(FORM, "blank")
    registry = CollectorRegistry()
    now = pages.office.archive.keeping.clock.now()
    registry.register(SiteMeter(lambda: site_gauges(pages.records, now=now)))

    assert registry.get_sample_value("constat_site_up") == 1
    assert registry.get_sample_value("constat_ledger_entries") == len(list(pages.records.ledger()))
    assert registry.get_sample_value("constat_images", {"state": "ended"}) == 2
    assert registry.get_sample_value("constat_webhooks", {"state": "waiting"}) == 0
    assert registry.get_sample_value("constat_jobs", {"state": "dead"}) == 0
    assert (registry.get_sample_value("constat_open_tasks", {"queue": "reviewer"}) or 0) > 0
    assert registry.get_sample_value("constat_fields_today", {"decision": "accepted"}) is not None


def test_without_records_the_site_is_told_to_be_down() -> None:
    def away() -> None:
        raise Unavailable("database_unreachable")

    registry = CollectorRegistry()
    registry.register(SiteMeter(away))  # type: ignore[arg-type]  # it never returns

    assert registry.get_sample_value("constat_site_up") == 0
    assert registry.get_sample_value("constat_ledger_entries") is None
