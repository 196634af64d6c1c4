"""Drawing a layout: exact size, fonts, positions, the edition mark, and proofs of what does not fit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import Unavailable
from pipeline.geometry import BoxMm, px_per_mm
from pipeline.model import (
    Align,
    Artwork,
    Document,
    EditionMark,
    FontFace,
    Frame,
    GrayImage,
    Heading,
    Kind,
    Language,
    Layout,
    LayoutId,
    MarkBox,
    Need,
    Paragraph,
    Rule,
    Schedule,
    Side,
    Zone,
)
from pipeline.storage.layout_files import FONT_DIRS, load_fonts, load_layouts
from pipeline.templates.edition_mark import MIN_MODULE_MM, module_mm
from pipeline.templates.fonts import Fonts, heading_box, text_width_mm
from pipeline.templates.proof import check_box_gaps, collisions, overflowing
from pipeline.templates.render import render_image, render_parts, render_pdf
from pipeline.templates.typesetting import GAP_MM, typeset

SHIPPED = load_layouts()
FONTS = load_fonts()


@pytest.fixture
def fonts() -> Fonts:
    return FONTS


def form(*artwork: Artwork, zones: tuple[Zone, ...] = (), mark: EditionMark | None = None) -> Layout:
    return Layout(
        id=LayoutId("iii.return.back.fr@test"),
        schedule=Schedule.III,
        document=Document.RETURN,
        side=Side.BACK,
        language=Language.FR,
        edition="test",
        size_mm=(100.3, 120.7),
        artwork=artwork,
        zones=zones,
        edition_mark=mark,
    )


def ink(image: GrayImage, box: BoxMm, *, dpi: float) -> float:
    """Mean darkness inside a box of the layout, 0.0 white to 1.0 black."""
    scale = px_per_mm(dpi)
    rows = slice(round(box.y * scale), round(box.bottom * scale))
    columns = slice(round(box.x * scale), round(box.right * scale))
    return float(1.0 - image[rows, columns].mean() / 255.0)


@pytest.mark.parametrize("dpi", [75.0, 150.0, 200.0, 300.0])
def test_an_image_has_the_size_of_the_sheet_to_the_pixel(fonts: Fonts, dpi: float) -> None:
    image = render_image(form(), fonts, dpi=dpi)

    assert image.shape == (round(120.7 / 25.4 * dpi), round(100.3 / 25.4 * dpi))
    assert image.dtype == np.uint8


def test_the_pdf_page_has_the_size_of_the_sheet(fonts: Fonts) -> None:
    with pikepdf.open(BytesIO(render_pdf(form(), fonts))) as pdf:
        box = [float(value) for value in pdf.pages[0].mediabox.as_list()]

    assert box[2] * 25.4 / 72 == pytest.approx(100.3, abs=0.01)
    assert box[3] * 25.4 / 72 == pytest.approx(120.7, abs=0.01)


def test_a_line_is_drawn_where_the_layout_says_to_a_tenth_of_a_pixel(fonts: Fonts) -> None:
    rules = (Rule(10.0, 110.4, 90.0, 110.4, 0.5), Rule(90.1, 5.0, 90.1, 100.0, 0.5))

    image = render_image(form(*rules), fonts, dpi=300.0)

    scale = px_per_mm(300.0)
    dark = 255.0 - image.astype(np.float64)
    row = dark[:, 300:900].sum(axis=1)
    column = dark[200:1000, :].sum(axis=0)
    assert (row * (np.arange(row.size) + 0.5)).sum() / row.sum() == pytest.approx(110.4 * scale, abs=0.1)
    assert (column * (np.arange(column.size) + 0.5)).sum() / column.sum() == pytest.approx(90.1 * scale, abs=0.1)


def test_a_frame_has_its_outline_and_its_fill(fonts: Fonts) -> None:
    frame = Frame(BoxMm(20.0, 20.0, 40.0, 30.0), width_mm=0.5, fill_gray=0.8)

    image = render_image(form(frame), fonts, dpi=300.0)

    assert ink(image, BoxMm(22.0, 22.0, 36.0, 26.0), dpi=300.0) == pytest.approx(0.2, abs=0.01)
    assert ink(image, BoxMm(20.0, 19.9, 40.0, 0.2), dpi=300.0) > 0.9
    assert ink(image, BoxMm(61.0, 20.0, 20.0, 30.0), dpi=300.0) == 0.0


def test_a_frame_without_width_has_no_outline(fonts: Fonts) -> None:
    image = render_image(form(Frame(BoxMm(20.0, 20.0, 40.0, 30.0), width_mm=0.0)), fonts, dpi=150.0)

    assert int(image.min()) == 255


@pytest.mark.parametrize(("align", "left_mm"), [(Align.LEFT, 50.0), (Align.CENTER, None), (Align.RIGHT, None)])
def test_a_heading_stands_on_its_baseline_at_its_edge_or_centre(
    fonts: Fonts, align: Align, left_mm: float | None
) -> None:
    heading = Heading(50.0, 40.0, "HEHEH", 12.0, FontFace.BOLD, align)
    width = text_width_mm("HEHEH", fonts, face=FontFace.BOLD, size_pt=12.0)
    start = {Align.LEFT: 50.0, Align.CENTER: 50.0 - width / 2, Align.RIGHT: 50.0 - width}[align]

    image = render_image(form(heading), fonts, dpi=300.0)

    rows, columns = np.nonzero(image < 128)
    scale = px_per_mm(300.0)
    assert columns.min() / scale == pytest.approx(start, abs=0.5)
    assert columns.max() / scale == pytest.approx(start + width, abs=0.5)
    assert (rows.max() + 1) / scale == pytest.approx(40.0, abs=0.1)
    assert left_mm is None or start == left_mm


def test_the_same_layout_gives_the_same_bytes_and_the_same_pixels(fonts: Fonts) -> None:
    layout = form(Heading(10.0, 10.0, "Été", 8.0), mark=EditionMark(BoxMm(5.0, 100.0, 12.0, 12.0)))

    assert render_pdf(layout, fonts) == render_pdf(layout, fonts)
    first, second = render_image(layout, fonts, dpi=200.0), render_image(layout, fonts, dpi=200.0)
    assert np.array_equal(first, second)


def test_lines_and_text_come_apart_and_together_are_the_whole_form(fonts: Fonts) -> None:
    boxed = Paragraph(BoxMm(10.0, 40.0, 60.0, 20.0), "AVIS", 9.0, FontFace.BOLD, boxed=True)
    layout = form(Rule(10.0, 10.0, 90.0, 10.0), Heading(10.0, 30.0, "Date", 8.0), boxed)

    parts = render_parts(layout, fonts, dpi=200.0)
    whole = render_image(layout, fonts, dpi=200.0)

    assert ink(parts.lines, BoxMm(9.0, 9.0, 82.0, 2.0), dpi=200.0) > 0
    assert ink(parts.text, BoxMm(9.0, 9.0, 82.0, 2.0), dpi=200.0) == 0
    assert ink(parts.text, BoxMm(9.0, 26.0, 20.0, 5.0), dpi=200.0) > 0
    assert ink(parts.lines, BoxMm(9.0, 26.0, 20.0, 5.0), dpi=200.0) == 0
    assert ink(parts.lines, BoxMm(9.0, 39.0, 62.0, 2.0), dpi=200.0) > 0
    assert np.array_equal(np.minimum(parts.lines, parts.text), whole)


def test_the_edition_mark_is_read_back_from_the_image_and_printed_in_words(fonts: Fonts) -> None:
    layout = form(mark=EditionMark(BoxMm(40.0, 50.0, 11.0, 11.0)))

    image = render_image(layout, fonts, dpi=300.0)

    assert [code.text for code in zxingcpp.read_barcodes(image)] == [layout.id]
    assert _page_text(render_pdf(layout, fonts)).replace("\r\n", "") == layout.id


def test_a_wide_edition_mark_has_its_words_beside_the_code(fonts: Fonts) -> None:
    layout = form(mark=EditionMark(BoxMm(40.0, 50.0, 30.0, 11.0)))

    image = render_image(layout, fonts, dpi=300.0)

    assert ink(image, BoxMm(51.5, 50.0, 18.0, 11.0), dpi=300.0) > 0
    assert ink(image, BoxMm(40.0, 61.5, 30.0, 20.0), dpi=300.0) == 0


def test_an_accent_and_a_superscript_of_french_are_printed(fonts: Fonts) -> None:
    pdf = render_pdf(form(Heading(10.0, 10.0, "N° Où l’été, Nᵒ ½ $ — «\u00a0œ\u00a0»", 8.0)), fonts)

    assert "Où l’été" in _page_text(pdf)
    assert "œ" in _page_text(pdf)


# Paragraphs


def test_text_is_wrapped_inside_its_box_and_line_breaks_are_kept(fonts: Fonts) -> None:
    text = "Le défendeur doit inscrire son plaidoyer et le transmettre dans les trente jours.\nIl signe."
    paragraph = Paragraph(BoxMm(10.0, 10.0, 40.0, 30.0), text, 8.0)

    found = typeset(paragraph, fonts)

    assert found.fits
    assert len(found.runs) > 3
    assert found.runs[-1].text == "Il signe."
    assert " ".join(run.text for run in found.runs) == text.replace("\n", " ")
    assert found.width_mm <= 40.0


WORDS = st.lists(st.text(alphabet="abcÉ«»:$n°\u20de", min_size=1, max_size=9), min_size=1, max_size=30)


@settings(deadline=None)
@given(WORDS, st.floats(min_value=5.0, max_value=90.0), st.booleans())
def test_wrapping_loses_no_word_and_no_check_box(words: list[str], width_mm: float, boxed: bool) -> None:
    paragraph = Paragraph(BoxMm(5.0, 5.0, width_mm, 40.0), " ".join(words), 8.0, boxed=boxed)

    found = typeset(paragraph, FONTS)

    printed = " ".join(run.text for run in found.runs).split(" ") if found.runs else []
    assert printed == [word for word in words if word != "\u20de"]
    assert len(found.gaps) == words.count("\u20de")


@pytest.mark.parametrize("sign", ["« constat »", "constat :", "10 $", "constat ?", "N° 2"])
def test_french_signs_are_not_parted_from_their_word(fonts: Fonts, sign: str) -> None:
    width = text_width_mm(f"aaaa {sign}", fonts, face=FontFace.REGULAR, size_pt=8.0) - 0.5

    found = typeset(Paragraph(BoxMm(10.0, 10.0, width, 30.0), f"aaaa {sign}", 8.0), fonts)

    assert [run.text for run in found.runs] == ["aaaa", sign]


def test_a_check_box_in_running_text_is_a_gap_and_no_character(fonts: Fonts) -> None:
    paragraph = Paragraph(BoxMm(10.0, 10.0, 80.0, 10.0), "COCHÉE \u20de VEUILLEZ LIRE", 9.0, FontFace.BOLD)

    found = typeset(paragraph, fonts)
    image = render_image(form(paragraph), fonts, dpi=300.0)

    (gap,) = found.gaps
    before, after = found.runs
    assert (before.text, after.text) == ("COCHÉE", "VEUILLEZ LIRE")
    assert gap.width == GAP_MM
    assert before.x < gap.x < gap.right < after.x
    assert ink(image, gap, dpi=300.0) == 0.0
    assert overflowing(form(paragraph), fonts) == ()


def test_boxed_text_stands_in_the_middle_of_its_frame(fonts: Fonts) -> None:
    paragraph = Paragraph(BoxMm(10.0, 10.0, 80.0, 40.0), "HHH", 9.0, FontFace.BOLD, Align.CENTER, boxed=True)

    image = render_image(form(paragraph), fonts, dpi=300.0)

    scale = px_per_mm(300.0)
    inner = image[round(11 * scale) : round(49 * scale), round(11 * scale) : round(89 * scale)]
    rows, columns = np.nonzero(inner < 128)
    assert (rows.min() + rows.max()) / 2 / scale == pytest.approx(19.0, abs=0.6)
    assert (columns.min() + columns.max()) / 2 / scale == pytest.approx(39.0, abs=0.2)


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (
            Paragraph(BoxMm(10.0, 10.0, 30.0, 6.0), "Trop de mots pour une si petite place ici.", 9.0),
            "layout_text_overflow",
        ),
        (Paragraph(BoxMm(10.0, 10.0, 12.0, 30.0), "Anticonstitutionnellement", 9.0), "layout_text_overflow"),
        (Heading(80.0, 10.0, "Un titre qui sort de la feuille", 9.0), "layout_text_off_page"),
        (Heading(10.0, 10.0, "\u6f22", 9.0), "layout_glyph_missing"),
    ],
)
def test_text_that_does_not_print_is_told(fonts: Fonts, item: Artwork, code: str) -> None:
    assert [problem.code for problem in overflowing(form(item), fonts)] == [code]


def test_prints_on_other_prints_lines_and_entry_spaces_are_told(fonts: Fonts) -> None:
    plate = Zone("plate", Kind.PLATE, Need.REQUIRED, BoxMm(10.0, 60.0, 40.0, 8.0))
    layout = form(
        Heading(10.0, 20.0, "Immatriculation", 8.0),
        Heading(20.0, 20.5, "Marque", 8.0),
        Rule(10.0, 39.0, 60.0, 39.0),
        Heading(10.0, 40.0, "Modèle", 8.0),
        Heading(12.0, 65.0, "Année", 8.0),
        Heading(12.0, 58.0, "Plaque", 8.0),
        zones=(plate,),
    )

    found = [(problem.code, problem.location) for problem in collisions(layout, fonts)]

    assert found == [
        ("layout_text_on_text", "Immatriculation"),
        ("layout_text_on_line", "Modèle"),
        ("layout_text_on_entry", "Année"),
    ]


def test_a_check_box_in_a_warning_must_stand_in_its_gap(fonts: Fonts) -> None:
    box = BoxMm(10.0, 10.0, 80.0, 12.0)
    warning = Paragraph(box, "COCHÉE \u20de LISEZ", 9.0, FontFace.BOLD, boxed=True, name="warning_notice")
    ((_, gap),) = check_box_gaps(form(warning), fonts)
    text = Zone("warning_notice", Kind.TEXT_BLOCK, Need.REQUIRED, box)

    def proof(x: float) -> list[str]:
        mark = MarkBox("true", BoxMm(x, gap.y, 3.5, gap.height))
        zone = Zone("warning_2_applies", Kind.MARK, Need.IF_APPLICABLE, mark.box_mm, marks=(mark,))
        return [problem.code for problem in collisions(form(warning, zones=(text, zone)), fonts)]

    assert proof(gap.x + 0.5) == []
    assert proof(gap.right + 20.0) == ["layout_gap_empty", "layout_check_box_beside_gap"]


# The shipped layouts


def _page_text(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return str(document[0].get_textpage().get_text_range())
    finally:
        document.close()


def _type_sizes(pdf: bytes) -> Iterator[float]:
    """The size in points of every text object of the page, as the PDF has it."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        for item in document[0].get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]):
            size = pdfium.c_float()
            pdfium.FPDFTextObj_GetFontSize(item.raw, size)
            yield float(size.value) * abs(item.get_matrix().d)
    finally:
        document.close()


