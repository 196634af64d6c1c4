"""Proof that a page shows a layout: its landmarks are where they should be, lines and words alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.geometry import Affine, px_per_mm
from pipeline.model import GrayImage, Layout, LayoutId
from pipeline.templates.affine_fit import fit_affine, moved
from pipeline.templates.candidates import Candidate
from pipeline.templates.landmarks import FloatArray, Landmarks, Sightings, sight
from pipeline.templates.library import WORK_DPI

PLACE_COUNT = 36
PLACE_REACH_MM = 2.0
FAR_REACH_MM = 9.0
"""For a second look: where a page's margins are cut off, the signature may lock on to a neighbouring line."""
FIT_REACH_MM = 1.0
PROOF_REACH_MM = 0.75
UNLIKE, ALIKE = 0.30, 0.75
"""Correlation of a patch with the best place in reach: by chance about 0.3, on a clean scan 0.8 to 0.95."""
STRAY_MM = 0.7
"""Paper stretches by up to 0.6 mm; a landmark further from its place counts less and less."""
ENOUGH_INFORMATION = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A candidate after a first fit; `seen` is the share of few landmarks found, 0.0 to 1.0."""

    candidate: Candidate
    work_from_layout: Affine
    seen: float

    @property
    def layout(self) -> Layout:
        return self.candidate.prepared.layout


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """How much of a layout was found.

    Attributes:
        work_from_layout: millimetres on the layout in, pixels of the turned work image out.
        structure, words: share of the landmarks of each sort that were found, 0.0 to 1.0.
    """

    candidate: Candidate
    work_from_layout: Affine
    structure: float
    words: float

    @property
    def layout_id(self) -> LayoutId:
        return self.candidate.prepared.layout.id

    @property
    def detachable(self) -> LayoutId | None:
        """The layout of this one's foot alone."""
        return self.candidate.prepared.layout.detachable

    @property
    def score(self) -> float:
        return (self.structure + self.words) / 2


def place(work: GrayImage, candidate: Candidate, *, reach_mm: float = PLACE_REACH_MM) -> Placed:
    """Fit a candidate with few landmarks, looked for within `reach_mm` of where the signature puts them."""
    structure = candidate.prepared.structure
    few = np.unique(np.linspace(0, len(structure) - 1, PLACE_COUNT).astype(np.intp)) if len(structure) else None
    seen = _seen(work, structure, candidate.work_from_layout, reach_mm, few)
    correction = _correction(structure, seen)
    missed = seen.shift_mm - (moved(correction, structure.centers_mm[seen.index]) - structure.centers_mm[seen.index])
    found = _found(structure, seen, missed)
    count = len(structure) if few is None else len(few)
    return Placed(candidate, candidate.work_from_layout.after(correction), float(found.sum()) / max(1, count))


def prove(work: GrayImage, placed: Placed) -> Proof:
    """Fit a placed candidate with all landmarks and count those found."""
    structure, words = placed.candidate.prepared.structure, placed.candidate.prepared.words
    seen = _seen(work, structure, placed.work_from_layout, FIT_REACH_MM)
    correction = _correction(structure, seen)
    at = placed.work_from_layout.after(correction)
    missed = seen.shift_mm - (moved(correction, structure.centers_mm[seen.index]) - structure.centers_mm[seen.index])
    read = _seen(work, words, at, PROOF_REACH_MM)
    return Proof(
        placed.candidate,
        at,
        structure=float(_found(structure, seen, missed).sum()) / max(1, len(structure)),
        words=float(_found(words, read, read.shift_mm).sum()) / max(1, len(words)),
    )


def whole_before_foot(proofs: list[Proof], *, least_structure: float) -> list[Proof]:
    """The proofs, best first, but a sheet before its foot: where both are shown the sheet is meant, though its other
    parts be worn; where the foot is alone, little of the sheet is found."""
    wholes = [each for each in proofs if each.detachable == proofs[0].layout_id and each.structure >= least_structure]
    return [*wholes, *(each for each in proofs if each not in wholes)]


def _seen(
    work: GrayImage, landmarks: Landmarks, at: Affine, reach_mm: float, index: np.ndarray | None = None
) -> Sightings:
    reach_px = round(reach_mm * px_per_mm(WORK_DPI))
    return sight(work, landmarks, moved(at, landmarks.centers_mm), reach_px=reach_px, index=index)


def _correction(landmarks: Landmarks, seen: Sightings) -> Affine:
    information = landmarks.information[seen.index]
    trust = information / (information + ENOUGH_INFORMATION) * np.clip(seen.likeness - 0.2, 0, 1)[:, None] ** 2
    return fit_affine(landmarks.centers_mm[seen.index], seen.shift_mm, trust)


def _found(landmarks: Landmarks, seen: Sightings, missed_mm: FloatArray) -> FloatArray:
    """`(m,)`, 0.0 to 1.0 for each landmark looked for: like enough, and near its place where it can tell."""
    alike = np.clip((seen.likeness - UNLIKE) / (ALIKE - UNLIKE), 0.0, 1.0)
    information = landmarks.information[seen.index]
    stray = (missed_mm * np.sqrt(information / (information + ENOUGH_INFORMATION))) ** 2
    return np.asarray(alike / (1.0 + (stray.sum(1) / STRAY_MM**2) ** 2), dtype=np.float64)
