"""What a person typed, in the form in which values are kept; or, in words, why it is none.

A person is held to the field's grammar but never corrected: what a grammar could only read by exchanging characters,
or in two ways, is given back to be typed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pipeline.custody.review import MOST_VALUE_CHARACTERS
from pipeline.model import MARK_KINDS, PRESENCE_KINDS, FieldValue, Kind, Reason, Zone
from pipeline.ocr.grammar.characters import code_text, tidy
from pipeline.ocr.grammar.normal import FieldGrammar, Flag, Normal

_AS_WRITTEN: Final = frozenset({Kind.TEXT, Kind.PERSON, Kind.ADDRESS})
_SEPARATORS: Final = str.maketrans("", "", "-./ ")
_WARNINGS: Final = {Flag.CHECK_DIGIT: "check_digit", Flag.OTHER_NUMBER: "number_differs_from_barcode"}
"""What a person may know better than, with a reason."""


@dataclass(frozen=True, slots=True)
class Entered:
    """A normalised value, and what about it needs a reason in words."""

    value: FieldValue
    warnings: tuple[Reason, ...] = ()


def entered(text: str, zone: Zone, grammar: FieldGrammar) -> Entered | Reason:
    """The value of a typed text, or why it has none.

    Args:
        text: anything; line ends and control characters count as blanks.
        grammar: of the zone (`grammar_for`).
    """
    if len(text) > MOST_VALUE_CHARACTERS:
        return Reason("value_too_long", (("most", str(MOST_VALUE_CHARACTERS)), ("found", str(len(text)))))
    plain = tidy(text)
    if not plain:
        return Reason("value_missing")
    if zone.kind in MARK_KINDS:
        return _marked(plain, zone)
    if zone.kind in PRESENCE_KINDS:
        return Entered(plain) if plain in ("present", "absent") else Reason("value_not_presence")
    if zone.kind in _AS_WRITTEN:
        return Entered(plain)
    if zone.kind is Kind.BARCODE:
        return Entered(plain, _warnings(grammar.normalise(plain), plain))
    return _normal(plain, zone, grammar)


def _marked(plain: str, zone: Zone) -> Entered | Reason:
    if zone.kind is Kind.MARK:
        return Entered(plain == "true") if plain in ("true", "false") else Reason("value_not_mark")
    names = [mark.name for mark in zone.marks]
    said = [name.strip() for name in plain.split(",")]
    unknown = [name for name in said if name not in names] if names else []
    if unknown or (zone.exclusive and len(said) > 1):
        return Reason("value_not_choice", (("names", ", ".join(names)),))
    return Entered(",".join(name for name in names if name in said) if names else ",".join(said))


def _normal(plain: str, zone: Zone, grammar: FieldGrammar) -> Entered | Reason:
    texts = (plain, code_text(plain)) if zone.kind is Kind.PLATE else (plain,)
    if zone.kind is Kind.STATEMENT_NO:
        texts = (plain, plain.translate(_SEPARATORS))
    found = [its for text in texts for its in grammar.normalise(text) if its.repairs == 0]
    values = tuple(dict.fromkeys(its.value for its in found))
    if not found:
        return Reason(f"value_not_{zone.kind.value}")
    if len(values) > 1 and any(Flag.AMBIGUOUS in its.flags for its in found):
        return Reason("value_ambiguous", (("values", ", ".join(values)),))
    best = max(found, key=lambda its: its.fit)
    return Entered(best.value, _warnings((best,), best.value))


def _warnings(normals: tuple[Normal, ...], value: str) -> tuple[Reason, ...]:
    flags = {flag for its in normals if its.value == value for flag in its.flags}
    return tuple(Reason(code) for flag, code in _WARNINGS.items() if flag in flags)
