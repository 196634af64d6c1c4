"""Layouts on their pages: the list, drafts begun, tried, proposed, put in force; rights, faults, hostile texts."""

from __future__ import annotations

import re
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody.layouts import DraftState, LayoutDraft
from pipeline.custody.people import Act, Role
from pipeline.errors import Unavailable
from pipeline.model import LayoutId, Reason
from pipeline.usecases.layouts import drafts
from pipeline.usecases.layouts.desk import MOST_SCAN_BYTES, MOST_TRIED_PAGES
from pipeline.web import layouts_work, security
from pipeline.web.layouts_work import KEPT_S, MOST_WAITING, Works
from tests.unit.browsing import Browser, Pages
from tests.unit.layout_bench import SaidBench
from tests.unit.layout_pages import LIKE, NEW, begun, editor_form, key_of, saves, sends, waited
from tests.unit.reviewing import first_page

HOSTILE = ["<script>alert(1)</script>.png", "\u202egnp.exe", "../../etc/passwd", "é" * 300]


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return Pages.make(tmp_path)


@pytest.fixture
def sylvie(pages: Pages) -> Browser:
    return pages.signed_in("sylvie", Role.SUPERVISOR)


@pytest.fixture
def marc(pages: Pages) -> Browser:
    return pages.signed_in("marc", Role.SUPERVISOR)


def the_draft(pages: Pages) -> LayoutDraft:
    (found,) = drafts(records=pages.records.layouts)
    return found


def bench(pages: Pages) -> SaidBench:
    found = pages.parts.drafting.bench
    assert isinstance(found, SaidBench)
    return found


def acts(browser: Browser, path: str, act: str, **form: str) -> int:
    return browser.post(f"{path}/{act}", **{"version": "1", **form}).status_code


def in_force(pages: Pages, by: Browser, other: Browser) -> str:
    path = begun(by)
    assert acts(by, path, "propose") == 303
    assert acts(other, path, "enforce", reason="Read with the paper") == 303
    assert the_draft(pages).state is DraftState.IN_FORCE
    return path


def test_the_list_has_every_known_form_and_leads_to_a_new_one(pages: Pages, sylvie: Browser) -> None:
    shown = sylvie.get("/layouts").text

    known = pages.parts.drafting.forms().layouts
    assert {LayoutId(its.replace("%40", "@")) for its in re.findall(r'/layouts/new\?like=([^"]+)"', shown)} == set(
        known
    )
    assert 'class="nothing"' in shown
    assert f'value="{LIKE}" selected' in sylvie.get(f"/layouts/new?like={LIKE}").text
    assert 'href="/layouts"' in sylvie.get("/").text


def test_a_scan_becomes_a_draft_and_the_wait_is_told(pages: Pages, sylvie: Browser) -> None:
    path = begun(sylvie)

    its = the_draft(pages)
    assert (its.layout, its.saved_by, its.begun.like) == ("iii.return.front.fr@ville-1", "sylvie", LIKE)
    assert path == f"/layouts/drafts/{its.id}"
    assert path in sylvie.get("/layouts").text
    for each in ("", "/try", "/force", "/history"):
        assert sylvie.get(path + each).status_code == 200, each
    picture = sylvie.get(f"{path}/blank.png")
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    assert sylvie.get(f"{path}/blank.png", **{"if-none-match": picture.headers["etag"]}).status_code == 304
    assert its.layout in sylvie.get(f"{path}/layout.yaml").text


def test_while_it_lasts_a_script_asks_again_and_is_led_on_at_the_end(pages: Pages, sylvie: Browser) -> None:
    answer = sends(sylvie, "/layouts/new", ("blank.png", b"a scan"), **NEW)
    waited(sylvie, answer.headers["location"])

    led = sylvie.get(answer.headers["location"], **{"hx-request": "true"})

    assert led.status_code == 204
    assert led.headers["hx-redirect"].startswith("/layouts/drafts/")


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"edition": "Ville 1"}, "is no layout"),
        ({"edition": "generic-1"}, "generic-1"),
        ({"like": "iii.return.front.fr@nobody-1"}, "nobody-1"),
        ({"like": ""}, ""),
        ({"page": "0"}, "no number"),
        ({"page": "x"}, "no number"),
        ({"dpi": "99999"}, "no number"),
        ({"language": "de"}, ""),
    ],
)
def test_what_cannot_be_drafted_is_told_before_anything_is_looked_at(
    form: dict[str, str], code: str, pages: Pages, sylvie: Browser
) -> None:
    answer = sends(sylvie, "/layouts/new", ("blank.png", b"a scan"), **{**NEW, **form})

    assert answer.status_code == 422, answer.text
    assert code in answer.text
    assert drafts(records=pages.records.layouts) == ()


