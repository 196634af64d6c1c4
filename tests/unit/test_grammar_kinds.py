"""Plates, references, codes, whole numbers, texts, jurisdictions, and the choice of a grammar."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.geometry import BoxMm
from pipeline.model import Kind, Language, Need, Zone
from pipeline.ocr.grammar import Flag, grammar_for
from pipeline.ocr.grammar.characters import tidy
from pipeline.ocr.grammar.codes import CodeGrammar
from pipeline.ocr.grammar.integers import IntegerGrammar, YearGrammar
from pipeline.ocr.grammar.jurisdictions import JurisdictionGrammar, one_off
from pipeline.ocr.grammar.legal_refs import LegalReferenceGrammar
from pipeline.ocr.grammar.plates import AVOIDED, QUEBEC_FORMATS, PlateGrammar
from pipeline.ocr.grammar.texts import AddressGrammar, PersonGrammar, TextGrammar
from pipeline.ocr.issuers import Issuer, NumberSeries

ISSUER = Issuer("test", "Essai", "Test", (NumberSeries("[0-9]{9,15}"),))
LETTERS = "".join(sorted(set("ABCDEFGHIJKLMNOPQRSTUVWXYZ") - AVOIDED))
READ_KINDS = [kind for kind in Kind if kind is not Kind.TEXT_BLOCK]


def zone(kind: Kind, *, name: str = "x", cells: int = 0) -> Zone:
    comb = tuple(BoxMm(5.0 * cell, 0.0, 5.0, 6.0) for cell in range(cells))
    return Zone(name, kind, Need.REQUIRED, BoxMm(0.0, 0.0, 40.0, 6.0), comb=comb)


@given(st.text(max_size=60), st.sampled_from(READ_KINDS), st.sampled_from(list(Language)), st.booleans())
def test_no_text_makes_a_grammar_raise_and_every_value_is_normal(
    text: str, kind: Kind, language: Language, comb: bool
) -> None:
    grammar = grammar_for(zone(kind, cells=8 if comb else 0), issuer=ISSUER, language=language)

    normals = grammar.normalise(text)

    assert len({normal.value for normal in normals}) == len(normals)
    assert [normal.fit for normal in normals] == sorted((normal.fit for normal in normals), reverse=True)
    for normal in normals:
        assert 0.0 <= normal.fit <= 1.0
        assert normal.value == unicodedata.normalize("NFC", " ".join(normal.value.split()))
        assert normal.value != ""


@given(st.text(alphabet="0123456789OIlSB,.$/-:h ABC", max_size=16), st.sampled_from(READ_KINDS))
def test_a_value_normalised_again_is_still_among_its_values(text: str, kind: Kind) -> None:
    grammar = grammar_for(zone(kind), issuer=ISSUER, language=Language.FR)

    for normal in grammar.normalise(text):
        again = [one.value for one in grammar.normalise(normal.value)]
        if kind is Kind.JURISDICTION or (kind is Kind.ADDRESS and again):
            continue

        assert normal.value in again


@given(st.data(), st.sampled_from(QUEBEC_FORMATS))
def test_quebec_plates_fit_wholly_and_lose_only_spaces(data: st.DataObject, form: str) -> None:
    plate = "".join(data.draw(st.sampled_from(LETTERS if place == "A" else "0123456789")) for place in form)

    (normal,) = PlateGrammar().normalise(f" {plate[:3].lower()} {plate[3:]}")

    assert normal.value == plate
    assert normal.fit == 1.0
    assert normal.flags == frozenset()


@pytest.mark.parametrize("text", ["ABCD-123", "PITBULL", "7ABC123"])
def test_other_plates_warn_and_are_not_refused(text: str) -> None:
    normals = PlateGrammar().normalise(text)

    assert normals[0].value == text.replace("-", "")
    assert normals[0].fit < 1.0
    assert Flag.FOREIGN in normals[0].flags


def test_a_digit_where_a_format_has_a_letter_is_repaired_and_the_written_plate_stays_a_rival() -> None:
    normals = PlateGrammar().normalise("8BC 123")

    assert [normal.value for normal in normals] == ["BBC123", "8BC123"]
    assert normals[0].repairs == 1


def test_avoided_letters_lower_a_plates_fit() -> None:
    assert PlateGrammar().normalise("AIC 123")[0].fit < 1.0


@pytest.mark.parametrize(
    "text", ["art. 386 al. 1 C.S.R.", "H.S.C., s. 328", "règl. 1171, art. 8.1", "R.V.M. c. C-4.1, art. 61"]
)
def test_usual_legal_references_fit_and_stay_as_written(text: str) -> None:
    (normal,) = LegalReferenceGrammar().normalise(f"  {text} ")

    assert normal.value == text
    assert normal.fit >= 0.9


def test_other_legal_references_are_let_with_a_lower_fit() -> None:
    (normal,) = LegalReferenceGrammar().normalise("Stationnement")

    assert normal.fit < 0.5


def test_codes_are_upper_case_without_spaces_and_never_repaired() -> None:
    (normal,) = CodeGrammar().normalise("p-1O 5")

    assert normal.value == "P-1O5"


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Kind.SPEED, "92 km/h", "92"),
        (Kind.SPEED, "1O5", "105"),
        (Kind.MASS, "4 500 kg", "4500"),
        (Kind.MASS, "12,000", "12000"),
        (Kind.INTEGER, "03", "3"),
        (Kind.INTEGER, "3 points", "3"),
    ],
)
def test_whole_numbers_lose_their_unit_groups_and_leading_zeros(kind: Kind, text: str, value: str) -> None:
    assert IntegerGrammar(kind).normalise(text)[0].value == value


def test_an_unusual_speed_fits_less() -> None:
    assert IntegerGrammar(Kind.SPEED).normalise("920")[0].fit < 0.5


def test_years_have_four_digits_or_a_lower_fit() -> None:
    assert YearGrammar().normalise("2019")[0].fit == 1.0
    assert YearGrammar().normalise("19")[0].value == "2019"
    assert YearGrammar().normalise("19")[0].fit < 1.0
    assert YearGrammar().normalise("1850") == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Québec", "CA-QC"), ("QC", "CA-QC"), ("Qué.", "CA-QC"), ("P.Q.", "CA-QC"), ("Ontario", "CA-ON"),
        ("ONT", "CA-ON"), ("N.B.", "CA-NB"), ("Nouveau-Brunswick", "CA-NB"), ("New York", "US-NY"), ("NY", "US-NY"),
        ("Île-du-Prince-Édouard", "CA-PE"), ("Vermont", "US-VT"), ("NS", "CA-NS"), ("CA", "US-CA"),
    ],
)  # fmt: skip
def test_jurisdictions_are_named_by_their_iso_code(text: str, value: str) -> None:
    normals = JurisdictionGrammar().normalise(text)

    assert [normal.value for normal in normals] == [value]
    assert normals[0].repairs == 0


def test_one_wrong_letter_in_a_jurisdiction_is_a_repair() -> None:
    (normal,) = JurisdictionGrammar().normalise("Quebcc")

    assert (normal.value, normal.repairs) == ("CA-QC", 1)
    assert JurisdictionGrammar().normalise("Quxxec") == ()


@given(st.text(alphabet="abcde", min_size=1, max_size=8), st.data())
def test_one_off_is_one_edit(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 1))

    assert one_off(word, word[:at] + "z" + word[at + 1 :])
    assert one_off(word, word[:at] + "z" + word[at:])
    assert one_off(word, word[:at] + word[at + 1 :])
    assert not one_off(word, word)
    assert not one_off(word, word + "zz")


def test_texts_keep_case_and_accents_in_nfc_with_single_spaces() -> None:
    (normal,) = TextGrammar().normalise("A  conduit un\nve\u0301hicule")

    assert normal.value == "A conduit un véhicule"
    assert normal.fit == 1.0


def test_characters_that_neither_language_writes_lower_the_fit() -> None:
    assert TextGrammar().normalise("rue 中央 12")[0].fit < 0.7


def test_engine_forms_of_punctuation_become_a_keyboards() -> None:
    assert tidy("O’Brien，Jean（père）") == "O'Brien, Jean(père)"


def test_a_licence_number_that_starts_with_a_digit_is_never_taken_as_read() -> None:
    best = TextGrammar().normalise("08868-181098-45")[0]

    assert best.value == "O8868-181098-45"
    assert Flag.AMBIGUOUS in best.flags
    assert TextGrammar().normalise("H3199-120164-60")[0].flags == frozenset()


@pytest.mark.parametrize(
    ("read", "value"),
    [
        ("0'Brien, Joël", "O'Brien, Joël"),
        ("VILLENEUVE,NGUYEN", "VILLENEUVE, NGUYEN"),
        ("Les Entreprises Bérubé Itée", "Les Entreprises Bérubé ltée"),
        ("ST -PIERRE, ROSALIE", "ST-PIERRE, ROSALIE"),
    ],
)
def test_what_no_name_has_is_mended_and_counted(read: str, value: str) -> None:
    best = PersonGrammar().normalise(read)[0]

    assert (best.value, best.repairs) == (value, 1)


@pytest.mark.parametrize("code", ["JoX 0X0", "JOX oXo", "J0X OXO", "J0X 0xe"])
def test_small_letters_in_a_postal_code_are_the_digits_they_look_like(code: str) -> None:
    best = AddressGrammar().normalise(f"100, rue Principale, Valmont (Québec) {code}")[0]

    assert best.value.endswith("J0X 0X0")


def test_a_hyphen_is_not_open_on_one_side_only() -> None:
    assert TextGrammar().normalise("SAINT -FRANÇOIS")[0].value == "SAINT-FRANÇOIS"
    assert TextGrammar().normalise("Rue A - Rue B")[0].value == "Rue A - Rue B"


def test_digits_inside_a_persons_name_lower_the_fit() -> None:
    assert PersonGrammar().normalise("Tremblay, Élise")[0].fit == 1.0
    assert PersonGrammar().normalise("9412-7736 Québec inc.")[0].fit == 1.0
    assert PersonGrammar().normalise("Tremb1ay")[0].fit < 0.6


def test_a_postal_code_is_held_to_its_form() -> None:
    as_written = AddressGrammar().normalise("100, rue A, Valmont (Québec) J0X 0X0")
    mended = AddressGrammar().normalise("100, rue A, Valmont (Québec) JOX OXO")

    assert [normal.value for normal in as_written] == ["100, rue A, Valmont (Québec) J0X 0X0"]
    assert mended[0].value == "100, rue A, Valmont (Québec) J0X 0X0"
    assert mended[0].repairs == 3
    assert mended[1].value.endswith("JOX OXO")


def test_combs_limit_dates_to_digits_and_texts_are_not_limited() -> None:
    comb = grammar_for(zone(Kind.DATE, cells=8), issuer=ISSUER, language=Language.FR)
    text = grammar_for(zone(Kind.TEXT), issuer=ISSUER, language=Language.FR)

    assert comb.alphabet == "0123456789"
    assert text.alphabet is None
