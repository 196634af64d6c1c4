"""What the ledger keeps of accounts: after each change, how the account stands now, and who changed it.

Of the person it holds the name to sign in and nothing else. The password is there as a digest of its salted hash, and
what the identity provider knows the person by as a salted digest: who puts others into the database without the program
is found by `verify`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from pipeline.custody import LedgerEntry
from pipeline.custody.people import Account
from pipeline.evidence.canonical import Json, canonical_json, digest_of
from pipeline.evidence.verdict import Difference
from pipeline.ports import RecordsTransaction

OPERATOR = "os:"
"""Stands before the name of a system account, where an account of the program would be named by itself."""
PROGRAM = "program"
"""Whoever changes an account when nobody does."""
PROVIDER = "provider"
"""The identity provider."""


def put_account(account: Account, what: str, *, by: str, change: RecordsTransaction) -> None:
    """Record an account and enter the change in the ledger.

    Args:
        what: `added`, or the part that changed: `roles`, `password`, `hash`, `external`, `disabled`, `enabled`.
        by: the account that did it, or `os:` and a system account, or PROGRAM.
    """
    change.people.put(account)
    kind = "account_added" if what == "added" else "account_changed"
    change.append(kind, account.name, canonical_json({"now": account_now(account), "by": by, "what": what}))


def account_now(account: Account) -> dict[str, Json]:
    external = account.external
    return {
        "id": account.id,
        "roles": sorted(account.roles),
        "issuer": account.issuer,
        "disabled": account.disabled,
        "must_change_password": account.must_change_password,
        "password": None if account.password is None else digest_of(account.password),
        "external": None if external is None else digest_of(canonical_json(asdict(external))),
    }


def compare_accounts(accounts: Iterable[Account], entries: Iterable[LedgerEntry]) -> Iterator[Difference]:
    """Every account against its last entry in the ledger; both as of one moment.

    Returns:
        `account_altered` (it is not as its last entry says), `record_unknown_to_ledger`, `record_missing`.
    """
    told = {entry.subject: _now_by(entry) for entry in entries}
    found = {account.name: canonical_json(account_now(account)) for account in accounts}
    for name, now in found.items():
        if name not in told:
            yield Difference("record_unknown_to_ledger", name)
        elif told[name] != now:
            yield Difference("account_altered", name)
    yield from (Difference("record_missing", name) for name in sorted(told.keys() - found.keys()))


def _now_by(entry: LedgerEntry) -> str:
    """As the entry says; empty, which is no account's state, when it cannot be read."""
    try:
        return canonical_json(json.loads(entry.body)["now"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
