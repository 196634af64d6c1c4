"""Weighing a text zone's candidates by the field's grammar: the value, its rivals, and the measures for calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pipeline.model import TextCandidate, ZoneReading
from pipeline.ocr.grammar.normal import FieldGrammar, Flag, Normal

WEIGHING_FEATURES: Final = (
    "grammar_fit",
    "value_margin",
    "value_agreement",
    "repairs",
    "known_number",
)
"""The measures that `weigh` adds to those of the reading, in this order.

grammar_fit: fit of the leading value, 0.0 to 1.0. value_margin: how far its support is above the next value's, as a
share of it; 1.0 without a rival. value_agreement: share of the candidates whose best value it is; those that obey in
no way count against it. repairs: count. known_number: 1.0 a barcode says the same number, 0.0 another, 0.5 none.
"""
_CREDIT: Final = 0.9
"""No single candidate makes a value certain."""


@dataclass(frozen=True, slots=True)
class Supported:
    """A value with its best candidate and the support of all: `1 - product of (1 - 0.9 score fit)`, 0.0 to 1.0."""

    normal: Normal
    text: str
    reader: str
    support: float


@dataclass(frozen=True, slots=True)
class Weighed:
    """Values best first; empty when no candidate obeys. `features` holds the reading's and `WEIGHING_FEATURES`."""

    values: tuple[Supported, ...]
    features: tuple[tuple[str, float], ...]

    @property
    def best(self) -> Supported | None:
        return self.values[0] if self.values else None


def weigh(reading: ZoneReading, *, grammar: FieldGrammar) -> Weighed:
    """Weigh a text reading's candidates. Deterministic: between equal supports the earlier candidate leads."""
    pairs = [(candidate, normal) for candidate in reading.candidates for normal in grammar.normalise(candidate.text)]
    groups: dict[str, list[tuple[TextCandidate, Normal]]] = {}
    for candidate, normal in pairs:
        groups.setdefault(normal.value, []).append((candidate, normal))
    values = tuple(sorted((_supported(group) for group in groups.values()), key=lambda value: -value.support))
    return Weighed(values, (*reading.features, *_features(reading, values, grammar).items()))


def _supported(group: list[tuple[TextCandidate, Normal]]) -> Supported:
    candidate, normal = max(group, key=lambda pair: pair[0].score * pair[1].fit)
    against = 1.0
    for one, its_normal in group:
        against *= 1.0 - _CREDIT * max(0.0, min(1.0, one.score)) * its_normal.fit
    return Supported(normal, candidate.text, candidate.reader, round(1.0 - against, 6))


def _features(reading: ZoneReading, values: tuple[Supported, ...], grammar: FieldGrammar) -> dict[str, float]:
    if not values:
        return dict(zip(WEIGHING_FEATURES, (0.0, 0.0, 0.0, 0.0, 0.5), strict=True))
    best = values[0]
    rival = values[1].support if len(values) > 1 else 0.0
    leading = [grammar.normalise(candidate.text)[:1] for candidate in reading.candidates]
    agree = sum(1 for normals in leading if normals and normals[0].value == best.normal.value)
    known = 0.5
    if Flag.KNOWN_NUMBER in best.normal.flags:
        known = 1.0
    elif Flag.OTHER_NUMBER in best.normal.flags:
        known = 0.0
    return {
        "grammar_fit": best.normal.fit,
        "value_margin": 1.0 - rival / best.support if best.support > 0.0 else 0.0,
        "value_agreement": agree / len(leading),
        "repairs": float(best.normal.repairs),
        "known_number": known,
    }
