from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions
from pipeline.errors import OperatorError, Param
from pipeline.model import PageState
from pipeline.usecases.assemble import completion
from pipeline.usecases.documents import to_json
from pipeline.usecases.report import batch_list, batch_report
from pipeline.usecases.retrieve import StatementReport, find_statement
from tests.unit.custody import Archive

VALMONT = BatchOptions(issuer="valmont")


def _say(code: str, params: Mapping[str, Param]) -> str:
    return f"{code}: {sorted(params)}"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive.make(tmp_path)


def test_a_statement_is_found_with_its_return_and_enclosures(archive: Archive) -> None:
    archive.take({"mail.pdf": b"no 812345\nblank\nreturn 812345\nblank\nletter\nblank"}, duplex=True, options=VALMONT)

    statement = find_statement("812345", records=archive.records).statement
    assert (len(statement.pages), len(statement.returns), len(statement.enclosures)) == (2, 2, 2)
    assert (statement.issuer, statement.state) == ("valmont", PageState.READY)


def test_a_return_document_of_a_later_batch_is_part_of_its_statement(archive: Archive) -> None:
    first = archive.take({"a.pdf": b"no 812345"}, options=VALMONT)
    second = archive.take({"b.pdf": b"return 812345"}, options=VALMONT)

    report = find_statement("812345", "valmont", records=archive.records)
    assert [part.batch for part in report.parts] == [first, second]
    assert [page.row.batch for page in report.pages] == [first, second]


def test_a_number_that_two_issuers_use_is_not_guessed(archive: Archive) -> None:
    archive.take({"a.pdf": b"no 812345"}, options=VALMONT)
    archive.take({"b.pdf": b"no 812345 of another"}, options=BatchOptions(issuer="laval"))

    with pytest.raises(OperatorError) as caught:
        find_statement("812345", records=archive.records)
    assert caught.value.code == "ambiguous_number"
    assert caught.value.params["issuers"] == "laval, valmont"
    assert find_statement("812345", "laval", records=archive.records).statement.issuer == "laval"


def test_the_intake_document_has_the_keys_that_scripts_hold_on_to(archive: Archive) -> None:
    batch = archive.take({"a.pdf": b"no 812345\nblank\nletter", "b.pdf": b"broken"}, options=VALMONT)

    document = json.loads(to_json(batch_report(batch, records=archive.records), say=_say))
    assert list(document["counts"]) == [
        "files",
        "sheets",
        "images",
        "blank_sides",
        "statements",
        "returns",
        "enclosures",
        "unidentified",
        "refused",
        "fields",
        "accepted",
        "to_review",
        "empty",
    ]
    assert (
        document["counts"] | {"sheets": 3, "images": 3, "statements": 1, "enclosures": 1, "refused": 1}
        == (document["counts"])
    )
    assert document["refused"][0]["message"] == "corrupt_pdf: ['detail', 'file']"
    page = document["pages"][0]
    assert (page["file"], page["page_number"], page["issuer"], page["statement_number"]) == (
        "a.pdf",
        1,
        "valmont",
        "812345",
    )
    assert (
        page["fields"]["statement_number"]
        | {
            "value": "812345",
            "decision": "accepted",
            "box_mm": [10.0, 10.0, 50.0, 8.0],
            "box_px": [39, 39, 197, 32],
        }
        == (page["fields"]["statement_number"])
    )
    assert document["statements"][0]["pages"] == [page["id"]]


def test_the_same_batch_gives_the_same_document(archive: Archive) -> None:
    batch = archive.take({"a.pdf": b"no 812345\nblank\nletter"})
    documents = {to_json(batch_report(batch, records=archive.records), say=_say) for _ in range(2)}

    assert len(documents) == 1


