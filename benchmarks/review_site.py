"""A court to measure review at: the samples taken in by the real command, reviewers with a session each, the server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.sync_api import BrowserContext

from benchmarks.progress import tell
from pipeline.config import load_settings
from pipeline.custody.people import Role
from pipeline.model import Language
from pipeline.usecases.account_entries import put_account
from pipeline.usecases.accounts import NewAccount, add_account
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.sessions import SignedIn, begun
from pipeline.wiring import gate, serving
from tests.e2e.command import constat
from tests.servers import pages

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
PASSWORD = "pour-mesurer-seulement"


@dataclass(frozen=True)
class Site:
    """A running server, and who may work at it.

    Attributes:
        data: its data folder.
        seats: reviewers, signed in; `chief` is a supervisor.
    """

    address: str
    data: Path
    seats: tuple[SignedIn, ...]
    chief: SignedIn

    def lets_in(self, context: BrowserContext, seat: SignedIn) -> None:
        """As if this person had signed in there."""
        context.add_cookies([{"name": "constat_session", "value": seat.token, "url": self.address}])


@contextmanager
def running_site(
    folder: Path, mail: Path, *, people: int, archive: Path | None = None, database: str = ""
) -> Iterator[Site]:
    """Ended at the end.

    Args:
        folder: empty.
        mail: what is taken in.
        archive: where it was taken in before, to be copied instead.
        database: where the records are, empty; else a file of SQLite. Not with `archive`.
    """
    settings = {"CONSTAT_DATABASE_URL": database} if database else {}
    data = filled(folder, mail, archive=archive, **settings)
    os.environ |= {"CONSTAT_DATA_DIR": str(data), **settings}
    seats = seats_for(people, Role.REVIEWER)
    chief = _seat("chief", Role.SUPERVISOR)
    with pages.serving(data, folder / "server.log", **settings) as address:  # type: ignore[arg-type]  # settings only
        yield Site(address, data, seats, chief)


def filled(folder: Path, mail: Path, *, archive: Path | None = None, **settings: str) -> Path:
    """A data folder with this mail; as `running_site`."""
    data = folder / "data"
    if archive is not None:
        shutil.copytree(archive, data)
        return data
    tell(f"taking in {mail}")
    taken = constat("intake", mail, "--workers", "2", data_dir=data, **settings)  # type: ignore[arg-type]  # settings only
    if taken.returncode not in (0, 1):  # 1: some page is in exception
        raise SystemExit(taken.stderr)
    return data


def seats_for(people: int, role: Role) -> tuple[SignedIn, ...]:
    """So many persons, signed in, at the data of `CONSTAT_DATA_DIR`."""
    return tuple(_seat(f"person-{index}", role) for index in range(people))


def _seat(name: str, role: Role) -> SignedIn:
    """An account that has changed its first password, with a session."""
    door = gate(serving(load_settings()))
    add_account(NewAccount(name, frozenset({role}), Language.FR), PASSWORD, by="bench", gate=door)
    with door.records.transaction() as change:
        account = change.people.named(name)
        assert account is not None
        usable = replace(account, must_change_password=False)
        put_account(usable, "password", by="bench", change=change)
        return begun(usable, address="127.0.0.1", gate=door, change=change)


def keeping_at(site: Site) -> Keeping:
    """What the server keeps; it is `CONSTAT_DATA_DIR` of this process."""
    assert os.environ["CONSTAT_DATA_DIR"] == str(site.data)
    return serving(load_settings()).keeping
