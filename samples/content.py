"""What stands in each space of a form: from a case's facts to written texts and normalised truth values."""

from __future__ import annotations

import datetime as dt
import unicodedata
from dataclasses import dataclass

import numpy as np

from pipeline.model import MARK_KINDS, PRESENCE_KINDS, FieldValue, Kind, Layout, Need, Schedule, Side, Zone
from samples.case import Case, pick
from samples.general import Fact, general_facts
from samples.vocabulary import REQUESTS_EN, REQUESTS_FR, SIGNATORY_EN, SIGNATORY_FR

DEFENDANT_NAMES = frozenset(
    {
        "plea",
        "plea_guilty",
        "plea_not_guilty",
        "defendant_signature",
        "signature_date",
        "signatory_quality",
        "amount_paid",
        "new_address",
    }
)
"""Spaces that the defendant fills on a return document; the issuer's machine fills the rest."""
UPPERCASE_KINDS = frozenset({Kind.PLATE, Kind.STATEMENT_NO, Kind.RECORD_NO, Kind.CODE})


@dataclass(frozen=True, slots=True)
class Draft:
    """One space's entry before it is written.

    Attributes:
        texts: the written forms to choose from, longest first; empty for marks, signatures and empty spaces.
        value: the truth; for texts of the text kinds it follows from the text written (see `text_value`).
    """

    zone: Zone
    texts: tuple[str, ...]
    value: FieldValue


def empty_value(zone: Zone) -> FieldValue:
    """The truth of a space nobody wrote in."""
    if zone.kind is Kind.MARK:
        return False
    return "absent" if zone.kind in PRESENCE_KINDS else None


def text_value(zone: Zone, text: str) -> str:
    """The normalised value of a written text of a text kind; lines are joined by one space."""
    joined = " ".join(unicodedata.normalize("NFC", text).split())
    return joined.replace(" ", "").upper() if zone.kind in UPPERCASE_KINDS else joined


@dataclass(frozen=True, slots=True)
class Manner:
    """How one filler writes figures: `date` is a strftime format, `time` another, `comma` the decimal sign."""

    date: str
    time: str
    comma: bool


def draw_manner(rng: np.random.Generator, *, french: bool) -> Manner:
    """Mostly 2026-03-14, 14:30 and, in French, 162,00."""
    date = "%Y/%m/%d" if rng.random() < 0.12 else "%d/%m/%Y" if french and rng.random() < 0.06 else "%Y-%m-%d"
    return Manner(date, "%H h %M" if french and rng.random() < 0.4 else "%H:%M", french and bool(rng.random() < 0.7))


def drafts(case: Case, layout: Layout, rng: np.random.Generator) -> tuple[Draft, ...]:
    """An entry for every space of the layout that is a field, in its order; barcodes are left to the caller."""
    facts = _facts(case, layout, rng)
    manners = {theirs: draw_manner(rng, french=case.french) for theirs in (False, True)}
    zones = (zone for zone in layout.zones if zone.kind not in (Kind.TEXT_BLOCK, Kind.BARCODE))
    return tuple(_draft(zone, facts.get(zone.name), manners[zone.name in DEFENDANT_NAMES]) for zone in zones)


def _draft(zone: Zone, fact: Fact, manner: Manner) -> Draft:
    if zone.printed_value is not None:
        return Draft(zone, (), text_value(zone, zone.printed_value))
    if fact is None or fact is False or fact == ():
        return Draft(zone, (), empty_value(zone))
    if zone.kind in MARK_KINDS:
        return Draft(zone, (), True if zone.kind is Kind.MARK else str(fact))
    if zone.kind in PRESENCE_KINDS:
        return Draft(zone, (), "present")
    if isinstance(fact, dt.date):
        # Day before month only where it cannot be read as month before day.
        form = "%Y-%m-%d" if manner.date.startswith("%d") and fact.day <= 12 else manner.date
        return Draft(zone, (_celled(zone, fact.strftime(form), fact.strftime("%Y%m%d")),), fact.isoformat())
    if isinstance(fact, dt.time):
        return Draft(zone, (_celled(zone, fact.strftime(manner.time), fact.strftime("%H%M")),), f"{fact:%H:%M}")
    if isinstance(fact, int):
        return _number_draft(zone, int(fact), manner)
    if zone.kind is Kind.JURISDICTION:
        code, *forms = (fact,) if isinstance(fact, str) else fact
        return Draft(zone, tuple(forms), code)
    texts = (fact,) if isinstance(fact, str) else fact
    return Draft(zone, _comb_forms(zone, tuple(_comb_form(zone, form) for form in texts)), None)


