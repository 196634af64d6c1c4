"""How near measurements of the target come to faults that were put in: `python -m benchmarks.targets`.

Pages are drawn and the scanner is arithmetic (`tests.unit.target_scans`): no printer, no paper, no device.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Mapping

import numpy as np

from benchmarks.intervals import Rate
from benchmarks.tables import table
from pipeline.imaging.slanted_edge import EdgeResponse, frequency_at
from pipeline.imaging.target import measure
from tests.unit.target_scans import DPI, Faults, gray_of, scanned

FIRST_SEED = 4_000_000
"""No constant was chosen on scans from here on."""
TOLERANCES: Mapping[str, float] = {
    "resolution, %": 0.05,
    "skew, degrees": 0.02,
    "MTF50, %": 5.0,
    "MTF10, %": 7.0,
    "noise, %": 10.0,
    "red out of register, px": 0.1,
}


def faults_of(seed: int) -> Faults:
    """Faults as of an office's scanner, some worse."""
    chance = random.Random(seed)
    return Faults(
        blur_px=chance.uniform(0.35, 1.0),
        stretch=(chance.uniform(-0.015, 0.015), chance.uniform(-0.015, 0.015)),
        skew_deg=chance.uniform(-2.0, 2.0),
        noise=chance.uniform(1.0, 5.0),
        red_px=(chance.uniform(-1.0, 1.0), 0.0),
    )


def errors_of(faults: Faults, *, seed: int) -> tuple[dict[str, float], float]:
    """By how much each figure is off, and how many seconds of processor time measuring took."""
    image = scanned(faults, seed=seed)
    began_s = time.process_time()
    its = measure(gray_of(image), image, dpi_said=DPI)
    took_s = time.process_time() - began_s
    cycles = np.linspace(0.0, 1.0, 4001)
    mtf = np.exp(-2.0 * (math.pi * faults.blur_px * cycles) ** 2) * np.abs(np.sinc(cycles))
    known = EdgeResponse(cycles, mtf, 0.0, 0.0)
    along = its.sharp_along
    across = its.sharp_across
    if along is None or across is None:
        return dict.fromkeys(TOLERANCES, math.inf), took_s
    scale = DPI / 25.4
    # Red is moved sideways: along the paper the edges are as the blur left them.
    ratios = [
        found / (frequency_at(known, left) * scale) - 1.0
        for found, left in ((along.mtf50_lpmm, 0.5), (along.mtf10_lpmm, 0.1))
    ]
    noise = float(np.median([step.noise_gray for step in its.tone.steps]))
    scales = (its.across.scale_error - faults.stretch[0], its.along.scale_error - faults.stretch[1])
    off = (
        100.0 * max(map(abs, scales)),
        abs(its.skew_deg - faults.skew_deg),
        100.0 * abs(ratios[0]),
        100.0 * abs(ratios[1]),
        100.0 * abs(noise / faults.noise - 1.0),
        abs((across.fringe_px or 0.0) - abs(faults.red_px[0])),
    )
    return dict(zip(TOLERANCES, off, strict=True)), took_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=24, help="scans")
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help="of the first")
    asked = parser.parse_args()
    found = [errors_of(faults_of(seed), seed=seed) for seed in range(asked.seed, asked.seed + asked.count)]
    rows = []
    for name, most in TOLERANCES.items():
        errors = [off[name] for off, _ in found]
        within = Rate(sum(error <= most for error in errors), len(errors))
        rows.append((name, f"{np.mean(errors):.3f}", f"{max(errors):.3f}", f"{most:g}", within))
    print(table("Measuring scanners: off by", ("figure", "mean", "largest", "tolerance", "within it"), rows))
    took_s = float(np.median([took for _, took in found]))
    print(f"{took_s:.2f} s of processor time a side of letter size at {DPI} dpi, in colour")


if __name__ == "__main__":
    main()
