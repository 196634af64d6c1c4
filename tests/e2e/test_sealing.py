"""Seals with the real parts: a key in a file, an authority over HTTP, a database, a folder of copies."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions
from pipeline.evidence.proof import proof_from, proof_text
from pipeline.evidence.proof_check import Trust, check_proof
from pipeline.evidence.signature import PublicKey
from pipeline.evidence.verdict import Verdict
from pipeline.ports import JobRunner, Sealing
from pipeline.storage.clock import SystemClock
from pipeline.storage.objects.directory import DirectoryStore
from pipeline.storage.signing.keys import write_new_key
from pipeline.storage.signing.seal_files import FolderSeals
from pipeline.storage.signing.time_stamps import HttpTimeAuthority
from pipeline.usecases.intake import take_in
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.proof import statement_proof
from pipeline.usecases.reconcile import reconcile
from pipeline.usecases.retrieve import find_statement
from pipeline.usecases.verify import verify_all
from pipeline.usecases.work import WorkerParts
from scanners.files import FolderFiles
from tests.e2e.light_intake import keeping_of
from tests.fakes import FakeRunner, LinePages, line_flow
from tests.time_authority import Mood, TimeAuthority, time_authority


@pytest.fixture(scope="module")
def authority() -> Iterator[TimeAuthority]:
    with time_authority() as served:
        yield served


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def keeping(data_dir: Path, tmp_path: Path, authority: TimeAuthority) -> Keeping:
    authority.mood = Mood.HONEST
    sealing = Sealing(
        write_new_key(tmp_path / "seal.pem", data_dir=data_dir),
        HttpTimeAuthority(authority.url, anchors=[authority.anchor], clock=SystemClock(), timeout_s=3.0),
        FolderSeals(tmp_path / "elsewhere"),
    )
    return replace(keeping_of(data_dir), sealing=sealing)


@pytest.fixture
def runner(data_dir: Path) -> JobRunner:
    return FakeRunner(WorkerParts(DirectoryStore(data_dir / "objects"), LinePages(), line_flow))


def _take(text: bytes, folder: Path, keeping: Keeping, runner: JobRunner) -> None:
    folder.mkdir()
    (folder / "mail.pdf").write_bytes(text)
    take_in(FolderFiles().listing([folder]), BatchOptions(), keeping=keeping, runner=runner)


def _codes(verdict: Verdict) -> set[str]:
    return {its.code for its in verdict.differences}


def test_a_proof_of_the_real_parts_holds_by_itself(tmp_path: Path, keeping: Keeping, runner: JobRunner) -> None:
    _take(b"no 812345\nblank", tmp_path / "in", keeping, runner)
    verdict = verify_all(keeping=keeping, runner=runner)
    assert (verdict.differences, verdict.remarks) == ((), ())

    parts = find_statement("812345", records=keeping.records).parts
    proof = proof_from(proof_text(statement_proof(parts, keeping=keeping)))
    assert keeping.sealing.signer is not None
    trust = Trust(PublicKey(keeping.sealing.signer.public).id, keeping.sealing.anchors)
    assert check_proof(proof, lambda claim: claim.digest, trust=trust).clean


@pytest.mark.parametrize("mood", [Mood.HANGS, Mood.ERROR_500, Mood.WRONG_IMPRINT, Mood.SKEWED])
def test_an_intake_goes_on_while_the_authority_misbehaves_and_is_stamped_later(
    mood: Mood, tmp_path: Path, keeping: Keeping, runner: JobRunner, authority: TimeAuthority
) -> None:
    authority.mood = mood
    _take(b"no 812345", tmp_path / "in", keeping, runner)
    verdict = verify_all(keeping=keeping, runner=runner)
    assert verdict.clean
    assert {its.code for its in verdict.remarks} == {"seals_without_time_stamp"}

    authority.mood = Mood.HONEST
    found = reconcile(keeping=keeping, runner=runner)
    assert (found.sealed.stamped, found.sealed.waiting) == (1, ())
    assert verify_all(keeping=keeping, runner=runner).remarks == ()


COLUMNS = (
    *("number", "batch_id", "first", "last", "root", "previous", "made_at"),
    *("log_root", "key", "signature", "token"),
)


def _altered(column: str, value: int | str | bytes) -> int | str | bytes | None:
    if isinstance(value, int):
        return value + 1
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    if column == "batch_id":
        # The database itself refuses the name of a batch that is not there.
        return None
    return value.replace(value[3], "7" if value[3] != "7" else "8", 1)


def test_an_altered_column_of_the_table_of_seals_is_named(
    tmp_path: Path, data_dir: Path, keeping: Keeping, runner: JobRunner
) -> None:
    _take(b"no 812345", tmp_path / "in", keeping, runner)
    database = sqlite3.connect(data_dir / "constat.sqlite", isolation_level=None)
    whole = database.execute(f"SELECT {', '.join(COLUMNS)} FROM seals").fetchone()
    for column, value in zip(COLUMNS, whole, strict=True):
        database.execute(f"UPDATE seals SET {column} = ?", (_altered(column, value),))

        assert _codes(verify_all(keeping=keeping, runner=runner)), column
        database.execute(f"UPDATE seals SET {column} = ?", (value,))
    database.execute("UPDATE seals SET made_at = 'yesterday'")
    assert "record_unreadable" in _codes(verify_all(keeping=keeping, runner=runner))
    database.execute("UPDATE seals SET made_at = ?", (whole[COLUMNS.index("made_at")],))
    assert verify_all(keeping=keeping, runner=runner).clean
    database.close()
