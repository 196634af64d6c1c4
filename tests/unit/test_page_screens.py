"""Page screens of a statement: every page, in the order of the paper, with what is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from pipeline.conformity import Conformity, Finding
from pipeline.custody import BatchOptions
from pipeline.errors import IntegrityError, OperatorError
from pipeline.geometry import Affine, BoxMm, BoxPx
from pipeline.model import (
    Decision,
    Derivative,
    Field,
    Kind,
    Language,
    Layout,
    PageBytes,
    PageLabel,
    PageOutcome,
    Reason,
    RuleResult,
    RuleVerdict,
    SheetOutcome,
    Side,
)
from pipeline.screens.derivatives import form_derivatives, page_derivatives
from pipeline.screens.page_screen import Annotation, LayeredScan, PageScreen
from pipeline.screens.sections import sections_of
from pipeline.storage.layout_files import load_layouts
from pipeline.usecases.page_screens import annotations_of, page_screens
from pipeline.usecases.retrieve import find_statement
from tests.fakes import line_flow
from tests.unit.custody import Archive

LAYOUTS = {layout.id: layout for layout in load_layouts()}
SCAN = np.arange(60 * 40, dtype=np.uint32).reshape(60, 40).astype(np.uint8)
OWNERS = (SCAN % 7).astype(np.uint8)
NOTHING = np.full((60, 40), 255, np.uint8)


def flow(sides: tuple[PageBytes, ...]) -> SheetOutcome:
    """Pages are what their line says, with images; blank ones reduced by two."""
    return SheetOutcome(tuple(replace(page, derivatives=images(page)) for page in with_dpi(line_flow(sides).pages)))


def with_dpi(pages: Sequence[PageOutcome]) -> list[PageOutcome]:
    return [replace(page, dpi=200.0, scan_from_page=Affine.scaling(2.0)) for page in pages]


def images(page: PageOutcome) -> tuple[Derivative, ...]:
    if page.label is PageLabel.FORM:
        return form_derivatives(LayeredScan(SCAN, OWNERS, 300.0), NOTHING)
    return page_derivatives(SCAN, upright=page.label is not PageLabel.BLANK)


def labelled(name: str, language: Language) -> str:
    return f"{name} ({language})"


def screens_of(archive: Archive, number: str = "812345") -> tuple[PageScreen, ...]:
    report = find_statement(number, records=archive.records)
    return page_screens(report, layouts=LAYOUTS, keeping=archive.keeping, label=labelled)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive.make(tmp_path, flow=flow)


def test_all_pages_of_a_statement_come_in_the_order_of_the_paper(archive: Archive) -> None:
    """Front and back, the return document of a later day, enclosures last."""
    archive.take({"a.pdf": b"no 812345\nblank\nletter\nblank"}, duplex=True, options=BatchOptions(issuer="valmont"))
    archive.take({"b.pdf": b"return 812345\nblank"}, duplex=True, options=BatchOptions(issuer="valmont"))

    screens = screens_of(archive)

    assert [(screen.role, screen.side, screen.label) for screen in screens] == [
        ("statement", Side.FRONT, PageLabel.FORM),
        ("statement", Side.BACK, PageLabel.BLANK),
        ("return", Side.FRONT, PageLabel.FORM),
        ("return", Side.BACK, PageLabel.BLANK),
        ("enclosure", Side.FRONT, PageLabel.ENCLOSURE),
        ("enclosure", Side.BACK, PageLabel.BLANK),
    ]
    assert [screen.front for screen in screens[1::2]] == [screen.page for screen in screens[::2]]
    assert {screen.front for screen in screens[::2]} == {None}


def test_a_form_is_shown_as_it_was_registered_with_its_owners(archive: Archive) -> None:
    archive.take({"a.pdf": b"no 812345"})

    (screen,) = screens_of(archive)

    assert screen.layers.owners is not None
    assert (screen.layers.scan == SCAN).all()
    assert (screen.layers.owners == OWNERS).all()
    assert screen.size_mm == pytest.approx((40 / 300 * 25.4, 60 / 300 * 25.4))
    assert (screen.readings[0].value, screen.readings[0].label) == ("812345", "statement_number (fr)")
    assert [section.name for section in screen.sections] == ["a", "b", "c", "d", "e", "f", "g"]


def test_sizes_of_pages_without_a_form_follow_their_resolution(archive: Archive) -> None:
    archive.take({"a.pdf": b"no 812345\nblank\nletter\nblank"}, duplex=True)

    _, blank, letter, _ = screens_of(archive)

    assert (blank.layers.dpi, letter.layers.dpi) == (100.0, 200.0)
    assert blank.layers.owners is None
    assert letter.text.startswith("letter")


def test_a_page_kept_before_layers_were_is_one_layer(archive: Archive) -> None:
    archive.take({"a.pdf": b"no 812345"})
    (page,) = archive.records.tables.derivatives
    refs = archive.records.tables.derivatives[page]
    archive.records.tables.derivatives[page] = tuple(ref for ref in refs if ref.name != "owners.png")

    (screen,) = screens_of(archive)

    assert screen.layers.owners is None
    assert (screen.layers.scan == SCAN).all()


def test_a_page_that_failed_is_not_left_out_silently(archive: Archive) -> None:
    archive.take({"a.pdf": b"no 812345\nrefuse"}, duplex=True)

    with pytest.raises(OperatorError) as caught:
        screens_of(archive)
    assert caught.value.code == "page_in_exception"


@pytest.mark.parametrize(("name", "code"), [("registered.png", "object_missing"), ("owners.png", "object_missing")])
def test_a_lost_layer_is_named(archive: Archive, name: str, code: str) -> None:
    archive.take({"a.pdf": b"no 812345"})
    (refs,) = archive.records.tables.derivatives.values()
    del archive.objects.objects[next(ref.digest for ref in refs if ref.name == name)]

    with pytest.raises(IntegrityError) as caught:
        screens_of(archive)
    assert caught.value.code == code


def test_owners_of_another_page_do_not_join(tmp_path: Path) -> None:
    def mixed(sides: tuple[PageBytes, ...]) -> SheetOutcome:
        pages = flow(sides).pages
        owners = form_derivatives(LayeredScan(SCAN, OWNERS[:-1], 300.0), NOTHING)[1]
        kept = [tuple(owners if its.name == owners.name else its for its in page.derivatives) for page in pages]
        return SheetOutcome(tuple(replace(page, derivatives=its) for page, its in zip(pages, kept, strict=True)))

    archive = Archive.make(tmp_path, flow=mixed)
    archive.take({"a.pdf": b"no 812345"})

    with pytest.raises(IntegrityError) as caught:
        screens_of(archive)
    assert caught.value.code == "layers_do_not_join"


# Annotations


def doubted(name: str, *codes: str) -> Field:
    box = BoxMm(1.0, 2.0, 3.0, 4.0)
    return Field(
        name, Kind.TEXT, False, "x", "x", 0.5, Decision.REVIEW, "", box, BoxPx(0, 0, 1, 1),
        reasons=tuple(Reason(code) for code in codes),
    )  # fmt: skip


def outcome(*fields: Field, **more: object) -> PageOutcome:
    return replace(PageOutcome(PageLabel.FORM, (10, 10), fields=fields), **more)  # type: ignore[arg-type]  # by name


def test_doubts_of_the_page_are_told_once_and_those_of_a_reading_at_its_place() -> None:
    its = outcome(
        doubted("plate", "poor_registration", "low_confidence"),
        doubted("costs", "poor_registration"),
        reasons=(Reason("poor_registration"),),
    )

    assert annotations_of(its, None) == (
        Annotation("poor_registration"),
        Annotation("low_confidence", (), BoxMm(1.0, 2.0, 3.0, 4.0)),
    )


def test_broken_rules_and_findings_lie_where_they_can_be_seen() -> None:
    layout: Layout = next(its for its in LAYOUTS.values() if its.id == "iii.statement.front.fr@generic-1")
    rules = (
        RuleResult("total", RuleVerdict.BROKEN, ("total_requested",)),
        RuleResult("minor", RuleVerdict.HOLDS, ()),
    )
    conformity = Conformity((Finding("conformity_text_missing", "34(8)", "attestation"),))

    notes = annotations_of(outcome(rules=rules, conformity=conformity), layout)

    assert [note.code for note in notes] == ["rule_total", "conformity_text_missing"]
    assert [note.box_mm for note in notes] == [
        layout.zone("total_requested").box_mm,
        layout.zone("attestation").box_mm,
    ]
    assert dict(notes[1].params) == {"section": "34(8)", "place": "attestation"}


# Sections


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=[str(name) for name in LAYOUTS])
def test_a_section_holds_all_its_spaces_and_no_name_is_taken_twice(layout: Layout) -> None:
    sections, names = sections_of(layout)

    boxes = {section.name: section.box_mm for section in sections}
    assert len(boxes) == len(sections)
    assert set(names.values()) == set(boxes)
    for zone in layout.zones:
        if zone.name in names:
            area = zone.box_mm.width * zone.box_mm.height
            assert boxes[names[zone.name]].overlap_mm2(zone.box_mm) == pytest.approx(area)
    assert all(len(section.title) > 1 for section in sections)


def test_every_section_of_the_catalogue_is_found_on_every_edition() -> None:
    for layout in LAYOUTS.values():
        wanted = {zone.section.lower() for zone in layout.zones if zone.section}
        assert not wanted or wanted == {section.name for section in sections_of(layout)[0]}, layout.id


def test_sections_do_not_run_into_each_other() -> None:
    sections, _ = sections_of(LAYOUTS[next(its for its in LAYOUTS if its.startswith("iii.statement.front.fr@generic"))])

    for above, below in pairwise(sections):
        assert above.box_mm.bottom <= below.box_mm.y + 0.5
