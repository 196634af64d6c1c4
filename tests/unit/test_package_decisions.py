"""What persons decided is proven in a package: forged decisions are named, whatever the manifests say."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.custody.review import Verb, Verdict
from pipeline.errors import IntegrityError
from pipeline.model import BatchId
from pipeline.storage.bags import FolderFiles
from pipeline.usecases.package import export_package
from pipeline.usecases.package_check import check_package
from pipeline.usecases.retrieve import find_statement
from pipeline.usecases.review import Closed, close_batch, decide
from pipeline.usecases.sealing import seal
from tests.unit.checking import drawn, finished_batch, office_with
from tests.unit.packages import PACKER
from tests.unit.reviewing import ANNE, BENOIT, CHIEF, Office, say, task

NUMBER = "812345"
LINE = f"form number={NUMBER}! date=2026-03-14 name=TREMBLAI mark=true"


def _office(folder: Path) -> tuple[Office, BatchId]:
    office = Office(folder)
    batch = office.take(LINE)
    decide(task(batch, "name"), 0, Verdict(Verb.TYPED, "TREMBLAY"), ANNE, desk=office.desk)
    return office, batch


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A name that was typed, a date that two persons changed, a mark that nobody looked at yet."""
    office, batch = _office(tmp_path_factory.mktemp("archive"))
    decide(task(batch, "date"), 0, Verdict(Verb.TYPED, "2026-08-14"), ANNE, desk=office.desk)
    decide(task(batch, "date"), 1, Verdict(Verb.TYPED, "2026-08-14"), BENOIT, desk=office.desk)
    seal(keeping=office.archive.keeping)
    target = tmp_path_factory.mktemp("packages") / "package"
    report = find_statement(NUMBER, records=office.archive.records)
    export_package(report, target, keeping=office.archive.keeping, packer=PACKER)
    return target


@pytest.fixture
def page(package: Path, tmp_path: Path) -> Path:
    """The page's folder in a copy of the package, to be spoiled."""
    copy = Path(shutil.copytree(package, tmp_path / "copy"))
    return next(copy.glob("data/pages/*/outcome.json")).parent


def _differences(package: Path) -> set[tuple[str, str]]:
    """Without what manifests and METS say: who forges makes them anew."""
    found = check_package(FolderFiles(package)).differences
    by_hand = {"package_file_altered", "package_reference_wrong", "package_file_undescribed", "package_file_unexpected"}
    return {(its.code, its.subject) for its in found if its.code not in by_hand}


def test_decisions_of_an_honest_package_hold_and_are_counted(package: Path) -> None:
    verdict = check_package(FolderFiles(package))

    assert verdict.differences == ()
    assert dict(verdict.checked)["claimed_decision"] == 3
    (remark,) = (its for its in verdict.remarks if its.code == "package_files_not_proven")
    assert "decided" not in str(remark.params)
    assert "decisions" not in str(remark.params)
    (decided,) = package.glob("data/pages/*/decided.json")
    fields = {its["name"]: its for its in json.loads(decided.read_text(encoding="utf-8"))["fields"]}
    assert (fields["defendant_name"]["value"], fields["offence_date"]["value"]) == ("TREMBLAY", "2026-08-14")


def _changed(path: Path, change: Callable[[Any], None]) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    path.write_text(text, encoding="utf-8")


def _forged_value(page: Path) -> None:
    path = page / "decided.json"
    path.write_text(path.read_text(encoding="utf-8").replace("TREMBLAY", "GAGNON"), encoding="utf-8")


def _forged_row(page: Path) -> None:
    _forged_value(page)
    path = page / "decisions.json"
    path.write_text(path.read_text(encoding="utf-8").replace("TREMBLAY", "GAGNON"), encoding="utf-8")


def _no_decisions(page: Path) -> None:
    (page / "decided.json").unlink()
    (page / "decisions.json").unlink()


def _no_rows(page: Path) -> None:
    (page / "decisions.json").unlink()


def _row_of_nobody(page: Path) -> None:
    def change(document: Any) -> None:
        document["rows"].append({**document["rows"][0], "task": f"{page.name}/owner_is_defendant", "number": 1})

    _changed(page / "decisions.json", change)


def _hidden(page: Path) -> None:
    _changed(page / "decisions.json", lambda document: document.update(asked=[]))


def _one_of_two(page: Path) -> None:
    _changed(page / "decisions.json", lambda document: document["rows"].pop(next(_twice(document["rows"]))))


def _twice(rows: Any) -> Iterator[int]:
    return (place for place, row in enumerate(rows) if row["number"] == 2)


def _garbage(page: Path) -> None:
    (page / "decisions.json").write_text("[" * 100_000, encoding="utf-8")


@pytest.mark.parametrize(
    ("forge", "codes"),
    [
        (_forged_value, {"package_decisions_differ"}),
        (_forged_row, {"claimed_decision_differs"}),
        (_no_decisions, {"claimed_decision_missing"}),
        (_no_rows, {"claimed_decision_missing", "package_decisions_differ"}),
        (_row_of_nobody, {"package_decision_not_proven", "package_decisions_differ"}),
        (_hidden, {"package_decisions_differ"}),
        (_one_of_two, {"claimed_decision_missing", "package_decisions_differ"}),
        (_garbage, {"claimed_decision_missing", "package_decisions_differ"}),
    ],
)
def test_forged_decisions_are_named(forge: Callable[[Path], None], codes: set[str], page: Path) -> None:
    forge(page)

    found = {(code, subject) for code, subject in _differences(page.parents[2]) if code != "package_file_missing"}
    assert {code for code, _ in found} == codes
    assert all(page.name in subject for _, subject in found)


def test_nothing_is_packed_with_a_decision_that_was_altered_in_the_records(tmp_path: Path) -> None:
    office, batch = _office(tmp_path)
    seal(keeping=office.archive.keeping)
    rows = office.archive.records.tables.review.said[task(batch, "name")]
    rows[0] = replace(rows[0], value="GAGNON")

    report = find_statement(NUMBER, records=office.archive.records)
    with pytest.raises(IntegrityError, match="decision_altered"):
        export_package(report, tmp_path / "package", keeping=office.archive.keeping, packer=PACKER)


def test_decided_values_without_any_decision_are_named(page: Path) -> None:
    """Of a page that nobody decided anything on."""
    (page / "decisions.json").unlink()
    proof = page.parents[1] / "proof" / "proof.json"
    _changed(proof, lambda it: it.update(entries=[e for e in it["entries"] if e["entry"]["kind"] != "field_decided"]))

    assert ("package_decisions_differ", f"data/pages/{page.name}/decided.json") in _differences(page.parents[2])


def test_a_package_holds_when_decisions_of_it_were_checked(tmp_path: Path) -> None:
    """Also where the check found an error: that is in the history of the field."""
    office = office_with(tmp_path)
    batch = finished_batch(office, f"form number={NUMBER}! name=TREMBLAI")
    check = drawn(office, batch)
    say(office, check, Verdict(Verb.TYPED, "GAGNON"), BENOIT)
    say(office, check, Verdict(Verb.TYPED, "GAGNON"), CHIEF)
    assert isinstance(close_batch(batch, CHIEF, desk=office.desk), Closed)

    report = find_statement(NUMBER, records=office.archive.records)
    export_package(report, tmp_path / "package", keeping=office.archive.keeping, packer=PACKER)

    assert check_package(FolderFiles(tmp_path / "package")).differences == ()
    (decided,) = tmp_path.glob("package/data/pages/*/decided.json")
    assert "GAGNON" in decided.read_text(encoding="utf-8")
