"""Reads the feed, fetches what events tell of, gives court record numbers. May be ended anywhere and begun anew."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote, urlencode

from samples.court_client.api import Answer, CourtApi, NotNowError
from samples.court_client.books import GONE, Books, Event, Statement, event_from, parsed

_LEAF = 500
_VERIFIER = Path(__file__).resolve().parents[2] / "docs" / "verify_proof.py"
_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


class StoppedError(Exception):
    """Somebody has to look: the key is refused, or the archive is another one than before."""


@dataclass(frozen=True, slots=True)
class Court:
    """What the work is done with; files go below `folder`."""

    api: CourtApi
    books: Books
    folder: Path


def read_feed(court: Court) -> int:
    """Note all events that the feed has; how many came. Raises NotNowError, StoppedError."""
    count = 0
    while True:
        upto = court.books.upto()
        answer = court.api.get(f"/api/v1/events?{urlencode({'after': upto, 'limit': _LEAF})}")
        _require(answer, HTTPStatus.OK)
        leaf = parsed(answer.body)
        found, behind = leaf.get("events"), leaf.get("next")
        if not isinstance(found, list) or not isinstance(behind, int):
            raise NotNowError("no leaf of the feed")
        court.books.note_leaf([event_from(each) for each in found], behind)
        count += len(found)
        if not leaf.get("more"):
            return count


def handle_events(court: Court) -> int:
    """Fetch what the events not handled yet tell of; how many were handled. Raises NotNowError, StoppedError."""
    count = 0
    while events := court.books.open_events():
        by_statement: dict[tuple[str, str] | None, list[Event]] = {}
        for event in events:
            key = None if event.number is None else (event.issuer, event.number)
            by_statement.setdefault(key, []).append(event)
        for key, told in by_statement.items():
            # An event only says that something happened; how things stand is asked for, so that no order is needed.
            keys = {key} if key else set()
            keys |= {before for event in told if (before := court.books.number_of(event.row))}
            court.books.settle([_fetched(each, court) for each in sorted(keys)], told)
            count += len(told)
    return count


def fetch_proofs(court: Court) -> None:
    """Try again to have the proofs that were not sealed yet. Raises NotNowError, StoppedError."""
    for issuer, number in court.books.unproved():
        known = court.books.statement(issuer, number)
        proof = _proof(issuer, number, court)
        if known is not None and proof != known.proof:
            court.books.settle(
                [Statement(issuer, number, known.state, known.court_record_number, known.tag, proof)], ()
            )


def _fetched(key: tuple[str, str], court: Court) -> Statement:
    issuer, number = key
    known = court.books.statement(issuer, number)
    tag = known.tag if known and known.state != GONE else ""
    answer = court.api.get(_address(issuer, number), **({"If-None-Match": tag} if tag else {}))
    if answer.status == HTTPStatus.NOT_MODIFIED and known is not None:
        return known
    if answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN):
        return Statement(issuer, number, GONE, None, "", "none")
    _require(answer, HTTPStatus.OK)
    told = parsed(answer.body)
    folder = court.folder / quote(issuer, safe="") / quote(number, safe="")
    _fetch_files(told, folder, court)
    _write(folder / "statement.json", answer.body)
    return Statement(
        issuer,
        number,
        str(told.get("state")),
        _numbered(told, issuer, number, court),
        answer.headers.get("etag", ""),
        _proof(issuer, number, court),
    )


def _fetch_files(told: Mapping[str, object], folder: Path, court: Court) -> None:
    """Page screens, the manifest and the hard copy; what the archive cannot give is left out."""
    pages = told.get("pages")
    for page in pages if isinstance(pages, list) else ():
        if isinstance(page, dict) and page.get("page_screen"):
            answer = court.api.get(str(page["page_screen"]))
            if answer.status == HTTPStatus.OK:
                ending = _EXTENSIONS.get(answer.headers.get("content-type", ""), "bin")
                _write(folder / f"{page['document']}-{page['side']}-{page['position']}.{ending}", answer.body)
    links = told.get("links")
    for name, file in (("manifest", "manifest.json"), ("hard_copy", "hard-copy.pdf")):
        address = links.get(name) if isinstance(links, dict) else None
        found = court.api.get(str(address)) if address else None
        if found is not None and found.status == HTTPStatus.OK:
            _write(folder / file, found.body)


def _numbered(told: Mapping[str, object], issuer: str, number: str, court: Court) -> str | None:
    """The court record number in force, after one was given where there was none."""
    assigned = told.get("court_record_number")
    if isinstance(assigned, str):
        return assigned
    wanted = court.books.record_number(issuer, number)
    answer = court.api.put(
        _address(issuer, number, "/court-record-number"),
        {"court_record_number": wanted},
        Idempotency_Key=f"court-{wanted}",
    )
    if answer.code == "court_number_assigned":
        answer = court.api.get(_address(issuer, number, "/court-record-number"))
    if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise StoppedError(f"HTTP {answer.status} {answer.code}")
    standing = parsed(answer.body).get("court_record_number") if answer.status == HTTPStatus.OK else None
    return standing if isinstance(standing, str) else None


def _proof(issuer: str, number: str, court: Court) -> str:
    answer = court.api.get(_address(issuer, number, "/proof"))
    if answer.status != HTTPStatus.OK:
        return "not_sealed_yet" if answer.code == "not_sealed_yet" else "none"
    path = court.folder / quote(issuer, safe="") / quote(number, safe="") / "proof.json"
    _write(path, answer.body)
    # Another program than the one that made it.
    done = subprocess.run([sys.executable, str(_VERIFIER), str(path)], capture_output=True, check=False, timeout=120)
    return "good" if done.returncode == 0 else "bad"


def _address(issuer: str, number: str, part: str = "") -> str:
    return f"/api/v1/statements/{quote(number, safe='')}{part}?{urlencode({'issuer': issuer})}"


def _require(answer: Answer, wanted: HTTPStatus) -> None:
    if answer.status != wanted:
        raise StoppedError(f"HTTP {answer.status} {answer.code}".strip())


def _write(path: Path, data: bytes) -> None:
    """All of it or nothing, whenever this is ended."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("wb") as target:
        target.write(data)
        target.flush()
        os.fsync(target.fileno())
    beside.replace(path)
