"""From the scan of a blank form to a proposed layout file and a picture of it, for a person to complete."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from pipeline.errors import OperatorError
from pipeline.geometry import Affine, BoxMm, px_per_mm
from pipeline.imaging.decode import decode
from pipeline.imaging.orient import likely_turns
from pipeline.imaging.paper import find_paper
from pipeline.model import GrayImage, LayoutId, PageBytes, Reason
from pipeline.ports import PrintReader
from pipeline.templates.authoring.announcing import Phrase
from pipeline.templates.authoring.flat import FLAT_DPI, FlatPage, lay_flat
from pipeline.templates.authoring.naming import Named, name_parts
from pipeline.templates.authoring.overlay import overlay
from pipeline.templates.authoring.proposal import Proposal, likely_language, propose
from pipeline.templates.authoring.reference import Reference, language_of
from pipeline.templates.authoring.ruled import Ruled, find_ruled
from pipeline.templates.authoring.texts import FoundText, find_texts
from pipeline.templates.authoring.unruled import Unruled
from pipeline.templates.authoring.words import for_reading
from pipeline.templates.fonts import Fonts
from pipeline.templates.problem import LayoutInvalid, Problem

OVERLAY_DPI: Final = 150.0
SAME_SIZE: Final = 0.012
FEW_NAMED: Final = 0.25
"""With fewer of the known spaces named the scan may stand on its head."""

Parse = Callable[[str, str], object]
"""Reads a layout file: its text and its name. Raises LayoutInvalid."""


@dataclass(frozen=True, slots=True)
class Authored:
    """What was made of a blank form.

    Attributes:
        picture: PNG of the form with the spaces found and their names.
        decisions: what a person must decide, most important first.
        problems: why the file, as it stands, is no usable layout yet; empty when it is one.
        spaces: how many entry spaces and check boxes have a name and a place, and of how many of the known edition.
        scan_from_page: millimetre of the proposal in, pixel of the scan out.
    """

    layout: LayoutId
    text: str
    picture: bytes
    decisions: tuple[Reason, ...]
    problems: tuple[Problem, ...]
    spaces: tuple[int, int]
    scan_from_page: Affine


def author_layout(
    scan: PageBytes, layout: LayoutId, *, known: Reference, reader: PrintReader, fonts: Fonts, parse: Parse
) -> Authored:
    """Propose a layout from the scan of a blank form.

    Args:
        scan: a page whose `dpi` is believed before what its image says.
        layout: the id that the new layout is to have; its face is that of `known`.
        parse: reads the proposed file as a site would.

    Raises:
        InputRefused: the image cannot be decoded.
        OperatorError: `resolution_unknown`: neither the file nor the caller says it.
        Unavailable: the reader is missing.
    """
    decoded = decode(scan.data, dpi_hint=scan.dpi, rotation_deg=scan.rotation_deg)
    resolution = scan.dpi or decoded.dpi
    if resolution is None:
        raise OperatorError("resolution_unknown")
    return _made(_best_way_up(decoded.gray, resolution, known, reader), layout, known, fonts, parse)


def _made(found: _Found, layout: LayoutId, known: Reference, fonts: Fonts, parse: Parse) -> Authored:
    frames = [space.box_mm for space in found.named.unnamed_spaces if space.closed]
    texts = find_texts(found.phrases, known.worded, frames)
    named = _without_frames(found.named, texts)
    size_mm, rounded = _size(found.page.size_mm, known)
    parts = (found.ruled, named, texts, found.phrases)
    proposal = propose(layout, size_mm=size_mm, found=parts, known=known, fonts=fonts)
    return Authored(
        layout=layout,
        text=proposal.text,
        picture=_picture(found.page, named, proposal.places, texts),
        decisions=(*rounded, *_language(layout, found.phrases), *proposal.decisions),
        problems=_problems(proposal, parse),
        spaces=(_placed(named, proposal, known), _wanted(known)),
        scan_from_page=found.page.scan_from_image.after(Affine.scaling(px_per_mm(FLAT_DPI))),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    page: FlatPage
    ruled: Ruled
    phrases: tuple[Phrase, ...]
    named: Named


def _best_way_up(scan: GrayImage, dpi: float, known: Reference, reader: PrintReader) -> _Found:
    turns = likely_turns(find_paper(scan, dpi=dpi).image)[:2]
    first = _found(scan, dpi, turns[0], known, reader)
    if _count(first.named) >= FEW_NAMED * _wanted(known):
        return first
    second = _found(scan, dpi, turns[1], known, reader)
    return max(first, second, key=lambda each: _count(each.named))


def _found(scan: GrayImage, dpi: float, quarter_turns: int, known: Reference, reader: PrintReader) -> _Found:
    page = lay_flat(scan, dpi=dpi, quarter_turns=quarter_turns)
    ruled = find_ruled(page.image, dpi=FLAT_DPI)
    scale = px_per_mm(FLAT_DPI)
    phrases = tuple(
        Phrase(
            line.text,
            BoxMm(*(side / scale for side in (line.box_px.x, line.box_px.y, line.box_px.width, line.box_px.height))),
        )
        for line in reader.read_print(for_reading(page.image, ruled, dpi=FLAT_DPI), dpi=FLAT_DPI)
    )
    return _Found(page, ruled, phrases, name_parts(ruled, phrases, known, size_mm=page.size_mm))


def _count(named: Named) -> int:
    return len(named.spaces) + len(named.marks)


def _placed(named: Named, proposal: Proposal, known: Reference) -> int:
    """Without what has no border on the known edition either: it is not among those wanted."""
    wanted = {zone.name for zone in known.zones}
    spaces = {space.zone.name for space in named.spaces} | {place.zone.name for place in proposal.places}
    return len(spaces & wanted) + len(named.marks)


def _wanted(known: Reference) -> int:
    return sum(len(zone.marks) or 1 for zone in known.zones)


def _without_frames(named: Named, texts: tuple[FoundText, ...]) -> Named:
    """A frame that holds a compulsory text waits for no name."""
    taken = {text.box_mm for text in texts}
    return replace(named, unnamed_spaces=tuple(each for each in named.unnamed_spaces if each.box_mm not in taken))


def _size(found_mm: tuple[float, float], known: Reference) -> tuple[tuple[float, float], tuple[Reason, ...]]:
    """The known edition's size where the scan is as good as of that size: scanners stretch, and edges are ragged."""
    known_mm = known.file.size_mm
    if found_mm == known_mm:
        return found_mm, ()
    if any(abs(its - other) > SAME_SIZE * other for its, other in zip(found_mm, known_mm, strict=True)):
        # White paper on a white ground shows no edge: what was found may be more than the paper.
        return found_mm, (Reason("authoring_size_measure", (("found", _by(found_mm)), ("known", _by(known_mm)))),)
    said = (("found", _by(found_mm)), ("taken", _by(known_mm)))
    return known_mm, (Reason("authoring_size", said),)


def _by(size_mm: tuple[float, float]) -> str:
    return " x ".join(f"{side:g}" for side in size_mm)


def _picture(page: FlatPage, named: Named, places: tuple[Unruled, ...], texts: tuple[FoundText, ...]) -> bytes:
    factor = OVERLAY_DPI / FLAT_DPI
    small = cv2.resize(page.image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    drawn = overlay(np.asarray(small, np.uint8), named, places, texts, dpi=OVERLAY_DPI)
    return cv2.imencode(".png", drawn)[1].tobytes()


def _language(layout: LayoutId, phrases: Iterable[Phrase]) -> tuple[Reason, ...]:
    seen = likely_language(tuple(phrases)).value
    asked = language_of(layout)
    return () if seen == asked else (Reason("authoring_language", (("seen", seen), ("asked", asked))),)


def _problems(proposal: Proposal, parse: Parse) -> tuple[Problem, ...]:
    try:
        parse(proposal.text, f"{proposal.layout}.yaml")
    except LayoutInvalid as error:
        return error.problems
    return ()