@pytest.mark.parametrize("layout", SHIPPED, ids=lambda layout: layout.id)
def test_no_type_of_a_shipped_form_is_under_6_point(layout: Layout, fonts: Fonts) -> None:
    sizes = list(_type_sizes(render_pdf(layout, fonts)))

    assert len(sizes) > 10
    assert min(sizes) >= 6.0 - 1e-3


@pytest.mark.parametrize("layout", SHIPPED, ids=lambda layout: layout.id)
def test_all_fonts_of_a_shipped_form_are_embedded_subsets(layout: Layout, fonts: Fonts) -> None:
    with pikepdf.open(BytesIO(render_pdf(layout, fonts))) as pdf:
        used = pdf.pages[0].resources["/Font"]
        embedded = ["/FontFile2" in font["/FontDescriptor"] for font in used.values()]
        names = [str(font["/BaseFont"]) for font in used.values()]

    assert all(re.match(r"/[A-Z]{6}\+Liberation(?:Sans|Mono)", name) for name in names)
    assert len(embedded) > 0
    assert all(embedded)


@pytest.mark.parametrize("layout", SHIPPED, ids=lambda layout: layout.id)
def test_every_text_of_a_shipped_form_fits_and_stands_clear(layout: Layout, fonts: Fonts) -> None:
    assert [*overflowing(layout, fonts), *collisions(layout, fonts)] == []


