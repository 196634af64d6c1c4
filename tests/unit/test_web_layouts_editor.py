"""The layout editor over the real use cases: saving with and without a script, two people at once, hostile texts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.custody.people import Role
from pipeline.geometry import BoxMm
from pipeline.model import Reason
from pipeline.usecases.layouts import DraftView, draft_view
from tests.unit.browsing import Browser, Pages
from tests.unit.layout_bench import SaidBench
from tests.unit.layout_pages import begun, editor_form, key_of, saves

HOSTILE = ["<script>alert(1)</script>", "\u202egnp", "'\"><svg onload=x>", "{{ 7 * 7 }}", "é" * 10_000]


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return Pages.make(tmp_path)


@pytest.fixture
def sylvie(pages: Pages) -> Browser:
    return pages.signed_in("sylvie", Role.SUPERVISOR)


@pytest.fixture
def marc(pages: Pages) -> Browser:
    return pages.signed_in("marc", Role.SUPERVISOR)


def view(pages: Pages, path: str, version: int | None = None) -> DraftView:
    return draft_view(path.rpartition("/")[2], desk=pages.parts.drafting, version=version)


def box(pages: Pages, path: str, name: str) -> BoxMm:
    return next(zone.box_mm for zone in view(pages, path).zones if zone.name == name)


def names(pages: Pages, path: str) -> set[str]:
    return {zone.name for zone in view(pages, path).zones}


def test_saved_as_it_stands_nothing_is_added(pages: Pages, sylvie: Browser) -> None:
    path = begun(sylvie)

    answer = saves(sylvie, path, editor_form(sylvie, path))

    assert answer.status_code == 303
    assert view(pages, path).version.number == 1


def test_without_a_script_boxes_names_and_removals_are_saved_at_once(pages: Pages, sylvie: Browser) -> None:
    path = begun(sylvie)
    form = editor_form(sylvie, path)
    fine, other, costs = (key_of(form, name) for name in ("fine", "other_amounts", "costs"))
    form |= {f"{fine}.x": "8,25", f"{costs}.heading": "Frais exigés", f"{other}.drop": "1"}

    answer = saves(sylvie, path, form)

    assert answer.headers["location"] == f"{path}?done=saved"
    assert view(pages, path).version.number == 2
    assert view(pages, path).version.who == "sylvie"
    assert box(pages, path, "fine").x == 8.25
    assert "other_amounts" not in names(pages, path)
    assert next(its.heading for its in view(pages, path).zones if its.name == "costs") == "Frais exigés"
    assert "other_amounts" in {zone.name for zone in view(pages, path, 1).zones}


def test_a_space_that_was_removed_is_added_by_the_empty_row(pages: Pages, sylvie: Browser) -> None:
    path = begun(sylvie)
    form = editor_form(sylvie, path)
    saves(sylvie, path, {**form, f"{key_of(form, 'other_amounts')}.drop": "1"})
    form = editor_form(sylvie, path)
    (blank,) = {its.partition(".")[0] for its, text in form.items() if its.endswith(".was") and not text}
    row = {"name": "other_amounts", "x": "8", "y": "103.6", "width": "58.8", "height": "9", "heading": "Autres"}

    assert saves(sylvie, path, {**form, **{f"{blank}.{name}": text for name, text in row.items()}}).status_code == 303

    assert box(pages, path, "other_amounts") == BoxMm(8, 103.6, 58.8, 9)


def test_a_scripts_save_is_answered_with_the_version_and_what_is_open(pages: Pages, sylvie: Browser) -> None:
    bench = pages.parts.drafting.bench
    assert isinstance(bench, SaidBench)
    bench.decisions = (Reason("authoring_confirm_name", (("name", "fine"), ("box", "8.0 89.4 45.4 9.0"))),)
    path = begun(sylvie)
    form = editor_form(sylvie, path)
    assert "To put right: 0 · to decide: 1" in sylvie.get(path).text

    answer = saves(sylvie, path, {**form, f"{key_of(form, 'fine')}.x": "9"}, script=True)

    assert answer.status_code == 200
    assert (answer.headers["x-version"], answer.headers.get("x-reload")) == ("2", None)
    assert "to decide: 0" in answer.text
    assert "<html" not in answer.text


def test_after_a_change_of_names_the_form_is_made_anew(sylvie: Browser) -> None:
    path = begun(sylvie)
    form = editor_form(sylvie, path)

    answer = saves(sylvie, path, {**form, f"{key_of(form, 'other_amounts')}.drop": "1"}, script=True)

    assert answer.headers["x-reload"] == "true"


def test_a_decision_is_ticked_and_gone(pages: Pages, sylvie: Browser) -> None:
    bench = pages.parts.drafting.bench
    assert isinstance(bench, SaidBench)
    bench.decisions = (Reason("authoring_edition_mark", (("layout", "x"),)), Reason("authoring_language"))
    path = begun(sylvie)

    saves(sylvie, path, {**editor_form(sylvie, path), "settle": "2"})

    assert [its.code for its in view(pages, path).decisions] == ["authoring_edition_mark"]


def test_who_is_second_sees_who_was_first_and_puts_theirs_onto_it(pages: Pages, sylvie: Browser, marc: Browser) -> None:
    path = begun(sylvie)
    mine, theirs = editor_form(sylvie, path), editor_form(marc, path)
    fine, costs = key_of(mine, "fine"), key_of(mine, "costs")
    saves(marc, path, {**theirs, f"{fine}.x": "9"})

    late = saves(sylvie, path, {**mine, f"{costs}.x": "59"}, script=True)
    plain = saves(sylvie, path, {**mine, f"{costs}.x": "59"})

    assert (late.status_code, plain.status_code) == (409, 409)
    assert "marc saved version 2" in late.text
    assert "fine: moved by +1.0 and 0.0 mm" in late.text
    assert "costs: moved" in late.text
    assert f'name="{costs}.x" data-side="x" type="number" step="0.01" inputmode="decimal" value="59"' in plain.text
    assert view(pages, path).version.number == 2

    done = saves(sylvie, path, {**mine, f"{costs}.x": "59", "onto": "2"}, script=True)

    assert (done.status_code, done.headers["x-reload"]) == (200, "true")
    assert (box(pages, path, "fine").x, box(pages, path, "costs").x) == (9.0, 59.0)
    assert view(pages, path).version.who == "sylvie"


def test_both_changing_one_space_is_told(sylvie: Browser, marc: Browser) -> None:
    path = begun(sylvie)
    form = editor_form(sylvie, path)
    fine = key_of(form, "fine")
    saves(marc, path, {**form, f"{fine}.x": "9"})

    late = saves(sylvie, path, {**form, f"{fine}.x": "10"}, script=True).text

    assert re.search(r"<b>Both of you changed: fine\.</b>", late)


def test_decisions_ticked_on_an_older_version_are_found_again_by_what_they_say(
    pages: Pages, sylvie: Browser, marc: Browser
) -> None:
    bench = pages.parts.drafting.bench
    assert isinstance(bench, SaidBench)
    bench.decisions = (Reason("authoring_language"), Reason("authoring_edition_mark", (("layout", "x"),)))
    path = begun(sylvie)
    form = editor_form(sylvie, path)
    saves(marc, path, {**form, "settle": "1"})

    saves(sylvie, path, {**form, "settle": "2", "onto": "2"})

    assert view(pages, path).decisions == ()


def test_what_is_no_number_is_told_and_what_was_typed_stays(pages: Pages, sylvie: Browser) -> None:
    path = begun(sylvie)
    form = editor_form(sylvie, path)
    fine, costs = key_of(form, "fine"), key_of(form, "costs")
    typed = {f"{fine}.x": "1e9", f"{costs}.heading": "Frais <b>"}

    for script in (False, True):
        answer = saves(sylvie, path, {**form, **typed}, script=script)
        assert answer.status_code == 422
        assert "&#34;1e9&#34; is no number" in answer.text
    plain = saves(sylvie, path, {**form, **typed}).text
    assert 'value="1e9"' in plain
    assert 'value="Frais &lt;b&gt;"' in plain
    assert view(pages, path).version.number == 1


def test_a_box_off_the_sheet_is_saved_and_listed_as_to_be_put_right(pages: Pages, sylvie: Browser) -> None:
    path = begun(sylvie)
    form = editor_form(sylvie, path)

    saves(sylvie, path, {**form, f"{key_of(form, 'fine')}.x": "190"})

    shown = sylvie.get(path).text
    assert 'class="wrong"><a href="#fine" data-goes="fine">' in shown
    assert "It can be proposed once" in sylvie.get(f"{path}/force").text
    assert sylvie.post(f"{path}/propose", version="2").status_code == 422


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_kept_as_text_or_refused_and_run_nowhere(text: str, pages: Pages, sylvie: Browser) -> None:
    path = begun(sylvie)
    form = editor_form(sylvie, path)
    fine, costs = key_of(form, "fine"), key_of(form, "costs")

    for field in (f"{fine}.name", f"{costs}.heading", f"{costs}.printed", f"{fine}.border", f"{fine}.lines", "issuer"):
        answer = saves(sylvie, path, {**editor_form(sylvie, path), field: text})
        assert answer.status_code in (303, 422), field
        for each in (answer.text, *(sylvie.get(path + its).text for its in ("", "/force", "/history", "/try"))):
            assert "<script>alert" not in each.lower()
            assert "<svg onload" not in each.lower()
            assert "> 49 <" not in each


def test_more_fields_than_any_layout_has_are_refused(pages: Pages, sylvie: Browser) -> None:
    path = begun(sylvie)
    form = {f"z{number}.x": "1" for number in range(9000)}

    assert saves(sylvie, path, {**form, "base": "1", "version": "1"}).status_code == 400
    assert view(pages, path).version.number == 1


def test_a_version_that_is_not_there_is_not_found(sylvie: Browser) -> None:
    path = begun(sylvie)

    assert saves(sylvie, path, {"base": "9", "version": "9"}).status_code == 404


def test_names_on_offer_have_their_kind_grammar_and_need_in_words(sylvie: Browser) -> None:
    shown = sylvie.get(begun(sylvie)).text

    option = re.search(r'<option value="signature_date"[^>]*>', shown)
    assert option is not None
    assert 'data-kind="date"' in option[0]
    assert 'data-grammar="date, kept YYYY-MM-DD"' in option[0]
    assert 'data-need="required' in option[0]
