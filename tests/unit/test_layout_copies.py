"""Whose duplicate a print is: a layout says so exactly where its print does."""

from __future__ import annotations

import pytest

from pipeline.layout import Copy, Heading, Layout, Paragraph
from pipeline.storage.layout_files import load_layouts
from pipeline.templates.description import describe
from pipeline.templates.schema import LayoutInvalid
from tests.unit.layout_files import parsed

TOLD_BY = {
    Copy.COURT: {"COUR", "COURT", "AUTORITÉ JUDICIAIRE", "JUDICIAL AUTHORITY"},
    Copy.PROSECUTOR: {"POURSUIVANT", "PROSECUTOR"},
    Copy.DEFENDANT: {"DÉFENDEUR", "DEFENDANT"},
}
OLD, NEW = "iii.return.back.fr@old-1", "iii.return.back.fr@new-1"
PARENT = f"""\
layout: {OLD}
size_mm: [120.0, 200.0]
copy: prosecutor
artwork:
  - heading: POURSUIVANT
    at: [10.0, 8.0]
    size_pt: 8
left_out: {{cashier_stamp: "facultatif"}}
"""


def lone_words(layout: Layout) -> set[str]:
    """Lines of print that head no entry, and running text that is no particular."""
    heads = {words for zone in layout.zones for words in zone.words}
    lines = {item.text for item in layout.artwork if isinstance(item, Heading) and item not in heads}
    return lines | {item.text for item in layout.artwork if isinstance(item, Paragraph) and item.name is None}


@pytest.mark.parametrize("layout", load_layouts(), ids=lambda layout: layout.id)
def test_a_shipped_layout_says_whose_duplicate_it_is_where_its_print_tells(layout: Layout) -> None:
    told = {copy for copy, words in TOLD_BY.items() if words & lone_words(layout)}

    assert told == (set() if layout.copy is None else {layout.copy})
    assert describe(layout)["copy"] == layout.copy


def test_an_edition_inherits_whose_duplicate_it_is_with_the_print_that_says_so() -> None:
    kept = parsed({OLD: PARENT, NEW: f"layout: {NEW}\nextends: {OLD}\n"})
    anew = parsed({OLD: PARENT, NEW: f"layout: {NEW}\nextends: {OLD}\nartwork_kept: false\n"})
    own = parsed({OLD: PARENT, NEW: f"layout: {NEW}\nextends: {OLD}\ncopy: court\n"})

    assert (kept.copy, anew.copy, own.copy) == (Copy.PROSECUTOR, None, Copy.COURT)


def test_a_party_that_there_is_not_is_refused() -> None:
    with pytest.raises(LayoutInvalid):
        parsed({OLD: PARENT.replace("prosecutor", "witness")})
