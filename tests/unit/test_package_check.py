"""Damage and forgery in archive packages: each is found, and the file named."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import bagit
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import OperatorError
from pipeline.evidence.bag_tags import ALGORITHMS, manifest_text
from pipeline.storage.bags import FolderFiles
from pipeline.usecases.package import export_package
from pipeline.usecases.package_check import check_package
from pipeline.usecases.retrieve import find_statement
from tests.fakes import sha256
from tests.unit.packages import PACKER, Made, made_package


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
    size_bytes = sum((folder / name).stat().st_size for name in payload)
    info = folder / "bag-info.txt"
    oxum = f"Payload-Oxum: {size_bytes}.{len(payload)}"
    info.write_text(re.sub(r"Payload-Oxum: \S+", oxum, info.read_text(encoding="utf-8")), encoding="utf-8")
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


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"edition": 1}',
        '{"edition": {}}',
        "[" * 100_000,
        '{"edition": 1, "pages": 3, "files": null}',
        '{"edition": 1e999}',
    ],
)
def test_what_is_no_record_is_named_and_stops_nothing(copy: Path, text: str) -> None:
    (record,) = copy.glob("data/transfer/*.json")
    record.write_text(text, encoding="utf-8")

    differences = {(its.code, its.subject) for its in check_package(FolderFiles(copy)).differences}
    assert ("package_record_unreadable", record.relative_to(copy).as_posix()) in differences


def test_a_record_that_points_out_of_the_package_reads_nothing_there(copy: Path) -> None:
    (record,) = copy.glob("data/transfer/*.json")
    text = record.read_text(encoding="utf-8")
    page = next(path.parent.name for path in copy.glob("data/pages/*/outcome.json"))
    record.write_text(text.replace(f'"id":"{page}"', '"id":"../../../../etc"'), encoding="utf-8")

    assert "data/pages/../../../../etc/outcome.json" in _subjects(copy)


def _codes(folder: Path) -> set[str]:
    return {its.code for its in check_package(FolderFiles(folder)).differences}


def _with_proof(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """The package with another proof, and manifests made anew."""
    path = folder / "data/proof/proof.json"
    proof = json.loads(path.read_text(encoding="utf-8"))
    change(proof)
    path.write_text(json.dumps(proof), encoding="utf-8")
    _bagged_anew(folder)


def _only(*kinds: str) -> Callable[[dict[str, Any]], None]:
    def change(proof: dict[str, Any]) -> None:
        proof["entries"] = [its for its in proof["entries"] if its["entry"]["kind"] in kinds]

    return change


def test_a_proof_that_speaks_of_nothing_is_none(copy: Path) -> None:
    """Every entry and page left out, what is left holds by itself; and all files could be others."""

    def change(proof: dict[str, Any]) -> None:
        proof.update(entries=[], pages=[], statements=[])

    _with_proof(copy, change)
    assert "proof_unreadable" in _codes(copy)


def test_entries_left_out_of_a_proof_leave_no_record_unproven(copy: Path) -> None:
    (record,) = (copy / "data/transfer").glob("*.json")
    record.write_text(record.read_text(encoding="utf-8").replace("812345", "999999"), encoding="utf-8")
    _with_proof(copy, _only("file_received", "file_split"))

    found = {(its.code, its.subject) for its in check_package(FolderFiles(copy)).differences}
    assert ("transfer_not_proven", record.stem) in found


def test_a_page_left_out_of_a_proof_is_named(copy: Path) -> None:
    left_out = ""

    def change(proof: dict[str, Any]) -> None:
        nonlocal left_out
        left_out = proof["pages"].pop()

    _with_proof(copy, change)
    found = {(its.code, its.subject) for its in check_package(FolderFiles(copy)).differences}
    assert ("page_not_proven", left_out) in found


def test_entries_in_another_order_make_no_older_one_count(copy: Path) -> None:
    _with_proof(copy, lambda proof: proof["entries"].reverse())

    assert "proof_unreadable" in _codes(copy)


def test_parts_of_two_packages_of_one_archive_make_none(made: Made, copy: Path, tmp_path: Path) -> None:
    """Each of them holds; exchanged between two statements they do not."""
    report = find_statement("812346", records=made.archive.records)
    export_package(report, tmp_path / "other", keeping=made.archive.keeping, packer=PACKER)
    assert _codes(tmp_path / "other") == set()

    shutil.copy(tmp_path / "other/data/proof/proof.json", copy / "data/proof/proof.json")
    assert {"package_record_not_proven", "transfer_not_proven", "package_page_undocumented"} <= _codes(copy)


def test_a_tag_file_of_another_statement_is_named(copy: Path) -> None:
    info = copy / "bag-info.txt"
    text = info.read_text(encoding="utf-8")
    (statement,) = (path.stem for path in (copy / "data/transfer").glob("*.json"))
    info.write_text(text.replace(statement, f"{statement}9"), encoding="utf-8")
    _bagged_anew(copy)

    found = {(its.code, its.subject) for its in check_package(FolderFiles(copy)).differences}
    assert found == {("package_of_other_statement", "bag-info.txt")}


def test_what_nothing_but_manifests_vouches_for_is_told(made: Made) -> None:
    (remark,) = (its for its in made.verdict().remarks if its.code == "package_files_not_proven")
    assert "hard-copies 2" in str(dict(remark.params)["files"])
    assert "originals" not in str(dict(remark.params)["files"])


def test_an_entry_nested_without_end_stops_nothing(copy: Path) -> None:
    def change(proof: dict[str, Any]) -> None:
        for its in proof["entries"]:
            its["entry"]["body"] = "[" * 100_000

    _with_proof(copy, change)
    assert "ledger_entry_altered" in _codes(copy)
