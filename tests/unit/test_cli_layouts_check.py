"""`constat layouts check` and the verdict in `constat show`: exit codes, sections, languages, JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.cli.statement_table import print_conformity
from pipeline.cli.tables import Printer
from pipeline.conformity import Conformity, Finding, Weight
from tests.e2e.command import constat

SCHEDULES = Path(__file__).parents[2] / "pipeline" / "templates" / "schedules"
FORM = "iv.statement.front.fr@generic-1"


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "kept"
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(folder))
    return folder


def altered(folder: Path, name: str, old: str, new: str) -> Path:
    """A copy of a shipped form's file with other words, as an edition of its own."""
    text = (SCHEDULES / f"{name}@generic-1.yaml").read_text(encoding="utf-8")
    assert old in text
    path = folder / f"{name}@altered-1.yaml"
    path.write_text(text.replace(old, new).replace("@generic-1", "@altered-1"), encoding="utf-8")
    return path


def test_all_forms_conform(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["layouts", "check"]) == 0
    assert FORM in capsys.readouterr().out


def test_a_form_is_checked_by_its_id_or_its_file(capsys: pytest.CaptureFixture[str]) -> None:
    file = SCHEDULES / f"{FORM}.yaml"

    assert run(["layouts", "check", FORM, str(file), "--json"]) == 0
    by_id, by_file = json.loads(capsys.readouterr().out)

    assert (by_id["layout"], by_id["file"]) == (FORM, None)
    assert (by_file["layout"], by_file["file"]) == (FORM, str(file))
    assert by_id["holds"]
    assert by_id["checked"]["spaces"] > 30
    assert by_id["translations"] == ["warning_notice"]


def test_a_form_without_a_title_of_its_section_fails_with_the_section(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = altered(tmp_path, "iv.statement.front.en", "heading: SERVICE", "heading: DELIVERY")

    assert run(["layouts", "check", str(path), "--json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)

    (fault,) = (its for its in found["findings"] if its["weight"] == "fault")
    assert (fault["code"], fault["section"]) == ("conformity_title_missing", "35(6)")
    assert fault["requirement"]
    assert not found["holds"]


@pytest.mark.parametrize(
    ("old", "new", "section"),
    [
        ("size_mm: [100.0, 280.0]", "size_mm: [80.0, 280.0]", "15, 1st par."),
        ("size_pt: 6.5", "size_pt: 5.5", "15, 3rd par."),
        ("    boxed: true", "    boxed: false", "38(6.1)"),
        ("  - name: title\n", "  - name: owner_is_defendant_notice\n", "38(1)(a)"),
    ],
    ids=["size", "type", "warning", "title"],
)
def test_a_file_that_cannot_be_used_is_told_with_the_section(
    old: str, new: str, section: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = altered(tmp_path, "iv.statement.front.en", old, new)

    assert run(["layouts", "check", str(path), "--json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)

    assert section in {its["section"] for its in found["findings"]}
    assert all(its["message"] for its in found["findings"])
    assert not found["holds"]


def test_a_faulty_file_is_told_all_its_faults_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = altered(tmp_path, "iv.statement.front.en", "size_pt: 6.5", "size_pt: 5.5")
    path.write_text(path.read_text(encoding="utf-8").replace("heading: SERVICE", "heading: DELIVERY"), encoding="utf-8")

    assert run(["layouts", "check", str(path), "--json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)

    told = [(its["code"], its["section"]) for its in found["findings"] if its["weight"] == "fault"]
    assert ("conformity_title_missing", "35(6)") in told
    assert ("conformity_type_small", "15, 3rd par.") in told
    assert "layout_type_small" not in {code for code, _ in told}


def test_an_unknown_id_and_a_missing_file_are_wrong_usage(tmp_path: Path) -> None:
    assert run(["layouts", "check", "no.such.layout"]) == 2
    assert run(["layouts", "check", str(tmp_path / "none.yaml")]) == 2


def test_the_verdict_is_told_in_the_users_language(tmp_path: Path, data_dir: Path) -> None:
    path = altered(tmp_path, "iv.statement.front.en", "heading: SERVICE", "heading: DELIVERY")

    french = constat("layouts", "check", path, data_dir=data_dir, CONSTAT_LANGUAGE="fr")
    english = constat("layouts", "check", path, data_dir=data_dir)

    assert (french.returncode, english.returncode) == (1, 1)
    assert "NON CONFORME" in french.stdout
    assert "art. 35(6)" in french.stdout
    assert "DOES NOT CONFORM" in english.stdout
    assert "s. 35(6)" in english.stdout


def test_show_names_each_finding_and_says_when_there_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    finding = Finding("conformity_entry_empty", "34(7)(a)", "fine", (("fields", "fine"),))
    unsure = Finding("conformity_page_unjudged", "", weight=Weight.UNKNOWN)

    print_conformity(Conformity((finding, unsure), ("warning_1",), (("printed", 3),)), Printer())
    told = capsys.readouterr().out
    print_conformity(Conformity(checked=(("printed", 3), ("entries", 2))), Printer())
    clean = capsys.readouterr().out

    assert "34(7)(a)" in told
    assert len(told.splitlines()) == 4
    assert "3" in clean
    assert len(clean.splitlines()) == 1
