"""Personal data: who may see which, and that each look at it is in the access log before it is shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pipeline.custody import StatementRow
from pipeline.custody.people import Act, Permission, Role
from pipeline.custody.review import Task, TaskState
from pipeline.model import PageId, PageLabel
from pipeline.usecases.access import note_access, note_browsing
from pipeline.web.admission import Visitor
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal, not_found

NUMBERS: Final = ("statement_number", "detachable_statement_number", "locator_code")
"""Fields that say a statement's number."""
MINOR = "defendant_minor"
"""The reason by which a statement's file is restricted."""


def note_view(
    subject: str, why: str, *, who: Visitor, parts: WebParts, act: Act = Act.VIEWED, as_known: str = ""
) -> None:
    """Enter a look at a batch, statement or page; once in a while for one session and subject.

    Args:
        as_known: what it is remembered as, where the subject may be looked at in more than one way.

    Raises:
        IntegrityError: it cannot be entered; then nothing is shown.
    """
    if who.view is None:
        raise not_found()
    session = who.view.session.token_digest
    if act is Act.VIEWED and parts.noted.knows(session, as_known or subject):
        return
    note_access(who.name, act, subject, why, address=who.address, records=parts.gate.records)
    if act is Act.VIEWED:
        parts.noted.add(session, as_known or subject)
    if act in (Act.VIEWED, Act.SEARCHED) and not why.startswith("review"):
        its = parts.gate
        note_browsing(who.name, parts.alert_per_hour, address=who.address, records=its.records, clock=its.clock)


def cover_pages(pages: Iterable[PageId], *, who: Visitor, parts: WebParts) -> None:
    """To be called once a statement's view is in the log: the images of its pages are part of that view."""
    if who.view is not None:
        for page in pages:
            parts.noted.add(who.view.session.token_digest, page)


def sees_whole_pages(who: Visitor, parts: WebParts) -> bool:
    """Whether pages of a batch in work are shown: where the site says so, reviewers get the crops of their tasks."""
    if not who.may(Permission.VIEW_PAGES) or who.view is None:
        return False
    return not parts.desk.site.crops_only or bool(who.view.account.roles - {Role.REVIEWER})


def numbers_kept_back(tasks: Iterable[Task], who: Visitor) -> frozenset[str]:
    """Statements whose number is being keyed blind, for those who may have to key it."""
    if not who.reviewer.queues:
        return frozenset()
    blind = (its for its in tasks if its.blind and its.state is TaskState.OPEN and its.field in NUMBERS)
    return frozenset(its.statement for its in blind if its.statement is not None)


def is_restricted(row: StatementRow) -> bool:
    return any(reason.code == MINOR for reason in row.reasons)


def require_statement(row: StatementRow, who: Visitor) -> None:
    """Raises Refusal: of another issuer than the person's (as if there were none); restricted."""
    if who.view is None or not who.view.sees(row.issuer):
        raise not_found()
    if is_restricted(row) and not who.may(Permission.VIEW_RESTRICTED):
        raise Refusal(403, "web.restricted")


def owners_of(page: PageId, parts: WebParts) -> tuple[StatementRow, ...]:
    """Statements that a page belongs to; of an image that was divided, also those of its parts."""
    records = parts.keeping.records
    pages = (page, *(part.id for part in records.placing.parts(page)))
    return tuple({row.id: row for each in pages for row in records.statements_of_page(each)}.values())


def is_divided(page: PageId, parts: WebParts) -> bool:
    """Whether an image was divided: what lies beside the part of a statement may be anybody's, or nobody's yet. Whoever
    sees statements sees the part."""
    found = parts.keeping.records.placing.parts(page)
    return any(part.label is not PageLabel.SUPERSEDED for part in found)


def require_page(page: PageId, who: Visitor, parts: WebParts) -> None:
    """Whether this person may see a page: as one of a batch in work, or as one of a statement.

    Raises:
        Refusal: not found, restricted.
    """
    row = parts.keeping.records.page(page)
    if row is None or who.view is None:
        raise not_found()
    owners = owners_of(page, parts)
    for owner in owners:
        require_statement(owner, who)
    if sees_whole_pages(who, parts):
        return
    if not owners or not who.may(Permission.VIEW_STATEMENTS) or is_divided(page, parts):
        raise not_found()
