from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import pytest

from pipeline.custody import BatchOptions, BatchState, FileState
from pipeline.errors import InputRefused, InvariantBroken, OperatorError, Unavailable
from pipeline.model import PageState, Side
from pipeline.ports import FileGroup, FoundFile, Listing, NotTaken
from pipeline.usecases.intake import announce, carry_on, take_in
from pipeline.usecases.report import batch_report
from tests.databases import POSTGRES, records_of
from tests.fakes import sha256
from tests.unit.custody import Archive


@pytest.fixture(params=["memory", POSTGRES])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Archive:
    return Archive.make(tmp_path).on(records_of(request.param, tmp_path))


def test_a_file_is_stored_and_recorded_with_its_digest(archive: Archive) -> None:
    batch = archive.take({"mail.pdf": b"one\ntwo"})

    (file,) = archive.records.files(batch)
    assert (file.state, file.digest, file.size_bytes, file.page_count) == (FileState.SPLIT, sha256(b"one\ntwo"), 7, 2)
    assert archive.objects.get(sha256(b"one\ntwo")) == b"one\ntwo"


def test_every_page_has_its_digest_and_an_end_state(archive: Archive) -> None:
    batch = archive.take({"mail.pdf": b"one\nblank\nletter\nunknown"})

    pages = archive.records.pages(batch)
    assert [page.sha256 for page in pages] == [sha256(b"one"), sha256(b"blank"), sha256(b"letter"), sha256(b"unknown")]
    assert [page.state for page in pages] == [
        PageState.READY,
        PageState.READY,
        PageState.READY,
        PageState.EXCEPTION,
    ]


def test_batches_of_a_day_are_numbered(archive: Archive) -> None:
    first, second = archive.take({"a": b"one"}), archive.take({"b": b"two"})

    assert first[10:] == "-001"
    assert second[10:] == "-002"


def test_receipt_is_recorded_before_anything_is_opened(archive: Archive) -> None:
    archive.take({"a": b"one", "b": b"two"})

    kinds = [entry.kind for entry in archive.records.ledger()]
    assert kinds == [
        "batch_announced",
        "file_received",
        "file_received",
        "file_split",
        "file_split",
        "sheets_paired",
        "sheet_processed",
        "sheet_processed",
        "batch_completed",
        # Of each of the two statements, and of what belongs to none.
        "transfer_recorded",
        "transfer_recorded",
        "transfer_recorded",
        "sealed",
    ]


def test_pages_of_a_duplex_file_are_fronts_and_backs(archive: Archive) -> None:
    batch = archive.take({"mail.pdf": b"one\ntwo\nthree"}, duplex=True)

    found = [(page.sheet, page.side) for page in archive.records.pages(batch)]
    assert found == [(1, Side.FRONT), (1, Side.BACK), (2, Side.FRONT)]


def test_a_refused_front_does_not_turn_the_next_front_into_its_back(archive: Archive) -> None:
    listing = archive.listing({"1.png": b"broken", "2.png": b"two", "3.png": b"three", "4.png": b"four"})
    files = tuple(group.files[0] for group in listing.groups)
    batch = take_in(
        Listing((FileGroup(files, duplex=True),), ()), BatchOptions(), keeping=archive.keeping, runner=archive.runner
    )

    found = [(page.sheet, page.side) for page in archive.records.pages(batch)]
    assert found == [(1, Side.BACK), (2, Side.FRONT), (2, Side.BACK)]


def test_the_same_file_again_is_kept_as_a_record_and_not_processed(archive: Archive) -> None:
    first = archive.take({"a.pdf": b"one"})
    batch = archive.take({"b.pdf": b"one", "c.pdf": b"two"})

    duplicate, other = archive.records.files(batch)
    assert (duplicate.state, duplicate.duplicate_of) == (FileState.DUPLICATE, f"{first}.0001")
    assert other.state is FileState.SPLIT
    assert len(archive.records.pages(batch)) == 1
    refused = batch_report(batch, records=archive.records).refused
    assert [(file.name, file.reason.code if file.reason else "") for file in refused] == [("b.pdf", "duplicate_file")]


