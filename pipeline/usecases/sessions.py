"""Sessions: who is behind a token, and for how long."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pipeline.custody import plain_text
from pipeline.custody.people import Account, Act, Permission, Session, Token
from pipeline.evidence.canonical import digest_of
from pipeline.model import Reason
from pipeline.ports import RecordsTransaction
from pipeline.usecases.access import enter_access
from pipeline.usecases.gate import Gate, SessionRule
from pipeline.usecases.permissions import permissions_of


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that has begun; `token` goes into the cookie and nowhere else."""

    token: Token = field(repr=False)
    session: Session
    account: Account


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nobody was let in, in words that do not tell which part was wrong.

    Attributes:
        wait_s: seconds until a further attempt is looked at; 0: at once.
    """

    reasons: tuple[Reason, ...]
    wait_s: int = 0


@dataclass(frozen=True, slots=True)
class SessionView:
    """Who is behind a request.

    Attributes:
        confirmed: the password was given a short while ago: dangerous acts need not ask for it.
    """

    account: Account
    session: Session
    confirmed: bool

    @property
    def must_change_password(self) -> bool:
        return self.account.must_change_password

    @property
    def csrf_secret(self) -> str:
        return self.session.csrf_secret

    def may(self, permission: Permission) -> bool:
        """Whether the roles allow it. Nothing is allowed before a first password was changed."""
        return not self.must_change_password and permission in permissions_of(self.account.roles)

    def sees(self, issuer: str) -> bool:
        """Whether statements of this issuer may be shown, to whoever may see statements."""
        return self.account.issuer is None or self.account.issuer == issuer


def session_of(token: str, *, gate: Gate) -> SessionView | None:
    """Whose token it is; null for a token that is not known, or whose session is over or account disabled.

    A request lengthens the session, up to its longest.
    """
    now, rule = gate.clock.now(), gate.sessions
    found = gate.records.people.session(digest_of(token))
    if found is None:
        return None
    session, account = found
    if account.disabled or is_over(session, now, rule):
        return None
    if now - session.last_seen_at >= timedelta(seconds=rule.touch_s):
        with gate.records.transaction() as change:
            change.people.touch(session.token_digest, now)
        session = replace(session, last_seen_at=now)
    confirmed = now - session.reauthenticated_at <= timedelta(seconds=rule.confirmed_s)
    return SessionView(account, session, confirmed)


def is_over(session: Session, now: datetime, rule: SessionRule) -> bool:
    return now >= session.expires_at or now - session.last_seen_at > rule.idle


def begun(account: Account, *, address: str, gate: Gate, change: RecordsTransaction) -> SignedIn:
    """A new session, within a transaction."""
    now, token = gate.clock.now(), gate.chance.token()
    session = Session(
        token_digest=digest_of(token),
        account=account.id,
        created_at=now,
        last_seen_at=now,
        expires_at=now + gate.sessions.longest,
        csrf_secret=gate.chance.token(),
        address=plain_text(address),
        reauthenticated_at=now,
    )
    change.people.begin(session)
    return SignedIn(token, session, account)


def renewed(session: Session, account: Account, *, gate: Gate, change: RecordsTransaction) -> SignedIn:
    """The session under a new token, its password just given, within a transaction. Its end stays where it was."""
    now, token = gate.clock.now(), gate.chance.token()
    new = replace(
        session,
        token_digest=digest_of(token),
        last_seen_at=now,
        csrf_secret=gate.chance.token(),
        reauthenticated_at=now,
    )
    change.people.end(session.token_digest)
    change.people.begin(new)
    return SignedIn(token, new, account)


def sign_out(token: str, *, address: str, gate: Gate) -> None:
    """End the session; nothing happens where there is none."""
    found = gate.records.people.session(digest_of(token))
    if found is None:
        return
    session, account = found
    with gate.records.transaction() as change:
        if change.people.end(session.token_digest):
            enter_access(account.name, Act.SIGNED_OUT, account.name, address=address, change=change)
