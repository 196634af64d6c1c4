"""Seals: what is sealed and when, and that every altered bit of them or of what they cover is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.config import Settings
from pipeline.custody import KeptSeal, KeyId, LedgerEntry, RootHash
from pipeline.errors import OperatorError, Unavailable
from pipeline.evidence.ledger import GENESIS, head_after, next_entry
from pipeline.evidence.seal import imprint
from pipeline.evidence.signature import PublicKey
from pipeline.model import BatchId, Digest
from pipeline.usecases.sealing import seal, signed
from pipeline.usecases.verify import verify_batch
from pipeline.wiring import writing
from tests.fake_seals import MemorySealFiles
from tests.time_authority import LocalAuthority
from tests.unit.custody import Archive
from tests.unit.sealed import codes, key, named, sealed_archive, sealing, verdict_of


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Two batches, signed and stamped."""
    archive, _, _ = sealed_archive(tmp_path)
    archive.take({"a.pdf": b"one\nblank"})
    archive.take({"b.pdf": b"two"})
    return archive


def _seals(archive: Archive) -> dict[int, KeptSeal]:
    return archive.records.tables.seals


def _files(archive: Archive) -> MemorySealFiles:
    files = archive.keeping.sealing.files
    assert isinstance(files, MemorySealFiles)
    return files


def test_each_batch_is_sealed_signed_stamped_and_written_outside(archive: Archive) -> None:
    verdict = verdict_of(archive)

    assert verdict.differences == ()
    assert verdict.remarks == ()
    checked = dict(verdict.checked)
    assert (checked["seals"], checked["signatures"], checked["time_stamps"], checked["seal_files"]) == (2, 2, 2, 4)
    first, second = (_seals(archive)[number].seal for number in (1, 2))
    assert (first.first, second.first) == (1, first.last + 1)
    assert [first.batch, second.batch] == [row.id for row in archive.records.batches()]


def test_without_key_and_authority_seals_are_made_and_remarked_upon(tmp_path: Path) -> None:
    archive = Archive.make(tmp_path)
    archive.take({"a.pdf": b"one"})

    verdict = verdict_of(archive)
    assert verdict.clean
    assert {its.code for its in verdict.remarks} == {"seals_without_signature", "seals_without_time_stamp"}


def test_sealing_again_seals_nothing(archive: Archive) -> None:
    before = list(archive.records.ledger())

    assert seal(keeping=archive.keeping).seal is None
    assert list(archive.records.ledger()) == before


def test_what_came_since_is_sealed_by_command(archive: Archive) -> None:
    with archive.records.transaction() as change:
        change.append("reconciled", "all", "{}")
    assert {its.code for its in verdict_of(archive).remarks} == {"entries_not_sealed"}

    made = seal(keeping=archive.keeping).seal
    assert made is not None
    assert (made.number, made.batch) == (3, None)
    assert verdict_of(archive).remarks == ()


def test_an_authority_that_is_away_delays_the_stamp_and_nothing_else(tmp_path: Path) -> None:
    archive, _, authority = sealed_archive(tmp_path)
    authority.failure = Unavailable("time_authority_slow", url="http://tsa")
    archive.take({"a.pdf": b"one"})
    archive.take({"b.pdf": b"two"})

    verdict = verdict_of(archive)
    assert verdict.clean
    assert {its.code for its in verdict.remarks} == {"seals_without_time_stamp"}
    # Asked once a sealing, not once for each seal that waits.
    waiting = [kept.waiting and kept.waiting.code for kept in archive.records.seals.all()]
    assert waiting == ["time_authority_slow", None]

    authority.failure = None
    assert seal(keeping=archive.keeping).stamped == 2
    assert verdict_of(archive).clean
    assert verdict_of(archive).remarks == ()


