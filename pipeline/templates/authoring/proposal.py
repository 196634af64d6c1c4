"""Puts a proposal together: a layout file as text, and the list of what a person must decide about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

from pipeline.geometry import BoxMm
from pipeline.model import Language, LayoutId, Need, Reason
from pipeline.templates.authoring.naming import NEIGHBOURS, Named, NamedMark, NamedSpace, Phrase
from pipeline.templates.authoring.reference import KnownZone, Reference
from pipeline.templates.authoring.ruled import Ruled, Stroke
from pipeline.templates.authoring.texts import COMPLETE, FoundText
from pipeline.templates.authoring.type_of import type_of
from pipeline.templates.authoring.yaml_text import Item, Value, yaml_text
from pipeline.templates.document import Border
from pipeline.templates.fonts import MM_PER_PT, Fonts
from pipeline.templates.typesetting import LEADING

SURE: Final = 0.8
"""Below this likelihood a name is to be confirmed."""
DECIMALS: Final = 2


@dataclass(frozen=True, slots=True)
class Proposal:
    """A layout file proposed, and what a person must decide, most important first."""

    layout: LayoutId
    text: str
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
        layout: the id it is to have.
        found: what is ruled, what has a name, the compulsory texts, and all printed words.
    """
    ruled, named, texts, phrases = found
    spoken = _spoken(named, texts)
    free = [phrase for phrase in phrases if id(phrase) not in spoken]
    document: dict[str, Value] = {
        "layout": str(layout),
        "size_mm": _numbers(size_mm),
        "artwork": [*_bars(ruled), *_loose_rules(ruled, named), *(_heading(each, ruled.bars, fonts) for each in free)],
        "zones": [
            *(_space(each, fonts) for each in named.spaces),
            *_choices(named.marks, fonts),
            *_unruled(named, known, size_mm),
        ],
        "texts": [_text(each) for each in texts if each.box_mm is not None],
    }
    comment = f"Proposed from the scan of a blank form, after {known.file.layout}. To be checked by a person."
    return Proposal(layout, yaml_text(document, comment=comment), tuple(_decisions(named, texts, known, layout)))


def _spoken(named: Named, texts: Sequence[FoundText]) -> frozenset[int]:
    """Phrases that a zone, a mark or a text prints; by identity, for the same words may stand in two places."""
    own = [space.heading for space in named.spaces] + [mark.label for mark in named.marks]
    own += [line for text in texts for line in text.lines]
    return frozenset(id(phrase) for phrase in own if phrase is not None)


def _numbers(values: Sequence[float]) -> list[Value]:
    return [round(float(value), DECIMALS) for value in values]


def _box(box: BoxMm) -> list[Value]:
    return _numbers(box.as_tuple())


def _bars(ruled: Ruled) -> Iterator[Item]:
    for bar in ruled.bars:
        yield {"frame": _box(bar), "width_mm": 0, "fill_gray": 0.2}


def _loose_rules(ruled: Ruled, named: Named) -> Iterator[Item]:
    """Rules that border no named space and no check box: they are print all the same."""
    drawn = [space.box_mm for space in named.spaces] + [mark.box_mm for mark in named.marks]
    for rule in ruled.level:
        if not any(_on_edge(rule, (box.y, box.bottom), (box.x, box.right)) for box in drawn):
            yield {"rule": _numbers((rule.start, rule.at, rule.end, rule.at)), "width_mm": _width(rule)}
    for rule in ruled.upright:
        if not any(_on_edge(rule, (box.x, box.right), (box.y, box.bottom)) or _within(rule, box) for box in drawn):
            yield {"rule": _numbers((rule.at, rule.start, rule.at, rule.end)), "width_mm": _width(rule)}


def _width(rule: Stroke) -> float:
    return round(min(1.0, max(0.1, rule.width)), DECIMALS)


def _on_edge(rule: Stroke, edges: tuple[float, float], span: tuple[float, float]) -> bool:
    beside = min(abs(edge - rule.at) for edge in edges) <= 0.5
    return beside and span[0] - 1.0 <= rule.start and rule.end <= span[1] + 1.0


def _within(rule: Stroke, box: BoxMm) -> bool:
    return box.x <= rule.at <= box.right and rule.end <= box.bottom + 0.5 and rule.start >= box.y - 0.5


def _heading(phrase: Phrase, bars: Sequence[BoxMm], fonts: Fonts) -> Item:
    its = type_of(phrase.text, phrase.box_mm, fonts)
    item: Item = {
        "heading": phrase.text,
        "at": _numbers((phrase.box_mm.x, its.baseline_mm)),
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
    by_zone: dict[str, list[NamedMark]] = {}
    for mark in marks:
        by_zone.setdefault(mark.zone.name, []).append(mark)
    for name, own in by_zone.items():
        left, top = min(m.box_mm.x for m in own), min(m.box_mm.y for m in own)
        right, bottom = max(m.box_mm.right for m in own), max(m.box_mm.bottom for m in own)
        around = BoxMm(left, top, right - left, bottom - top)
        yield {
            "name": name,
            "box_mm": _box(around),
            "border": Border.NONE.value,
            "marks": [_mark(each, fonts) for each in own],
        }


def _unruled(named: Named, known: Reference, size_mm: tuple[float, float]) -> Iterator[Item]:
    """Spaces that no rule shows on a blank form (barcodes, preprinted words), where their neighbours went."""
    for zone in known.unruled:
        dx, dy = _shift(zone, named)
        width, height = min(zone.box_mm.width, size_mm[0]), min(zone.box_mm.height, size_mm[1])
        left = min(max(0.0, zone.box_mm.x + dx), size_mm[0] - width)
        top = min(max(0.0, zone.box_mm.y + dy), size_mm[1] - height)
        item: Item = {"name": zone.name, "box_mm": _numbers((left, top, width, height)), "border": Border.NONE.value}
        yield item | _preprinted(zone)


def _shift(zone: KnownZone, named: Named) -> tuple[float, float]:
    """How far the spaces nearest to it on the known edition have moved."""

    def away(each: NamedSpace) -> float:
        its = each.zone.box_mm
        return abs(its.x - zone.box_mm.x) + abs(its.y - zone.box_mm.y)

    near = sorted(named.spaces, key=away)[:NEIGHBOURS]
    if not near:
        return 0.0, 0.0
    return (
        median(each.box_mm.x - each.zone.box_mm.x for each in near),
        median(each.box_mm.bottom - each.zone.box_mm.bottom for each in near),
    )


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


def _decisions(named: Named, texts: Sequence[FoundText], known: Reference, layout: LayoutId) -> Iterator[Reason]:
    has = {space.zone.name for space in named.spaces}
    for zone in known.zones:
        yield from _missing(zone, named, has)
    for each in named.spaces:
        if each.zone.part.printed_value is not None:
            yield Reason("authoring_printed_words", (("name", each.zone.name),))
    for zone in known.unruled:
        yield Reason("authoring_place_unruled", (("name", zone.name), ("kind", zone.kind.value)))
    yield from _doubtful_texts(texts)
    yield from _doubtful_names(named)
    for left in named.unnamed_spaces:
        yield Reason("authoring_space_unnamed", (("box", _said(left.box_mm)),))
    for box in named.unnamed_boxes:
        yield Reason("authoring_box_unnamed", (("box", _said(box)),))
    yield Reason("authoring_edition_mark", (("layout", str(layout)),))


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
