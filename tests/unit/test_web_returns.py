"""Return documents without statement, on their pages: compared, joined, refused; rights, faults, the access log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from pipeline.custody import MatchState, StatementRow
from pipeline.custody.people import Act, Role
from pipeline.custody.review import SiteRules, TaskId, Verb, Verdict
from pipeline.errors import Unavailable
from pipeline.model import Reason
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.returns import decide_match
from pipeline.usecases.review import Decided, decide
from tests.unit.browsing import Browser, Pages
from tests.unit.reviewing import BENOIT

FORM = "form number=812345! service=2026-03-20! sum=162.00!"
OTHER = "form number=812399! service=2026-03-21! sum=99.00!"
BACK = "return number=811111 service=2026-03-20! sum=162.00!"


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return filled(tmp_path)


@pytest.fixture
def anne(pages: Pages) -> Browser:
    return pages.signed_in("anne", Role.REVIEWER)


def filled(folder: Path, rules: SiteRules | None = None) -> Pages:
    made = Pages.make(folder, rules=rules)
    for line in (FORM, OTHER, BACK):
        made.take(line)
    return made


def returned(pages: Pages) -> StatementRow:
    (row,) = pages.records.lone_returns()
    return row


def numbered(pages: Pages, number: str) -> StatementRow:
    (row,) = (its for its in pages.records.statements_numbered(number) if its.pages)
    return row


def address(pages: Pages) -> str:
    return f"/review/returns/{returned(pages).id}"


def form(pages: Pages, do: str = "join", seen: str = "proposed", number: str = "812345") -> dict[str, str]:
    return {"do": do, "seen": seen, "statement": numbered(pages, number).id}


def states(pages: Pages) -> list[tuple[str, MatchState, str | None]]:
    found = pages.records.matches(returned(pages).id)
    return [(its.statement, its.state, its.decided_by) for its in found]


def decided_in_ledger(pages: Pages) -> int:
    return sum(entry.kind == "return_matched" for entry in pages.records.ledger())


def restrict(pages: Pages, row: StatementRow) -> None:
    hidden = replace(row, reasons=(*row.reasons, Reason("defendant_minor")))
    pages.records.tables.statements[row.batch] = (hidden,)


def test_what_waits_is_counted_and_leads_to_both_documents_side_by_side(pages: Pages, anne: Browser) -> None:
    for path in ("/", "/review", "/review/exceptions"):
        assert 'href="/review/returns"' in anne.get(path).text, path
    assert f'href="{address(pages)}"' in anne.get("/review/returns").text

    screen = anne.get(address(pages)).text

    for page in (*returned(pages).returns, *numbered(pages, "812345").pages):
        assert f"/pages/{page}/thumbnail" in screen
        assert anne.get(f"/pages/{page}/thumbnail").status_code == 200
    assert re.search(r"service_date</th>.{0,150}2026-03-20.{0,150}2026-03-20.{0,400}The same", screen, re.DOTALL)
    assert re.search(r"statement_number</th>.{0,150}811111.{0,150}812345.{0,400}Not sure yet", screen, re.DOTALL)


def test_a_join_is_recorded_with_the_person_and_sent_twice_it_counts_once(pages: Pages, anne: Browser) -> None:
    before = decided_in_ledger(pages)

    answers = [anne.post(address(pages), **form(pages)) for _ in range(2)]

    assert [its.headers.get("location") for its in answers] == ["/review/returns?done=joined"] * 2
    assert states(pages) == [(numbered(pages, "812345").id, MatchState.JOINED, "anne")]
    assert decided_in_ledger(pages) == before + 1
    assert ("anne", Act.CHANGED, returned(pages).id) in pages.log()
    assert address(pages) not in anne.get("/review/returns?done=joined").text


def test_a_refused_statement_is_proposed_no_more_and_the_document_waits_on(pages: Pages, anne: Browser) -> None:
    assert anne.post(address(pages), **form(pages, "refuse")).status_code == 303

    assert states(pages) == [(numbered(pages, "812345").id, MatchState.REFUSED, "anne")]
    assert address(pages) in anne.get("/review/returns").text
    assert 'name="do"' not in anne.get(address(pages)).text


def test_a_document_is_compared_with_a_statement_by_its_number_and_joined(pages: Pages, anne: Browser) -> None:
    screen = anne.get(f"{address(pages)}?number=812 399").text
    done = anne.post(address(pages), **form(pages, seen="", number="812399"))

    assert "Different" in screen
    assert done.status_code == 303
    assert (numbered(pages, "812399").id, MatchState.JOINED, "anne") in states(pages)


def test_who_decides_late_is_told_and_changes_nothing(pages: Pages, anne: Browser) -> None:
    target = numbered(pages, "812345").id
    decide_match(returned(pages).id, target, yes=False, keeping=pages.office.archive.keeping, who="benoit")

    late = anne.post(address(pages), **form(pages))

    assert late.status_code == 409
    assert "Somebody else has decided" in late.text
    assert states(pages) == [(target, MatchState.REFUSED, "benoit")]


def test_a_document_joined_elsewhere_is_not_joined_again(pages: Pages, anne: Browser) -> None:
    anne.post(address(pages), **form(pages))

    late = anne.post(address(pages), **form(pages, seen="", number="812399"))

    assert late.status_code == 409
    assert [state for _, state, _ in states(pages)] == [MatchState.JOINED]


def test_while_a_batch_is_taken_in_nothing_is_decided_and_the_form_stays(pages: Pages) -> None:
    @contextmanager
    def busy() -> Iterator[Keeping]:
        raise Unavailable("data_dir_busy", path="/srv/secret/data")
        yield  # pragma: no cover

    pages.parts = replace(pages.parts, holding=busy)
    anne = pages.signed_in("anne", Role.REVIEWER)

    answer = anne.post(address(pages), **form(pages))

    assert answer.status_code == 503
    assert "Another command is at work in data;" in answer.text
    assert "secret" not in answer.text
    assert 'value="join"' in answer.text
    assert [state for _, state, _ in states(pages)] == [MatchState.PROPOSED]
    assert not any(
        act is Act.CHANGED and who == "anne" and subject == returned(pages).id for who, act, subject in pages.log()
    )


def test_a_forged_form_decides_nothing(pages: Pages, anne: Browser) -> None:
    anne.csrf = "x" * 30

    assert anne.post(address(pages), **form(pages)).status_code == 403
    assert [state for _, state, _ in states(pages)] == [MatchState.PROPOSED]


def test_intake_looks_and_does_not_decide_and_no_link_of_its_pages_is_refused(pages: Pages) -> None:
    intake = pages.signed_in("ivan", Role.INTAKE)

    screen = intake.get(address(pages))
    links = {
        link
        for path in ("/", "/review/exceptions", "/review/returns", address(pages))
        for link in re.findall(r'<a [^>]*href="(/[^"#]*)"', intake.get(path).text)
    }

    assert screen.status_code == 200
    assert 'name="do"' not in screen.text
    assert intake.post(address(pages), **form(pages)).status_code == 403
    assert {link: intake.get(link).status_code for link in links if intake.get(link).status_code == 403} == {}


def test_other_roles_see_none_of_it(pages: Pages) -> None:
    for role in (Role.COURT, Role.AUDITOR, Role.ADMIN):
        other = pages.signed_in(role.value, role)
        assert other.get("/review/returns").status_code == 403
        assert other.get(address(pages)).status_code == 403
        assert "/review/returns" not in other.get("/").text


def test_a_restricted_statement_is_neither_shown_nor_decided_without_the_right(pages: Pages, anne: Browser) -> None:
    restrict(pages, numbered(pages, "812345"))
    chief = pages.signed_in("chief", Role.SUPERVISOR)

    screen = anne.get(address(pages)).text

    assert numbered(pages, "812345").pages[0] not in screen
    assert 'name="do"' not in screen
    assert anne.post(address(pages), **form(pages)).status_code == 403
    assert anne.get(f"{address(pages)}?number=812345").status_code == 403
    assert chief.post(address(pages), **form(pages)).status_code == 303


def test_where_the_site_keeps_to_crops_a_reviewer_sees_no_pages_and_decides_nothing(tmp_path: Path) -> None:
    pages = filled(tmp_path, SiteRules(crops_only=True))
    anne = pages.signed_in("anne", Role.REVIEWER)

    assert address(pages) not in anne.get("/review/returns").text
    assert anne.get(address(pages)).status_code == 403
    assert anne.post(address(pages), **form(pages)).status_code == 403


def test_what_is_being_keyed_blind_is_not_shown_beside_the_statement(tmp_path: Path) -> None:
    pages = Pages.make(tmp_path, rules=SiteRules(double_keying=True))
    for line in (f"{FORM} date=2026-03-01!", f"{BACK} date=2026-03-02"):
        pages.take(line)
    anne = pages.signed_in("anne", Role.REVIEWER)
    field = TaskId(f"{returned(pages).returns[0]}/offence_date")

    before = anne.get(address(pages)).text
    first = decide(field, 0, Verdict(Verb.TYPED, text="2026-03-03"), BENOIT, desk=pages.office.desk)
    meanwhile = anne.get(address(pages)).text

    assert isinstance(first, Decided)
    assert "2026-03-02" in before
    assert "2026-03-02" not in meanwhile
    assert "2026-03-03" not in meanwhile


def test_each_look_is_in_the_access_log_before_it_is_shown(pages: Pages, anne: Browser) -> None:
    anne.get(address(pages))

    seen = {subject for who, act, subject in pages.log() if who == "anne" and act is Act.VIEWED}
    assert {returned(pages).id, numbered(pages, "812345").id} <= seen


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "\u202egnp.exe", "../../etc", "é" * 10_000, "\x00x"])
def test_a_hostile_number_is_told_as_text_and_finds_nothing(text: str, pages: Pages, anne: Browser) -> None:
    shown = anne.client.get(address(pages), params={"number": text})
    sent = anne.post(address(pages), do="join", seen="", statement=text)

    assert (shown.status_code, sent.status_code) == (404, 404)
    assert "<script>alert" not in (shown.text + sent.text).lower()
    assert "\u202e" not in shown.text + sent.text
    assert anne.post(address(pages), **form(pages, "drop")).status_code == 422
    assert anne.get(f"/review/returns/{quote(text[:300], safe='')}").status_code == 404


def test_a_hostile_value_of_a_page_is_shown_as_text(tmp_path: Path) -> None:
    pages = Pages.make(tmp_path)
    pages.take(FORM)
    pages.take(BACK.replace("811111", "<b>8</b>"))

    screen = pages.signed_in("anne", Role.REVIEWER).get(address(pages)).text

    assert "<b>8</b>" not in screen
    assert "&lt;b&gt;8&lt;/b&gt;" in screen


def test_a_contradiction_is_listed_until_a_person_decides(tmp_path: Path) -> None:
    pages = Pages.make(tmp_path)
    pages.take(FORM)
    pages.take("return number=812345! service=2026-03-25! sum=162.00!")
    anne = pages.signed_in("anne", Role.REVIEWER)

    assert address(pages) in anne.get("/review/returns").text
    assert "Different" in anne.get(address(pages)).text
    assert anne.post(address(pages), **form(pages, seen="contradicted")).status_code == 303
    assert states(pages) == [(numbered(pages, "812345").id, MatchState.JOINED, "anne")]
    assert address(pages) not in anne.get("/review/returns").text
