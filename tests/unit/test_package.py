from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import bagit
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from pipeline.custody import PageScan
from pipeline.errors import IntegrityError, InvariantBroken, OperatorError
from pipeline.evidence.bag_tags import ALGORITHMS, manifest_from, manifest_text
from pipeline.evidence.transfer import FileFacts, record_from
from pipeline.model import FileId, PageBytes, PageProblem
from pipeline.screens.pixels import pixels
from pipeline.storage.bags import BagFolders, FolderFiles
from pipeline.storage.objects.directory import DirectoryStore
from pipeline.storage.pages import StoredPages
from pipeline.storage.received_pages import StoredReceivedPages
from pipeline.usecases.package import export_package
from pipeline.usecases.package_check import check_package
from pipeline.usecases.package_pages import WantedPage, received_contents
from pipeline.usecases.retrieve import find_statement
from tests.fakes import FakeClock, LinePages, sha256
from tests.unit import schemas
from tests.unit.packages import FILES, PACKER, Made, made_package, packed_archive
from tests.unit.page_facts import some_page
from tests.unit.transfers import documented_archive


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made_package(tmp_path_factory.mktemp("archive"))


@pytest.fixture
def copy(made: Made, tmp_path: Path) -> Path:
    """A copy of the package, to be spoiled."""
    return Path(shutil.copytree(made.folder, tmp_path / "copy"))


def _names(folder: Path) -> list[str]:
    return list(FolderFiles(folder).names())


def _subjects(folder: Path) -> set[str]:
    return {its.subject for its in check_package(FolderFiles(folder)).differences}


def test_a_package_holds_and_another_program_says_so_too(made: Made) -> None:
    assert made.verdict().differences == ()
    bagit.Bag(str(made.folder)).validate()
    assert (made.folder / "bagit.txt").read_text() == "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


def test_a_check_says_how_much_it_checked(made: Made) -> None:
    checked = dict(made.verdict().checked)

    assert checked["package_files"] == len(_names(made.folder)) - len(ALGORITHMS)
    assert checked["received_pages"] == 6
    assert checked["claimed_page"] == 6
    assert checked["claimed_transfer"] == 1


def test_a_file_of_the_statement_alone_is_there_byte_for_byte(made: Made) -> None:
    (original,) = (made.folder / "data" / "originals").iterdir()

    assert original.read_bytes() == FILES["mine.pdf"]


def test_a_file_that_others_share_is_not_there_and_its_own_pages_are(made: Made) -> None:
    assert made.packed.apart == ("shared.pdf",)
    whole = b"".join((made.folder / name).read_bytes() for name in _names(made.folder))
    assert b"SECRET" not in whole
    assert b"812346" not in whole
    received = {path.read_bytes() for path in made.folder.glob("data/pages/*/received.*")}
    assert b"return 812345" in received


def test_no_page_of_another_statement_is_described(made: Made) -> None:
    others = find_statement("812346", records=made.archive.records).statement.pages
    for name in ("mets.xml", "premis.xml"):
        text = (made.folder / "data" / name).read_text(encoding="utf-8")
        assert not [page for page in others if page in text]


def test_the_record_and_the_readings_are_the_kept_bytes(made: Made) -> None:
    (path,) = (made.folder / "data" / "transfer").glob("*.json")
    record = record_from(path.read_text(encoding="utf-8"))
    ref = made.archive.records.transfers.of_subject(record.subject)

    assert ref is not None
    assert sha256(path.read_bytes()) == ref.digest
    for page in record.pages:
        outcome = made.folder / "data" / "pages" / page.id / "outcome.json"
        assert sha256(outcome.read_bytes()) == page.outcome


def test_hard_copies_that_cannot_be_made_are_named_in_the_package(made: Made) -> None:
    assert made.packed.omitted == (("enclosure", "page_in_exception"),)
    assert sorted(path.name for path in made.folder.glob("data/hard-copies/*")) == [
        "return.court.pdf",
        "statement.court.pdf",
    ]
    assert "page_in_exception" in (made.folder / "data" / "README.txt").read_text(encoding="utf-8")


