"""Finds which layout a page shows and where: candidates by signature, proof by landmarks, and an explicit none."""

from __future__ import annotations

import re
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.geometry import MM_PER_INCH, Affine, px_per_mm
from pipeline.imaging.orient import turn
from pipeline.model import GrayImage, LayoutId, Reason
from pipeline.templates.candidates import Candidate, find_candidates
from pipeline.templates.library import WORK_DPI, LayoutLibrary
from pipeline.templates.matching import FAR_REACH_MM, Placed, Proof, place, prove, whole_before_foot
from pipeline.templates.rescale import rescaled
from pipeline.templates.twins import settle

LEAST_STRUCTURE = 0.5
"""Of a form's landmarks a heavily worn page shows 0.8 or more, a foreign form 0.2 at most."""
LEAST_WORDS, DOUBTED_WORDS = 0.7, 0.45
"""Worn pages show 0.9 of the words and more; the same form in the other language 0.65 at most. The second holds when
the other language was compared and shows clearly less, or the edition mark says so."""
SAME_STRUCTURE, CLEAR_WORDS = 0.7, 0.15
LEAST_MARGIN = 0.06
LEAST_SIDE_PX = 64
"""No form of any size could be told apart on fewer."""
LEAST_PLACED, WELL_PLACED = 0.15, 0.5
FINALISTS = 3
HARDLY_WORSE = 0.06
"""Two of the 36 landmarks of a first fit: a moved box hides as many."""
COMMON_DPI = (300.0, 200.0, 240.0, 400.0, 600.0, 150.0)
"""What scanners are set to; a page that comes reduced has a half or a quarter of it."""
SAME_SIZE = 0.05
LARGEST_SURROUND = 1.6
"""A page with the scanner's surround is at most this many times as long or wide as the sheet."""
LACKING = 0.3
"""Of the longest form, on each side: with it, candidates are laid on a page that shows 0.45 of them or more."""
CUT_EDGE_MM = 3.0
LAYOUT_ID = re.compile(r"(?:i|ii|iii|iv)\.(?:statement|return)\.(?:front|back)\.(?:fr|en)@[a-z0-9][a-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Identification:
    """Which layout a page shows.

    Attributes:
        layout: null for "none of these"; `reasons` then says why.
        score: share of the layout's landmarks found, 0.0 to 1.0; of the nearest layout when there is none.
        quarter_turns: clockwise turns that make the page upright.
        page_from_layout: millimetres on the layout in, pixels of the page out, after these turns.
        margin: lead in score over the next layout.
        nearest: the layout that came nearest, accepted or not.
        dpi: the resolution at which the page fits.
    """

    layout: LayoutId | None
    score: float
    quarter_turns: int
    page_from_layout: Affine
    margin: float
    reasons: tuple[Reason, ...] = ()
    nearest: LayoutId | None = None
    dpi: float | None = None


def identify(
    page: GrayImage,
    *,
    dpi: float | None,
    library: LayoutLibrary,
    hints: tuple[str, ...] = (),
    turns: tuple[int, ...] = (0, 2, 1, 3),
) -> Identification:
    """Compare a page with every layout of the library.

    Args:
        page: deskewed, at any resolution from 100 dpi up; best without the scanner's surround.
        dpi: as the file says; null when it does not. A wrong one is noticed: the sheet's size tells.
        hints: texts of barcodes on the page. One that is a layout id must agree with what the page shows.
        turns: clockwise quarter turns to try.
    """
    if min(page.shape) < LEAST_SIDE_PX:
        return _none("no_layout_matches")
    first: Identification | None = None
    for guess in _resolutions(page, dpi, library):
        found = _identify_at(page, guess, library, hints, turns)
        if found.layout is not None:
            return found
        if first is None or found.score > first.score:
            first = found
    return first if first is not None else _none("no_layout_matches")


def resembled(page: GrayImage, *, dpi: float, library: LayoutLibrary, turns: tuple[int, ...]) -> Identification:
    """How much of a form is on a page that may hold but a part of one: its half, or what another sheet leaves of it.

    The page is laid on bare paper large enough for the rest: longer, then broader. `score` is the share found of the
    whole form: 0.4 and more of most halves, 0.16 at most of what is no form of ours.

    Args: as `identify`.
    """
    best = _none("no_layout_matches")
    if min(page.shape) < LEAST_SIDE_PX or not library.prepared:
        return best
    work = rescaled(page, WORK_DPI / dpi).image
    longest = max(max(each.layout.size_mm) for each in library.prepared)
    margin = round(LACKING * longest * px_per_mm(WORK_DPI))
    for laid in (_laid(work, margin, 0), _laid(work, 0, margin)):
        found = _identify_at(laid, WORK_DPI, library, (), turns)
        best = found if found.score > best.score else best
    return best


def _laid(work: GrayImage, rows_px: int, columns_px: int) -> GrayImage:
    """The page on bare paper, without what remains of its edges on the sides where paper is added."""
    rim = round(CUT_EDGE_MM * px_per_mm(WORK_DPI))
    height, width = work.shape
    cut_y, cut_x = (min(rim, side // 4) if added else 0 for added, side in ((rows_px, height), (columns_px, width)))
    inner = work[cut_y : height - cut_y, cut_x : width - cut_x]
    added = (rows_px + cut_y, rows_px + cut_y, columns_px + cut_x, columns_px + cut_x)
    bare = float(np.median(inner))
    return np.asarray(cv2.copyMakeBorder(inner, *added, cv2.BORDER_CONSTANT, value=bare), dtype=np.uint8)


def locate(
    page: GrayImage,
    *,
    dpi: float | None,
    layout: LayoutId,
    library: LayoutLibrary,
    turns: tuple[int, ...] = (0, 2, 1, 3),
) -> Identification:
    """Where on a page a layout lies that it is said to show, however little of it is found.

    Args: as `identify`.

    Returns:
        With `layout` null where the page is too small for it, or nothing of it is found at all.

    Raises:
        KeyError: the library has no such layout.
    """
    only = library.only(layout)
    best: Identification | None = None
    for guess in _resolutions(page, dpi, only) if min(page.shape) >= LEAST_SIDE_PX else ():
        found = _located_at(page, guess, only, layout, turns)
        if found is not None and (best is None or found.score > best.score):
            best = found
        if best is not None and best.score >= LEAST_STRUCTURE:
            break
    return best if best is not None else _none("no_layout_matches")


def _located_at(
    page: GrayImage, dpi: float, only: LayoutLibrary, layout: LayoutId, turns: tuple[int, ...]
) -> Identification | None:
    work = rescaled(page, WORK_DPI / dpi)
    listed = find_candidates(work.image, dpi=WORK_DPI, library=only, turns=turns, named=(layout,))
    upright = {each: turn(work.image, each).image for each in {one.quarter_turns for one in listed}}
    placed = (each for each in _placed(upright, listed) if each.seen > 0.0)
    proofs = [prove(upright[each.candidate.quarter_turns], each) for each in placed]
    best = max(proofs, key=lambda proof: proof.score, default=None)
    if best is None:
        return None
    return Identification(
        layout=layout,
        score=best.score,
        quarter_turns=best.candidate.quarter_turns,
        page_from_layout=work.source_from_image.after(best.work_from_layout),
        margin=best.score,
        nearest=layout,
        dpi=dpi,
    )


def _none(code: str) -> Identification:
    return Identification(None, 0.0, 0, Affine.identity(), 0.0, (Reason(code),))


def _resolutions(page: GrayImage, dpi: float | None, library: LayoutLibrary) -> tuple[float, ...]:
    """Resolutions to try, likeliest first: the one given, those at which the page is as large as a layout, and when
    none is given all common ones at which a layout would fit on the page."""
    sides_px = sorted(page.shape)
    sizes = list(dict.fromkeys(tuple(sorted(each.layout.size_mm)) for each in library.prepared))
    if not sizes:
        return ()
    exact, fitting, possible = [], [], []
    for common in (each / halved for each in COMMON_DPI for halved in (2, 1, 4)):
        page_mm = [side / common * MM_PER_INCH for side in sides_px]
        shares = [[page_side / side for page_side, side in zip(page_mm, size, strict=True)] for size in sizes]
        if any(all(abs(share - 1) < SAME_SIZE for share in pair) for pair in shares):
            fitting.append(common)
        if any(all(0.95 < share < LARGEST_SURROUND for share in pair) for pair in shares):
            possible.append(common)
    for size in sizes:
        by_side = [side_px / side * MM_PER_INCH for side_px, side in zip(sides_px, size, strict=True)]
        if abs(by_side[0] / by_side[1] - 1) < SAME_SIZE:
            exact.append(float(np.mean(by_side)))
    guesses = [dpi, *fitting] if dpi else [*fitting, *exact, *possible]
    return tuple(
        guess for rank, guess in enumerate(guesses) if all(abs(guess / one - 1) > 0.02 for one in guesses[:rank])
    )


def _identify_at(
    page: GrayImage, dpi: float, library: LayoutLibrary, hints: tuple[str, ...], turns: tuple[int, ...]
) -> Identification:
    work = rescaled(page, WORK_DPI / dpi)
    named = tuple(hint for hint in hints if LAYOUT_ID.fullmatch(hint))
    listed = find_candidates(work.image, dpi=WORK_DPI, library=library, turns=turns, named=named)
    upright = {each: turn(work.image, each).image for each in {one.quarter_turns for one in listed}}
    placed = _placed(upright, listed)
    finalists = [
        each for each in _finalists(placed, named) if each.seen >= LEAST_PLACED and each.seen >= 0.5 * placed[0].seen
    ]
    proofs = sorted((prove(upright[each.candidate.quarter_turns], each) for each in finalists), key=lambda p: -p.score)
    if not proofs:
        return _none("no_layout_matches")
    proofs = whole_before_foot(proofs, least_structure=LEAST_STRUCTURE)
    ordered, settled = settle(proofs, named, upright, least_margin=LEAST_MARGIN)
    # The mark of a whole sheet on what looks like its foot alone: the rest of the sheet is not what it should be.
    whole = next((each.layout.id for each in library.prepared if each.layout.detachable == ordered[0].layout_id), None)
    return _judged(ordered, named, work.source_from_image, dpi, foreign_mark=whole, settled=settled)


def _finalists(placed: list[Placed], named: tuple[str, ...]) -> list[Placed]:
    """The best few and all that are hardly worse, near twins of the best among them; those that the edition mark names;
    and the sheets whose feet are among the best: a whole sheet shows its foot as well as a foot alone."""
    best = [each for rank, each in enumerate(placed) if rank < FINALISTS or each.seen > placed[0].seen - HARDLY_WORSE]
    feet = {each.layout.id for each in best}
    more = (each for each in placed if each.layout.detachable in feet or each.layout.id in named)
    return best + [each for each in more if each not in best]


def _placed(upright: dict[int, GrayImage], listed: list[Candidate]) -> list[Placed]:
    """All candidates after a first fit, best first; the likeliest are looked for further away if none fits well."""
    placed = sorted((place(upright[each.quarter_turns], each) for each in listed), key=lambda each: -each.seen)
    if placed and placed[0].seen < WELL_PLACED:
        far = listed[:FINALISTS]
        placed += [place(upright[each.quarter_turns], each, reach_mm=FAR_REACH_MM) for each in far]
        placed.sort(key=lambda each: -each.seen)
    return placed


def _judged(
    proofs: list[Proof],
    named: tuple[str, ...],
    page_from_work: Affine,
    dpi: float,
    *,
    foreign_mark: str | None,
    settled: bool,
) -> Identification:
    best = proofs[0]
    layout_id = best.layout_id
    own = {layout_id, best.detachable}
    rivals = [each.score for each in proofs[1:] if each.layout_id not in own]
    margin = best.score - max(rivals, default=0.0)
    reasons = []
    told_apart = bool(own & set(named)) or any(
        each.structure > SAME_STRUCTURE * best.structure and best.words - each.words > CLEAR_WORDS
        for each in proofs[1:]
    )
    if best.structure < LEAST_STRUCTURE or best.words < (DOUBTED_WORDS if told_apart else LEAST_WORDS):
        reasons.append(Reason("no_layout_matches", (("nearest", layout_id), ("score", f"{best.score:.2f}"))))
    elif margin < LEAST_MARGIN and not settled:
        reasons.append(Reason("ambiguous_layout", (("nearest", layout_id), ("margin", f"{margin:.3f}"))))
    if named and (foreign_mark in named or not own & set(named)):
        reasons.append(Reason("edition_mark_differs", (("mark", named[0]), ("nearest", layout_id))))
    turns = best.candidate.quarter_turns
    scaled = page_from_work.after(best.work_from_layout)
    return Identification(
        layout=None if reasons else layout_id,
        score=best.score,
        quarter_turns=turns,
        page_from_layout=scaled,
        margin=margin,
        reasons=tuple(reasons),
        nearest=layout_id,
        dpi=dpi,
    )
