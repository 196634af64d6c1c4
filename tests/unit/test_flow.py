"""The flow on whole generated pages: what is found, where, and what is left to a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.flow import FlowKit, distrusted, process_page, process_sheet
from pipeline.geometry import BoxMm, BoxPx
from pipeline.imaging.both_sides import BothSides, Looked
from pipeline.imaging.chroma import colored
from pipeline.imaging.decode import Decoded, decode
from pipeline.imaging.paper import find_paper
from pipeline.model import (
    ColorImage,
    Decision,
    Digest,
    Field,
    Kind,
    PageBytes,
    PageLabel,
    PageOutcome,
    Placing,
    Reason,
)
from pipeline.ocr.engines.ppocr import PpOcr
from pipeline.ocr.readers import Readers
from pipeline.screens.derivatives import CHROMA, OWNERS, REGISTERED, pixels_of_chroma
from pipeline.screens.page_screen import PARTICULARS, Layer, LayeredScan
from pipeline.screens.pixels import pixels
from pipeline.screens.views import layer_image, owned, superpose
from pipeline.storage.calibration_files import load_calibration, load_thresholds
from pipeline.storage.issuer_files import issuer_named
from pipeline.storage.layout_files import load_fonts, load_layouts
from pipeline.storage.pages import StoredPages
from pipeline.templates.library import LayoutLibrary
from samples.fontpool import TRAIN
from samples.generate import GeneratedPage, Writing, sheet
from samples.wear import Level

OFFICE = Path(__file__).parents[2] / "samples" / "batches" / "office"
LAYOUT = "iv.return.front.fr@generic-1"


@pytest.fixture(scope="module")
def kit() -> FlowKit:
    return FlowKit(
        library=LayoutLibrary.build(load_layouts(), load_fonts()),
        readers=Readers(first=PpOcr()),
        calibration=load_calibration(),
        thresholds=load_thresholds(),
        issuer=issuer_named("generic"),
    )


@pytest.fixture(scope="module")
def page() -> GeneratedPage:
    return sheet(
        40, pool=TRAIN, level=Level.LIGHT, layout_id=LAYOUT, writing=Writing.PRINT, dpi=200.0, duplex=False
    ).pages[0]


@pytest.fixture(scope="module")
def outcome(kit: FlowKit, page: GeneratedPage) -> PageOutcome:
    return process_page(as_scanned(page.image, dpi=page.dpi), kit=kit)


def as_scanned(image: ColorImage, *, dpi: float | None) -> PageBytes:
    data = BytesIO()
    Image.fromarray(image).save(data, "PNG", **({"dpi": (dpi, dpi)} if dpi else {}))
    return PageBytes(data.getvalue(), 0, Digest("0" * 64))


def test_a_filled_form_is_recognised_and_every_space_has_an_answer(outcome: PageOutcome) -> None:
    assert outcome.label is PageLabel.FORM
    assert outcome.layout == LAYOUT
    assert {field.name for field in outcome.fields} >= {
        "statement_number",
        "plate",
        "amount_paid",
        "defendant_signature",
    }
    assert "payment_consequences" not in {field.name for field in outcome.fields}, "a fixed text is no field"


def test_printed_values_are_read_as_they_were_written(outcome: PageOutcome, page: GeneratedPage) -> None:
    written = {name: entry.value for name, entry in page.truth.fields.items() if entry.written == "print"}
    read = {field.name: field.value for field in outcome.fields if field.name in written}

    assert len(written) > 5
    assert read == written


def test_an_accepted_value_is_never_wrong_here(outcome: PageOutcome, page: GeneratedPage) -> None:
    accepted = [
        field for field in outcome.fields if field.decision is Decision.ACCEPTED and field.name in page.truth.fields
    ]

    assert accepted
    assert [field.name for field in accepted if field.value != page.truth.fields[field.name].value] == []


def test_boxes_lie_where_the_spaces_are_in_the_scan(outcome: PageOutcome, page: GeneratedPage) -> None:
    for field in outcome.fields:
        xs, ys = zip(*page.truth.zone_corners_px(field.name), strict=True)
        true_box = np.array([min(xs), min(ys), max(xs), max(ys)])
        box = field.box_px

        assert np.abs(true_box - [box.x, box.y, box.right, box.bottom]).max() < 0.5 * page.dpi / 25.4, field.name


def test_a_page_on_its_head_gives_the_same_values(outcome: PageOutcome, kit: FlowKit, page: GeneratedPage) -> None:
    turned = process_page(as_scanned(np.ascontiguousarray(page.image[::-1, ::-1]), dpi=page.dpi), kit=kit)

    assert (turned.rotation_deg - outcome.rotation_deg) % 360 == 180
    assert {f.name: f.value for f in turned.fields} == {f.name: f.value for f in outcome.fields}


def test_a_missing_resolution_is_told_by_the_layout(kit: FlowKit, page: GeneratedPage) -> None:
    found = process_page(as_scanned(page.image, dpi=None), kit=kit)

    assert found.layout == LAYOUT
    assert found.dpi == pytest.approx(page.dpi, rel=0.02)


def test_an_empty_sheet_is_blank_and_kept(kit: FlowKit) -> None:
    paper = np.full((2000, 1500, 3), 245, np.uint8)

    found = process_page(as_scanned(paper, dpi=200.0), kit=kit)

    assert found.label is PageLabel.BLANK
    assert found.fields == ()
    assert {derivative.name for derivative in found.derivatives} == {"page.png", "thumbnail.jpg"}


def test_a_back_that_is_asked_about_before_its_turn_is_decoded_once(
    kit: FlowKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    front, back = np.full((1200, 900, 3), 245, np.uint8), np.full((1200, 900, 3), 240, np.uint8)
    front[300:310, 100:800] = back[600:604, 200:700] = 40
    sides = (as_scanned(front, dpi=150.0), as_scanned(back, dpi=150.0))
    decoded: list[bytes] = []

    def counted(data: bytes, *, dpi_hint: float | None, rotation_deg: int) -> Decoded:
        decoded.append(data)
        return decode(data, dpi_hint=dpi_hint, rotation_deg=rotation_deg)

    monkeypatch.setattr("pipeline.flow.decode", counted)
    monkeypatch.setattr("pipeline.imaging.both_sides.decode", counted)
    found = process_sheet(sides, kit=kit).pages

    assert [decoded.count(side.data) for side in sides] == [1, 1]
    both = BothSides(sides)
    both.put(sides[0], find_paper(decode(sides[0].data).gray, dpi=150.0))
    alone = process_page(sides[1], kit=kit, both=both)
    assert replace(alone, derivatives=()) == replace(found[1], derivatives=())
    assert [its.data for its in alone.derivatives] == [its.data for its in found[1].derivatives]


def test_a_back_is_decoded_anew_where_something_is_covered_or_placed_now() -> None:
    """Else a card's number would stay in sight."""
    bare = np.full((1200, 900, 3), 245, np.uint8)
    sides = (as_scanned(bare, dpi=150.0), as_scanned(bare - 5, dpi=150.0))

    def looked(page: PageBytes) -> Looked | None:
        both = BothSides(sides)
        both.other(sides[0], dpi=150.0)
        return both.looked(page)

    assert looked(sides[0]) is None
    assert looked(sides[1]) is not None
    assert looked(replace(sides[1], masks=(BoxPx(1, 2, 30, 40),))) is None
    assert looked(replace(sides[1], placing=Placing(quarter_turns=1))) is None


