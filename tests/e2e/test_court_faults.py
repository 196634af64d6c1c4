"""A court's server asked for nonsense, flooded, kept waiting, or without what it stands on: told, and in bounds."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

import httpx2
import pytest

from pipeline.ports import ObjectStore
from pipeline.web.connections import MOST_HEAD_S
from tests.e2e.command import constat
from tests.servers.buckets import address_of, client_of, new_bucket, s3_store
from tests.servers.pages import serving, take_in_lines
from tests.servers.seaweed import ACCESS_KEY, SECRET_KEY, Seaweed

NUMBER = "812345"
V1 = "/api/v1"
MOST_GROWTH_BYTES: Final = 250 * 1024 * 1024
INJECTED: Final = (
    "' OR '1'='1",
    "1; DROP TABLE statements;--",
    '" UNION SELECT * FROM accounts --',
    "../../../../etc/passwd",
    "..%2f..%2fconstat.sqlite",
    "%00",
    "\x00abc",
    "%ff%fe",
    "\r\nset-cookie: a=b",
    "{{7*7}}${7*7}",
    "<script>alert(1)</script>",
    "‮812345",
    "８１２３４５",
    "9" * 3000,
    "-1",
    "1e309",
    "NaN",
    "null",
    "~",
    "%",
    "\ud83d".encode("utf-8", "surrogatepass").decode("latin-1"),
)
PATHS: Final = (
    "/statements/{}",
    "/statements/{}/proof",
    "/statements/{}/hard-copy",
    "/statements/{}/manifest",
    "/statements/{}/court-record-number",
    "/statements/812345/page-screens/{}/front",
    "/statements/812345/page-screens/statement/{}",
    "/records/{}",
    "/iiif/3/{}/info.json",
    "/iiif/{}/x/info.json",
)
QUERIES: Final = (
    "/statements?plate={}",
    "/statements?offence_from={}",
    "/statements?state={}",
    "/statements?cursor={}",
    "/statements/812345?issuer={}",
    "/statements/812345/hard-copy?audience={}",
    "/statements/812345/page-screens/statement/front?position={}",
    "/statements/812345/page-screens/statement/front?view={}",
    "/events?after={}",
)


@dataclass(frozen=True)
class Court:
    """A running server, a client's key, and where it keeps what."""

    address: str
    data: Path
    log: Path
    key: str
    page: str

    def client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.address, headers={"authorization": f"Bearer {self.key}"}, timeout=300.0)

    def get(self, path: str) -> httpx2.Response:
        """Asked again where the client has asked too much."""
        with self.client() as client:
            while True:
                answer = client.get(path)
                if answer.status_code != 429:
                    return answer
                time.sleep(float(answer.headers.get("retry-after", "1")))

    def part(self, asked: str) -> httpx2.Response:
        return self.get(f"{V1}/iiif/3/{self.page}~scan/{asked}")

    @property
    def where(self) -> tuple[str, int]:
        parts = urlsplit(self.address)
        return str(parts.hostname), int(parts.port or 0)


def filled(folder: Path, objects: ObjectStore | None = None, **settings: str) -> tuple[Path, str, str]:
    """An archive with a statement, its page, and the key of a client."""
    data, mail = folder / "data", {"mail.pdf": f"form number={NUMBER}! fine=162.00\nletter"}
    batch = take_in_lines(data, folder / "mail", mail, objects=objects)
    made = constat("client", "add", "court", "--role", "court", data_dir=data, before=(), in_child=None, **settings)
    assert made.returncode == 0, made.stderr
    key = next(word for word in (made.stdout + made.stderr).split() if word.startswith("constat_"))
    return data, f"{batch}.0001.0001", key


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    folder = tmp_path_factory.mktemp("court")
    data, page, key = filled(folder)
    with serving(data, folder / "server.log") as address:
        yield Court(address, data, folder / "server.log", key, page)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Court]:
    """A court of its own, for what breaks it."""
    data, page, key = filled(tmp_path)
    with serving(data, tmp_path / "server.log") as address:
        yield Court(address, data, tmp_path / "server.log", key, page)


def leaks(answer: httpx2.Response, court: Court) -> list[str]:
    """What of the inside stands in an answer."""
    told = answer.text + str(dict(answer.headers))
    inside = ("Traceback", "sqlite", "sqlalchemy", "site-packages", ".py", "SELECT", str(court.data))
    return [word for word in inside if word in told]


@pytest.mark.parametrize("where", [*PATHS, *QUERIES])
def test_nothing_that_is_injected_is_more_than_unknown_or_malformed(court: Court, where: str) -> None:
    for text in INJECTED:
        answer = court.get(V1 + where.format(quote(text, safe="%") if "%" in text else quote(text, safe="")))

        assert answer.status_code in {200, 304, 400, 403, 404, 405, 409, 414, 422}, (text, answer.status_code)
        # A filter may find nothing; a name in the way there is never found.
        assert answer.status_code != 200 or "?" in where, (text, answer.text)
        assert "set-cookie" not in answer.headers
        assert not [word for word in leaks(answer, court) if word not in text], (text, answer.text)
        if answer.status_code != 200:
            assert json.loads(answer.text)["status"] == answer.status_code