def test_without_a_file_or_with_an_empty_one_nothing_is_begun(sylvie: Browser) -> None:
    assert sends(sylvie, "/layouts/new", **NEW).status_code == 422
    assert "No file was chosen" in sends(sylvie, "/layouts/new", ("blank.png", b""), **NEW).text


def test_a_file_that_is_no_scan_is_told_with_a_way_back(pages: Pages, sylvie: Browser) -> None:
    answer = sends(sylvie, "/layouts/new", ("blank.png", b"bad"), **NEW)

    shown = waited(sylvie, answer.headers["location"])

    assert shown.status_code == 422
    assert 'href="/layouts/new"' in shown.text
    assert drafts(records=pages.records.layouts) == ()


def test_a_fault_of_the_program_shows_nothing_of_its_inside(pages: Pages, sylvie: Browser) -> None:
    bench(pages).error = Unavailable("store_unreachable", path="/srv/secret")
    shown = waited(sylvie, sends(sylvie, "/layouts/new", ("b.png", b"a scan"), **NEW).headers["location"])

    assert shown.status_code == 422
    assert "secret" not in shown.text


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_name_is_shown_as_text_and_is_no_path(name: str, pages: Pages, sylvie: Browser) -> None:
    path = begun(sylvie, name)
    tried = sends(sylvie, f"{path}/try", (name, b"filled"), field="samples")
    shown = waited(sylvie, tried.headers["location"]).text + sylvie.get(f"{path}/history").text

    assert "<script>alert" not in shown
    assert "\u202e" not in shown
    assert len(the_draft(pages).begun.blank.file_name) <= 200


def test_a_file_name_that_is_longer_than_a_header_may_be_is_refused(pages: Pages, sylvie: Browser) -> None:
    assert sends(sylvie, "/layouts/new", ("é" * 10_000, b"a scan"), **NEW).status_code == 400
    assert drafts(records=pages.records.layouts) == ()


def test_what_is_larger_than_a_scan_may_be_is_refused_by_its_length_alone(sylvie: Browser) -> None:
    headers = {"origin": sylvie.origin, "content-length": str(MOST_SCAN_BYTES * 2)}

    assert sylvie.client.post("/layouts/new", content=b"", headers=headers).status_code == 413
    headers["content-length"] = str(security.MOST_BODY_BYTES + 1)
    assert sylvie.client.post("/review/decide", content=b"", headers=headers).status_code == 413


