"""The free fonts that entries are written with, split so that nothing is tuned on the writers it is measured on.

`TRAIN` serves tuning and the committed samples, `HELD_OUT` the benchmark. Packages and licences: `samples/README.md`.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

_TRUETYPE = "/usr/share/fonts/truetype"
_OPENTYPE = "/usr/share/fonts/opentype"
_NOTDEF_PROBE = "\U0010fffd"


@dataclass(frozen=True, slots=True)
class FontFile:
    """One font file of a Debian package.

    Attributes:
        package: the Debian package it comes from.
        capitals_only: small letters look like capitals; text is put in capitals before it is written.
        lacks: characters left out of the text (drawn as something else by the font).
        mono: fixed pitch, so usable by typewriters, dot matrix and thermal printers.
        joined: its letters already run into each other.
        enlarge: correction of a hand whose small letters are tiny beside its capitals.
    """

    name: str
    path: str
    package: str
    capitals_only: bool = False
    lacks: str = ""
    mono: bool = False
    joined: bool = False
    enlarge: float = 1.0

    def adapted(self, text: str) -> str:
        """The text as this font can show it; what is left out here is left out of the truth too."""
        kept = "".join(char for char in text if char not in self.lacks)
        return kept.upper() if self.capitals_only else kept


@dataclass(frozen=True, slots=True)
class FontPool:
    """Fonts for printed and for handwritten entries."""

    name: str
    prints: tuple[FontFile, ...]
    hands: tuple[FontFile, ...]

    @property
    def monos(self) -> tuple[FontFile, ...]:
        return tuple(font for font in self.prints if font.mono)


def _print(name: str, path: str, package: str, *, mono: bool = False, lacks: str = "") -> FontFile:
    return FontFile(name, path, package, mono=mono, lacks=lacks)


def _bwht(name: str) -> FontFile:
    path = f"{_OPENTYPE}/bwht/BecauseWe{name}-Regular.otf"
    return FontFile(f"because-we-{name.lower()}", path, "fonts-bwht", capitals_only=True)


def _urw(name: str, *, mono: bool = False) -> FontFile:
    return _print(name, f"{_OPENTYPE}/urw-base35/{name}.otf", "fonts-urw-base35", mono=mono)


def _liberation(name: str, *, mono: bool = False) -> FontFile:
    return _print(name, f"{_TRUETYPE}/liberation/{name}.ttf", "fonts-liberation", mono=mono)


def _dejavu(name: str, *, mono: bool = False) -> FontFile:
    return _print(name, f"{_TRUETYPE}/dejavu/{name}.ttf", "fonts-dejavu-core", mono=mono)


TRAIN = FontPool(
    name="train",
    prints=(
        _liberation("LiberationSans-Regular"),
        _liberation("LiberationSans-Bold"),
        _liberation("LiberationMono-Regular", mono=True),
        _liberation("LiberationMono-Bold", mono=True),
        _dejavu("DejaVuSans"),
        _dejavu("DejaVuSansMono", mono=True),
        _urw("NimbusRoman-Regular"),
        _urw("C059-Roman"),
    ),
    hands=(
        FontFile("breip", f"{_TRUETYPE}/breip/Breip.ttf", "fonts-breip"),
        FontFile("steve-hand", f"{_TRUETYPE}/sjfonts/SteveHand.ttf", "fonts-sjfonts"),
        FontFile("kristi", f"{_TRUETYPE}/kristi/Kristi.ttf", "fonts-kristi", enlarge=1.3),
        FontFile("klee", f"{_TRUETYPE}/klee/KleeOne-Regular.ttf", "fonts-klee"),
        FontFile(
            "dancing-script",
            f"{_OPENTYPE}/dancingscript/DancingScript-Regular.otf",
            "fonts-dancingscript",
            joined=True,
        ),
        FontFile("havana", f"{_OPENTYPE}/havana/Havana-Regular.otf", "fonts-havana"),
        FontFile("humor-sans", f"{_TRUETYPE}/humor-sans/Humor-Sans.ttf", "fonts-humor-sans", capitals_only=True),
        _bwht("Build"),
        _bwht("Connect"),
        _bwht("Mentor"),
    ),
)

HELD_OUT = FontPool(
    name="held_out",
    prints=(
        _liberation("LiberationSerif-Regular"),
        _liberation("LiberationSansNarrow-Regular"),
        _dejavu("DejaVuSerif"),
        _dejavu("DejaVuSansMono-Bold", mono=True),
        _urw("NimbusMonoPS-Bold", mono=True),
        _urw("NimbusMonoPS-Regular", mono=True),
        _urw("URWGothic-Book"),
        _urw("URWBookman-Light"),
        _urw("P052-Roman"),
        _print(
            "GNUTypewriter",
            f"{_TRUETYPE}/gnutypewriter/GNUTypewriter.ttf",
            "fonts-gnutypewriter",
            mono=True,
            lacks="()",  # drawn as slashes
        ),
    ),
    hands=(
        FontFile("dkg", f"{_TRUETYPE}/fifthhorseman/dkg.ttf", "fonts-dkg-handwriting"),
        FontFile("delphine", f"{_TRUETYPE}/sjfonts/Delphine.ttf", "fonts-sjfonts"),
        FontFile("yusei-magic", f"{_TRUETYPE}/yusei-magic/YuseiMagic-Regular.ttf", "fonts-yusei-magic"),
        FontFile("rufscript", f"{_TRUETYPE}/rufscript/Rufscript010.ttf", "fonts-rufscript"),
        FontFile(
            "kaushan-script", f"{_OPENTYPE}/kaushanscript/KaushanScript-Regular.otf", "fonts-kaushanscript", joined=True
        ),
        FontFile("z003", f"{_OPENTYPE}/urw-base35/Z003-MediumItalic.otf", "fonts-urw-base35"),
        _bwht("Create"),
        _bwht("Learn"),
        _bwht("Organize"),
    ),
)

POOLS = (TRAIN, HELD_OUT)


class FontMissingError(Exception):
    """A font package is not installed; the message names the package."""


@lru_cache(maxsize=512)
def load(font: FontFile, size_px: int) -> ImageFont.FreeTypeFont:
    """The font at an em size in pixels.

    Raises:
        FontMissingError: the file is not there.
    """
    if not Path(font.path).exists():
        raise FontMissingError(f"{font.path} is missing; install the Debian package {font.package}")
    return ImageFont.truetype(font.path, size_px, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=64)
def cap_ratio(font: FontFile) -> float:
    """Height of a capital H over the em size, so that writers can be sized by their capitals."""
    left, top, right, bottom = load(font, 400).getbbox("H")
    return (bottom - top) / 400.0 if right > left else 0.7


@lru_cache(maxsize=4096)
def has_glyph(font: FontFile, char: str) -> bool:
    """Whether the font draws this character as itself, not as its missing-glyph box or as nothing."""
    face = load(font, 40)
    mask = bytes(face.getmask(char))
    return char == " " or (any(mask) and mask != bytes(face.getmask(_NOTDEF_PROBE)))


@lru_cache(maxsize=4096)
def parts(font: FontFile, char: str) -> tuple[str, str]:
    """The character to draw and the combining marks to add by hand where the font has no accented letter."""
    if has_glyph(font, char):
        return char, ""
    decomposed = unicodedata.normalize("NFD", char)
    return decomposed[0], decomposed[1:]
