"""Confidence: from named measures of a reading to the probability that the whole field is right.

The engines' own scores carry no credit by themselves: a model fitted on readings with known truth weighs them
(`python -m pipeline.ocr.training.calibrate`). Print and handwriting have a model each, because the same scores mean
different things there; what is not surely print is judged as handwriting.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

READING_FEATURES: Final = (
    "free_score",
    "limited_score",
    "free_min_score",
    "limited_min_score",
    "agreement",
    "similarity",
    "second_agreement",
    "ink",
    "edge_ink",
    "crossed",
    "contrast",
    "height_regularity",
    "print_probability",
    "chars",
    "lines",
    "cells_match",
)
"""The measures that `zones.read_zone` gives with every text reading, in this order, all 0.0 to 1.0 but the counts.

free_score, limited_score: mean character score of the decode without and with the field's alphabet (lowest line).
free_min_score, limited_min_score: score of the weakest character.
agreement: 1.0 when both decodes are the same text apart from spaces; similarity: 1 - edit distance / length.
second_agreement: 1.0 the second reader says the same as the limited decode, 0.0 something else, 0.5 it was not asked.
ink: share of the zone covered by entry ink; edge_ink: share of the ink in and at the zone that
runs out of it by more than 1.5 mm; crossed: 1.0 when such foreign ink comes within 0.7 mm of the writing.
contrast: how dark the strokes are (0.0 as the paper, 1.0 black).
height_regularity, print_probability: see `script`. chars, lines: counts.
cells_match: 1.0 as many characters as written cells (or no cells), 0.0 not.
"""


@dataclass(frozen=True, slots=True)
class Term:
    """One measure in a model: `weight * (x - centre) / scale`, where x is the measure or its log-odds.

    Attributes:
        log_odds: x = ln(v / (1 - v)), v held within 0.0005 to 0.9995: scores crowd near 1.0.
        missing: the measure's value when a reading does not give it.
    """

    feature: str
    weight: float
    centre: float
    scale: float
    log_odds: bool = False
    missing: float = 0.0

    def value(self, features: Mapping[str, float]) -> float:
        raw = features.get(self.feature, self.missing)
        return self.weight * (transformed(raw, log_odds=self.log_odds) - self.centre) / self.scale


@dataclass(frozen=True, slots=True)
class Model:
    """A logistic model and the step function that turns its score into an observed rate.

    `steps` are (lower bound of the score, probability), both rising; below the first bound the first probability
    holds. Without steps the logistic value itself is the probability.
    """

    intercept: float
    terms: tuple[Term, ...]
    steps: tuple[tuple[float, float], ...] = ()

    def score(self, features: Mapping[str, float]) -> float:
        """Log-odds before the steps, unbounded."""
        return self.intercept + sum(term.value(features) for term in self.terms)

    def probability(self, features: Mapping[str, float]) -> float:
        score = self.score(features)
        if not self.steps:
            return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, score))))
        place = bisect_right([bound for bound, _ in self.steps], score) - 1
        return self.steps[max(0, place)][1]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Models for print and handwriting; readings with a print probability below `print_from` count as handwriting.

    Attributes:
        source: what it was fitted on, for the record.
    """

    print_model: Model
    hand_model: Model
    print_from: float
    source: str = ""

    def probability(self, features: Mapping[str, float]) -> float:
        """Probability, 0.0 to 1.0, that the field's value is right.

        Args:
            features: the measures of `READING_FEATURES` and those that the judge adds; unknown names are ignored.
        """
        is_print = features.get("print_probability", 0.0) >= self.print_from
        return (self.print_model if is_print else self.hand_model).probability(features)

    def to_json(self) -> str:
        """Stable text: sorted keys, six decimals, newline at the end."""
        document = {
            "hand": _model_document(self.hand_model),
            "print": _model_document(self.print_model),
            "print_from": self.print_from,
            "source": self.source,
        }
        return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def transformed(value: float, *, log_odds: bool) -> float:
    """The measure as a model sees it."""
    if not log_odds:
        return value
    held = max(0.0005, min(0.9995, value))
    return math.log(held / (1.0 - held))


def parse_calibration(text: str) -> Calibration:
    """Read a calibration from its JSON text.

    Raises:
        ValueError: the text is no calibration.
    """
    try:
        document = cast("dict[str, object]", json.loads(text))
        return Calibration(
            print_model=_model(document["print"]),
            hand_model=_model(document["hand"]),
            print_from=float(cast("float", document["print_from"])),
            source=str(document.get("source", "")),
        )
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"not a calibration: {error!r}") from error


def _model(part: object) -> Model:
    document = cast("dict[str, object]", part)
    terms = cast("list[dict[str, object]]", document["terms"])
    steps = cast("list[list[float]]", document["steps"])
    return Model(
        intercept=float(cast("float", document["intercept"])),
        terms=tuple(_term(term) for term in terms),
        steps=tuple((float(bound), float(rate)) for bound, rate in steps),
    )


def _term(part: dict[str, object]) -> Term:
    return Term(
        feature=str(part["feature"]),
        weight=float(cast("float", part["weight"])),
        centre=float(cast("float", part["centre"])),
        scale=float(cast("float", part["scale"])),
        log_odds=bool(part["log_odds"]),
        missing=float(cast("float", part["missing"])),
    )


def _model_document(model: Model) -> dict[str, object]:
    return {
        "intercept": round(model.intercept, 6),
        "steps": [[round(bound, 6), round(rate, 6)] for bound, rate in model.steps],
        "terms": [
            {
                "feature": term.feature,
                "weight": round(term.weight, 6),
                "centre": round(term.centre, 6),
                "scale": round(term.scale, 6),
                "log_odds": term.log_odds,
                "missing": round(term.missing, 6),
            }
            for term in model.terms
        ],
    }
