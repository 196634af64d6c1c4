"""The account notices: after a light storm over a program that is broken on purpose, each fault is named."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.config import Settings, load_settings
from pipeline.usecases import reconcile
from tests.chaos.account import Account, Kept, account_by, kept_of
from tests.chaos.broken import Fault, broken, light_runner, main
from tests.chaos.mail import Mail
from tests.e2e.command import environment
from tests.e2e.killing import Moment, kill_at
from tests.e2e.light_intake import keeping_of

TEXTS = {"mail0.pdf": "no 800001\nblank\nno 800002\nblank", "mail1.pdf": "no 800003\nblank\nletter one\nblank"}
SHEETS, IMAGES = 4, 8
BROKEN = [sys.executable, "-m", "tests.chaos.broken"]
KILLED = Moment(7, 0.0)
"""With a sheet processed and others not."""
NOTICED: Mapping[Fault, tuple[str, ...]] = {
    Fault.NONE: (),
    Fault.PROCESSED_TWICE: ("twice: ",),
    Fault.MISREAD: ("('mail0.pdf', 0): ", "('mail0.pdf', 2): ", "('mail1.pdf', 0): "),
    Fault.NOT_REFERRED_TO: ("('mail0.pdf', 0): ", "('mail1.pdf', 2): "),
    Fault.SHEET_DROPPED: ("lost: ('mail0.pdf', 2)", "lost: ('mail1.pdf', 3)", "statements: "),
    Fault.EVENT_TWICE: ("twice: ",),
    Fault.BYTES_ALTERED: ("verify: object_altered ",),
    Fault.TAKEN_IN_TWICE: ("twice: ",),
}

LOST: Mapping[Fault, int] = {Fault.SHEET_DROPPED: 4, Fault.BYTES_ALTERED: 4}
"""Images. Of a file whose bytes were altered before it was taken apart no page is taken."""


@pytest.fixture(scope="module")
def mail(tmp_path_factory: pytest.TempPathFactory) -> Mail:
    folder = tmp_path_factory.mktemp("mail")
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return Mail(folder, tuple(folder / name for name in TEXTS), SHEETS)


@pytest.fixture(scope="module")
def expected(mail: Mail, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    data = tmp_path_factory.mktemp("calm")
    main(data, mail.folder, Path(Fault.NONE))
    return kept_of(keeping_of(data))


def _settings(data: Path) -> Settings:
    return load_settings(environment(data))


def _accounted(data: Path, mail: Mail, expected: Kept) -> Account:
    return account_by(light_runner(keeping_of(data)), mail, expected, _settings(data))


@pytest.mark.parametrize("fault", Fault)
def test_what_a_broken_program_did_in_a_light_storm_is_noticed(
    fault: Fault, mail: Mail, expected: Kept, tmp_path: Path
) -> None:
    arguments = (tmp_path, mail.folder, Path(fault))
    kill_at(KILLED, [*BROKEN, *map(str, arguments)], tmp_path)
    main(*arguments)

    found = _accounted(tmp_path, mail, expected)

    missed = [words for words in NOTICED[fault] if not any(its.startswith(words) for its in found.faults)]
    assert missed == [], found.faults
    assert bool(found.faults) == (fault is not Fault.NONE), found.faults
    there = IMAGES - LOST.get(fault, 0)
    assert (found.images_in, found.images_kept, found.ended) == (IMAGES, there, there)
    assert bool(found.duplicates) == (fault in (Fault.PROCESSED_TWICE, Fault.EVENT_TWICE, Fault.TAKEN_IN_TWICE))


def test_objects_that_a_broken_sweep_leaves_are_named(
    mail: Mail, expected: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main(tmp_path, mail.folder, Path(Fault.NOT_REFERRED_TO))
    monkeypatch.setattr(reconcile, "_adopt", lambda orphans, keeping: ())

    found = _accounted(tmp_path, mail, expected)

    assert sum(its.startswith("orphan: ") for its in found.faults) == 4
    monkeypatch.undo()
    assert _accounted(tmp_path, mail, expected).adopted == 4


def test_the_program_is_whole_again_behind_the_block(mail: Mail, expected: Kept, tmp_path: Path) -> None:
    for fault in Fault:
        with broken(fault):
            pass
    main(tmp_path, mail.folder, Path(Fault.NONE))

    assert _accounted(tmp_path, mail, expected).faults == ()
