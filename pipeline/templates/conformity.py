"""Conformity of a layout with the Regulation: size, type, spaces, texts, warnings; rules of `requirements.yaml`.

Sections are the Regulation's. How each was understood, and what cannot be seen on a form: `docs/conformity.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from pipeline.conformity import Conformity, Finding, Weight
from pipeline.model import Document, Frame, Heading, Kind, Layout, Need, Paragraph, Zone
from pipeline.templates.catalogue import Catalogue, Particular, face_key
from pipeline.templates.fonts import Fonts
from pipeline.templates.printed_words import beside, lettered, owned
from pipeline.templates.problem import Problem
from pipeline.templates.requirements import Requirements
from pipeline.templates.rules_of_form import broken_rules, normal_text

LEAST_TYPE_PT = 6.0
WARNING_TYPE_PT = 9.0
TYPE_SECTION = "15, 3rd par."
SIZE_TOLERANCE_MM = 0.01
FRAME_SLACK_MM = 3.0
"""A warning whose box is drawn as a frame of its own stands in it with this much room at most."""
VALIDATION_CODE = "_validation_code"
_ABOUT_PARTICULARS: Final = frozenset(
    {
        "layout_left_out_required",
        "layout_marks_differ",
        "layout_particular_missing",
        "layout_text_block_in_zones",
        "layout_warning_plain",
    }
)
"""Problems of a file that concern a particular; the section is the one that prescribes it."""
_SAID_AS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "layout_particular_missing": frozenset({"conformity_space_missing", "conformity_text_missing"}),
        "layout_size": frozenset({"conformity_size"}),
        "layout_type_small": frozenset({"conformity_type_small"}),
        "layout_warning_plain": frozenset({"conformity_warning_plain"}),
    }
)
"""Problems of a file that the verdict on its layout names as well."""


def check_layout(
    layout: Layout,
    *,
    catalogue: Catalogue,
    requirements: Requirements,
    fonts: Fonts,
    edition: Iterable[Layout] = (),
) -> Conformity:
    """The verdict on one layout.

    Args:
        edition: the other faces of the same edition and language, for what may stand on another face.
    """
    key = face_key(layout.schedule, layout.document, layout.side)
    face = catalogue.face(key)
    rules = requirements.rules.get(key, ())
    others = tuple(other for other in edition if _companions(layout, other))
    findings = (
        *_size(layout, requirements),
        *_type_sizes(layout),
        *_spaces(layout, face, fonts),
        *_texts(layout, face),
        *broken_rules(layout, rules, requirements.wording.get(key, ()), edition=others),
    )
    checked = (
        ("spaces", sum(each.kind is not Kind.TEXT_BLOCK for each in face.values())),
        ("texts", sum(each.kind is Kind.TEXT_BLOCK for each in face.values())),
        ("rules", len(rules)),
    )
    return Conformity(findings, translations(layout), checked)


def translations(layout: Layout) -> tuple[str, ...]:
    """Texts whose wording is a translation: their names, or their first words where they have none."""
    texts = (item for item in layout.artwork if isinstance(item, Paragraph) and item.translation)
    return tuple(item.name or normal_text(item.text)[:60] for item in texts)


def _companions(layout: Layout, other: Layout) -> bool:
    mine, its = ((one.schedule, one.language, one.edition) for one in (layout, other))
    return mine == its and other.id != layout.id


def _size(layout: Layout, requirements: Requirements) -> Iterator[Finding]:
    """s. 15, 1st par., and s. 21 for the defendant's hard copy; no size is prescribed for a return document."""
    limits = requirements.sizes.get((layout.schedule, layout.document))
    if limits is None:
        return
    width_mm, height_mm = layout.size_mm
    for found, (least, most) in ((width_mm, limits.width_mm), (height_mm, limits.height_mm)):
        if not least - SIZE_TOLERANCE_MM <= found <= most + SIZE_TOLERANCE_MM:
            size = f"{width_mm:g} x {height_mm:g}"
            yield Finding("conformity_size", limits.section, params=(("size_mm", size),))
            return


def _type_sizes(layout: Layout) -> Iterator[Finding]:
    """s. 15, 3rd par., and s. 22, 2nd par. for hard copies."""
    for item in layout.artwork:
        if isinstance(item, Heading | Paragraph) and item.size_pt < LEAST_TYPE_PT:
            text = normal_text(item.text)[:60]
            params = (("text", text), ("found_pt", f"{item.size_pt:g}"), ("least_pt", f"{LEAST_TYPE_PT:g}"))
            yield Finding("conformity_type_small", TYPE_SECTION, text, params)


