"""The forms that are known, drafts of new editions, and how a draft is begun from the scan of a blank form."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData, UploadFile

from pipeline.custody import plain_text
from pipeline.custody.layouts import Edition
from pipeline.errors import IntegrityError, PipelineError, Unavailable
from pipeline.model import Document, Language, Layout, LayoutId, Reason, Side
from pipeline.templates.problem import LayoutInvalid
from pipeline.usecases.layouts import Refused, begin_draft, drafts
from pipeline.usecases.layouts.desk import MOST_PIXELS, MOST_SCAN_BYTES, BlankScan, Upload
from pipeline.usecases.layouts.drafting import require_new_id
from pipeline.usecases.layouts.editions import editions
from pipeline.web.admission import Parts, Who
from pipeline.web.layout_editor_view import problem_said, said
from pipeline.web.layouts_work import Work
from pipeline.web.pages import page, words_for
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal, not_found
from pipeline.web.words import Words

router = APIRouter()
T = TypeVar("T")
LEAST_DPI, MOST_DPI = 100, 1200
MOST_PAGES = 5000
MOST_NAME_CHARACTERS = 120
_MIB = 1024 * 1024
_TOLD = frozenset({"bench_busy", "bench_timed_out", "bench_died", "web.layouts.busy", "web.fault"})
_LOG = logging.getLogger("constat.web")


@dataclass(frozen=True, slots=True)
class KnownLine:
    """A form of the list, and the edition that it is, where it was put in force as a draft."""

    layout: Layout
    edition: Edition | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """The forms of one schedule and document."""

    schedule: str
    document: str
    lines: tuple[KnownLine, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """What a person typed, to be shown again where it was not taken."""

    page: str = "1"
    dpi: str = ""
    like: str = ""
    language: str = "fr"
    edition: str = ""


async def _form(request: Request) -> FormData:
    return await request.form()


Form = Annotated[FormData, Depends(_form)]


def text_of(form: FormData, name: str) -> str:
    """A field of a form without spaces around it; empty for a file and for what is not there."""
    found = form.get(name)
    return found.strip() if isinstance(found, str) else ""


@router.get("/layouts", name="layouts.list")
def known_layouts(request: Request, parts: Parts) -> Response:
    found = drafts(records=parts.drafting.keeping.records.layouts)
    newest = sorted(found, key=lambda its: its.saved_at, reverse=True)
    return page(request, "layouts.html", drafts=newest, groups=groups_of(parts))


def groups_of(parts: WebParts) -> tuple[Group, ...]:
    """Every form there is, by schedule and document."""
    forms = parts.drafting.forms()
    records = parts.drafting.keeping.records.layouts
    drawn = {its.layout: its for its in editions(records=records)}
    lines: dict[tuple[str, str], list[KnownLine]] = {}
    for name, layout in sorted(forms.layouts.items(), key=lambda its: _as_in_the_schedules(its[1])):
        line = KnownLine(layout, drawn.get(LayoutId(name)))
        lines.setdefault((layout.schedule.value, layout.document.value), []).append(line)
    return tuple(Group(schedule, document, tuple(its)) for (schedule, document), its in lines.items())


def _as_in_the_schedules(layout: Layout) -> tuple[str, bool, str, bool, bool]:
    """As in the Regulation: the statement before what comes back, front before back, French before English."""
    return (
        layout.schedule.value,
        layout.document is not Document.STATEMENT,
        layout.edition,
        layout.side is not Side.FRONT,
        layout.language is not Language.FR,
    )


@router.get("/layouts/new", name="layouts.new")
def new_draft(request: Request, parts: Parts, like: str = "") -> Response:
    known = LayoutId(like) in parts.drafting.forms().layouts
    language = like.partition("@")[0].rpartition(".")[2] if known else words_for(request).language
    return _new_page(request, parts, Given(like=like if known else "", language=language))


def _new_page(
    request: Request, parts: WebParts, given: Given, problems: Sequence[str] = (), status: int = 200
) -> Response:
    return page(
        request,
        "layouts_new.html",
        status=status,
        given=given,
        groups=groups_of(parts),
        problems=problems,
        most_mib=MOST_SCAN_BYTES // _MIB,
        most_pixels=MOST_PIXELS // 1_000_000,
        least_dpi=LEAST_DPI,
        most_dpi=MOST_DPI,
    )


@router.post("/layouts/new", name="layouts.begin")
def begin(request: Request, parts: Parts, who: Who, form: Form) -> Response:
    """Looks at the scan beside the pages; the answer leads to where its progress is shown."""
    words = words_for(request)
    given = Given(*(text_of(form, name) for name in ("page", "dpi", "like", "language", "edition")))
    try:
        blank = _blank(form, given, parts)
        work = parts.beginnings.begin(
            who.name, blank.layout, lambda: begin_draft(blank, who=who.name, desk=parts.drafting)
        )
    except PipelineError as error:
        return _new_page(request, parts, given, error_sentences(error, words), status=422)
    return RedirectResponse(f"/layouts/begun/{work.token}", status_code=303)


def _blank(form: FormData, given: Given, parts: WebParts) -> BlankScan:
    """Raises OperatorError, Refusal: as `require_new_id`; no file, numbers that are none."""
    upload = uploads_of(form, "scan", 1)
    if not upload:
        raise Refusal(422, "web.layouts.no_file")
    number = _whole(given.page or "1", 1, MOST_PAGES)
    dpi = _whole(given.dpi, LEAST_DPI, MOST_DPI) if given.dpi else None
    face = given.like.partition("@")[0].rpartition(".")[0]
    named = require_new_id(f"{face}.{given.language}@{given.edition}", like=given.like, desk=parts.drafting)
    return BlankScan(upload[0], named, LayoutId(given.like), number, None if dpi is None else float(dpi))


def _whole(text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and least <= int(text) <= most):
        raise Refusal(422, "web.layouts.out_of_range", {"found": text[:20], "least": least, "most": most})
    return int(text)


def uploads_of(form: FormData, name: str, most: int) -> tuple[Upload, ...]:
    """The files of a field that have content. Their names are shown and are no paths."""
    files = [its for its in form.getlist(name) if isinstance(its, UploadFile)][: most + 1]
    found = ((its.filename or "", its.file.read(MOST_SCAN_BYTES + 1)) for its in files)
    return tuple(Upload(plain_text(shown)[-MOST_NAME_CHARACTERS:], data) for shown, data in found if data)


@router.get("/layouts/begun/{token}", name="layouts.begun")
def begun(request: Request, parts: Parts, who: Who, token: str) -> Response:
    work = parts.beginnings.of(token, who.name)
    if work is None:
        raise not_found()
    if not work.done:
        return working(request, work, "begin", parts.beginnings.seconds_of(work))
    if work.result is None:
        return failed(request, work, "/layouts/new")
    return onward(request, f"/layouts/drafts/{work.result.id}?done=begun")


def working(request: Request, work: Work[T], sort: str, seconds: float) -> Response:
    """How long it has been; asked for again each second by a script, every three without one."""
    template = "layouts_working.html" if "hx-request" in request.headers else "layouts_work.html"
    return page(request, template, sort=sort, seconds=int(seconds), subject=work.subject)


def failed(request: Request, work: Work[T], again: str) -> Response:
    if "hx-request" in request.headers:
        return onward(request, request.url.path)
    problems = [] if work.error is None else error_sentences(work.error, words_for(request))
    return page(request, "layouts_failed.html", status=422, problems=problems, again=again)


def onward(request: Request, path: str) -> Response:
    if "hx-request" in request.headers:
        return Response(status_code=204, headers={"hx-redirect": path})
    return RedirectResponse(path, status_code=303)


def error_sentences(error: PipelineError, words: Words) -> list[str]:
    """What went wrong, with every problem of a layout file where that is it. What the system said of itself, and where
    things lie, is for whoever runs the server."""
    if error.code == "data_dir_busy":
        return [words(error.code, path=PurePath(str(error.params.get("path", ""))).name)]
    if isinstance(error, IntegrityError | Unavailable) and error.code not in _TOLD:
        _LOG.error("layouts_failed", extra={"error": error})
        return [words("web.unavailable" if isinstance(error, Unavailable) else "web.not_in_order")]
    problems = error.problems if isinstance(error, LayoutInvalid) else ()
    return [said(error.code, error.params, words), *(problem_said(its, words) for its in problems)]


def reason_sentences(reasons: Sequence[Reason], words: Words) -> list[str]:
    return [said(its.code, dict(its.params), words) for its in reasons]


def refusal_sentences(refused: Refused, words: Words) -> tuple[str, ...]:
    return (*reason_sentences(refused.reasons, words), *(problem_said(its, words) for its in refused.problems))
