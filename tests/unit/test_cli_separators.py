"""`constat separators`, `constat batch envelopes`, `constat batch postmark`."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pypdfium2
import pytest

from pipeline.cli import run
from pipeline.cli.envelopes import print_mail
from pipeline.cli.separators import counts_of, set_name
from pipeline.errors import OperatorError
from pipeline.ocr.separators import SET_NAME
from pipeline.usecases.documents import mail_json
from pipeline.usecases.envelopes import enter_envelope, mail_view
from tests.unit.custody import Archive
from tests.unit.form_lines import form_flow
from tests.unit.reviewing import desk_of
from tests.unit.test_envelope_postmarks import answer, separator, taken


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(tmp_path / "kept"))


def test_the_command_writes_two_pages_a_separator_and_says_what(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "s.pdf"

    assert run(["separators", "--out", str(out), "--set", "lot7", "--sheets", "5,-,3", "--first", "12"]) == 0
    assert len(pypdfium2.PdfDocument(out.read_bytes())) == 6
    assert {"LOT7", "12", "14"} <= set(capsys.readouterr().err.replace(".", " ").replace(",", " ").split())


def test_no_file_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "s.pdf"
    out.write_bytes(b"kept")

    assert run(["separators", "--out", str(out), "--envelopes", "1"]) == 2
    assert out.read_bytes() == b"kept"
    assert "[file_exists]" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("sheets", "envelopes", "code"),
    [
        ("5,x", None, "separator_sheets"),
        ("5,,3", None, "separator_sheets"),
        ("999", None, "separator_sheets"),
        ("-1", None, "separator_sheets"),
        ("1,2", 3, "separator_envelopes"),
        (",".join(["1"] * 501), None, "separator_sheets"),
    ],
)
def test_a_list_that_is_none_is_refused(sheets: str, envelopes: int | None, code: str) -> None:
    with pytest.raises(OperatorError) as refused:
        counts_of(sheets, envelopes)

    assert refused.value.code == code


def test_counts_and_names_have_defaults() -> None:
    assert counts_of(None, None) == (None,) * 20
    assert counts_of(None, 3) == (None,) * 3
    assert counts_of("0, 5,-", 3) == (0, 5, None)
    assert SET_NAME.fullmatch(set_name(None))
    with pytest.raises(OperatorError, match="separator_set"):
        set_name("série")


def test_envelopes_are_listed_with_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = Archive.make(tmp_path, flow=form_flow)
    batch = taken(archive, separator(1, 1), answer(7), separator(3), answer(8))
    print_mail(mail_view(batch, records=archive.records))

    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[1:3]] == [["1", "1", "1", "7"], ["3", "3", "1", "8"]]
    assert len(lines) == 4


def test_envelopes_are_told_to_programs(tmp_path: Path) -> None:
    archive = Archive.make(tmp_path, flow=form_flow)
    batch = taken(archive, separator(1, 1), answer(7), separator(3), answer(8))
    enter_envelope(batch, 1, date(2026, 11, 3), note="pli", who="anne", desk=desk_of(archive.keeping))
    found = json.loads(mail_json(mail_view(batch, records=archive.records), say=lambda code, _: code))

    assert (found["batch"], found["separated"]) == (batch, True)
    first, second = found["envelopes"]
    assert (first["first_sheet"], first["serial"], first["sheets"], first["postmark"]) == (1, 1, [2], "2026-11-03")
    assert [its["number"] for its in first["statements"]] == ["7"]
    assert (second["postmark"], second["doubts"]) == (
        None,
        [{"code": "separator_missing", "message": "separator_missing"}],
    )
    assert [(its["code"], its["sheets"]) for its in found["alarms"]] == [("separator_missing", [3])]


def test_an_envelope_of_no_batch_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["batch", "envelopes", "2026-11-20-001"]) == 2
    assert run(["batch", "postmark", "2026-11-20-001", "1", "2026-11-03"]) == 2
    assert "[" in capsys.readouterr().err
