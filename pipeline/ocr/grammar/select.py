"""Which grammar belongs to a zone."""

from __future__ import annotations

from pipeline.model import Kind, Language, Zone
from pipeline.ocr.grammar.amounts import AmountGrammar
from pipeline.ocr.grammar.codes import CodeGrammar
from pipeline.ocr.grammar.dates import DateGrammar
from pipeline.ocr.grammar.integers import IntegerGrammar, YearGrammar
from pipeline.ocr.grammar.jurisdictions import JurisdictionGrammar
from pipeline.ocr.grammar.legal_refs import LegalReferenceGrammar
from pipeline.ocr.grammar.normal import FieldGrammar
from pipeline.ocr.grammar.plates import PlateGrammar
from pipeline.ocr.grammar.statement_numbers import RecordNumberGrammar, StatementNumberGrammar
from pipeline.ocr.grammar.texts import AddressGrammar, PersonGrammar, TextGrammar
from pipeline.ocr.grammar.times import TimeGrammar
from pipeline.ocr.issuers.issuer import Issuer

LOCATOR_CODE = "locator_code"
"""The barcode that says the statement number."""
_PLAIN: dict[Kind, FieldGrammar] = {
    Kind.PERSON: PersonGrammar(),
    Kind.ADDRESS: AddressGrammar(),
    Kind.RECORD_NO: RecordNumberGrammar(),
    Kind.PLATE: PlateGrammar(),
    Kind.JURISDICTION: JurisdictionGrammar(),
    Kind.LEGAL_REF: LegalReferenceGrammar(),
    Kind.YEAR: YearGrammar(),
}


def grammar_for(zone: Zone, *, issuer: Issuer, language: Language, known_numbers: tuple[str, ...] = ()) -> FieldGrammar:
    """What the zone's entry may say.

    Args:
        issuer: whose form it is; its statement numbers have their own grammar.
        language: of the form.
        known_numbers: statement numbers that barcodes of the page say; they confirm or contradict a number read.
    """
    comb = bool(zone.comb)
    if zone.kind is Kind.STATEMENT_NO:
        return StatementNumberGrammar(issuer, barcode_numbers(known_numbers, issuer=issuer))
    if zone.kind is Kind.BARCODE and zone.name == LOCATOR_CODE:
        return StatementNumberGrammar(issuer)
    if zone.kind is Kind.DATE:
        return DateGrammar(language, comb=comb, birth="birth" in zone.name)
    if zone.kind is Kind.TIME:
        return TimeGrammar(language, comb=comb)
    if zone.kind is Kind.AMOUNT:
        return AmountGrammar(comb=comb)
    if zone.kind is Kind.CODE:
        return CodeGrammar(comb=comb)
    if zone.kind in (Kind.INTEGER, Kind.SPEED, Kind.MASS):
        return IntegerGrammar(zone.kind, comb=comb)
    return _PLAIN.get(zone.kind, TextGrammar())


def barcode_numbers(texts: tuple[str, ...], *, issuer: Issuer) -> tuple[str, ...]:
    """The barcode texts that are statement numbers of the issuer, each once, in order; edition marks are not."""
    grammar = StatementNumberGrammar(issuer)
    return tuple(
        dict.fromkeys(text for text in texts if any(n.value == text and n.fit == 1.0 for n in grammar.normalise(text)))
    )
