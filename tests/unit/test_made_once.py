"""Hard copies and proofs: each made once as long as nothing changes, told apart by their bytes; HEAD too."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from pipeline.custody.people import Act, Role
from pipeline.custody.review import SiteRules, Verb, Verdict
from pipeline.errors import OperatorError
from pipeline.screens.hard_copy import HardCopy
from pipeline.screens.hard_copy_terms import Audience
from pipeline.usecases.retrieve import StatementReport
from pipeline.usecases.review import Decided, decide
from pipeline.web.made_once import MadeOnce, state_of
from tests.unit.asking import NUMBER, V1, Asker, asker
from tests.unit.browsing import Pages
from tests.unit.reviewing import ANNE, task

COPY = f"{V1}/statements/{NUMBER}/hard-copy"


@pytest.fixture
def numbers() -> Iterator[int]:
    return count(1)


@pytest.fixture
def pages(tmp_path: Path, numbers: Iterator[int]) -> Pages:
    made = Pages.make(tmp_path, rules=SiteRules(second_person=False))

    def signed_anew(report: StatementReport, audience: Audience) -> HardCopy:
        # As a signature does it: never the same bytes twice.
        before = made_before(report, audience)
        return replace(before, data=before.data + f" signed {next(numbers)}".encode())

    made_before = made.parts.hard_copy
    made.parts = replace(made.parts, hard_copy=signed_anew)
    made.take(f"form number={NUMBER}! fine=162.00", "letter")
    return made


@pytest.fixture
def court(pages: Pages) -> Asker:
    return asker(pages, "court", Role.COURT)


def at_once(acts: int, act: Callable[[], object]) -> None:
    threads = [threading.Thread(target=act) for _ in range(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def test_who_asks_while_it_is_made_gets_the_same() -> None:
    kept, made, begun = MadeOnce(), count(), threading.Event()
    found: list[bytes] = []

    def make() -> bytes:
        begun.wait(0.2)
        return str(next(made)).encode()

    at_once(8, lambda: found.append(kept.get("a", make).data))

    assert found == [b"0"] * 8
    assert kept.get("b", make).data == b"1"


def test_what_fails_for_one_is_tried_again_for_the_next() -> None:
    kept = MadeOnce()

    def fails() -> bytes:
        raise OperatorError("hard_copy_nothing")

    with pytest.raises(OperatorError):
        kept.get("a", fails)

    assert kept.get("a", lambda: b"made").data == b"made"


def test_memory_is_bounded_and_what_goes_first_is_what_was_asked_for_longest_ago() -> None:
    kept = MadeOnce(most_bytes=250)
    for name in ("a", "b", "a", "c"):
        kept.get(name, lambda: bytes(100))

    assert kept.get("a", lambda: b"anew").data == bytes(100)
    assert kept.get("b", lambda: b"anew").data == b"anew"


def test_equal_reports_are_one_state_and_other_audiences_another() -> None:
    assert state_of("hard copy", Audience.COURT, (1, "é")) == state_of("hard copy", Audience.COURT, (1, "é"))
    assert state_of("hard copy", Audience.COURT, (1,)) != state_of("hard copy", Audience.DEFENDANT, (1,))


def test_a_hard_copy_has_the_same_bytes_until_something_of_it_changes(pages: Pages, court: Asker) -> None:
    first, again = court.get(COPY), court.get(COPY)
    known = court.get(COPY, if_none_match=first.headers["etag"])
    defendants = court.get(f"{COPY}?audience=defendant")

    assert first.content == again.content == f"%PDF {NUMBER} court signed 1".encode()
    assert (known.status_code, known.content) == (304, b"")
    assert defendants.headers["etag"] != first.headers["etag"]

    assert isinstance(
        decide(task(pages.records.batches()[0].id, "fine"), 0, Verdict(Verb.ACCEPT), ANNE, desk=pages.office.desk),
        Decided,
    )
    changed = court.get(COPY, if_none_match=first.headers["etag"])

    assert changed.status_code == 200
    assert changed.content.endswith(b"signed 3")
    assert [act for who, act, _ in pages.log() if who == "client:court"].count(Act.EXPORTED) == 5


def test_head_tells_what_get_would_and_sends_nothing(pages: Pages, court: Asker) -> None:
    got = court.get(COPY)
    headers = {"authorization": f"Bearer {court.key}"}

    told = court.client.head(COPY, headers=headers)
    unknown = court.client.head(f"{V1}/statements/999999/hard-copy", headers=headers)

    assert (told.status_code, told.content) == (200, b"")
    assert told.headers["etag"] == got.headers["etag"]
    assert told.headers["content-length"] == str(len(got.content))
    assert (unknown.status_code, unknown.content) == (404, b"")
    assert court.client.head(COPY).status_code == 401


def test_people_get_the_same_copy_and_need_not_load_it_twice(pages: Pages, court: Asker) -> None:
    clerk = pages.signed_in("claire", Role.COURT)
    path = f"/statements/{NUMBER}/hard-copy.pdf"

    first = clerk.get(path)
    known = clerk.client.get(path, headers={"if-none-match": first.headers["etag"]})

    assert first.content == court.get(COPY).content
    assert "attachment" in first.headers["content-disposition"]
    assert (known.status_code, known.content) == (304, b"")