def test_mets_and_premis_are_valid_by_the_official_schemas(made: Made) -> None:
    assert schemas.problems((made.folder / "data/mets.xml").read_bytes(), schemas.METS) == []
    assert schemas.problems((made.folder / "data/premis.xml").read_bytes(), schemas.PREMIS) == []
    # The schemas are really asked.
    broken = (made.folder / "data/premis.xml").read_bytes().replace(b"<eventType", b"<eventKind")
    assert schemas.problems(broken.replace(b"</eventType", b"</eventKind"), schemas.PREMIS)


def test_a_package_made_again_differs_only_in_its_times(tmp_path: Path) -> None:
    archive = packed_archive(tmp_path)
    report = find_statement("812345", records=archive.records)
    for name in ("one", "two"):
        export_package(report, tmp_path / name, keeping=archive.keeping, packer=PACKER)

    same = [
        name
        for name in _names(tmp_path / "one")
        if (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    ]
    differing = set(_names(tmp_path / "one")) - set(same)
    assert {name.rpartition("/")[2] for name in differing} <= {
        *("mets.xml", "premis.xml", "proof.json", "bag-info.txt"),
        *(f"{kind}-{algorithm}.txt" for kind in ("manifest", "tagmanifest") for algorithm in ALGORITHMS),
    }


# Writing


def test_nothing_is_written_over_what_is_there(made: Made) -> None:
    before = {name: os.stat(made.folder / name).st_mtime_ns for name in _names(made.folder)}
    report = find_statement("812345", records=made.archive.records)

    with pytest.raises(OperatorError, match="exists"):
        export_package(report, made.folder, keeping=made.archive.keeping, packer=PACKER)
    assert {name: os.stat(made.folder / name).st_mtime_ns for name in _names(made.folder)} == before


class KilledError(BaseException):
    """Stands for a kill: nothing catches it."""


def test_a_package_that_is_not_finished_has_not_its_name(tmp_path: Path) -> None:
    def killed() -> None:
        with BagFolders(FakeClock()).bag(tmp_path / "p", info={}) as draft:
            draft.add("one.txt", b"one")
            assert not (tmp_path / "p").exists()
            raise KilledError

    with pytest.raises(KilledError):
        killed()

    assert list(tmp_path.iterdir()) == []


def test_a_package_whose_bytes_changed_while_it_was_written_is_not_handed_out(tmp_path: Path) -> None:
    def disturbed() -> None:
        with BagFolders(FakeClock()).bag(tmp_path / "p", info={}) as draft:
            draft.add("one.txt", b"one")
            (written,) = tmp_path.glob("p.partial-*/data/one.txt")
            written.write_bytes(b"two")

    with pytest.raises(IntegrityError, match="bag_not_valid"):
        disturbed()

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["../out", "/out", "a/../../out", "", "a\\b"])
def test_no_file_leaves_the_package(path: str, tmp_path: Path) -> None:
    with pytest.raises(InvariantBroken), BagFolders(FakeClock()).bag(tmp_path / "p", info={}) as draft:
        draft.add(path, b"")


def test_a_statement_that_is_not_documented_does_not_leave(tmp_path: Path) -> None:
    archive = packed_archive(tmp_path)
    archive.records.tables.transfers.clear()

    with pytest.raises(OperatorError, match="transfer_not_documented"):
        export_package(
            find_statement("812345", records=archive.records), tmp_path / "p", keeping=archive.keeping, packer=PACKER
        )
    assert not (tmp_path / "p").exists()


@given(
    st.dictionaries(
        st.text(min_size=1).filter(lambda its: not set(its) & set("\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")),
        st.text("0123456789abcdef", min_size=4),
    )
)
def test_a_manifest_reads_back_as_it_was_written(digests: dict[str, str]) -> None:
    assert manifest_from(manifest_text(digests)) == digests


# Whose pages, from where


