"""Two batches through the real records, store and command line: return documents first, and statements first."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import run
from pipeline.config import load_settings
from pipeline.custody import BatchOptions
from pipeline.model import BatchId
from pipeline.ports import FileGroup, FoundFile, Listing
from pipeline.usecases.intake import take_in
from pipeline.usecases.verify import verify_all
from pipeline.usecases.work import WorkerParts
from pipeline.wiring import writing
from tests.fakes import FakeRunner, LinePages
from tests.unit.form_lines import form_flow

STATEMENTS = """\
iii.statement.front statement_number=812345 service_date=2026-03-20 fine=100.00 total_requested=162.00
iv.statement.front statement_number=700 plate=ABC123 offence_date=2026-03-14 total_requested=80.00
iv.statement.front statement_number=701 plate=XYZ789 offence_date=2026-03-14 total_requested=80.00
"""
RETURNS = """\
iii.return.front statement_number=812345 service_date=2026-03-20 fine=100.00 total_requested=162.00
iv.return.front statement_number?=100 plate=ABC123 offence_date=2026-03-14 total_requested=80.00
iv.return.front statement_number=701 plate=XYZ782 offence_date=2026-03-14 total_requested=80.00
iv.return.front statement_number=999 plate=QQQ111 offence_date=2026-03-14 total_requested=80.00
"""


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(tmp_path / "kept"))


def take(folder: Path, name: str, text: str) -> BatchId:
    """A batch of its own, whose pages say what is on them."""
    path = folder / name
    path.write_text(text.rstrip("\n"))
    listing = Listing((FileGroup((FoundFile(path, name),), False),), ())
    options = BatchOptions(issuer="valmont", received_on=date(2026, 4, 10))
    with writing(load_settings()) as app:
        runner = FakeRunner(WorkerParts(app.keeping.objects, LinePages(), form_flow))
        batch = take_in(listing, options, keeping=app.keeping, runner=runner)
        assert verify_all(keeping=app.keeping, runner=runner).clean
        return batch


def document(capsysbinary: pytest.CaptureFixture[bytes], *arguments: str) -> Any:  # JSON of any shape
    capsysbinary.readouterr()
    assert run([*arguments, "--json"]) == 0
    return json.loads(capsysbinary.readouterr().out)


@pytest.mark.parametrize("returns_first", [True, False])
def test_documents_that_come_in_apart_find_each_other(
    returns_first: bool, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    mail = [("returns.pdf", RETURNS), ("statements.pdf", STATEMENTS)]
    for name, text in mail if returns_first else mail[::-1]:
        take(tmp_path, name, text)

    joined, contradicted = (document(capsysbinary, "show", number) for number in ("812345", "701"))
    waiting = document(capsysbinary, "batch", "waiting")
    assert (joined["state"], len(joined["returns"]), joined["reasons"]) == ("ready", 1, [])
    assert contradicted["state"] == "in_review"
    assert [reason["code"] for reason in contradicted["reasons"]] == ["rule_return_number"]
    assert [(row["number"], row["waiting_since"]) for row in waiting] == [(None, "2026-04-10"), ("999", "2026-04-10")]
    assert [match["state"] for match in waiting[0]["matches"]] == ["proposed"]
    assert document(capsysbinary, "show", "700")["returns"] == []


def test_a_person_says_yes_at_the_command_line(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    take(tmp_path, "statements.pdf", STATEMENTS)
    take(tmp_path, "returns.pdf", RETURNS)
    (proposed, _) = document(capsysbinary, "batch", "waiting")

    assert run(["batch", "join", proposed["id"], "valmont:700"]) == 0
    assert run(["batch", "join", proposed["id"], "valmont:700"]) == 0
    assert run(["batch", "join", proposed["id"], "701"]) == 2

    statement = document(capsysbinary, "show", "700")
    assert [match["basis"] for match in statement["matches"]] == ["person"]
    assert len(statement["returns"]) == 1
    assert [row["number"] for row in document(capsysbinary, "batch", "waiting")] == ["999"]
    for arguments in (["batch", "waiting"], ["show", "700"], ["show", "701"], ["batch", "show", "--latest"]):
        assert run(arguments) == 0
    printed = capsysbinary.readouterr().out.decode()
    assert "999" in printed
    assert "2026-04-10" in printed