def test_every_report_can_be_written_as_json(archive: Archive) -> None:
    archive.take({"a.pdf": b"no 812345\nunknown"}, options=VALMONT)

    assert json.loads(to_json(find_statement("812345", records=archive.records), say=_say))["number"] == "812345"
    assert json.loads(to_json(batch_list(records=archive.records), say=_say))[0]["reconciliation"]["holds"]


# Statements with several counts or defendants


def _codes(report: StatementReport) -> list[str]:
    return [reason.code for reason in report.statement.reasons]


def test_the_forms_of_one_statement_are_shown_together_wherever_they_came_in(archive: Archive) -> None:
    archive.take({"a.pdf": b"count 100 26-17 C1"}, options=VALMONT)
    archive.take({"b.pdf": b"count 200 26-17 C2\nreturn 200"}, options=VALMONT)
    archive.take({"c.pdf": b"count 300 26-17 C3"}, options=BatchOptions(issuer="laval"))

    report = find_statement("100", records=archive.records)

    assert [other.statement.number for other in report.others] == ["200"]
    assert (report.statement.forms, report.others[0].statement.forms) == (("C1",), ("C2",))
    assert len(report.others[0].statement.returns) == 1
    assert _codes(report) == []


def test_a_missing_form_is_reported_until_it_comes_in(archive: Archive) -> None:
    first = archive.take({"a.pdf": b"count 100 26-17 C1\ncount 300 26-17 C3"}, options=VALMONT)
    before = find_statement("300", records=archive.records)
    told = [reason.code for row in batch_report(first, records=archive.records).statements for reason in row.reasons]
    archive.take({"b.pdf": b"count 200 26-17 C2"}, options=VALMONT)
    after = find_statement("300", records=archive.records)

    assert before.forms is not None
    assert before.forms.missing == ("C2",)
    assert before.statement.reasons[-1].params == (("designation", "26-17"), ("missing", "C2"))
    assert told == ["forms_missing", "forms_missing"]
    assert _codes(after) == []
    assert not [row for row in batch_report(first, records=archive.records).statements if row.reasons]


def test_a_form_alone_says_that_others_have_not_come_in(archive: Archive) -> None:
    archive.take({"a.pdf": b"count 100 26-17 C1\nno 200"}, options=VALMONT)

    assert _codes(find_statement("100", records=archive.records)) == ["form_alone"]
    assert find_statement("200", records=archive.records).forms is None


def test_two_statements_that_bear_the_same_form_are_told(archive: Archive) -> None:
    archive.take({"a.pdf": b"count 100 26-17 C1\ncount 200 26-17 C1"}, options=VALMONT)

    assert _codes(find_statement("200", records=archive.records)) == ["form_repeated"]


def test_the_designation_of_the_whole_finds_all_its_forms(archive: Archive) -> None:
    archive.take({"a.pdf": b"count 100 26-17 C1\ncount 200 26-17 C2"}, options=VALMONT)

    report = find_statement("26-17", records=archive.records)

    assert [report.statement.number, *(other.statement.number for other in report.others)] == ["100", "200"]


def test_the_document_of_a_statement_holds_its_other_forms_and_what_is_missing(archive: Archive) -> None:
    archive.take({"a.pdf": b"count 100 26-17 1/3\ncount 300 26-17 3/3"}, options=VALMONT)

    document = json.loads(to_json(find_statement("100", records=archive.records), say=_say))

    assert (document["designation"], document["forms"]) == ("26-17", ["1/3"])
    assert document["missing_forms"] == ["2/3"]
    assert [(other["number"], other["forms"]) for other in document["other_forms"]] == [("300", ["3/3"])]
    assert len(document["other_forms"][0]["page_details"]) == 1
    assert document["answer"] is None


def test_the_ledger_covers_the_designations_of_forms(archive: Archive) -> None:
    batch = archive.take({"a.pdf": b"count 100 26-17 C1"}, options=VALMONT)
    pages, (row,) = archive.records.pages(batch), archive.records.statements(batch)

    assert completion(pages, [row]) != completion(pages, [replace(row, forms=("C9",))])