@pytest.mark.parametrize(
    "asked",
    [
        "full/^1000000000,/0/default.jpg",
        "full/^31622,31622/0/default.png",
        "full/^pct:100000/0/default.jpg",
        "full/1000000000,1000000000/0/default.jpg",
        "0,0,1000000000,1000000000/^max/0/default.jpg",
        "0,0,1,1/^40000,40000/0/default.png",
        "pct:0,0,1e9,1e9/max/0/default.jpg",
        "pct:0,0,0.0000001,0.0000001/^max/0/default.jpg",
        "-1,-1,-5,-5/max/0/default.jpg",
        "99999999999999999999,0,1,1/max/0/default.jpg",
        "full/max/1e400/default.jpg",
        "full/max/45/default.jpg",
        "full/max/0/default.exe",
        "full/max/0/../../../../etc/passwd",
    ],
)
def test_parts_that_no_image_has_and_sizes_beyond_all_are_refused(court: Court, asked: str) -> None:
    answer = court.part(asked)

    # What is asked for beyond the image is given as large as the image allows.
    assert answer.status_code in {200, 400, 404, 422, 501}, answer.text
    assert len(answer.content) < 20_000_000
    assert leaks(answer, court) == []


def test_memory_stays_in_bounds_whatever_is_asked_for_at_once(court: Court) -> None:
    for warm in ("full/max/0/default.jpg", "full/max/90/default.png"):
        court.part(warm)
    before = resident_bytes(court)
    abusive = ["full/^max/0/default.png", "full/^1000000000,/0/default.jpg", "0,0,1,1/^40000,40000/0/default.png"]
    abusive += [f"{x},0,60,60/^max/{turn}/gray.jpg" for x in range(0, 40, 4) for turn in (0, 90, 180, 270)]

    with ThreadPoolExecutor(16) as several:
        statuses = set(several.map(lambda asked: court.part(asked).status_code, abusive * 2))

    assert statuses <= {200, 400, 404, 501, 503}, statuses
    assert resident_bytes(court) - before < MOST_GROWTH_BYTES


_LISTENS = "0A"
"""The state of such a socket in the system's table."""


