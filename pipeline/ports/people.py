"""What the core asks of the outside for people: accounts and sessions, the access log, password hashes, chance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Protocol

from pipeline.custody import LedgerEntry, LedgerHead
from pipeline.custody.people import (
    EVERY_LINE,
    AccessEntry,
    AccessWanted,
    Account,
    AccountId,
    Act,
    Attempts,
    Departure,
    PasswordHash,
    ProviderIdentity,
    Session,
    Token,
)
from pipeline.model import Digest


class People(Protocol):
    """Accounts and sessions as last committed."""

    def all(self) -> tuple[Account, ...]:
        """By name."""
        ...

    def named(self, name: str) -> Account | None: ...

    def known_to_provider(self, identity: ProviderIdentity) -> Account | None:
        """The account with the provider's subject, else the one that waits for this address."""
        ...

    def session(self, token_digest: Digest) -> tuple[Session, Account] | None:
        """The session and whose it is, expired or not."""
        ...

    def sessions_of(self, account: AccountId) -> tuple[Session, ...]:
        """By the time they began."""
        ...

    def attempts(self, key: str) -> Attempts | None: ...

    def attested(self) -> tuple[tuple[Account, ...], tuple[LedgerEntry, ...]]:
        """All accounts, and the ledger's entries on accounts (`account_*`), as of one moment."""
        ...


class PeopleChange(Protocol):
    """The same within a transaction, as it sees them."""

    def new_id(self) -> AccountId: ...

    def named(self, name: str) -> Account | None: ...

    def put(self, account: Account) -> None:
        """Add the account or replace the one with its id."""
        ...

    def attempts(self, key: str) -> Attempts | None: ...

    def put_attempts(self, attempts: Attempts) -> None: ...

    def forget_attempts(self, *, key: str | None = None, before: datetime | None = None) -> None:
        """Of this key; of every key whose last attempt was before that moment."""
        ...

    def begin(self, session: Session) -> None: ...

    def touch(self, token_digest: Digest, at: datetime) -> None:
        """Set when the session was last seen; nothing happens to one that has ended."""
        ...

    def end(self, token_digest: Digest) -> bool:
        """End the session. Returns whether it was there."""
        ...

    def end_all(self, account: AccountId) -> int:
        """End every session of the account. Returns how many."""
        ...

    def end_expired(self, *, at: datetime, seen_before: datetime) -> None:
        """End sessions whose time is over at that moment, or that were not seen since."""
        ...


class AccessLog(Protocol):
    """Who did and saw what."""

    def entries(
        self, *, who: str | None = None, subject: str | None = None, since: datetime | None = None
    ) -> Iterator[AccessEntry]:
        """By number; all of them, or those of a person, on a subject, from a moment on."""
        ...

    def latest(
        self, wanted: AccessWanted = EVERY_LINE, *, before: int | None = None, most: int
    ) -> tuple[AccessEntry, ...]:
        """The newest `most` lines of those wanted, newest first.

        Args:
            before: the number of a line; only lines older than that one: the next leaf.
        """
        ...

    def looked_at(self, who: str, *, since: datetime) -> int:
        """How many different records a person has viewed since then, and how often they searched for one; without
        tasks of review and the log itself."""
        ...

    def head(self) -> LedgerHead | None:
        """The log's end as kept outside the database; null when there is none."""
        ...


class AccessLogChange(Protocol):
    def append(self, who: str, act: Act, subject: str, *, why: str, address: str) -> AccessEntry:
        """Add an entry, at the present moment.

        Raises:
            IntegrityError: `access_log_truncated` or `access_head_differs`: nothing is written on top of a cut-off log.
        """
        ...


class Passwords(Protocol):
    """Turns passwords into hashes that can be kept. Slow on purpose: call it outside of a transaction."""

    def hash(self, password: str) -> PasswordHash: ...

    def matches(self, kept: PasswordHash | None, password: str) -> bool:
        """Whether it is the password. For null the same work is done, and the answer is no."""
        ...

    def stale(self, kept: PasswordHash) -> bool:
        """Whether the hash was made with other parameters than are now in force."""
        ...


class Chance(Protocol):
    """Random values that nobody can guess."""

    def token(self) -> Token: ...

    def first_password(self) -> str:
        """At least 75 random bits that a person can read from a screen and type."""
        ...

    def blur(self, text: str) -> str:
        """A digest of the text that only this process can make."""
        ...


class IdentityProvider(Protocol):
    """The site's own place to sign in (OpenID Connect)."""

    @property
    def name(self) -> str:
        """The provider's address."""
        ...

    def begin(self, *, back_to: str) -> Departure:
        """Send a browser to the provider.

        Args:
            back_to: the page of this program that the provider sends it back to, as registered there.

        Raises:
            Unavailable: `provider_unreachable`, `provider_answer`.
        """
        ...

    def finish(self, departure: Departure, answer: Mapping[str, str], *, back_to: str) -> ProviderIdentity:
        """Who came back.

        Args:
            answer: the query that the browser brings.

        Raises:
            InputRefused: `provider_foreign_answer` (it belongs to no departure of this browser), `provider_refused`
                (the provider let the person not in), `provider_token_refused`.
            Unavailable: as `begin`.
        """
        ...

    def check(self) -> int:
        """Ask the provider for all that signing in needs. Returns how many keys it publishes. Raises as `begin`."""
        ...
