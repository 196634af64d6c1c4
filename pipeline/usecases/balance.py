"""The balance of a batch: sheets and sides against images against end states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.custody import FILE_END_STATES, BatchRow, FileState
from pipeline.custody.figures import BatchCounts
from pipeline.custody.scanning import ScanTotals
from pipeline.model import END_STATES, BatchId, PageState
from pipeline.ports import Records


@dataclass(frozen=True, slots=True)
class Balance:
    """Counts of one batch that must agree.

    Attributes:
        files: all that were named.
        open_files: neither taken apart nor refused nor a duplicate.
        refused: refused files and duplicates.
        sheets: pieces of paper, of which `single_sided` show one side only.
        images: pages recorded.
        file_pages: pages that the files were found to hold.
        end_states: pages in an end state, of which `exceptions` are set aside.
        expected_sheets: what the sender counted, null when not said.
        scanned: what was counted when it was scanned; null where it was not scanned in a session, or not to the end.
    """

    batch: BatchId
    files: int
    open_files: int
    refused: int
    sheets: int
    single_sided: int
    images: int
    file_pages: int
    end_states: int
    exceptions: int
    expected_sheets: int | None = None
    scanned: ScanTotals | None = None

    @property
    def sides(self) -> int:
        """Sides that the sheets have to show for themselves."""
        return 2 * self.sheets - self.single_sided

    @property
    def all_scanned(self) -> bool:
        """Sheets fed x sides = sides received = images + superseded sides + files that cannot be read."""
        its = self.scanned
        return its is None or (its.all_received and its.received == self.images + its.superseded + self.refused)

    @property
    def holds(self) -> bool:
        """sheets x sides = images = end states, no file is open, the sender counted the same sheets, and so did the
        scanner."""
        counted = self.expected_sheets is None or self.expected_sheets == self.sheets
        same = self.sides == self.images == self.file_pages == self.end_states
        return same and not self.open_files and counted and self.all_scanned


def balance(batch: BatchRow, *, records: Records) -> Balance:
    """Count the batch as it is recorded."""
    files = records.files(batch.id)
    # A part is no image of its own.
    pages = [page for page in records.pages(batch.id) if page.part_of is None]
    sides = Counter(page.sheet for page in pages if page.sheet)
    session = records.scans.session(batch.id)
    return Balance(
        batch=batch.id,
        files=len(files),
        open_files=sum(file.state not in FILE_END_STATES for file in files),
        refused=sum(file.state in (FileState.REFUSED, FileState.DUPLICATE) for file in files),
        sheets=len(sides),
        single_sided=sum(count == 1 for count in sides.values()),
        images=len(pages),
        file_pages=sum(file.page_count or 0 for file in files),
        end_states=sum(page.state in END_STATES for page in pages),
        exceptions=sum(page.state is PageState.EXCEPTION for page in pages),
        expected_sheets=batch.options.expected_sheets,
        scanned=None if session is None else session.totals,
    )


@dataclass(frozen=True, slots=True)
class Overall:
    """The auditor's table over all batches: what was fed, what is kept and what has come to an end.

    Attributes:
        batches: of which `unbalanced` do not hold.
        sides: twice the sheets, less those that show one side only.
        fed_sides, superseded: of batches that were scanned in a session whose devices counted: sides that passed a
            scanner, and those of them that another scan stands for.
    """

    batches: int
    unbalanced: int
    sheets: int
    sides: int
    images: int
    end_states: int
    exceptions: int
    fed_sides: int = 0
    superseded: int = 0

    @property
    def holds(self) -> bool:
        """sheets x sides = images = end states, in each batch too: two that are wrong do not make up for each other."""
        return self.sides == self.images == self.end_states and not self.unbalanced


def overall(balances: Iterable[Balance]) -> Overall:
    found = tuple(balances)
    scanned = [its.scanned for its in found if its.scanned is not None]
    return Overall(
        batches=len(found),
        unbalanced=sum(not its.holds for its in found),
        sheets=sum(its.sheets for its in found),
        sides=sum(its.sides for its in found),
        images=sum(its.images for its in found),
        end_states=sum(its.end_states for its in found),
        exceptions=sum(its.exceptions for its in found),
        fed_sides=sum(its.fed_sides or 0 for its in scanned),
        superseded=sum(its.superseded for its in scanned),
    )


def balance_of(counts: BatchCounts) -> Balance:
    """The same from counts that are made already."""
    return Balance(
        batch=counts.id,
        files=counts.files,
        open_files=counts.open_files,
        refused=counts.refused,
        sheets=counts.sheets,
        single_sided=counts.single_sided,
        images=counts.images,
        file_pages=counts.file_pages,
        end_states=counts.end_states,
        exceptions=counts.exceptions,
        expected_sheets=counts.expected_sheets,
        scanned=counts.scanned,
    )
