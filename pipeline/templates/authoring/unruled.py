"""Places for entries that no rule shows, as on the forms of mobile printers: by their printed words alone.

Such a place reaches from its heading to the next words. Its edges are a guess, so a person always confirms it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from pipeline.geometry import BoxMm
from pipeline.model import MARK_KINDS
from pipeline.templates.authoring.announcing import Phrase
from pipeline.templates.authoring.naming import NEIGHBOURS, Named, choice_boxes
from pipeline.templates.authoring.reference import KnownZone, Reference
from pipeline.templates.authoring.ruled import Stroke
from pipeline.templates.authoring.sections import Title, contradicts, is_title, section_at, seen_titles
from pipeline.templates.authoring.wording import folded, likeness

LEAST_WORDS: Final = 0.68
LIKE: Final = 0.55
EXACT: Final = 0.95
PARTLY: Final = 0.72
"""Likelihood of a few words of a heading ("Birth", "Axles") in the particular's own section."""
LEAST_PART: Final = 5
OTHER_SECTION: Final = 0.8
GAP_MM: Final = 0.6
WHOLE: Final = 0.25
MARGIN_MM: Final = 4.0
LEAST_MM: Final = (5.0, 3.0)
"""Width and height of a place that a person can write in."""
MOST_HEIGHT_MM: Final = 12.0


@dataclass(frozen=True, slots=True)
class Unruled:
    """A place proposed without any rule; `heading` is null where only its neighbours tell."""

    zone: KnownZone
    box_mm: BoxMm
    heading: Phrase | None


@dataclass(frozen=True, slots=True)
class Print:
    """What is printed on a blank form: words, those of them that announce nothing else, and the level rules."""

    words: Sequence[Phrase]
    free: Sequence[Phrase]
    rules: Sequence[Stroke] = ()


def unruled_places(named: Named, printed: Print, known: Reference, size_mm: tuple[float, float]) -> tuple[Unruled, ...]:
    """A place for each particular that has no ruled space, if its words or its neighbours show one.

    Args:
        size_mm: of the blank form.
    """
    words = printed.words
    has = {space.zone.name for space in named.spaces}
    wanted = [zone for zone in (*known.zones, *known.unruled) if zone.name not in has and zone.kind not in MARK_KINDS]
    taken = [space.box_mm for space in named.spaces] + [box for _, box in choice_boxes(named.marks)]
    # A frame around much of the form holds places rather than being one.
    ruled = [each.box_mm for each in named.unnamed_spaces if each.closed and not _holds_much(each.box_mm, size_mm)]
    # Other words stand in a place rather than below it: the issuer's name is printed where it would be written.
    headings = [each for each in words if _is_heading(each, known)]
    found: list[Unruled] = []
    for zone, phrase in _announced(wanted, printed.free, words, known):
        box = _below(phrase, zone, words, size_mm) or _below(phrase, zone, headings, size_mm)
        box = None if box is None else _above_rules(box, printed.rules)
        box = None if box is None else _kept_off(box, [*taken, *ruled])
        if box is not None:
            found.append(Unruled(zone, box, phrase))
            taken.append(box)
    placed = {each.zone.name for each in found}
    for zone in known.unruled:
        if zone.name not in placed and zone.name not in has:
            box = _kept_off(_moved(zone, named, found, size_mm), [*taken, *ruled, *(each.box_mm for each in words)])
            if box is not None:
                found.append(Unruled(zone, box, None))
                taken.append(box)
    return tuple(found)


def _holds_much(box: BoxMm, size_mm: tuple[float, float]) -> bool:
    return box.width * box.height > WHOLE * size_mm[0] * size_mm[1]


def _is_heading(phrase: Phrase, known: Reference) -> bool:
    said = folded(phrase.text)
    zones = (*known.zones, *known.unruled)
    return any(is_title(phrase.text, zone.sections) or likeness(said, zone.headings) >= LIKE for zone in zones)


def _announced(
    zones: Sequence[KnownZone], free: Sequence[Phrase], words: Sequence[Phrase], known: Reference
) -> list[tuple[KnownZone, Phrase]]:
    """Which words announce which particular, the surest first and each once."""
    own = sorted({title for zone in known.zones for title in zone.sections})
    titles = seen_titles(((each.text, each.box_mm.y) for each in words), own)
    # A section's title is a heading too only where the particular is called just so.
    entitled = {j for j, phrase in enumerate(free) if is_title(phrase.text, own)}
    pairs = [
        (score, i, j)
        for i, zone in enumerate(zones)
        for j, phrase in enumerate(free)
        if (score := _likely(zone, phrase, titles)) >= (EXACT if j in entitled else LEAST_WORDS)
    ]
    found, used = [], set()
    for _, i, j in sorted(pairs, key=lambda each: -each[0]):
        if ("zone", i) not in used and ("words", j) not in used:
            used |= {("zone", i), ("words", j)}
            found.append((zones[i], free[j]))
    return found


