"""Puts the parts together; the only module that names adapters.

Imports of what is slow to load stand in the function that needs it: a command that only looks something up loads no
reader, a worker no database, and each starts a second earlier.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from pipeline.config import Settings
from pipeline.custody import Bucket, FileScan, ScanProfile, retention_of
from pipeline.custody.review import SiteRules
from pipeline.errors import InputRefused, OperatorError
from pipeline.model import Language, Layout, LayoutId, PageBytes, SheetOutcome
from pipeline.ports import Listing, ObjectStore, PdfSigner, Sealing, Sides, Signer, TimeAuthority
from pipeline.storage.clock import SystemClock
from pipeline.storage.installed import Installed
from pipeline.storage.lock import exclusive, shared
from pipeline.storage.objects.directory import DirectoryStore
from pipeline.storage.signing.seal_files import FolderSeals
from pipeline.storage.source_files import SourceFiles
from pipeline.usecases.gate import Gate
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.work import WorkerParts
from scanners.files import FolderFiles

if TYPE_CHECKING:
    from pipeline.custody import PageRole
    from pipeline.custody.retention import RetentionSchedule
    from pipeline.flow import FlowKit
    from pipeline.ports import BagFiles, Cache, IdentityProvider, PageSource
    from pipeline.screens.page_screen import PageScreen
    from pipeline.storage.objects.s3_server import S3Address
    from pipeline.templates.catalogue import Catalogue
    from pipeline.templates.fonts import Fonts
    from pipeline.templates.imprint import Imprint
    from pipeline.templates.requirements import Requirements
    from pipeline.usecases.author_layout import Authored
    from pipeline.usecases.package import Packer
    from pipeline.usecases.retrieve import StatementReport
    from pipeline.usecases.review import Desk

PREPARED_BY = ("pipeline", "pipeline.imaging", "pipeline.templates")
"""Packages whose code the prepared forms in the cache depend on."""
DRAWN_BY = ("numpy", "opencv-python", "pypdfium2", "reportlab")


@dataclass(frozen=True, slots=True)
class App:
    """What the commands work with."""

    settings: Settings
    keeping: Keeping


@contextmanager
def writing(settings: Settings) -> Iterator[App]:
    """The application with the data folder held for writing.

    Raises Unavailable `data_dir_busy`, OperatorError `read_only`, and as `signer`.
    """
    key = signer(settings)
    with exclusive(settings.data_dir):
        yield _app(settings, key)


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
    with shared(settings.data_dir):
        yield _app(settings, frozen=True)


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


def anything_kept(settings: Settings) -> bool:
    """Whether there are records. Looking must not make an empty database in a folder that was only misspelt."""
    return _database_path(settings).exists()


def _require_kept(settings: Settings) -> None:
    if not anything_kept(settings):
        raise OperatorError("nothing_kept", path=str(settings.data_dir))


def _database_path(settings: Settings) -> Path:
    return Path(settings.database.removeprefix("sqlite:///"))


def _database_url(settings: Settings) -> str:
    """The database; one in a folder that may only be read is opened as a file that does not change.

    SQLite would otherwise want to make its `-wal` file there, even to read. Where that file is, it can be read too.
    """
    path = _database_path(settings)
    log = path.with_name(f"{path.name}-wal")
    if not path.exists() or os.access(path.parent, os.W_OK) or log.exists():
        return settings.database
    return f"sqlite:///file:{quote(str(path))}?immutable=1&uri=true"


def _app(settings: Settings, key: Signer | None = None, *, frozen: bool = False) -> App:
    from pipeline.storage.records.sql import frozen_records, open_records

    clock, opened = SystemClock(), frozen_records if frozen else open_records
    records = opened(_database_url(settings), head_path=settings.data_dir / "ledger-head.json", clock=clock)
    store = object_store(settings)
    sealing = Sealing(key, _time_authority(settings), FolderSeals(settings.seals_folder))
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
    )


def review_desk(app: App) -> Desk:
    """What review works with: it may be shared by threads. Raises OperatorError as `flow_kit`."""
    from pipeline.storage.issuer_files import issuer_named, issuers_below, load_issuers
    from pipeline.usecases.review import Desk

    settings = app.settings
    own = None if settings.layouts_dir is None else issuers_below(settings.layouts_dir)
    return Desk(
        keeping=app.keeping,
        layouts={layout.id: layout for layout in layouts(settings.layouts_dir)},
        issuer=issuer_named(settings.issuer, own),
        salts=partial(secrets.token_hex, 16),
        issuers=load_issuers(own),
    )


def identity_provider(settings: Settings) -> IdentityProvider | None:
    """By which people may sign in; null when none is configured. One for all threads of a process."""
    if not settings.oidc_issuer:
        return None
    from pipeline.storage.identity_provider import OidcClient, OidcProvider
    from pipeline.storage.passwords import SystemChance

    client = OidcClient(
        settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret, settings.oidc_roles_claim
    )
    return OidcProvider(client, chance=SystemChance(), clock=SystemClock())


def require_issuer(name: str, settings: Settings) -> None:
    """Raises OperatorError `issuer_unknown`, naming those there are."""
    from pipeline.storage.issuer_files import issuer_named, issuers_below

    issuer_named(name, None if settings.layouts_dir is None else issuers_below(settings.layouts_dir))


def object_store(settings: Settings) -> ObjectStore:
    """The store in force. A bucket is looked at when something is first asked of it, not before."""
    if not settings.bucket_url:
        return DirectoryStore(settings.objects_dir)
    from pipeline.storage.objects.s3 import S3Options, S3Store
    from pipeline.storage.objects.spool import Spool

    options = S3Options(retention_of(settings.s3_retention) if settings.s3_retention else None, settings.s3_sse)
    return S3Store(_s3_address(settings), options, spool=Spool(settings.cache_dir / "spool"), clock=SystemClock())


def bucket_found(settings: Settings) -> Bucket | None:
    """The bucket in force, whatever it is; null for the directory store. Raises as `look_at`."""
    if not settings.bucket_url:
        return None
    from pipeline.storage.objects.patience import Patience
    from pipeline.storage.objects.s3_bucket import look_at
    from pipeline.storage.objects.s3_server import S3Server

    patience = Patience()
    return look_at(S3Server(_s3_address(settings), patience), patience)


def require_fit_bucket(bucket: Bucket) -> None:
    """Raises as `require_fit`."""
    from pipeline.storage.objects.s3_bucket import require_fit

    require_fit(bucket)


def new_bucket(settings: Settings) -> None:
    """Make the bucket in force. Raises as `make_bucket`, and OperatorError `store_is_directory`."""
    if not settings.bucket_url:
        raise OperatorError("store_is_directory", path=str(settings.objects_dir))
    from pipeline.storage.objects.patience import Patience
    from pipeline.storage.objects.s3_bucket import make_bucket
    from pipeline.storage.objects.s3_server import S3Server

    patience = Patience()
    make_bucket(S3Server(_s3_address(settings), patience), patience)


def _s3_address(settings: Settings) -> S3Address:
    from pipeline.storage.objects.s3_server import s3_address

    return s3_address(
        settings.bucket_url,
        region=settings.s3_region,
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key,
    )


def signer(settings: Settings) -> Signer | None:
    """The key that signs seals; null when none is configured. Raises OperatorError as `open_signer`."""
    return None if settings.signing_key is None else signer_at(settings.signing_key, settings)


def signer_at(path: Path, settings: Settings) -> Signer:
    """A key by its file. Raises as `open_signer`."""
    from pipeline.storage.signing.keys import open_signer

    return open_signer(path, data_dir=settings.data_dir, passphrase_file=settings.signing_key_passphrase_file)


def pdf_signer(settings: Settings) -> PdfSigner | None:
    """What signs hard copies; null without a certificate. Raises OperatorError as `open_pdf_signer`."""
    if settings.signing_cert is None:
        return None
    from pipeline.storage.signing.keys import passphrase_of
    from pipeline.storage.signing.pades import open_pdf_signer

    locked_by = settings.signing_cert_passphrase_file
    return open_pdf_signer(
        settings.signing_cert,
        data_dir=settings.data_dir,
        clock=SystemClock(),
        passphrase=None if locked_by is None else passphrase_of(locked_by, settings.data_dir),
        authority=_time_authority(settings),
    )


def new_key(path: Path, settings: Settings) -> Signer:
    """Make a key. Raises as `write_new_key`."""
    from pipeline.storage.signing.keys import write_new_key

    locked_by = settings.signing_key_passphrase_file
    return write_new_key(path, data_dir=settings.data_dir, passphrase_file=locked_by)


def trust_anchors(path: Path) -> tuple[bytes, ...]:
    """Certificates (DER) of a PEM file. Raises OperatorError `certificates_unreadable`."""
    from pipeline.storage.signing.certificates import read_certificates

    return read_certificates(path)


def _time_authority(settings: Settings) -> TimeAuthority | None:
    if not settings.tsa_url or settings.tsa_certs is None:
        return None
    from pipeline.storage.signing.time_stamps import HttpTimeAuthority

    return HttpTimeAuthority(settings.tsa_url, anchors=trust_anchors(settings.tsa_certs), clock=SystemClock())


class _Scans:
    """Fills `ScanMetadata`; the libraries that know the formats are loaded with the first file."""

    def read(self, path: Path) -> FileScan:
        from pipeline.storage.scan_metadata import ScannedFiles

        return ScannedFiles().read(path)


def scan_profile(path: Path) -> ScanProfile:
    """What an operator says of the scanner. Raises as `load_scan_profile`."""
    from pipeline.storage.scan_profile import load_scan_profile

    return load_scan_profile(path)


def retention_schedule(settings: Settings) -> RetentionSchedule | None:
    """The site's retention schedule; null where it has none. Raises as `load_retention`."""
    return None if settings.retention_schedule is None else retention_file(settings.retention_schedule)


