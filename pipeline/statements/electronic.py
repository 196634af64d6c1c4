"""A statement that was electronic from the start, and the reading of its text: every problem at once, nothing mended.

The schema that is published (`electronic_schema`) says the same of everything that a schema can say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NoReturn, TypeAlias, TypeGuard

from pipeline.errors import InputRefused, Param
from pipeline.model import FieldValue, Language, Schedule

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None
FORMAT: Final = "constat.electronic-statement/1"
USUAL_EDITION: Final = "generic-1"
MOST_BYTES: Final = 256 * 1024
"""Of one statement; a full one has 4 kB."""
MOST_PROBLEMS: Final = 100
LONGEST_NAME: Final = 200
LONGEST_PROOF: Final = 16_384
MOST_SIGNATURES: Final = 4
REQUIRED: Final = ("format", "schedule", "issuer", "number", "language", "issued_at", "particulars")
OPTIONAL: Final = ("edition", "designation", "form_designation", "issued_by", "signatures")
SIGNATURE_REQUIRED: Final = ("particular", "method", "proof")
SIGNATURE_OPTIONAL: Final = ("signed_at", "signed_by")
ISSUED_BY: Final = ("device", "officer")
OWN_NAMES: Final = (
    "statement_number",
    "detachable_statement_number",
    "statement_designation",
    "form_designation",
)
"""Particulars that the head of a statement says, and `particulars` therefore does not."""

ANSWERS: Final = frozenset(
    {
        "plea",
        "plea_guilty",
        "plea_not_guilty",
        "defendant_signature",
        "signature_date",
        "signatory_quality",
        "new_address",
        "amount_paid",
    }
)
"""What a defendant alone enters: no part of what is issued, though Schedule I has spaces for it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in the text of a statement: no value of it, which may be personal.

    Attributes:
        place: JSON pointer; empty for the whole.
        line: of a file of several statements, from 1; 0 where there is one.
    """

    code: str
    place: str = ""
    params: tuple[tuple[str, Param], ...] = ()
    line: int = 0


class ElectronicRefused(InputRefused):
    """A file of electronic statements cannot be registered; `problems` lists everything found."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        first = problems[0]
        super().__init__("electronic_refused", problems=len(problems), first=first.code, place=first.place)
        self.problems = problems

    def __reduce__(self) -> tuple[object, ...]:
        return ElectronicRefused, (self.problems,)


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature affixed electronically (s. 34(8)(h)): kept as it came, not judged here.

    Attributes:
        particular: whose space on the form it fills: `attestor_signature`.
        method, proof: as the issuer's devices make them.
    """

    particular: str
    method: str
    proof: str
    signed_at: datetime | None = None
    signed_by: str | None = None


@dataclass(frozen=True, slots=True)
class ElectronicStatement:
    """As its issuer's device made it; values are normalised.

    Attributes:
        issued_at: aware.
        device, officer: what the issuer calls them.
        particulars: by name, in the order of the text.
    """

    schedule: Schedule
    issuer: str
    number: str
    language: Language
    edition: str
    issued_at: datetime
    particulars: tuple[tuple[str, FieldValue], ...]
    designation: str | None = None
    form_designation: str | None = None
    device: str | None = None
    officer: str | None = None
    signatures: tuple[Signature, ...] = ()


class Faults:
    """Problems as they are found."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, code: str, place: str = "", **params: Param) -> None:
        self.found.append(Problem(code, place, tuple(params.items())))


def document_of(data: bytes, faults: Faults) -> Mapping[str, Json] | None:
    """The text as JSON: one object, no name twice (a second value would silently win), no number that JSON has not."""
    if len(data) > MOST_BYTES:
        faults.add("electronic_too_large", size_bytes=len(data), limit_bytes=MOST_BYTES)
        return None
    try:
        found = json.loads(data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except _NameTwiceError as error:
        faults.add("electronic_name_twice", name=str(error)[:LONGEST_NAME])
    except (ValueError, RecursionError):
        faults.add("electronic_not_json")
    else:
        if isinstance(found, dict):
            return found
        faults.add("electronic_type", wanted="object")
    return None


class _NameTwiceError(ValueError):
    """Its text is the name."""


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, value in pairs:
        if name in found:
            raise _NameTwiceError(name)
        found[name] = value
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def head_of(found: Mapping[str, Json], faults: Faults) -> ElectronicStatement | None:
    """What the text says, as far as it can be said without forms and issuers; null where too little of it can."""
    _names(found, REQUIRED, OPTIONAL, "", faults)
    if "format" in found and found["format"] != FORMAT:
        faults.add("electronic_value", "/format")
    schedule = _one_of(found, "schedule", tuple(Schedule), faults)
    language = _one_of(found, "language", tuple(Language), faults)
    issuer, number = _word(found, "issuer", faults), _word(found, "number", faults)
    edition = _word(found, "edition", faults) or USUAL_EDITION
    issued_at = _moment(found, "issued_at", "", faults)
    entries = _object(found, "particulars", faults)
    by = _object(found, "issued_by", faults)
    _names(by, (), ISSUED_BY, "/issued_by", faults)
    signatures = tuple(_signatures(found, faults))
    device, officer = (_word(by, name, faults, "/issued_by") for name in ISSUED_BY)
    designations = [_word(found, name, faults) for name in ("designation", "form_designation")]
    if schedule is None or language is None or issuer is None or number is None or issued_at is None:
        return None
    return ElectronicStatement(
        schedule=Schedule(schedule),
        issuer=issuer,
        number=number,
        language=Language(language),
        edition=edition,
        issued_at=issued_at,
        particulars=tuple(_entries(entries, faults)),
        designation=designations[0],
        form_designation=designations[1],
        device=device,
        officer=officer,
        signatures=signatures,
    )


def pointer(*names: str) -> str:
    """RFC 6901; cut to a bounded length."""
    shown = (name[:LONGEST_NAME].encode("utf-8", "replace").decode() for name in names)
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in shown)


