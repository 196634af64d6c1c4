"""One archive of real scans on which everything is done that may be done to a page after it came in: divided, read as
a form that was withdrawn meanwhile, moved, checked blind, closed, opened again, closed anew, exported and its paper
boxed, with runs killed between. It adds up throughout."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.config import load_settings
from pipeline.custody import Placement
from pipeline.custody.review import Queue, Reviewer, Subject, Task, TaskId, TaskState, Verb, Verdict
from pipeline.geometry import BoxPx
from pipeline.model import BatchId, PageId, PageState
from pipeline.usecases.review import Decided, Desk, decide, pages_to_read, place_page, reopen
from pipeline.usecases.review.moving import Move, move_pages
from pipeline.wiring import review_desk, serving
from samples.fontpool import TRAIN
from samples.generate import Writing, sheet
from samples.wear import Level
from tests.e2e.command import CONSTAT, constat, document, environment
from tests.e2e.killing import Moment, kill_at, ledger_entries
from tests.e2e.prepared import forms_cache
from tests.unit.moved_forms import LIKE, MOVED, blank_png, filled_png, moved_layout
from tests.unit.reviewing import ANNE, BENOIT, CHIEF, CLAUDE

DPI = 200.0
RETURN = "iv.return.front.fr@generic-1"
ROLES = {"anne": "reviewer", "benoit": "reviewer", "claude": "reviewer", "chief": "supervisor", "boss": "supervisor"}
OTHER_CHIEF = Reviewer("boss", frozenset(Queue))
SETTINGS = {"CONSTAT_REVIEW_CHECK_PERCENT": "100"}


@dataclass(frozen=True, slots=True)
class Chain:
    """The archive in a folder of its own."""

    folder: Path

    @property
    def data_dir(self) -> Path:
        return self.folder / "kept"

    @property
    def desk(self) -> Desk:
        return review_desk(serving(load_settings({"CONSTAT_DATA_DIR": str(self.data_dir), **SETTINGS})))

    @property
    def batch(self) -> BatchId:
        return self.desk.keeping.records.batches()[0].id

    @property
    def settings(self) -> dict[str, str]:
        return {**SETTINGS, "CONSTAT_CACHE_DIR": str(self.folder / "forms")}

    def run(self, *arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = constat(
            *arguments,
            data_dir=self.data_dir,
            CONSTAT_REVIEW_CHECK_PERCENT="100",
            CONSTAT_CACHE_DIR=self.settings["CONSTAT_CACHE_DIR"],
        )
        assert done.returncode == code, (arguments, done.stdout, done.stderr)
        return done

    def page(self, name: str) -> PageId:
        """The page of a file with one."""
        records = self.desk.keeping.records
        (its,) = (file.id for file in records.files(self.batch) if file.name.endswith(name))
        return next(page.id for page in records.pages(self.batch) if page.file == its)

    def statement_of(self, page: PageId) -> str:
        (its,) = (row.id for row in self.desk.keeping.records.statements(self.batch) if page in row.members)
        return its

    def version(self, task: str) -> int:
        its = self.desk.keeping.records.review.task(TaskId(task))
        return 0 if its is None else its.version

    def open_tasks(self) -> tuple[Task, ...]:
        return self.desk.keeping.records.review.tasks(batch=self.batch, states=frozenset({TaskState.OPEN}))

    def say(self, task: Task, verdict: Verdict, who: Reviewer) -> None:
        answer = decide(task.id, self.version(task.id), verdict, who, desk=self.desk)
        assert isinstance(answer, Decided), answer

    def close(self, *, code: int = 0) -> str:
        done = self.run("batch", "close", self.batch, "--by", "chief", "--reason", "seen", code=code)
        return done.stdout + done.stderr

    def verified(self) -> None:
        assert document(self.run("verify", "--all", "--again", "--json"))["differences"] == []


def _glass(path: Path) -> tuple[BoxPx, BoxPx]:
    """Two return documents beside each other on one scan; where they lie."""
    left, right = (
        sheet(seed, pool=TRAIN, level=Level.LIGHT, layout_id=RETURN, writing=Writing.PRINT, dpi=DPI, duplex=False)
        .pages[0]
        .image
        for seed in (40, 41)
    )
    height = max(left.shape[0], right.shape[0])
    middle, width = left.shape[1], left.shape[1] + right.shape[1]
    image = np.full((height, width, 3), 245, np.uint8)
    image[: left.shape[0], :middle] = left
    image[: right.shape[0], middle:] = right
    Image.fromarray(image).save(path, dpi=(DPI, DPI))
    return BoxPx(0, 0, middle, height), BoxPx(middle, 0, width - middle, height)


def _begun(chain: Chain) -> tuple[BoxPx, BoxPx]:
    """The scans are taken in before the printing of one of them is known."""
    scans = chain.folder / "scans"
    scans.mkdir()
    boxes = _glass(scans / "glass.png")
    (scans / "moved.png").write_bytes(filled_png(moved_layout(), 3)[0])
    (chain.folder / "blank.png").write_bytes(blank_png(moved_layout()))
    for name, role in ROLES.items():
        chain.run("user", "add", name, "--role", role)
    chain.run("intake", scans, "--workers", "1", code=1)
    chain.run("layouts", "begin", chain.folder / "blank.png", "--like", LIKE, "--as", MOVED, "--by", "chief")
    chain.run("layouts", "propose", "f0001", "--by", "chief")
    chain.run("layouts", "enforce", "f0001", "--by", "boss", "--reason", "compared")
    return boxes


def _placed(chain: Chain, placements: dict[PageId, Placement]) -> None:
    """Said while the edition is in force, read when it is withdrawn: killed with the first entries, and carried on."""
    for page, placement in placements.items():
        answer = place_page(page, chain.version(page), placement, ANNE, reason="seen", desk=chain.desk)
        assert isinstance(answer, Decided), answer
    chain.run("layouts", "withdraw", "f0001", "--by", "boss", "--reason", "printed no more")
    for entries in (1, 4):
        moment = Moment(ledger_entries(chain.data_dir) + entries, 0.0)
        kill_at(moment, [*CONSTAT, "reconcile"], chain.data_dir, environment(chain.data_dir, **chain.settings))
    chain.run("reconcile")
    assert pages_to_read(records=chain.desk.keeping.records) == ()


def _decided(chain: Chain) -> None:
    for _ in range(3):
        for task in chain.open_tasks():
            verb = Verb.EMPTY if task.subject is Subject.FIELD else Verb.AS_IS
            for who in (ANNE, BENOIT, CHIEF):
                decide(task.id, chain.version(task.id), Verdict(verb, reason="seen"), who, desk=chain.desk)
    assert chain.open_tasks() == ()


def _checked(chain: Chain, wrong: TaskId) -> None:
    """Checks are drawn; one of them finds an error, which a supervisor settles; all others agree."""
    assert "Drawn from finished work" in chain.close(code=1)
    assert {task.checks is not None for task in chain.open_tasks()} == {True}
    for task in chain.open_tasks():
        verdict = Verdict(Verb.ILLEGIBLE if task.checks == wrong else Verb.EMPTY, reason="seen")
        chain.say(task, verdict, CLAUDE)
        if task.checks == wrong:
            chain.say(task, verdict, OTHER_CHIEF)
    assert chain.open_tasks() == ()


def _exported(chain: Chain, page: PageId, name: str) -> None:
    row = chain.desk.keeping.records.statement_row(chain.statement_of(page))
    assert row is not None
    package, copy = chain.folder / name, chain.folder / f"{name}.pdf"
    chain.run("export", str(row.number), "--package", package)
    chain.run("verify", package)
    chain.run("export", str(row.number), "--hard-copy", copy, "--document", "return")
    assert (package / "data" / "pages" / page).is_dir()


def test_whatever_is_done_to_pages_one_after_the_other_adds_up(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    forms_cache(tmp_path)
    boxes = _begun(chain)
    glass, moved = chain.page("glass.png"), chain.page("moved.png")
    _placed(chain, {moved: Placement(MOVED), glass: Placement(None, None, boxes)})
    assert f'"{MOVED}"' in str(chain.desk.keeping.records.outcome(moved))
    first, second = (its.id for its in chain.desk.keeping.records.placing.parts(glass))

    home = chain.statement_of(second)
    move = Move((second,), chain.statement_of(first), "one envelope")
    assert isinstance(move_pages(home, chain.version(home), move, ANNE, desk=chain.desk), Decided)
    wrong = TaskId(f"{second}/signature_date")
    assert isinstance(reopen(wrong, CHIEF, reason="doubted", desk=chain.desk), Decided)
    _decided(chain)
    _checked(chain, wrong)
    chain.close()
    _exported(chain, second, "first")

    assert (
        "is closed"
        in chain.run("review", "reopen", second, "signature_date", "--by", "anne", "--reason", "doubted", code=1).stderr
    )
    chain.run("review", "reopen", second, "signature_date", "--by", "chief", "--reason", "doubted")
    _decided(chain)
    chain.close()
    _exported(chain, second, "anew")
    chain.run("box", "new", "B-1", "--place", "shelf", "--by", "anne")
    chain.run("box", "put", "B-1", chain.batch, "--sheets", "1-2")
    chain.run("box", "seal", "B-1", "--counted", "2", "--by", "anne")
    chain.verified()
    assert {page.state for page in chain.desk.keeping.records.pages(chain.batch)} == {PageState.ARCHIVED}
