"""The frozen values of ways in that expire: passes that open one statement, and tokens that machines get for a key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from pipeline.custody.court import ClientId, Scope
from pipeline.model import Digest

PassId = NewType("PassId", str)
"""`l0007` of a link, none of which is given twice; `v-` and digits of its digest of a viewer's."""


class PassKind(StrEnum):
    """What a pass is for."""

    VIEWER = "viewer"
    """A program that draws images and cannot sign in; for minutes."""
    LINK = "link"
    """The defendant, who has no account; for days."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Whoever has its text sees one statement, without signing in. Links are revoked, never removed.

    Attributes:
        digest: SHA-256 of its text, which is kept nowhere.
        issuer, statement: whose statement, by its number; a viewer's also by its designation.
        made_by: an account's name, `client:` and a machine's, `os:` and a system account.
        expires_at: from this moment on it opens nothing.
        reason: why a link was made; empty for a viewer's.
        front_first: it was made for a prosecutor, who is shown the front and asks for the back (s. 20).
        restricted: whoever made it may see restricted files.
        revoked_at: null while it is in force.
        uses: looks that the access log has of it; of links alone.
    """

    id: PassId
    kind: PassKind
    digest: Digest
    issuer: str
    statement: str
    made_by: str
    made_at: datetime
    expires_at: datetime
    reason: str = ""
    front_first: bool = False
    restricted: bool = False
    revoked_at: datetime | None = None
    uses: int = 0

    @property
    def known_as(self) -> str:
        """Its name in the access log and the ledger, where no account has such a one."""
        return f"pass:{self.id}"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a machine got for its key, good for minutes (RFC 6749, 4.4).

    Attributes:
        digest: SHA-256 of the token, which is kept nowhere.
        key: digest of the key that it was given for: it ends with that key.
        scopes: some of the client's.
    """

    digest: Digest
    client: ClientId
    key: Digest
    scopes: frozenset[Scope]
    made_at: datetime
    expires_at: datetime
