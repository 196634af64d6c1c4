"""Traces: all that is done for a sheet is one, told by ids, whoever tells of it and however often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions
from pipeline.custody.people import Role
from pipeline.errors import PipelineError, Unavailable
from pipeline.model import BatchId
from pipeline.ports.tracing import Answered, Tracing, Way
from pipeline.storage.traces import OtlpTraces
from pipeline.usecases.intake import take_in
from pipeline.usecases.jobs import perform
from pipeline.usecases.traced import TracedRunner, intake_told, traced_jobs
from pipeline.usecases.work import WorkerParts
from tests.fakes import FakeClock, FakeRunner, LinePages, line_flow
from tests.servers.collector import Collector, Told, collecting
from tests.unit.browsing import Pages
from tests.unit.jobbing import Works

FILES: dict[str, bytes | PipelineError] = {"Tremblay.pdf": b"form number=812345! plate=ABC123\nblank"}


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as made:
        yield made


def _parts(works: Works, tracing: Tracing) -> WorkerParts:
    return WorkerParts(works.archive.objects, LinePages(), line_flow, tracing)


def _rooted(spans: list[Told]) -> None:
    """One trace with one root, and every other span part of one that was told too."""
    known = {its.span for its in spans}
    assert len(known) == len(spans)
    assert len({its.trace for its in spans}) == 1
    assert [its.name for its in spans if its.part_of not in known] == ["intake"]


def test_what_workers_do_for_a_sheet_is_one_trace_whatever_comes_twice(collector: Collector, tmp_path: Path) -> None:
    works = Works.make(tmp_path)
    archive, clock = works.archive, works.clock
    here, there = (OtlpTraces(collector.url, part=part) for part in ("worker", "reader"))
    runner = FakeRunner(_parts(works, there))
    doing = traced_jobs(
        partial(perform, desk=works.desk(runner=runner)), records=archive.records, clock=clock, tracing=here
    )
    began_at = clock.now()
    batch = works.take(FILES)
    for _ in range(9):
        for job in archive.records.jobs.of_batch(batch):
            doing(job.id)
            doing(job.id)
    intake_told(batch, began_at=began_at, ended_at=clock.now(), tracing=here)
    here.close()
    there.close()

    spans = collector.spans()
    _rooted(spans)
    names = Counter(its.name for its in spans)
    assert names["job split"] == names["job pair"] == names["job assemble"] == names["split"] == 1
    assert names["job sheet"] == names["read"] == 2
    assert names["attempt"] == sum(count for name, count in names.items() if name.startswith("job "))
    sheet = next(its for its in spans if its.name == "job sheet")
    read = next(its for its in spans if its.part_of == sheet.span and its.name == "read")
    assert {its.name for its in spans if its.part_of == read.span} == {"fetch", "store"}
    assert {its.service for its in spans} == {"constat-worker", "constat-reader"}


def test_what_one_command_does_is_one_trace_and_no_value_is_in_it(collector: Collector, tmp_path: Path) -> None:
    works = Works.make(tmp_path)
    archive, clock = works.archive, works.clock
    tracing = OtlpTraces(collector.url, part="intake")
    runner = TracedRunner(FakeRunner(_parts(works, tracing)), clock, tracing)
    batch = take_in(archive.listing(FILES), BatchOptions(), keeping=archive.keeping, runner=runner)
    intake_told(batch, began_at=clock.now(), ended_at=clock.now(), tracing=tracing)
    tracing.close()

    _rooted(collector.spans())
    sent = b"".join(collector.received)
    assert batch.encode() in sent
    for value in (b"812345", b"ABC123", b"Tremblay"):
        assert value not in sent


def test_a_step_that_fails_is_told_by_its_code(collector: Collector, tmp_path: Path) -> None:
    tracing = OtlpTraces(collector.url, part="reader")
    with pytest.raises(Unavailable), tracing.step("store", Way(BatchId("2026-11-28-001"))):
        raise Unavailable("disk_full", path="/srv/Tremblay")
    tracing.close()

    assert [its.failed for its in collector.spans()] == ["disk_full"]
    assert b"Tremblay" not in collector.received[0]


def test_each_request_is_told_by_its_route_as_part_of_what_asked_and_no_value_is_in_it(
    collector: Collector, tmp_path: Path
) -> None:
    pages = Pages.make(tmp_path)
    pages.take("form number=812345! date=2026-03-14")
    tracing = OtlpTraces(collector.url, part="serve")
    pages.parts = replace(pages.parts, tracing=tracing)
    chief = pages.signed_in("chief", Role.SUPERVISOR).client
    outer, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    # Not even whoever asks to be left out is.
    asked = {"traceparent": f"00-{outer}-{span}-00"}
    chief.get("/statements/812345?from=812345", headers=asked)
    chief.get("/api/v1/statements/812345", headers={"traceparent": "812345"})
    chief.get("/x/812345")
    chief.request("SECRET", "/x")
    tracing.close()

    told = collector.spans()[-4:]
    assert [(its.name, dict(its.facts)["http.response.status_code"]) for its in told] == [
        ("GET /statements/{number}", "200"),
        ("GET /api/v1/statements/{number}", "401"),
        ("GET unmatched", "404"),
        ("_OTHER unmatched", "403"),
    ]
    assert (told[0].trace, told[0].part_of) == (outer, span)
    assert [its.part_of for its in told[1:]] == [""] * 3
    assert len({its.trace for its in told}) == 4
    assert {its.service for its in told} == {"constat-serve"}
    sent = b"".join(collector.received)
    for value in (b"812345", b"chief", b"SECRET", b"from="):
        assert value not in sent


@pytest.mark.parametrize(("status", "failed"), [(200, ""), (404, ""), (503, "503"), (0, "0")])
def test_a_fault_of_ours_is_told_as_one_and_what_was_asked_wrongly_is_not(
    status: int, failed: str, collector: Collector
) -> None:
    tracing, now = OtlpTraces(collector.url, part="serve"), FakeClock().now()
    tracing.answered(Answered("/statements/{number}", "GET", status, now, now))
    tracing.close()

    assert [its.failed for its in collector.spans()] == [failed]
