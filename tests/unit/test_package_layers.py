"""Layers in a package follow from its proven scan: exchanged ones are named, whatever the manifests say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pytest

from pipeline.evidence.transfer import DerivedFacts, PageFacts
from pipeline.model import Digest, PageId
from pipeline.screens.derivatives import OWNERS, REGISTERED
from pipeline.screens.page_screen import Layer, LayeredScan
from pipeline.screens.pixels import MEDIA_TYPE, lossless
from pipeline.screens.views import layer_image, owned
from pipeline.usecases.package_binding import remarks
from pipeline.usecases.package_layers import differing_layers, layer_path, layers_compared
from tests.unit.page_facts import some_page

PAGE = PageId("f.0001")
SCAN = np.arange(48, dtype=np.uint8).reshape(6, 8) * 5
OWNED = np.array([[0, 0, 1, 1, 2, 2, 6, 6]] * 6, np.uint8)
LAYERED = LayeredScan(SCAN, OWNED, 300.0)
HAND = f"data/{layer_path(PAGE, Layer.HAND)}"
STAMP = f"data/{layer_path(PAGE, Layer.STAMP)}"


class MemoryFiles:
    """Fills `BagFiles`."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)

    def names(self) -> Iterator[str]:
        return iter(sorted(self.files))

    def read(self, name: str) -> bytes:
        return self.files[name]

    def digests(self, name: str) -> Mapping[str, str]:
        raise NotImplementedError


def _package() -> MemoryFiles:
    files = {f"data/pages/{PAGE}/{REGISTERED}": lossless(SCAN), f"data/pages/{PAGE}/{OWNERS}": lossless(OWNED)}
    for layer in Layer:
        if owned(LAYERED, {layer}).any():
            files[f"data/{layer_path(PAGE, layer)}"] = lossless(layer_image(LAYERED, {layer}))
    return MemoryFiles(files)


def _facts() -> PageFacts:
    derived = tuple(DerivedFacts(name, MEDIA_TYPE, Digest("0" * 64)) for name in (REGISTERED, OWNERS))
    return replace(some_page(), id=PAGE, derivatives=derived)


def _found(files: MemoryFiles) -> set[tuple[str, str]]:
    return {(its.code, its.subject) for its in differing_layers([_facts()], files, files.files.keys())}


def test_the_layers_of_a_scan_hold() -> None:
    assert _found(_package()) == set()


def _one_pixel(data: bytes) -> bytes:
    image = layer_image(LAYERED, {Layer.HAND}).copy()
    image[0, 2, 0] ^= 1
    return lossless(image)


@pytest.mark.parametrize(
    "other",
    [
        _one_pixel,
        lambda data: lossless(layer_image(LAYERED, {Layer.PRINT})),
        lambda data: lossless(SCAN),
        lambda data: lossless(np.zeros((6000, 8000, 2), np.uint8)),
        lambda data: data[:40],
        lambda data: b"",
    ],
)
def test_another_layer_in_its_place_is_named(other: object) -> None:
    files = _package()
    files.files[HAND] = other(files.files[HAND])  # type: ignore[operator]  # each takes the file and gives another

    assert _found(files) == {("package_layer_differs", HAND)}


def test_a_layer_left_out_or_invented_is_named() -> None:
    files = _package()
    files.files[STAMP] = files.files.pop(HAND)

    assert _found(files) == {("package_file_missing", HAND), ("package_layer_differs", STAMP)}


def test_layers_that_are_compared_are_not_counted_as_unproven() -> None:
    paths = [path.removeprefix("data/") for path in _package().files]
    proven = {f"pages/{PAGE}/{name}" for name in (REGISTERED, OWNERS)}

    assert list(remarks(paths, {*proven, *layers_compared([_facts()])}, {})) == []
    other = f"pages/{PAGE}/layers/other.png"
    (told,) = remarks([*paths, other], {*proven, *layers_compared([_facts()])}, {})
    assert dict(told.params)["count"] == 1
    (told,) = remarks(paths, {*proven, *layers_compared([replace(_facts(), derivatives=())])}, {})
    assert "pages/*/layers" in str(dict(told.params)["files"])


def test_a_page_without_layers_has_none_to_compare() -> None:
    assert list(differing_layers([replace(_facts(), derivatives=())], MemoryFiles({}), ())) == []