@pytest.mark.parametrize("layout", SHIPPED, ids=lambda layout: layout.id)
def test_the_edition_mark_of_a_shipped_form_is_read_at_200_dpi(layout: Layout, fonts: Fonts) -> None:
    assert layout.edition_mark is not None
    assert all(module_mm(mark, name) >= MIN_MODULE_MM for name, mark in layout.marks)

    image = render_image(layout, fonts, dpi=200.0)

    assert {code.text for code in zxingcpp.read_barcodes(image)} == {name for name, _ in layout.marks}


@pytest.mark.parametrize("layout", SHIPPED, ids=lambda layout: layout.id)
def test_entry_spaces_of_a_shipped_form_are_free_of_print(layout: Layout, fonts: Fonts) -> None:
    image = render_image(layout, fonts, dpi=150.0)
    combless = [
        zone
        for zone in layout.zones
        if zone.kind is not Kind.TEXT_BLOCK and zone.printed_value is None and not zone.comb and not zone.marks
    ]
    spaces = [(zone.name, zone.box_mm) for zone in combless]
    spaces += [(zone.name, cell) for zone in layout.zones for cell in zone.comb if zone.printed_value is None]
    spaces += [(zone.name, mark.box_mm) for zone in layout.zones for mark in zone.marks]

    # Nothing but the space's own border, 0.25 mm, may be inside.
    printed = [name for name, space in spaces if ink(image, space.grown(-0.5), dpi=150.0) > 0.001]

    assert printed == []


