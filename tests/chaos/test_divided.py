"""Work divided among workers, with PostgreSQL, RabbitMQ and a bucket, all of which break while paper goes through."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import load_settings
from tests.chaos.account import account, calm
from tests.chaos.crew import divided
from tests.chaos.mail import write_mail
from tests.chaos.plan import CLERK, Fault, plan
from tests.chaos.site import BROKER, DATABASE, DISK, STORE, make_bucket, site
from tests.chaos.storm import storm
from tests.servers.seaweed import free_ports

pytestmark = pytest.mark.servers
SEED = 20261129
SHEETS, FAULTS, WORKERS = 6, 17, 2
PATIENCE_S = 900.0
"""A bound for busy machines; on two idle cores it takes a tenth."""
SERVERS = (DATABASE, STORE, BROKER)
POSSIBLE = {
    Fault.KILL: ("worker 1", "worker 2", "relay", "serve", CLERK, *SERVERS),
    Fault.CUT: SERVERS,
    Fault.TEAR: SERVERS,
    Fault.AWAY: SERVERS,
    Fault.SLOW: SERVERS,
    Fault.HANG: SERVERS,
    Fault.FULL: (DISK, DATABASE, STORE),
    Fault.AGAIN: (BROKER,),
}


def test_whatever_breaks_while_workers_share_the_work_every_sheet_ends_once_and_as_on_a_calm_day(
    tmp_path: Path,
) -> None:
    mail = write_mail(tmp_path / "mail", SHEETS, seed=SEED)
    expected = calm(mail, tmp_path / "calm")
    with site(tmp_path / "site", queue=True) as its:
        make_bucket(its)
        crew = divided(mail.folder, its.behind, tmp_path, workers=WORKERS, port=free_ports(1)[0])
        happened = storm(its, crew, plan(SEED, FAULTS, POSSIBLE), mail=mail, patience_s=PATIENCE_S)
        found = account(mail, expected, load_settings(its.direct))

    assert found.faults == ()
    assert (found.images_kept, found.ended, found.duplicates) == (mail.images, mail.images, 0)
    assert len(happened.injected) >= FAULTS // 2, "the work was done before the storm began"
