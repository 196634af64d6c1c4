"""The printed headings and texts of a form that the Regulation asks for, and where their lines are printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.geometry import BoxMm
from pipeline.model import Heading, Kind, Layout, Need, Paragraph
from pipeline.templates.catalogue import face_key
from pipeline.templates.fonts import Fonts, heading_box
from pipeline.templates.printed_words import lettered, owned
from pipeline.templates.requirements import Requirements, Rule, RuleKind
from pipeline.templates.rules_of_form import TITLE_LENGTH, normal_text
from pipeline.templates.typesetting import typeset


@dataclass(frozen=True, slots=True)
class PrintedPart:
    """One required heading or text.

    Attributes:
        section: of the Regulation.
        place: the particular's name, or the first words of a text or heading that has none.
        lines: boxes of its printed lines on the layout, from the top of capitals to descenders.
    """

    section: str
    place: str
    lines: tuple[BoxMm, ...]


def printed_parts(layout: Layout, fonts: Fonts, requirements: Requirements) -> tuple[PrintedPart, ...]:
    """The required print of a layout: headings of spaces that must be there, or must where they apply; titles of
    sections; compulsory texts; the wording of a Schedule."""
    face = face_key(layout.schedule, layout.document, layout.side)
    sections = requirements.sections.get(face, {})
    rules = requirements.rules.get(face, ())
    parts = (
        *_of_spaces(layout, fonts, sections),
        *_texts(layout, fonts, sections, rules),
        *_titles(layout, fonts, rules),
    )
    return tuple(part for part in parts if part.lines)


def _of_spaces(layout: Layout, fonts: Fonts, sections: Mapping[str, str]) -> Iterator[PrintedPart]:
    for zone in layout.zones:
        if zone.kind is not Kind.TEXT_BLOCK and zone.need is not Need.OPTIONAL and zone.name in sections:
            lines = tuple(heading_box(word, fonts) for word in zone.words if lettered(word.text))
            yield PrintedPart(sections[zone.name], zone.name, lines)


def _texts(layout: Layout, fonts: Fonts, sections: Mapping[str, str], rules: tuple[Rule, ...]) -> Iterator[PrintedPart]:
    needs = {zone.name: zone.need for zone in layout.zones if zone.kind is Kind.TEXT_BLOCK}
    schedule = next((rule.section for rule in rules if rule.kind is RuleKind.WORDING), None)
    for item in layout.artwork:
        if not isinstance(item, Paragraph):
            continue
        if item.name is not None and item.name in sections and needs.get(item.name) is Need.REQUIRED:
            yield PrintedPart(sections[item.name], item.name, _lines(item, fonts))
        elif item.name is None and schedule is not None and not _is_entry(item, layout):
            yield PrintedPart(schedule, normal_text(item.text)[:60], _lines(item, fonts))


def _is_entry(item: Paragraph, layout: Layout) -> bool:
    return any(zone.printed_value == item.text for zone in layout.zones)


def _lines(item: Paragraph, fonts: Fonts) -> tuple[BoxMm, ...]:
    runs = typeset(item, fonts).runs
    return tuple(heading_box(Heading(run.x, run.y, run.text, item.size_pt, item.face), fonts) for run in runs)


def _titles(layout: Layout, fonts: Fonts, rules: tuple[Rule, ...]) -> Iterator[PrintedPart]:
    mine = owned(layout)
    free = [item for item in layout.artwork if isinstance(item, Heading) and item not in mine]
    for rule in rules:
        if rule.kind not in (RuleKind.TITLE, RuleKind.HEADING):
            continue
        wanted = rule.key_words[layout.language]
        for item in free:
            if len(item.text) <= TITLE_LENGTH and wanted.search(normal_text(item.text)):
                yield PrintedPart(rule.section, normal_text(item.text)[:60], (heading_box(item, fonts),))
                break
