"""`constat scan`: what is asked of whom when a run ends, exit codes, what is kept, and what goes together."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import cast

import click
import pytest

from pipeline.cli import run
from pipeline.cli import scan_session as its
from pipeline.cli.scan import scan
from pipeline.cli.scan_asked import Said, asked
from pipeline.cli.scan_reading import in_turn
from pipeline.config import Settings, load_settings
from pipeline.custody import BatchState, FileState
from pipeline.custody.people import Account, AccountId, Role
from pipeline.custody.scanning import (
    Abilities,
    ColorMode,
    Delivered,
    MailHeader,
    MailKind,
    PaperSource,
    ScannedSide,
    ScanSession,
    ScanWish,
    SessionState,
)
from pipeline.errors import OperatorError, Unavailable
from pipeline.model import BatchId, Language
from pipeline.ports import Records, ScanRun
from pipeline.wiring import serving
from pipeline.wiring.database import working
from tests.fake_scanner import FakeRun, FakeScanner, FakeScanners, Trouble, fed_with

SOURCE = "sane:fake"
JAM = OperatorError("scanner_jam", scanner=SOURCE)
LOST = Unavailable("scanner_lost", scanner=SOURCE)
Captured = pytest.CaptureFixture[str]


def sheet(number: int) -> tuple[bytes, bytes]:
    """The two sides of a sheet as a scanner would send them, each unlike any other."""
    return b"\xff\xd8front of sheet %d\xff\xd9" % number, b"\xff\xd8back of sheet %d\xff\xd9" % number


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with empty records: making them takes longer than most tests here."""
    folder = tmp_path_factory.mktemp("empty")
    serving(load_settings({"CONSTAT_DATA_DIR": str(folder)}))
    return folder


