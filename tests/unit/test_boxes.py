"""Sheets in boxes, holds, and samples compared with the paper."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody import MatchBasis, MatchState, ReturnMatch
from pipeline.custody.boxes import BoxName, BoxState, PageVerdict, SheetRef
from pipeline.errors import OperatorError
from pipeline.model import BatchId
from pipeline.usecases.box_facts import box_facts
from pipeline.usecases.boxes import known_box, make_box, put_sheets, reopen_box, seal_box, take_sheets
from pipeline.usecases.holds import holds_on, place_hold, release_hold
from pipeline.usecases.paper_entries import compare_paper, sheet_ranges
from pipeline.usecases.quality_sample import all_well, draw_sample, last_sample, pages_to_compare, record_verdicts
from pipeline.usecases.retrieve import find_statement
from pipeline.usecases.verify import verify_all
from tests.unit.paper import ANNE, BOX, SIZE, Paper

OTHER = BoxName("B-18")


@pytest.fixture
def paper(tmp_path: Path) -> Paper:
    return Paper.make(tmp_path)


def refused(code: str) -> pytest.RaisesExc[OperatorError]:
    return pytest.raises(OperatorError, match=code)


# Sheets


def test_all_sheets_of_a_batch_go_into_a_box(paper: Paper) -> None:
    assert paper.keeping.records.boxes.sheets(BOX) == tuple(SheetRef(paper.batch, number) for number in (1, 2, 3))


def test_a_sheet_that_goes_into_another_box_leaves_its_own_and_both_are_recorded(paper: Paper) -> None:
    make_box(OTHER, "rayon 5", who=ANNE, keeping=paper.keeping)
    moved = put_sheets(OTHER, paper.batch, [2], who=ANNE, keeping=paper.keeping)

    assert moved.moved == ((BOX, 1),)
    assert paper.keeping.records.boxes.boxes_of(paper.batch) == {1: BOX, 2: OTHER, 3: BOX}
    assert paper.kinds()[-2:] == ["box_emptied", "box_filled"]
    assert list(compare_paper(paper.keeping.records)) == []


def test_putting_sheets_where_they_are_changes_nothing(paper: Paper) -> None:
    before = paper.kinds()

    assert put_sheets(BOX, paper.batch, None, who=ANNE, keeping=paper.keeping).put == ()
    assert paper.kinds() == before


@pytest.mark.parametrize(
    ("name", "code"),
    [("B-17", "box_exists"), ("", "bad_box_name"), ("../x", "bad_box_name"), ("verify", "bad_box_name")],
)
def test_a_box_has_a_name_of_its_own_that_can_be_written_anywhere(name: str, code: str, paper: Paper) -> None:
    with refused(code):
        make_box(name, "rayon 4", who=ANNE, keeping=paper.keeping)


def test_what_is_not_there_is_named(paper: Paper) -> None:
    keeping = paper.keeping
    with refused("unknown_box"):
        put_sheets("nowhere", paper.batch, None, who=ANNE, keeping=keeping)
    with refused("unknown_batch"):
        put_sheets(BOX, BatchId("2020-01-01-001"), None, who=ANNE, keeping=keeping)
    with pytest.raises(OperatorError) as caught:
        put_sheets(BOX, paper.batch, [1, 9, 8], who=ANNE, keeping=keeping)
    assert caught.value.params["sheets"] == "8-9"
    with refused("sheets_not_in_box"):
        take_sheets(BOX, paper.batch, [9], reason="prêt", who=ANNE, keeping=keeping)


def test_a_box_is_sealed_only_by_the_true_count(paper: Paper) -> None:
    for counted in (2, 4):
        with refused("box_count_differs"):
            seal_box(BOX, counted=counted, who=ANNE, keeping=paper.keeping)

    assert seal_box(BOX, counted=3, who=ANNE, keeping=paper.keeping).state is BoxState.SEALED


def test_nothing_goes_into_or_out_of_a_sealed_box(paper: Paper) -> None:
    paper.seal()
    make_box(OTHER, "rayon 5", who=ANNE, keeping=paper.keeping)

    with refused("box_not_open"):
        put_sheets(OTHER, paper.batch, [1], who=ANNE, keeping=paper.keeping)
    with refused("box_not_open"):
        take_sheets(BOX, paper.batch, [1], reason="prêt", who=ANNE, keeping=paper.keeping)
    reopen_box(BOX, reason="prêt", who=ANNE, keeping=paper.keeping)
    take_sheets(BOX, paper.batch, [1], reason="prêt", who=ANNE, keeping=paper.keeping)
    assert len(paper.keeping.records.boxes.sheets(BOX)) == 2


def test_an_empty_box_is_not_sealed(paper: Paper) -> None:
    make_box(OTHER, "rayon 5", who=ANNE, keeping=paper.keeping)

    with refused("box_empty"):
        seal_box(OTHER, counted=0, who=ANNE, keeping=paper.keeping)


# Holds


def test_a_hold_on_a_number_holds_every_box_with_a_sheet_of_it_also_of_later_batches(paper: Paper) -> None:
    records = paper.keeping.records
    make_box(OTHER, "rayon 5", who=ANNE, keeping=paper.keeping)
    hold = place_hold("812346", issuer=None, reason="appel", who=ANNE, keeping=paper.keeping)
    later = paper.archive.take({"later.pdf": b"return 812346\nblank"}, duplex=True)
    put_sheets(OTHER, later, None, who=ANNE, keeping=paper.keeping)

    for box in (BOX, OTHER):
        assert holds_on(box, records.boxes.sheets(box), records=records) == (hold,)
    release_hold("812346", issuer=None, reason="désistement", who=ANNE, keeping=paper.keeping)
    for box in (BOX, OTHER):
        assert holds_on(box, records.boxes.sheets(box), records=records) == ()


def test_a_hold_on_one_form_holds_the_other_forms_of_its_statement(paper: Paper) -> None:
    records = paper.keeping.records
    make_box(OTHER, "rayon 5", who=ANNE, keeping=paper.keeping)
    paper.archive.take({"c1.pdf": b"count 812347 26-17 C1\nblank"}, duplex=True)
    second = paper.archive.take({"c2.pdf": b"count 812348 26-17 C2\nblank"}, duplex=True)
    put_sheets(OTHER, second, None, who=ANNE, keeping=paper.keeping)
    hold = place_hold("812347", issuer=None, reason="appel", who=ANNE, keeping=paper.keeping)

    assert holds_on(OTHER, records.boxes.sheets(OTHER), records=records) == (hold,)


def test_a_hold_on_a_statement_holds_what_is_only_proposed_as_its_answer_and_not_what_was_refused(paper: Paper) -> None:
    records = paper.keeping.records
    make_box(OTHER, "rayon 5", who=ANNE, keeping=paper.keeping)
    later = paper.archive.take({"later.pdf": b"return 899999\nblank"}, duplex=True)
    put_sheets(OTHER, later, None, who=ANNE, keeping=paper.keeping)
    hold = place_hold("812346", issuer=None, reason="appel", who=ANNE, keeping=paper.keeping)
    (returned,) = records.statements(later)
    statement = next(row for row in records.statements(paper.batch) if row.number == "812346")
    proposed = ReturnMatch(returned.id, statement.id, MatchState.PROPOSED, MatchBasis.FACTS, hold.placed_at)

    assert holds_on(OTHER, records.boxes.sheets(OTHER), records=records) == ()
    for match, held in ((proposed, (hold,)), (replace(proposed, state=MatchState.REFUSED), ())):
        with records.transaction() as change:
            change.put_match(match)
        assert holds_on(OTHER, records.boxes.sheets(OTHER), records=records) == held


def test_a_hold_on_a_box_holds_no_other(paper: Paper) -> None:
    records = paper.keeping.records
    make_box(OTHER, "rayon 5", who=ANNE, keeping=paper.keeping)
    put_sheets(OTHER, paper.batch, [3], who=ANNE, keeping=paper.keeping)
    place_hold(BOX, issuer=None, reason="vérification", who=ANNE, keeping=paper.keeping)

    assert len(holds_on(BOX, records.boxes.sheets(BOX), records=records)) == 1
    assert holds_on(OTHER, records.boxes.sheets(OTHER), records=records) == ()


def test_sheets_do_not_leave_a_box_on_hold(paper: Paper) -> None:
    make_box(OTHER, "rayon 5", who=ANNE, keeping=paper.keeping)
    place_hold(BOX, issuer=None, reason="vérification", who=ANNE, keeping=paper.keeping)

    with refused("box_is_held"):
        put_sheets(OTHER, paper.batch, [1], who=ANNE, keeping=paper.keeping)
    with refused("box_is_held"):
        take_sheets(BOX, paper.batch, [1], reason="prêt", who=ANNE, keeping=paper.keeping)


def test_a_hold_on_a_statement_holds_its_copies_until_the_last_hold_ends(paper: Paper) -> None:
    def held() -> bool:
        (file,) = paper.keeping.records.files(paper.batch)
        assert file.digest is not None
        return paper.archive.objects.stat(file.digest).held

    place_hold("812345", issuer=None, reason="appel", who=ANNE, keeping=paper.keeping)
    # Both statements are in one file.
    place_hold("812346", issuer=None, reason="appel", who=ANNE, keeping=paper.keeping)
    assert held()
    release_hold("812345", issuer=None, reason="fin", who=ANNE, keeping=paper.keeping)
    assert held()
    release_hold("812346", issuer=None, reason="fin", who=ANNE, keeping=paper.keeping)
    assert not held()


def test_a_hold_names_something_that_is_there(paper: Paper) -> None:
    with refused("unknown_hold_subject"):
        place_hold("999999", issuer=None, reason="x", who=ANNE, keeping=paper.keeping)
    with refused("no_hold"):
        release_hold("812345", issuer=None, reason="x", who=ANNE, keeping=paper.keeping)
    make_box("812345", "rayon 9", who=ANNE, keeping=paper.keeping)
    with refused("ambiguous_hold_subject"):
        place_hold("812345", issuer=None, reason="x", who=ANNE, keeping=paper.keeping)


def test_one_hold_of_two_is_released_by_its_id(paper: Paper) -> None:
    for reason in ("appel", "plainte"):
        place_hold("812345", issuer=None, reason=reason, who=ANNE, keeping=paper.keeping)
    release_hold("h0001", issuer=None, reason="fin", who=ANNE, keeping=paper.keeping)

    assert [hold.id for hold in paper.keeping.records.boxes.holds() if hold.in_force] == ["h0002"]


# Samples


def test_a_sample_is_drawn_from_a_sealed_box_and_can_be_drawn_again(paper: Paper) -> None:
    with refused("box_not_sealed"):
        draw_sample(BOX, size=SIZE, images=None, seed="5eed", who=ANNE, keeping=paper.keeping)
    paper.seal()
    first = draw_sample(BOX, size=SIZE, images=None, seed="5eed", who=ANNE, keeping=paper.keeping)

    assert len(first.pages) == 3
    assert draw_sample(BOX, size=SIZE, images=None, seed="other", who=ANNE, keeping=paper.keeping) == first


def test_a_fault_opens_the_box_and_stays_until_a_later_sample_finds_the_page_well(paper: Paper) -> None:
    records = paper.keeping.records
    paper.seal()
    paper.sample(well=False)
    page = last_sample(BOX, records=records).pages[0].page
    record_verdicts(BOX, {page: (PageVerdict.FAULT, "coin plié")}, who=ANNE, keeping=paper.keeping)

    assert known_box(BOX, records=records).state is BoxState.OPEN
    with refused("fault_stands"):
        record_verdicts(BOX, {page: (PageVerdict.OK, "")}, who=ANNE, keeping=paper.keeping)
    all_well(BOX, who=ANNE, keeping=paper.keeping)
    assert len(last_sample(BOX, records=records).faults) == 1
    paper.seal()
    again = draw_sample(BOX, size=SIZE, images=1, seed="another", who=ANNE, keeping=paper.keeping)
    assert page in [each.page for each in again.pages]
    assert any(sheet.at_fault for sheet in box_facts(known_box(BOX, records=records), records=records).sheets)
    all_well(BOX, who=ANNE, keeping=paper.keeping)
    assert not any(sheet.at_fault for sheet in box_facts(known_box(BOX, records=records), records=records).sheets)


def test_a_fault_opens_the_record_of_its_statement_again_until_the_page_is_found_well(paper: Paper) -> None:
    records = paper.keeping.records

    def shown() -> set[str]:
        reports = (find_statement(number, records=records) for number in ("812345", "812346"))
        return {reason.code for report in reports for part in report.standings for reason in part.row.reasons}

    paper.seal()
    paper.sample(well=False)
    pages = [page.page for page in last_sample(BOX, records=records).pages]
    record_verdicts(BOX, {pages[0]: (PageVerdict.FAULT, "coin plié")}, who=ANNE, keeping=paper.keeping)
    assert "copy_at_fault" in shown()
    all_well(BOX, who=ANNE, keeping=paper.keeping)
    paper.seal()
    draw_sample(BOX, size=SIZE, images=1, seed="another", who=ANNE, keeping=paper.keeping)
    all_well(BOX, who=ANNE, keeping=paper.keeping)
    assert "copy_at_fault" not in shown()


def test_verdicts_are_on_pages_of_the_sample(paper: Paper) -> None:
    with refused("no_sample"):
        all_well(BOX, who=ANNE, keeping=paper.keeping)
    paper.seal()
    paper.sample(well=False)
    chosen = {page.page for page in last_sample(BOX, records=paper.keeping.records).pages}
    other = next(page.id for page in paper.keeping.records.pages(paper.batch) if page.id not in chosen)

    with refused("page_not_in_sample"):
        record_verdicts(BOX, {other: (PageVerdict.OK, "")}, who=ANNE, keeping=paper.keeping)


def test_the_pages_to_compare_say_which_sheet_and_side_they_are(paper: Paper) -> None:
    paper.seal()
    paper.sample(well=False)
    found = pages_to_compare(last_sample(BOX, records=paper.keeping.records), records=paper.keeping.records)

    assert len(found) == 3
    assert {its.file_name for its in found} == {"mail.pdf"}
    assert all(its.row.sheet in (1, 2, 3) for its in found)


# What the ledger vouches for


def test_records_of_paper_changed_behind_the_programs_back_are_named(paper: Paper) -> None:
    place_hold("812345", issuer=None, reason="appel", who=ANNE, keeping=paper.keeping)
    paper.seal()
    paper.sample()
    tables = paper.archive.records.tables.boxes
    assert list(compare_paper(paper.keeping.records)) == []

    taken = tables.contents.pop(SheetRef(paper.batch, 2))
    assert [(its.code, its.subject) for its in compare_paper(paper.keeping.records)] == [("paper_record_altered", BOX)]
    tables.contents[SheetRef(paper.batch, 2)] = taken
    hold = tables.held.pop("h0001")
    assert [(its.code, its.subject) for its in compare_paper(paper.keeping.records)] == [("record_missing", "h0001")]
    tables.held |= {"h0001": hold, "h0002": replace(hold, id="h0002")}
    assert [its.code for its in compare_paper(paper.keeping.records)] == ["record_unknown_to_ledger"]
    del tables.held["h0002"]
    sample = tables.drawn["B-17/1"]
    tables.drawn["B-17/1"] = replace(sample, pages=sample.pages[:1])
    assert [its.subject for its in compare_paper(paper.keeping.records)] == ["B-17/1"]


def test_verification_of_all_names_a_hold_that_was_deleted(paper: Paper) -> None:
    place_hold("812345", issuer=None, reason="appel", who=ANNE, keeping=paper.keeping)
    paper.archive.records.tables.boxes.held.clear()
    found = verify_all(keeping=paper.keeping, runner=paper.archive.runner).differences

    assert ("record_missing", "h0001") in [(its.code, its.subject) for its in found]


@pytest.mark.parametrize(("numbers", "text"), [([], ""), ([3], "3"), ([1, 2, 3, 7], "1-3,7"), ([9, 8, 1], "1,8-9")])
def test_sheets_are_named_by_their_ranges(numbers: list[int], text: str) -> None:
    assert sheet_ranges(numbers) == text
