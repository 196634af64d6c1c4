"""A day that was entered while paper was fed stays with its envelope, whatever numbers the sheets have once read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions
from pipeline.custody.envelopes import EnvelopeRow
from pipeline.custody.scanning import MailHeader, ScannedSide, ScanSession, SessionState
from pipeline.model import BatchId, Digest
from pipeline.ports import FileGroup, FoundFile, Listing
from pipeline.usecases.envelope_entries import put_envelope
from pipeline.usecases.envelopes import enter_envelope, mail_view
from pipeline.usecases.intake import take_in
from tests.unit.custody import Archive
from tests.unit.form_lines import form_flow
from tests.unit.reviewing import desk_of
from tests.unit.test_envelope_postmarks import answer, separator

OF_FIRST, OF_SECOND = date(2026, 10, 28), date(2026, 11, 3)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive.make(tmp_path, flow=form_flow)


def scanned(archive: Archive, *files: str) -> BatchId:
    """A batch of these files, a line a page, which was scanned in a session that took each for one sheet; the day of
    each of two envelopes was entered meanwhile."""
    entered, ended = archive.keeping.clock.now(), archive.keeping.clock.now()
    paths = [Path("/scans", f"{place}.pdf") for place in range(len(files))]
    archive.sources.files |= {path: text.encode() for path, text in zip(paths, files, strict=True)}
    found = tuple(FoundFile(path, path.name) for path in paths)
    batch = take_in(
        Listing((FileGroup(found, False),), ()), BatchOptions(), keeping=archive.keeping, runner=archive.runner
    )
    with archive.records.transaction() as change:
        session = ScanSession(batch, MailHeader(), SessionState.ENDED, entered, "anne", ended, "anne")
        change.scans.put_session(session)
        for sheet, file in enumerate(archive.records.files(batch), start=1):
            side = ScannedSide(
                file.id, batch, 1, sheet, None, 0, Digest(str(sheet)), 1, "application/pdf", file.name, entered
            )
            change.scans.put_side(side)
        for sheet, day in ((2, OF_FIRST), (4, OF_SECOND)):
            put_envelope(EnvelopeRow(batch, sheet, day, "", entered, "anne"), change)
    return batch


def days(archive: Archive, batch: BatchId) -> list[tuple[int, date | None]]:
    view = mail_view(batch, records=archive.records)
    return [(its.envelope.first_sheet, its.entered.postmark if its.entered else None) for its in view.envelopes]


def codes(archive: Archive, batch: BatchId) -> list[list[str]]:
    told = ([its.code for its in row.reasons] for row in archive.records.statements(batch))
    return [[code for code in each if code.startswith("plea")] for each in told]


def test_a_file_with_more_sheets_than_were_counted_moves_no_day_to_another_envelope(archive: Archive) -> None:
    stack = f"{answer(8)}\n{answer(9)}\nletter"
    batch = scanned(archive, stack, separator(1), answer(1), separator(2), answer(2))

    assert days(archive, batch) == [(1, None), (4, OF_FIRST), (6, OF_SECOND)]
    enter_envelope(batch, 1, None, note="none", who="anne", desk=desk_of(archive.keeping))
    enter_envelope(batch, 4, OF_SECOND, who="anne", desk=desk_of(archive.keeping))

    # What was entered as of sheet 4 while scanning, and is of sheet 6, is not lost when sheet 4 gets its own.
    assert days(archive, batch) == [(1, None), (4, OF_SECOND), (6, OF_SECOND)]
    assert codes(archive, batch)[2] == ["plea_posted_late"]


def test_a_day_that_is_of_several_envelopes_is_of_none_and_is_told(archive: Archive) -> None:
    inside = f"{separator(1)}\n{answer(1)}\n{separator(2)}"
    batch = scanned(archive, answer(8), inside, answer(2), separator(3), answer(3))
    view = mail_view(batch, records=archive.records)

    assert days(archive, batch) == [(1, None), (2, None), (4, None), (6, OF_SECOND)]
    assert [(its.code, dict(its.params)["sheet"]) for its in view.mail.alarms] == [("postmark_unplaced", "2")]


def test_numbers_that_agree_leave_everything_where_it_was(archive: Archive) -> None:
    batch = scanned(archive, answer(8), separator(1), answer(1), separator(2), answer(2))

    assert days(archive, batch) == [(1, None), (2, OF_FIRST), (4, OF_SECOND)]
    side = archive.records.scans.sides(batch)[1]
    with archive.records.transaction() as change:
        change.scans.put_side(replace(side, superseded_by=1))
    assert [its.code for its in mail_view(batch, records=archive.records).mail.alarms] == ["postmark_unplaced"]
