"""A day of the mail room with real programs: sixty sheets from a feeder of SANE and one of eSCL, with a jam, a double
feed, a killed command and a lost network between them, become a closed batch whose numbers balance."""

from __future__ import annotations

import hashlib
import io
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pexpect
import pytest
from PIL import Image

from pipeline.config import load_settings
from pipeline.custody import FileState
from pipeline.custody.review import TaskState, Verb, Verdict
from pipeline.model import BatchId, ColorImage, Digest
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.review import Decided, decide
from pipeline.usecases.review.blanks import blank_sides, confirm_blanks
from pipeline.usecases.review.reviewers import reviewer_named
from pipeline.wiring import App, review_desk, serving
from tests.e2e.command import CONSTAT, ROOT, constat, document, environment
from tests.e2e.killing import Moment, kill_at, ledger_entries
from tests.e2e.mail_bag import SHEETS, as_jpeg, side
from tests.servers.escl import EsclServer, Faults, escl_server
from tests.servers.escl_paper import Sheet
from tests.servers.sane import SaneFeeder, sane_feeder

_BY_SANE = 30
"""Sheets that go through the first scanner; the others go through the second."""
_AWAY_S = 3600.0
_READING_S = 1500.0


class Day:
    """The bag, the two scanners, and the commands of the operator."""

    def __init__(self, folder: Path, feeder: SaneFeeder, network: EsclServer) -> None:
        self.data = folder / "data"
        self.feeder = feeder
        self.network = network
        self.jpegs = [self._pressed(folder / "paper", sheet) for sheet in range(_BY_SANE + 1, SHEETS + 1)]
        self.batch = ""

    def _pressed(self, folder: Path, sheet: int) -> Sheet:
        folder.mkdir(exist_ok=True)
        front, back = (
            as_jpeg(side(sheet, back=back), folder / f"{sheet}-{int(back)}.jpg", dpi=200) for back in (False, True)
        )
        return Sheet(front, back)

    def scan(self, *arguments: str) -> tuple[int, str]:
        """Exit code and messages of `constat scan`."""
        ran = constat("scan", *arguments, data_dir=self.data, before=(), in_child=None, **self.feeder.environment)
        return ran.returncode, ran.stderr

    def shown(self) -> dict[str, Any]:
        return document(constat("scan", "--show", self.batch, "--json", data_dir=self.data))

    def feed_from(self) -> int:
        """The sheet that the operator is told to begin with."""
        found: int = self.shown()["feed_from"]
        return found

    def put_back(self, first: int) -> None:
        """The operator puts this sheet and those after it, as far as they went through, before the rest."""
        for path in sorted((self.feeder.folder / "scanned").iterdir()):
            if int(path.stem) > 2 * (first - 1):
                path.rename(self.feeder.folder / "waiting" / path.name)


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    (tmp_path / "feeder").mkdir()
    feeder = sane_feeder(tmp_path / "feeder")
    with escl_server() as network:
        yield Day(tmp_path, feeder, network)


def test_sixty_sheets_with_a_jam_a_double_feed_a_kill_and_a_lost_network_become_a_closed_batch_that_balances(
    day: Day,
) -> None:
    for name, role in (("anne", "reviewer"), ("benoit", "reviewer"), ("chief", "supervisor")):
        assert constat("user", "add", name, "--role", role, data_dir=day.data).returncode == 0

    through_the_feeder(day)
    over_the_network(day)
    read = read_at_the_end(day)

    found = document(read)
    assert read.returncode in (0, 1), read.stderr
    assert found["state"] == "complete", read.stderr
    assert (found["counts"]["sheets"], found["counts"]["images"]) == (SHEETS, 2 * SHEETS)
    kept_as_fed(day)
    at_night(day)
    verified(day)
    closes(day)
    verified(day)


def test_at_a_terminal_the_operator_is_asked_in_their_language_what_is_next(tmp_path: Path) -> None:
    (tmp_path / "feeder").mkdir()
    feeder = sane_feeder(tmp_path / "feeder")
    feeder.put([side(sheet, back=back) for sheet in (1, 2, 3) for back in (False, True)])
    feeder.plan({"000003.ppm": "cover"})
    environ = environment(tmp_path / "data", **feeder.environment, CONSTAT_LANGUAGE="fr", TERM="dumb", COLUMNS="120")

    child = pexpect.spawn(
        CONSTAT[0], [*CONSTAT[1:], "scan", "--source", feeder.uri], env=environ, cwd=str(ROOT), encoding="utf-8",
        timeout=_READING_S,
    )  # fmt: skip
    child.expect("scanner_cover_open")
    child.expect(r"\[c\] continuer par la feuille 2")
    child.expect("Que faire")
    child.sendline("")
    child.expect("6 images, toutes en")
    child.expect("Que faire")
    child.sendline("l")
    child.expect(pexpect.EOF)
    child.close()

    assert child.exitstatus == 0, child.before
    assert "--resume" in (child.before or "")
    assert feeder.waiting() == []


