"""An electronic statement against the forms and issuers that are known: what it says must stand on its form."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from pipeline.model import (
    PRESENCE_KINDS,
    UNREAD_KINDS,
    Document,
    FieldValue,
    Kind,
    Language,
    Layout,
    LayoutId,
    Schedule,
    Side,
    Zone,
)
from pipeline.ocr.cards.masks import redacted
from pipeline.ocr.cards.numbers import OwnNumbers
from pipeline.ocr.grammar.characters import tidy
from pipeline.ocr.issuers.issuer import Issuer
from pipeline.statements.electronic import (
    ANSWERS,
    MOST_PROBLEMS,
    OWN_NAMES,
    USUAL_EDITION,
    ElectronicRefused,
    ElectronicStatement,
    Faults,
    Problem,
    Signature,
    document_of,
    head_of,
    pointer,
)
from pipeline.statements.electronic_values import NEVER_STATED, is_normal, is_number_of
from pipeline.templates.catalogue import Catalogue, Particular, face_key
from pipeline.templates.entries import entry_artwork, entry_text
from pipeline.templates.fonts import Fonts

_NO_CARDS: Final = frozenset({Kind.AMOUNT, Kind.DATE, Kind.TIME, Kind.STATEMENT_NO, Kind.BARCODE})
_SIGNED: Final = {Language.FR: "Signature électronique", Language.EN: "Electronic signature"}
_CODE_DIGITS: Final = 16


@dataclass(frozen=True, slots=True, eq=False)
class KnownForms:
    """What electronic statements are judged and shown by."""

    layouts: Mapping[LayoutId, Layout]
    issuers: Mapping[str, Issuer]
    catalogue: Catalogue
    fonts: Fonts = field(repr=False)


def read_statement(data: bytes, known: KnownForms) -> ElectronicStatement:
    """The statement that a text is.

    Raises:
        ElectronicRefused: with every problem that can be seen at once.
    """
    faults = Faults()
    found = document_of(data, faults)
    its = None if found is None else head_of(found, faults)
    if its is not None:
        _check(its, known, faults)
    if its is None or faults.found:
        raise ElectronicRefused(tuple(faults.found[:MOST_PROBLEMS]))
    return its


def statable(schedule: Schedule, catalogue: Catalogue) -> dict[str, Particular]:
    """Particulars that an electronic statement of a schedule may state, by name, in the Regulation's order."""
    faces = (catalogue.face(face_key(schedule, Document.STATEMENT, side)) for side in Side)
    found: dict[str, Particular] = {}
    for face in faces:
        for name, its in face.items():
            if its.kind not in NEVER_STATED and name not in OWN_NAMES and name not in ANSWERS:
                found.setdefault(name, its)
    return found


def recorded_statement(data: bytes) -> ElectronicStatement:
    """A statement that was registered: forms and issuers may have changed since. Raises ElectronicRefused."""
    faults = Faults()
    found = document_of(data, faults)
    its = None if found is None else head_of(found, faults)
    if its is None:
        raise ElectronicRefused(tuple(faults.found) or (Problem("electronic_not_json"),))
    return its


def layout_of(its: ElectronicStatement, side: Side) -> LayoutId:
    """The form that one side of it is shown on."""
    return LayoutId(f"{face_key(its.schedule, Document.STATEMENT, side)}.{its.language}@{its.edition}")


def form_of(its: ElectronicStatement, side: Side, layouts: Mapping[LayoutId, Layout]) -> Layout | None:
    """The form of one side; of an edition that prints no back, the usual back, whose texts the Regulation asks for."""
    own = layouts.get(layout_of(its, side))
    if own is not None or side is Side.FRONT:
        return own
    return layouts.get(layout_of(replace(its, edition=USUAL_EDITION), side))


def stated(its: ElectronicStatement, zone: Zone) -> FieldValue:
    """What the statement says in a space; null for nothing, `present` for a signature that was affixed."""
    said: dict[str, FieldValue] = dict(its.particulars)
    said |= dict.fromkeys(OWN_NAMES[:2], its.number)
    said |= {"statement_designation": its.designation, "form_designation": its.form_designation}
    if zone.kind in PRESENCE_KINDS:
        signed = any(each.particular == zone.name for each in its.signatures)
        return "present" if signed and zone.kind is Kind.SIGNATURE else "absent"
    if zone.kind is Kind.MARK:
        return said.get(zone.name, False)
    return said.get(zone.name)


def shown_text(its: ElectronicStatement, zone: Zone) -> str:
    """What is written in a space; of a signature, who signed and the code by which it is validated."""
    if zone.kind is Kind.SIGNATURE:
        return next((_signed(each, its.language) for each in its.signatures if each.particular == zone.name), "")
    return entry_text(zone, stated(its, zone), its.language)