def retention_file(path: Path) -> RetentionSchedule:
    """A retention schedule by its file. Raises as `load_retention`."""
    from pipeline.storage.retention_file import load_retention

    return load_retention(path)


def stored_pages() -> PageSource:
    """Takes stored files apart."""
    from pipeline.storage.pages import StoredPages

    return StoredPages()


def look_through(paths: Sequence[Path], sides: Sides) -> Listing:
    """What there is to take in below the paths. Raises OperatorError `path_not_found`."""
    return FolderFiles().listing([path.absolute() for path in paths], sides=sides)


def layouts(layouts_dir: Path | None = None) -> tuple[Layout, ...]:
    """The forms that are known: those shipped and those of a site's folder. Raises as `load_layouts`."""
    from pipeline.storage.layout_files import load_layouts

    return load_layouts(layouts_dir)


def layout_file(path: Path) -> Layout:
    """A layout by its file. Raises as `load_layout_file`."""
    from pipeline.storage.layout_files import load_layout_file

    return load_layout_file(path)


def fonts() -> Fonts:
    from pipeline.storage.layout_files import load_fonts

    return load_fonts()


def catalogue() -> Catalogue:
    from pipeline.storage.layout_files import load_catalogue

    return load_catalogue()


def requirements() -> Requirements:
    from pipeline.storage.layout_files import load_requirements

    return load_requirements()


