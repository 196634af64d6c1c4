"""A field's decision: accepted, for review, or empty; never a guess. What is doubtful says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Protocol

from pipeline.geometry import BoxPx
from pipeline.model import (
    MARK_KINDS,
    PRESENCE_KINDS,
    Alternative,
    Decision,
    Field,
    Kind,
    MarkReading,
    MarkState,
    Reason,
    Script,
    Zone,
    ZoneReading,
)
from pipeline.ocr.grammar.characters import tidy
from pipeline.ocr.grammar.normal import BLOCKING, FieldGrammar, Flag
from pipeline.ocr.plausible import plausible
from pipeline.ocr.thresholds import DEFAULT_THRESHOLDS, Thresholds
from pipeline.ocr.weigh import Supported, Weighed, weigh

LAYOUT_READER: Final = "layout"
ELECTRONIC_READER: Final = "electronic"
"""Of values that were data from the start: nobody read them."""
MAX_ALTERNATIVES: Final = 3
POOR_FIT: Final = 0.5
"""A value that obeys its grammar less is named as the reason, beside its confidence."""
BARCODE_CONFIDENCE: Final = 0.9999
"""Code 128 and QR carry check symbols; a decoded text of the right form is wrong less than once in 10,000."""
ALWAYS_FILLED: Final = "always"


class Confidence(Protocol):
    """What a calibration gives: the probability, 0.0 to 1.0, that the field's value is right."""

    def probability(self, features: Mapping[str, float]) -> float: ...


