"""The verdict on a page: missing entries and unreadable print with their sections; kept, told, and without effect."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.cli.findings import section_named
from pipeline.conformity import Conformity, Finding, Weight
from pipeline.geometry import BoxMm, BoxPx
from pipeline.model import Decision, Field, FieldValue, Kind, Layout, PageLabel, PageOutcome
from pipeline.statements.conformity import page_conformity, sheet_conformity
from pipeline.storage.layout_files import load_layouts, load_requirements
from pipeline.templates.legible import Seen, Trouble
from pipeline.templates.printed_parts import PrintedPart
from pipeline.usecases.documents import conformity_json
from pipeline.usecases.stored_outcome import outcome_from, outcome_text


def form(name: str) -> Layout:
    return next(layout for layout in load_layouts() if layout.id == f"{name}@generic-1")


def fields_of(layout: Layout, **values: FieldValue) -> list[Field]:
    """All entries of a form, filled for sure, but those that are given: null is empty, and so on."""
    fields = []
    for zone in layout.zones:
        if zone.kind is Kind.TEXT_BLOCK:
            continue
        usual: dict[Kind, FieldValue] = {Kind.MARK: False, Kind.SIGNATURE: "present"}
        filled = usual.get(zone.kind, "X")
        value = values.get(zone.name, filled)
        entry = zone.kind not in (Kind.MARK, Kind.CHOICE, Kind.SIGNATURE, Kind.STAMP, Kind.RECEIPT)
        decision = Decision.EMPTY if value is None and entry else Decision.ACCEPTED
        fields.append(
            Field(zone.name, zone.kind, zone.critical, value, "", 1.0, decision, "test", zone.box_mm, BoxPx(0, 0, 1, 1))
        )
    return fields


def verdict(layout: Layout, fields: list[Field], *seen: Seen, placed: bool = True) -> Conformity:
    return page_conformity(layout, fields, seen, load_requirements(), placed=placed)


def empty_entries(layout: Layout, **values: FieldValue) -> dict[str, tuple[str, Weight]]:
    found = verdict(layout, fields_of(layout, **values))
    return {its.place: (its.section, its.weight) for its in found.findings}


def test_a_filled_page_has_nothing_missing() -> None:
    found = verdict(form("iii.statement.front.fr"), fields_of(form("iii.statement.front.fr")))

    assert found.findings == ()
    assert found.holds
    assert dict(found.checked)["entries"] > 15


def test_an_entry_that_is_always_required_is_named_with_its_section() -> None:
    missing = empty_entries(form("iii.statement.front.fr"), fine=None, attestor_signature="absent")

    assert missing == {"fine": ("34(7)(a)", Weight.FAULT), "attestor_signature": ("34(8)(h)", Weight.FAULT)}


def test_an_entry_that_is_never_judged_may_be_empty() -> None:
    assert empty_entries(form("iv.return.front.fr"), amount_paid=None, signatory_quality=None) == {}


def test_the_defendant_need_not_be_named_where_the_owner_is() -> None:
    layout = form("iii.statement.front.fr")

    assert empty_entries(layout, defendant_name=None, owner_is_defendant=True) == {}
    assert empty_entries(layout, defendant_name=None) == {"defendant_name": ("34(2)", Weight.FAULT)}


def test_a_temporary_certificate_stands_for_the_plate() -> None:
    layout = form("iv.statement.front.en")

    assert empty_entries(layout, plate=None) == {}
    assert empty_entries(layout, plate=None, temporary_registration_number=None) == {
        "plate": ("38(2)(a)", Weight.FAULT)
    }


def test_the_document_that_states_the_service_stands_for_its_date() -> None:
    layout = form("i.statement.front.en")

    assert empty_entries(layout, service_date=None) == {}
    assert empty_entries(layout, service_date=None, service_reference=None) == {"service_date": ("24(8)", Weight.FAULT)}


def test_a_report_of_service_stands_for_plea_and_signature() -> None:
    layout = form("i.statement.front.fr")
    bare: dict[str, FieldValue] = {"plea": None, "defendant_signature": "absent", "signature_date": None}

    assert empty_entries(layout, **bare) == {}
    assert set(empty_entries(layout, **bare, service_report=None)) == set(bare)


@pytest.mark.parametrize(("marked", "missing"), [(True, {"signature_date"}), (False, set())])
def test_the_back_of_a_parking_plea_is_judged_only_with_its_plea(marked: bool, missing: set[str]) -> None:
    layout = form("iv.return.back.fr")

    assert set(empty_entries(layout, plea_not_guilty=marked, signature_date=None)) == missing


@pytest.mark.parametrize(("not_guilty", "missing"), [(True, set()), (False, {"defendant_signature"})])
def test_a_plea_on_the_back_needs_no_signature_on_the_front(not_guilty: bool, missing: set[str]) -> None:
    front, back = form("iv.return.front.fr"), form("iv.return.back.fr")
    entries = fields_of(front, defendant_signature="absent"), fields_of(back, plea_not_guilty=not_guilty)
    pages = tuple(
        PageOutcome(PageLabel.FORM, (1, 1), layout=side.id, fields=tuple(its), conformity=verdict(side, its))
        for side, its in zip((front, back), entries, strict=True)
    )

    judged, _ = sheet_conformity(pages, load_requirements())

    assert judged.conformity is not None
    assert {its.place for its in judged.conformity.findings} == missing


def test_what_the_page_does_not_tell_is_not_judged_and_says_so() -> None:
    found = verdict(form("iii.return.front.fr"), fields_of(form("iii.return.front.fr"), signatory_quality=None))

    assert [(its.code, its.weight) for its in found.findings] == [("conformity_entry_unjudged", Weight.UNKNOWN)]
    assert found.holds


def test_a_doubtful_entry_is_not_called_empty() -> None:
    layout = form("iii.statement.front.fr")
    fields = [
        replace(field, value=None, decision=Decision.REVIEW) if field.name == "fine" else field
        for field in fields_of(layout)
    ]

    assert verdict(layout, fields).findings == ()


def seen(trouble: Trouble | None, share: float = 0.2) -> Seen:
    return Seen(PrintedPart("34(8.1)", "warning_notice", (BoxMm(0.0, 0.0, 9.0, 3.0),)), share, trouble)


@pytest.mark.parametrize("trouble", Trouble)
def test_print_that_cannot_be_read_is_named_with_its_cause_and_section(trouble: Trouble) -> None:
    layout = form("iii.statement.front.en")

    (found,) = verdict(layout, fields_of(layout), seen(trouble)).findings

    assert (found.code, found.section, found.place) == (f"conformity_print_{trouble}", "34(8.1)", "warning_notice")
    assert found.weight is Weight.FAULT


def test_print_that_can_be_read_is_counted_and_not_named() -> None:
    layout = form("iii.statement.front.en")

    found = verdict(layout, fields_of(layout), seen(None, 1.0))

    assert found.findings == ()
    assert dict(found.checked)["printed"] == 1


def test_a_page_that_fits_badly_has_no_verdict_on_its_print() -> None:
    layout = form("iii.statement.front.en")

    found = verdict(layout, fields_of(layout), seen(Trouble.MISSING), placed=False)

    assert [its.code for its in found.findings] == ["conformity_page_unjudged"]
    assert dict(found.checked)["printed"] == 0


def test_translations_of_the_form_are_in_the_verdict_of_its_pages() -> None:
    layout = form("iv.statement.back.fr")

    assert {"warning_1", "warning_2"} <= set(verdict(layout, fields_of(layout)).translations)


VERDICT = Conformity(
    findings=(
        Finding("conformity_print_covered", "35(6)", "warning_1", (("fields", "warning_1"), ("share", "0.40"))),
        Finding("conformity_entry_unjudged", "40(2)(b)", "x", (("fields", "x"),), Weight.UNKNOWN),
    ),
    translations=("warning_2",),
    checked=(("printed", 12), ("entries", 3)),
)


def test_a_verdict_is_kept_with_its_page() -> None:
    outcome = PageOutcome(PageLabel.FORM, (1, 1), conformity=VERDICT)

    assert outcome_from(outcome_text(outcome)) == outcome


def test_a_page_kept_before_there_were_verdicts_has_none() -> None:
    text = outcome_text(PageOutcome(PageLabel.FORM, (1, 1)))
    older = text.replace('"conformity":null,', "")

    assert older != text
    assert outcome_from(older).conformity is None


def test_the_document_tells_the_whole_verdict() -> None:
    document = conformity_json(VERDICT, say=lambda code, facts: f"{code}: {facts.get('fields')}")

    assert document == {
        "holds": False,
        "checked": {"printed": 12, "entries": 3},
        "findings": [
            {
                "weight": "fault",
                "code": "conformity_print_covered",
                "section": "35(6)",
                "place": "warning_1",
                "message": "conformity_print_covered: warning_1",
            },
            {
                "weight": "unknown",
                "code": "conformity_entry_unjudged",
                "section": "40(2)(b)",
                "place": "x",
                "message": "conformity_entry_unjudged: x",
            },
        ],
        "translations": ["warning_2"],
    }


@pytest.mark.parametrize(
    ("section", "cited"),
    [
        ("34(8.1)", "s. 34(8.1)"),
        ("15, 1st par.", "s. 15 par. 1"),
        ("28 3rd par. (1)", "s. 28 par. 3 (1)"),
        ("Schedule III", "Schedule III"),
        ("Schedule II text", "Schedule II"),
        ("", "—"),
    ],
)
def test_sections_are_cited_as_lawyers_do(section: str, cited: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.cli.localised.LANGUAGE", "en")

    assert section_named(section) == cited