def _names(
    found: Mapping[str, Json], required: tuple[str, ...], optional: tuple[str, ...], place: str, faults: Faults
) -> None:
    for name in found:
        if name not in required and name not in optional:
            faults.add("electronic_unknown_name", place + pointer(name))
    for name in required:
        if name not in found:
            faults.add("electronic_missing", place + pointer(name))


def _one_of(found: Mapping[str, Json], name: str, known: tuple[str, ...], faults: Faults) -> str | None:
    value = found.get(name)
    if isinstance(value, str) and value in known:
        return value
    if name in found:
        faults.add("electronic_value", pointer(name))
    return None


def _word(found: Mapping[str, Json], name: str, faults: Faults, place: str = "") -> str | None:
    """A text without blanks at its ends; null where there is none, or another thing, which is told."""
    value = found.get(name)
    if name not in found:
        return None
    if not isinstance(value, str):
        faults.add("electronic_type", place + pointer(name), wanted="string")
        return None
    if not is_word(value):
        faults.add("electronic_value", place + pointer(name))
        return None
    return value


def is_word(value: str) -> bool:
    """One line of printable characters, of a bounded length."""
    return 0 < len(value) <= LONGEST_NAME and value.isprintable() and value == value.strip()


def _object(found: Mapping[str, Json], name: str, faults: Faults) -> Mapping[str, Json]:
    value = found.get(name, {})
    if isinstance(value, dict):
        return value
    faults.add("electronic_type", pointer(name), wanted="object")
    return {}


def _moment(found: Mapping[str, Json], name: str, place: str, faults: Faults) -> datetime | None:
    value = found.get(name)
    if name not in found:
        return None
    if isinstance(value, str) and len(value) <= LONGEST_NAME and "T" in value:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None:
            return moment
    faults.add("electronic_value", place + pointer(name))
    return None


def _entries(found: Mapping[str, Json], faults: Faults) -> Iterator[tuple[str, FieldValue]]:
    for name, value in found.items():
        if _is_entry(value):
            yield name, value
        else:
            faults.add("electronic_type", pointer("particulars", name), wanted="string, boolean")


def _is_entry(value: Json) -> TypeGuard[str | bool]:
    return isinstance(value, str | bool)


def _signatures(found: Mapping[str, Json], faults: Faults) -> Iterator[Signature]:
    listed = found.get("signatures", [])
    if not isinstance(listed, list) or len(listed) > MOST_SIGNATURES:
        faults.add("electronic_type", "/signatures", wanted=f"array, 0-{MOST_SIGNATURES}")
        return
    seen: set[str] = set()
    for index, its in enumerate(listed):
        place = pointer("signatures", str(index))
        if not isinstance(its, dict):
            faults.add("electronic_type", place, wanted="object")
            continue
        _names(its, SIGNATURE_REQUIRED, SIGNATURE_OPTIONAL, place, faults)
        one = _signature(its, place, faults)
        if one is not None and one.particular in seen:
            faults.add("electronic_name_twice", place, name=one.particular)
        elif one is not None:
            seen.add(one.particular)
            yield one


def _signature(its: Mapping[str, Json], place: str, faults: Faults) -> Signature | None:
    particular, method = _word(its, "particular", faults, place), _word(its, "method", faults, place)
    proof = its.get("proof")
    if "proof" in its and not (isinstance(proof, str) and 0 < len(proof) <= LONGEST_PROOF and proof.isprintable()):
        faults.add("electronic_value", f"{place}/proof")
        proof = None
    signed_at = _moment(its, "signed_at", place, faults)
    signed_by = _word(its, "signed_by", faults, place)
    if particular is None or method is None or not isinstance(proof, str):
        return None
    return Signature(particular, method, proof, signed_at, signed_by)
