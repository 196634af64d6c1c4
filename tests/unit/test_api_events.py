"""The feed of events as a machine reads it: from a place on, narrowed, waited for, and only what it may see."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions
from pipeline.custody.people import Act, Role
from pipeline.custody.review import TaskId
from pipeline.usecases.review.case_acts import restrict_file
from pipeline.web.api import events
from tests.unit.asking import FOREIGN, MINORS, NUMBER, V1, Asker, asker, code_of
from tests.unit.browsing import Pages
from tests.unit.reviewing import ACCEPT, CHIEF, of, say, task

FEED = f"{V1}/events"


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    made = Pages.make(tmp_path)
    made.take(f"form number={NUMBER}! plate=ABC123! sum=162.00")
    return made


@pytest.fixture
def court(pages: Pages) -> Asker:
    return asker(pages, "court", Role.COURT)


def _foreign(pages: Pages) -> None:
    pages.office.archive.take({"o.pdf": f"form number={FOREIGN}!".encode()}, options=BatchOptions(issuer="valmont"))


def test_events_come_with_their_data_and_the_place_to_go_on_from(pages: Pages, court: Asker) -> None:
    first = court.get(FEED).json()
    say(pages.office, task(pages.records.batches()[0].id, "sum"), ACCEPT)
    rest = court.get(f"{FEED}?after={first['next']}").json()

    assert [its["kind"] for its in first["events"]] == ["received", "readable", "published"]
    assert (first["next"], first["more"]) == (3, False)
    assert [its["sequence"] for its in rest["events"]] == [4, 5]
    its = rest["events"][0]
    assert its["data"] == {"field": "total_requested", "value": "162.00", "source": "person"}
    assert (its["issuer"], its["number"], its["kind"]) == ("generic", NUMBER, "published")
    assert court.get(its["href"]).status_code == 200


def test_a_leaf_at_a_time_is_the_whole_feed(pages: Pages, court: Asker) -> None:
    _foreign(pages)
    whole = court.get(FEED).json()["events"]
    found: list[object] = []
    after, more = 0, True
    while more:
        leaf = court.get(f"{FEED}?limit=2&after={after}").json()
        found, after, more = found + leaf["events"], leaf["next"], leaf["more"]

    assert found == whole
    assert court.get(FEED).json()["events"] == whole


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=received", ["received", "received"]),
        ("kind=published&kind=archived", ["published"]),
        (f"statement={FOREIGN}", ["readable", "reviewed"]),
        ("issuer=valmont", ["received", "readable", "reviewed"]),
        ("issuer=nobody", []),
    ],
)
def test_what_is_wanted_is_picked_out_and_the_rest_is_passed_over(
    query: str, found: list[str], pages: Pages, court: Asker
) -> None:
    _foreign(pages)

    answer = court.get(f"{FEED}?{query}").json()

    assert [its["kind"] for its in answer["events"]] == found
    assert answer["next"] == pages.records.events.last()


def test_a_prosecutor_is_told_of_its_own_statements_and_of_no_minors(pages: Pages) -> None:
    city = asker(pages, "city", Role.PROSECUTOR, issuer="generic")
    _foreign(pages)
    minors = pages.take(f"form number={MINORS}! plate=XYZ789!")
    before = city.get(FEED).json()
    statement = f"{minors}.s0001"
    restrict_file(statement, 0, CHIEF, restricted=True, reason="16 years", desk=pages.office.desk)
    after, last = city.get(FEED).json(), pages.records.events.last()
    version = of(pages.office, TaskId(statement)).version
    restrict_file(statement, version, CHIEF, restricted=False, reason="19 years", desk=pages.office.desk)
    again = city.get(f"{FEED}?after={after['next']}").json()

    assert {its["number"] for its in before["events"]} == {None, NUMBER, MINORS}
    assert {its["statement"] for its in after["events"]} == {f"{pages.records.batches()[0].id}.s0001"}
    assert (after["next"], after["more"]) == (last, False)
    assert "released" in {its["kind"] for its in again["events"]}
    assert FOREIGN not in str(before) + str(again)
    assert city.get(f"{FEED}?issuer=valmont").json()["events"] == []


def test_a_place_that_was_not_reached_yet_is_refused(court: Asker) -> None:
    answer = court.get(f"{FEED}?after=4")

    assert (answer.status_code, code_of(answer)) == (409, "events_not_reached")
    assert answer.json()["facts"] == {"after": 4, "newest": 3}


@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=0", "limit=501", "kind=lost", "wait_s=21", "other=1"])
def test_what_no_feed_has_is_malformed(query: str, court: Asker) -> None:
    assert code_of(court.get(f"{FEED}?{query}")) == "malformed"


def test_who_waits_is_answered_as_soon_as_something_happens(pages: Pages, court: Asker) -> None:
    def decide() -> None:
        say(pages.office, task(pages.records.batches()[0].id, "sum"), ACCEPT)

    later, began = threading.Timer(0.5, decide), time.monotonic()
    later.start()
    answer = court.get(f"{FEED}?after=3&wait_s=20").json()
    later.join()

    assert [its["kind"] for its in answer["events"]] == ["published", "reviewed"]
    assert time.monotonic() - began < 10.0


def test_who_waits_in_vain_is_told_so_and_more_than_may_wait_do_not(
    court: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.monotonic()
    in_vain = court.get(f"{FEED}?after=3&wait_s=1")
    waited_s = time.monotonic() - began
    monkeypatch.setattr(events, "MOST_WAITING", 0)
    began = time.monotonic()
    at_once = court.get(f"{FEED}?after=3&wait_s=20")

    assert in_vain.json() == at_once.json() == {"events": [], "next": 3, "more": False}
    assert waited_s >= 1.0
    assert time.monotonic() - began < 15.0


def test_the_log_says_which_events_were_shown_and_nothing_of_what_they_say(pages: Pages, court: Asker) -> None:
    court.get(FEED)
    court.get(f"{FEED}?after=3")

    looks = [its for its in pages.records.access.entries() if its.who == "client:court"]
    assert [(its.act, its.subject, its.why) for its in looks] == [(Act.VIEWED, "events", "api events 1-3")]
