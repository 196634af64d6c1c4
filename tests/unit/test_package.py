from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import bagit
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import IntegrityError, InvariantBroken, OperatorError
from pipeline.evidence.bag_tags import ALGORITHMS, manifest_from, manifest_text
from pipeline.evidence.transfer import record_from
from pipeline.storage.bags import BagFolders, FolderFiles
from pipeline.usecases.package import export_package
from pipeline.usecases.package_check import check_package
from pipeline.usecases.retrieve import find_statement
from tests.fakes import FakeClock, sha256
from tests.unit import schemas
from tests.unit.packages import FILES, PACKER, Made, made_package, packed_archive


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


# Damage


def test_a_flipped_bit_in_any_file_is_found_and_the_file_named(made: Made, copy: Path) -> None:
    for name in _names(copy):
        path = copy / name
        data = path.read_bytes()
        middle = len(data) // 2
        path.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
        if name != "bagit.txt":
            with pytest.raises(bagit.BagError):
                bagit.Bag(str(copy)).validate()
        assert name in _subjects(copy), name
        path.write_bytes(data)
    assert _subjects(copy) == set()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_flipped_bit_is_found(made: Made, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(_names(made.folder)))
    whole = (made.folder / name).read_bytes()
    at, bit = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 7))

    found = check_package(_Spoiled(made.folder, name, whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :]))

    assert name in {its.subject for its in found.differences}


class _Spoiled(FolderFiles):
    """A package one of whose files has other bytes."""

    def __init__(self, folder: Path, name: str, data: bytes) -> None:
        super().__init__(folder)
        self._name, self._data = name, data

    def read(self, name: str) -> bytes:
        return self._data if name == self._name else super().read(name)

    def digests(self, name: str) -> Mapping[str, str]:
        if name != self._name:
            return super().digests(name)
        made: dict[str, Any] = {each: hashlib.new(each, self._data).hexdigest() for each in ALGORITHMS}
        return made | {"size": str(len(self._data))}


def test_a_file_that_is_gone_is_named(made: Made, copy: Path) -> None:
    for name in _names(copy):
        data = (copy / name).read_bytes()
        (copy / name).unlink()
        if name == "bagit.txt":
            with pytest.raises(OperatorError, match="package_no_bag"):
                _subjects(copy)
        else:
            assert name in _subjects(copy), name
        (copy / name).write_bytes(data)


@pytest.mark.parametrize("name", ["data/more.txt", "more.txt", "data/pages/more/received.jpg"])
def test_a_file_too_many_is_named(copy: Path, name: str) -> None:
    (copy / name).parent.mkdir(parents=True, exist_ok=True)
    (copy / name).write_bytes(b"more")

    assert name in _subjects(copy)


def test_a_link_in_place_of_a_file_is_no_file(copy: Path) -> None:
    target = copy / "data" / "README.txt"
    other = copy.parent / "README.txt"
    shutil.move(target, other)
    target.symlink_to(other)

    assert "data/README.txt" in _subjects(copy)


def test_manifests_made_anew_do_not_hide_what_was_exchanged(copy: Path) -> None:
    """Somebody exchanges a page and makes all manifests and METS anew: the record and the proof still name it."""
    (page,) = (path for path in copy.glob("data/pages/*/received.*") if path.read_bytes() == b"return 812345")
    page.write_bytes(b"return 999999")
    _bagged_anew(copy)

    differences = {(its.code, its.subject) for its in check_package(FolderFiles(copy)).differences}
    assert ("package_differs_from_record", page.relative_to(copy).as_posix()) in differences
    assert ("claimed_page_differs", page.parent.name) in differences


def test_a_record_exchanged_with_the_page_is_found_by_the_proof(copy: Path) -> None:
    (page,) = (path for path in copy.glob("data/pages/*/received.*") if path.read_bytes() == b"return 812345")
    (record,) = (copy / "data/transfer").glob("*.json")
    text = record.read_text(encoding="utf-8")
    record.write_text(text.replace(sha256(b"return 812345"), sha256(b"return 999999")), encoding="utf-8")
    page.write_bytes(b"return 999999")
    _bagged_anew(copy)

    differences = {(its.code, its.subject) for its in check_package(FolderFiles(copy)).differences}
    assert ("claimed_page_differs", page.parent.name) in differences
    assert ("claimed_transfer_differs", record.stem) in differences


def _bagged_anew(folder: Path) -> None:
    """What a forger would do who knows the standards."""
    payload = [name for name in _names(folder) if name.startswith("data/")]
    for kind, names in (
        ("manifest", payload),
        ("tagmanifest", ["bag-info.txt", "bagit.txt", *(f"manifest-{each}.txt" for each in ALGORITHMS)]),
    ):
        digests = {name: FolderFiles(folder).digests(name) for name in names}
        for algorithm in ALGORITHMS:
            listed = {name: digests[name][algorithm] for name in names}
            (folder / f"{kind}-{algorithm}.txt").write_text(manifest_text(listed), encoding="utf-8")
    bagit.Bag(str(folder)).validate()


def test_a_description_that_asks_for_other_files_gets_none(copy: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", encoding="utf-8")
    mets = copy / "data" / "mets.xml"
    text = mets.read_text(encoding="utf-8").partition("?>")[2].replace("<name>", "<name>&x;", 1)
    mets.write_text(f'<!DOCTYPE mets [<!ENTITY x SYSTEM "{secret.as_uri()}">]>{text}', encoding="utf-8")

    assert "data/mets.xml" in _subjects(copy)
    for path in ("../../secret.txt", "/etc/passwd"):
        mets.write_text(text.replace("&x;", "").replace("premis.xml", path), encoding="utf-8")
        assert f"data/{path}" in _subjects(copy)


def test_something_else_than_a_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="package_no_bag"):
        check_package(FolderFiles(tmp_path))


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
