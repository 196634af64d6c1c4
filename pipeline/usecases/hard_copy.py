"""A hard copy of what is kept under a number: made, checked, signed, and checked again before anyone gets it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.custody import PageRole
from pipeline.errors import InvariantBroken
from pipeline.model import Kind, Language, Layout, LayoutId, PageId
from pipeline.ports import PdfSigner
from pipeline.screens.hard_copy import Form, HardCopy, chosen, hard_copy
from pipeline.screens.hard_copy_terms import FormSource, Terms
from pipeline.screens.page_screen import PageScreen
from pipeline.screens.pdf_archive import FLAT, LAYERED, Part
from pipeline.screens.pdf_check import check_pdf
from pipeline.templates.fonts import Fonts
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.page_screens import Label, page_screens
from pipeline.usecases.retrieve import StatementReport
from pipeline.usecases.unaltered import require_unaltered


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """What pages are drawn with: layouts by id, typefaces, and names of particulars for people."""

    layouts: Mapping[LayoutId, Layout]
    fonts: Fonts
    label: Label


def export_hard_copy(
    report: StatementReport,
    terms: Terms,
    *,
    keeping: Keeping,
    drawing: Drawing,
    signer: PdfSigner | None,
    all_forms: bool = False,
) -> HardCopy:
    """The hard copy of a statement's document, signed where there is a signer.

    Pages in exception are left out; the mark of every page and the value returned say so.

    Args:
        terms: whose issuer, number, language, time and signature are set here, from what is kept.
        all_forms: of a statement with several counts or defendants all forms, by their number (ss. 12, 13).

    Raises:
        OperatorError: `hard_copy_nothing`; as `page_screens` and `PdfSigner.sign`.
        InputRefused: `hard_copy_too_large`.
        IntegrityError: as `page_screens` and `require_unaltered`.
        Unavailable: as `PdfSigner.sign`.
        InvariantBroken: `hard_copy_faulty`, what was made is no archive file; nothing is handed out.
    """
    reports = sorted((report, *report.others), key=_identity) if all_forms else (report,)
    for each in reports:
        require_unaltered(each, records=keeping.records)
    terms = replace(terms, at=keeping.clock.now(), signed=signer is not None)
    left_out = tuple(page for each in reports for page in _unprocessed(each, terms))
    forms = tuple(_form(each, terms, keeping, drawing) for each in reports)
    made = replace(hard_copy(forms, layouts=drawing.layouts, fonts=drawing.fonts), left_out=left_out)
    part = FLAT if terms.flat else LAYERED
    _require_sound(made.data, part)
    if signer is None:
        return made
    signed = signer.sign(made.data, reason=made.title)
    _require_sound(signed, part)
    return replace(made, data=signed)


def _identity(report: StatementReport) -> tuple[str, str]:
    its = report.statement
    return its.issuer, its.number or its.designation or its.id


def _form(report: StatementReport, terms: Terms, keeping: Keeping, drawing: Drawing) -> Form:
    issuer, number = _identity(report)
    missing = len(_unprocessed(report, terms))
    report = _without(report, frozenset(page.row.id for page in report.pages if page.outcome is None))
    screens = page_screens(report, layouts=drawing.layouts, keeping=keeping, label=drawing.label)
    screens = tuple(_worded(screen, report, drawing.label) for screen in screens)
    language = _language(screens, terms.language)
    named = replace(terms, issuer=issuer, number=number, language=language, missing_pages=missing)
    if report.electronic and terms.document is PageRole.STATEMENT:
        named = replace(named, electronic=True, source=FormSource.PREPROGRAMMED)
    return Form(named, chosen(screens, named))


def _unprocessed(report: StatementReport, terms: Terms) -> tuple[PageId, ...]:
    """Pages of the document asked for that are in exception: there is nothing to show of them."""
    its = report.statement
    pages = {PageRole.STATEMENT: its.pages, PageRole.RETURN: its.returns, PageRole.ENCLOSURE: its.enclosures}
    failed = {page.row.id for page in report.pages if page.outcome is None}
    return tuple(page for page in pages[terms.document] if page in failed)


def _without(report: StatementReport, pages: frozenset[PageId]) -> StatementReport:
    def kept(those: tuple[PageId, ...]) -> tuple[PageId, ...]:
        return tuple(page for page in those if page not in pages)

    parts = tuple(
        replace(part, pages=kept(part.pages), returns=kept(part.returns), enclosures=kept(part.enclosures))
        for part in report.parts
    )
    return replace(report, parts=parts)


def _worded(screen: PageScreen, report: StatementReport, label: Label) -> PageScreen:
    """The page screen with choices by the words of their marks, as the form has them, not by their names."""
    outcome = next((page.outcome for page in report.pages if page.row.id == screen.page), None)
    choices = {field.name for field in outcome.fields if field.kind is Kind.CHOICE} if outcome is not None else set()
    language = screen.language or Language.FR
    readings = tuple(
        replace(each, value=label(each.value, language))
        if each.name in choices and isinstance(each.value, str)
        else each
        for each in screen.readings
    )
    return replace(screen, readings=readings)


def _language(screens: Sequence[PageScreen], otherwise: Language) -> Language:
    """The language of the first page that has one."""
    return next((screen.language for screen in screens if screen.language is not None), otherwise)


def _require_sound(data: bytes, part: Part) -> None:
    findings = check_pdf(data, part)
    if findings:
        told = "; ".join(f"{each.code} {dict(each.params)}" for each in findings)
        raise InvariantBroken("hard_copy_faulty", findings=told)
