"""The text of an electronic statement: what is taken, and everything wrong with what is not."""

from __future__ import annotations

import json
from datetime import date

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Decision, Kind, LayoutId, PageBytes, PageLabel, RuleVerdict, Side
from pipeline.ocr.grammar.amounts import format_cents
from pipeline.screens.derivatives import OWNERS, REGISTERED
from pipeline.statements.electronic import ElectronicRefused, Json
from pipeline.statements.electronic_checks import read_statement, validation_code
from pipeline.statements.electronic_files import read_file, texts_of
from pipeline.statements.electronic_names import registered_name
from pipeline.statements.electronic_schema import electronic_schema
from pipeline.statements.electronic_values import is_normal
from pipeline.storage.layout_files import load_catalogue
from tests.fakes import sha256
from tests.unit.electronic import NUMBER, OTHER_NUMBER, PARTICULARS, electronic_flow, known_forms, statement, text_of

VALMONT = known_forms().issuers["valmont"]
SCHEMA = jsonschema_rs.validator_for(electronic_schema(load_catalogue()))


def _problems(data: bytes) -> set[tuple[str, str]]:
    with pytest.raises(ElectronicRefused) as refused:
        read_statement(data, known_forms())
    return {(its.place, its.code) for its in refused.value.problems}


def _wrong(**changes: Json) -> set[tuple[str, str]]:
    return _problems(text_of(statement(**changes)))


def test_a_statement_is_read_as_it_was_written() -> None:
    its = read_statement(text_of(statement()), known_forms())

    assert (its.number, its.issuer, its.device, its.officer) == (NUMBER, "valmont", "M-0417", "3127")
    assert dict(its.particulars) == statement()["particulars"]
    assert its.signatures[0].proof == "b64:c2lnbmVk"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "electronic_not_json"),
        (b"\xff", "electronic_not_json"),
        (b"[" * 50_000, "electronic_not_json"),
        (b'{"a": Infinity}', "electronic_not_json"),
        (b"[]", "electronic_type"),
        (b'{"fine": "1.00", "fine": "2.00"}', "electronic_name_twice"),
        (b'{"particulars": {"fine": "1.00", "fine": "2.00"}}', "electronic_name_twice"),
        (b" " * (256 * 1024 + 1), "electronic_too_large"),
    ],
)
def test_what_is_no_one_object_of_json_is_refused(data: bytes, code: str) -> None:
    assert _problems(data) == {("", code)}


def test_every_problem_is_told_at_once() -> None:
    found = _wrong(
        number="704100211497962",
        particulars={"fine": "100", "offence_date": "2026-02-30", "service_manner": "pigeon", "thaw_period": "yes"},
        colour="blue",
        signatures=[{"particular": "attestor_signature", "method": "pin"}],
    )

    assert found == {
        ("/number", "electronic_number"),
        ("/particulars/fine", "electronic_value"),
        ("/particulars/offence_date", "electronic_value"),
        ("/particulars/service_manner", "electronic_choice"),
        ("/particulars/thaw_period", "electronic_type"),
        ("/colour", "electronic_unknown_name"),
        ("/signatures/0/proof", "electronic_missing"),
    }


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"issuer": "atlantis"}, ("/issuer", "electronic_issuer_unknown")),
        ({"edition": "nowhere-1"}, ("/edition", "electronic_form_unknown")),
        ({"issued_at": "2026-03-14T14:05:00"}, ("/issued_at", "electronic_value")),
        ({"language": None}, ("/language", "electronic_missing")),
        ({"particulars": {"statement_number": NUMBER}}, ("/particulars/statement_number", "electronic_own_name")),
        ({"particulars": {"title": "x"}}, ("/particulars/title", "electronic_unknown_name")),
        (
            {"particulars": {"attestor_signature": "present"}},
            ("/particulars/attestor_signature", "electronic_unknown_name"),
        ),
        ({"particulars": {"vehicle_year": "2020"}}, ("/particulars/vehicle_year", "electronic_no_space")),
        (
            {"particulars": {"prosecutor_name": "Autre ville"}},
            ("/particulars/prosecutor_name", "electronic_printed"),
        ),
        ({"particulars": {"defendant_name": " Jean"}}, ("/particulars/defendant_name", "electronic_value")),
        ({"particulars": {"defendant_name": "Jean\u202e"}}, ("/particulars/defendant_name", "electronic_value")),
        ({"particulars": {"defendant_name": "J" * 300}}, ("/particulars/defendant_name", "electronic_does_not_fit")),
        ({"particulars": {"defendant_name": "吉田"}}, ("/particulars/defendant_name", "electronic_does_not_fit")),
        (
            {"particulars": {"offence_description": "Paiement par 4111 1111 1111 1111"}},
            ("/particulars/offence_description", "electronic_card_number"),
        ),
        ({"particulars": {"fine": 100}}, ("/particulars/fine", "electronic_type")),
        (
            {"signatures": [{"particular": "plate", "method": "pin", "proof": "x"}]},
            ("/signatures/0/particular", "electronic_signature_place"),
        ),
    ],
)
def test_what_cannot_stand_on_the_form_is_refused(changes: dict[str, Json], problem: tuple[str, str]) -> None:
    assert _wrong(**changes) == {problem}


