"""The frozen values of the court's side: machines that may ask, court record numbers, what statements are found by."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, NewType

from pipeline.custody.people import Role
from pipeline.model import Digest, PageState

ClientId = NewType("ClientId", str)
"""`c0007`; none is given twice."""
ApiKey = NewType("ApiKey", str)
"""256 random bits as text, after `constat_`. Whoever holds it is the client: it is handed over once, stored nowhere."""
CLIENT_ROLES: Final = (Role.COURT, Role.PROSECUTOR)
COURT_RECORD_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9-]{2,39}", re.ASCII)
"""As normalised: upper case, no blanks."""


class Scope(StrEnum):
    """What a machine's keys are good for, within what its role may."""

    READ = "read"
    """Statements with their particulars and page screens; finding them."""
    EXPORT = "export"
    """Hard copies and proofs."""
    ASSIGN = "assign"
    """Tying a statement to a court record; for the court alone."""
    LINK = "link"
    """Links that open one statement to a defendant without an account; for the court alone."""
    REGISTER = "register"
    """Registering statements that were electronic from the start. Nobody has it who was not given it by name."""


@dataclass(frozen=True, slots=True)
class ClientKey:
    """A key of a client.

    Attributes:
        digest: SHA-256 of the key.
        expires_at: from this moment on it opens nothing.
    """

    digest: Digest
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Client:
    """A machine that asks the court API. Clients are revoked, never removed: the access log names them.

    Attributes:
        name: as ACCOUNT_NAME says; unique among clients.
        role: one of CLIENT_ROLES.
        issuer: the only issuer whose statements it sees; null: all. A prosecutor's always has one.
        keys: by the time they were made; those that have expired too.
    """

    id: ClientId
    name: str
    role: Role
    scopes: frozenset[Scope]
    created_at: datetime
    issuer: str | None = None
    revoked: bool = False
    keys: tuple[ClientKey, ...] = field(default=(), repr=False)

    @property
    def known_as(self) -> str:
        """Its name in the access log, where no account has such a one."""
        return f"client:{self.name}"


@dataclass(frozen=True, slots=True)
class CourtNumber:
    """A statement was tied to a court record. Rows are only ever added; the last one of a statement is in force.

    Attributes:
        sequence: from 1, without gaps.
        issuer, statement: whose statement, by its number.
        number: of the court record, as COURT_RECORD_NUMBER says.
        by: the client's name.
        key: what the client named its request by, so that a repeated one is known.
        salt: random, so that a digest of this row does not betray the number.
    """

    sequence: int
    issuer: str
    statement: str
    number: str
    at: datetime
    by: str
    key: str
    salt: str


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """What one batch brought of a numbered statement, as it is found by.

    Attributes:
        statement: id of the `StatementRow`.
        state: as recorded with its batch.
        plate, offence_date: as accepted; null while nothing is.
        restricted: not everybody who may see statements may see it.
    """

    statement: str
    issuer: str
    number: str
    state: PageState
    designation: str | None = None
    plate: str | None = None
    offence_date: date | None = None
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class StatementsWanted:
    """Which statements: all that is given must hold of what one batch brought of it; null for any.

    Attributes:
        offence_from, offence_to: days, both included.
        restricted: false leaves out statements of which any part is restricted.
    """

    issuer: str | None = None
    plate: str | None = None
    offence_from: date | None = None
    offence_to: date | None = None
    designation: str | None = None
    state: PageState | None = None
    restricted: bool = True


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a leaf of a list ended: the last statement on it."""

    number: str
    issuer: str
