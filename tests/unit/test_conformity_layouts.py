"""Forms against the Regulation: every shipped one passes, and one broken in any way fails with the section."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pipeline.conformity import Conformity, Weight
from pipeline.errors import InvariantBroken
from pipeline.geometry import BoxMm
from pipeline.model import FontFace, Heading, Language, Layout, Paragraph, Side
from pipeline.storage.layout_files import load_catalogue, load_fonts, load_layouts, load_requirements
from pipeline.templates.conformity import check_layout
from pipeline.templates.requirements import RuleKind, parse_requirements
from pipeline.templates.rules_of_form import normal_text

SHIPPED = load_layouts()
Change = Callable[[Layout], Layout]


def form(name: str) -> Layout:
    return next(layout for layout in SHIPPED if layout.id == f"{name}@generic-1")


def verdict(layout: Layout, edition: tuple[Layout, ...] = SHIPPED) -> Conformity:
    return check_layout(
        layout,
        catalogue=load_catalogue(),
        requirements=load_requirements(),
        fonts=load_fonts(),
        edition=edition,
    )


def faults(layout: Layout) -> set[tuple[str, str]]:
    return {(its.code, its.section) for its in verdict(layout).findings if its.weight is Weight.FAULT}


def without_zone(*names: str) -> Change:
    def change(layout: Layout) -> Layout:
        gone = [zone for zone in layout.zones if zone.name in names]
        words = [word for zone in gone for word in zone.words]
        artwork = tuple(item for item in layout.artwork if item not in words)
        return replace(layout, zones=tuple(z for z in layout.zones if z.name not in names), artwork=artwork)

    return change


def without_text(name: str) -> Change:
    def change(layout: Layout) -> Layout:
        artwork = tuple(item for item in layout.artwork if getattr(item, "name", None) != name)
        return replace(layout, artwork=artwork)

    return change


def without_printed(words: str) -> Change:
    def change(layout: Layout) -> Layout:
        artwork = tuple(item for item in layout.artwork if normal_text(getattr(item, "text", "")) != words)
        assert len(artwork) < len(layout.artwork), words
        return replace(layout, artwork=artwork)

    return change


def with_text(name: str, **changes: object) -> Change:
    def change(layout: Layout) -> Layout:
        artwork = tuple(
            replace(item, **changes) if isinstance(item, Paragraph) and item.name == name else item  # type: ignore[arg-type]  # by name
            for item in layout.artwork
        )
        return replace(layout, artwork=artwork)

    return change


def text_instead(name: str, old: str, new: str) -> Change:
    def change(layout: Layout) -> Layout:
        (text,) = (item for item in layout.artwork if isinstance(item, Paragraph) and item.name == name)
        assert old in normal_text(text.text)
        return with_text(name, text=normal_text(text.text).replace(old, new))(layout)

    return change


def zone_at(name: str, *, y: float) -> Change:
    def change(layout: Layout) -> Layout:
        zones = tuple(
            replace(zone, box_mm=replace(zone.box_mm, y=y)) if zone.name == name else zone for zone in layout.zones
        )
        return replace(layout, zones=zones)

    return change


def unnamed(name: str) -> Change:
    def change(layout: Layout) -> Layout:
        words = layout.zone(name).words
        zones = tuple(replace(zone, words=()) if zone.name == name else zone for zone in layout.zones)
        return replace(layout, zones=zones, artwork=tuple(item for item in layout.artwork if item not in words))

    return change


def without_mark(zone_name: str, mark: str) -> Change:
    def change(layout: Layout) -> Layout:
        zone = layout.zone(zone_name)
        fewer = replace(zone, marks=tuple(each for each in zone.marks if each.name != mark))
        return replace(layout, zones=tuple(fewer if each is zone else each for each in layout.zones))

    return change


def sized(width_mm: float, height_mm: float) -> Change:
    return lambda layout: replace(layout, size_mm=(width_mm, height_mm))


def printed_at(size_pt: float) -> Change:
    def change(layout: Layout) -> Layout:
        first = next(item for item in layout.artwork if isinstance(item, Heading))
        smaller = replace(first, size_pt=size_pt)
        return replace(layout, artwork=tuple(smaller if item is first else item for item in layout.artwork))

    return change


def mark_at(name: str, box: BoxMm) -> Change:
    def change(layout: Layout) -> Layout:
        zone = layout.zone(name)
        moved = replace(zone, box_mm=box, marks=tuple(replace(mark, box_mm=box) for mark in zone.marks))
        return replace(layout, zones=tuple(moved if each is zone else each for each in layout.zones))

    return change


@pytest.mark.parametrize("layout", SHIPPED, ids=lambda layout: layout.id)
def test_every_shipped_form_conforms(layout: Layout) -> None:
    found = verdict(layout)

    assert [its for its in found.findings if its.weight is Weight.FAULT] == []
    assert found.holds


@pytest.mark.parametrize("layout", SHIPPED, ids=lambda layout: layout.id)
def test_a_verdict_says_how_much_was_compared(layout: Layout) -> None:
    checked = dict(verdict(layout).checked)

    assert checked["spaces"] > 0
    assert checked["rules"] > 0 or (layout.side is Side.BACK or layout.document == "return")


BREAKS: tuple[tuple[str, Change, str, str], ...] = (
    ("iii.statement.front.fr", sized(215.5, 355.0), "conformity_size", "15, 1st par."),
    ("iii.statement.front.fr", sized(215.0, 195.0), "conformity_size", "15, 1st par."),
    ("iv.statement.front.fr", sized(89.0, 280.0), "conformity_size", "15, 1st par."),
    ("i.statement.front.en", sized(214.0, 355.0), "conformity_size", "15, 1st par."),
    ("ii.statement.front.en", sized(99.0, 355.0), "conformity_size", "15, 1st par."),
    ("iii.return.front.en", printed_at(5.9), "conformity_type_small", "15, 3rd par."),
    ("iii.statement.front.en", without_zone("judicial_district"), "conformity_space_missing", "34(1)(c)"),
    ("iv.statement.front.fr", without_zone("locator_code"), "conformity_space_missing", "38(8)"),
    ("iv.return.front.fr", without_zone("plea_guilty"), "conformity_space_missing", "40(2)(a)"),
    ("ii.return.front.fr", without_zone("amount_paid"), "conformity_space_missing", "31(8)"),
    ("iii.statement.front.en", unnamed("fine"), "conformity_space_unnamed", "34(7)(a)"),
    ("iv.statement.front.en", without_text("title"), "conformity_text_missing", "38(1)(a)"),
    ("iii.statement.back.fr", without_text("demerit_information"), "conformity_text_missing", "35(7)"),
    ("iii.statement.back.en", without_text("warning_1"), "conformity_text_missing", "35(6)"),
    ("iii.statement.front.en", with_text("title", text="TICKET"), "conformity_text_words", "34(1)(a)"),
    ("iii.statement.front.fr", with_text("warning_notice", boxed=False), "conformity_warning_plain", "34(8.1)"),
    ("iv.statement.front.en", with_text("warning_notice", size_pt=8.9), "conformity_warning_plain", "38(6.1)"),
    (
        "iv.statement.back.en",
        with_text("warning_2", face=FontFace.NARROW),
        "conformity_warning_plain",
        "35(6)",
    ),
    (
        "iii.statement.back.en",
        text_instead("warning_1", "WARNING NO. 1", "Warning No. 1"),
        "conformity_warning_plain",
        "35(6)",
    ),
    (
        "iii.statement.back.en",
        text_instead("warning_1", "MAY BE CONVICTED", "CAN BE CONVICTED"),
        "conformity_text_words",
        "35(6)",
    ),
    (
        "iv.statement.front.en",
        text_instead("warning_notice", "18 YEARS", "16 YEARS"),
        "conformity_text_words",
        "38(6.1)",
    ),
    ("iii.statement.back.fr", with_text("default_heading", size_pt=8.0), "conformity_not_capitals", "35(6)"),
    (
        "iii.statement.back.fr",
        with_text("default_heading", box_mm=BoxMm(111.0, 300.0, 97.0, 8.0)),
        "conformity_order",
        "35(6)",
    ),
    (
        "iii.statement.front.fr",
        without_printed("Identification du défendeur"),
        "conformity_title_missing",
        "34(2)",
    ),
    ("iv.statement.front.en", without_printed("SERVICE"), "conformity_title_missing", "35(6)"),
    ("iii.return.front.en", without_printed("PENALTY AND PAYMENT"), "conformity_title_missing", "36(2)"),
    ("iii.return.front.en", without_printed("PLEA"), "conformity_title_missing", "36(1)"),
    ("iv.return.front.en", without_printed("Plea of guilty and payment"), "conformity_title_missing", "40(2)"),
    ("iii.statement.front.en", zone_at("prosecutor_name", y=300.0), "conformity_header", "34(1)"),
    ("iv.return.front.en", zone_at("statement_number", y=190.0), "conformity_header", "40(1)"),
    (
        "iii.statement.front.en",
        without_zone("defendant_name", "owner_is_defendant"),
        "conformity_any_of",
        "34(2)",
    ),
    ("iv.statement.front.en", without_zone("service_date", "service_reference"), "conformity_any_of", "38(6)(f)"),
    ("ii.statement.front.en", without_zone("server_name", "server_is_attestor"), "conformity_any_of", "29(6)(f)"),
    (
        "iv.return.back.en",
        without_zone("cashier_stamp", "payment_receipt", "transaction_record", "payment_reference"),
        "conformity_any_of",
        "41(7)",
    ),
    ("i.statement.front.en", without_zone("service_report_statement_number"), "conformity_given", "27 2nd par."),
    ("iv.statement.front.fr", without_zone("certificate_holder_address"), "conformity_given", "38(2)(a)"),
    ("iii.statement.front.fr", without_zone("form_designation"), "conformity_given", "12, 13"),
    ("iii.statement.front.fr", without_zone("warning_2_applies"), "conformity_given", "34(8.1)"),
    (
        "i.return.front.fr",
        without_mark("plea", "guilty_contests_greater_sentence"),
        "conformity_marks",
        "24(11)",
    ),
    ("iii.return.front.fr", without_mark("plea", "not_guilty"), "conformity_marks", "36(1)(b)"),
    (
        "iv.statement.front.fr",
        without_mark("service_moment", "duplicate_not_delivered"),
        "conformity_marks",
        "38(6)(c)",
    ),
    (
        "iii.statement.front.fr",
        mark_at("warning_2_applies", BoxMm(190.0, 320.0, 4.0, 4.0)),
        "conformity_not_inside",
        "34(8.1)",
    ),
    (
        "iii.statement.front.fr",
        with_text("warning_notice", box_mm=BoxMm(7.0, 20.0, 172.0, 19.0)),
        "conformity_not_after",
        "34(8.1)",
    ),
    ("i.statement.front.en", zone_at("plea", y=40.0), "conformity_portion", "26, 27"),
    (
        "ii.statement.back.en",
        text_instead("procedure", "plead not guilty", "contest the greater sentence"),
        "conformity_text_unwanted",
        "23(2), 30",
    ),
    (
        "iv.statement.back.fr",
        without_printed("DEMANDES PRÉLIMINAIRES"),
        "conformity_heading_missing",
        "Schedule IV",
    ),
    ("i.statement.back.fr", text_instead("plea_deadline", "30 jours", "mois"), "conformity_text_words", "28(4)"),
    (
        "iii.statement.back.en",
        text_instead("payment_procedure", "the first $10 shall", "the first $15 shall"),
        "conformity_wording",
        "Schedule III",
    ),
    ("iii.statement.back.en", without_printed("PLEA"), "conformity_wording", "Schedule III"),
    ("iii.statement.back.en", without_printed("PLEA"), "conformity_heading_missing", "Schedule III"),
    ("iv.statement.back.fr", without_printed("PLAIDOYER"), "conformity_heading_missing", "Schedule IV"),
    ("i.statement.back.en", without_printed("TRANSMISSION OF PLEA"), "conformity_wording", "Schedule I"),
)


@pytest.mark.parametrize(("name", "change", "code", "section"), BREAKS, ids=[f"{b[0]}-{b[2]}-{b[3]}" for b in BREAKS])
def test_a_form_that_is_broken_fails_with_the_section(name: str, change: Change, code: str, section: str) -> None:
    broken = change(form(name))

    assert (code, section) in faults(broken)
    assert not verdict(broken).holds


def test_the_prosecutors_address_may_stand_on_the_back_instead() -> None:
    front = without_zone("prosecutor_address")(form("iv.statement.front.fr"))
    bare = without_zone("prosecutor_address")(form("iv.statement.back.fr"))

    assert verdict(front).holds
    assert ("conformity_on_neither_side", "38(1)(c)") in {
        (its.code, its.section) for its in verdict(front, (bare,)).findings if its.weight is Weight.FAULT
    }
    assert [its.weight for its in verdict(front, ()).findings if its.section == "38(1)(c)"] == [
        Weight.NOTE,
        Weight.UNKNOWN,
    ]


def test_a_space_that_is_needed_only_where_it_applies_is_noted_with_its_reason() -> None:
    without = without_zone("towed_to", "parking_sign")(form("iv.statement.front.fr"))
    reasoned = replace(without, left_out=(("towed_to", "Aucun remorquage"),))

    found = {its.place: (its.code, its.weight) for its in verdict(reasoned).findings}

    assert found["towed_to"] == ("conformity_space_left_out", Weight.NOTE)
    assert found["parking_sign"] == ("conformity_space_conditional", Weight.NOTE)
    assert verdict(reasoned).holds


def test_translations_are_named_and_are_no_fault() -> None:
    found = verdict(form("iii.statement.back.fr"))

    assert {"warning_1", "warning_2", "general_purpose"} <= set(found.translations)
    assert found.holds
    assert verdict(form("iii.statement.back.en")).translations == ()


def test_what_was_enacted_with_a_slip_may_be_printed_mended() -> None:
    mended = text_instead("payment_procedure", "may be send", "may be sent")(form("iv.statement.back.en"))

    assert verdict(mended).holds


def test_every_requirement_has_a_section_and_a_sentence_in_both_languages() -> None:
    rules = [rule for its in load_requirements().rules.values() for rule in its]

    assert len(rules) > 100
    for rule in rules:
        assert rule.section[:1].isdigit() or rule.section.startswith("Schedule"), rule
        assert rule.says.in_language(Language.FR).endswith("."), rule
        assert rule.says.in_language(Language.EN).endswith("."), rule
        assert rule.says.fr != rule.says.en


def test_every_kind_of_rule_is_used() -> None:
    assert {rule.kind for its in load_requirements().rules.values() for rule in its} == set(RuleKind)


@pytest.mark.parametrize(
    "text",
    ["rules: 1", "{", "rules: []\nwording: {}\nsizes: {}\nentries: []\nconditions: {x: 'and or'}"],
)
def test_broken_requirements_are_never_used(text: str) -> None:
    with pytest.raises(InvariantBroken):
        parse_requirements(text, load_catalogue())
