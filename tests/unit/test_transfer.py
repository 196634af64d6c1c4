from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest
from lxml import etree

from pipeline.custody import BatchOptions, BatchState, ObjectRef, TransferRef
from pipeline.errors import OperatorError
from pipeline.evidence.guarantees import CLAUSES, GUARANTEES_DOCUMENT, GUARANTEES_EDITION
from pipeline.evidence.transfer import TransferRecord, record_from, record_text
from pipeline.evidence.transfer_text import readable, readable_html, sections
from pipeline.messages import LANGUAGES, LanguageCode
from pipeline.model import BatchId, PageLabel, PageState
from pipeline.usecases import process
from pipeline.usecases.reconcile import reconcile
from pipeline.usecases.retrieve import find_statement
from pipeline.usecases.review.states import change_statement
from pipeline.usecases.transfer import record_transfers, transfer_records, transfers_of
from pipeline.usecases.verify import verify_all, verify_statement
from tests.fake_records import tampered
from tests.fakes import sha256
from tests.unit.custody import Archive
from tests.unit.transfers import PROFILE, FakeScans, FakeSoftware, documented_archive, said_options

FILES: dict[str, bytes] = {
    "a.pdf": b"no 812345\nblank\nletter\nblank\nunknown\nblank",
    "b.pdf": b"broken",
    "c.pdf": b"no 812346\nblank\nrefuse\nblank",
}


CLAUSES_OF_EDITION_1 = "408c617c117f6a834af6438f3e35d1502441cb5235079eb5f331a52dc259abde"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return documented_archive(tmp_path)


def _records(archive: Archive, batch: BatchId) -> dict[str, TransferRecord]:
    refs = archive.records.transfers.of_batch(batch)
    return {ref.subject: record_from(archive.objects.get(ref.digest).decode()) for ref in refs}


def _differences(archive: Archive) -> set[tuple[str, str]]:
    found = verify_all(keeping=archive.keeping, runner=archive.runner).differences
    return {(its.code, its.subject) for its in found}


def test_every_image_received_is_documented_once(archive: Archive) -> None:
    batch = archive.take(dict(FILES), duplex=True)

    records = _records(archive, batch)
    assert set(records) == {batch, *(row.id for row in archive.records.statements(batch))}
    documented = Counter(page.id for record in records.values() for page in record.pages)
    assert documented == Counter(page.id for page in archive.records.pages(batch))


def test_what_was_refused_is_documented_with_its_batch(archive: Archive) -> None:
    batch = archive.take(dict(FILES), duplex=True)

    of_batch = _records(archive, batch)[batch]
    assert [(file.name, file.state, file.reason) for file in of_batch.files] == [
        ("a.pdf", "split", None),
        ("b.pdf", "refused", "corrupt_pdf"),
        ("c.pdf", "split", None),
    ]
    assert ("file_taken", "fails") in {(check.name, check.result) for check in of_batch.checks}


def test_a_record_names_no_page_of_another_statement(archive: Archive) -> None:
    batch = archive.take(dict(FILES), duplex=True)

    for row in archive.records.statements(batch):
        text = archive.objects.get(_ref(archive, row.id).digest).decode()
        own = {*row.pages, *row.returns, *row.enclosures}
        assert [page.id for page in archive.records.pages(batch) if page.id in text] == [
            page.id for page in archive.records.pages(batch) if page.id in own
        ]


def _ref(archive: Archive, subject: str) -> TransferRef:
    ref = archive.records.transfers.of_subject(subject)
    assert ref is not None
    return ref


def test_what_nobody_said_is_listed_and_not_guessed(tmp_path: Path) -> None:
    archive = Archive.make(tmp_path)
    batch = archive.take({"a.pdf": b"no 812345"})

    record = next(its for subject, its in _records(archive, batch).items() if subject != batch)
    assert record.not_recorded == (
        *("device_make", "device_model", "device_serial", "device_driver", "device_firmware", "profile", "operator"),
        *("received_on", "expected_sheets", "endorser_numbers", "scanned_at", "resolution", "color", "software"),
        *("file_metadata", "visual_check"),
    )
    assert (record.operator, record.profile, record.software) == (None, None, ())
    assert record.pages[0].scanned_at is None


def test_what_the_operator_and_the_files_said_is_told_apart(archive: Archive) -> None:
    options = replace(said_options(archive), received_on=date(2026, 11, 19))
    batch = archive.take({"a.pdf": b"no 812345"}, options=options)

    record = next(its for subject, its in _records(archive, batch).items() if subject != batch)
    assert (record.operator, record.device) == ("marie", PROFILE.device)
    assert record.profile is not None
    assert record.profile.sha256 == options.scan_profile
    assert record.files[0].said == (("created", "2026:11:20 09:15:33"),)
    # The flow of these tests believes no resolution.
    assert record.not_recorded == ("endorser_numbers", "resolution", "visual_check")


