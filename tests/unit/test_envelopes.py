"""Sheets become envelopes at separators; what is missing, twice or out of place is an alarm and a doubt, no guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model import PageLabel, Reason, Side
from pipeline.ocr.separators import SeparatorText
from pipeline.statements.envelopes import Envelopes, SheetSeen, SideSeen, cuts, envelopes


def text(serial: int, *, name: str = "A", of: int = 9, follow: int | None = None) -> SeparatorText:
    return SeparatorText(name, 100 + serial, serial, of, follow, Side.FRONT)


def both(said: SeparatorText | None, *, sure: bool = True) -> tuple[SideSeen, ...]:
    other = None if said is None else replace(said, side=Side.BACK)
    return (SideSeen(Side.FRONT, sure, not sure, said), SideSeen(Side.BACK, sure, not sure, other))


PAPER = (SideSeen(Side.FRONT), SideSeen(Side.BACK))


def mail(*sheets: SeparatorText | str) -> Envelopes:
    """`-` is a sheet, `?` may be a separator, `+` is one of which nobody knows what it says."""
    sides = {"-": PAPER, "?": both(None, sure=False), "+": both(None)}
    seen = (sides[its] if isinstance(its, str) else both(its) for its in sheets)
    return envelopes([SheetSeen(number, its) for number, its in enumerate(seen, start=1)])


def codes(found: Envelopes) -> list[tuple[str, tuple[int, ...]]]:
    return [(alarm.code, alarm.sheets) for alarm in found.alarms]


def test_each_separator_begins_an_envelope() -> None:
    found = mail("-", text(1), "-", "-", text(2), text(3), "-")

    assert [(its.separator, its.first_sheet, its.sheets) for its in found.envelopes] == [
        (None, 1, (1,)),
        (2, 2, (3, 4)),
        (5, 5, ()),
        (6, 6, (7,)),
    ]
    assert found.envelopes[1].text == text(1)
    assert (found.alarms, found.separated) == ((), True)


def test_a_batch_without_separators_is_one_envelope_a_group() -> None:
    found = envelopes([SheetSeen(1, PAPER), SheetSeen(2, PAPER), SheetSeen(3, PAPER, group=2)])

    assert [its.sheets for its in found.envelopes] == [(1, 2), (3,)]
    assert (found.alarms, found.separated) == ((), False)
    assert envelopes(()).envelopes == ()


def test_a_missing_serial_number_makes_the_envelopes_around_it_doubtful() -> None:
    found = mail(text(1), "-", text(2), "-", text(5), "-", text(6), "-")

    assert codes(found) == [("separator_missing", (5,))]
    assert dict(found.alarms[0].params) == {"set": "A", "sheet": "5", "serials": "3-4"}
    assert [[reason.code for reason in its.doubts] for its in found.envelopes] == [
        [],
        ["separator_missing"],
        ["separator_missing"],
        [],
    ]


def test_paper_before_the_first_separator_was_not_separated_if_it_is_not_the_first_of_its_set() -> None:
    assert codes(mail("-", text(4), "-")) == [("separator_missing", (2,))]
    assert codes(mail(text(4), "-", text(5), "-")) == []


@pytest.mark.parametrize(
    ("sheets", "expected"),
    [
        ((text(1), "-", text(2), "-", text(1), "-"), [("separator_twice", (1, 5))]),
        ((text(1), "-", text(3), "-"), [("separator_missing", (3,))]),
        ((text(2), "-", text(1), "-"), [("separator_order", (3,))]),
        ((text(1), "-", text(2, name="B"), "-", text(2), "-"), [("separator_foreign", (3,))]),
        ((text(1, of=2), "-", text(2, of=3), "-"), [("separator_order", (3,))]),
        ((text(1, of=1), "-", text(1, name="B"), "-"), []),
        ((text(1, of=2), "-", text(1, name="B"), "-"), [("separator_foreign", (3,))]),
        ((text(1, follow=2), "-", text(2, follow=1), "-"), [("separator_count", (1,))]),
        ((text(1, follow=1), "-", text(2, follow=0)), []),
        ((text(1), "-", "?", "-", text(2), "-"), [("separator_unsure", (3,))]),
        ((text(1), "-", "+", "-", text(2), "-"), []),
    ],
)
def test_what_is_wrong_with_separators_is_said(
    sheets: Sequence[SeparatorText | str], expected: list[tuple[str, tuple[int, ...]]]
) -> None:
    assert codes(mail(*sheets)) == expected


def test_both_sides_must_say_the_same_and_either_suffices_to_cut() -> None:
    differing = (SideSeen(Side.FRONT, True, False, text(1)), SideSeen(Side.BACK, True, False, text(2)))
    alone = (SideSeen(Side.FRONT), SideSeen(Side.BACK, True, False, text(2)))
    one_sided = (SideSeen(Side.FRONT, True, False, text(3)),)
    half = (SideSeen(Side.FRONT, False, True, text(4)), SideSeen(Side.BACK, True, False, text(4)))
    found = envelopes(
        [SheetSeen(number, its) for number, its in enumerate((differing, PAPER, alone, one_sided, half), start=1)]
    )

    assert codes(found) == [
        ("separator_sides_differ", (1,)),
        ("separator_side_missing", (3,)),
        ("separator_side_missing", (5,)),
    ]
    assert [its.separator for its in found.envelopes] == [1, 3, 4, 5]


def test_what_may_be_a_separator_cuts_until_a_person_says_that_it_is_none() -> None:
    doubtful = (Reason("separator_doubtful"),)

    assert cuts(PageLabel.UNIDENTIFIED, doubtful)
    assert cuts(PageLabel.SEPARATOR, ())
    assert not cuts(PageLabel.ENCLOSURE, doubtful)
    assert not cuts(PageLabel.UNIDENTIFIED, (Reason("not_recognised"),))
    assert not cuts(None, ())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=12), st.data())
def test_every_sheet_is_in_one_place_and_a_lost_separator_never_passes_in_silence(
    counts: list[int], data: st.DataObject
) -> None:
    sheets: list[SeparatorText | str] = []
    places = []
    for serial, count in enumerate(counts, start=1):
        places.append(len(sheets))
        sheets += [text(serial, of=len(counts), follow=count), *["-"] * count]
    lost = data.draw(st.integers(0, len(counts) - 1))
    whole = mail(*sheets)
    less = mail(*(its for place, its in enumerate(sheets) if place != places[lost]))

    for found, number in ((whole, len(sheets)), (less, len(sheets) - 1)):
        placed = [sheet for its in found.envelopes for sheet in ((its.separator or 0), *its.sheets) if sheet]
        assert placed == list(range(1, number + 1))
    assert whole.alarms == ()
    # The first of a set may have been used for another batch, and an empty last envelope leaves no trace.
    if lost > 0 and (lost < len(counts) - 1 or counts[lost]):
        assert less.alarms
        assert any(its.doubts for its in less.envelopes)
