"""Holds: paper and copies that must stay, whatever a rule says, until a person releases them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from pipeline.custody import MatchState, StatementRow
from pipeline.custody.boxes import BoxName, Hold, HoldKind, Person, SheetRef
from pipeline.errors import OperatorError
from pipeline.model import BatchId, Digest, PageId
from pipeline.ocr.cards.masks import redacted
from pipeline.ports import Records
from pipeline.usecases.earlier import earlier_derivatives
from pipeline.usecases.forms import family_of, rows_of
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.paper_entries import entry_body, hold_now


def place_hold(subject: str, *, issuer: str | None, reason: str, who: Person, keeping: Keeping) -> Hold:
    """Put a box, or a statement with all its paper and copies, on hold.

    Args:
        subject: a box's name, or a statement's number.
        issuer: whose number it is; null for whichever issuer uses it.

    A hold on a statement holds every box with a sheet of it: return documents and other forms of it, proposed ones too,
    and what comes in later. Its copies in the store are held as well.

    Raises:
        OperatorError: `unknown_hold_subject` when it is neither; `ambiguous_hold_subject` when it is both;
            `ambiguous_number`.
    """
    records = keeping.records
    kind, owner = _identified(subject, issuer, records)
    with records.transaction() as change:
        holds = records.boxes.holds()
        hold = Hold(f"h{len(holds) + 1:04d}", kind, subject, owner, redacted(reason), keeping.clock.now(), who)
        change.boxes.put_hold(hold)
        change.append("hold_placed", hold.id, entry_body(hold_now(hold), who))
    # Recorded first: after a kill here the paper stays, and `apply_holds` reaches the copies later.
    for digest in sorted(held_objects(hold, records=records)):
        _hold_object(digest, keeping, on=True)
    return hold


def release_hold(subject: str, *, issuer: str | None, reason: str, who: Person, keeping: Keeping) -> tuple[Hold, ...]:
    """Release all holds on a box or a statement, or the one hold with this id.

    Raises:
        OperatorError: `no_hold`.
    """
    records = keeping.records
    with records.transaction() as change:
        found = [hold for hold in records.boxes.holds() if hold.in_force and _is_meant(hold, subject, issuer)]
        if not found:
            raise OperatorError("no_hold", subject=subject)
        released = []
        for hold in found:
            its = replace(hold, released_at=keeping.clock.now(), released_by=who, release_reason=redacted(reason))
            change.boxes.put_hold(its)
            change.append("hold_released", its.id, entry_body(hold_now(its), who))
            released.append(its)
    freed = {digest for hold in released for digest in held_objects(hold, records=records)}
    still = {digest for hold in holds_in_force(records) for digest in held_objects(hold, records=records)}
    for digest in sorted(freed - still):
        _hold_object(digest, keeping, on=False)
    return tuple(released)


def apply_holds(*, keeping: Keeping) -> int:
    """Hold in the store all copies of statements on hold; returns how many there are. Again, it changes nothing."""
    wanted = {
        digest for hold in holds_in_force(keeping.records) for digest in held_objects(hold, records=keeping.records)
    }
    for digest in sorted(wanted):
        _hold_object(digest, keeping, on=True)
    return len(wanted)


def holds_in_force(records: Records) -> tuple[Hold, ...]:
    return tuple(hold for hold in records.boxes.holds() if hold.in_force)


def holds_on(box: BoxName, sheets: Iterable[SheetRef], *, records: Records) -> tuple[Hold, ...]:
    """Holds in force that concern a box: on itself, or on a statement with one of its sheets."""
    there = frozenset(sheets)
    held = held_in_force(records)
    return tuple(hold for hold, its in held if concerns(hold, its, box=box, sheets=there))


def concerns(hold: Hold, held: frozenset[SheetRef], *, box: BoxName, sheets: frozenset[SheetRef]) -> bool:
    """Whether a hold, on the sheets `held`, keeps a box with these sheets."""
    return hold.subject == box if hold.kind is HoldKind.BOX else bool(held & sheets)


def held_in_force(records: Records) -> tuple[tuple[Hold, frozenset[SheetRef]], ...]:
    """Holds in force with the sheets of each: those of its statement, wherever they are, or of its box."""
    pages: dict[BatchId, dict[PageId, SheetRef]] = {}
    found = []
    for hold in holds_in_force(records):
        if hold.kind is HoldKind.BOX:
            found.append((hold, frozenset(records.boxes.sheets(BoxName(hold.subject)))))
            continue
        sheets: set[SheetRef] = set()
        for row in held_rows(hold, records=records):
            if row.batch not in pages:
                pages[row.batch] = {page.id: SheetRef(row.batch, page.sheet) for page in records.pages(row.batch)}
            members = (*row.pages, *row.returns, *row.enclosures)
            sheets |= {pages[row.batch][page] for page in members if page in pages[row.batch]}
        found.append((hold, frozenset(sheets)))
    return tuple(found)


def held_rows(hold: Hold, *, records: Records) -> tuple[StatementRow, ...]:
    """All that came in of a statement on hold: what is proposed and contradicted counts as its own."""
    if hold.kind is HoldKind.BOX:
        return ()
    numbered = [row for row in records.statements_numbered(hold.subject) if row.issuer == hold.issuer]
    rows = {part.id: part for row in numbered for part in rows_of(row, records=records)}
    for row in tuple(rows.values()):
        family = family_of(row, records=records)
        members = () if family is None else family.members
        rows |= {part.id: part for member in members for part in member}
    for row in tuple(rows.values()):
        rows |= {part.id: part for part in _counterparts(row, records)}
    return tuple(rows[key] for key in sorted(rows))


def held_objects(hold: Hold, *, records: Records) -> frozenset[Digest]:
    """Originals, derivatives and transfer records of a statement on hold. A box is paper: it has none."""
    found: set[Digest] = set()
    for row in held_rows(hold, records=records):
        found |= set(row_objects(row, records=records))
    return frozenset(found)


def row_objects(row: StatementRow, *, records: Records) -> Iterator[Digest]:
    """Objects of all pages of a statement's row."""
    members: frozenset[PageId] = frozenset((*row.pages, *row.returns, *row.enclosures))
    files = {page.file for page in records.pages(row.batch) if page.id in members}
    yield from (its.digest for its in records.files(row.batch) if its.id in files and its.digest is not None)
    yield from (ref.digest for page, ref in records.derivatives(row.batch) if page in members)
    yield from (digest for page, digest in earlier_derivatives(row.batch, records=records) if page in members)
    transfer = records.transfers.of_subject(row.id)
    if transfer is not None:
        yield transfer.digest
    yield from (ref.digest for ref in records.transfers.earlier(row.batch) if ref.subject == row.id)


