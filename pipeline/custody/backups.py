"""What a copy of a whole site says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from pipeline.model import Digest, Reason

BackupId = NewType("BackupId", str)
"""`2026-11-28T042000Z`: when it was begun, UTC; ids sort as the moments do."""


class DatabaseKind(StrEnum):
    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class StoreKind(StrEnum):
    DIRECTORY = "directory"
    S3 = "s3"


@dataclass(frozen=True, slots=True)
class BackupFile:
    """A file of a copy: its name below the copy's folder."""

    name: str
    size_bytes: int
    sha256: Digest


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy of a site at one moment.

    Attributes:
        taken_at: aware UTC, before anything was read.
        program: the version of the program that made it.
        place: the store's folder or bucket at that time.
        objects: how many objects there were in the store.
        objects_copied: whether they are beside the copy; else the store is looked after by somebody else.
        entries: of the ledger, at least: its head is read before the database.
        files: all but the objects, by name.
        settings: those that were in force, secrets masked, by name.
    """

    id: BackupId
    taken_at: datetime
    program: str
    database: DatabaseKind
    store: StoreKind
    place: str
    objects: int
    objects_copied: bool
    entries: int
    files: tuple[BackupFile, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Lost:
    """An object that could not be copied, and why: `object_missing`, `object_altered`."""

    digest: Digest
    reason: Reason


@dataclass(frozen=True, slots=True)
class Copied:
    """What copying objects did.

    Attributes:
        objects: all that were to be there.
        new: copied now; the others were there.
    """

    objects: int = 0
    new: int = 0
    new_bytes: int = 0
    lost: tuple[Lost, ...] = ()
