"""The community's validator of the IIIF Image API against `constat serve`, over its own picture taken in as mail."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import numpy as np
import pytest
from iiif_validator.validator import ValidationInfo
from PIL import Image

from pipeline.custody.people import Role
from pipeline.model import Language
from pipeline.usecases.account_entries import put_account
from pipeline.usecases.accounts import NewAccount, add_account
from pipeline.usecases.gate import Gate
from pipeline.usecases.sessions import begun
from tests.e2e.command import ROOT, constat, document, environment
from tests.e2e.light_intake import keeping_of
from tests.fake_people import CheapPasswords, CountedChance
from tests.servers.pages import serving
from tests.unit.browsing import OWN

pytestmark = pytest.mark.servers
SQUARE_PX = 100


@dataclass(frozen=True)
class Server:
    address: str
    cookie: str
    page: str
    original: bytes
    objects: Path

    def get(self, path: str) -> httpx2.Response:
        return httpx2.get(self.address + path, headers={"cookie": self.cookie}, timeout=60.0)


def squares() -> Image.Image:
    """The validator's test picture, of the colours that it looks for: 10 x 10 squares of 100 pixels."""
    colors = np.array(ValidationInfo().colorInfo, np.uint8).transpose(1, 0, 2)
    return Image.fromarray(colors.repeat(SQUARE_PX, axis=0).repeat(SQUARE_PX, axis=1))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("iiif")
    data, mail = folder / "data", folder / "mail"
    mail.mkdir()
    out = io.BytesIO()
    squares().save(out, "PNG", dpi=(300, 300))
    (mail / "squares.png").write_bytes(out.getvalue())
    taken = document(constat("intake", mail, "--workers", "1", "--json", data_dir=data))
    cookie = f"constat_session={_session(data)}"
    with serving(data, folder / "server.log") as address:
        yield Server(address, cookie, taken["pages"][0]["id"], out.getvalue(), data / "objects")


def _session(data: Path) -> str:
    """Of a supervisor who has changed the first password."""
    keeping = keeping_of(data)
    gate = Gate(keeping.records, keeping.clock, CheapPasswords(), CountedChance())
    add_account(NewAccount("chief", frozenset({Role.SUPERVISOR}), Language.FR), OWN, by="test", gate=gate)
    with keeping.records.transaction() as change:
        account = change.people.named("chief")
        assert account is not None
        usable = replace(account, must_change_password=False)
        put_account(usable, "password", by="test", change=change)
        return begun(usable, address="127.0.0.1", gate=gate, change=change).token


@pytest.mark.parametrize(
    ("version", "number", "checks"), [("3.0", 3, 33), ("2.0", 2, 30)], ids=["3.0 level 2", "2.0 level 2"]
)
def test_the_validator_finds_nothing_at_level_2(version: str, number: int, checks: int, server: Server) -> None:
    said = _validated(server, f"--version={version}", "--level=2", prefix=f"iiif/{number}")

    assert f"Done ({checks} tests, 0 failures)" in said


@pytest.mark.parametrize("number", [3, 2])
def test_what_is_offered_beyond_level_2_passes_too(number: int, server: Server) -> None:
    names = ("rot_mirror", "rot_mirror_180", "linkheader_canonical", "linkheader_profile")
    options = [f"--test={name}" for name in names]

    said = _validated(server, f"--version={number}.0", *options, prefix=f"iiif/{number}")

    assert "Done (4 tests, 0 failures)" in said


def _validated(server: Server, *options: str, prefix: str) -> str:
    where = urlsplit(server.address).netloc
    run = subprocess.run(
        [
            *(sys.executable, "-m", "tests.servers.iiif_validate", server.cookie, "--verbose"),
            *("--server", where, "--prefix", prefix, "--identifier", f"{server.page}~received", *options),
        ],
        cwd=ROOT,
        env=environment(server.objects),
        capture_output=True,
        text=True,
        timeout=300.0,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout + run.stderr


def test_the_original_comes_back_to_the_pixel_and_is_kept_as_it_came(server: Server) -> None:
    before = {path: path.read_bytes() for path in server.objects.rglob("*") if path.is_file()}

    answer = server.get(f"/iiif/3/{server.page}~received/full/max/0/default.png")

    assert np.array_equal(np.asarray(Image.open(io.BytesIO(answer.content))), np.asarray(squares()))
    assert server.original in before.values()
    assert {path: path.read_bytes() for path in server.objects.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("{image}/full/^100000,100000/0/default.png", 400),
        ("{image}/full/^pct:999999999/0/default.jpg", 400),
        ("{image}/pct:0,0,1e308,1e308/max/0/default.jpg", 400),
        ("{image}/0,0,9999999999999999999999,1/max/0/default.jpg", 400),
        ("{image}/full/%5e100000,100000/0/default.jpg", 400),
        ("{image}/full/max/0/default.jpg%00", 400),
        ("..%2f..%2f..%2fetc%2fpasswd/full/max/0/default.jpg", 404),
        ("%2e%2e/full/max/0/default.jpg", 404),
        ("{image}%00/info.json", 404),
    ],
)
def test_tricks_are_refused_at_once_and_the_server_goes_on(path: str, status: int, server: Server) -> None:
    """As it stands on the wire: a client that tidies addresses would hide some."""
    where = urlsplit(server.address)
    line = HTTPConnection(where.netloc, timeout=30.0)

    line.request("GET", f"/iiif/3/{path.format(image=f'{server.page}~received')}", headers={"Cookie": server.cookie})
    answer = line.getresponse()
    said = answer.read().decode()
    line.close()

    assert answer.status == status, said
    assert "Traceback" not in said
    assert server.get(f"/iiif/3/{server.page}~received/full/,100/0/default.jpg").status_code == 200
