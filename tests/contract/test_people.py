"""What the records promise of accounts, sessions and the access log, asked of the fake and of SQLite alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.custody.people import (
    AccessWanted,
    Account,
    AccountId,
    Act,
    Attempts,
    ExternalLogin,
    PasswordHash,
    ProviderIdentity,
    Role,
    Session,
)
from pipeline.evidence.access_log import access_head, verify_access
from pipeline.evidence.ledger import GENESIS
from pipeline.model import Language
from pipeline.ports import Records
from pipeline.storage.records.sql import open_records
from tests.databases import KINDS, url_of
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock, sha256

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ANNE = Account(
    AccountId("u0001"),
    "anne",
    "Anne Tremblay",
    frozenset({Role.REVIEWER, Role.SUPERVISOR}),
    Language.FR,
    NOON,
    PasswordHash("$argon2id$x"),
    must_change_password=True,
    issuer="valmont",
)
EXTERNAL = ExternalLogin(None, "https://idp.example s-7", "salt")
BEN = Account(AccountId("u0002"), "ben", "", frozenset(), Language.EN, NOON, external=EXTERNAL)
SESSION = Session(
    sha256(b"one"), ANNE.id, NOON, NOON, NOON + timedelta(hours=12), "secret", "192.0.2.7", NOON + timedelta(minutes=1)
)


@pytest.fixture(params=KINDS)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    if request.param == "memory":
        return MemoryRecords(FakeClock())
    return open_records(url_of(request.param, tmp_path), head_path=tmp_path / "head.json", clock=FakeClock())


def _fill(records: Records) -> None:
    with records.transaction() as change:
        for account in (BEN, ANNE):
            change.people.put(account)


def _sessions(records: Records, *sessions: Session) -> None:
    _fill(records)
    with records.transaction() as change:
        for session in sessions:
            change.people.begin(session)


def test_accounts_come_back_by_name_as_they_were_put(records: Records) -> None:
    _fill(records)

    assert records.people.all() == (ANNE, BEN)
    assert records.people.named("ben") == BEN
    assert records.people.named("Ben") is None
    changed = replace(BEN, roles=frozenset({Role.AUDITOR}), disabled=True)
    with records.transaction() as change:
        change.people.put(changed)
        assert change.people.named("ben") == changed
    assert records.people.all() == (ANNE, changed)


def test_whom_the_provider_names_is_found_by_subject_else_by_the_address_waited_for(
    records: Records,
) -> None:
    cleo = replace(ANNE, id=AccountId("u0003"), name="cleo", external=ExternalLogin("cleo@court.example", None, "salt"))
    _fill(records)
    with records.transaction() as change:
        change.people.put(cleo)

    def found(subject: str, email: str | None) -> Account | None:
        return records.people.known_to_provider(ProviderIdentity("https://idp.example", subject, email))

    assert found("s-7", None) == BEN
    assert found("s-7", "cleo@court.example") == BEN
    assert found("s-8", "cleo@court.example") == cleo
    assert found("s-8", None) is None
    assert found("", "anne@court.example") is None


def test_an_id_is_given_once(records: Records) -> None:
    with records.transaction() as change:
        assert change.people.new_id() == "u0001"
    _fill(records)
    with records.transaction() as change:
        assert change.people.new_id() == "u0003"


def test_accounts_and_the_ledgers_entries_on_them_are_read_together(records: Records) -> None:
    _fill(records)
    with records.transaction() as change:
        change.append("account_added", "anne", "{}")
        change.append("accounting", "x", "{}")
        change.append("account_changed", "anne", "{}")

    accounts, entries = records.people.attested()

    assert accounts == (ANNE, BEN)
    assert [entry.kind for entry in entries] == ["account_added", "account_changed"]


def test_a_session_is_found_with_its_account_until_it_ends(records: Records) -> None:
    other = replace(SESSION, token_digest=sha256(b"two"), created_at=NOON + timedelta(minutes=5))
    _sessions(records, other, SESSION)

    assert records.people.session(SESSION.token_digest) == (SESSION, ANNE)
    assert records.people.session(sha256(b"none")) is None
    assert records.people.sessions_of(ANNE.id) == (SESSION, other)
    assert records.people.sessions_of(BEN.id) == ()
    with records.transaction() as change:
        assert change.people.end(SESSION.token_digest)
        assert not change.people.end(SESSION.token_digest)
    assert records.people.session(SESSION.token_digest) is None
    with records.transaction() as change:
        assert change.people.end_all(ANNE.id) == 1
    assert records.people.sessions_of(ANNE.id) == ()


def test_a_touch_does_not_bring_back_a_session_that_has_ended(records: Records) -> None:
    _sessions(records, SESSION)
    later = NOON + timedelta(minutes=3)
    with records.transaction() as change:
        change.people.touch(SESSION.token_digest, later)
        change.people.touch(sha256(b"ended"), later)

    assert records.people.sessions_of(ANNE.id) == (replace(SESSION, last_seen_at=later),)
    assert records.people.session(sha256(b"ended")) is None


def test_sessions_end_with_their_time_and_when_they_were_not_seen(records: Records) -> None:
    over = replace(SESSION, token_digest=sha256(b"over"), expires_at=NOON + timedelta(hours=1))
    seen = replace(SESSION, token_digest=sha256(b"seen"), last_seen_at=NOON + timedelta(minutes=59))
    _sessions(records, SESSION, over, seen)

    with records.transaction() as change:
        change.people.end_expired(at=NOON + timedelta(hours=1), seen_before=NOON + timedelta(minutes=30))

    assert records.people.sessions_of(ANNE.id) == (seen,)


def test_attempts_are_kept_by_key_and_forgotten(records: Records) -> None:
    paused = Attempts("name:anne", 5, NOON, NOON + timedelta(seconds=30))
    early = Attempts("address:192.0.2.7", 1, NOON - timedelta(days=2))
    with records.transaction() as change:
        change.people.put_attempts(replace(paused, failures=4, paused_until=None))
        change.people.put_attempts(paused)
        change.people.put_attempts(early)
        assert change.people.attempts("name:anne") == paused
    assert records.people.attempts("address:192.0.2.7") == early

    with records.transaction() as change:
        change.people.forget_attempts(before=NOON)
    assert records.people.attempts("address:192.0.2.7") is None
    assert records.people.attempts("name:anne") == paused
    with records.transaction() as change:
        change.people.forget_attempts(key="name:anne")
    assert records.people.attempts("name:anne") is None


def test_the_access_log_grows_as_a_chain_and_is_looked_up(records: Records) -> None:
    with records.transaction() as change:
        first = change.access.append("anne", Act.VIEWED, "123456", why="", address="192.0.2.7")
        change.access.append("ben", Act.VIEWED, "123456", why="appel du défendeur", address="")
    with records.transaction() as change:
        last = change.access.append("anne", Act.SIGNED_OUT, "", why="", address="192.0.2.7")

    log = records.access
    assert list(log.entries(who="anne")) == [first, last]
    assert [entry.number for entry in log.entries(subject="123456")] == [1, 2]
    assert list(log.entries(who="anne", subject="123456", since=first.at)) == [first]
    assert list(log.entries(since=last.at)) == [last]
    assert log.head() == access_head(last)
    assert verify_access(log.entries(), log.head()) == ()


def test_an_entry_of_a_transaction_that_failed_is_not_in_the_access_log(records: Records) -> None:
    def fail() -> None:
        with records.transaction() as change:
            change.access.append("anne", Act.VIEWED, "1", why="", address="")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(records.access.entries()) == []
    assert records.access.head() == GENESIS


def log_of(records: Records, *entries: tuple[str, Act, str, str]) -> None:
    with records.transaction() as change:
        for who, act, subject, why in entries:
            change.access.append(who, act, subject, why=why, address="")


def test_the_newest_lines_come_first_leaf_by_leaf(records: Records) -> None:
    log_of(records, *((name, act, "7", "") for name in ("anne", "ben") for act in (Act.VIEWED, Act.DENIED, Act.VIEWED)))
    log = records.access

    assert [its.number for its in log.latest(most=4)] == [6, 5, 4, 3]
    assert [its.number for its in log.latest(before=3, most=4)] == [2, 1]
    assert [its.number for its in log.latest(AccessWanted(who="ben", act=Act.VIEWED), most=9)] == [6, 4]
    assert [its.number for its in log.latest(AccessWanted(who="ben", act=Act.VIEWED), before=6, most=9)] == [4]
    assert log.latest(AccessWanted(subject="8"), most=9) == ()


def test_lines_of_a_span_of_time(records: Records) -> None:
    log_of(records, ("anne", Act.VIEWED, "1", ""))
    log_of(records, ("anne", Act.VIEWED, "2", ""))
    first, last = records.access.entries()
    log = records.access

    assert log.latest(AccessWanted(since=last.at), most=9) == (last,)
    assert log.latest(AccessWanted(until=last.at), most=9) == (first,)
    assert log.latest(AccessWanted(since=last.at + timedelta(days=1)), most=9) == ()


def test_different_records_that_a_person_looked_at_outside_of_tasks(records: Records) -> None:
    log_of(
        records,
        ("anne", Act.VIEWED, "1", "statement"),
        ("anne", Act.VIEWED, "1", "image"),
        ("anne", Act.SEARCHED, "statements", "not_found"),
        ("anne", Act.SEARCHED, "statements", "not_found"),
        ("anne", Act.SEARCHED, "access_log", "audit"),
        ("anne", Act.VIEWED, "3", "review_reviewer"),
        ("anne", Act.EXPORTED, "4", "proof"),
        ("ben", Act.VIEWED, "5", "statement"),
    )
    first = next(iter(records.access.entries()))

    assert records.access.looked_at("anne", since=first.at) == 3
    assert records.access.looked_at("anne", since=first.at + timedelta(days=1)) == 0
