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
from pipeline.imaging.chroma import colored
from pipeline.model import (
    ColorImage,
    Decision,
    Digest,
    Field,
    Kind,
    PageBytes,
    PageLabel,
    PageOutcome,
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
