"""Pairing: sheets find their statement, and no page is lost or counted twice."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pipeline.geometry import BoxMm, BoxPx
from pipeline.model import (
    Decision,
    Document,
    Field,
    Kind,
    LayoutId,
    PageId,
    PageLabel,
    PageOutcome,
    Schedule,
    Side,
)
from pipeline.statements.pairing import Group, Pairing, PairingPage, pair, pairing_page

FRONT, BACK = Side.FRONT, Side.BACK


def page(
    name: str,
    sheet: int,
    label: PageLabel = PageLabel.FORM,
    *,
    document: Document | None = None,
    face: Side = FRONT,
    number: str | None = None,
) -> PairingPage:
    form = document is not None
    return PairingPage(
        PageId(name), 1, sheet, FRONT, label, Schedule.IV if form else None, document, face if form else None,
        number, number is not None,
    )  # fmt: skip


def statement(name: str, sheet: int, number: str | None = None, *, face: Side = FRONT) -> PairingPage:
    return page(name, sheet, document=Document.STATEMENT, face=face, number=number)


def returned(name: str, sheet: int, number: str | None = None, *, face: Side = FRONT) -> PairingPage:
    return page(name, sheet, document=Document.RETURN, face=face, number=number)


def back(one: PairingPage) -> PairingPage:
    return replace(one, side=BACK, face=None if one.document is None else BACK)


def letter(name: str, sheet: int) -> PairingPage:
    return page(name, sheet, PageLabel.ENCLOSURE)


def ids(*names: str) -> tuple[PageId, ...]:
    return tuple(PageId(name) for name in names)


def codes(group: Group) -> list[str]:
    return [reason.code for reason in group.reasons]


def test_a_back_without_its_own_number_belongs_to_its_front() -> None:
    found = pair([statement("f", 1, "100"), back(statement("b", 1))])

    assert found == Pairing((Group("100", Schedule.IV, ids("f", "b")),), ())


def test_a_back_scanned_as_the_next_sheet_belongs_to_the_front_before_it() -> None:
    found = pair([statement("f", 1, "100"), statement("b", 2, face=BACK), statement("g", 3, "200")])

    assert [group.statement for group in found.groups] == [("f", "b"), ("g",)]


def test_a_back_does_not_join_a_front_that_has_its_back_or_is_of_another_kind() -> None:
    complete = pair([statement("f", 1, "100"), back(statement("b", 1)), statement("c", 2, face=BACK)])
    other = pair([returned("r", 1, "100"), statement("b", 2, face=BACK)])

    assert [group.statement for group in complete.groups] == [("f", "b"), ("c",)]
    assert codes(complete.groups[1]) == ["statement_number_unsure", "back_without_front"]
    assert len(other.groups) == 2


def test_a_return_document_joins_its_statement_wherever_it_lies() -> None:
    found = pair(
        [returned("r2", 1, "200"), statement("s1", 2, "100"), statement("s2", 3, "200"), returned("r1", 4, "100")]
    )

    by_number = {group.number: group for group in found.groups}
    assert by_number["100"].returns == ("r1",)
    assert by_number["200"] == Group("200", Schedule.IV, ids("s2"), ids("r2"))


def test_a_return_document_without_its_statement_stands_alone() -> None:
    (group,) = pair([returned("r", 1, "100"), back(returned("rb", 1))]).groups

    assert (group.number, group.statement, group.returns) == ("100", (), ("r", "rb"))
    assert codes(group) == ["return_without_statement"]


def test_forms_without_a_number_are_never_joined() -> None:
    found = pair([statement("s", 1), statement("t", 2), returned("r", 3)])

    assert [(group.statement, group.returns) for group in found.groups] == [(("s",), ()), (("t",), ()), ((), ("r",))]
    assert all("statement_number_unsure" in codes(group) for group in found.groups)


def test_an_unsure_number_joins_a_return_document_only_to_a_statement_that_has_it_and_says_so() -> None:
    unsure = replace(returned("r", 2, "100"), number_sure=False)

    (joined,) = pair([statement("s", 1, "100"), unsure]).groups
    apart = pair([statement("s", 1, "101"), unsure])

    assert (joined.returns, codes(joined)) == (("r",), ["return_number_unsure"])
    assert [group.number for group in apart.groups] == ["101", None]


def test_enclosures_follow_the_form_before_them() -> None:
    found = pair(
        [
            statement("s", 1, "100"),
            returned("r", 2, "200"),
            letter("l", 3),
            back(page("lb", 3, PageLabel.BLANK)),
            letter("m", 4),
        ]
    )

    assert found.groups[0].enclosures == ()
    assert found.groups[1].enclosures == ("l", "lb", "m")


def test_an_enclosure_before_any_form_goes_with_the_first_form_after_it() -> None:
    found = pair([letter("l", 1), statement("s", 2, "100")])

    assert found.groups[0].enclosures == ("l",)


def test_enclosures_of_another_file_or_behind_a_separator_join_nothing() -> None:
    elsewhere = replace(letter("l", 2), group=2)
    cut = [statement("s", 1, "100"), page("sep", 2, PageLabel.SEPARATOR), letter("m", 3)]

    assert pair([statement("s", 1, "100"), elsewhere]).loose == ("l",)
    assert pair(cut).loose == ("sep", "m")


def test_two_sheets_of_one_number_are_one_statement_and_are_named() -> None:
    (group,) = pair([statement("a", 1, "100"), statement("b", 2, "100")]).groups

    assert group.statement == ("a", "b")
    assert codes(group) == ["several_statement_sheets"]


def test_sides_that_say_different_numbers_are_named() -> None:
    (group,) = pair([returned("f", 1, "100"), back(returned("b", 1, "200"))]).groups

    assert "sides_differ" in codes(group)


def count(name: str, sheet: int, number: str, own: str | None, shared: str | None = "26-17") -> PairingPage:
    return replace(statement(name, sheet, number), designation=shared, form=own, designations_sure=True)


def test_forms_of_one_statement_with_numbers_of_their_own_stay_apart_and_say_what_ties_them() -> None:
    found = pair([count("a", 1, "100", "C1"), count("b", 2, "200", "C2"), returned("r", 3, "200")])

    assert [(group.designation, group.forms, group.returns) for group in found.groups] == [
        ("26-17", ("C1",), ()),
        ("26-17", ("C2",), ("r",)),
    ]
    assert [codes(group) for group in found.groups] == [[], []]


def test_sheets_of_one_number_that_are_surely_different_counts_are_no_doubt() -> None:
    (plain,) = pair([count("a", 1, "100", "C1"), count("b", 2, "100", "C2")]).groups
    (same,) = pair([count("a", 1, "100", "C1"), count("b", 2, "100", "C1")]).groups
    (other,) = pair([count("a", 1, "100", "C1"), count("b", 2, "100", "C2", "26-18")]).groups
    doubtful = replace(count("b", 2, "100", "C2"), designations_sure=False)
    (unsure,) = pair([count("a", 1, "100", "C1"), doubtful]).groups

    assert (plain.forms, codes(plain)) == (("C1", "C2"), [])
    assert codes(same) == ["several_statement_sheets"]
    assert codes(other) == ["several_statement_sheets", "designations_differ"]
    assert codes(unsure) == ["several_statement_sheets", "designation_unsure"]


PAGES = st.lists(
    st.tuples(
        st.integers(1, 6),
        st.integers(1, 2),
        st.sampled_from(list(Side)),
        st.sampled_from([None, *Document]),
        st.sampled_from(list(PageLabel)),
        st.sampled_from([None, "100", "200"]),
        st.booleans(),
    ),
    max_size=14,
)


@given(PAGES, st.randoms())
def test_every_page_is_in_exactly_one_place_whatever_the_order_given(
    facts: list[tuple[int, int, Side, Document | None, PageLabel, str | None, bool]], random: object
) -> None:
    pages = [
        PairingPage(
            PageId(str(at)),
            1 + sheet // 4,
            sheet,
            side,
            PageLabel.FORM if document else label if label is not PageLabel.FORM else PageLabel.ENCLOSURE,
            Schedule.III if document else None,
            document,
            side if document else None,
            number if document else None,
            sure and document is not None and number is not None,
        )
        for at, (sheet, _, side, document, label, number, sure) in enumerate(facts)
    ]

    found = pair(pages)

    placed = [one for group in found.groups for one in (*group.statement, *group.returns, *group.enclosures)]
    assert sorted((*placed, *found.loose)) == sorted(one.id for one in pages)
    numbers = [group.number for group in found.groups if group.number is not None]
    assert len(numbers) == len(set(numbers))


def said(name: str, value: str, decision: Decision) -> Field:
    return Field(name, Kind.STATEMENT_NO, True, value, value, 0.9, decision, "r", BoxMm(0, 0, 1, 1), BoxPx(0, 0, 1, 1))


def test_a_pages_number_is_the_accepted_one_the_barcodes_included() -> None:
    fields = (said("statement_number", "101", Decision.REVIEW), said("locator_code", "100", Decision.ACCEPTED))
    outcome = PageOutcome(PageLabel.FORM, (1, 1), layout=LayoutId("iv.return.front.fr@generic-1"), fields=fields)
    blank = PairingPage(PageId("p"), 1, 1, FRONT, PageLabel.UNIDENTIFIED)

    known = pairing_page(blank, outcome)
    proposed = pairing_page(blank, replace(outcome, fields=fields[:1]))

    assert (known.number, known.number_sure) == ("100", True)
    assert (proposed.number, proposed.number_sure) == ("101", False)
    assert (known.schedule, known.document, known.face) == (Schedule.IV, Document.RETURN, FRONT)


def test_a_page_says_its_designations_and_whether_both_are_sure() -> None:
    layout = LayoutId("ii.statement.front.fr@generic-1")
    shared = said("statement_designation", "26-17", Decision.ACCEPTED)
    blank = PairingPage(PageId("p"), 1, 1, FRONT, PageLabel.UNIDENTIFIED)

    def read(own: Field) -> PairingPage:
        return pairing_page(blank, PageOutcome(PageLabel.FORM, (1, 1), layout=layout, fields=(shared, own)))

    sure = read(said("form_designation", "C1", Decision.ACCEPTED))
    unsure = read(said("form_designation", "C1", Decision.REVIEW))
    half = read(replace(said("form_designation", "", Decision.EMPTY), value=None))

    assert (sure.designation, sure.form, sure.designations_sure) == ("26-17", "C1", True)
    assert (unsure.form, unsure.designations_sure) == ("C1", False)
    assert (half.form, half.designations_sure) == (None, True)