def _identified(subject: str, issuer: str | None, records: Records) -> tuple[HoldKind, str]:
    """What a word names: a box or a statement, and the statement's issuer."""
    box = None if issuer is not None else records.boxes.box(BoxName(subject))
    numbered = [row for row in records.statements_numbered(subject) if issuer is None or row.issuer == issuer]
    issuers = sorted({row.issuer for row in numbered})
    if box is not None and numbered:
        raise OperatorError("ambiguous_hold_subject", subject=subject)
    if len(issuers) > 1:
        raise OperatorError("ambiguous_number", number=subject, issuers=", ".join(issuers))
    if box is not None:
        return HoldKind.BOX, ""
    if not issuers:
        raise OperatorError("unknown_hold_subject", subject=subject)
    return HoldKind.STATEMENT, issuers[0]


def _is_meant(hold: Hold, subject: str, issuer: str | None) -> bool:
    if hold.id == subject:
        return True
    return hold.subject == subject and (issuer is None or hold.issuer == issuer)


def _counterparts(row: StatementRow, records: Records) -> Iterator[StatementRow]:
    for match in records.matches(row.id):
        if match.state is not MatchState.REFUSED:
            other = match.statement if match.returned == row.id else match.returned
            found = records.statement_row(other)
            if found is not None:
                yield found


def _hold_object(digest: Digest, keeping: Keeping, *, on: bool) -> None:
    try:
        keeping.objects.hold(digest, on)
    except KeyError:
        # A missing copy is for `constat verify` to name; the paper is held all the more.
        return
