"""Puts a proposal together: a layout file as text, and the list of what a person must decide about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from pipeline.geometry import BoxMm
from pipeline.model import Language, LayoutId, Need, Reason
from pipeline.templates.authoring.announcing import Phrase
from pipeline.templates.authoring.naming import Named, NamedMark, NamedSpace, choice_boxes
from pipeline.templates.authoring.reference import KnownZone, Reference
from pipeline.templates.authoring.ruled import Ruled, Stroke
from pipeline.templates.authoring.texts import COMPLETE, FoundText
from pipeline.templates.authoring.type_of import type_of
from pipeline.templates.authoring.unruled import Print, Unruled, unruled_places
from pipeline.templates.authoring.yaml_text import Item, Value, yaml_text
from pipeline.templates.document import Border
from pipeline.templates.fonts import MM_PER_PT, Fonts, text_width_mm
from pipeline.templates.typesetting import LEADING

SURE: Final = 0.8
"""Below this likelihood a name is to be confirmed."""
DECIMALS: Final = 2
EDGE_MM: Final = 0.5
SAME_TYPE: Final = 0.15
"""Lines stand a little nearer or further apart than their type alone would have them."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A layout file proposed; the places in it that no rule shows; what a person must decide, most important first."""

    layout: LayoutId
    text: str
    places: tuple[Unruled, ...]
    decisions: tuple[Reason, ...]


def propose(
    layout: LayoutId,
    *,
    size_mm: tuple[float, float],
    found: tuple[Ruled, Named, tuple[FoundText, ...], tuple[Phrase, ...]],
    known: Reference,
    fonts: Fonts,
) -> Proposal:
    """The proposal for a blank form.

    Args:
        found: what is ruled, what has a name, the compulsory texts, and all printed words.
    """
    ruled, named, texts, phrases = found
    spoken = _spoken(named, texts)
    free = [phrase for phrase in phrases if id(phrase) not in spoken]
    places = unruled_places(named, Print(phrases, free, ruled.level), known, size_mm)
    announcing = {id(place.heading) for place in places}
    free = [phrase for phrase in free if id(phrase) not in announcing]
    sheet = BoxMm(0.0, 0.0, *size_mm)
    artwork: list[Value] = [
        *_bars(ruled, sheet),
        *_loose_rules(ruled, named, sheet),
        *(_heading(each, ruled.bars, fonts, sheet) for each in free if _on(each.box_mm, sheet)),
    ]
    document: dict[str, Value] = {
        "layout": str(layout),
        "size_mm": _numbers(size_mm),
        "artwork": artwork,
        "zones": [
            *(_space(each, fonts) for each in named.spaces),
            *_choices(named.marks, fonts),
            *(_unruled(each, fonts) for each in places),
        ],
        "texts": [_text(each) for each in texts if each.box_mm is not None],
    }
    comment = f"Proposed from the scan of a blank form, after {known.file.layout}. To be checked by a person."
    decisions = tuple(_decisions(named, places, texts, known, layout))
    return Proposal(layout, yaml_text(document, comment=comment), places, decisions)


def _spoken(named: Named, texts: Sequence[FoundText]) -> frozenset[int]:
    """Phrases that a zone, a mark or a text prints; by identity, for the same words may stand in two places."""
    own = [space.heading for space in named.spaces] + [mark.label for mark in named.marks]
    own += [line for text in texts for line in text.lines]
    return frozenset(id(phrase) for phrase in own if phrase is not None)


def _numbers(values: Sequence[float]) -> list[Value]:
    return [round(float(value), DECIMALS) for value in values]


def _box(box: BoxMm) -> list[Value]:
    return _numbers(box.as_tuple())


def _on(box: BoxMm, sheet: BoxMm) -> bool:
    """Whether something lies on the sheet; an edge of the paper or of the scanner may look like print."""
    return box.x >= 0.0 and box.right <= sheet.right and box.y >= 0.0 and box.bottom <= sheet.bottom


def _bars(ruled: Ruled, sheet: BoxMm) -> Iterator[Item]:
    for bar in ruled.bars:
        if _on(bar, sheet):
            yield {"frame": _box(bar), "width_mm": 0, "fill_gray": 0.2}


