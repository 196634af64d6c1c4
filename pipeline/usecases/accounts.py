"""Accounts: made, given roles, disabled; each change with an entry in the ledger."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.custody import plain_text
from pipeline.custody.people import ACCOUNT_NAME, Account, Act, ExternalLogin, Role
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import Json
from pipeline.model import Language, Reason
from pipeline.ports import Records, RecordsTransaction
from pipeline.usecases.access import enter_access
from pipeline.usecases.account_entries import OPERATOR, put_account
from pipeline.usecases.gate import Gate
from pipeline.usecases.lockout import wait_left_s
from pipeline.usecases.password_rules import normal_password, password_problems
from pipeline.usecases.permissions import role_problems
from pipeline.usecases.sessions import is_over
from pipeline.usecases.sign_in import name_key

EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


@dataclass(frozen=True, slots=True)
class NewAccount:
    """Who is to be given an account; as `Account`.

    Attributes:
        email: by which the identity provider will name the person; null: they sign in by password.
    """

    name: str
    roles: frozenset[Role]
    language: Language
    display_name: str = ""
    issuer: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """An account with a password that somebody else chose: it must be changed at the first sign-in.

    Attributes:
        first_password: where the program chose one; to be handed over, and kept nowhere.
    """

    account: Account
    first_password: str | None


def add_account(new: NewAccount, password: str | None, *, by: str, gate: Gate) -> Given:
    """A new account.

    Args:
        password: null: the program chooses one; whoever signs in by the provider has none.
        by: as for `put_account`.

    Raises:
        OperatorError: `bad_account_name`, `account_exists`, `bad_email`, `email_taken`; a role problem; a `password_*`
            problem.
    """
    if not ACCOUNT_NAME.fullmatch(new.name):
        raise OperatorError("bad_account_name", name=new.name)
    _require_none(role_problems(new.roles, new.issuer))
    external = _invited(new.email, gate)
    chosen = None if external and password is None else _chosen(password, new.name, gate)
    hashed = None if chosen is None else gate.passwords.hash(normal_password(chosen))
    with gate.records.transaction() as change:
        if change.people.named(new.name) is not None:
            raise OperatorError("account_exists", name=new.name)
        _require_free(external, new.name, gate)
        account = Account(
            id=change.people.new_id(),
            name=new.name,
            display_name=plain_text(new.display_name),
            roles=new.roles,
            language=new.language,
            created_at=gate.clock.now(),
            password=hashed,
            must_change_password=hashed is not None,
            issuer=new.issuer,
            external=external,
        )
        put_account(account, "added", by=by, change=change)
    return Given(account, chosen if password is None else None)


def set_roles(name: str, roles: Collection[Role], issuer: str | None, *, by: str, gate: Gate) -> Account:
    """Give the account these roles, and no others. Its sessions end: what they allowed may no longer be allowed.

    Raises:
        OperatorError: `unknown_account`; a role problem; `account_of_oneself`, `last_admin`.
    """
    _require_none(role_problems(roles, issuer))
    with gate.records.transaction() as change:
        known = _known(name, change)
        account = replace(known, roles=frozenset(roles), issuer=issuer)
        if account.roles != known.roles or account.issuer != known.issuer:
            _require_other(account, by)
        _require_admin(account, by, change, gate)
        put_account(account, "roles", by=by, change=change)
        change.people.end_all(account.id)
        change.passes.forget_of(account.name)
    return account


def reset_password(name: str, password: str | None, *, by: str, gate: Gate) -> Given:
    """A new first password; sessions end, and pauses too.

    Raises:
        OperatorError: `unknown_account`; a `password_*` problem.
    """
    chosen = _chosen(password, name, gate)
    hashed = gate.passwords.hash(normal_password(chosen))
    with gate.records.transaction() as change:
        account = replace(_known(name, change), password=hashed, must_change_password=True)
        put_account(account, "password", by=by, change=change)
        change.people.end_all(account.id)
        change.people.forget_attempts(key=name_key(name))
    return Given(account, chosen if password is None else None)


def set_email(name: str, email: str | None, *, by: str, gate: Gate) -> Account:
    """Let the person in by the identity provider under this verified address; null: no longer. Sessions end.

    Raises:
        OperatorError: `unknown_account`, `bad_email`, `email_taken`.
    """
    external = _invited(email, gate)
    with gate.records.transaction() as change:
        account = replace(_known(name, change), external=external)
        _require_free(external, name, gate)
        put_account(account, "external", by=by, change=change)
        change.people.end_all(account.id)
    return account


def set_disabled(name: str, disabled: bool, *, by: str, gate: Gate) -> Account:
    """Let nobody in by this account any more, or let them in again.

    Raises:
        OperatorError: `unknown_account`, `account_of_oneself`, `last_admin`.
    """
    with gate.records.transaction() as change:
        known = _known(name, change)
        account = replace(known, disabled=disabled)
        if account != known:
            _require_other(account, by)
        _require_admin(account, by, change, gate)
        if account != known:
            put_account(account, "disabled" if disabled else "enabled", by=by, change=change)
        if disabled:
            change.people.end_all(account.id)
            change.passes.forget_of(account.name)
    return account


def unlock(name: str, *, by: str, gate: Gate) -> None:
    """Forget failed attempts under this name. Raises OperatorError `unknown_account`."""
    with gate.records.transaction() as change:
        account = _known(name, change)
        change.people.forget_attempts(key=name_key(account.name))
        enter_access(by, Act.UNLOCKED, account.name, address="", change=change)


def sign_out_everywhere(name: str, *, by: str, gate: Gate) -> int:
    """End all sessions of the account. Returns how many. Raises OperatorError `unknown_account`."""
    with gate.records.transaction() as change:
        account = _known(name, change)
        ended = change.people.end_all(account.id)
        enter_access(by, Act.SIGNED_OUT_EVERYWHERE, account.name, address="", change=change)
    return ended


@dataclass(frozen=True, slots=True)
class AccountReport:
    """An account as it stands.

    Attributes:
        sessions: how many are open.
        wait_s: seconds until a password is looked at again; 0: at once.
    """

    account: Account
    sessions: int
    wait_s: int


def account_report(name: str, *, gate: Gate) -> AccountReport:
    """Raises OperatorError `unknown_account`."""
    account = gate.records.people.named(name)
    if account is None:
        raise OperatorError("unknown_account", name=name)
    return _report(account, gate.records, gate.clock.now(), gate)


def account_reports(*, gate: Gate) -> tuple[AccountReport, ...]:
    """All accounts, by name."""
    now = gate.clock.now()
    return tuple(_report(account, gate.records, now, gate) for account in gate.records.people.all())


def account_document(report: AccountReport) -> dict[str, Json]:
    """For JSON; nothing of the password."""
    account = report.account
    return {
        "id": account.id,
        "name": account.name,
        "display_name": account.display_name,
        "roles": sorted(account.roles),
        "issuer": account.issuer,
        "language": account.language,
        "created_at": account.created_at.isoformat(),
        "disabled": account.disabled,
        "must_change_password": account.must_change_password,
        "signs_in_by": sorted(signs_in_by(account)),
        "sessions": report.sessions,
        "wait_s": report.wait_s,
    }


def signs_in_by(account: Account) -> frozenset[str]:
    """`password`, `provider`, or both."""
    ways = {"password": account.password is not None, "provider": account.external is not None}
    return frozenset(way for way, is_there in ways.items() if is_there)


def _report(account: Account, records: Records, now: datetime, gate: Gate) -> AccountReport:
    open_ = [its for its in records.people.sessions_of(account.id) if not is_over(its, now, gate.sessions)]
    return AccountReport(account, len(open_), wait_left_s(records.people.attempts(name_key(account.name)), now=now))


def _require_other(account: Account, by: str) -> None:
    """Nobody gives rights to themselves, or shuts themselves out by mistake."""
    if account.name == by:
        raise OperatorError("account_of_oneself", name=by)


def _require_admin(account: Account, by: str, change: RecordsTransaction, gate: Gate) -> None:
    """Somebody must be left who can give out accounts; the operator of the machine always can."""
    if by.startswith(OPERATOR) or (Role.ADMIN in account.roles and not account.disabled):
        return
    known = change.people.named(account.name)
    was_admin = known is not None and Role.ADMIN in known.roles and not known.disabled
    others = (its for its in gate.records.people.all() if its.name != account.name)
    if was_admin and not any(Role.ADMIN in its.roles and not its.disabled for its in others):
        raise OperatorError("last_admin", name=account.name)


def _known(name: str, change: RecordsTransaction) -> Account:
    account = change.people.named(name)
    if account is None:
        raise OperatorError("unknown_account", name=name)
    return account


def _invited(email: str | None, gate: Gate) -> ExternalLogin | None:
    if email is None:
        return None
    if not EMAIL.fullmatch(email):
        raise OperatorError("bad_email", email=email)
    return ExternalLogin(email.lower(), None, salt=gate.chance.token())


def _require_free(external: ExternalLogin | None, name: str, gate: Gate) -> None:
    """An address leads to one account."""
    if external is None:
        return
    for account in gate.records.people.all():
        if account.name != name and account.external is not None and account.external.email == external.email:
            raise OperatorError("email_taken", name=account.name)


def _chosen(password: str | None, name: str, gate: Gate) -> str:
    if password is None:
        return gate.chance.first_password()
    _require_none(password_problems(password, name=name))
    return password


def _require_none(problems: Sequence[Reason]) -> None:
    if problems:
        raise OperatorError(problems[0].code, **dict(problems[0].params))