def validation_code(signature: Signature) -> str:
    """Of the proof as it came: 16 hexadecimal digits by fours."""
    digits = hashlib.sha256(signature.proof.encode()).hexdigest()[:_CODE_DIGITS].upper()
    return "-".join(digits[at : at + 4] for at in range(0, _CODE_DIGITS, 4))


def _signed(signature: Signature, language: Language) -> str:
    return f"{_SIGNED[language]} {validation_code(signature)}"


def _check(its: ElectronicStatement, known: KnownForms, faults: Faults) -> None:
    issuer = known.issuers.get(its.issuer)
    if issuer is None:
        faults.add("electronic_issuer_unknown", "/issuer", issuer=its.issuer)
    elif not is_number_of(its.number, issuer):
        faults.add("electronic_number", "/number", issuer=its.issuer)
    front = form_of(its, Side.FRONT, known.layouts)
    if front is None or front.issuer not in (None, its.issuer):
        faults.add("electronic_form_unknown", "/edition", layout=layout_of(its, Side.FRONT))
    if issuer is None or front is None:
        return
    back = form_of(its, Side.BACK, known.layouts)
    zones = [zone for layout in (front, back) if layout is not None for zone in layout.zones]
    named: dict[str, list[Zone]] = {}
    for zone in zones:
        named.setdefault(zone.name, []).append(zone)
    for name, value in its.particulars:
        faults.found.extend(_entry_problems(name, value, named.get(name, []), its, issuer, known))
    for name, said in (("designation", its.designation), ("form_designation", its.form_designation)):
        of_form = "statement_designation" if name == "designation" else name
        if said is not None:
            faults.found.extend(_value_problems(pointer(name), said, named.get(of_form, []), its, issuer, known.fonts))
    for index, signature in enumerate(its.signatures):
        faults.found.extend(_signature_problems(index, signature, named, its, known.fonts))


def _entry_problems(
    name: str, value: FieldValue, zones: list[Zone], its: ElectronicStatement, issuer: Issuer, known: KnownForms
) -> Iterator[Problem]:
    place = pointer("particulars", name)
    if name in OWN_NAMES:
        yield Problem("electronic_own_name", place)
    elif name in ANSWERS:
        yield Problem("electronic_answer", place)
    elif not zones or all(zone.kind in NEVER_STATED for zone in zones):
        unknown = Problem("electronic_unknown_name", place)
        prescribed = name in statable(its.schedule, known.catalogue)
        yield Problem("electronic_no_space", place) if prescribed else unknown
    else:
        yield from _value_problems(place, value, zones, its, issuer, known.fonts)


def _value_problems(
    place: str, value: FieldValue, zones: list[Zone], its: ElectronicStatement, issuer: Issuer, fonts: Fonts
) -> Iterator[Problem]:
    if not zones:
        yield Problem("electronic_no_space", place)
    entered = [zone for zone in zones if zone.printed_value is None and zone.kind not in UNREAD_KINDS]
    if zones and not entered and tidy(zones[0].printed_value or "") != value:
        yield Problem("electronic_printed", place)
    for zone in entered:
        fault = _fault(zone, value, issuer)
        if fault is not None:
            yield Problem(fault, place, (("kind", zone.kind.value),))
            return
        text = entry_text(zone, value, its.language)
        if text and entry_artwork(zone, text, fonts) is None:
            yield Problem("electronic_does_not_fit", place)
            return


def _fault(zone: Zone, value: FieldValue, issuer: Issuer) -> str | None:
    if isinstance(value, bool) or zone.kind is Kind.MARK:
        return None if isinstance(value, bool) and zone.kind is Kind.MARK else "electronic_type"
    if not isinstance(value, str):
        return "electronic_type"
    if zone.kind is Kind.CHOICE:
        return None if _is_choice(zone, value) else "electronic_choice"
    if not is_normal(zone.kind, value, issuer):
        return "electronic_value"
    # Card data is kept in no data; a number of the issuer's own is none.
    bears_card = redacted(value, own=OwnNumbers((issuer,))) != value
    return "electronic_card_number" if bears_card and zone.kind not in _NO_CARDS else None


def _is_choice(zone: Zone, value: str) -> bool:
    """One mark of the form; where several may be made, their names in its order with commas between."""
    marked, order = value.split(","), [mark.name for mark in zone.marks]
    if len(marked) > 1 and zone.exclusive:
        return False
    return marked == [name for name in order if name in marked]


def _signature_problems(
    index: int, signature: Signature, named: Mapping[str, list[Zone]], its: ElectronicStatement, fonts: Fonts
) -> Iterator[Problem]:
    place = pointer("signatures", str(index), "particular")
    spaces = [zone for zone in named.get(signature.particular, []) if zone.kind is Kind.SIGNATURE]
    if not spaces or signature.particular in ANSWERS:
        yield Problem("electronic_signature_place", place)
    elif any(entry_artwork(zone, shown_text(its, zone), fonts) is None for zone in spaces):
        yield Problem("electronic_does_not_fit", place)
