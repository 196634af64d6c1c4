"""The schema of electronic statements (JSON Schema 2020-12), made from the catalogue of particulars."""

from __future__ import annotations

from typing import Final

from pipeline.model import Kind, Language, Schedule
from pipeline.statements.electronic import (
    FORMAT,
    ISSUED_BY,
    LONGEST_NAME,
    LONGEST_PROOF,
    MOST_SIGNATURES,
    OPTIONAL,
    REQUIRED,
    SIGNATURE_OPTIONAL,
    SIGNATURE_REQUIRED,
    Json,
)
from pipeline.statements.electronic_checks import statable
from pipeline.statements.electronic_values import LONGEST_TEXT, PATTERNS
from pipeline.templates.catalogue import Catalogue, Particular

SCHEMA_ID: Final = "urn:constat:schema:electronic-statement:1"
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_MOMENT: Final[Json] = {
    "type": "string",
    "format": "date-time",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T.*(?:Z|[+-][0-9]{2}:[0-9]{2})$",
    "description": "RFC 3339, with its offset from UTC.",
}
_WORD: Final[Json] = {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME, "pattern": r"^\S(?:.*\S)?$"}
_DESCRIPTION: Final = (
    "A statement of offence that was electronic from the start (C-25.1, r. 1). Particulars have their canonical names "
    "and normalised values; what was not entered is left out. What depends on the issuer and on the form (numbers and "
    "their check digits, the spaces of an edition) is checked beyond this schema."
)


def electronic_schema(catalogue: Catalogue) -> dict[str, Json]:
    """The same for every site: issuers and forms have no part in it."""
    return {
        "$schema": _DIALECT,
        "$id": SCHEMA_ID,
        "title": "constat electronic statement",
        "description": _DESCRIPTION,
        "type": "object",
        "additionalProperties": False,
        "required": list(REQUIRED),
        "properties": _properties(),
        "allOf": [_of_schedule(schedule) for schedule in Schedule],
        "$defs": {
            "moment": _MOMENT,
            "word": _WORD,
            "signature": _signature(),
            **{_name(schedule): _particulars(schedule, catalogue) for schedule in Schedule},
        },
    }


def _properties() -> dict[str, Json]:
    word: Json = {"$ref": "#/$defs/word"}
    found: dict[str, Json] = dict.fromkeys((*REQUIRED, *OPTIONAL), word)
    return found | {
        "format": {"const": FORMAT},
        "schedule": {"enum": [str(each) for each in Schedule], "description": "Schedule of the Regulation."},
        "language": {"enum": [str(each) for each in Language]},
        "issuer": {**_word_of("Whose statement it is, as the site names its issuers.")},
        "number": {
            "type": "string",
            "pattern": f"^(?:{PATTERNS[Kind.STATEMENT_NO]})$",
            "description": "As the issuer's numbers are, without blanks.",
        },
        "edition": _word_of("Of the form that it is shown on; `generic-1` where nothing is said."),
        "designation": _word_of("What the forms of several counts or defendants share (ss. 12, 13)."),
        "form_designation": _word_of("Of the count or defendant of this form."),
        "issued_at": {"$ref": "#/$defs/moment"},
        "issued_by": {
            "type": "object",
            "additionalProperties": False,
            "properties": dict.fromkeys(ISSUED_BY, word),
            "description": "What the issuer calls its device and its officer.",
        },
        "particulars": {"type": "object"},
        "signatures": {"type": "array", "maxItems": MOST_SIGNATURES, "items": {"$ref": "#/$defs/signature"}},
    }


def _word_of(description: str) -> dict[str, Json]:
    return {"$ref": "#/$defs/word", "description": description}


def _name(schedule: Schedule) -> str:
    return f"particulars_{schedule}"


def _of_schedule(schedule: Schedule) -> Json:
    return {
        "if": {"properties": {"schedule": {"const": str(schedule)}}, "required": ["schedule"]},
        "then": {"properties": {"particulars": {"$ref": f"#/$defs/{_name(schedule)}"}}},
    }


def _particulars(schedule: Schedule, catalogue: Catalogue) -> Json:
    known = statable(schedule, catalogue)
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _value(its, catalogue) for name, its in known.items()},
    }


def _value(its: Particular, catalogue: Catalogue) -> Json:
    french, english = (catalogue.label(its.name, language) for language in (Language.FR, Language.EN))
    told: dict[str, Json] = {"title": f"{french} / {english}", "description": f"s. {its.ref}"}
    if its.kind is Kind.MARK:
        return {**told, "type": "boolean"}
    if its.kind is Kind.CHOICE:
        # An edition may have boxes of its own; what it has is checked against its form.
        return {**told, "type": "string", "pattern": "^[a-z0-9_]+(?:,[a-z0-9_]+)*$", "examples": list(its.marks)}
    pattern = PATTERNS.get(its.kind)
    if pattern is None:
        return {**told, "type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
    return {**told, "type": "string", "pattern": f"^(?:{pattern})$"}


def _signature() -> Json:
    word: Json = {"$ref": "#/$defs/word"}
    known: dict[str, Json] = dict.fromkeys((*SIGNATURE_REQUIRED, *SIGNATURE_OPTIONAL), word)
    proof: Json = {
        "type": "string",
        "minLength": 1,
        "maxLength": LONGEST_PROOF,
        "description": "Opaque.",
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(SIGNATURE_REQUIRED),
        "properties": known | {"proof": proof, "signed_at": {"$ref": "#/$defs/moment"}},
        "description": "A signature affixed electronically (s. 34(8)(h)), or what validates it.",
    }
