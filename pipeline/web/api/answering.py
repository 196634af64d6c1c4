"""A statement's report as the court API tells it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from urllib.parse import quote, urlencode

from pipeline.conformity import Conformity, Finding
from pipeline.custody import ObjectRef, PageRole
from pipeline.custody.court import CourtNumber
from pipeline.model import MARK_KINDS, Decision, Field, Side
from pipeline.model import Reason as ModelReason
from pipeline.ocr.judge import ELECTRONIC_READER, LAYOUT_READER
from pipeline.statements.deadlines import DEADLINE, due_on
from pipeline.statements.review import kind_of_review
from pipeline.statements.rules import day_of, settled
from pipeline.usecases.manifest import face_of
from pipeline.usecases.report import PageReport
from pipeline.usecases.retrieve import StatementReport
from pipeline.web.api.models import (
    ConformityAnswer,
    Deadlines,
    FindingAnswer,
    Links,
    Origin,
    OtherForm,
    PageAnswer,
    Particular,
    Reason,
    Reference,
    RuleAnswer,
    Source,
    Standing,
    StatementAnswer,
    TransferAnswer,
)

ROOT = "/api/v1"
_NOT_READ = frozenset({LAYOUT_READER, ELECTRONIC_READER})


def address_of(number: str, issuer: str, part: str = "", **query: str) -> str:
    """Of a statement, or of a part of it."""
    asked = urlencode({**({"issuer": issuer} if issuer else {}), **query})
    return f"{ROOT}/statements/{quote(number, safe='')}{part}" + (f"?{asked}" if asked else "")


def statement_answer(
    report: StatementReport, history: tuple[CourtNumber, ...], *, fronts: bool = False
) -> StatementAnswer:
    """A statement with its court record numbers, oldest first.

    Args:
        fronts: without the backs of its pages and what is read on them.
    """
    its = report.statement
    pages = tuple(_placed(report))
    shown = [each for each in pages if not fronts or face_of(each[2]) is Side.FRONT]
    return StatementAnswer(
        issuer=its.issuer,
        number=its.number,
        designation=its.designation,
        schedule=its.schedule,
        origin=Origin.ELECTRONIC if report.electronic else Origin.PAPER,
        state=its.state,
        received_on=its.received_on,
        answer=report.answer,
        court_record_number=history[-1].number if history else None,
        deadlines=_deadlines(report),
        conformity=_whole(page.outcome.conformity for _, _, page in pages if page.outcome is not None),
        rules=[RuleAnswer(id=rule.id, verdict=rule.verdict, fields=list(rule.fields)) for rule in its.rules],
        reasons=reasons_of(its.reasons),
        pages=[_page(role, position, page, report) for role, position, page in shown],
        waiting_since=report.waiting_since,
        missing_forms=list(report.forms.missing) if report.forms else [],
        other_forms=[_other(other) for other in report.others],
        transfers=[
            TransferAnswer(subject=each.subject, batch=each.batch, sha256=each.digest) for each in report.transfers
        ],
        links=_links(report, fronts=fronts),
    )


def named(report: StatementReport) -> str:
    """What its addresses name it by."""
    return report.statement.number or report.statement.designation or ""


def screen_page(report: StatementReport, document: PageRole, side: Side, position: int) -> PageReport | None:
    """A page by what it is and its place among those, from 1; null where there is none."""
    for role, place, page in _placed(report):
        if (role, page.row.side, place) == (document, side, position):
            return page
    return None


def _placed(report: StatementReport) -> Iterator[tuple[PageRole, int, PageReport]]:
    """In the order of the paper, with the place of each among the pages of its document and side, from 1."""
    reports = {page.row.id: page for page in report.pages}
    counted: dict[tuple[PageRole, Side], int] = {}
    for role, page in report.in_order():
        if page in reports:
            its = reports[page]
            counted[role, its.row.side] = counted.get((role, its.row.side), 0) + 1
            yield role, counted[role, its.row.side], its


def _links(report: StatementReport, *, fronts: bool) -> Links:
    its, name = report.statement, named(report)
    return Links(
        self=address_of(name, its.issuer),
        court_record_number=None if its.number is None else address_of(name, its.issuer, "/court-record-number"),
        hard_copy=address_of(name, its.issuer, "/hard-copy"),
        proof=address_of(name, its.issuer, "/proof"),
        all_pages=address_of(name, its.issuer, pages="all") if fronts else None,
        manifest=address_of(name, its.issuer, "/manifest"),
    )


def _other(report: StatementReport) -> OtherForm:
    its = report.statement
    href = None if its.number is None else address_of(its.number, its.issuer)
    return OtherForm(number=its.number, state=its.state, href=href)


def _deadlines(report: StatementReport) -> Deadlines:
    fields = (field for page in report.pages if page.outcome for field in page.outcome.fields)
    served = [field for field in fields if field.name == "service_date"]
    days = {day for field in served if (day := day_of(settled(field)))}
    unsure = any(field.decision is Decision.REVIEW for field in served)
    service: date | None = days.pop() if len(days) == 1 and not unsure else None
    verdicts = [rule.verdict for rule in report.statement.rules if rule.id == DEADLINE]
    return Deadlines(
        service_date=service,
        plea_due_on=None if service is None else due_on(service),
        verdict=verdicts[-1] if verdicts else None,
    )


def _page(role: PageRole, position: int, page: PageReport, report: StatementReport) -> PageAnswer:
    row, outcome = page.row, page.outcome
    screen = address_of(
        named(report), report.statement.issuer, f"/page-screens/{role}/{row.side}", position=str(position)
    )
    return PageAnswer(
        id=row.id,
        document=role,
        side=row.side,
        position=position,
        sheet=row.sheet,
        state=row.state,
        layout=outcome.layout if outcome else None,
        enclosure_kind=outcome.enclosure if outcome else None,
        sha256=row.sha256,
        particulars=[_particular(field, page) for field in outcome.fields] if outcome else [],
        conformity=_whole((outcome.conformity,)) if outcome else None,
        reasons=reasons_of(row.reasons),
        objects=_objects(page.references),
        page_screen=screen if page.derivatives else None,
    )


def _particular(field: Field, page: PageReport) -> Particular:
    standing = page.reviewed.get(field.name)
    by_person = None if standing is None else kind_of_review(standing)
    in_review = field.decision is Decision.REVIEW
    return Particular(
        name=field.name,
        kind=field.kind,
        value=field.value,
        state=_state(field, by_person),
        source=Source(by_person or (field.reader if field.reader in _NOT_READ else "reader")),
        confidence=round(field.confidence, 4),
        critical=field.critical,
        reasons=reasons_of(field.reasons) if in_review else [],
    )


def _state(field: Field, by_person: str | None) -> Standing:
    undecided = field.value is None and field.decision is Decision.ACCEPTED and field.kind not in MARK_KINDS
    return Standing.ILLEGIBLE if by_person and undecided else Standing(field.decision.value)


def _whole(verdicts: Iterable[Conformity | None]) -> ConformityAnswer | None:
    judged = [its for its in verdicts if its is not None]
    if not judged:
        return None
    findings = [_finding(finding) for its in judged for finding in its.findings]
    return ConformityAnswer(holds=all(its.holds for its in judged), findings=findings)


def _finding(its: Finding) -> FindingAnswer:
    return FindingAnswer(weight=its.weight, code=its.code, section=its.section, place=its.place, facts=dict(its.params))


def reasons_of(reasons: Iterable[ModelReason]) -> list[Reason]:
    return [Reason(code=its.code, facts=dict(its.params)) for its in reasons]


def _objects(references: Iterable[tuple[str, ObjectRef]]) -> Mapping[str, Reference]:
    return {
        name: Reference(
            bucket=ref.bucket, key=ref.key, version_id=ref.version_id, sha256=ref.digest, size_bytes=ref.size_bytes
        )
        for name, ref in references
    }
