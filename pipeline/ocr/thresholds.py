"""How sure a field must be to be accepted without a person, derived from the target error rate and kept as data."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final, cast

from pipeline.model import Script, Zone


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Least confidence, 0.0 to 1.0, for a value to be accepted.

    Attributes:
        ordinary, critical: printed entries; critical fields change the proceeding when wrong.
        hand_ordinary, hand_critical: handwritten entries and those of unsure script.
        marks, presence: check boxes; signatures, stamps and receipts. Their confidence measures the distance from the
            limits between marked and unmarked, so that it is no probability of an error.
        accepts_handwriting: no handwritten text is accepted at any confidence until a calibration allows it.
        by_field: stricter or looser ones for single particulars, printed or not.
    """

    ordinary: float = 0.98
    critical: float = 0.99
    hand_ordinary: float = 0.995
    hand_critical: float = 0.999
    marks: float = 0.7
    presence: float = 0.7
    accepts_handwriting: bool = False
    by_field: tuple[tuple[str, float], ...] = ()

    def text(self, zone: Zone, script: Script) -> float:
        """The threshold for a text entry; above 1.0, out of reach, where handwriting is not accepted."""
        if script is not Script.PRINT and not self.accepts_handwriting:
            return math.inf
        for name, threshold in self.by_field:
            if name == zone.name:
                return threshold
        if script is Script.PRINT:
            return self.critical if zone.critical else self.ordinary
        return self.hand_critical if zone.critical else self.hand_ordinary

    def to_json(self) -> str:
        """Stable text: sorted keys, newline at the end."""
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        return json.dumps(plain | {"by_field": dict(self.by_field)}, indent=1, sort_keys=True) + "\n"


DEFAULT_THRESHOLDS: Final = Thresholds()


def parse_thresholds(text: str) -> Thresholds:
    """Read thresholds from their JSON text; what it leaves out keeps its default.

    Raises:
        ValueError: no JSON object, an unknown name, or a value out of range.
    """
    document = json.loads(text)
    if not isinstance(document, dict):
        raise ValueError("thresholds are a JSON object")
    known = {field.name for field in fields(Thresholds)}
    unknown = sorted(set(document) - known)
    if unknown:
        raise ValueError(f"unknown thresholds: {', '.join(unknown)}")
    accepts = document.pop("accepts_handwriting", False)
    by_field = cast("Mapping[str, object]", document.pop("by_field", {}))
    if not isinstance(accepts, bool) or not isinstance(by_field, dict):
        raise ValueError("accepts_handwriting is true or false, by_field an object")
    numbers = {name: _share(name, value) for name, value in document.items()}
    single = tuple(sorted((name, _share(name, value)) for name, value in by_field.items()))
    return Thresholds(**numbers, accepts_handwriting=accepts, by_field=single)


def _share(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} must be 0.0 to 1.0, is {value!r}")
    return float(value)
