"""A small archive for tests of the use cases: fakes put together, and shorthand for taking in files of text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from pipeline.custody import BatchOptions
from pipeline.errors import PipelineError
from pipeline.model import BatchId
from pipeline.ports import FileGroup, FoundFile, Listing, NotTaken, Records
from pipeline.usecases.intake import take_in
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.work import Flow, WorkerParts
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock, FakeRunner, FakeSources, LinePages, MemoryStore, line_flow


@dataclass
class Archive:
    """Custody in memory. Files are text, a line a page (see `tests.fakes.LinePages`)."""

    records: MemoryRecords
    objects: MemoryStore
    sources: FakeSources
    keeping: Keeping
    runner: FakeRunner

    @staticmethod
    def make(folder: Path, *, dies_on: Iterable[int] = (), flow: Flow = line_flow) -> Archive:
        clock = FakeClock()
        records, objects, sources = MemoryRecords(clock), MemoryStore(folder), FakeSources()
        runner = FakeRunner(WorkerParts(objects, LinePages(), flow), dies_on=dies_on)
        return Archive(records, objects, sources, Keeping(records, objects, sources, clock), runner)

    def on(self, records: Records) -> Archive:
        """The same with other records, empty ones. Tests that look into the tables of the fake run on the fake."""
        self.records = cast("MemoryRecords", records)
        self.keeping = replace(self.keeping, records=records)
        return self

    def listing(
        self, files: dict[str, bytes | PipelineError], *, duplex: bool = False, not_taken: tuple[NotTaken, ...] = ()
    ) -> Listing:
        """Each file a group of its own; the bytes are laid where they will be opened."""
        self.sources.files |= {Path("/scans", name): data for name, data in files.items()}
        return Listing(tuple(FileGroup((FoundFile(Path("/scans", name), name),), duplex) for name in files), not_taken)

    def take(
        self,
        files: dict[str, bytes | PipelineError],
        *,
        duplex: bool = False,
        not_taken: tuple[NotTaken, ...] = (),
        options: BatchOptions | None = None,
    ) -> BatchId:
        listing = self.listing(files, duplex=duplex, not_taken=not_taken)
        return take_in(listing, options or BatchOptions(), keeping=self.keeping, runner=self.runner)
