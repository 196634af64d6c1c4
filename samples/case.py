"""One invented statement of offence with everything its documents share: people, vehicle, offence, money, dates."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from pipeline.model import Language, Schedule
from samples.vocabulary import (
    COMPANIES,
    DISTRICTS,
    GENERAL,
    GIVEN_FEMALE,
    GIVEN_MALE,
    HIGHWAY,
    JURISDICTIONS,
    PARKING,
    QUALITIES_EN,
    QUALITIES_FR,
    QUALITIES_GENERAL_EN,
    QUALITIES_GENERAL_FR,
    STREETS,
    SURNAMES,
    TOWNS,
    TRUCKS,
    VEHICLES,
    Offence,
)

T = TypeVar("T")

_PLATE_LETTERS = "ABCDEFGHJKLMNPQRSTVWXYZ"
"""I, O and U are avoided on plates: they look like 1, 0 and V."""
_FIRST_DAY = dt.date(2023, 1, 9)
_LAST_OFFENCE_DAY = dt.date(2026, 6, 30)


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issues the statements; its number series are those of the program's issuer file of the same key."""

    key: str
    name_fr: str
    name_en: str
    address: tuple[str, str]


VALMONT = Issuer("valmont", "Ville de Valmont", "City of Valmont", ("100, rue Principale", "Valmont (Québec) J0X 0X0"))


@dataclass(frozen=True, slots=True)
class Person:
    given: str
    surname: str
    female: bool
    birthdate: dt.date
    licence: str
    address: tuple[str, str]
    company: str | None = None

    @property
    def full(self) -> str:
        return self.company or f"{self.given} {self.surname}"

    @property
    def listed(self) -> str:
        return self.company or f"{self.surname}, {self.given}"


@dataclass(frozen=True, slots=True)
class Vehicle:
    plate: str
    jurisdiction: str
    jurisdiction_forms: tuple[str, ...]
    make: str
    model: str
    year: int
    heavy: bool
    temporary: str | None


@dataclass(frozen=True, slots=True)
class Case:
    """Amounts in cents. `served_at_once`: handed over or put on the vehicle at the time of the offence.

    `designations`: of the whole statement and of this form of it; null: some forms have any (see `counts`).
    """

    schedule: Schedule
    language: Language
    issuer: Issuer
    number: str
    district: str
    defendant: Person
    driver: Person | None
    vehicle: Vehicle
    offence: Offence
    offence_date: dt.date
    offence_time: dt.time
    place: str
    service_date: dt.date
    service_time: dt.time
    served_at_once: bool
    signature_date: dt.date
    attestor: Person
    attestor_quality: str
    badge: str
    server: Person | None
    fine_cents: int
    costs_cents: int
    contribution_cents: int
    recorded: int
    allowed: int
    guilty: bool
    paid_cents: int | None
    designations: tuple[str, str] | None = None

    @property
    def total_cents(self) -> int:
        return self.fine_cents + self.costs_cents + self.contribution_cents

    @property
    def french(self) -> bool:
        return self.language is Language.FR


def pick(rng: np.random.Generator, choices: tuple[T, ...]) -> T:
    """One of the choices, all alike."""
    return choices[int(rng.integers(len(choices)))]


def statement_number(rng: np.random.Generator) -> str:
    """A number that Valmont could have given out: ten digits, or its street prefix and nine; both with check digit."""
    if rng.random() < 0.5:
        body = _digits(rng, 9)
        return body + str(luhn(body))
    while True:
        body = _digits(rng, 8)
        check = mod11(body)
        if check is not None:
            return f"704100{body}{check}"


def luhn(body: str) -> int:
    """The digit that makes `body` followed by it pass the Luhn test (ISO/IEC 7812-1, annex B)."""
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body))]
    return -sum(value // 10 + value % 10 for value in doubled) % 10


def mod11(body: str) -> int | None:
    """Weights 2 to 7 from the right; null where the digit would be ten."""
    check = -sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(body))) % 11
    return check if check < 10 else None


def _digits(rng: np.random.Generator, count: int) -> str:
    return "".join(str(digit) for digit in rng.integers(0, 10, count))


def _letters(rng: np.random.Generator, count: int) -> str:
    return "".join(_PLATE_LETTERS[int(index)] for index in rng.integers(0, len(_PLATE_LETTERS), count))


