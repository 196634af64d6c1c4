"""A letter with a card's number beside a statement: no page, address, command or file shows the number but the
original, and that only to whoever says why."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import httpx2
import numpy as np
import pikepdf
import pytest
from PIL import Image

from pipeline.model import Language
from pipeline.ocr.engines.tesseract import Tesseract
from pipeline.screens.iiif.views import LAYERS, ImageView
from pipeline.web.browser_images import LAYERS as VIEW_LAYERS
from pipeline.web.browser_images import View
from samples.cards import CardPage, card_page
from samples.encode import pdf_bytes
from samples.fontpool import TRAIN
from samples.generate import sheet
from samples.wear import Level, Mode
from tests.e2e.command import constat, document
from tests.e2e.test_iiif_validator import _session
from tests.servers.pages import serving

pytestmark = pytest.mark.servers
NUMBER = "4111111111111111"
SPOKEN = re.compile(r"4(?:[ .\-]?1){9,}")
"""In texts: most of it is too much."""
_READ_AT_PX = 1600


@dataclass(frozen=True)
class Office:
    data: Path
    taken: dict[str, object]
    letter: str
    form: str
    number: str
    address: str
    cookie: str

    def get(self, path: str) -> httpx2.Response:
        return httpx2.get(self.address + path, headers={"cookie": self.cookie}, timeout=240.0)

    def post(self, path: str, **form: str) -> httpx2.Response:
        csrf = re.search(r'name="csrf" value="([^"]+)"', self.get(path).text)
        assert csrf is not None
        headers = {"cookie": self.cookie, "origin": self.address}
        return httpx2.post(self.address + path, data={"csrf": csrf[1], **form}, headers=headers, timeout=240.0)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("cards")
    data, mail = folder / "data", folder / "mail"
    mail.mkdir()
    form = sheet(41, pool=TRAIN, level=Level.CLEAN, layout_id="iii.statement.front.fr@generic-1", duplex=False).pages[0]
    letter, _ = card_page(5, CardPage.TYPED_LETTER, pool=TRAIN, level=Level.CLEAN, number=NUMBER, mode=Mode.COLOR)
    (mail / "mail.pdf").write_bytes(pdf_bytes([form, letter]))
    taken = document(constat("intake", mail, "--simplex", "--workers", "1", "--json", data_dir=data))
    pages = {page["label"]: page["id"] for page in taken["pages"]}
    number = taken["statements"][0]["number"]
    cookie = f"constat_session={_session(data)}"
    with serving(data, folder / "server.log") as address:
        yield Office(data, taken, pages["enclosure"], pages["form"], number, address, cookie)


def _shows(data: bytes) -> bool:
    """Whether the card's number can be read in a picture."""
    with Image.open(io.BytesIO(data)) as opened:
        whole = opened.convert("RGBA")
    page = Image.new("RGBA", whole.size, "white")
    page.alpha_composite(whole)
    gray = np.asarray(page.convert("L"), dtype=np.uint8)
    if min(gray.shape) < 200:
        return False
    factor = _READ_AT_PX / gray.shape[1]
    method = cv2.INTER_AREA if factor < 1.0 else cv2.INTER_CUBIC
    gray = np.asarray(cv2.resize(gray, None, fx=factor, fy=factor, interpolation=method), np.uint8)
    read = Tesseract().read_page(gray, dpi=190.0, languages=(Language.EN,))
    return SPOKEN.search(read.text) is not None


def _pictures_of(pdf: bytes) -> Iterator[bytes]:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        for page in opened.pages:
            for image in page.images.values():
                assert isinstance(image, pikepdf.Stream)
                out = io.BytesIO()
                pikepdf.PdfImage(image).as_pil_image().convert("RGB").save(out, "PNG")
                yield out.getvalue()


def test_the_number_was_there_and_its_page_says_that_it_is_masked(office: Office) -> None:
    listed = json.dumps(office.taken)

    assert not SPOKEN.search(listed)
    page = next(page for page in office.taken["pages"] if page["id"] == office.letter)  # type: ignore[attr-defined]
    assert {mask["kind"] for mask in page["masks"]} == {"number", "beside"}
    originals = [path for path in (office.data / "objects").rglob("*") if path.is_file() and _is_pdf(path)]
    assert [_shows(picture) for path in originals for picture in _pictures_of(path.read_bytes())].count(True) == 1


def _is_pdf(path: Path) -> bool:
    return path.read_bytes()[:4] == b"%PDF"


def test_nothing_that_is_kept_beside_the_original_shows_it(office: Office) -> None:
    seen = 0
    for path in office.data.rglob("*"):
        if not path.is_file() or _is_pdf(path):
            continue
        data = path.read_bytes()
        assert NUMBER.encode() not in data
        assert not re.search(rb"4111[ -]?1111[ -]?1111", data), path
        if data[:4] in (b"\x89PNG", b"\xff\xd8\xff\xe0"):
            seen += 1
            assert not _shows(data), path
    assert seen >= 4


@pytest.mark.parametrize("view", [view for view in View if view not in VIEW_LAYERS])
def test_no_image_of_the_page_shows_it(view: View, office: Office) -> None:
    answer = office.get(f"/pages/{office.letter}/{view}")

    assert answer.status_code == 200
    assert not _shows(answer.content)


