"""`python -m benchmarks.evidence`: what sealing, a proof and its check take as the ledger grows.

Entries are made up; the trees, the signatures, the database and the checks are those of the program. Times are
processor time of one thread: what the disk takes to keep a transaction, and an authority to answer, comes on top.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import create_engine, insert

from benchmarks.tables import table
from pipeline.custody import KeptSeal, LedgerEntry, LedgerHead
from pipeline.evidence.canonical import canonical_json, digest_of
from pipeline.evidence.key_history import KEY_ENTRIES, key_history
from pipeline.evidence.ledger import GENESIS, head_after, next_entry, verify
from pipeline.evidence.merkle import Growing, inclusion_holds, tree
from pipeline.evidence.proof import FORMAT, Proof, proof_text, proven_entries, proven_seals
from pipeline.evidence.seal import next_seal
from pipeline.evidence.seal_check import check_seals
from pipeline.ports import Sealing
from pipeline.storage.clock import SystemClock
from pipeline.storage.objects.directory import DirectoryStore
from pipeline.storage.records import rows, tables
from pipeline.storage.records.seals import seal_columns
from pipeline.storage.records.sql import SqlRecords, open_records
from pipeline.storage.signing.keys import FileSigner
from pipeline.storage.source_files import SourceFiles
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.sealing import seal

ENTRIES = (1_000, 10_000, 100_000, 1_000_000)
A_SEAL = 1_000
"""Entries that one seal covers here: a batch of some hundred sheets."""
SEALS = (10, 1_000, 100_000)
TOKEN_BYTES = 2_500
ROUNDS = 5
_ROWS_AT_ONCE = 5_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evidence")
    parser.add_argument("--most", type=int, default=ENTRIES[-1], help="largest ledger")
    most = parser.parse_args().most
    print(_trees([count for count in ENTRIES if count <= most]), flush=True)
    print(_ledgers([count for count in ENTRIES if count <= most]), flush=True)
    print(_many([count for count in SEALS if count <= most]), flush=True)


def _trees(counts: list[int]) -> str:
    heads = ("leaves", "build, ms", "nodes of a proof", "check, ms")
    return table("One tree", heads, [_tree(count) for count in counts])


def _tree(count: int) -> tuple[str, ...]:
    leaves = [number.to_bytes(32, "big") for number in range(count)]
    build_ms = _ms(lambda: tree(leaves), rounds=1)
    whole, index = tree(leaves), count // 3
    path = whole.inclusion(index)
    check_ms = _ms(lambda: inclusion_holds(leaves[index], index, size=count, path=path, root=whole.root))
    return f"{count:,}", f"{build_ms:,.1f}", str(len(path)), f"{check_ms:.3f}"


def _ledgers(counts: list[int]) -> str:
    found = []
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            found.append(_ledger(count, Path(folder)))
    heads = ("entries", "seals", "last seal, ms", "proof, ms", "proof, bytes", "chain, s", "seals checked, s")
    return table(f"A ledger, a seal each {A_SEAL:,} entries", heads, found)


def _ledger(count: int, folder: Path) -> tuple[str, ...]:
    clock = SystemClock()
    records = open_records(f"sqlite:///{folder / 'c.sqlite'}", head_path=folder / "head.json", clock=clock)
    signer = FileSigner(Ed25519PrivateKey.generate())
    store = DirectoryStore(folder / "objects")
    keeping = Keeping(records, store, SourceFiles(), clock, sealing=Sealing(signer))
    engine = create_engine(f"sqlite:///{folder / 'c.sqlite'}")
    head, last_ms = GENESIS, 0.0
    while head.count < count:
        made = list(_entries(head, A_SEAL))
        with engine.begin() as connection:
            for start in range(0, len(made), _ROWS_AT_ONCE):
                connection.execute(
                    insert(tables.ledger), [rows.entry_columns(entry) for entry in made[start : start + _ROWS_AT_ONCE]]
                )
        last_ms = _ms(lambda: seal(keeping=keeping), rounds=1)
        head = head_after(records.seals.entries_after(head.count)[-1])
    proof_ms = _ms(lambda: _proof(records, count // 2), rounds=ROUNDS)
    entries = tuple(records.ledger())
    chain_ms = _ms(lambda: verify(entries), rounds=1)
    seals = records.seals.all()
    keys = key_history(entries)
    seals_ms = _ms(lambda: check_seals(seals, entries, keys), rounds=1)
    return (
        f"{len(entries):,}",
        f"{len(seals):,}",
        f"{last_ms:.1f}",
        f"{proof_ms:.1f}",
        f"{_proof(records, count // 2):,}",
        f"{chain_ms / 1000:.2f}",
        f"{seals_ms / 1000:.2f}",
    )


def _many(counts: list[int]) -> str:
    found = []
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            found.append((f"{count:,}", f"{_after(count, Path(folder)):.1f}"))
    return table("One seal more", ("seals before", "ms"), found)


def _after(count: int, folder: Path) -> float:
    """Milliseconds of a seal that follows so many of one entry each, with tokens."""
    clock = SystemClock()
    records = open_records(f"sqlite:///{folder / 'c.sqlite'}", head_path=folder / "head.json", clock=clock)
    signer = FileSigner(Ed25519PrivateKey.generate())
    keeping = Keeping(records, DirectoryStore(folder / "objects"), SourceFiles(), clock, sealing=Sealing(signer))
    entries, log, seals, last = list(_entries(GENESIS, count)), Growing(), [], None
    for entry in entries:
        last = next_seal(last, log, [entry], batch=None, at=entry.at)
        seals.append(KeptSeal(last, bytes(TOKEN_BYTES), peaks=tuple(peak.hex() for peak in log.peaks)))
    engine = create_engine(f"sqlite:///{folder / 'c.sqlite'}")
    with engine.begin() as connection:
        connection.execute(insert(tables.ledger), [rows.entry_columns(entry) for entry in entries])
        connection.execute(insert(tables.seals), [seal_columns(kept) for kept in seals])
    times = []
    for _ in range(ROUNDS):
        with records.transaction() as change:
            change.append("reconciled", "all", "{}")
        times.append(_ms(lambda: seal(keeping=keeping), rounds=1))
    return statistics.median(times)


def _proof(records: SqlRecords, number: int) -> int:
    """Bytes of the proof of ten entries."""
    seals = records.seals.all()
    wanted = [*records.seals.entries(number, number + 9), *records.seals.entries_of(KEY_ENTRIES)]
    entries = proven_entries(
        wanted, seals, lambda its: [entry.hash for entry in records.seals.entries(its.first, its.last)]
    )
    proven = proven_seals({its.seal for its in entries}, seals)
    return len(proof_text(Proof(FORMAT, (), (), datetime.now(UTC), entries, proven)))


def _entries(head: LedgerHead, count: int) -> Iterator[LedgerEntry]:
    """Entries as of sheets that were processed."""
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    for _ in range(count):
        number = head.count + 1
        page = {"page": f"2026-11-20-001.{number:04d}.0001", "outcome": digest_of(str(number)), "failure": None}
        body = canonical_json({"pages": [{**page, "derivatives": {"thumbnail": digest_of(f"t{number}")}}]})
        entry = next_entry(head, at=at, kind="sheet_processed", subject=f"2026-11-20-001/{number}", body=body)
        head = head_after(entry)
        yield entry


def _ms(action: Callable[[], object], *, rounds: int = 20) -> float:
    """Median milliseconds of processor time."""
    times = []
    for _ in range(rounds):
        began = time.process_time()
        action()
        times.append(1000 * (time.process_time() - began))
    return statistics.median(times)


if __name__ == "__main__":
    main()
