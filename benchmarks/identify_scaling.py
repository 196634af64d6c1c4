"""How the time to identify a page grows with the library: real layouts and editions of them with moved and scaled rows.

`python -m benchmarks.identify_scaling [--pages N] [--sizes 10 50 200]` prints CPU time a page and how many of the pages
were recognised. Every library holds the layouts of the pages asked for; the others are what grows.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from pipeline.geometry import BoxMm
from pipeline.imaging.orient import likely_turns
from pipeline.imaging.paper import find_paper
from pipeline.layout import Artwork, Frame, Heading, Layout, LayoutId, Paragraph, Picture, Rule
from pipeline.model import GrayImage
from pipeline.storage.layout_files import load_fonts, load_layouts
from pipeline.templates.identify import identify
from pipeline.templates.library import LayoutLibrary
from samples.fontpool import TRAIN
from samples.generate import sheet
from samples.wear import Level

SIZES = (10, 50, 200)
SEED = 61_000
"""Below 100,000: this measures time; accuracy over editions is measured elsewhere, on other seeds."""
BANDS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    image: GrayImage
    dpi: float
    layout_id: LayoutId


def synthetic(layout: Layout, number: int) -> Layout:
    """An edition that nobody printed: bands of the sheet moved by a few millimetres, the width changed a little."""
    rng = np.random.default_rng((number, *layout.id.encode("ascii")))
    edges = np.linspace(0.0, layout.size_mm[1], BANDS + 1)
    moves = rng.uniform(-7.0, 7.0, BANDS)
    moves[0] = max(moves[0], 0.0)
    moves[-1] = min(moves[-1], 0.0)
    squeeze = float(rng.uniform(0.9, 1.0))

    def down(y_mm: float) -> float:
        return y_mm + float(moves[min(int(np.searchsorted(edges, y_mm, "right")) - 1, BANDS - 1)])

    artwork = tuple(_moved(item, down, squeeze) for item in layout.artwork)
    edition = f"synthetic-{number}"
    layout_id = LayoutId(f"{layout.id.partition('@')[0]}@{edition}")
    return replace(layout, id=layout_id, edition=edition, artwork=artwork, edition_mark=None, detachable_mark=None)


def _moved(item: Artwork, down: Callable[[float], float], squeeze: float) -> Artwork:
    if isinstance(item, Rule):
        return replace(item, x1=item.x1 * squeeze, x2=item.x2 * squeeze, y1=down(item.y1), y2=down(item.y2))
    if isinstance(item, Heading):
        return replace(item, x=item.x * squeeze, y=down(item.y))
    if isinstance(item, Frame | Paragraph | Picture):
        box = item.box_mm
        return replace(item, box_mm=BoxMm(box.x * squeeze, down(box.y), box.width * squeeze, box.height))
    raise TypeError(item)


def libraries(real: Sequence[Layout], sizes: Sequence[int]) -> list[Sequence[Layout]]:
    """For each size the first real layouts, then synthetic editions of them in turn."""
    most = max(sizes)
    made = [synthetic(real[number % len(real)], number) for number in range(max(0, most - len(real)))]
    return [[*real, *made][:size] for size in sizes]


def pages(layouts: Sequence[Layout], count: int) -> list[Page]:
    """Worn scans of the layouts in turn."""
    found = []
    for number in range(count):
        layout = layouts[number % len(layouts)]
        level = (Level.LIGHT, Level.MEDIUM)[number % 2]
        scan = sheet(SEED + number, pool=TRAIN, level=level, layout_id=layout.id, dpi=200.0, duplex=False).pages[0]
        paper = find_paper(np.asarray(cv2.cvtColor(scan.image, cv2.COLOR_RGB2GRAY), dtype=np.uint8), dpi=scan.dpi)
        found.append(Page(paper.image, paper.likely_dpi, layout.id))
    return found


def measured(library: LayoutLibrary, scans: Sequence[Page]) -> tuple[float, int, int]:
    """CPU seconds a page, and how many pages were recognised and how many mistaken; without their edition marks."""
    right = wrong = 0
    start = time.process_time()
    for page in scans:
        found = identify(page.image, dpi=page.dpi, library=library, turns=likely_turns(page.image))
        right += found.layout == page.layout_id
        wrong += found.layout not in (None, page.layout_id)
    return (time.process_time() - start) / len(scans), right, wrong


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.identify_scaling", description=__doc__)
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    real = load_layouts()
    scans = pages(real[: min(options.sizes)], options.pages)
    print(f"{'layouts':>8}{'CPU ms a page':>16}{'recognised':>12}{'mistaken':>10}")
    for layouts in libraries(real, options.sizes):
        library = LayoutLibrary.build(layouts, load_fonts())
        measured(library, scans[:1])
        seconds, right, wrong = measured(library, scans)
        print(f"{len(layouts):>8}{1000 * seconds:>16.0f}{right:>9}/{len(scans)}{wrong:>10}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
