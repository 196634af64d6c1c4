"""A site adds its issuers and editions by adding files: no code, and nothing shipped is displaced."""

from __future__ import annotations

import io
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from pipeline.cli import commands
from pipeline.config import load_settings
from pipeline.flow import FlowKit
from pipeline.layout import Paragraph, Picture
from pipeline.ocr.confidence import Calibration
from pipeline.ocr.issuers.issuer import IssuerInvalid
from pipeline.ocr.readers import Readers
from pipeline.ocr.thresholds import Thresholds
from pipeline.storage.issuer_files import load_issuers
from pipeline.storage.layout_files import load_fonts, load_layouts
from pipeline.templates.library import LayoutLibrary
from pipeline.templates.problem import LayoutInvalid, LayoutsInvalid
from pipeline.templates.render import render_image, render_pdf

OWN = "iii.return.front.fr@rivage-1"
ISSUER = """\
issuer: rivage
name: {fr: Ville de Rivage, en: City of Rivage}
characters: "0123456789"
statement_numbers:
  - pattern: "[0-9]{12}"
printed:
  town: Ville de Rivage
  court: {fr: Cour municipale de Rivage, en: Rivage municipal court}
  court_address: |-
    7, quai Nord
    Rivage (Québec) J0Y 0Y0
"""
EDITION = f"""\
layout: {OWN}
extends: iii.return.front.fr@generic-1
issuer: rivage
"""


def png(gray: int, *, side_px: int = 60) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((side_px, side_px), gray, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "issuers").mkdir()
    (tmp_path / "issuers" / "rivage.yaml").write_text(ISSUER, encoding="utf-8")
    (tmp_path / f"{OWN}.yaml").write_text(EDITION, encoding="utf-8")
    return tmp_path


def printed_texts(folder: Path) -> set[str]:
    own = next(layout for layout in load_layouts(folder) if layout.id == OWN)
    return {item.text for item in own.artwork if isinstance(item, Paragraph)}


def test_three_lines_make_an_edition_that_prints_another_issuers_words(site: Path) -> None:
    texts = printed_texts(site)

    assert "Cour municipale de Rivage\n7, quai Nord\nRivage (Québec) J0Y 0Y0" in texts
    assert not any("Valmont (" in text for text in texts)
    own = next(layout for layout in load_layouts(site) if layout.id == OWN)
    assert own.issuer == "rivage"
    assert (
        own.zone("plea_return_address").printed_value
        == "Cour municipale de Rivage\n7, quai Nord\nRivage (Québec) J0Y 0Y0"
    )
    assert load_issuers(site / "issuers")["rivage"].series[0].pattern == "[0-9]{12}"


def test_numbers_are_read_as_the_issuer_of_the_print_writes_them(site: Path) -> None:
    issuers = load_issuers(site / "issuers")
    kit = FlowKit(
        library=LayoutLibrary.build([], load_fonts()),
        readers=cast(Readers, None),
        calibration=cast(Calibration, None),
        thresholds=cast(Thresholds, None),
        issuer=issuers["valmont"],
        issuers=issuers,
    )
    own, generic = (
        next(layout for layout in load_layouts(site) if layout.id == name)
        for name in (OWN, "iii.return.front.fr@generic-1")
    )

    assert (kit.issuer_of(own).id, kit.issuer_of(generic).id) == ("rivage", "valmont")


def test_the_generic_edition_prints_the_worked_example_and_names_no_issuer() -> None:
    generic = next(layout for layout in load_layouts() if layout.id == "iii.return.front.fr@generic-1")

    assert generic.issuer is None
    assert "Cour municipale de Valmont" in (generic.zone("plea_return_address").printed_value or "")


def test_a_logo_is_printed_in_its_box_the_same_every_time(site: Path) -> None:
    (site / "issuers" / "rivage.png").write_bytes(png(0))
    (site / "issuers" / "rivage.yaml").write_text(f"{ISSUER}logo: rivage.png\n", encoding="utf-8")
    (site / f"{OWN}.yaml").write_text(f"{EDITION}logo: [120.0, 4.0, 20.0, 10.0]\n", encoding="utf-8")

    own = next(layout for layout in load_layouts(site) if layout.id == OWN)

    (picture,) = (item for item in own.artwork if isinstance(item, Picture))
    assert picture.box_mm.as_tuple() == (120.0, 4.0, 20.0, 10.0)
    image = render_image(own, load_fonts(), dpi=100)
    row = image[round(9.0 * 100 / 25.4)]
    assert [row[round(x_mm * 100 / 25.4)] for x_mm in (130.0, 122.0, 138.0)] == [0, 255, 255]
    assert render_pdf(own, load_fonts()) == render_pdf(own, load_fonts())


@pytest.mark.parametrize(
    ("edition", "code"),
    [
        (EDITION.replace("issuer: rivage", "issuer: lost"), "layout_issuer_unknown"),
        (EDITION + "logo: [120.0, 4.0, 20.0, 10.0]\n", "layout_logo_missing"),
        (EDITION + "logo: [210.0, 4.0, 20.0, 10.0]\n", "layout_off_page"),
        (
            EDITION + "texts:\n  - {box_mm: [150, 140, 50, 4], text: 'T. {issuer.fax}', size_pt: 7}\n",
            "layout_issuer_word",
        ),
    ],
)
def test_words_that_the_issuer_lacks_are_named(site: Path, edition: str, code: str) -> None:
    (site / f"{OWN}.yaml").write_text(edition, encoding="utf-8")

    with pytest.raises(LayoutInvalid) as caught:
        load_layouts(site)

    assert code in {problem.code for problem in caught.value.problems}


def test_a_shipped_id_is_never_given_a_second_print(site: Path) -> None:
    taken = "iii.return.front.fr@generic-1"
    (site / f"{taken}.yaml").write_text(f"layout: {taken}\nsize_mm: [215.0, 178.0]\n", encoding="utf-8")

    with pytest.raises(LayoutInvalid) as caught:
        load_layouts(site)

    assert [problem.code for problem in caught.value.problems] == ["layout_id_taken"]


def test_every_faulty_file_of_the_folder_is_named_at_once(site: Path) -> None:
    for edition in ("a-1", "b-1"):
        name = f"iii.return.back.fr@{edition}"
        (site / f"{name}.yaml").write_text(f"layout: {name}\nsize_mm: [20.0, 200.0]\n", encoding="utf-8")

    with pytest.raises(LayoutsInvalid) as caught:
        load_layouts(site)

    assert len(caught.value.errors) == 2


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("logo: ../rivage.png\n", "logo"),
        ("logo: none.png\n", "logo"),
        ("logo: huge.png\n", "logo"),
        ("logo: text.png\n", "logo"),
        ("printed: {Court: x}\n", "printed"),
    ],
)
def test_a_faulty_issuer_file_is_refused_with_its_place(site: Path, body: str, place: str) -> None:
    (site / "issuers" / "huge.png").write_bytes(png(0, side_px=2400))
    (site / "issuers" / "text.png").write_bytes(b"no picture")
    text = ISSUER.partition("printed:")[0] + body
    (site / "issuers" / "rivage.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(IssuerInvalid) as caught:
        load_layouts(site)

    assert str(caught.value.params["problems"]).startswith(place)


def test_the_command_lists_the_layouts_of_the_folder(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSTAT_LAYOUTS_DIR", str(site))

    listed = CliRunner().invoke(commands, ["layouts", "list"]).output.split()

    assert OWN in listed
    assert "iii.return.front.fr@generic-1" in listed
    assert load_settings().layouts_dir == site
