"""The rules of `requirements.yaml` on one layout: key words, titles, order, boxes, and the wording of the Schedules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType

from pipeline.conformity import Finding, Weight
from pipeline.geometry import BoxMm
from pipeline.model import Heading, Language, Layout, Paragraph, Zone
from pipeline.templates.printed_words import free_lines
from pipeline.templates.requirements import Rule, RuleKind

TITLE_REACH_MM = 15.0
"""A title stands this near above the spaces of its section."""
TITLE_LENGTH = 120
SLACK_MM = 1.0
WARNING_TYPE_PT = 9.0
_PLAIN = str.maketrans({"“": '"', "”": '"', "’": "'", "‘": "'", "\u00a0": " ", "\u202f": " "})
_BLANK = "<issuer>"
_CHOICE = re.compile(r"\\\[(.+?)\\\]")


def normal_text(text: str) -> str:
    """One space between words and plain quotation marks: how a text is set does not belong to its wording."""
    return " ".join(text.translate(_PLAIN).split())


def broken_rules(
    layout: Layout, rules: Sequence[Rule], wording: Sequence[str], *, edition: Sequence[Layout]
) -> Iterator[Finding]:
    """The rules that the layout does not keep, in their order.

    Args:
        wording: passages of the English text of the Schedule; not compared on a French form.
        edition: the other faces of the same edition and language; empty when they are not known.
    """
    for rule in rules:
        if rule.kind is RuleKind.WORDING:
            yield from _wording(rule, layout, wording)
        elif rule.kind is RuleKind.EITHER_SIDE:
            yield from _either_side(rule, layout, edition)
        elif rule.kind is RuleKind.COMPANION:
            yield from _companion(rule, layout, edition)
        else:
            yield from _CHECKS[rule.kind](rule, layout)


def _broken(rule: Rule, code: str, *fields: str) -> Finding:
    return Finding(code, rule.section, rule.place, (("fields", ", ".join(fields or (rule.place,))),))


def _zones(layout: Layout) -> Mapping[str, Zone]:
    return {zone.name: zone for zone in layout.zones}


def _text(layout: Layout, name: str) -> Paragraph | None:
    return next((item for item in layout.artwork if isinstance(item, Paragraph) and item.name == name), None)


def _words(rule: Rule, layout: Layout) -> Iterator[Finding]:
    text, wanted = _text(layout, rule.name), rule.key_words.get(layout.language)
    if text is not None and wanted is not None and not wanted.search(normal_text(text.text)):
        yield _broken(rule, "conformity_text_words")


def _printed(layout: Layout) -> Iterator[str]:
    for item in layout.artwork:
        if isinstance(item, Heading | Paragraph):
            yield normal_text(item.text)


def _heading(rule: Rule, layout: Layout) -> Iterator[Finding]:
    wanted = rule.key_words[layout.language]
    lines = [item for item in layout.artwork if isinstance(item, Heading)]
    lines += [Heading(0.0, 0.0, text, 0.0) for text, _ in free_lines(layout)]
    if not any(wanted.search(normal_text(line.text)) for line in lines if len(line.text) <= TITLE_LENGTH):
        yield _broken(rule, "conformity_heading_missing")


def _title(rule: Rule, layout: Layout) -> Iterator[Finding]:
    spaces = [z for z in layout.zones if (rule.letter and z.section == rule.letter) or z.name in rule.names]
    if not spaces:
        return
    top = min(zone.box_mm.y for zone in spaces)
    wanted = rule.key_words[layout.language]
    lines = list(free_lines(layout))
    if rule.letter and len(spaces) == 1:
        # The heading of the only space of a section is the section's.
        lines += [(word.text, word.y) for word in spaces[0].words]
    for text, y in lines:
        fits = top - TITLE_REACH_MM <= y <= top + SLACK_MM and len(text) <= TITLE_LENGTH
        if fits and wanted.search(normal_text(text)):
            return
    yield Finding("conformity_title_missing", rule.section, rule.place, (("fields", spaces[0].name),))


def _header(rule: Rule, layout: Layout) -> Iterator[Finding]:
    zones = _zones(layout)
    later = [zones[name] for name in rule.apart if name in zones]
    if not rule.apart:
        later = [zone for zone in layout.zones if zone.section and len(zone.section) == 1 and zone.section > "A"]
    if not later:
        return
    limit = min(zone.box_mm.y for zone in later) + SLACK_MM
    low = [name for name in rule.names if name in zones and zones[name].box_mm.y > limit]
    if low:
        yield _broken(rule, "conformity_header", *low)


def _any_of(rule: Rule, layout: Layout) -> Iterator[Finding]:
    present = set(_zones(layout))
    if not any(present.issuperset(names) for names in rule.sets):
        yield _broken(rule, "conformity_any_of", *dict.fromkeys(name for names in rule.sets for name in names))


def _given(rule: Rule, layout: Layout) -> Iterator[Finding]:
    present = set(_zones(layout))
    lacking = [name for name in rule.names if name not in present]
    if rule.name in present and lacking:
        yield _broken(rule, "conformity_given", *lacking)


def _marks(rule: Rule, layout: Layout) -> Iterator[Finding]:
    zone = _zones(layout).get(rule.name)
    if zone is None:
        return
    offered = {mark.name for mark in zone.marks}
    lacking = [mark for mark in rule.marks if mark not in offered]
    if lacking:
        params = (("fields", rule.name), ("marks", ", ".join(lacking)))
        yield Finding("conformity_marks", rule.section, rule.place, params)


def _capitals(rule: Rule, layout: Layout) -> Iterator[Finding]:
    text = _text(layout, rule.name)
    if text is not None:
        bold = "bold" in text.face and text.text == text.text.upper()
        if not (bold and text.size_pt >= WARNING_TYPE_PT):
            params = (("fields", rule.name), ("least_pt", f"{WARNING_TYPE_PT:g}"))
            yield Finding("conformity_not_capitals", rule.section, rule.place, params)


def _inside(rule: Rule, layout: Layout) -> Iterator[Finding]:
    zone, text = _zones(layout).get(rule.name), _text(layout, rule.names[0])
    if zone is None or text is None:
        return
    for mark in zone.marks:
        if mark.box_mm.overlap_mm2(text.box_mm) < 0.9 * mark.box_mm.width * mark.box_mm.height:
            yield _broken(rule, "conformity_not_inside", rule.name, rule.names[0])


def _after(rule: Rule, layout: Layout) -> Iterator[Finding]:
    text = _text(layout, rule.name)
    section = [zone.box_mm for zone in layout.zones if zone.section == rule.letter]
    if text is None or not section:
        return
    bottom = max(box.bottom for box in section)
    below = text.box_mm.y >= bottom - SLACK_MM or text.box_mm.x >= max(box.right for box in section) - SLACK_MM
    others = [zone.box_mm for zone in layout.zones if zone.section and zone.section != rule.letter]
    between = [box for box in others if bottom - SLACK_MM <= box.y and box.bottom <= text.box_mm.y + SLACK_MM]
    if not below or between:
        yield _broken(rule, "conformity_not_after")


def _order(rule: Rule, layout: Layout) -> Iterator[Finding]:
    texts = [text for name in rule.names if (text := _text(layout, name)) is not None]
    for first, second in pairwise(text.box_mm for text in texts):
        if second.y < first.bottom - SLACK_MM and second.x < first.right - SLACK_MM:
            yield _broken(rule, "conformity_order", *rule.names)
            return


def _portion(rule: Rule, layout: Layout) -> Iterator[Finding]:
    zones = _zones(layout)
    portion, stub = (_around([zones[n].box_mm for n in names if n in zones]) for names in (rule.names, rule.apart))
    if portion is None or stub is None:
        return
    apart = (
        portion.y >= stub.bottom - SLACK_MM
        or stub.y >= portion.bottom - SLACK_MM
        or portion.x >= stub.right - SLACK_MM
        or stub.x >= portion.right - SLACK_MM
    )
    if not apart:
        yield _broken(rule, "conformity_portion", *rule.names)


def _around(boxes: Sequence[BoxMm]) -> BoxMm | None:
    if not boxes:
        return None
    x, y = min(box.x for box in boxes), min(box.y for box in boxes)
    return BoxMm(x, y, max(box.right for box in boxes) - x, max(box.bottom for box in boxes) - y)


def _absent(rule: Rule, layout: Layout) -> Iterator[Finding]:
    unwanted = rule.key_words[layout.language]
    for text in _printed(layout):
        if unwanted.search(text):
            yield Finding("conformity_text_unwanted", rule.section, rule.place, (("text", text[:60]),))


def _wording(rule: Rule, layout: Layout, passages: Sequence[str]) -> Iterator[Finding]:
    if layout.language is not Language.EN:
        return
    lines = list(_printed(layout))
    whole = " ".join(lines)
    for passage in passages:
        # A heading stands by itself: "PLEA" is also the first word of two others.
        heading = passage == passage.upper()
        pattern = _pattern(passage.rstrip(".") if heading else passage)
        there = any(pattern.fullmatch(line.rstrip(" .:")) for line in lines) if heading else pattern.search(whole)
        if not there:
            params = (("text", passage[:80]),)
            yield Finding("conformity_wording", rule.section, rule.place, params)


@lru_cache(maxsize=256)
def _pattern(passage: str) -> re.Pattern[str]:
    """A passage as an expression: its blanks hold some words of the issuer's, its choices either of theirs."""
    escaped = re.escape(normal_text(passage))
    either = _CHOICE.sub(lambda found: "(?:" + found[1].replace(r"\|", "|") + ")", escaped)
    return re.compile(r"(?:^|(?<=\W))" + either.replace(re.escape(_BLANK), r"\S.{2,200}?"))