def plate(rng: np.random.Generator, jurisdiction: str) -> str:
    """A plate in one of the formats of its place, groups separated by a space."""
    if jurisdiction == "CA-ON":
        return f"{_letters(rng, 4)} {_digits(rng, 3)}"
    if jurisdiction != "CA-QC":
        return f"{_letters(rng, 3)} {_digits(rng, 4)}"
    form = int(rng.integers(6))
    if form == 0:
        return f"{_digits(rng, 3)} {_letters(rng, 3)}"
    if form == 1:
        return f"{_letters(rng, 3)} {_digits(rng, 3)}"
    if form == 2:
        return f"{_letters(rng, 1)}{_digits(rng, 2)} {_letters(rng, 3)}"
    if form == 3:
        return f"{_digits(rng, 2)}{_letters(rng, 1)} {_letters(rng, 3)}"
    if form == 4:
        return f"{_letters(rng, 3)} {_digits(rng, 2)}{_letters(rng, 1)}"
    return _letters(rng, int(rng.integers(3, 8)))


def _address(rng: np.random.Generator) -> tuple[str, str]:
    town, region = pick(rng, TOWNS)
    flat = f", app. {rng.integers(1, 40)}" if rng.random() < 0.3 else ""
    code = (
        f"{region}{rng.integers(1, 10)}{_letters(rng, 1)} {rng.integers(1, 10)}{_letters(rng, 1)}{rng.integers(1, 10)}"
    )
    # Postal codes never hold D, F, I, O, Q or U.
    code = code.translate(str.maketrans("DFQ", "BEP"))
    return f"{rng.integers(12, 9800)}, {pick(rng, STREETS)}{flat}", f"{town} (Québec) {code}"


def person(rng: np.random.Generator, *, company: bool = False) -> Person:
    """A natural person, or one that stands for a legal person."""
    female = bool(rng.random() < 0.5)
    given, surname = pick(rng, GIVEN_FEMALE if female else GIVEN_MALE), pick(rng, SURNAMES)
    birthdate = dt.date(1944, 1, 1) + dt.timedelta(days=int(rng.integers(0, 61 * 365)))
    # Quebec's licence number: first letter of the surname, date of birth, six more digits.
    licence = f"{surname[0]}{_digits(rng, 4)}-{birthdate:%d%m%y}-{_digits(rng, 2)}"
    return Person(given, surname, female, birthdate, licence, _address(rng), pick(rng, COMPANIES) if company else None)


def _vehicle(rng: np.random.Generator, *, heavy: bool) -> Vehicle:
    jurisdiction, forms = pick(rng, JURISDICTIONS)
    make, model = pick(rng, TRUCKS if heavy else VEHICLES)
    temporary = f"T{_digits(rng, 6)}" if rng.random() < 0.15 else None
    return Vehicle(
        plate(rng, jurisdiction), jurisdiction, forms, make, model, int(rng.integers(2005, 2026)), heavy, temporary
    )


def costs_cents(fine_cents: int) -> int:
    """An invented tariff of costs by fine bracket, in cents."""
    for limit, costs in ((5000, 2475), (10000, 3700), (15000, 5325), (30000, 8300), (60000, 16350)):
        if fine_cents <= limit:
            return costs
    return 25000


