"""Packages of a small archive of text files, for tests of how they are made and checked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.custody import PageRole
from pipeline.errors import OperatorError
from pipeline.evidence.verdict import Verdict
from pipeline.model import PageBytes
from pipeline.storage.bags import BagFolders, FolderFiles
from pipeline.usecases.package import Packed, Packer, export_package
from pipeline.usecases.package_check import check_package
from pipeline.usecases.retrieve import StatementReport, find_statement
from tests.fakes import FakeClock, LinePages
from tests.unit.custody import Archive
from tests.unit.transfers import FakeScans, documented_archive, said_options

FILES: dict[str, bytes] = {
    "mine.pdf": b"no 812345\nblank\nletter\nblank",
    "shared.pdf": b"return 812345\nblank\nno 812346\nSECRET of another",
}


class LineBytes:
    """The exact bytes of a page of `LinePages`: its line."""

    def exact(self, path: Path, page_index: int) -> bytes | None:
        page = list(LinePages().pages(path, name=path.name))[page_index]
        assert isinstance(page, PageBytes)
        return page.data


def pdf_of(report: StatementReport, document: PageRole) -> bytes:
    if document is PageRole.ENCLOSURE:
        raise OperatorError("page_in_exception", page="one")
    return f"%PDF {report.statement.number} {document}".encode()


PACKER = Packer(BagFolders(FakeClock()), LineBytes(), LinePages(), "constat 9.9", pdf_of, "Greffe de Valmont")


def packed_archive(folder: Path, scans: FakeScans | None = None) -> Archive:
    """Two statements, one of which shares a file with the other."""
    archive = documented_archive(folder)
    if scans is not None:
        archive.keeping = replace(archive.keeping, scans=scans)
    archive.take(dict(FILES), duplex=True, options=replace(said_options(archive), expected_sheets=4))
    return archive


@dataclass(frozen=True)
class Made:
    archive: Archive
    folder: Path
    packed: Packed

    def verdict(self) -> Verdict:
        return check_package(FolderFiles(self.folder))


def made_package(folder: Path, *, number: str = "812345") -> Made:
    """`folder` must be there; the package is `folder/package`."""
    archive = packed_archive(folder)
    target = folder / "package"
    report = find_statement(number, records=archive.records)
    return Made(archive, target, export_package(report, target, keeping=archive.keeping, packer=PACKER))
