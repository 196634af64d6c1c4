"""Boxes of paper: sheets go in and out, a person counts and seals. Every change has an entry in the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pipeline.custody.boxes import (
    BOX_NAME,
    BoxName,
    BoxRow,
    BoxState,
    DestructionState,
    HoldKind,
    Person,
    SheetRef,
)
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import digest_of
from pipeline.model import BatchId
from pipeline.ports import Records, RecordsTransaction
from pipeline.statements.electronic_names import is_registered_name
from pipeline.usecases.holds import holds_in_force
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.paper_entries import box_now, destruction_now, entry_body, sheet_ranges

RESERVED_NAMES = frozenset({"verify"})
"""Words that stand where a box's name stands on the command line."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Sheets put into a box, of which `moved` came out of other boxes."""

    put: tuple[SheetRef, ...]
    moved: tuple[tuple[BoxName, int], ...] = ()


def known_box(name: str, *, records: Records) -> BoxRow:
    """Raises OperatorError `unknown_box`."""
    row = records.boxes.box(BoxName(name))
    if row is None:
        raise OperatorError("unknown_box", box=name)
    return row


def make_box(name: str, place: str, *, who: Person, keeping: Keeping) -> BoxRow:
    """A new box, open and empty.

    Raises:
        OperatorError: `bad_box_name`; `box_exists`.
    """
    if not BOX_NAME.fullmatch(name) or name in RESERVED_NAMES:
        raise OperatorError("bad_box_name", box=name)
    row = BoxRow(BoxName(name), place, BoxState.OPEN, made_at=keeping.clock.now())
    with keeping.records.transaction() as change:
        if keeping.records.boxes.box(row.name) is not None:
            raise OperatorError("box_exists", box=name)
        change.boxes.put_box(row)
        change.append("box_made", row.name, entry_body(box_now(row, ()), who))
    return row


def put_sheets(name: str, batch: BatchId, numbers: Iterable[int] | None, *, who: Person, keeping: Keeping) -> Moved:
    """Put sheets of a batch into an open box, out of whichever open box they were in.

    Args:
        numbers: null for all sheets of the batch.

    Raises:
        OperatorError: `unknown_box`, `unknown_batch`, `unknown_sheets`; `box_not_open` for either box; `box_is_held`.
    """
    with keeping.records.transaction() as change:
        row = _open_box(name, keeping.records)
        wanted = _sheets(batch, numbers, keeping.records)
        boxes = keeping.records.boxes
        where = boxes.boxes_of(batch)
        new = tuple(ref for ref in wanted if where.get(ref.sheet) != row.name)
        if not new:
            return Moved(())
        sources = sorted({where[ref.sheet] for ref in new if ref.sheet in where})
        moved: list[tuple[BoxName, int]] = []
        for source in sources:
            out = tuple(ref for ref in new if where.get(ref.sheet) == source)
            _take(_open_box(source, keeping.records), out, change, keeping.records, who=who, why=f"-> {row.name}")
            moved.append((source, len(out)))
        change.boxes.put_sheets(row.name, new)
        now = box_now(row, {*boxes.sheets(row.name), *new})
        facts = entry_body(now, who, batch=batch, sheets=sheet_ranges(ref.sheet for ref in new))
        change.append("box_filled", row.name, facts)
    return Moved(new, tuple(moved))


def take_sheets(
    name: str, batch: BatchId, numbers: Iterable[int], *, reason: str, who: Person, keeping: Keeping
) -> tuple[SheetRef, ...]:
    """Take sheets out of an open box: lent to a court, scanned again and kept under their new scan.

    Raises:
        OperatorError: `unknown_box`, `box_not_open`, `sheets_not_in_box`, `box_is_held`.
    """
    with keeping.records.transaction() as change:
        row = _open_box(name, keeping.records)
        wanted = tuple(SheetRef(batch, number) for number in sorted(set(numbers)))
        held = set(keeping.records.boxes.sheets(row.name))
        if missing := [ref.sheet for ref in wanted if ref not in held]:
            raise OperatorError("sheets_not_in_box", box=name, batch=batch, sheets=sheet_ranges(missing))
        _take(row, wanted, change, keeping.records, who=who, why=reason)
        change.boxes.take_sheets(wanted)
    return wanted


