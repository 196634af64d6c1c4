"""From a sheet taken in to the certificate that its paper is gone, with the commands that people type."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image

from pipeline.cli import run
from pipeline.cli.persons import sheet_numbers
from pipeline.errors import OperatorError

RULE = """
rules:
  - id: blank-2020
    authority: Comité de gestion documentaire, résolution 2020-1
    in_force_from: 2020-01-01
    documents: [blank]
    paper:
      destroy_after_days: 0
      least_age_days: 0
      after_review: true
      sample: {least: 1, percent: 0, most_faults: 0}
    digital: {years: 10, mode: GOVERNANCE}
"""
Told = Callable[[], tuple[str, str]]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one batch of three blank sheets, which need no reader to be known; a box for each."""
    folder = tmp_path_factory.mktemp("paper")
    scans = folder / "scans"
    scans.mkdir()
    for width, name in enumerate(("=SUM(A1).png", "b.png", "c.png"), start=850):
        Image.new("L", (width, 1100), 255).save(scans / name, dpi=(100, 100))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONSTAT_DATA_DIR", str(folder / "kept"))
        assert run(["intake", str(scans), "--simplex", "--workers", "1"]) == 0
    return folder


@pytest.fixture
def told(kept: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """What was printed since it was last asked, results and messages."""
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(kept / "kept"))
    (kept / "schedule.yaml").write_text(RULE, encoding="utf-8")
    monkeypatch.setenv("CONSTAT_RETENTION_SCHEDULE", str(kept / "schedule.yaml"))

    def printed() -> tuple[str, str]:
        out, err = capsys.readouterr()
        return out, err

    return printed


def batch_of(told: Told) -> str:
    told()
    run(["batch", "list", "--json"])
    return str(json.loads(told()[0])[0]["batch"])


def test_paper_goes_with_a_rule_a_count_a_sample_and_two_persons_and_the_copies_stay(kept: Path, told: Told) -> None:
    batch, certificate = batch_of(told), kept / "certificate.json"
    today = datetime.now().astimezone().date().isoformat()
    anne = ["--by", "Anne Tremblay"]
    done = ["destroy", "B-1", "--done", "--on", today, *anne, "--witness", "Luc Roy"]
    for arguments, code in (
        (["box", "new", "B-1", "--place", "rayon 4", *anne], 0),
        (["box", "put", "B-1", batch, "--sheets", "2"], 0),
        (["destroy", "B-1", "--certificate", str(certificate)], 2),
        (["retention", "sample", "B-1"], 2),
        (["box", "seal", "B-1", "--counted", "2"], 2),
        (["box", "seal", "B-1", "--counted", "1"], 0),
        (["retention", "sample", "B-1", "--out", str(kept / "sample")], 0),
        (["retention", "record", "B-1", "--all-ok"], 2),
        (["retention", "record", "B-1", "--all-ok", *anne], 0),
        (done, 2),
        (["destroy", "B-1", "--dry-run"], 0),
        (["destroy", "B-1", "--certificate", str(certificate), *anne], 0),
        (["destroy", "B-1", "--certificate", str(kept / "to-sign.html"), *anne], 0),
        (["box", "hold", "B-1", "--reason", "audit"], 0),
        (done, 2),
        (["box", "release", "B-1", "--reason", "audit over"], 0),
        (done, 0),
        (["destroy", "B-1", "--certificate", str(kept / "done.html")], 0),
        (["destroy", "verify", str(certificate)], 0),
        (["verify", "--all"], 0),
    ):
        assert run(arguments) == code, (arguments, told())

    assert json.loads(certificate.read_text(encoding="utf-8"))["sheets"][0]["batch"] == batch
    to_sign = (kept / "to-sign.html").read_text(encoding="utf-8")
    assert to_sign.partition('<table class="to-sign">')[2].partition("</table>")[0].count("<td></td>") == 3
    page = (kept / "done.html").read_text(encoding="utf-8")
    assert "Certificat de destruction de papier / Certificate of destruction of paper" in page
    assert "Luc Roy" in page
    told()
    run(["box", "show", "B-1", "--json"])
    assert json.loads(told()[0])["destruction"]["state"] == "done"


