"""Editions in force: read from the records, held against the ledger, the same for whoever asks at any time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.custody.layouts import DraftAct, DraftDeed, DraftId
from pipeline.errors import IntegrityError
from pipeline.geometry import BoxMm
from pipeline.model import LayoutId
from pipeline.storage.layout_files import load_layouts
from pipeline.templates.problem import LayoutInvalid
from pipeline.usecases.layouts import Saved, change_draft, draft_view, propose_draft, put_in_force, withdraw
from pipeline.usecases.layouts.editions import editions
from pipeline.usecases.layouts.edits import PlaceZone, Settle
from pipeline.usecases.reconcile import reconcile, referenced
from pipeline.usecases.verify import verify_all
from pipeline.wiring.editions import LayoutsNow
from tests.fake_records import tampered
from tests.unit.drafting import EDITOR, SUPERVISOR, Drafting
from tests.unit.moved_forms import MOVED, moved_layout, moved_text
from tests.unit.sealed import named

DRAFT = DraftId("f0001")


@pytest.fixture
def house(tmp_path: Path) -> Drafting:
    return Drafting.make(tmp_path)


def differences(house: Drafting) -> set[tuple[str, str]]:
    return named(verify_all(keeping=house.archive.keeping, runner=house.archive.runner))


def test_a_draft_is_no_edition_until_it_is_put_in_force(house: Drafting) -> None:
    records = house.archive.records.layouts
    house.begin()
    assert editions(records=records) == ()

    other = house.in_force(LayoutId("ii.return.front.fr@rivage-2"))

    (edition,) = editions(records=house.archive.records.layouts)
    assert (edition.layout, edition.recognised) == ("ii.return.front.fr@rivage-2", True)
    assert edition.since == other.deeds[-1].at


def test_the_version_that_was_put_in_force_is_the_edition_whatever_was_before_it(house: Drafting) -> None:
    draft = house.begin()
    move = PlaceZone("fine", BoxMm(56.0, 31.6, 33.0, 9.0))
    change_draft(draft.id, 1, [move], who=EDITOR, desk=house.desk)
    propose_draft(draft.id, 2, who=EDITOR, desk=house.desk)
    put_in_force(draft.id, 2, who=SUPERVISOR, desk=house.desk, reason="relu")

    (edition,) = editions(records=house.archive.records.layouts)

    assert edition.text == draft_view(draft.id, desk=house.desk, version=2).version.text
    assert edition.text != draft_view(draft.id, desk=house.desk, version=1).version.text


def test_an_edition_is_in_force_from_one_moment_to_the_other(house: Drafting) -> None:
    draft = house.in_force()
    withdraw(draft.id, 1, who=SUPERVISOR, desk=house.desk, reason="fin du tirage")

    (edition,) = editions(records=house.archive.records.layouts)

    assert edition.until is not None
    assert not edition.recognised
    assert edition.in_force_at(edition.since)
    assert not edition.in_force_at(edition.until)
    assert not edition.in_force_at(edition.since - timedelta(seconds=1))


def test_a_running_server_knows_what_was_put_in_force_and_forgets_nothing(house: Drafting) -> None:
    known = LayoutsNow(house.archive.records.layouts, None)
    assert MOVED not in known
    assert len(known) == len(load_layouts())

    # The fake's tables are another object after each transaction; a database is the same.
    records = house.archive.records

    class Now:
        def count(self) -> int:
            return records.layouts.count()

        def __getattr__(self, name: str) -> object:
            return getattr(records.layouts, name)

    known = LayoutsNow(Now(), None)  # type: ignore[arg-type]  # passes on whatever is asked
    draft = house.in_force()
    assert known[MOVED] == moved_layout()
    withdraw(draft.id, 1, who=SUPERVISOR, desk=house.desk, reason="fin du tirage")

    assert known[MOVED] == moved_layout()
    assert MOVED in set(known)
    assert known.get(LayoutId("ii.return.front.fr@nowhere-1")) is None


def test_what_is_drafted_and_in_force_holds_together(house: Drafting) -> None:
    draft = house.begin()
    change_draft(draft.id, 1, [Settle(1)], who=EDITOR, desk=house.desk)
    house.in_force(LayoutId("ii.return.front.fr@rivage-2"))

    assert differences(house) == set()


def _in_force_text(house: Drafting) -> tuple[str, str]:
    text = moved_text().replace("[8.0, 31.6, 46.0, 9.0]", "[8.0, 31.6, 40.0, 9.0]")
    tampered(house.archive.records.tables.layouts.versions, (DRAFT, 1), text=text)
    return "layout_row_altered", "f0001.saved.1"


def _its_id(house: Drafting) -> tuple[str, str]:
    tampered(house.archive.records.tables.layouts.begun, DRAFT, layout=LayoutId("ii.return.front.fr@autre-1"))
    return "layout_row_altered", "f0001"


def _who_put_it_in_force(house: Drafting) -> tuple[str, str]:
    tampered(house.archive.records.tables.layouts.deeds, (DRAFT, 2), who="rita")
    return "layout_row_altered", "f0001.deed.2"


def _reason(house: Drafting) -> tuple[str, str]:
    tampered(house.archive.records.tables.layouts.deeds, (DRAFT, 2), reason="sans l'avoir relu")
    return "layout_row_altered", "f0001.deed.2"


def _salt(house: Drafting) -> tuple[str, str]:
    tampered(house.archive.records.tables.layouts.deeds, (DRAFT, 2), salt="another")
    return "layout_row_altered", "f0001.deed.2"


def _deed_removed(house: Drafting) -> tuple[str, str]:
    del house.archive.records.tables.layouts.deeds[DRAFT, 2]
    return "record_missing", "f0001.deed.2"


def _version_removed(house: Drafting) -> tuple[str, str]:
    del house.archive.records.tables.layouts.versions[DRAFT, 1]
    return "record_missing", "f0001.saved.1"


def _withdrawn_by_hand(house: Drafting) -> tuple[str, str]:
    deeds = house.archive.records.tables.layouts.deeds
    deeds[DRAFT, 3] = replace(deeds[DRAFT, 2], number=3, act=DraftAct.WITHDRAWN)
    return "record_unknown_to_ledger", "f0001.deed.3"


def _all_removed(house: Drafting) -> tuple[str, str]:
    tables = house.archive.records.tables.layouts
    tables.begun.clear()
    tables.versions.clear()
    tables.deeds.clear()
    return "record_missing", "f0001"


TAMPERED: tuple[Callable[[Drafting], tuple[str, str]], ...] = (
    _in_force_text,
    _its_id,
    _who_put_it_in_force,
    _reason,
    _salt,
    _deed_removed,
    _version_removed,
    _withdrawn_by_hand,
    _all_removed,
)


@pytest.mark.parametrize("alter", TAMPERED)
def test_an_edition_that_was_changed_outside_is_refused_by_name_and_verified(
    house: Drafting, alter: Callable[[Drafting], tuple[str, str]]
) -> None:
    house.in_force()
    named_so = alter(house)

    with pytest.raises(IntegrityError) as refused:
        editions(records=house.archive.records.layouts)

    assert refused.value.code == "layout_altered"
    assert refused.value.params["draft"] == DRAFT
    assert named_so in differences(house)


def test_a_version_put_in_force_by_hand_is_refused(house: Drafting) -> None:
    draft = house.begin()
    at = house.desk.keeping.clock.now()
    deeds = house.archive.records.tables.layouts.deeds
    deeds[DRAFT, 1] = DraftDeed(draft.id, 1, DraftAct.IN_FORCE, 1, at, SUPERVISOR, "", "salt")

    with pytest.raises(IntegrityError, match="layout_altered"):
        editions(records=house.archive.records.layouts)
    assert ("record_unknown_to_ledger", "f0001.deed.1") in differences(house)


def test_an_altered_draft_keeps_no_edition_from_being_read(house: Drafting) -> None:
    house.in_force()
    house.begin(LayoutId("ii.return.front.fr@rivage-2"))
    tampered(house.archive.records.tables.layouts.versions, (DraftId("f0002"), 1), text="x: 1\n")

    assert [edition.layout for edition in editions(records=house.archive.records.layouts)] == [MOVED]
    assert ("layout_row_altered", "f0002.saved.1") in differences(house)


@pytest.mark.parametrize("which", ["scan", "picture"])
def test_the_blank_form_is_an_object_that_is_missed(house: Drafting, which: str) -> None:
    blank = house.begin().begun.blank
    digest = getattr(blank, which)
    house.archive.objects.remove(house.archive.objects.stat(digest).ref)

    assert ("object_missing", digest) in differences(house)


def test_a_killed_beginning_leaves_objects_that_are_adopted_and_may_begin_again(
    house: Drafting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_row: object, _change: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.usecases.layouts.drafting.record_version", killed)
    with pytest.raises(KeyboardInterrupt):
        house.begin()
    assert house.archive.records.layouts.begun() == ()
    monkeypatch.undo()

    found = reconcile(keeping=house.archive.keeping, runner=house.archive.runner)
    draft = house.begin()

    assert len(found.adopted) == 2
    assert draft.id == DRAFT
    assert {draft.begun.blank.scan, draft.begun.blank.picture} <= referenced(house.archive.keeping)
    assert differences(house) == set()


def test_a_killed_enforcement_leaves_the_proposal(house: Drafting, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    draft = house.begin()
    propose_draft(draft.id, 1, who=EDITOR, desk=house.desk)
    with monkeypatch.context() as patched:
        # The row is there then, and its entry in the ledger is not yet.
        patched.setattr("tests.fake_records._Transaction.append", killed)
        with pytest.raises(KeyboardInterrupt):
            put_in_force(draft.id, 1, who=SUPERVISOR, desk=house.desk, reason="relu")

    assert editions(records=house.archive.records.layouts) == ()
    assert differences(house) == set()
    assert isinstance(put_in_force(draft.id, 1, who=SUPERVISOR, desk=house.desk, reason="relu"), Saved)


def test_a_file_with_the_id_of_an_edition_is_refused(house: Drafting, tmp_path: Path) -> None:
    house.in_force()
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / f"{MOVED}.yaml").write_text(moved_text(), encoding="utf-8")

    with pytest.raises(LayoutInvalid) as refused:
        LayoutsNow(house.archive.records.layouts, folder)

    assert [problem.code for problem in refused.value.problems] == ["layout_id_taken"]
    assert isinstance(withdraw(DRAFT, 1, who=SUPERVISOR, desk=house.desk, reason="x"), Saved)
