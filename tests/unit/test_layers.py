"""The layers of a page screen: one owner a pixel, so that laid on each other they are the scan."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from io import BytesIO

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipeline.errors import IntegrityError
from pipeline.geometry import BoxMm, BoxPx
from pipeline.model import Decision, Digest, Field, GrayImage, Kind, Language, PageLabel, Script, Side
from pipeline.screens.layers import separate
from pipeline.screens.page_screen import PARTICULARS, Annotation, Layer, LayeredScan, PageScreen, ScreenSection
from pipeline.screens.pixels import lossless, pixels
from pipeline.screens.views import cropped, form_filled, ink_image, layer_image, of_section, owned, superpose
from pipeline.templates.dropout import split
from pipeline.templates.register import register
from tests.unit.scanned import FR, blank_form, layout, library, placement, scan
from tests.unit.test_dropout import entry_zone, inside, written

GROUPS = (frozenset({Layer.FORM}), PARTICULARS, frozenset({Layer.REMAINDER}))


@st.composite
def layered_scans(draw: st.DrawFn) -> LayeredScan:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    height, width = draw(st.integers(1, 120)), draw(st.integers(1, 120))
    shape = (height, width, 3) if draw(st.booleans()) else (height, width)
    owners = rng.integers(0, len(Layer), (height, width)).astype(np.uint8)
    return LayeredScan(rng.integers(0, 256, shape).astype(np.uint8), owners if draw(st.booleans()) else None, 300.0)


@settings(deadline=None, max_examples=150)
@given(layered_scans())
def test_form_particulars_and_remainder_are_the_scan_bit_for_bit(layered: LayeredScan) -> None:
    stored = LayeredScan(
        pixels(lossless(layered.scan)),
        None if layered.owners is None else pixels(lossless(layered.owners)),
        layered.dpi,
    )

    files = [lossless(layer_image(stored, group)) for group in GROUPS]
    back = superpose([np.asarray(Image.open(BytesIO(file))) for file in files])

    assert back.shape == layered.scan.shape
    assert (back == layered.scan).all()


@settings(deadline=None, max_examples=60)
@given(layered_scans())
def test_each_layer_alone_makes_the_scan_with_all_others(layered: LayeredScan) -> None:
    assert (superpose([layer_image(layered, {layer}) for layer in Layer]) == layered.scan).all()


def test_a_layer_with_a_changed_opacity_no_longer_joins() -> None:
    layered = LayeredScan(np.full((30, 40), 120, np.uint8), np.zeros((30, 40), np.uint8), 300.0)
    images = [layer_image(layered, group) for group in GROUPS]
    images[1][3, 5, -1] = 255
    images[1][4, 5, -1] = 128

    with pytest.raises(IntegrityError) as caught:
        superpose(images)

    assert (caught.value.code, caught.value.params["pixels"]) == ("layers_do_not_join", 1)


def test_ink_on_white_looks_like_the_scan() -> None:
    rng = np.random.default_rng(4)
    layered = LayeredScan(rng.integers(0, 256, (50, 60, 3)).astype(np.uint8), np.ones((50, 60), np.uint8), 300.0)

    ink = Image.fromarray(ink_image(layered, PARTICULARS))
    laid = Image.alpha_composite(Image.new("RGBA", ink.size, "white"), ink)

    assert np.abs(np.asarray(laid)[..., :3].astype(int) - layered.scan).max() <= 2


# Separated pages


def separated(form: GrayImage, *fields: Field, stretch_mm: float = 0.0) -> LayeredScan:
    """A drawn page, scanned on slightly grey paper and taken apart."""
    placed, prepared = placement(stretch_mm=stretch_mm), library(FR).prepared[0]
    page = scan(form, placed, noise=3.0)
    registered = register(page, dpi=300, prepared=prepared, initial=placed.page_from_layout)
    return separate(registered, split(registered, prepared), prepared, fields)


@lru_cache(maxsize=1)
def written_page() -> LayeredScan:
    """A form with three strokes in its largest space, two of them across its lower rule; nothing was read."""
    return separated(written(), stretch_mm=0.2)


def test_strokes_are_particulars_and_print_is_the_form() -> None:
    layered, box = written_page(), entry_zone()
    assert layered.owners is not None
    apart = blank_form(FR).astype(int) - written()

    strokes = apart > 120
    printed = (blank_form(FR) < 100) & ~strokes

    assert owned(layered, PARTICULARS)[strokes].mean() > 0.97
    assert owned(layered, {Layer.FORM})[printed].mean() > 0.999
    assert inside(layered.owners == Layer.REMAINDER, box).sum() == 0


def test_the_soft_edge_of_a_stroke_is_the_strokes() -> None:
    """No ghost of an entry stays on the form."""
    layered = written_page()
    form = np.where(owned(layered, {Layer.FORM}), layered.scan, 255).astype(np.uint8)
    middle = entry_zone().grown(-1.5)

    assert inside(form, middle).min() > 225


def test_dirt_that_is_neither_print_nor_a_stroke_is_the_remainder() -> None:
    form = blank_form(FR).copy()
    for x in range(640, 760, 20):
        form[40, x : x + 2] = 90

    layered = separated(form)

    assert layered.owners is not None
    assert set(np.unique(layered.owners)) == {Layer.FORM, Layer.REMAINDER}
    rows, columns = np.nonzero(layered.owners == Layer.REMAINDER)
    assert 36 < rows.min() <= rows.max() < 46
    assert 630 < columns.min() < columns.max() < 770


def test_holes_and_the_bed_beside_the_paper_are_no_entries() -> None:
    form = blank_form(FR).copy()
    height, width = form.shape
    centre = (width - 40, 700)
    cv2.circle(form, centre, 38, 10, -1)
    form[: height // 2, :8] = 10
    cv2.fillPoly(form, [np.array([(width, height), (width - 200, height), (width, height - 150)])], 10)

    layered = separated(form)

    assert layered.owners is not None
    assert layered.owners[centre[1], centre[0]] == Layer.REMAINDER
    assert layered.owners[height - 30, width - 30] == Layer.REMAINDER
    assert (layered.owners[: height // 2, :4] == Layer.FORM).mean() > 0.95
    assert set(np.unique(layered.owners)) == {Layer.FORM, Layer.REMAINDER}


def read(name: str, script: Script) -> Field:
    zone, box = layout(FR).zone(name), BoxPx(0, 0, 1, 1)
    return Field(name, zone.kind, False, "x", "x", 0.9, Decision.ACCEPTED, "", zone.box_mm, box, script=script)


@pytest.mark.parametrize(
    ("script", "layer"), [(Script.PRINT, Layer.PRINT), (Script.HAND, Layer.HAND), (Script.UNSURE, Layer.ENTRY)]
)
def test_an_entry_lies_in_the_layer_of_what_made_it(script: Script, layer: Layer) -> None:
    zone = next(zone for zone in layout(FR).zones if zone.box_mm == entry_zone())

    layered = separated(written(), read(zone.name, script))

    assert layered.owners is not None
    found = np.bincount(layered.owners[owned(layered, PARTICULARS)], minlength=len(Layer))
    assert found.argmax() == (layer if zone.kind is not Kind.SIGNATURE else Layer.HAND)
    assert np.count_nonzero(found) == 1


def test_a_form_is_whole_beneath_its_entries() -> None:
    layered = written_page()

    filled = form_filled(layered, blank_form(FR))

    holes = ~owned(layered, {Layer.FORM})
    assert np.abs(filled[holes] - 0.93 * blank_form(FR)[holes]).mean() < 6
    assert (filled[~holes] == layered.scan[~holes]).all()


# Sections


def test_a_part_of_a_page_has_its_pixels_and_its_owners() -> None:
    rng = np.random.default_rng(5)
    scan = rng.integers(0, 256, (600, 400)).astype(np.uint8)
    owners = rng.integers(0, 7, (600, 400)).astype(np.uint8)

    part, box = cropped(LayeredScan(scan, owners, 254.0), BoxMm(5.0, 10.0, 20.0, 30.0), margin_mm=1.0)

    assert box.as_tuple() == (4.0, 9.0, 22.0, 32.0)
    assert part.owners is not None
    assert (part.scan == scan[90:410, 40:260]).all()
    assert (part.owners == owners[90:410, 40:260]).all()


def test_a_section_is_shown_with_what_lies_in_it() -> None:
    layered = LayeredScan(np.zeros((1000, 1000), np.uint8), None, 254.0)
    section = ScreenSection("offence", "Infraction", BoxMm(10.0, 20.0, 50.0, 30.0))
    notes = (Annotation("a", box_mm=BoxMm(12.0, 22.0, 5.0, 5.0)), Annotation("b", box_mm=BoxMm(80.0, 80.0, 5.0, 5.0)))
    screen = PageScreen(
        "p", "statement", Side.FRONT, PageLabel.FORM, (100.0, 100.0), Language.FR, None, Digest("0" * 64),  # type: ignore[arg-type]
        layered, sections=(section,), annotations=(*notes, Annotation("c")),
    )  # fmt: skip

    part = of_section(screen, section)

    assert part.size_mm == (54.0, 34.0)
    assert [note.code for note in part.annotations] == ["a"]
    assert part.annotations[0].box_mm == BoxMm(4.0, 4.0, 5.0, 5.0)
    assert part.sections == (replace(section, box_mm=BoxMm(2.0, 2.0, 50.0, 30.0)),)