@pytest.fixture
def scanner(empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeScanner:
    """A scanner with three sheets, at a data folder in which nothing was scanned yet."""
    shutil.copytree(empty, tmp_path / "kept")
    monkeypatch.setenv("CONSTAT_DATA_DIR", str(tmp_path / "kept"))
    monkeypatch.setenv("CONSTAT_SCANNERS", f"Mail={SOURCE}")
    monkeypatch.setenv("CONSTAT_SCAN_QUALIFICATION", "off")
    found = fed_with(*map(sheet, (1, 2, 3)), uri=SOURCE)

    def scanners(_: Settings) -> FakeScanners:
        return FakeScanners({SOURCE: found, "Mail": found})

    monkeypatch.setattr("pipeline.wiring.scanning.scanners", scanners)
    monkeypatch.setattr("pipeline.cli.scan_session.scanners", scanners)
    return found


# In a script


def test_a_jam_ends_with_1_and_the_command_to_go_on_with_and_nothing_is_lost(
    scanner: FakeScanner, capsys: Captured
) -> None:
    scanner.troubles[3] = Trouble(JAM, after_front=True)

    code = run(["scan", "--source", SOURCE, "--expected-sheets", "3"])

    said = capsys.readouterr().err
    assert code == 1
    assert "[scanner_jam]" in said
    assert f"constat scan --source {SOURCE} --resume {the_batch()}" in said
    assert [side.digest for side in sides()] == [kept_as(data) for data in (*sheet(1), *sheet(2), sheet(3)[0])]


def test_a_scanner_that_is_lost_ends_with_3(scanner: FakeScanner, capsys: Captured) -> None:
    scanner.troubles[2] = Trouble(LOST)

    code = run(["scan", "--source", SOURCE])

    assert code == 3
    assert len(sides()) == 2


def test_a_scanner_may_be_called_by_its_name_in_the_settings(scanner: FakeScanner) -> None:
    assert run(["scan", "--source", "Mail", "--keep-open"]) == 0

    assert [its.scanner for its in records().scans.feedings(the_batch())] == [SOURCE]


def test_a_scanner_that_is_not_there_leaves_no_batch_behind(scanner: FakeScanner, capsys: Captured) -> None:
    scanner.unreachable = Unavailable("scanner_unreachable", scanner=SOURCE, detail="off")

    assert run(["scan", "--source", SOURCE]) == 3
    assert run(["scan", "--source", "fax:1"]) == 2
    assert records().batches() == ()


def test_a_session_left_open_is_gone_on_with_at_the_sheet_that_was_cut(scanner: FakeScanner) -> None:
    scanner.troubles[2] = Trouble(JAM, after_front=True)
    run(["scan", "--source", SOURCE])

    code = run(["scan", "--resume", the_batch(), "--keep-open"])

    assert code == 0
    stands = [(its.sheet, its.side, its.revision) for its in sides() if its.superseded_by is None]
    assert stands == [(1, "front", 0), (1, "back", 0), (2, "front", 1), (2, "back", 1), (3, "front", 0), (3, "back", 0)]
    assert len(sides()) == 7


def test_how_the_last_paper_was_scanned_holds_until_something_else_is_said(scanner: FakeScanner) -> None:
    scanner.troubles[2] = Trouble(JAM)
    run(["scan", "--source", SOURCE, "--dpi", "200", "--mode", "gray", "--size", "100x230"])

    run(["scan", "--resume", the_batch(), "--mode", "color", "--keep-open"])

    first, second = (its.wish for its in records().scans.feedings(the_batch()))
    assert (first.dpi, first.mode, first.size_mm) == (200, ColorMode.GRAY, (100.0, 230.0))
    assert second == replace(first, mode=ColorMode.COLOR)


def test_fronts_alone_do_not_end_a_batch_whose_backs_are_to_come(scanner: FakeScanner, capsys: Captured) -> None:
    code = run(["scan", "--source", SOURCE, "--sides", "fronts"])
    said = capsys.readouterr().err
    scanner.feeder = [sheet(number)[1:] for number in (3, 2, 1)]
    backs = run(["scan", "--resume", the_batch(), "--sides", "backs-from-last", "--keep-open"])

    assert (code, backs) == (0, 0)
    assert "--sides backs-from-last" in said
    assert [its.wish.source for its in records().scans.feedings(the_batch())] == [PaperSource.FEEDER] * 2
    assert [side.digest for side in sides()] == [kept_as(data) for data in (*sheet(1), *sheet(2), *sheet(3))]


def test_sheets_scanned_again_stand_for_the_first_scans_which_are_kept(scanner: FakeScanner) -> None:
    run(["scan", "--source", SOURCE, "--keep-open"])
    scanner.feeder = [(b"\xff\xd8front anew\xff\xd9", b"\xff\xd8back anew\xff\xd9")]

    code = run(["scan", "--resume", the_batch(), "--again", "2", "--reason", "crooked", "--keep-open"])

    assert code == 0
    second = [its for its in sides() if its.sheet == 2]
    assert [(its.revision, its.superseded_by, its.reason) for its in second] == [
        (0, 1, "crooked"), (0, 1, "crooked"), (1, None, None), (1, None, None),
    ]  # fmt: skip


def test_counts_that_differ_do_not_end_the_batch_without_a_supervisor(scanner: FakeScanner, capsys: Captured) -> None:
    run(["scan", "--source", SOURCE, "--expected-sheets", "4", "--keep-open"])
    end = ["scan", "--resume", the_batch(), "--end"]
    capsys.readouterr()

    codes = [run(end), run([*end, "--reason", "one was stuck"]), run([*end, "--reason", "x", "--by", "anne"])]

    said = capsys.readouterr().err
    assert codes == [1, 1, 2]
    assert "[session_does_not_balance]" in said
    assert "--end --reason" in said
    assert session().state is SessionState.OPEN


def test_what_was_said_of_the_mail_is_corrected_with_the_next_run(scanner: FakeScanner) -> None:
    run(["scan", "--source", SOURCE, "--kind", "returns", "--box", "7", "--postmark", "2026-11-20", "--keep-open"])
    scanner.feeder = [sheet(4)]

    run(["scan", "--resume", the_batch(), "--deadline", "2026-12-01", "--expected-sheets", "4", "--keep-open"])

    header = session().header
    assert header == MailHeader(MailKind.RETURNS, date(2026, 11, 20), "7", date(2026, 12, 1))
    row = records().batch(the_batch())
    assert row is not None
    assert row.options.expected_sheets == 4


def test_sheets_are_fed_again_in_the_order_in_which_they_are_named(scanner: FakeScanner) -> None:
    run(["scan", "--source", SOURCE, "--keep-open"])
    scanner.feeder = [sheet(13), sheet(11)]

    run(["scan", "--resume", the_batch(), "--again", "3,1", "--reason", "pale", "--keep-open"])
    twice = run(["scan", "--resume", the_batch(), "--again", "3,3", "--reason", "pale", "--keep-open"])

    assert {its.sheet: its.digest for its in sides() if its.revision and its.side == "front"} == {
        1: kept_as(sheet(11)[0]),
        3: kept_as(sheet(13)[0]),
    }
    assert twice == 2


def test_paper_is_fed_while_another_batch_is_read(scanner: FakeScanner) -> None:
    with working(load_settings()):
        code = run(["scan", "--source", SOURCE, "--keep-open"])

    assert code == 0
    assert len(sides()) == 6


def test_a_batch_is_read_once_others_are(scanner: FakeScanner, capsys: Captured) -> None:
    with ExitStack() as other:
        other.enter_context(working(load_settings()))
        with in_turn(load_settings(), wait=other.close) as app:
            assert app.keeping.records.batches() == ()

    assert "Another batch" in capsys.readouterr().err


# Ctrl-C


@dataclass
class Interrupted:
    """A scanner at whose second side somebody presses Ctrl-C, so many times."""

    its: FakeScanner
    presses: int

    @property
    def uri(self) -> str:
        return self.its.uri

    def abilities(self) -> Abilities:
        return self.its.abilities()

    @contextmanager
    def run(self, wish: ScanWish, *, into: Path) -> Iterator[ScanRun]:
        with self.its.run(wish, into=into) as run:
            yield _InterruptedRun(run, self.presses)


@dataclass
class _InterruptedRun:
    its: FakeRun
    presses: int

    @property
    def sheets_fed(self) -> int | None:
        return self.its.sheets_fed

    def stop(self) -> None:
        self.its.stop()

    def __iter__(self) -> Iterator[Delivered]:
        for number, delivered in enumerate(self.its, start=1):
            yield delivered
            if number == 2:
                for _ in range(self.presses):
                    os.kill(os.getpid(), signal.SIGINT)
                assert self.its.stopped.wait(60)


@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_loses_nothing_and_tells_how_to_go_on(
    presses: int, scanner: FakeScanner, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def scanners(_: Settings) -> FakeScanners:
        return FakeScanners({SOURCE: Interrupted(scanner, presses)})

    monkeypatch.setattr("pipeline.cli.scan_session.scanners", scanners)
    before = signal.getsignal(signal.SIGINT)

    code = run(["scan", "--source", SOURCE])

    said = capfd.readouterr().err
    assert code == 130
    assert f"constat scan --source {SOURCE} --resume {the_batch()}" in said
    assert session().state is SessionState.INTERRUPTED
    assert [(its.sheet, its.side) for its in sides()] == [(1, "front"), (1, "back")]
    assert signal.getsignal(signal.SIGINT) is before


# At a terminal


def test_at_a_terminal_a_stop_is_answered_with_what_to_do_next(scanner: FakeScanner, capsys: Captured) -> None:
    scanner.troubles[2] = Trouble(JAM)

    left = at_terminal(scanner, ["", "e"], "--expected-sheets", "3")

    said = capsys.readouterr().err
    assert left is None
    assert "[scanner_jam]" in said
    assert "[g]" in said
    row = records().batch(the_batch())
    assert row is not None
    assert row.state is BatchState.RECEIVING
    assert len(records().files(the_batch())) == 6


def test_at_a_terminal_a_difference_asks_for_a_reason_and_who_answers_for_it(scanner: FakeScanner) -> None:
    left = at_terminal(scanner, ["e", "one was empty", "chief"], "--expected-sheets", "4")

    assert left is None
    assert (session().end_reason, session().ended_by) == ("one was empty", "chief")


def test_at_a_terminal_no_reason_leaves_the_session_and_asks_again(scanner: FakeScanner) -> None:
    left = at_terminal(scanner, ["e", "", "l"], "--expected-sheets", "4")

    assert left == its.Left(0)
    assert session().state is SessionState.OPEN


def test_at_a_terminal_sheets_are_fed_again_by_number_and_reason(scanner: FakeScanner) -> None:
    scanner.feeder = [sheet(1), sheet(2)]

    left = at_terminal(scanner, ["a", "2", "folded", "", "e"], more=[[sheet(12)]])

    assert left is None
    states = [file.state for file in records().files(the_batch())]
    assert states == [FileState.RECEIVED] * 4 + [FileState.SUPERSEDED] * 2


def test_at_a_terminal_going_on_after_a_stop_feeds_the_rest_of_the_sheets_that_are_scanned_again(
    scanner: FakeScanner,
) -> None:
    run(["scan", "--source", SOURCE, "--keep-open"])
    scanner.feeder = [sheet(11), sheet(13)]
    scanner.troubles[2] = Trouble(JAM)

    again = ("--resume", the_batch(), "--again", "1,3", "--reason", "pale")
    left = at_terminal(scanner, ["", "l"], *again)

    assert left == its.Left(0)
    stands = {its.sheet: its.digest for its in sides() if its.superseded_by is None and its.side == "back"}
    assert stands == {1: kept_as(sheet(11)[1]), 2: kept_as(sheet(2)[1]), 3: kept_as(sheet(13)[1])}


def test_a_stop_while_sheets_are_scanned_again_names_what_is_left(scanner: FakeScanner, capsys: Captured) -> None:
    run(["scan", "--source", SOURCE, "--keep-open"])
    scanner.feeder = [sheet(11), sheet(13)]
    scanner.troubles[2] = Trouble(JAM)

    run(["scan", "--resume", the_batch(), "--again", "1,3", "--reason", "too pale"])

    assert f"--resume {the_batch()} --again 3 --reason 'too pale'" in capsys.readouterr().err


def test_at_a_terminal_a_wrong_answer_is_asked_again_and_the_end_of_input_leaves_it_open(
    scanner: FakeScanner, capsys: Captured
) -> None:
    left = at_terminal(scanner, ["?", "a", "zero"])

    assert left == its.Left(0)
    assert "[bad_sheets]" in capsys.readouterr().err
    assert len(sides()) == 6


# What goes together, what is shown


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], "scan_needs_source"),
        (["--abilities"], "scan_needs_source"),
        (["--list", "--show", "x"], "scan_one_act"),
        (["--source", SOURCE, "--again", "3", "--reason", "x"], "scan_again_of_what"),
        (["--resume", "x", "--again", "3"], "scan_again_needs_reason"),
        (["--resume", "x", "--again", "3", "--reason", "y", "--from", "3"], "scan_again_or_from"),
        (["--resume", "x", "--again", "3-1", "--reason", "y"], "bad_sheets"),
        (["--resume", "x", "--end", "--by", "chief"], "words_missing"),
        (["--source", SOURCE, "--size", "10x10"], "scan_size"),
        (["--source", SOURCE, "--size", "A4"], "scan_size"),
    ],
)
def test_what_does_not_go_together_is_wrong_usage(
    arguments: list[str], code: str, scanner: FakeScanner, capsys: Captured
) -> None:
    assert run(["scan", *arguments]) == 2
    assert f"[{code}]" in capsys.readouterr().err
    assert scanner.runs == 0


