"""The verdict of conformity in the flow: a page with covered print says so, and is read as before."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image

from pipeline.flow import FlowKit, process_page
from pipeline.geometry import BoxPx, bounding_box_px
from pipeline.model import ColorImage, Digest, PageBytes, PageOutcome
from pipeline.ocr.engines.ppocr import PpOcr
from pipeline.ocr.readers import Readers
from pipeline.storage.calibration_files import load_calibration, load_thresholds
from pipeline.storage.issuer_files import issuer_named
from pipeline.storage.layout_files import load_fonts, load_layouts, load_requirements
from pipeline.templates.library import LayoutLibrary
from samples.fontpool import TRAIN
from samples.generate import GeneratedPage, Writing, sheet
from samples.wear import Level

LAYOUT = "iv.return.front.fr@generic-1"


@pytest.fixture(scope="module")
def kit() -> FlowKit:
    return FlowKit(
        library=LayoutLibrary.build([layout for layout in load_layouts() if layout.id == LAYOUT], load_fonts()),
        readers=Readers(first=PpOcr()),
        calibration=load_calibration(),
        thresholds=load_thresholds(),
        issuer=issuer_named("generic"),
        requirements=load_requirements(),
    )


@pytest.fixture(scope="module")
def page() -> GeneratedPage:
    return sheet(
        41, pool=TRAIN, level=Level.LIGHT, layout_id=LAYOUT, writing=Writing.PRINT, dpi=200.0, duplex=False
    ).pages[0]


def outcome(image: ColorImage, kit: FlowKit) -> PageOutcome:
    data = BytesIO()
    Image.fromarray(image).save(data, "PNG", dpi=(200.0, 200.0))
    return process_page(PageBytes(data.getvalue(), 0, Digest("0" * 64)), kit=kit)


def place_of(name: str, page: GeneratedPage) -> BoxPx:
    return bounding_box_px(page.truth.zone_corners_px(name))


@pytest.fixture(scope="module")
def whole(page: GeneratedPage, kit: FlowKit) -> PageOutcome:
    return outcome(page.image, kit)


def test_a_whole_page_has_all_its_print(whole: PageOutcome) -> None:
    assert whole.conformity is not None
    assert [its for its in whole.conformity.findings if its.code.startswith("conformity_print")] == []
    assert dict(whole.conformity.checked)["printed"] > 20
    assert "payment_consequences" in whole.conformity.translations


def test_covered_print_is_named_and_changes_no_reading(page: GeneratedPage, kit: FlowKit, whole: PageOutcome) -> None:
    box = place_of("payment_consequences", page)
    image = page.image.copy()
    grain = np.random.default_rng(7).integers(90, 130, (box.height, box.width, 3))
    image[box.slices] = cv2.blur(grain.astype(np.uint8), (3, 3))

    found = outcome(image, kit)

    assert found.conformity is not None
    named = {its.place: (its.code, its.section) for its in found.conformity.findings}
    assert named["payment_consequences"] == ("conformity_print_covered", "40(2)(d)")
    assert not found.conformity.holds
    decided = {field.name: (field.value, field.decision) for field in found.fields}
    assert decided == {field.name: (field.value, field.decision) for field in whole.fields}
