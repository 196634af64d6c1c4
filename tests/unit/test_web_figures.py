"""The dashboard and the pages of batches: who may see which figure, what files hold, what bad addresses come to."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions
from pipeline.custody.figures import BatchesWanted
from pipeline.custody.people import Act, Role
from pipeline.usecases.balance import balance, balance_of
from pipeline.usecases.figure_tables import TABLE_NAMES
from pipeline.usecases.review import close_batch
from pipeline.usecases.review.queue import take
from pipeline.web.figure_sections import FOR_QUALITY
from tests.unit.browsing import Browser, Pages
from tests.unit.reviewing import ACCEPT, BENOIT, CHIEF, say, task, typed

FORM = "form number=812345! date=2026-03-14,2026-08-14 name=? birth=1980-01-02"


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return Pages.make(tmp_path)


def read(browser: Browser, path: str) -> list[list[str]]:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    text = answer.content.decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.reader(StringIO(text[1:], newline="")))


@pytest.mark.parametrize(
    ("role", "figures", "quality"),
    [
        (Role.INTAKE, 200, 404),
        (Role.REVIEWER, 200, 404),
        (Role.SUPERVISOR, 200, 200),
        (Role.AUDITOR, 200, 200),
        (Role.COURT, 403, 403),
        (Role.ADMIN, 403, 403),
    ],
)
def test_figures_are_for_those_who_may_and_quality_for_fewer(
    role: Role, figures: int, quality: int, pages: Pages
) -> None:
    batch = pages.take(FORM)
    say(pages.office, task(batch, "birth"), ACCEPT)
    browser = pages.signed_in("olivia", role)

    assert browser.get("/figures").status_code == figures
    for name in TABLE_NAMES:
        assert browser.get(f"/figures/{name}.csv").status_code == (quality if name in FOR_QUALITY else figures), name


def test_names_of_reviewers_are_shown_to_those_alone_who_answer_for_quality(pages: Pages) -> None:
    batch = pages.take(FORM)
    say(pages.office, task(batch, "birth"), ACCEPT, BENOIT)

    assert "benoit" not in pages.signed_in("rita", Role.REVIEWER).get("/figures").text
    assert "benoit" in pages.signed_in("sylvie", Role.SUPERVISOR).get("/figures").text


def test_the_four_figures_are_those_of_today(pages: Pages) -> None:
    batch = pages.take(FORM, "return number=999999!", "blank")
    say(pages.office, task(batch, "birth"), ACCEPT)
    text = pages.signed_in("sylvie", Role.SUPERVISOR).get("/figures").text

    shown = [part.partition("</b>")[0] for part in text.split('<b class="figure">')[1:]]

    assert shown == ["3", "2", "0", "40%"]
    assert f'href="/batches/{batch}"' in text


def test_one_is_not_written_as_many(pages: Pages) -> None:
    pages.take("unknown")
    browser = pages.signed_in("sylvie", Role.SUPERVISOR)

    english, french = (browser.get(f"/figures?lang={code}").text for code in ("en", "fr"))

    assert '<b class="figure">1</b> sheet<' in english
    assert '<b class="figure">0</b> statements<' in english
    assert '<b class="figure">1</b> feuille<' in french
    assert '<b class="figure">0</b> constat<' in french


def test_what_is_shown_is_in_the_file(pages: Pages) -> None:
    batch = pages.take(FORM, "blank")
    say(pages.office, task(batch, "birth"), ACCEPT)
    say(pages.office, task(batch, "name"), typed("Ann B"))
    browser = pages.signed_in("sylvie", Role.SUPERVISOR)

    head, line = read(browser, "/figures/reliability.csv")
    volumes = read(browser, "/figures/volumes.csv?days=7")
    (_, edition) = read(browser, "/figures/editions.csv")

    assert dict(zip(head, line, strict=True)) | {"low": "", "high": ""} == {
        "chosen": "reviewed",
        "from": "0.6",
        "predicted": "0.605",
        "judged": "2",
        "right": "1",
        "share": "0.5",
        "low": "",
        "high": "",
    }
    assert len(volumes) == 8
    assert volumes[-1] == ["2026-11-20", "1", "2", "2", "1", "0"]
    assert edition[1:] == ["4", "1", "0.25", "2", "1"]


@pytest.mark.parametrize(
    "query",
    [
        "days=-1",
        "days=abc",
        "first=2026-13-45",
        "first=9999-12-31&last=0001-01-01",
        "first=2026-11-20&last=2026-01-01",
        "first=1901-01-01",
        "issuer=%00%3Cscript%3E",
        "issuer=nobody&days=90",
        "first=2030-01-01&last=2031-01-01",
    ],
)
def test_whatever_the_address_says_there_is_a_page(query: str, pages: Pages) -> None:
    pages.take(FORM)
    answer = pages.signed_in("sylvie", Role.SUPERVISOR).get(f"/figures?{query}")

    assert answer.status_code == 200
    assert "<script>" not in answer.text
    assert answer.text.count('class="tick"') < 300


def test_one_issuer_is_counted_by_itself(pages: Pages) -> None:
    pages.take(FORM)
    pages.office.archive.take({"more.pdf": b"blank\nblank"}, options=BatchOptions(issuer="valmont"))
    browser = pages.signed_in("sylvie", Role.SUPERVISOR)

    assert read(browser, "/figures/volumes.csv?days=7")[-1][2] == "3"
    assert read(browser, "/figures/volumes.csv?days=7&issuer=valmont")[-1][2] == "2"
    assert "<option selected>valmont</option>" in browser.get("/figures?issuer=valmont").text


def test_a_name_that_would_run_in_a_spreadsheet_does_not(pages: Pages) -> None:
    pages.office.archive.take({"mail.pdf": b"blank"}, options=BatchOptions(name='=HYPERLINK("http://example.org")'))
    browser = pages.signed_in("sylvie", Role.SUPERVISOR)

    for path in ("/batches.csv", "/figures/batches.csv"):
        (_, line) = read(browser, path)
        assert line[1] == '\'=HYPERLINK("http://example.org")'


def test_an_empty_archive_says_what_to_do(pages: Pages) -> None:
    browser = pages.signed_in("sylvie", Role.SUPERVISOR)

    text = browser.get("/figures").text

    assert "constat intake" in text
    assert "CONSTAT_REVIEW_SAMPLE_PERCENT" in text
    assert 'class="plot"' not in text


# Batches


def test_a_batch_tells_its_way_its_kinds_and_what_is_left(pages: Pages) -> None:
    batch = pages.take(FORM, "blank", "unknown")
    take(task(batch, "birth"), BENOIT, desk=pages.office.desk)
    sylvie, ina = pages.signed_in("sylvie", Role.SUPERVISOR), pages.signed_in("ina", Role.INTAKE)

    shown, plain = sylvie.get(f"/batches/{batch}").text, ina.get(f"/batches/{batch}").text

    assert shown.count('class="ahead"') == 2
    assert "&lt; 1 min" in shown
    assert '<details class="counts">' in shown
    assert "benoit" in shown
    assert "benoit" not in plain
    assert f'href="/review/closing/{batch}"' in shown
    assert "/review/closing" not in plain


def test_sheets_are_in_a_file_and_that_is_in_the_log(pages: Pages) -> None:
    batch = pages.take(FORM, "blank", "unknown")

    head, first, *_, last = read(pages.signed_in("ina", Role.INTAKE), f"/batches/{batch}/sheets.csv")

    assert head[:3] == ["sheet", "side", "page"]
    assert first == ["1", "front", f"{batch}.0001.0001", "form", "in_review", "3", "812345", ""]
    assert last[3:5] == ["unidentified", "exception"]
    assert pages.log()[-1] == ("ina", Act.EXPORTED, batch)


def test_batches_are_listed_by_state_and_deadline(pages: Pages) -> None:
    closed = pages.take("form number=812345678!")
    late = pages.office.archive.take(
        {"old.pdf": b"unknown"},
        options=BatchOptions(received_on=pages.parts.keeping.clock.now().date().replace(month=1)),
    )
    fresh = pages.take("unknown", "blank")
    close_batch(closed, CHIEF, desk=pages.office.desk)
    browser = pages.signed_in("sylvie", Role.SUPERVISOR)

    def listed(query: str) -> list[str]:
        return [line[0] for line in read(browser, f"/batches.csv?{query}")[1:]]

    assert listed("") == [fresh, late, closed]
    assert listed("state=open") == [fresh, late]
    assert listed("state=closed") == [closed]
    assert listed("order=deadline") == [late, fresh, closed]
    assert listed("order=age")[0] == late
    assert listed("state=%22&order=nothing") == listed("")
    text = browser.get("/batches?state=open&order=deadline").text
    assert text.index(late) < text.index(fresh)
    assert "late" in text


def test_a_list_without_batches_of_a_state_is_no_dead_end(pages: Pages) -> None:
    pages.take("blank")
    text = pages.signed_in("sylvie", Role.SUPERVISOR).get("/batches?state=closed").text

    assert 'href="/batches?"' in text


def test_the_balance_of_the_list_is_the_balance_of_the_batch(pages: Pages) -> None:
    archive = pages.office.archive
    for options in (BatchOptions(expected_sheets=9), BatchOptions()):
        archive.take({"a.pdf": b"blank\nunknown", "b.pdf": b"!bad"}, options=options)
    records = archive.records

    for its in records.figures.batches(BatchesWanted()):
        row = records.batch(its.id)
        assert row is not None
        assert balance_of(its) == balance(row, records=records)


def test_the_start_page_counts_what_waits_for_this_person(pages: Pages) -> None:
    pages.take(FORM, "return number=999999!")
    sylvie, ina = pages.signed_in("sylvie", Role.SUPERVISOR), pages.signed_in("ina", Role.INTAKE)

    assert '<b class="figure">3</b>' in sylvie.get("/").text
    assert '<b class="figure">1</b>' in ina.get("/").text
