"""The access log's page: leaf by leaf, filtered, as a file; and who looked at much."""

from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from pipeline.custody.people import Act, Role
from pipeline.web import access_log
from tests.unit.browsing import Browser, Pages


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return Pages.make(tmp_path)


@pytest.fixture
def auditor(pages: Pages) -> Browser:
    return pages.signed_in("aude", Role.AUDITOR)


def enter(pages: Pages, who: str, *subjects: str, act: Act = Act.VIEWED, why: str = "statement") -> None:
    with pages.records.transaction() as change:
        for subject in subjects:
            change.access.append(who, act, subject, why=why, address="192.0.2.9")


def test_older_lines_are_on_the_next_leaf(pages: Pages, auditor: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_log, "LINES_A_LEAF", 3)
    enter(pages, "carl", *(f"81234{number}" for number in range(5)))

    first = auditor.get("/access-log?person=carl").text
    assert [number in first for number in ("812344", "812342", "812341")] == [True, True, False]
    older = len(pages.log()) - 3
    assert f'href="/access-log?person=carl&amp;before={older}"' in first
    second = auditor.get(f"/access-log?person=carl&before={older}").text
    assert [number in second for number in ("812342", "812341", "812340")] == [False, True, True]


def test_the_file_has_every_line_and_no_formula(
    pages: Pages, auditor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_log, "LINES_A_READ", 2)
    enter(pages, "carl", "=HYPERLINK(1)", 'a,b"c', "812345")

    answer = auditor.get("/access-log.csv?person=carl")
    heading, *rows = csv.reader(StringIO(answer.text))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert heading[:6] == ["number", "at", "who", "act", "subject", "why"]
    assert [row[4] for row in rows] == ["812345", 'a,b"c', "'=HYPERLINK(1)"]
    assert pages.log()[-1] == ("aude", Act.EXPORTED, "access_log")


def test_filters_that_make_no_sense_are_told(auditor: Browser) -> None:
    answer = auditor.get("/access-log?since=yesterday&act=flew")

    assert answer.status_code == 200
    assert "yesterday" in answer.text
    assert 'role="alert"' in answer.text


def test_who_looks_at_much_outside_of_tasks_is_told_once_an_hour(pages: Pages, auditor: Browser) -> None:
    pages.parts = replace(pages.parts, alert_per_hour=3)
    browser = pages.signed_in("carl", Role.COURT)
    enter(pages, "carl", "1", "2", "3", why="review_reviewer")
    for number in range(5):
        browser.get(f"/statements/find?number=99{number}")

    told = [its for its in pages.records.access.entries() if its.act is Act.BROWSED]
    assert [(its.who, its.why) for its in told] == [("carl", "4")]
    shown = auditor.get("/access-log").text
    assert 'href="/access-log?person=carl&amp;since=' in shown


def test_without_a_limit_nobody_is_told_of(pages: Pages) -> None:
    browser = pages.signed_in("carl", Role.COURT)
    enter(pages, "carl", *map(str, range(300)))
    browser.get("/statements/991")

    assert Act.BROWSED not in {act for _, act, _ in pages.log()}


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_that_is_centuries_away_is_told_as_none(day: str, auditor: Browser) -> None:
    answer = auditor.get(f"/access-log?since={day}&until={day}")

    assert answer.status_code == 200
    assert 'role="alert"' in answer.text
    assert auditor.get(f"/access-log.csv?since={day}&until={day}").status_code == 200


@pytest.mark.parametrize("number", ["0", "-1", "9" * 25])
def test_a_line_that_no_log_can_have_is_refused(number: str, auditor: Browser) -> None:
    assert auditor.get(f"/access-log?before={number}").status_code == 422