def _loose_rules(ruled: Ruled, named: Named, sheet: BoxMm) -> Iterator[Item]:
    """Rules that border no named space and no check box: they are print all the same."""
    drawn = [space.box_mm for space in named.spaces] + [mark.box_mm for mark in named.marks]
    for rule in ruled.level:
        on = _on(BoxMm(rule.start, rule.at, rule.length, 0.0), sheet)
        if on and not any(_on_edge(rule, (box.y, box.bottom), (box.x, box.right)) for box in drawn):
            yield {"rule": _numbers((rule.start, rule.at, rule.end, rule.at)), "width_mm": _width(rule)}
    for rule in ruled.upright:
        on = _on(BoxMm(rule.at, rule.start, 0.0, rule.length), sheet)
        if on and not any(
            _on_edge(rule, (box.x, box.right), (box.y, box.bottom)) or _within(rule, box) for box in drawn
        ):
            yield {"rule": _numbers((rule.at, rule.start, rule.at, rule.end)), "width_mm": _width(rule)}


def _width(rule: Stroke) -> float:
    return round(min(1.0, max(0.1, rule.width)), DECIMALS)


def _on_edge(rule: Stroke, edges: tuple[float, float], span: tuple[float, float]) -> bool:
    beside = min(abs(edge - rule.at) for edge in edges) <= 0.5
    return beside and span[0] - 1.0 <= rule.start and rule.end <= span[1] + 1.0


def _within(rule: Stroke, box: BoxMm) -> bool:
    return box.x <= rule.at <= box.right and rule.end <= box.bottom + 0.5 and rule.start >= box.y - 0.5


def _heading(phrase: Phrase, bars: Sequence[BoxMm], fonts: Fonts, sheet: BoxMm) -> Item:
    its = type_of(phrase.text, phrase.box_mm, fonts)
    wide_mm = text_width_mm(phrase.text, fonts, face=its.face, size_pt=its.size_pt)
    # Another typeface may be wider than that on the paper.
    left = max(0.0, min(phrase.box_mm.x, sheet.right - wide_mm - EDGE_MM))
    item: Item = {
        "heading": phrase.text,
        "at": _numbers((left, its.baseline_mm)),
        "size_pt": its.size_pt,
        "face": its.face.value,
    }
    if any(bar.overlap_mm2(phrase.box_mm) > 0.5 * phrase.box_mm.width * phrase.box_mm.height for bar in bars):
        item["gray"] = 1.0
    return item


def _label(phrase: Phrase, fonts: Fonts) -> Item:
    its = type_of(phrase.text, phrase.box_mm, fonts)
    at = _numbers((phrase.box_mm.x, its.baseline_mm))
    return {"text": phrase.text, "at": at, "size_pt": its.size_pt, "face": its.face.value}


def _space(named: NamedSpace, fonts: Fonts) -> Item:
    item: Item = {"name": named.zone.name, "box_mm": _box(named.box_mm)}
    if named.heading is not None:
        item["heading"] = _label(named.heading, fonts)
    if not named.space.closed:
        item["border"] = Border.LINE.value
    if named.space.cells:
        item["comb"] = named.space.cells
    if named.zone.part.lines is not None:
        item["lines"] = named.zone.part.lines
    return item | _preprinted(named.zone)


def _preprinted(zone: KnownZone) -> Item:
    """The words that the known edition prints in the space, for a person to replace."""
    if zone.part.printed_value is None:
        return {}
    words = zone.part.printed_value.strip("\n")
    return {
        "lines": zone.part.lines or 1,
        "printed_value": words,
        "size_pt": zone.part.size_pt,
        "face": zone.part.face.value,
    }


def _choices(marks: Sequence[NamedMark], fonts: Fonts) -> Iterator[Item]:
    for name, around in choice_boxes(marks):
        yield {
            "name": name,
            "box_mm": _box(around),
            "border": Border.NONE.value,
            "marks": [_mark(each, fonts) for each in marks if each.zone.name == name],
        }


def _unruled(each: Unruled, fonts: Fonts) -> Item:
    """Where no rule shows the space, none is drawn."""
    item: Item = {"name": each.zone.name, "box_mm": _box(each.box_mm)}
    if each.heading is not None:
        item["heading"] = _label(each.heading, fonts)
    return item | {"border": Border.NONE.value} | _preprinted(each.zone)


def _mark(named: NamedMark, fonts: Fonts) -> Item:
    item: Item = {"name": named.mark.name, "box_mm": _box(named.box_mm)}
    if named.label is not None:
        item["label"] = _label(named.label, fonts)
    return item