def test_a_defendant_s_answer_is_no_part_of_what_is_issued() -> None:
    found = _wrong(schedule="i", edition="generic-1", particulars={"plea": "guilty"})

    assert ("/particulars/plea", "electronic_answer") in found


def test_problems_name_no_value() -> None:
    with pytest.raises(ElectronicRefused) as refused:
        read_statement(text_of(statement(particulars={"defendant_birthdate": "14 mars 1990"})), known_forms())

    assert "1990" not in repr(refused.value.problems)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)), st.integers(0, 10**10))
def test_dates_and_amounts_are_taken_in_one_form_alone(day: date, cents: int) -> None:
    assert is_normal(Kind.DATE, day.isoformat(), VALMONT)
    assert not is_normal(Kind.DATE, f"{day:%d/%m/%Y}", VALMONT)
    assert is_normal(Kind.AMOUNT, format_cents(cents), VALMONT)
    assert not is_normal(Kind.AMOUNT, format_cents(cents).replace(".", ","), VALMONT)
    assert not is_normal(Kind.AMOUNT, "0" + format_cents(cents), VALMONT)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Kind.TIME, "23:59", "24:00"),
        (Kind.PLATE, "A12BCD", "A12 BCD"),
        (Kind.JURISDICTION, "CA-QC", "CA-XX"),
        (Kind.YEAR, "2026", "26"),
        (Kind.SPEED, "104", "0104"),
        (Kind.CODE, "B-12", "b-12"),
        (Kind.RECORD_NO, "500-61-123456-268", "500 61"),
        (Kind.STATEMENT_NO, NUMBER, NUMBER[:-1] + "0"),
        (Kind.LEGAL_REF, "art. 386 al. 1 C.S.R.", "art.  386"),
        (Kind.DATE, "2024-02-29", "2023-02-29\n"),
    ],
)
def test_values_are_normalised_or_refused(kind: Kind, good: str, bad: str) -> None:
    assert is_normal(kind, good, VALMONT)
    assert not is_normal(kind, bad, VALMONT)


# The schema


@given(
    st.sampled_from(["number", "issuer", "edition", "issued_at", "language", "particulars", "signatures", "x"]),
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.lists(st.text(max_size=2), max_size=1)),
)
def test_what_the_schema_refuses_is_refused(name: str, value: Json) -> None:
    its = statement() | {name: value}

    if not SCHEMA.is_valid(its):
        assert _problems(text_of(its))


@given(st.sampled_from(sorted(PARTICULARS)), st.one_of(st.text(max_size=8), st.booleans()))
def test_a_particular_that_the_schema_refuses_is_refused(name: str, value: str | bool) -> None:
    its = statement(particulars={name: value})

    if not SCHEMA.is_valid(its):
        assert _problems(text_of(its))


def test_the_schema_has_the_particulars_of_each_schedule_and_no_answers() -> None:
    found = json.loads(json.dumps(electronic_schema(load_catalogue())))["$defs"]

    assert "plate" in found["particulars_iii"]["properties"]
    assert "plate" not in found["particulars_ii"]["properties"]
    assert not {"plea", "statement_number", "title"} & found["particulars_i"]["properties"].keys()


# Files


