"""Images by IIIF: how long a tile, a thumbnail and a whole page take, one person alone and fifty at once.

`python -m benchmarks.iiif` takes in the samples and asks `constat serve` over HTTP. Cold is the first that is asked of
an image, warm the first time of this part of an image that is in memory, again what was given before.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from benchmarks.progress import tell
from benchmarks.review_site import SAMPLES, Site, keeping_at, running_site
from benchmarks.scoring import Spread
from benchmarks.tables import table
from pipeline.custody import PageRow
from pipeline.screens.derivatives import REGISTERED

AIMS_MS: Final[Mapping[str, float]] = {"tile": 50.0, "thumbnail": 100.0, "page": 400.0}
_VIEW: Final = (("tile", 14), ("thumbnail", 5), ("page", 1))
"""Of twenty requests, as viewers ask: a list of small pictures, one of them opened, moved about, the whole once."""
Waits: TypeAlias = dict[tuple[str, str], list[float]]
"""Milliseconds by what was asked for and how."""


@dataclass
class Client:
    """Somebody's viewer: one connection, one session or key.

    Attributes:
        root: below which images are asked for.
        pause_s: before each request that is measured: a key may be used so often only.
    """

    line: http.client.HTTPConnection
    headers: Mapping[str, str]
    root: str = "/iiif/3"
    pause_s: float = 0.0

    def get(self, path: str) -> bytes:
        self.line.request("GET", path, headers=self.headers)
        answer = self.line.getresponse()
        data = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status}")
        return data

    def wait_ms(self, path: str) -> float:
        time.sleep(self.pause_s)
        begun = time.perf_counter()
        self.get(path)
        return 1000.0 * (time.perf_counter() - begun)


def client_at(site: Site) -> Client:
    where = urlsplit(site.address)
    assert where.hostname is not None
    headers = {"Cookie": f"constat_session={site.chief.token}"}
    return Client(http.client.HTTPConnection(where.hostname, where.port, timeout=60), headers)


def images_of(site: Site) -> list[str]:
    """Scans of forms, in a mixed order that is the same each time."""
    records = keeping_at(site).records
    rows = [row for batch in records.batches() for row in records.pages(batch.id)]
    forms = [row for row in rows if _is_form(row, site)]
    found = [f"{row.id}~scan" for row in forms]
    random.Random(1).shuffle(found)
    return found


def _is_form(row: PageRow, site: Site) -> bool:
    return any(ref.name == REGISTERED for ref in keeping_at(site).records.derivatives_of(row.id))


def path_of(image: str, kind: str, root: str) -> str:
    """Of a thumbnail, a page, or the first tile of one."""
    region, size = {"thumbnail": ("full", ",200"), "page": ("full", "max")}.get(kind, ("0,0,512,512", "max"))
    return f"{root}/{image}/{region}/{size}/0/default.jpg"


def tiles_of(image: str, client: Client) -> list[str]:
    """As a viewer works them out from the image's description."""
    info = json.loads(client.get(f"{client.root}/{image}/info.json"))
    width, height, found = info["width"], info["height"], []
    for scale in info["tiles"][0]["scaleFactors"]:
        step = scale * info["tiles"][0]["width"]
        for x, y in product(range(0, width, step), range(0, height, step)):
            w, h = min(step, width - x), min(step, height - y)
            found.append(f"{client.root}/{image}/{x},{y},{w},{h}/{-(-w // scale)},{-(-h // scale)}/0/default.jpg")
    return found


def alone(images: Sequence[str], client: Client) -> Waits:
    """Each kind of request three ways; every image is asked for cold once, for a kind in turn."""
    waits: Waits = {}
    for index, image in enumerate(images):
        kind = list(AIMS_MS)[index % len(AIMS_MS)]
        first = path_of(image, kind, client.root)
        waits.setdefault((kind, "cold"), []).append(client.wait_ms(first))
        others = [first.replace("/max/0/", "/max/180/")]
        if kind == "thumbnail":
            others = [first.replace(",200", ",240"), first.replace(",200", ",160")]
        elif kind == "tile":
            others = [path for path in tiles_of(image, client) if path != first]
        waits.setdefault((kind, "warm"), []).extend(client.wait_ms(path) for path in others)
        waits.setdefault((kind, "again"), []).append(client.wait_ms(first))
    return waits


def together(images: Sequence[str], clients: Sequence[Client], *, seconds: float, per_second: float) -> Waits:
    """All of them at work, so many requests a second in all; none waits for another's answer."""
    waits: Waits = {}
    turn = threading.Lock()
    tiles = {image: tiles_of(image, clients[0]) for image in images}
    kinds = [kind for kind, count in _VIEW for _ in range(count)]
    pause_s = len(clients) / per_second
    end = time.perf_counter() + seconds

    def work(client: Client, seed: int) -> None:
        chance = random.Random(seed)
        at = time.perf_counter() + chance.uniform(0.0, pause_s)
        while at < end:
            time.sleep(max(0.0, at - time.perf_counter()))
            kind, image = chance.choice(kinds), chance.choice(images)
            wait = client.wait_ms(chance.choice(tiles[image]) if kind == "tile" else path_of(image, kind, client.root))
            with turn:
                waits.setdefault((kind, f"{len(clients)} people"), []).append(wait)
            at += chance.uniform(0.5, 1.5) * pause_s

    threads = [threading.Thread(target=work, args=(client, seed)) for seed, client in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return waits


def times_table(waits: Mapping[tuple[str, str], Sequence[float]]) -> str:
    rows = []
    for (kind, how), values in sorted(waits.items(), key=lambda its: (list(AIMS_MS).index(its[0][0]), its[0][1])):
        spread = Spread.of(values)
        if spread is not None:
            shown = (f"{its:.0f}" for its in (spread.median, spread.p95, spread.p99, spread.largest, AIMS_MS[kind]))
            rows.append((f"{kind}, {how}", str(spread.count), *shown))
    return table("Milliseconds", ("", "count", "median", "p95", "p99", "most", "aim for p95"), rows)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.iiif", description="Images by IIIF.")
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--rate", type=float, default=10.0, metavar="N", help="requests a second in all")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--images", type=int, default=12, help="that the people look at")
    parser.add_argument("--archive", type=Path, help="a data folder into which the samples were taken before")
    chosen = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory() as name,
        running_site(Path(name), SAMPLES / "batches", people=0, archive=chosen.archive) as site,
    ):
        images = images_of(site)
        tell(f"{len(images)} images, one person")
        waits = alone(images, client_at(site))
        looked_at = images[-chosen.images :]
        for image in looked_at:
            client_at(site).wait_ms(path_of(image, "thumbnail", "/iiif/3"))
        tell(f"{chosen.people} people")
        clients = [client_at(site) for _ in range(chosen.people)]
        waits |= together(looked_at, clients, seconds=chosen.seconds, per_second=chosen.rate)
    print(times_table(waits))
    load = ", ".join(f"{its:.1f}" for its in os.getloadavg())
    print(f"{len(images)} images of the samples; {chosen.rate:.0f} requests a second; load of the machine {load}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