def _spaces(layout: Layout, face: Mapping[str, Particular], fonts: Fonts) -> Iterator[Finding]:
    zones = {zone.name: zone for zone in layout.zones}
    named = owned(layout)
    reasons = dict(layout.left_out)
    for particular in face.values():
        if particular.kind is Kind.TEXT_BLOCK:
            continue
        about = (("fields", particular.name),)
        zone = zones.get(particular.name) or zones.get(particular.name + VALIDATION_CODE)
        if zone is None and particular.need is Need.REQUIRED:
            yield Finding("conformity_space_missing", particular.ref, particular.name, about)
        elif zone is None and particular.need is Need.IF_APPLICABLE:
            reason = reasons.get(particular.name, "")
            code = "conformity_space_left_out" if reason else "conformity_space_conditional"
            params = (*about, ("reason", reason)) if reason else about
            yield Finding(code, particular.ref, particular.name, params, Weight.NOTE)
        elif zone is not None and not _has_heading(zone, layout, named, fonts):
            weight = Weight.NOTE if particular.need is Need.OPTIONAL else Weight.FAULT
            yield Finding("conformity_space_unnamed", particular.ref, particular.name, about, weight)


def _has_heading(zone: Zone, layout: Layout, named: frozenset[Heading], fonts: Fonts) -> bool:
    """Whether words are printed beside the space; a bar code is for machines and needs none."""
    if zone.kind is Kind.BARCODE or any(lettered(word.text) for word in zone.words):
        return True
    return beside(zone, layout, named, fonts)


def _texts(layout: Layout, face: Mapping[str, Particular]) -> Iterator[Finding]:
    texts = {item.name: item for item in layout.artwork if isinstance(item, Paragraph) and item.name}
    frames = [item for item in layout.artwork if isinstance(item, Frame) and item.width_mm > 0]
    for particular in face.values():
        if particular.kind is not Kind.TEXT_BLOCK:
            continue
        about = (("fields", particular.name),)
        text = texts.get(particular.name)
        if text is None or not lettered(text.text):
            if particular.need is Need.REQUIRED:
                yield Finding("conformity_text_missing", particular.ref, particular.name, about)
        elif particular.prominent and not (capitals(text) and (text.boxed or _framed(text, frames))):
            params = (*about, ("least_pt", f"{WARNING_TYPE_PT:g}"))
            yield Finding("conformity_warning_plain", particular.ref, particular.name, params)


def capitals(text: Paragraph) -> bool:
    """In bold capitals of 9 point or more (ss. 34(8.1), 35(6), 38(6.1))."""
    return "bold" in text.face and text.text == text.text.upper() and text.size_pt >= WARNING_TYPE_PT


def _framed(text: Paragraph, frames: Iterable[Frame]) -> bool:
    inner, outer = text.box_mm, text.box_mm.grown(FRAME_SLACK_MM)
    area = inner.width * inner.height
    for frame in frames:
        its = frame.box_mm
        around = its.overlap_mm2(inner) >= 0.99 * area
        if around and its.overlap_mm2(outer) >= 0.99 * its.width * its.height:
            return True
    return False


def with_problems(
    verdict: Conformity, problems: Iterable[Problem], layout_id: str, *, catalogue: Catalogue
) -> Conformity:
    """A verdict with the problems of the file, each once; those that the Regulation speaks of with its section.

    Args:
        verdict: on the layout as far as it could be put together; an empty one where it could not.
    """
    face = catalogue.face(".".join(layout_id.split(".")[:3]))
    said = {its.code for its in verdict.findings}
    more = tuple(
        _problem(problem, face, layout_id) for problem in problems if not _SAID_AS.get(problem.code, frozenset()) & said
    )
    return replace(verdict, findings=(*more, *verdict.findings))


def _problem(problem: Problem, face: Mapping[str, Particular], layout_id: str) -> Finding:
    facts = dict(problem.params)
    name = str(facts.get("name", ""))
    section = ""
    if problem.code in _ABOUT_PARTICULARS:
        section = str(facts.get("ref", "")) or (face[name].ref if name in face else "")
    elif problem.code == "layout_type_small":
        section = TYPE_SECTION
    elif problem.code == "layout_size" and f".{Document.STATEMENT}." in layout_id:
        section = "15, 1st par."
    params = tuple((key, str(value)) for key, value in problem.params)
    return Finding(problem.code, section, name or problem.location, params)
