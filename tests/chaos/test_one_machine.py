"""One machine with PostgreSQL and a bucket: killed, cut off, slowed and filled up while paper goes through."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import load_settings
from tests.chaos.account import account, calm
from tests.chaos.crew import OneMachine, Program
from tests.chaos.mail import write_mail
from tests.chaos.plan import Fault, plan
from tests.chaos.site import DATABASE, DISK, STORE, make_bucket, site
from tests.chaos.storm import storm

pytestmark = pytest.mark.servers
SEED = 20261128
SHEETS, FAULTS = 6, 11
PATIENCE_S = 900.0
"""A bound for busy machines; on two idle cores it takes a tenth."""
SERVERS = (DATABASE, STORE)
POSSIBLE = {
    Fault.KILL: ("work", *SERVERS),
    Fault.CUT: SERVERS,
    Fault.TEAR: SERVERS,
    Fault.AWAY: SERVERS,
    Fault.SLOW: SERVERS,
    Fault.HANG: SERVERS,
    Fault.FULL: (DISK, DATABASE, STORE),
}


def test_whatever_breaks_while_a_command_works_every_sheet_ends_once_and_as_on_a_calm_day(tmp_path: Path) -> None:
    mail = write_mail(tmp_path / "mail", SHEETS, seed=SEED)
    expected = calm(mail, tmp_path / "calm")
    planned = plan(SEED, FAULTS, POSSIBLE)
    with site(tmp_path / "site", queue=False) as its:
        make_bucket(its)
        crew = OneMachine(Program("work", its.behind, tmp_path / "work.log"), mail.folder)
        happened = storm(its, crew, planned, mail=mail, patience_s=PATIENCE_S)
        found = account(mail, expected, load_settings(its.direct))

    assert found.faults == ()
    assert (found.images_kept, found.ended, found.duplicates) == (mail.images, mail.images, 0)
    assert len(happened.injected) >= FAULTS // 2, "the work was done before the storm began"
