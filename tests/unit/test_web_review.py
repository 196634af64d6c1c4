"""The review screen over an archive in memory: decisions, faults, rights, what is in the access log."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.custody.people import Act, Role
from pipeline.custody.review import SiteRules, TaskId, Verb, Verdict
from pipeline.usecases.review import decide, release, take
from tests.unit.browsing import Browser, Pages
from tests.unit.reviewing import ANNE, BENOIT, first_page, task

FORM = "form number=812345! date=2026-03-14,2026-08-14 name=ROY fine=100.00! costs=62.00! sum=161.00"
FRAGMENT = {"x-fragment": "1"}


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


def send(browser: Browser, task: str, do: str = "enter", **form: str) -> str:
    """A decision as the script sends it; returns the text of the answer, its status before it."""
    data = {"csrf": browser.csrf, "task": task, "version": "0", "queue": "reviewer", "do": do, **form}
    answer = browser.client.post("/review/decide", data=data, headers={"origin": browser.origin, **FRAGMENT})
    return f"{answer.status_code} {answer.text}"


def said(pages: Pages, word: str) -> list[tuple[str, Verb, object]]:
    history = pages.records.review.history(its(pages, word))
    return [(row.who, row.verb, row.value) for row in history]


def shown(text: str) -> str:
    found = re.search(r'data-task="([^"]+)"', text)
    return found[1] if found else ""


def test_a_decision_is_one_request_whose_answer_is_the_next_task(pages: Pages, anne: Browser) -> None:
    first = anne.get("/review/queue/reviewer").text

    answer = send(anne, shown(first), default="accept", text="x", shown="x")

    assert answer.startswith("200")
    assert shown(answer) not in ("", shown(first))
    assert "<html" not in answer
    assert "data-ahead1=" in first


def test_the_queue_loaded_again_shows_the_same_task(pages: Pages, anne: Browser) -> None:
    assert shown(anne.get("/review/queue/reviewer").text) == shown(anne.get("/review/queue/reviewer").text)


def test_without_a_script_a_decision_leads_to_the_next_task(pages: Pages, anne: Browser) -> None:
    answer = anne.post("/review/decide", task=its(pages, "name"), version="0", do="accept", queue="reviewer")

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/review/queue/reviewer?after=")
    assert shown(anne.get(answer.headers["location"]).text) == its(pages, "date")


def test_enter_on_an_untouched_value_accepts_and_on_another_types(pages: Pages, anne: Browser) -> None:
    send(anne, its(pages, "name"), default="accept", text="ROY", shown="ROY")
    send(anne, its(pages, "date"), default="accept", text="14-03-2026", shown="2026-03-14")

    assert said(pages, "name") == [("anne", Verb.ACCEPT, "ROY")]
    assert said(pages, "date") == [("anne", Verb.TYPED, "2026-03-14")]


def test_a_candidate_is_picked_by_its_number(pages: Pages, anne: Browser) -> None:
    send(anne, its(pages, "date"), "candidate:2")

    assert said(pages, "date") == [("anne", Verb.CANDIDATE, "2026-08-14")]


def test_a_value_of_the_wrong_form_is_told_and_not_recorded(pages: Pages, anne: Browser) -> None:
    answer = send(anne, its(pages, "date"), text="yesterday", shown="2026-03-14")

    assert answer.startswith("422")
    assert 'class="wrong"' in answer
    assert said(pages, "date") == []


def test_a_sum_that_does_not_add_up_needs_a_reason(pages: Pages, anne: Browser) -> None:
    refused = send(anne, its(pages, "sum"), "accept")
    taken = send(anne, its(pages, "sum"), "accept", reason="So it is printed")

    assert refused.startswith("422")
    assert taken.startswith("200")
    assert said(pages, "sum") == [("anne", Verb.ACCEPT, "161.00")]


def test_the_preview_says_what_a_value_would_come_to_and_records_nothing(pages: Pages, anne: Browser) -> None:
    form = {"csrf": anne.csrf, "task": its(pages, "sum"), "version": "0", "do": "enter", "text": "162,00", "shown": ""}
    answer = anne.client.post("/review/preview", data=form, headers={"origin": anne.origin, **FRAGMENT})

    assert "162.00" in answer.text
    assert "holds" in answer.text
    assert said(pages, "sum") == []


def test_the_second_writer_sees_the_value_of_the_first(pages: Pages, anne: Browser) -> None:
    anne.get("/review/queue/reviewer")
    decide(its(pages, "name"), 0, Verdict(Verb.TYPED, text="BOUCHARD"), BENOIT, desk=pages.office.desk)

    answer = send(anne, its(pages, "name"), text="ROYER", shown="ROY")

    assert answer.startswith("409")
    assert "BOUCHARD" in answer
    assert said(pages, "name") == [("benoit", Verb.TYPED, "BOUCHARD")]


def test_a_form_sent_twice_counts_once(pages: Pages, anne: Browser) -> None:
    for _ in range(2):
        assert send(anne, its(pages, "name"), text="ROYER", shown="ROY").startswith("200")

    assert said(pages, "name") == [("anne", Verb.TYPED, "ROYER")]


def test_another_value_sent_for_what_one_has_decided_is_never_lost_silently(pages: Pages, anne: Browser) -> None:
    send(anne, its(pages, "name"), text="ROYER", shown="ROY")

    answer = send(anne, its(pages, "name"), text="ROYEZ", shown="ROY")

    assert answer.startswith("409")
    assert "ROYER" in answer
    assert said(pages, "name") == [("anne", Verb.TYPED, "ROYER")]


def test_who_keys_blind_is_not_told_what_the_first_person_said(tmp_path: Path) -> None:
    pages = Pages.make(tmp_path, rules=SiteRules(double_keying=True))
    pages.take(FORM)
    anne, benoit = pages.signed_in("anne", Role.REVIEWER), pages.signed_in("benoit", Role.REVIEWER)
    send(anne, its(pages, "date"), text="2019-01-02", shown="2026-03-14")

    late = send(benoit, its(pages, "date"), text="2019-01-03", shown="2026-03-14")
    screen = benoit.get("/review/queue/second").text

    assert late.startswith("409")
    assert shown(screen) == its(pages, "date")
    assert "2019-01-02" not in late + screen


def test_a_change_of_a_critical_field_is_confirmed_by_another_person(pages: Pages, anne: Browser) -> None:
    benoit = pages.signed_in("benoit", Role.REVIEWER)
    send(anne, its(pages, "date"), text="2026-03-15", shown="2026-03-14")

    own = anne.get("/review/queue/second").text
    screen = benoit.get("/review/queue/second").text
    answer = send(benoit, its(pages, "date"), version="1", queue="second", default="confirm:1", text="y", shown="y")

    assert shown(own) == ""
    assert shown(screen) == its(pages, "date")
    assert 'value="2026-03-15"' in screen
    assert 'data-default="confirm:1"' in screen
    assert answer.startswith("200")
    assert said(pages, "date")[-1] == ("benoit", Verb.TYPED, "2026-03-15")


def test_the_last_decision_is_taken_back(pages: Pages, anne: Browser) -> None:
    answer = send(anne, its(pages, "name"), text="ROYER", shown="ROY")
    trail = re.search(r'name="trail" value="([^"]+)"', answer)
    assert trail is not None

    back = anne.client.post(
        "/review/undo",
        data={"csrf": anne.csrf, "trail": trail[1], "queue": "reviewer"},
        headers={"origin": anne.origin, **FRAGMENT},
    )

    assert shown(back.text) == its(pages, "name")
    assert [verb for _, verb, _ in said(pages, "name")] == [Verb.TYPED, Verb.UNDO]


def test_a_referred_field_comes_to_the_supervisor_with_its_reason(pages: Pages, anne: Browser) -> None:
    chief = pages.signed_in("chief", Role.SUPERVISOR)

    without = send(anne, its(pages, "name"), "refer")
    send(anne, its(pages, "name"), "refer", reason="Two names <b>here</b>")
    screen = chief.get("/review/queue/supervisor").text

    assert without.startswith("422")
    assert shown(screen) == its(pages, "name")
    assert "Two names &lt;b&gt;here&lt;/b&gt;" in screen
    assert anne.get("/review/queue/supervisor").status_code == 404


def test_a_forged_form_records_nothing(pages: Pages, anne: Browser) -> None:
    anne.csrf = "x" * 30

    assert send(anne, its(pages, "name"), "accept").startswith("403")
    assert said(pages, "name") == []


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "\u202egnp.exe", "=cmd()", "é" * 10_000])
def test_a_hostile_text_is_shown_as_text_or_refused(text: str, pages: Pages, anne: Browser) -> None:
    answer = send(anne, its(pages, "name"), text=text, shown="ROY")
    late = send(anne, its(pages, "name"), text="OTHER", shown="ROY")

    assert answer[:3] in ("200", "422")
    assert "<script>alert" not in late
    assert "\u202e" not in late
    assert "<script>alert" not in anne.get(f"/review/task/{its(pages, 'name')}").text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", "-1"),
        ("version", "²"),
        ("version", "99999999999999999999"),
        ("task", ""),
        ("task", "x" * 5000),
        ("do", "drop"),
        ("do", "candidate:99"),
        ("queue", "nobody"),
        ("trail", "@@@,@@"),
        ("batch", "../../etc"),
    ],
)
def test_malformed_parts_of_a_form_are_no_fault(name: str, value: str, pages: Pages, anne: Browser) -> None:
    answer = send(anne, **{"task": its(pages, "name"), "do": "candidate:99", name: value})

    assert answer[:3] in ("404", "409", "422")
    assert said(pages, "name") == []


@pytest.mark.parametrize("path", ["../../../etc/passwd", "%2e%2e%2fconstat.db", "x%00y", "a" * 3000, "-", "’"])
@pytest.mark.parametrize("view", ["crop", "around", "page", "task"])
def test_an_address_of_a_picture_is_never_a_path(view: str, path: str, anne: Browser) -> None:
    assert anne.get(f"/review/{view}/{path}").status_code == 404


def test_a_crop_is_a_picture_and_one_line_of_the_access_log_a_page(pages: Pages, anne: Browser) -> None:
    before = len(pages.log())
    for word in ("name", "date", "name"):
        answer = anne.get(f"/review/crop/{its(pages, word)}")
        assert answer.headers["content-type"] == "image/png"
        assert answer.content.startswith(b"\x89PNG")
    page = first_page(pages.records.batches()[0].id)

    assert pages.log()[before:] == [("anne", Act.VIEWED, page)]
    assert list(pages.records.access.entries())[-1].why == "review_reviewer"
    assert (
        anne.get(f"/review/crop/{its(pages, 'name')}", **{"if-none-match": answer.headers["etag"]}).status_code == 304
    )


def test_a_picture_that_is_missing_in_the_store_is_told_and_the_task_can_be_referred(
    pages: Pages, anne: Browser
) -> None:
    pages.office.archive.objects.objects.clear()

    assert anne.get(f"/review/crop/{its(pages, 'name')}").status_code == 404
    assert anne.get("/review/queue/reviewer").status_code == 200
    assert send(anne, its(pages, "name"), "refer", reason="No image").startswith("200")


def test_where_the_site_keeps_to_crops_the_server_shows_no_more(tmp_path: Path) -> None:
    pages = Pages.make(tmp_path, rules=SiteRules(crops_only=True))
    pages.take(FORM)
    anne, chief = pages.signed_in("anne", Role.REVIEWER), pages.signed_in("chief", Role.SUPERVISOR)
    name, page = its(pages, "name"), first_page(pages.records.batches()[0].id)

    assert anne.get(f"/review/crop/{name}").status_code == 200
    for path in (f"/review/around/{name}", f"/review/page/{name}", f"/pages/{page}/scan"):
        assert anne.get(path).status_code == 404
        assert chief.get(path).status_code == 200
    assert "/review/around/" not in anne.get("/review/queue/reviewer").text
    assert send(anne, name, "accept").startswith("200")
    assert anne.get(f"/review/crop/{name}").status_code == 404, "it is decided: no more of anybody's business"


def test_a_carpet_accepts_all_but_what_is_thrown_out(pages: Pages, anne: Browser) -> None:
    batch = pages.take("form mark=true", "form mark=true", "form mark=true", "form mark=false")
    tasks = [task(batch, "mark", number) for number in (1, 2, 3)]

    listed = anne.get("/review/carpets").text
    screen = anne.get(f"/review/carpet/{tasks[0]}").text
    form = {"csrf": anne.csrf, "one": [f"{each}@0" for each in tasks], "out": [tasks[1]]}
    done = anne.client.post("/review/carpet", data=form, headers={"origin": anne.origin})

    assert f"/review/carpet/{tasks[0]}" in listed
    assert screen.count('name="out"') == 3
    assert done.status_code == 200
    states = [pages.records.review.task(each).state for each in tasks]  # type: ignore[union-attr] # they are there
    assert states == ["decided", "open", "decided"]


def test_a_batch_with_open_fields_is_not_closed_and_they_are_listed(pages: Pages) -> None:
    chief = pages.signed_in("chief", Role.SUPERVISOR)
    batch = pages.records.batches()[0].id

    refused = chief.post(f"/review/closing/{batch}")
    for word in ("name", "date", "sum"):
        send(chief, its(pages, word), "accept", reason="As printed")
    closed = chief.post(f"/review/closing/{batch}")

    assert refused.status_code == 409
    assert f"/review/task/{its(pages, 'name')}" in refused.text
    assert closed.status_code == 303
    assert send(chief, its(pages, "name"), version="1", do="typed", text="LATE").startswith("409")


def test_a_page_that_nobody_could_place_is_made_an_enclosure(pages: Pages) -> None:
    chief = pages.signed_in("chief", Role.SUPERVISOR)
    batch = pages.take("unknown")
    page = first_page(batch)

    assert f"/review/pages/{page}" in chief.get("/review/exceptions").text
    assert chief.get(f"/review/task/{page}").headers["location"] == f"/review/pages/{page}"
    assert chief.post(f"/review/pages/{page}", do="enclosure", version="0").status_code == 303
    assert pages.records.page(page).label == "enclosure"  # type: ignore[union-attr,arg-type] # it is there


def test_the_end_of_a_queue_says_what_to_do_next(pages: Pages) -> None:
    chief = pages.signed_in("chief", Role.SUPERVISOR)
    for word in ("name", "date", "sum"):
        answer = send(chief, its(pages, word), "accept", reason="As printed")

    assert "/review/closing" in answer


def test_a_task_that_went_to_somebody_else_after_the_lease_is_told_and_one_goes_on(pages: Pages, anne: Browser) -> None:
    anne.get(f"/review/task/{its(pages, 'name')}")
    release(its(pages, "name"), ANNE, desk=pages.office.desk)
    take(its(pages, "name"), BENOIT, desk=pages.office.desk)

    answer = send(anne, its(pages, "name"), "accept")

    assert answer.startswith("409")
    assert "data-onward" in answer
    assert said(pages, "name") == []


def test_without_a_script_what_was_typed_wrongly_is_there_to_be_mended(pages: Pages, anne: Browser) -> None:
    form = {"version": "0", "queue": "reviewer", "text": "yesterday", "shown": "2026-03-14"}

    answer = anne.post("/review/decide", task=its(pages, "date"), do="enter", **form)
    again = anne.post("/review/decide", task=its(pages, "date"), do="enter", **{**form, "text": "2026-03-15"})

    assert answer.status_code == 422
    assert 'value="yesterday"' in answer.text
    assert 'class="wrong"' in answer.text
    assert again.status_code == 303


_REVIEWS, _ALSO_INTAKE, _CLOSES = (
    {Role.REVIEWER, Role.SUPERVISOR},
    {Role.REVIEWER, Role.SUPERVISOR, Role.INTAKE},
    {Role.SUPERVISOR},
)
OPEN_TO = {
    "/review": _REVIEWS,
    "/review/queue/reviewer": _REVIEWS,
    "/review/queue/supervisor": _CLOSES,
    "/review/task/{task}": _REVIEWS,
    "/review/crop/{task}": _REVIEWS,
    "/review/around/{task}": _REVIEWS,
    "/review/page/{task}": _REVIEWS,
    "/review/carpets": _REVIEWS,
    "/review/carpet/{task}": _REVIEWS,
    "/review/exceptions": _ALSO_INTAKE,
    "/review/closing": _CLOSES,
    "/review/closing/{batch}": _CLOSES,
}
"""Written out by hand: a slip in the table of rules shows as a difference."""


@pytest.mark.parametrize("path", list(OPEN_TO))
def test_a_page_of_review_opens_for_its_roles_and_no_other(path: str, pages: Pages) -> None:
    batch = pages.records.batches()[0].id
    where = path.format(task=its(pages, "name"), batch=batch)

    opened = set()
    for role in Role:
        issuer = "generic" if role is Role.PROSECUTOR else None
        if pages.signed_in(role.value, role, issuer=issuer).get(where).status_code in (200, 409):
            opened.add(role)

    assert opened == OPEN_TO[path]
