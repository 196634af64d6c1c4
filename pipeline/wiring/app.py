"""The application that commands and pages work with."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import Settings
from pipeline.custody import FileScan
from pipeline.custody.review import SiteRules
from pipeline.errors import OperatorError
from pipeline.ports import Sealing, Signer
from pipeline.storage.clock import SystemClock
from pipeline.storage.installed import Installed
from pipeline.storage.signing.seal_files import FolderSeals
from pipeline.storage.source_files import SourceFiles
from pipeline.usecases.gate import Gate
from pipeline.usecases.keeping import Keeping
from pipeline.wiring.database import anything_kept, database_url, feeding, working
from pipeline.wiring.editions import LayoutsNow
from pipeline.wiring.forms import particular_name
from pipeline.wiring.objects import object_store
from pipeline.wiring.signing import signer, time_authority

if TYPE_CHECKING:
    from pipeline.screens.page_screen import PageScreen
    from pipeline.usecases.retrieve import StatementReport
    from pipeline.usecases.review import Desk


@dataclass(frozen=True, slots=True)
class App:
    """What the commands work with."""

    settings: Settings
    keeping: Keeping


@contextmanager
def writing(settings: Settings, *, still: bool = False) -> Iterator[App]:
    """The application with the data folder held for writing.

    Args:
        still: no paper may be fed meanwhile: what is stored is compared with what is recorded.

    Raises Unavailable `data_dir_busy`, OperatorError `read_only`, and as `signer`.
    """
    key = signer(settings)
    with working(settings, still=still):
        yield _app(settings, key)


@contextmanager
def feeding_paper(settings: Settings) -> Iterator[App]:
    """The application for feeding paper into sessions, beside work on batches.

    Raises Unavailable `data_dir_busy` while the archive is compared, OperatorError `read_only`.
    """
    with feeding(settings):
        yield _app(settings)


@contextmanager
def writing_kept(settings: Settings) -> Iterator[App]:
    """As `writing`, where there are records. Raises OperatorError `nothing_kept` besides."""
    _require_kept(settings)
    with writing(settings) as app:
        yield app


@contextmanager
def checking(settings: Settings) -> Iterator[App]:
    """The application while no batch is worked on, with the records of one moment: people may go on reviewing.

    Raises Unavailable `data_dir_busy`, OperatorError `nothing_kept`.
    """
    _require_kept(settings)
    with working(settings, comparing=True, still=True):
        yield _app(settings, frozen=True)


@contextmanager
def holding(app: App) -> Iterator[Keeping]:
    """What a running server works with, the data folder held for writing as by `writing`.

    Raises Unavailable `data_dir_busy`, OperatorError `read_only`.
    """
    with working(app.settings):
        yield app.keeping


def serving(settings: Settings) -> App:
    """The application for changes of one transaction each, whoever else is at work (see docs/adr/0013-writers.md)."""
    return _app(settings)


def gate(app: App) -> Gate:
    """Where people sign in, and where their accounts are managed; one for all threads of a process."""
    from pipeline.storage.passwords import Argon2Passwords, SystemChance

    return Gate(app.keeping.records, app.keeping.clock, Argon2Passwords(), SystemChance())


def reading(settings: Settings) -> App:
    """The application for looking things up, whoever else is at work. Raises OperatorError `nothing_kept`."""
    _require_kept(settings)
    return _app(settings)


def frozen_app(settings: Settings) -> App:
    """The application with the records of one moment, whoever is at work on whatever: for copies. By one thread."""
    return _app(settings, frozen=True)


def _require_kept(settings: Settings) -> None:
    if not anything_kept(settings):
        raise OperatorError("nothing_kept", path=str(settings.data_dir))


def _app(settings: Settings, key: Signer | None = None, *, frozen: bool = False) -> App:
    from pipeline.storage.records.sql import frozen_records, open_records

    clock, opened = SystemClock(), frozen_records if frozen else open_records
    records = opened(database_url(settings), head_path=settings.data_dir / "ledger-head.json", clock=clock)
    store = object_store(settings)
    folder = settings.seals_folder
    inside = folder.resolve().is_relative_to(settings.data_dir.resolve())
    sealing = Sealing(key, time_authority(settings), FolderSeals(folder), inside=inside)
    return App(
        settings,
        Keeping(records, store, SourceFiles(), clock, _Scans(), Installed(), sealing, site_rules(settings)),
    )


def site_rules(settings: Settings) -> SiteRules:
    """What the site asks of its reviewers."""
    names = (name.strip() for name in settings.review_always_look.split(","))
    return SiteRules(
        second_person=settings.review_second_person,
        double_keying=settings.review_double_keying,
        always_look=frozenset(name for name in names if name),
        crops_only=settings.review_crops_only,
        lease_s=settings.review_lease_s,
        sample_percent=settings.review_sample_percent,
        check_percent=settings.review_check_percent,
    )


def review_desk(app: App) -> Desk:
    """What review works with: it may be shared by threads. Raises OperatorError as `flow_kit`."""
    from pipeline.storage.issuer_files import issuer_named, issuers_below, load_issuers
    from pipeline.usecases.review import Desk

    settings = app.settings
    own = None if settings.layouts_dir is None else issuers_below(settings.layouts_dir)
    return Desk(
        keeping=app.keeping,
        layouts=LayoutsNow(app.keeping.records.layouts, settings.layouts_dir),
        issuer=issuer_named(settings.issuer, own),
        salts=partial(secrets.token_hex, 16),
        issuers=load_issuers(own),
    )


class _Scans:
    """Fills `ScanMetadata`; the libraries that know the formats are loaded with the first file."""

    def read(self, path: Path) -> FileScan:
        from pipeline.storage.scan_metadata import ScannedFiles

        return ScannedFiles().read(path)


def statement_screens(report: StatementReport, app: App) -> tuple[PageScreen, ...]:
    """The page screens of a statement, its particulars named as the catalogue words them. Raises as `page_screens`."""
    from pipeline.usecases.page_screens import page_screens

    known = LayoutsNow(app.keeping.records.layouts, app.settings.layouts_dir)
    return page_screens(report, layouts=known, keeping=app.keeping, label=particular_name)