def scanned_page(path: Path, *, page_number: int) -> PageBytes:
    """A page of a scan, from 1.

    Raises:
        InputRefused: the file is damaged, or of no known form; `no_such_page`.
        Unavailable: it cannot be read.
    """
    from pipeline.storage.pages import StoredPages

    for number, page in enumerate(StoredPages().pages(path, name=path.name), start=1):
        if number == page_number:
            if isinstance(page, PageBytes):
                return page
            raise InputRefused(page.code, **dict(page.params))
    raise InputRefused("no_such_page", file=path.name, page=page_number)


def proposed_layout(scan: PageBytes, layout: LayoutId, *, like: LayoutId, layouts_dir: Path | None = None) -> Authored:
    """A layout proposed from the scan of a blank form. Raises as `author_layout`; OperatorError `unknown_layout`."""
    from pipeline.ocr.engines.tesseract_words import TesseractWords
    from pipeline.storage.layout_files import layout_texts, load_catalogue, load_fonts, load_imprints
    from pipeline.templates.authoring.reference import language_of, reference, whole_file, whole_files
    from pipeline.usecases.author_layout import author_layout

    texts, imprints = layout_texts(layouts_dir), load_imprints(layouts_dir)
    if like not in texts:
        raise OperatorError("unknown_layout", layout=like)
    face = like.split("@")[0].rpartition(".")[0]
    files = whole_files(texts, imprints) | {like: whole_file(texts[like], texts, imprints)}
    same = {name for name in files if name.startswith(f"{face}.")}
    known = reference(
        files[like],
        load_catalogue().face(face),
        [files[name] for name in files if name in same and name != like],
        [file for name, file in files.items() if name not in same],
        language=language_of(layout),
    )
    return author_layout(
        scan,
        layout,
        known=known,
        reader=TesseractWords(),
        fonts=load_fonts(),
        parse=partial(_parsed, parents=texts, imprints=imprints),
    )


