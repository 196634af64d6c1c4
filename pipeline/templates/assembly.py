"""Makes the layout that a checked file describes: its zones, and everything that is printed in drawing order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.geometry import BoxMm
from pipeline.layout import Picture
from pipeline.model import (
    MARK_KINDS,
    Artwork,
    Document,
    EditionMark,
    Frame,
    Heading,
    Language,
    Layout,
    LayoutId,
    MarkBox,
    Paragraph,
    Rule,
    Schedule,
    Side,
    Zone,
)
from pipeline.templates.catalogue import Particular
from pipeline.templates.document import (
    Border,
    FrameItem,
    HeadingItem,
    LabelPart,
    LayoutFile,
    RuleItem,
    TextPart,
    ZonePart,
    box,
)

BORDER_MM = 0.2
COMB_MM = 0.15
COMB_TICK = 0.4
"""Height of the separators of a comb that stands on a base line, as a share of the cell."""
CHECK_BOX_MM = 0.25
PRINTED_VALUE_PADDING_MM = 0.5


def assemble(file: LayoutFile, face: Mapping[str, Particular], *, logo: bytes | None = None) -> Layout:
    """The layout of a file in which `checks.check` found nothing; `logo` is the issuer's, a PNG file."""
    (face_id, edition) = file.layout.split("@")
    schedule, document, side, language = face_id.split(".")
    zones = [_zone(zone, face[zone.name]) for zone in file.zones]
    zones += [_text_zone(text, face[text.name]) for text in file.texts if text.name is not None]
    picture = () if file.logo is None or logo is None else (Picture(box(file.logo), logo),)
    return Layout(
        id=LayoutId(file.layout),
        schedule=Schedule(schedule),
        document=Document(document),
        side=Side(side),
        language=Language(language),
        edition=edition,
        size_mm=file.size_mm,
        artwork=(*_artwork(file, {zone.name: zone for zone in zones}), *picture),
        zones=tuple(zones),
        edition_mark=None if file.edition_mark is None else EditionMark(box(file.edition_mark)),
        detachable_mark=None if file.detachable_mark is None else EditionMark(box(file.detachable_mark)),
        left_out=tuple(file.left_out.items()),
        issuer=file.issuer,
        copy=file.whose,
    )


def _zone(zone: ZonePart, particular: Particular) -> Zone:
    area = box(zone.box_mm)
    return Zone(
        name=zone.name,
        kind=particular.kind,
        need=particular.need,
        box_mm=area,
        critical=particular.critical,
        exclusive=particular.exclusive,
        lines=zone.lines or particular.lines,
        comb=_cells(area, zone.comb or 0),
        marks=_marks(zone, particular),
        section=particular.section,
        printed_value=None if zone.printed_value is None else zone.printed_value.strip("\n"),
        filled=particular.filled,
        words=tuple(_heading(label) for label in _labels(zone)),
    )


def _text_zone(text: TextPart, particular: Particular) -> Zone:
    return Zone(
        name=particular.name,
        kind=particular.kind,
        need=particular.need,
        box_mm=box(text.box_mm),
        critical=particular.critical,
        lines=particular.lines,
        section=particular.section,
        filled=particular.filled,
    )


def _cells(area: BoxMm, count: int) -> tuple[BoxMm, ...]:
    return tuple(BoxMm(area.x + area.width * i / count, area.y, area.width / count, area.height) for i in range(count))


def _marks(zone: ZonePart, particular: Particular) -> tuple[MarkBox, ...]:
    """In the catalogue's order; a mark whose file names no box of its own is one box, the zone's."""
    if particular.kind not in MARK_KINDS:
        return ()
    boxes = {mark.name: box(mark.box_mm) for mark in zone.marks} or {particular.marks[0]: box(zone.box_mm)}
    return tuple(MarkBox(name, boxes[name]) for name in particular.marks)


def _artwork(file: LayoutFile, zones: Mapping[str, Zone]) -> Iterator[Artwork]:
    for item in file.artwork:
        match item:
            case FrameItem():
                yield Frame(box(item.frame), item.width_mm, item.gray, item.fill_gray)
            case RuleItem():
                yield Rule(*item.rule, item.width_mm, item.gray)
            case HeadingItem():
                yield Heading(*item.at, item.heading, item.size_pt, item.face, item.align, item.gray)
    for zone in file.zones:
        yield from _zone_artwork(zone, zones[zone.name])
    for text in file.texts:
        yield Paragraph(
            box_mm=box(text.box_mm),
            text=text.text.strip("\n"),
            size_pt=text.size_pt,
            face=text.face,
            align=text.align,
            boxed=text.boxed,
            name=text.name,
            translation=text.translation,
        )


def _zone_artwork(part: ZonePart, zone: Zone) -> Iterator[Artwork]:
    if part.border is Border.BOX:
        yield Frame(zone.box_mm, BORDER_MM)
    elif part.border is Border.LINE:
        yield Rule(zone.box_mm.x, zone.box_mm.bottom, zone.box_mm.right, zone.box_mm.bottom, BORDER_MM)
    height = zone.box_mm.height * (COMB_TICK if part.border is Border.LINE else 1.0)
    for cell in zone.comb[1:]:
        yield Rule(cell.x, cell.bottom - height, cell.x, cell.bottom, COMB_MM)
    for mark in zone.marks:
        yield Frame(mark.box_mm, CHECK_BOX_MM)
    for label in _labels(part):
        yield _heading(label)
    if zone.printed_value is not None:
        area = zone.box_mm.grown(-PRINTED_VALUE_PADDING_MM)
        yield Paragraph(area, zone.printed_value, part.size_pt, part.face, part.align)


def _labels(part: ZonePart) -> Iterator[LabelPart]:
    """The heading of a space, then the labels of its check boxes; those that print nothing are left out."""
    for label in (part.heading, *(mark.label for mark in part.marks)):
        if label is not None and label.text:
            yield label


def _heading(label: LabelPart) -> Heading:
    return Heading(*label.at, label.text, label.size_pt, label.face, label.align)