def resident_bytes(court: Court) -> int:
    """Of the server: the process that has the socket which listens where the court is asked."""
    here = f"0100007F:{court.where[1]:04X}"
    table = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    (socket_file,) = [f"socket:[{its[9]}]" for its in table if its[1] == here and its[3] == _LISTENS]
    servers = {int(file.parts[2]) for file in Path("/proc").glob("[0-9]*/fd/*") if _leads_to(file, socket_file)}
    (server,) = servers
    return int(Path(f"/proc/{server}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _leads_to(file: Path, target: str) -> bool:
    try:
        return str(file.readlink()) == target
    except OSError:
        # Processes and their files come and go.
        return False


@pytest.mark.parametrize(
    "head",
    [
        b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
        b"GET /health HTTP/1.1\r\n" + b"".join(b"X-%d: a\r\n" % each for each in range(5000)) + b"\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"POST /api/v1/statements HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20 + b"\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: elsewhere\r\n\r\n",
    ],
)
def test_floods_of_headers_and_what_is_no_http_are_refused_at_once(court: Court, head: bytes) -> None:
    with socket.create_connection(court.where, timeout=30.0) as line:
        told = b""
        try:
            line.sendall(head)
            told = line.recv(4096)
        except (ConnectionResetError, BrokenPipeError):
            pass

    assert not told or told.split(b" ")[1] in (b"400", b"413", b"431"), told
    assert b"Traceback" not in told
    assert httpx2.get(f"{court.address}/health").status_code == 200


def test_who_trickles_a_head_is_cut_off_and_others_are_answered_meanwhile(court: Court) -> None:
    lines = [socket.create_connection(court.where, timeout=0.5) for _ in range(20)]
    begun = time.monotonic()
    for line in lines:
        line.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n")
    assert httpx2.get(f"{court.address}/health", timeout=10.0).status_code == 200

    waiting = list(lines)
    while waiting and time.monotonic() - begun < MOST_HEAD_S + 40.0:
        waiting = [line for line in waiting if not _cut_off(line)]

    assert waiting == []
    assert time.monotonic() - begun > MOST_HEAD_S - 5.0
    assert httpx2.get(f"{court.address}/health", timeout=10.0).status_code == 200


def _cut_off(line: socket.socket) -> bool:
    """One more byte sent; whether the server has closed."""
    try:
        line.sendall(b"X")
        return line.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_pages_of_a_search_are_small_and_a_cursor_of_ones_own_making_is_refused(court: Court) -> None:
    for limit in ("0", "-1", "1000000000"):
        assert court.get(f"{V1}/statements?limit={limit}").status_code in {200, 422}
    assert court.get(f"{V1}/statements?cursor={'A' * 500}").status_code in {400, 422}


def test_keys_that_open_nothing_open_nothing(court: Court) -> None:
    for said in ("", "Bearer", "Bearer x", "Bearer " + "a" * 5000, "Basic YTpi", f"bearer {court.key}x"):
        answer = httpx2.get(f"{court.address}{V1}/statements/{NUMBER}", headers={"authorization": said} if said else {})
        assert answer.status_code in {401, 429}, (said, answer.text)
        assert leaks(answer, court) == []


def test_an_object_that_is_gone_from_the_disk_is_told_without_its_path(own: Court) -> None:
    # Nothing was asked for before: what is in memory is shown still.
    for path in (own.data / "objects").rglob("*"):
        if path.is_file():
            path.unlink()

    part = own.part("full/50,/90/default.jpg")
    screen = own.get(f"{V1}/statements/{NUMBER}/page-screens/statement/front")
    copy = own.get(f"{V1}/statements/{NUMBER}/hard-copy")

    for answer in (part, screen, copy):
        assert answer.status_code in {404, 500, 503}, answer.text
        assert json.loads(answer.text)["code"]
        assert leaks(answer, own) == []
    assert own.get(f"{V1}/statements/{NUMBER}").status_code == 200


@pytest.mark.servers
def test_versions_that_are_gone_from_object_storage_are_told_without_naming_the_bucket(
    seaweed: Seaweed, tmp_path: Path
) -> None:
    bucket = new_bucket(seaweed, locked=True)
    settings = {
        "CONSTAT_OBJECTS_URL": f"s3://{seaweed.host}/{bucket}?secure=false",
        "CONSTAT_S3_ACCESS_KEY": ACCESS_KEY,
        "CONSTAT_S3_SECRET_KEY": SECRET_KEY,
    }
    data, page, key = filled(tmp_path, s3_store(address_of(seaweed, bucket), tmp_path / "spool"), **settings)
    with serving(data, tmp_path / "server.log", tls=None, **settings) as address:
        own = Court(address, data, tmp_path / "server.log", key, page)
        thief = client_of(seaweed)
        for each in thief.list_objects(bucket, recursive=True, include_version=True):
            thief.remove_object(bucket, str(each.object_name), version_id=each.version_id)

        screen = own.get(f"{V1}/statements/{NUMBER}/page-screens/statement/front")
        copy = own.get(f"{V1}/statements/{NUMBER}/hard-copy")

        for answer in (screen, copy):
            assert answer.status_code in {404, 500, 503}, answer.text
            assert json.loads(answer.text)["code"]
            assert bucket not in answer.text
            assert leaks(answer, own) == []
        assert own.get(f"{V1}/statements/{NUMBER}").status_code == 200


def test_a_database_that_is_written_by_another_is_read_and_one_that_is_locked_is_waited_for(own: Court) -> None:
    with closing(sqlite3.connect(own.data / "constat.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with own.client() as client, ThreadPoolExecutor(1) as beside:
            # Each look is entered in the access log: it waits for whoever writes.
            waiting = beside.submit(client.get, f"{V1}/statements/{NUMBER}")
            with pytest.raises(TimeoutError):
                waiting.result(timeout=2.0)
            other.execute("ROLLBACK")
            answer = waiting.result(timeout=300.0)

    assert answer.status_code == 200


def test_a_database_that_was_moved_is_missed_and_read_again_once_it_is_back(own: Court) -> None:
    database, away = own.data / "constat.sqlite", own.data / "away.sqlite"
    assert own.get(f"{V1}/statements/{NUMBER}").status_code == 200
    database.rename(away)

    gone = own.get(f"{V1}/statements/{NUMBER}")

    assert (gone.status_code, leaks(gone, own)) == (503, [])
    assert not database.exists(), "no empty one in its place"
    away.rename(database)
    assert own.get(f"{V1}/statements/{NUMBER}").status_code == 200


def test_a_database_put_back_from_a_copy_is_read_from_then_on(own: Court, tmp_path: Path) -> None:
    database, copy = own.data / "constat.sqlite", tmp_path / "copy.sqlite"
    with closing(sqlite3.connect(database)) as before, closing(sqlite3.connect(copy)) as kept:
        before.backup(kept)
    with own.client() as client:
        put = client.put(
            f"{V1}/statements/{NUMBER}/court-record-number",
            json={"court_record_number": "500-61-000001"},
            headers={"idempotency-key": "k1"},
        )
    assert put.status_code == 200, put.text

    for beside in ("-wal", "-shm"):
        database.with_name(database.name + beside).unlink(missing_ok=True)
    shutil.copy(copy, database.with_name("new.sqlite"))
    database.with_name("new.sqlite").replace(database)

    its = own.get(f"{V1}/statements/{NUMBER}").json()
    assert its.get("court_record_number") is None
