"""Electronic statements for tests, and what registers them in an archive in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pipeline.model import PageBytes, PageProblem, SheetOutcome
from pipeline.statements.electronic import FORMAT, Json
from pipeline.statements.electronic_checks import KnownForms
from pipeline.statements.electronic_names import is_registered_name
from pipeline.storage.issuer_files import load_issuers
from pipeline.storage.layout_files import load_catalogue, load_fonts, load_layouts, load_requirements
from pipeline.storage.pages import StoredPages
from pipeline.usecases.electronic_page import electronic_sheet
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.register import Offer, Registrar
from pipeline.usecases.work import WorkerParts
from pipeline.wiring.in_process import InProcess
from tests.fakes import LinePages
from tests.unit.reviewing import review_flow

NUMBER, OTHER_NUMBER = "704100211497963", "704100193458947"
PARTICULARS: dict[str, str | bool] = {
    "judicial_district": "Valmont",
    "defendant_name": "Jean Tremblay",
    "defendant_address": "12, rue des Érables Valmont (Québec) J0X 0X0",
    "plate": "A12BCD",
    "legal_reference": "art. 386 al. 1 C.S.R.",
    "offence_date": "2026-03-14",
    "offence_time": "14:05",
    "offence_description": "A stationné dans une zone interdite",
    "offence_place": "100, rue Principale",
    "fine": "100.00",
    "costs": "40.00",
    "contribution": "22.00",
    "total_requested": "162.00",
    "attestor_name": "M. Roy",
    "attestor_quality": "Agent de la paix",
    "attestor_badge": "3127",
    "service_moment": "at_time_of_offence",
    "service_manner": "in_person",
    "server_is_attestor": True,
    "service_date": "2026-03-14",
}


def statement(number: Json = NUMBER, **changes: Json) -> dict[str, Json]:
    """One that nothing is wrong with; a change of `particulars` adds to them, null takes a name out."""
    added = changes.pop("particulars", {})
    assert isinstance(added, dict)
    entries = {name: value for name, value in {**PARTICULARS, **added}.items() if value is not None}
    found: dict[str, Json] = {
        "format": FORMAT,
        "schedule": "iii",
        "issuer": "valmont",
        "number": number,
        "language": "fr",
        "edition": "mobile-1",
        "issued_at": "2026-03-14T14:05:00-04:00",
        "issued_by": {"device": "M-0417", "officer": "3127"},
        "particulars": entries,
        "signatures": [{"particular": "attestor_signature", "method": "pin", "proof": "b64:c2lnbmVk"}],
        **changes,
    }
    return {name: value for name, value in found.items() if value is not None}


def text_of(*statements: dict[str, Json]) -> bytes:
    """As a file: one, or one a line."""
    return "\n".join(json.dumps(its, ensure_ascii=False) for its in statements).encode()


def offer(
    *statements: dict[str, Json], key: str | None = None, by: str = "os:anne", issuer: str | None = None
) -> Offer:
    return Offer("tickets.json", text_of(*statements), len(statements) > 1, by, key, issuer)


@cache
def known_forms() -> KnownForms:
    return KnownForms({its.id: its for its in load_layouts()}, load_issuers(), load_catalogue(), load_fonts())


def electronic_flow(sides: tuple[PageBytes, ...]) -> SheetOutcome:
    return electronic_sheet(sides, known=known_forms(), requirements=load_requirements())


def registrar_of(keeping: Keeping) -> Registrar:
    parts = WorkerParts(keeping.objects, StoredPages(), electronic_flow)
    return Registrar(keeping, InProcess(lambda: parts), known_forms)


class EitherPages:
    """Fills `PageSource`: files of text of tests, and electronic statements."""

    def pages(self, path: Path, *, name: str) -> Iterator[PageBytes | PageProblem]:
        if is_registered_name(name):
            return StoredPages().pages(path, name=name)
        return LinePages().pages(path, name=name)


def either_flow(sides: tuple[PageBytes, ...]) -> SheetOutcome:
    return electronic_flow(sides) if sides[0].electronic is not None else review_flow(sides)


def either_runner(keeping: Keeping) -> InProcess:
    parts = WorkerParts(keeping.objects, EitherPages(), either_flow)
    return InProcess(lambda: parts)
