"""The line recogniser: decoding, alphabets, accents."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import Unavailable
from pipeline.model import GrayImage
from pipeline.ocr.engines.ppocr import PpOcr, decode, letter_families, model_input
from tests.unit.entries import sheet, write

CHARACTERS = ("", "A", "B", "8", " ")


@pytest.fixture(scope="module")
def engine() -> PpOcr:
    return PpOcr()


def line(text: str) -> GrayImage:
    page = sheet(110.0, 9.0)
    write(page, text, 3.0, 6.3, 12.0)
    columns = np.flatnonzero((page < 128).any(axis=0))
    return page[:, : int(columns[-1]) + 30]


def steps(*rows: tuple[float, ...]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.array(rows, dtype=np.float32)


def test_repeats_are_joined_unless_a_blank_parts_them() -> None:
    a, blank = (0.1, 0.9, 0.0, 0.0, 0.0), (0.9, 0.1, 0.0, 0.0, 0.0)

    read = decode(steps(a, a, blank, a), CHARACTERS)

    assert read.text == "AA"
    assert len(read.char_scores) == 2


def test_a_limited_decode_shares_the_probability_among_the_allowed() -> None:
    between = steps((0.1, 0.0, 0.6, 0.3, 0.0))

    free, limited = decode(between, CHARACTERS), decode(between, CHARACTERS, (3,))

    assert (free.text, limited.text) == ("B", "8")
    assert limited.char_scores[0] == pytest.approx(0.75)


def test_spaces_at_the_ends_are_dropped_with_their_scores() -> None:
    space, a = (0.1, 0.0, 0.0, 0.0, 0.9), (0.2, 0.8, 0.0, 0.0, 0.0)

    read = decode(steps(space, a, space), CHARACTERS)

    assert read.text == "A"
    assert read.char_scores == pytest.approx((0.8,))


def test_the_models_input_is_48_high_in_steps_of_16() -> None:
    values = model_input(np.full((96, 500), 255, dtype=np.uint8))

    assert values.shape == (1, 3, 48, 256)
    assert values.max() == pytest.approx(1.0)


@pytest.mark.parametrize("text", ["Geneviève Côté", "2026-03-14", "FKT 274", "Élodie Lefrançois-Bœuf"])
def test_print_is_read_as_written(engine: PpOcr, text: str) -> None:
    assert engine.read(line(text))[0].text == text


def test_one_pass_gives_a_decode_for_each_alphabet(engine: PpOcr) -> None:
    free, digits = engine.read(line("OIL 505"), alphabets=(None, "0123456789"))

    assert free.text == "OIL 505"
    assert set(digits.text) <= set("0123456789")
    assert digits.text.endswith("505")


def test_the_model_knows_the_characters_of_french(engine: PpOcr) -> None:
    assert set("ÀÂÆÇÈÉÊËÎÏÔŒÙÛÜŸàâæçèéêëîïôœùûüÿ«»’°½") <= engine.characters


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        PpOcr(tmp_path / "absent.onnx")

    assert caught.value.code == "reader_missing"


def test_each_character_has_its_column_and_the_other_forms_of_its_letter() -> None:
    characters = ("", "i", "ï", "I", " ")
    blank, dotted = (1.0, 0.0, 0.0, 0.0, 0.0), (0.1, 0.6, 0.2, 0.1, 0.0)

    read = decode(steps(blank, dotted, dotted, blank), characters, step_px=10.0, families=letter_families(characters))

    assert read.text == "i"
    assert read.columns_px == (20.0,)
    assert [char for char, _ in read.variants[0]] == ["ï", "I"]
    assert [score for _, score in read.variants[0]] == pytest.approx([0.2, 0.1])
