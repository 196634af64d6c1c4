"""How a value looks for what it is."""

from __future__ import annotations

import pytest

from pipeline.model import Kind
from pipeline.ocr.plausible import PLAUSIBLE_FEATURES, plausible


def test_a_kind_is_in_its_group_alone_and_figures_are_in_none() -> None:
    of_name, of_date = (plausible(kind, "1") for kind in (Kind.PERSON, Kind.DATE))

    assert [name for name, value in of_name.items() if name.startswith("kind_") and value] == ["kind_person"]
    assert not any(value for name, value in of_date.items() if name.startswith("kind_"))
    assert tuple(of_name) == PLAUSIBLE_FEATURES


@pytest.mark.parametrize(
    ("measure", "odd", "sound"),
    [
        ("lone_letters", "Longueui l", "Longueuil"),
        ("lone_letters", "R CHELIEU", "RICHELIEU"),
        ("lone_letters", "Gagnon p", "Gagnon P. à"),
        ("letters_in_figures", "SHERBR00KE", "SHERBROOKE 28"),
        ("bare_initials", "rue de l'Eglise", "rue de l'Église"),
        ("tall_i", "Bérubé Itée", "Bérubé ltée, Inc."),
        ("odd_marks", "personne: handicapées", "2026-03-14 14:11 CAISSE (3)"),
        ("odd_marks", "Valmont (Québec) J0X 0X)", "Valmont (Québec) J0X 0X0"),
        ("inner_capitals", "BergerOn", "Bergeron BERGERON"),
    ],
)
def test_oddities_of_spelling_are_counted(measure: str, odd: str, sound: str) -> None:
    of_odd, of_sound = plausible(Kind.TEXT, odd)[measure], plausible(Kind.TEXT, sound)[measure]

    assert of_odd == 1.0
    assert of_sound == 0.0


def test_nothing_written_has_no_oddity() -> None:
    assert set(plausible(Kind.DATE, "").values()) == {0.0}
