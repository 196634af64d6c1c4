"""The first look at stored files, with real pictures."""

from __future__ import annotations

import io
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from pipeline.custody.scanning import ScannedSide
from pipeline.errors import InputRefused
from pipeline.screens.separator_pages import numbered, separator_pages
from pipeline.storage.layout_files import load_fonts
from pipeline.storage.pages import StoredPages
from pipeline.usecases.scanning import looks_of
from pipeline.usecases.scanning.first_look import FirstLook
from tests.fake_scanner import fed_with
from tests.unit.images import bare_paper, letter
from tests.unit.mail_room import MailRoom

DPI = 150


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(DPI, DPI))
    return out.getvalue()


def _paper() -> Image.Image:
    return Image.fromarray(bare_paper(1275, 1650))


def _written() -> bytes:
    return _png(Image.fromarray(letter(1275, 1650)))


def _separators() -> list[tuple[bytes, bytes]]:
    """Of a set of three, for one sheet each."""
    pages = separator_pages(numbered("A7", (1, 1, 1)), size_mm=(215.9, 279.4), fonts=load_fonts())
    document = pypdfium2.PdfDocument(pages)
    sides = [_png(page.render(scale=DPI / 72, grayscale=True).to_pil()) for page in document]
    return list(zip(sides[::2], sides[1::2], strict=True))


def _looked(room: MailRoom, *sheets: tuple[bytes, ...]) -> list[ScannedSide]:
    room.feed(fed_with(*sheets), looker=FirstLook(room.keeping.objects, StoredPages()))
    return [side for its in room.view().sheets for side in its.sides]


def test_blank_and_written_sides_are_told_apart(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)

    front, back = _looked(room, (_written(), _png(_paper())))

    assert [its.blank is not None and its.blank >= 0.5 for side in (front, back) for its in looks_of(side)] == [
        False,
        True,
    ]
    assert room.view().blank == 1


def test_a_separator_that_is_missing_is_an_alarm_while_there_is_still_time_to_look_for_it(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    first, _, third = _separators()
    sheet = (_written(), _png(_paper()))

    _looked(room, first, sheet, sheet, third)

    assert room.view().separators == 2
    assert room.alarms() == {"separator_count": (1,), "separator_missing": (4,)}


def test_a_picture_that_cannot_be_decoded_is_a_look_that_failed_and_stops_nothing(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)

    sides = _looked(room, (b"\x89PNG no picture", b"\x89PNG nor this"))

    assert {its.failed is not None for side in sides for its in looks_of(side)} == {True}
    assert room.view().feedings[0].stopped is None
    with pytest.raises(InputRefused):
        FirstLook(room.keeping.objects, StoredPages()).thumbnail(sides[0])


def test_small_pictures_are_made_from_what_is_stored(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    room.feed(fed_with((_written(), _png(_paper()))))
    front = room.view().sheets[0].sides[0]

    picture = Image.open(io.BytesIO(FirstLook(room.keeping.objects, StoredPages()).thumbnail(front)))

    assert (picture.format, picture.size) == ("JPEG", (240, 311))
