"""Page screens as a folder: every view a file, and an index for programs and one for people."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.cli.screen_folder import LAYER_SETS, VIEWS, write_page_screens
from pipeline.errors import OperatorError
from pipeline.geometry import BoxMm
from pipeline.model import Decision, Digest, Language, LayoutId, PageId, PageLabel, Side
from pipeline.screens.page_screen import Annotation, Layer, LayeredScan, PageScreen, ScreenReading, ScreenSection
from pipeline.screens.views import superpose

RNG = np.random.default_rng(8)
SCAN = RNG.integers(0, 256, (120, 80)).astype(np.uint8)
OWNERS = RNG.choice([Layer.FORM, Layer.HAND, Layer.REMAINDER], (120, 80)).astype(np.uint8)
PLATE = ScreenReading(
    "plate", "Immatriculation", "a", "J89 STE", "<J89 & STE>", Decision.REVIEW, 0.5, BoxMm(2.0, 3.0, 4.0, 2.0)
)
FORM = PageScreen(
    PageId("2026-11-27-001.0001.0001"),
    "statement",
    Side.FRONT,
    PageLabel.FORM,
    (20.32, 30.48),
    Language.FR,
    LayoutId("iv.statement.front.fr@generic-1"),
    Digest("0" * 64),
    LayeredScan(SCAN, OWNERS, 100.0),
    readings=(PLATE,),
    sections=(ScreenSection("a", "Véhicule", BoxMm(1.0, 2.0, 12.0, 5.0)),),
    annotations=(Annotation("marks_conflict", (("marks", "on_vehicle, mail"),), PLATE.box_mm),),
)
LETTER = replace(
    FORM,
    role="enclosure",
    label=PageLabel.ENCLOSURE,
    layout=None,
    layers=LayeredScan(SCAN, None, 100.0),
    readings=(),
    sections=(),
    annotations=(),
    text="</pre><script>alert(1)</script>",
)


def pixels_of(path: Path) -> np.ndarray:
    with Image.open(path) as opened:
        return np.asarray(opened)


def test_the_files_of_a_page_laid_on_each_other_are_its_scan(tmp_path: Path) -> None:
    (page,) = write_page_screens(tmp_path, [FORM])

    assert [view.name for view in page.views] == ["whole", "form", "hand", "remainder"]
    layers = [pixels_of(tmp_path / view.file) for view in page.views[1:]]
    assert (superpose(layers) == SCAN).all()
    assert (pixels_of(tmp_path / "01-statement-front-whole.png") == SCAN).all()


def test_only_the_views_asked_for_are_written(tmp_path: Path) -> None:
    write_page_screens(tmp_path, [FORM], views=["particulars", "stamp"])

    assert sorted(path.name for path in tmp_path.glob("*.png")) == [
        "01-statement-front-particulars.png",
        "01-statement-front-stamp.png",
    ]
    assert set(VIEWS) == {"whole", "filled", *LAYER_SETS}


def test_the_form_without_entries_is_made_where_it_is_asked_for_and_known(tmp_path: Path) -> None:
    blank = np.full(SCAN.shape, 255, np.uint8)

    pages = write_page_screens(
        tmp_path, [FORM, LETTER], views=["filled"], artwork=lambda screen: blank if screen.layout else None
    )

    filled = pixels_of(tmp_path / "01-statement-front-filled.png")
    assert (filled[OWNERS == Layer.FORM] == SCAN[OWNERS == Layer.FORM]).all()
    assert (filled[OWNERS != Layer.FORM] != SCAN[OWNERS != Layer.FORM]).mean() > 0.9
    assert [len(page.views) for page in pages] == [1, 0]


def test_pages_stay_in_the_order_of_the_paper(tmp_path: Path) -> None:
    write_page_screens(tmp_path, [FORM, replace(FORM, side=Side.BACK, front=FORM.page), LETTER])

    pages = json.loads((tmp_path / "index.json").read_text(encoding="utf-8"))["pages"]
    assert [(page["order"], page["role"], page["side"]) for page in pages] == [
        (1, "statement", "front"),
        (2, "statement", "back"),
        (3, "enclosure", "front"),
    ]
    assert pages[1]["front"] == pages[0]["page"]
    assert pages[0]["readings"][0]["text"] == "<J89 & STE>"
    assert pages[0]["readings"][0]["box_mm"] == [2.0, 3.0, 4.0, 2.0]
    assert all((tmp_path / view["file"]).exists() for page in pages for view in page["views"])


@pytest.mark.parametrize("section", ["a", "A", "véhicule"])
def test_a_section_is_found_by_name_or_title_and_shown_alone(tmp_path: Path, section: str) -> None:
    (page,) = write_page_screens(tmp_path, [FORM, LETTER], section=section)

    shown = pixels_of(tmp_path / "01-statement-front-section-a-whole.png")
    assert (shown == SCAN[:36, :60]).all()
    assert page.screen.readings[0].box_mm == PLATE.box_mm


def test_an_unknown_section_is_answered_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(OperatorError) as caught:
        write_page_screens(tmp_path / "new", [FORM], section="z")

    assert (caught.value.code, caught.value.params["known"]) == ("section_unknown", "a (Véhicule)")
    assert not (tmp_path / "new").exists()


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")

    with pytest.raises(OperatorError) as caught:
        write_page_screens(tmp_path, [FORM])

    assert caught.value.code == "folder_not_empty"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_the_page_to_look_at_runs_no_script_and_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    write_page_screens(tmp_path, [FORM, LETTER])

    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(text)
    names = {tag for tag, _ in tags.seen}
    assert not names & {"script", "link", "iframe", "object"}
    assert not [key for _, given in tags.seen for key in given if key.startswith("on")]
    sources = [str(given["src"]) for tag, given in tags.seen if tag == "img"]
    assert sources
    assert all((tmp_path / source).exists() for source in sources)
    assert "http" not in text
    assert "&lt;/pre&gt;&lt;script&gt;" in text
    assert 'title="Immatriculation : &lt;J89 &amp; STE&gt;"' in text


def test_each_layer_has_its_box_in_both_languages(tmp_path: Path) -> None:
    write_page_screens(tmp_path, [FORM])

    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert '<span lang="fr">Écriture manuscrite</span><span lang="en">Handwriting</span>' in text
    for name in ("whole", "form", "hand", "remainder", "readings", "annotations"):
        assert f".t-{name}:not(:checked) ~ .sheet .{name} {{ display: none; }}" in text
        assert f'id="p1-{name}"' in text
    assert "on_vehicle" not in text, "particulars are told by their names for people"


def test_the_page_is_headed_by_the_number_of_the_statement(tmp_path: Path) -> None:
    write_page_screens(tmp_path, [FORM], number="<812345>")

    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert '<h1><span lang="fr">Constat d&#x27;infraction &lt;812345&gt;</span>' in page
    assert "<title>&lt;812345&gt; " in page
