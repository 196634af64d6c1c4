"""The sides of a sheet side by side: each may ask for the other's paper, which is decoded once at most."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.errors import InputRefused
from pipeline.imaging.decode import Decoded, decode
from pipeline.imaging.masking import masked
from pipeline.imaging.paper import Paper, find_paper
from pipeline.model import GrayImage, PageBytes

_SAME_DPI = 0.01
"""Share by which the resolutions of two sides may differ and count as the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """A side that was decoded for its other side's sake, before its own turn.

    Attributes:
        decoded: all of it, its masks covered.
    """

    decoded: Decoded
    paper: Paper


class BothSides:
    """The papers of a sheet's sides: those that were read, and on demand the others."""

    def __init__(self, sides: tuple[PageBytes, ...]) -> None:
        self._sides = sides
        self._papers: dict[int, Paper | None] = {}
        self._looked: dict[int, Looked] = {}

    def looked(self, page: PageBytes) -> Looked | None:
        """What was decoded of a side already, exactly as the page is to be decoded now; null where nothing was. It is
        handed out once: the whole scan is not kept in memory for longer."""
        place = self._place(page)
        found = None if place is None else self._looked.pop(place, None)
        if found is None or place is None or page.placing is not None:
            return None
        return found if page.masks == self._sides[place].masks else None

    def put(self, page: PageBytes, paper: Paper) -> None:
        """Keep the paper of a side that was decoded anyway."""
        place = self._place(page)
        if place is not None:
            self._papers[place] = paper

    def other(self, page: PageBytes, *, dpi: float) -> GrayImage | None:
        """The other side of a page at `dpi`; null for a sheet of one side, and where it cannot be decoded."""
        place = self._place(page)
        if place is None or len(self._sides) != 2:
            return None
        paper = self._paper(1 - place)
        return None if paper is None else _with_dpi(paper, dpi)

    def _place(self, page: PageBytes) -> int | None:
        """Masks are added to a page while it is read; its index and bytes stay."""
        same = (its for its, side in enumerate(self._sides) if side.data is page.data)
        return next(same, None)

    def _paper(self, place: int) -> Paper | None:
        if place not in self._papers:
            side = self._sides[place]
            try:
                decoded = masked(decode(side.data, dpi_hint=side.dpi, rotation_deg=side.rotation_deg), side.masks)
            except InputRefused:
                # Said of that side when it is read itself.
                self._papers[place] = None
            else:
                paper = find_paper(decoded.gray, dpi=decoded.dpi)
                self._looked[place] = Looked(decoded, paper)
                self._papers[place] = paper
        return self._papers[place]


def _with_dpi(paper: Paper, dpi: float) -> GrayImage:
    factor = dpi / paper.likely_dpi
    if abs(factor - 1.0) <= _SAME_DPI:
        return paper.image
    height, width = (max(2, round(length * factor)) for length in paper.image.shape)
    return np.asarray(cv2.resize(paper.image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