def _celled(zone: Zone, free: str, digits: str) -> str:
    """The form for cells: digits alone unless there are cells for the separators too."""
    if not zone.comb:
        return free
    return digits if len(zone.comb) < len(digits) + 1 else free.replace(" h ", ":")


def _comb_forms(zone: Zone, forms: tuple[str, ...]) -> tuple[str, ...]:
    """Those that fit the cells; where none does, as much of the last as there are cells for."""
    cells = len(zone.comb)
    if not cells or not forms:
        return forms
    return tuple(form for form in forms if len(form) <= cells) or (forms[-1][:cells].rstrip(),)


def _comb_form(zone: Zone, text: str) -> str:
    """Codes stand in their cells without spaces; of words, a space is a cell left empty."""
    return text.replace(" ", "") if zone.comb and zone.kind in UPPERCASE_KINDS else text


def _number_draft(zone: Zone, number: int, manner: Manner) -> Draft:
    if zone.kind is not Kind.AMOUNT:
        return Draft(zone, (str(number),), str(number))
    value = f"{number // 100}.{number % 100:02d}"
    if zone.comb:
        return Draft(zone, (str(number).rjust(len(zone.comb)),), value)
    return Draft(zone, (value.replace(".", ",") if manner.comma else value,), value)


def _facts(case: Case, layout: Layout, rng: np.random.Generator) -> dict[str, Fact]:
    """Every particular's fact; optional spaces are left empty now and then."""
    facts = (
        _head(case, rng)
        | _people(case, rng)
        | _vehicle(case, rng)
        | _offence(case, rng)
        | _money(case, rng)
        | _service(case, rng)
        | _answer(case, layout, rng)
    )
    facts |= general_facts(case, layout, rng)
    for zone in layout.zones:
        droppable = zone.need is Need.OPTIONAL and zone.kind not in PRESENCE_KINDS
        if droppable and rng.random() < 0.3:
            facts[zone.name] = None
    return facts


def _head(case: Case, rng: np.random.Generator) -> dict[str, Fact]:
    several = rng.random() < 0.2
    town = case.issuer.name_fr if case.french else case.issuer.name_en
    year = f"{case.offence_date:%y}"
    place = f"{rng.integers(100, 999)}-{rng.integers(10, 99)}"
    court = f"{place}-{rng.integers(100000, 999999)}-{year}{rng.integers(1, 9)}"
    file_number = f"DP{case.offence_date:%y}{rng.integers(10000, 99999)}"
    facts: dict[str, Fact] = {
        "statement_number": case.number,
        "detachable_statement_number": case.number,
        "service_report_statement_number": None,
        "judicial_district": case.district,
        "court_record_number": court if rng.random() < 0.4 else None,
        "prosecutor_name": town,
        "prosecutor_address": (", ".join(case.issuer.address), case.issuer.address[1]),
        "prosecutor_file_number": file_number,
        "statement_designation": f"{case.offence_date:%y}{rng.integers(1000, 9999)}" if several else None,
        "form_designation": f"{'C' if rng.random() < 0.5 else 'D'}{rng.integers(1, 5)}" if several else None,
        "information_contact": "555-0142",
    }
    if case.designations is not None:
        facts["statement_designation"], facts["form_designation"] = case.designations
    return facts


def _person_forms(listed: str, full: str, rng: np.random.Generator) -> tuple[str, ...]:
    return (listed, full) if rng.random() < 0.6 else (full, listed)


