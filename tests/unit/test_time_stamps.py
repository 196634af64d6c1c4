from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import Unavailable
from pipeline.evidence.time_stamp import StampProblem, anchors_from, stamp_of
from pipeline.storage.clock import SystemClock
from pipeline.storage.signing.time_stamps import HttpTimeAuthority
from tests.fakes import sha256
from tests.time_authority import Mood, TimeAuthority, time_authority

DIGEST = sha256(b"a seal")


@pytest.fixture(scope="module")
def served() -> Iterator[TimeAuthority]:
    with time_authority() as authority:
        yield authority


@pytest.fixture
def authority(served: TimeAuthority) -> TimeAuthority:
    served.mood, served.now, served.requests = Mood.HONEST, None, 0
    return served


def _client(authority: TimeAuthority, *, timeout_s: float = 5.0) -> HttpTimeAuthority:
    return HttpTimeAuthority(authority.url, anchors=[authority.anchor], clock=SystemClock(), timeout_s=timeout_s)


def test_a_token_says_when_and_by_whom_and_holds_offline(authority: TimeAuthority) -> None:
    token = _client(authority).stamp(DIGEST)

    stamp = stamp_of(token, imprint=DIGEST, anchors=anchors_from(authority.anchor_pem))
    assert stamp.problem is None
    assert stamp.at is not None
    assert abs(stamp.at - datetime.now(UTC)) < timedelta(minutes=1)
    assert "Test TSA" in stamp.authority


@pytest.mark.parametrize(
    ("mood", "code", "why"),
    [
        (Mood.WRONG_NONCE, "time_stamp_refused", "stamp.wrong_nonce"),
        (Mood.NO_NONCE, "time_stamp_refused", "stamp.wrong_nonce"),
        (Mood.WRONG_IMPRINT, "time_stamp_refused", "stamp.other_content"),
        (Mood.EXPIRED, "time_stamp_refused", "stamp.untrusted"),
        (Mood.STRANGER, "time_stamp_refused", "stamp.untrusted"),
        (Mood.WRONG_PURPOSE, "time_stamp_refused", "stamp.wrong_purpose"),
        (Mood.BROKEN_SIGNATURE, "time_stamp_refused", "stamp.wrong_signature"),
        (Mood.GARBAGE, "time_stamp_refused", "stamp.unreadable"),
        (Mood.SKEWED, "time_authority_skewed", None),
        (Mood.REFUSES, "time_authority_refused", None),
        (Mood.ERROR_500, "time_authority_refused", None),
        (Mood.HANGS_UP, "time_authority_unreachable", None),
    ],
)
def test_an_authority_that_misbehaves_is_named(
    authority: TimeAuthority, mood: Mood, code: str, why: str | None
) -> None:
    authority.mood = mood

    with pytest.raises(Unavailable) as caught:
        _client(authority).stamp(DIGEST)
    assert (caught.value.code, caught.value.params.get("why")) == (code, why)


@pytest.mark.parametrize("mood", [Mood.HANGS, Mood.TRICKLES])
def test_an_authority_that_does_not_come_to_an_end_is_left_after_two_attempts(
    authority: TimeAuthority, mood: Mood
) -> None:
    authority.mood = mood

    with pytest.raises(Unavailable, match="time_authority_slow"):
        _client(authority, timeout_s=0.15).stamp(DIGEST)
    assert authority.requests == 2


def test_an_authority_that_is_not_there_is_named() -> None:
    with time_authority() as gone:
        client = _client(gone)

    with pytest.raises(Unavailable, match="time_authority_unreachable"):
        client.stamp(DIGEST)


def test_a_token_of_another_content_or_authority_does_not_hold(authority: TimeAuthority) -> None:
    token = _client(authority).stamp(DIGEST)

    other = stamp_of(token, imprint=sha256(b"another"), anchors=[authority.anchor])
    assert other.problem is StampProblem.OTHER_CONTENT
    assert stamp_of(token, imprint=DIGEST, anchors=()).problem is StampProblem.UNTRUSTED
    assert stamp_of(token, imprint=DIGEST, anchors=None).problem is None


def test_a_token_holds_after_its_certificate_ran_out(authority: TimeAuthority) -> None:
    authority.mood, authority.now = Mood.EXPIRED, datetime.now(UTC) - timedelta(days=25)
    with pytest.raises(Unavailable, match="time_authority_skewed"):
        _client(authority).stamp(DIGEST)

    clock = _Past(authority.now)
    token = HttpTimeAuthority(authority.url, anchors=[authority.anchor], clock=clock).stamp(DIGEST)
    assert stamp_of(token, imprint=DIGEST, anchors=[authority.anchor]).problem is None


class _Past:
    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        return self._moment


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_token_never_tells_another_time(data: st.DataObject, token: bytes, anchor: bytes) -> None:
    honest = stamp_of(token, imprint=DIGEST, anchors=[anchor])
    bit = data.draw(st.integers(0, len(token) * 8 - 1))
    damaged = bytearray(token)
    damaged[bit // 8] ^= 1 << bit % 8

    found = stamp_of(bytes(damaged), imprint=DIGEST, anchors=[anchor])
    assert found.problem is not None or found.at == honest.at


@pytest.fixture(scope="module")
def token(served: TimeAuthority) -> bytes:
    served.mood, served.now = Mood.HONEST, None
    return _client(served).stamp(DIGEST)


@pytest.fixture(scope="module")
def anchor(served: TimeAuthority) -> bytes:
    return served.anchor


def test_what_is_no_certificate_is_no_anchor() -> None:
    for data in (b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        with pytest.raises(ValueError):  # noqa: PT011  (its words are asn1crypto's)
            anchors_from(data)
