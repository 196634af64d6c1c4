"""Signing in by the site's identity provider (OpenID Connect). Who may come in is still decided here: there is an
account, made by an operator, that waits for the person's verified address; from the first sign-in on it is bound to the
provider's own name for the person, and the address no longer counts."""

from __future__ import annotations

from dataclasses import replace

from pipeline.custody.people import Account, Act, ProviderIdentity
from pipeline.model import Reason
from pipeline.ports import RecordsTransaction
from pipeline.usecases.access import enter_access
from pipeline.usecases.account_entries import PROVIDER, put_account
from pipeline.usecases.gate import Gate
from pipeline.usecases.permissions import role_problems
from pipeline.usecases.sessions import Refused, SignedIn, begun


def sign_in_by_provider(identity: ProviderIdentity, *, address: str, gate: Gate) -> SignedIn | Refused:
    """Begin a session for whom the provider named.

    Where the provider says roles, they are the account's from now on; other sessions end when they change.

    Returns:
        The session with its token, or why not: `provider_unknown_person` (no account, or a disabled one),
        `provider_roles_refused` (roles that cannot be given).
    """
    identity = replace(identity, email=None if identity.email is None else identity.email.lower())
    with gate.records.transaction() as change:
        account = gate.records.people.known_to_provider(identity)
        if account is None or account.disabled:
            return _refused("provider_unknown_person", account, address, change)
        if identity.roles is not None and role_problems(identity.roles, account.issuer):
            return _refused("provider_roles_refused", account, address, change)
        account = _as_named(account, identity, change)
        now = gate.clock.now()
        change.people.end_expired(at=now, seen_before=now - gate.sessions.idle)
        enter_access(account.name, Act.SIGNED_IN, account.name, "provider", address=address, change=change)
        return begun(account, address=address, gate=gate, change=change)


def _as_named(account: Account, identity: ProviderIdentity, change: RecordsTransaction) -> Account:
    """The account, bound to the provider's subject, with the provider's roles."""
    external = account.external
    if external is not None and external.subject is None:
        account = replace(account, external=replace(external, email=None, subject=identity.key))
        put_account(account, "external", by=PROVIDER, change=change)
    if identity.roles is not None and identity.roles != account.roles:
        account = replace(account, roles=identity.roles)
        put_account(account, "roles", by=PROVIDER, change=change)
        change.people.end_all(account.id)
    return account


def _refused(code: str, account: Account | None, address: str, change: RecordsTransaction) -> Refused:
    who = "" if account is None else account.name
    enter_access(who, Act.SIGN_IN_REFUSED, who, code, address=address, change=change)
    return Refused((Reason(code),))
