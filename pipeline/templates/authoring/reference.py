"""What a new edition is compared with: the particulars of a face, the words that announce each, and where a known
edition has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from pydantic import ValidationError

from pipeline.geometry import BoxMm
from pipeline.model import MARK_KINDS, Kind, Need
from pipeline.templates.authoring.sections import section_at, section_titles
from pipeline.templates.authoring.wording import folded
from pipeline.templates.catalogue import Particular
from pipeline.templates.document import Border, HeadingItem, LayoutFile, ZonePart, box
from pipeline.templates.imprint import Imprint, imprinted
from pipeline.templates.inheritance import NotExtendable, written_out
from pipeline.templates.layout_yaml import YamlError, read_yaml

LABEL_MM = 7.0
LEAST_LETTERS = 3
"""Shorter headings of other faces ("No.") say what their own form is about."""


@dataclass(frozen=True, slots=True)
class KnownMark:
    """A check box of a known edition and the words beside it, in every language there is."""

    name: str
    box_mm: BoxMm
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KnownZone:
    """A particular as a known edition has it.

    Attributes:
        headings: words that announce it, as printed by known editions and by the catalogue, folded; may be none.
        sections: titles of the section it is in, in every language there is; may be none.
        closed: its space is framed; otherwise on a base line or without any border.
        part: as its layout file writes it.
    """

    name: str
    kind: Kind
    need: Need
    box_mm: BoxMm
    headings: tuple[str, ...]
    sections: tuple[str, ...]
    cells: int
    closed: bool
    marks: tuple[KnownMark, ...]
    part: ZonePart


@dataclass(frozen=True, slots=True)
class Reference:
    """A known edition of the face that is looked for.

    Attributes:
        file: the layout file of the edition.
        worded: the same face in the language looked for, for its compulsory texts; `file` where there is none.
        zones: its entry spaces; `unruled` those without any border (barcodes, preprinted words).
    """

    file: LayoutFile
    worded: LayoutFile
    zones: tuple[KnownZone, ...]
    unruled: tuple[KnownZone, ...]


def whole_file(text: str, parents: Mapping[str, str], imprints: Mapping[str, Imprint]) -> LayoutFile:
    """A layout file that is known to be right, with what it inherits and its issuer's words written out."""
    value, lines = read_yaml(text)
    return LayoutFile.model_validate(imprinted(written_out(value, lines, parents).value, imprints).value)


def whole_files(texts: Mapping[str, str], imprints: Mapping[str, Imprint]) -> dict[str, LayoutFile]:
    """Every layout file that can be read; a site may be in the midst of writing the others."""
    files = {}
    for name, text in sorted(texts.items()):
        with suppress(YamlError, NotExtendable, ValidationError):
            files[name] = whole_file(text, texts, imprints)
    return files


def reference(
    file: LayoutFile,
    face: Mapping[str, Particular],
    others: Iterable[LayoutFile] = (),
    elsewhere: Iterable[LayoutFile] = (),
    *,
    language: str,
) -> Reference:
    """The known edition of a layout file.

    Args:
        face: the particulars of its face.
        others: further layout files of the same face (the other language, other editions): their words count too.
        elsewhere: layout files of other faces: what they call a particular counts, should no other file know.
        language: `fr` or `en`, of the form that is looked for.
    """
    files = (file, *others)
    further = _by_name(elsewhere)
    known = [
        _zone(part, face[part.name], files, further.get(part.name, ())) for part in file.zones if part.name in face
    ]
    ruled = tuple(zone for zone in known if zone.marks or zone.part.border is not Border.NONE)
    worded = next((each for each in files if language_of(each.layout) == language), file)
    return Reference(file, worded, ruled, tuple(zone for zone in known if zone not in ruled))


def language_of(layout: str) -> str:
    """The language in a layout's id."""
    return layout.partition("@")[0].rpartition(".")[2]


def _by_name(files: Iterable[LayoutFile]) -> dict[str, list[ZonePart]]:
    zones: dict[str, list[ZonePart]] = {}
    for file in files:
        for zone in file.zones:
            zones.setdefault(zone.name, []).append(zone)
    return zones


def _beside(file: LayoutFile, mark_mm: BoxMm) -> list[str]:
    """Words printed right of a check box that has no label of its own."""
    return [
        item.heading
        for item in file.artwork
        if isinstance(item, HeadingItem)
        and 0.0 <= item.at[0] - mark_mm.right <= LABEL_MM
        and mark_mm.y - 1.0 <= item.at[1] <= mark_mm.bottom + 2.0
    ]


def _zone(
    part: ZonePart, particular: Particular, files: Iterable[LayoutFile], further: Iterable[ZonePart]
) -> KnownZone:
    placed = [(file, zone) for file in files for zone in file.zones if zone.name == part.name]
    same = [*(zone for _, zone in placed), *further]
    own = {zone.heading.text for _, zone in placed if zone.heading is not None}
    said = [zone.heading.text for zone in same if zone.heading is not None]
    bare = [words for file, zone in placed for mark in zone.marks for words in _beside(file, box(mark.box_mm))]
    said = [words for words in said if len(folded(words)) >= LEAST_LETTERS or words in own]
    said += [words for words in (particular.fr, particular.en) if words]
    return KnownZone(
        name=part.name,
        kind=particular.kind,
        need=particular.need,
        box_mm=box(part.box_mm),
        headings=_distinct(said),
        sections=_distinct(section_at(section_titles(file), _middle(zone)) or "" for file, zone in placed),
        cells=part.comb or 0,
        closed=part.border is Border.BOX,
        marks=tuple(_marks(part, particular, same, bare)),
        part=part,
    )


def _middle(zone: ZonePart) -> float:
    return zone.box_mm[1] + zone.box_mm[3] / 2


def _marks(
    part: ZonePart, particular: Particular, same: Iterable[ZonePart], bare: Iterable[str]
) -> Iterator[KnownMark]:
    if particular.kind not in MARK_KINDS:
        return
    boxes = {mark.name: box(mark.box_mm) for mark in part.marks} or {particular.marks[0]: box(part.box_mm)}
    alone = len(particular.marks) == 1
    for name in particular.marks:
        if name not in boxes:
            continue
        labels = [mark.label.text for zone in same for mark in zone.marks if mark.name == name and mark.label]
        # A single mark is announced by its own label or by the heading of its space.
        labels += [zone.heading.text for zone in same if alone and zone.heading is not None]
        labels += bare if alone else ()
        yield KnownMark(name, boxes[name], _distinct(labels))


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words for words in map(folded, texts) if words))
