"""Separator sheets on the way of a page: told from forms and enclosures, and set aside where it is not sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from pipeline.flow import FlowKit, process_page
from pipeline.geometry import px_per_mm
from pipeline.model import Digest, GrayImage, Language, PageBytes, PageLabel, PageState
from pipeline.ocr.readers import Readers
from pipeline.ocr.separators import Way, code_of
from pipeline.ports import PageText
from pipeline.storage.calibration_files import load_calibration, load_thresholds
from pipeline.storage.issuer_files import issuer_named
from pipeline.storage.layout_files import load_fonts, load_layouts
from pipeline.templates.library import LayoutLibrary
from pipeline.templates.render import render_image
from pipeline.usecases.assemble import end_state
from tests.unit.entries import CountingEngine, reading
from tests.unit.test_separators import DPI, TEXT, pages, without

LAYOUT = "iv.return.front.fr@generic-1"


@pytest.fixture(scope="module")
def kit() -> FlowKit:
    layouts = tuple(layout for layout in load_layouts() if layout.id == LAYOUT)
    return FlowKit(
        library=LayoutLibrary.build(layouts, load_fonts()),
        readers=Readers(first=CountingEngine("fake", reading(""))),
        calibration=load_calibration(),
        thresholds=load_thresholds(),
        issuer=issuer_named("generic"),
    )


def scanned(image: GrayImage) -> PageBytes:
    data = BytesIO()
    Image.fromarray(image).save(data, "PNG", dpi=(DPI, DPI))
    return PageBytes(data.getvalue(), 0, Digest("0" * 64))


def test_a_separator_is_ready_and_says_which_it_is(kit: FlowKit) -> None:
    outcome = process_page(scanned(np.ascontiguousarray(pages()[0][::-1, ::-1])), kit=kit)

    assert (outcome.label, outcome.barcodes, outcome.reasons) == (PageLabel.SEPARATOR, (code_of(TEXT),), ())
    assert end_state(outcome) is PageState.READY
    assert outcome.derivatives


def test_a_page_that_may_be_one_waits_for_a_person(kit: FlowKit) -> None:
    outcome = process_page(scanned(without(pages()[0], Way.CODE128, Way.QR)), kit=kit)

    assert (outcome.label, end_state(outcome)) == (PageLabel.UNIDENTIFIED, PageState.EXCEPTION)
    assert [(its.code, dict(its.params)) for its in outcome.reasons] == [("separator_doubtful", {"ways": "patch"})]


def test_a_form_that_lies_on_a_separator_is_not_lost(kit: FlowKit) -> None:
    layout = kit.library.prepared[0].layout
    form = render_image(layout, load_fonts(), dpi=DPI)
    image = pages()[0].copy()
    top, left = round(20 * px_per_mm(DPI)), round(60 * px_per_mm(DPI))
    image[top : top + form.shape[0], left : left + form.shape[1]] = form
    outcome = process_page(scanned(image), kit=kit)

    assert outcome.label is not PageLabel.SEPARATOR
    assert end_state(outcome) is PageState.EXCEPTION


@dataclass(frozen=True)
class Words:
    """A reader of pages that sees the same on each."""

    text: str

    def read_page(self, page: GrayImage, *, dpi: float, languages: Sequence[Language]) -> PageText:
        del page, dpi, languages
        return PageText(self.text)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("séparateur / separator", PageLabel.UNIDENTIFIED),
        ("Enveloppe 4 : / Envelope 4: sepat", PageLabel.UNIDENTIFIED),
        ("Set B0X: 4 of 9 ... Sheets that follow", PageLabel.UNIDENTIFIED),
        ("Bonjour, vous trouverez dans cette enveloppe 4 photos", PageLabel.ENCLOSURE),
    ],
)
def test_a_page_that_has_but_the_words_of_one_waits_for_a_person(kit: FlowKit, text: str, label: PageLabel) -> None:
    reading_words = replace(kit, readers=replace(kit.readers, page=Words(text)))

    outcome = process_page(scanned(without(pages()[0], *Way)), kit=reading_words)

    assert outcome.label is label
    told = [("separator_doubtful", {"ways": "words"})] if label is PageLabel.UNIDENTIFIED else []
    assert [(its.code, dict(its.params)) for its in outcome.reasons] == told


@pytest.mark.parametrize("text", ["", "RECU 18 NOV", "9, JUEAE 91}}9"])
def test_a_page_on_which_next_to_nothing_can_be_read_waits_for_a_person(kit: FlowKit, text: str) -> None:
    reading_little = replace(kit, readers=replace(kit.readers, page=Words(text)))

    outcome = process_page(scanned(without(pages()[0], *Way)), kit=reading_little)

    assert (outcome.label, outcome.enclosure, end_state(outcome)) == (
        PageLabel.UNIDENTIFIED, None, PageState.EXCEPTION
    )  # fmt: skip
    assert [its.code for its in outcome.reasons] == ["page_illegible"]