def _people(case: Case, rng: np.random.Generator) -> dict[str, Fact]:
    owner = _on_a_road(case) and case.defendant.company is None and not case.offence.points and rng.random() < 0.35
    defendant, driver, server = case.defendant, case.driver, case.server
    jurisdiction = ("CA-QC", "Québec", "QC") if rng.random() < 0.5 else ("CA-QC", "QC")
    natural = defendant.company is None
    facts: dict[str, Fact] = {
        "owner_is_defendant": owner,
        "defendant_name": None if owner else _person_forms(defendant.listed, defendant.full, rng),
        "defendant_address": None if owner else _address_forms(defendant.address),
        "defendant_residence_place": defendant.address[1].split(" (")[0],
        "defendant_residence": "non_resident" if case.vehicle.jurisdiction != "CA-QC" else None,
        "defendant_kind": None if owner else "natural_person" if natural else "legal_person",
        "defendant_sex": None if owner or not natural else "female" if defendant.female else "male",
        "defendant_birthdate": None if owner or not natural else defendant.birthdate,
        "defendant_id_document": None if owner or not natural else defendant.licence,
        "defendant_id_jurisdiction": None if owner or not natural else jurisdiction,
        "certificate_holder_name": None,
        "certificate_holder_address": None,
        "driver_name": None,
        "attestor_name": _person_forms(case.attestor.full, case.attestor.surname, rng),
        "attestor_quality": (case.attestor_quality, "Agent"),
        "attestor_badge": case.badge,
        "issuer_name": case.attestor.full,
        "server_name": server.full if server else None,
        "server_quality": None if server is None else ("Huissier" if case.french else "Bailiff"),
    }
    if driver:
        facts |= {
            "driver_name": _person_forms(driver.listed, driver.full, rng),
            "driver_birthdate": driver.birthdate,
            "driver_id_document": driver.licence,
            "driver_id_jurisdiction": jurisdiction,
            "operator_name": (defendant.company or driver.full) if case.vehicle.heavy else None,
            "driver_is_operator": case.vehicle.heavy and defendant.company is None,
        }
    if case.vehicle.temporary and rng.random() < 0.5:
        facts["certificate_holder_name"] = defendant.full
        facts["certificate_holder_address"] = _address_forms(defendant.address)
    return facts


def _on_a_road(case: Case) -> bool:
    """The offence concerns a vehicle (Schedules III and IV)."""
    return case.schedule in (Schedule.III, Schedule.IV)


def _address_forms(address: tuple[str, str]) -> tuple[str, ...]:
    return ("\n".join(address), ", ".join(address), address[0])


def _vehicle(case: Case, rng: np.random.Generator) -> dict[str, Fact]:
    vehicle = case.vehicle
    heavy_mass = int(rng.integers(30, 160)) * 100 if vehicle.heavy else None
    return {
        "plate": (vehicle.plate if rng.random() < 0.6 else vehicle.plate.replace(" ", "")),
        "temporary_registration_number": vehicle.temporary,
        "plate_jurisdiction": (vehicle.jurisdiction, *vehicle.jurisdiction_forms),
        "travel_right_expiry": case.offence_date + dt.timedelta(days=int(rng.integers(5, 360))),
        "plate_expiry_year": case.offence_date.year + int(rng.integers(0, 2)),
        "vehicle_make": vehicle.make,
        "vehicle_model": vehicle.model,
        "vehicle_year": vehicle.year,
        "vehicle_axles": int(rng.integers(3, 9)) if vehicle.heavy else None,
        "vehicle_net_mass_kg": heavy_mass,
        "towed_to": pick(rng, ("Fourrière municipale", "Fourrière Nord")) if rng.random() < 0.12 else None,
    }


def _offence(case: Case, rng: np.random.Generator) -> dict[str, Fact]:
    offence, speed, mass = case.offence, case.offence.measure == "speed", case.offence.measure == "mass"
    size = offence.measure == "size"
    parked = offence.points is None and not case.vehicle.heavy
    positions = ("in_front_of", "opposite", "beside", "near", "between")
    return {
        "legal_reference": offence.reference_fr if case.french else offence.reference_en,
        "offence_description": offence.description_fr if case.french else offence.description_en,
        "offence_date": case.offence_date,
        "offence_time": case.offence_time,
        "recorded_speed_kmh": case.recorded if speed else None,
        "speed_zone_kmh": case.allowed if speed else None,
        "recorded_mass_kg": case.recorded if mass else None,
        "authorized_mass_kg": case.allowed if mass else None,
        "recorded_size": f"{case.recorded / 100:.2f} m" if size else None,
        "authorized_size": f"{case.allowed / 100:.2f} m" if size else None,
        "interception_means": pick(rng, ("radar", "laser", "paced", "photo_radar", "other")) if speed else None,
        "thaw_period": mass and rng.random() < 0.3,
        "demerit_points": offence.points,
        "offence_place": case.place,
        "place_code": str(rng.integers(1000, 9999)),
        "vehicle_position": pick(rng, positions) if parked or rng.random() < 0.3 else None,
        "parking_sign": f"P-{rng.integers(100, 260)}" if parked and rng.random() < 0.4 else None,
        "parking_meter_number": f"{pick(rng, ('CB', 'N', 'RA'))}{rng.integers(100, 999)}"
        if rng.random() < 0.4
        else None,
        "heavy_vehicles_act_reference": ("art. 47, L.p.e.c.v.l.", "art. 47") if case.vehicle.heavy else None,
    }