def test_a_page_is_said_to_be_processed_by_what_was_installed_then(archive: Archive) -> None:
    batch = archive.take({"a.pdf": b"no 812345"})
    archive.keeping = replace(archive.keeping, software=FakeSoftware({"constat": "2.0"}))
    later = archive.take({"b.pdf": b"no 812346"})

    told = [
        [its.versions for record in _records(archive, each).values() for its in record.software]
        for each in (batch, later)
    ]
    assert told == [[(("constat", "1.0"), ("opencv-python", "5.0"))], [(("constat", "2.0"),)]]


def test_times_are_those_of_the_records(archive: Archive) -> None:
    batch = archive.take({"a.pdf": b"no 812345"})

    record = next(its for subject, its in _records(archive, batch).items() if subject != batch)
    at = {entry.kind: entry.at for entry in archive.records.ledger()}
    assert record.batch.completed_at == at["batch_completed"]
    assert record.pages[0].processed_at == at["sheet_processed"]
    assert record.files[0].received_at == archive.records.files(batch)[0].received_at


def test_making_the_records_again_gives_the_same_bytes_and_records_nothing(archive: Archive) -> None:
    batch = archive.take(dict(FILES), duplex=True)
    entries = list(archive.records.ledger())

    again = {its.subject: sha256(record_text(its).encode()) for its in transfer_records(batch, keeping=archive.keeping)}
    record_transfers(batch, keeping=archive.keeping)

    assert again == {ref.subject: ref.digest for ref in archive.records.transfers.of_batch(batch)}
    assert list(archive.records.ledger()) == entries


def test_a_record_reads_back_as_it_was_written(archive: Archive) -> None:
    batch = archive.take(dict(FILES), duplex=True)

    for record in transfer_records(batch, keeping=archive.keeping):
        assert record_from(record_text(record)) == record


