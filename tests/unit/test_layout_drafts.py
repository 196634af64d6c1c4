"""Drafts of layouts: versions only added, the second writer told, another person for what is put in force."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody.layouts import DraftState
from pipeline.custody.people import Permission, Role
from pipeline.errors import InputRefused, OperatorError
from pipeline.geometry import BoxMm
from pipeline.model import LayoutId, PageId
from pipeline.usecases import permissions
from pipeline.usecases.accounts import set_disabled
from pipeline.usecases.gate import Gate
from pipeline.usecases.layouts import (
    Conflict,
    Refused,
    Saved,
    begin_draft,
    change_draft,
    draft_picture,
    draft_view,
    propose_draft,
    put_in_force,
    restore_draft,
    save_text,
    try_draft,
    withdraw,
)
from pipeline.usecases.layouts.desk import MOST_SCAN_BYTES, BlankScan, Proposed, Upload
from pipeline.usecases.layouts.edits import AddZone, Edit, PlaceMark, PlaceZone, PrintInZone, RemoveZone, Settle
from pipeline.usecases.layouts.results import Tried, TriedPage
from pipeline.usecases.layouts.standing import draft_named
from tests.fake_people import CheapPasswords, CountedChance
from tests.unit.drafting import BLANK, EDITOR, REVIEWER, SUPERVISOR, Drafting
from tests.unit.moved_forms import MOVED, moved_layout, moved_text

BOX = BoxMm(10.0, 31.6, 40.0, 9.0)
MOVE = PlaceZone("service_date", BOX)


@pytest.fixture
def house(tmp_path: Path) -> Drafting:
    return Drafting.make(tmp_path)


def saved(answer: Saved | Conflict | Refused) -> Saved:
    assert isinstance(answer, Saved), answer
    return answer


def codes(answer: object) -> list[str]:
    assert isinstance(answer, Refused), answer
    return [reason.code for reason in answer.reasons]


def test_a_draft_keeps_the_scan_as_received_and_what_was_proposed(house: Drafting) -> None:
    draft = house.begin()

    view = draft_view(draft.id, desk=house.desk)
    assert (draft.state, draft.version, draft.saved_by) == (DraftState.DRAFT, 1, EDITOR)
    assert house.archive.objects.get(draft.begun.blank.scan) == b"a blank form"
    assert draft_picture(draft.id, desk=house.desk) == b"a picture"
    assert view.layout == moved_layout()
    assert view.problems == ()
    assert [reason.code for reason in view.decisions][-1] == "authoring_edition_mark"
    plea = next(zone for zone in view.zones if zone.name == "plea")
    assert [mark.name for mark in plea.marks] == ["guilty", "not_guilty"]
    assert plea.its is not None
    assert plea.its.critical


@pytest.mark.parametrize(
    ("layout", "like", "code"),
    [
        ("ii.return.front.fr@Rivage", "ii.return.front.fr@generic-1", "no_layout_id"),
        ("../../etc/passwd", "ii.return.front.fr@generic-1", "no_layout_id"),
        ("ii.return.front.fr@rivage-1\n", "ii.return.front.fr@generic-1", "no_layout_id"),
        ("iii.return.front.fr@rivage-1", "ii.return.front.fr@generic-1", "layout_face_differs"),
        ("ii.return.front.fr@rivage-1", "ii.return.front.fr@nowhere-1", "unknown_layout"),
        ("ii.return.front.fr@generic-1", "ii.return.front.fr@generic-1", "layout_id_taken"),
    ],
)
def test_an_id_that_cannot_be_is_refused_before_anything_is_stored(
    house: Drafting, layout: str, like: str, code: str
) -> None:
    blank = replace(BLANK, layout=LayoutId(layout), like=LayoutId(like))

    with pytest.raises(OperatorError) as refused:
        begin_draft(blank, who=EDITOR, desk=house.desk)

    assert refused.value.code == code
    assert list(house.archive.objects.digests()) == []


def test_a_scan_that_is_too_large_is_refused(house: Drafting) -> None:
    blank = replace(BLANK, upload=Upload("x", bytes(MOST_SCAN_BYTES + 1)))

    with pytest.raises(InputRefused, match="file_too_large"):
        begin_draft(blank, who=EDITOR, desk=house.desk)


def test_a_layout_has_one_draft_until_it_is_given_up(house: Drafting) -> None:
    draft = house.begin()
    with pytest.raises(OperatorError, match="layout_id_taken"):
        house.begin()

    saved(withdraw(draft.id, 1, who=EDITOR, desk=house.desk, reason="autre numérisé"))

    assert house.begin().id == "f0002"


def test_who_may_not_draft_leaves_nothing(house: Drafting) -> None:
    with pytest.raises(OperatorError, match="account_may_not"):
        begin_draft(BLANK, who=REVIEWER, desk=house.desk)
    assert house.desk.keeping.records.layouts.begun() == ()

    draft = house.begin()
    acts: tuple[Callable[[], object], ...] = (
        lambda: change_draft(draft.id, 1, [MOVE], who=REVIEWER, desk=house.desk),
        lambda: save_text(draft.id, 1, moved_text(), who="nobody", desk=house.desk),
        lambda: propose_draft(draft.id, 1, who=REVIEWER, desk=house.desk),
        lambda: withdraw(draft.id, 1, who=REVIEWER, desk=house.desk, reason="x"),
    )
    for act in acts:
        with pytest.raises(OperatorError, match="account_may_not"):
            act()


def test_two_people_who_begin_the_same_layout_at_once_make_one_draft(
    house: Drafting, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose = house.bench.propose

    def while_another_is_faster(blank: BlankScan) -> Proposed:
        monkeypatch.setattr(house.bench, "propose", propose)
        begin_draft(BLANK, who=SUPERVISOR, desk=house.desk)
        return propose(blank)

    monkeypatch.setattr(house.bench, "propose", while_another_is_faster)
    with pytest.raises(OperatorError, match="layout_id_taken"):
        house.begin()

    assert [its.who for its in house.desk.keeping.records.layouts.begun()] == [SUPERVISOR]


def test_who_drafts_needs_another_permission_to_put_in_force_or_out_of_it(
    house: Drafting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        permissions,
        "PERMISSIONS",
        dict(permissions.PERMISSIONS) | {Role.REVIEWER: frozenset({Permission.DRAFT_LAYOUTS})},
    )
    draft = house.begin()
    saved(change_draft(draft.id, 1, [MOVE], who=EDITOR, desk=house.desk))
    saved(propose_draft(draft.id, 2, who=REVIEWER, desk=house.desk))
    with pytest.raises(OperatorError, match="account_may_not"):
        put_in_force(draft.id, 2, who=REVIEWER, desk=house.desk, reason="relu")
    saved(put_in_force(draft.id, 2, who=SUPERVISOR, desk=house.desk, reason="relu"))
    with pytest.raises(OperatorError, match="account_may_not"):
        withdraw(draft.id, 2, who=REVIEWER, desk=house.desk, reason="x")

    other = house.begin(LayoutId("ii.return.front.fr@rivage-2"))
    saved(withdraw(other.id, 1, who=REVIEWER, desk=house.desk, reason="x"))


def test_an_account_disabled_meanwhile_puts_nothing_in_force(house: Drafting) -> None:
    draft = house.begin()
    saved(propose_draft(draft.id, 1, who=EDITOR, desk=house.desk))
    records, clock = house.archive.records, house.desk.keeping.clock
    set_disabled(SUPERVISOR, True, by="os:root", gate=Gate(records, clock, CheapPasswords(), CountedChance()))

    with pytest.raises(OperatorError, match="account_may_not"):
        put_in_force(draft.id, 1, who=SUPERVISOR, desk=house.desk, reason="x")


def test_an_edit_is_a_new_version_and_the_one_before_stays(house: Drafting) -> None:
    draft = house.begin()

    answer = saved(change_draft(draft.id, 1, [MOVE, Settle(1)], who=SUPERVISOR, desk=house.desk))

    assert (answer.draft.version, answer.draft.saved_by) == (2, SUPERVISOR)
    now, before = draft_view(draft.id, desk=house.desk), draft_view(draft.id, desk=house.desk, version=1)
    assert next(zone for zone in now.zones if zone.name == "service_date").box_mm == BOX
    assert next(zone for zone in before.zones if zone.name == "service_date").box_mm.x == 8.0
    assert [reason.code for reason in now.decisions] == [reason.code for reason in before.decisions][1:]


def test_edits_are_made_together_or_not_at_all(house: Drafting) -> None:
    draft = house.begin()

    answer = change_draft(draft.id, 1, [MOVE, RemoveZone("no_such_space")], who=EDITOR, desk=house.desk)

    assert codes(answer) == ["layout_edit_no_zone"]
    assert draft_named(draft.id, records=house.desk.keeping.records.layouts).version == 1
    assert codes(change_draft(draft.id, 1, [], who=EDITOR, desk=house.desk)) == ["layout_edits_many"]


def test_the_second_writer_is_told_who_was_first(house: Drafting) -> None:
    draft = house.begin()
    saved(change_draft(draft.id, 1, [MOVE], who=SUPERVISOR, desk=house.desk))

    answer = change_draft(draft.id, 1, [MOVE], who=EDITOR, desk=house.desk)

    assert isinstance(answer, Conflict)
    assert (answer.first.who, answer.first.number) == (SUPERVISOR, 2)
    assert draft_named(draft.id, records=house.desk.keeping.records.layouts).version == 2


def test_an_earlier_version_is_restored_as_a_new_one(house: Drafting) -> None:
    draft = house.begin()
    saved(change_draft(draft.id, 1, [MOVE, Settle(1)], who=EDITOR, desk=house.desk))

    saved(restore_draft(draft.id, 2, 1, who=EDITOR, desk=house.desk))

    first, third = (draft_view(draft.id, desk=house.desk, version=number) for number in (1, 3))
    assert third.version.text == first.version.text
    assert third.decisions == first.decisions
    assert third.version.note == "restored"
    with pytest.raises(OperatorError, match="unknown_draft_version"):
        restore_draft(draft.id, 3, 9, who=EDITOR, desk=house.desk)


def test_edits_answer_the_decisions_they_are_about(house: Drafting) -> None:
    draft = house.begin()
    edits: list[Edit] = [
        PrintInZone("plea_deadline", "Dans les 30 jours"),
        PlaceMark("plea", "not_guilty", BoxMm(10.8, 68.0, 4.0, 4.0)),
        RemoveZone("amount_paid"),
        AddZone("amount_paid", BoxMm(108.0, 140.5, 46.0, 8.0), "Montant payé"),
    ]

    saved(change_draft(draft.id, 1, edits, who=EDITOR, desk=house.desk))

    decisions = draft_view(draft.id, desk=house.desk).decisions
    assert [reason.code for reason in decisions] == ["authoring_edition_mark"]


def test_a_file_saved_by_hand_is_held_to_its_form(house: Drafting) -> None:
    draft = house.begin()

    def save(text: str) -> Saved | Conflict | Refused:
        return save_text(draft.id, 1, text, who=EDITOR, desk=house.desk)

    assert codes(save("zones: [")) == ["layout_invalid"]
    assert codes(save("x" * 1_000_001)) == ["layout_invalid"]
    assert codes(save(moved_text().replace(MOVED, "ii.return.front.fr@autre-1"))) == ["layout_draft_other"]
    assert codes(save(f"layout: {MOVED}\nextends: ii.return.front.fr@generic-1\n")) == ["layout_draft_extends"]
    saved(save(moved_text().replace("[8.0, 31.6, 46.0, 9.0]", "[8.0, 31.6, 44.0, 9.0]")))

    zone = next(its for its in draft_view(draft.id, desk=house.desk).zones if its.name == "service_date")
    assert zone.box_mm.width == 44.0


def test_a_file_with_problems_is_kept_shown_and_never_proposed(house: Drafting) -> None:
    draft = house.begin()
    saved(change_draft(draft.id, 1, [RemoveZone("statement_number")], who=EDITOR, desk=house.desk))

    view = draft_view(draft.id, desk=house.desk)
    assert [problem.code for problem in view.problems] == ["layout_particular_missing"]
    answer = propose_draft(draft.id, 2, who=EDITOR, desk=house.desk)
    assert codes(answer) == ["layout_invalid"]
    assert isinstance(answer, Refused)
    assert answer.problems == view.problems


def test_only_what_was_proposed_is_put_in_force_by_another_person_with_a_reason(house: Drafting) -> None:
    draft = house.begin()

    def enforce(who: str, reason: str = "") -> Saved | Conflict | Refused:
        return put_in_force(draft.id, 1, who=who, desk=house.desk, reason=reason)

    assert codes(enforce(SUPERVISOR, "relu")) == ["layout_not_proposed"]
    saved(propose_draft(draft.id, 1, who=SUPERVISOR, desk=house.desk))
    assert codes(enforce(EDITOR, "relu")) == ["layout_needs_another_person"]
    assert codes(enforce(SUPERVISOR)) == ["layout_reason_for_findings"]
    with pytest.raises(OperatorError, match="account_may_not"):
        enforce(REVIEWER, "relu")

    answer = saved(enforce(SUPERVISOR, "relu"))

    assert (answer.draft.state, answer.draft.in_force) == (DraftState.IN_FORCE, 1)
    assert codes(enforce(SUPERVISOR, "relu")) == ["layout_draft_done"]


def test_no_reason_is_asked_where_nothing_is_open(house: Drafting) -> None:
    house.bench.decisions = ()
    draft = house.begin()
    assert not draft_view(draft.id, desk=house.desk).needs_reason
    saved(propose_draft(draft.id, 1, who=EDITOR, desk=house.desk))

    saved(put_in_force(draft.id, 1, who=SUPERVISOR, desk=house.desk))


def test_a_site_may_let_one_person_do_both(tmp_path: Path) -> None:
    house = Drafting.make(tmp_path, second_person=False)
    draft = house.begin()
    saved(propose_draft(draft.id, 1, who=EDITOR, desk=house.desk))

    saved(put_in_force(draft.id, 1, who=EDITOR, desk=house.desk, reason="seule de garde"))


def test_an_edit_takes_the_proposal_back(house: Drafting) -> None:
    draft = house.begin()
    saved(propose_draft(draft.id, 1, who=EDITOR, desk=house.desk))
    answer = saved(change_draft(draft.id, 1, [MOVE], who=SUPERVISOR, desk=house.desk))

    assert answer.draft.state is DraftState.DRAFT
    assert isinstance(put_in_force(draft.id, 1, who=SUPERVISOR, desk=house.desk, reason="x"), Conflict)
    assert codes(put_in_force(draft.id, 2, who=EDITOR, desk=house.desk, reason="x")) == ["layout_not_proposed"]


def test_an_edition_in_force_never_changes_and_its_id_is_taken_for_good(house: Drafting) -> None:
    draft = house.in_force()

    assert codes(change_draft(draft.id, 1, [MOVE], who=EDITOR, desk=house.desk)) == ["layout_draft_done"]
    assert codes(save_text(draft.id, 1, moved_text(), who=EDITOR, desk=house.desk)) == ["layout_draft_done"]
    assert codes(restore_draft(draft.id, 1, 1, who=EDITOR, desk=house.desk)) == ["layout_draft_done"]

    assert codes(withdraw(draft.id, 1, who=SUPERVISOR, desk=house.desk, reason="  ")) == ["layout_reason_missing"]
    saved(withdraw(draft.id, 1, who=SUPERVISOR, desk=house.desk, reason="fin du tirage"))

    assert codes(withdraw(draft.id, 1, who=SUPERVISOR, desk=house.desk, reason="x")) == ["layout_draft_done"]
    with pytest.raises(OperatorError, match="layout_id_taken"):
        house.begin()


def test_a_draft_may_be_like_an_edition_in_force(house: Drafting) -> None:
    house.in_force()
    other = LayoutId("ii.return.front.fr@rivage-2")

    draft = begin_draft(replace(BLANK, layout=other, like=MOVED), who=EDITOR, desk=house.desk)

    assert draft_view(draft.id, desk=house.desk).problems == ()


def test_what_is_tried_is_the_version_shown_and_nothing_is_stored(house: Drafting) -> None:
    draft = house.begin()
    saved(change_draft(draft.id, 1, [MOVE], who=EDITOR, desk=house.desk))
    house.bench.read = (TriedPage("rempli.png", 1, identified=True),)
    before = set(house.archive.objects.digests())

    answer = try_draft(draft.id, uploads=[Upload("rempli.png", b"filled")], desk=house.desk)

    assert isinstance(answer, Tried)
    assert (answer.version, answer.pages) == (2, house.bench.read)
    assert house.bench.tried[0].text == draft_view(draft.id, desk=house.desk).version.text
    assert set(house.archive.objects.digests()) == before


def test_stored_pages_are_tried_by_their_ids(house: Drafting) -> None:
    draft = house.begin()
    batch = house.archive.take({"a.txt": b"one\ntwo"})
    pages = [row.id for row in house.archive.records.pages(batch)]

    try_draft(draft.id, pages=pages[1:], desk=house.desk)

    (sample,) = house.bench.tried[0].stored
    assert (sample.page_number, house.archive.objects.get(sample.file_digest)) == (2, b"one\ntwo")
    with pytest.raises(OperatorError, match="unknown_page"):
        try_draft(draft.id, pages=[PageId("2026-01-01-001.0001.0001")], desk=house.desk)
    with pytest.raises(InputRefused, match="nothing_to_try"):
        try_draft(draft.id, desk=house.desk)