def judge(
    zone: Zone,
    reading: ZoneReading,
    *,
    grammar: FieldGrammar,
    calibration: Confidence,
    box_px: BoxPx,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> Field:
    """Decide what a zone's reading is worth.

    Args:
        zone: any zone but a fixed text, which is no field.
        grammar: what the entry may say (`grammar_for`).
        calibration: turns the reading's and the weighing's measures into a probability.
        box_px: the zone's bounding box in the scan as received; handed through.
        thresholds: least confidence for a value to be accepted; the default accepts no handwriting.
    """
    undecided = _undecided(zone, reading, box_px)
    if zone.printed_value is not None:
        return _printed(undecided, zone.printed_value, reading, grammar)
    if zone.kind in MARK_KINDS:
        return _marks(undecided, zone, reading.marks, thresholds.marks)
    if zone.kind in PRESENCE_KINDS:
        return _presence(undecided, reading, thresholds.presence)
    if reading.empty:
        missing = (Reason("required_empty"),) if zone.filled == ALWAYS_FILLED else ()
        return replace(undecided, confidence=1.0, decision=Decision.EMPTY, reasons=missing)
    if zone.kind is Kind.BARCODE:
        return _barcode(undecided, reading, grammar)
    return _text(undecided, zone, reading, weigh(reading, grammar=grammar), calibration=calibration, limits=thresholds)


def _undecided(zone: Zone, reading: ZoneReading, box_px: BoxPx) -> Field:
    return Field(
        name=zone.name,
        kind=zone.kind,
        critical=zone.critical,
        value=None,
        text="",
        confidence=0.0,
        decision=Decision.REVIEW,
        reader=reading.reader,
        box_mm=zone.box_mm,
        box_px=box_px,
        script=reading.script,
    )


def _decided(field: Field, reasons: tuple[Reason, ...]) -> Field:
    """Accepted without a reason to doubt, else for review."""
    return replace(field, decision=Decision.REVIEW if reasons else Decision.ACCEPTED, reasons=reasons)


def _printed(field: Field, printed: str, reading: ZoneReading, grammar: FieldGrammar) -> Field:
    """The artwork says the value; entry ink over it may have changed it."""
    normals = grammar.normalise(printed)
    value = normals[0].value if normals else tidy(printed)
    certain = replace(field, value=value, text=tidy(printed), confidence=1.0, reader=LAYOUT_READER, script=Script.PRINT)
    if reading.empty:
        return _decided(certain, ())
    over = replace(certain, confidence=0.5, text=reading.candidates[0].text if reading.candidates else certain.text)
    return _decided(over, (Reason("ink_over_printed"),))


def _marks(field: Field, zone: Zone, marks: tuple[MarkReading, ...], least: float) -> Field:
    """Check boxes: true or false for a mark, the marked box's name for a choice. None marked: null."""
    doubtful = tuple(mark for mark in marks if mark.state is MarkState.DOUBTFUL)
    marked = tuple(mark.name for mark in marks if mark.state is MarkState.MARKED)
    reasons = [Reason("doubtful_mark", (("mark", mark.name),)) for mark in doubtful]
    confidence = min((mark.confidence for mark in marks), default=0.0)
    read = replace(field, confidence=confidence, text=" ".join(marked))
    if len(marked) > 1 and zone.exclusive:
        named = Reason("two_marks", (("marks", ", ".join(marked)),))
        both = tuple(Alternative(mark.name, mark.confidence) for mark in marks if mark.name in marked)
        return _decided(replace(read, alternatives=both), (named, *reasons))
    if zone.kind is Kind.MARK:
        value: bool | str | None = None if doubtful or not marks else bool(marked)
    else:
        value = ",".join(marked) or None
    if not marks:
        reasons.append(Reason("unreadable"))
    if not reasons and confidence < least:
        reasons.append(_too_low(confidence, least))
    return _decided(replace(read, value=value), tuple(reasons))


def _presence(field: Field, reading: ZoneReading, least: float) -> Field:
    if reading.presence is None:
        return _decided(replace(field, confidence=reading.presence_confidence), (Reason("doubtful_presence"),))
    confidence = reading.presence_confidence
    reasons = () if confidence >= least else (_too_low(confidence, least),)
    return _decided(replace(field, value="present" if reading.presence else "absent", confidence=confidence), reasons)


def _barcode(field: Field, reading: ZoneReading, grammar: FieldGrammar) -> Field:
    """The decoded text as it is, if it has the form it must have; what a person cannot read off is never guessed."""
    texts = tuple(candidate.text for candidate in reading.candidates)
    if not texts:
        return _decided(field, (Reason("barcode_unreadable"),))
    read = replace(field, value=texts[0], text=texts[0], confidence=BARCODE_CONFIDENCE, script=Script.PRINT)
    if len(texts) > 1:
        others = tuple(Alternative(text, 0.5) for text in texts[1 : 1 + MAX_ALTERNATIVES])
        return _decided(replace(read, confidence=0.5, alternatives=others), (Reason("several_barcodes"),))
    normals = grammar.normalise(texts[0])
    if not normals or normals[0].fit < 1.0:
        return _decided(replace(read, confidence=0.5), (Reason("barcode_form"),))
    return _decided(read, ())


def _text(
    field: Field,
    zone: Zone,
    reading: ZoneReading,
    weighed: Weighed,
    *,
    calibration: Confidence,
    limits: Thresholds,
) -> Field:
    best = weighed.best
    if best is None:
        text = tidy(reading.candidates[0].text) if reading.candidates else ""
        code = "grammar_mismatch" if text else "unreadable"
        hand = () if reading.script is Script.PRINT else (Reason("handwriting"),)
        return _decided(replace(field, text=text), (Reason(code), *hand))
    confidence = calibration.probability(dict(weighed.features) | plausible(zone.kind, best.normal.value))
    least = limits.text(zone, reading.script)
    reasons = [*_blocking(best), *_doubts(reading, weighed, confidence, least, limits)]
    read = replace(
        field,
        value=best.normal.value,
        text=tidy(best.text),
        confidence=round(max(0.0, min(1.0, confidence)), 4),
        reader=best.reader,
        alternatives=_alternatives(weighed, confidence),
    )
    return _decided(read, tuple(reasons))


def _blocking(best: Supported) -> tuple[Reason, ...]:
    """Facts that no confidence outweighs."""
    codes = {
        Flag.AMBIGUOUS: "ambiguous_value",
        Flag.CHECK_DIGIT: "check_digit",
        Flag.OTHER_NUMBER: "number_differs_from_barcode",
    }
    return tuple(Reason(codes[flag]) for flag in sorted(best.normal.flags & BLOCKING))


def _doubts(
    reading: ZoneReading, weighed: Weighed, confidence: float, least: float, limits: Thresholds
) -> tuple[Reason, ...]:
    """Why the confidence is below the threshold; nothing when it is not."""
    if confidence >= least:
        return ()
    best = weighed.values[0]
    reasons = []
    if reading.script is not Script.PRINT and not limits.accepts_handwriting:
        reasons.append(Reason("handwriting"))
    else:
        reasons.append(_too_low(confidence, least))
    if best.normal.fit < POOR_FIT:
        reasons.append(Reason("grammar_doubtful"))
    if len(weighed.values) > 1 or dict(weighed.features)["value_agreement"] < 1.0:
        reasons.append(Reason("readers_disagree"))
    if Flag.FOREIGN in best.normal.flags:
        reasons.append(Reason("foreign_plate"))
    return tuple(reasons)


def _alternatives(weighed: Weighed, confidence: float) -> tuple[Alternative, ...]:
    """The next values. They share the probability that the leading one leaves, by their support."""
    rivals = weighed.values[1 : 1 + MAX_ALTERNATIVES]
    total = sum(rival.support for rival in weighed.values[1:])
    left = max(0.0, 1.0 - confidence)
    return tuple(
        Alternative(rival.normal.value, round(left * rival.support / total if total > 0.0 else 0.0, 4))
        for rival in rivals
    )


def _too_low(confidence: float, least: float) -> Reason:
    return Reason("low_confidence", (("confidence", f"{confidence:.3f}"), ("least", f"{least:.3f}")))
