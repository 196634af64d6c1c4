"""Passes and tokens in memory; held to the real ones by `tests/contract/test_passes.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from pipeline.custody import LedgerEntry
from pipeline.custody.passes import AccessToken, Pass, PassId, PassKind
from pipeline.model import Digest


@dataclass
class PassTables:
    """Open to tests, which tamper with them as an insider would."""

    passes: dict[PassId, Pass] = field(default_factory=dict)
    tokens: dict[Digest, AccessToken] = field(default_factory=dict)


class MemoryPasses:
    """Fills `Passes` and `PassesChange`."""

    def __init__(self, tables: PassTables, ledger: list[LedgerEntry]) -> None:
        self._tables = tables
        self._ledger = ledger

    def with_digest(self, digest: Digest) -> Pass | None:
        return next((its for its in self._tables.passes.values() if its.digest == digest), None)

    def links(self, issuer: str | None = None, statement: str | None = None) -> tuple[Pass, ...]:
        found = (its for its in self._tables.passes.values() if its.kind is PassKind.LINK)
        own = (its for its in found if issuer in (None, its.issuer) and statement in (None, its.statement))
        return tuple(sorted(own, key=lambda its: (len(its.id), its.id)))

    def attested(self) -> tuple[tuple[Pass, ...], tuple[LedgerEntry, ...]]:
        return self.links(), tuple(entry for entry in self._ledger if entry.kind.startswith("link_"))

    def token(self, digest: Digest) -> AccessToken | None:
        return self._tables.tokens.get(digest)

    def new_link_id(self) -> PassId:
        return PassId(f"l{len(self.links()) + 1:04d}")

    def link(self, link: PassId) -> Pass | None:
        return next((its for its in self.links() if its.id == link), None)

    def put(self, its: Pass) -> None:
        self._tables.passes[its.id] = its

    def put_token(self, token: AccessToken) -> None:
        self._tables.tokens[token.digest] = token

    def forget_expired(self, at: datetime) -> None:
        own = self._tables.passes
        for its in [each for each in own.values() if each.kind is PassKind.VIEWER and each.expires_at <= at]:
            del own[its.id]
        for token in [each for each in self._tables.tokens.values() if each.expires_at <= at]:
            del self._tables.tokens[token.digest]

    def forget_of(self, made_by: str) -> None:
        own = self._tables.passes
        for its in [each for each in own.values() if each.kind is PassKind.VIEWER and each.made_by == made_by]:
            del own[its.id]
