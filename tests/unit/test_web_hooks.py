"""The pages of webhooks: what they show to whoever runs the server, and what can be done there."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.custody.hooks import DeliveryState, HookState
from pipeline.custody.people import Act, Role
from tests.unit.browsing import Browser, Pages
from tests.unit.hooked import DEAD, hook_with_everything


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    made = Pages.make(tmp_path)
    hook_with_everything(made.records)
    return made


@pytest.fixture
def admin(pages: Pages) -> Browser:
    return pages.signed_in("alain", Role.ADMIN)


def _states(pages: Pages) -> dict[int, DeliveryState]:
    hook = pages.records.hooks.all()[0]
    return {row.sequence: row.state for row in pages.records.hooks.deliveries(hook.id, most=99)}


def test_the_page_tells_what_was_given_up_and_why_and_not_what_lets_messages_in(admin: Browser) -> None:
    listed, shown = admin.get("/hooks").text, admin.get("/hooks/of/court").text

    assert "court.example" in listed
    assert "HTTP 500" in shown
    assert "The receiver answered with an error." in shown
    assert "se-cr-et" not in listed + shown


def test_what_was_given_up_is_sent_again_with_an_entry_in_ledger_and_log(pages: Pages, admin: Browser) -> None:
    answer = admin.post("/hooks/of/court", do="replay_dead")

    assert answer.headers["location"] == "/hooks/of/court?done=replay_dead"
    assert _states(pages)[DEAD] is DeliveryState.WAITING
    assert [its.kind for its in pages.records.ledger() if its.subject == "hook:court"] == [
        "hook_added",
        "hook_replayed",
    ]
    assert pages.log()[-1] == ("alain", Act.CHANGED, "hook:court")
    assert "goes out again" in admin.get(answer.headers["location"]).text


def test_one_is_let_go_of(pages: Pages, admin: Browser) -> None:
    admin.post("/hooks/of/court", do="skip", sequence=str(DEAD))

    assert _states(pages)[DEAD] is DeliveryState.SKIPPED


def test_the_sending_is_paused_and_resumed(pages: Pages, admin: Browser) -> None:
    admin.post("/hooks/of/court", do="pause")
    assert pages.records.hooks.all()[0].state is HookState.PAUSED

    admin.post("/hooks/of/court", do="resume")
    assert pages.records.hooks.all()[0].state is HookState.RUNNING


def test_everything_from_an_event_on_is_sent_again(pages: Pages, admin: Browser) -> None:
    answer = admin.post("/hooks/of/court", do="replay", sequence=" 2 ")

    assert answer.status_code == 303
    assert pages.records.hooks.queued(pages.records.hooks.all()[0].id) == 1


@pytest.mark.parametrize("sequence", ["", "0", "-1", "x", "٣", "9" * 30])
def test_what_is_no_number_of_an_event_is_said(pages: Pages, admin: Browser, sequence: str) -> None:
    answer = admin.post("/hooks/of/court", do="replay", sequence=sequence)

    assert answer.status_code == 422
    assert "from 1 on" in answer.text
    assert pages.records.hooks.queued(pages.records.hooks.all()[0].id) == 5


def test_an_act_on_what_is_not_so_is_said_and_one_that_there_is_not_is_not_found(pages: Pages, admin: Browser) -> None:
    assert admin.post("/hooks/of/court", do="skip", sequence="1").status_code == 422
    assert admin.post("/hooks/of/court", do="explode").status_code == 404
    assert admin.post("/hooks/of/nobody", do="pause").status_code == 404
    assert admin.get("/hooks/of/nobody").status_code == 404
    assert admin.get("/hooks/of/%3Cb%3E").status_code == 404


def test_history_goes_on_from_leaf_to_leaf(admin: Browser) -> None:
    shown = admin.get("/hooks/of/court?before=3").text

    assert "s2-e0002" in shown
    assert "s4-e0005" not in shown
