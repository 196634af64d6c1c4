"""What the records promise of passes and tokens, asked of the fake and of SQLite alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.custody.court import Client, ClientId, Scope
from pipeline.custody.passes import AccessToken, Pass, PassId, PassKind
from pipeline.custody.people import Role
from pipeline.ports import Records
from pipeline.storage.records.sql import open_records
from tests.databases import KINDS, url_of
from tests.fake_records import MemoryRecords
from tests.fakes import FakeClock, sha256

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HALF = timedelta(minutes=30)
VIEWER = Pass(
    PassId("v-1"), PassKind.VIEWER, sha256(b"v"), "valmont", "100", "client:court", NOON, NOON + HALF, front_first=True
)
LINK = Pass(
    PassId("l0001"),
    PassKind.LINK,
    sha256(b"l"),
    "valmont",
    "100",
    "os:root",
    NOON,
    NOON + timedelta(days=30),
    "asked at the counter",
    restricted=True,
)
TOKEN = AccessToken(sha256(b"t"), ClientId("c0001"), sha256(b"k"), frozenset({Scope.READ}), NOON, NOON + HALF)


@pytest.fixture(params=KINDS)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    if request.param == "memory":
        return MemoryRecords(FakeClock())
    return open_records(url_of(request.param, tmp_path), head_path=tmp_path / "head.json", clock=FakeClock())


def test_passes_come_back_by_their_digest_as_they_were_put(records: Records) -> None:
    with records.transaction() as change:
        change.passes.put(VIEWER)
        change.passes.put(LINK)
        assert change.passes.with_digest(VIEWER.digest) == VIEWER
    ended = replace(LINK, revoked_at=NOON + HALF, uses=3)
    with records.transaction() as change:
        change.passes.put(ended)

    assert records.passes.with_digest(VIEWER.digest) == VIEWER
    assert records.passes.with_digest(LINK.digest) == ended
    assert records.passes.with_digest(sha256(b"other")) is None


def test_links_are_found_by_statement_and_counted_from_one(records: Records) -> None:
    other = replace(LINK, id=PassId("l0002"), digest=sha256(b"o"), issuer="lac")
    with records.transaction() as change:
        assert change.passes.new_link_id() == "l0001"
        change.passes.put(VIEWER)
        change.passes.put(other)
        change.passes.put(LINK)
        assert change.passes.new_link_id() == "l0003"
        assert change.passes.link(VIEWER.id) is None
        assert change.passes.link(LINK.id) == LINK

    assert records.passes.links() == (LINK, other)
    assert records.passes.links("valmont") == (LINK,)
    assert records.passes.links("valmont", "101") == ()


def test_links_are_attested_with_their_entries_alone(records: Records) -> None:
    with records.transaction() as change:
        change.passes.put(LINK)
        change.passes.put(VIEWER)
        entry = change.append("link_added", LINK.known_as, "{}")
        change.append("client_added", "client:x", "{}")

    assert records.passes.attested() == ((LINK,), (entry,))


def test_what_has_expired_is_forgotten_but_for_links(records: Records) -> None:
    later = replace(VIEWER, id=PassId("v-2"), digest=sha256(b"w"), expires_at=NOON + 2 * HALF)
    with records.transaction() as change:
        change.clients.put(Client(ClientId("c0001"), "court", Role.COURT, frozenset(Scope), NOON))
        for its in (VIEWER, later, replace(LINK, expires_at=NOON)):
            change.passes.put(its)
        change.passes.put_token(TOKEN)
    assert records.passes.token(TOKEN.digest) == TOKEN
    with records.transaction() as change:
        change.passes.forget_expired(NOON + HALF)

    assert records.passes.with_digest(VIEWER.digest) is None
    assert records.passes.with_digest(later.digest) == later
    assert records.passes.with_digest(LINK.digest) is not None
    assert records.passes.token(TOKEN.digest) is None


def test_the_viewers_passes_of_one_maker_are_forgotten_together(records: Records) -> None:
    other = replace(VIEWER, id=PassId("v-2"), digest=sha256(b"w"), made_by="anne")
    with records.transaction() as change:
        for its in (VIEWER, other, replace(LINK, made_by=VIEWER.made_by)):
            change.passes.put(its)
        change.passes.forget_of(VIEWER.made_by)

    assert records.passes.with_digest(VIEWER.digest) is None
    assert records.passes.with_digest(other.digest) == other
    assert len(records.passes.links()) == 1
