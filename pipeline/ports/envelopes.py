"""What was said of envelopes, in the records."""

from __future__ import annotations

from typing import Protocol

from pipeline.custody.envelopes import EnvelopeRow
from pipeline.model import BatchId


class EnvelopeRecords(Protocol):
    """Reads see the last committed state. Raises as `Records`."""

    def of_batch(self, batch: BatchId) -> tuple[EnvelopeRow, ...]:
        """By first sheet; nothing is said of most envelopes."""
        ...


class EnvelopeChange(Protocol):
    """The same within a transaction, as it sees them."""

    def of_batch(self, batch: BatchId) -> tuple[EnvelopeRow, ...]: ...

    def put(self, row: EnvelopeRow) -> None:
        """Add what is said of an envelope, or replace it; one row a batch and first sheet."""
        ...
