"""After how many failed attempts to sign in one must wait, and how long. Pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline.custody import plain_text
from pipeline.custody.people import Attempts


@dataclass(frozen=True, slots=True)
class PauseRule:
    """Failures in a row that cost nothing, then a pause that doubles with each, up to a longest.

    There is no lock without end: whoever knows a name could shut its owner out.

    Attributes:
        free: failures before the first pause comes.
        forget_s: without a further failure for so long, all is forgotten.
    """

    free: int
    first_s: int
    longest_s: int
    forget_s: int


BY_NAME = PauseRule(free=4, first_s=30, longest_s=15 * 60, forget_s=24 * 3600)
BY_ADDRESS = PauseRule(free=30, first_s=60, longest_s=15 * 60, forget_s=3600)
"""A whole court house may share one address: its people mistype too."""


def pause_s(failures: int, rule: PauseRule) -> int:
    """How long one must wait after so many failures in a row."""
    over = failures - rule.free
    if over <= 0:
        return 0
    # No power of two beyond the longest pause need be worked out.
    return min(rule.longest_s, rule.first_s << min(over - 1, rule.longest_s.bit_length()))


def after_failure(so_far: Attempts | None, key: str, *, now: datetime, rule: PauseRule) -> Attempts:
    """The attempts under this key with one more failure, at `now`."""
    forgotten = so_far is None or so_far.last_at + timedelta(seconds=rule.forget_s) <= now
    failures = 1 if so_far is None or forgotten else so_far.failures + 1
    wait_s = pause_s(failures, rule)
    return Attempts(key, failures, now, now + timedelta(seconds=wait_s) if wait_s else None)


def taken_back(attempts: Attempts) -> Attempts:
    """The attempts without the last failure, which was none after all."""
    return replace(attempts, failures=max(0, attempts.failures - 1), paused_until=None)


def wait_left_s(attempts: Attempts | None, *, now: datetime) -> int:
    """Whole seconds until a password is looked at again, rounded up; 0 when it is."""
    if attempts is None or attempts.paused_until is None or attempts.paused_until <= now:
        return 0
    return -((now - attempts.paused_until) // timedelta(seconds=1))


def network_of(address: str) -> str:
    """What failures are counted by: an IPv4 address, the /64 network of an IPv6 address (one house has that many)."""
    try:
        its = ipaddress.ip_address(address)
    except ValueError:
        return plain_text(address)
    if isinstance(its, ipaddress.IPv4Address):
        return str(its)
    if its.ipv4_mapped is not None:
        return str(its.ipv4_mapped)
    return str(ipaddress.ip_network((int(its), 64), strict=False))
