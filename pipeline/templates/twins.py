"""Tells nearly identical editions apart: by the edition mark, else by the few places where their prints differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from pipeline.geometry import Affine, px_per_mm
from pipeline.model import GrayImage, Mask
from pipeline.templates.landmarks import Landmarks, choose_where, sight
from pipeline.templates.library import WORK_DPI, PreparedLayout
from pipeline.templates.matching import Proof
from pipeline.templates.render import render_parts

WHITE: Final = 255
PRINTED_GRAY: Final = 215
AROUND_MM: Final = 0.5
"""Misfit of a page that its common print may have."""
APART_GRAY: Final = 60
"""Artworks differ where soft drawings of them are this far apart: more than two roundings of one edge."""
SPACING_MM: Final = 8.0
REACH_MM: Final = 0.75
"""Less than half of the smallest move that makes another edition of a form (2 mm)."""
SEEN, UNSEEN = 0.55, 0.3
"""Likeness of the differing places on a page of the edition: 0.7 to 0.95, worn 0.5; by chance 0.3 or less."""
CLEAR: Final = 0.25


def settle(
    proofs: list[Proof], named: tuple[str, ...], upright: Mapping[int, GrayImage], *, least_margin: float
) -> tuple[list[Proof], bool]:
    """Choose among proofs that are too close to tell apart by their scores.

    Args:
        proofs: best first.
        named: layout ids on edition marks of the page.
        upright: the work image after each clockwise quarter turn.

    Returns:
        The proofs with the one chosen first, and whether it was chosen for sure; unchanged and false if none was.
    """
    close = _close(proofs, least_margin)
    if len(close) < 2:
        return proofs, False
    marked = [each for each in close if each.layout_id in named]
    if marked:
        return _first(marked[0], proofs), len(marked) == 1
    for each in close:
        if all(_leads(each, other, upright) for other in close if other is not each):
            return _first(each, proofs), True
    return proofs, False


def _close(proofs: list[Proof], least_margin: float) -> list[Proof]:
    """The best proof of each layout that is within the margin of the best; a sheet's own foot is no rival."""
    close: dict[str, Proof] = {}
    for each in proofs:
        if proofs[0].score - each.score < least_margin and each.layout_id != proofs[0].detachable:
            close.setdefault(each.layout_id, each)
    return list(close.values())


def _first(chosen: Proof, proofs: list[Proof]) -> list[Proof]:
    return [chosen, *(each for each in proofs if each is not chosen)]


def _leads(one: Proof, other: Proof, upright: Mapping[int, GrayImage]) -> bool:
    """Whether the page shows what only the one prints, and not what only the other prints."""
    differences = differing(one.candidate.prepared, other.candidate.prepared)
    mine = _likeness(differences.one, differences.common, one, upright)
    theirs = _likeness(differences.other, differences.common, other, upright)
    if mine is not None and theirs is not None:
        return mine >= SEEN and mine - theirs >= CLEAR
    if mine is not None:
        return mine >= SEEN
    return theirs is not None and theirs <= UNSEEN


def _likeness(places: Landmarks, common: Mask, proof: Proof, upright: Mapping[int, GrayImage]) -> float | None:
    """Median likeness of the places to what is printed there; null without places on the page."""
    page = _in_frame(upright[proof.candidate.quarter_turns], proof.work_from_layout, common.shape)
    shown = np.where(common, WHITE, page).astype(np.uint8)
    scale = px_per_mm(WORK_DPI)
    seen = sight(shown, places, places.centers_mm * scale, reach_px=round(REACH_MM * scale))
    return float(np.median(seen.likeness)) if len(seen.likeness) else None


def _in_frame(work: GrayImage, work_from_layout: Affine, shape: tuple[int, ...]) -> GrayImage:
    """The page as it lies on the layout, `shape` pixels at WORK_DPI."""
    # From half-integer pixel centres to OpenCV's integer ones.
    half = Affine.translation(0.5, 0.5)
    shown = half.inverse().after(work_from_layout).after(Affine.scaling(1 / px_per_mm(WORK_DPI))).after(half)
    matrix = np.array([[shown.a, shown.b, shown.c], [shown.d, shown.e, shown.f]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    frame = cv2.warpAffine(
        work, matrix, (shape[1], shape[0]), flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=WHITE
    )
    return np.asarray(frame, dtype=np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Differences:
    """What only one of two layouts prints, at WORK_DPI.

    Attributes:
        one, other: places of what only that layout prints; either may have none.
        common: `(height, width) bool`, what both print and a little around it: it says nothing.
    """

    one: Landmarks
    other: Landmarks
    common: Mask


@lru_cache(maxsize=64)
def differing(one: PreparedLayout, other: PreparedLayout) -> Differences:
    """Where two layouts print something that the other does not."""
    first, second = _drawn(one), _drawn(other)
    height, width = (max(first.shape[axis], second.shape[axis]) for axis in (0, 1))
    first, second = _padded(first, height, width), _padded(second, height, width)
    soft = [cv2.GaussianBlur(image, (0, 0), 1.0) for image in (first, second)]
    both = (np.maximum(soft[0], soft[1]) < PRINTED_GRAY).astype(np.uint8)
    common: Mask = cv2.dilate(both, np.ones((3, 3), np.uint8), iterations=round(AROUND_MM * px_per_mm(WORK_DPI))) > 0
    apart = (cv2.absdiff(soft[0], soft[1]) > APART_GRAY) & ~common
    found = [
        choose_where(np.where(common, WHITE, image).astype(np.uint8), apart, dpi=WORK_DPI, spacing_mm=SPACING_MM)
        for image in (first, second)
    ]
    return Differences(found[0], found[1], common)


@lru_cache(maxsize=16)
def _drawn(prepared: PreparedLayout) -> GrayImage:
    """Without edition marks: they differ between all layouts, and are read, not compared."""
    unmarked = replace(prepared.layout, edition_mark=None, detachable_mark=None)
    parts = render_parts(unmarked, prepared.fonts, dpi=WORK_DPI)
    return np.minimum(parts.lines, parts.text)


def _padded(image: GrayImage, height: int, width: int) -> GrayImage:
    below, beside = height - image.shape[0], width - image.shape[1]
    return np.pad(image, ((0, below), (0, beside)), constant_values=WHITE)
