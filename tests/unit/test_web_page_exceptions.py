"""Pages set aside, on their screens: placed, turned, divided, left, asked for again; rights, faults, the access log."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from pipeline.custody import Placement
from pipeline.custody.people import Act, Role
from pipeline.custody.review import SiteRules, TaskId, TaskState, Verb, Verdict
from pipeline.geometry import BoxPx
from pipeline.model import PageId, PageLabel, Reason
from pipeline.storage.layout_files import load_layouts
from pipeline.usecases.review import close_batch, decide, pages_to_read, read_placed
from pipeline.usecases.review.versions import placement_of
from pipeline.web.placed_reading import PageReading, PlacedReader, ReadingState
from tests.unit.browsing import Browser, Pages
from tests.unit.drawn import drawn_pages
from tests.unit.placed import SIZE_PX, STATEMENT, placed_flow
from tests.unit.reviewing import BENOIT, CHIEF, first_page

ASIDE = "unknown // form number=812346! name=?"
TWO = "unknown // form number=900001! name=? // form number=900002! name=?"


@dataclass
class Asked(PlacedReader):
    """Notes what is to be read, and reads nothing."""

    pages: list[PageId] = field(default_factory=list)
    told: PageReading = field(default_factory=lambda: PageReading(ReadingState.WAITING))

    def start(self, page: PageId) -> None:
        self.pages.append(page)

    def state(self, page: PageId) -> PageReading:
        del page
        return self.told


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return filled(tmp_path)


@pytest.fixture
def anne(pages: Pages) -> Browser:
    return pages.signed_in("anne", Role.REVIEWER)


def filled(folder: Path, rules: SiteRules | None = None, line: str = ASIDE) -> Pages:
    made = drawn_pages(Pages.make(folder, rules=rules, flow=placed_flow), SIZE_PX)
    made.office.desk = replace(made.office.desk, layouts={its.id: its for its in load_layouts()})
    made.parts = replace(made.parts, desk=made.office.desk, placing=Asked())
    made.take("form number=812345! name=ROY!", line, "form number=812347!")
    return made


def page(pages: Pages) -> PageId:
    return PageId(first_page(pages.records.batches()[0].id, 2))


def address(pages: Pages) -> str:
    return f"/review/pages/{page(pages)}"


def said(pages: Pages) -> list[tuple[str, Verb, str]]:
    return [(row.who, row.verb, row.reason) for row in pages.records.review.history(TaskId(page(pages)))]


def placed(pages: Pages) -> Placement:
    return placement_of(pages.records.review.history(TaskId(page(pages)))[-1])


def version(pages: Pages) -> str:
    task = pages.records.review.task(TaskId(page(pages)))
    return str(0 if task is None else task.version)


def send(browser: Browser, pages: Pages, do: str, **form: str) -> int:
    return browser.post(address(pages), **{"do": do, "version": version(pages), "base": "0", **form}).status_code


def read(pages: Pages) -> tuple[PageId, ...]:
    waiting = pages_to_read(records=pages.records)
    return read_placed(waiting, desk=pages.office.desk, runner=pages.office.archive.runner)


def restrict(pages: Pages) -> None:
    """The statement that the page was made an enclosure of."""
    batch = pages.records.batches()[0].id
    rows = pages.records.statements(batch)
    hidden = (
        replace(row, reasons=(*row.reasons, Reason("defendant_minor"))) if page(pages) in row.members else row
        for row in rows
    )
    pages.records.tables.statements[batch] = tuple(hidden)


# Placing


def test_the_screen_says_why_shows_the_scan_what_lies_around_and_every_form(pages: Pages, anne: Browser) -> None:
    screen = anne.get(address(pages)).text
    batch = pages.records.batches()[0].id

    assert f'src="/review/scan/{page(pages)}?turn=0"' in screen
    assert f"/pages/{first_page(batch, 1)}/thumbnail" in screen
    assert f"/pages/{first_page(batch, 3)}/thumbnail" in screen
    assert len(set(re.findall(r'name="layout" value="([^"]+)"', screen))) == len(pages.parts.layouts)
    assert {"enclosure", "blank", "rescan", "as_is", "refer", "place"} <= set(re.findall(r'value="([a-z_]+)"', screen))


def test_a_page_is_placed_read_beside_the_pages_and_leads_to_its_fields(pages: Pages, anne: Browser) -> None:
    assert send(anne, pages, "place", layout=STATEMENT) == 303
    waiting = anne.get(address(pages)).text
    polled = anne.get(f"{address(pages)}/reading")
    read(pages)
    after = anne.get(f"{address(pages)}/reading")
    done = anne.get(address(pages)).text

    assert said(pages) == [("anne", Verb.PLACED, "")]
    assert placed(pages) == Placement(STATEMENT)
    assert set(pages.parts.placing.pages) == {page(pages)}  # type: ignore[attr-defined] # the fake of this test
    assert f'hx-get="{address(pages)}/reading"' in waiting
    assert 'value="place"' not in waiting
    assert "hx-refresh" not in polled.headers
    assert after.headers["hx-refresh"] == "true"
    assert f"/review/task/{page(pages)}/defendant_name" in done
    assert pages.records.page(page(pages)).label is PageLabel.FORM  # type: ignore[union-attr] # it is there


def test_a_page_that_is_being_read_is_listed_as_such(pages: Pages, anne: Browser) -> None:
    send(anne, pages, "place", layout=STATEMENT)

    assert "Page being read" in anne.get("/review/exceptions?kind=reading").text
    read(pages)
    assert address(pages) not in anne.get("/review/exceptions").text


def test_what_was_asked_of_a_server_that_is_gone_is_read_by_the_next(pages: Pages, anne: Browser) -> None:
    send(anne, pages, "place", layout=STATEMENT)
    pages.parts.placing.pages.clear()  # type: ignore[attr-defined] # the fake of this test

    anne.get(address(pages))

    assert pages.parts.placing.pages == [page(pages)]  # type: ignore[attr-defined] # as above


def test_why_a_page_waits_or_failed_is_told(pages: Pages, anne: Browser) -> None:
    send(anne, pages, "place", layout=STATEMENT)
    pages.parts.placing.told = PageReading(ReadingState.FAILED, Reason("object_missing"))  # type: ignore[attr-defined] # the fake

    failed = anne.get(f"{address(pages)}/reading").text

    assert "could not be read" in failed
    assert "hx-get" not in failed
    pages.parts.placing.pages.clear()  # type: ignore[attr-defined] # the fake
    assert send(anne, pages, "read") == 303
    assert pages.parts.placing.pages[:1] == [page(pages)]  # type: ignore[attr-defined] # the fake
    assert len(said(pages)) == 1


def test_what_does_not_fit_comes_back_with_the_reason_and_may_be_placed_again(tmp_path: Path) -> None:
    pages = filled(tmp_path, line="unknown // nothing")
    anne = pages.signed_in("anne", Role.REVIEWER)
    send(anne, pages, "place", layout=STATEMENT)
    read(pages)

    screen = anne.get(address(pages)).text

    assert 'value="place"' in screen
    assert "placed_does_not_fit" not in screen
    assert address(pages) in anne.get("/review/exceptions").text
    assert send(anne, pages, "place", layout=STATEMENT, turned="1", base="2") == 303
    assert placed(pages) == Placement(STATEMENT, 2)


def test_a_turn_counts_only_once_a_person_turned_the_page(pages: Pages, anne: Browser) -> None:
    send(anne, pages, "place", layout=STATEMENT, base="3")
    assert placed(pages) == Placement(STATEMENT, None)

    turned = anne.get(f"{address(pages)}?turn=1").text

    assert 'name="turned" value="1"' in turned or 'value="place"' not in turned
    assert send(anne, pages, "place", layout=STATEMENT, base="1", turned="1") == 303
    assert placed(pages) == Placement(STATEMENT, 1)


@pytest.mark.parametrize(
    ("base", "split", "cut", "parts"),
    [
        ("0", "across", "50", (BoxPx(0, 0, 1000, 1500), BoxPx(1000, 0, 1000, 1500))),
        ("0", "down", "40,5", (BoxPx(0, 0, 2000, 608), BoxPx(0, 608, 2000, 892))),
        ("1", "down", "25", (BoxPx(0, 0, 500, 1500), BoxPx(500, 0, 1500, 1500))),
        ("2", "across", "25", (BoxPx(1500, 0, 500, 1500), BoxPx(0, 0, 1500, 1500))),
        ("3", "across", "50", (BoxPx(0, 0, 2000, 750), BoxPx(0, 750, 2000, 750))),
    ],
)
def test_a_cut_is_where_it_was_seen_however_the_page_is_turned(
    base: str, split: str, cut: str, parts: tuple[BoxPx, BoxPx], pages: Pages, anne: Browser
) -> None:
    assert send(anne, pages, "place", base=base, split=split, cut=cut) == 303

    assert placed(pages).parts == parts


def test_parts_by_frames_are_pages_of_their_own_and_the_whole_stays(tmp_path: Path) -> None:
    pages = filled(tmp_path, line=TWO)
    anne = pages.signed_in("anne", Role.REVIEWER)
    frames = {"part1x": "0", "part1y": "0", "part1width": "50", "part1height": "100"}
    frames |= {"part2x": "50", "part2y": "0", "part2width": "50", "part2height": "100"}

    assert send(anne, pages, "place", split="boxes", **frames) == 303
    read(pages)
    screen = anne.get(address(pages)).text
    part = anne.get(f"{address(pages)}.p2")

    assert f'href="{address(pages)}.p1"' in screen
    assert f'href="{address(pages)}.p2"' in screen
    assert "whole image is kept" in screen
    assert part.status_code == 200
    assert anne.get(f"/review/scan/{page(pages)}.p2").status_code == 200


@pytest.mark.parametrize(
    "form",
    [
        {"layout": "x.y.z@nowhere-1"},
        {"split": "boxes"},
        {"split": "boxes", "part1x": "0", "part1y": "0", "part1width": "50", "part1height": "50"},
        {"split": "across", "cut": "0"},
        {"split": "across", "cut": "1"},
    ],
)
def test_what_cannot_be_read_so_is_told_and_what_was_chosen_stays(
    form: dict[str, str], pages: Pages, anne: Browser
) -> None:
    answer = anne.post(address(pages), do="place", version="0", base="0", reason="odd", **form)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert 'name="reason" maxlength="1000" dir="auto" value="odd"' in answer.text
    assert said(pages) == []


@pytest.mark.parametrize(
    "form",
    [{"split": "x"}, {"split": "across", "cut": "x"}, {"base": "7"}, {"do": "moved"}, {"do": "accept"}, {"do": ""}]
    + [{"version": version} for version in ("", "x", "-1", "1" * 7, "\u0661")],
)
def test_a_malformed_form_is_refused(form: dict[str, str], pages: Pages, anne: Browser) -> None:
    assert anne.post(address(pages), **{"do": "place", "version": "0", "base": "0", **form}).status_code == 422
    assert said(pages) == []


def test_a_page_whose_fields_were_decided_is_not_placed_again(pages: Pages, anne: Browser) -> None:
    send(anne, pages, "place", layout=STATEMENT)
    read(pages)
    name = TaskId(f"{page(pages)}/defendant_name")
    decide(name, 0, Verdict(Verb.TYPED, text="ROY"), BENOIT, desk=pages.office.desk)

    assert send(anne, pages, "place", layout=STATEMENT, reason="again") == 422


# Other acts


@pytest.mark.parametrize(("do", "label"), [("enclosure", PageLabel.ENCLOSURE), ("blank", PageLabel.BLANK)])
def test_a_page_is_made_what_it_is(do: str, label: PageLabel, pages: Pages, anne: Browser) -> None:
    assert send(anne, pages, do) == 303
    assert pages.records.page(page(pages)).label is label  # type: ignore[union-attr] # it is there
    assert address(pages) not in anne.get("/review/exceptions").text


@pytest.mark.parametrize("do", ["rescan", "as_is", "refer"])
def test_what_needs_a_reason_is_not_taken_without(do: str, pages: Pages, anne: Browser) -> None:
    assert send(anne, pages, do) == 422
    assert send(anne, pages, do, reason="torn") == 303
    assert said(pages) == [("anne", Verb(do), "torn")]


def test_a_page_wished_again_is_listed_until_the_wish_is_taken_back(pages: Pages, anne: Browser) -> None:
    send(anne, pages, "rescan", reason="torn")

    assert f'href="{address(pages)}"' in anne.get("/review/exceptions?kind=rescan").text
    assert "torn" in anne.get(address(pages)).text
    assert send(anne, pages, "undo") == 303
    assert f'href="{address(pages)}"' not in anne.get("/review/exceptions?kind=rescan").text
    assert f'href="{address(pages)}"' in anne.get("/review/exceptions").text


def test_another_person_does_not_take_it_back_but_opens_it_again_with_a_reason(pages: Pages, anne: Browser) -> None:
    send(anne, pages, "as_is", reason="an advertisement")
    benoit = pages.signed_in("benoit", Role.REVIEWER)

    assert 'value="undo"' not in benoit.get(address(pages)).text
    assert send(benoit, pages, "undo") == 422
    assert send(benoit, pages, "reopen") == 422
    assert send(benoit, pages, "reopen", reason="it is a form") == 303
    assert pages.records.review.task(TaskId(page(pages))).state is TaskState.OPEN  # type: ignore[union-attr] # it is there


def test_a_form_sent_twice_counts_once_and_who_is_late_is_told(pages: Pages, anne: Browser) -> None:
    form = {"do": "place", "version": "0", "base": "0", "layout": STATEMENT}
    answers = [anne.post(address(pages), **form).status_code for _ in range(2)]
    benoit = pages.signed_in("benoit", Role.REVIEWER)

    late = benoit.post(address(pages), **{**form, "do": "blank"})

    assert answers == [303, 303]
    assert late.status_code == 409
    assert "Somebody else was faster" in late.text
    assert said(pages) == [("anne", Verb.PLACED, "")]


def test_a_closed_batch_changes_no_more(pages: Pages, anne: Browser) -> None:
    close_batch(pages.records.batches()[0].id, CHIEF, desk=pages.office.desk, reason="done")

    assert send(anne, pages, "place", layout=STATEMENT) == 422
    assert send(anne, pages, "blank") == 422
    assert 'value="place"' not in anne.get(address(pages)).text
    assert address(pages) not in anne.get("/review/exceptions").text


# In a queue


def test_in_a_queue_a_page_has_its_own_screen_and_the_next_task_follows(pages: Pages, anne: Browser) -> None:
    batch = pages.take("form number=812377! name=?")
    plain = anne.get("/review/queue/reviewer")
    script = anne.client.get("/review/queue/reviewer", headers={"x-fragment": "1"})

    assert plain.status_code == 303
    assert plain.headers["location"].startswith(f"{address(pages)}?queue=reviewer")
    assert script.headers["x-onward"] == plain.headers["location"]
    screen = anne.get(plain.headers["location"]).text
    assert 'name="queue" value="reviewer"' in screen
    assert 'href="?turn=1&amp;queue=reviewer"' in screen
    done = anne.post(address(pages), do="blank", version="0", base="0", queue="reviewer")
    assert done.headers["location"].startswith("/review/queue/reviewer?")
    assert f"{first_page(batch)}/defendant_name" in anne.get(done.headers["location"]).text


# Who may


def test_intake_places_pages_and_decides_no_field(pages: Pages) -> None:
    ivan = pages.signed_in("ivan", Role.INTAKE)

    assert 'value="place"' in ivan.get(address(pages)).text
    assert send(ivan, pages, "place", layout=STATEMENT) == 303
    read(pages)
    assert f"/review/task/{page(pages)}/defendant_name" not in ivan.get(address(pages)).text
    assert ivan.get(f"/review/task/{page(pages)}/defendant_name").status_code == 403


def test_no_link_of_intakes_pages_is_refused(pages: Pages) -> None:
    ivan = pages.signed_in("ivan", Role.INTAKE)

    links = {
        link
        for path in ("/review/exceptions", address(pages))
        for link in re.findall(r'<a [^>]*href="(/[^"#]*)"', ivan.get(path).text)
    }

    assert {link: ivan.get(link).status_code for link in links if ivan.get(link).status_code == 403} == {}


def test_other_roles_see_none_of_it(pages: Pages) -> None:
    for role in (Role.COURT, Role.AUDITOR, Role.ADMIN, Role.PROSECUTOR):
        other = pages.signed_in(role.value, role, issuer="generic" if role is Role.PROSECUTOR else None)
        for path in (address(pages), f"{address(pages)}/reading", "/review/exceptions", f"/review/forms/{STATEMENT}"):
            assert other.get(path).status_code == 403, (role, path)
        assert other.get(f"/review/scan/{page(pages)}").status_code == 403
        assert other.post(address(pages), do="blank", version="0").status_code == 403
    assert said(pages) == []


def test_a_restricted_page_is_neither_shown_nor_placed_without_the_right(pages: Pages, anne: Browser) -> None:
    chief = pages.signed_in("chief", Role.SUPERVISOR)
    send(anne, pages, "enclosure")
    restrict(pages)

    shown = anne.get(address(pages))
    assert shown.status_code == 200
    assert f"/review/scan/{page(pages)}" not in shown.text
    assert 'value="place"' not in shown.text
    assert anne.get(f"/review/scan/{page(pages)}").status_code == 403
    assert send(anne, pages, "place", layout=STATEMENT, reason="x") == 403
    assert f"/review/scan/{page(pages)}" in chief.get(address(pages)).text


def test_where_the_site_keeps_to_crops_reviewers_only_refer_and_intake_places(tmp_path: Path) -> None:
    pages = filled(tmp_path, SiteRules(crops_only=True))
    anne, ivan = pages.signed_in("anne", Role.REVIEWER), pages.signed_in("ivan", Role.INTAKE)

    screen = anne.get(address(pages))

    assert screen.status_code == 200
    assert "/review/scan/" not in screen.text
    assert "thumbnail" not in screen.text + anne.get("/review/exceptions").text
    assert anne.get(f"/review/scan/{page(pages)}").status_code in (403, 404)
    for do in ("place", "blank", "enclosure", "rescan", "as_is"):
        assert send(anne, pages, do, reason="x", layout=STATEMENT) == 403
    assert send(anne, pages, "refer", reason="I see nothing of it") == 303
    assert said(pages) == [("anne", Verb.REFER, "I see nothing of it")]
    assert send(ivan, pages, "blank") == 422


def test_a_forged_form_says_nothing(pages: Pages, anne: Browser) -> None:
    anne.csrf = "x" * 30

    assert send(anne, pages, "blank") == 403
    assert said(pages) == []


def test_what_is_no_page_is_not_found(pages: Pages, anne: Browser) -> None:
    for wrong in (f"{page(pages)}.p1", first_page(pages.records.batches()[0].id, 9), "x", "..%2f..", "9" * 300):
        assert anne.get(f"/review/pages/{wrong}").status_code == 404, wrong
        assert anne.get(f"/review/pages/{wrong}/reading").status_code == 404, wrong
        assert anne.get(f"/review/scan/{wrong}").status_code == 404, wrong
        assert anne.post(f"/review/pages/{wrong}", do="blank", version="0").status_code == 404, wrong
    for wrong in ("x", "..%2f..%2fetc", "<script>"):
        assert anne.get(f"/review/forms/{wrong}").status_code == 404, wrong
    for turn in ("4", "-1"):
        assert anne.get(f"/review/scan/{page(pages)}?turn={turn}").status_code == 404


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "\u202egnp.exe", "a\x00b", "é" * 5000])
def test_hostile_words_are_shown_as_text(text: str, pages: Pages, anne: Browser) -> None:
    answer = anne.post(address(pages), do="as_is", version="0", base="0", reason=text, layout=text[:60])

    screen = answer.text + anne.get(address(pages)).text
    assert "<script>alert" not in screen
    for path in (f"/review/exceptions?kind={text[:20]}", f"/review/exceptions?batch={text[:20]}"):
        assert "<script>alert" not in anne.get(path.replace("\x00", "%00")).text


def test_a_look_is_in_the_access_log(pages: Pages, anne: Browser) -> None:
    anne.get(address(pages))

    assert ("anne", Act.VIEWED, page(pages)) in pages.log()


# The list


def test_exceptions_are_counted_by_sort_and_batch(pages: Pages, anne: Browser) -> None:
    second = pages.take("unknown", "unknown")

    every = anne.get("/review/exceptions").text
    one = anne.get(f"/review/exceptions?kind=unidentified&batch={second}").text
    none = anne.get(f"/review/exceptions?kind=rescan&batch={second}").text

    assert re.search(r"Page not recognised <b[^>]*>3<", every)
    assert address(pages) in every
    assert address(pages) not in one
    assert one.count(f'href="/review/pages/{first_page(second)}"') >= 1
    assert "nothing" in none


def test_a_long_list_has_leaves(pages: Pages, anne: Browser) -> None:
    pages.take(*["unknown"] * 55)

    first, second = (anne.get(f"/review/exceptions?leaf={leaf}").text for leaf in (1, 2))

    assert first.count("<tr>") == 51
    assert second.count("<tr>") == 7
    assert "leaf=2" in first


def test_the_file_of_a_minor_is_listed_without_its_number_or_reasons(pages: Pages, anne: Browser) -> None:
    send(anne, pages, "enclosure")
    restrict(pages)
    send(pages.signed_in("chief", Role.SUPERVISOR), pages, "reopen", reason="no enclosure")

    shown = anne.get("/review/exceptions").text

    assert "Restricted file" in shown or address(pages) not in shown
    assert "812345" not in shown


def test_a_blank_form_is_drawn_once_and_kept(pages: Pages, anne: Browser) -> None:
    drawn = anne.get(f"/review/forms/{STATEMENT}")

    assert drawn.headers["content-type"] == "image/jpeg"
    assert len(drawn.content) > 20_000
    assert anne.get(f"/review/forms/{STATEMENT}", **{"if-none-match": drawn.headers["etag"]}).status_code == 304


# A sheet that came again


def test_a_page_wished_again_is_replaced_by_the_one_that_came_and_both_stay(pages: Pages, anne: Browser) -> None:
    assert 'value="supersede"' not in anne.get(address(pages)).text
    send(anne, pages, "rescan", reason="torn")
    later = pages.take("form number=812346!")
    form = {"new_batch": later, "new_sheet": "1", "new_side": "front", "reason": "scanned again"}

    assert f"<option>{later}</option>" in anne.get(address(pages)).text
    assert send(anne, pages, "supersede", **{**form, "new_sheet": "9"}) == 422
    assert send(anne, pages, "supersede", **form) == 303
    shown = anne.get(address(pages)).text
    listed = anne.get("/review/exceptions").text

    assert pages.records.page(page(pages)).label is PageLabel.SUPERSEDED  # type: ignore[union-attr] # it is there
    assert f'href="/review/pages/{first_page(later)}"' in shown
    assert f'href="{address(pages)}"' not in listed
    assert anne.get(f"/review/scan/{page(pages)}").status_code == 200


@pytest.mark.parametrize("text", ["", "x" * 500, "<b>", "\u0661", "../.."])
def test_what_names_no_page_replaces_none(text: str, pages: Pages, anne: Browser) -> None:
    send(anne, pages, "rescan", reason="torn")
    before = said(pages)

    form = {"new_batch": text, "new_sheet": text, "new_side": text, "reason": "x"}
    answer = anne.post(address(pages), do="supersede", version=version(pages), **form)

    assert answer.status_code == 422
    assert "<b>/" not in answer.text
    assert said(pages) == before


def test_a_page_of_a_restricted_file_does_not_stop_a_queue(pages: Pages, anne: Browser) -> None:
    send(anne, pages, "enclosure")
    restrict(pages)
    send(pages.signed_in("chief", Role.SUPERVISOR), pages, "reopen", reason="no enclosure")

    brought = anne.get("/review/queue/reviewer").headers["location"]
    screen = anne.get(brought)
    done = anne.post(address(pages), do="refer", version=version(pages), queue="reviewer", reason="restricted")

    assert brought.startswith(address(pages))
    assert screen.status_code == 200
    assert f"/review/scan/{page(pages)}" not in screen.text
    assert done.headers["location"].startswith("/review/queue/reviewer")
    assert address(pages) not in anne.get(done.headers["location"]).text


def test_where_two_forms_lie_the_cut_between_them_is_proposed_however_the_page_is_turned(
    pages: Pages, anne: Browser
) -> None:
    aside = pages.records.page(page(pages))
    assert aside is not None
    parts = ("parts", "0,0,800,1500 800,0,1200,1500")
    told = Reason("second_form_on_scan", (("layout", STATEMENT), ("written_cm2", "40"), parts))
    with pages.records.transaction() as change:
        change.put_page(replace(aside, reasons=(told,)))

    shown, turned = anne.get(address(pages)).text, anne.get(f"{address(pages)}?turn=1").text

    assert 'value="across" selected' in shown
    assert re.search(r'name="cut"[^>]*value="40.0"', shown)
    assert 'value="down" selected' in turned
    assert re.search(r'name="cut"[^>]*value="40.0"', turned)
    assert "40 cm²" in shown