# Fonts


def test_a_missing_font_names_the_package_that_brings_it(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        load_fonts((tmp_path,))

    assert caught.value.code == "font_missing"
    assert caught.value.params["package"] == "fonts-liberation"


def test_the_narrow_faces_may_come_from_a_folder_of_their_own(tmp_path: Path) -> None:
    first, second = tmp_path / "liberation", tmp_path / "liberation-sans-narrow"
    for folder, pattern in ((first, "Liberation[SM][ao]n[so]-*"), (second, "LiberationSansNarrow-*")):
        folder.mkdir()
        for file in (file for source in FONT_DIRS for file in source.glob(pattern)):
            (folder / file.name).write_bytes(file.read_bytes())

    assert load_fonts((first, second)) == FONTS
    with pytest.raises(Unavailable) as caught:
        load_fonts((first,))
    assert caught.value.params["package"] == "fonts-liberation-sans-narrow"


def test_different_fonts_do_not_mix_in_one_process(fonts: Fonts) -> None:
    swapped = replace(fonts, regular=fonts.bold)

    plain = text_width_mm("Montant", fonts, face=FontFace.REGULAR, size_pt=10.0)
    bold = text_width_mm("Montant", swapped, face=FontFace.REGULAR, size_pt=10.0)

    assert bold > plain
    assert text_width_mm("Montant", fonts, face=FontFace.REGULAR, size_pt=10.0) == plain


def test_a_heading_box_holds_its_line_from_capitals_to_descenders(fonts: Fonts) -> None:
    heading = Heading(50.0, 40.0, "Ag", 10.0)

    image = render_image(form(heading), fonts, dpi=300.0)

    area = heading_box(heading, fonts)
    rows, columns = np.nonzero(image < 200)
    scale = px_per_mm(300.0)
    assert area.x - 0.1 <= columns.min() / scale
    assert columns.max() / scale <= area.right + 0.1
    assert area.y - 0.1 <= rows.min() / scale
    assert rows.max() / scale <= area.bottom + 0.1