def seal_box(name: str, *, counted: int, who: Person, keeping: Keeping) -> BoxRow:
    """Close a box whose sheets a person has counted.

    The count is what shows that no sheet lies in the box that was never scanned: refused, or fed with another.

    Raises:
        OperatorError: `unknown_box`, `box_not_open`, `box_empty`; `box_count_differs`.
    """
    with keeping.records.transaction() as change:
        row = _open_box(name, keeping.records)
        sheets = keeping.records.boxes.sheets(row.name)
        if not sheets:
            raise OperatorError("box_empty", box=name)
        if counted != len(sheets):
            raise OperatorError("box_count_differs", counted=counted, recorded=len(sheets))
        sealed = replace(row, state=BoxState.SEALED, sealed_at=keeping.clock.now(), counted=counted)
        change.boxes.put_box(sealed)
        change.append("box_sealed", row.name, entry_body(box_now(sealed, sheets), who))
    return sealed


def reopen_box(name: str, *, reason: str, who: Person, keeping: Keeping) -> BoxRow:
    """Open a sealed box again; an authorisation to destroy it falls with the seal.

    Raises:
        OperatorError: `unknown_box`, `box_already_destroyed`.
    """
    with keeping.records.transaction() as change:
        row = known_box(name, records=keeping.records)
        if row.state is BoxState.DESTROYED:
            raise OperatorError("box_already_destroyed", box=name)
        return opened(row, change, keeping.records, who=who, why=reason)


def opened(row: BoxRow, change: RecordsTransaction, records: Records, *, who: Person, why: str) -> BoxRow:
    """The box, open, within a transaction; nothing happens to one that is."""
    if row.state is not BoxState.SEALED:
        return row
    for its in records.boxes.destructions(row.name):
        if its.state is DestructionState.AUTHORISED:
            withdrawn = replace(its, state=DestructionState.WITHDRAWN)
            change.boxes.put_destruction(withdrawn)
            facts = entry_body(destruction_now(withdrawn), who, reason=digest_of(why))
            change.append("destruction_withdrawn", withdrawn.id, facts)
    reopened = replace(row, state=BoxState.OPEN, sealed_at=None, counted=0)
    change.boxes.put_box(reopened)
    facts = entry_body(box_now(reopened, records.boxes.sheets(row.name)), who, reason=digest_of(why))
    change.append("box_reopened", row.name, facts)
    return reopened


def _open_box(name: str, records: Records) -> BoxRow:
    row = known_box(name, records=records)
    if row.state is not BoxState.OPEN:
        raise OperatorError("box_not_open", box=name)
    return row


def _sheets(batch: BatchId, numbers: Iterable[int] | None, records: Records) -> tuple[SheetRef, ...]:
    if records.batch(batch) is None:
        raise OperatorError("unknown_batch", batch=batch)
    if any(is_registered_name(file.name) for file in records.files(batch)):
        raise OperatorError("batch_is_electronic", batch=batch)
    there = {page.sheet for page in records.pages(batch) if page.sheet}
    wanted = there if numbers is None else set(numbers)
    if missing := wanted - there:
        raise OperatorError("unknown_sheets", batch=batch, sheets=sheet_ranges(missing))
    return tuple(SheetRef(batch, number) for number in sorted(wanted))


def _take(
    row: BoxRow, out: Sequence[SheetRef], change: RecordsTransaction, records: Records, *, who: Person, why: str
) -> None:
    """Enter in the ledger that sheets leave a box.

    Raises:
        OperatorError: `box_is_held`: out of the box they would be out of the hold.
    """
    hold = next((its for its in holds_in_force(records) if its.kind is HoldKind.BOX and its.subject == row.name), None)
    if hold is not None:
        raise OperatorError("box_is_held", box=row.name, hold=hold.id)
    left = set(records.boxes.sheets(row.name)) - set(out)
    sheets = sheet_ranges(ref.sheet for ref in out)
    facts = entry_body(box_now(row, left), who, batch=out[0].batch, sheets=sheets, reason=digest_of(why))
    change.append("box_emptied", row.name, facts)
