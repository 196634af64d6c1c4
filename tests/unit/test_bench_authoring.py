"""The benchmark of proposed layouts: what may be looked at, and what counts as right, off, wrong and asked."""

from __future__ import annotations

import pytest

from benchmarks.authoring import NEW_EDITION, UNSEEN, known_by, layout_of
from benchmarks.authoring_score import Outcome, Score, scored, tables
from pipeline.geometry import Affine, px_per_mm
from pipeline.model import LayoutId, Reason
from pipeline.storage.layout_files import layout_texts
from pipeline.usecases.author_layout import Authored
from samples.sheetmap import SheetMap

FORM = "iv.return.front.fr@generic-1"
SCAN = Affine.scaling(px_per_mm(300.0))


def score_of(text: str, *decisions: Reason) -> Score:
    """The score of a proposal for FORM, scanned without any wear."""
    made = Authored(
        LayoutId(f"iv.return.front.fr@{NEW_EDITION}"), text, b"", tuple(decisions), (), (0, 0), scan_from_page=SCAN
    )
    return scored(layout_of(FORM), made, SheetMap(SCAN), level="clean", cpu_s=1.0)


def test_the_unseen_form_and_its_edition_are_not_looked_at() -> None:
    for unseen, like in UNSEEN:
        known = known_by(like, unseen)
        assert known.file.layout == like
        assert unseen not in (like, known.worded.layout)
        assert known.worded.layout.endswith("@generic-1")


def test_a_proposal_that_is_the_form_itself_is_right_throughout() -> None:
    score = score_of(layout_texts()[FORM])

    assert score.ruled[Outcome.SURE] == score.ruled.total() > 15
    assert score.in_form_mm == (score.right, score.right)
    assert (score.wrong_sure, score.wrong_asked) == ((), ())
    assert score.texts == (1, 1)


def test_a_box_off_by_more_than_half_a_millimetre_is_off_and_one_to_be_confirmed_is_asked() -> None:
    text = layout_texts()[FORM]
    moved = text.replace("box_mm: [57.0, 7.4, 38.0, 7.6]", "box_mm: [57.7, 7.4, 38.0, 7.6]")
    assert moved != text

    score = score_of(moved, Reason("authoring_confirm_name", (("name", "plate"), ("box", ""))))

    assert (score.ruled[Outcome.OUT], score.ruled[Outcome.ASKED]) == (1, 1)
    assert score.ruled[Outcome.SURE] == score.ruled.total() - 2


@pytest.mark.parametrize("asked", [False, True])
def test_a_name_in_another_place_is_wrong(asked: bool) -> None:
    text = layout_texts()[FORM]
    swapped = text.replace("name: plate\n", "name: xx\n").replace("name: vehicle_make\n", "name: plate\n")
    confirm = [Reason("authoring_confirm_name", (("name", name), ("box", ""))) for name in ("plate", "vehicle_make")]

    score = score_of(swapped.replace("name: xx\n", "name: vehicle_make\n"), *(confirm if asked else ()))

    both = (("plate", ""), ("vehicle_make", ""))
    assert tuple(sorted(score.wrong_asked if asked else score.wrong_sure)) == both
    assert score.ruled[Outcome.MISSING] == 2
    assert FORM in tables([score])
