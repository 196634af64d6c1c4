"""The court's system of the samples: what it takes for genuine, and what it does when it is ended anywhere."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipeline.custody.hooks import HookId
from pipeline.evidence.webhook import secret_of, signature_of
from samples.court_client.api import Answer, CourtApi, NotNowError
from samples.court_client.books import GONE, Books, event_from
from samples.court_client.receiver import Receiver
from samples.court_client.signatures import is_genuine
from samples.court_client.work import Court, StoppedError, handle_events, read_feed

OLD = secret_of(bytes(32), HookId("h0001"), "old")
NEW = secret_of(bytes(32), HookId("h0001"), "new")
EVENT = {"id": "b.s1-e0001", "sequence": 1, "kind": "readable", "issuer": "lac", "number": "7", "statement": "b.s1"}
BODY = json.dumps(EVENT).encode()


@pytest.mark.parametrize("age_s", [-299, 0, 299])
def test_what_constat_signs_is_genuine_for_five_minutes(age_s: int) -> None:
    stamp = 1_800_000_000
    signed = signature_of(NEW, "e1", stamp, BODY)

    assert is_genuine("e1", str(stamp), signed, BODY, secrets=[NEW], now_s=stamp + age_s)
    assert is_genuine("e1", str(stamp), f"v1,AAAA {signed}", BODY, secrets=[OLD, NEW], now_s=stamp + age_s)


@pytest.mark.parametrize(
    ("message", "stamp", "signatures", "body", "now_s"),
    [
        ("e1", "1800000000", "", BODY, 1_800_000_000),
        ("e1", "1800000000", "v1,AAAA", BODY, 1_800_000_000),
        ("e2", "1800000000", None, BODY, 1_800_000_000),
        ("e1", "1800000001", None, BODY, 1_800_000_000),
        ("e1", "1800000000", None, BODY + b" ", 1_800_000_000),
        ("e1", "1800000000", None, BODY, 1_800_000_301),
        ("e1", "1800000000", None, BODY, 1_799_999_699),
        ("e1", "", None, BODY, 1_800_000_000),
        ("e1", "-1", None, BODY, 0),
        ("e1", "١٨", None, BODY, 18),
        ("e1", "1800000000", "v1,é", BODY, 1_800_000_000),
    ],
)
def test_what_is_forged_altered_or_played_back_is_not(
    message: str, stamp: str, signatures: str | None, body: bytes, now_s: int
) -> None:
    signed = signature_of(NEW, "e1", 1_800_000_000, BODY)

    given = signed if signatures is None else signatures
    assert not is_genuine(message, stamp, given, body, secrets=[OLD, NEW], now_s=now_s)


@dataclass
class Listening:
    """A receiver, and who posts to it."""

    books: Books
    receiver: Receiver

    def post(self, body: bytes, *, message: str = "b.s1-e0001", secret: str = NEW, age_s: int = 0) -> int:
        stamp = int(time.time()) - age_s
        headers = {
            "webhook-id": message,
            "webhook-timestamp": str(stamp),
            "webhook-signature": signature_of(NEW if secret == NEW else OLD, message, stamp, body),
        }
        url = f"http://127.0.0.1:{self.receiver.server_port}/"
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Listening]:
    (tmp_path / "secret").write_text(f"{NEW}\n")
    books = Books(tmp_path / "court.sqlite")
    with Receiver(0, books, tmp_path / "secret", threading.Event()) as receiver:
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        yield Listening(books, receiver)
        receiver.shutdown()


def test_a_message_is_in_the_books_when_it_is_answered_and_once(listening: Listening) -> None:
    assert [listening.post(BODY), listening.post(BODY)] == [204, 204]

    assert [its.id for its in listening.books.open_events()] == ["b.s1-e0001"]


def test_what_is_not_constats_own_or_old_or_no_event_is_refused_and_not_in_the_books(listening: Listening) -> None:
    told = json.dumps({"kind": "test"}).encode()

    assert listening.post(BODY, secret=OLD) == 401
    assert listening.post(BODY, age_s=301) == 401
    assert listening.post(b"no JSON") == 400
    assert listening.post(b"[]") == 400
    assert listening.post(BODY, message="other") == 400
    assert listening.post(b'{"padding": "' + b"x" * 70_000 + b'"}') == 413
    assert listening.post(told, message="test-1") == 204
    assert listening.books.open_events() == ()


def test_a_second_secret_is_taken_without_a_restart(listening: Listening, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{NEW}\n{OLD}\n")

    assert listening.post(BODY, secret=OLD) == 204


class _KilledError(Exception):
    """Stands for `kill -9`."""


@dataclass
class Archive(CourtApi):
    """A court API in memory, with a limit of answers after which whoever asks is ended."""

    events: list[dict[str, object]] = field(default_factory=list)
    statements: dict[str, dict[str, object]] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    requests: dict[str, str] = field(default_factory=dict)
    answers: int = 10**9
    before: bool = False
    puts: int = 0

    def get(self, path: str, **headers: str) -> Answer:
        return self._counted(lambda: self._got(path, headers))

    def put(self, path: str, body: Mapping[str, str], **headers: str) -> Answer:
        return self._counted(lambda: self._put(path, body, headers["Idempotency_Key"]))

    def _counted(self, answer: Callable[[], Answer]) -> Answer:
        self.answers -= 1
        if self.answers < 0 and self.before:
            raise _KilledError
        found = answer()
        if self.answers < 0:
            raise _KilledError
        return found

    def _got(self, path: str, headers: dict[str, str]) -> Answer:
        address, _, query = path.partition("?")
        if address == "/api/v1/events":
            after = int(query.partition("after=")[2].partition("&")[0])
            found = [its for its in self.events if int(str(its["sequence"])) > after][:2]
            upto = found[-1]["sequence"] if found else after
            return _json({"events": found, "next": upto, "more": len(found) == 2})
        number, _, part = address.removeprefix("/api/v1/statements/").partition("/")
        if number not in self.statements:
            return Answer(404, {}, b'{"code": "unknown_statement"}')
        if part == "proof":
            return Answer(409, {}, b'{"code": "not_sealed_yet"}')
        if part == "page":
            return Answer(200, {"content-type": "image/png"}, b"png")
        told = {**self.statements[number], "court_record_number": self.numbers.get(number)}
        tag = f'"{hash(json.dumps(told))}"'
        if headers.get("If-None-Match") == tag:
            return Answer(304, {}, b"")
        return _json(told, tag)

    def _put(self, path: str, body: Mapping[str, str], key: str) -> Answer:
        number = path.removeprefix("/api/v1/statements/").partition("/")[0]
        wanted = body["court_record_number"]
        self.puts += 1
        if self.requests.setdefault(key, wanted) != wanted:
            return Answer(422, {}, b'{"code": "court_number_key_reused"}')
        if self.numbers.setdefault(number, wanted) != wanted:
            return Answer(409, {}, b'{"code": "court_number_assigned"}')
        if self.puts == 1:
            self.happens("number_assigned", number)
        return _json({"court_record_number": self.numbers[number]})

    def happens(self, kind: str, number: str | None, row: str = "b.s1") -> None:
        sequence = len(self.events) + 1
        told = {"id": f"{row}-e{sequence}", "sequence": sequence, "kind": kind, "issuer": "lac"}
        self.events.append({**told, "number": number, "statement": row})

    def has(self, number: str, state: str = "ready") -> None:
        page = f"/api/v1/statements/{number}/page"
        pages = [{"page_screen": page, "document": "statement", "side": "front", "position": 1}]
        self.statements[number] = {"state": state, "pages": pages, "links": {"manifest": page}}


def _json(told: object, tag: str = "") -> Answer:
    return Answer(200, {"etag": tag}, json.dumps(told).encode())


@contextmanager
def _court(folder: Path, archive: Archive) -> Iterator[Court]:
    folder.mkdir(exist_ok=True)
    yield Court(archive, Books(folder / "court.sqlite"), folder / "statements")


def _archive() -> Archive:
    archive = Archive()
    for number, row in (("7", "b.s1"), ("8", "b.s2")):
        archive.has(number)
        archive.happens("received", None, row)
        archive.happens("readable", number, row)
        archive.happens("reviewed", number, row)
    return archive


def _books(folder: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "court.sqlite")) as connection:
        return list(connection.execute(query))


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("at", range(22))
def test_ended_at_any_answer_it_goes_on_and_handles_each_event_once(at: int, before: bool, tmp_path: Path) -> None:
    archive = _archive()
    archive.answers, archive.before = at, before
    for limit in (at, at, 10**9):
        archive.answers = limit
        try:
            with _court(tmp_path, archive) as court:
                read_feed(court)
                handle_events(court)
                read_feed(court)
                handle_events(court)
        except _KilledError:
            continue

    assert {its[0] for its in _books(tmp_path, "SELECT handled FROM events")} == {1}
    assert len(_books(tmp_path, "SELECT id FROM events")) == len(archive.events)
    told = _books(tmp_path, "SELECT number, state, court_record_number FROM statements ORDER BY number")
    assert told == [(number, "ready", archive.numbers[number]) for number in ("7", "8")]
    assert len(set(archive.numbers.values())) == 2
    files = {its.name for its in (tmp_path / "statements" / "lac" / "7").iterdir()}
    assert files == {"statement.json", "statement-front-1.png", "manifest.json"}


def test_events_in_any_order_end_in_the_same_books(tmp_path: Path) -> None:
    """Messages overtake each other: what is fetched is how things stand."""
    archive = _archive()
    archive.happens("corrected", "9", "b.s1")
    del archive.statements["7"]
    archive.has("9")
    with _court(tmp_path, archive) as court:
        for told in reversed(archive.events):
            court.books.note_message(event_from(told))
            handle_events(court)
        read_feed(court)
        handle_events(court)

    told = dict(_books(tmp_path, "SELECT number, state FROM statements"))  # type: ignore[arg-type]  # two columns
    assert told == {"7": GONE, "8": "ready", "9": "ready"}
    assert {its[0] for its in _books(tmp_path, "SELECT handled FROM events")} == {1}


def test_a_number_that_somebody_else_gave_stands(tmp_path: Path) -> None:
    archive = _archive()
    archive.numbers["7"] = "500-61-999999"
    with _court(tmp_path, archive) as court:
        read_feed(court)
        handle_events(court)

    assert ("7", "500-61-999999") in _books(tmp_path, "SELECT number, court_record_number FROM statements")
    assert archive.puts == 1


def test_an_archive_that_was_put_back_stops_it_rather_than_have_it_miss_events(tmp_path: Path) -> None:
    class Other(Archive):
        def _got(self, path: str, headers: dict[str, str]) -> Answer:
            return Answer(409, {}, b'{"code": "events_not_reached"}')

    with _court(tmp_path, Other()) as court, pytest.raises(StoppedError, match="events_not_reached"):
        read_feed(court)


def test_nobody_there_is_for_later() -> None:
    with pytest.raises(NotNowError):
        CourtApi("http://127.0.0.1:1", "key").get("/api/v1/events")
