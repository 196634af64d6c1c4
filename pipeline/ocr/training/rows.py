"""What is fitted on: judged fields with known truth, as JSON lines written by `python -m benchmarks.rows`.

A text row holds `features` (names to numbers, exactly as the judge passes them to `Calibration.probability`); a row of
a check box, signature, stamp or receipt holds the `confidence` that the ink gave. Empty fields give no row.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.ocr.script import PRINT_FROM


@dataclass(frozen=True, slots=True)
class Row:
    """One judged text: what the judge knew, whether its leading value was right, what it was.

    Attributes:
        script: how it was truly made, `print` or `hand`; `none` for specks in an empty space.
        sheet: rows of one sheet are alike, so they are never parted between fitting and checking.
        blocked: kept from being accepted by a fact that no confidence outweighs.
    """

    features: dict[str, float]
    correct: bool
    kind: str
    script: str
    sheet: str = ""
    critical: bool = False
    blocked: bool = False

    @property
    def as_print(self) -> bool:
        """Whether the judge takes it for print."""
        return self.features.get("print_probability", 0.0) >= PRINT_FROM


@dataclass(frozen=True, slots=True)
class InkRow:
    """One decided check box, signature, stamp or receipt. `entered`: truly marked, signed, stamped."""

    confidence: float
    correct: bool
    kind: str
    sheet: str
    entered: bool


def parse_rows(lines: Iterable[str]) -> tuple[Row, ...]:
    """The text rows of JSON lines; blank lines are passed over.

    Raises:
        ValueError: a line is no row; the message holds its number.
    """
    rows = []
    for number, part in _numbered(lines):
        if "confidence" in part:
            continue
        try:
            features = {str(name): float(value) for name, value in _mapping(part["features"]).items()}
            rows.append(
                Row(
                    features,
                    bool(part["correct"]),
                    str(part["kind"]),
                    str(part["script"]),
                    sheet=str(part.get("sheet", "")),
                    critical=bool(part.get("critical", False)),
                    blocked=bool(part.get("blocked", False)),
                )
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"line {number} is no row: {error!r}") from error
    return tuple(rows)


def parse_ink_rows(lines: Iterable[str]) -> tuple[InkRow, ...]:
    """The other rows. Raises as `parse_rows`."""
    rows = []
    for number, part in _numbered(lines):
        if "confidence" not in part:
            continue
        try:
            confidence = float(str(part["confidence"]))
            correct, entered = bool(part["correct"]), bool(part["entered"])
            rows.append(InkRow(confidence, correct, str(part["kind"]), str(part["sheet"]), entered))
        except (KeyError, ValueError) as error:
            raise ValueError(f"line {number} is no row: {error!r}") from error
    return tuple(rows)


def load_lines(paths: Sequence[Path]) -> list[str]:
    """All lines of these files, in order."""
    return [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


def _numbered(lines: Iterable[str]) -> Iterable[tuple[int, Mapping[str, object]]]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield number, _mapping(json.loads(line))
            except (TypeError, ValueError) as error:
                raise ValueError(f"line {number} is no row: {error!r}") from error


def _mapping(part: object) -> Mapping[str, float]:
    if not isinstance(part, dict):
        raise TypeError(f"{type(part).__name__} where an object must be")
    return part
