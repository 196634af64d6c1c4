"""What only a general statement with a greater sentence says (Schedule I), and what is written on its foot."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from pipeline.model import Document, Layout, Schedule
from samples.case import Case, person, pick

Fact: TypeAlias = str | tuple[str, ...] | dt.date | dt.time | int | bool | None
"""What is true of a space before it is written: texts from long to short, a date, cents or a number, a mark's name."""

_REASONS_FR = (
    ("Récidive : même infraction dans les deux dernières années", "Récidive"),
    ("Gravité de l'infraction et profits que le défendeur en a tirés", "Gravité de l'infraction"),
)
_REASONS_EN = (
    ("Second offence: same offence within the last two years", "Second offence"),
    ("Seriousness of the offence and profits that the defendant made from it", "Seriousness of the offence"),
)
_NOTICES_FR = (
    ("Le défendeur doit remettre son permis au poursuivant s'il est déclaré coupable", "Remise du permis"),
    ("Les objets saisis peuvent être confisqués sur demande du poursuivant", "Confiscation possible"),
)
_NOTICES_EN = (
    ("The defendant must hand over the permit to the prosecutor if convicted", "Permit to be handed over"),
    ("Things seized may be confiscated at the prosecutor's request", "Confiscation possible"),
)
_FOOT = ("plea", "defendant_signature", "signature_date", "signatory_quality", "new_address")


def general_facts(case: Case, layout: Layout, rng: np.random.Generator) -> Mapping[str, Fact]:
    """What differs from the other schedules; nothing, and no draw, for these."""
    if case.schedule is not Schedule.I:
        return {}
    greater = asks_for_more(case)
    facts: dict[str, Fact] = {
        "offence_description": _described(case),
        "minimum_sentence": case.fine_cents * 3 // 500 * 100 if greater else case.fine_cents,
        "greater_sentence_reasons": pick(rng, _REASONS_FR if case.french else _REASONS_EN) if greater else None,
        "offence_notice": pick(rng, _NOTICES_FR if case.french else _NOTICES_EN) if rng.random() < 0.25 else None,
        "issuer_quality": "criminal_and_penal_prosecutor" if rng.random() < 0.5 else "person_authorized_by_prosecutor",
        "server_quality": pick(rng, ("bailiff", "peace_officer")) if case.server else None,
        "new_address": "\n".join(person(rng).address) if rng.random() < 0.3 else None,
    }
    if case.guilty and greater and rng.random() < 0.5:
        facts["plea"] = "guilty_contests_greater_sentence"
    if layout.document is Document.STATEMENT:
        facts |= _foot_of_the_sheet(case, rng)
    return facts


def asks_for_more(case: Case) -> bool:
    """Whether the prosecutor requests more than the minimum sentence; the same on every document of the case."""
    return int(case.number[-1]) % 2 == 0


def _described(case: Case) -> tuple[str, ...]:
    """Date, time, place, deed and law in one text; this schedule has no spaces of their own for them."""
    day, hour = f"{case.offence_date:%Y-%m-%d}", f"{case.offence_time:%H:%M}"
    offence = case.offence
    if case.french:
        laws, deeds = offence.reference_fr, offence.description_fr
        whole = f"Le {day} à {hour}, {case.place}\n{deeds[0]},\nen contravention de la {laws[0]}"
    else:
        laws, deeds = offence.reference_en, offence.description_en
        whole = f"On {day} at {hour}, {case.place}\n{deeds[0]},\ncontrary to the {laws[0]}"
    return whole, f"{day} {hour} {case.place}. {deeds[0]}, {laws[1]}", f"{day} {deeds[1]}"


def _foot_of_the_sheet(case: Case, rng: np.random.Generator) -> dict[str, Fact]:
    """A whole sheet comes with its plea, without one, or with the report of service that takes the plea's place."""
    state = rng.random()
    if state < 0.4:
        return {}
    facts: dict[str, Fact] = dict.fromkeys(_FOOT)
    facts["defendant_signature"] = False
    if state < 0.7:
        day = f"{case.service_date:%Y-%m-%d}"
        long = f"Signifié le {day} à son domicile" if case.french else f"Served on {day} at the defendant's home"
        facts["service_report"] = (long, f"Signifié {day}" if case.french else f"Served {day}")
        facts["service_report_statement_number"] = case.number
    return facts
