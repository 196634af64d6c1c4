"""Applies a person's edits to a layout file, through the classes that every layout file must pass. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.geometry import BoxMm
from pipeline.layout import MARK_KINDS, TEXT_KINDS, FontFace, Kind
from pipeline.model import Reason
from pipeline.templates.catalogue import Particular
from pipeline.templates.document import Border, LabelPart, LayoutFile, MarkPart, TextPart, ZonePart
from pipeline.usecases.layouts.edits import (
    AddZone,
    ChooseIssuer,
    Edit,
    HeadZone,
    PlaceEditionMark,
    PlaceMark,
    PlaceText,
    PlaceZone,
    PrintInZone,
    RemoveMark,
    RemoveText,
    RemoveZone,
    RenameZone,
    Settle,
    ShapeZone,
    SizeSheet,
)

DECIMALS: Final = 2
"""Of a millimetre: finer than paper keeps its size."""
HEADING_PT, HEADING_ABOVE_MM = 7.0, 1.3
"""New words stand over their space as on the shipped forms."""

Part = TypeVar("Part", bound=BaseModel)
FileEdit: TypeAlias = (
    PlaceZone
    | RenameZone
    | ShapeZone
    | AddZone
    | RemoveZone
    | HeadZone
    | PrintInZone
    | PlaceMark
    | RemoveMark
    | PlaceText
    | RemoveText
    | PlaceEditionMark
    | SizeSheet
    | ChooseIssuer
)


@dataclass(frozen=True, slots=True)
class Around:
    """By what edits are understood.

    Attributes:
        face: the particulars that the form's face may have, by name.
        wording: compulsory texts of the known layout, by name.
    """

    face: Mapping[str, Particular]
    wording: Mapping[str, TextPart]


class NotEdited(Exception):  # noqa: N818  (a value for `edited`, never shown)
    """The edit cannot be made, and why."""

    def __init__(self, code: str, **facts: str) -> None:
        super().__init__(code)
        self.reason = Reason(code, tuple(facts.items()))


def edited(file: LayoutFile, edits: Iterable[Edit], around: Around) -> LayoutFile | Reason:
    """The file with the edits made in order; or why one of them, and so none, can be made.

    A file that lacks something, or has spaces that overlap, is given all the same: that is for `parse_layout` to say.
    """
    try:
        for edit in edits:
            if not isinstance(edit, Settle):
                file = _edited(file, edit, around)
    except NotEdited as refused:
        return refused.reason
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "-"
        return Reason("layout_edit_value", (("location", where), ("wanted", first["type"])))
    return file


def _edited(file: LayoutFile, edit: FileEdit, around: Around) -> LayoutFile:
    match edit:
        case PlaceText() | RemoveText():
            return _changed(file, texts=_texts(file, edit, around))
        case PlaceEditionMark():
            return _changed(file, edition_mark=None if edit.box_mm is None else _numbers(edit.box_mm))
        case SizeSheet():
            return _changed(file, size_mm=(round(edit.width_mm, DECIMALS), round(edit.height_mm, DECIMALS)))
        case ChooseIssuer():
            return _changed(file, issuer=edit.issuer or None)
        case AddZone():
            return _with_zone(file, edit, around)
        case RemoveZone():
            return _without_zone(file, edit)
        case RenameZone():
            zone = _renamed(_zone(file, edit.name), edit.to, around)
            _require_free(file, edit)
            left_out = {name: why for name, why in file.left_out.items() if name != edit.to}
            return _changed(_replaced(file, edit.name, zone), left_out=left_out)
        case PlaceMark() | RemoveMark():
            return _replaced(file, edit.zone, _marked(_zone(file, edit.zone), edit, around))
        case _:
            return _replaced(file, edit.name, _shaped(_zone(file, edit.name), edit))


def _shaped(zone: ZonePart, edit: PlaceZone | ShapeZone | HeadZone | PrintInZone) -> ZonePart:
    match edit:
        case PlaceZone():
            return _placed(zone, edit)
        case ShapeZone():
            return _changed(zone, border=edit.border, comb=edit.comb, lines=edit.lines)
        case HeadZone():
            return _changed(zone, heading=_heading(zone, edit.text))
        case PrintInZone():
            return _changed(zone, printed_value=edit.text or None)


def _placed(zone: ZonePart, edit: PlaceZone) -> ZonePart:
    moved = _changed(zone, box_mm=_numbers(edit.box_mm))
    if not edit.marks_too:
        return moved
    across, down = moved.box_mm[0] - zone.box_mm[0], moved.box_mm[1] - zone.box_mm[1]
    return _changed(moved, marks=[_mark_moved(mark, across, down) for mark in zone.marks])


def _mark_moved(mark: MarkPart, across: float, down: float) -> MarkPart:
    x, y, width, height = mark.box_mm
    moved = _changed(mark, box_mm=(round(x + across, DECIMALS), round(y + down, DECIMALS), width, height))
    if mark.label is None:
        return moved
    at = (round(mark.label.at[0] + across, DECIMALS), round(mark.label.at[1] + down, DECIMALS))
    return _changed(moved, label=_changed(mark.label, at=at))


def _renamed(zone: ZonePart, to: str, around: Around) -> ZonePart:
    its = _particular(to, around)
    marks = [mark for mark in zone.marks if mark.name in its.marks] if its.kind in MARK_KINDS else []
    in_text = its.kind in TEXT_KINDS
    return _changed(
        zone,
        name=to,
        marks=marks,
        comb=zone.comb if in_text and (zone.lines or its.lines) == 1 else None,
        printed_value=zone.printed_value if in_text else None,
    )


def _with_zone(file: LayoutFile, edit: AddZone, around: Around) -> LayoutFile:
    its = _particular(edit.name, around)
    _require_free(file, edit)
    bare = its.kind in MARK_KINDS
    zone = ZonePart(name=edit.name, box_mm=_numbers(edit.box_mm), border=Border.NONE if bare else Border.BOX)
    zone = _changed(zone, heading=_heading(zone, edit.heading))
    left_out = {name: why for name, why in file.left_out.items() if name != edit.name}
    return _changed(file, zones=[*file.zones, zone], left_out=left_out)


def _without_zone(file: LayoutFile, edit: RemoveZone) -> LayoutFile:
    zone = _zone(file, edit.name)
    left_out = file.left_out | ({edit.name: edit.reason} if edit.reason else {})
    return _changed(file, zones=[each for each in file.zones if each is not zone], left_out=left_out)


def _marked(zone: ZonePart, edit: PlaceMark | RemoveMark, around: Around) -> ZonePart:
    there = {mark.name: mark for mark in zone.marks}
    if isinstance(edit, RemoveMark):
        if edit.mark not in there:
            raise NotEdited("layout_edit_no_mark", name=edit.zone, mark=edit.mark)
        return _changed(zone, marks=[mark for mark in zone.marks if mark.name != edit.mark])
    box = _numbers(edit.box_mm)
    if edit.mark in there:
        return _changed(zone, marks=[_changed(m, box_mm=box) if m.name == edit.mark else m for m in zone.marks])
    its = around.face.get(edit.zone)
    if its is None or edit.mark not in its.marks:
        raise NotEdited("layout_edit_no_mark", name=edit.zone, mark=edit.mark)
    return _changed(zone, marks=[*zone.marks, MarkPart(name=edit.mark, box_mm=box)])


def _texts(file: LayoutFile, edit: PlaceText | RemoveText, around: Around) -> list[TextPart]:
    there = [text for text in file.texts if text.name == edit.name]
    if isinstance(edit, RemoveText):
        if not there:
            raise NotEdited("layout_edit_no_zone", name=edit.name)
        return [text for text in file.texts if text.name != edit.name]
    box = _numbers(edit.box_mm)
    if there:
        return [_changed(text, box_mm=box) if text.name == edit.name else text for text in file.texts]
    worded = around.wording.get(edit.name)
    if worded is None or _particular(edit.name, around, printed=True) is None:
        raise NotEdited("layout_edit_no_wording", name=edit.name)
    return [*file.texts, _changed(worded, box_mm=box)]


def _particular(name: str, around: Around, *, printed: bool = False) -> Particular:
    its = around.face.get(name)
    if its is None or (its.kind is Kind.TEXT_BLOCK) is not printed:
        raise NotEdited("layout_edit_name_unknown", name=name)
    return its


def _zone(file: LayoutFile, name: str) -> ZonePart:
    for zone in file.zones:
        if zone.name == name:
            return zone
    raise NotEdited("layout_edit_no_zone", name=name)


def _require_free(file: LayoutFile, edit: AddZone | RenameZone) -> None:
    name = edit.to if isinstance(edit, RenameZone) else edit.name
    if any(zone.name == name for zone in file.zones) and not (isinstance(edit, RenameZone) and edit.name == name):
        raise NotEdited("layout_edit_name_taken", name=name)


def _replaced(file: LayoutFile, name: str, zone: ZonePart) -> LayoutFile:
    return _changed(file, zones=[zone if each.name == name else each for each in file.zones])


def _heading(zone: ZonePart, text: str) -> LabelPart | None:
    if not text:
        return None
    if zone.heading is not None:
        return _changed(zone.heading, text=text)
    at = (zone.box_mm[0], max(0.0, round(zone.box_mm[1] - HEADING_ABOVE_MM, DECIMALS)))
    return LabelPart(text=text, at=at, size_pt=HEADING_PT, face=FontFace.NARROW)


def _numbers(box: BoxMm) -> tuple[float, float, float, float]:
    """To a hundredth. What is no number stays none, for the file's own check."""
    x, y, width, height = (round(float(v), DECIMALS) if math.isfinite(v) else math.nan for v in box.as_tuple())
    return x, y, width, height


def _changed(part: Part, **changes: object) -> Part:
    """A copy that has passed the same checks as one read from a file."""
    kept = {name: getattr(part, name) for name in type(part).model_fields}
    # No edit touches the artwork, and its items are told apart only as they are written.
    artwork = {"artwork": kept.pop("artwork")} if "artwork" in kept else {}
    fields = type(part).model_fields
    checked = type(part).model_validate({fields[name].alias or name: its for name, its in (kept | changes).items()})
    return checked.model_copy(update=artwork)
