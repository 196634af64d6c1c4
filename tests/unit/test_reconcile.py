from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions, BatchState
from pipeline.errors import IntegrityError
from pipeline.model import END_STATES, PageState
from pipeline.ports import RecordsTransaction
from pipeline.usecases.intake import take_in
from pipeline.usecases.reconcile import Reconciliation, reconcile
from pipeline.usecases.verify import verify_all
from tests.fakes import sha256
from tests.unit.custody import Archive

FILES: dict[str, bytes] = {
    "a.pdf": b"one\nblank\nletter\nfour",
    "b.pdf": b"broken",
    "c.pdf": b"one\nblank\nletter\nfour",
}
TRANSACTIONS = 13
"""How many an intake of FILES makes: announcement, 3 receipts, 2 splits, pairing, 2 sheets, assembly, records of the
transfer, times, seal."""


class KilledError(BaseException):
    """Stands for a kill: nothing catches it."""


def _killed_at(archive: Archive, transaction: int, *, committed: bool, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Take in FILES and die in the transaction with this number, before or after it commits; false if none was left."""
    real, count = archive.records.transaction, 0

    @contextmanager
    def dying() -> Iterator[RecordsTransaction]:
        nonlocal count
        count += 1
        with real() as change:
            yield change
            if count == transaction and not committed:
                raise KilledError
        if count == transaction:
            raise KilledError

    listing = archive.listing(dict(FILES), duplex=True)
    with monkeypatch.context() as patch:
        patch.setattr(archive.records, "transaction", dying)
        try:
            take_in(listing, BatchOptions(), keeping=archive.keeping, runner=archive.runner)
        except KilledError:
            return True
    return False


def _reconciled(archive: Archive) -> Reconciliation:
    return reconcile(keeping=archive.keeping, runner=archive.runner)


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("transaction", range(1, TRANSACTIONS + 1))
def test_a_kill_at_any_transaction_is_finished_later_once(
    transaction: int, committed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive.make(tmp_path)
    assert _killed_at(archive, transaction, committed=committed, monkeypatch=monkeypatch)

    found = _reconciled(archive)

    batches = archive.records.batches()
    assert len(batches) == (0 if transaction == 1 and not committed else 1)
    for row in batches:
        assert row.state is BatchState.COMPLETE
        pages = archive.records.pages(row.id)
        assert [page.sha256 for page in pages] == [sha256(line) for line in FILES["a.pdf"].splitlines()]
        assert all(page.state in END_STATES for page in pages)
    assert all(its.holds for its in found.balances)
    assert verify_all(keeping=archive.keeping, runner=archive.runner).differences == ()


@pytest.mark.parametrize("transaction", range(2, TRANSACTIONS + 1))
def test_a_finished_kill_leaves_the_records_of_an_undisturbed_intake(
    transaction: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calm, killed = Archive.make(tmp_path), Archive.make(tmp_path)
    batch = calm.take(dict(FILES), duplex=True)
    _killed_at(killed, transaction, committed=False, monkeypatch=monkeypatch)
    _reconciled(killed)

    assert killed.records.pages(batch) == calm.records.pages(batch)
    assert killed.records.statements(batch) == calm.records.statements(batch)
    assert [file.state for file in killed.records.files(batch)] == [file.state for file in calm.records.files(batch)]
    # A reconciliation is an entry more, and so is its seal.
    assert _kinds(killed) == _kinds(calm)


def _kinds(archive: Archive) -> list[str]:
    return [entry.kind for entry in archive.records.ledger() if entry.kind not in ("reconciled", "sealed")]


def test_reconciling_twice_does_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = Archive.make(tmp_path)
    _killed_at(archive, 5, committed=True, monkeypatch=monkeypatch)
    _reconciled(archive)
    before = list(archive.records.ledger())

    again = _reconciled(archive)

    assert list(archive.records.ledger()) == before
    assert again.carried_on == ()
    assert again.clean


def test_a_source_that_is_gone_after_the_kill_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = Archive.make(tmp_path)
    _killed_at(archive, 2, committed=False, monkeypatch=monkeypatch)
    del archive.sources.files[Path("/scans/b.pdf")]

    found = _reconciled(archive)

    assert found.lost_sources == ("b.pdf",)
    assert not found.clean
    assert all(its.holds for its in found.balances)


def test_a_source_that_is_gone_after_it_was_stored_is_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive.make(tmp_path)
    _killed_at(archive, 5, committed=False, monkeypatch=monkeypatch)
    archive.sources.files.clear()

    found = _reconciled(archive)

    assert found.lost_sources == ()
    assert len(archive.records.pages(archive.records.batches()[0].id)) == 4


def test_an_object_that_nothing_refers_to_is_adopted_by_name(tmp_path: Path) -> None:
    archive = Archive.make(tmp_path)
    archive.take({"a.pdf": b"one"})
    archive.objects.objects[sha256(b"orphan")] = b"orphan"

    found = _reconciled(archive)

    assert found.adopted == (sha256(b"orphan"),)
    assert verify_all(keeping=archive.keeping, runner=archive.runner).clean
    assert _reconciled(archive).adopted == ()


def test_nothing_is_done_on_top_of_a_cut_off_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = Archive.make(tmp_path)
    _killed_at(archive, 6, committed=True, monkeypatch=monkeypatch)
    del archive.records.tables.ledger[-1]

    with pytest.raises(IntegrityError, match="ledger_truncated"):
        _reconciled(archive)


def test_reconciling_reads_no_ledger_from_its_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = Archive.make(tmp_path)
    archive.take({"a.pdf": b"one"})

    def ledger() -> None:
        raise AssertionError("the whole ledger is read")

    monkeypatch.setattr(archive.records, "ledger", ledger)
    reconcile(keeping=archive.keeping, runner=archive.runner)


@pytest.mark.parametrize("what", ["page", "state"])
def test_the_table_over_all_batches_shows_a_row_that_is_missing_or_stays_open(what: str, tmp_path: Path) -> None:
    archive = Archive.make(tmp_path)
    first, _ = archive.take(dict(FILES), duplex=True), archive.take({"d.pdf": b"one\ntwo"}, duplex=True)
    before = reconcile(keeping=archive.keeping, runner=archive.runner).overall
    assert (before.holds, before.sheets, before.sides, before.images, before.end_states) == (True, 3, 6, 6, 6)

    page = archive.records.pages(first)[0]
    if what == "page":
        del archive.records.tables.pages[page.id]
    else:
        archive.records.tables.pages[page.id] = replace(page, state=PageState.PROCESSED)
    after = reconcile(keeping=archive.keeping, runner=archive.runner)

    assert (after.overall.holds, after.overall.unbalanced, after.clean) == (False, 1, False)
