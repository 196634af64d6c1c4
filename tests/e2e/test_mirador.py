"""A real statement in Mirador and OpenSeadragon, on pages of another site, by the manifest under a pass."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.e2e.command import ROOT, constat
from tests.servers.browser import new_context, running_chromium
from tests.servers.pages import serving
from tests.servers.viewers import mirador_site, openseadragon_site

pytestmark = pytest.mark.servers
MAIL = ROOT / "samples" / "batches" / "counter" / "mail-004.pdf"
"""A statement, its return document, a letter, each with its back."""
NUMBER, PLATE = "704100931429426", "RCJ5561"
LOADED_MS = 120_000
MOST_DIFFERENCE = 2.0
"""Mean, in levels of 255, of layers as a viewer paints them to the scan as it paints it."""
_PICTURE = os.environ.get("CONSTAT_PICTURES")
"""A folder to which pictures for the documentation are written."""


@dataclass(frozen=True)
class Court:
    """Attributes:
    document: the manifest as the machine of the court got it.
    address: of the same under a pass.
    """

    document: Any
    address: str

    @property
    def canvases(self) -> list[Any]:
        found = self.document["items"]
        assert isinstance(found, list)
        return found


def scan_of(canvas: Any) -> str:
    """The image of the whole page."""
    return f"{layers(canvas)[0].rpartition('~')[0]}~scan"


def layers(canvas: Any) -> list[str]:
    return [its["body"]["service"][0]["id"] for its in canvas["items"][0]["items"]]


def readings(canvas: Any) -> list[Any]:
    return [its for page in canvas.get("annotations", []) for its in page["items"]]


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    folder = tmp_path_factory.mktemp("court")
    data = folder / "data"
    taken = constat("intake", MAIL, "--workers", "1", "--json", data_dir=data)
    assert taken.returncode in (0, 1), taken.stderr
    key = constat("client", "add", "court", "--role", "court", data_dir=data).stdout.strip()
    with serving(data, folder / "server.log") as address:
        asked = httpx2.get(
            f"{address}/api/v1/statements/{NUMBER}/manifest", headers={"authorization": f"Bearer {key}"}, timeout=60.0
        )
        assert asked.status_code == 200, asked.text
        document = asked.json()
        yield Court(document, next(its["id"] for its in document["seeAlso"] if its["type"] == "Manifest"))


@pytest.fixture(scope="module")
def chromium(court: Court) -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def mirador(court: Court, chromium: Browser) -> Iterator[Page]:
    with mirador_site(court.address) as site:
        page = new_context(chromium).new_page()
        page.goto(site)
        _settled(page, court.canvases[0])
        yield page


_VIEWER = "Mirador.OSDReferences.get(Object.keys(mirador.store.getState().windows)[0])?.current"


def _settled(page: Page, canvas: Any) -> None:
    """All layers of the canvas are drawn from tiles that have come."""
    page.wait_for_function(
        f"""images => {{
          const world = window.mirador && {_VIEWER}?.world;
          if (!world || world.getItemCount() !== images.length) return false;
          const items = images.map((_, index) => world.getItemAt(index));
          // In the order in which their descriptions came: no pixel is in two of them.
          return images.every((image) => items.some((its) => its.source.id === image && its.getFullyLoaded()));
        }}""",
        arg=layers(canvas),
        timeout=LOADED_MS,
    )


def _painted(page: Page, viewer: str) -> npt.NDArray[np.uint8]:
    """The page as the viewer has painted it, cut out of its surroundings; pixels of another site's images are let be
    read only where that site gives them to everybody."""
    found = page.evaluate(
        f"""async () => {{
          const viewer = {viewer};
          await new Promise((done) => {{ viewer.addOnceHandler("update-viewport", done); viewer.forceRedraw(); }});
          const item = viewer.world.getItemAt(0);
          const at = (x, y) => Object.assign(viewer.viewport.getCenter().clone(), {{ x, y }});
          const size = item.getContentSize();
          const corner = item.imageToViewerElementCoordinates(at(0, 0));
          const far = item.imageToViewerElementCoordinates(at(size.x, size.y));
          return {{ data: viewer.drawer.canvas.toDataURL("image/png"), corner, far }};
        }}"""
    )
    drawn = Image.open(io.BytesIO(base64.b64decode(found["data"].partition(",")[2])))
    white = Image.new("RGBA", drawn.size, "white")
    white.alpha_composite(drawn.convert("RGBA"))
    box = [round(found[name][side]) for name in ("corner", "far") for side in ("x", "y")]
    return np.asarray(white.crop((box[0], box[1], box[2], box[3])).convert("L"))


def _difference(page: Page, viewer: str, canvas: Any) -> float:
    """Mean, in levels, of what differs between what the viewer shows and the scan of the page, painted in its place."""
    shown = _painted(page, viewer)
    page.evaluate(
        f"""(image) => new Promise((done, failed) => {{
          const viewer = {viewer};
          const fitBounds = viewer.world.getItemAt(0).getBounds();
          const success = ({{ item }}) => {{ window.whole = item; done(); }};
          viewer.addTiledImage({{ tileSource: `${{image}}/info.json`, fitBounds, success, error: failed }});
        }})""",
        scan_of(canvas),
    )
    page.wait_for_function("window.whole.getFullyLoaded()", timeout=LOADED_MS)
    scan = _painted(page, viewer)
    page.evaluate(f"{viewer}.world.removeItem(window.whole)")
    assert shown.shape == scan.shape
    return float(np.abs(shown.astype(np.float32) - scan).mean())


def _press(page: Page, name: str) -> None:
    """The first of this name: tabs of the side bar and buttons beside them are told apart by no role in common."""
    page.locator(f"[aria-label='{name}']").first.click()


def _picture(page: Page, name: str) -> None:
    if _PICTURE:
        page.screenshot(path=str(Path(_PICTURE) / name))


def test_mirador_paints_every_page_of_the_statement_as_it_was_scanned(court: Court, mirador: Page) -> None:
    assert len(court.canvases) == 6
    for index, canvas in enumerate(court.canvases):
        if index:
            _press(mirador, "Suivant")
        _settled(mirador, canvas)

        assert _difference(mirador, _VIEWER, canvas) < MOST_DIFFERENCE, canvas["label"]
    for _ in court.canvases[1:]:
        _press(mirador, "Précédent")
    _settled(mirador, court.canvases[0])


def test_its_layers_are_shown_and_hidden_one_by_one(court: Court, mirador: Page) -> None:
    canvas = court.canvases[0]
    _press(mirador, "Calques")
    names = [its["body"]["label"]["fr"][0] for its in canvas["items"][0]["items"]]
    assert len(names) == 7
    for name in names:
        expect(mirador.get_by_text(name, exact=True)).to_be_visible()
    _picture(mirador, "mirador-layers.png")

    hand = mirador.locator("li[data-rfd-draggable-id*='~hand']")
    hand.locator("[aria-label='Masquer le calque']").click()
    without_hand = _difference(mirador, _VIEWER, canvas)
    hand.locator("[aria-label='Afficher le calque']").click()

    assert without_hand > 3 * MOST_DIFFERENCE
    assert _difference(mirador, _VIEWER, canvas) < MOST_DIFFERENCE


def test_its_readings_are_listed_each_with_its_name_and_how_far_it_is(court: Court, mirador: Page) -> None:
    _press(mirador, "Annotations")

    listed = mirador.locator("li[annotationid]")
    known = readings(court.canvases[0])
    expect(listed).to_have_count(len(known))
    said = " ".join(listed.all_inner_texts())
    for its in known:
        for body in its["body"]:
            assert " ".join(body["value"].split()) in " ".join(said.split())
    _picture(mirador, "mirador-annotations.png")


def test_a_plate_is_found_and_its_place_is_gone_to(court: Court, mirador: Page) -> None:
    _press(mirador, "Rechercher")
    mirador.get_by_role("combobox").fill("rcj 5561")

    with mirador.expect_response(lambda answer: "/search/1?" in answer.url) as asked:
        mirador.keyboard.press("Enter")

    hits = asked.value.json()["hits"]
    assert hits[0]["match"] == PLATE
    expect(mirador.get_by_text(PLATE).first).to_be_visible()
    selected = mirador.evaluate(
        """() => Object.values(mirador.store.getState().searches).flatMap(
             (its) => Object.values(its).flatMap((each) => each.selectedContentSearchAnnotationIds ?? []))"""
    )
    assert selected == hits[0]["annotations"]
    _picture(mirador, "mirador-search.png")


def test_openseadragon_lays_the_images_of_a_canvas_on_each_other(court: Court, chromium: Browser) -> None:
    images = layers(court.canvases[0])
    with openseadragon_site(images) as site:
        page = new_context(chromium).new_page()
        page.goto(site)
        page.wait_for_function(
            """count => {
              const world = window.viewer?.world;
              if (!world || world.getItemCount() !== count) return false;
              const items = Array.from({ length: count }, (_, index) => world.getItemAt(index));
              return items.every((its) => its.getFullyLoaded());
            }""",
            arg=len(images),
            timeout=LOADED_MS,
        )
        assert _difference(page, "window.viewer", court.canvases[0]) < MOST_DIFFERENCE
