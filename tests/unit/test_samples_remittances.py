"""Cheques, receipts, photographs and proofs of service: drawn by seed, of the right size, on paper of their own."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.model import Language, PageLabel, Schedule
from samples.case import draw_case
from samples.enclosures import Enclosure, enclosure, enclosure_sheet
from samples.fontpool import TRAIN
from samples.remittances import paid_cents

KINDS = (Enclosure.CHEQUE, Enclosure.RECEIPT, Enclosure.PHOTO, Enclosure.PROOF_OF_SERVICE)
DPI = 100.0


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_draws_the_same_enclosure_and_another_seed_another(kind: Enclosure) -> None:
    first, again, other = (enclosure(seed, kind, pool=TRAIN, dpi=DPI) for seed in (31, 31, 32))

    assert np.array_equal(first.image, again.image)
    assert first.image.shape != other.image.shape or not np.array_equal(first.image, other.image)
    assert (first.truth.label, first.truth.layout) == (PageLabel.ENCLOSURE, None)


@pytest.mark.parametrize(
    ("kind", "long_mm", "short_mm"),
    [
        (Enclosure.CHEQUE, (150, 205), (69, 90)),
        (Enclosure.RECEIPT, (110, 190), (57, 80)),
        (Enclosure.PHOTO, (152, 178), (102, 127)),
        (Enclosure.PROOF_OF_SERVICE, (279, 280), (215, 216)),
    ],
)
def test_an_enclosure_has_the_size_of_its_kind(
    kind: Enclosure, long_mm: tuple[float, float], short_mm: tuple[float, float]
) -> None:
    for seed in range(33, 36):
        size_mm = enclosure(seed, kind, pool=TRAIN, dpi=DPI).truth.size_mm

        assert long_mm[0] <= max(size_mm) <= long_mm[1]
        assert short_mm[0] <= min(size_mm) <= short_mm[1]


def test_the_back_of_a_cheque_is_blank() -> None:
    front, back = enclosure_sheet(34, Enclosure.CHEQUE, pool=TRAIN, dpi=DPI).pages

    assert (front.truth.label, back.truth.label) == (PageLabel.ENCLOSURE, PageLabel.BLANK)
    assert front.truth.size_mm == back.truth.size_mm


def test_a_cheque_pays_what_its_return_document_says() -> None:
    case = draw_case(np.random.default_rng(7), Schedule.IV, Language.FR)

    assert paid_cents(case) == case.paid_cents or case.paid_cents is None
    assert paid_cents(case) > 0
