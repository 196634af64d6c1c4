"""Accounts, sessions and the access log in memory; held to the real ones by `tests/contract/test_people.py`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipeline.custody import LedgerEntry, LedgerHead
from pipeline.custody.people import (
    AUDIT,
    EVERY_LINE,
    AccessEntry,
    AccessWanted,
    Account,
    AccountId,
    Act,
    Attempts,
    PasswordHash,
    ProviderIdentity,
    Session,
    Token,
)
from pipeline.errors import IntegrityError
from pipeline.evidence.access_log import AccessFacts, access_entry, access_head
from pipeline.evidence.ledger import GENESIS
from pipeline.model import Digest
from pipeline.ports import Clock


@dataclass
class PeopleTables:
    """Open to tests, which tamper with them as an insider would; `head` is kept apart from the log."""

    accounts: dict[AccountId, Account] = field(default_factory=dict)
    sessions: dict[Digest, Session] = field(default_factory=dict)
    attempts: dict[str, Attempts] = field(default_factory=dict)
    log: list[AccessEntry] = field(default_factory=list)
    head: LedgerHead | None = GENESIS


class MemoryPeople:
    """Fills `People` and `PeopleChange`."""

    def __init__(self, tables: PeopleTables, ledger: list[LedgerEntry]) -> None:
        self._tables = tables
        self._ledger = ledger

    def all(self) -> tuple[Account, ...]:
        return tuple(sorted(self._tables.accounts.values(), key=lambda account: account.name))

    def named(self, name: str) -> Account | None:
        return next((its for its in self._tables.accounts.values() if its.name == name), None)

    def account(self, account: AccountId) -> Account | None:
        return self._tables.accounts.get(account)

    def known_to_provider(self, identity: ProviderIdentity) -> Account | None:
        known = [(its, its.external) for its in self.all() if its.external is not None]
        bound = [its for its, external in known if external.subject == identity.key]
        waiting = [its for its, external in known if external.email is not None and external.email == identity.email]
        return next(iter([*bound, *waiting]), None)

    def sessions_of(self, account: AccountId) -> tuple[Session, ...]:
        found = (its for its in self._tables.sessions.values() if its.account == account)
        return tuple(sorted(found, key=lambda its: (its.created_at, its.token_digest)))

    def attempts(self, key: str) -> Attempts | None:
        return self._tables.attempts.get(key)

    def attested(self) -> tuple[tuple[Account, ...], tuple[LedgerEntry, ...]]:
        return self.all(), tuple(entry for entry in self._ledger if entry.kind.startswith("account_"))

    def session(self, token_digest: Digest) -> tuple[Session, Account] | None:
        session = self._tables.sessions.get(token_digest)
        return None if session is None else (session, self._tables.accounts[session.account])

    def new_id(self) -> AccountId:
        return AccountId(f"u{len(self._tables.accounts) + 1:04d}")

    def put(self, account: Account) -> None:
        self._tables.accounts[account.id] = account

    def put_attempts(self, attempts: Attempts) -> None:
        self._tables.attempts[attempts.key] = attempts

    def forget_attempts(self, *, key: str | None = None, before: datetime | None = None) -> None:
        for its in tuple(self._tables.attempts.values()):
            if its.key == key or (before is not None and its.last_at < before):
                del self._tables.attempts[its.key]

    def begin(self, session: Session) -> None:
        self._tables.sessions[session.token_digest] = session

    def touch(self, token_digest: Digest, at: datetime) -> None:
        session = self._tables.sessions.get(token_digest)
        if session is not None:
            self._tables.sessions[token_digest] = replace(session, last_seen_at=at)

    def end(self, token_digest: Digest) -> bool:
        return self._tables.sessions.pop(token_digest, None) is not None

    def end_all(self, account: AccountId) -> int:
        its = self.sessions_of(account)
        for session in its:
            self.end(session.token_digest)
        return len(its)

    def end_expired(self, *, at: datetime, seen_before: datetime) -> None:
        for its in tuple(self._tables.sessions.values()):
            if its.expires_at <= at or its.last_seen_at < seen_before:
                self.end(its.token_digest)


class MemoryAccessLog:
    """Fills `AccessLog` and `AccessLogChange`."""

    def __init__(self, tables: PeopleTables, clock: Clock) -> None:
        self._tables = tables
        self._clock = clock

    def entries(
        self, *, who: str | None = None, subject: str | None = None, since: datetime | None = None
    ) -> Iterator[AccessEntry]:
        for entry in self._tables.log:
            wanted = (who, subject) in {(w, s) for w in (None, entry.who) for s in (None, entry.subject)}
            if wanted and (since is None or entry.at >= since):
                yield entry

    def latest(
        self, wanted: AccessWanted = EVERY_LINE, *, before: int | None = None, most: int
    ) -> tuple[AccessEntry, ...]:
        found = self.entries(who=wanted.who, subject=wanted.subject, since=wanted.since)
        its = [
            entry
            for entry in found
            if wanted.act in (None, entry.act)
            and (wanted.until is None or entry.at < wanted.until)
            and (before is None or (entry.at, entry.number) < (self._tables.log[before - 1].at, before))
        ]
        return tuple(sorted(its, key=lambda entry: (entry.at, entry.number), reverse=True))[:most]

    def looked_at(self, who: str, *, since: datetime) -> int:
        looks = (entry for entry in self.entries(who=who, since=since) if entry.act in (Act.VIEWED, Act.SEARCHED))
        counted = [entry for entry in looks if not entry.why.startswith("review") and entry.why != AUDIT]
        viewed = {entry.subject for entry in counted if entry.act is Act.VIEWED}
        return len(viewed) + sum(entry.act is Act.SEARCHED for entry in counted)

    def head(self) -> LedgerHead | None:
        return self._tables.head

    def append(self, who: str, act: Act, subject: str, *, why: str, address: str) -> AccessEntry:
        log, kept = self._tables.log, self._tables.head
        last = access_head(log[-1]) if log else GENESIS
        if kept is not None and kept.count > last.count:
            raise IntegrityError("access_log_truncated", found=last.count, expected=kept.count)
        if kept is not None and kept.count == last.count and kept.hash != last.hash:
            raise IntegrityError("access_head_differs", count=last.count)
        facts = AccessFacts(who, act, subject, why, address)
        entry = access_entry(last, facts, at=self._clock.now())
        log.append(entry)
        self._tables.head = access_head(entry)
        return entry


class CheapPasswords:
    """Fills `Passwords` at no cost; counts how often a password was looked at."""

    def __init__(self, parameters: str = "1") -> None:
        self.looked_at = 0
        self._parameters = parameters

    def hash(self, password: str) -> PasswordHash:
        return PasswordHash(f"{self._parameters}${hashlib.sha256(password.encode()).hexdigest()}")

    def matches(self, kept: PasswordHash | None, password: str) -> bool:
        self.looked_at += 1
        return kept is not None and kept.partition("$")[2] == self.hash(password).partition("$")[2]

    def stale(self, kept: PasswordHash) -> bool:
        return kept.partition("$")[0] != self._parameters


class CountedChance:
    """Fills `Chance` with numbers that go up."""

    def __init__(self) -> None:
        self._count = 0

    def token(self) -> Token:
        self._count += 1
        return Token(f"token-{self._count}")

    def first_password(self) -> str:
        self._count += 1
        return f"first-password-{self._count}"

    def blur(self, text: str) -> str:
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
