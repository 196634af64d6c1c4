"""Who may write to PostgreSQL at the same time: claims beside writers, and work on batches that lost its lock."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update

from pipeline.errors import PipelineError, Unavailable
from pipeline.storage.records import at_work as at_work_module
from pipeline.storage.records import tables
from pipeline.storage.records.at_work import at_work
from pipeline.storage.records.database import claiming, open_engine, writing
from pipeline.storage.records.sql import SqlRecords, open_records
from tests.databases import url_of
from tests.fakes import FakeClock
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.servers
_rows = tables.sign_in_attempts


@pytest.fixture
def url(postgres: Postgres, tmp_path: Path) -> str:
    return url_of("postgres", tmp_path)


def test_claims_wait_for_no_writer_and_none_gets_what_another_has(url: str) -> None:
    engine = open_engine(url)
    with writing(engine) as connection:
        connection.execute(insert(_rows), [{"key": f"{each}", "failures": 0, "last_at": ""} for each in range(6)])
    free = select(_rows.c.key).where(_rows.c.failures == 0).order_by(_rows.c.key).limit(2)
    taken: list[list[str]] = []
    together = threading.Barrier(3, timeout=120)

    def claim() -> None:
        with claiming(engine) as connection:
            keys = list(connection.execute(free.with_for_update(skip_locked=True)).scalars())
            connection.execute(update(_rows).where(_rows.c.key.in_(keys)).values(failures=1))
            taken.append(keys)
            # All hold what they have claimed.
            together.wait()

    threads = [threading.Thread(target=claim) for _ in range(3)]
    # Somebody who writes does not keep them waiting.
    with writing(engine):
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    assert sorted(key for keys in taken for key in keys) == [str(each) for each in range(6)]
    with claiming(engine) as connection:
        assert connection.execute(select(func.sum(_rows.c.failures))).scalar() == 6


def _records(url: str, folder: Path) -> SqlRecords:
    return open_records(url, head_path=folder / "head.json", clock=FakeClock())


def _note(records: SqlRecords, subject: str) -> None:
    with records.transaction() as change:
        change.append("note", subject, "{}")


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each transaction looks whether the lock is held."""
    monkeypatch.setattr(at_work_module, "_LOOKED_EVERY_S", 0.0)


def _end_connections(server: Postgres, url: str) -> None:
    with server.admin() as connection:
        name = url.rsplit("/", 1)[1]
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))


def _busy(url: str) -> bool:
    """For another command."""
    with ThreadPoolExecutor(1) as other:
        return other.submit(_is_busy, url).result()


def _is_busy(url: str) -> bool:
    try:
        with at_work(url, place="there"):
            return False
    except Unavailable as error:
        return error.code == "data_dir_busy"


@pytest.mark.parametrize("how", ["ended", "restarted"])
def test_a_lock_whose_connection_was_lost_is_taken_again_by_the_next_transaction(
    postgres: Postgres, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, always: None, how: str
) -> None:
    monkeypatch.setattr(at_work_module, "_PATIENCE_S", 0.0)
    records = _records(url, tmp_path)
    with at_work(url, place="here"):
        _note(records, "before")
        if how == "ended":
            _end_connections(postgres, url)
        else:
            postgres.stop()
            postgres.start()
        _note(records, "after")

        assert _busy(url)
    assert not _busy(url)
    assert [entry.subject for entry in records.ledger()] == ["before", "after"]


def test_work_that_another_has_taken_over_writes_nothing_more(
    postgres: Postgres, url: str, tmp_path: Path, always: None
) -> None:
    records = _records(url, tmp_path)
    with at_work(url, place="here"):
        _end_connections(postgres, url)
        # Another works, and has finished.
        assert not _busy(url)
        for _ in range(2):
            with pytest.raises(PipelineError, match="work_taken_over"):
                _note(records, "late")
    _note(records, "outside")
    with at_work(url, place="here"):
        _note(records, "again")

    assert [entry.subject for entry in records.ledger()] == ["outside", "again"]


def test_while_another_has_the_lock_nothing_is_written_either(
    postgres: Postgres, url: str, tmp_path: Path, always: None
) -> None:
    records = _records(url, tmp_path)
    with at_work(url, place="here"):
        _end_connections(postgres, url)
        # As one that has it, and not yet begun its turn.
        with postgres.admin(url.rsplit("/", 1)[1]) as other:
            other.execute(f"SELECT pg_advisory_lock({at_work_module._AT_WORK})".encode())
            with pytest.raises(PipelineError, match="work_taken_over"):
                _note(records, "late")
        _note(records, "in time")

    assert [entry.subject for entry in records.ledger()] == ["in time"]


def test_those_who_work_in_one_transaction_are_not_in_a_turn(
    postgres: Postgres, url: str, tmp_path: Path, always: None
) -> None:
    """People go on reviewing, in other threads of a server whose work on a batch was taken over."""
    records = _records(url, tmp_path)
    with at_work(url, place="here"):
        _end_connections(postgres, url)
        assert not _busy(url)
        with ThreadPoolExecutor(1) as other:
            other.submit(_note, records, "decided").result()

    assert [entry.subject for entry in records.ledger()] == ["decided"]


def test_a_comparison_during_which_somebody_has_worked_is_no_result(postgres: Postgres, url: str) -> None:
    def compare() -> None:
        with at_work(url, place="here", shared=True):
            _end_connections(postgres, url)
            assert not _busy(url)

    with pytest.raises(PipelineError, match="work_taken_over"):
        compare()


def test_a_session_that_the_network_cut_off_is_ended_and_its_lock_taken_again(
    postgres: Postgres, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, always: None
) -> None:
    """The server knows nothing of it yet: the session is there, and holds the lock."""
    records = _records(url, tmp_path)
    cut: list[object] = []
    with at_work(url, place="here"):
        monkeypatch.setattr(at_work_module._Lock, "_answers", lambda self: bool(cut))
        monkeypatch.setattr(at_work_module._Lock, "close", lambda self: cut.append(self._connection))
        _note(records, "after")

        assert len(cut) == 1
        assert _busy(url)
    monkeypatch.undo()
    assert [entry.subject for entry in records.ledger()] == ["after"]
