"""The network that tells print from handwriting: 17 measures of an entry, 8 hidden nodes, the log-odds of print."""

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


PRINT_NET: Final = Net(
    inputs=(
        ("baseline_log", -4.0092, 0.9873),
        ("height_log", -3.5182, 1.1228),
        ("upright", 0.3289, 0.1309),
        ("level", 0.3225, 0.1105),
        ("twins", 0.2724, 0.2927),
        ("likeness", 0.4531, 0.3117),
        ("joined", 0.2770, 0.1098),
        ("pitch", 0.2730, 0.1974),
        ("straight", 0.2965, 0.1488),
        ("few_letters", 0.1432, 0.0906),
        ("free_score", 5.6223, 2.5744),
        ("least_score", 4.4520, 3.2089),
        ("second_score", 5.4069, 2.9409),
        ("weak_share", 0.1094, 0.2498),
        ("agreement", 0.9745, 0.1575),
        ("chars_log", 2.3114, 0.7960),
        ("in_cells", 0.2194, 0.4138),
    ),
    hidden=(
        (
            0.214,
            (
                -0.371,
                0.055,
                0.368,
                0.031,
                -0.055,
                0.395,
                0.935,
                0.406,
                -0.197,
                1.322,
                0.023,
                0.015,
                -0.027,
                -0.306,
                0.014,
                0.610,
                -0.148,
            ),
        ),
        (
            -0.900,
            (
                -0.995,
                -0.420,
                0.456,
                -0.137,
                -0.066,
                0.414,
                0.651,
                0.469,
                0.232,
                -0.450,
                -0.164,
                -0.120,
                0.467,
                0.091,
                -0.057,
                0.254,
                0.286,
            ),
        ),
        (
            2.001,
            (
                0.655,
                0.413,
                -0.393,
                -0.594,
                -0.035,
                -0.257,
                0.023,
                0.176,
                0.317,
                -0.046,
                -0.197,
                -0.658,
                -0.588,
                -0.358,
                0.251,
                0.357,
                -0.260,
            ),
        ),
        (
            -0.315,
            (
                -0.286,
                0.279,
                -0.212,
                0.280,
                -0.432,
                0.335,
                0.372,
                -0.056,
                0.863,
                -0.427,
                -0.195,
                0.259,
                -0.173,
                0.081,
                0.013,
                0.106,
                0.135,
            ),
        ),
        (
            -2.195,
            (
                0.519,
                0.331,
                0.468,
                -0.160,
                -0.248,
                -0.129,
                -0.819,
                0.001,
                0.138,
                0.004,
                -0.217,
                -0.374,
                -0.434,
                0.040,
                0.125,
                -0.650,
                -0.027,
            ),
        ),
        (
            -1.087,
            (
                0.550,
                0.326,
                0.226,
                -0.019,
                0.087,
                0.590,
                0.205,
                0.976,
                -0.148,
                0.352,
                0.032,
                0.238,
                -0.272,
                -0.311,
                0.275,
                -0.140,
                -0.799,
            ),
        ),
        (
            2.002,
            (
                0.104,
                -0.255,
                0.095,
                0.062,
                0.067,
                -0.446,
                -0.570,
                -0.048,
                -0.236,
                -0.734,
                0.422,
                0.054,
                -0.018,
                -0.346,
                -0.127,
                0.397,
                0.285,
            ),
        ),
        (
            0.902,
            (
                0.170,
                -0.317,
                0.316,
                0.426,
                -0.713,
                1.122,
                -0.001,
                0.020,
                0.312,
                0.835,
                0.199,
                -0.243,
                -0.136,
                -0.185,
                -0.101,
                -0.088,
                -0.079,
            ),
        ),
    ),
    out=(2.003, 1.942, -1.832, 1.661, 1.535, 1.694, 1.603, 1.852),
    bias=2.188,
)
"""Fitted on 5,500 entries: pages of the tuning typefaces and hands, a third of them through the whole flow; real French
handwriting and digits of the part to tune on, alone and on pages; real typewritten lines. The bias is 0.3 lower than
fitted. On the other part, after `settle_script`, of 1,800 handwritten entries on pages 1 was taken for print; of print
92 % was, of real typewritten lines standing alone 76 %."""