def test_the_same_file_twice_in_one_batch_is_processed_once(archive: Archive) -> None:
    batch = archive.take({"a.pdf": b"one", "b.pdf": b"one"})

    assert [file.state for file in archive.records.files(batch)] == [FileState.SPLIT, FileState.DUPLICATE]


def test_a_broken_file_is_refused_kept_and_the_rest_goes_on(archive: Archive) -> None:
    batch = archive.take({"bad.pdf": b"broken", "empty.pdf": b"", "good.pdf": b"one"})

    bad, empty, good = archive.records.files(batch)
    assert bad.reason is not None
    assert empty.reason is not None
    assert (bad.state, bad.reason.code) == (FileState.REFUSED, "corrupt_pdf")
    assert (empty.state, empty.reason.code) == (FileState.REFUSED, "empty_file")
    assert archive.objects.get(sha256(b"broken")) == b"broken"
    assert good.state is FileState.SPLIT
    row = archive.records.batch(batch)
    assert row is not None
    assert row.state is BatchState.COMPLETE


def test_a_file_that_cannot_be_read_is_named_and_the_rest_goes_on(archive: Archive) -> None:
    batch = archive.take({"gone.pdf": InputRefused("source_missing", path="/scans/gone.pdf"), "good.pdf": b"one"})

    gone, good = archive.records.files(batch)
    assert gone.reason is not None
    assert (gone.state, gone.reason.code, gone.digest) == (FileState.REFUSED, "source_missing", None)
    assert good.state is FileState.SPLIT


def test_bytes_whose_stored_copy_was_damaged_are_refused_and_the_rest_goes_on(archive: Archive) -> None:
    archive.take({"a.pdf": b"one"})
    archive.objects.objects[sha256(b"one")] = b"damaged"
    batch = archive.take({"again.pdf": b"one", "good.pdf": b"two"})

    again, good = archive.records.files(batch)
    assert again.reason is not None
    assert (again.state, again.reason.code) == (FileState.REFUSED, "object_altered")
    assert good.state is FileState.SPLIT


def test_what_was_not_taken_is_listed(archive: Archive) -> None:
    batch = archive.take({"good.pdf": b"one"}, not_taken=(NotTaken("notes.txt", "foreign_file"),))

    report = batch_report(batch, records=archive.records)
    assert [(file.name, file.reason.code if file.reason else "") for file in report.refused] == [
        ("notes.txt", "foreign_file")
    ]
    assert not report.clean


def test_nothing_at_all_to_take_in_is_an_error_of_use(archive: Archive) -> None:
    with pytest.raises(OperatorError, match="nothing_to_take_in"):
        archive.take({})
    assert archive.records.batches() == ()


def test_a_relative_path_cannot_be_carried_on_later_and_is_not_accepted(archive: Archive) -> None:
    listing = Listing((FileGroup((FoundFile(Path("a.pdf"), "a.pdf"),), duplex=False),), ())

    with pytest.raises(InvariantBroken):
        announce(listing, BatchOptions(), keeping=archive.keeping)
    assert archive.records.batches() == ()


def test_a_damaged_page_is_an_exception_in_its_place(archive: Archive) -> None:
    batch = archive.take({"mail.tif": b"one\n!corrupt_page\nthree"}, duplex=True)

    pages = archive.records.pages(batch)
    assert [page.state for page in pages] == [PageState.READY, PageState.EXCEPTION, PageState.READY]
    assert pages[1].reasons[0].code == "corrupt_page"
    assert [(page.sheet, page.side) for page in pages] == [(1, Side.FRONT), (1, Side.BACK), (2, Side.FRONT)]


