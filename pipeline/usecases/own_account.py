"""What people see and set of themselves: their language, and where they are signed in."""

from __future__ import annotations

from dataclasses import replace

from pipeline.custody.people import Account, Act, Session
from pipeline.errors import OperatorError
from pipeline.model import Language
from pipeline.ports import Records
from pipeline.usecases.access import enter_access
from pipeline.usecases.gate import Gate
from pipeline.usecases.sessions import is_over


def set_own_language(name: str, language: Language, *, records: Records) -> None:
    """The language that pages are shown in. Raises OperatorError `unknown_account`."""
    with records.transaction() as change:
        account = change.people.named(name)
        if account is None:
            raise OperatorError("unknown_account", name=name)
        change.people.put(replace(account, language=language))


def open_sessions(account: Account, *, gate: Gate) -> tuple[Session, ...]:
    """Where a person is signed in now, the session seen last at the head."""
    now = gate.clock.now()
    found = (its for its in gate.records.people.sessions_of(account.id) if not is_over(its, now, gate.sessions))
    return tuple(sorted(found, key=lambda its: its.last_seen_at, reverse=True))


def sign_out_elsewhere(own: Session, account: Account, *, address: str, gate: Gate) -> int:
    """End all sessions of a person but this one. Returns how many were open."""
    others = [its for its in open_sessions(account, gate=gate) if its.token_digest != own.token_digest]
    with gate.records.transaction() as change:
        ended = sum(change.people.end(its.token_digest) for its in others)
        enter_access(account.name, Act.SIGNED_OUT_EVERYWHERE, account.name, address=address, change=change)
    return ended
