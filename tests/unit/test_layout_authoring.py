"""From the scan of a blank form to a proposed layout: what is ruled, what it is called, and what a person decides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from pipeline.cli.layouts_new import new
from pipeline.errors import InputRefused, OperatorError, PipelineError
from pipeline.geometry import BoxMm, BoxPx, px_per_mm
from pipeline.layout import Heading, Paragraph
from pipeline.model import MARK_KINDS, GrayImage, Layout, LayoutId, PageBytes
from pipeline.ports import PrintedLine
from pipeline.storage.layout_files import layout_texts, load_catalogue, load_fonts, load_imprints, load_layouts
from pipeline.templates.authoring.announcing import Phrase
from pipeline.templates.authoring.flat import lay_flat
from pipeline.templates.authoring.naming import Named, name_parts
from pipeline.templates.authoring.reference import Reference, language_of, reference, whole_file
from pipeline.templates.authoring.ruled import Ruled, find_ruled
from pipeline.templates.authoring.wording import folded, likeness
from pipeline.templates.document import Border, LayoutFile
from pipeline.templates.fonts import heading_box
from pipeline.templates.render import render_image
from pipeline.templates.schema import parse_layout
from pipeline.templates.typesetting import typeset
from pipeline.usecases.author_layout import author_layout
from pipeline.usecases.layouts.drafting import require_face
from pipeline.wiring import scanned_page

DPI = 300.0
NEAR_MM = 0.5


def layout_of(layout_id: str) -> Layout:
    return next(layout for layout in load_layouts() if layout.id == layout_id)


def file_of(layout_id: str) -> LayoutFile:
    return whole_file(layout_texts()[layout_id], layout_texts(), load_imprints())


def drawn(layout: Layout) -> GrayImage:
    return render_image(layout, load_fonts(), dpi=DPI)


def printed_words(layout: Layout) -> tuple[Phrase, ...]:
    """The words of a form as a faultless reader would give them, a line each."""
    lines = []
    for item in layout.artwork:
        if isinstance(item, Heading):
            lines.append(item)
        elif isinstance(item, Paragraph):
            rows: dict[float, list[str]] = {}
            starts: dict[float, float] = {}
            for run in typeset(item, load_fonts()).runs:
                rows.setdefault(run.y, []).append(run.text)
                starts.setdefault(run.y, run.x)
            lines += [Heading(starts[y], y, " ".join(words), item.size_pt, item.face) for y, words in rows.items()]
    return tuple(Phrase(line.text, heading_box(line, load_fonts())) for line in lines)


def known(layout_id: str, *, language: str, others: bool = True) -> Reference:
    face = layout_id.split("@")[0].rpartition(".")[0]
    rest = [name for name in layout_texts() if name.startswith(f"{face}.") and name.endswith("@generic-1")]
    files = [file_of(name) for name in rest if name != layout_id] if others else []
    return reference(file_of(layout_id), load_catalogue().face(face), files, language=language)


def apart_mm(found: BoxMm, true: BoxMm) -> float:
    return max(
        abs(found.x - true.x), abs(found.y - true.y), abs(found.right - true.right), abs(found.bottom - true.bottom)
    )


def named_on(layout: Layout, like: str) -> tuple[Ruled, Named]:
    ruled = find_ruled(drawn(layout), dpi=DPI)
    its = known(like, language=language_of(layout.id))
    return ruled, name_parts(ruled, printed_words(layout), its, size_mm=layout.size_mm)


@pytest.mark.parametrize("layout_id", ["iii.statement.front.fr@generic-1", "iv.statement.front.en@generic-1"])
def test_every_framed_space_and_check_box_of_a_form_is_found_where_it_is(layout_id: str) -> None:
    layout = layout_of(layout_id)
    framed = {part.name for part in file_of(layout_id).zones if part.border is Border.BOX}

    ruled = find_ruled(drawn(layout), dpi=DPI)

    for zone in layout.zones:
        if zone.kind in MARK_KINDS:
            assert all(any(apart_mm(box, mark.box_mm) < 0.3 for box in ruled.check_boxes) for mark in zone.marks)
        elif zone.name in framed:
            nearest = min(ruled.spaces, key=lambda space: apart_mm(space.box_mm, zone.box_mm))
            assert apart_mm(nearest.box_mm, zone.box_mm) < 0.3, zone.name
            assert nearest.cells == len(zone.comb), zone.name


def test_nothing_is_found_on_an_empty_sheet() -> None:
    ruled = find_ruled(np.full((1200, 900), 240, np.uint8), dpi=DPI)

    assert (ruled.level, ruled.bars, ruled.check_boxes, ruled.spaces) == ((), (), (), ())


@pytest.mark.parametrize(
    ("unseen", "like"),
    [
        ("iii.statement.front.fr@carnet-1", "iii.statement.front.fr@generic-1"),
        ("iii.statement.front.en@carnet-1", "iii.statement.front.fr@generic-1"),
        ("iv.statement.front.en@carnet-1", "iv.statement.front.en@generic-1"),
    ],
)
def test_an_edition_of_another_size_and_arrangement_is_named_by_its_words(unseen: str, like: str) -> None:
    layout = layout_of(unseen)
    true = {zone.name: zone for zone in layout.zones}

    _, found = named_on(layout, like)

    right = [
        apart_mm(each.box_mm, true[each.zone.name].box_mm) < NEAR_MM if each.zone.name in true else False
        for each in found.spaces
    ]
    for mark in found.marks:
        boxes = {box.name: box.box_mm for box in true[mark.zone.name].marks} if mark.zone.name in true else {}
        right.append(mark.mark.name in boxes and apart_mm(mark.box_mm, boxes[mark.mark.name]) < NEAR_MM)
    ruled_parts = {part.name for part in file_of(unseen).zones if part.border is not Border.NONE or part.marks}
    wanted = sum(len(zone.marks) or 1 for zone in layout.zones if zone.name in ruled_parts)
    assert sum(right) >= 0.85 * wanted
    assert len(right) - sum(right) <= 0.05 * len(right)


def test_shortened_words_announce_what_they_shorten_and_others_do_not() -> None:
    spelled_out = (folded("Dimension autorisée"),)

    assert likeness(folded("Dim. autorisée"), spelled_out) > 0.85
    assert likeness(folded("Masse autorisée (kg)"), spelled_out) < 0.75
    assert folded("Date de naissance (AAAA MM JJ)") == folded("DATE DE NAISSANCE")


@pytest.mark.parametrize("turns", [0, 2])
def test_a_page_laid_flat_is_upright_and_as_large_as_the_paper(turns: int) -> None:
    layout = layout_of("iv.return.front.fr@generic-1")
    sheet = drawn(layout)
    scan = np.pad(np.rot90(sheet, turns), 40, constant_values=20)

    flat = lay_flat(np.ascontiguousarray(scan), dpi=DPI, quarter_turns=turns)

    assert flat.size_mm == pytest.approx(layout.size_mm, abs=0.5)
    assert (
        np.mean(
            np.abs(
                flat.image[: sheet.shape[0], : sheet.shape[1]].astype(int)
                - sheet[: flat.image.shape[0], : flat.image.shape[1]]
            )
        )
        < 12
    )


class FaultlessReader:
    """A `PrintReader` that knows what the form says."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def read_print(self, page: GrayImage, *, dpi: float) -> tuple[PrintedLine, ...]:
        scale = px_per_mm(dpi)
        return tuple(
            PrintedLine(each.text, BoxPx(*(round(side * scale) for side in each.box_mm.as_tuple())))
            for each in printed_words(self._layout)
        )


