"""Where drafts are proposed and tried: a process of its own with bounds, real scans, nothing kept."""

from __future__ import annotations

import io
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.config import Settings
from pipeline.errors import InputRefused, OperatorError, Unavailable
from pipeline.geometry import BoxPx
from pipeline.model import Decision
from pipeline.storage.apart import run_apart
from pipeline.storage.layout_files import load_layouts
from pipeline.templates.problem import LayoutInvalid
from pipeline.usecases.layouts.desk import MOST_TRIED_PAGES, BlankScan, StoredSample, Trial, Upload
from pipeline.wiring.bench import ApartBench
from pipeline.wiring.objects import object_store
from tests.unit.moved_forms import LIKE, MOVED, blank_png, filled_png, moved_layout, moved_text

PATIENCE_S = 120.0
"""A process that begins loads what this file loads."""


@pytest.fixture
def bench(tmp_path: Path) -> ApartBench:
    return ApartBench(Settings(data_dir=tmp_path / "kept", cache_dir=tmp_path / "cache"), tuple)


def blank(data: bytes, name: str = "vierge.png", **changes: object) -> BlankScan:
    return replace(BlankScan(Upload(name, data), MOVED, LIKE), **changes)  # type: ignore[arg-type]  # fields by name


def picture(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def _asleep(seconds: float) -> None:
    time.sleep(seconds)


def _gone(code: int) -> None:
    os._exit(code)


def _greedy(size_bytes: int) -> int:
    return len(bytearray(size_bytes))


def _faulty(text: str) -> None:
    raise ValueError(text)


def _refusing(code: str) -> None:
    raise OperatorError(code, path="x")


def test_what_takes_too_long_dies_or_wants_too_much_fails_alone() -> None:
    for function, asked, timeout_s, code in (
        (_asleep, 600.0, 2.0, "bench_timed_out"),
        (_gone, 3, PATIENCE_S, "bench_died"),
        (_greedy, 3 * 1024**3, PATIENCE_S, "bench_died"),
        (_faulty, "a fault of ours", PATIENCE_S, "bench_died"),
    ):
        with pytest.raises(Unavailable) as failed:
            run_apart(function, asked, timeout_s=timeout_s, memory_limit_bytes=2 * 1024**3)  # type: ignore[arg-type]
        assert failed.value.code == code

    with pytest.raises(OperatorError, match="read_only"):
        run_apart(_refusing, "read_only", timeout_s=PATIENCE_S, memory_limit_bytes=None)
    assert run_apart(_greedy, 10, timeout_s=PATIENCE_S, memory_limit_bytes=None) == 10


def test_a_blank_form_becomes_a_proposal_with_its_picture_in_the_frame_of_the_layout(bench: ApartBench) -> None:
    made = bench.propose(blank(blank_png(moved_layout())))

    assert f"layout: {MOVED}" in made.text.replace('"', "")
    seen = picture(made.picture)
    width_mm, height_mm = moved_layout().size_mm
    assert seen.size == (round(width_mm / 25.4 * made.picture_dpi), round(height_mm / 25.4 * made.picture_dpi))
    # The frame of a space that was moved lies where the layout has it.
    dark = np.asarray(seen) < 128
    box = moved_layout().zone("signatory_quality").box_mm
    row = round(box.y / 25.4 * made.picture_dpi)
    across = slice(*(round(x / 25.4 * made.picture_dpi) for x in (box.x + 2, box.right - 2)))
    assert dark[row - 2 : row + 3, across].any(axis=0).mean() > 0.9


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"<svg onload=alert(1)>", "unsupported_format"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "corrupt_image"),
        (b"%PDF-1.7 nothing", "corrupt_pdf"),
    ],
)
def test_a_scan_that_is_none_is_refused_by_its_own_code(bench: ApartBench, data: bytes, code: str) -> None:
    with pytest.raises(InputRefused) as refused:
        bench.propose(blank(data, name="../../" + "x" * 10_000 + "\u202e.png"))

    assert refused.value.code == code


def test_an_image_that_claims_too_many_pixels_is_refused_before_it_is_decoded(bench: ApartBench) -> None:
    data = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(data, "PNG")

    with pytest.raises(InputRefused, match="too_many_pixels"):
        bench.propose(blank(data.getvalue()))