def draw_case(rng: np.random.Generator, schedule: Schedule, language: Language) -> Case:
    """A whole statement whose dates are in order and whose sums hold."""
    offence = pick(rng, _offences(rng, schedule))
    heavy = offence.measure in ("mass", "size")
    defendant = person(rng, company=bool(rng.random() < (0.7 if heavy else 0.08)))
    offence_date = _FIRST_DAY + dt.timedelta(days=int(rng.integers((_LAST_OFFENCE_DAY - _FIRST_DAY).days)))
    offence_time = dt.time(int(rng.integers(0, 24)), int(rng.integers(0, 60)))
    at_once = bool(rng.random() < 0.7)
    delay = 0 if at_once else int(rng.integers(3, 60))
    service_date = offence_date + dt.timedelta(days=delay)
    minutes = min(23 * 60 + 59, offence_time.hour * 60 + offence_time.minute + int(rng.integers(2, 25)))
    if not at_once:
        minutes = int(rng.integers(8 * 60, 20 * 60))
    fine = offence.fine_cents + (int(rng.integers(0, 8)) * 1500 if offence.measure == "speed" else 0)
    costs = costs_cents(fine)
    contribution = int(rng.choice([0, 2000, 2000, 4000]))
    recorded, allowed = _measures(rng, offence)
    guilty = bool(rng.random() < 0.6)
    pays = guilty and rng.random() < 0.85
    return Case(
        schedule, language, VALMONT, statement_number(rng), pick(rng, DISTRICTS), defendant,
        person(rng) if defendant.company or rng.random() < 0.25 else None,
        _vehicle(rng, heavy=heavy), offence, offence_date, offence_time,
        _place(rng, french=language is Language.FR), service_date, dt.time(minutes // 60, minutes % 60), at_once,
        service_date + dt.timedelta(days=int(rng.integers(1, 30))), person(rng),
        pick(rng, _qualities(schedule, language)),
        _digits(rng, int(rng.integers(3, 6))).replace("0", "7"), None if at_once or rng.random() < 0.4 else person(rng),
        fine, costs, contribution, recorded, allowed, guilty, fine + costs + contribution if pays else None,
    )  # fmt: skip


def counts(case: Case, rng: np.random.Generator, count: int) -> tuple[Case, ...]:
    """The forms of a statement with several counts against one defendant (s. 12): the same people, place and day, each
    with its number, offence, fine and plea."""
    shared = f"{case.offence_date:%y}-{rng.integers(1000, 9999)}"
    return tuple(_count(case, rng, (shared, f"C{number}")) for number in range(1, count + 1))


def _count(case: Case, rng: np.random.Generator, designations: tuple[str, str]) -> Case:
    offences = tuple(each for each in _offences(rng, case.schedule) if not each.measure)
    offence = pick(rng, offences)
    costs = costs_cents(offence.fine_cents)
    paid = offence.fine_cents + costs + case.contribution_cents if case.guilty else None
    return replace(
        case,
        number=statement_number(rng),
        offence=offence,
        fine_cents=offence.fine_cents,
        costs_cents=costs,
        paid_cents=paid,
        designations=designations,
    )


def codefendants(case: Case, rng: np.random.Generator, count: int) -> tuple[Case, ...]:
    """The forms of a statement against several defendants (s. 13): one charge, each form with its number and person."""
    shared = f"{case.offence_date:%y}-{rng.integers(1000, 9999)}"
    return tuple(
        replace(
            case,
            number=statement_number(rng),
            defendant=person(rng),
            guilty=bool(rng.random() < 0.6),
            paid_cents=None,
            designations=(shared, f"{number}/{count}"),
        )
        for number in range(1, count + 1)
    )


def _offences(rng: np.random.Generator, schedule: Schedule) -> tuple[Offence, ...]:
    """What a statement of this schedule is issued for."""
    if schedule in (Schedule.I, Schedule.II):
        return GENERAL
    return PARKING if schedule is Schedule.IV or rng.random() < 0.25 else HIGHWAY


def _qualities(schedule: Schedule, language: Language) -> tuple[str, ...]:
    if schedule in (Schedule.I, Schedule.II):
        return QUALITIES_GENERAL_FR if language is Language.FR else QUALITIES_GENERAL_EN
    return QUALITIES_FR if language is Language.FR else QUALITIES_EN


def _measures(rng: np.random.Generator, offence: Offence) -> tuple[int, int]:
    """Recorded and permitted: km/h, kg or centimetres."""
    if offence.measure == "speed":
        allowed = int(rng.choice([30, 40, 50, 70, 90, 100]))
        return allowed + int(rng.integers(11, 45)), allowed
    if offence.measure == "mass":
        allowed = int(rng.choice([7900, 18000, 25250, 35500, 55500, 62500]))
        return allowed + int(rng.integers(3, 80)) * 50, allowed
    return 2300 + int(rng.integers(5, 80)), 2300


def _place(rng: np.random.Generator, *, french: bool) -> str:
    street, other = pick(rng, STREETS), pick(rng, STREETS)
    if rng.random() < 0.3:
        number = int(rng.choice([15, 20, 40, 73, 132, 440]))
        return (
            f"Autoroute {number}, km {rng.integers(2, 240)}"
            if french
            else f"Highway {number}, km {rng.integers(2, 240)}"
        )
    if rng.random() < 0.3 and other != street:
        return f"{street} / {other}"
    return f"{rng.integers(10, 9900)}, {street}"