@pytest.mark.parametrize("failure", [None, Unavailable("time_authority_slow", url="http://tsa")])
def test_of_two_that_ask_for_a_time_stamp_the_faster_one_counts(
    failure: Unavailable | None, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = archive.keeping.sealing.authority
    assert isinstance(authority, LocalAuthority)
    with archive.records.transaction() as change:
        change.append("reconciled", "all", "{}")
    real = authority.stamp

    def overtaken(digest: Digest) -> bytes:
        monkeypatch.setattr(authority, "stamp", real)
        seal(keeping=archive.keeping)
        if failure is not None:
            raise failure
        return real(digest)

    monkeypatch.setattr(authority, "stamp", overtaken)
    seal(keeping=archive.keeping)

    verdict = verdict_of(archive)
    assert (verdict.differences, verdict.remarks) == ((), ())


def test_a_folder_of_seals_that_cannot_be_written_delays_the_copies_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, files, _ = sealed_archive(tmp_path)

    def full(name: str, data: bytes) -> None:
        raise Unavailable("disk_full", path=name)

    with monkeypatch.context() as patch:
        patch.setattr(files, "write", full)
        archive.take({"a.pdf": b"one"})
        assert [reason.code for reason in seal(keeping=archive.keeping).waiting] == ["disk_full"]
    assert codes(verdict_of(archive)) == {"seal_file_missing"}

    assert seal(keeping=archive.keeping).waiting == ()
    assert verdict_of(archive).clean


def test_a_ledger_that_does_not_hold_is_not_signed(archive: Archive) -> None:
    with archive.records.transaction() as change:
        change.append("reconciled", "all", "{}")
    ledger = archive.records.tables.ledger
    ledger[-1] = replace(ledger[-1], body='{"forged":true}')

    done = seal(keeping=archive.keeping)
    assert done.seal is None
    assert [reason.code for reason in done.waiting] == ["ledger_not_sealed"]


@pytest.mark.parametrize("peaks", [(), ("ab" * 32,), ("no digits",), ("ab" * 32, "cd" * 32)])
def test_the_log_is_made_from_all_seals_where_what_is_recorded_of_it_is_not_it(
    peaks: tuple[str, ...], archive: Archive
) -> None:
    _seals(archive)[2] = replace(_seals(archive)[2], peaks=peaks)
    archive.take({"c.pdf": b"three"})

    assert len(_seals(archive)) == 3
    assert verdict_of(archive).clean


def test_with_another_key_or_none_while_one_is_in_force_no_seal_is_made(archive: Archive) -> None:
    for other, code in ((None, "signing_key_not_configured"), (key(2), "signing_key_not_in_force")):
        sealing(archive, signer=other)
        with archive.records.transaction() as change:
            change.append("reconciled", "all", "{}")
        done = seal(keeping=archive.keeping)

        assert done.seal is None
        assert [reason.code for reason in done.waiting] == [code]
    assert verdict_of(archive).clean
    assert {its.code for its in verdict_of(archive).remarks} == {"entries_not_sealed"}


Column = Callable[[KeptSeal], KeptSeal]


def _in_seal(**changes: object) -> Column:
    return lambda kept: replace(kept, seal=replace(kept.seal, **changes))  # type: ignore[arg-type]  # by name


def _digit(text: str) -> str:
    return ("0" if text[0] != "0" else "1") + text[1:]


COLUMNS: dict[str, Column] = {
    "number": _in_seal(number=7),
    "batch": _in_seal(batch=None),
    "first": lambda kept: replace(kept, seal=replace(kept.seal, first=kept.seal.first + 1)),
    "last": lambda kept: replace(kept, seal=replace(kept.seal, last=kept.seal.last - 1)),
    "root": lambda kept: replace(kept, seal=replace(kept.seal, root=RootHash(_digit(kept.seal.root)))),
    "previous": lambda kept: replace(kept, seal=replace(kept.seal, previous=_digit(kept.seal.previous))),  # type: ignore[arg-type]  # a hash
    "made_at": lambda kept: replace(kept, seal=replace(kept.seal, made_at=kept.seal.made_at + timedelta(seconds=1))),
    "log_root": lambda kept: replace(kept, seal=replace(kept.seal, log_root=RootHash(_digit(kept.seal.log_root)))),
    "key": _in_seal(key=KeyId("a" * 64)),
    "no_key": _in_seal(key=None),
    "signature": lambda kept: replace(kept, seal=replace(kept.seal, signature=_digit(kept.seal.signature or ""))),
    "no_signature": _in_seal(signature=None),
    "token": lambda kept: replace(kept, token=(kept.token or b"")[:-1] + bytes([(kept.token or b"\0")[-1] ^ 1])),
    "no_token": lambda kept: replace(kept, token=None),
}


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("column", COLUMNS)
def test_an_altered_column_of_a_seal_is_named_without_the_copies_outside(
    column: str, number: int, archive: Archive
) -> None:
    sealing(archive, files=None)
    kept = _seals(archive).pop(number)
    altered = COLUMNS[column](kept)
    _seals(archive)[altered.seal.number] = altered

    found = {code for code in codes(verdict_of(archive)) if code.startswith(("seal", "time_stamp"))}
    assert found
    expected = {
        "root": "seal_root_differs",
        "previous": "seal_root_differs",
        "log_root": "seal_log_differs",
        "key": "seal_key_unknown",
        "no_key": "seal_unsigned",
        "no_signature": "seal_unsigned",
        "signature": "seal_signature_invalid",
        "token": "time_stamp_altered",
        "no_token": "time_stamp_missing",
        "number": "seal_missing",
        "first": "seal_gap",
    }
    assert expected.get(column, "seal_signature_invalid") in found


@pytest.mark.parametrize("number", [1, 2])
def test_a_seal_that_was_removed_is_named(number: int, archive: Archive) -> None:
    del _seals(archive)[number]

    assert ("seal_missing", f"seal-{number:08d}") in named(verdict_of(archive))
    assert ("seal_file_unrecorded", f"seal-{number:08d}.json") in named(verdict_of(archive))


@pytest.mark.parametrize("name", ["seal-00000001.json", "seal-00000002.tst"])
def test_every_flipped_byte_of_a_copy_outside_is_named(name: str, archive: Archive) -> None:
    whole = _files(archive).files[name]
    for place in range(0, len(whole), 97):
        _files(archive).files[name] = whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :]

        assert ("seal_file_differs", name) in named(verdict_of(archive))
    del _files(archive).files[name]
    assert ("seal_file_missing", name) in named(verdict_of(archive))


