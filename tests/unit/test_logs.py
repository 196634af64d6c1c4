"""The log of servers: names, ids and codes, and no value of a statement, whatever goes wrong."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from pipeline.custody.people import Role
from pipeline.errors import IntegrityError, Unavailable
from pipeline.model import PageId
from pipeline.storage.logs import Form, begin_log
from tests.unit.asking import asker
from tests.unit.browsing import Pages
from tests.unit.reviewing import first_page, task

NUMBER, PLATE, NAME, PLACE = "812345", "ABC 123", "Tremblay", "/srv/mail/Tremblay.pdf"
_LOG = logging.getLogger("constat.test")


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """What is logged as JSON meanwhile."""
    with _logging("json") as stream:
        yield stream


@contextmanager
def _logging(form: Form) -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level, stream = list(root.handlers), root.level, io.StringIO()
    begin_log(form, stream=stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)


def _lines(said: io.StringIO) -> list[dict[str, object]]:
    return [cast("dict[str, object]", json.loads(line)) for line in said.getvalue().splitlines()]


def test_an_event_has_a_moment_a_name_and_the_facts_that_may_be_told(said: io.StringIO) -> None:
    _LOG.warning(
        "sheet_given_up", extra={"batch": "2026-11-28-001", "sheet": 3, "plate": PLATE, "file": "Tremblay, J."}
    )

    (line,) = _lines(said)
    assert str(line.pop("at")).endswith("Z")
    assert line == {
        "level": "warning",
        "logger": "constat.test",
        "event": "sheet_given_up",
        "batch": "2026-11-28-001",
        "sheet": 3,
        "file": "?",
    }


def test_an_error_is_told_by_its_code_without_its_texts(said: io.StringIO) -> None:
    error = Unavailable("database_error", detail=f"Key (number)=({NUMBER})", path=PLACE, exit_code=9)
    _LOG.error("request_failed", extra={"error": error})

    (line,) = _lines(said)
    assert (line["code"], line["error_exit_code"]) == ("database_error", 9)
    assert NUMBER not in said.getvalue()
    assert NAME not in said.getvalue()


def test_of_an_exception_its_kinds_and_the_way_through_the_code_are_told(said: io.StringIO) -> None:
    try:
        try:
            int(PLATE)
        except ValueError as error:
            raise IntegrityError("outcome_altered", text=NAME) from error
    except IntegrityError:
        _LOG.exception("fault")

    (line,) = _lines(said)
    assert (line["exception"], line["code"]) == ("IntegrityError < ValueError", "outcome_altered")
    assert "test_logs.py" in str(line["frames"])
    assert PLATE not in said.getvalue()


def test_libraries_are_heard_without_what_they_speak_of(said: io.StringIO) -> None:
    other = logging.getLogger("some.library")
    other.warning("cannot send %s", NAME)
    other.warning(f"cannot send {NAME}")
    other.info("connected")

    first, second = _lines(said)
    assert first["template"] == "cannot send %s"
    assert "template" not in second
    assert str(second["said_at"]).startswith("test_logs.py:")


def test_a_text_in_place_of_a_name_is_not_written(said: io.StringIO) -> None:
    _LOG.error(f"could not read {NAME}")

    assert _lines(said)[0]["event"] == "unnamed"


def test_for_people_it_is_a_line() -> None:
    with _logging("text") as said:
        _LOG.error(
            "image_failed", extra={"page": "2026-11-28-001.0000.0000", "error": IntegrityError("object_missing")}
        )

    assert said.getvalue().endswith(
        " ERROR constat.test image_failed page=2026-11-28-001.0000.0000 code=object_missing\n"
    )


def test_nothing_of_a_statement_is_logged_whatever_fails_in_intake_review_pages_and_api(
    said: io.StringIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = Pages.make(tmp_path)
    batch = pages.take(f"form number={NUMBER}! date=2026-03-14 plate={PLATE.replace(' ', '')} name={NAME}")
    page = PageId(first_page(batch))
    chief, rene = pages.signed_in("chief", Role.SUPERVISOR), pages.signed_in("rene", Role.REVIEWER)
    court = asker(pages, "court", Role.COURT)
    for ref in pages.records.derivatives_of(page):
        pages.office.archive.objects.objects.pop(ref.digest, None)

    def everything_is_asked_for() -> list[int]:
        found = [chief.get(path) for path in (f"/pages/{page}/scan", f"/statements/{NUMBER}", f"/nothing/{NAME}")]
        found.append(chief.get(f"/statements/find?number={NUMBER}&name={NAME}"))
        for given in (NAME, PLATE):
            form = {"task": task(batch, "name"), "version": "0", "queue": "reviewer", "do": "enter", "value": given}
            found.append(rene.post("/review/decide", **form))
        found += [court.get(f"/api/v1/statements/{NUMBER}"), court.get(f"/api/v1/statements?plate={PLATE}")]
        found.append(court.assign(NUMBER, {"court_record_number": NAME}))
        return [its.status_code for its in found]

    everything_is_asked_for()

    def refuses(*_: object, **__: object) -> None:
        raise ValueError(f"{NUMBER} {PLATE} {NAME} {PLACE}")

    for name in ("statements_numbered", "transaction", "statements_of_page"):
        monkeypatch.setattr(f"tests.fake_records.MemoryRecords.{name}", refuses)
    assert 500 in everything_is_asked_for()
    with pytest.raises(ValueError, match=NUMBER):
        pages.take(f"form number={NUMBER}")

    lines = _lines(said)
    assert {"image_failed", "fault"} <= {line["event"] for line in lines}
    assert {"/statements/{number}", "/review/decide", "/api/v1/statements/{number}"} <= {
        line.get("route") for line in lines
    }
    for value in (NUMBER, PLATE, PLATE.replace(" ", ""), NAME, PLACE):
        assert value not in said.getvalue(), value


def test_a_fault_in_a_thread_is_told_without_what_it_says(said: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    begin_log("json", stream=said)
    thread = threading.Thread(target=lambda: int(PLATE))
    thread.start()
    thread.join()

    assert _lines(said)[0]["exception"] == "ValueError"
    assert PLATE not in said.getvalue()
