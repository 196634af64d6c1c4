"""What a scan of the target shows. `across` is along the lines of the image, `along` is the way of the paper."""

from __future__ import annotations

from dataclasses import dataclass

Curve = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Placing:
    """How true lengths are on one axis of the image.

    Attributes:
        dpi: found, not said.
        scale_error: by which share lengths come out too long at the resolution that was said.
        error_max_mm, error_rms_mm: of the dots, at the resolution that was said, best turned and moved.
        bend_max_mm, bend_rms_mm: what is left of that once both axes have their own scale and angle.
        uneven_max_mm: largest deviation of a ruler's ticks from even steps; null where the ruler cannot be followed.
        uneven: millimetres along the ruler, and deviation there in millimetres.
    """

    dpi: float
    scale_error: float
    error_max_mm: float
    error_rms_mm: float
    bend_max_mm: float
    bend_rms_mm: float
    uneven_max_mm: float | None
    uneven: Curve


@dataclass(frozen=True, slots=True)
class EdgeFound:
    """One edge: where its square stands, and line pairs per millimetre at half and at a tenth of the contrast."""

    place: str
    mtf50_lpmm: float
    mtf10_lpmm: float


@dataclass(frozen=True, slots=True)
class Sharpness:
    """How fine detail is told apart on one axis of the image.

    Attributes:
        mtf50_lpmm, mtf10_lpmm: mean of all edges.
        efficiency: what `mtf10_lpmm` of the worst place is of the finest lines that the pixels could hold, 0.0 to 1.0.
        peak: largest value of the mean curve; more than 1.0 where the scanner sharpens.
        edges: all that could be measured.
        curve: line pairs per millimetre, and the contrast left.
        fringe_px: largest distance of red or blue from green at an edge; null for a grey scan.
    """

    mtf50_lpmm: float
    mtf10_lpmm: float
    efficiency: float
    peak: float
    edges: tuple[EdgeFound, ...]
    curve: Curve
    fringe_px: float | None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the grey scale.

    Attributes:
        nominal: lightness (L*) that it is printed with.
        lightness: as scanned.
        gray: level, 0.0 to 255.0.
        noise_gray, noise: its spread, in levels and in L*, the slope of the light apart.
    """

    nominal: float
    lightness: float
    gray: float
    noise_gray: float
    noise: float

    @property
    def signal_to_noise(self) -> float:
        """Level by spread; 1000 and more counts as 1000."""
        return min(1000.0, self.gray / max(self.noise_gray, 1e-3))


@dataclass(frozen=True, slots=True)
class Tone:
    """How light and dark come out.

    Attributes:
        steps: from paper to black.
        error_max: largest deviation of a step in L*, when the paper's light counts as all and the black's as none.
        falling: each step is darker than the one before.
        white_clipped, black_clipped: share of the paper at the highest level, of the black patch at the lowest.
        light_spread: by which share the darkest place of the paper has less light than the brightest.
    """

    steps: tuple[Step, ...]
    error_max: float
    falling: bool
    white_clipped: float
    black_clipped: float
    light_spread: float

    @property
    def white(self) -> Step:
        return self.steps[0]

    @property
    def black(self) -> Step:
        return self.steps[-1]


@dataclass(frozen=True, slots=True)
class Color:
    """How colours come out, against what the patches are printed as: printer and paper differ from that as well.

    Attributes:
        mean, largest: CIEDE2000.
        gray_cast: largest chroma (CIELAB) of the light half of the grey steps.
    """

    mean: float
    largest: float
    gray_cast: float


@dataclass(frozen=True, slots=True)
class Streak:
    """A line through the whole scan: at which pixel, how many wide, how many grey levels off; `along` the way of the
    paper (a dead or dirty cell of the sensor) or across it."""

    along: bool
    at_px: int
    width_px: int
    depth: float


@dataclass(frozen=True, slots=True)
class TargetMeasures:
    """All that was measured of one side.

    Attributes:
        dpi_said: by the scanner.
        turns: clockwise quarter turns by which the target lay.
        skew_deg: counter-clockwise positive.
        shear_deg: by which the axes are off a right angle.
        dots: that were found.
        color: null for a grey scan.
        print_measured: the target says how far the print is off: lengths are true to that.
    """

    dpi_said: float
    turns: int
    skew_deg: float
    shear_deg: float
    dots: int
    across: Placing
    along: Placing
    sharp_across: Sharpness | None
    sharp_along: Sharpness | None
    tone: Tone
    color: Color | None
    streaks: tuple[Streak, ...]
    print_measured: bool
