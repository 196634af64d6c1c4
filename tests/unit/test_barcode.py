"""Barcodes: text, corners, direction; and nothing where there is none."""

from __future__ import annotations

import numpy as np
import pytest
import zxingcpp

from pipeline.model import GrayImage
from pipeline.ocr.barcode import read_barcodes
from tests.unit.entries import sheet, write


def symbol(text: str, name: str, scale: int = 4) -> GrayImage:
    kind = zxingcpp.BarcodeFormat.Code128 if name == "code128" else zxingcpp.BarcodeFormat.QRCode
    drawn = np.asarray(zxingcpp.create_barcode(text, kind).to_image(scale=scale, add_quiet_zones=True), dtype=np.uint8)
    return np.pad(drawn, 60, constant_values=255)


@pytest.mark.parametrize(("name", "text"), [("code128", "813455012"), ("qr", "iii.statement.front.fr@generic-1")])
@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_symbol_is_read_in_any_direction_and_says_how_to_turn_it_upright(name: str, text: str, turns: int) -> None:
    page = np.ascontiguousarray(np.rot90(symbol(text, name), turns))

    (code,) = read_barcodes(page)

    assert (code.text, code.format) == (text, name)
    assert code.turns == turns


def test_corners_follow_the_symbol_as_it_reads() -> None:
    upright = symbol("813455012", "code128")
    upside_down = np.ascontiguousarray(np.rot90(upright, 2))

    (code,) = read_barcodes(upside_down)

    top_left, _, bottom_right, _ = code.corners_px
    assert top_left[0] > bottom_right[0]
    assert top_left[1] > bottom_right[1]


def test_a_noisy_symbol_in_a_zone_is_mended() -> None:
    clean = symbol("813455012", "code128").astype(np.float64)
    noise = np.random.default_rng(7).normal(0.0, 95.0, clean.shape)
    noisy = np.clip(clean + noise, 0, 255).astype(np.uint8)

    assert [code.text for code in read_barcodes(noisy)] == ["813455012"]


def test_two_symbols_come_top_to_bottom() -> None:
    first, second = symbol("111111", "code128"), symbol("222222", "code128")
    page = np.full((first.shape[0] * 2, max(first.shape[1], second.shape[1])), 255, dtype=np.uint8)
    page[: first.shape[0], : first.shape[1]] = first
    page[first.shape[0] :, : second.shape[1]] = second

    assert [code.text for code in read_barcodes(page)] == ["111111", "222222"]


def test_text_is_no_barcode() -> None:
    page = sheet()
    write(page, "813455012 IIII||||III", 10.0, 20.0)

    assert read_barcodes(page) == ()


def test_nothing_is_read_from_nothing() -> None:
    assert read_barcodes(np.zeros((0, 0), dtype=np.uint8)) == ()


@pytest.mark.parametrize("kind", [zxingcpp.BarcodeFormat.MicroQRCode, zxingcpp.BarcodeFormat.RMQRCode])
def test_small_relatives_of_qr_are_no_symbols_of_ours(kind: zxingcpp.BarcodeFormat) -> None:
    drawn = np.asarray(zxingcpp.create_barcode("12345", kind).to_image(scale=6, add_quiet_zones=True), dtype=np.uint8)

    assert read_barcodes(np.pad(drawn, 60, constant_values=255)) == ()
