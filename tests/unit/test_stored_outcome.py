from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.geometry import Affine, BoxMm, BoxPx
from pipeline.model import (
    Alternative,
    Decision,
    Derivative,
    Field,
    Kind,
    LayoutId,
    MaskKind,
    PageLabel,
    PageMask,
    PageOutcome,
    Reason,
    RuleResult,
    RuleVerdict,
    Script,
)
from pipeline.usecases.stored_outcome import as_written_before, outcome_from, outcome_text, says_the_same

FIELD = Field(
    name="plea",
    kind=Kind.CHOICE,
    critical=True,
    value=None,
    text="",
    confidence=0.25,
    decision=Decision.REVIEW,
    reader="marks",
    box_mm=BoxMm(1.0, 2.0, 3.5, 4.0),
    box_px=BoxPx(10, 20, 30, 40),
    reasons=(Reason("two_marks", (("count", "2"),)),),
    alternatives=(Alternative("guilty", 0.5), Alternative(True, 0.25), Alternative(None, 0.1)),
    script=Script.HAND,
)
OUTCOME = PageOutcome(
    label=PageLabel.FORM,
    size_px=(2550, 4200),
    dpi=300.0,
    layout=LayoutId("iii.statement.front.fr@generic-1"),
    layout_score=0.98,
    rotation_deg=180,
    skew_deg=-1.37,
    residual_mm=0.12,
    scan_from_page=Affine(1.0, 0.1, 2.0, -0.1, 1.0, 3.0),
    barcodes=("812345",),
    fields=(FIELD,),
    rules=(RuleResult("total", RuleVerdict.HOLDS, ("fine", "costs")),),
    reasons=(Reason("skewed"),),
    text="Été\nligne",
)


def test_an_outcome_comes_back_as_it_was() -> None:
    assert outcome_from(outcome_text(OUTCOME)) == OUTCOME


def test_images_are_left_out() -> None:
    with_image = PageOutcome(PageLabel.BLANK, (1, 1), derivatives=(Derivative("thumbnail", "image/png", b"x"),))

    assert outcome_text(with_image) == outcome_text(PageOutcome(PageLabel.BLANK, (1, 1)))


@given(st.floats(allow_nan=False, allow_infinity=False), st.text(), st.one_of(st.text(), st.booleans(), st.none()))
def test_any_number_text_and_value_comes_back(number: float, text: str, value: str | bool | None) -> None:
    alternatives = (Alternative(value, number),)
    outcome = PageOutcome(PageLabel.FORM, (1, 1), skew_deg=number, text=text, fields=(_with(alternatives),))

    assert outcome_from(outcome_text(outcome)) == outcome


def test_a_numpy_number_is_written_as_the_number_it_is() -> None:
    measured = PageOutcome(PageLabel.BLANK, (1, 1), skew_deg=np.float32(0.5), rotation_deg=np.int64(90))  # type: ignore[arg-type]  # what slips through

    assert outcome_text(measured) == outcome_text(PageOutcome(PageLabel.BLANK, (1, 1), skew_deg=0.5, rotation_deg=90))


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        outcome_text(PageOutcome(PageLabel.BLANK, (1, 1), skew_deg=float("nan")))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"label":"form"}', '{"label":"novel","size_px":[1,1]}'])
def test_what_is_no_outcome_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        outcome_from(text)


def test_a_key_that_an_older_record_lacks_takes_its_default() -> None:
    assert outcome_from('{"label":"blank","size_px":[1,2]}') == PageOutcome(PageLabel.BLANK, (1, 2))


def test_a_number_is_of_the_type_that_is_declared_whatever_was_read_before_it() -> None:
    boxes = [outcome_from(_with_box(x)).fields[0].box_mm.x for x in ("2.5", "2", "2.5", "2")]

    assert list(map(repr, boxes)) == ["2.5", "2.0", "2.5", "2.0"]


@pytest.mark.parametrize("box", ["[]", '"x"', '{"x":1}', '{"x":{},"y":1,"width":1,"height":1}'])
def test_a_box_that_is_none_is_refused_also_after_one_that_is(box: str) -> None:
    text = outcome_text(OUTCOME)
    known = '{"height":4.0,"width":3.5,"x":1.0,"y":2.0}'
    assert known in text
    outcome_from(text)

    with pytest.raises(ValueError, match="outcome"):
        outcome_from(text.replace(known, box))


def _with_box(x: str) -> str:
    return outcome_text(OUTCOME).replace('"x":1.0', f'"x":{x}')


def _with(alternatives: tuple[Alternative, ...]) -> Field:
    return Field(
        "n", Kind.TEXT, False, "v", "v", 0.5, Decision.REVIEW, "r", FIELD.box_mm, FIELD.box_px, (), alternatives
    )


def _without(text: str, *names: str) -> str:
    """As an edition wrote it that did not know these keys, of the outcome or of its fields."""
    said = json.loads(text)
    for each in (said, *said["fields"]):
        for name in names:
            each.pop(name, None)
    return json.dumps(said)


KNOWN = replace(OUTCOME, fingerprint="0" * 60)


def test_what_an_older_text_has_no_key_for_is_no_difference() -> None:
    older = _without(outcome_text(KNOWN), "fingerprint", "conformity", "script")

    assert says_the_same(older, outcome_text(KNOWN))


@pytest.mark.parametrize(
    "now",
    [
        replace(KNOWN, text="Une autre ligne"),
        replace(KNOWN, fields=()),
        replace(KNOWN, fields=(replace(FIELD, value="guilty"),)),
        replace(KNOWN, rotation_deg=0),
        replace(KNOWN, reasons=()),
        replace(KNOWN, masks=(PageMask(BoxPx(1, 2, 3, 4), MaskKind.PERSON),)),
    ],
)
def test_a_value_that_changed_is_a_difference_whoever_wrote_the_text(now: PageOutcome) -> None:
    older = _without(outcome_text(KNOWN), "fingerprint", "conformity", "script")

    assert not says_the_same(older, outcome_text(now))


def test_a_key_that_is_gone_is_a_difference() -> None:
    assert not says_the_same(outcome_text(KNOWN), outcome_text(OUTCOME))


@pytest.mark.parametrize("text", ["", "[]", "no text"])
def test_what_is_no_outcome_says_nothing(text: str) -> None:
    assert not says_the_same(text, outcome_text(OUTCOME))
    assert not says_the_same(outcome_text(OUTCOME), text)


def test_an_outcome_is_written_as_earlier_editions_wrote_it() -> None:
    written = list(as_written_before(outcome_text(KNOWN)))

    assert written[0] == outcome_text(OUTCOME)
    assert [len(json.loads(each)) for each in written] == sorted(
        (len(json.loads(each)) for each in written), reverse=True
    )
    assert not {"conformity", "enclosure", "scan_from_layout", "fingerprint"} & json.loads(written[-1]).keys()
