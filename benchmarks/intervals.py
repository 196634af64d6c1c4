"""Confidence intervals for counts: what a rate measured on few cases can and cannot claim."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of hits with its 95 % Wilson interval; `low` and `high` are 0.0 and 1.0 without trials."""

    hits: int
    trials: int

    @property
    def share(self) -> float:
        return self.hits / self.trials if self.trials else 0.0

    @property
    def low(self) -> float:
        return self._wilson()[0]

    @property
    def high(self) -> float:
        return self._wilson()[1]

    def _wilson(self) -> tuple[float, float]:
        """E. B. Wilson, JASA 22 (1927), the score interval."""
        if not self.trials:
            return 0.0, 1.0
        z = 1.959964
        n, p = self.trials, self.share
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        reach = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        # Exactly 0 and 1 at the ends, where the subtraction leaves rounding.
        return max(0.0, centre - reach) if self.hits else 0.0, min(1.0, centre + reach) if self.hits < n else 1.0

    def __str__(self) -> str:
        if not self.trials:
            return "-"
        return f"{100 * self.share:.2f} % [{100 * self.low:.2f}, {100 * self.high:.2f}] of {self.trials}"
