"""Jobs of workers, for whoever runs the site: what is left to do, what was given up, and beginning it anew."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from pipeline.custody.people import Act
from pipeline.custody.queued import JobState
from pipeline.errors import OperatorError
from pipeline.model import Reason
from pipeline.usecases.jobs.telling import jobs_told, may_be_retried, retry
from pipeline.usecases.keeping import reason_of
from pipeline.web.admission import Parts, Who
from pipeline.web.pages import page
from pipeline.web.parts import WebParts
from pipeline.web.viewing import note_view

router = APIRouter()
_SHOWN = 50


class RetryForm(BaseModel):
    """Which job is begun anew."""

    job: str = ""


@router.get("/jobs", name="jobs.list")
def jobs(request: Request, parts: Parts, who: Who) -> Response:
    note_view("jobs", "administration", who=who, parts=parts)
    return _jobs_page(request, parts)


@router.post("/jobs", name="jobs.retry")
def retry_job(request: Request, parts: Parts, who: Who, form: Annotated[RetryForm, Form()]) -> Response:
    try:
        found = retry(form.job, by=who.name, keeping=parts.keeping)
    except OperatorError as error:
        return _jobs_page(request, parts, reasons=(reason_of(error),))
    note_view(found.id, "job_retried", who=who, parts=parts, act=Act.CHANGED)
    return RedirectResponse("/jobs?done=retried", status_code=303)


def age(since: datetime, now: datetime) -> tuple[str, int]:
    """The unit that a person would say it in, and how many."""
    passed = max(now - since, timedelta())
    for unit, length in (("days", timedelta(days=2)), ("hours", timedelta(hours=2)), ("minutes", timedelta(minutes=2))):
        if passed >= length:
            return unit, passed // (length / 2)
    return "seconds", int(passed.total_seconds())


def _jobs_page(request: Request, parts: WebParts, *, reasons: tuple[Reason, ...] = ()) -> Response:
    told = jobs_told(keeping=parts.keeping, most=_SHOWN)
    dead = jobs_told(keeping=parts.keeping, dead=True, most=_SHOWN)
    return page(
        request,
        "jobs.html",
        status=422 if reasons else 200,
        open=told,
        dead=dead,
        now=told.now,
        age=age,
        claimed=JobState.CLAIMED,
        may_be_retried=may_be_retried,
        reasons=reasons,
        done=request.query_params.get("done", ""),
    )