def _parsed(text: str, source: str, parents: Mapping[str, str], imprints: Mapping[str, Imprint]) -> Layout:
    from pipeline.storage.layout_files import load_catalogue
    from pipeline.templates.schema import parse_layout

    return parse_layout(text, source=source, catalogue=load_catalogue(), parents=parents, imprints=imprints)


def worker_parts(settings: Settings) -> WorkerParts:
    """What one worker process needs. The flow is built with its first sheet: taking files apart does not need it."""
    from pipeline.storage.pages import StoredPages

    return WorkerParts(object_store(settings), StoredPages(), _flow(settings))


def worker_factory(settings: Settings) -> Callable[[], WorkerParts]:
    """A picklable maker of `worker_parts`."""
    return partial(worker_parts, settings)


def _flow(settings: Settings) -> Callable[[tuple[PageBytes, ...]], SheetOutcome]:
    def flow(sides: tuple[PageBytes, ...]) -> SheetOutcome:
        from pipeline.flow import process_sheet

        return process_sheet(
            sides, kit=flow_kit(settings.issuer, layouts_dir=settings.layouts_dir, cache_dir=settings.cache_dir)
        )

    return flow


@lru_cache(maxsize=1)
def flow_kit(issuer: str, *, layouts_dir: Path | None = None, cache_dir: Path | None = None) -> FlowKit:
    """Models loaded and layouts prepared, once a process: some seconds without a cache folder or with an empty one.

    Args:
        issuer: whose numbers are read on layouts that name no issuer.
        layouts_dir: a site's own layouts and issuers.

    Raises:
        Unavailable: a font, a model or Tesseract is missing.
        OperatorError: no such issuer, or a faulty layout or issuer file.
    """
    from pipeline.flow import FlowKit
    from pipeline.ocr.engines.ppocr import PpOcr
    from pipeline.ocr.engines.tesseract import Tesseract
    from pipeline.ocr.readers import Readers
    from pipeline.storage.calibration_files import load_calibration, load_thresholds
    from pipeline.storage.issuer_files import issuer_named, issuers_below, load_issuers
    from pipeline.storage.layout_files import load_fonts, load_layouts, load_requirements
    from pipeline.templates.library import LayoutLibrary

    own_issuers = None if layouts_dir is None else issuers_below(layouts_dir)
    tesseract = Tesseract()
    return FlowKit(
        library=LayoutLibrary.build(load_layouts(layouts_dir), load_fonts(), cache=_cache(cache_dir)),
        readers=Readers(first=PpOcr(), second=tesseract, page=tesseract),
        calibration=load_calibration(),
        thresholds=load_thresholds(),
        issuer=issuer_named(issuer, own_issuers),
        issuers=load_issuers(own_issuers),
        requirements=load_requirements(),
    )


def _cache(folder: Path | None) -> Cache | None:
    from pipeline.storage.cache_files import FileCache, edition_of

    return None if folder is None else FileCache(folder, edition_of(PREPARED_BY, DRAWN_BY))


def particular_name(name: str, language: Language) -> str:
    """A particular's or mark's name for people; the canonical name where the catalogue words none."""
    from pipeline.storage.layout_files import load_catalogue

    return load_catalogue().label(name, language)


def statement_screens(report: StatementReport, app: App) -> tuple[PageScreen, ...]:
    """The page screens of a statement, its particulars named as the catalogue words them. Raises as `page_screens`."""
    from pipeline.usecases.page_screens import page_screens

    known = {layout.id: layout for layout in layouts(app.settings.layouts_dir)}
    return page_screens(report, layouts=known, keeping=app.keeping, label=particular_name)


def package_files(folder: Path) -> BagFiles:
    """The files of an archive package."""
    from pipeline.storage.bags import FolderFiles

    return FolderFiles(folder)


def packer(hard_copy: Callable[[StatementReport, PageRole], bytes], settings: Settings) -> Packer:
    """What makes archive packages."""
    from pipeline import __version__
    from pipeline.storage.bags import BagFolders
    from pipeline.storage.received_pages import StoredReceivedPages
    from pipeline.usecases.package import Packer

    made_by = f"constat {__version__}"
    bags, received = BagFolders(SystemClock()), StoredReceivedPages()
    return Packer(bags, received, stored_pages(), made_by, hard_copy, settings.organization)