def test_a_batch_that_an_older_program_completed_is_documented_by_reconciling(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(process, "record_transfers", lambda batch, *, keeping: None)
        batch = archive.take(dict(FILES), duplex=True)
    row = archive.records.batch(batch)
    assert row is not None
    assert row.state is BatchState.COMPLETE
    assert ("transfer_not_recorded", batch) in _differences(archive)

    found = reconcile(keeping=archive.keeping, runner=archive.runner)

    assert found.documented == (batch,)
    assert _differences(archive) == set()
    assert reconcile(keeping=archive.keeping, runner=archive.runner).documented == ()


def test_a_flipped_bit_in_a_record_is_found(archive: Archive) -> None:
    batch = archive.take({"a.pdf": b"no 812345"})
    digest = _ref(archive, batch).digest
    data = archive.objects.objects[digest]
    archive.objects.objects[digest] = bytes([data[0] ^ 1]) + data[1:]

    assert ("object_altered", digest) in _differences(archive)


def test_a_record_exchanged_for_another_is_found(archive: Archive) -> None:
    batch = archive.take({"a.pdf": b"no 812345"})
    row = archive.records.statements(batch)[0]
    forged = replace(next(iter(transfer_records(batch, keeping=archive.keeping))), operator="somebody else")
    ref = archive.objects.put(BytesIO(record_text(forged).encode()))
    tampered(archive.records.tables.transfers, row.id, digest=ref.digest)

    assert {("transfer_record_altered", row.id), ("transfer_record_differs", row.id)} <= _differences(archive)
    parts = find_statement("812345", records=archive.records).parts
    told = verify_statement(parts, keeping=archive.keeping, runner=archive.runner).differences
    assert ("transfer_record_altered", row.id) in {(its.code, its.subject) for its in told}


def test_a_record_that_is_gone_is_missed(archive: Archive) -> None:
    batch = archive.take({"a.pdf": b"no 812345"})
    row = archive.records.statements(batch)[0]
    del archive.records.tables.transfers[row.id]

    assert ("transfer_record_missing", row.id) in _differences(archive)


def test_an_operator_exchanged_in_the_records_is_found(archive: Archive) -> None:
    """The ledger names no person; the record of the transfer, whose digest it keeps, does."""
    batch = archive.take({"a.pdf": b"no 812345"}, options=BatchOptions(operator="marie"))
    tampered(archive.records.tables.batches, batch, options=BatchOptions(operator="jean"))

    assert ("transfer_record_differs", batch) in _differences(archive)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_record_is_worded_whole(language: LanguageCode, archive: Archive) -> None:
    batch = archive.take(dict(FILES), duplex=True, options=said_options(archive))

    for record in _records(archive, batch).values():
        text, page = readable(record, language), readable_html(record, language)
        assert "transfer." not in text
        assert readable(record, language) == text
        assert max(len(line) for line in text.splitlines()) <= 100
        assert page.count("<ul>") == page.count("</ul>")
        assert "<script" not in page


def test_what_a_file_says_is_no_markup(archive: Archive) -> None:
    batch = archive.take({"<script>x</script>.pdf": b"no 812345"})

    for record in _records(archive, batch).values():
        assert "<script" not in readable_html(record, "fr")


def test_records_are_found_by_number_and_by_batch(archive: Archive) -> None:
    batch = archive.take({"a.pdf": b"no 812345"})
    row = archive.records.statements(batch)[0]

    assert transfers_of("812345", None, keeping=archive.keeping) == (_ref(archive, row.id),)
    assert transfers_of(batch, None, keeping=archive.keeping) == (_ref(archive, batch),)
    with pytest.raises(OperatorError, match="unknown_statement"):
        transfers_of("1", None, keeping=archive.keeping)


def test_guarantees_are_claimed_only_where_they_hold(archive: Archive) -> None:
    batch = archive.take({"c.pdf": b"refuse"})

    claimed = _records(archive, batch)
    assert all("7" not in record.guarantees.clauses for record in claimed.values())
    assert all("6" not in record.guarantees.clauses for record in claimed.values())


def test_the_text_kept_is_canonical(archive: Archive) -> None:
    batch = archive.take({"a.pdf": b"no 812345"})

    text = archive.objects.get(_ref(archive, batch).digest).decode()
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_the_guarantees_document_has_each_clause_and_this_edition() -> None:
    text = (Path(__file__).resolve().parents[2] / GUARANTEES_DOCUMENT).read_text(encoding="utf-8")

    assert f"Edition {GUARANTEES_EDITION}," in text
    assert tuple(re.findall(r"^\| \*\*([0-9.]+)\*\*", text, re.MULTILINE)) == CLAUSES
    # Records cite clauses by number: a changed wording is another edition.
    clauses = "".join(line for line in text.splitlines(keepends=True) if line.startswith("| **"))
    assert sha256(clauses.encode()) == CLAUSES_OF_EDITION_1


def test_another_image_library_that_reads_files_differently_raises_no_alarm(archive: Archive) -> None:
    batch = archive.take({"a.pdf": b"no 812345"})
    archive.keeping = replace(archive.keeping, scans=FakeScans((("created", "another day"),)))

    assert {ref.digest for ref in archive.records.transfers.of_batch(batch)} != {
        sha256(record_text(its).encode()) for its in transfer_records(batch, keeping=archive.keeping)
    }
    assert _differences(archive) == set()


class KilledError(BaseException):
    """Stands for a kill: nothing catches it."""


@pytest.mark.parametrize("put", range(1, 4))
def test_a_kill_while_records_are_stored_leaves_nothing_that_is_not_recorded_later(
    put: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = documented_archive(tmp_path)
    real, puts = archive.objects.put, 0

    def dying(source: BinaryIO) -> ObjectRef:
        nonlocal puts
        if any(entry.kind == "batch_completed" for entry in archive.records.ledger()):
            puts += 1
            if puts == put:
                raise KilledError
        return real(source)

    with monkeypatch.context() as patch:
        patch.setattr(archive.objects, "put", dying)
        with pytest.raises(KilledError):
            archive.take(dict(FILES), duplex=True)

    found = reconcile(keeping=archive.keeping, runner=archive.runner)

    assert len(found.documented) == 1
    assert found.adopted == ()
    assert _differences(archive) == set()


def test_what_review_changes_later_is_no_alteration_of_the_record(archive: Archive) -> None:
    batch = archive.take(dict(FILES), duplex=True)
    row = archive.records.statements(batch)[0]
    with archive.records.transaction() as change:
        change_statement(row, replace(row, number="999", enclosures=()), change)
        failed = next(page for page in archive.records.pages(batch) if page.label is None)
        change.put_page(replace(failed, label=PageLabel.ENCLOSURE, state=PageState.READY))

    assert not {its for its in _differences(archive) if its[0].startswith("transfer")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_to_read_is_well_formed(language: LanguageCode, archive: Archive) -> None:
    batch = archive.take(dict(FILES), duplex=True, options=said_options(archive))

    for record in _records(archive, batch).values():
        text = readable_html(record, language).partition("\n")[2].replace('<meta charset="utf-8">', "")
        page = etree.fromstring(text)
        assert {its.tag for lists in page.iter("ul") for its in lists} == {"li"}
        assert len(list(page.iter("h2"))) == len(sections(record, language))
