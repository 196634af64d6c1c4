"""The frozen values of registering: who handed over which file of electronic statements, under which name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.model import Digest, FileId


@dataclass(frozen=True, slots=True)
class Registration:
    """A file of electronic statements was handed over. Rows are only ever added.

    Attributes:
        sequence: from 1, without gaps.
        file: the `FileRow` that keeps it; the same again where the same bytes were handed over again.
        digest: of the file.
        by: `client:NAME` or `os:ACCOUNT`.
        key: what the client named its request by; null on the command line.
    """

    sequence: int
    file: FileId
    digest: Digest
    at: datetime
    by: str
    key: str | None = None
