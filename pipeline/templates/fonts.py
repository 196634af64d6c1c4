"""The typefaces of the forms as a value, and the width of text set in them."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from io import BytesIO

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont, TTFontFace

from pipeline.geometry import MM_PER_INCH, BoxMm
from pipeline.model import Align, FontFace, Heading

POINTS_PER_INCH = 72.0
MM_PER_PT = MM_PER_INCH / POINTS_PER_INCH
ASCENT, DESCENT = 0.905, 0.212
"""Of the type size, as Liberation Sans and Sans Narrow state them (hhea table)."""


@dataclass(frozen=True, slots=True)
class Fonts:
    """TrueType files, whole: Liberation Sans, Liberation Sans Narrow and Liberation Mono, regular and bold."""

    regular: bytes
    bold: bytes
    narrow: bytes
    narrow_bold: bytes
    mono: bytes
    mono_bold: bytes

    def data(self, face: FontFace) -> bytes:
        by_face = {
            FontFace.REGULAR: self.regular,
            FontFace.BOLD: self.bold,
            FontFace.NARROW: self.narrow,
            FontFace.NARROW_BOLD: self.narrow_bold,
            FontFace.MONO: self.mono,
            FontFace.MONO_BOLD: self.mono_bold,
        }
        return by_face[face]


@lru_cache(maxsize=8)
def registered_names(fonts: Fonts) -> Mapping[FontFace, str]:
    """The names under which the PDF writer knows these faces.

    The writer keeps fonts in a table of the process; names made of the content keep different files apart.
    """
    names = {}
    for face in FontFace:
        data = fonts.data(face)
        name = f"form-{face}-{sha256(data).hexdigest()[:12]}"
        font = TTFont(name, BytesIO(data))
        _restore_widths(font.face, data)
        pdfmetrics.registerFont(font)
        names[face] = name
    return names


def _restore_widths(face: TTFontFace, data: bytes) -> None:
    """Give glyphs without an advance width of their own, all but a few of a monospaced face, the last one stated.

    The PDF writer gives them that width in thousandths, and the font it embeds would contradict the PDF's own widths.
    """
    stated = _stated_widths(data)
    last = face.hmetrics[stated - 1][0]
    face.hmetrics[stated:] = [(last, bearing) for _, bearing in face.hmetrics[stated:]]


def _stated_widths(data: bytes) -> int:
    """How many advance widths a TrueType file states (`numberOfHMetrics`, the last field of its hhea table)."""
    (count,) = struct.unpack_from(">H", data, 4)
    for number in range(count):
        tag, _, offset, length = struct.unpack_from(">4sLLL", data, 12 + 16 * number)
        if tag == b"hhea":
            (stated,) = struct.unpack_from(">H", data, offset + length - 2)
            return int(stated)
    raise ValueError("no hhea table")


def text_width_mm(text: str, fonts: Fonts, *, face: FontFace, size_pt: float) -> float:
    """Advance width of one line of text."""
    return float(pdfmetrics.stringWidth(text, registered_names(fonts)[face], size_pt)) * MM_PER_PT


def missing_characters(text: str, fonts: Fonts, *, face: FontFace) -> str:
    """The characters of the text that the face cannot show, each once, in order."""
    glyphs = pdfmetrics.getFont(registered_names(fonts)[face]).face.charToGlyph
    return "".join(dict.fromkeys(char for char in text if ord(char) not in glyphs and not char.isspace()))


CAP_HEIGHT = 0.73
"""Of the type size: capitals and ascenders of Liberation Sans without accents."""


def heading_box(heading: Heading, fonts: Fonts) -> BoxMm:
    """The space that one line of print takes, from the top of capitals to descenders."""
    width = text_width_mm(heading.text, fonts, face=heading.face, size_pt=heading.size_pt)
    size_mm = heading.size_pt * MM_PER_PT
    x = heading.x - {Align.LEFT: 0.0, Align.CENTER: width / 2, Align.RIGHT: width}[heading.align]
    return BoxMm(x, heading.y - CAP_HEIGHT * size_mm, width, (CAP_HEIGHT + DESCENT) * size_mm)
