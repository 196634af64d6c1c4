"""What an IIIF request is of an image, against the sentences of Image API 3.0 and 2.1, section 4."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputRefused
from pipeline.geometry import BoxPx
from pipeline.screens.iiif.cut import MAX_AREA_PX, MAX_SIDE_PX, Cut, canonical, cut_of
from pipeline.screens.iiif.info import info_json
from pipeline.screens.iiif.request import Version, image_request

SIDES = st.integers(1, 20_000)
COUNTS = st.integers(1, 40_000)
VERSIONS = st.sampled_from(Version)


def asked(
    region: str = "full",
    size: str = "max",
    *,
    of: tuple[int, int] = (1000, 800),
    version: Version = Version.THREE,
    rotation: str = "0",
    name: str = "default.jpg",
) -> Cut:
    return cut_of(image_request(version, region, size, rotation, name), *of)


def answered(*parts: str, of: tuple[int, int] = (1000, 800), version: Version = Version.THREE) -> Cut | str:
    """A cut, or the code of a refusal; parts that are not given are the plainest."""
    region, size, rotation, name = (*parts, *("full", "max", "0", "default.jpg")[len(parts) :])
    try:
        return asked(region, size, of=of, version=version, rotation=rotation, name=name)
    except InputRefused as error:
        return error.code


def refused(*parts: str, version: Version = Version.THREE) -> str:
    found = answered(*parts, version=version)
    assert isinstance(found, str)
    return found


@pytest.mark.parametrize(
    ("region", "box"),
    [
        ("full", (0, 0, 1000, 800)),
        ("square", (100, 0, 800, 800)),
        ("125,15,120,140", (125, 15, 120, 140)),
        ("pct:41.6,7.5,40,70", (416, 60, 400, 560)),
        ("900,700,200,200", (900, 700, 100, 100)),
        ("pct:50,50,66.6,75", (500, 400, 500, 400)),
        ("pct:0,0,.001,.001", (0, 0, 1, 1)),
        ("pct:99.99,99.99,1,1", (999, 799, 1, 1)),
    ],
)
def test_a_region_is_the_pixels_that_it_names_cut_off_where_the_image_ends(
    region: str, box: tuple[int, int, int, int]
) -> None:
    assert asked(region).box == BoxPx(*box)


@pytest.mark.parametrize("region", ["1000,0,1,1", "0,800,1,1", "pct:100,0,1,1", "999999999,0,1,1"])
def test_a_region_outside_of_the_image_is_refused(region: str) -> None:
    assert refused(region) == "iiif_region_outside"


@pytest.mark.parametrize(
    "region",
    [
        *("0,0,0,1", "0,0,1,0", "pct:0,0,0,1", "-1,0,1,1", "1,1,1", "0,0,1,1,1", "0,0,1.5,1", "1e3,0,1,1", "FULL", ""),
        *("pct:0,0,1e9,1", "0,0,1,1 ", "٣,0,1,1", "0,0,9999999999,1", "pct:0,0,1", "pct:nan,0,1,1", "max", "full\n"),
    ],
)
def test_a_region_that_is_none_is_refused(region: str) -> None:
    assert refused(region) == "iiif_region"


@pytest.mark.parametrize(
    ("size", "answer"),
    [
        ("max", (1000, 800)),
        ("500,", (500, 400)),
        (",200", (250, 200)),
        ("333,", (333, 266)),
        ("pct:50", (500, 400)),
        ("pct:33.3", (333, 266)),
        ("pct:.01", (1, 1)),
        ("300,700", (300, 700)),
        ("!225,100", (125, 100)),
        ("!500,5000", (500, 400)),
        ("^500,", (500, 400)),
        ("^2000,", (2000, 1600)),
        ("^,1600", (2000, 1600)),
        ("^pct:150", (1500, 1200)),
        ("^100,2000", (100, 2000)),
        ("^!2000,2000", (2000, 1600)),
        ("^max", (6708, 5366)),
        ("^!999999999,999999999", (6708, 5366)),
    ],
)
def test_a_size_of_3_0_is_as_the_specification_says(size: str, answer: tuple[int, int]) -> None:
    cut = asked(size=size)

    assert (cut.width_px, cut.height_px) == answer


@pytest.mark.parametrize("size", ["1001,", ",801", "pct:100.1", "1001,1", "1,801", "!1001,801"])
def test_nothing_is_enlarged_in_3_0_without_leave(size: str) -> None:
    assert refused("full", size) == "iiif_size_upscaled"
    assert asked(size=f"^{size}")
    assert asked(size=size, version=Version.TWO)


@pytest.mark.parametrize(
    "size", ["^32001,1", "^1,32001", "^6000,6001", "^100000,100000", "^pct:999999999", "^999999999,"]
)
def test_a_billion_pixels_are_refused_before_one_is_made(size: str) -> None:
    assert refused("full", size) == "iiif_size_limit"
    assert refused("full", size.removeprefix("^"), version=Version.TWO) == "iiif_size_limit"


@pytest.mark.parametrize(
    "size",
    [
        *(
            "",
            ",",
            "0,",
            ",0",
            "0,0",
            "1,0",
            "!1,",
            "!,1",
            "pct:0",
            "pct:-1",
            "pct:",
            "1.5,",
            "-1,1",
            "^",
            "^^max",
            "full",
        ),
        *("^full", "!max", "max,", "1,1,1", "1e9,", "9999999999,", "٣,", " 1,", "pct:1/2", "pct:inf", "max\n"),
    ],
)
def test_a_size_that_is_none_is_refused(size: str) -> None:
    assert refused("full", size) == "iiif_size"


@pytest.mark.parametrize("size", ["^max", "^1,", "^pct:5"])
def test_leave_to_enlarge_is_of_3_0_alone(size: str) -> None:
    assert refused("full", size, version=Version.TWO) == "iiif_size"
    assert asked(size="full", version=Version.TWO) == asked(size="max")


@pytest.mark.parametrize(
    ("rotation", "mirrored", "turns"),
    [("0", False, 0), ("90", False, 1), ("180.0", False, 2), ("!270", True, 3), ("!0", True, 0), ("360", False, 0)],
)
def test_rotations_are_quarters_mirrored_first(rotation: str, mirrored: bool, turns: int) -> None:
    found = image_request(Version.THREE, "full", "max", rotation, "default.png")

    assert (found.mirrored, found.quarter_turns) == (mirrored, turns)


@pytest.mark.parametrize("rotation", ["45", "-90", "450", "90.5", "", "!", "!!0", "+90", "9e1", "nan", "٩٠", "0\n"])
def test_other_rotations_are_refused(rotation: str) -> None:
    assert refused("full", "max", rotation) == "iiif_rotation"


@pytest.mark.parametrize("name", ["default.gif", "default.webp", "default", "", "default.", "default.JPG"])
def test_other_formats_are_refused(name: str) -> None:
    assert refused("full", "max", "0", name) == "iiif_format"


@pytest.mark.parametrize("name", ["native.jpg", "grey.jpg", ".jpg", "jpg", "default.png.jpg", "GRAY.png"])
def test_other_qualities_are_refused(name: str) -> None:
    assert refused("full", "max", "0", name) == "iiif_quality"


@given(text=st.text(max_size=30), version=VERSIONS, place=st.integers(0, 3))
def test_whatever_is_asked_for_is_answered_or_refused(text: str, version: Version, place: int) -> None:
    parts = ["full", "max", "0", "default.jpg"]
    parts[place] = text

    found = answered(*parts, of=(1234, 777), version=version)

    if isinstance(found, Cut):
        assert found.width_px * found.height_px <= MAX_AREA_PX
    else:
        assert found.startswith("iiif_")


# Sizes by arithmetic of their own: what is said is within half a pixel of the proportion


def _half_off(value: int, exact: Fraction) -> bool:
    return (value == 1 and exact < 1) or abs(value - exact) <= Fraction(1, 2)


@given(width=SIDES, height=SIDES, wanted=COUNTS, version=VERSIONS)
def test_w_is_exactly_that_wide_and_in_proportion(width: int, height: int, wanted: int, version: Version) -> None:
    size = f"{'^' if version is Version.THREE else ''}{wanted},"
    exact = Fraction(height * wanted, width)
    cut = answered("full", size, of=(width, height), version=version)
    if not isinstance(cut, Cut):
        assert cut == "iiif_size_limit"
        assert wanted > MAX_SIDE_PX or exact > MAX_SIDE_PX - 1 or wanted * (exact + 1) > MAX_AREA_PX
        return

    assert cut.width_px == wanted
    assert _half_off(cut.height_px, exact)


@given(width=SIDES, height=SIDES, box=st.tuples(COUNTS, COUNTS), leave=st.booleans())
def test_what_lies_within_a_box_fits_it_and_touches_a_side(
    width: int, height: int, box: tuple[int, int], leave: bool
) -> None:
    cut = answered("full", f"{'^' if leave else ''}!{box[0]},{box[1]}", of=(width, height))
    if not isinstance(cut, Cut):
        assert cut == "iiif_size_upscaled"
        assert not leave
        assert box[0] > width
        assert box[1] > height
        return

    assert cut.width_px <= box[0]
    assert cut.height_px <= box[1]
    assert leave or (cut.width_px <= width and cut.height_px <= height)
    limited = max(cut.width_px, cut.height_px) > MAX_SIDE_PX // 2 or cut.width_px * cut.height_px > MAX_AREA_PX // 2
    assert limited or cut.width_px == box[0] or cut.height_px == box[1]


@given(width=st.integers(1, 60_000), height=st.integers(1, 60_000), upscale=st.booleans())
def test_max_is_the_region_or_the_largest_that_is_allowed(width: int, height: int, upscale: bool) -> None:
    cut = asked(size="^max" if upscale else "max", of=(width, height))

    area = cut.width_px * cut.height_px
    assert max(cut.width_px, cut.height_px) <= MAX_SIDE_PX
    assert area <= MAX_AREA_PX
    if not upscale and max(width, height) <= MAX_SIDE_PX and width * height <= MAX_AREA_PX:
        assert (cut.width_px, cut.height_px) == (width, height)
    else:
        # One pixel wider, in proportion, would be too large.
        wider = cut.width_px + 1
        high = Fraction(height * wider, width)
        assert wider > MAX_SIDE_PX or high > MAX_SIDE_PX or wider * high > MAX_AREA_PX


@given(
    width=SIDES,
    height=SIDES,
    region=st.one_of(
        st.sampled_from(["full", "square"]),
        st.tuples(*[st.integers(0, 20_000)] * 4).map(lambda its: ",".join(map(str, its))),
        st.tuples(*[st.decimals(0, 100, places=2)] * 4).map(lambda its: "pct:" + ",".join(map(str, its))),
    ),
    size=st.one_of(
        st.just("max"),
        COUNTS.map(lambda its: f"{its},"),
        COUNTS.map(lambda its: f",{its}"),
        st.tuples(COUNTS, COUNTS).map(lambda its: f"{its[0]},{its[1]}"),
        st.tuples(COUNTS, COUNTS).map(lambda its: f"!{its[0]},{its[1]}"),
        st.decimals("0.01", 300, places=2).map(lambda its: f"pct:{its}"),
    ),
    version=VERSIONS,
    leave=st.booleans(),
)
def test_the_canonical_address_asks_for_the_same_and_is_its_own(
    width: int, height: int, region: str, size: str, version: Version, leave: bool
) -> None:
    """And no region leaves the image, whatever is asked for."""
    wanted_size = f"^{size}" if leave and version is Version.THREE else size
    try:
        wanted = image_request(version, region, wanted_size, "!90.0", "color.jpg")
        cut = cut_of(wanted, width, height)
    except InputRefused:
        return

    path = canonical(wanted, cut, width, height, colored=True)
    again = image_request(version, *path.split("/"))

    assert 0 <= cut.box.x < cut.box.right <= width
    assert 0 <= cut.box.y < cut.box.bottom <= height
    assert cut_of(again, width, height) == cut
    assert canonical(again, cut, width, height, colored=True) == path
    assert path.endswith("/!90/default.jpg")


# info.json


def _info(version: Version, width: int, height: int) -> dict[str, Any]:  # JSON as it comes
    found = json.loads(info_json(version, "http://a.test/iiif/x", width, height, opacity=False))
    assert isinstance(found, dict)
    return found


@given(width=st.integers(1, 30_000), height=st.integers(1, 30_000), version=VERSIONS)
def test_every_tile_and_size_that_is_offered_is_given(width: int, height: int, version: Version) -> None:
    info = _info(version, width, height)
    tile = info["tiles"][0]

    for size in info["sizes"]:
        cut = asked(size=f"{size['width']},{size['height']}", of=(width, height), version=version)
        assert (cut.width_px, cut.height_px) == (size["width"], size["height"])
    for factor in tile["scaleFactors"]:
        x, y = ((side - 1) // (512 * factor) * 512 * factor for side in (width, height))
        w, h = min(512 * factor, width - x), min(512 * factor, height - y)
        small = -(-w // factor), -(-h // factor)
        # The last tile, as viewers work it out.
        cut = asked(f"{x},{y},{w},{h}", f"{small[0]},{small[1]}", of=(width, height), version=version)
        assert cut == Cut(BoxPx(x, y, w, h), *small)


def test_the_last_offered_tile_shows_the_whole_image() -> None:
    assert _info(Version.THREE, 2550, 3300)["tiles"][0]["scaleFactors"] == [1, 2, 4, 8]
    assert _info(Version.THREE, 512, 512)["tiles"][0]["scaleFactors"] == [1]
    assert _info(Version.TWO, 513, 1)["tiles"][0]["scaleFactors"] == [1, 2]