def _either_side(rule: Rule, layout: Layout, edition: Sequence[Layout]) -> Iterator[Finding]:
    if rule.name in _zones(layout):
        return
    backs = [other for other in edition if other.document is layout.document and other.side is not layout.side]
    if not any(rule.name in _zones(back) for back in backs):
        weight = Weight.FAULT if backs else Weight.UNKNOWN
        code = "conformity_on_neither_side" if backs else "conformity_other_side_unknown"
        yield Finding(code, rule.section, rule.place, (("fields", rule.name),), weight)


def _companion(rule: Rule, layout: Layout, edition: Sequence[Layout]) -> Iterator[Finding]:
    faces = {f"{other.document}.{other.side}" for other in edition}
    if rule.face not in faces:
        params = (("face", f"{layout.schedule}.{rule.face}.{layout.language}@{layout.edition}"),)
        yield Finding("conformity_companion", rule.section, rule.place, params, Weight.NOTE)


_CHECKS: Mapping[RuleKind, Callable[[Rule, Layout], Iterator[Finding]]] = MappingProxyType(
    {
        RuleKind.WORDS: _words,
        RuleKind.HEADING: _heading,
        RuleKind.TITLE: _title,
        RuleKind.HEADER: _header,
        RuleKind.ANY_OF: _any_of,
        RuleKind.GIVEN: _given,
        RuleKind.MARKS: _marks,
        RuleKind.CAPITALS: _capitals,
        RuleKind.INSIDE: _inside,
        RuleKind.AFTER: _after,
        RuleKind.ORDER: _order,
        RuleKind.PORTION: _portion,
        RuleKind.ABSENT: _absent,
    }
)
