"""Manifests of statements: what is in them, that the schema of the API takes them, what is found in a statement."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.custody.review import SiteRules, Verb, Verdict
from pipeline.errors import IntegrityError
from pipeline.model import LayoutId, PageBytes, SheetOutcome
from pipeline.screens.derivatives import form_derivatives
from pipeline.screens.iiif.content_search import found, search_list, search_page
from pipeline.screens.iiif.manifest import LAYERS, Addresses
from pipeline.screens.page_screen import LayeredScan
from pipeline.usecases.manifest import UNSEEN_PX, Viewing, found_in, manifest_of, shown_pages
from pipeline.usecases.page_screens import shown_extent
from pipeline.usecases.retrieve import find_statement
from pipeline.usecases.review import decide
from tests.unit.browsing import Pages
from tests.unit.reviewing import ANNE, first_page, review_flow, task
from tests.unit.scanned import layout
from tests.unit.schemas import presentation_problems

NUMBER = "812345"
FORM = f"form number={NUMBER}! date=2026-03-14! plate=ABC123! fine=162.00 name=TREMBLAY!"
LETTER = "letter J'étais à l'hôpital le 14 mars; ma plaque est ABC 123, voir le reçu."
AT = Addresses("https://h/m", "https://h/iiif/3", "https://h/iiif/canvas", "https://h/search", "https://h/old")


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    made = Pages.make(tmp_path, rules=SiteRules(second_person=False))
    made.take(FORM, f"return number={NUMBER}!", LETTER)
    return made


def viewing(pages: Pages) -> Viewing:
    objects = pages.parts.keeping.objects
    return Viewing(pages.parts.layouts, pages.parts.label, partial(shown_extent, objects=objects))


def manifest(pages: Pages, how: Viewing | None = None) -> dict[str, Any]:
    report = find_statement(NUMBER, records=pages.records)
    return manifest_of(report, AT, how or viewing(pages))


def readings(canvas: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {its["id"].rpartition("/")[2]: its for page in canvas.get("annotations", []) for its in page["items"]}


def every_id(node: object) -> Iterator[str]:
    """Of what is told of; a link and a target only name what is elsewhere."""
    if isinstance(node, dict):
        if node.get("type") not in ("Image", "ImageService3", "Text", "Dataset") and isinstance(node.get("id"), str):
            yield node["id"]
        for name, its in node.items():
            if name != "structures":
                yield from every_id(its)
    elif isinstance(node, list):
        for its in node:
            yield from every_id(its)


def test_the_schema_of_the_community_takes_it_and_knows_every_word_of_it(pages: Pages) -> None:
    document = manifest(pages)

    assert presentation_problems(document) == []
    ids = list(every_id(document))
    assert len(ids) == len(set(ids)) > 20
    assert all(its.startswith("https://") for its in ids)


def test_the_schema_finds_what_is_wrong(pages: Pages) -> None:
    document = manifest(pages)
    document["items"][0]["width"] = "wide"
    other = manifest(pages)
    other["items"][0]["wdith"] = 1

    assert presentation_problems(document) != []
    assert presentation_problems(other) == ["its.items.0.wdith: unknown"]


def test_every_page_is_a_canvas_in_the_order_of_the_paper(pages: Pages) -> None:
    document = manifest(pages)

    assert [its["label"]["fr"] for its in document["items"]] == [
        ["Constat, recto"],
        ["Formulaire de réponse, recto"],
        ["Pièce jointe, recto"],
    ]
    assert document["items"][0]["label"]["en"] == ["Statement, front"]
    assert {(its["width"], its["height"]) for its in document["items"]} == {(120, 160)}


def test_the_layers_of_a_form_are_painted_one_on_the_other_over_the_whole_canvas(pages: Pages) -> None:
    form, _, letter = manifest(pages)["items"]

    (paintings,) = form["items"]
    assert [its["body"]["service"][0]["id"].rpartition("~")[2] for its in paintings["items"]] == list(LAYERS)
    for its in paintings["items"]:
        assert (its["motivation"], its["target"]) == ("painting", form["id"])
        assert (its["body"]["width"], its["body"]["height"]) == (120, 160)
        assert its["body"]["format"] == "image/png"
        assert its["body"]["id"] == f"{its['body']['service'][0]['id']}/full/max/0/default.png"
    (whole,) = letter["items"][0]["items"]
    assert whole["body"]["id"].endswith("~scan/full/max/0/default.jpg")


def test_millimetres_can_be_told_from_pixels(pages: Pages) -> None:
    (its,) = manifest(pages)["items"][0]["service"]

    assert its["profile"] == "http://iiif.io/api/annex/services/physdim"
    assert (its["physicalUnits"], its["physicalScale"]) == ("mm", pytest.approx(25.4 / 300, abs=1e-6))


def test_a_reading_is_told_at_its_place_with_its_name_and_how_far_it_is(pages: Pages) -> None:
    its = readings(manifest(pages)["items"][0])

    plate, fine = its["plate"], its["fine"]
    assert [body["value"] for body in plate["body"]] == ["ABC123", "plate", "accepté"]
    assert [body.get("purpose") for body in plate["body"]] == [None, "tagging", "tagging"]
    assert fine["body"][2]["value"] == "proposé, à décider"
    assert plate["target"].startswith(manifest(pages)["items"][0]["id"] + "#xywh=")
    english = readings(manifest(pages, replace(viewing(pages), language="en"))["items"][0])
    assert english["fine"]["body"][2]["value"] == "proposed, to be decided"


def test_what_a_person_decided_is_told_and_a_proposal_no_more(pages: Pages) -> None:
    decide(task(pages.records.batches()[0].id, "fine"), 0, Verdict(Verb.TYPED, "612.00"), ANNE, desk=pages.office.desk)

    its = readings(manifest(pages)["items"][0])["fine"]

    assert [body["value"] for body in its["body"]] == ["612.00", "fine", "accepté"]
    assert '"anne"' not in json.dumps(manifest(pages))


def test_what_is_keyed_blind_is_shown_to_nobody_who_may_key_it(pages: Pages) -> None:
    page = pages.records.pages(pages.records.batches()[0].id)[0].id
    how = replace(viewing(pages), hidden={page: frozenset({"fine"})})

    assert "162.00" in str(manifest(pages))
    assert "162.00" not in str(manifest(pages, how))
    report = find_statement(NUMBER, records=pages.records)
    assert found_in(report, "162.00", how) == ()
    assert [hit.reading.name for hit in found_in(report, "162.00", viewing(pages))] == ["fine"]


def test_a_page_that_could_not_be_processed_is_a_canvas_that_says_so(pages: Pages) -> None:
    batch = pages.records.batches()[0].id
    page = pages.records.pages(batch)[2].id
    del pages.records.tables.derivatives[page]

    document = manifest(pages)

    its = document["items"][2]
    assert (its["width"], its["height"]) == UNSEEN_PX
    assert its["items"][0]["items"] == []
    assert "n'a pas d'image" in its["summary"]["fr"][0]
    assert presentation_problems(document) == []


def test_an_object_that_is_gone_is_an_error_and_no_canvas_without_image(pages: Pages) -> None:
    tables = pages.records.tables.derivatives
    page = pages.records.pages(pages.records.batches()[0].id)[0].id
    tables[page] = tuple(replace(ref, digest=type(ref.digest)("0" * 64)) for ref in tables[page])

    with pytest.raises(IntegrityError) as caught:
        manifest(pages)

    assert caught.value.code == "object_missing"


def test_a_prosecutor_is_shown_fronts_and_told_how_many_pages_there_are(pages: Pages) -> None:
    report = find_statement(NUMBER, records=pages.records)
    first, second, letter = report.pages
    assert second.outcome is not None
    back = replace(second, outcome=replace(second.outcome, layout=LayoutId("iii.return.back.fr@generic-1")))
    report = replace(report, pages=(first, back, letter))

    fronts: Any = manifest_of(report, AT, replace(viewing(pages), fronts=True))

    assert [its["label"]["fr"] for its in fronts["items"]] == [["Constat, recto"], ["Pièce jointe, recto"]]
    assert fronts["summary"]["en"] == ["Digitized statement of offence, fronts alone: 2 pages of 3."]
    whole: Any = manifest_of(report, AT, viewing(pages))
    assert whole["items"][1]["label"]["fr"] == ["Formulaire de réponse, verso"]


def _large(sides: tuple[PageBytes, ...]) -> SheetOutcome:
    """Pages as large as their form."""
    scan = np.full((2717, 1181), 200, np.uint8)
    images = form_derivatives(LayeredScan(scan, np.zeros_like(scan), 300.0), scan)
    return SheetOutcome(tuple(replace(its, derivatives=images) for its in review_flow(sides).pages))


def test_the_sections_of_a_form_are_ranges_over_their_places(tmp_path: Path) -> None:
    pages = Pages.make(tmp_path, flow=_large)
    pages.take(FORM)
    form = layout("iii.statement.front.fr@generic-1")

    document = manifest(pages, replace(viewing(pages), layouts={form.id: form}))

    (its,) = document["structures"]
    canvas = document["items"][0]["id"]
    assert its["items"][0] == {"id": canvas, "type": "Canvas"}
    titles = [each["label"]["fr"][0] for each in its["items"][1:]]
    assert len(titles) == len(set(titles)) > 0
    assert all(each["items"][0]["id"].startswith(f"{canvas}#xywh=") for each in its["items"][1:])
    assert presentation_problems(document) == []


# Search within


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("abc123", ["plate", "text"]),
        ("ABC 123", ["plate", "text"]),
        ("hopital", ["text"]),
        ("HÔPITAL mars", ["text"]),
        ("hôpital avril", []),
        ("l'hôpital", ["text"]),
        ("tremblay", ["defendant_name"]),
        ("2026-03-14", ["offence_date"]),
        ('"reçu"', ["text"]),
        ("", []),
        ("   ", []),
        ("zz", []),
        ("%", []),
        ("(", []),
    ],
)
def test_readings_and_letters_are_found_whatever_case_accents_and_blanks(
    query: str, names: list[str], pages: Pages
) -> None:
    report = find_statement(NUMBER, records=pages.records)

    hits = found_in(report, query, viewing(pages))

    assert [hit.reading.name for hit in hits if hit.reading.name != "detachable_statement_number"] == names


def test_a_quote_is_the_text_as_it_stands_with_its_surroundings(pages: Pages) -> None:
    report = find_statement(NUMBER, records=pages.records)

    (hit,) = found_in(report, "HOPITAL", viewing(pages))

    (quote,) = hit.quotes
    assert quote.exact == "hôpital"
    assert (quote.before + quote.exact + quote.after) in hit.reading.value.fr


def test_answers_of_both_versions_name_the_annotation_of_the_manifest(pages: Pages) -> None:
    shown = shown_pages(find_statement(NUMBER, records=pages.records), viewing(pages))
    hits = found(shown, "ABC123", "fr")
    known = readings(manifest(pages)["items"][0])["plate"]

    two: Any = search_page(hits, "https://h/search?q=ABC123", AT, "fr", ignored=("motivation",))
    one: Any = search_list(hits, "https://h/old?q=ABC123", AT, "fr")

    assert two["items"][0] == known
    assert presentation_problems({name: its for name, its in two.items() if name in ("id", "type", "items")}) == []
    assert two["ignored"] == ["motivation"]
    assert two["annotations"][0]["items"][0]["target"]["source"] == known["id"]
    assert two["annotations"][0]["items"][0]["target"]["selector"][0]["exact"] == "ABC123"
    assert one["resources"][0]["@id"] == known["id"]
    assert one["resources"][0]["on"] == known["target"]
    assert one["hits"][0]["match"] == "ABC123"
    assert one["within"]["total"] == len(hits) == 2


def test_first_page_of_the_batch_is_the_first_canvas(pages: Pages) -> None:
    assert manifest(pages)["items"][0]["id"].endswith(first_page(pages.records.batches()[0].id))
