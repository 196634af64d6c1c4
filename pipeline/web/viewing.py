"""Personal data: who may see which, and that each look at it is in the access log before it is shown."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.custody import StatementRow
from pipeline.custody.people import Act, Permission, Role
from pipeline.model import PageId
from pipeline.usecases.access import note_access
from pipeline.web.admission import Visitor
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal, not_found

MINOR = "defendant_minor"
"""The reason by which a statement's file is restricted."""


def note_view(subject: str, why: str, *, who: Visitor, parts: WebParts, act: Act = Act.VIEWED) -> None:
    """Enter a look at a batch, statement or page; once in a while for one session and subject.

    Raises:
        IntegrityError: it cannot be entered; then nothing is shown.
    """
    if who.view is None:
        raise not_found()
    session = who.view.session.token_digest
    if act is Act.VIEWED and parts.noted.knows(session, subject):
        return
    note_access(who.name, act, subject, why, address=who.address, records=parts.gate.records)
    if act is Act.VIEWED:
        parts.noted.add(session, subject)


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


def is_restricted(row: StatementRow) -> bool:
    return any(reason.code == MINOR for reason in row.reasons)


def require_statement(row: StatementRow, who: Visitor) -> None:
    """Raises Refusal: of another issuer than the person's (as if there were none); restricted."""
    if who.view is None or not who.view.sees(row.issuer):
        raise not_found()
    if is_restricted(row) and not who.may(Permission.VIEW_RESTRICTED):
        raise Refusal(403, "web.restricted")


def require_page(page: PageId, who: Visitor, parts: WebParts) -> None:
    """Whether this person may see a page: as one of a batch in work, or as one of a statement.

    Raises:
        Refusal: not found, restricted.
    """
    row = parts.keeping.records.page(page)
    if row is None or who.view is None:
        raise not_found()
    owners = parts.keeping.records.statements_of_page(page)
    for owner in owners:
        require_statement(owner, who)
    if sees_whole_pages(who, parts):
        return
    if not owners or not who.may(Permission.VIEW_STATEMENTS):
        raise not_found()
