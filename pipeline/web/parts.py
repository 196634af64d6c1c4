"""What the pages work with, put together once a process and shared by its threads."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from pipeline.custody.layouts import LayoutDraft
from pipeline.custody.qualifications import Qualification
from pipeline.messages import LanguageCode
from pipeline.model import Layout, LayoutId
from pipeline.ports import IdentityProvider, PageSource, Scanners
from pipeline.ports.tracing import RequestTracing
from pipeline.screens.hard_copy import HardCopy
from pipeline.screens.hard_copy_terms import Audience, Terms
from pipeline.usecases.gate import Gate
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.layouts import LayoutDesk, Refused, Tried
from pipeline.usecases.page_screens import Label, ShownExtent
from pipeline.usecases.qualification import ScannerRules
from pipeline.usecases.qualifying import TargetReader
from pipeline.usecases.readiness import Readiness
from pipeline.usecases.received_scan import ReceivedScan
from pipeline.usecases.retrieve import StatementReport
from pipeline.usecases.review import Desk
from pipeline.web.assets import Asset, load_assets
from pipeline.web.departures import Departures
from pipeline.web.image_cache import ImageCache
from pipeline.web.layouts_work import Works
from pipeline.web.made_once import MadeOnce
from pipeline.web.meters import RequestMeter
from pipeline.web.noted import Noted
from pipeline.web.page_scan import PageScan
from pipeline.web.picture_worker import Locks, PictureWorker
from pipeline.web.placed_reading import PlacedReader
from pipeline.web.pyramid_cache import PyramidCache
from pipeline.web.registering import Registering
from pipeline.web.scan_cache import ScanCache
from pipeline.web.scan_room import ScanRoom
from pipeline.web.sittings import Sittings
from pipeline.wiring import (
    App,
    fonts,
    gate,
    holding,
    identity_provider,
    layout_desk,
    particular_name,
    pdf_signer,
    registrar,
    review_desk,
    stored_pages,
)
from pipeline.wiring.scan_station import scanner_rules
from pipeline.wiring.scanning import scanners
from pipeline.wiring.targets import target_reader
from pipeline.wiring.watching import readiness, request_tracing_of

HardCopyMaker: TypeAlias = Callable[[StatementReport, Audience], HardCopy]
Holding: TypeAlias = Callable[[], AbstractContextManager[Keeping]]
"""Holds the data folder alone while something is changed. Raises Unavailable `data_dir_busy`."""


@dataclass(frozen=True, slots=True)
class Site:
    """How the server is reached.

    Attributes:
        origins: `http://127.0.0.1:8080` and the like: what browsers may name as the page that a request comes from.
        origin: the one that others are told; empty: any of them.
        secure: browsers reach it by TLS.
        language: of people who said nothing.
        workers: other processes do what commands ask for.
    """

    origins: frozenset[str]
    origin: str = ""
    secure: bool = False
    language: LanguageCode = "fr"
    workers: bool = False

    @property
    def home(self) -> str:
        """The address of the start page, without its last slash."""
        return self.origin or min(self.origins)

    @property
    def hosts(self) -> frozenset[str]:
        """What may stand in `Host`; any other name was made to lead here by somebody else."""
        return frozenset(origin.partition("://")[2] for origin in self.origins)


@dataclass(frozen=True, slots=True)
class WebParts:
    """What the pages work with.

    Attributes:
        label: names particulars and marks for people.
        hard_copy: makes and signs the hard copy of a statement.
        assets: style sheets and scripts by address.
        holding: for changes that rest on no batch being worked on.
        registering: registers electronic statements.
        drafting: for work on drafts of layouts; `beginnings` and `trials` are what of it takes longer than a page.
        provider: by which people may sign in besides.
        placing: reads pages as they were placed, beside the pages.
        copies: hard copies and proofs, each made once as long as nothing changes.
        source: takes received files apart.
        pictures: makes those that will be asked for.
        readiness: whether it can do its work now.
        meter: counts requests.
        tracing: is told of each request; null where nobody collects traces.
        measurings: scans of the target that are measured beside the pages, with `target_reader`.
        scanner_rules: what the site asks of scanners.
        scanners, scanner_list: scanners by their addresses; names and addresses of those that the site uses.
        scan_room: runs scanners beside the pages; `scan_pictures`: small ones of what they delivered.
        alert_per_hour: different records that a person may look at within an hour before auditors are told; 0: any.
    """

    gate: Gate
    desk: Desk
    label: Label
    hard_copy: HardCopyMaker
    site: Site
    assets: Mapping[str, Asset]
    holding: Holding
    drafting: LayoutDesk
    registering: Registering
    provider: IdentityProvider | None = None
    departures: Departures = field(default_factory=Departures)
    images: ImageCache = field(default_factory=ImageCache)
    copies: MadeOnce = field(default_factory=MadeOnce)
    pyramids: PyramidCache = field(default_factory=PyramidCache)
    noted: Noted = field(default_factory=Noted)
    scans: ScanCache[PageScan] = field(default_factory=ScanCache)
    extents: ScanCache[ShownExtent] = field(default_factory=partial(ScanCache, most=20_000))
    pictures: PictureWorker = field(default_factory=PictureWorker)
    locks: Locks = field(default_factory=Locks)
    sittings: Sittings = field(default_factory=Sittings)
    received: ScanCache[ReceivedScan] = field(default_factory=partial(ScanCache, most=3))
    source: PageSource = field(default_factory=stored_pages)
    alert_per_hour: int = 0
    readiness: Readiness = field(default_factory=partial(Readiness, {}, now_s=time.monotonic))
    meter: RequestMeter = field(default_factory=RequestMeter)
    tracing: RequestTracing | None = None
    placing: PlacedReader = field(default_factory=PlacedReader)
    beginnings: Works[LayoutDraft] = field(default_factory=Works)
    trials: Works[Tried | Refused] = field(default_factory=Works)
    measurings: Works[Qualification] = field(default_factory=Works)
    target_reader: TargetReader = field(default_factory=target_reader)
    scanner_rules: ScannerRules = field(default_factory=ScannerRules)
    scanners: Scanners | None = None
    scanner_list: tuple[tuple[str, str], ...] = ()
    scan_room: ScanRoom = field(default_factory=ScanRoom)
    scan_pictures: ScanCache[bytes] = field(default_factory=partial(ScanCache, most=4000))

    @property
    def keeping(self) -> Keeping:
        return self.desk.keeping

    @property
    def layouts(self) -> Mapping[LayoutId, Layout]:
        return self.desk.layouts


def web_parts(app: App, site: Site) -> WebParts:
    """The parts of a running server.

    Raises:
        OperatorError: `web_scripts_missing`; as `review_desk` and `pdf_signer`.
    """
    desk = review_desk(app)
    return WebParts(
        gate=gate(app),
        desk=desk,
        label=particular_name,
        hard_copy=_hard_copies(app, desk.layouts),
        site=site,
        assets=load_assets(),
        holding=partial(holding, app),
        drafting=layout_desk(app),
        registering=Registering(partial(holding, app), partial(registrar, app)),
        provider=identity_provider(app.settings),
        readiness=readiness(app),
        tracing=request_tracing_of(app.settings),
        alert_per_hour=app.settings.access_alert_per_hour,
        target_reader=target_reader(app.settings.worker_memory_bytes),
        scanner_rules=scanner_rules(app.settings),
        scanners=scanners(app.settings),
        scanner_list=app.settings.scanner_list,
    )


def _hard_copies(app: App, known: Mapping[LayoutId, Layout]) -> HardCopyMaker:
    from pipeline.usecases.hard_copy import Drawing, export_hard_copy

    signer = pdf_signer(app.settings)

    def make(report: StatementReport, audience: Audience) -> HardCopy:
        terms = Terms(
            issuer="",
            number="",
            audience=audience,
            at=app.keeping.clock.now(),
            verify_url=app.settings.verify_url or None,
        )
        drawing = Drawing(known, fonts(), particular_name)
        return export_hard_copy(report, terms, keeping=app.keeping, drawing=drawing, signer=signer)

    return make
