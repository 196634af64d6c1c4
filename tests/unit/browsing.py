"""A browser of pages over an archive in memory, for tests of the web application."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2
import numpy as np
from fastapi.testclient import TestClient

from pipeline.custody import BatchOptions
from pipeline.custody.people import Act, Role
from pipeline.custody.review import SiteRules
from pipeline.model import BatchId, Language, PageBytes, PageOutcome, SheetOutcome
from pipeline.screens.derivatives import form_derivatives, page_derivatives
from pipeline.screens.hard_copy import HardCopy
from pipeline.screens.hard_copy_terms import Audience
from pipeline.screens.page_screen import Layer, LayeredScan
from pipeline.usecases.accounts import NewAccount, add_account
from pipeline.usecases.gate import Gate
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.retrieve import StatementReport
from pipeline.usecases.sessions import SignedIn
from pipeline.usecases.sign_in import change_password, sign_in
from pipeline.usecases.work import Flow
from pipeline.web.app import create_app
from pipeline.web.assets import load_assets
from pipeline.web.parts import Site, WebParts
from pipeline.web.registering import Registering
from tests.fake_people import CheapPasswords, CountedChance
from tests.fake_records import MemoryRecords
from tests.unit.custody import Archive
from tests.unit.electronic import registrar_of
from tests.unit.layout_bench import drafting_desk
from tests.unit.reviewing import Office, desk_of, review_flow

ORIGIN = "http://127.0.0.1:8080"
FIRST, OWN = "lac-veston-1", "trombone-lac-veston"
SCAN = np.tile(np.arange(0, 240, 2, dtype=np.uint8), (160, 1))


def pictured_flow(sides: tuple[PageBytes, ...]) -> SheetOutcome:
    """As `review_flow`, with the images of each page; those of forms have layers."""
    return SheetOutcome(tuple(_pictured(outcome) for outcome in review_flow(sides).pages))


def _pictured(outcome: PageOutcome) -> PageOutcome:
    if outcome.layout is None:
        return replace(outcome, derivatives=page_derivatives(SCAN))
    owners = np.full(SCAN.shape, Layer.FORM, np.uint8)
    owners[40:60, 20:80] = Layer.HAND
    return replace(outcome, derivatives=form_derivatives(LayeredScan(SCAN, owners, 300.0), SCAN))


@dataclass
class Pages:
    """The application, and what stands behind it."""

    office: Office
    gate: Gate
    parts: WebParts

    @staticmethod
    def make(
        folder: Path, *, rules: SiteRules | None = None, secure: bool = False, flow: Flow = pictured_flow
    ) -> Pages:
        office = Office(folder, rules)
        office.archive = Archive.make(folder, flow=flow)
        office.archive.keeping = replace(office.archive.keeping, site=rules or SiteRules())
        office.desk = desk_of(office.archive.keeping)
        gate = Gate(office.archive.records, office.archive.keeping.clock, CheapPasswords(), CountedChance())
        origin = ORIGIN.replace("http", "https") if secure else ORIGIN
        site = Site(frozenset({origin}), secure=secure)
        keeping = office.archive.keeping

        @contextmanager
        def holding() -> Iterator[Keeping]:
            yield keeping

        drafting = drafting_desk(keeping)
        registering = Registering(holding, lambda: registrar_of(keeping))
        parts = WebParts(
            gate, office.desk, lambda name, _: name, _hard_copy, site, load_assets(), holding, drafting, registering
        )
        return Pages(office, gate, parts)

    def take(self, *lines: str) -> BatchId:
        """As `Office.take`, of the issuer `generic`."""
        return self.office.archive.take({"mail.pdf": "\n".join(lines).encode()}, options=BatchOptions(issuer="generic"))

    @property
    def records(self) -> MemoryRecords:
        return self.office.archive.records

    def browser(self) -> Browser:
        """Of nobody yet."""
        origin = next(iter(self.parts.site.origins))
        return Browser(TestClient(create_app(self.parts), base_url=origin, follow_redirects=False), origin)

    def add(self, name: str, *roles: Role, issuer: str | None = None) -> None:
        new = NewAccount(name, frozenset(roles), Language.EN, issuer=issuer)
        add_account(new, FIRST, by="os:root", gate=self.gate)

    def signed_in(self, name: str, *roles: Role, issuer: str | None = None) -> Browser:
        """Of a person who has changed the first password."""
        self.add(name, *roles, issuer=issuer)
        first = sign_in(name, FIRST, address="192.0.2.7", gate=self.gate)
        assert isinstance(first, SignedIn)
        changed = change_password(first.token, FIRST, OWN, address="192.0.2.7", gate=self.gate)
        assert isinstance(changed, SignedIn)
        browser = self.browser()
        prefix = "__Host-" if self.parts.site.secure else ""
        browser.client.cookies.set(f"{prefix}constat_session", changed.token)
        browser.csrf = changed.session.csrf_secret
        return browser

    def log(self) -> list[tuple[str, Act, str]]:
        """Who, what and subject of the access log."""
        return [(its.who, its.act, its.subject) for its in self.records.access.entries()]


def _hard_copy(report: StatementReport, audience: Audience) -> HardCopy:
    data = f"%PDF {report.statement.number} {audience}".encode()
    return HardCopy(data, "title", (), 0)


@dataclass
class Browser:
    """Sends what a browser would; `csrf` is what the forms shown to it hold."""

    client: TestClient
    origin: str
    csrf: str = ""

    def get(self, path: str, **headers: str) -> httpx2.Response:
        return self.client.get(path, headers=headers)

    def post(self, path: str, **form: str | list[str]) -> httpx2.Response:
        data = {"csrf": self.csrf, **form}
        return self.client.post(path, data=data, headers={"origin": self.origin})

    def opens_sign_in(self, path: str = "/sign-in") -> httpx2.Response:
        shown = self.get(path)
        found = re.search(r'name="csrf" value="([^"]+)"', shown.text)
        assert found is not None
        self.csrf = found[1]
        return shown
