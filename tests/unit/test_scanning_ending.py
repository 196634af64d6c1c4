"""A session that ends: its sides become the files of its batch, and nothing is left out of account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

from pipeline.custody import BatchOptions, BatchState, FileState
from pipeline.custody.scanning import MailHeader, MailKind, ScannedSide, SessionState
from pipeline.errors import OperatorError, PipelineError, Unavailable
from pipeline.evidence.verdict import Verdict
from pipeline.model import Digest, FileId, Side
from pipeline.usecases.balance import balance
from pipeline.usecases.intake import carry_on
from pipeline.usecases.jobs.making import ask_for_split
from pipeline.usecases.reconcile import reconcile
from pipeline.usecases.review import Closed, close_batch
from pipeline.usecases.scanning import Again, end_session, enter_header
from pipeline.usecases.scanning.turns import Asked, begin
from pipeline.usecases.verify import verify_all, verify_batch
from tests.fake_records import tampered
from tests.fake_scanner import Trouble, fed_with
from tests.unit.jobbing import Works
from tests.unit.mail_room import JAM, SIMPLEX, MailRoom, sheet
from tests.unit.reviewing import ANNE, CHIEF, codes, desk_of


def _verified(room: MailRoom) -> Verdict:
    return verify_all(keeping=room.keeping, runner=room.archive.runner)


def _found(room: MailRoom) -> set[tuple[str, str]]:
    return {(its.code, its.subject.removeprefix(room.batch)) for its in _verified(room).differences}


def _with_all(tmp_path: Path) -> MailRoom:
    """A half sheet, a sheet that was scanned again, and identical backs."""
    room = MailRoom.make(tmp_path, expected=4)
    scanner = fed_with(sheet(1), (b"no 812002", b"blank"), (b"no 812003", b"blank"), sheet(4))
    scanner.troubles[3] = Trouble(JAM, after_front=True)
    room.feed(scanner)
    room.feed(scanner)
    room.feed_sheets(101, again=Again((1,), "pli"))
    return room


def test_fed_sides_are_the_images_stored_and_each_is_a_page_or_superseded(tmp_path: Path) -> None:
    room = _with_all(tmp_path)

    room.end()
    room.read()

    row = room.keeping.records.batch(room.batch)
    assert row is not None
    its = balance(row, records=room.keeping.records)
    assert its.scanned is not None
    assert (its.scanned.fed_sides, its.scanned.half_sides, its.scanned.superseded) == (10, 1, 3)
    assert its.scanned.received == len(room.keeping.records.files(room.batch)) == its.end_states + 3
    assert (its.sheets, its.images, its.holds) == (4, 8, True)
    assert not _verified(room).differences


def test_files_stand_in_the_order_of_the_paper_and_superseded_ones_after_them(tmp_path: Path) -> None:
    room = _with_all(tmp_path)

    room.end()

    files = room.keeping.records.files(room.batch)
    assert [file.name for file in files] == [
        "0001-front-2.bin",
        "0001-back-2.bin",
        "0002-front.bin",
        "0002-back.bin",
        "0003-front-2.bin",
        "0003-back-2.bin",
        "0004-front.bin",
        "0004-back.bin",
        "0001-front.bin",
        "0001-back.bin",
        "0003-front.bin",
    ]
    assert [file.state for file in files] == [FileState.RECEIVED] * 8 + [FileState.SUPERSEDED] * 3
    assert {file.group for file in files[:8]} == {1}
    assert [file.position for file in files] == list(range(11))


def test_the_scanner_is_documented_with_its_batch(tmp_path: Path) -> None:
    room = _with_all(tmp_path)

    room.end()
    room.read()

    profile = room.view().options.scan_profile
    assert profile is not None
    assert b'"serial":"F-1"' in room.keeping.objects.get(profile)
    assert not _verified(room).differences


def test_two_backs_with_the_same_bytes_are_the_backs_of_two_sheets(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    room.feed(fed_with((b"no 812001", b"blank"), (b"no 812002", b"blank")))

    room.end()
    room.read()

    pages = room.keeping.records.pages(room.batch)
    assert [(page.sheet, page.side) for page in pages] == [(n, side) for n in (1, 2) for side in Side]
    assert not _verified(room).differences


def test_a_single_side_is_the_only_one_of_its_sheet(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path, expected=2)
    room.feed(fed_with((b"no 812001",), (b"no 812002",)), SIMPLEX)

    room.end()
    room.read()

    assert [(page.sheet, page.side) for page in room.keeping.records.pages(room.batch)] == [
        (1, Side.FRONT),
        (2, Side.FRONT),
    ]


@pytest.mark.parametrize("expected", [1, 3])
def test_a_session_that_does_not_balance_ends_with_a_supervisors_reason_alone(tmp_path: Path, expected: int) -> None:
    room = MailRoom.make(tmp_path, expected=expected)
    room.feed_sheets(1, 2)

    for reason, supervisor in (("", True), ("manque", False), (" ", True)):
        with pytest.raises(OperatorError, match="session_does_not_balance") as refused:
            room.end(reason=reason, supervisor=supervisor)
        assert (refused.value.params["expected"], refused.value.params["found"]) == (expected, 2)
    ended = room.end(reason="  une feuille   manque ", supervisor=True)

    assert (ended.session.state, ended.session.end_reason) == (SessionState.ENDED, "une feuille manque")
    entry = [its for its in room.keeping.records.ledger() if its.kind == "scan_session_ended"][-1]
    assert '"reason":true' in entry.body
    assert "manque" not in entry.body


def test_sides_that_the_device_counted_and_did_not_deliver_are_an_alarm(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    room.feed(fed_with(sheet(1), (b"no 812002",)))

    assert room.alarms() == {"scan_half_sheet": (2,), "scan_fed_differs": ()}
    with pytest.raises(OperatorError, match="session_does_not_balance"):
        room.end()
    room.end(reason="le verso manque", supervisor=True)
    room.read()
    row = room.keeping.records.batch(room.batch)
    assert row is not None
    assert not balance(row, records=room.keeping.records).holds


def test_nothing_is_ended_that_is_empty_being_fed_or_ended(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    with pytest.raises(OperatorError, match="nothing_scanned"):
        room.end(reason="x", supervisor=True)
    busy: list[PipelineError] = []

    def told(_: object) -> None:
        with pytest.raises(Unavailable) as refused:
            room.end()
        busy.append(refused.value)

    room.feed_sheets(1, told=told)
    room.end()

    assert {its.code for its in busy} == {"session_busy"}
    for act in (room.end, lambda: room.feed_sheets(2)):
        with pytest.raises(OperatorError, match="scan_session_ended"):
            act()


def test_the_header_can_be_corrected_until_the_session_ends(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path, expected=9)
    header = MailHeader(MailKind.RETURNS, box_number="B-7")

    enter_header(room.batch, BatchOptions(expected_sheets=1), header, keeping=room.keeping)

    assert (room.view().session.header, room.view().options.expected_sheets) == (header, 1)
    room.feed_sheets(1)
    room.end()
    with pytest.raises(OperatorError, match="scan_session_ended"):
        enter_header(room.batch, BatchOptions(), header, keeping=room.keeping)
    room.read()
    assert not _verified(room).differences


def test_workers_read_what_was_scanned(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    room.feed_sheets(1, 2)
    row = room.keeping.records.batch(room.batch)
    assert row is not None

    end_session(room.batch, who="anne", supervisor=False, keeping=room.keeping, also=ask_for_split(row))
    works = Works(room.archive)
    works.work()

    done = room.keeping.records.batch(room.batch)
    assert done is not None
    assert done.state is BatchState.COMPLETE
    assert len(room.keeping.records.pages(room.batch)) == 4


def test_a_batch_whose_counts_differ_is_closed_with_a_supervisors_reason_alone(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    desk = desk_of(room.keeping)
    batch = room.archive.take({"a": b"no 812001"}, options=BatchOptions(expected_sheets=2))

    nobody = close_batch(batch, ANNE, desk=desk, reason="one is missing")
    bare = close_batch(batch, CHIEF, desk=desk)

    assert codes(nobody) == codes(bare) == ["counts_need_reason"]
    assert isinstance(close_batch(batch, CHIEF, desk=desk, reason="one is missing"), Closed)


def test_whoever_closes_is_not_asked_again_what_was_said_when_the_paper_was_in(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path, expected=2)
    room.feed(fed_with(sheet(1, "letter")))
    room.end(reason="une feuille manque", supervisor=True)
    room.read()

    assert isinstance(close_batch(room.batch, ANNE, desk=desk_of(room.keeping)), Closed)


# While it is being fed


def test_reconcile_leaves_a_session_alone_and_names_it(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    room.archive.take({"a": b"no 812001"})
    room.feed_sheets(1, 2, troubles={2: JAM})

    found = reconcile(keeping=room.keeping, runner=room.archive.runner)

    assert (found.scanning, found.carried_on, found.adopted) == ((room.batch,), (), ())
    assert found.clean
    assert room.batch not in {its.batch for its in found.balances}
    with pytest.raises(OperatorError, match="batch_being_scanned"):
        carry_on(room.batch, keeping=room.keeping, runner=room.archive.runner)


def test_a_stored_object_that_a_killed_feeding_did_not_record_is_adopted(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    room.feed_sheets(1)
    ref = room.keeping.objects.put(BytesIO(b"no 812002"))

    found = reconcile(keeping=room.keeping, runner=room.archive.runner)
    room.feed_sheets(2)

    assert found.adopted == (ref.digest,)
    assert not _verified(room).differences
    assert [its.code for its in _verified(room).remarks if its.subject == room.batch] == ["scan_session_open"]


def test_what_another_machine_stores_meanwhile_is_no_leftover(tmp_path: Path) -> None:
    """Its feeding begins after it was asked first whether anything is fed."""
    room = MailRoom.make(tmp_path)
    room.feed_sheets(1)
    (last,) = room.view().feedings
    listing = room.keeping.objects.digests
    stored: list[Digest] = []

    def fed_elsewhere() -> Iterator[Digest]:
        begin(room.batch, Asked(last.scanner, last.device, last.wish, last.sides, "benoit"), keeping=room.keeping)
        stored.append(room.keeping.objects.put(BytesIO(b"no 812002")).digest)
        return listing()

    room.keeping.objects.digests = fed_elsewhere  # type: ignore[method-assign]
    with pytest.raises(Unavailable, match="scanner_at_work"):
        reconcile(keeping=room.keeping, runner=room.archive.runner)
    room.keeping.objects.digests = listing  # type: ignore[method-assign]

    assert not room.keeping.records.adopted()
    room.keeping.clock.wait(timedelta(seconds=61))  # type: ignore[attr-defined]  # the clock of tests
    assert reconcile(keeping=room.keeping, runner=room.archive.runner).adopted == tuple(stored)
    assert not _verified(room).differences


# Verified


def _read(tmp_path: Path) -> MailRoom:
    room = _with_all(tmp_path)
    room.end()
    room.read()
    return room


@pytest.mark.parametrize("ended", [False, True])
def test_a_side_altered_removed_added_or_put_back_behind_the_ledgers_back_is_named(tmp_path: Path, ended: bool) -> None:
    room = _read(tmp_path) if ended else _with_all(tmp_path)
    before = dict(room.archive.records.tables.scans.sides)
    first, half = room.view().sheets[1].sides[0], room.view().sheets[2].earlier[0]
    acts: dict[str, Callable[[dict[FileId, ScannedSide]], None]] = {
        "digest": lambda its: tampered(its, first.id, digest="0" * 64),
        "sheet": lambda its: tampered(its, first.id, sheet=9),
        "imprint": lambda its: tampered(its, first.id, imprint="7"),
        "put back": lambda its: tampered(its, half.id, superseded_by=None),
        "superseded": lambda its: tampered(its, first.id, superseded_by=1),
    }
    assert not _found(room)

    for name, act in acts.items():
        sides = room.archive.records.tables.scans.sides
        act(sides)
        about = half if name == "put back" else first
        assert ("scanned_side_altered", about.id.removeprefix(room.batch)) in _found(room), name
        sides.update(before)
    del room.archive.records.tables.scans.sides[first.id]
    assert ("record_missing", first.id.removeprefix(room.batch)) in _found(room)
    added = replace(first, id=FileId(f"{room.batch}.0099"), sheet=5)
    room.archive.records.tables.scans.sides.update({**before, added.id: added})
    assert ("record_unknown_to_ledger", ".0099") in _found(room)


def test_a_session_or_feeding_altered_behind_the_ledgers_back_is_named(tmp_path: Path) -> None:
    room = _read(tmp_path)
    tables = room.archive.records.tables.scans
    session, feedings = tables.sessions[room.batch], dict(tables.feedings)

    for altered in (
        replace(session, end_reason="x"),
        replace(session, totals=None),
        replace(session, header=MailHeader(box_number="B")),
    ):
        tables.sessions[room.batch] = altered
        assert ("scan_record_altered", "") in _found(room), altered
    tables.sessions[room.batch] = session
    first = feedings[room.batch, 1]
    for wrong in (
        replace(first, sheets_fed=9),
        replace(first, stopped=None),
        replace(first, by="luc"),
        replace(first, first_sheet=2),
    ):
        tables.feedings[room.batch, 1] = wrong
        assert ("scan_record_altered", "#1") in _found(room), wrong
    del tables.feedings[room.batch, 1]
    assert ("record_missing", "#1") in _found(room)
    tables.feedings.update(feedings)
    del tables.sessions[room.batch]
    assert ("record_missing", "") in _found(room)


def test_a_superseded_file_that_is_made_one_of_the_batch_is_named(tmp_path: Path) -> None:
    room = _read(tmp_path)
    half = room.view().sheets[2].earlier[0]

    tampered(room.archive.records.tables.files, half.id, state=FileState.RECEIVED)

    found = {its.code for its in verify_batch(room.batch, keeping=room.keeping, runner=room.archive.runner).differences}
    assert {"scanned_side_altered", "file_record_altered"} <= found


def test_a_side_whose_object_is_gone_is_missed_before_its_session_ends(tmp_path: Path) -> None:
    room = MailRoom.make(tmp_path)
    room.feed_sheets(1)
    digest = room.view().sheets[0].sides[0].digest

    del room.archive.objects.objects[digest]

    assert {its.code for its in _verified(room).differences} == {"object_missing"}