def test_the_same_page_twice_gives_the_same_outcome(outcome: PageOutcome, kit: FlowKit, page: GeneratedPage) -> None:
    again = process_page(as_scanned(page.image, dpi=page.dpi), kit=kit)

    assert replace(again, derivatives=()) == replace(outcome, derivatives=())
    assert [each.data for each in again.derivatives] == [each.data for each in outcome.derivatives]


def test_the_layers_of_a_processed_page_are_its_registered_scan(outcome: PageOutcome) -> None:
    kept = {its.name: pixels(its.data) for its in outcome.derivatives if its.name in (REGISTERED, CHROMA, OWNERS)}
    scan = colored(kept[REGISTERED], pixels_of_chroma(kept[CHROMA])) if CHROMA in kept else kept[REGISTERED]
    layered = LayeredScan(scan, kept[OWNERS], 300.0)

    groups = ({Layer.FORM}, PARTICULARS, {Layer.REMAINDER})
    assert np.array_equal(superpose([layer_image(layered, group) for group in groups]), scan)
    assert 0.005 < owned(layered, PARTICULARS).mean() < 0.2
    assert owned(layered, {Layer.REMAINDER}).mean() < 0.005


def test_every_stage_is_told_to_the_trace(kit: FlowKit, page: GeneratedPage) -> None:
    trace = ListedStages()

    process_sheet((as_scanned(page.image, dpi=page.dpi),), kit=kit, trace=trace)

    assert trace.stages == [
        "decode", "straighten", "barcodes", "identify", "separator", "register", "alone", "split", "read", "rules",
        "conform", "layers", "derive", "cards",
    ]  # fmt: skip


def test_no_value_is_accepted_from_a_page_that_lies_badly_on_its_form() -> None:
    sure = Field(
        name="fine",
        kind=Kind.AMOUNT,
        critical=True,
        value="60.00",
        text="60,00",
        confidence=0.999,
        decision=Decision.ACCEPTED,
        reader="pp-ocrv6-small",
        box_mm=BoxMm(0, 0, 20, 6),
        box_px=BoxPx(0, 0, 200, 60),
    )

    doubted = distrusted(sure, (Reason("poor_registration"),))

    assert doubted.decision is Decision.REVIEW
    assert doubted.value == "60.00"
    assert distrusted(sure, ()) == sure


def test_thin_letters_of_a_1_bit_scan_are_not_lost(kit: FlowKit) -> None:
    """An l or an i is a bar of a few pixels there, easily taken for a remnant of the form."""
    scan = next(iter(StoredPages().pages(OFFICE / "scan-001.tif", name="scan-001.tif")))
    assert isinstance(scan, PageBytes)

    found = process_page(scan, kit=kit)

    read = {field.name: field.value for field in found.fields}
    assert (read["judicial_district"], read["prosecutor_name"]) == ("Montréal", "Ville de Valmont")


class ListedStages:
    def __init__(self) -> None:
        self.stages: list[str] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self.stages.append(name)
        yield
