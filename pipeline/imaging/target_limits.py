"""What a scanner must reach to read documents at 300 dpi, each limit with where it comes from.

Limits of standards are for what a print in an office cannot spoil. Those for tone and colour are wide, and are ours: a
printer and its paper differ from what they are told to print by more than most scanners differ from the truth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pipeline.imaging.target_measures import Sharpness, TargetMeasures
from pipeline.model import Reason


class Source(StrEnum):
    """Where a limit comes from."""

    ISO_C = "iso_c"
    """ISO 19264-1:2021, level C."""
    FADGI_3 = "fadgi_3"
    """FADGI 2023, three stars."""
    FADGI_2 = "fadgi_2"
    """FADGI, two stars."""
    OURS = "ours"


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit.

    Attributes:
        code: `limit_...`, the sentence of a scanner that misses it.
        bound: that the figure may reach: at least it where `least`, else at most it.
        unit: `percent` (figures are shares), `mm`, `deg`, `px`, `l` (L*), `delta_e`, `times`, `count`.
        figure: of a side's measures; null: it has none.
    """

    code: str
    bound: float
    unit: str
    source: Source
    figure: Callable[[TargetMeasures], float | None]
    least: bool = False

    def met(self, found: float) -> bool:
        return found >= self.bound if self.least else found <= self.bound


@dataclass(frozen=True, slots=True)
class Judged:
    """A figure against its limit; null figures are of what this scan cannot show."""

    limit: Limit
    found: float | None

    @property
    def met(self) -> bool:
        return self.found is None or self.limit.met(self.found)


def _least_efficiency(its: TargetMeasures) -> float:
    """Edges that cannot be measured are no sharper than no edges at all."""
    return min(0.0 if axis is None else axis.efficiency for axis in (its.sharp_across, its.sharp_along))


def _axes(its: TargetMeasures) -> tuple[Sharpness, ...]:
    return tuple(axis for axis in (its.sharp_across, its.sharp_along) if axis is not None)


def _peak(its: TargetMeasures) -> float | None:
    return max((axis.peak for axis in _axes(its)), default=None)


def _fringe(its: TargetMeasures) -> float | None:
    return max((axis.fringe_px for axis in _axes(its) if axis.fringe_px is not None), default=None)


def _uneven(its: TargetMeasures) -> float | None:
    found = [axis.uneven_max_mm for axis in (its.across, its.along) if axis.uneven_max_mm is not None]
    return max(found, default=None)


LIMITS: Final = (
    Limit(
        "limit_resolution",
        0.02,
        "percent",
        Source.FADGI_3,
        lambda its: max(abs(its.across.scale_error), abs(its.along.scale_error)),
    ),
    Limit(
        "limit_bend",
        0.5,
        "mm",
        Source.OURS,
        lambda its: max(its.across.bend_max_mm, its.along.bend_max_mm),
    ),
    Limit("limit_uneven", 0.3, "mm", Source.OURS, _uneven),
    Limit("limit_angle", 0.3, "deg", Source.OURS, lambda its: abs(its.shear_deg)),
    Limit("limit_sharpness", 0.70, "percent", Source.ISO_C, _least_efficiency, least=True),
    Limit("limit_sharpened", 1.2, "times", Source.FADGI_2, _peak),
    Limit("limit_fringe", 0.80, "px", Source.FADGI_2, _fringe),
    Limit("limit_noise", 2.2, "l", Source.ISO_C, lambda its: max(its.tone.white.noise, its.tone.black.noise)),
    Limit("limit_light", 0.05, "percent", Source.FADGI_2, lambda its: its.tone.light_spread),
    Limit("limit_white", 85.0, "l", Source.OURS, lambda its: its.tone.white.lightness, least=True),
    Limit("limit_black", 35.0, "l", Source.OURS, lambda its: its.tone.black.lightness),
    Limit("limit_clipped_white", 0.5, "percent", Source.OURS, lambda its: its.tone.white_clipped),
    Limit("limit_clipped_black", 0.5, "percent", Source.OURS, lambda its: its.tone.black_clipped),
    Limit("limit_tone", 12.0, "l", Source.OURS, lambda its: its.tone.error_max),
    Limit("limit_tone_order", 0.0, "count", Source.OURS, lambda its: 0.0 if its.tone.falling else 1.0),
    Limit("limit_color", 15.0, "delta_e", Source.OURS, lambda its: None if its.color is None else its.color.mean),
    Limit(
        "limit_color_one", 30.0, "delta_e", Source.OURS, lambda its: None if its.color is None else its.color.largest
    ),
    Limit("limit_cast", 8.0, "l", Source.OURS, lambda its: None if its.color is None else its.color.gray_cast),
    Limit("limit_streaks", 0.0, "count", Source.OURS, lambda its: float(len(its.streaks))),
)
"""In the order in which people read them."""


def judged(measures: TargetMeasures) -> tuple[Judged, ...]:
    """Every limit, in their order."""
    return tuple(Judged(limit, limit.figure(measures)) for limit in LIMITS)


def findings(measures: TargetMeasures, *, side: str) -> tuple[Reason, ...]:
    """The limits that a side misses, with what was found and what is asked; none: it reaches all of them."""
    return tuple(
        Reason(its.limit.code, (("side", side), ("found", written(its.limit, its.found)), ("bound", bound(its.limit))))
        for its in judged(measures)
        if its.found is not None and not its.met
    )


def bound(limit: Limit) -> str:
    """As people read it, without its unit."""
    return written(limit, limit.bound)


def written(limit: Limit, found: float) -> str:
    """A figure with the decimals that mean something."""
    match limit.unit:
        case "percent":
            return f"{100.0 * found:.1f}"
        case "count":
            return f"{found:.0f}"
        case "l" | "delta_e":
            return f"{found:.1f}"
        case _:
            return f"{found:.2f}"
