"""What a new edition is compared with: the particulars of a face, the words that announce each, and where a known
edition has them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from pipeline.geometry import BoxMm
from pipeline.model import MARK_KINDS, Kind, Need
from pipeline.templates.catalogue import Particular
from pipeline.templates.document import Border, LayoutFile, ZonePart, box
from pipeline.templates.imprint import Imprint, imprinted
from pipeline.templates.inheritance import written_out
from pipeline.templates.layout_yaml import read_yaml

_IN_BRACKETS = re.compile(r"\([^)]*\)?")
SHORTENED = 0.95
"""An edition may shorten words ("Dim. autorisée"); spelled out they are surer."""
_NO_WORD = re.compile(r"[^a-z0-9]+")


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
        closed: its space is framed; otherwise on a base line or without any border.
        part: as its layout file writes it.
    """

    name: str
    kind: Kind
    need: Need
    box_mm: BoxMm
    headings: tuple[str, ...]
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


def reference(
    file: LayoutFile, face: Mapping[str, Particular], others: Iterable[LayoutFile] = (), *, language: str
) -> Reference:
    """The known edition of a layout file.

    Args:
        face: the particulars of its face.
        others: further layout files of the same face (the other language, other editions): their words count too.
        language: `fr` or `en`, of the form that is looked for.
    """
    files = (file, *others)
    known = [_zone(part, face[part.name], files) for part in file.zones if part.name in face]
    ruled = tuple(zone for zone in known if zone.marks or zone.part.border is not Border.NONE)
    worded = next((each for each in files if language_of(each.layout) == language), file)
    return Reference(file, worded, ruled, tuple(zone for zone in known if zone not in ruled))


def language_of(layout: str) -> str:
    """The language in a layout's id."""
    return layout.partition("@")[0].rpartition(".")[2]


def _zone(part: ZonePart, particular: Particular, files: Iterable[LayoutFile]) -> KnownZone:
    same = [zone for file in files for zone in file.zones if zone.name == part.name]
    said = [zone.heading.text for zone in same if zone.heading is not None]
    said += [words for words in (particular.fr, particular.en) if words]
    return KnownZone(
        name=part.name,
        kind=particular.kind,
        need=particular.need,
        box_mm=box(part.box_mm),
        headings=_distinct(said),
        cells=part.comb or 0,
        closed=part.border is Border.BOX,
        marks=tuple(_marks(part, particular, same)),
        part=part,
    )


def _marks(part: ZonePart, particular: Particular, same: Iterable[ZonePart]) -> Iterator[KnownMark]:
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
        yield KnownMark(name, boxes[name], _distinct(labels))


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words for words in map(folded, texts) if words))


def folded(text: str) -> str:
    """Words without accents, case, punctuation and what stands in brackets (formats such as YYYY MM DD)."""
    outside = _IN_BRACKETS.sub(" ", text)
    plain = unicodedata.normalize("NFKD", outside if outside.strip(" :*") else text)
    bare = "".join(char for char in plain if not unicodedata.combining(char)).lower()
    return _NO_WORD.sub(" ", bare).strip()


def likeness(found: str, known: Iterable[str]) -> float:
    """How alike folded words are to the nearest of some, spelled out or shortened: 0.0 to 1.0."""
    best = 0.0
    for words in known:
        best = max(best, SHORTENED * _shortened(found, words))
        matcher = SequenceMatcher(None, found, words, autojunk=False)
        if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best:
            best = max(best, matcher.ratio())
    return best


def _shortened(found: str, known: str) -> float:
    """Share of the words on both sides that pair up in order, each found word the beginning of a known one."""
    short, whole = found.split(), known.split()
    paired = place = 0
    for word in short:
        at = next((i for i in range(place, len(whole)) if _begins(word, whole[i])), None)
        if at is not None:
            paired, place = paired + 1, at + 1
    return 2.0 * paired / (len(short) + len(whole)) if short and whole else 0.0


def _begins(word: str, whole: str) -> bool:
    return word == whole or (len(word) >= 3 and whole.startswith(word))


def share_within(found: str, text: str) -> float:
    """Share of the letter triples of `found` that occur in `text`; both folded. 0.0 for less than a word."""
    triples = {found[place : place + 3] for place in range(len(found) - 2)}
    whole = {text[place : place + 3] for place in range(len(text) - 2)}
    return len(triples & whole) / len(triples) if len(triples) >= 4 else 0.0