def test_what_came_in_weeks_apart_is_in_one_package(tmp_path: Path) -> None:
    archive = documented_archive(tmp_path)
    archive.take({"march.pdf": b"no 812345\nblank"}, duplex=True)
    archive.take({"may.pdf": b"return 812345\nblank"}, duplex=True)
    report = find_statement("812345", records=archive.records)
    export_package(report, tmp_path / "p", keeping=archive.keeping, packer=PACKER)

    assert len(report.parts) == 2
    assert len(list((tmp_path / "p/data/transfer").glob("*.json"))) == 2
    assert {path.read_bytes() for path in (tmp_path / "p/data/originals").iterdir()} == {
        b"no 812345\nblank",
        b"return 812345\nblank",
    }
    assert _subjects(tmp_path / "p") == set()
    assert schemas.problems((tmp_path / "p/data/mets.xml").read_bytes(), schemas.METS) == []
    assert schemas.problems((tmp_path / "p/data/premis.xml").read_bytes(), schemas.PREMIS) == []


def test_a_page_that_could_not_be_processed_is_in_the_package_as_received(tmp_path: Path) -> None:
    archive = documented_archive(tmp_path)
    archive.take({"mine.pdf": b"no 812345\nrefuse this", "other.pdf": b"no 812346"}, duplex=True)
    report = find_statement("812345", records=archive.records)
    export_package(report, tmp_path / "p", keeping=archive.keeping, packer=PACKER)

    assert b"refuse this" in {path.read_bytes() for path in (tmp_path / "p").glob("data/pages/*/received.*")}
    assert _subjects(tmp_path / "p") == set()


def test_a_page_whose_file_changed_stops_the_export(tmp_path: Path) -> None:
    archive = packed_archive(tmp_path)
    report = find_statement("812345", records=archive.records)
    packer = replace(PACKER, pages=_OtherPages())

    with pytest.raises(IntegrityError, match="page_altered"):
        export_package(report, tmp_path / "p", keeping=archive.keeping, packer=packer)
    assert not (tmp_path / "p").exists()


class _OtherPages(LinePages):
    """Takes other pages out of a file than were taken when it came in."""

    def pages(self, path: Path, *, name: str) -> Iterator[PageBytes | PageProblem]:
        for page in super().pages(path, name=name):
            yield replace(page, sha256=sha256(b"another")) if isinstance(page, PageBytes) else page


def test_a_page_of_several_parts_is_drawn_and_its_neighbours_bytes_stay_out(tmp_path: Path) -> None:
    """Digests of such pages are over objects that pages may share; taking those along would take others' images too."""
    pdf = tmp_path / "mail.pdf"
    canvas = Canvas(str(pdf), pagesize=(200, 300))
    for words in ("of this statement", "of another"):
        canvas.drawString(20, 150, words)
        canvas.rect(10, 10, 100, 100)
        canvas.showPage()
    canvas.save()
    objects = DirectoryStore(tmp_path / "objects")
    with pdf.open("rb") as file:
        ref = objects.put(file)
    first = next(iter(StoredPages().pages(pdf, name="mail.pdf")))
    assert isinstance(first, PageBytes)
    facts = FileFacts(FileId("f"), "mail.pdf", ref.digest, ref.size_bytes, None, "split", "pdf", 2)
    wanted = replace(some_page(), sha256=first.sha256, page_number=1, scan=PageScan("drawing"))

    ((page, content),) = received_contents(facts, [WantedPage(wanted)], objects, StoredPages(), StoredReceivedPages())

    assert (page, content.name, content.media_type) == (wanted.id, "drawn.png", "image/png")
    assert pixels(content.data).min() < 128


def test_the_package_names_whose_archive_it_is(made: Made) -> None:
    assert "Source-Organization: Greffe de Valmont\n" in (made.folder / "bag-info.txt").read_text(encoding="utf-8")
    assert "Greffe de Valmont" in (made.folder / "data/mets.xml").read_text(encoding="utf-8")


def test_readings_that_were_altered_do_not_leave(tmp_path: Path) -> None:
    archive = packed_archive(tmp_path)
    outcomes = archive.records.tables.outcomes
    page = find_statement("812345", records=archive.records).statement.pages[0]
    outcomes[page] = outcomes[page].replace("812345", "812399")
    report = find_statement("812345", records=archive.records)

    with pytest.raises(IntegrityError, match="reading_altered"):
        export_package(report, tmp_path / "p", keeping=archive.keeping, packer=PACKER)
    assert not (tmp_path / "p").exists()