def test_without_a_rule_the_command_refuses_with_its_code(
    kept: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CONSTAT_RETENTION_SCHEDULE")
    run(["box", "new", "B-2", "--place", "rayon 4"])
    run(["box", "put", "B-2", batch_of(told), "--sheets", "3"])
    told()

    assert run(["destroy", "B-2", "--certificate", str(kept / "never.json")]) == 2
    out, err = told()
    assert "[no_retention_rule]" in out
    assert "no_retention_rule" in err
    assert not (kept / "never.json").exists()
    assert run(["retention", "apply"]) == 2
    assert "[no_retention_schedule]" in told()[1]


def test_the_folder_of_a_sample_holds_pictures_a_sheet_and_a_form_that_runs_no_formula(kept: Path, told: Told) -> None:
    batch = batch_of(told)
    for arguments in (
        ["box", "new", "B-3", "--place", "rayon 4"],
        ["box", "put", "B-3", batch, "--sheets", "1"],
        ["box", "seal", "B-3", "--counted", "1"],
        ["retention", "sample", "B-3", "--out", str(kept / "b3")],
    ):
        assert run(arguments) == 0, (arguments, told())
    rows = list(csv.DictReader((kept / "b3" / "form.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert [row["file"] for row in rows] == ["'=SUM(A1).png"]
    with Image.open(kept / "b3" / f"{rows[0]['page']}.jpg") as picture:
        assert picture.size == (850, 1100)
    assert f"{rows[0]['page']}.jpg" in (kept / "b3" / "index.html").read_text(encoding="utf-8")
    assert run(["retention", "sample", "B-3", "--out", str(kept / "b3")]) == 2
    assert "[folder_not_empty]" in told()[1]

    form = kept / "filled.csv"
    form.write_text(f"page;verdict;note\n{rows[0]['page']};FAULT;coin plié\n", encoding="utf-8")
    assert run(["retention", "record", "B-3", "--form", str(form)]) == 1
    told()
    run(["box", "show", "B-3", "--json"])
    report = json.loads(told()[0])
    assert report["state"] == "open"
    assert report["sample"]["pages"][0]["note"] == "coin plié"


def test_every_faulty_line_of_a_form_is_named(kept: Path, told: Told) -> None:
    form = kept / "faulty.csv"
    form.write_text("page,verdict,note\na,good,\nb,ok,\n,fault,\n", encoding="utf-8")

    assert run(["retention", "record", "B-3", "--form", str(form)]) == 2
    assert "2, 4" in told()[1]


def test_a_form_that_nobody_filled_in_is_not_recorded(kept: Path, told: Told) -> None:
    form = kept / "untouched.csv"
    form.write_text("page,verdict,note\na,,\nb,,\n", encoding="utf-8")

    assert run(["retention", "record", "B-3", "--form", str(form)]) == 2
    assert "[form_empty]" in told()[1]


def test_every_problem_of_a_schedule_is_a_line_with_its_place(kept: Path, told: Told) -> None:
    file = kept / "faulty.yaml"
    file.write_text(RULE.replace("authority", "author").replace("blank]", "blanc]"), encoding="utf-8")

    assert run(["retention", "check", str(file)]) == 2
    lines = told()[1].splitlines()
    assert len(lines) == 4
    assert "[retention_invalid]" in lines[0]
    codes = ["retention_key_unknown", "retention_key_missing", "retention_value"]
    assert all(any(f"[{code}]" in line for line in lines) for code in codes)
    assert run(["retention", "check", str(kept / "schedule.yaml")]) == 0


def test_a_schedule_that_is_not_there_is_said_in_words_alone(told: Told) -> None:
    told()

    assert run(["retention", "check", "no-such-schedule.yaml"]) == 2
    err = told()[1]
    assert "[retention_file_unreadable]" in err
    assert "Errno" not in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["destroy", "B-1"],
        ["destroy", "verify"],
        ["destroy", "B-1", "--done"],
        ["destroy", "B-1", "--done", "--dry-run"],
        ["destroy", "nowhere", "--dry-run"],
        ["destroy", "verify", "no-such-certificate.json"],
        ["box", "new", "B 1", "--place", "x"],
        ["box", "new", "B-9", "--place", " "],
        ["box", "put", "nowhere", "2020-01-01-001"],
        ["box", "put", "B-1", "2020-01-01-001", "--sheets", "3-1"],
        ["box", "show", "nowhere"],
        ["box", "hold", "nothing", "--reason", "x"],
        ["box", "release", "nothing", "--reason", "x"],
        ["retention", "record", "B-1"],
        ["retention", "record", "B-1", "--page", "x"],
        ["retention", "pages", "nowhere"],
    ],
)
def test_wrong_use_is_exit_code_two_and_a_sentence(arguments: list[str], told: Told) -> None:
    told()

    assert run(arguments) == 2
    assert told()[1].strip()


@pytest.mark.parametrize(
    ("text", "numbers"), [("1", (1,)), ("3,1-2", (1, 2, 3)), ("1-3, 2-4", (1, 2, 3, 4)), ("10", (10,))]
)
def test_sheets_are_typed_as_ranges(text: str, numbers: tuple[int, ...]) -> None:
    assert sheet_numbers(text) == numbers


@pytest.mark.parametrize("text", ["", "0", "-1", "1-", "a", "3-1", "1,,2", "1-999999999", "٣"])
def test_what_names_no_sheets_is_refused(text: str) -> None:
    with pytest.raises(OperatorError, match="bad_sheets"):
        sheet_numbers(text)
