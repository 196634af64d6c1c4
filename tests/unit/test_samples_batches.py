"""The committed batches: small, as planned, and between them every face and edition."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from pipeline.model import Layout
from pipeline.storage.layout_files import load_layouts
from samples.batches import BATCHES, GENERIC
from samples.build import DEFAULT_OUT, cases_of, files_of, image_difference, images_in, make_sheet
from samples.wear import Mode


@cache
def pages(batch: str) -> tuple[dict[str, Any], ...]:
    """The records of a batch's truth."""
    text = (DEFAULT_OUT.parent / "truth" / f"{batch}.json").read_text(encoding="utf-8")
    return tuple(json.loads(text)["pages"])


def every_page() -> Iterator[dict[str, Any]]:
    for batch in BATCHES:
        yield from pages(batch.name)


def value(page: dict[str, Any], field: str) -> object:
    """What is entered in a field; null where the page has no such space."""
    return page["fields"].get(field, {"value": None})["value"]


def is_front_of_statement(page: dict[str, Any]) -> bool:
    return ".statement.front." in (page["layout"] or "")


def test_the_plan_has_42_sheets() -> None:
    assert sum(len(file.sheets) for batch in BATCHES for file in batch.files) == 42


def test_committed_files_are_small_and_have_the_pages_their_truth_lists() -> None:
    sizes = {path: path.stat().st_size for path in DEFAULT_OUT.rglob("*") if path.is_file()}
    assert max(sizes.values()) < 1_500_000
    assert sum(sizes.values()) < 25_000_000

    for batch in BATCHES:
        listed: dict[str, int] = {}
        for page in pages(batch.name):
            listed[page["file"]] = listed.get(page["file"], 0) + 1
        found = {path.name: len(images_in(path)) for path in (DEFAULT_OUT / batch.name).iterdir()}
        assert listed == found


def test_every_folder_of_batches_and_every_truth_is_in_the_plan() -> None:
    planned = {batch.name for batch in BATCHES}

    assert {path.name for path in DEFAULT_OUT.iterdir()} == planned
    assert {path.stem for path in (DEFAULT_OUT.parent / "truth").iterdir()} == planned


def wanted(layout: Layout) -> str:
    """What must be shown for a layout: itself if it is generic, else its face of the edition in either language."""
    if layout.edition == GENERIC:
        return layout.id
    return f"{layout.schedule}.{layout.document}.{layout.side}@{layout.edition}"


def test_every_generic_face_is_shown_in_both_languages_and_every_other_edition_in_one() -> None:
    layouts = {str(layout.id): layout for layout in load_layouts()}

    shown = {wanted(layouts[page["layout"]]) for page in every_page() if page["layout"]}

    assert sorted({wanted(layout) for layout in layouts.values()} - shown) == []


def test_a_detachable_portion_comes_torn_off() -> None:
    torn = {page["layout"].split(".")[0] for page in every_page() if "torn_edge" in page["damages"]}

    assert torn == {"i"}


def test_two_forms_of_one_statement_bear_c1_and_c2() -> None:
    numbers: dict[object, dict[object, object]] = {}
    for page in filter(is_front_of_statement, every_page()):
        forms = numbers.setdefault(value(page, "statement_designation"), {})
        forms[value(page, "form_designation")] = value(page, "statement_number")

    ((first, second),) = (tuple(forms.values()) for forms in numbers.values() if set(forms) == {"C1", "C2"})

    assert first != second


def test_a_service_report_stands_where_the_plea_would() -> None:
    reported = [page for page in every_page() if value(page, "service_report")]

    assert reported
    for page in reported:
        assert value(page, "plea") is None
        assert value(page, "service_report_statement_number") == value(page, "statement_number")


def test_a_mobile_statement_is_printed_and_one_of_an_officers_pad_is_written() -> None:
    for edition, written in (("mobile-1", "print"), ("carnet-1", "hand")):
        fronts = [page for page in every_page() if is_front_of_statement(page) and page["layout"].endswith(edition)]
        assert fronts
        for page in fronts:
            assert page["fields"]["offence_description"]["written"] == written


def test_a_return_document_answers_a_statement_of_another_batch() -> None:
    ((batch, file),) = ((batch, file) for batch in BATCHES for file in batch.files if file.answers)
    assert file.answers is not None
    answered, group = file.answers

    (front,) = (page for page in pages(batch.name) if page["group"] == file.group and page["side"] == "front")
    (statement,) = (page for page in pages(answered) if page["group"] == group and is_front_of_statement(page))

    assert answered != batch.name
    for name in ("statement_number", "service_date", "total_requested"):
        assert value(front, name) == value(statement, name), name


def test_a_committed_file_is_what_its_plan_makes() -> None:
    batch = BATCHES[1]
    file = batch.files[1]
    assert file.mode is Mode.BILEVEL
    made = [make_sheet(plan, file, case) for plan, case in zip(file.sheets, cases_of(batch.name, file), strict=True)]
    images = [page for one in made for page in one.pages]

    ((name, _, count),) = files_of(file, images)
    committed = images_in(DEFAULT_OUT / batch.name / name)

    assert count == len(committed)
    for page, image in zip(images, committed, strict=True):
        mean, far = image_difference(page.image[..., 0], image)
        assert far <= 0.002, mean
