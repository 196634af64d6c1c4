"""The verdict on a page that shows a form: what of the required print can be read, and which entries are missing.

It is kept with the page and shown; it changes no reading's decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.conformity import Conformity, Finding, Weight
from pipeline.model import Field, Kind, Layout, PageOutcome
from pipeline.templates.catalogue import face_key
from pipeline.templates.conditions import Condition, Truth, is_empty, must_be_filled, truth
from pipeline.templates.conformity import translations
from pipeline.templates.legible import Seen, Trouble
from pipeline.templates.requirements import EntryException, Requirements

_ENTRY_CODES = frozenset({"conformity_entry_empty", "conformity_entry_unjudged"})
_CODES = {
    Trouble.CUT_OFF: "conformity_print_cut_off",
    Trouble.COVERED: "conformity_print_covered",
    Trouble.FADED: "conformity_print_faded",
    Trouble.MISSING: "conformity_print_missing",
}


def page_conformity(
    layout: Layout, fields: Iterable[Field], seen: Sequence[Seen], requirements: Requirements, *, placed: bool = True
) -> Conformity:
    """What a page lacks that the Regulation asks of its face.

    Args:
        fields: as judged.
        seen: the required print as it stands on the page.
        placed: false for a page that fits its layout badly; what is printed on it is then not judged.
    """
    named = {field.name: field for field in fields}
    entries = tuple(_entries(layout, named, requirements))
    judged = [truth_of for _, truth_of in entries if truth_of is not Truth.FAILS]
    printed = tuple(_print(seen)) if placed else (Finding("conformity_page_unjudged", "", weight=Weight.UNKNOWN),)
    empty = tuple(_empty(named, entries, requirements, layout))
    checked = (("printed", len(seen) if placed else 0), ("entries", len(judged)))
    return Conformity((*printed, *empty), translations(layout), checked)


def sheet_conformity(pages: tuple[PageOutcome, ...], requirements: Requirements) -> tuple[PageOutcome, ...]:
    """The sides of a sheet, without the missing entries for which an entry of the other side stands."""
    named = {field.name: field for page in reversed(pages) for field in page.fields}
    return tuple(_with_other_side(page, named, requirements) for page in pages)


def _with_other_side(page: PageOutcome, named: Mapping[str, Field], requirements: Requirements) -> PageOutcome:
    verdict = page.conformity
    if verdict is None or page.layout is None or not verdict.findings:
        return page
    face = page.layout.rsplit(".", 1)[0]
    stood_for = {
        name
        for each in requirements.exceptions
        if face in each.faces and each.instead is not None and _entered(named.get(each.instead))
        for name in each.names
    }
    left = tuple(its for its in verdict.findings if its.code not in _ENTRY_CODES or its.place not in stood_for)
    return page if left == verdict.findings else replace(page, conformity=replace(verdict, findings=left))


def _print(seen: Iterable[Seen]) -> Iterator[Finding]:
    for its in seen:
        if its.trouble is not None:
            params = (("fields", its.part.place), ("share", f"{its.share:.2f}"))
            yield Finding(_CODES[its.trouble], its.part.section, its.part.place, params)


def _empty(
    named: Mapping[str, Field],
    entries: Iterable[tuple[str, Truth]],
    requirements: Requirements,
    layout: Layout,
) -> Iterator[Finding]:
    sections = requirements.sections.get(_face(layout), {})
    for name, required in entries:
        if required is Truth.FAILS or not is_empty(named[name]):
            continue
        section, params = sections.get(name, ""), (("fields", name),)
        if required is Truth.HOLDS:
            yield Finding("conformity_entry_empty", section, name, params)
        else:
            yield Finding("conformity_entry_unjudged", section, name, params, Weight.UNKNOWN)


def _entries(layout: Layout, named: Mapping[str, Field], requirements: Requirements) -> Iterator[tuple[str, Truth]]:
    """Each entry of the page, and whether it must be filled."""
    face = _face(layout)
    exceptions = [each for each in requirements.exceptions if face in each.faces]
    for zone in layout.zones:
        if zone.kind is Kind.TEXT_BLOCK or zone.name not in named:
            continue
        required = must_be_filled(zone.filled, named, requirements.conditions)
        for exception in exceptions:
            if not exception.names or zone.name in exception.names:
                required = _excepted(required, exception, named)
        yield zone.name, required


def _excepted(required: Truth, exception: EntryException, named: Mapping[str, Field]) -> Truth:
    if required is Truth.FAILS:
        return required
    if exception.only_if is not None:
        made = truth(Condition((exception.only_if,)), named)
        required = required if made is Truth.HOLDS else made
    if exception.instead is not None and _entered(named.get(exception.instead)):
        return Truth.FAILS
    return required


def _entered(field: Field | None) -> bool:
    """Something is entered, or may be."""
    return field is not None and not is_empty(field)


def _face(layout: Layout) -> str:
    return face_key(layout.schedule, layout.document, layout.side)