ENTRY_COLUMNS: dict[str, Callable[[LedgerEntry], LedgerEntry]] = {
    "number": lambda entry: replace(entry, number=entry.number + 1000),
    "at": lambda entry: replace(entry, at=entry.at + timedelta(microseconds=1)),
    "kind": lambda entry: replace(entry, kind=entry.kind + "x"),
    "subject": lambda entry: replace(entry, subject=entry.subject + "x"),
    "body": lambda entry: replace(entry, body=entry.body + " "),
    "previous": lambda entry: replace(entry, previous=_digit(entry.previous)),  # type: ignore[arg-type]  # a hash
    "hash": lambda entry: replace(entry, hash=_digit(entry.hash)),  # type: ignore[arg-type]  # a hash
}


@pytest.mark.parametrize("column", ENTRY_COLUMNS)
def test_an_altered_column_of_any_ledger_entry_is_named(column: str, archive: Archive) -> None:
    ledger = archive.records.tables.ledger
    for place, entry in enumerate(tuple(ledger)):
        ledger[place] = ENTRY_COLUMNS[column](entry)

        assert any(code.startswith("ledger_") for code in codes(verdict_of(archive)))
        ledger[place] = entry


# An insider who can write everything that the program writes, and has no key.


def _rewritten(archive: Archive, change: Callable[[list[LedgerEntry]], list[LedgerEntry]]) -> None:
    """Change the ledger, chain it anew, and put the head where it belongs."""
    head, ledger = GENESIS, []
    for entry in change(list(archive.records.tables.ledger)):
        ledger.append(next_entry(head, at=entry.at, kind=entry.kind, subject=entry.subject, body=entry.body))
        head = head_after(ledger[-1])
    archive.records.tables.ledger[:] = ledger
    archive.records.head = head


def _forged(ledger: list[LedgerEntry]) -> list[LedgerEntry]:
    return [replace(entry, body="{}") if entry.kind == "reconciled" else entry for entry in ledger]


def _with_reconciliation(archive: Archive) -> None:
    with archive.records.transaction() as change:
        change.append("reconciled", "all", '{"adopted":3}')
    seal(keeping=archive.keeping)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_forged, "seal_root_differs"),
        (lambda ledger: [ledger[0], ledger[2], ledger[1], *ledger[3:]], "seal_root_differs"),
        (lambda ledger: ledger[:4], "sealed_entries_missing"),
        (lambda ledger: [*ledger[:2], *ledger[3:]], "seal_root_differs"),
        (lambda ledger: [ledger[0], *ledger], "seal_root_differs"),
    ],
    ids=["edited", "reordered", "cut off", "removed", "added"],
)
def test_a_ledger_chained_anew_with_its_head_is_found_by_the_seals(
    change: Callable[[list[LedgerEntry]], list[LedgerEntry]], code: str, archive: Archive
) -> None:
    _with_reconciliation(archive)
    _rewritten(archive, change)

    assert code in codes(verdict_of(archive))


@pytest.mark.parametrize("change", [lambda ledger: ledger[:4], _forged], ids=["cut off", "edited"])
def test_nothing_is_sealed_on_top_of_a_ledger_that_was_chained_anew(
    change: Callable[[list[LedgerEntry]], list[LedgerEntry]], archive: Archive
) -> None:
    _with_reconciliation(archive)
    _rewritten(archive, change)

    for _ in range(2):
        done = seal(keeping=archive.keeping)
        assert done.seal is None
        assert [reason.code for reason in done.waiting] == ["sealed_ledger_differs"]
        with archive.records.transaction() as transaction:
            transaction.append("reconciled", "all", "{}")


def _sealed_anew(archive: Archive, *, forger: int | None) -> None:
    """Make all seals again over the forged ledger, by another key or by none."""
    kept = [replace(entry) for entry in archive.records.tables.ledger if not entry.kind.startswith(("seal", "key"))]
    _rewritten(archive, lambda _: kept)
    _seals(archive).clear()
    sealing(archive, signer=None if forger is None else key(forger), authority=None, files=MemorySealFiles())
    seal(keeping=archive.keeping)


