"""What an enclosure is: told where its signs agree, else `other`; and that nobody's guess makes a cheque."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.imaging.half_tones import half_tones
from pipeline.model import EnclosureKind
from pipeline.statements.enclosures import EnclosureSigns, enclosure_kind, states_reference

LETTER, CHEQUE, STRIP, PRINT = (216.0, 279.0), (152.0, 70.0), (80.0, 150.0), (152.0, 102.0)

FRENCH_LETTER = """\
Madame, Monsieur,
J'ai reçu le constat 700 et je désire vous faire part des faits suivants. Le panneau était caché par la neige
et il était impossible de le lire de la rue. Mon fils conduisait la voiture ce soir-là.
"""
ENGLISH_LETTER = """\
Dear Sir or Madam,
| am writing about statement of offence 700, served on me in March. The sign was covered with snow and could not
be read from the street. My daughter had the car that evening and is ready to confirm it.
"""
PAID = "Ville de Valmont\nREÇU\nTOTAL 162,00 $\nPAIEMENT DÉBIT\nAPPROUVÉ\nMERCI"
INVOICE = (
    "GARAGE LEFEBVRE\nFACTURE 1234\nDescription Qté Prix Total\nPneu d'hiver 4 120.00 480.00\nPayable sur réception."
)
REPORT = (
    "PROCÈS-VERBAL DE SIGNIFICATION\nRéférence RP123456CA\nJe, soussigné, huissier, certifie avoir signifié le constat"
)


def kind(text: str, size_mm: tuple[float, float] = LETTER, tones: float = 0.02) -> EnclosureKind:
    return enclosure_kind(EnclosureSigns(text, size_mm, tones))


@pytest.mark.parametrize(
    ("text", "size_mm", "tones", "expected"),
    [
        (FRENCH_LETTER, LETTER, 0.02, EnclosureKind.LETTER),
        (ENGLISH_LETTER, LETTER, 0.02, EnclosureKind.LETTER),
        ("PAYEZ À L'ORDRE DE Ville de Valmont $ 162,00", CHEQUE, 0.05, EnclosureKind.CHEQUE),
        ("PAY TO THE ORDER OF City of Valmont", (70.0, 152.0), 0.05, EnclosureKind.CHEQUE),
        ("PAYEZ À L'ORDRE DE Ville de Valmont\n162 --- 00/100 DOLLARS", LETTER, 0.02, EnclosureKind.CHEQUE),
        (PAID, STRIP, 0.02, EnclosureKind.RECEIPT),
        (PAID, LETTER, 0.02, EnclosureKind.RECEIPT),
        ("TOTAL $162.00\nAPPROVED\nTHANK YOU", STRIP, 0.3, EnclosureKind.RECEIPT),
        ("", PRINT, 0.8, EnclosureKind.PHOTO),
        (REPORT, LETTER, 0.02, EnclosureKind.PROOF_OF_SERVICE),
        ("PROOF OF DELIVERY\nItem number: RP123456CA", LETTER, 0.02, EnclosureKind.PROOF_OF_SERVICE),
    ],
)
def test_what_says_what_it_is_is_called_so(
    text: str, size_mm: tuple[float, float], tones: float, expected: EnclosureKind
) -> None:
    assert kind(text, size_mm, tones) is expected


@pytest.mark.parametrize(
    ("text", "size_mm", "tones"),
    [
        ("", LETTER, 0.02),
        ("", CHEQUE, 0.02),  # the size alone is no cheque
        ("", STRIP, 0.02),
        (INVOICE, LETTER, 0.02),
        ("TOTAL", STRIP, 0.02),
        (
            "The king was in his counting house and the queen was in the parlour with the maid at the end of it",
            LETTER,
            0.02,
        ),
        (f"{FRENCH_LETTER}\nCi-joint un chèque à l'ordre de la Ville, 162 00/100 dollars", LETTER, 0.02),  # both
        (FRENCH_LETTER[::-1], LETTER, 0.02),
    ],
)
def test_what_says_too_little_or_two_things_is_other(text: str, size_mm: tuple[float, float], tones: float) -> None:
    assert kind(text, size_mm, tones) is EnclosureKind.OTHER


def test_a_letter_about_a_cheque_or_a_service_stays_a_letter() -> None:
    about = FRENCH_LETTER + "Je joins un chèque à l'ordre de la Ville.\n\n\nVoir la preuve de livraison."

    assert kind(about) is EnclosureKind.LETTER


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Numéro : RP 123 456 CA", True),
        ("rp-123456-ca", True),
        ("RP123457CA", False),
        ("", False),
    ],
)
def test_a_reference_is_found_however_it_is_spaced(text: str, same: bool) -> None:
    assert states_reference(text, "RP123456CA") is same


def test_a_short_reference_proves_nothing() -> None:
    assert not states_reference("1 2 3", "123")


@given(st.integers(0, 44), st.integers(206, 255))
def test_ink_on_paper_has_no_half_tones(ink: int, paper: int) -> None:
    page = np.full((300, 200), paper, np.uint8)
    page[40:260:20, 20:180] = ink

    assert half_tones(page) == 0.0


def test_a_picture_is_half_tones_at_any_size() -> None:
    ramp = np.tile(np.linspace(60, 190, 400, dtype=np.uint8), (300, 1))

    assert half_tones(ramp) > 0.95
    assert half_tones(np.repeat(np.repeat(ramp, 4, 0), 4, 1)) > 0.95
