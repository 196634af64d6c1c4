"""Signing in by name and password, and changing the password.

Every attempt counts as failed before the password is looked at, and is taken back when it was right: whoever tries a
thousand at once has no more of them looked at than whoever tries them in a row. An unknown name is treated as a known
one, in time taken, pauses and words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from pipeline.custody.people import ACCOUNT_NAME, Account, Act, PasswordHash
from pipeline.model import Reason
from pipeline.ports import RecordsTransaction
from pipeline.usecases.access import enter_access, note_access
from pipeline.usecases.account_entries import PROGRAM, put_account
from pipeline.usecases.gate import Gate
from pipeline.usecases.lockout import after_failure, network_of, taken_back, wait_left_s
from pipeline.usecases.password_rules import normal_password, password_problems
from pipeline.usecases.sessions import Refused, SignedIn, begun, renewed, session_of

_WRONG = Refused((Reason("sign_in_refused"),))
_OVER = Refused((Reason("session_over"),))


def sign_in(name: str, password: str, *, address: str, gate: Gate) -> SignedIn | Refused:
    """Begin a session.

    Args:
        name: as typed; case and blanks around it do not count.
        address: of the client, as the server knows it.

    Returns:
        The session with its token, or why not: `sign_in_refused` (whatever was wrong), `sign_in_paused`.
    """
    proof = _proof(name, password, address=address, gate=gate)
    if isinstance(proof, Refused):
        return proof
    with gate.records.transaction() as change:
        account = _settled(proof, address=address, change=change)
        if account is None:
            return _WRONG
        now = gate.clock.now()
        change.people.end_expired(at=now, seen_before=now - gate.sessions.idle)
        enter_access(account.name, Act.SIGNED_IN, account.name, address=address, change=change)
        return begun(account, address=address, gate=gate, change=change)


def confirm_password(token: str, password: str, *, address: str, gate: Gate) -> SignedIn | Refused:
    """Show once more that it is the same person, before a dangerous act. The session goes on under a new token.

    Returns:
        As `sign_in`, and `session_over`.
    """
    view = session_of(token, gate=gate)
    if view is None:
        return _OVER
    proof = _proof(view.account.name, password, address=address, gate=gate)
    if isinstance(proof, Refused):
        return proof
    with gate.records.transaction() as change:
        account = _settled(proof, address=address, change=change)
        if account is None or gate.records.people.session(view.session.token_digest) is None:
            return _OVER
        enter_access(account.name, Act.PASSWORD_CONFIRMED, account.name, address=address, change=change)
        return renewed(view.session, account, gate=gate, change=change)


def change_password(token: str, old: str, new: str, *, address: str, gate: Gate) -> SignedIn | Refused:
    """Set one's own password. All sessions of the account end, and a new one begins.

    Returns:
        As `sign_in`, and `session_over`; every `password_*` problem of the new one, `password_unchanged`.
    """
    view = session_of(token, gate=gate)
    if view is None:
        return _OVER
    problems = password_problems(new, name=view.account.name)
    if normal_password(old) == normal_password(new):
        problems = (*problems, Reason("password_unchanged"))
    if problems:
        return Refused(problems)
    proof = _proof(view.account.name, old, address=address, gate=gate)
    if isinstance(proof, Refused):
        return proof
    hashed = gate.passwords.hash(normal_password(new))
    with gate.records.transaction() as change:
        known = _settled(proof, address=address, change=change)
        if known is None or gate.records.people.session(view.session.token_digest) is None:
            return _OVER
        account = replace(known, password=hashed, must_change_password=False)
        put_account(account, "password", by=account.name, change=change)
        change.people.end_all(account.id)
        enter_access(account.name, Act.PASSWORD_CHANGED, account.name, address=address, change=change)
        return begun(account, address=address, gate=gate, change=change)


def normal_name(name: str) -> str:
    """The name to sign in as it is recorded."""
    return name.strip().lower()


def name_key(name: str) -> str:
    """What failed attempts under a known name are counted by."""
    return f"name:{name}"


@dataclass(frozen=True, slots=True)
class _Proof:
    """A right password. `rehashed`: the same password by the parameters now in force, where they have changed."""

    account: Account
    keys: tuple[str, str]
    rehashed: PasswordHash | None


def _proof(name: str, password: str, *, address: str, gate: Gate) -> _Proof | Refused:
    """Count the attempt and look at the password, outside of any transaction: that takes a good part of a second."""
    typed = normal_name(name)
    account = gate.records.people.named(typed) if ACCOUNT_NAME.fullmatch(typed) else None
    # A name that is not known is kept nowhere, not even as a digest that others could make: it may be a password.
    key = f"unknown:{gate.chance.blur(typed)}" if account is None else name_key(account.name)
    keys = key, f"address:{network_of(address)}"
    who = "" if account is None else account.name
    wait_s = _charged(keys, gate)
    if wait_s:
        note_access(who, Act.SIGN_IN_REFUSED, who, "paused", address=address, records=gate.records)
        return Refused((Reason("sign_in_paused", (("wait_s", str(wait_s)),)),), wait_s)
    right = gate.passwords.matches(None if account is None else account.password, normal_password(password))
    if account is None or account.password is None or account.disabled or not right:
        why = "unknown_name" if account is None else "disabled" if account.disabled else "wrong_password"
        note_access(who, Act.SIGN_IN_REFUSED, who, why, address=address, records=gate.records)
        return _WRONG
    stale = gate.passwords.stale(account.password)
    return _Proof(account, keys, gate.passwords.hash(normal_password(password)) if stale else None)


def _charged(keys: tuple[str, str], gate: Gate) -> int:
    """Count one failure under each key. Returns the seconds to wait where either is paused: nothing is counted then."""
    now = gate.clock.now()
    rules = gate.by_name, gate.by_address
    with gate.records.transaction() as change:
        so_far = [change.people.attempts(key) for key in keys]
        wait_s = max(wait_left_s(each, now=now) for each in so_far)
        if not wait_s:
            change.people.forget_attempts(before=now - timedelta(seconds=max(rule.forget_s for rule in rules)))
            for key, before, rule in zip(keys, so_far, rules, strict=True):
                change.people.put_attempts(after_failure(before, key, now=now, rule=rule))
    return wait_s


def _settled(proof: _Proof, *, address: str, change: RecordsTransaction) -> Account | None:
    """Take the failure back; returns the account as it is now, null if it was changed while the password was hashed."""
    of_name, of_address = proof.keys
    account = change.people.named(proof.account.name)
    if account is None or account.disabled or account.password != proof.account.password:
        name = proof.account.name
        enter_access(name, Act.SIGN_IN_REFUSED, name, "account_changed", address=address, change=change)
        return None
    change.people.forget_attempts(key=of_name)
    counted = change.people.attempts(of_address)
    if counted is not None:
        change.people.put_attempts(taken_back(counted))
    if proof.rehashed is not None:
        account = replace(account, password=proof.rehashed)
        put_account(account, "hash", by=PROGRAM, change=change)
    return account
