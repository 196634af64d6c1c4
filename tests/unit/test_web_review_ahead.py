"""What the review screen asks for by itself: the field that follows, that a task is kept longer; one batch alone."""

from __future__ import annotations

import re
from pathlib import Path

import httpx2
import pytest

from pipeline.custody.people import Role
from pipeline.custody.review import TaskId, Verb, Verdict
from pipeline.usecases.review import decide, release, take
from tests.unit.browsing import Browser, Pages
from tests.unit.reviewing import ANNE, BENOIT, task

FRAGMENT = {"x-fragment": "1"}
FORM = "form number=81234567! date=2026-03-14,2026-08-14 name=ROY"


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    made = Pages.make(tmp_path)
    made.take(FORM)
    return made


@pytest.fixture
def anne(pages: Pages) -> Browser:
    return pages.signed_in("anne", Role.REVIEWER)


def its(pages: Pages, word: str) -> TaskId:
    return task(pages.records.batches()[0].id, word)


def shown(text: str) -> str:
    found = re.search(r'data-task="([^"]+)"', text)
    return found[1] if found else ""


def sends(browser: Browser, path: str, **form: str) -> httpx2.Response:
    data = {"csrf": browser.csrf, "version": "0", "queue": "reviewer", **form}
    return browser.client.post(path, data=data, headers={"origin": browser.origin, **FRAGMENT})


def test_the_field_that_follows_is_given_and_kept_before_it_is_asked_for(pages: Pages, anne: Browser) -> None:
    first = shown(anne.get("/review/queue/reviewer").text)

    ahead = anne.get(f"/review/ahead/{first}?queue=reviewer", **FRAGMENT)
    answer = sends(anne, "/review/decide", task=first, do="accept")

    assert ahead.status_code == 200
    assert "<html" not in ahead.text
    assert shown(ahead.text) == shown(answer.text) != ""
    found = pages.records.review.task(TaskId(shown(ahead.text)))
    assert found is not None
    assert found.held_by == "anne"


def test_where_no_field_follows_nothing_is_given(pages: Pages, anne: Browser) -> None:
    take(its(pages, "date"), BENOIT, desk=pages.office.desk)
    anne.get(f"/review/task/{its(pages, 'name')}")

    assert anne.get(f"/review/ahead/{its(pages, 'name')}?queue=reviewer", **FRAGMENT).status_code == 204
    assert anne.get(f"/review/ahead/{its(pages, 'name')}?queue=supervisor", **FRAGMENT).status_code == 204


def test_a_task_is_kept_longer_and_who_has_lost_it_is_told(pages: Pages, anne: Browser) -> None:
    name = its(pages, "name")
    anne.get(f"/review/task/{name}")

    kept = sends(anne, "/review/keep", task=name)
    release(name, ANNE, desk=pages.office.desk)
    take(name, BENOIT, desk=pages.office.desk)
    lost = sends(anne, "/review/keep", task=name)
    decide(name, 0, Verdict(Verb.TYPED, text="SECRET"), BENOIT, desk=pages.office.desk)
    decided = sends(anne, "/review/keep", task=name)

    assert (kept.status_code, lost.status_code, decided.status_code) == (204, 409, 409)
    assert lost.headers["content-type"].startswith("text/plain")
    assert "another person" in lost.text
    assert "Another person has decided" in decided.text
    assert "SECRET" not in decided.text


def test_a_forged_request_keeps_nothing(pages: Pages, anne: Browser) -> None:
    anne.csrf = "x" * 30

    assert sends(anne, "/review/keep", task=its(pages, "name")).status_code == 403


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.REVIEWER, Role.SUPERVISOR)])
def test_other_roles_get_neither(role: Role, pages: Pages) -> None:
    other = pages.signed_in("other", role, issuer="generic" if role is Role.PROSECUTOR else None)
    name = its(pages, "name")

    assert other.get(f"/review/ahead/{name}?queue=reviewer", **FRAGMENT).status_code == 403
    assert sends(other, "/review/keep", task=name).status_code == 403


def test_who_works_on_one_batch_stays_in_it(pages: Pages, anne: Browser) -> None:
    first = pages.records.batches()[0].id
    other = pages.take("form number=81234568! name=GAGNON date=2026-03-14")

    start = anne.get("/review").text
    text = anne.get(f"/review/queue/reviewer?batch={other}").text
    seen: list[str] = []
    while (where := shown(text)) and len(seen) < 9:
        seen.append(where)
        text = sends(anne, "/review/decide", task=where, do="accept", batch=other).text

    assert f"/review/queue/reviewer?batch={other}" in start
    assert {each.partition(".")[0] for each in seen} == {other}
    assert len(seen) == 2
    assert f"/review/task/{first}" not in text


def test_the_head_line_says_how_far_and_how_long(anne: Browser) -> None:
    text = anne.get("/review/queue/reviewer").text

    assert "0 / 2 fields" in text
    assert "0 min" in text
