"""What the core asks of the outside for passes and tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pipeline.custody import LedgerEntry
from pipeline.custody.passes import AccessToken, Pass, PassId
from pipeline.model import Digest


class Passes(Protocol):
    """Passes and tokens, as last committed."""

    def with_digest(self, digest: Digest) -> Pass | None:
        """Expired or not, revoked or not."""
        ...

    def links(self, issuer: str | None = None, statement: str | None = None) -> tuple[Pass, ...]:
        """Links by id; all of them, or those of an issuer, or of its statement."""
        ...

    def attested(self) -> tuple[tuple[Pass, ...], tuple[LedgerEntry, ...]]:
        """All links, and the ledger's entries on them (`link_*`), as of one moment."""
        ...

    def token(self, digest: Digest) -> AccessToken | None:
        """Expired or not."""
        ...


class PassesChange(Protocol):
    """The same within a transaction, as it sees them."""

    def new_link_id(self) -> PassId: ...

    def with_digest(self, digest: Digest) -> Pass | None: ...

    def link(self, link: PassId) -> Pass | None: ...

    def put(self, its: Pass) -> None:
        """Add the pass or replace the one with its id."""
        ...

    def put_token(self, token: AccessToken) -> None:
        """Add it; tokens never change."""
        ...

    def forget_expired(self, at: datetime) -> None:
        """Remove viewers' passes and tokens whose time is over at that moment."""
        ...

    def forget_of(self, made_by: str) -> None:
        """Remove the viewers' passes that somebody made."""
        ...
