"""A light intake by a program that is broken on purpose. Whoever takes account of it has to notice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO
from unittest.mock import patch

from pipeline.custody import BatchOptions, FileRow, JobResult, ObjectRef, PageDone, SheetDone, SheetJob, Split
from pipeline.custody.events import Event, Telling
from pipeline.ports import RecordsTransaction
from pipeline.storage.lock import exclusive
from pipeline.storage.objects.directory import DirectoryStore
from pipeline.storage.records.events import SqlEventsChange
from pipeline.usecases import intake, process
from pipeline.usecases.intake import take_in
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.reconcile import reconcile
from pipeline.usecases.work import WorkerParts
from scanners.files import FolderFiles
from tests.e2e.light_intake import keeping_of
from tests.fakes import FakeRunner, LinePages, line_flow


class Fault(StrEnum):
    """Of the program; each would be told by nobody but the account."""

    NONE = "none"
    PROCESSED_TWICE = "processed-twice"
    MISREAD = "misread"
    NOT_REFERRED_TO = "not-referred-to"
    SHEET_DROPPED = "sheet-dropped"
    EVENT_TWICE = "event-twice"
    BYTES_ALTERED = "bytes-altered"
    TAKEN_IN_TWICE = "taken-in-twice"


def main(data_dir: Path, folder: Path, name: Path) -> None:
    """Take the folder in, or carry on where that was ended; the name is of a fault."""
    fault = Fault(str(name))
    with exclusive(data_dir), broken(fault):
        keeping = keeping_of(data_dir)
        runner = light_runner(keeping)
        if keeping.records.batches():
            reconcile(keeping=keeping, runner=runner)
        else:
            take_in(FolderFiles().listing([folder]), BatchOptions(), keeping=keeping, runner=runner)
        if fault is Fault.TAKEN_IN_TWICE:
            take_in(FolderFiles().listing([folder]), BatchOptions(), keeping=keeping, runner=runner)


def light_runner(keeping: Keeping) -> FakeRunner:
    """Reads pages of text in this process."""
    return FakeRunner(WorkerParts(keeping.objects, LinePages(), line_flow))


@contextmanager
def broken(fault: Fault) -> Iterator[None]:
    """The program of this process, broken within the block."""
    found = _BROKEN.get(fault)
    if found is None:
        yield
        return
    owner, name, breaks = found
    with patch.object(owner, name, breaks(getattr(owner, name))):
        yield


Put = Callable[[JobResult, RecordsTransaction], None]
PutSplit = Callable[..., None]


def _processed_twice(put: Put) -> Put:
    def wrong(result: JobResult, change: RecordsTransaction) -> None:
        put(result, change)
        assert isinstance(result.job, SheetJob)
        change.append("sheet_processed", f"{result.job.batch}/{result.job.sheet}", "{}")

    return wrong


def _with_pages(put: Put, altered: Callable[[PageDone], PageDone]) -> Put:
    def wrong(result: JobResult, change: RecordsTransaction) -> None:
        assert isinstance(result, SheetDone)
        put(replace(result, pages=tuple(map(altered, result.pages))), change)

    return wrong


def _misread(put: Put) -> Put:
    return _with_pages(put, lambda page: replace(page, outcome=(page.outcome or "").replace("no 8", "no 9")))


def _not_referred_to(put: Put) -> Put:
    return _with_pages(put, lambda page: replace(page, derivatives=(), stored=()))


def _sheet_dropped(put: PutSplit) -> PutSplit:
    def wrong(file: FileRow, result: Split, change: RecordsTransaction, *, keeping: Keeping) -> None:
        put(file, replace(result, pages=result.pages[:-2]), change, keeping=keeping)

    return wrong


def _event_twice(
    append: Callable[[SqlEventsChange, Telling], Event],
) -> Callable[[SqlEventsChange, Telling], Event]:
    def wrong(change: SqlEventsChange, telling: Telling) -> Event:
        append(change, telling)
        return append(change, telling)

    return wrong


def _bytes_altered(
    put: Callable[[DirectoryStore, BinaryIO], ObjectRef],
) -> Callable[[DirectoryStore, BinaryIO], ObjectRef]:
    def wrong(store: DirectoryStore, source: BinaryIO) -> ObjectRef:
        ref = put(store, source)
        path = store.path(ref.digest)
        path.chmod(0o600)
        path.write_bytes(path.read_bytes().replace(b"letter one", b"letter two"))
        return ref

    return wrong


_BROKEN: Mapping[Fault, tuple[object, str, Callable[..., object]]] = MappingProxyType(
    {
        Fault.PROCESSED_TWICE: (process, "put_sheet", _processed_twice),
        Fault.MISREAD: (process, "put_sheet", _misread),
        Fault.NOT_REFERRED_TO: (process, "put_sheet", _not_referred_to),
        Fault.SHEET_DROPPED: (intake, "put_split", _sheet_dropped),
        Fault.EVENT_TWICE: (SqlEventsChange, "append", _event_twice),
        Fault.BYTES_ALTERED: (DirectoryStore, "put", _bytes_altered),
    }
)
