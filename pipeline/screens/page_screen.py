"""Page screens: what a page of a digitized statement shows, layers and text in one coordinate system (ss. 10, 18)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from pipeline.errors import Param
from pipeline.geometry import BoxMm
from pipeline.model import ColorImage, Decision, Digest, GrayImage, Language, LayoutId, PageId, PageLabel, Side


class Layer(IntEnum):
    """Whose a pixel of the registered scan is. The numbers are kept in stored layers: add to them, never change one."""

    FORM = 0
    """The printed form and the paper it is printed on."""
    HAND = 1
    PRINT = 2
    MARK = 3
    STAMP = 4
    ENTRY = 5
    """Entry ink whose making could not be told."""
    REMAINDER = 6
    """Dark and neither the form's nor an entry's: folds, stains, dust, holes."""


PARTICULARS = frozenset({Layer.HAND, Layer.PRINT, Layer.MARK, Layer.STAMP, Layer.ENTRY})
"""The layers that together are the particulars, as against form and remainder."""


@dataclass(frozen=True, slots=True, eq=False)
class LayeredScan:
    """A scan and whose each of its pixels is. Each pixel has one owner, so the layers laid on each other are the scan.

    Attributes:
        scan: the registered scan, `(height, width) uint8, 0 = black`, or `(height, width, 3) uint8` red green blue.
        owners: `(height, width) uint8`, values of `Layer`; null for a page without a form, which is one layer.
        dpi: of both.
    """

    scan: GrayImage | ColorImage
    owners: GrayImage | None
    dpi: float


@dataclass(frozen=True, slots=True)
class ScreenReading:
    """A particular as text on its page screen.

    Attributes:
        name: of the catalogue; `label` is its name for people, in the language of the page.
        section: name of the `ScreenSection` that it stands in; null for none.
        text: as read; the value where nothing was read as text (`true`, `present`).
        box_mm: its space on the page.
    """

    name: str
    label: str
    section: str | None
    value: str | bool | None
    text: str
    decision: Decision
    confidence: float
    box_mm: BoxMm


@dataclass(frozen=True, slots=True)
class ScreenSection:
    """A section of the form, the theme by which particulars are found (s. 10)."""

    name: str
    title: str
    box_mm: BoxMm


@dataclass(frozen=True, slots=True)
class Annotation:
    """Something to know about the page or a place on it: a doubt, a broken rule, a finding of conformity."""

    code: str
    params: tuple[tuple[str, Param], ...] = ()
    box_mm: BoxMm | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PageScreen:
    """One page as it is shown.

    Attributes:
        role: `statement`, `return` or `enclosure`: what the page is to its statement.
        size_mm: of the page, as wide and high as `layers.scan` at its resolution.
        layout: null where no form was recognised.
        sha256: of the page as received.
        text: of a page without a form, as read; empty otherwise.
        front: of a back, the page on the front of the same sheet; null for fronts.
    """

    page: PageId
    role: str
    side: Side
    label: PageLabel
    size_mm: tuple[float, float]
    language: Language | None
    layout: LayoutId | None
    sha256: Digest
    layers: LayeredScan
    readings: tuple[ScreenReading, ...] = ()
    sections: tuple[ScreenSection, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    text: str = ""
    front: PageId | None = None