def test_a_side_that_cannot_be_decoded_does_not_take_the_other_with_it(archive: Archive) -> None:
    batch = archive.take({"mail.pdf": b"refuse this\nblank"}, duplex=True)

    front, back = archive.records.pages(batch)
    assert (front.state, front.reasons[0].code) == (PageState.EXCEPTION, "corrupt_image")
    assert back.state is PageState.READY


def test_a_sheet_that_kills_its_worker_is_set_aside_and_the_rest_goes_on(tmp_path: Path) -> None:
    archive = Archive.make(tmp_path, dies_on=[2])
    batch = archive.take({"mail.pdf": b"one\ntwo\nthree"})

    pages = archive.records.pages(batch)
    assert [page.state for page in pages] == [PageState.READY, PageState.EXCEPTION, PageState.READY]
    assert pages[1].reasons[0].code == "worker_died"


def test_a_file_that_is_still_being_written_is_refused(archive: Archive) -> None:
    class Growing:
        """A source to which a scanner appends after it was read."""

        def __init__(self, source: BinaryIO) -> None:
            self._source = source

        def __enter__(self) -> Growing:
            return self

        def __exit__(self, *_: object) -> None:
            self._source.close()

        def read(self, size: int = -1) -> bytes:
            return self._source.read(size)

        def tell(self) -> int:
            return self._source.tell()

        def seek(self, offset: int, whence: int = 0) -> int:
            return self._source.seek(offset, whence) + 100

    real = archive.sources.open
    archive.sources.open = lambda path: Growing(real(path))  # type: ignore[method-assign,assignment,return-value]
    batch = archive.take({"a.pdf": b"one"})

    (file,) = archive.records.files(batch)
    assert file.reason is not None
    assert file.reason.code == "source_still_growing"


def test_a_full_disk_stops_the_intake_and_loses_nothing(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = archive.objects.put, []

    def full_at_the_second(source: BinaryIO) -> object:
        calls.append(source)
        if len(calls) == 2:
            raise Unavailable("disk_full", path="/data")
        return real(source)

    listing = archive.listing({"a.pdf": b"one", "b.pdf": b"two"})
    monkeypatch.setattr(archive.objects, "put", full_at_the_second)
    with pytest.raises(Unavailable, match="disk_full"):
        take_in(listing, BatchOptions(), keeping=archive.keeping, runner=archive.runner)

    (row,) = archive.records.batches()
    assert [file.state for file in archive.records.files(row.id)] == [FileState.RECEIVED, FileState.ANNOUNCED]
    carry_on(row.id, keeping=archive.keeping, runner=archive.runner)
    assert [file.state for file in archive.records.files(row.id)] == [FileState.SPLIT, FileState.SPLIT]


def test_carrying_on_a_complete_batch_changes_nothing(archive: Archive) -> None:
    batch = archive.take({"mail.pdf": b"one\ntwo"})
    before = (list(archive.records.ledger()), archive.records.pages(batch))

    carry_on(batch, keeping=archive.keeping, runner=archive.runner)

    assert (list(archive.records.ledger()), archive.records.pages(batch)) == before


def test_a_file_name_that_is_no_text_is_shown_and_its_path_kept(archive: Archive) -> None:
    batch = archive.take({"caf\udce9.pdf": b"one"})

    (file,) = archive.records.files(batch)
    assert (file.name, file.source_path) == ("caf\ufffd.pdf", "/scans/caf\udce9.pdf")


def test_a_batch_balances_only_with_the_sheets_that_were_counted(archive: Archive) -> None:
    counted = archive.take({"a.pdf": b"one\ntwo"}, duplex=True, options=BatchOptions(expected_sheets=1))
    missing = archive.take({"b.pdf": b"three\nfour"}, duplex=True, options=BatchOptions(expected_sheets=2))

    assert batch_report(counted, records=archive.records).balance.holds
    assert not batch_report(missing, records=archive.records).balance.holds
