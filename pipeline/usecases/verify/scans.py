"""Scan sessions: each row against its entries in the ledger; the files that a session became against its sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.custody import FileRow, FileState
from pipeline.custody.scanning import ScannedSide, SessionState
from pipeline.evidence.verdict import Difference
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.testimony import Testimony
from pipeline.usecases.testimony_scans import compare_scans
from pipeline.usecases.verify.report import Report, Scope


def check_scans(report: Report, scope: Scope, told: Testimony, keeping: Keeping) -> None:
    """The session of a batch; nothing for a batch that was not scanned in one."""
    batch, scans = scope.batch.id, keeping.records.scans
    session, sides = scans.session(batch), scans.sides(batch)
    report.differences.extend(compare_scans(batch, session, scans.feedings(batch), sides, told.scans))
    if session is not None and session.state is SessionState.ENDED:
        files = scope.files if scope.whole else keeping.records.files(batch)
        report.differences.extend(_as_scanned(files, sides))
    if sides:
        report.count("scanned_sides", len(sides))


def _as_scanned(files: Sequence[FileRow], sides: Sequence[ScannedSide]) -> Iterator[Difference]:
    """Each side has become the file with its id, with the same bytes, and is taken apart exactly if it stands."""
    by_id = {file.id: file for file in files}
    for its in sides:
        file = by_id.pop(its.id, None)
        if file is None:
            yield Difference("record_missing", its.id)
        elif file.digest != its.digest or (file.state is FileState.SUPERSEDED) != (its.superseded_by is not None):
            yield Difference("scanned_side_altered", its.id)
    yield from (Difference("record_unknown_to_ledger", file) for file in by_id)
