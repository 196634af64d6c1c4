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

LEAST_SCORE: Final = 0.00001


@dataclass(frozen=True, slots=True)
class Term:
    """One measure in a model: `weight * (x - centre) / scale`, where x is the measure or its log-odds.

    Attributes:
        log_odds: x = ln(v / (1 - v)), v held within `LEAST_SCORE` of 0.0 and 1.0: scores crowd near 1.0.
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
        return self.weight * (transformed(raw, in_odds=self.log_odds) - self.centre) / self.scale


@dataclass(frozen=True, slots=True)
class Model:
    """A logistic model and the rising line that turns its score into an observed rate.

    `knots` are (score, probability), both rising. Between two of them the log-odds run straight; outside them the
    first and the last probability hold, because beyond the rows that were fitted nothing is known. Without knots the
    logistic value itself is the probability.
    """

    intercept: float
    terms: tuple[Term, ...]
    knots: tuple[tuple[float, float], ...] = ()

    def score(self, features: Mapping[str, float]) -> float:
        """Log-odds before the knots, unbounded."""
        return self.intercept + sum(term.value(features) for term in self.terms)

    def probability(self, features: Mapping[str, float]) -> float:
        score = self.score(features)
        return self.at(score)

    def at(self, score: float) -> float:
        """The probability that goes with a score."""
        if not self.knots:
            return logistic(score)
        place = bisect_right([knot for knot, _ in self.knots], score)
        if place == 0 or place == len(self.knots):
            return self.knots[max(0, place - 1)][1]
        (left, low), (right, high) = self.knots[place - 1 : place + 1]
        share = (score - left) / (right - left)
        return logistic((1.0 - share) * log_odds(low) + share * log_odds(high))


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


def log_odds(probability: float) -> float:
    """ln(p / (1 - p)), p held within a millionth of 0.0 and 1.0."""
    held = max(1e-6, min(1.0 - 1e-6, probability))
    return math.log(held / (1.0 - held))


def logistic(odds: float) -> float:
    """The probability of these log-odds."""
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, odds))))


def transformed(value: float, *, in_odds: bool) -> float:
    """The measure as a model sees it."""
    return log_odds(max(LEAST_SCORE, min(1.0 - LEAST_SCORE, value))) if in_odds else value


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
    knots = cast("list[list[float]]", document["knots"])
    return Model(
        intercept=float(cast("float", document["intercept"])),
        terms=tuple(_term(term) for term in terms),
        knots=tuple((float(score), float(rate)) for score, rate in knots),
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
        "knots": [[round(score, 6), round(rate, 6)] for score, rate in model.knots],
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