def _text(found: FoundText) -> Item:
    """The known edition's wording in the place found, as large as its lines stand apart."""
    part, box = found.part, found.box_mm or BoxMm(0, 0, 1, 1)
    pitch_mm = _pitch(found) or LEADING * part.size_pt * MM_PER_PT
    size_pt = max(6.0, round(2 * pitch_mm / LEADING / MM_PER_PT) / 2)
    if abs(size_pt - part.size_pt) <= SAME_TYPE * part.size_pt:
        size_pt = part.size_pt
    item: Item = {"box_mm": _box(box if part.boxed else box.grown(0.3)), "text": part.text.strip("\n")}
    item |= {"size_pt": size_pt, "face": part.face.value, "align": part.align.value}
    if part.name is not None:
        item["name"] = part.name
    if part.boxed:
        item["boxed"] = True
    if part.translation:
        item["translation"] = True
    return item


def _pitch(found: FoundText) -> float | None:
    bottoms = sorted({round(line.box_mm.bottom, 1) for line in found.lines})
    steps = [after - before for before, after in pairwise(bottoms) if after - before > 1.5]
    return sorted(steps)[len(steps) // 2] if steps else None


def _decisions(
    named: Named, places: Sequence[Unruled], texts: Sequence[FoundText], known: Reference, layout: LayoutId
) -> Iterator[Reason]:
    has = {space.zone.name for space in named.spaces} | {place.zone.name for place in places}
    for zone in (*known.zones, *known.unruled):
        yield from _missing(zone, named, has)
    for zone in [*(space.zone for space in named.spaces), *(place.zone for place in places)]:
        if zone.part.printed_value is not None:
            yield Reason("authoring_printed_words", (("name", zone.name),))
    yield from _unruled_places(places)
    yield from _doubtful_texts(texts)
    yield from _doubtful_names(named)
    for left in named.unnamed_spaces:
        yield Reason("authoring_space_unnamed", (("box", _said(left.box_mm)),))
    for box in named.unnamed_boxes:
        yield Reason("authoring_box_unnamed", (("box", _said(box)),))
    yield Reason("authoring_edition_mark", (("layout", str(layout)),))


def _unruled_places(places: Sequence[Unruled]) -> Iterator[Reason]:
    for place in places:
        name = place.zone.name
        if place.heading is None:
            yield Reason("authoring_place_unruled", (("name", name), ("kind", place.zone.kind.value)))
        else:
            said = (("name", name), ("words", place.heading.text), ("box", _said(place.box_mm)))
            yield Reason("authoring_place_by_words", said)


def _doubtful_texts(texts: Sequence[FoundText]) -> Iterator[Reason]:
    for text in texts:
        name = str(text.part.name)
        if text.box_mm is None:
            yield Reason("authoring_text_not_found", (("name", name),))
        elif text.complete < COMPLETE:
            yield Reason("authoring_text_incomplete", (("name", name), ("percent", str(round(100 * text.complete)))))


def _doubtful_names(named: Named) -> Iterator[Reason]:
    for space in named.spaces:
        if space.likely < SURE:
            yield Reason("authoring_confirm_name", (("name", space.zone.name), ("box", _said(space.box_mm))))
    for mark in named.marks:
        if mark.likely < SURE:
            what = f"{mark.zone.name}.{mark.mark.name}"
            yield Reason("authoring_confirm_name", (("name", what), ("box", _said(mark.box_mm))))


def _missing(zone: KnownZone, named: Named, has: set[str]) -> Iterator[Reason]:
    if zone.marks:
        found = {mark.mark.name for mark in named.marks if mark.zone.name == zone.name}
        for mark in zone.marks:
            if mark.name not in found:
                yield Reason("authoring_mark_missing", (("name", zone.name), ("mark", mark.name)))
    elif zone.name not in has:
        code = "authoring_space_missing" if zone.need is Need.REQUIRED else "authoring_space_absent"
        yield Reason(code, (("name", zone.name),))


def _said(box: BoxMm) -> str:
    return " ".join(f"{value:.1f}" for value in box.as_tuple())


def likely_language(phrases: Sequence[Phrase]) -> Language:
    """The language that the printed words are in, by the small words only one of them has."""
    words = [word for phrase in phrases for word in phrase.text.lower().replace("'", "' ").split()]
    french = sum(word in {"de", "du", "la", "le", "l'", "d'", "les", "des", "ou", "et", "à"} for word in words)
    english = sum(word in {"of", "the", "or", "and", "to", "by", "for", "is"} for word in words)
    return Language.FR if french >= english else Language.EN