@pytest.mark.parametrize("view", [view for view in ImageView if view not in LAYERS])
def test_no_iiif_image_shows_it(view: ImageView, office: Office) -> None:
    answer = office.get(f"/iiif/3/{office.letter}~{view}/full/max/0/default.png")

    assert answer.status_code == 200
    assert not _shows(answer.content)


@pytest.mark.parametrize("full", [0, 1])
def test_the_scan_to_mark_places_on_does_not(full: int, office: Office) -> None:
    answer = office.get(f"/review/scan/{office.letter}?full={full}")

    assert answer.status_code == 200
    assert not _shows(answer.content)


@pytest.mark.parametrize(
    "path",
    [
        "/statements/{number}",
        "/statements/{number}/manifest",
        "/statements/{number}/viewer",
        "/statements/{number}/proof",
        "/review/pages/{letter}",
        "/review/masks/{letter}",
        "/review/letters/{letter}",
        "/review/original/{letter}",
        "/access-log",
    ],
)
def test_no_page_writes_it(path: str, office: Office) -> None:
    answer = office.get(path.format(number=office.number, letter=office.letter))

    assert answer.status_code in (200, 403), path
    assert not SPOKEN.search(answer.text)


def test_the_hard_copy_shows_a_bar(office: Office, tmp_path: Path) -> None:
    out = tmp_path / "copy.pdf"
    made = constat(
        "export", office.number, "--hard-copy", out, "--document", "enclosure", "--audience", "court",
        data_dir=office.data,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr

    pictures = list(_pictures_of(out.read_bytes()))

    assert pictures
    assert not any(_shows(picture) for picture in pictures)
    assert not SPOKEN.search(out.read_bytes().decode("latin-1"))


def test_the_package_holds_a_drawing_with_a_bar_and_not_the_file_and_checks(office: Office, tmp_path: Path) -> None:
    made = constat("export", office.number, "--package", tmp_path / "package", data_dir=office.data)
    assert made.returncode == 0, made.stderr

    files = [path for path in (tmp_path / "package").rglob("*") if path.is_file()]
    images = [path for path in files if path.suffix in (".png", ".jpg") and office.letter in str(path)]

    assert f"{office.letter}/drawn.png" in "".join(map(str, images))
    assert not list((tmp_path / "package" / "data").glob("originals/*"))
    assert not any(_shows(path.read_bytes()) for path in images)
    assert not any(SPOKEN.search(path.read_text("utf-8", "replace")) for path in files if path.suffix in _TEXTS)
    assert constat("verify", tmp_path / "package", data_dir=tmp_path / "nothing").returncode == 0
    (tmp_path / "package" / "data" / "pages" / office.letter / "drawn.png").unlink()
    assert constat("verify", tmp_path / "package", data_dir=tmp_path / "nothing").returncode == 1


_TEXTS = frozenset({".json", ".xml", ".txt", ".html"})


def test_no_command_prints_it(office: Office) -> None:
    for arguments in (
        ("show", office.number, "--json"),
        ("show", office.number),
        ("batch", "show", str(office.taken["batch"]), "--json"),
        ("review", "masks", office.letter, "--json"),
        ("transfer", office.number),
    ):
        said = constat(*arguments, data_dir=office.data)
        assert said.returncode == 0, said.stderr
        assert not SPOKEN.search(said.stdout + said.stderr), arguments


def test_the_original_is_shown_once_somebody_said_why_and_that_is_in_the_log(office: Office) -> None:
    address = f"/review/original/{office.letter}"
    statement = office.get(f"/statements/{office.number}").text
    assert address in statement
    assert f"/review/original/{office.form}" not in statement
    assert office.get(f"{address}/image").status_code == 403
    assert office.post(address, reason=" ").status_code == 422
    assert office.get(f"{address}/image").status_code == 403

    assert office.post(address, reason="the payer says another card was charged").status_code == 303

    assert _shows(office.get(f"{address}/image?full=1").content)
    assert office.get(f"/review/original/{office.form}/image").status_code == 403
    log = json.loads(constat("access", "list", "--subject", office.letter, "--json", data_dir=office.data).stdout)
    assert "original: the payer says another card was charged" in json.dumps(log)


def test_the_command_line_asks_for_a_reason_and_an_account_that_may(office: Office, tmp_path: Path) -> None:
    out = tmp_path / "original.png"
    told = ("review", "original", office.letter, "--out", out)
    made = constat("user", "add", "rene", "--role", "reviewer", data_dir=office.data)
    assert made.returncode == 0, made.stderr

    assert constat(*told, "--reason", "curious", "--by", "rene", data_dir=office.data).returncode == 2
    assert constat(*told, "--reason", " ", "--by", "chief", data_dir=office.data).returncode == 1
    assert not out.exists()
    assert constat(*told, "--reason", "asked by the court", "--by", "chief", data_dir=office.data).returncode == 0
    assert _shows(out.read_bytes())


def test_all_of_it_verifies_read_again(office: Office) -> None:
    said = constat("verify", "--all", "--again", data_dir=office.data)

    assert said.returncode == 0, said.stdout + said.stderr
