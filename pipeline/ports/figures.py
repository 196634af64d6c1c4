"""Figures of the records: counts made where the rows are. Nothing of what was read or decided is in them."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from pipeline.custody.figures import (
    AgeCount,
    BatchCounts,
    BatchesWanted,
    Closing,
    DecidedCounts,
    DueCount,
    FieldCounts,
    ReadingCounts,
    Span,
    WaitingCount,
    WorkHour,
)


class FigureRecords(Protocol):
    """Reads see the last committed state. Raises as `Records`. `issuer` is the batch's; null: of all."""

    def batches(self, wanted: BatchesWanted) -> tuple[BatchCounts, ...]:
        """In the order wanted, then by id."""
        ...

    def batch_count(self, wanted: BatchesWanted) -> int:
        """How many there are, whatever part of the list is wanted."""
        ...

    def closings(self, days: Span, *, issuer: str | None = None) -> tuple[Closing, ...]:
        """Of batches closed on these days, by time and batch."""
        ...

    def fields(self, received: Span, *, issuer: str | None = None) -> tuple[FieldCounts, ...]:
        """Of batches whose paper came in on these days, by batch and edition; those with a form alone."""
        ...

    def readings(self, decided: Span, *, issuer: str | None = None) -> tuple[ReadingCounts, ...]:
        """Of fields whose decision in force is of these days, by confidence, then those of no sample first."""
        ...

    def decided(self, decided: Span, *, issuer: str | None = None) -> tuple[DecidedCounts, ...]:
        """As `readings`, by hour and edition."""
        ...

    def work(self, days: Span) -> tuple[WorkHour, ...]:
        """By hour and person."""
        ...

    def waiting(self, *, issuer: str | None = None) -> tuple[WaitingCount, ...]:
        """By the day of receipt, batch and queue."""
        ...

    def due(self, until: date, *, issuer: str | None = None) -> tuple[DueCount, ...]:
        """By day, up to and with `until`; days that are over as well."""
        ...

    def returns_waiting(self, *, issuer: str | None = None) -> int:
        """Return documents alone whose statement is not there or contradicts them; `issuer` is the statement's."""
        ...

    def told(self, days: Span, *, issuer: str | None = None) -> tuple[AgeCount, ...]:
        """Of events told on these days, as far as the day of the mail is known; by kind and age. `issuer` is the
        statement's."""
        ...

    def ledger_entries(self) -> int:
        """As many as the ledger has."""
        ...

    def issuers(self) -> tuple[str, ...]:
        """Issuers that batches name, by name."""
        ...
