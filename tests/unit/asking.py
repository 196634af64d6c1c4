"""A machine that asks the court API over an archive in memory."""

from __future__ import annotations

from dataclasses import dataclass

import httpx2

from pipeline.custody.court import Scope
from pipeline.custody.people import Role
from pipeline.usecases.clients import NewClient, add_client
from tests.unit.browsing import Pages

NUMBER, MINORS, FOREIGN = "812345", "812346", "900001"
V1 = "/api/v1"


@dataclass
class Asker:
    """Sends a client's key with each request."""

    client: httpx2.Client
    key: str

    def get(self, path: str, **headers: str) -> httpx2.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(path, headers={"authorization": f"Bearer {self.key}", **named})

    def assign(self, number: str, wish: object, key: str = "k1", **headers: str) -> httpx2.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.put(
            f"{V1}/statements/{number}/court-record-number",
            json=wish if isinstance(wish, dict) else {"court_record_number": wish},
            headers={"authorization": f"Bearer {self.key}", "idempotency-key": key, **named},
        )


def asker(pages: Pages, name: str, role: Role, *scopes: Scope, issuer: str | None = None) -> Asker:
    wanted = frozenset(scopes or (Scope if role is Role.COURT else {Scope.READ, Scope.EXPORT}))
    handed = add_client(NewClient(name, role, wanted, issuer), by="os:root", gate=pages.gate)
    return Asker(pages.browser().client, handed.key)


def code_of(answer: httpx2.Response) -> str:
    """Of a problem document, the form of which is checked."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    document = answer.json()
    assert document["status"] == answer.status_code
    assert document["type"] == f"urn:constat:problem:{document['code']}"
    return str(document["code"])