def test_a_large_sample_reaches_no_temporary_folder(
    pages: Pages, sylvie: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = begun(sylvie)

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file")

    monkeypatch.setattr(tempfile, "TemporaryFile", refused)

    answer = sends(sylvie, f"{path}/try", ("filled.png", bytes(3_000_000)), field="samples")

    assert answer.status_code == 303
    waited(sylvie, answer.headers["location"])
    assert [len(its.data) for its in bench(pages).trials[0].uploads] == [3_000_000]


def test_a_trial_shows_each_space_with_its_reading_and_is_for_its_owner_alone(
    pages: Pages, sylvie: Browser, marc: Browser
) -> None:
    path = begun(sylvie)

    address = sends(sylvie, f"{path}/try", ("filled.png", b"x"), field="samples").headers["location"]
    shown = waited(sylvie, address)

    assert shown.status_code == 200
    assert "&lt;i&gt;3&lt;/i&gt;" in shown.text
    assert "<i>3</i>" not in shown.text
    assert sylvie.get(f"{address}/1.png").content.startswith(b"\x89PNG")
    assert sylvie.get(f"{address}/2.png").status_code == 404
    assert marc.get(address).status_code == 404
    assert marc.get(f"{address}/1.png").status_code == 404


def test_a_trial_without_samples_is_told(sylvie: Browser) -> None:
    path = begun(sylvie)

    assert sends(sylvie, f"{path}/try", ("filled.png", b""), field="samples").status_code == 422


def test_pages_of_a_batch_are_tried_and_each_look_is_in_the_access_log(pages: Pages, sylvie: Browser) -> None:
    batch = pages.take("form number=812345!")
    path = begun(sylvie)

    assert first_page(batch) in sylvie.get(f"{path}/try?batch={batch}").text
    answer = sends(sylvie, f"{path}/try", page=first_page(batch), field="samples")
    shown = waited(sylvie, answer.headers["location"])

    assert shown.status_code == 200
    assert [its.page_number for its in bench(pages).trials[0].stored] == [1]
    seen = {subject for who, act, subject in pages.log() if who == "sylvie" and act is Act.VIEWED}
    assert {batch, first_page(batch)} <= seen


@pytest.mark.parametrize("page", ["2026-11-22-001.0001.0001", "../../x", "\x00", "x" * 5000])
def test_a_page_that_is_not_there_is_not_tried(page: str, pages: Pages, sylvie: Browser) -> None:
    path = begun(sylvie)

    assert sends(sylvie, f"{path}/try", page=page, field="samples").status_code == 404
    assert bench(pages).trials == []


def test_no_more_samples_are_taken_than_are_read_at_once(pages: Pages, sylvie: Browser) -> None:
    path = begun(sylvie)
    files = [(f"{number}.png", b"x") for number in range(MOST_TRIED_PAGES + 2)]

    shown = waited(sylvie, sends(sylvie, f"{path}/try", *files, field="samples").headers["location"]).text

    assert "1 more pages were not read" in shown


def test_another_person_puts_it_in_force_with_a_reason_for_what_is_open(
    pages: Pages, sylvie: Browser, marc: Browser
) -> None:
    bench(pages).decisions = (Reason("authoring_edition_mark", (("layout", "x"),)),)
    path = begun(sylvie)
    assert acts(sylvie, path, "enforce", reason="mine") == 422
    assert acts(sylvie, path, "propose") == 303
    assert acts(sylvie, path, "enforce", reason="mine") == 422
    assert "another person" in sylvie.get(f"{path}/force").text
    assert 'action="' + path + '/enforce"' in marc.get(f"{path}/force").text

    assert acts(marc, path, "enforce") == 422
    assert acts(marc, path, "enforce", reason="Read with the paper") == 303

    assert the_draft(pages).state is DraftState.IN_FORCE
    assert the_draft(pages).deeds[-1].who == "marc"
    assert LayoutId("iii.return.front.fr@ville-1") in pages.parts.drafting.forms().layouts
    listed = sylvie.get("/layouts").text
    assert f'<a href="{path}">{the_draft(pages).id}</a>' in listed


def test_a_form_sent_twice_counts_once(pages: Pages, sylvie: Browser, marc: Browser) -> None:
    path = begun(sylvie)

    assert [acts(sylvie, path, "propose") for _ in range(2)] == [303, 422]
    assert [acts(marc, path, "enforce", reason="r") for _ in range(2)] == [303, 422]
    assert len(the_draft(pages).deeds) == 2


def test_who_decides_on_another_version_is_told(pages: Pages, sylvie: Browser, marc: Browser) -> None:
    path = begun(sylvie)
    form = editor_form(sylvie, path)
    form[f"{key_of(form, 'fine')}.x"] = "9"
    assert saves(sylvie, path, form).status_code == 303

    answer = marc.post(f"{path}/propose", version="1")

    assert answer.status_code == 409
    assert "sylvie" in answer.text
    assert the_draft(pages).state is DraftState.DRAFT


def test_a_saved_change_takes_the_proposal_back(pages: Pages, sylvie: Browser, marc: Browser) -> None:
    path = begun(sylvie)
    acts(sylvie, path, "propose")
    form = editor_form(marc, path)
    form[f"{key_of(form, 'fine')}.x"] = "9"

    assert saves(marc, path, form).status_code == 303

    assert the_draft(pages).state is DraftState.DRAFT
    assert acts(sylvie, path, "enforce", version="2", reason="r") == 422


def test_an_edition_in_force_changes_no_more_and_is_withdrawn_with_a_reason(
    pages: Pages, sylvie: Browser, marc: Browser
) -> None:
    path = in_force(pages, sylvie, marc)
    form = {"base": "1", "version": "1", "z0.was": "fine", "z0.name": "fine", "z0.x": "1", "z0.y": "1"}

    assert 'id="save"' not in sylvie.get(path).text
    assert saves(sylvie, path, {**form, "z0.width": "9", "z0.height": "9"}).status_code == 422
    assert acts(sylvie, path, "restore", restored="1") == 422
    assert acts(marc, path, "withdraw") == 422
    assert acts(marc, path, "withdraw", reason="misprinted") == 303
    assert the_draft(pages).state is DraftState.WITHDRAWN
    assert "misprinted" in marc.get(f"{path}/history").text
    assert re.search(rf'Withdrawn</span>\s*<a href="{path}">', marc.get("/layouts").text)


def test_history_shows_who_did_what_and_brings_an_earlier_version_back(
    pages: Pages, sylvie: Browser, marc: Browser
) -> None:
    path = begun(sylvie)
    form = editor_form(marc, path)
    form[f"{key_of(form, 'fine')}.x"] = "9"
    saves(marc, path, form)

    shown = sylvie.get(f"{path}/history?version=2").text
    restored = sylvie.post(f"{path}/restore", version="2", restored="1")

    assert "fine: moved by" in shown
    assert shown.index("marc") < shown.rindex("sylvie")
    assert restored.status_code == 303
    assert the_draft(pages).version == 3
    assert sylvie.get(f"{path}/layout.yaml?version=3").text == sylvie.get(f"{path}/layout.yaml?version=1").text
    assert sylvie.get(f"{path}/history?version=7").status_code == 404


@pytest.mark.parametrize("act", ["propose", "enforce", "withdraw", "restore", ""])
def test_a_forged_or_malformed_form_does_nothing(act: str, pages: Pages, sylvie: Browser) -> None:
    path = begun(sylvie)

    assert sylvie.post(f"{path}/{act}".rstrip("/"), version="x", restored="y").status_code == 422
    sylvie.csrf = "x" * 30
    assert sylvie.post(f"{path}/{act}".rstrip("/"), version="1").status_code == 403
    assert (the_draft(pages).version, the_draft(pages).deeds) == (1, ())


@pytest.mark.parametrize("draft", ["f9999", "x", "../f0001", "%00", "é" * 300, "<b>"])
def test_a_draft_that_is_not_there_is_not_found(draft: str, sylvie: Browser) -> None:
    begun(sylvie)

    for each in ("", "/try", "/force", "/history", "/blank.png", "/layout.yaml"):
        assert sylvie.get(f"/layouts/drafts/{draft}{each}").status_code in (404, 405), each


def test_intake_drafts_and_proposes_and_a_supervisor_puts_in_force(pages: Pages, sylvie: Browser) -> None:
    ivan = pages.signed_in("ivan", Role.INTAKE)
    path = begun(ivan)

    assert acts(ivan, path, "propose") == 303
    assert "waits for a person who may" in ivan.get(f"{path}/force").text
    assert acts(ivan, path, "enforce", reason="r") == 403
    assert acts(sylvie, path, "enforce", reason="r") == 303
    assert "Withdraw the edition" not in ivan.get(f"{path}/force").text
    assert acts(ivan, path, "withdraw", reason="r") == 403


def test_other_roles_open_none_of_them_and_direct_addresses_are_refused(pages: Pages, sylvie: Browser) -> None:
    path = begun(sylvie)
    for role in (Role.REVIEWER, Role.COURT, Role.AUDITOR, Role.ADMIN):
        other = pages.signed_in(role.value, role)
        for each in ("/layouts", "/layouts/new", path, f"{path}/try", f"{path}/force", f"{path}/blank.png"):
            assert other.get(each).status_code == 403, (role, each)
        assert acts(other, path, "propose") == 403
        assert "/layouts" not in other.get("/").text


def test_too_much_work_at_once_is_refused_before_it_waits() -> None:
    works: Works[bool] = Works()
    go_on = threading.Event()
    try:
        for _ in range(MOST_WAITING):
            works.begin("anne", "x", go_on.wait)

        with pytest.raises(Unavailable):
            works.begin("anne", "x", go_on.wait)
    finally:
        go_on.set()
    layouts_work._HANDS.submit(lambda: None).result()
    assert works.begin("anne", "x", go_on.wait).token


def test_results_are_forgotten_after_a_while_and_never_anothers() -> None:
    now = [0.0]
    works: Works[int] = Works(lambda: now[0])
    work = works.begin("anne", "x", lambda: 1)
    layouts_work._HANDS.submit(lambda: None).result()

    assert works.of(work.token, "anne") is work
    assert works.of(work.token, "benoit") is None
    now[0] = KEPT_S + 1
    assert works.of(work.token, "anne") is None


def test_the_second_person_may_be_turned_off_by_the_site(pages: Pages) -> None:
    pages.parts = replace(pages.parts, drafting=replace(pages.parts.drafting, second_person=False))
    sylvie = pages.signed_in("sylvie", Role.SUPERVISOR)
    path = begun(sylvie)

    assert acts(sylvie, path, "propose") == 303
    assert acts(sylvie, path, "enforce", reason="alone here") == 303
