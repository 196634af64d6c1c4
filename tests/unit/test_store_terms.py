"""How long objects must stay, what new ones are given, and how long a store is asked again."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from minio.datatypes import Object
from urllib3 import HTTPHeaderDict

from pipeline.custody import ObjectRef, ObjectStat, Retention, RetentionMode, is_retained, prolonged, retention_of
from pipeline.errors import IntegrityError, OperatorError, Unavailable
from pipeline.storage.objects.directory import DirectoryStore
from pipeline.storage.objects.patience import Patience, patiently
from pipeline.storage.objects.s3 import is_what_was_sent, new_object_headers
from pipeline.storage.objects.s3_failures import refusal
from pipeline.storage.objects.s3_server import s3_address
from tests.fakes import FakeClock, sha256

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
GOVERNED = RetentionMode.GOVERNANCE
COMPLIANT = RetentionMode.COMPLIANCE


def _stat(until: datetime | None, mode: RetentionMode | None) -> ObjectStat:
    return ObjectStat(ObjectRef("b", "k", "v", sha256(b""), 0), NOON, until, mode)


def test_a_term_is_mode_and_days() -> None:
    assert retention_of("COMPLIANCE:3650d") == Retention(COMPLIANT, days=3650)
    for text in ("GOVERNANCE", "GOVERNANCE:0d", "governance:30d", "GOVERNANCE:30", "GOVERNANCE:-1d"):
        with pytest.raises(ValueError, match=text):
            retention_of(text)


@pytest.mark.parametrize(
    ("until", "mode", "holds"),
    [
        (NOON + 30 * DAY, GOVERNED, True),
        (NOON + 31 * DAY, COMPLIANT, True),
        (NOON + 29 * DAY, GOVERNED, False),
        (None, None, False),
    ],
)
def test_an_object_is_retained_when_it_stays_as_long_as_the_rule(
    until: datetime | None, mode: RetentionMode | None, holds: bool
) -> None:
    assert is_retained(_stat(until, mode), Retention(GOVERNED, days=30)) is holds


def test_governance_does_not_satisfy_a_rule_of_compliance() -> None:
    assert not is_retained(_stat(NOON + 99 * DAY, GOVERNED), Retention(COMPLIANT, until=NOON + DAY))


def test_a_prolonged_retention_is_the_later_and_the_stricter() -> None:
    assert prolonged(_stat(NOON, COMPLIANT), NOON + DAY, GOVERNED) == (NOON + DAY, COMPLIANT)
    assert prolonged(_stat(NOON + DAY, GOVERNED), NOON, COMPLIANT) == (NOON + DAY, COMPLIANT)
    assert prolonged(_stat(None, None), NOON, GOVERNED) == (NOON, GOVERNED)


def test_new_objects_are_sent_with_their_retention_and_encryption() -> None:
    assert new_object_headers(None, "none", NOON) == {}
    assert new_object_headers(Retention(COMPLIANT, days=1), "kms:court-2026", NOON) == {
        "x-amz-object-lock-mode": "COMPLIANCE",
        "x-amz-object-lock-retain-until-date": "2026-11-21T12:00:00.000Z",
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": "court-2026",
    }


@pytest.mark.parametrize(
    ("etag", "size_bytes", "encryption", "same"),
    [
        ("e1", 6, None, True),
        ("e1", 6, "AES256", True),
        ("e2", 6, None, False),
        ("e2", 6, "AES256", False),
        ("e2", 6, "aws:kms", True),
        ("e2", 7, "aws:kms", False),
        ("e1", 7, None, False),
    ],
)
def test_an_etag_counts_unless_a_key_service_encrypts(
    etag: str, size_bytes: int, encryption: str | None, same: bool
) -> None:
    told = HTTPHeaderDict({} if encryption is None else {"X-Amz-Server-Side-Encryption": encryption})

    assert is_what_was_sent(Object("b", "k", etag=etag, size=size_bytes, metadata=told), 6, "e1") is same


def test_a_retention_of_the_directory_ends_with_its_date(tmp_path: Path) -> None:
    clock = FakeClock(NOON)
    store = DirectoryStore(tmp_path, clock=clock)
    ref = store.put(BytesIO(b"a page"))
    store.retain(ref.digest, NOON + timedelta(seconds=2), GOVERNED)

    with pytest.raises(OperatorError, match="object_retained"):
        store.remove(ref)
    clock.now(), clock.now()
    store.remove(ref)

    assert list(store.strays()) == []
    assert not (tmp_path / "keeping" / ref.digest).exists()


def test_a_note_that_cannot_be_read_is_no_leave_to_remove(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    ref = store.put(BytesIO(b"a page"))
    store.hold(ref.digest, True)
    (tmp_path / "keeping" / ref.digest).write_text(json.dumps({"held": False}))

    with pytest.raises(IntegrityError, match="retention_unreadable"):
        store.remove(ref)
    assert [fault.code for fault in store.faults(ref)] == ["retention_unreadable"]
    assert store.get(ref.digest) == b"a page"


def test_a_note_that_a_killed_writer_left_is_discarded(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.hold(store.put(BytesIO(b"a page")).digest, True)
    (tmp_path / "keeping" / "new-abc").write_text("{")

    assert list(store.strays()) == ["keeping/new-abc"]
    assert store.discard_unfinished() == 1
    assert list(store.strays()) == []


def test_pauses_grow_and_vary_and_end() -> None:
    pauses: list[float] = []
    patience = Patience(attempts=5, first_pause_s=1.0, longest_pause_s=3.0, sleep=pauses.append)

    def fails() -> None:
        raise Unavailable("storage_busy", server="s", detail="")

    with pytest.raises(Unavailable):
        patiently(patience, fails)
    assert len(pauses) == 4
    assert all(longest / 2 <= pause <= longest for pause, longest in zip(pauses, (1.0, 2.0, 3.0, 3.0), strict=True))


def test_no_attempt_begins_after_the_limit() -> None:
    calls: list[int] = []

    def fails() -> None:
        calls.append(1)
        raise Unavailable("storage_busy", server="s", detail="")

    with pytest.raises(Unavailable):
        patiently(Patience(limit_s=0.0, sleep=lambda _: None), fails)
    assert len(calls) == 1


def test_what_the_operator_must_change_is_not_asked_again() -> None:
    calls: list[int] = []

    def fails() -> None:
        calls.append(1)
        raise OperatorError("wrong_credentials", server="s")

    with pytest.raises(OperatorError):
        patiently(Patience(), fails)
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("code", "status", "named"),
    [
        ("SlowDown", 503, "storage_busy"),
        ("", 502, "storage_busy"),
        ("RequestTimeout", 400, "storage_slow"),
        ("InvalidAccessKeyId", 403, "wrong_credentials"),
        ("AccessDenied", 403, "storage_forbidden"),
        ("BadDigest", 400, "checksum_mismatch"),
        ("EntityTooLarge", 400, "storage_refused"),
    ],
)
def test_each_refusal_of_a_server_has_its_code(code: str, status: int, named: str) -> None:
    assert getattr(refusal(code, status, "s", "m"), "code", None) == named


@pytest.mark.parametrize(
    "url", ["http://h/b", "s3://h", "s3://h/a/b", "s3://u:p@h/b", "s3://h/b?secure=no", "s3://h/b?region=x", "s3:///b"]
)
def test_an_address_that_is_no_bucket_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=re.escape(url)):
        s3_address(url, region="r", access_key="a", secret_key="s")


def test_an_address_is_host_bucket_and_security_and_does_not_show_its_secret() -> None:
    its = s3_address("s3://store.example:9000/originals?secure=false", region="r", access_key="a", secret_key="hidden")

    assert (its.host, its.bucket, its.secure) == ("store.example:9000", "originals", False)
    assert s3_address("s3://h/b", region="r", access_key="a", secret_key="s").secure
    assert "hidden" not in repr(its)
