"""What the ledger keeps of the court's side: how each client stands, and a salted digest of each court record number.

Whoever puts another client, key or number into the database without the program is found by `verify`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping

from pipeline.custody import LedgerEntry
from pipeline.custody.court import Client, CourtNumber
from pipeline.evidence.canonical import Json, canonical_json, digest_of
from pipeline.evidence.verdict import Difference
from pipeline.ports import RecordsTransaction

NUMBER_ENTRY = "court_number_assigned"


def put_client(client: Client, what: str, *, by: str, change: RecordsTransaction) -> None:
    """Record a client and enter the change in the ledger.

    Args:
        what: `added`, `rotated` or `revoked`.
        by: `os:` and a system account.
    """
    change.clients.put(client)
    kind = "client_added" if what == "added" else "client_changed"
    body: Json = {"now": client_now(client), "by": by, "what": what}
    change.append(kind, client.known_as, canonical_json(body))


def add_number(row: CourtNumber, *, change: RecordsTransaction) -> None:
    """Record that a statement was tied to a court record, and enter it in the ledger without naming either."""
    change.court.add(row)
    change.append(NUMBER_ENTRY, _subject(row), canonical_json({"sha256": number_digest(row), "by": row.by}))


def client_now(client: Client) -> dict[str, Json]:
    return {
        "id": client.id,
        "role": client.role,
        "issuer": client.issuer,
        "scopes": sorted(client.scopes),
        "revoked": client.revoked,
        "keys": [[its.digest, its.created_at.isoformat(), its.expires_at.isoformat()] for its in client.keys],
    }


def number_digest(row: CourtNumber) -> str:
    facts: Json = [row.sequence, row.issuer, row.statement, row.number, row.at.isoformat(), row.by, row.key, row.salt]
    return digest_of(canonical_json(facts))


def compare_clients(clients: Iterable[Client], entries: Iterable[LedgerEntry]) -> Iterator[Difference]:
    """Every client against its last entry in the ledger; both as of one moment.

    Returns:
        `client_altered`, `record_unknown_to_ledger`, `record_missing`.
    """
    found = {its.known_as: canonical_json(client_now(its)) for its in clients}
    told = {entry.subject: _told(entry, lambda body: canonical_json(body["now"])) for entry in entries}
    for name in _differing(found, told):
        yield Difference("client_altered", name)
    yield from _missing(found, told)


def compare_numbers(rows: Iterable[CourtNumber], entries: Iterable[LedgerEntry]) -> Iterator[Difference]:
    """Every court record number against its entry in the ledger; both as of one moment.

    Returns:
        `court_number_altered`, `record_unknown_to_ledger`, `record_missing`.
    """
    found = {_subject(row): number_digest(row) for row in rows}
    told = {entry.subject: _told(entry, lambda body: str(body["sha256"])) for entry in entries}
    for name in _differing(found, told):
        yield Difference("court_number_altered", name)
    yield from _missing(found, told)


def _subject(row: CourtNumber) -> str:
    return f"court_number:{row.sequence}"


def _differing(found: Mapping[str, str], told: Mapping[str, str]) -> Iterator[str]:
    return (name for name, its in found.items() if name in told and told[name] != its)


def _missing(found: Mapping[str, str], told: Mapping[str, str]) -> Iterator[Difference]:
    for name in sorted(found.keys() - told.keys()):
        yield Difference("record_unknown_to_ledger", name)
    for name in sorted(told.keys() - found.keys()):
        yield Difference("record_missing", name)


def _told(entry: LedgerEntry, part: Callable[[dict[str, Json]], str]) -> str:
    """Empty, which agrees with no record, when the entry cannot be read; that is reported with the ledger."""
    try:
        return part(json.loads(entry.body))
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