@pytest.mark.parametrize("forger", [None, 66])
def test_seals_made_anew_without_the_key_differ_from_those_kept_outside(forger: int | None, archive: Archive) -> None:
    _with_reconciliation(archive)
    outside = _files(archive)
    _rewritten(archive, _forged)
    _sealed_anew(archive, forger=forger)
    sealing(archive, files=outside)

    assert {"seal_file_differs", "seal_file_unrecorded"} <= codes(verdict_of(archive))


def test_seals_made_anew_under_another_key_do_not_lead_back_to_the_published_one(archive: Archive) -> None:
    published = PublicKey(key(1).public).id
    sealing(archive, trusted_key=published)
    assert verdict_of(archive).clean

    _sealed_anew(archive, forger=66)
    assert codes(verdict_of(archive)) == {"key_not_trusted"}
    _sealed_anew(archive, forger=None)
    assert codes(verdict_of(archive)) == {"seal_unsigned"}


def test_a_forged_seal_under_the_true_key_entries_is_no_signature(archive: Archive) -> None:
    kept = _seals(archive)[2]
    forged = replace(kept.seal, root=RootHash("ab" * 32))
    _seals(archive)[2] = KeptSeal(replace(signed(forged, key(66)), key=forged.key), kept.token)

    assert "seal_signature_invalid" in codes(verdict_of(archive))


def test_a_time_stamp_older_than_its_seal_or_than_the_one_before_is_named(archive: Archive) -> None:
    authority = archive.keeping.sealing.authority
    assert isinstance(authority, LocalAuthority)
    kept = _seals(archive)[2]
    early = authority.stamp(imprint(kept.seal), at=kept.seal.made_at - timedelta(hours=1))
    _seals(archive)[2] = KeptSeal(kept.seal, early)

    assert {"time_stamp_before_seal", "time_stamp_before_previous"} <= codes(verdict_of(archive))


def test_verifying_a_batch_looks_closely_at_its_own_seal_and_the_newest(archive: Archive) -> None:
    archive.take({"c.pdf": b"three"})
    first, second, _ = (row.id for row in archive.records.batches())
    damaged = replace(_seals(archive)[2], token=_seals(archive)[1].token)
    _seals(archive)[2] = damaged
    _files(archive).files["seal-00000002.tst"] = b"another"

    def found(batch: BatchId) -> set[str]:
        return codes(verify_batch(batch, keeping=archive.keeping, runner=archive.runner))

    assert found(second) >= {"time_stamp_invalid", "seal_file_differs"}
    assert found(first) == {"time_stamp_altered"}


def test_a_time_stamp_of_another_seal_is_named(archive: Archive) -> None:
    _seals(archive)[2] = KeptSeal(_seals(archive)[2].seal, _seals(archive)[1].token)

    assert ("time_stamp_invalid", "seal-00000002") in named(verdict_of(archive))


def test_a_kill_between_the_steps_is_finished_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive, files, authority = sealed_archive(tmp_path)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    for its, name in ((files, "write"), (authority, "stamp")):
        with monkeypatch.context() as patch:
            patch.setattr(its, name, killed)
            with pytest.raises(KeyboardInterrupt):
                archive.take({f"{name}.pdf": name.encode()})
    seal(keeping=archive.keeping)

    verdict = verdict_of(archive)
    assert verdict.clean
    assert verdict.remarks == ()
    assert dict(verdict.checked)["seal_files"] == 4


def test_copies_of_seals_inside_the_data_folder_are_remarked_on(archive: Archive) -> None:
    assert verdict_of(archive).remarks == ()

    archive.keeping = replace(archive.keeping, sealing=replace(archive.keeping.sealing, inside=True))
    assert {its.code for its in verdict_of(archive).remarks} == {"seals_inside"}
    assert verdict_of(archive).clean


@pytest.mark.parametrize(("folder", "inside"), [(None, True), ("elsewhere", False), ("data/seals/more", True)])
def test_where_the_folder_of_seals_lies_is_seen(folder: str | None, inside: bool, tmp_path: Path) -> None:
    seals = None if folder is None else tmp_path / folder
    settings = Settings(data_dir=tmp_path / "data", seals_dir=seals)

    with writing(settings) as app:
        assert app.keeping.sealing.inside is inside


def test_a_folder_of_seals_that_cannot_be_read_is_named(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed() -> None:
        raise OperatorError("read_only", path="/mnt/seals")

    monkeypatch.setattr(_files(archive), "names", closed)

    assert ("read_only", "seals") in named(verdict_of(archive))
