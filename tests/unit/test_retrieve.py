from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions
from pipeline.errors import OperatorError, Param
from pipeline.model import PageState
from pipeline.usecases.documents import to_json
from pipeline.usecases.report import batch_list, batch_report
from pipeline.usecases.retrieve import find_statement
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