def scan_of(layout: Layout, path: Path, *, dpi: float | None = DPI) -> Path:
    image = Image.fromarray(drawn(layout))
    if dpi is None:
        image.save(path)
    else:
        image.save(path, dpi=(dpi, dpi))
    return path


def test_a_proposal_is_a_layout_file_once_what_it_lists_is_decided(tmp_path: Path) -> None:
    layout = layout_of("iii.return.front.en@generic-1")
    page = scanned_page(scan_of(layout, tmp_path / "blank.png"), page_number=1)
    new_id = LayoutId("iii.return.front.en@carnet-9")

    made = author_layout(
        page,
        new_id,
        known=known("iii.return.front.fr@generic-1", language="en"),
        reader=FaultlessReader(layout),
        fonts=load_fonts(),
        parse=lambda text, source: parse_layout(text, source=source, catalogue=load_catalogue()),
    )

    assert made.problems == ()
    assert made.spaces[0] == made.spaces[1]
    proposed = parse_layout(made.text, source=f"{new_id}.yaml", catalogue=load_catalogue())
    assert {zone.name for zone in proposed.zones} == {zone.name for zone in layout.zones}
    for zone in layout.zones:
        if not zone.marks and zone.kind != "text_block":
            mine = next(each for each in proposed.zones if each.name == zone.name)
            assert apart_mm(mine.box_mm, zone.box_mm) < NEAR_MM
    assert "authoring_edition_mark" in {reason.code for reason in made.decisions}
    assert made.picture.startswith(b"\x89PNG")


def test_a_scan_without_resolution_is_not_guessed_at(tmp_path: Path) -> None:
    layout = layout_of("iv.return.front.fr@generic-1")
    page = scanned_page(scan_of(layout, tmp_path / "blank.png", dpi=None), page_number=1)

    with pytest.raises(OperatorError, match="resolution_unknown"):
        author_layout(
            replace(page, dpi=None),
            LayoutId("iv.return.front.fr@x"),
            known=known("iv.return.front.fr@generic-1", language="fr"),
            reader=FaultlessReader(layout),
            fonts=load_fonts(),
            parse=lambda text, source: text,
        )


def test_a_page_that_is_not_there_is_said(tmp_path: Path) -> None:
    path = scan_of(layout_of("iv.return.front.fr@generic-1"), tmp_path / "blank.png")

    assert isinstance(scanned_page(path, page_number=1), PageBytes)
    with pytest.raises(InputRefused, match="no_such_page"):
        scanned_page(path, page_number=2)


@pytest.mark.parametrize(
    ("new_id", "code"),
    [("carnet", "no_layout_id"), ("iii.statement.back.fr@x", "layout_face_differs")],
)
def test_a_new_id_is_one_of_the_same_face(new_id: str, code: str) -> None:
    with pytest.raises(OperatorError, match=code):
        require_face(new_id, like="iii.statement.front.fr@generic-1")


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    blank = scan_of(layout_of("iv.return.front.fr@generic-1"), tmp_path / "blank.png")
    there = tmp_path / "iv.return.front.fr@x-1.yaml"
    there.write_text("mine")
    arguments = [str(blank), "--like", "iv.return.front.fr@generic-1", "--as", "iv.return.front.fr@x-1"]

    result = CliRunner().invoke(new, [*arguments, "--out", str(tmp_path)])

    assert isinstance(result.exception, PipelineError)
    assert result.exception.code == "file_exists"
    assert there.read_text() == "mine"
