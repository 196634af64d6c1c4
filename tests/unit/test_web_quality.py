"""The pages of quality: rates with intervals, errors for those who may see values; and checks in the browser, blind."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.custody.people import Act, Role
from pipeline.custody.review import SiteRules, TaskId
from pipeline.model import BatchId, Reason
from pipeline.usecases.review import close_batch
from pipeline.usecases.review.quality import LEAST_LOOKS, ErrorRate, wilson
from pipeline.usecases.review.sampling import check_id
from pipeline.web.rate_bars import WIDTH, bar_of, scale_of
from pipeline.web.viewing import MINOR
from pipeline.wiring.forms import layouts
from tests.unit.browsing import Browser, Pages
from tests.unit.reviewing import ACCEPT, ANNE, BENOIT, CHIEF, first_page, of, say, task, typed

FRAGMENT = {"x-fragment": "1"}
RULES = SiteRules(check_percent=100.0)


def numbered(*names: str) -> list[str]:
    return [f"form number=812345{number:03d}! name={name}" for number, name in enumerate(names, start=1)]


def drawn(pages: Pages, *names: str) -> tuple[BatchId, list[TaskId]]:
    """A batch whose names anne accepted as read, and its checks."""
    batch = pages.take(*numbered(*names))
    fields = [task(batch, "name", number) for number in range(1, len(names) + 1)]
    for its in fields:
        say(pages.office, its, ACCEPT, ANNE)
    close_batch(batch, CHIEF, desk=pages.office.desk)
    return batch, [check_id(its) for its in fields]


def with_an_error(pages: Pages) -> BatchId:
    batch, (first, second) = drawn(pages, "TREMBLAI", "ROY")
    for who in (BENOIT, CHIEF):
        say(pages.office, first, typed("TREMBLAY"), who)
    say(pages.office, second, typed("ROY"), BENOIT)
    return batch


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return Pages.make(tmp_path, rules=RULES)


def test_without_looks_the_page_says_how_to_have_some_where_no_share_is_drawn(pages: Pages) -> None:
    text = pages.signed_in("sylvie", Role.SUPERVISOR).get("/quality").text

    assert "CONSTAT_REVIEW_SAMPLE_PERCENT=" in text
    assert "CONSTAT_REVIEW_CHECK_PERCENT=" not in text
    assert "No decided field has been looked at yet." in text
    assert "<table" not in text


def test_few_looks_give_no_rate(pages: Pages) -> None:
    with_an_error(pages)

    text = pages.signed_in("sylvie", Role.SUPERVISOR).get("/quality").text

    assert "1 wrong of 2 looked at" in text
    assert "Too few to say" in text
    assert "50%" not in re.sub(r"<span>[^<]*</span></span></th>", "", text)


def test_many_looks_give_a_rate_with_its_interval(pages: Pages) -> None:
    names = ["TREMBLAI", *(f"A{number}" for number in range(2, 41))]
    _, checks = drawn(pages, *names)
    for check, name in zip(checks, names, strict=True):
        say(pages.office, check, typed(name.replace("AI", "AY")), BENOIT)
    say(pages.office, checks[0], typed("TREMBLAY"), CHIEF)

    text = pages.signed_in("sylvie", Role.SUPERVISOR).get("/quality").text

    assert "1 wrong of 40 looked at" in text
    assert "2.5%" in text
    assert "0.4% to 12.9%" in text
    assert ">anne</" in text.replace('<span class="part">', "").replace("</span>", "</")


def test_the_file_has_the_rates_as_numbers(pages: Pages) -> None:
    with_an_error(pages)

    answer = pages.signed_in("aude", Role.AUDITOR).get("/quality.csv")

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    (mine,) = [row for row in rows if row["by"] == "person"]
    assert answer.headers["content-type"].startswith("text/csv")
    assert (mine["work"], mine["name"], mine["looked_at"], mine["wrong"], mine["share"]) == (
        "person",
        "anne",
        "2",
        "1",
        "0.5",
    )
    assert ("aude", Act.EXPORTED, "quality") in pages.log()


def test_bounds_leave_out_what_lies_beyond_them(pages: Pages) -> None:
    batch = with_an_error(pages)
    sylvie = pages.signed_in("sylvie", Role.SUPERVISOR)

    assert "1 wrong of 2 looked at" in sylvie.get(f"/quality?batch={batch}").text
    assert " wrong of " not in sylvie.get("/quality?batch=2026-01-01-001").text
    assert " wrong of " not in sylvie.get("/quality?since=2030-01-01").text
    assert " wrong of " not in sylvie.get("/quality?until=2020-01-01").text
    assert 'role="alert"' in sylvie.get("/quality?since=yesterday").text


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("path", ["/quality", "/quality.csv", "/quality/errors"])
def test_a_day_that_is_centuries_away_is_no_fault(path: str, day: str, pages: Pages) -> None:
    browser = pages.signed_in("vera", Role.AUDITOR)

    assert browser.get(f"{path}?since={day}&until={day}").status_code == 200


def test_errors_are_shown_with_values_and_each_look_is_in_the_log(pages: Pages) -> None:
    batch = with_an_error(pages)

    text = pages.signed_in("sylvie", Role.SUPERVISOR).get("/quality/errors?work=person").text

    assert "TREMBLAI" in text
    assert "TREMBLAY" in text
    assert "benoit, chief" in text
    assert 'href="/statements/812345001"' in text
    assert ("sylvie", Act.VIEWED, first_page(batch)) in pages.log()
    assert ("sylvie", Act.VIEWED, first_page(batch, 2)) not in pages.log()


def test_an_auditor_sees_histories_and_no_statement(pages: Pages) -> None:
    with_an_error(pages)

    text = pages.signed_in("aude", Role.AUDITOR).get("/quality/errors?work=person").text

    assert "TREMBLAI" in text
    assert "/statements/" not in text


def test_values_of_a_restricted_file_are_not_for_an_auditor(pages: Pages) -> None:
    batch = with_an_error(pages)
    rows = pages.records.tables.statements[batch]
    pages.records.tables.statements[batch] = tuple(replace(row, reasons=(Reason(MINOR),)) for row in rows)

    text = pages.signed_in("aude", Role.AUDITOR).get("/quality/errors?work=person").text

    assert "TREMBLA" not in text
    assert "Fine" not in text
    assert ("aude", Act.VIEWED, first_page(batch)) not in pages.log()


def test_what_was_written_on_paper_is_shown_as_text(pages: Pages) -> None:
    with_an_error(pages)
    for rows in pages.records.tables.review.said.values():
        for index, row in enumerate(rows):
            if row.value == "TREMBLAY":
                rows[index] = replace(row, value="<script>alert(1)</script>")

    text = pages.signed_in("sylvie", Role.SUPERVISOR).get("/quality/errors?work=person").text

    assert "&lt;script&gt;" in text
    assert "<script>alert" not in text


# Checks in the browser


def screen(browser: Browser) -> str:
    return browser.get("/review/queue/reviewer").text


def test_a_check_is_keyed_blind_on_the_screen(pages: Pages) -> None:
    _, (check,) = drawn(pages, "TREMBLAI")
    benoit = pages.signed_in("benoit", Role.REVIEWER)

    answers = [
        screen(benoit),
        benoit.get(f"/review/task/{check}").text,
        benoit.get(f"/review/page/{check}").text,
        benoit.client.get(f"/review/page/{check}", headers=FRAGMENT).text,
        benoit.client.post(
            "/review/preview",
            data={"csrf": benoit.csrf, "task": check, "version": "0", "do": "enter", "text": "ROY", "shown": ""},
            headers={"origin": benoit.origin, **FRAGMENT},
        ).text,
    ]

    assert f'data-task="{check}"' in answers[0]
    assert not any("TREMBL" in text for text in answers)
    assert benoit.get(f"/review/crop/{check}").status_code == 200


def test_the_page_of_another_task_shows_nothing_of_a_field_that_is_keyed_blind(tmp_path: Path) -> None:
    pages = Pages.make(tmp_path, rules=SiteRules(sample_percent=100.0))
    known = {layout.id: layout for layout in layouts(None)}
    pages.parts = replace(pages.parts, desk=replace(pages.parts.desk, layouts=known))
    batch = pages.take("form number=812345! name=TREMBLAI! date=2026-03-14")
    anne = pages.signed_in("anne", Role.REVIEWER)

    text = anne.client.get(f"/review/page/{task(batch, 'date')}", headers=FRAGMENT).text

    assert "2026-03-14" in text
    assert "TREMBLAI" not in text


def test_whoever_decided_is_refused_the_check_and_its_pictures_are_not_theirs_to_ask_for(tmp_path: Path) -> None:
    pages = Pages.make(tmp_path, rules=SiteRules(check_percent=100.0, crops_only=True))
    _, (check,) = drawn(pages, "TREMBLAI")
    anne = pages.signed_in("anne", Role.REVIEWER)

    assert anne.get(f"/review/task/{check}").status_code == 409
    assert anne.get(f"/review/crop/{check}").status_code == 404
    assert check not in screen(anne)


def test_a_supervisor_who_may_have_to_key_it_does_not_see_the_value_on_the_statement(pages: Pages) -> None:
    drawn(pages, "TREMBLAI")
    sylvie, court = pages.signed_in("sylvie", Role.SUPERVISOR), pages.signed_in("carl", Role.COURT)

    text = sylvie.get("/statements/812345001").text

    assert "TREMBLAI" not in text
    assert "being keyed blind" in text
    assert "TREMBLAI" in court.get("/statements/812345001").text


def test_a_supervisor_sees_both_values_without_names_and_settles(pages: Pages) -> None:
    batch, (check,) = drawn(pages, "TREMBLAI")
    say(pages.office, check, typed("TREMBLAY"), BENOIT)
    sylvie = pages.signed_in("sylvie", Role.SUPERVISOR)

    text = sylvie.get("/review/queue/supervisor").text
    number = "1" if text.index("TREMBLAY") < text.index("TREMBLAI") else "2"
    answer = sylvie.post("/review/decide", task=check, version="1", do=f"confirm:{number}", queue="supervisor")

    assert not re.search(r"\b(anne|benoit)\b", text)
    assert answer.status_code == 303
    assert pages.records.review.history(task(batch, "name"))[-1].value == "TREMBLAY"


def test_closing_in_the_browser_draws_then_offers_to_leave_the_checks(pages: Pages) -> None:
    batch = pages.take(*numbered("ROY"))
    say(pages.office, task(batch, "name"), ACCEPT, ANNE)
    sylvie = pages.signed_in("sylvie", Role.SUPERVISOR)

    first = sylvie.post(f"/review/closing/{batch}")
    without = sylvie.post(f"/review/closing/{batch}", reason="nobody is left")
    done = sylvie.post(f"/review/closing/{batch}", reason="nobody is left", leave_checks="yes")

    assert (first.status_code, without.status_code, done.status_code) == (409, 409, 303)
    assert 'name="leave_checks"' in first.text
    assert of(pages.office, check_id(task(batch, "name"))).version == 1


# Bars


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 200)), max_size=8))
def test_bars_stay_on_their_scale_and_in_their_order(counts: list[tuple[int, int]]) -> None:
    rates = [ErrorRate("", wrong + right, wrong, 0, *wilson(wrong, wrong + right)) for wrong, right in counts]
    scale = scale_of(rates)

    assert 0.0 < scale <= 1.0
    for rate in rates:
        bar = bar_of(rate, scale)
        assert 0.0 <= bar.start < bar.start + bar.width <= WIDTH + 0.02
        assert bar.share is None or 0.0 <= bar.share <= WIDTH
        if rate.looked_at >= LEAST_LOOKS:
            assert not bar.open
