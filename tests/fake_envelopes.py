"""What was said of envelopes, in memory; held to the real ones by `tests/contract/test_envelopes.py`."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.custody.envelopes import EnvelopeRow
from pipeline.model import BatchId

EnvelopeTable = dict[tuple[BatchId, int], EnvelopeRow]


@dataclass
class MemoryEnvelopes:
    """Fills `EnvelopeRecords` and `EnvelopeChange`."""

    table: EnvelopeTable

    def of_batch(self, batch: BatchId) -> tuple[EnvelopeRow, ...]:
        return tuple(self.table[key] for key in sorted(self.table) if key[0] == batch)

    def put(self, row: EnvelopeRow) -> None:
        self.table[row.batch, row.first_sheet] = row