def _likely(zone: KnownZone, phrase: Phrase, titles: Sequence[Title]) -> float:
    said = folded(phrase.text)
    score = likeness(said, zone.headings) if zone.headings else 0.0
    at = section_at(titles, phrase.box_mm.bottom)
    if at in zone.sections and len(said) >= LEAST_PART and any(_part_of(said, words) for words in zone.headings):
        score = max(score, PARTLY)
    return score * (OTHER_SECTION if zone.sections and contradicts(zone.sections, at, titles) else 1.0)


def _part_of(said: str, heading: str) -> bool:
    return set(said.split()) <= set(heading.split())


def _below(phrase: Phrase, zone: KnownZone, words: Sequence[Phrase], size_mm: tuple[float, float]) -> BoxMm | None:
    """From under the words to the next words below and to the right; none without room."""
    its, said = phrase.box_mm, [each.box_mm for each in words if folded(each.text)]
    level = [box.x for box in said if box.x >= its.right and min(box.bottom, its.bottom) > max(box.y, its.y)]
    right = min([size_mm[0] - MARGIN_MM, *(x - 2 * GAP_MM for x in level)])
    top = its.bottom + GAP_MM
    signs = [each.box_mm for each in words if not folded(each.text) and its.right - GAP_MM <= each.box_mm.x < right]
    right = min([right, *(sign.x - GAP_MM for sign in signs if top <= sign.bottom and sign.y <= top + LEAST_MM[1])])
    under = [box.y for box in said if box.y > its.bottom - GAP_MM and _over(box, its.x, right)]
    wanted = min(zone.box_mm.height, MOST_HEIGHT_MM)
    bottom = min([size_mm[1] - MARGIN_MM, top + wanted, *(y - GAP_MM / 2 for y in under)])
    return _large_enough(BoxMm(its.x, top, max(0.0, right - its.x), max(0.0, bottom - top)))


def _above_rules(box: BoxMm, rules: Sequence[Stroke]) -> BoxMm | None:
    """Down to the first rule below: the base line of the place, or the end of its section."""
    below = [rule.at for rule in rules if rule.at > box.y and rule.start < box.right and rule.end > box.x]
    return _large_enough(BoxMm(box.x, box.y, box.width, min([box.height, *(at - box.y for at in below)])))


def _over(box: BoxMm, left: float, right: float) -> bool:
    return box.x < right and box.right > left


def _large_enough(box: BoxMm) -> BoxMm | None:
    return box if box.width >= LEAST_MM[0] and box.height >= LEAST_MM[1] else None


def _kept_off(box: BoxMm, others: Iterable[BoxMm]) -> BoxMm | None:
    """The box made lower until it covers nothing else; none if too little is left."""
    top, bottom = box.y, box.bottom
    for other in others:
        if not _over(other, box.x, box.right) or other.bottom <= top or other.y >= bottom:
            continue
        if other.y - top >= bottom - other.bottom:
            bottom = other.y
        else:
            top = other.bottom
    return _large_enough(BoxMm(box.x, top, box.width, max(0.0, bottom - top)))


def _moved(zone: KnownZone, named: Named, found: Sequence[Unruled], size_mm: tuple[float, float]) -> BoxMm:
    """The known place, where the spaces nearest to it went."""
    pairs = [(space.zone.box_mm, space.box_mm) for space in named.spaces]
    pairs += [(place.zone.box_mm, place.box_mm) for place in found]
    known = zone.box_mm
    near = sorted(pairs, key=lambda pair: abs(pair[0].x - known.x) + abs(pair[0].y - known.y))[:NEIGHBOURS]
    dx = median([after.x - before.x for before, after in near]) if near else 0.0
    dy = median([after.bottom - before.bottom for before, after in near]) if near else 0.0
    width, height = min(known.width, size_mm[0]), min(known.height, size_mm[1])
    left = min(max(0.0, known.x + dx), size_mm[0] - width)
    top = min(max(0.0, known.y + dy), size_mm[1] - height)
    return BoxMm(left, top, width, height)