def test_a_scan_without_resolution_asks_for_it_and_a_page_that_is_not_there_is_named(bench: ApartBench) -> None:
    form = picture(blank_png(moved_layout()))
    bare = io.BytesIO()
    form.save(bare, "PNG")

    with pytest.raises(OperatorError, match="resolution_unknown"):
        bench.propose(blank(bare.getvalue()))
    with pytest.raises(InputRefused, match="no_such_page"):
        bench.propose(blank(bare.getvalue(), page_number=2))


def test_filled_forms_are_read_as_the_draft_and_what_is_none_is_said_not_to_be(bench: ApartBench) -> None:
    data, truth = filled_png(moved_layout())
    letter = io.BytesIO()
    Image.new("L", (1700, 2200), 255).save(letter, "PNG", dpi=(200, 200))
    trial = Trial(MOVED, moved_text(), (Upload("rempli.png", data), Upload("x", letter.getvalue()), Upload("y", b"?")))

    (read, other, broken), left = bench.try_out(trial)

    assert (read.identified, read.laid_on, read.found, left) == (True, True, MOVED, 0)
    assert read.residual_mm is not None
    assert read.residual_mm < 0.1
    values = {zone.name: zone.value for zone in read.zones}
    assert {name: values[name] for name in ("fine", "plea", "service_date")} == {
        name: truth[name] for name in ("fine", "plea", "service_date")
    }
    fine = next(zone for zone in read.zones if zone.name == "fine")
    assert fine.decision is Decision.ACCEPTED
    assert fine.box_mm == moved_layout().zone("fine").box_mm
    width_px, _ = picture(read.picture).size
    assert width_px == round(moved_layout().size_mm[0] / 25.4 * read.picture_dpi)
    assert (other.identified, other.laid_on, other.zones) == (False, False, ())
    assert picture(other.picture).size[1] == 1600
    assert broken.failure is not None
    assert broken.failure.code == "unsupported_format"


def test_a_page_of_the_known_form_is_told_from_the_draft(bench: ApartBench) -> None:
    known = next(each for each in load_layouts() if each.id == LIKE)
    data, _ = filled_png(known)

    ((page,), _) = bench.try_out(Trial(MOVED, moved_text(), (Upload("autre.png", data),)))

    assert (page.identified, page.found) == (False, LIKE)


def test_no_more_pages_are_read_than_may_be_and_the_others_are_counted(bench: ApartBench) -> None:
    many = tuple(Upload(f"{number}", b"?") for number in range(MOST_TRIED_PAGES + 3))

    pages, left = bench.try_out(Trial(MOVED, moved_text(), many))

    assert (len(pages), left) == (MOST_TRIED_PAGES, 3)


def test_a_kept_page_or_a_part_of_it_is_tried_from_the_store(bench: ApartBench) -> None:
    form = picture(filled_png(moved_layout())[0]).convert("L")
    both = Image.new("L", (2 * form.width + 60, form.height), 255)
    both.paste(form, (form.width + 60, 0))
    data = io.BytesIO()
    both.save(data, "PNG", dpi=(300, 300))
    store = object_store(bench.settings)
    ref = store.put(io.BytesIO(data.getvalue()))
    part = BoxPx(form.width + 40, 0, form.width + 20, form.height)

    ((page,), _) = bench.try_out(Trial(MOVED, moved_text(), stored=(StoredSample("a.png", ref.digest, 1, part),)))

    assert page.identified
    fine = next(zone for zone in page.zones if zone.name == "fine")
    assert fine.box_px.x > form.width
    assert list(store.digests()) == [ref.digest]


def test_what_is_masked_on_a_kept_page_is_masked_where_a_draft_is_tried_on_it(bench: ApartBench) -> None:
    scan = filled_png(moved_layout())[0]
    ref = object_store(bench.settings).put(io.BytesIO(scan))
    width, height = picture(scan).size
    covered = BoxPx(width // 4, height // 2, width // 4, height // 20)

    ((page,), _) = bench.try_out(
        Trial(MOVED, moved_text(), stored=(StoredSample("a.png", ref.digest, 1, None, (covered,)),))
    )

    seen = np.asarray(picture(page.picture).convert("L"))
    scale = seen.shape[1] / width
    x, y, wide, high = (round(side * scale) for side in covered.as_tuple())
    inside = BoxPx(x + 6, y + 6, wide - 12, high - 12)
    assert page.laid_on
    assert seen[inside.slices].max() < 40


def test_a_draft_with_problems_is_not_tried(bench: ApartBench) -> None:
    text = moved_text().replace("- name: fine", "- name: costs", 1)

    with pytest.raises(LayoutInvalid):
        bench.try_out(Trial(MOVED, text, (Upload("x", b"?"),)))
