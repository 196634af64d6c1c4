"""Which statement a page belongs to, after assembly: persons move pages, statements are merged and split. A statement
that loses its last page stays as an empty row; what every row was before is kept."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.custody import PageRole, StatementRow
from pipeline.custody.review import Reviewer, Verb
from pipeline.errors import InvariantBroken
from pipeline.evidence.canonical import Json, canonical_json
from pipeline.model import PageId, PageState, Reason
from pipeline.ports import RecordsTransaction
from pipeline.statements.review import standing_of_exception
from pipeline.usecases.review.cases import Case, case_of, refused
from pipeline.usecases.review.consequences import follow
from pipeline.usecases.review.desk import Desk, page_of
from pipeline.usecases.review.papers import in_paper_order
from pipeline.usecases.review.recording import new_row, record
from pipeline.usecases.review.restating import EMPTIED, MINOR, role_of
from pipeline.usecases.review.results import Conflict, Decided, Refused
from pipeline.usecases.review.statement_tasks import own_task


def put_page_in(
    page: PageId, statement: str | None, role: PageRole, change: RecordsTransaction, desk: Desk
) -> StatementRow:
    """Take a page out of whatever statement has it, and put it into another, or into a new one; both are restated.

    Args:
        statement: null for a new one, with the next free number of the batch.

    Returns:
        The statement that has it now.

    Raises:
        InvariantBroken: `page_vanished`, `statement_vanished`; `statement_of_other_batch`.
    """
    return _put({page: role}, statement, change, desk)


@dataclass(frozen=True, slots=True)
class Move:
    """What a person wants to be elsewhere.

    Attributes:
        to: id of a statement of the batch; null for a new one.
        reason: in words; needed.
    """

    pages: tuple[PageId, ...]
    to: str | None
    reason: str


def move_pages(source: str, version: int, move: Move, who: Reviewer, *, desk: Desk) -> Decided | Conflict | Refused:
    """Move pages of a statement to another of its batch, or to a new one. Taken back by moving them back.

    Args:
        version: of the statement's task as this person saw it; 0 while it has none.

    Returns:
        `Conflict` when somebody was faster; `Refused` with `pages_missing`, `page_of_other_statement`,
        `pages_already_there`, `statement_of_other_batch`, or what `case_of` refuses.
    """
    with desk.keeping.records.transaction() as change:
        case = case_of(source, version, who, change, desk, reason=move.reason)
        if isinstance(case, Refused):
            return case
        if isinstance(case, Conflict):
            return _again(case, move, who) or case
        found = _target(case, move, who, change)
        if isinstance(found, Refused):
            return found
        return _moved(case, move.pages, found, who, change, desk)


def merge_statements(
    one: str, version: int, into: str, who: Reviewer, *, reason: str, desk: Desk
) -> Decided | Conflict | Refused:
    """Move all pages of a statement to another of its batch. As `move_pages`."""
    row = desk.keeping.records.statement_row(one)
    move = Move(() if row is None else row.members, into, reason)
    return move_pages(one, version, move, who, desk=desk)


def moved_text(pages: Sequence[PageId], to: str, *, new: bool) -> str:
    """What history keeps of a move."""
    listed: list[Json] = [str(page) for page in pages]
    return canonical_json({"new": new, "pages": listed, "to": to})


def moved_from(text: str) -> tuple[tuple[PageId, ...], str, bool]:
    """Pages, the statement they went to, and whether that was made for them.

    Raises:
        ValueError: the text is no move.
    """
    try:
        found = json.loads(text)
        return tuple(PageId(str(page)) for page in found["pages"]), str(found["to"]), bool(found["new"])
    except (TypeError, KeyError) as error:
        raise ValueError("no move") from error


def _target(case: Case, move: Move, who: Reviewer, change: RecordsTransaction) -> StatementRow | Refused | None:
    """The statement that pages are to go to; null for a new one."""
    pages, target = move.pages, move.to
    if not pages:
        return refused("pages_missing")
    strangers = [page for page in pages if page not in case.row.members]
    if strangers:
        return refused("page_of_other_statement", pages=", ".join(strangers))
    if target is None:
        return refused("pages_already_there") if set(pages) == set(case.row.members) else None
    row = change.statement_row(target)
    if row is None:
        return refused("statement_not_there", id=target)
    if row.id == case.row.id:
        return refused("pages_already_there")
    if row.batch != case.row.batch:
        return refused("statement_of_other_batch", id=target)
    return refused("statement_restricted") if case.is_hidden(row, who) else row


def _moved(
    case: Case,
    pages: Sequence[PageId],
    target: StatementRow | None,
    who: Reviewer,
    change: RecordsTransaction,
    desk: Desk,
) -> Decided:
    to = _new_id(case.row, change) if target is None else target.id
    task = own_task(case.row, change, desk)
    value = moved_text(pages, to, new=target is None)
    said = new_row(task, Verb.MOVED, who.account, desk=desk, value=value, reason=case.reason)
    record(task, said, standing_of_exception((*change.review.history(task.id), said)), change)
    roles = {page: _role(page, case.row, change, desk) for page in pages}
    _put(roles, None if target is None else target.id, change, desk)
    return Decided(change.review.task(task.id) or task, said)


def _role(page: PageId, row: StatementRow, change: RecordsTransaction, desk: Desk) -> PageRole:
    """By its form; a side without one is what it was: it goes with its sheet."""
    read = page_of(page, change.review, desk, outcomes=change)
    role = role_of(None if read is None else read.effective)
    if role is not PageRole.ENCLOSURE:
        return role
    return PageRole.STATEMENT if page in row.pages else PageRole.RETURN if page in row.returns else role


def _again(conflict: Conflict, move: Move, who: Reviewer) -> Decided | None:
    """A form sent twice counts once."""
    row = conflict.first
    if row is None or row.who != who.account or row.verb is not Verb.MOVED or not isinstance(row.value, str):
        return None
    moved, to, new = moved_from(row.value)
    same = set(moved) == set(move.pages) and (new if move.to is None else to == move.to)
    return Decided(conflict.task, row, again=True) if same else None


def _put(
    roles: Mapping[PageId, PageRole], statement: str | None, change: RecordsTransaction, desk: Desk
) -> StatementRow:
    rows = {page: change.page(page) for page in roles}
    batches = {row.batch for row in rows.values() if row is not None}
    if None in rows.values() or len(batches) != 1:
        raise InvariantBroken("page_vanished", page=", ".join(roles))
    target = _added(next(iter(roles)), change, desk) if statement is None else change.statement_row(statement)
    if target is None:
        raise InvariantBroken("statement_vanished", id=str(statement))
    if {target.batch} != batches:
        raise InvariantBroken("statement_of_other_batch", id=target.id)
    owners = {its.id: its for page in roles for its in change.statements.of_page(page) if its.id != target.id}
    changed = {key: _without(row, roles, target.id) for key, row in owners.items()}
    hidden = any(reason.code == MINOR for row in owners.values() for reason in row.reasons)
    changed[target.id] = _with(target, roles, change, hidden=hidden)
    for page in roles:
        for task in change.review.tasks(page=page):
            change.review.put_task(replace(task, statement=target.id))
    follow(changed, change, desk)
    return change.statement_row(target.id) or target


def _without(row: StatementRow, gone: Collection[PageId], to: str) -> StatementRow:
    left = replace(
        row,
        pages=tuple(page for page in row.pages if page not in gone),
        returns=tuple(page for page in row.returns if page not in gone),
        enclosures=tuple(page for page in row.enclosures if page not in gone),
    )
    if left.members:
        return left
    return replace(left, reasons=(*left.reasons, Reason("statement_emptied", (("to", to),))))


def _with(
    row: StatementRow, roles: Mapping[PageId, PageRole], change: RecordsTransaction, *, hidden: bool
) -> StatementRow:
    """`hidden`: pages of a restricted file take the restriction with them."""
    kept = {
        **dict.fromkeys(row.pages, PageRole.STATEMENT),
        **dict.fromkeys(row.returns, PageRole.RETURN),
        **dict.fromkeys(row.enclosures, PageRole.ENCLOSURE),
        **roles,
    }
    found = [page for each in kept if (page := change.page(each)) is not None]
    ordered = [page.id for page in sorted(found, key=in_paper_order)]
    minor = Reason("defendant_minor")
    told = [reason for reason in row.reasons if reason.code != EMPTIED]
    return replace(
        row,
        pages=tuple(page for page in ordered if kept[page] is PageRole.STATEMENT),
        returns=tuple(page for page in ordered if kept[page] is PageRole.RETURN),
        enclosures=tuple(page for page in ordered if kept[page] is PageRole.ENCLOSURE),
        reasons=(*told, *((minor,) if hidden and minor not in told else ())),
    )


def _added(page: PageId, change: RecordsTransaction, desk: Desk) -> StatementRow:
    """A new statement, still without pages."""
    its = change.page(page)
    batch = None if its is None else desk.keeping.records.batch(its.batch)
    if batch is None:
        raise InvariantBroken("batch_vanished", batch=page)
    issuer = batch.options.issuer or ""
    bare = StatementRow("", batch.id, issuer, None, None, PageState.READY, batch.options.received_on)
    row = replace(bare, id=_new_id(bare, change), reasons=(Reason("statement_added"),))
    change.statements.add(row)
    return row


def _new_id(row: StatementRow, change: RecordsTransaction) -> str:
    """After the highest ever used: rows are never removed."""
    numbers = [int(its.id.rpartition(".s")[2]) for its in change.statements.of_batch(row.batch)]
    return f"{row.batch}.s{max(numbers, default=0) + 1:04d}"
