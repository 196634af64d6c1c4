"""Several processes and threads at one set of records: no link of a chain is lost, and a comparison sees one moment."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.custody.people import Act
from pipeline.errors import IntegrityError, InvariantBroken
from pipeline.evidence import ledger
from pipeline.evidence.access_log import access_head, verify_access
from pipeline.storage.records import sql
from pipeline.storage.records.ledger_head import LedgerHeadFile
from pipeline.storage.records.sql import SqlRecords, frozen_records, open_records
from tests.fakes import FakeClock

ENTRIES = 60


def _open(folder: Path) -> SqlRecords:
    return open_records(f"sqlite:///{folder / 'c.sqlite'}", head_path=folder / "head.json", clock=FakeClock())


def _frozen(folder: Path) -> SqlRecords:
    return frozen_records(f"sqlite:///{folder / 'c.sqlite'}", head_path=folder / "head.json", clock=FakeClock())


def append_many(folder: Path, name: str, count: int = ENTRIES) -> None:
    records = _open(folder)
    for number in range(count):
        with records.transaction() as change:
            change.append("note", f"{name}{number}", "{}")
            change.access.append(name, Act.VIEWED, str(number), why="", address="")


def _start(folder: Path, name: str) -> subprocess.Popen[str]:
    program = (
        "import sys; from pathlib import Path; from tests.unit.test_beside_each_other import append_many\n"
        "print(flush=True); sys.stdin.read(1); append_many(Path(sys.argv[1]), sys.argv[2])\n"
    )
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", program, str(folder), name], stdin=pipe, stdout=pipe, text=True)


def test_two_processes_that_append_at_once_break_no_chain_and_leave_both_heads_at_the_end(tmp_path: Path) -> None:
    records = _open(tmp_path)
    running = [_start(tmp_path, name) for name in ("anne", "ben")]
    for each in running:
        assert each.stdout is not None
        each.stdout.readline()
    for each in running:
        assert each.stdin is not None
        each.stdin.write("go")
        each.stdin.close()
    assert [each.wait() for each in running] == [0, 0]
    # They did write at once, not one after the other.
    switches = [a.subject[0] != b.subject[0] for a, b in pairwise(records.ledger())]
    assert sum(switches) > 1

    entries, log = list(records.ledger()), list(records.access.entries())
    assert len(entries) == len(log) == 2 * ENTRIES
    assert ledger.verify(entries, records.ledger_head()) == ()
    assert records.ledger_head() == ledger.head_after(entries[-1])
    assert verify_access(log, records.access.head()) == ()
    assert records.access.head() == access_head(log[-1])


def test_whoever_committed_first_and_writes_the_head_last_does_not_put_it_back(tmp_path: Path) -> None:
    first, second = LedgerHeadFile(tmp_path / "head.json"), LedgerHeadFile(tmp_path / "head.json")
    one = ledger.next_entry(ledger.GENESIS, at=FakeClock().now(), kind="a", subject="", body="{}")
    two = ledger.next_entry(ledger.head_after(one), at=FakeClock().now(), kind="b", subject="", body="{}")

    second.advance(ledger.head_after(two))
    first.advance(ledger.head_after(one))

    assert first.read() == ledger.head_after(two)


def test_threads_of_one_process_append_to_one_chain(tmp_path: Path) -> None:
    records = _open(tmp_path)

    def append() -> None:
        for _ in range(5):
            with records.transaction() as change:
                # Use cases read on the side while they write; nobody may wait for a connection then.
                change.append("note", str(len(records.batches())), "{}")

    threads = [threading.Thread(target=append) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    entries = list(records.ledger())
    assert len(entries) == 120
    assert ledger.verify(entries, records.ledger_head()) == ()


def test_frozen_records_do_not_move_while_another_process_writes(tmp_path: Path) -> None:
    append_many(tmp_path, "anne", 3)
    frozen = _frozen(tmp_path)
    append_many(tmp_path, "ben", 2)

    seen = list(frozen.ledger())
    assert len(seen) == len(list(frozen.access.entries())) == 3
    assert ledger.verify(seen, frozen.ledger_head()) == ()
    assert frozen.ledger_head() == ledger.head_after(seen[-1])
    assert len(list(_open(tmp_path).ledger())) == 5
    assert [len(list(frozen.ledger())) for _ in frozen.ledger()] == [3, 3, 3]


def test_frozen_records_change_nothing(tmp_path: Path) -> None:
    append_many(tmp_path, "anne", 1)
    frozen = _frozen(tmp_path)

    with pytest.raises(Exception, match="read_only"), frozen.transaction() as change:
        change.append("note", "x", "{}")
    with pytest.raises(InvariantBroken):
        frozen._head.advance(ledger.GENESIS)
    assert len(list(_open(tmp_path).ledger())) == 1


def test_frozen_records_tell_of_a_spoilt_head_when_they_are_asked(tmp_path: Path) -> None:
    append_many(tmp_path, "anne", 1)
    (tmp_path / "head.json").write_text("[]")

    with pytest.raises(IntegrityError, match="ledger_head_unreadable"):
        _frozen(tmp_path).ledger_head()


def test_a_thread_that_never_gets_its_turn_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "PATIENCE_S", 0.01)
    records = _open(tmp_path)

    with pytest.raises(Exception, match="database_locked"), records.transaction(), records.transaction():
        pass


def test_the_access_log_table_refuses_change_and_removal(tmp_path: Path) -> None:
    append_many(tmp_path, "anne", 1)

    with sqlite3.connect(tmp_path / "c.sqlite") as connection:
        for statement in ("UPDATE access_log SET who = 'ben'", "DELETE FROM access_log"):
            with pytest.raises(sqlite3.IntegrityError, match="only grows"):
                connection.execute(statement)


def test_nothing_is_written_on_top_of_a_cut_off_access_log(tmp_path: Path) -> None:
    append_many(tmp_path, "anne", 3)
    with sqlite3.connect(tmp_path / "c.sqlite") as connection:
        connection.execute("DROP TRIGGER access_log_no_delete")
        connection.execute("DELETE FROM access_log WHERE number = 3")

    with pytest.raises(IntegrityError, match="access_log_truncated"):
        append_many(tmp_path, "anne", 1)
