"""The frozen values of people: accounts, roles, sessions, attempts to sign in, and who looked at what."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType

from pipeline.custody.rows import EntryHash
from pipeline.model import Digest, Language

ACCOUNT_NAME = re.compile(r"[a-z][a-z0-9._-]{0,31}")
"""What is typed to sign in."""
AccountId = NewType("AccountId", str)
"""`u0007`. Names may one day change; ids do not, and none is given twice."""
PasswordHash = NewType("PasswordHash", str)
"""An encoded Argon2id hash, parameters and salt included."""
Token = NewType("Token", str)
"""256 random bits as text. Whoever holds it is signed in: it goes into the cookie and is stored nowhere."""


class Role(StrEnum):
    """What a person is there for; `usecases.permissions` says what each may do."""

    INTAKE = "intake"
    REVIEWER = "reviewer"
    SUPERVISOR = "supervisor"
    COURT = "court"
    PROSECUTOR = "prosecutor"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Permission(StrEnum):
    """One thing that a page or command lets a person do."""

    VIEW_BATCHES = "view_batches"
    SCAN = "scan"
    """Feed a batch of paper, and end its feeding."""
    MANAGE_SCANNERS = "manage_scanners"
    """Measure scanners and say which of them may be used."""
    VIEW_PAGES = "view_pages"
    """Whole pages of a batch in work; without it only the crops of a task."""
    VIEW_STATEMENTS = "view_statements"
    VIEW_RESTRICTED = "view_restricted"
    """Files of minors, and the originals of enclosures that are masked."""
    VIEW_HISTORY = "view_history"
    VIEW_FIGURES = "view_figures"
    VIEW_QUALITY = "view_quality"
    """Error rates, by person too."""
    VIEW_ACCESS_LOG = "view_access_log"
    REVIEW_FIELDS = "review_fields"
    DECIDE_REFERRED = "decide_referred"
    RESOLVE_EXCEPTIONS = "resolve_exceptions"
    CLOSE_BATCH = "close_batch"
    EXPORT = "export"
    MAKE_LINKS = "make_links"
    """Links that open a statement to its defendant, who has no account."""
    DRAFT_LAYOUTS = "draft_layouts"
    ENFORCE_LAYOUTS = "enforce_layouts"
    MANAGE_ACCOUNTS = "manage_accounts"
    RUN_JOBS = "run_jobs"
    """See what workers have to do, and begin anew what they gave up."""


class Act(StrEnum):
    """What the access log records."""

    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_OUT = "signed_out"
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere"
    UNLOCKED = "unlocked"
    PASSWORD_CHANGED = "password_changed"
    PASSWORD_CONFIRMED = "password_confirmed"
    VIEWED = "viewed"
    SEARCHED = "searched"
    EXPORTED = "exported"
    CHANGED = "changed"
    DENIED = "denied"
    """A page or act that the person's roles do not allow."""
    BROWSED = "browsed"
    """Looked at more within an hour than the site expects, outside of tasks: for an auditor to ask about."""


@dataclass(frozen=True, slots=True)
class ExternalLogin:
    """How a person is known to the site's identity provider (OpenID Connect).

    Attributes:
        email: the verified address by which the account is found the first time; null from then on.
        subject: the provider's own name for the person from then on, `https://provider subject`; null before.
        salt: random, so that a digest of this does not betray the address.
    """

    email: str | None
    subject: str | None
    salt: str


@dataclass(frozen=True, slots=True)
class Departure:
    """A browser on its way to the identity provider.

    Attributes:
        url: where it goes.
        state, nonce, verifier: random; to be kept where this browser alone brings them back from, until it returns.
    """

    url: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProviderIdentity:
    """What the provider says of a person, proved.

    Attributes:
        email: null unless the provider says that it is verified.
        roles: null when roles are not the provider's affair.
    """

    provider: str
    subject: str
    email: str | None = None
    roles: frozenset[Role] | None = None

    @property
    def key(self) -> str:
        return f"{self.provider} {self.subject}"


@dataclass(frozen=True, slots=True)
class Account:
    """A person who may sign in. Accounts are disabled, never removed: histories name them.

    Attributes:
        name: what is typed to sign in; unique, as ACCOUNT_NAME says.
        display_name: for people; empty: the name. Personal data: it stands in no ledger.
        password: null for an account that cannot sign in by password.
        must_change_password: the password was given by somebody else: nothing is allowed until it is changed.
        issuer: the only issuer whose statements the person sees; null: all. A prosecutor always has one.
        external: null for an account that cannot sign in by the provider.
    """

    id: AccountId
    name: str
    display_name: str
    roles: frozenset[Role]
    language: Language
    created_at: datetime
    password: PasswordHash | None = field(default=None, repr=False)
    must_change_password: bool = False
    disabled: bool = False
    issuer: str | None = None
    external: ExternalLogin | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in of one browser.

    Attributes:
        token_digest: SHA-256 of the token.
        last_seen_at: of the last request, at the grain of `SessionRule.touch_s`.
        expires_at: it ends then at the latest, however busy.
        csrf_secret: what forms of this session must bring back.
        address: where it was begun.
        reauthenticated_at: when the password was last given.
    """

    token_digest: Digest
    account: AccountId
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    csrf_secret: str = field(repr=False)
    address: str
    reauthenticated_at: datetime


@dataclass(frozen=True, slots=True)
class Attempts:
    """Failed attempts to sign in under one name or from one network.

    Attributes:
        key: `name:anne`, `unknown:<keyed digest>` or `address:192.0.2.7`.
        failures: since the last success, or since they were last forgotten.
        paused_until: before then no password is even looked at.
    """

    key: str
    failures: int
    last_at: datetime
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccessEntry:
    """One line of the access log, chained by hash as the entries of the ledger are.

    Attributes:
        number: from 1, without gaps.
        who: an account's name, `client:` and a machine's, or `os:` and a system account; empty when nobody is signed
            in, and for an attempt under a name that is not known (people type passwords there).
        subject: what was looked at: a statement, page, batch, field or account. Never other data of a defendant.
        why: a code or the person's own words, one line.
        address: from where; empty for the command line.
    """

    number: int
    at: datetime
    who: str
    act: Act
    subject: str
    why: str
    address: str
    previous: EntryHash
    hash: EntryHash


@dataclass(frozen=True, slots=True)
class AccessWanted:
    """Which lines of the access log: all that are given must hold; null for any.

    Attributes:
        since, until: aware; from this moment on, and before this one.
    """

    who: str | None = None
    subject: str | None = None
    act: Act | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERY_LINE: Final = AccessWanted()
AUDIT: Final = "audit"
"""Why the access log itself is looked at."""