def through_the_feeder(day: Day) -> None:
    """Thirty sheets through SANE: a jam, a double feed, `kill -9`; then one of them again."""
    sides = [side(sheet, back=back) for sheet in range(1, _BY_SANE + 1) for back in (False, True)]
    day.feeder.put(sides)
    day.feeder.plan({"000022.ppm": "jam", "000037.ppm": "double"})
    uri = day.feeder.uri

    said = ("--box", "B-7", "--received-on", "2026-11-23", "--expected-sheets", str(SHEETS))
    code, told = day.scan("--source", uri, "--batch", "the bag", *said)
    (day.batch,) = (row.id for row in kept(day).keeping.records.batches())
    assert (code, day.feed_from()) == (1, 11), told
    assert "[scanner_jam]" in told
    assert "[scan_half_sheet]" in told
    assert f"constat scan --source {uri} --resume {day.batch}" in told

    day.put_back(11)
    code, told = day.scan("--source", uri, "--resume", day.batch)
    assert code == 1, told
    assert "[scanner_double_feed]" in told

    day.put_back(day.feed_from())
    go_on = [*CONSTAT, "scan", "--source", uri, "--resume", day.batch, "--keep-open"]
    begun = ledger_entries(day.data)
    environ = environment(day.data, **day.feeder.environment)
    assert kill_at(Moment(begun + 6, 0.0), go_on, day.data, environ)
    assert not list((day.data / "incoming").glob("*/*/*.tmp"))

    day.put_back(day.feed_from())
    code, told = day.scan("--source", uri, "--resume", day.batch, "--keep-open")
    assert code == 0, told
    assert day.shown()["feed_from"] == _BY_SANE + 1

    day.feeder.put([side(5, back=False) // 2, side(5, back=True)], begin=900)
    again = ("--again", "5", "--reason", "too pale", "--keep-open")
    code, told = day.scan("--source", uri, "--resume", day.batch, *again)
    assert code == 0, told


def over_the_network(day: Day) -> None:
    """Thirty more through eSCL: the network goes away within a sheet and does not come back in time."""
    network = day.network
    network.feeder = list(day.jpegs)
    lost = 45 - _BY_SANE
    network.faults = Faults(gone_at=(2 * lost, _AWAY_S))

    code, told = day.scan("--source", network.uri, "--resume", day.batch)
    assert (code, day.feed_from()) == (3, 45), told
    assert "[scanner_lost]" in told

    # Somebody turns it off and on, and puts the paper back.
    network.jobs.clear()
    network.cleared()
    network.feeder = day.jpegs[day.feed_from() - _BY_SANE - 1 :]
    network.listen()


def read_at_the_end(day: Day) -> subprocess.CompletedProcess[str]:
    """The last sheets go through; the session ends, and its batch is read: 120 images."""
    go_on = ("scan", "--source", day.network.uri, "--resume", day.batch, "--workers", "2", "--json")
    return subprocess.run(
        [*CONSTAT, *go_on],
        cwd=ROOT,
        env=environment(day.data),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_READING_S,
        check=False,
    )


def kept_as_fed(day: Day) -> None:
    """Everything that was delivered is in the archive: pixel for pixel of what SANE sent, byte for byte of eSCL."""
    keeping = kept(day).keeping
    files = keeping.records.files(BatchId(day.batch))
    stored = [_bytes(keeping, file.digest) for file in files]
    tiffs = {_pixels(data) for data in stored if not data.startswith(b"\xff\xd8")}
    jpegs = {hashlib.sha256(data).hexdigest() for data in stored if data.startswith(b"\xff\xd8")}

    sides = [side(sheet, back=back) for sheet in range(1, _BY_SANE + 1) for back in (False, True)]
    assert {_digest(each) for each in (*sides, side(5, back=False) // 2)} == tiffs
    sent = {
        hashlib.sha256(path.read_bytes()).hexdigest() for its in day.jpegs for path in (its.front, its.back) if path
    }
    assert sent == jpegs
    assert sum(file.state is FileState.SUPERSEDED for file in files) >= 4
    assert sum(file.state is FileState.SPLIT for file in files) == 2 * SHEETS


def closes(day: Day) -> None:
    """Every field is decided by a person, the rest is left with a supervisor's reason; the batch closes."""
    app = kept(day)
    settle(day, app)
    desk, batch = review_desk(app), BatchId(day.batch)
    chief = reviewer_named("chief", records=app.keeping.records)
    seen = {
        its.page.id: 0 if its.task is None else its.task.version for its in blank_sides(batch, desk=desk) if its.open
    }
    confirm_blanks(batch, seen, chief, thrown_out=(), desk=desk)
    closed = constat(
        *("batch", "close", day.batch, "--by", "chief", "--reason", "slips without a form"), data_dir=day.data
    )
    assert closed.returncode == 0, closed.stderr
    shown = document(constat("batch", "show", day.batch, "--json", data_dir=day.data))
    assert shown["closed_at"] is not None


def settle(day: Day, app: App) -> None:
    desk, records = review_desk(app), app.keeping.records
    persons = [reviewer_named(name, records=records) for name in ("anne", "benoit", "chief")]
    verdicts = [Verdict(verb, reason="so it is") for verb in (Verb.ACCEPT, Verb.CONFIRM, Verb.ILLEGIBLE, Verb.AS_IS)]
    for _ in range(4):
        for task in records.review.tasks(batch=BatchId(day.batch), states=frozenset({TaskState.OPEN})):
            said = (decide(task.id, task.version, verdict, who, desk=desk) for verdict in verdicts for who in persons)
            next((answer for answer in said if isinstance(answer, Decided)), None)
    left = records.review.tasks(batch=BatchId(day.batch), states=frozenset({TaskState.OPEN}))
    assert not left


def at_night(day: Day) -> None:
    """What the killed command may have left half-written is removed, as every night before it is verified."""
    ran = constat("reconcile", data_dir=day.data)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def verified(day: Day) -> None:
    ran = constat("verify", "--all", data_dir=day.data)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def kept(day: Day) -> App:
    return serving(load_settings({"CONSTAT_DATA_DIR": str(day.data)}))


def _bytes(keeping: Keeping, digest: Digest | None) -> bytes:
    assert digest is not None
    return keeping.objects.get(digest)


def _pixels(data: bytes) -> str:
    with Image.open(io.BytesIO(data)) as image:
        return _digest(np.asarray(image.convert("RGB")))


def _digest(image: ColorImage) -> str:
    return hashlib.sha256(repr(image.shape).encode() + image.tobytes()).hexdigest()