@pytest.mark.parametrize("arguments", [["--show"], ["--resume"], ["--end", "--resume"]])
def test_a_batch_that_is_not_there_is_named(arguments: list[str], scanner: FakeScanner, capsys: Captured) -> None:
    assert run(["scan", *arguments, "2026-01-01-001"]) == 2

    assert "[unknown_batch]" in capsys.readouterr().err
    assert records().batches() == ()


def test_scanners_that_are_set_and_found_are_listed(scanner: FakeScanner, capsys: Captured) -> None:
    assert run(["scan", "--list"]) == 0
    assert "Mail" in capsys.readouterr().out
    assert run(["scan", "--list", "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert [(its["name"], its["source"], its["known_by"]) for its in found] == [
        ("Mail", SOURCE, "settings"),
        ("", "Mail", "search"),
        ("fake", SOURCE, "search"),
    ]


def test_what_a_scanner_can_do_is_told(scanner: FakeScanner, capsys: Captured) -> None:
    assert run(["scan", "--source", "Mail", "--abilities"]) == 0
    assert "feeder-duplex" in capsys.readouterr().out
    assert run(["scan", "--source", "Mail", "--abilities", "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert found["paper_sources"] == ["feeder-duplex", "feeder", "glass"]
    assert found["largest_mm"] == [216.0, 356.0]


def test_a_session_is_shown_with_its_counts_alarms_and_the_next_sheet(scanner: FakeScanner, capsys: Captured) -> None:
    scanner.troubles[3] = Trouble(JAM, after_front=True)
    run(["scan", "--source", SOURCE, "--expected-sheets", "3", "--batch", "Tuesday", "--box", "B-7"])
    capsys.readouterr()

    assert run(["scan", "--show", the_batch()]) == 0
    shown = capsys.readouterr().out
    assert run(["scan", "--show", the_batch(), "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    for text in ("Tuesday", "B-7", "[scanner_jam]", "[scan_half_sheet]"):
        assert text in shown
    assert (found["state"], found["feed_from"], found["counts"]["images"]) == ("interrupted", 3, 5)
    assert [its["code"] for its in found["alarms"]][:2] == ["scanner_jam", "scan_half_sheet"]
    assert [len(its["sides"]) for its in found["sheets"]] == [2, 2, 1]


# Helpers


def at_terminal(
    scanner: FakeScanner, answers: list[str], *arguments: str, more: list[list[tuple[bytes, ...]]] | None = None
) -> its.Left | None:
    """What becomes of a session whose operator types these lines; after the last the terminal is gone.

    `more`: what is put into the feeder when it is empty and something is to be fed.
    """
    lines, stacks = iter(answers), iter(more or [])

    def ask(_: str) -> str:
        if not scanner.feeder:
            scanner.feeder = next(stacks, [])
        line = next(lines, None)
        if line is None:
            raise click.Abort
        return line

    _hire("chief", Role.SUPERVISOR)
    context = scan.make_context("scan", ["--source", SOURCE, *arguments])
    given = cast("Said", context.params)
    wanted = asked(given)
    with its.at_work(wanted, given, load_settings(), account="anne", ask=ask) as sitting:
        return its.attend(sitting)


def _hire(name: str, role: Role) -> None:
    keeping = serving(load_settings()).keeping
    account = Account(AccountId(name), name, "", frozenset({role}), Language.FR, keeping.clock.now())
    with keeping.records.transaction() as change:
        change.people.put(account)


def records() -> Records:
    return serving(load_settings()).keeping.records


def the_batch() -> BatchId:
    (row,) = records().batches()
    return row.id


def session() -> ScanSession:
    found = records().scans.session(the_batch())
    assert found is not None
    return found


def sides() -> tuple[ScannedSide, ...]:
    return records().scans.sides(the_batch())


def kept_as(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
