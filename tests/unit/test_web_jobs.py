"""The page of jobs: what waits, what was given up and why, and beginning it anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.custody.people import Role
from pipeline.custody.queued import JobId, JobKind, JobState, QueuedJob, job_id
from pipeline.model import BatchId, Reason
from pipeline.usecases.jobs.making import job_of
from pipeline.web.jobs import age
from tests.unit.browsing import Pages

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
FORM = "form number=812345! date=2026-03-14,2026-08-14 name=?"
FAULT = Reason("job_failed", (("kind", "KeyError"),))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    return Pages.make(tmp_path_factory.mktemp("pages"))


def _job(pages: Pages, kind: JobKind, subject: str, batch: BatchId, **changes: object) -> JobId:
    row = pages.records.batch(batch)
    assert row is not None
    made: QueuedJob = replace(job_of(kind, subject, row, NOON), **changes)  # type: ignore[arg-type]  # its fields
    with pages.records.transaction() as change:
        change.jobs.add((made,))
    return made.id


def test_what_was_given_up_is_told_with_its_reason_and_begun_anew(pages: Pages) -> None:
    batch = pages.take(FORM)
    dead = _job(pages, JobKind.ASSEMBLE, batch, batch, state=JobState.DEAD, attempts=5, reason=FAULT)
    sheet = _job(pages, JobKind.SHEET, f"{batch}/1", batch, state=JobState.DEAD, reason=Reason("worker_died"))
    browser = pages.signed_in("alain", Role.ADMIN)

    shown = browser.get("/jobs").text
    assert "KeyError" in shown
    assert shown.count('name="job"') == 1
    assert browser.post("/jobs", job=sheet).status_code == 422
    assert browser.post("/jobs", job="none").status_code == 422
    assert browser.post("/jobs", job=dead).status_code == 303

    found = pages.records.jobs.job(dead)
    assert found is not None
    assert (found.state, found.attempts, found.reason) == (JobState.WAITING, 0, None)
    entry = next(its for its in pages.records.ledger() if its.kind == "job_retried")
    assert (entry.subject, "alain" in entry.body) == (dead, True)
    assert browser.post("/jobs", job=dead).status_code == 422
    assert job_id(JobKind.ASSEMBLE, batch) == dead


@pytest.mark.parametrize(
    ("passed", "told"),
    [
        (timedelta(seconds=119), ("seconds", 119)),
        (timedelta(minutes=119), ("minutes", 119)),
        (timedelta(hours=47), ("hours", 47)),
        (timedelta(days=2), ("days", 2)),
        (timedelta(seconds=-1), ("seconds", 0)),
    ],
)
def test_an_age_is_told_in_the_unit_that_a_person_would_say(passed: timedelta, told: tuple[str, int]) -> None:
    assert age(NOON, NOON + passed) == told
