"""`python -m benchmarks.court_http`: what a court's machine waits for by the API, one alone and fifty at once.

Images as in `benchmarks.iiif`, with its aims; then statements, manifests, proofs and hard copies: first, and again.
"""

from __future__ import annotations

import argparse
import http.client
import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from benchmarks.iiif import AIMS_MS, Client, Waits, alone, images_of, path_of, times_table, together
from benchmarks.progress import tell
from benchmarks.review_site import SAMPLES, Site, keeping_at, running_site
from benchmarks.scoring import Spread
from benchmarks.tables import table
from pipeline.config import load_settings
from pipeline.custody.court import Scope
from pipeline.custody.people import Role
from pipeline.usecases.clients import NewClient, add_client
from pipeline.wiring import gate, serving

V1: Final = "/api/v1"
PAUSE_S: Final = 0.06
"""A key may ask twenty times a second."""
PARTS: Final = ("", "/manifest", "/proof", "/hard-copy?audience=court", "/hard-copy?audience=defendant")
MOST_STATEMENTS: Final = 20


def court_client(site: Site, name: str) -> Client:
    """A machine with a key of its own."""
    where = urlsplit(site.address)
    assert where.hostname is not None
    wish = NewClient(name, Role.COURT, frozenset({Scope.READ, Scope.EXPORT}))
    app = serving(load_settings({"CONSTAT_DATA_DIR": str(site.data)}))
    key = add_client(wish, by="os:bench", gate=gate(app)).key
    line = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
    return Client(line, {"Authorization": f"Bearer {key}"}, f"{V1}/iiif/3", PAUSE_S)


def statements_of(site: Site) -> list[str]:
    """Addresses of statements that one number names."""
    records = keeping_at(site).records
    rows = [row for batch in records.batches() for row in records.statements(batch.id) if row.number and row.pages]
    return [f"{V1}/statements/{quote(str(row.number))}?issuer={quote(row.issuer)}" for row in rows[:MOST_STATEMENTS]]


def documents(statements: Sequence[str], client: Client) -> Waits:
    """Each part of each statement twice."""
    waits: Waits = {}
    for part in PARTS:
        for statement in statements:
            path, _, issuer = statement.partition("?")
            asked = f"{path}{part}{'&' if '?' in part else '?'}{issuer}"
            for how in ("first", "again"):
                waits.setdefault((part.partition("?")[0].strip("/") or "statement", how), []).append(
                    client.wait_ms(asked)
                )
    return waits


def documents_table(waits: Waits) -> str:
    rows = []
    for (kind, how), values in sorted(waits.items()):
        spread = Spread.of(values)
        if spread is not None:
            shown = (f"{its:.0f}" for its in (spread.median, spread.p95, spread.p99, spread.largest))
            rows.append((f"{kind}, {how}", str(spread.count), *shown))
    return table("Milliseconds", ("", "count", "median", "p95", "p99", "most"), rows)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.court_http", description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--rate", type=float, default=10.0, metavar="N", help="requests a second in all")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--images", type=int, default=12, help="that the clients look at")
    parser.add_argument("--archive", type=Path, help="a data folder into which the samples were taken before")
    chosen = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory() as name,
        running_site(Path(name), SAMPLES / "batches", people=0, archive=chosen.archive) as site,
    ):
        one = court_client(site, "court-0")
        images = images_of(site)
        tell(f"{len(images)} images, one client")
        waits = alone(images, one)
        looked_at = images[-chosen.images :]
        for image in looked_at:
            one.wait_ms(path_of(image, "thumbnail", one.root))
        tell(f"{chosen.clients} clients")
        clients = [replace(court_client(site, f"court-{its + 1}"), pause_s=0.0) for its in range(chosen.clients)]
        waits |= together(looked_at, clients, seconds=chosen.seconds, per_second=chosen.rate)
        tell("documents")
        parts = documents(statements_of(site), one)
    print(times_table(waits))
    print(documents_table(parts))
    load = ", ".join(f"{its:.1f}" for its in os.getloadavg())
    aims = ", ".join(f"{kind} {aim:.0f} ms" for kind, aim in AIMS_MS.items())
    print(f"{len(images)} images of the samples; {chosen.rate:.0f} requests a second; aims {aims}; load {load}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