def _money(case: Case, rng: np.random.Generator) -> dict[str, Fact]:
    requests = REQUESTS_FR if case.french else REQUESTS_EN
    return {
        "fine": case.fine_cents,
        "fine_requested": case.fine_cents,
        "minimum_sentence": case.fine_cents,
        "costs": case.costs_cents,
        "contribution": case.contribution_cents or None,
        "total_requested": case.total_cents,
        "other_amounts": None,
        "other_requests": pick(rng, requests) if rng.random() < 0.12 else None,
    }


def _service(case: Case, rng: np.random.Generator) -> dict[str, Fact]:
    parked = _on_a_road(case) and case.offence.points is None and not case.vehicle.heavy
    by_hand = ("in_person", "other") if case.schedule is Schedule.IV else ("bailiff", "peace_officer")
    manners = ("mail",) if case.server is None else by_hand
    by_reference = not case.served_at_once and case.server is None and rng.random() < 0.3
    at_once = "on_vehicle" if case.schedule == "iv" else "other" if parked else "in_person"
    return {
        "service_moment": "at_time_of_offence" if case.served_at_once else "after_offence",
        "service_manner": at_once if case.served_at_once else pick(rng, manners),
        "server_is_attestor": case.served_at_once,
        "service_date": case.service_date,
        "service_time": case.service_time,
        "service_reference": f"RP{rng.integers(100000, 999999)}CA" if by_reference else None,
        "attestor_signature": True,
        "server_signature": case.server is not None,
        "facts_partly_witnessed_by_other": bool(rng.random() < 0.1),
        "attestor_did_not_serve": case.server is not None,
        "warning_2_applies": (case.offence_date - case.defendant.birthdate).days < 18 * 365.25,
        "issue_date": case.offence_date,
        "issuer_quality": "person_authorized_by_prosecutor",
        "issuer_signature": True,
    }


def _answer(case: Case, layout: Layout, rng: np.random.Generator) -> dict[str, Fact]:
    """What the defendant or the cashier writes."""
    titles = SIGNATORY_FR if case.french else SIGNATORY_EN
    # Schedule IV: guilty is signed on the front of the return document, not guilty on its back.
    answered = layout.schedule is not Schedule.IV or case.guilty == (layout.side is Side.FRONT)
    paid = case.paid_cents is not None
    receipt = paid and rng.random() < 0.5
    facts: dict[str, Fact] = {
        "plea": "guilty" if case.guilty else "not_guilty",
        "plea_guilty": case.guilty,
        "plea_not_guilty": not case.guilty,
        "defendant_signature": answered,
        "signature_date": case.signature_date if answered else None,
        "signatory_quality": pick(rng, titles) if case.defendant.company else None,
        "amount_paid": case.paid_cents,
        "cashier_stamp": paid and rng.random() < 0.7,
        "payment_receipt": receipt,
        "transaction_record": f"{case.signature_date:%Y-%m-%d} 14:11 CAISSE 03" if receipt else None,
        "payment_reference": f"PR{rng.integers(1000000, 9999999)}" if paid and rng.random() < 0.5 else None,
        "greater_sentence_reasons": None,
        "offence_notice": None,
        "new_address": "\n".join(case.defendant.address) if rng.random() < 0.3 else None,
    }
    if "plea_not_guilty" in {zone.name for zone in layout.zones} and not case.guilty:
        facts["defendant_name"] = case.defendant.full
        facts["defendant_address"] = _address_forms(case.defendant.address)
    elif "plea_not_guilty" in {zone.name for zone in layout.zones}:
        facts |= dict.fromkeys(("defendant_name", "defendant_address", "vehicle_make", "vehicle_model", "plate"))
    return facts
