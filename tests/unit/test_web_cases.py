"""Statements on their pages: moved papers, twins, cheques, minors' files; rights, refusals, hostile texts, the log."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody import StatementRow
from pipeline.custody.people import Act, Role
from pipeline.custody.review import SiteRules, TaskId, TaskState, Verb, Verdict
from pipeline.model import PageId, Reason
from pipeline.usecases.review import decide
from pipeline.usecases.verify import verify_all
from tests.unit.browsing import Browser, Pages
from tests.unit.reviewing import BENOIT, CLAUDE
from tests.unit.sealed import named

LINES = (
    "form number=812345678! fine=100.00! costs=20.00! sum=162.00!",
    "letter",
    "form number=812345687!",
    "return number=812345687! paid=80.00!",
    "cheque $ 200.00 200 --- 00/100",
)
HOSTILE = "<script>alert(1)</script> \u202egnp.exe \"'&"


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    made = Pages.make(tmp_path)
    made.take(*LINES)
    return made


@pytest.fixture
def anne(pages: Pages) -> Browser:
    return pages.signed_in("anne", Role.REVIEWER)


@pytest.fixture
def chief(pages: Pages) -> Browser:
    return pages.signed_in("chief", Role.SUPERVISOR)


def rows(pages: Pages, at: int = 0) -> tuple[StatementRow, ...]:
    return pages.records.statements(pages.records.batches()[at].id)


def path(row: StatementRow) -> str:
    return f"/review/statements/{row.id}"


def version(pages: Pages, row: StatementRow) -> str:
    task = pages.records.review.task(TaskId(row.id))
    return str(0 if task is None else task.version)


def codes(row: StatementRow) -> list[str]:
    return [reason.code for reason in row.reasons]


def faults(pages: Pages) -> set[tuple[str, str]]:
    return named(verify_all(keeping=pages.office.archive.keeping, runner=pages.office.archive.runner))


def restrict(pages: Pages, row: StatementRow) -> None:
    hidden = replace(row, reasons=(*row.reasons, Reason("defendant_minor")))
    table = pages.records.tables.statements
    table[row.batch] = tuple(hidden if its.id == row.id else its for its in table[row.batch])


def test_a_statement_shows_its_papers_and_what_may_be_done(pages: Pages, anne: Browser) -> None:
    first, second = rows(pages)

    screen = anne.get(path(first)).text

    for page in first.members:
        assert f"/pages/{page}/thumbnail" in screen
        assert f'value="{page}"' in screen
    assert f'value="{second.id}"' in screen
    assert ("anne", Act.VIEWED, first.id) in pages.log()
    assert anne.get("/review/statements/nowhere").status_code == 404
    assert anne.get(f"/review/statements/{'x' * 3000}").status_code == 404


def test_papers_are_moved_and_sent_twice_it_counts_once(pages: Pages, anne: Browser) -> None:
    first, second = rows(pages)
    letter = first.enclosures[0]
    form = {"do": "move", "version": "0", "page": letter, "to": second.id, "reason": "it answers the other"}

    answers = [anne.post(path(first), **form) for _ in range(2)]

    assert [its.headers.get("location") for its in answers] == [f"{path(first)}?done=move"] * 2
    assert [its.enclosures for its in rows(pages)] == [(), (letter, *second.enclosures)]
    assert ("anne", Act.CHANGED, first.id) in pages.log()
    screen = anne.get(f"{path(first)}?done=move").text
    assert "it answers the other" in screen
    assert path(second) in screen
    other = anne.get(path(second)).text
    assert "Pages that came: 1" in other
    assert path(first) in other
    assert faults(pages) == set()


def test_all_papers_are_merged_and_the_empty_statement_leads_on(pages: Pages, anne: Browser) -> None:
    first, second = rows(pages)

    done = anne.post(path(first), do="merge", version="0", to=second.id, reason="one statement")

    assert done.status_code == 303
    screen = anne.get(path(first)).text
    assert 'name="do"' not in screen
    assert path(second) in screen
    assert first.members[0] in rows(pages)[1].pages
    assert faults(pages) == set()


def test_a_page_becomes_a_statement_of_its_own(pages: Pages, anne: Browser) -> None:
    first, _ = rows(pages)

    anne.post(path(first), do="move", version="0", page=first.enclosures[0], to="new", reason="another matter")

    assert [len(its.members) for its in rows(pages)] == [1, 3, 1]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"to": ""}, 422),
        ({"reason": "  "}, 422),
        ({"page": "../../etc/passwd"}, 422),
        ({"to": "nowhere"}, 422),
        ({"version": "7"}, 409),
        ({"version": "x"}, 422),
        ({"version": "9" * 40}, 422),
        ({"do": "delete"}, 422),
        ({"do": ""}, 422),
        ({"reason": "x" * 1001}, 422),
    ],
)
def test_what_is_refused_changes_nothing(pages: Pages, anne: Browser, changes: dict[str, str], status: int) -> None:
    first, second = rows(pages)
    before = len(tuple(pages.records.ledger()))
    form = {"do": "move", "version": "0", "page": first.enclosures[0], "to": second.id, "reason": "so"} | changes

    answer = anne.post(path(first), **form)

    assert answer.status_code == status
    assert len(tuple(pages.records.ledger())) == before


def test_a_form_without_the_sessions_secret_is_refused(pages: Pages, anne: Browser) -> None:
    first, second = rows(pages)
    anne.csrf = "forged"

    answer = anne.post(path(first), do="merge", version="0", to=second.id, reason="so")

    assert answer.status_code == 403
    assert rows(pages)[0].members


def test_hostile_words_are_shown_as_words(pages: Pages, anne: Browser) -> None:
    first, second = rows(pages)

    refused = anne.post(path(first), do="move", version="0", to=second.id, reason=HOSTILE, at="move-reason")
    anne.post(path(first), do="move", version="0", page=first.enclosures[0], to=second.id, reason=HOSTILE)
    screen = anne.get(path(first))

    assert refused.status_code == 422
    for text in (refused.text, screen.text):
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)" in text
    assert re.search(r"<q><bdi[^>]*>&lt;script&gt;", screen.text)


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.COURT, 403), (Role.AUDITOR, 403), (Role.ADMIN, 403), (Role.INTAKE, 200), (Role.SUPERVISOR, 200)],
)
def test_who_may_open_a_statement(pages: Pages, role: Role, status: int) -> None:
    browser = pages.signed_in("who", role)
    first, second = rows(pages)

    assert browser.get(path(first)).status_code == status
    answer = browser.post(path(first), do="merge", version="0", to=second.id, reason="so")
    assert answer.status_code == (303 if status == 200 else 403)


def test_where_only_crops_are_shown_nobody_reaches_a_statement_by_its_address(tmp_path: Path) -> None:
    pages = Pages.make(tmp_path, rules=SiteRules(crops_only=True))
    pages.take(*LINES)
    anne = pages.signed_in("anne", Role.REVIEWER)

    assert anne.get(path(rows(pages)[0])).status_code == 403


def test_pages_that_name_another_statement_are_chosen_to_go_there(pages: Pages, anne: Browser) -> None:
    pages.take("form number=812345678! fine=90.00!", "form number=812345678", "form number=812345696!")
    first = rows(pages, 1)[0]
    second = rows(pages, 1)[1]
    anne.post(path(second), do="merge", version=version(pages, second), to=first.id, reason="they lay together")
    which = TaskId(f"{second.pages[0]}/statement_number")
    decide(which, 0, Verdict(Verb.TYPED, "812345696"), BENOIT, desk=pages.office.desk)
    decide(which, 1, Verdict(Verb.CONFIRM), CLAUDE, desk=pages.office.desk)
    assert "pages_name_several_statements" in codes(rows(pages, 1)[0])

    screen = anne.get(path(first)).text

    home = next(row for row in rows(pages, 1) if row.number == "812345696" and row.id != first.id)
    assert f'value="{second.pages[0]}" checked' in screen
    assert f'value="{home.id}" selected' in screen
    assert f"{path(first)}/crop/{second.pages[0]}/statement_number" in screen
    done = anne.post(
        path(first), do="move", version=version(pages, first), page=second.pages[0], to=home.id, reason="its number"
    )
    assert done.status_code == 303
    assert "pages_name_several_statements" not in codes(rows(pages, 1)[0])
    assert faults(pages) == set()


# Twins


def test_a_second_scan_is_marked_and_leads_to_the_first(pages: Pages, anne: Browser) -> None:
    pages.take("form number=812345678! fine=90.00!")
    first, later = rows(pages)[0], rows(pages, 1)[0]
    screen = anne.get(path(later)).text

    assert path(first) in screen
    assert "Different" in screen
    done = anne.post(path(later), do="duplicate", version=version(pages, later), of=first.id, reason="the same paper")
    assert done.status_code == 303
    assert rows(pages, 1)[0].twin_of == first.id
    assert f'<a class="figures" href="{path(first)}">' in anne.get(path(later)).text
    assert path(later) not in anne.get("/review/exceptions").text
    again = anne.post(path(later), do="reopen", version=version(pages, later), reason="it is another")
    assert again.status_code == 303
    assert codes(rows(pages, 1)[0]) == ["number_of_other_statement"]
    assert faults(pages) == set()


def test_a_statement_in_conflict_is_in_the_list_and_its_task_leads_to_its_page(pages: Pages, anne: Browser) -> None:
    pages.take("form number=812345678! fine=90.00!")
    later = rows(pages, 1)[0]

    assert f'href="{path(later)}"' in anne.get("/review/exceptions").text
    assert anne.get(f"/review/task/{later.id}").headers["location"] == path(later)
    queued = anne.get(f"/review/queue/reviewer?batch={later.batch}")
    assert queued.headers["location"].startswith(f"{path(later)}?queue=reviewer")
    screen = anne.get(queued.headers["location"]).text
    assert "data-onward" in screen
    done = anne.post(
        path(later), do="as_is", version=version(pages, later), reason="really two", queue="reviewer", batch=later.batch
    )
    assert done.headers["location"].startswith(f"{path(later)}?queue=reviewer")
    assert anne.get(f"{path(later)}?queue=nobodys").status_code == 422


# Cheques


def test_a_cheque_is_shared_on_the_page(pages: Pages, anne: Browser) -> None:
    _, second = rows(pages)
    cheque = second.enclosures[-1]
    screen = anne.get(path(second)).text

    assert f"share.{second.id}" in screen
    form = {"do": "share", "version": "0", "cheque": cheque, "reason": "the rest is owed"}
    wrong = anne.post(path(second), **form, **{f"share.{second.id}": "80.00"})
    done = anne.post(path(second), **form, **{f"share.{second.id}": "200,00"})

    assert wrong.status_code == 422
    assert "The shares make" in wrong.text or "$80.00" in wrong.text
    assert done.status_code == 303
    assert codes(rows(pages)[1]) == ["cheque_shared"]
    assert faults(pages) == set()


def test_the_amount_of_a_cheque_is_entered_and_confirmed_by_another(pages: Pages, anne: Browser) -> None:
    first, second = rows(pages)
    cheque = second.enclosures[-1]
    form = {"do": "amount", "version": "0", "cheque": cheque, "amount": "80,00", "reason": "in words: eighty"}

    foreign = anne.post(path(first), **form)
    answers = [anne.post(path(second), **form) for _ in range(2)]
    decide(TaskId(f"{cheque}/cheque_amount"), 1, Verdict(Verb.CONFIRM), BENOIT, desk=pages.office.desk)

    assert foreign.status_code == 422
    assert [its.status_code for its in answers] == [303, 303]
    assert codes(rows(pages)[1]) == []
    assert faults(pages) == set()


# Minors


def test_a_restricted_file_is_for_those_who_may_see_it_and_each_look_is_logged(
    pages: Pages, anne: Browser, chief: Browser
) -> None:
    pages.take("form number=812345696! date=2026-03-14! birth=2010-01-01")
    (minor,) = rows(pages, 1)
    listed = anne.get("/review/exceptions").text

    assert path(minor) not in listed
    for address in (f"/batches/{minor.batch}", f"/batches/{minor.batch}/sheets.csv", "/review/returns", "/review"):
        assert "812345696" not in anne.get(address).text, address
    assert "812345696" in chief.get(f"/batches/{minor.batch}/sheets.csv").text
    assert "812345696" not in listed
    assert anne.get(path(minor)).status_code == 403
    assert anne.post(path(minor), do="lift", version="1", reason="so").status_code == 403
    crop = f"{path(minor)}/crop/{minor.pages[0]}/defendant_birthdate"
    assert anne.get(crop).status_code == 403

    screen = chief.get(path(minor)).text
    assert "2010-01-01" in screen
    assert ("chief", Act.VIEWED, minor.id) in pages.log()
    why = [its.why for its in pages.records.access.entries() if its.subject == minor.id and its.who == "chief"]
    assert why == ["review_case"]
    assert chief.get(crop).status_code == 200
    done = chief.post(path(minor), do="restrict", version=version(pages, minor), reason="seen the paper")
    assert done.status_code == 303
    assert codes(rows(pages, 1)[0]) == ["defendant_minor"]
    chief.post(path(minor), do="lift", version=version(pages, minor), reason="an error of the clerk")
    assert codes(rows(pages, 1)[0]) == ["restriction_lifted"]
    assert faults(pages) == set()


def test_a_field_of_a_restricted_file_is_keyed_without_the_number_or_the_page(
    pages: Pages, anne: Browser, chief: Browser
) -> None:
    pages.take("form number=812345696! date=2026-03-14! birth=2010-01-01")
    which = f"{rows(pages, 1)[0].pages[0]}/defendant_birthdate"

    screen = anne.get(f"/review/task/{which}").text

    assert 'name="text"' in screen
    assert "812345696" not in screen
    assert anne.get(f"/review/around/{which}").status_code == 404
    assert anne.get(f"/review/page/{which}").status_code == 404
    pages.records.tables.review.by_id[TaskId(which)] = replace(
        pages.records.tables.review.by_id[TaskId(which)], held_by=None, held_until=None
    )
    assert "812345696" in chief.get(f"/review/task/{which}").text


def test_a_restricted_file_is_not_shown_beside_another(pages: Pages, anne: Browser) -> None:
    pages.take("form number=812345678! fine=90.00!")
    first, later = rows(pages)[0], rows(pages, 1)[0]
    restrict(pages, first)

    screen = anne.get(path(later)).text

    assert f"/pages/{first.pages[0]}/thumbnail" not in screen
    assert "100.00" not in screen


def test_only_a_supervisor_lifts_or_sets_a_restriction(pages: Pages, anne: Browser, chief: Browser) -> None:
    first, _ = rows(pages)

    assert anne.post(path(first), do="restrict", version="0", reason="so").status_code == 422
    assert chief.post(path(first), do="restrict", version="0", reason="the school wrote").status_code == 303
    assert anne.get(path(first)).status_code == 403


# Rules and fields


def test_a_broken_rule_shows_its_fields_and_opens_them(pages: Pages, anne: Browser) -> None:
    pages.take("form number=812345696! fine=100.00! costs=20.00! sum=162")
    (row,) = rows(pages, 1)
    which = TaskId(f"{row.pages[0]}/total_requested")
    decide(which, 0, Verdict(Verb.TYPED, "162.00", reason="so it is written"), BENOIT, desk=pages.office.desk)
    decide(
        which,
        1,
        Verdict(Verb.CONFIRM, reason="so it is written"),
        CLAUDE,
        desk=pages.office.desk,
    )
    (row,) = rows(pages, 1)
    screen = anne.get(path(row)).text

    assert "rules-title" in screen
    for name in ("fine", "costs", "total_requested"):
        picture = f"{path(row)}/crop/{row.pages[0]}/{name}"
        assert picture in screen
        assert anne.get(picture).headers["content-type"] == "image/png"
    opened = anne.post(path(row), do="open_field", version="0", field=f"{row.pages[0]}/fine", reason="a seven?")
    assert opened.headers["location"] == f"/review/task/{row.pages[0]}/fine"
    task = pages.records.review.task(TaskId(f"{row.pages[0]}/fine"))
    assert task is not None
    assert task.state is TaskState.OPEN
    foreign = anne.post(path(rows(pages)[0]), do="open_field", version="0", field=f"{row.pages[0]}/fine", reason="x")
    assert foreign.status_code == 422


def test_pictures_are_of_the_statements_own_pages(pages: Pages, anne: Browser) -> None:
    first, second = rows(pages)

    for address in (
        f"{path(first)}/crop/{second.pages[0]}/statement_number",
        f"{path(first)}/crop/{first.pages[0]}/nothing",
        f"{path(first)}/crop/{first.pages[0]}/..%2f..%2fetc",
        f"{path(first)}/crop/x/y",
    ):
        assert anne.get(address).status_code == 404, address


def test_a_closed_batch_is_shown_and_changes_no_more(pages: Pages, chief: Browser) -> None:
    pages.take("form number=812345696!")
    (row,) = rows(pages, 1)
    chief.post(f"/review/closing/{row.batch}")

    screen = chief.get(path(row)).text
    late = chief.post(path(row), do="restrict", version="0", reason="so")

    assert 'name="do"' not in screen
    assert late.status_code == 422


def test_what_was_moved_is_documented_before_its_batch_is_closed(pages: Pages, chief: Browser) -> None:
    pages.take("form number=812345696!", "letter")
    (row,) = rows(pages, 1)
    chief.post(path(row), do="move", version="0", page=row.enclosures[0], to="new", reason="another matter")
    added = rows(pages, 1)[1]
    chief.post(path(added), do="as_is", version=version(pages, added), reason="a letter alone")
    before = pages.records.transfers.of_subject(added.id)

    closed = chief.post(f"/review/closing/{row.batch}")

    assert before is None
    assert closed.status_code == 303, closed.text
    assert pages.records.transfers.of_subject(added.id) is not None
    assert faults(pages) == set()


def test_an_emptied_page_id_is_no_page(pages: Pages, anne: Browser) -> None:
    first, _ = rows(pages)

    answer = anne.post(path(first), do="page_as_is", version="0", page=PageId("x"), reason="so")

    assert answer.status_code == 422
