"""What the court API answers: a statement, a search, its documents, its court record number."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions
from pipeline.custody.people import Act, Role
from pipeline.custody.review import SiteRules, Verb, Verdict
from pipeline.model import Reason
from pipeline.usecases.review import decide
from pipeline.usecases.verify import verify_all
from pipeline.web.api.statements import MOST_FOUND
from tests.unit.asking import FOREIGN, MINORS, NUMBER, V1, Asker, asker, code_of
from tests.unit.browsing import Pages
from tests.unit.reviewing import ANNE, first_page, task
from tests.unit.sealed import named

FORM = f"form number={NUMBER}! date=2026-03-14! service=2026-03-20! plate=ABC123! fine=162.00 name=TREMBLAY!"


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    made = Pages.make(tmp_path, rules=SiteRules(second_person=False))
    made.take(FORM, f"return number={NUMBER}!", "letter")
    return made


@pytest.fixture
def court(pages: Pages) -> Asker:
    return asker(pages, "court", Role.COURT)


def _take_foreign(pages: Pages, *lines: str) -> None:
    pages.office.archive.take({"other.pdf": "\n".join(lines).encode()}, options=BatchOptions(issuer="valmont"))


def test_a_statement_comes_with_its_particulars_pages_deadlines_and_links(pages: Pages, court: Asker) -> None:
    answer = court.get(f"{V1}/statements/{NUMBER}")

    its = answer.json()
    assert answer.status_code == 200
    assert (its["issuer"], its["number"], its["schedule"], its["state"]) == ("generic", NUMBER, "iii", "in_review")
    # 30 days after 20 March is a Sunday, 19 April.
    assert its["deadlines"] == {"service_date": "2026-03-20", "plea_due_on": "2026-04-20", "verdict": "unknown"}
    assert [(page["document"], page["side"], page["position"]) for page in its["pages"]] == [
        ("statement", "front", 1),
        ("return", "front", 1),
        ("enclosure", "front", 1),
    ]
    fields = {its["name"]: its for its in its["pages"][0]["particulars"]}
    assert (fields["plate"]["value"], fields["plate"]["state"], fields["plate"]["source"]) == (
        "ABC123",
        "accepted",
        "reader",
    )
    assert (fields["fine"]["state"], fields["fine"]["confidence"]) == ("review", 0.6)
    assert fields["fine"]["reasons"][0]["code"] == "low_confidence"
    original = its["pages"][0]["objects"]["original"]
    assert set(original) == {"bucket", "key", "version_id", "sha256", "size_bytes"}
    assert original["sha256"] == pages.records.files(pages.records.batches()[0].id)[0].digest
    for path in (
        its["links"]["self"],
        its["links"]["proof"],
        its["links"]["hard_copy"],
        its["pages"][0]["page_screen"],
    ):
        assert court.get(path).status_code == 200


def test_what_a_person_decided_is_told_as_such(pages: Pages, court: Asker) -> None:
    batch = pages.records.batches()[0].id
    decide(task(batch, "fine"), 0, Verdict(Verb.TYPED, "612.00"), ANNE, desk=pages.office.desk)

    its = court.get(f"{V1}/statements/{NUMBER}").json()

    (fine,) = (each for each in its["pages"][0]["particulars"] if each["name"] == "fine")
    assert (fine["value"], fine["state"], fine["source"], fine["confidence"]) == ("612.00", "accepted", "person", 1.0)
    assert "anne" not in str(its)


def test_an_unchanged_statement_is_not_sent_again_but_each_look_is_logged(pages: Pages, court: Asker) -> None:
    first = court.get(f"{V1}/statements/{NUMBER}")
    again = court.get(f"{V1}/statements/{NUMBER}", if_none_match=first.headers["etag"])
    court.assign(NUMBER, "500-61-000001")
    changed = court.get(f"{V1}/statements/{NUMBER}", if_none_match=first.headers["etag"])

    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200
    looks = [its for its in pages.records.access.entries() if its.who == "client:court" and its.act is Act.VIEWED]
    assert [(its.subject, its.why) for its in looks] == [(NUMBER, "api statement")] * 3


def test_a_number_of_several_issuers_is_answered_with_the_list(pages: Pages, court: Asker) -> None:
    _take_foreign(pages, f"form number={NUMBER}!")

    answer = court.get(f"{V1}/statements/{NUMBER}")

    assert (answer.status_code, code_of(answer)) == (409, "ambiguous_number")
    named_ = {its["issuer"]: its["href"] for its in answer.json()["candidates"]}
    assert set(named_) == {"generic", "valmont"}
    assert court.get(named_["valmont"]).json()["issuer"] == "valmont"


def test_what_is_not_there_is_not_found_and_its_name_is_not_logged(pages: Pages, court: Asker) -> None:
    answers = [court.get(f"{V1}/statements/{number}") for number in ("TREMBLAY", "..;", "x" * 100)]
    answers.append(court.get(f"{V1}/statements/{NUMBER}%0a"))

    said = [(its.status_code, code_of(its)) for its in answers]
    assert said == [(404, "unknown_statement")] * 3 + [(404, "not_found")]
    assert {subject for _, _, subject in pages.log()} == {"statements"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 2),
        ("plate=ABC123", 1),
        ("plate=ABC123&offence_from=2026-03-14&offence_to=2026-03-14", 1),
        ("plate=ABC123&offence_from=2026-03-15", 0),
        ("offence_to=2026-03-13", 0),
        ("state=in_review", 1),
        ("designation=D1", 0),
        ("issuer=valmont", 1),
    ],
)
def test_statements_are_found_by_what_is_on_them(query: str, found: int, pages: Pages, court: Asker) -> None:
    _take_foreign(pages, f"form number={FOREIGN}! plate=XYZ789!")

    answer = court.get(f"{V1}/statements?{query}")

    its = answer.json()["statements"]
    assert len(its) == found
    assert all(court.get(each["href"]).status_code == 200 for each in its)
    assert "ABC123" not in str([(entry.subject, entry.why) for entry in pages.records.access.entries()])


def test_a_search_goes_on_from_leaf_to_leaf(pages: Pages, court: Asker) -> None:
    _take_foreign(pages, *(f"form number={number}! date=2026-05-01!" for number in range(700001, 700008)))
    path, found = f"{V1}/statements?offence_from=2026-05-01&limit=3", []
    while path:
        leaf = court.get(path).json()
        found += [its["number"] for its in leaf["statements"]]
        path = leaf["next"]

    assert found == [str(number) for number in range(700001, 700008)]


@pytest.mark.parametrize(
    "query",
    [
        "plate=abc",
        "plate=A%25",
        "plate='%20OR%201=1",
        "offence_from=yesterday",
        "state=lost",
        f"limit={MOST_FOUND + 1}",
        "limit=0",
        "cursor=%00",
        "cursor=e30",
        "cursor=bnVsbA",
        "cursor=WyJcdWQ4MDAiLCJ4Il0",
        "colour=red",
        "designation=",
    ],
)
def test_a_malformed_search_is_refused_without_repeating_it(query: str, court: Asker) -> None:
    answer = court.get(f"{V1}/statements?{query}")

    assert answer.status_code == 422
    assert code_of(answer) in {"malformed", "bad_cursor"}
    assert "yesterday" not in answer.text


def test_a_statement_of_a_minor_is_found_and_shown_by_the_court_alone(pages: Pages, court: Asker) -> None:
    batch = pages.take(f"form number={MINORS}! plate=MIN001!")
    (row,) = pages.records.statements(batch)
    with pages.records.transaction() as change:
        change.put_statement(replace(row, reasons=(Reason("defendant_minor"),)))
    party = asker(pages, "city", Role.PROSECUTOR, issuer="generic")

    assert court.get(f"{V1}/statements/{MINORS}").status_code == 200
    assert len(court.get(f"{V1}/statements?plate=MIN001").json()["statements"]) == 1
    assert code_of(party.get(f"{V1}/statements/{MINORS}")) == "restricted"
    assert party.get(f"{V1}/statements?plate=MIN001").json()["statements"] == []


# Documents


def test_page_screens_are_found_by_document_and_side(pages: Pages, court: Asker) -> None:
    where = f"{V1}/statements/{NUMBER}/page-screens"
    front = court.get(f"{where}/statement/front")

    assert (front.status_code, front.headers["content-type"]) == (200, "image/jpeg")
    assert court.get(f"{where}/statement/front", if_none_match=front.headers["etag"]).status_code == 304
    assert court.get(f"{where}/statement/front?view=particulars").headers["content-type"] == "image/png"
    assert court.get(f"{where}/return/front?view=thumbnail").status_code == 200
    assert code_of(court.get(f"{where}/statement/back")) == "unknown_page"
    assert code_of(court.get(f"{where}/statement/front?position=2")) == "unknown_page"
    assert code_of(court.get(f"{where}/enclosure/front?view=form")) == "page_without_layers"
    assert code_of(court.get(f"{where}/statement/..%2f..")) == "not_found"
    assert code_of(court.get(f"{where}/cover/front")) == "malformed"
    page = first_page(pages.records.batches()[0].id)
    assert ("client:court", Act.VIEWED, page) in pages.log()


def test_an_object_that_is_gone_is_named_and_nothing_else_of_the_inside(pages: Pages, court: Asker) -> None:
    page = first_page(pages.records.batches()[0].id)
    for name in list(pages.records.tables.derivatives):
        refs = pages.records.tables.derivatives[name]
        gone = tuple(replace(ref, digest=type(ref.digest)("0" * 64)) for ref in refs)
        pages.records.tables.derivatives[name] = gone

    answer = court.get(f"{V1}/statements/{NUMBER}/page-screens/statement/front")

    assert page
    assert (answer.status_code, code_of(answer)) == (404, "object_missing")
    assert "Traceback" not in answer.text


def test_a_prosecutors_hard_copy_is_the_prosecutors_whatever_is_asked_for(pages: Pages, court: Asker) -> None:
    party = asker(pages, "city", Role.PROSECUTOR, issuer="generic")
    path = f"{V1}/statements/{NUMBER}/hard-copy"

    assert court.get(path).content == f"%PDF {NUMBER} court".encode()
    assert court.get(f"{path}?audience=defendant").content == f"%PDF {NUMBER} defendant".encode()
    assert party.get(f"{path}?audience=court").content == f"%PDF {NUMBER} prosecutor".encode()


# Court record numbers


def test_a_statement_is_tied_to_a_court_record_and_found_by_it(pages: Pages, court: Asker) -> None:
    before = court.get(f"{V1}/statements/{NUMBER}/court-record-number")
    assigned = court.assign(NUMBER, "500-61-000001", if_match=before.headers["etag"])

    assert assigned.status_code == 200
    assert assigned.json()["court_record_number"] == "500-61-000001"
    found = court.get(f"{V1}/records/500-61-000001").json()
    assert [its["number"] for its in found["statements"]] == [NUMBER]
    assert found["statements"][0]["court_record_number"] == "500-61-000001"
    assert court.get(f"{V1}/records/500-61-000002").status_code == 404
    assert court.get(f"{V1}/statements/{NUMBER}").json()["court_record_number"] == "500-61-000001"


def test_the_same_request_again_changes_nothing_and_is_answered_as_the_first_time(pages: Pages, court: Asker) -> None:
    first = court.assign(NUMBER, "500-61-000001", "k1")
    court.assign(NUMBER, "500-61-000002", "k2", if_match=first.headers["etag"])

    again = court.assign(NUMBER, "500-61-000001", "k1")

    assert (again.status_code, again.json(), again.headers["etag"]) == (200, first.json(), first.headers["etag"])
    now = court.get(f"{V1}/statements/{NUMBER}/court-record-number").json()
    assert [its["court_record_number"] for its in now["history"]] == ["500-61-000001", "500-61-000002"]


def test_a_number_is_replaced_only_by_whoever_knows_it(pages: Pages, court: Asker) -> None:
    first = court.assign(NUMBER, "500-61-000001", "k1")

    assert code_of(court.assign(NUMBER, "500-61-000002", "k2")) == "court_number_assigned"
    assert court.assign(NUMBER, "500-61-000002", "k3", if_match='"v0"').status_code == 412
    assert court.assign(NUMBER, "500-61-000002", "k3", if_match="*").status_code == 412
    assert code_of(court.assign(NUMBER, "500-61-000009", "k1")) == "court_number_key_reused"
    assert court.assign(NUMBER, "500-61-000002", "k4", if_match=first.headers["etag"]).status_code == 200


@pytest.mark.parametrize("wish", ["", "ab", "500/61", "500 61 1", "é00-61-1", "5" * 41, {}, {"court_record_number": 5}])
def test_what_cannot_be_a_court_record_number_is_refused(wish: object, pages: Pages, court: Asker) -> None:
    answer = court.assign(NUMBER, wish)

    assert (answer.status_code, code_of(answer)) == (422, "malformed")
    assert pages.records.court.attested()[0] == ()


def test_numbers_are_in_the_ledger_without_being_named_and_tampering_is_found(pages: Pages, court: Asker) -> None:
    court.assign(NUMBER, "500-61-000001", "k1")
    archive = pages.office.archive

    def differences() -> set[tuple[str, str]]:
        return named(verify_all(keeping=archive.keeping, runner=archive.runner))

    clean = differences()
    tables = pages.records.tables.court
    (row,) = tables.numbers
    tables.numbers[0] = replace(row, number="500-61-000002")
    altered = differences()
    tables.numbers.clear()
    removed = differences()
    (client,) = tables.clients.values()
    tables.clients[client.id] = replace(client, scopes=frozenset())

    assert clean == set()
    assert altered == {("court_number_altered", "court_number:1")}
    assert removed == {("record_missing", "court_number:1"), ("events_differ", "court_number:1")}
    assert ("client_altered", "client:court") in differences()
    (entry,) = (its for its in pages.records.ledger() if its.kind == "court_number_assigned")
    assert NUMBER not in entry.body + entry.subject
    assert "500-61" not in entry.body
