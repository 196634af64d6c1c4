"""The library of layouts, prepared once for identification, registration and drop-out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from pipeline.model import FontFace, Layout, LayoutId
from pipeline.ports import Cache
from pipeline.templates.fonts import Fonts
from pipeline.templates.landmarks import Landmarks, choose_structure, choose_words
from pipeline.templates.packing import Arrays, packed, unpacked
from pipeline.templates.render import Parts, render_parts
from pipeline.templates.rescale import rescaled
from pipeline.templates.signature import BIN_MM, signature, spectra

WORK_DPI = 100.0
"""Identification works here: 6 point type has 4 px of x-height, and a legal page is 1.2 megapixels."""
FINE_DPI = 150.0
"""Registration works here."""
STRUCTURE_SPACING_MM, WORDS_SPACING_MM = 20.0, 24.0
FINE_SPACING_MM = 12.0
"""Paper stretches over some 40 mm and more; one landmark each 12 mm shows it although entries hide some."""


DRAWN_DPI = 300.0
"""Artwork is drawn here and averaged down: at 150 dpi the renderer moves letters to whole pixels, by 0.04 mm."""


class NothingKept:
    """A `Cache` that keeps nothing."""

    def get(self, key: str) -> bytes | None:
        del key
        return None

    def put(self, key: str, data: bytes) -> None:
        del key, data


@dataclass(frozen=True, slots=True, eq=False)
class PreparedLayout:
    """A layout with what is looked for on a page. The edition mark is left out: its absence must not count.

    Attributes:
        cache: where more of what is drawn from this layout may be kept.
        key: names the layout's content and its typefaces.
        down, across: `(2, 513) complex64`, spectra of the ink and rule profiles.
        structure, words: landmarks at 100 dpi, for identification.
        fine: landmarks at 150 dpi, for registration.
    """

    layout: Layout
    fonts: Fonts
    cache: Cache
    key: str
    down: npt.NDArray[np.complex64]
    across: npt.NDArray[np.complex64]
    structure: Landmarks
    words: Landmarks
    fine: Landmarks

    @staticmethod
    def of(layout: Layout, fonts: Fonts, *, cache: Cache | None = None) -> PreparedLayout:
        """The layout prepared, from the cache if it is kept there."""
        kept = NothingKept() if cache is None else cache
        key = f"{_digest(fonts)} {sha256(repr(layout).encode()).hexdigest()}"
        features = unpacked(kept.get(f"features {key}"))
        if features is None:
            features = _features(layout, fonts)
            kept.put(f"features {key}", packed(features))
        return PreparedLayout(
            layout=layout,
            fonts=fonts,
            cache=kept,
            key=key,
            down=features["down"],
            across=features["across"],
            structure=_landmarks(features, "structure", WORK_DPI),
            words=_landmarks(features, "words", WORK_DPI),
            fine=_landmarks(features, "fine", FINE_DPI),
        )

    def printed(self, dpi: float) -> Parts:
        """The whole artwork, edition mark included, at a resolution; drawn anew each time."""
        return render_parts(self.layout, self.fonts, dpi=dpi)


@dataclass(frozen=True, slots=True, eq=False)
class LayoutLibrary:
    """All layouts that a page may show, with their spectra side by side: one product tries them all.

    Attributes:
        down, across: `(n, 2, 513) complex64`, in the order of `prepared`.
    """

    prepared: tuple[PreparedLayout, ...]
    down: npt.NDArray[np.complex64]
    across: npt.NDArray[np.complex64]

    @staticmethod
    def build(layouts: Iterable[Layout], fonts: Fonts, *, cache: Cache | None = None) -> LayoutLibrary:
        """Draw every layout that is not in the cache and take its features; about 0.15 s a legal-size layout."""
        prepared = tuple(PreparedLayout.of(layout, fonts, cache=cache) for layout in layouts)
        none = np.empty((0, 2, 513), np.complex64)
        return LayoutLibrary(
            prepared=prepared,
            down=np.stack([each.down for each in prepared]) if prepared else none,
            across=np.stack([each.across for each in prepared]) if prepared else none,
        )

    def only(self, layout_id: LayoutId) -> LayoutLibrary:
        """A library of this layout alone. Raises KeyError when there is no such layout."""
        its = self.get(layout_id)
        return LayoutLibrary((its,), its.down[None], its.across[None])

    def without(self, layout_ids: Collection[LayoutId]) -> LayoutLibrary:
        """The library less some layouts; itself where it has none of them."""
        kept = [index for index, each in enumerate(self.prepared) if each.layout.id not in layout_ids]
        if len(kept) == len(self.prepared):
            return self
        return LayoutLibrary(tuple(self.prepared[index] for index in kept), self.down[kept], self.across[kept])

    def get(self, layout_id: LayoutId) -> PreparedLayout:
        """Raises KeyError when the library has no such layout."""
        for each in self.prepared:
            if each.layout.id == layout_id:
                return each
        raise KeyError(layout_id)


@lru_cache(maxsize=8)
def _digest(fonts: Fonts) -> str:
    return sha256(b"".join(sha256(fonts.data(face)).digest() for face in FontFace)).hexdigest()


def _features(layout: Layout, fonts: Fonts) -> Arrays:
    drawn = render_parts(replace(layout, edition_mark=None, detachable_mark=None), fonts, dpi=DRAWN_DPI)
    fine, coarse = _reduced(drawn, FINE_DPI), _reduced(drawn, WORK_DPI)
    signed = signature(np.minimum(coarse.lines, coarse.text), dpi=WORK_DPI)
    bin_px = np.array([BIN_MM * WORK_DPI / 25.4])
    landmarks = {
        "structure": choose_structure(coarse, dpi=WORK_DPI, spacing_mm=STRUCTURE_SPACING_MM),
        "words": choose_words(coarse, dpi=WORK_DPI, spacing_mm=WORDS_SPACING_MM),
        "fine": choose_structure(fine, dpi=FINE_DPI, spacing_mm=FINE_SPACING_MM),
    }
    features = {"down": spectra(signed.down, bin_px)[0], "across": spectra(signed.across, bin_px)[0]}
    for name, found in landmarks.items():
        features |= {f"{name}_{part}": getattr(found, part) for part in _LANDMARK_PARTS}
    return features


_LANDMARK_PARTS = ("centers_mm", "patches", "information")


def _landmarks(features: Arrays, name: str, dpi: float) -> Landmarks:
    return Landmarks(dpi, *(features[f"{name}_{part}"] for part in _LANDMARK_PARTS))


def _reduced(parts: Parts, dpi: float) -> Parts:
    lines, text = (rescaled(image, dpi / DRAWN_DPI).image for image in (parts.lines, parts.text))
    return Parts(lines, text)
