"""A plea in a letter, on its page: entered with its place, seen by whoever confirms it; rights, faults, the log."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.custody.people import Act, Role
from pipeline.custody.review import SiteRules, TaskId, TaskState, Verb
from pipeline.geometry import BoxPx
from pipeline.model import PageId, Reason
from pipeline.usecases.review import close_batch
from tests.unit.browsing import Browser, Pages
from tests.unit.drawn import HEIGHT_PX, WIDTH_PX, drawn_flow, drawn_pages, wedge
from tests.unit.reviewing import CHIEF, first_page

WEDGE = {"x": "50", "y": "80", "width": "37,5", "height": "10"}
"""Where the grey wedge is seen on a letter that is shown upside down."""
WORDS = "« je plaide coupable »"


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return filled(tmp_path)


@pytest.fixture
def anne(pages: Pages) -> Browser:
    return pages.signed_in("anne", Role.REVIEWER)


def filled(folder: Path, rules: SiteRules | None = None) -> Pages:
    made = drawn_pages(Pages.make(folder, rules=rules, flow=drawn_flow))
    made.take("form number=812345!", "letter")
    return made


def letter(pages: Pages) -> str:
    return first_page(pages.records.batches()[0].id, 2)


def address(pages: Pages) -> str:
    return f"/review/letters/{letter(pages)}"


def plea(pages: Pages) -> TaskId:
    return TaskId(f"{letter(pages)}/plea")


def form(**changed: str) -> dict[str, str]:
    return {**WEDGE, "base": "2", "plea": "guilty", "reason": WORDS, **changed}


def said(pages: Pages) -> list[tuple[str, Verb, object]]:
    return [(row.who, row.verb, row.value) for row in pages.records.review.history(plea(pages))]


def restrict(pages: Pages) -> None:
    batch = pages.records.batches()[0].id
    (row,) = pages.records.statements(batch)
    pages.records.tables.statements[batch] = (replace(row, reasons=(*row.reasons, Reason("defendant_minor"))),)


def test_a_letter_is_listed_with_its_statement_and_leads_to_its_page(pages: Pages, anne: Browser) -> None:
    listed = anne.get("/review/letters").text

    assert f'href="{address(pages)}"' in listed
    assert "812345" in listed
    assert address(pages) in anne.get("/review/letters?kind=all").text
    assert address(pages) not in anne.get("/review/letters?kind=other").text
    assert address(pages) not in anne.get("/review/letters?batch=2020-01-01-001&kind=other").text
    assert anne.get("/review/letters").status_code == 200


def test_a_plea_is_recorded_where_it_was_marked_on_a_letter_shown_upside_down(pages: Pages, anne: Browser) -> None:
    done = anne.post(address(pages), **form())

    (row,) = pages.records.review.history(plea(pages))
    assert done.headers["location"] == f"{address(pages)}?done=1"
    assert (row.who, row.verb, row.value, row.reason) == ("anne", Verb.TYPED, "guilty", WORDS)
    assert row.place == wedge()


def test_the_second_person_sees_the_marked_place_and_confirms_it(pages: Pages, anne: Browser) -> None:
    anne.post(address(pages), **form())
    benoit = pages.signed_in("benoit", Role.REVIEWER)

    screen = benoit.get(f"/review/task/{plea(pages)}").text
    crop = benoit.get(f"/review/crop/{plea(pages)}?alone=1")
    done = benoit.post("/review/decide", task=plea(pages), version="1", do="confirm:1", queue="second")

    assert f"/review/crop/{plea(pages)}" in screen
    assert f"/review/around/{plea(pages)}" in screen
    assert WORDS in screen
    image = np.asarray(Image.open(io.BytesIO(crop.content)).convert("L"))
    middle = [int(its) for its in image[:, image.shape[1] // 2]]
    begin = middle.index(199)
    assert middle[begin : begin + 100] == list(range(199, 99, -1))
    assert done.status_code == 303
    assert said(pages) == [("anne", Verb.TYPED, "guilty"), ("benoit", Verb.TYPED, "guilty")]
    assert pages.records.review.task(plea(pages)).state is TaskState.DECIDED  # type: ignore[union-attr] # it is there


def test_the_whole_page_and_what_is_around_show_the_scan_as_received(pages: Pages, anne: Browser) -> None:
    anne.post(address(pages), **form())
    benoit = pages.signed_in("benoit", Role.REVIEWER)

    around = benoit.get(f"/review/around/{plea(pages)}")
    whole = benoit.client.get(f"/review/page/{plea(pages)}", headers={"x-fragment": "1"}).text
    shown = benoit.get(f"/review/scan/{letter(pages)}?turn=2&full=1")

    assert around.headers["content-type"] == "image/jpeg"
    assert f'data-scan="/review/scan/{letter(pages)}?turn=2&amp;full=1"' in whole
    image = np.asarray(Image.open(io.BytesIO(shown.content)).convert("L"))
    assert image.shape == (HEIGHT_PX, WIDTH_PX)
    assert image[850, 550] < 230 < image[150, 250]


def test_who_entered_it_does_not_confirm_it(pages: Pages, anne: Browser) -> None:
    anne.post(address(pages), **form())

    screen = anne.get(address(pages)).text
    own = anne.post("/review/decide", task=plea(pages), version="1", do="confirm:1", queue="second")

    assert "guilty" in screen
    assert WORDS in screen
    assert f"/review/task/{plea(pages)}" not in screen
    assert 'name="plea"' not in screen
    assert own.status_code == 409
    assert len(said(pages)) == 1


def test_a_form_sent_twice_counts_once_and_another_plea_is_refused(pages: Pages, anne: Browser) -> None:
    answers = [anne.post(address(pages), **form()) for _ in range(2)]
    other = anne.post(address(pages), **form(plea="not_guilty"))

    assert [its.status_code for its in answers] == [303, 303]
    assert other.status_code == 422
    assert said(pages) == [("anne", Verb.TYPED, "guilty")]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"plea": ""}, "Choose the plea"),
        ({"plea": "perhaps"}, "Choose the plea"),
        ({"x": "", "y": "", "width": "", "height": ""}, "First mark on the page"),
        ({"width": "0"}, "First mark on the page"),
        ({"reason": " "}, "reason"),
    ],
)
def test_what_is_missing_is_told_and_what_was_typed_stays(
    changed: dict[str, str], code: str, pages: Pages, anne: Browser
) -> None:
    answer = anne.post(address(pages), **form(**changed))

    assert answer.status_code == 422
    assert code in answer.text
    assert ('value="37.5"' in answer.text) == ("width" not in changed)
    assert said(pages) == []


def test_a_place_beyond_the_page_ends_at_its_edge(pages: Pages, anne: Browser) -> None:
    anne.post(address(pages), **form(x="-5", width="200"))

    (row,) = pages.records.review.history(plea(pages))
    assert row.place == BoxPx(0, 100, WIDTH_PX, 100)


@pytest.mark.parametrize("turn", ["4", "-1", "x", "\u0662"])
def test_a_turn_that_there_is_not_is_refused(turn: str, pages: Pages, anne: Browser) -> None:
    assert anne.post(address(pages), **form(base=turn)).status_code == 422
    assert said(pages) == []


def test_without_a_script_the_page_is_turned_by_a_link(pages: Pages, anne: Browser) -> None:
    turned = anne.get(f"{address(pages)}?turn=3").text

    assert 'name="base" value="3"' in turned
    assert f'src="/review/scan/{letter(pages)}?turn=3"' in turned


def test_other_pages_and_what_is_no_page_are_not_found(pages: Pages, anne: Browser) -> None:
    batch = pages.records.batches()[0].id

    for wrong in (first_page(batch), first_page(batch, 9), "x", "..%2f..", "\u202e", "9" * 300):
        assert anne.get(f"/review/letters/{wrong}").status_code == 404, wrong
        assert anne.post(f"/review/letters/{wrong}", **form()).status_code == 404, wrong


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "\u202egnp.exe", "a\x00b"])
def test_hostile_words_are_shown_as_text(text: str, pages: Pages, anne: Browser) -> None:
    anne.post(address(pages), **form(reason=text))

    screen = anne.get(address(pages)).text
    assert "<script>alert" not in screen
    assert "<q><bdi>" in screen


def test_a_closed_batch_takes_no_plea_and_is_not_listed(pages: Pages, anne: Browser) -> None:
    close_batch(pages.records.batches()[0].id, CHIEF, desk=pages.office.desk, reason="done")

    assert address(pages) not in anne.get("/review/letters").text
    assert 'name="plea"' not in anne.get(address(pages)).text
    assert anne.post(address(pages), **form()).status_code == 422
    assert said(pages) == []


def test_only_reviewers_enter_pleas(pages: Pages) -> None:
    for role in (Role.INTAKE, Role.COURT, Role.AUDITOR, Role.ADMIN):
        other = pages.signed_in(role.value, role)
        assert other.get("/review/letters").status_code == 403
        assert other.get(address(pages)).status_code == 403
        assert other.post(address(pages), **form()).status_code == 403
    assert said(pages) == []


def test_a_restricted_letter_is_neither_shown_nor_decided_without_the_right(pages: Pages, anne: Browser) -> None:
    restrict(pages)
    chief = pages.signed_in("chief", Role.SUPERVISOR)

    assert address(pages) not in anne.get("/review/letters").text
    assert "812345" not in anne.get("/review/letters").text
    assert anne.get(address(pages)).status_code == 403
    assert anne.get(f"/review/scan/{letter(pages)}").status_code == 403
    assert anne.post(address(pages), **form()).status_code == 403
    assert chief.post(address(pages), **form()).status_code == 303


def test_where_the_site_keeps_to_crops_no_letter_is_shown_and_the_second_person_sees_the_place_alone(
    tmp_path: Path,
) -> None:
    pages = filled(tmp_path, SiteRules(crops_only=True))
    anne, chief = pages.signed_in("anne", Role.REVIEWER), pages.signed_in("chief", Role.SUPERVISOR)

    assert anne.get(address(pages)).status_code in (403, 404)
    assert anne.get(f"/review/scan/{letter(pages)}").status_code in (403, 404)
    assert anne.post(address(pages), **form()).status_code in (403, 404)
    chief.post(address(pages), **form())
    assert anne.get(f"/review/crop/{plea(pages)}").status_code == 200
    assert anne.get(f"/review/around/{plea(pages)}").status_code == 404


def test_who_keys_blind_is_not_told_the_plea(tmp_path: Path) -> None:
    pages = filled(tmp_path, SiteRules(double_keying=True))
    anne, benoit = pages.signed_in("anne", Role.REVIEWER), pages.signed_in("benoit", Role.REVIEWER)
    anne.post(address(pages), **form())

    screen = benoit.get(address(pages)).text

    assert WORDS not in screen
    assert "<b>guilty</b>" not in screen
    assert f"/review/task/{plea(pages)}" in screen
    assert "<b>guilty</b>" in anne.get(address(pages)).text


def test_a_forged_form_enters_nothing(pages: Pages, anne: Browser) -> None:
    anne.csrf = "x" * 30

    assert anne.post(address(pages), **form()).status_code == 403
    assert said(pages) == []


def test_a_letter_is_shown_only_once_the_look_is_in_the_log(pages: Pages, anne: Browser) -> None:
    anne.get(f"/review/scan/{letter(pages)}")

    assert ("anne", Act.VIEWED, PageId(letter(pages))) in pages.log()


def test_a_scan_that_was_altered_is_told_and_not_shown(pages: Pages, anne: Browser) -> None:
    row = pages.records.tables.pages[PageId(letter(pages))]
    pages.records.tables.pages[row.id] = replace(row, sha256="0" * 64)  # type: ignore[arg-type] # any digest

    assert anne.get(f"/review/scan/{letter(pages)}").status_code == 404
    assert anne.post(address(pages), **form()).status_code == 404
    assert said(pages) == []


def test_letters_are_reached_from_the_start_of_review_from_exceptions_and_from_their_statement(
    pages: Pages, anne: Browser
) -> None:
    chief = pages.signed_in("chief", Role.SUPERVISOR)

    assert 'href="/review/letters"' in anne.get("/review").text
    assert 'href="/review/letters"' in anne.get("/review/exceptions").text
    assert f'href="{address(pages)}"' in chief.get("/statements/812345").text
    assert address(pages) not in pages.signed_in("court", Role.COURT).get("/statements/812345").text
