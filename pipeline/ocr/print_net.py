"""The network that tells print from handwriting: measures of an entry in, the log-odds of print out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

LIMIT: Final = 4.0
"""Measures further from the centre than this many scales count as that far."""


@dataclass(frozen=True, slots=True)
class Net:
    """One hidden layer of hyperbolic tangents.

    Attributes:
        inputs: (measure, centre, scale), in the order of the weights.
        hidden: for each node its bias and its weights.
        out: the nodes' weights.
    """

    inputs: tuple[tuple[str, float, float], ...]
    hidden: tuple[tuple[float, tuple[float, ...]], ...]
    out: tuple[float, ...]
    bias: float

    def log_odds(self, measures: Mapping[str, float]) -> float:
        """Unbounded; 0.0 is as likely as not.

        Raises:
            KeyError: a measure is missing.
        """
        scaled = [max(-LIMIT, min(LIMIT, (measures[name] - centre) / scale)) for name, centre, scale in self.inputs]
        nodes = (
            math.tanh(bias + sum(weight * value for weight, value in zip(weights, scaled, strict=True)))
            for bias, weights in self.hidden
        )
        return self.bias + sum(weight * node for weight, node in zip(self.out, nodes, strict=True))

    def probability(self, measures: Mapping[str, float]) -> float:
        """0.0 to 1.0."""
        return 1.0 / (1.0 + math.exp(-self.log_odds(measures)))


@dataclass(frozen=True, slots=True)
class Settling:
    """How much an entry's page says of its script.

    Attributes:
        page_weight: the mean log-odds of all other entries counts this many times as much as the entry's own.
        clearly_hand: log-odds of an entry alone below which no page makes it print.
        held: the others count within this much.
        enough_others: with fewer other entries than this they count less.
    """

    page_weight: float
    clearly_hand: float
    held: float = 4.0
    enough_others: float = 4.0
