"""Where bytes are kept for good, and where the records say each of them is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from pipeline.custody import ObjectRef, ObjectStat, RetentionMode
from pipeline.model import Digest, Reason


class ObjectStore(Protocol):
    """Write-once storage addressed by content. Nothing is overwritten; `remove` is refused while anything retains it.

    Raises (all methods, besides their own):
        Unavailable: `disk_full`, `storage_unreachable`, `storage_slow`, `storage_busy`, `storage_error`.
        OperatorError: `read_only`, `wrong_credentials`, `clock_skew`, `bucket_missing`.
    """

    def ready(self) -> None:
        """Whether it can keep what is put into it: asked before anything is begun.

        Raises:
            OperatorError: `bucket_without_versioning`, `bucket_without_lock`, and as all methods.
        """
        ...

    def put(self, source: BinaryIO) -> ObjectRef:
        """Store the bytes durably and say where; bytes already there are checked and stay as they are.

        Raises:
            InputRefused: `source_unreadable`.
            IntegrityError: `object_altered` when the bytes are there and damaged; `checksum_mismatch` when they were
                altered on their way. Nothing half-written is ever visible.
        """
        ...

    def get(self, digest: Digest) -> bytes:
        """The stored bytes, checked against the digest on read.

        Raises:
            KeyError: not there.
            IntegrityError: `object_altered`.
        """
        ...

    def check(self, digest: Digest, *, version_id: str | None = None) -> int:
        """Hash the stored bytes without handing them out; returns their size in bytes. Raises as `get`.

        Args:
            version_id: of the recorded version; null for whichever the store would hand out.
        """
        ...

    def path(self, digest: Digest) -> Path:
        """A readable local path of the object, valid until the next call; its bytes are checked. Raises as `get`."""
        ...

    def exists(self, digest: Digest) -> bool: ...

    def stat(self, digest: Digest) -> ObjectStat:
        """Where it is and what retains it. Raises KeyError when it is not there."""
        ...

    def faults(self, ref: ObjectRef) -> tuple[Reason, ...]:
        """What is wrong with how a recorded version stands, its bytes apart; none when it is where it was put.

        `object_version_missing`: it was deleted, or is in another store; where there are no versions, `check` finds it.
        `object_hidden`: a delete marker lies on top of it. `object_superseded`: a newer version has its key.
        `retention_missing`: it is retained less than the store's policy says. `retention_unreadable`.
        """
        ...

    def retain(self, digest: Digest, until: datetime, mode: RetentionMode) -> None:
        """Retain it at least until then; a longer or stricter retention stays. Raises KeyError."""
        ...

    def hold(self, digest: Digest, on: bool) -> None:
        """Put it under legal hold, or end the hold. Raises KeyError."""
        ...

    def remove(self, ref: ObjectRef) -> None:
        """Delete this version for good.

        Raises:
            KeyError: not there.
            OperatorError: `object_retained`, `object_held`.
        """
        ...

    def presigned(self, digest: Digest, expires_s: int) -> str | None:
        """An address that reads the object without credentials for so long; null where a store has none."""
        ...

    def digests(self) -> Iterator[Digest]:
        """All stored digests, in order."""
        ...

    def discard_unfinished(self) -> int:
        """Remove what a killed writer left half-written; call it only while no one else writes. Returns how many."""
        ...

    def strays(self) -> Iterator[str]:
        """Names of whatever lies in the store that is no object, half-written files included."""
        ...


class ObjectReferences(Protocol):
    """Where the records say that objects are. Folders filled before references were kept have none."""

    def of(self, digest: Digest) -> ObjectRef | None: ...

    def several(self, digests: Collection[Digest]) -> Mapping[Digest, ObjectRef]:
        """Those of many objects at once, without those that have none."""
        ...

    def all(self) -> Iterator[ObjectRef]:
        """By digest."""
        ...


class ObjectReferencesChange(Protocol):
    """References in a transaction."""

    def put(self, ref: ObjectRef) -> None:
        """Record where the object is, replacing what was recorded of the same digest."""
        ...
