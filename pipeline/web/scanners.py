"""Scanners that were measured: how each stands, what was found of it, and measuring one by a scan of the target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from pipeline.custody import plain_text
from pipeline.custody.people import Act, Permission
from pipeline.custody.qualifications import Qualification
from pipeline.custody.scanning import ColorMode, PaperSource, ScanWish
from pipeline.custody.transfer import Device
from pipeline.errors import InputRefused, OperatorError, PipelineError
from pipeline.imaging.target_limits import Judged, bound, judged, written
from pipeline.imaging.target_plan import SIZES_MM
from pipeline.model import Side
from pipeline.screens.target_page import target_pdf
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.layouts.desk import MOST_SCAN_BYTES, Upload
from pipeline.usecases.qualification import device_name, device_reports
from pipeline.usecases.qualifying import MeasuredSide, TargetFile, TargetReader, measures_from, note_repair, qualify
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.layouts import error_sentences, onward, text_of, uploads_of, working
from pipeline.web.pages import page, words_for
from pipeline.web.parts import WebParts
from pipeline.web.plots import Plot
from pipeline.web.refusal import Refusal, not_found
from pipeline.web.scanner_plots import contrast_plot, evenness_plot, tone_plot
from pipeline.web.viewing import note_view
from pipeline.web.words import Words
from pipeline.wiring import fonts

router = APIRouter()
MOST_UPLOADS: Final = 2
_LEAST_DPI, _MOST_DPI = 150, 1200
_DEVICE: Final = ("make", "model", "serial", "driver", "firmware")
_FIELDS: Final = (*_DEVICE, "dpi", "mode", "source")


@dataclass(frozen=True, slots=True)
class FigureLine:
    """A figure against its limit, as people read it."""

    its: Judged
    found: str
    limit: str


@dataclass(frozen=True, slots=True)
class SideShown:
    """One side that was measured, with its plots."""

    its: MeasuredSide
    lines: tuple[FigureLine, ...]
    contrast: Plot | None
    tone: Plot
    evenness: Plot | None


async def _form(request: Request) -> FormData:
    return await request.form()


Form = Annotated[FormData, Depends(_form)]


@router.get("/scanners", name="scanners.list")
def scanners(request: Request, parts: Parts, who: Who, like: str = "", done: str = "") -> Response:
    return _list_page(request, parts, who, given=_given_like(like, parts), done=done)


@router.get("/scanners/target.pdf", name="scanners.target")
def target_file(size: str = "letter") -> Response:
    if size not in SIZES_MM:
        raise not_found()
    headers = {"content-disposition": f'attachment; filename="target-{size}.pdf"'}
    return Response(target_pdf(size, fonts()), media_type="application/pdf", headers=headers)


@router.get("/scanners/measured/{name}", name="scanners.measured")
def measured(request: Request, parts: Parts, name: str) -> Response:
    row = _known(name, parts)
    words = words_for(request)
    sides = measures_from(row.measures)
    shown = [_side_shown(its, words) for its in sides]
    return page(request, "scanners_measured.html", row=row, sides=shown, device_name=device_name)


@router.post("/scanners", name="scanners.qualify")
def begin(request: Request, parts: Parts, who: Who, form: Form) -> Response:
    """Measures beside the pages; the answer leads to where its progress is shown."""
    words = words_for(request)
    given = {name: text_of(form, name)[:200] for name in _FIELDS}
    try:
        uploads = uploads_of(form, "scan", MOST_UPLOADS)
        device, wish = _asked(given, uploads)
        work = parts.measurings.begin(
            who.name,
            device_name(device),
            lambda: _qualified(uploads, device, wish, who.name, parts.keeping, parts.target_reader),
        )
    except PipelineError as error:
        return _list_page(request, parts, who, given=given, problems=error_sentences(error, words))
    note_view("scanners", "scanner_measured", who=who, parts=parts, act=Act.CHANGED)
    return RedirectResponse(f"/scanners/begun/{work.token}", status_code=303)


@router.get("/scanners/begun/{token}", name="scanners.begun")
def begun(request: Request, parts: Parts, who: Who, token: str) -> Response:
    work = parts.measurings.of(token, who.name)
    if work is None:
        raise not_found()
    if not work.done:
        return working(request, work, "measure", parts.measurings.seconds_of(work))
    if work.result is None:
        if "hx-request" in request.headers:
            return onward(request, request.url.path)
        problems = [] if work.error is None else error_sentences(work.error, words_for(request))
        return _list_page(request, parts, who, given=_given_like("", parts), problems=problems)
    return onward(request, f"/scanners/measured/{work.result.id}")


@router.post("/scanners/repaired", name="scanners.repaired")
def repaired(request: Request, parts: Parts, who: Who, form: Form) -> Response:
    key = text_of(form, "key")
    device = next((its.device for its in parts.keeping.records.qualifications.measured() if its.key == key), None)
    if device is None:
        raise not_found()
    try:
        note_repair(device, text_of(form, "note"), who=who.name, keeping=parts.keeping)
    except OperatorError as error:
        problems = error_sentences(error, words_for(request))
        return _list_page(request, parts, who, given=_given_like("", parts), problems=problems)
    note_view("scanners", "scanner_repaired", who=who, parts=parts, act=Act.CHANGED)
    return RedirectResponse("/scanners?done=repaired", status_code=303)


def _list_page(
    request: Request,
    parts: WebParts,
    who: Visitor,
    *,
    given: dict[str, str],
    problems: Sequence[str] = (),
    done: str = "",
) -> Response:
    keeping = parts.keeping
    return page(
        request,
        "scanners.html",
        status=422 if problems else 200,
        reports=device_reports(now=keeping.clock.now(), records=keeping.records, days=parts.scanner_rules.days),
        rules=parts.scanner_rules,
        given=given,
        problems=problems,
        done=done,
        manages=who.may(Permission.MANAGE_SCANNERS),
        device_name=device_name,
        sizes=tuple(SIZES_MM),
        sources=tuple(PaperSource),
        modes=(ColorMode.COLOR, ColorMode.GRAY),
        least_dpi=_LEAST_DPI,
        most_dpi=_MOST_DPI,
        most_mib=MOST_SCAN_BYTES // 2**20,
    )


def _given_like(name: str, parts: WebParts) -> dict[str, str]:
    """The form filled as for an earlier measurement; usual values where there is none of this name."""
    given = {**dict.fromkeys(_DEVICE, ""), "dpi": "300", "mode": "color", "source": "feeder_duplex"}
    for row in parts.keeping.records.qualifications.measured() if name else ():
        if row.id == name:
            device = {part: getattr(row.device, part) or "" for part in _DEVICE}
            return {**device, "dpi": str(row.wish.dpi), "mode": row.wish.mode, "source": row.wish.source}
    return given


def _asked(given: dict[str, str], uploads: Sequence[Upload]) -> tuple[Device, ScanWish]:
    """Raises OperatorError, InputRefused; Refusal for a form that was not filled in here."""
    if not uploads:
        raise OperatorError("web.scanners.no_file")
    for its in uploads:
        if len(its.data) > MOST_SCAN_BYTES:
            raise InputRefused("file_too_large", size_bytes=len(its.data), limit_bytes=MOST_SCAN_BYTES)
    dpi = given["dpi"]
    if not (dpi.isascii() and dpi.isdecimal() and len(dpi) < 5 and _LEAST_DPI <= int(dpi) <= _MOST_DPI):
        raise OperatorError("web.layouts.out_of_range", found=dpi[:20], least=_LEAST_DPI, most=_MOST_DPI)
    try:
        wish = ScanWish(source=PaperSource(given["source"]), dpi=int(dpi), mode=ColorMode(given["mode"]))
    except ValueError as error:
        raise Refusal(422, "web.form_out_of_date") from error
    device = Device(*(plain_text(given[part]) or None for part in _DEVICE))
    if not (device.make or device.model):
        raise OperatorError("target_device_unknown")
    return device, wish


def _qualified(
    uploads: Sequence[Upload], device: Device, wish: ScanWish, by: str, keeping: Keeping, reader: TargetReader
) -> Qualification:
    sides = (Side.FRONT, Side.BACK) if wish.source is PaperSource.FEEDER_DUPLEX else (Side.FRONT,)
    with TemporaryDirectory(prefix="constat-") as folder:
        files = []
        for number, its in enumerate(uploads):
            path = Path(folder, str(number))
            path.write_bytes(its.data)
            files.append(TargetFile(path, its.name, (sides * MOST_UPLOADS)[number % len(sides) :]))
        return qualify(files, device, wish, who=by, reader=reader, keeping=keeping)


def _side_shown(its: MeasuredSide, words: Words) -> SideShown:
    lines = tuple(_line(one, words) for one in judged(its.measures) if one.found is not None)
    return SideShown(
        its,
        lines,
        contrast_plot(its.measures, words.number),
        tone_plot(its.measures, words.number),
        evenness_plot(its.measures, words.number),
    )


def _line(its: Judged, words: Words) -> FigureLine:
    unit = words(f"target.unit.{its.limit.unit}")
    found = "" if its.found is None else words("target.value", value=written(its.limit, its.found), unit=unit)
    sign = "≥" if its.limit.least else "≤"
    return FigureLine(its, found, f"{sign} {words('target.value', value=bound(its.limit), unit=unit)}")


def _known(name: str, parts: WebParts) -> Qualification:
    for row in parts.keeping.records.qualifications.measured():
        if row.id == name:
            return row
    raise not_found()
