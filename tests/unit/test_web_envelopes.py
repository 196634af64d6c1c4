"""The page of a batch's envelopes: days entered one by one and for all, what cannot be taken, what is wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions
from pipeline.custody.people import Role
from pipeline.custody.scanning import MailHeader
from pipeline.model import BatchId
from pipeline.usecases.envelopes import enter_envelope, mail_view
from pipeline.usecases.report import batch_report
from pipeline.usecases.scanning import open_session
from tests.unit.browsing import Browser, Pages
from tests.unit.form_lines import form_flow
from tests.unit.test_envelope_postmarks import answer, separator


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return Pages.make(tmp_path, flow=form_flow)


@pytest.fixture
def browser(pages: Pages) -> Browser:
    return pages.signed_in("irene", Role.INTAKE)


@pytest.fixture
def batch(pages: Pages) -> BatchId:
    return pages.take(separator(1), answer(811), separator(2), answer(812), separator(3), answer(813))


def days(pages: Pages, batch: BatchId) -> list[tuple[int, str, str]]:
    view = mail_view(batch, records=pages.records)
    entered = ((its.envelope.first_sheet, its.entered) for its in view.envelopes)
    return [(first, str(row.postmark), row.entered_by) for first, row in entered if row is not None]


def test_days_are_entered_one_by_one_and_then_for_all_that_have_none(
    pages: Pages, browser: Browser, batch: BatchId
) -> None:
    path = f"/batches/{batch}/envelopes"
    each = browser.post(path, do="each", **_typed({3: ("2026-11-03", "", ""), 5: ("", "illegible", "")}))
    every = browser.post(path, do="all", day="2026-10-28")

    assert (each.status_code, each.headers["location"]) == (303, f"{path}?leaf=1&saved=2")
    assert (every.status_code, every.headers["location"]) == (303, f"{path}?leaf=1&saved=1")
    assert days(pages, batch) == [(1, "2026-10-28", "irene"), (3, "2026-11-03", "irene"), (5, "None", "irene")]
    shown = browser.get(path).text
    assert all(text in shown for text in ("811", "2026-10-28", "illegible"))


def test_what_cannot_be_taken_stays_as_it_was_typed_and_the_rest_is_taken(
    pages: Pages, browser: Browser, batch: BatchId
) -> None:
    sent = _typed({1: ("2031-01-01", "x", ""), 3: ("no day", "", ""), 5: ("2026-11-03", "", "")})
    answered = browser.post(f"/batches/{batch}/envelopes", do="each", **sent)

    assert answered.status_code == 422
    assert days(pages, batch) == [(5, "2026-11-03", "irene")]
    assert 'value="2031-01-01"' in answered.text
    assert answered.text.count('aria-invalid="true"') == 2
    for day in ("", "soon", "2031-01-01"):
        assert browser.post(f"/batches/{batch}/envelopes", do="all", day=day).status_code == 422
    assert len(days(pages, batch)) == 1


def test_what_somebody_else_entered_meanwhile_is_not_replaced(pages: Pages, browser: Browser, batch: BatchId) -> None:
    enter_envelope(batch, 1, date(2026, 11, 2), who="anne", desk=pages.office.desk)
    answered = browser.post(f"/batches/{batch}/envelopes", do="each", **_typed({1: ("2026-11-03", "", "")}))
    row = pages.records.envelopes.of_batch(batch)[0]

    assert answered.status_code == 422
    assert days(pages, batch) == [(1, "2026-11-02", "anne")]
    seen = _typed({1: ("2026-11-03", "", row.entered_at.isoformat())})
    assert browser.post(f"/batches/{batch}/envelopes", do="each", **seen).status_code == 303
    assert days(pages, batch) == [(1, "2026-11-03", "irene")]


def test_alarms_of_separators_are_on_the_page_of_the_batch_and_make_it_unclean(pages: Pages) -> None:
    sound = pages.take(separator(1), answer(811), separator(2), answer(812))
    chief = pages.signed_in("chief", Role.SUPERVISOR)
    lost = pages.take(separator(1), answer(813), separator(3), answer(814))

    assert batch_report(sound, records=pages.records).alarms == ()
    report = batch_report(lost, records=pages.records)
    assert ([its.code for its in report.alarms], report.clean) == (["separator_missing"], False)
    for path in (f"/batches/{lost}", f"/batches/{lost}/envelopes"):
        assert "alarms-title" in chief.get(path).text
        assert "alarms-title" not in chief.get(path.replace(lost, sound)).text


def test_a_side_of_a_separator_that_does_not_read_is_an_alarm_of_a_batch_of_files(pages: Pages) -> None:
    lines = "\n".join((separator(1), "letter", answer(811), "blank"))
    batch = pages.office.archive.take({"mail.pdf": lines.encode()}, duplex=True)
    report = batch_report(batch, records=pages.records)

    assert ([its.code for its in report.alarms], report.clean) == (["separator_side_missing"], False)


def test_there_is_a_page_for_a_batch_without_envelopes_and_none_for_no_batch(pages: Pages, browser: Browser) -> None:
    keeping = pages.office.archive.keeping
    empty = open_session(BatchOptions(), MailHeader(), who="anne", keeping=keeping)

    assert 'class="nothing"' in browser.get(f"/batches/{empty}/envelopes").text
    assert browser.get("/batches/2026-01-01-009/envelopes").status_code == 404
    assert browser.post("/batches/2026-01-01-009/envelopes", do="all").status_code == 404


def test_an_auditor_looks_and_enters_nothing(pages: Pages, batch: BatchId) -> None:
    auditor = pages.signed_in("aude", Role.AUDITOR)

    assert '<input type="date"' not in auditor.get(f"/batches/{batch}/envelopes").text
    assert auditor.post(f"/batches/{batch}/envelopes", do="all", day="2026-10-28").status_code == 403


def _typed(lines: dict[int, tuple[str, str, str]]) -> dict[str, str]:
    """Day, note, and when what was seen was entered, by first sheet."""
    return {
        f"{name}-{first}": text
        for first, line in lines.items()
        for name, text in zip(("day", "note", "seen"), line, strict=True)
    }