def test_a_file_of_lines_keeps_the_texts_as_they_stand() -> None:
    assert texts_of(b'{"a":1}\r\n\n{"b":2}', lines=True) == ((1, b'{"a":1}'), (3, b'{"b":2}'))


def test_a_file_is_one_issuer_s_and_a_number_one_statement_s() -> None:
    generic = statement("123456789", issuer="generic", edition="generic-1")

    with pytest.raises(ElectronicRefused) as refused:
        read_file(text_of(statement(), statement(), generic), lines=True, known=known_forms())

    assert [(its.line, its.code) for its in refused.value.problems] == [
        (2, "electronic_number_twice"),
        (3, "electronic_issuers_differ"),
    ]


def test_names_of_files_are_only_names() -> None:
    assert registered_name("../../etc/x.jsonl", lines=True) == "x.electronic.jsonl"
    assert registered_name("a.electronic.json", lines=False) == "a.electronic.json"


# Pages


def _sides(its: dict[str, Json]) -> tuple[PageBytes, ...]:
    data = text_of(its)
    return tuple(PageBytes(data, index, sha256(data), electronic=side) for index, side in enumerate(Side))


def test_pages_are_drawn_with_values_that_nobody_read() -> None:
    front, back = electronic_flow(_sides(statement())).pages

    assert (front.layout, back.layout) == ("iii.statement.front.fr@mobile-1", "iii.statement.back.fr@mobile-1")
    plate = front.field("plate")
    assert plate is not None
    assert (plate.value, plate.reader, plate.decision, plate.confidence) == (
        "A12BCD",
        "electronic",
        Decision.ACCEPTED,
        1.0,
    )
    assert {REGISTERED, OWNERS} <= {its.name for its in front.derivatives}
    assert all(rule.verdict is not RuleVerdict.BROKEN for rule in front.rules)
    assert front.conformity is not None
    assert front.conformity.holds


def test_the_same_statement_gives_the_same_bytes() -> None:
    first, again = (electronic_flow(_sides(statement())).pages[0].derivatives for _ in range(2))

    assert [its.data for its in first] == [its.data for its in again]


def test_a_sum_that_is_wrong_goes_to_a_person_and_stays_as_it_was_stated() -> None:
    front = electronic_flow(_sides(statement(particulars={"total_requested": "163.00"}))).pages[0]

    total = front.field("total_requested")
    assert total is not None
    assert (total.value, total.decision, [its.code for its in total.reasons]) == (
        "163.00",
        Decision.REVIEW,
        ["rule_total"],
    )


def test_an_entry_that_the_regulation_asks_for_is_missed() -> None:
    front = electronic_flow(_sides(statement(particulars={"service_manner": None}))).pages[0]

    assert front.conformity is not None
    assert [its.place for its in front.conformity.findings] == ["service_manner"]


def test_a_signature_is_shown_by_its_code() -> None:
    its = read_statement(text_of(statement()), known_forms())
    front = electronic_flow(_sides(statement())).pages[0]

    signed = front.field("attestor_signature")
    assert signed is not None
    assert (signed.value, validation_code(its.signatures[0]) in signed.text) == ("present", True)
    unsigned = front.field("server_signature")
    assert unsigned is not None
    assert unsigned.value == "absent"


@pytest.mark.parametrize("layout", sorted(its for its in known_forms().layouts if ".statement.front." in its))
def test_every_form_can_show_an_electronic_statement(layout: LayoutId) -> None:
    schedule, _, _, rest = layout.split(".", 3)
    language, edition = rest.split("@")
    zones = known_forms().layouts[layout].zones
    # Notebooks have no room for these.
    names = {its.name for its in zones if its.printed_value is None} - {"attestor_quality", "legal_reference"}
    signed = next(its.name for its in zones if its.kind is Kind.SIGNATURE and its.name != "defendant_signature")
    its = statement(OTHER_NUMBER, schedule=schedule, language=language, edition=edition)
    its["particulars"] = {name: value for name, value in PARTICULARS.items() if name in names}
    its["signatures"] = [{"particular": signed, "method": "pin", "proof": "x"}]

    read_statement(text_of(its), known_forms())
    pages = electronic_flow(_sides(its)).pages

    assert [page.label for page in pages] == [PageLabel.FORM, PageLabel.FORM]
