"""What the parts of a layout file must be together: on the page, apart, and the Regulation's particulars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations

from pipeline.errors import Param
from pipeline.geometry import BoxMm
from pipeline.model import MARK_KINDS, TEXT_KINDS, Document, EditionMark, FontFace, Kind, LayoutId, Need, Schedule
from pipeline.templates.catalogue import Particular
from pipeline.templates.document import (
    Box,
    FrameItem,
    HeadingItem,
    LabelPart,
    LayoutFile,
    MarkPart,
    RuleItem,
    TextPart,
    ZonePart,
    box,
)
from pipeline.templates.edition_mark import MIN_MODULE_MM, module_mm
from pipeline.templates.layout_yaml import Path
from pipeline.templates.problem import Located, Problem

MIN_TYPE_PT = 6.0
"""s. 15: no type under 6 point."""
WARNING_TYPE_PT = 9.0
"""ss. 34(8.1), 35(6), 38(6.1): boxed, bold capitals, 9 point or more."""
MIN_LOCATOR_MM = 55.0
"""15 characters of Code 128 with quiet zones are 220 modules; at 3 px of 300 dpi each they take 55.9 mm, and a number
of 9 to 15 characters with runs of digits stays below that."""
TOLERANCE_MM = 0.01
_STATEMENT_SIZES: Mapping[Schedule, tuple[tuple[float, float], tuple[float, float]]] = {
    # s. 15: least and greatest width and height
    Schedule.I: ((215.0, 215.0), (355.0, 355.0)),
    Schedule.II: ((100.0, 215.0), (200.0, 355.0)),
    Schedule.III: ((100.0, 215.0), (200.0, 355.0)),
    Schedule.IV: ((90.0, 215.0), (200.0, 355.0)),
}
_RETURN_SIZES = ((90.0, 215.0), (100.0, 355.0))
"""No format is prescribed for a return document; these hold what goes into an envelope with a statement."""


def _at(path: Path, code: str, **params: Param) -> Located:
    return path, Problem(code, params=tuple(params.items()))


def check(file: LayoutFile, face: Mapping[str, Particular]) -> Iterator[Located]:
    """Every problem of a well-formed layout file against its face of the catalogue, with the path it belongs to."""
    yield from _size(file)
    yield from _edition_mark(file)
    yield from _type_sizes(file)
    yield from _on_page(file)
    yield from _names(file, face)
    yield from _left_out(file, face)
    for index, zone in enumerate(file.zones):
        if zone.name in face:
            yield from _zone(zone, face[zone.name], ("zones", index))
    for index, text in enumerate(file.texts):
        if text.name is not None and text.name in face:
            yield from _text(text, face[text.name], ("texts", index))
    yield from _overlaps(file, face)


def _size(file: LayoutFile) -> Iterator[Located]:
    schedule, document = Schedule(file.layout.split(".")[0]), Document(file.layout.split(".")[1])
    limits = _STATEMENT_SIZES[schedule] if document is Document.STATEMENT else _RETURN_SIZES
    for index, (value, (least, most)) in enumerate(zip(file.size_mm, limits, strict=True)):
        if not least <= value <= most:
            yield _at(("size_mm", index), "layout_size", found_mm=value, least_mm=least, most_mm=most)


def _edition_mark(file: LayoutFile) -> Iterator[Located]:
    for key, area in _edition_marks(file):
        found = module_mm(EditionMark(box(area)), LayoutId(file.layout))
        if found < MIN_MODULE_MM:
            yield _at((key,), "layout_edition_mark_small", module_mm=round(found, 3), least_mm=MIN_MODULE_MM)
    if file.detachable_mark is not None and Document(file.layout.split(".")[1]) is Document.RETURN:
        yield _at(("detachable_mark",), "layout_key_unknown", key="detachable_mark")


def _edition_marks(file: LayoutFile) -> Iterator[tuple[str, Box]]:
    for key, area in (("edition_mark", file.edition_mark), ("detachable_mark", file.detachable_mark)):
        if area is not None:
            yield key, area


def _type_sizes(file: LayoutFile) -> Iterator[Located]:
    for path, size_pt in _sizes(file):
        if size_pt < MIN_TYPE_PT:
            yield _at((*path, "size_pt"), "layout_type_small", found_pt=size_pt, least_pt=MIN_TYPE_PT)


def _sizes(file: LayoutFile) -> Iterator[tuple[Path, float]]:
    for index, item in enumerate(file.artwork):
        if isinstance(item, HeadingItem):
            yield ("artwork", index), item.size_pt
    for path, label in _labels(file):
        yield path, label.size_pt
    for index, zone in enumerate(file.zones):
        if zone.printed_value is not None:
            yield ("zones", index), zone.size_pt
    for index, text in enumerate(file.texts):
        yield ("texts", index), text.size_pt


def _labels(file: LayoutFile) -> Iterator[tuple[Path, LabelPart]]:
    for index, zone in enumerate(file.zones):
        if zone.heading is not None:
            yield ("zones", index, "heading"), zone.heading
        for mark_index, mark in enumerate(zone.marks):
            if mark.label is not None:
                yield ("zones", index, "marks", mark_index, "label"), mark.label


def _on_page(file: LayoutFile) -> Iterator[Located]:
    page = BoxMm(0.0, 0.0, *file.size_mm)
    for path, part in _boxes(file):
        if not _inside(part, page):
            yield _at(path, "layout_off_page", box_mm=_text_of(part), page_mm=_text_of(page))


def _boxes(file: LayoutFile) -> Iterator[tuple[Path, BoxMm]]:
    """All that is printed or read, as boxes; a heading counts with its point on the baseline."""
    for key, area in _edition_marks(file):
        yield (key,), box(area)
    if file.logo is not None:
        yield ("logo",), box(file.logo)
    for index, item in enumerate(file.artwork):
        match item:
            case FrameItem():
                yield ("artwork", index, "frame"), box(item.frame)
            case RuleItem():
                (x1, y1, x2, y2) = item.rule
                yield ("artwork", index, "rule"), BoxMm(min(x1, x2), min(y1, y2), abs(x2 - x1), abs(y2 - y1))
            case HeadingItem():
                yield ("artwork", index, "at"), BoxMm(*item.at, 0.0, 0.0)
    for path, label in _labels(file):
        yield (*path, "at"), BoxMm(*label.at, 0.0, 0.0)
    for index, zone in enumerate(file.zones):
        yield ("zones", index, "box_mm"), box(zone.box_mm)
    for index, text in enumerate(file.texts):
        yield ("texts", index, "box_mm"), box(text.box_mm)


def _inside(part: BoxMm, whole: BoxMm) -> bool:
    low, high = -TOLERANCE_MM, TOLERANCE_MM
    return (
        part.x >= whole.x + low
        and part.y >= whole.y + low
        and part.right <= whole.right + high
        and part.bottom <= whole.bottom + high
    )


def _text_of(part: BoxMm) -> str:
    return ", ".join(f"{value:g}" for value in part.as_tuple())


def _names(file: LayoutFile, face: Mapping[str, Particular]) -> Iterator[Located]:
    if not face:
        yield _at(("layout",), "layout_face_unknown", face=file.layout.rsplit(".", 1)[0])
        return
    named: list[tuple[Path, str]] = [(("zones", index, "name"), zone.name) for index, zone in enumerate(file.zones)]
    named += [(("texts", index, "name"), text.name) for index, text in enumerate(file.texts) if text.name is not None]
    seen: Counter[str] = Counter()
    for path, name in named:
        seen[name] += 1
        if name not in face:
            yield _at(path, "layout_particular_unknown", name=name)
        elif seen[name] == 2:
            yield _at(path, "layout_particular_twice", name=name)
    for particular in face.values():
        if particular.need is Need.REQUIRED and particular.name not in seen:
            yield _at((), "layout_particular_missing", name=particular.name, ref=particular.ref)


def _left_out(file: LayoutFile, face: Mapping[str, Particular]) -> Iterator[Located]:
    """Reasons given for particulars that have none to give: compulsory ones, those with a space, and strangers."""
    named = {zone.name for zone in file.zones} | {text.name for text in file.texts}
    for name in file.left_out:
        if face and name not in face:
            yield _at(("left_out", name), "layout_particular_unknown", name=name)
        elif name in named:
            yield _at(("left_out", name), "layout_left_out_present", name=name)
        elif face and face[name].need is Need.REQUIRED:
            yield _at(("left_out", name), "layout_left_out_required", name=name, ref=face[name].ref)


def _zone(zone: ZonePart, particular: Particular, path: Path) -> Iterator[Located]:
    if particular.kind is Kind.TEXT_BLOCK:
        yield _at(path, "layout_text_block_in_zones", name=zone.name)
        return
    if zone.comb is not None:
        if particular.kind not in TEXT_KINDS:
            yield _at((*path, "comb"), "layout_comb_kind", name=zone.name, kind=particular.kind)
        elif (zone.lines or particular.lines) > 1:
            yield _at((*path, "comb"), "layout_comb_lines", name=zone.name, lines=zone.lines or particular.lines)
    if zone.name == "locator_code" and zone.box_mm[2] < MIN_LOCATOR_MM:
        yield _at((*path, "box_mm"), "layout_locator_narrow", found_mm=zone.box_mm[2], least_mm=MIN_LOCATOR_MM)
    if particular.kind in MARK_KINDS:
        yield from _marks(zone, particular, path)
    elif zone.marks:
        yield _at((*path, "marks"), "layout_marks_kind", name=zone.name, kind=particular.kind)
    if zone.printed_value is not None and particular.kind not in TEXT_KINDS:
        yield _at((*path, "printed_value"), "layout_printed_value_kind", name=zone.name, kind=particular.kind)


def _marks(zone: ZonePart, particular: Particular, path: Path) -> Iterator[Located]:
    names = [mark.name for mark in zone.marks]
    if names or particular.kind is Kind.CHOICE:
        found, expected = ", ".join(names), ", ".join(particular.marks)
        if sorted(names) != sorted(particular.marks):
            yield _at((*path, "marks"), "layout_marks_differ", name=zone.name, found=found, expected=expected)
    for index, mark in enumerate(zone.marks):
        if not _inside(box(mark.box_mm), box(zone.box_mm)):
            yield _at((*path, "marks", index, "box_mm"), "layout_mark_outside", name=zone.name, mark=mark.name)
    yield from _mark_overlaps(zone.marks, zone.name, path)


def _mark_overlaps(marks: list[MarkPart], name: str, path: Path) -> Iterator[Located]:
    for (_, first), (index, second) in combinations(enumerate(marks), 2):
        if box(first.box_mm).overlap_mm2(box(second.box_mm)) > TOLERANCE_MM:
            there = (*path, "marks", index, "box_mm")
            yield _at(there, "layout_marks_overlap", name=name, first=first.name, second=second.name)


def _text(text: TextPart, particular: Particular, path: Path) -> Iterator[Located]:
    if particular.kind is not Kind.TEXT_BLOCK:
        yield _at(path, "layout_entry_in_texts", name=particular.name, kind=particular.kind)
    if particular.prominent:
        bold = text.face in (FontFace.BOLD, FontFace.NARROW_BOLD, FontFace.MONO_BOLD)
        if not (text.boxed and bold and text.text == text.text.upper() and text.size_pt >= WARNING_TYPE_PT):
            yield _at(path, "layout_warning_plain", name=particular.name, least_pt=WARNING_TYPE_PT)


def _overlaps(file: LayoutFile, face: Mapping[str, Particular]) -> Iterator[Located]:
    """Spaces that share area. A check box may stand inside a printed text (the box of the warnings)."""
    zones: list[tuple[Path, str, BoxMm, bool, bool]] = [
        (("zones", i, "box_mm"), zone.name, box(zone.box_mm), False, _is_mark(face.get(zone.name)))
        for i, zone in enumerate(file.zones)
    ]
    zones += [
        (("texts", i, "box_mm"), text.name or "-", box(text.box_mm), True, False) for i, text in enumerate(file.texts)
    ]
    for (_, name, area, printed, mark), (path, other, other_area, other_printed, other_mark) in combinations(zones, 2):
        allowed = (printed and other_mark) or (mark and other_printed)
        shared = area.overlap_mm2(other_area)
        if not allowed and shared > TOLERANCE_MM:
            yield _at(path, "layout_overlap", first=name, second=other, shared_mm2=round(shared, 2))


def _is_mark(particular: Particular | None) -> bool:
    return particular is not None and particular.kind is Kind.MARK
