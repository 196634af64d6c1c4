"""A small archive with fields for review, for tests of review: pages are lines of text, each field a word of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path

from pipeline.custody import PageRow, StatementRow
from pipeline.custody.review import Queue, Reviewer, SiteRules, Task, TaskId, Verb, Verdict
from pipeline.geometry import BoxMm, BoxPx
from pipeline.model import (
    PERHAPS_BLANK,
    Alternative,
    BatchId,
    Decision,
    EnclosureKind,
    Field,
    FieldValue,
    Kind,
    LayoutId,
    PageBytes,
    PageId,
    PageLabel,
    PageOutcome,
    Reason,
    SheetOutcome,
)
from pipeline.ports import Records
from pipeline.storage.issuer_files import issuer_named
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.report import batch_report
from pipeline.usecases.review import Conflict, Decided, Desk, NotClosed, Refused, decide
from tests.unit.custody import Archive

ANNE, BENOIT, CLAUDE = Reviewer("anne"), Reviewer("benoit"), Reviewer("claude")
CHIEF = Reviewer("chief", frozenset(Queue))
OTHER_CHIEF = Reviewer("other-chief", frozenset(Queue))
KINDS = {
    "number": ("statement_number", Kind.STATEMENT_NO, True),
    "date": ("offence_date", Kind.DATE, True),
    "birth": ("defendant_birthdate", Kind.DATE, False),
    "name": ("defendant_name", Kind.PERSON, False),
    "mark": ("owner_is_defendant", Kind.MARK, False),
    "plea": ("plea", Kind.CHOICE, True),
    "signed": ("signature", Kind.SIGNATURE, False),
    "fine": ("fine", Kind.AMOUNT, True),
    "paid": ("amount_paid", Kind.AMOUNT, True),
    "costs": ("costs", Kind.AMOUNT, True),
    "sum": ("total_requested", Kind.AMOUNT, True),
    "service": ("service_date", Kind.DATE, False),
    "plate": ("plate", Kind.PLATE, True),
}


def field(word: str, value: str | bool | None, *, sure: bool = False, others: tuple[str, ...] = ()) -> Field:
    """A field as read; unsure ones are for review."""
    name, kind, critical = KINDS[word]
    return Field(
        name=name,
        kind=kind,
        critical=critical,
        value=value,
        text=str(value),
        confidence=0.99 if sure else 0.6,
        decision=Decision.ACCEPTED if sure else Decision.REVIEW,
        reader="fake",
        box_mm=BoxMm(10.0, 10.0, 50.0, 8.0),
        box_px=BoxPx(39, 39, 197, 32),
        reasons=() if sure else (Reason("low_confidence", (("confidence", "0.600"), ("least", "0.990"))),),
        alternatives=tuple(Alternative(each, 0.1) for each in others),
    )


def review_flow(sides: tuple[PageBytes, ...]) -> SheetOutcome:
    """Lines such as `form number=812345! date=2026-03-14,2026-08-14 name=?`: `!` is sure, `?` unread, `,` alternatives.

    `return ...` is a return document, `cheque $ 162.00 162 --- 00/100` a cheque,
    `unknown` a page that nobody can place, `letter` an enclosure, `blank` a blank, `perhaps` one that is not surely so.
    """
    return SheetOutcome(tuple(_page(side.data.decode()) for side in sides))


def _page(line: str) -> PageOutcome:
    word, *said = line.split() or ["blank"]
    labels = {"blank": PageLabel.BLANK, "letter": PageLabel.ENCLOSURE, "unknown": PageLabel.UNIDENTIFIED}
    if word == "perhaps":
        reasons = (Reason(PERHAPS_BLANK, (("score", "0.60"),)),)
        return PageOutcome(PageLabel.BLANK, (100, 200), text=line, blank_score=0.6, reasons=reasons)
    if word in labels:
        return PageOutcome(label=labels[word], size_px=(100, 200), text=line)
    if word == "cheque":
        return PageOutcome(PageLabel.ENCLOSURE, (100, 200), text=line, enclosure=EnclosureKind.CHEQUE)
    document = "return" if word == "return" else "statement"
    fields = tuple(_field(*part.split("=")) for part in said)
    layout = LayoutId(f"iii.{document}.front.fr@generic-1")
    return PageOutcome(label=PageLabel.FORM, size_px=(100, 200), layout=layout, fields=fields)


def _field(word: str, text: str) -> Field:
    first, *others = text.rstrip("!").split(",")
    value = {"?": None, "true": True, "false": False}.get(first, first)
    return field(word, value, sure=text.endswith("!"), others=tuple(others))


def desk_of(keeping: Keeping) -> Desk:
    numbers = count(1)
    return Desk(keeping, {}, issuer_named("generic", None), salts=lambda: f"salt{next(numbers)}")


class Office:
    """An archive in memory and the desk of its reviewers."""

    def __init__(self, folder: Path, site: SiteRules | None = None) -> None:
        self.archive = Archive.make(folder, flow=review_flow)
        self.archive.keeping = replace(self.archive.keeping, site=site or SiteRules())
        self.desk = desk_of(self.archive.keeping)

    def on(self, records: Records) -> Office:
        """The same office with other records, empty ones."""
        self.archive.on(records)
        self.desk = desk_of(self.archive.keeping)
        return self

    def take(self, *lines: str) -> BatchId:
        """A batch with one file, a sheet a line."""
        return self.archive.take({"mail.pdf": "\n".join(lines).encode()})


def first_page(batch: BatchId, number: int = 1) -> str:
    """Id of a page of the batch's only file."""
    return f"{batch}.0001.{number:04d}"


def task(batch: BatchId, word: str, number: int = 1) -> TaskId:
    """Id of the task of a field, named as in a line."""
    return TaskId(f"{first_page(batch, number)}/{KINDS[word][0]}")


ACCEPT, EMPTY, ILLEGIBLE = Verdict(Verb.ACCEPT), Verdict(Verb.EMPTY), Verdict(Verb.ILLEGIBLE)


def typed(text: str, reason: str = "") -> Verdict:
    return Verdict(Verb.TYPED, text=text, reason=reason)


def say(office: Office, which: TaskId, verdict: Verdict, who: Reviewer = ANNE) -> Decided | Conflict | Refused:
    """What a person who has just looked at the task says."""
    return decide(which, of(office, which).version, verdict, who, desk=office.desk)


def of(office: Office, which: TaskId) -> Task:
    found = office.archive.records.review.task(which)
    assert found is not None
    return found


def value(office: Office, batch: BatchId, which: TaskId) -> FieldValue:
    return effective(office, batch, which)[0]


def effective(office: Office, batch: BatchId, which: TaskId) -> tuple[FieldValue, Decision, str]:
    page_id, _, name = which.partition("/")
    report = batch_report(batch, records=office.archive.records)
    page = next(page for page in report.pages if page.row.id == page_id)
    assert page.outcome is not None
    field = page.outcome.field(name)
    assert field is not None
    return field.value, field.decision, field.reader


def page(office: Office, which: str) -> PageRow:
    found = office.archive.records.page(PageId(which))
    assert found is not None
    return found


def statement(office: Office, batch: BatchId) -> StatementRow:
    return office.archive.records.statements(batch)[0]


def codes(found: object) -> list[str]:
    assert isinstance(found, Refused | NotClosed), found
    return [reason.code for reason in found.reasons]
