"""What a particular of an electronic statement may say: normalised values alone, by the kinds and grammars of paper."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from pipeline.model import PRESENCE_KINDS, UNREAD_KINDS, Kind
from pipeline.ocr.grammar.characters import tidy
from pipeline.ocr.grammar.jurisdictions import JurisdictionGrammar
from pipeline.ocr.grammar.statement_numbers import StatementNumberGrammar
from pipeline.ocr.issuers.issuer import Issuer

LONGEST_TEXT: Final = 1000
PATTERNS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.DATE: r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])",
        Kind.TIME: r"(?:[01][0-9]|2[0-3]):[0-5][0-9]",
        Kind.AMOUNT: r"(?:0|[1-9][0-9]{0,8})\.[0-9]{2}",
        Kind.STATEMENT_NO: r"[0-9A-Z](?:[0-9A-Z-]{0,28}[0-9A-Z])?",
        Kind.RECORD_NO: r"[0-9A-Z](?:[0-9A-Z/-]{0,22}[0-9A-Z])?",
        Kind.PLATE: r"[0-9A-Z]{2,9}",
        Kind.JURISDICTION: r"(?:CA|US)-[A-Z]{2}",
        Kind.CODE: r"[0-9A-Z](?:[0-9A-Z./#()+:-]{0,38}[0-9A-Z)])?",
        Kind.BARCODE: r"[0-9A-Z](?:[0-9A-Z./+:-]{0,38}[0-9A-Z])?",
        Kind.INTEGER: r"0|[1-9][0-9]{0,8}",
        Kind.SPEED: r"0|[1-9][0-9]{0,8}",
        Kind.MASS: r"0|[1-9][0-9]{0,8}",
        Kind.YEAR: r"(?:19|20)[0-9]{2}",
    }
)
"""By kind, of the whole value; the schema has the same. Texts of other kinds are free."""
NEVER_STATED: Final = UNREAD_KINDS | PRESENCE_KINDS
"""Print is the form's; signatures have a place of their own; no cashier's stamp is on an electronic original."""


def is_normal(kind: Kind, value: str, issuer: Issuer) -> bool:
    """Whether a text is a normalised value of its kind. Nothing is mended: a device knows what it writes."""
    pattern = PATTERNS.get(kind)
    if pattern is None:
        return is_plain(value)
    if re.fullmatch(pattern, value, re.ASCII) is None:
        return False
    if kind is Kind.DATE:
        return _is_day(value)
    if kind is Kind.JURISDICTION:
        return any(its.value == value for its in JurisdictionGrammar().normalise(value))
    if kind is Kind.STATEMENT_NO:
        return is_number_of(value, issuer)
    return True


def is_number_of(value: str, issuer: Issuer) -> bool:
    """Whether an issuer's numbers look like this one, its check digit included."""
    return any(its.value == value and its.fit == 1.0 for its in StatementNumberGrammar(issuer).normalise(value))


def is_plain(value: str) -> bool:
    """Whether a text is as texts are kept: NFC, single blanks, no control characters, something said."""
    return len(value) <= LONGEST_TEXT and tidy(value) == value and any(char.isalnum() for char in value)


def _is_day(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
