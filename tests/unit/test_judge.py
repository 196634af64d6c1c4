"""The judgement of a field: what is accepted, what goes to a person, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.geometry import BoxMm, BoxPx
from pipeline.model import (
    Decision,
    Field,
    Kind,
    Language,
    MarkBox,
    MarkReading,
    MarkState,
    Need,
    Script,
    TextCandidate,
    Zone,
    ZoneReading,
)
from pipeline.ocr.grammar import grammar_for
from pipeline.ocr.issuers import Issuer, NumberSeries
from pipeline.ocr.issuers.check_digits import CheckDigit
from pipeline.ocr.judge import judge
from pipeline.ocr.thresholds import DEFAULT_THRESHOLDS, Thresholds, parse_thresholds
from pipeline.ocr.weigh import WEIGHING_FEATURES, weigh

ISSUER = Issuer("t", "T", "T", (NumberSeries("[0-9]{10}", check_digit=CheckDigit.LUHN),))
BOX_PX = BoxPx(10, 20, 30, 40)
PLEAS = ("guilty", "not_guilty")


@dataclass(frozen=True)
class Fixed:
    """A calibration that always says the same."""

    value: float

    def probability(self, features: Mapping[str, float]) -> float:
        return self.value


SURE = Fixed(0.9999)


def zone(kind: Kind, name: str = "x", *, marks: tuple[str, ...] = ()) -> Zone:
    boxes = tuple(MarkBox(mark, BoxMm(8.0 * at, 0.0, 4.0, 4.0)) for at, mark in enumerate(marks))
    return Zone(name, kind, Need.REQUIRED, BoxMm(0.0, 0.0, 40.0, 6.0), exclusive=True, marks=boxes)


def read(*texts: str, script: Script = Script.PRINT, score: float = 0.99) -> ZoneReading:
    candidates = tuple(TextCandidate(text, score, f"reader{at}") for at, text in enumerate(texts))
    return ZoneReading("x", "reader0", 0.1, empty=False, candidates=candidates, script=script)


EMPTY = ZoneReading("x", "reader0", 0.0, empty=True)


def marks(*states: MarkState, confidence: float = 0.95, names: tuple[str, ...] = PLEAS) -> ZoneReading:
    boxes = tuple(MarkReading(name, state, 0.2, confidence) for name, state in zip(names, states, strict=True))
    return ZoneReading("x", "marks", 0.2, empty=False, marks=boxes)


def judged(
    space: Zone,
    reading: ZoneReading,
    *,
    calibration: Fixed = SURE,
    known: tuple[str, ...] = (),
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> Field:
    grammar = grammar_for(space, issuer=ISSUER, language=Language.FR, known_numbers=known)
    return judge(space, reading, grammar=grammar, calibration=calibration, box_px=BOX_PX, thresholds=thresholds)


def codes(field: Field) -> list[str]:
    return [reason.code for reason in field.reasons]


def test_a_sure_printed_value_is_accepted_in_its_normal_form() -> None:
    field = judged(zone(Kind.AMOUNT), read("162,00 $", "162,00$"))

    assert (field.value, field.text, field.decision) == ("162.00", "162,00 $", Decision.ACCEPTED)
    assert field.reasons == ()
    assert (field.box_px, field.reader) == (BOX_PX, "reader0")


def test_low_confidence_goes_to_review_with_the_figures() -> None:
    field = judged(zone(Kind.AMOUNT), read("162,00"), calibration=Fixed(0.9))

    assert (field.value, field.decision, field.confidence) == ("162.00", Decision.REVIEW, 0.9)
    assert field.reasons[0].params == (("confidence", "0.900"), ("least", "0.980"))


def test_critical_fields_have_a_stricter_threshold() -> None:
    between = Fixed(0.985)

    ordinary = judged(zone(Kind.AMOUNT), read("162,00"), calibration=between)
    critical = judged(replace(zone(Kind.AMOUNT), critical=True), read("162,00"), calibration=between)

    assert ordinary.decision is Decision.ACCEPTED
    assert critical.decision is Decision.REVIEW


@pytest.mark.parametrize("script", [Script.HAND, Script.UNSURE])
def test_handwriting_is_never_accepted_until_the_thresholds_allow_it(script: Script) -> None:
    reading = read("162,00", script=script)

    refused = judged(zone(Kind.AMOUNT), reading)
    allowed = judged(zone(Kind.AMOUNT), reading, thresholds=Thresholds(accepts_handwriting=True))

    assert (refused.decision, codes(refused)) == (Decision.REVIEW, ["handwriting"])
    assert refused.value == "162.00"
    assert allowed.decision is Decision.ACCEPTED


def test_an_ambiguous_date_goes_to_review_however_sure_the_reader_is() -> None:
    field = judged(zone(Kind.DATE), read("04/03/2026"))

    assert (field.value, field.decision) == ("2026-03-04", Decision.REVIEW)
    assert "ambiguous_value" in codes(field)
    assert [alternative.value for alternative in field.alternatives] == ["2026-04-03"]


def test_a_text_that_no_grammar_knows_has_no_value() -> None:
    field = judged(zone(Kind.DATE), read("31/02/2026"))

    assert (field.value, field.text, field.decision) == (None, "31/02/2026", Decision.REVIEW)
    assert codes(field) == ["grammar_mismatch"]


def test_ink_without_any_text_is_unreadable() -> None:
    field = judged(zone(Kind.TEXT), read())

    assert (field.value, field.decision, codes(field)) == (None, Decision.REVIEW, ["unreadable"])


def test_no_ink_is_empty_and_says_when_an_entry_is_required() -> None:
    optional = judged(zone(Kind.TEXT), EMPTY)
    required = judged(replace(zone(Kind.TEXT), filled="always"), EMPTY)

    assert (optional.value, optional.decision, optional.reasons) == (None, Decision.EMPTY, ())
    assert (required.decision, codes(required)) == (Decision.EMPTY, ["required_empty"])


def test_disagreeing_readers_are_named_and_share_the_rest_of_the_probability() -> None:
    field = judged(zone(Kind.PLATE), read("ABC 123", "ABC 128"), calibration=Fixed(0.7))

    assert field.value == "ABC123"
    assert "readers_disagree" in codes(field)
    assert field.alternatives[0].value == "ABC128"
    assert field.alternatives[0].confidence == pytest.approx(0.3)


def test_agreement_of_two_readers_outweighs_a_better_score() -> None:
    candidates = (
        TextCandidate("ABC 128", 0.95, "a"),
        TextCandidate("ABC 123", 0.9, "b"),
        TextCandidate("ABC123", 0.9, "c"),
    )
    reading = ZoneReading("x", "a", 0.1, empty=False, candidates=candidates, script=Script.PRINT)

    assert judged(zone(Kind.PLATE), reading).value == "ABC123"


def test_grammar_outweighs_a_slightly_better_score() -> None:
    candidates = (TextCandidate("2026-03-4l", 0.95, "a"), TextCandidate("2026-03-14", 0.9, "b"))
    reading = ZoneReading("x", "a", 0.1, empty=False, candidates=candidates, script=Script.PRINT)

    assert judged(zone(Kind.DATE), reading).value == "2026-03-14"


def test_a_broken_check_digit_is_never_accepted() -> None:
    field = judged(zone(Kind.STATEMENT_NO), read("1234567890"))

    assert (field.value, field.decision, codes(field)) == ("1234567890", Decision.REVIEW, ["check_digit"])


def test_a_number_that_the_barcode_contradicts_is_never_accepted() -> None:
    space = zone(Kind.STATEMENT_NO, "statement_number")

    equal = judged(space, read("1234567897"), known=("1234567897",))
    other = judged(space, read("1234567897"), known=("9876543217",))

    assert equal.decision is Decision.ACCEPTED
    assert (other.decision, codes(other)) == (Decision.REVIEW, ["number_differs_from_barcode"])


def test_a_foreign_plate_warns_and_is_not_refused() -> None:
    accepted = judged(zone(Kind.PLATE), read("CKMR 418"))
    doubtful = judged(zone(Kind.PLATE), read("CKMR 418"), calibration=Fixed(0.5))

    assert accepted.decision is Decision.ACCEPTED
    assert "foreign_plate" in codes(doubtful)


@pytest.mark.parametrize(
    ("states", "value", "decision"),
    [
        ((MarkState.MARKED, MarkState.UNMARKED), "guilty", Decision.ACCEPTED),
        ((MarkState.UNMARKED, MarkState.MARKED), "not_guilty", Decision.ACCEPTED),
        ((MarkState.UNMARKED, MarkState.UNMARKED), None, Decision.ACCEPTED),
        ((MarkState.MARKED, MarkState.MARKED), None, Decision.REVIEW),
        ((MarkState.MARKED, MarkState.DOUBTFUL), "guilty", Decision.REVIEW),
        ((MarkState.DOUBTFUL, MarkState.UNMARKED), None, Decision.REVIEW),
    ],
)
def test_a_choice_takes_one_sure_mark(states: tuple[MarkState, ...], value: str | None, decision: Decision) -> None:
    field = judged(zone(Kind.CHOICE, marks=PLEAS), marks(*states))

    assert (field.value, field.decision) == (value, decision)


def test_two_marks_are_both_named() -> None:
    field = judged(zone(Kind.CHOICE, marks=PLEAS), marks(MarkState.MARKED, MarkState.MARKED))

    assert codes(field) == ["two_marks"]
    assert [alternative.value for alternative in field.alternatives] == list(PLEAS)


@pytest.mark.parametrize(
    ("state", "value", "decision"),
    [
        (MarkState.MARKED, True, Decision.ACCEPTED),
        (MarkState.UNMARKED, False, Decision.ACCEPTED),
        (MarkState.DOUBTFUL, None, Decision.REVIEW),
    ],
)
def test_a_mark_is_true_false_or_undecided(state: MarkState, value: bool | None, decision: Decision) -> None:
    field = judged(zone(Kind.MARK, marks=("true",)), marks(state, names=("true",)))

    assert field.value is value
    assert field.decision is decision


def test_a_mark_near_its_limit_goes_to_review_with_its_value() -> None:
    field = judged(zone(Kind.MARK, marks=("true",)), marks(MarkState.MARKED, names=("true",), confidence=0.55))

    assert (field.value, field.decision, codes(field)) == (True, Decision.REVIEW, ["low_confidence"])


@pytest.mark.parametrize(
    ("presence", "value", "decision"),
    [(True, "present", Decision.ACCEPTED), (False, "absent", Decision.ACCEPTED), (None, None, Decision.REVIEW)],
)
def test_a_signature_is_present_absent_or_undecided(
    presence: bool | None, value: str | None, decision: Decision
) -> None:
    reading = ZoneReading("x", "ink", 0.1, empty=False, presence=presence, presence_confidence=0.9)

    field = judged(zone(Kind.SIGNATURE), reading)

    assert (field.value, field.decision) == (value, decision)


def test_a_locator_code_must_be_a_statement_number() -> None:
    space = zone(Kind.BARCODE, "locator_code")

    right = judged(space, read("1234567897"))
    wrong = judged(space, read("HELLO"))
    unread = judged(space, read())
    absent = judged(space, EMPTY)

    assert (right.value, right.decision) == ("1234567897", Decision.ACCEPTED)
    assert (wrong.value, wrong.decision, codes(wrong)) == ("HELLO", Decision.REVIEW, ["barcode_form"])
    assert (unread.value, unread.decision, codes(unread)) == (None, Decision.REVIEW, ["barcode_unreadable"])
    assert (absent.value, absent.decision) == (None, Decision.EMPTY)


def test_what_the_artwork_prints_is_the_layouts_to_say() -> None:
    space = replace(zone(Kind.ADDRESS), printed_value="100, rue Principale\nValmont (Québec) J0X 0X0")

    field = judged(space, EMPTY, calibration=Fixed(0.0))

    assert field.value == "100, rue Principale Valmont (Québec) J0X 0X0"
    assert (field.reader, field.confidence, field.decision) == ("layout", 1.0, Decision.ACCEPTED)


def test_ink_over_a_printed_value_goes_to_review() -> None:
    space = replace(zone(Kind.TEXT), printed_value="Dans les 30 jours")

    field = judged(space, read("60"))

    assert (field.value, field.decision, codes(field)) == ("Dans les 30 jours", Decision.REVIEW, ["ink_over_printed"])


def test_the_measures_for_calibration_are_those_listed() -> None:
    reading = replace(read("162,00", "162,00", "168,00", "abc"), features=(("free_score", 0.5),))

    weighed = weigh(reading, grammar=grammar_for(zone(Kind.AMOUNT), issuer=ISSUER, language=Language.FR))

    features = dict(weighed.features)
    assert tuple(features) == ("free_score", *WEIGHING_FEATURES)
    assert features["value_agreement"] == 0.5
    assert features["grammar_fit"] == 1.0
    assert 0.0 < features["value_margin"] < 1.0


@given(
    st.lists(st.tuples(st.text(max_size=20), st.floats(0.0, 1.0)), max_size=4),
    st.sampled_from([Kind.DATE, Kind.AMOUNT, Kind.PLATE, Kind.TEXT, Kind.STATEMENT_NO, Kind.ADDRESS]),
    st.floats(0.0, 1.0),
)
def test_any_reading_is_judged_and_no_review_lacks_a_reason(
    read_texts: list[tuple[str, float]], kind: Kind, probability: float
) -> None:
    candidates = tuple(TextCandidate(text, score, "r") for text, score in read_texts)
    reading = ZoneReading("x", "r", 0.1, empty=False, candidates=candidates, script=Script.PRINT)

    field = judged(zone(kind), reading, calibration=Fixed(probability))

    assert (field.decision is Decision.REVIEW) == bool(field.reasons)
    assert field.decision is not Decision.ACCEPTED or (field.value is not None and probability >= 0.98)
    assert all(alternative.value != field.value for alternative in field.alternatives)


def test_thresholds_come_back_from_their_text() -> None:
    thresholds = Thresholds(ordinary=0.9, accepts_handwriting=True, by_field=(("plate", 0.995),))

    assert parse_thresholds(thresholds.to_json()) == thresholds
    assert parse_thresholds("{}") == DEFAULT_THRESHOLDS


@pytest.mark.parametrize("text", ['{"ordinary": 2}', '{"other": 0.5}', "[]", '{"accepts_handwriting": 1}', "{"])
def test_wrong_thresholds_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_thresholds(text)


def test_a_field_may_have_a_threshold_of_its_own() -> None:
    strict = Thresholds(by_field=(("x", 1.0),))

    assert judged(zone(Kind.AMOUNT), read("162,00"), thresholds=strict).decision is Decision.REVIEW
